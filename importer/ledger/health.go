package ledger

import (
	"context"
	"time"
)

// Health is the state of a ledger as a whole.
type Health struct {
	Bytes  int64 // on the disk
	Runs   int
	People int // keys of which something is known for good
	Open   []OpenRun
}

// OpenRun is a run that has requests without a known outcome.
type OpenRun struct {
	Run string
	Scope
	Requests int
	Since    time.Time // when the oldest of the requests was recorded
	Locked   bool      // a run has the scope locked: the requests may be on their way
}

// Check reads everything in the store, more thoroughly than Open does. Damage is
// a *fault.Error.
func (l *Ledger) Check(ctx context.Context) (h Health, err error) {
	if h.Bytes, h.People, err = l.store.Check(ctx); err != nil {
		return h, err
	}
	runs, err := l.store.Runs(ctx, 0)
	if err != nil {
		return h, err
	}
	h.Runs = len(runs)
	open, err := l.store.OpenIntents(ctx, nil)
	if err != nil {
		return h, err
	}
	byRun := make(map[int64]*OpenRun)
	for _, i := range open {
		if byRun[i.run] == nil {
			byRun[i.run] = &OpenRun{Run: i.runID, Scope: i.scope, Since: i.sent, Locked: l.Locked(i.scope)}
		}
		r := byRun[i.run]
		r.Requests++
		if i.sent.Before(r.Since) {
			r.Since = i.sent
		}
	}
	for n := len(runs) - 1; n >= 0; n-- {
		if r := byRun[runs[n].number]; r != nil {
			h.Open = append(h.Open, *r)
		}
	}
	return h, nil
}
