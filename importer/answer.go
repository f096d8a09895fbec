package importer

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/procore"
	"muster/mapping"
)

// mostLosses is how many answers of one row may be lost, each time settled as
// not created, before the row has failed.
const mostLosses = 5

// createLimits says when the request for a row is given up. Unreachable takes
// about two minutes; after that the network, not the row, is at fault. Throttled
// and ThrottledFor bound only a server that never lets a request through. Lost is
// 0: a request that creates a person is never repeated while its effect is unknown.
var createLimits = procore.Limits{Unreachable: 9, Throttled: 60, ThrottledFor: 2 * time.Hour}

// repeatLimits is createLimits for a request that may be repeated without harm.
var repeatLimits = procore.Limits{Lost: mostLosses, Unreachable: 9, Throttled: 60, ThrottledFor: 2 * time.Hour}

// tries counts the requests of a row.
type tries struct {
	sent     int
	failures procore.Tries
	answered int64 // good answers of the run before the row's latest 401
	idle     int   // good answers that changed nothing
}

// answer is the next step after an answer of Procore.
type answer struct {
	status   outcome.Status // unless again
	problems []outcome.Problem
	again    bool
	wait     time.Duration // before the next try; the quota's own pauses come on top
	stop     *StopError    // ends the run
	lost     bool          // the person may or may not exist now
	taken    bool          // Procore named another person
}

// answerTaken is the answer to a create with the ID of a person that another row has, or
// that Procore listed before the request.
func answerTaken(person int64) answer {
	return answer{status: outcome.Unknown, lost: true, taken: true, problems: []outcome.Problem{{
		Code:    codePersonTaken,
		Message: fmt.Sprintf("Procore answered with the ID of another person (%d), so it is not known whether this row's person exists", person),
		Hint:    "look for the person in Procore; then run the same command again: it lists the people before it sends the row again",
	}}}
}

// otherName reports whether Procore's answer to a create names another person than the row.
// Procore may add, drop or cut characters of a name.
func otherName(row *mapping.Person, got procore.Person) bool {
	sent, answered := foldName(row.FirstName, row.LastName), foldName(got.FirstName, got.LastName)
	return got.LastName != "" && !within(sent, answered) && !within(answered, sent)
}

// within reports whether long has all characters of short, in their order.
func within(short, long string) bool {
	rest := []rune(short)
	for _, c := range long {
		if len(rest) > 0 && rest[0] == c {
			rest = rest[1:]
		}
	}
	return len(rest) == 0
}

// decideAnswer turns Procore's answer to a create, attach or reactivation into the next
// step.
func (r *run) decideAnswer(t *task, err error) answer {
	if err == nil {
		return answer{status: outcome.Created}
	}
	e := requestError(err)
	switch r.nextTry(t, e, createLimits) {
	case procore.FindOut:
		return answer{status: outcome.Unknown, lost: true, problems: []outcome.Problem{{Code: codeAnswerLost}}}
	case procore.SendAgain:
		return answer{again: true, wait: pauseBefore(e, t.tries.failures)}
	case procore.StopRun:
		stop := stopFor(e)
		return answer{status: outcome.Pending, stop: stop, problems: []outcome.Problem{{Code: stop.Code, Message: stop.Message, Hint: stop.Fix}}}
	case procore.GiveUp:
	}
	if e.Kind == procore.Throttled {
		return answer{status: outcome.Failed, problems: []outcome.Problem{{
			Code: "throttled", Message: "Procore kept throttling this row: " + e.Message, Hint: "try again later, or with a lower --rate",
		}}}
	}
	return answer{status: outcome.Failed, problems: r.refusal(t, e)}
}

// decideUpdate turns Procore's answer to an update into the next step. The
// request may be repeated, and the person may have been removed.
func (r *run) decideUpdate(t *task, err error) answer {
	e := requestError(err)
	if e.Kind == procore.NotFound || e.Kind == procore.Forbidden {
		return updateRefused(t, []outcome.Problem{{
			Message: e.Message,
			Hint:    "change the title in Procore; if all updates are refused, the service account needs the right to edit people, or leave --update out",
		}})
	}
	switch r.nextTry(t, e, repeatLimits) {
	case procore.SendAgain:
		return answer{again: true, wait: pauseBefore(e, t.tries.failures)}
	case procore.StopRun:
		return answer{stop: stopFor(e)}
	case procore.GiveUp, procore.FindOut:
	}
	if e.Effect == procore.MayHaveHappened {
		return updateRefused(t, []outcome.Problem{{Message: "Procore kept failing", Hint: "run the same command again later"}})
	}
	return updateRefused(t, r.refusal(t, e))
}

func updateRefused(t *task, problems []outcome.Problem) answer {
	for i := range problems {
		problems[i].Code = "update_refused"
		problems[i].Message = fmt.Sprintf("the job title of person %d was not changed: %s", t.outcome.PersonID, problems[i].Message)
	}
	return answer{status: outcome.Failed, problems: problems}
}

// nextTry counts a failed request of the task and returns what to do next.
func (r *run) nextTry(t *task, e *procore.Error, limits procore.Limits) procore.Next {
	if e.Kind == procore.Throttled {
		r.counters.throttled.Add(1)
		r.emit(Throttled{})
	}
	if e.Effect == procore.MayHaveHappened {
		r.emit(AnswerLost{})
	}
	if e.Kind == procore.Unauthorized {
		answered := r.counters.answered.Load()
		if answered > t.tries.answered { // the latest token worked for other rows
			t.tries.failures.Renewed = false
		}
		t.tries.answered = answered
	}
	var next procore.Next
	next, t.tries.failures = procore.Retry(e, t.tries.failures, limits, time.Now())
	return next
}

// pauseBefore returns how long to wait before a request is repeated. After a 429
// the client has paused the pace, and after a 401 it fetches a new token.
func pauseBefore(e *procore.Error, failures procore.Tries) time.Duration {
	if e.Kind == procore.Throttled || e.Kind == procore.Unauthorized {
		return 0
	}
	return procore.Backoff(failures.Lost + failures.Unreachable)
}

// requestError returns the classified error of a request. The effect of an error
// that the client did not classify is unknown.
func requestError(err error) *procore.Error {
	var e *procore.Error
	if errors.As(err, &e) {
		return e
	}
	return &procore.Error{Kind: procore.Fault, Effect: procore.MayHaveHappened, Message: err.Error(), Err: err}
}

// result returns what the ledger records of an answer.
func (a answer) result(got reply) ledger.Result {
	result := ledger.Result{Status: a.status, State: ledger.Refused, HTTPStatus: got.person.Status, RequestID: got.person.RequestID}
	if len(a.problems) > 0 {
		result.Code = a.problems[0].Code
	}
	var e *procore.Error
	if errors.As(got.err, &e) {
		result.HTTPStatus, result.RequestID = e.Status, e.RequestID
		result.RenewToken = a.status == outcome.Failed && e.Kind == procore.Refused
	}
	switch {
	case a.again:
		result.Status, result.Code = outcome.Pending, "retried"
	case a.lost:
		result.State = ledger.Intended
	case got.err == nil:
		result.State, result.PersonID = ledger.Created, got.person.ID
	}
	return result
}

// refusal turns Procore's messages into problems of the row. A problem is at a cell
// if Procore names the field.
func (r *run) refusal(t *task, e *procore.Error) []outcome.Problem {
	if len(e.Fields) == 0 {
		return []outcome.Problem{{Code: e.Code, Message: e.Message, Hint: e.Hint}}
	}
	problems := make([]outcome.Problem, 0, len(e.Fields))
	for _, field := range slices.Sorted(maps.Keys(e.Fields)) {
		problems = append(problems, r.at(t.line, outcome.Problem{
			Code: e.Code, Field: field, Message: strings.Join(e.Fields[field], "; "), Hint: e.Hint,
		}))
	}
	return problems
}
