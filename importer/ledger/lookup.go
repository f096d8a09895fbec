package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// Entry is what the ledger knows of one key.
type Entry struct {
	State    State
	PersonID int64  // of Created and of Removed; of Intended, who was removed before it
	Project  int64  // of the run whose Intent it is, else of the one that last settled it; 0 if nothing is settled
	Intent   Intent // of Intended
}

// Lookup writes into into what is known of keys, one entry each and in their
// order; into is at least as long as keys. It takes the keys a few hundred at a
// time, on several connections: the more of them the better. It never waits for
// those who write.
//
// It shows every key as it stood at some instant of the call.
func (l *Ledger) Lookup(ctx context.Context, keys []Key, into []Entry) error {
	if len(into) < len(keys) {
		return fmt.Errorf("look up %d keys: there is room for only %d entries", len(keys), len(into))
	}
	clear(into[:len(keys)])
	if len(keys) == 0 {
		return nil
	}
	// Intents first: a key that is settled meanwhile is then seen in people.
	// The other way round it would be seen nowhere.
	if err := l.lookupIntents(ctx, keys, into); err != nil {
		return explain(l.path, "read", err)
	}
	if err := l.lookupPeople(ctx, keys, into); err != nil {
		return explain(l.path, "read", err)
	}
	return nil
}

func (l *Ledger) lookupIntents(ctx context.Context, keys []Key, into []Entry) error {
	var open bool // mostly nothing is
	if err := l.look.open.QueryRowContext(ctx).Scan(&open); err != nil || !open {
		return err
	}
	return lookup(ctx, l.look.intents, keys, into, func(rows *sql.Rows, into []Entry) error {
		n, i, project, err := l.scanIntent(rows)
		if err == nil {
			into[n] = Entry{State: Intended, Project: project, Intent: i}
		}
		return err
	})
}

func (l *Ledger) lookupPeople(ctx context.Context, keys []Key, into []Entry) error {
	if !l.filled.Load() {
		var filled bool
		if err := l.look.filled.QueryRowContext(ctx).Scan(&filled); err != nil || !filled {
			return err
		}
		l.filled.Store(true)
	}
	return lookup(ctx, l.look.people, keys, into, func(rows *sql.Rows, into []Entry) error {
		var (
			n       int
			state   State
			id      int64
			project int64
		)
		err := rows.Scan(&n, &state, &id, &project)
		// A refused or removed key that is sent again has a line in both tables,
		// and so has a created one that is being removed.
		switch {
		case err != nil:
		case state == Created || into[n].State == Absent:
			into[n] = Entry{State: state, PersonID: id, Project: project}
		case state == Removed:
			into[n].PersonID = id
		}
		return err
	})
}

// entryProject is the project of the run that settled a key. Where that run was
// pruned, what stands in its place is the project itself, below zero.
const entryProject = "COALESCE(r.project, MAX(-p.run, 0))"

// lookupSize is how many keys one statement looks up. A shorter list is filled
// up with NULL, which is nobody's key.
const lookupSize = 256

// lookup runs a statement for all keys, on as many connections as there are for
// readers; row gets the entries of those that the line in hand is counted from.
func lookup(ctx context.Context, stmt *sql.Stmt, keys []Key, into []Entry, row func(*sql.Rows, []Entry) error) error {
	var group errgroup.Group
	group.SetLimit(readers)
	for some := range slices.Chunk(keys, lookupSize) {
		entries := into[:len(some)]
		into = into[len(some):]
		group.Go(func() error {
			args := make([]any, lookupSize)
			for n := range some {
				args[n] = some[n][:]
			}
			return each(ctx, stmt, args, func(rows *sql.Rows) error { return row(rows, entries) })
		})
	}
	return group.Wait()
}

// Unsettled returns the intents of the scope to create people of which no outcome is known, in
// the order in which they were made: those in flight, those of runs that were
// killed, and those that are still in doubt.
func (l *Ledger) Unsettled(ctx context.Context, s Scope) ([]Intent, error) {
	var open []Intent
	err := each(ctx, l.look.unsettled, []any{s.API, s.Company, s.Project}, func(rows *sql.Rows) error {
		_, i, _, err := l.scanIntent(rows)
		open = append(open, i)
		return err
	})
	if err != nil {
		return nil, explain(l.path, "read", err)
	}
	return open, nil
}

// LastSettled returns when the run that settled a key settled the last of its
// rows, before which the key was; the zero time if that is not kept any more.
func (l *Ledger) LastSettled(ctx context.Context, key Key) (time.Time, error) {
	var run, ended int64
	err := l.look.settler.QueryRowContext(ctx, key[:]).Scan(&run)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, explain(l.path, "read", err)
	}
	if at, known := l.last.Load(run); known {
		return at.(time.Time), nil //nolint:forcetypeassert // the only type that is stored
	}
	if err := l.look.last.QueryRowContext(ctx, run).Scan(&ended); err != nil { // it reads all attempts of the run
		return time.Time{}, explain(l.path, "read", err)
	}
	at := time.Time{}
	if ended != 0 {
		at = time.UnixMilli(ended).UTC()
	}
	l.last.Store(run, at)
	return at, nil
}

// intentColumns are what scanIntent reads besides the number of the key.
const intentColumns = "i.key, i.id, i.row, i.attempt, i.life, i.sent, r.id, r.project"

func (l *Ledger) scanIntent(rows *sql.Rows) (n int, _ Intent, project int64, err error) {
	var (
		i   openIntent
		key sql.RawBytes
		run string
	)
	err = rows.Scan(&n, &key, &i.id, &i.row, &i.attempt, &i.life, &i.sent, &run, &project)
	copy(i.key[:], key)
	return n, l.intent(i, run), project, err
}

// intent turns a line of the table into what callers see.
func (l *Ledger) intent(i openIntent, run string) Intent {
	return Intent{
		ID: i.id, Key: i.key, Run: run, Row: i.row, Attempt: i.attempt,
		Token: l.token(i.key, i.life), Sent: time.UnixMilli(i.sent).UTC(),
	}
}

// lookups are the statements that read, each on any of the readers'
// connections.
type lookups struct {
	open, filled, intents, people, unsettled, runs, attempts, settler, last *sql.Stmt
}

func newLookups(ctx context.Context, db *sql.DB) (*lookups, error) {
	// The number of a key comes back instead of the key: nothing to search for.
	var numbered strings.Builder
	numbered.WriteString("(VALUES (0,?)")
	for n := 1; n < lookupSize; n++ {
		fmt.Fprintf(&numbered, ",(%d,?)", n)
	}
	numbered.WriteString(") v")
	keys := numbered.String()
	l := new(lookups)
	for _, s := range []struct {
		to   **sql.Stmt
		text string
	}{
		{&l.open, "SELECT EXISTS (SELECT 1 FROM intents)"},
		{&l.filled, "SELECT EXISTS (SELECT 1 FROM people)"},
		{&l.intents, "SELECT v.column1, " + intentColumns + " FROM " + keys + " CROSS JOIN intents i ON i.key = v.column2 CROSS JOIN runs r ON r.number = i.run"},
		{&l.people, "SELECT v.column1, p.state, p.person, " + entryProject + " FROM " + keys + " CROSS JOIN people p ON p.key = v.column2 LEFT JOIN runs r ON r.number = p.run"},
		{&l.unsettled, "SELECT 0, " + intentColumns + " FROM intents i CROSS JOIN runs r ON r.number = i.run WHERE r.api = ? AND r.company = ? AND r.project = ? AND NOT EXISTS (SELECT 1 FROM people p WHERE p.key = i.key AND p.state = 2) ORDER BY i.id"},
		{&l.runs, selectRuns},
		{&l.attempts, selectAttempts},
		{&l.settler, "SELECT run FROM people WHERE key = ?"},
		{&l.last, "SELECT IFNULL(MAX(ended), 0) FROM attempts WHERE run = ?"},
	} {
		var err error
		if *s.to, err = db.PrepareContext(ctx, s.text); err != nil {
			return nil, err
		}
	}
	return l, nil
}
