package importer

import (
	"context"
	"time"

	"muster/importer/ledger"
	"muster/importer/procore"
	"muster/ratelimit"
)

// removalFacts is what an undo knows of a person.
type removalFacts struct {
	edited  bool           // the person was changed in Procore after the creation
	lost    bool           // an answer about the person was lost, in this undo or an earlier one
	before  bool           // the person was listed when the undo began
	answer  removalAnswer  // the last one
	refused *procore.Error // the answer that refuses the request; nil: none does
	after   presence       // in the listing after the request
}

// removalAnswer is a person's state by a good answer to a request.
type removalAnswer uint8

const (
	noAnswer      removalAnswer = iota
	answerRemoved               // names the person as removed
	answerSkipped               // does not name the person
)

// presence is whether a listing shows a person.
type presence uint8

const (
	notLooked presence = iota // the people were not listed yet
	listed
	missing
)

// removalDecision is what became of a person, as far as the facts show.
type removalDecision struct {
	state  ledger.State // Intended: open, until the people are listed
	status UndoStatus
	code   string
}

// reconcileRemoval decides what became of a person. That a person is not listed
// is never enough: a listing may lag, and the next import would create a person
// who is taken for gone. A person who is off the project is skipped, so an ID
// that was listed before and is missing after a lost answer was removed by that
// request.
func reconcileRemoval(f removalFacts) removalDecision {
	skipped := f.answer == answerSkipped
	switch {
	case f.edited:
		return removalDecision{ledger.Created, UndoKept, CodeUndoEdited}
	case f.answer == answerRemoved:
		return removalDecision{ledger.Removed, UndoRemoved, ""}
	case f.after == notLooked && f.lost:
		return removalDecision{ledger.Intended, UndoPending, codeAnswerLost}
	case f.after == notLooked && skipped:
		return removalDecision{ledger.Intended, UndoPending, CodeUndoSkipped}
	case f.after == notLooked && f.refused != nil:
		return removalDecision{ledger.Created, UndoFailed, f.refused.Code}
	case f.after == notLooked:
		return removalDecision{ledger.Created, UndoPending, "not_sent"}
	case f.after == missing && f.lost && (skipped || f.before):
		return removalDecision{ledger.Removed, UndoRemoved, ""}
	case f.after == missing && skipped:
		return removalDecision{ledger.Removed, UndoKept, CodeUndoGone}
	case f.after == missing: // nor before: the listing may lag, and the next undo shows it
		return removalDecision{ledger.Intended, UndoFailed, codeAnswerLost}
	case skipped:
		return removalDecision{ledger.Created, UndoKept, CodeUndoSkipped}
	}
	return removalDecision{ledger.Created, UndoFailed, codeKeptFailing}
}

// result returns what the ledger records of the decision.
func (d removalDecision) result(person int64, answer ledger.Result) ledger.Result {
	answer.State, answer.Code = d.state, d.code
	if d.state != ledger.Intended {
		answer.PersonID = person
	}
	return answer
}

// shown returns the code for programs. A person who is pending has none.
func (d removalDecision) shown() string {
	if d.status == UndoPending {
		return ""
	}
	return d.code
}

// message returns what the decision means, for people.
func (d removalDecision) message(f removalFacts) string {
	switch {
	case d.status == UndoPending || d.code == "":
		return ""
	case f.refused != nil && f.after == notLooked:
		return "Procore refused to take this person off the project: " + f.refused.Message
	}
	return map[string]string{
		CodeUndoEdited:  "edited in Procore since the import, so the person stays; if you want, take the person off in the project's directory",
		CodeUndoGone:    "not on the project any more: another user took this person off",
		CodeUndoSkipped: "Procore leaves this person on the project: it takes off only people who can't log in; take the person off in the project's directory",
		codeAnswerLost:  "Procore kept failing, and it is not known whether this person is still on the project; try again later",
		codeKeptFailing: "Procore kept failing, and this person is still on the project; try again later",
	}[d.code]
}

// repetition is what became of a request that may be repeated without harm.
type repetition struct {
	answered bool           // there was a good answer
	lost     bool           // an answer was lost
	refused  bool           // err is Procore's answer for good
	err      *procore.Error // the last one; nil if there was a good answer, or no request
}

// repeat sends a request until an answer arrives, also after a lost answer. An answer that
// concerns every request ends the undo. Right before each request, with a place in the quota,
// prepare writes to the ledger: a host that has lost the lock while it waited sends nothing.
func (x *undoing) repeat(intake context.Context, prepare func() error, request func(*ratelimit.Slot) error) (s repetition) {
	var failures procore.Tries
	for {
		slot, err := takeSlot(intake, x.Pace.Take, x.end)
		if err != nil {
			return s
		}
		if err = prepare(); err != nil {
			slot.Release(ratelimit.Report{})
			x.ledgerFailed(err)
			return s
		}
		if err = request(slot); err == nil {
			s.answered, s.err = true, nil
			return s
		}
		s.err = requestError(err)
		s.lost = s.lost || s.err.Effect != procore.DidNotHappen
		if s.err.Kind == procore.Throttled {
			x.summary.Throttled++
		}
		var next procore.Next
		next, failures = procore.Retry(s.err, failures, repeatLimits, time.Now())
		switch {
		case next == procore.StopRun, next == procore.GiveUp && s.err.Kind == procore.Throttled:
			x.end(stopFor(s.err))
			return s
		case next != procore.SendAgain:
			s.refused = true
			return s
		case !procore.Wait(intake, pauseBefore(s.err, failures)):
			return s
		}
	}
}
