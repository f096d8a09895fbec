package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// errNotCreated is said of somebody whom the ledger does not have as created,
// or not any more.
var errNotCreated = errors.New("the ledger does not have this person as created")

// Made is somebody whom a run created.
type Made struct {
	Key      Key
	Row      int // of the run's roster
	PersonID int64
	Left     bool // taken off the project again since, as the ledger knows
}

// Made returns the people whom requests of a run created, in the order in which
// they were sent, and how many requests of the run are still in doubt. Somebody
// whose answer was lost and whom a later run found is the earlier run's, which
// sent the request.
func (l *Ledger) Made(ctx context.Context, runID string) (made []Made, doubts int, err error) {
	for a, err := range l.Attempts(ctx, runID) {
		switch {
		case err != nil:
			return nil, 0, err
		case a.Status == "" && a.State != Intended: // a removal's, or of a row that was tried again
		case a.State == Created:
			made = append(made, Made{Key: a.Key, Row: a.Row, PersonID: a.PersonID})
		case a.State == Intended:
			doubts++
		}
	}
	keys := make([]Key, len(made))
	for i := range made {
		keys[i] = made[i].Key
	}
	entries := make([]Entry, len(made))
	if err := l.Lookup(ctx, keys, entries); err != nil {
		return nil, 0, err
	}
	for i, e := range entries {
		// A key may have been created anew since, for somebody else.
		made[i].Left = e.State != Created || e.PersonID != made[i].PersonID
	}
	return made, doubts, nil
}

// Removal is the intent to take somebody off the project.
type Removal struct {
	Made
	Earlier bool // an earlier undo has left it without a result: the request may have been sent before
	id      int64
}

// IntendRemovals records that people are about to be taken off the project by
// run, and returns when all of it is durable. Somebody whom the ledger does not
// have as created any more is left out of the answer; the order stays. ctx means
// what it means for Intend.
func (l *Ledger) IntendRemovals(ctx context.Context, run *Run, people []Made) ([]Removal, error) {
	if run.number == 0 {
		return nil, fmt.Errorf("intend %d removals: %w", len(people), ErrNotBegun)
	}
	requests := make([]*request, len(people))
	sent := time.Now().UnixMilli()
	for n, p := range people {
		r := newRequest()
		r.intent = openIntent{run: run.number, key: p.Key, row: p.Row, sent: sent}
		r.removal = p.PersonID
		requests[n] = r
	}
	if err := l.submitAll(ctx, requests); err != nil {
		return nil, fmt.Errorf("intend %d removals: %w", len(people), err)
	}
	removals := make([]Removal, 0, len(people))
	for n, r := range requests {
		if errors.Is(r.err, errNotCreated) {
			continue
		}
		removals = append(removals, Removal{Made: people[n], Earlier: r.intent.run != run.number, id: r.intent.id})
	}
	return removals, nil
}

// RecordRemovals records what became of removals, one result each and in their
// order, and returns when all of it is durable: Removed if the person is gone,
// Created if they stay (both with their ID), or Intended while that is in doubt.
// Removed and Created settle a removal.
func (l *Ledger) RecordRemovals(ctx context.Context, removals []Removal, results []Result) error {
	if len(results) != len(removals) {
		return fmt.Errorf("record %d removals: there are %d results", len(removals), len(results))
	}
	requests := make([]*request, len(removals))
	ended := time.Now().UnixMilli()
	for n, m := range removals {
		if err := results[n].checkRemoval(m.PersonID); err != nil {
			return fmt.Errorf("record the removal of row %d: %w", m.Row, err)
		}
		r := newRequest()
		r.record, r.removal = true, m.PersonID
		r.intent = openIntent{id: m.id, key: m.Key}
		r.result, r.ended = results[n], ended
		requests[n] = r
	}
	if err := l.submitAll(ctx, requests); err != nil {
		return fmt.Errorf("record %d removals: %w", len(removals), err)
	}
	for n, r := range requests {
		if r.err != nil {
			return fmt.Errorf("record the removal of row %d: %w", removals[n].Row, r.err)
		}
	}
	return nil
}

func (r Result) checkRemoval(id int64) error {
	if r.Status != "" {
		return fmt.Errorf("a removal leaves no row %s", r.Status)
	}
	switch r.State {
	case Removed, Created:
		if r.PersonID != id {
			return fmt.Errorf("it is about person %d, not %d", id, r.PersonID)
		}
		return nil
	case Intended:
		if r.PersonID == 0 {
			return nil
		}
		return errors.New("nobody is known to stay or to be gone while it is in doubt")
	case Absent, Refused:
	}
	return fmt.Errorf("nobody becomes %s by a removal", r.State)
}

// submitAll is submit for many requests, which share as few transactions as
// possible. What the ledger refuses of them is in their err; the error says that
// it did not take them all.
func (l *Ledger) submitAll(ctx context.Context, requests []*request) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var refused error
	taken := 0
	for _, r := range requests {
		if refused = l.enqueue(ctx, r); refused != nil {
			break
		}
		taken++
	}
	for _, r := range requests[:taken] {
		<-r.done
		if r.err != nil && !errors.Is(r.err, errNotCreated) && !errors.Is(r.err, ErrSettled) && refused == nil {
			refused = r.err
		}
	}
	return refused
}

// intendRemoval makes r's intent, or takes over one that an earlier undo left.
func (b *batch) intendRemoval(r *request) error {
	if !b.removable(r) {
		return errNotCreated
	}
	if i, ok := b.open[r.intent.key]; ok {
		r.intent = i
		return nil
	}
	p := b.people[r.intent.key]
	b.last++
	r.intent.id, r.intent.attempt, r.intent.life = b.last, p.attempts, p.life
	b.open[r.intent.key] = r.intent
	b.made = append(b.made, r.intent)
	return nil
}

// removable reports whether r's key is still the one of the person whom r is
// about.
func (b *batch) removable(r *request) bool {
	p := b.people[r.intent.key]
	return p.state == Created && p.id == r.removal
}
