package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
)

// CreatedPerson is a person that a run created.
type CreatedPerson struct {
	Key      Key
	Row      int // of the run's roster
	PersonID int64
	Code     string // of the creation's result
	Removed  bool   // taken off the project since, as far as the ledger knows
}

// CreatedPeople returns the people that requests of a run created, in the order
// of the requests, and how many requests of the run are unresolved. A person
// whose answer was lost and that a later run found belongs to the run that sent
// the request.
func (l *Ledger) CreatedPeople(ctx context.Context, runID string) (people []CreatedPerson, unresolved int, err error) {
	for a, err := range l.Attempts(ctx, runID) {
		switch {
		case err != nil:
			return nil, 0, err
		case a.Status == "" && a.State != Intended: // of a removal, or of a row that was tried again
		case a.State == Created:
			people = append(people, CreatedPerson{Key: a.Key, Row: a.Row, PersonID: a.PersonID, Code: a.Code})
		case a.State == Intended:
			unresolved++
		}
	}
	keys := make([]Key, len(people))
	for i := range people {
		keys[i] = people[i].Key
	}
	entries, err := l.Lookup(ctx, keys)
	if err != nil {
		return nil, 0, err
	}
	for i, e := range entries {
		// The key may have created another person since, or a later run put the person back.
		people[i].Removed = e.State != Created || e.PersonID != people[i].PersonID || e.Creator != runID
	}
	return people, unresolved, nil
}

// Removal is the intent to take a person off the project.
type Removal struct {
	CreatedPerson
	Earlier bool // an earlier undo left the removal without a result: its request may have been sent
	id      int64
}

// IntendRemovals records that run is about to take people off the project, and
// returns when everything is durable. People that the ledger does not have as
// created any more are left out of the answer; the order stays. ctx means what
// it means for Intend.
func (l *Ledger) IntendRemovals(ctx context.Context, run *Run, people []CreatedPerson) ([]Removal, error) {
	if run.number == 0 {
		return nil, fmt.Errorf("intend %d removals: %w", len(people), ErrNotBegun)
	}
	changes := make([]*change, len(people))
	for n, p := range people {
		changes[n] = &change{kind: intendRemoval, personID: p.PersonID, intent: run.newIntent(Request{Key: p.Key, Row: p.Row})}
	}
	if err := l.submitAll(ctx, changes); err != nil {
		return nil, fmt.Errorf("intend %d removals: %w", len(people), err)
	}
	removals := make([]Removal, 0, len(people))
	for n, c := range changes {
		switch {
		case errors.Is(c.err, errNotCreated):
		case c.err != nil:
			return nil, fmt.Errorf("intend %d removals: %w", len(people), c.err)
		default:
			made := cmp.Or(c.found, c.intent)
			removals = append(removals, Removal{CreatedPerson: people[n], Earlier: made.run != run.number, id: made.id})
		}
	}
	return removals, nil
}

// RecordRemovals records the results of removals, in the order of removals, and
// returns when everything is durable. A result is Removed if the person is gone,
// Created if the person stays (both with the person's ID), or Intended while the
// outcome is not known. Removed and Created settle a removal.
func (l *Ledger) RecordRemovals(ctx context.Context, removals []Removal, results []Result) error {
	if len(results) != len(removals) {
		return fmt.Errorf("record %d removals: there are %d results", len(removals), len(results))
	}
	changes := make([]*change, len(removals))
	for n, m := range removals {
		if err := results[n].checkRemoval(m.PersonID); err != nil {
			return fmt.Errorf("record the removal of row %d: %w", m.Row, err)
		}
		changes[n] = &change{kind: recordRemoval, personID: m.PersonID, intent: &intentRecord{id: m.id, recordKeys: recordKeys{key: m.Key}, result: results[n]}}
	}
	if err := l.submitAll(ctx, changes); err != nil {
		return fmt.Errorf("record %d removals: %w", len(removals), err)
	}
	for n, c := range changes {
		if c.err != nil {
			return fmt.Errorf("record the removal of row %d: %w", removals[n].Row, c.err)
		}
	}
	return nil
}

func (r Result) checkRemoval(id int64) error {
	switch {
	case r.Status != "":
		return fmt.Errorf("a removal has no row status, not %s", r.Status)
	case r.State != Created && r.State != Removed && r.State != Intended:
		return fmt.Errorf("a removal can't end as %s", r.State)
	case r.State == Intended && r.PersonID != 0:
		return errors.New("a removal without an outcome has no person ID")
	case r.State != Intended && r.PersonID != id:
		return fmt.Errorf("the removal is about person %d, not %d", id, r.PersonID)
	}
	return nil
}
