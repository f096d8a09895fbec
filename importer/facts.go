package importer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/mapping"
)

// policy returns what the job's options ask of reconcile.
func (r *run) policy() policy {
	return policy{Policy: r.Policy, dryRun: r.overlay != nil, mostLosses: mostLosses}
}

// lookUp puts what the ledger knows into tasks. An origin ID belongs to one
// person in all projects of a company. If another project's run created that
// person, the entry that counts is the one for the person's membership of this
// project, and the person is attached rather than created.
func (r *run) lookUp(work context.Context, tasks []*task) error {
	keys := make([]ledger.Key, len(tasks))
	for i, t := range tasks {
		t.key = r.ledgerKey(personKey(&t.person, t.namesake))
		keys[i] = t.key
	}
	entries, err := r.lookup(work, keys)
	if err == nil {
		err = r.lookUpReordered(work, tasks, entries)
	}
	if err == nil {
		err = r.lookUpNamed(work, tasks, entries)
	}
	if err != nil {
		return fmt.Errorf("look up rows %d to %d in the ledger: %w", tasks[0].row, tasks[len(tasks)-1].row, err)
	}
	var elsewhere []int
	var members []ledger.Key
	for i, t := range tasks {
		e := entries[i]
		if (e.State == ledger.Created || e.State == ledger.Removed) && e.Project != 0 && e.Project != r.Scope.Project {
			elsewhere, members = append(elsewhere, i), append(members, memberKey(r.Ledger, r.Scope, t.person.OriginID))
		}
		r.know(t, e)
		t.maker = e.Creator
	}
	if len(members) == 0 {
		return nil
	}
	memberships, err := r.lookup(work, members)
	if err != nil {
		return fmt.Errorf("look up memberships in the ledger: %w", err)
	}
	for n, i := range elsewhere {
		t, person := tasks[i], entries[i].PersonID
		if here := memberships[n].State; entries[i].State == ledger.Removed && (here == ledger.Absent || here == ledger.Refused) {
			continue // undone there and unknown here: the company's key is free
		}
		t.key = members[n]
		r.know(t, memberships[n])
		t.target = person
	}
	return nil
}

// lookUpReordered looks up rows with an employee ID that the ledger does not know, with the
// first and the last name exchanged. Such a row takes the key of the person it finds.
func (r *run) lookUpReordered(work context.Context, tasks []*task, entries []ledger.Entry) error {
	var rows []int
	var keys []ledger.Key
	for i, t := range tasks {
		if entries[i].State == ledger.Absent && keyOf(&t.person) == byEmployeeID {
			rows, keys = append(rows, i), append(keys, r.ledgerKey(personKey(reordered(&t.person), 1)))
		}
	}
	found, err := r.lookup(work, keys)
	for n, e := range found {
		if e.State != ledger.Absent {
			tasks[rows[n]].key, entries[rows[n]] = keys[n], e
		}
	}
	return err
}

// lookUpNamed looks up rows that the ledger does not know by their full names. The row of a
// created person who is off the project may have got, lost or changed an ID since. Such a row
// takes the key of the person it finds.
func (r *run) lookUpNamed(work context.Context, tasks []*task, entries []ledger.Entry) error {
	if r.Ledger == nil || r.people == nil || r.AllowNamesakes {
		return nil
	}
	rows := map[ledger.Key][]int{}
	for i, t := range tasks {
		if entries[i].State == ledger.Absent {
			name := r.fullNameKey(t)
			rows[name] = append(rows[name], i)
		}
	}
	named, err := r.Ledger.Named(work, slices.Collect(maps.Keys(rows)))
	if err != nil {
		return err
	}
	for _, p := range named {
		for _, i := range rows[p.NameKey] {
			t := tasks[i]
			if entries[i].State != ledger.Absent || r.people.has(p.PersonID) || r.unlike(t, p) {
				continue
			}
			if id, _ := r.names.putBack(t, []int64{p.PersonID}); id == 0 {
				continue
			}
			found, err := r.lookup(work, []ledger.Key{p.Key})
			if err != nil {
				return err
			}
			t.key, entries[i] = p.Key, found[0]
		}
	}
	return nil
}

// unlike reports whether a person of the task's name is known to have another ID than the
// task.
func (r *run) unlike(t *task, p ledger.NamedPerson) bool {
	employee, withoutOrigin := ledger.Key{}, p.NameKey
	if t.person.EmployeeID != "" {
		employee = r.ledgerKey(idKey(byEmployeeID, &t.person))
	}
	switch {
	case p.IDKey == ledger.Key{}:
	case employee == ledger.Key{}:
		return false
	case p.IDKey != employee:
		return true
	default:
		alone := mapping.Person{FirstName: t.person.FirstName, LastName: t.person.LastName, EmployeeID: t.person.EmployeeID}
		withoutOrigin = r.ledgerKey(personKey(&alone, 1))
	}
	return t.person.OriginID != "" && p.Key != withoutOrigin
}

// know takes what the ledger knows under the task's key. A person who leaves a
// project stays in the company. After an undo, and if the row has an origin ID, which
// a second person can't have, such a person is attached.
//
// An open intent of this project was made before this run started, and one of
// another project may have been made just now.
func (r *run) know(t *task, e ledger.Entry) {
	switch {
	case e.State == ledger.Intended && e.Intent.ID == t.entry.Intent.ID: // since is known already
	case e.State == ledger.Intended && e.Project != r.Scope.Project:
		t.since = time.Now()
	case e.State == ledger.Intended, e.State == ledger.Created:
		t.since = r.started
	default:
		t.since = time.Time{}
	}
	t.entry, t.ours, t.target = e, false, 0
	if t.person.OriginID != "" || e.State != ledger.Created {
		t.target = e.PersonID
	}
}

// facts gathers what is known of a task. now is the latest listing, or nil.
func (r *run) facts(work context.Context, t *task, now *people) (facts, error) {
	f := facts{
		state: t.entry.State, person: t.entry.PersonID, losses: t.tries.failures.Lost, target: t.target,
	}
	switch {
	case t.ours:
		f.sender = thisRun
	case t.entry.State == ledger.Intended && t.entry.Project != r.Scope.Project:
		f.sender = foreignRun
	}
	if now == nil {
		return f, nil
	}
	f.proof = late
	if now.listed.Sub(t.since) < r.settleAfter() {
		f.proof = early
	}
	f.match = now.find(&t.person, t.sharedID)
	if f.match.nameOnly && !r.AllowNamesakes {
		f.match.ids, f.match.given = r.notGiven(f.match.ids)
	}
	r.matchUndone(t, &f)
	known := f.target
	if f.state == ledger.Created {
		known = f.person
	}
	f.present = known != 0 && now.person(known) != nil
	var err error
	f.inactive = now.inactive.find(&t.person, t.sharedID).ids
	offProject := f.target != 0 && f.state != ledger.Created && !f.present && r.people.inactiveInCompany(f.target)
	if offProject || known != 0 && now.inactive.person(known) != nil {
		f.inactive = []int64{known}
	}
	// Such a listing need not show the person.
	f.recent = f.state == ledger.Created && !t.entry.Settled.IsZero() && now.listed.Sub(t.entry.Settled) < r.settleAfter()
	if f.group, err = r.groupOf(work, t, f.match); err != nil {
		return f, err
	}
	if t.person.OriginID == "" && r.backOtherwise(f) {
		f.target = 0
	}
	if f.proof == late && !f.present && len(f.match.ids) == 0 && f.state != ledger.Created {
		if err := r.awaitLag(work, t, &f, now); err != nil {
			return f, err
		}
	}
	for _, id := range slices.Concat([]int64{known}, f.match.ids, f.match.claimed, f.group.free, f.group.spare) {
		if now.otherTitle(id, t.person.JobTitle) {
			f.retitled = append(f.retitled, id)
		}
	}
	return f, nil
}

// matchUndone makes a person whom an undo took off the project the target of a task, if the
// task has no other person. The ledger knows such a person under the key of an earlier row,
// which may have had another ID, or the words of the name in another order.
func (r *run) matchUndone(t *task, f *facts) {
	m := &f.match
	if f.target != 0 || f.state == ledger.Created || len(m.ids)+len(m.claimed)+len(m.conflict) > 0 ||
		t.tries.idle > 0 || r.people == nil || r.people.undone == nil {
		return
	}
	found := r.people.undone.find(&t.person, t.sharedID)
	if found.by == byName && r.AllowNamesakes {
		return // rows of one name may be several people
	}
	var taken []int64
	f.target, taken = r.names.putBack(t, slices.Concat(found.ids, found.claimed))
	m.given = append(m.given, taken...)
}

// backOtherwise reports whether the listing shows the person of a row whose person
// was taken off the project: put there in another way since. With --allow-namesakes
// the people listed may be those of other rows.
func (r *run) backOtherwise(f facts) bool {
	if r.AllowNamesakes && f.match.by == byName {
		return f.group.enough && len(f.group.free)+len(f.group.spare) > 0
	}
	return len(f.match.ids)+len(f.match.claimed) > 0
}

// awaitLag withdraws the proof that a person does not exist, if an earlier run
// created a person of the same full name or employee ID so lately that the listing
// need not show that person. The row may have got or lost an ID since, or another
// name, and so another key.
func (r *run) awaitLag(work context.Context, t *task, f *facts, now *people) error {
	if r.Ledger == nil {
		return nil
	}
	at, err := r.Ledger.LastCreated(work, r.Scope, r.fullNameKey(t), r.employeeKey(t))
	if err != nil {
		return fmt.Errorf("look up in the ledger when a person of a name was created: %w", err)
	}
	if at.After(r.started) { // the machine's clock was set back
		at = r.started
	}
	if !at.IsZero() && now.listed.Sub(at) < r.settleAfter() {
		f.proof = early
		if at.After(t.since) {
			t.since = at
		}
	}
	return nil
}

// decide reconciles a task with a listing, and carries the decision out. When
// the intake has ended, nothing is sent or waited for any more.
func (r *run) decide(intake, work context.Context, t *task, now *people) error {
	r.names.deciding.Lock()
	defer r.names.deciding.Unlock()
	f, err := r.facts(work, t, now)
	if err != nil {
		return err
	}
	d := reconcile(f, r.policy())
	if intake.Err() != nil {
		d = d.stopped(f)
	}
	r.apply(intake, work, t, f, d)
	return nil
}

// apply carries out a decision: first the ledger, then the task.
func (r *run) apply(intake, work context.Context, t *task, f facts, d decision) {
	if err := r.record(work, t, d); err != nil {
		r.notRecorded(t, false, d.person, err)
		return
	}
	if d.person != 0 && f.state != ledger.Created && d.action != attach && d.action != reactivate && (r.AllowNamesakes || f.match.nameOnly) {
		r.take(d.person)
	}
	if d.record != ledger.Absent {
		t.entry.State, t.ours = d.record, false
	}
	problems := r.problems(intake, t, f, d)
	switch {
	case d.status == outcome.Created:
		problems = append(problems, t.action.note()...)
	case d.record == ledger.Created:
		t.maker, t.entry.PersonID = t.entry.Intent.Run, d.person
	}
	if d.open {
		t.wait = forListing // an import would wait
	}
	switch d.next {
	case unsettled:
		t.wait = d.wait
		if t.since.IsZero() {
			t.since = time.Now()
		}
		t.enter(unsettled)
		return
	case ready:
		t.action, t.target = d.action, d.person
		if d.action == updateTitle {
			t.outcome.Status, t.outcome.PersonID, t.target = outcome.Existing, d.person, 0
		}
		t.outcome.Problems = append(t.outcome.Problems, problems...)
		t.enter(ready)
		return
	case planned, inFlight, done:
	}
	if d.status.HasPerson() {
		problems = append(t.outcome.Problems, problems...)
	}
	t.finish(d.status, problems...)
	t.outcome.PersonID = d.person
	if d.status == outcome.Existing && t.maker == r.ledgerRun.ID && d.person == t.entry.PersonID {
		t.outcome.Status = outcome.Created // by an earlier slice of this run
	}
}

// record writes what the ledger must hold before a decision takes effect. A dry
// run writes nothing and remembers the people that an import would record.
func (r *run) record(work context.Context, t *task, d decision) error {
	switch {
	case d.record == ledger.Absent:
		return nil
	case r.overlay != nil:
		if d.record == ledger.Created {
			r.overlay[t.key] = d.person
		}
		return nil
	}
	result := ledger.Result{State: d.record, Status: d.status}
	switch d.record {
	case ledger.Created:
		result.PersonID, result.Code = d.person, t.action.code()
		if result.Status == "" { // the title is updated next
			result.Status = outcome.Existing
		}
	case ledger.Refused:
		result.Code = "not_created"
		if d.status != outcome.Failed {
			result.Status = ""
		}
	case ledger.Removed:
		return r.recordRemoved(work, t)
	case ledger.Absent, ledger.Intended:
	}
	return r.Ledger.Record(work, t.entry.Intent, result)
}

// recordRemoved records that the person of a task left the project, so that the
// key may be sent again.
func (r *run) recordRemoved(work context.Context, t *task) error {
	person := t.entry.PersonID
	removals, err := r.Ledger.IntendRemovals(work, r.ledgerRun, []ledger.CreatedPerson{{Key: t.key, Row: t.row, PersonID: person}})
	if err != nil || len(removals) == 0 {
		return err
	}
	return r.Ledger.RecordRemovals(work, removals, []ledger.Result{{State: ledger.Removed, PersonID: person, Code: codeGone}})
}
