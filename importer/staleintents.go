package importer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/procore"
	"muster/mapping"
)

// staleIntents holds the open intents of earlier runs in a project, and the listed
// people with the same keys.
type staleIntents struct {
	run   *run
	open  []ledger.Intent
	keys  map[ledger.Key][]int64
	names map[ledger.Key]ledger.Key // of the open intents with a recorded name
	scope ledger.Scope
}

// awaitStaleIntents waits until the requests behind the open intents of earlier
// runs can't take effect any more: settle-after from the start of this run,
// since wall clocks may be set and the earlier runs may have ended a moment
// ago. A listing that began before proves nothing and is dropped.
func (r *run) awaitStaleIntents(intake, work context.Context) (*staleIntents, error) {
	open, err := r.Ledger.OpenIntents(work, r.Scope)
	if err != nil || len(open) == 0 {
		return nil, err
	}
	until := r.started.Add(r.settleAfter())
	r.emit(Unsettled{len(open), until})
	defer r.emit(Unsettled{})
	procore.Wait(intake, time.Until(until))
	r.people = nil
	return newStaleIntents(r, open, r.Scope), nil
}

func newStaleIntents(r *run, open []ledger.Intent, scope ledger.Scope) *staleIntents {
	s := &staleIntents{run: r, open: open, scope: scope, keys: make(map[ledger.Key][]int64, len(open)), names: map[ledger.Key]ledger.Key{}}
	for _, intent := range open {
		s.keys[intent.Key] = nil
		if intent.NameKey != (ledger.Key{}) {
			s.names[intent.Key] = intent.NameKey
		}
	}
	return s
}

// see notes a listed person if an open intent has the same key. A person with
// an ID was created by a row with that ID, so the name alone counts only for a
// person without one.
func (s *staleIntents) see(p procore.Person) {
	if s == nil {
		return
	}
	match := func(k ledger.Key) {
		if people, ok := s.keys[k]; ok {
			s.keys[k] = append(people, p.ID)
		}
	}
	key := func(m mapping.Person) ledger.Key { return ledgerKey(s.run.Ledger, s.scope, personKey(&m, 1)) }
	name := key(mapping.Person{FirstName: p.FirstName, LastName: p.LastName})
	if p.OriginID != "" {
		for _, k := range []ledger.Key{key(mapping.Person{OriginID: p.OriginID}), memberKey(s.run.Ledger, s.scope, p.OriginID)} {
			if sent, ok := s.names[k]; !ok || sent == name { // else the ID is another person's, and Procore refused the row
				match(k)
			}
		}
	}
	if p.EmployeeID != "" {
		person := mapping.Person{FirstName: p.FirstName, LastName: p.LastName, EmployeeID: p.EmployeeID}
		for _, k := range slices.Compact([]ledger.Key{key(person), key(*reordered(&person))}) {
			match(k)
		}
	}
	if p.OriginID == "" && p.EmployeeID == "" {
		match(name)
	}
}

// settle records the effect of the intents that no row of the roster has settled.
// An intent created the listed person of the same key; without such a person the
// intent created no person. Several people of one key are left open. Rows of one name have
// numbered keys, which a listing does not show: with --allow-namesakes an
// intent without a person stays open as well.
func (s *staleIntents) settle(work context.Context) error {
	if s == nil {
		return nil
	}
	for _, intent := range s.open {
		people := s.keys[intent.Key]
		if len(people) > 1 || len(people) == 0 && s.run.AllowNamesakes {
			continue
		}
		if err := s.settleIntent(work, intent, people); err != nil {
			return err
		}
	}
	return nil
}

func (s *staleIntents) settleIntent(work context.Context, intent ledger.Intent, people []int64) error {
	result := ledger.Result{State: ledger.Refused, Code: "not_created"}
	if len(people) == 1 {
		result = ledger.Result{State: ledger.Created, PersonID: people[0], Status: outcome.Existing}
	}
	err := s.run.Ledger.Record(work, intent, result)
	if err == nil || errors.Is(err, ledger.ErrSettled) { // by a row of this run, or by another run
		return nil
	}
	return fmt.Errorf("settle row %d of run %s: %w", intent.Row, intent.Run, err)
}

// otherProject is another project's people, as listed while no run held
// the lock there.
type otherProject struct {
	people *people
	stale  *staleIntents
	closed bool // a run has the project's lock, or the people can't be listed
}

// settleOther decides about a row after another project's run sent the same origin
// ID. If no run has that project's lock, the intent is settled by key from a
// listing of that project; else the row is unknown.
func (s *settler) settleOther(intake, work context.Context, t *task, now *people, others map[int64]*otherProject) error {
	if err := s.lookUp(work, []*task{t}); err != nil {
		return err
	}
	if err := s.decide(intake, work, t, now); err != nil || t.state != unsettled || t.wait != forOtherProject {
		return err
	}
	if time.Since(t.since) < s.settleAfter() {
		return nil
	}
	project := t.entry.Project
	there := others[project]
	if there == nil {
		var err error
		if there, err = s.listOther(intake, work, project); err != nil {
			return err
		}
		others[project] = there
	}
	switch {
	case there.closed:
		t.finish(outcome.Unknown, s.at(t.line, sentElsewhere(project)))
		return nil
	case there.people.listed.Sub(t.since) < s.settleAfter():
		return nil // one listing serves many rows, and began too early for this row
	}
	byID := mapping.Person{FirstName: t.person.FirstName, LastName: t.person.LastName, OriginID: t.person.OriginID}
	if found := there.people.find(&byID, false); len(found.conflict) > 0 {
		f := facts{match: found}
		d := absent(f, s.policy())
		s.apply(intake, work, t, f, d)
		return nil
	}
	people := there.stale.keys[t.entry.Intent.Key]
	if len(people) > 1 {
		t.finish(outcome.Unknown, s.at(t.line, sentElsewhere(project)))
		return nil
	}
	if err := there.stale.settleIntent(work, t.entry.Intent, people); err != nil {
		return err
	}
	if err := s.lookUp(work, []*task{t}); err != nil {
		return err
	}
	return s.decide(intake, work, t, now)
}

// listOther lists another project's people, unless another run holds the lock of that
// project.
func (s *settler) listOther(intake, work context.Context, project int64) (*otherProject, error) {
	scope := s.Scope
	scope.Project = project
	if s.Ledger.LockedByOther(scope) {
		return &otherProject{closed: true}, nil
	}
	open, err := s.Ledger.OpenIntents(work, scope)
	if err != nil {
		return nil, err
	}
	stale := newStaleIntents(s.run, open, scope)
	listed, err := listPeople(intake, s.API.ForProject(project), true, nil, stale.see)
	if err != nil {
		s.Log.Warn().Err(err).Int64("project", project).Msg("the people of another project can't be listed: rows that its run sent stay unknown")
		return &otherProject{closed: true}, nil
	}
	return &otherProject{people: listed, stale: stale}, nil
}
