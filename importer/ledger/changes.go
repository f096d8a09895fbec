package ledger

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// change is something to write. The sender waits for done.
type change struct {
	kind     changeKind
	intent   *intentRecord // to make, or with the ID, key and result to record
	personID int64         // of a removal
	found    *intentRecord // of intendRemoval: the intent that an earlier undo left open

	do func(context.Context, transaction) error // of other; an error breaks the ledger

	err  error
	done chan struct{}
}

// changeKind says what a change does. The kinds are in the order of deciding.
type changeKind int

const (
	recordCreation changeKind = iota
	recordRemoval
	intendCreation
	intendRemoval
	other
)

// batch decides the changes of a transaction. The batch holds what the store
// knows of the keys in question, and collects what the store writes.
type batch struct {
	open   map[Key]*intentRecord
	people map[Key]personRecord
	owners map[int64][]ownerRecord // by person: the keys that may have a new person

	added      []*intentRecord
	unresolved []*intentRecord
	settled    []*intentRecord
	settledAs  []personRecord // of settled, in the same order
}

// applyChanges reads what is known of the keys of all changes, decides each
// change, and writes the result. A refusal is the error of its change.
func applyChanges(ctx context.Context, tx transaction, changes []*change) error {
	b, err := readBatch(ctx, tx, changes)
	if err != nil {
		return err
	}
	now, err := tx.Now(ctx) // after the first read, with which a store may get the time
	if err != nil {
		return err
	}
	// Results come first: then no result can settle an intent of this batch.
	slices.SortStableFunc(changes, func(a, b *change) int { return cmp.Compare(a.kind, b.kind) })
	for _, c := range changes {
		c.err = b.decide(c, now)
	}
	if err := b.write(ctx, tx); err != nil {
		return err
	}
	for _, c := range changes {
		if c.kind == other {
			if err := c.do(ctx, tx); err != nil {
				return err
			}
		}
	}
	return nil
}

func readBatch(ctx context.Context, tx transaction, changes []*change) (*batch, error) {
	b := &batch{open: map[Key]*intentRecord{}, people: map[Key]personRecord{}, owners: map[int64][]ownerRecord{}}
	var keys []Key
	var created []int64
	for _, c := range changes {
		if c.kind == other {
			continue
		}
		keys = append(keys, c.intent.key)
		if c.kind == recordCreation && c.intent.result.New {
			created = append(created, c.intent.result.PersonID)
		}
	}
	if len(created) > 0 {
		owners, err := tx.Owners(ctx, created)
		if err != nil {
			return nil, err
		}
		for _, o := range owners {
			b.owners[o.person] = append(b.owners[o.person], o)
		}
	}
	intents, people, err := tx.Known(ctx, keys)
	for n := range intents {
		b.open[intents[n].key] = &intents[n]
	}
	for _, p := range people {
		b.people[p.key] = p
	}
	return b, err
}

// write hands the store what the batch decided.
func (b *batch) write(ctx context.Context, tx transaction) error {
	if err := tx.Settle(ctx, b.settled, b.settledAs); err != nil {
		return err
	}
	if err := tx.AddIntents(ctx, b.added); err != nil {
		return err
	}
	// An intent may get a result twice in a batch, and the second may settle the intent.
	unresolved := slices.DeleteFunc(b.unresolved, func(i *intentRecord) bool { return i.result.State != Intended })
	return tx.SaveIntents(ctx, unresolved)
}

// decide applies a change to the batch, or returns why the change is refused.
func (b *batch) decide(c *change, now time.Time) error {
	switch c.kind {
	case recordCreation, recordRemoval:
		c.intent.ended = now
		return b.record(c)
	case intendCreation:
		c.intent.sent = now
		return b.intend(c)
	case intendRemoval:
		c.intent.sent = now
		return b.intendRemoval(c)
	case other:
	}
	return nil
}

// intend adds the intent of c unless the key is open or created.
func (b *batch) intend(c *change) error {
	if b.open[c.intent.key] != nil {
		return ErrUnsettled
	}
	p := b.people[c.intent.key]
	if p.state == Created {
		return ErrAlreadyCreated
	}
	b.add(c, p.attempts+1, p.generation)
	return nil
}

// intendRemoval adds the intent of c, or takes over the intent that an earlier
// undo left open.
func (b *batch) intendRemoval(c *change) error {
	p := b.people[c.intent.key]
	if p.state != Created || p.id != c.personID {
		return errNotCreated
	}
	if c.found = b.open[c.intent.key]; c.found != nil {
		return nil
	}
	b.add(c, p.attempts, p.generation)
	return nil
}

func (b *batch) add(c *change, attempt int, generation int64) {
	c.intent.attempt, c.intent.generation = attempt, generation
	b.open[c.intent.key] = c.intent
	b.added = append(b.added, c.intent)
}

// record settles the intent of c, or notes why the intent is still unresolved.
func (b *batch) record(c *change) error {
	i, p := b.open[c.intent.key], b.people[c.intent.key]
	result := c.intent.result
	if i == nil || i.id != c.intent.id {
		sameAgain := p.state == result.State && p.id == result.PersonID || p.state == Removed && result.State == Refused
		if sameAgain {
			return nil
		}
		return ErrSettled
	}
	if c.kind == recordRemoval && (p.state != Created || p.id != c.personID) {
		return errNotCreated
	}
	if result.New && b.taken(i, result.PersonID) {
		return ErrPersonTaken
	}
	i.result, i.ended = result.over(i.result), c.intent.ended
	if result.State == Intended {
		b.unresolved = append(b.unresolved, i)
		return nil
	}
	p = p.after(i)
	delete(b.open, i.key)
	b.people[i.key] = p
	if p.state == Created {
		b.owners[p.id] = append(b.owners[p.id], ownerRecord{key: p.key, person: p.id, scope: i.scope})
	}
	b.settled, b.settledAs = append(b.settled, i), append(b.settledAs, p)
	return nil
}

// taken reports whether another key of the intent's project has the person. A sandbox
// gives the IDs of other people, for a project of the same number. Of a pruned run, the
// number of the project is all that is known.
func (b *batch) taken(i *intentRecord, person int64) bool {
	return slices.ContainsFunc(b.owners[person], func(o ownerRecord) bool {
		return o.key != i.key && (o.scope == i.scope || o.scope == Scope{Project: i.scope.Project})
	})
}

// after returns the record of a key after intent i was settled.
func (p personRecord) after(i *intentRecord) personRecord {
	was := p.state
	p.key, p.state, p.project, p.attempts = i.key, i.result.State, i.scope.Project, i.attempt
	switch {
	case p.state == Created && was != Created:
		p.id, p.created, p.createdBy = i.result.PersonID, i.ended, i.run
		p.nameKey, p.idKey = i.nameKey, i.idKey
	case p.state == Refused && was == Removed:
		p.state = Removed // the person is off the project as before
	}
	p.generation = i.generation
	if i.result.State == Removed || i.result.State == Refused && i.result.RenewToken {
		p.generation++ // see Intend: the next request is about another person
	}
	return p
}
