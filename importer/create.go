package importer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"muster/importer/fault"
	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/procore"
	"muster/ratelimit"
)

// create sends it until Procore has answered what became of it, or until the
// intake ends. It reports false if the answer was lost: then the item is to be
// settled.
func (r *run) create(intake, work context.Context, it *item) bool {
	defer r.beginNamesake(it)()
	for {
		slot, err := r.takeSlot(intake, it)
		if err != nil {
			it.settle(outcome.Pending, r.pendingProblem(intake))
			return true
		}
		r.intents.begin()
		intent, err := r.Ledger.Intend(work, r.record, ledger.Request{Key: it.key, Row: it.row})
		if err != nil {
			r.intents.end()
			slot.Release(ratelimit.Report{}) // unused, but its place in the quota is not worth a second path
			if errors.Is(err, ledger.ErrUnsettled) || errors.Is(err, ledger.ErrAlreadyCreated) {
				it.contest(ledger.Entry{})
				return false
			}
			r.ledgerFailed(it, outcome.Pending, err)
			return true
		}
		if it.tries.sent++; it.tries.sent > 1 {
			r.retries.Add(1)
		}
		if r.requests <- struct{}{}; intake.Err() != nil {
			<-r.requests
			slot.Release(ratelimit.Report{})
			r.notSent(work, it, intent, r.pendingProblem(intake))
			r.intents.end()
			return true
		}
		if time.Since(intent.Sent) > r.API.Timeout() {
			if intent, err = r.renew(work, it, intent); err != nil {
				<-r.requests
				r.intents.end()
				slot.Release(ratelimit.Report{})
				r.ledgerFailed(it, outcome.Pending, err)
				return true
			}
		}
		sent := time.Now()
		person, err := r.request(work, slot, it, intent.Token)
		r.intents.answered(time.Since(sent))
		r.note(err)
		answer := r.decide(it, err)
		if it.notReadmitted(person, err) {
			answer.again = true
		}
		// What ends the run does so before the disk is waited for: until then
		// other rows are sent.
		if answer.stop != nil {
			r.end(answer.stop)
		}
		if answer.status == outcome.Failed {
			it.counted = true
			r.countErrors(1)
		}
		<-r.requests
		err = r.Ledger.Record(work, intent, answer.result(person, err))
		r.intents.end()
		if err != nil {
			r.notRecorded(it, answer.doubt, person.ID, err)
			return true
		}
		switch {
		case answer.doubt:
			it.doubt, it.intent, it.since = true, intent, time.Now()
			return false
		case !answer.again:
			it.settle(answer.status, append(it.outcome.Problems, answer.problems...)...)
			it.outcome.PersonID = person.ID
			return true
		case !wait(intake, answer.wait):
			it.settle(outcome.Pending, r.pendingProblem(intake))
			return true
		}
	}
}

// notSent takes back an intent whose request never left.
func (r *run) notSent(work context.Context, it *item, intent ledger.Intent, why outcome.Problem) {
	if err := r.Ledger.Record(work, intent, ledger.Result{State: ledger.Refused, Status: outcome.Pending, Code: "not_sent"}); err != nil {
		r.ledgerFailed(it, outcome.Pending, err)
		return
	}
	it.settle(outcome.Pending, why)
}

// renew puts a new intent in the place of one that has waited long for its
// turn, as it does behind requests that hang: recallDoubt tells by an intent's
// age for how long its request can have been under way.
func (r *run) renew(work context.Context, it *item, old ledger.Intent) (ledger.Intent, error) {
	if err := r.Ledger.Record(work, old, ledger.Result{State: ledger.Refused, Status: outcome.Pending, Code: "not_sent"}); err != nil {
		return ledger.Intent{}, err
	}
	return r.Ledger.Intend(work, r.record, ledger.Request{Key: it.key, Row: it.row})
}

// takeSlot waits for a place in the quota. A row that has had one before is
// ahead of those that have not. It gives none once the intake has
// ended, however free the quota is.
func (r *run) takeSlot(intake context.Context, it *item) (*ratelimit.Slot, error) {
	if err := intake.Err(); err != nil {
		return nil, err
	}
	if it.tries.sent > 0 {
		return r.Pace.TakeFirst(intake)
	}
	return r.Pace.Take(intake)
}

// ledgerFailed ends the run: without a ledger nothing may be sent.
func (r *run) ledgerFailed(it *item, s outcome.Status, err error) {
	r.unwritten.Do(func() {
		r.Log.Error().Err(err).Int("row", it.row).Msg("the ledger can't be written")
	})
	stop := &StopError{Code: "ledger_failed", Message: "stopped: the ledger can't be written: " + err.Error(), Err: err}
	var known *fault.Error
	if errors.As(err, &known) {
		stop.Code, stop.Fix = known.Code, known.Fix
	}
	r.end(stop)
	it.settle(s, outcome.Problem{Code: stop.Code, Message: "the ledger could not be written", Hint: "run the same command again once the ledger can be written"})
}

// notRecorded ends the run, and says in a row what came of it that the ledger
// could not record: an ID, 0 for nobody; in doubt, not even that is known. The row
// is unknown all the same: only what is durable counts, and the next run, which
// finds but an intent, settles it.
func (r *run) notRecorded(it *item, doubt bool, id int64, err error) {
	r.ledgerFailed(it, outcome.Unknown, err)
	p := &it.outcome.Problems[0]
	switch {
	case doubt:
		p.Message = "sent, and the answer was lost; the ledger could not record that either"
		p.Hint = "once the ledger can be written, run the same command again: it finds out what happened before it sends anything"
	case id != 0:
		p.Message = fmt.Sprintf("this person is in the project now (ID %d), but the ledger could not record it", id)
		p.Hint = "once the ledger can be written, run the same command again: it finds them there, and creates nobody twice"
	default:
		p.Message = "Procore has created nobody for this row, but the ledger could not record that"
		p.Hint = "once the ledger can be written, run the same command again: it makes sure of it, and goes on"
	}
}

// wait reports whether d went by before ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}

const (
	// maxUnreachable is how often in a row one person's request may find
	// nobody to talk to. With the intervals below it is about two minutes,
	// after which the network, not the row, is at fault.
	maxUnreachable = 9
	// maxThrottled is how often one person may be put off. Every time costs a
	// pause until the server's own reset. With a 429 that is not enough: others on
	// the same quota may be faster each time, for as long as they have work, and
	// so leastThrottled must be over, too. This bounds only a server that never lets
	// anything through.
	maxThrottled   = 60
	leastThrottled = 2 * time.Hour
)

// tries counts what went wrong with one person's requests so far.
type tries struct {
	sent        int
	unreachable int
	throttled   int
	putOff      time.Time // first
	lost        int       // answers
	renewed     bool
	intervals   *backoff.ExponentialBackOff
}

// interval returns how long to wait before the next try: longer each time, and
// never the same for two workers.
func (t *tries) interval() time.Duration {
	if t.intervals == nil {
		t.intervals = backoff.NewExponentialBackOff()
		t.intervals.InitialInterval = 500 * time.Millisecond
		t.intervals.MaxInterval = 30 * time.Second
		t.intervals.Multiplier = 2
	}
	return t.intervals.NextBackOff()
}

// throttle counts one more time that the person was put off by e, and reports
// whether to try again.
func (t *tries) throttle(e *procore.Error) bool {
	if t.throttled == 0 {
		t.putOff = time.Now()
	}
	t.throttled++
	return t.throttled < maxThrottled || e.Status == http.StatusTooManyRequests && time.Since(t.putOff) < leastThrottled
}

// answer is what is to be done about one request for a person.
type answer struct {
	status   outcome.Status // unless again
	problems []outcome.Problem
	again    bool
	wait     time.Duration // before the next try; the quota's own pauses come on top
	stop     *StopError    // ends the run
	doubt    bool          // nobody knows whether the person exists now
}

// decide is the one place where Procore's answer to a create becomes what
// happens next. The table "Errors" of procore-api.md is in the client's
// classification; here it meets the run.
func (r *run) decide(it *item, err error) answer {
	t := &it.tries
	if err == nil {
		return answer{status: outcome.Created}
	}
	var e *procore.Error
	if !errors.As(err, &e) {
		e = &procore.Error{Kind: procore.Fault, Effect: procore.MayHaveHappened, Message: err.Error(), Err: err}
	}
	if e.Effect != procore.DidNotHappen {
		t.lost++
		r.trouble(AnswerLost)
		return answer{status: outcome.Unknown, doubt: true, problems: []outcome.Problem{{Code: codeAnswerLost}}}
	}
	switch e.Kind {
	case procore.Throttled:
		r.throttled.Add(1)
		r.trouble(Throttled)
		if t.throttle(e) {
			return answer{again: true} // the client has paused the pace, for all workers
		}
		return answer{status: outcome.Failed, problems: []outcome.Problem{{
			Code: "throttled", Message: "Procore kept putting this row off: " + e.Message, Hint: "try again later, or with a lower --rate",
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
	return answer{status: outcome.Failed, problems: r.refusal(it, e)}
}

func (r *run) trouble(t Trouble) {
	if r.OnTrouble != nil {
		r.OnTrouble(t)
	}
}

func stopAnswer(stop *StopError) answer {
	return answer{status: outcome.Pending, stop: stop, problems: []outcome.Problem{{Code: stop.Code, Message: stop.Message, Hint: stop.Fix}}}
}

// result is what the ledger keeps of an answer.
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
	case a.doubt:
		result.State = ledger.Intended
	}
	return result
}

// refusal turns Procore's own words into the row's problems, each at its cell
// where Procore names a field.
func (r *run) refusal(it *item, e *procore.Error) []outcome.Problem {
	if len(e.Fields) == 0 {
		return []outcome.Problem{{Code: e.Code, Message: e.Message, Hint: e.Hint}}
	}
	problems := make([]outcome.Problem, 0, len(e.Fields))
	for _, field := range slices.Sorted(maps.Keys(e.Fields)) {
		problems = append(problems, r.at(it, outcome.Problem{
			Code: e.Code, Field: field, Message: strings.Join(e.Fields[field], "; "), Hint: e.Hint,
		}))
	}
	return problems
}
