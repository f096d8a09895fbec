package importer

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/procore"
)

const (
	// maxUnreachable is how many tries in a row may fail to reach Procore. With
	// the intervals below they take about two minutes; after that the network,
	// not the row, is at fault.
	maxUnreachable = 9
	// maxThrottled is how often Procore may throttle one row. Each time costs a
	// pause until the server's reset. A row that gets 429 also needs
	// leastThrottled to pass: other users of the quota may be faster each time.
	// Both bound only a server that never lets a request through.
	maxThrottled   = 60
	leastThrottled = 2 * time.Hour
)

// tries counts what went wrong with the requests of one row so far.
type tries struct {
	sent        int
	unreachable int
	throttled   int
	since       time.Time // of the first throttling
	lost        int       // answers
	renewed     bool      // the token was renewed
	intervals   *backoff.ExponentialBackOff
}

// interval returns how long to wait before the next try: longer each time, with
// jitter so that workers do not try together.
func (t *tries) interval() time.Duration {
	if t.intervals == nil {
		t.intervals = backoff.NewExponentialBackOff()
		t.intervals.InitialInterval = 500 * time.Millisecond
		t.intervals.MaxInterval = 30 * time.Second
		t.intervals.Multiplier = 2
	}
	return t.intervals.NextBackOff()
}

// throttle counts one more throttled request, and reports whether to try again.
func (t *tries) throttle(e *procore.Error) bool {
	if t.throttled == 0 {
		t.since = time.Now()
	}
	t.throttled++
	return t.throttled < maxThrottled || e.Status == http.StatusTooManyRequests && time.Since(t.since) < leastThrottled
}

// answer is what follows from Procore's answer to one request.
type answer struct {
	status   outcome.Status // unless again
	problems []outcome.Problem
	again    bool
	wait     time.Duration // before the next try; the quota's own pauses come on top
	stop     *StopError    // ends the run
	lost     bool          // the person may or may not exist now
}

// decideAnswer is the one place where Procore's answer to a create becomes what
// happens next. The client classifies answers: see procore.Error.
func (r *run) decideAnswer(row *task, err error) answer {
	t := &row.tries
	if err == nil {
		return answer{status: outcome.Created}
	}
	var e *procore.Error
	if !errors.As(err, &e) {
		e = &procore.Error{Kind: procore.Fault, Effect: procore.MayHaveHappened, Message: err.Error(), Err: err}
	}
	if e.Effect != procore.DidNotHappen {
		t.lost++
		r.emit(AnswerLost{})
		return answer{status: outcome.Unknown, lost: true, problems: []outcome.Problem{{Code: codeAnswerLost}}}
	}
	switch e.Kind {
	case procore.Throttled:
		r.counters.throttled.Add(1)
		r.emit(Throttled{})
		if t.throttle(e) {
			return answer{again: true} // the client has paused the pace, for all workers
		}
		return answer{status: outcome.Failed, problems: []outcome.Problem{{
			Code: "throttled", Message: "Procore kept throttling this row: " + e.Message, Hint: "try again later, or with a lower --rate",
		}}}
	case procore.Unreachable:
		if t.unreachable++; t.unreachable < maxUnreachable {
			return answer{again: true, wait: t.interval()}
		}
		return stopAnswer(stopFor(e))
	case procore.Unauthorized:
		if !t.renewed {
			t.renewed = true
			return answer{again: true} // with a token that the client fetches anew
		}
		return stopAnswer(stopFor(e))
	case procore.BadCredentials, procore.Forbidden, procore.NotFound:
		return stopAnswer(stopFor(e))
	case procore.Refused, procore.Fault, procore.Malformed:
	}
	return answer{status: outcome.Failed, problems: r.refusal(row, e)}
}

func stopAnswer(stop *StopError) answer {
	return answer{status: outcome.Pending, stop: stop, problems: []outcome.Problem{{Code: stop.Code, Message: stop.Message, Hint: stop.Fix}}}
}

// result returns what the ledger records of an answer.
func (a answer) result(person procore.Person, err error) ledger.Result {
	result := ledger.Result{Status: a.status, State: ledger.Refused, HTTPStatus: person.Status, RequestID: person.RequestID}
	if len(a.problems) > 0 {
		result.Code = a.problems[0].Code
	}
	var e *procore.Error
	if errors.As(err, &e) {
		result.HTTPStatus, result.RequestID = e.Status, e.RequestID
		result.RenewToken = a.status == outcome.Failed && e.Kind == procore.Refused
	}
	switch {
	case a.again:
		result.Status, result.Code = outcome.Pending, "retried"
	case err == nil:
		result.State, result.PersonID = ledger.Created, person.ID
	case a.lost:
		result.State = ledger.Intended
	}
	return result
}

// refusal turns Procore's own words into the row's problems, each at its cell
// where Procore names a field.
func (r *run) refusal(t *task, e *procore.Error) []outcome.Problem {
	if len(e.Fields) == 0 {
		return []outcome.Problem{{Code: e.Code, Message: e.Message, Hint: e.Hint}}
	}
	problems := make([]outcome.Problem, 0, len(e.Fields))
	for _, field := range slices.Sorted(maps.Keys(e.Fields)) {
		problems = append(problems, r.at(t, outcome.Problem{
			Code: e.Code, Field: field, Message: strings.Join(e.Fields[field], "; "), Hint: e.Hint,
		}))
	}
	return problems
}

// decideUpdate is like decideAnswer, for a request that may be repeated and
// whose person may have been removed.
func (r *run) decideUpdate(t *task, err error) answer {
	var e *procore.Error
	if errors.As(err, &e) && e.Kind == procore.NotFound {
		return updateRefused(t, []outcome.Problem{{Message: e.Message, Hint: e.Hint}})
	}
	a := r.decideAnswer(t, err)
	switch {
	case a.stop != nil || a.again:
		return a
	case a.lost && t.tries.lost < mostLosses:
		return answer{again: true, wait: t.tries.interval()}
	case a.lost:
		return updateRefused(t, []outcome.Problem{{Message: "Procore kept failing", Hint: "run the same command again later"}})
	}
	return updateRefused(t, a.problems)
}

func updateRefused(t *task, problems []outcome.Problem) answer {
	for i := range problems {
		problems[i].Code = "update_refused"
		problems[i].Message = fmt.Sprintf("the job title of person %d was not changed: %s", t.outcome.PersonID, problems[i].Message)
	}
	return answer{status: outcome.Failed, problems: problems}
}
