package importer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/mapping"
)

// contest puts it in doubt because a run of another project has its key: an
// origin ID is one person's in all projects of the company, and each project
// may have a run.
func (it *item) contest(e ledger.Entry) {
	it.send, it.doubt, it.elsewhere = false, true, true
	it.project, it.intent, it.since = e.Project, e.Intent, time.Now()
}

// recallSentElsewhere is recallDoubt for a request of another project's run.
func (r *run) recallSentElsewhere(it *item, e ledger.Entry) {
	if r.people == nil || r.foreseen != nil {
		it.send = false
		it.settle(outcome.Unknown, sentElsewhere(e.Project))
		return
	}
	it.contest(e)
}

// settleElsewhere reports whether it is known what became of a request of
// another project's run. While that run is at work nobody but it can tell;
// after that its project's list can, as this one's does for its own requests.
func (s *settler) settleElsewhere(intake, work context.Context, it *item) bool {
	before, since := it.intent.ID, it.since
	it.send, it.doubt, it.elsewhere = true, false, false
	if err := s.recall(work, s.ask(work, []*item{it})); err != nil {
		s.ledgerFailed(it, outcome.Unknown, err)
		s.finish(it)
		return true
	}
	switch {
	case it.send, it.update:
		s.again <- it
		return true
	case !it.doubt:
		s.finish(it)
		return true
	case !it.elsewhere, it.intent.ID != before: // in doubt anew
		return false
	}
	it.since = since
	scope := s.Scope
	scope.Project = it.project
	switch {
	case time.Since(since) < s.settleAfter():
		return false
	case s.Ledger.LockedByOther(scope):
		s.giveUp(it, nil)
		return true
	}
	found, err := s.findElsewhere(intake, it)
	if err != nil {
		s.Log.Warn().Err(err).Int("row", it.row).Msg("the people of another project can't be listed: a row in doubt stays unknown")
		s.giveUp(it, nil)
		return true
	}
	result := ledger.Result{State: ledger.Refused, Code: "not_created"}
	switch {
	case len(found.conflict) > 0:
		it.settle(outcome.Invalid, s.idConflict(it, found))
		s.finish(it)
		return true
	case found.by == byOriginID:
		result = ledger.Result{State: ledger.Created, PersonID: found.ids[0], Status: outcome.Existing}
	case s.others[it.project].listed.Sub(since) < s.settleAfter():
		return false // one listing serves many rows: it was begun too early for this one
	}
	if err := s.Ledger.Record(work, it.intent, result); err != nil && !errors.Is(err, ledger.ErrSettled) { // settled by a run that has come and gone
		s.ledgerFailed(it, outcome.Unknown, err)
		s.finish(it)
		return true
	}
	return s.settleElsewhere(intake, work, it)
}

// findElsewhere looks for the person of it, whom only the origin ID proves, on
// the project whose run has sent it.
func (s *settler) findElsewhere(intake context.Context, it *item) (match, error) {
	there := s.others[it.project]
	if there == nil {
		var err error
		if there, err = listPeople(intake, s.API.ForProject(it.project), nil); err != nil {
			return match{}, err
		}
		s.others[it.project] = there
	}
	return there.find(&mapping.Person{FirstName: it.person.FirstName, LastName: it.person.LastName, OriginID: it.person.OriginID}), nil
}

// sentElsewhere says in a row that a run of another project, 0 if it is not
// known which, has sent its person.
func sentElsewhere(project int64) outcome.Problem {
	of := "another project"
	if project != 0 {
		of = fmt.Sprintf("project %d", project)
	}
	return outcome.Problem{
		Code: "sent_elsewhere", Field: string(mapping.OriginID),
		Message: fmt.Sprintf("a run of %s has sent the person of this origin ID, and what became of it is not known", of),
		Hint:    "run the same command again when that run has ended: it finds out before it sends anything",
	}
}
