package importer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/procore"
	"muster/mapping"
	"muster/ratelimit"
)

// send carries out the action of a ready task. Afterwards the task is done, or
// unsettled if the answer was lost.
func (r *run) send(intake, work context.Context, t *task) {
	if t.action == updateTitle {
		r.updateTitle(intake, work, t)
		return
	}
	defer r.names.begin(r.nameKey(t))()
	for t.state == ready {
		slot, err := r.takeSlot(intake, t)
		if err != nil {
			t.finish(outcome.Pending, r.pendingProblem(intake))
			return
		}
		intent, err := r.intend(intake, work, t)
		if err != nil || intent.ID == 0 {
			slot.Release(ratelimit.Report{}) // unused: its place in the quota is lost
			if err != nil {
				r.ledgerFailed(t, outcome.Pending, err)
			}
			continue
		}
		t.enter(inFlight)
		if t.tries.sent++; t.tries.sent > 1 {
			r.counters.retries.Add(1)
		}
		person, err := r.request(intake, work, slot, t, intent.Token)
		r.note(err)
		r.settleAnswer(intake, work, t, intent, reply{person, err})
	}
}

// intend records durably that a request for the task is about to leave, and takes a
// place among the requests under way, which settleAnswer frees. intend returns no
// intent, and holds no place, if nothing may be sent for now: another run was faster,
// or the intent was withdrawn. An intent is withdrawn after the end of the intake,
// and when the intent is old by now, as after a pause of the process: later runs
// judge by the age of an intent.
func (r *run) intend(intake, work context.Context, t *task) (ledger.Intent, error) {
	began := time.Now()
	intent, err := r.Ledger.Intend(work, r.ledgerRun, ledger.Request{Key: t.key, NameKey: r.fullNameKey(t), IDKey: r.employeeKey(t), Row: t.row})
	switch {
	case errors.Is(err, ledger.ErrUnsettled), errors.Is(err, ledger.ErrAlreadyCreated):
		return ledger.Intent{}, r.decideAgain(intake, work, t)
	case err != nil:
		return ledger.Intent{}, err
	}
	r.busy.requests <- struct{}{}
	// The wall clock counts the time that the machine slept. The ledger's clock may be another machine's.
	age := max(time.Since(began), time.Now().Round(0).Sub(began.Round(0)))
	if intake.Err() == nil && age <= r.settleAfter()/2 {
		return intent, nil
	}
	<-r.busy.requests
	withdrawn := ledger.Result{State: ledger.Refused, Status: outcome.Pending, Code: "not_sent"}
	return ledger.Intent{}, r.Ledger.Record(work, intent, withdrawn)
}

// decideAgain looks a task up once more and decides anew, after the ledger refused the
// intent because another run was faster, or after another project's run was settled.
func (r *run) decideAgain(intake, work context.Context, t *task) error {
	if err := r.lookUp(work, []*task{t}); err != nil {
		return err
	}
	return r.decide(intake, work, t, r.people)
}

// reply is what a request brought.
type reply struct {
	person procore.Person
	err    error
}

// request creates, attaches or reactivates the task's person, with a single request of
// which the effect may be unknown.
func (r *run) request(intake, work context.Context, slot *ratelimit.Slot, t *task, token string) (procore.Person, error) {
	switch t.action {
	case attach:
		return r.API.AddPerson(work, slot, t.target)
	case reactivate:
		return r.reactivate(intake, work, slot, t)
	case create:
		return r.API.CreatePerson(work, slot, draft(&t.person), token)
	case noAction, updateTitle:
	}
	slot.Release(ratelimit.Report{})
	return procore.Person{}, &procore.Error{Kind: procore.Refused, Effect: procore.DidNotHappen, Code: "refused", Message: "nothing to send for this row"}
}

// reactivate makes a person active and puts the person on the project, if needed. A
// listing shows whether a person is on the project whom Procore refuses to put there.
func (r *run) reactivate(intake, work context.Context, slot *ratelimit.Slot, t *task) (procore.Person, error) {
	person, err := r.API.ActivatePerson(work, slot, t.target)
	switch {
	case err != nil:
		return person, err
	case person.ID == 0 && t.tries.idle > 0:
		return person, &procore.Error{
			Kind: procore.Refused, Effect: procore.DidNotHappen, Code: "refused", Message: "Procore did not make this person active, without saying why",
			Hint: "make the person active in the company's directory, then run the same command again",
		}
	case person.ID == 0:
		return person, nil
	}
	if slot, err = r.takeSlot(intake, t); err == nil {
		_, err = r.API.AddPerson(work, slot, t.target)
	}
	if err != nil {
		unsure := *requestError(err)
		unsure.Effect = procore.MayHaveHappened
		return person, &unsure
	}
	return person, nil
}

// settleAnswer records the answer to a request, and moves the task on.
func (r *run) settleAnswer(intake, work context.Context, t *task, intent ledger.Intent, got reply) {
	answer := r.decideAnswer(t, got.err)
	unchanged := t.action != create && got.err == nil && got.person.ID == 0
	if unchanged { // no longer in the company, or on the project and active by now
		answer.again = true
		t.tries.idle++
	}
	// What ends the run does so before the disk is waited for: until then other
	// rows are sent.
	if answer.stop != nil {
		r.end(answer.stop)
	}
	if answer.status == outcome.Failed {
		t.counted = true
		r.countErrors(1)
	}
	<-r.busy.requests
	result := answer.result(got)
	if got.err == nil && !answer.again {
		answer.problems = t.action.note()
		result.Code = t.action.code()
	}
	result.New = result.State == ledger.Created && t.action == create
	err := r.recordAnswer(work, t, intent, result, got.person)
	if errors.Is(err, ledger.ErrPersonTaken) {
		answer = answerTaken(got.person.ID)
		result = answer.result(reply{person: got.person})
		err = r.Ledger.Record(work, intent, result)
	}
	if err != nil {
		r.notRecorded(t, answer.lost, got.person.ID, err)
		return
	}
	t.entry = ledger.Entry{State: result.State, PersonID: result.PersonID, Project: r.Scope.Project, Intent: intent}
	switch {
	case answer.taken:
		t.finish(answer.status, answer.problems...)
	case answer.lost:
		t.ours, t.since, t.wait = true, time.Now(), forListing
		t.enter(unsettled)
	case unchanged:
		t.target, t.since, t.wait = 0, time.Now(), forListing
		t.enter(unsettled)
	case !answer.again:
		t.finish(answer.status, append(t.outcome.Problems, answer.problems...)...)
		t.outcome.PersonID = got.person.ID
	case !procore.Wait(intake, answer.wait):
		t.finish(outcome.Pending, r.pendingProblem(intake))
	default:
		t.enter(ready)
	}
}

// recordAnswer records the result of a request. A person who was listed before the
// request, or has another name than the row, is not the row's new one.
func (r *run) recordAnswer(work context.Context, t *task, intent ledger.Intent, result ledger.Result, got procore.Person) error {
	if result.New && (r.people.has(result.PersonID) || otherName(&t.person, got)) {
		return ledger.ErrPersonTaken
	}
	return r.Ledger.Record(work, intent, result)
}

// takeSlot waits for a place in the quota. A row that was sent before goes first.
func (r *run) takeSlot(intake context.Context, t *task) (*ratelimit.Slot, error) {
	if t.tries.sent > 0 {
		return takeSlot(intake, r.Pace.TakeFirst, r.end)
	}
	return takeSlot(intake, r.Pace.Take, r.end)
}

// takeSlot takes a place in the quota. Once the intake has ended, takeSlot returns an
// error, however free the quota is. A lost quota ends the run.
func takeSlot(intake context.Context, take func(context.Context) (*ratelimit.Slot, error), end context.CancelCauseFunc) (*ratelimit.Slot, error) {
	if err := intake.Err(); err != nil {
		return nil, err
	}
	slot, err := take(intake)
	if stop := quotaLost(err); stop != nil {
		end(stop)
	}
	return slot, err
}

// ledgerFailed ends the run: without a ledger nothing may be sent.
func (r *run) ledgerFailed(t *task, s outcome.Status, err error) {
	r.failed.Do(func() {
		r.Log.Error().Err(err).Int("row", t.row).Msg("the ledger can't be used")
	})
	stop := ledgerStop(err)
	r.end(stop)
	t.finish(s, outcome.Problem{Code: stop.Code, Message: "the ledger could not be used", Hint: "run the same command again once the ledger can be used"})
}

// notRecorded ends the run because the ledger could not record the answer to a
// request. id is the created person, or 0. Only what is durable counts, so the
// row is unknown, and the next run settles the open intent.
func (r *run) notRecorded(t *task, lost bool, id int64, err error) {
	r.ledgerFailed(t, outcome.Unknown, err)
	p := &t.outcome.Problems[0]
	switch {
	case lost:
		p.Message = "sent, and the answer was lost; the ledger could not record that either"
		p.Hint = "once the ledger can be written, run the same command again: it finds out what happened before it sends anything"
	case id != 0:
		p.Message = fmt.Sprintf("this person is in the project now (ID %d), but the ledger could not record it", id)
		p.Hint = "once the ledger can be written, run the same command again: it finds the person and does not create a second one"
	default:
		p.Message = "Procore did not create the person, but the ledger could not record that"
		p.Hint = "once the ledger can be written, run the same command again: it checks the project first, and goes on"
	}
}

// updateTitle gives an existing person the row's job title. The request may be
// repeated without harm, so one whose answer was lost is sent again.
func (r *run) updateTitle(intake, work context.Context, t *task) {
	change := procore.Draft{LastName: t.person.LastName, JobTitle: t.person.JobTitle}
	if k := r.people.person(t.outcome.PersonID); k != nil && k.lastName != "" {
		change.LastName = k.lastName // as Procore spells the name
	}
	token := fmt.Sprintf("%s-%d", r.ledgerRun.ID, t.row)
	for {
		slot, err := r.takeSlot(intake, t)
		if err != nil {
			break // the title still differs, as the row's note says
		}
		r.busy.requests <- struct{}{}
		t.enter(inFlight)
		t.tries.sent++
		_, err = r.API.UpdatePerson(work, slot, t.outcome.PersonID, change, token)
		<-r.busy.requests
		if err == nil {
			r.counters.updated.Add(1)
			t.finish(outcome.Existing, r.at(t.line, outcome.Problem{
				Code: "updated", Field: string(mapping.JobTitle), Message: "the job title in Procore was changed to the roster's",
			}))
			return
		}
		t.enter(ready)
		answer := r.decideUpdate(t, err)
		if answer.stop != nil {
			r.end(answer.stop)
			break
		}
		if !answer.again {
			t.finish(answer.status, answer.problems...)
			t.outcome.PersonID = 0
			return
		}
		r.counters.retries.Add(1)
		if !procore.Wait(intake, answer.wait) {
			break
		}
	}
	t.finish(outcome.Existing, t.outcome.Problems...)
}
