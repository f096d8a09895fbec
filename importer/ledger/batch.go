package ledger

import (
	"context"
	"database/sql"
)

// openIntent is a line of the table intents.
type openIntent struct {
	id      int64
	key     Key
	run     int64
	row     int
	attempt int
	life    int64
	sent    int64
	doubt   Result // the last result that settled nothing
	ended   int64  // when that was; 0 if there was none
}

// person is a line of the table people.
type person struct {
	state    State
	id       int64
	attempts int
	life     int64
}

// batch is one transaction: what is known of the keys that it is about, and
// what it changes.
type batch struct {
	last int64              // the ID of the latest intent
	open map[Key]openIntent // the whole table intents

	people  map[Key]person // of those asked for
	asked   []any
	made    []openIntent
	doubted []openIntent
	settled []openIntent
}

// apply reads what is known of the keys, decides each request by it, and
// writes what follows. What is refused is the request's own error.
func (w *writer) apply(ctx context.Context, requests []*request) error {
	if err := w.refresh(ctx); err != nil {
		return err
	}
	b := &w.batch
	clear(b.people)
	b.asked, b.made, b.doubted, b.settled = b.asked[:0], b.made[:0], b.doubted[:0], b.settled[:0]
	for _, r := range requests {
		if i, ok := b.open[r.intent.key]; !r.record || r.removal != 0 || r.result.State == Refused || !ok || i.id != r.intent.id {
			b.asked = append(b.asked, r.intent.key[:])
		}
	}
	if err := w.readPeople(ctx); err != nil {
		return err
	}
	// Outcomes first: then no request can settle what this batch makes.
	for _, r := range requests {
		if r.record {
			r.err = b.record(r)
		}
	}
	for _, r := range requests {
		switch {
		case r.record:
		case r.removal != 0:
			r.err = b.intendRemoval(r)
		default:
			r.err = b.intend(r)
		}
	}
	return w.store(ctx)
}

// intend makes r's intent, unless what is known of its key forbids it.
func (b *batch) intend(r *request) error {
	if _, ok := b.open[r.intent.key]; ok {
		return ErrUnsettled
	}
	p := b.people[r.intent.key]
	if p.state == Created {
		return ErrAlreadyCreated
	}
	b.last++
	r.intent.id, r.intent.attempt, r.intent.life = b.last, p.attempts+1, p.life
	b.open[r.intent.key] = r.intent
	b.made = append(b.made, r.intent)
	return nil
}

// record settles r's intent, or notes why it is still in doubt.
func (b *batch) record(r *request) error {
	i, ok := b.open[r.intent.key]
	if ok && i.id == r.intent.id && r.removal != 0 && !b.removable(r) {
		return errNotCreated
	}
	if !ok || i.id != r.intent.id {
		p := b.people[r.intent.key]
		if p.state == r.result.State && p.id == r.result.PersonID || p.state == Removed && r.result.State == Refused {
			return nil
		}
		return ErrSettled
	}
	turnedDown := r.result.turnedDown() // by this answer, not by an earlier one
	i.doubt, i.ended = r.result.over(i.doubt), r.ended
	if r.result.State == Intended {
		b.open[i.key] = i
		b.doubted = append(b.doubted, i)
		return nil
	}
	p := person{state: r.result.State, id: r.result.PersonID, attempts: i.attempt, life: i.life}
	if was := b.people[i.key]; p.state == Refused && was.state == Removed {
		p.state, p.id = was.state, was.id // they are off the project as before
	}
	if turnedDown || r.result.State == Removed { // see Intend: the next person is another one
		p.life++
	}
	delete(b.open, i.key)
	b.people[i.key] = p
	b.settled = append(b.settled, i)
	return nil
}

// refresh reads the table intents if another connection has written since.
// Mostly none has: then what this writer did itself is all there is to know. (A
// write of its own that failed doesn't matter, as there is none after it.)
func (w *writer) refresh(ctx context.Context) error {
	var version int64
	if err := w.version.QueryRowContext(ctx).Scan(&version); err != nil {
		return err
	}
	if version == w.seen {
		return nil
	}
	b := &w.batch
	if err := w.last.QueryRowContext(ctx).Scan(&b.last); err != nil {
		return err
	}
	clear(b.open)
	var key sql.RawBytes
	if err := each(ctx, w.intents, nil, func(rows *sql.Rows) error {
		var i openIntent
		err := rows.Scan(&key, &i.id, &i.run, &i.row, &i.attempt, &i.life, &i.sent, &i.ended,
			&i.doubt.Status, &i.doubt.Code, &i.doubt.HTTPStatus, &i.doubt.RequestID)
		copy(i.key[:], key)
		b.open[i.key] = i
		return err
	}); err != nil {
		return err
	}
	w.seen = version
	return nil
}

func (w *writer) readPeople(ctx context.Context) error {
	b := &w.batch
	var key sql.RawBytes
	return w.selectPeople.query(ctx, b.asked, func(rows *sql.Rows) error {
		var (
			k Key
			p person
		)
		err := rows.Scan(&key, &p.state, &p.id, &p.attempts, &p.life)
		copy(k[:], key)
		b.people[k] = p
		return err
	})
}

func (w *writer) store(ctx context.Context) error {
	b := &w.batch
	if _, err := w.deleteIntents.exec(ctx, len(b.settled), func(to []any, n int) []any {
		return append(to, b.settled[n].id)
	}); err != nil {
		return err
	}
	if _, err := w.insertIntents.exec(ctx, len(b.made), func(to []any, n int) []any {
		i := &b.made[n]
		return append(to, i.id, i.key[:], i.run, i.row, i.attempt, i.life, i.sent)
	}); err != nil {
		return err
	}
	for _, i := range b.doubted {
		d := i.doubt
		if _, err := w.doubt.ExecContext(ctx, i.ended, string(d.Status), d.Code, d.HTTPStatus, d.RequestID, i.id); err != nil {
			return err
		}
	}
	if _, err := w.insertAttempts.exec(ctx, len(b.settled), func(to []any, n int) []any {
		i := &b.settled[n]
		d := &i.doubt
		return append(to, i.run, i.id, i.key[:], i.row, i.attempt, i.life, i.sent, i.ended,
			int(d.State), d.PersonID, string(d.Status), d.Code, d.HTTPStatus, d.RequestID)
	}); err != nil {
		return err
	}
	line := func(to []any, n int) []any {
		i := &b.settled[n]
		p := b.people[i.key]
		return append(to, i.key[:], int(p.state), p.id, i.run, p.attempts, p.life)
	}
	// Mostly all of them are new. A statement that may also change lines costs a
	// copy of every page that it touches.
	written, err := w.insertPeople.exec(ctx, len(b.settled), line)
	if err == nil && written < int64(len(b.settled)) {
		_, err = w.upsertPeople.exec(ctx, len(b.settled), line)
	}
	return err
}
