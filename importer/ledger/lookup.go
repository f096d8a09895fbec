package ledger

import (
	"context"
	"slices"
	"time"
)

// Entry is what the ledger knows of a key.
type Entry struct {
	State    State
	PersonID int64     // of Created and Removed; of Intended, the person removed before
	Project  int64     // of the run that made Intent, or else settled the key last; 0 if none did
	Creator  string    // of Created: the ID of the run that created the person; "" if the run was pruned
	Settled  time.Time // of Created: when the answer was recorded, by this machine's clock
	Intent   Intent    // of Intended
}

// lookupSize is how many keys are looked up at a time.
const lookupSize = 1024

// Lookup returns what is known of keys, in the same order. Lookup never waits for a
// commit, and shows every key as the key was at some instant of the call.
func (l *Ledger) Lookup(ctx context.Context, keys []Key) ([]Entry, error) {
	entries := make([]Entry, 0, len(keys))
	for some := range slices.Chunk(keys, lookupSize) {
		known, err := l.lookup(ctx, some)
		if err != nil {
			return nil, err
		}
		for _, key := range some {
			entries = append(entries, known[key])
		}
	}
	return entries, nil
}

func (l *Ledger) lookup(ctx context.Context, keys []Key) (map[Key]Entry, error) {
	intents, people, err := l.store.Known(ctx, keys)
	if err != nil {
		return nil, err
	}
	known := make(map[Key]Entry, len(intents)+len(people))
	for _, i := range intents {
		known[i.key] = Entry{State: Intended, Project: i.scope.Project, Intent: l.intent(&i)}
	}
	for _, p := range people {
		e := known[p.key]
		switch {
		case p.state == Created || e.State == Absent: // Created with an intent: a removal is open
			e = Entry{State: p.state, PersonID: p.id, Project: p.project}
			if e.State == Created {
				e.Settled = l.localTime(p.created)
				if e.Creator, err = l.creator(ctx, &p); err != nil {
					return nil, err
				}
			}
		case p.state == Removed:
			e.PersonID = p.id
		}
		known[p.key] = e
	}
	return known, nil
}

// NamedPerson is a created person, with the keys of the name and of the ID.
type NamedPerson struct {
	Key, NameKey, IDKey Key
	PersonID            int64
}

// Named returns the created people with these name keys, in any order.
func (l *Ledger) Named(ctx context.Context, names []Key) (people []NamedPerson, err error) {
	for some := range slices.Chunk(names, lookupSize) {
		records, err := l.store.Named(ctx, some)
		if err != nil {
			return nil, err
		}
		for _, p := range records {
			if p.state == Created {
				people = append(people, NamedPerson{p.key, p.nameKey, p.idKey, p.id})
			}
		}
	}
	return people, nil
}

// creator returns the ID of the run that created a person; "" for a run that was
// pruned. creator reads the runs once, and again for a number that is new.
func (l *Ledger) creator(ctx context.Context, p *personRecord) (string, error) {
	if id, known := l.runs.Load(p.createdBy); known {
		return id.(string), nil
	}
	runs, err := l.store.Runs(ctx, 0)
	if err != nil {
		return "", err
	}
	l.runs.Store(p.createdBy, "")
	for _, run := range runs {
		l.runs.Store(run.number, run.ID)
	}
	id, _ := l.runs.Load(p.createdBy)
	return id.(string), nil
}

// OpenIntents returns the scope's intents to create people that have no known
// outcome, in the order of making: intents in flight, of killed runs, and
// unresolved.
func (l *Ledger) OpenIntents(ctx context.Context, s Scope) ([]Intent, error) {
	open, err := l.store.OpenIntents(ctx, &s)
	if err != nil {
		return nil, err
	}
	keys := make([]Key, len(open))
	for n, i := range open {
		keys[n] = i.key
	}
	people, err := l.store.People(ctx, keys)
	if err != nil {
		return nil, err
	}
	removing := make(map[Key]bool) // an open intent of a created person is a removal
	for _, p := range people {
		removing[p.key] = p.state == Created
	}
	var intents []Intent
	for _, i := range open {
		if !removing[i.key] {
			intents = append(intents, l.intent(&i))
		}
	}
	return intents, nil
}

// LastCreated returns when the latest person with this name key or this ID key was
// created by a run before the current run of the scope, or the zero time if none
// was. People who were removed since, and zero keys, do not count. The time is by this
// machine's clock.
func (l *Ledger) LastCreated(ctx context.Context, s Scope, nameKey, idKey Key) (time.Time, error) {
	l.locks.Lock()
	current := l.locks.owned[s]
	l.locks.Unlock()
	at, err := l.store.LastCreated(ctx, nameKey, idKey, current)
	return l.localTime(at), err
}

// localTime returns a time of the store by this machine's clock.
func (l *Ledger) localTime(at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return at.Add(-l.store.Skew())
}
