package procore

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"time"
)

// Next is what a caller does after a failed request.
type Next uint8

// The choices.
const (
	GiveUp    Next = iota // report the error: other requests may succeed
	SendAgain             // send the same request again
	FindOut               // look in Procore for the effect before sending again
	StopRun               // every other request would fail in the same way
)

// Tries counts the failures of a request.
type Tries struct {
	Lost           int // answers that were lost or could not be read
	Unreachable    int
	Throttled      int
	ThrottledSince time.Time
	Renewed        bool // a 401 was followed by a new token
}

// Limits says how many failures end the repetition of a request.
type Limits struct {
	Lost         int // 0: the request must not be repeated while its effect is unknown
	Unreachable  int
	Throttled    int
	ThrottledFor time.Duration // a 429 is repeated at least this long
}

// Retry decides what to do after a failed request and returns the updated count.
// Before a SendAgain, callers wait for [Backoff] unless the request was throttled
// or the token was refused: the pace has been paused, the token dropped.
func Retry(e *Error, tries Tries, limits Limits, now time.Time) (Next, Tries) {
	again := func(ok bool, otherwise Next) (Next, Tries) {
		if ok {
			return SendAgain, tries
		}
		return otherwise, tries
	}
	if e.Effect == MayHaveHappened || e.Kind == Fault || e.Kind == Malformed {
		tries.Lost++
		if limits.Lost == 0 {
			return FindOut, tries
		}
		return again(tries.Lost < limits.Lost, GiveUp)
	}
	switch e.Kind {
	case Throttled:
		if tries.Throttled == 0 {
			tries.ThrottledSince = now
		}
		tries.Throttled++
		patient := e.Status == http.StatusTooManyRequests && now.Sub(tries.ThrottledSince) < limits.ThrottledFor
		return again(patient || tries.Throttled < limits.Throttled, GiveUp)
	case Unreachable:
		tries.Unreachable++
		return again(tries.Unreachable < limits.Unreachable, StopRun)
	case Unauthorized:
		first := !tries.Renewed
		tries.Renewed = true
		return again(first, StopRun)
	case BadCredentials, Forbidden, NotFound:
		return StopRun, tries
	case Refused, Fault, Malformed:
	}
	return GiveUp, tries
}

// Backoff returns a random wait before the nth repetition: about 0.5, 1, 2, 4 s
// and so on up to 30 s.
func Backoff(n int) time.Duration {
	interval := min(500*time.Millisecond<<min(n-1, 10), 30*time.Second)
	return interval/2 + rand.N(interval) //nolint:gosec // no secret
}

// maxAttempts of a call that changes nothing means half a minute of waiting in all.
const maxAttempts = 7

// get sends a call that changes nothing and repeats the call after failures that
// pass. Each attempt takes a slot before waiting creates do, since all of these
// may depend on the list. get calls read once per attempt, from the start.
func (c *Client) get(ctx context.Context, r request, read func(*http.Response, io.Reader) error) error {
	var tries Tries
	limits := Limits{Lost: maxAttempts, Unreachable: maxAttempts, Throttled: maxAttempts}
	if r.fragile {
		limits.Lost = 2
	}
	for attempt := 1; ; attempt++ {
		slot, err := c.pace.TakeFirst(ctx)
		if err != nil {
			return stopped(r.op, err)
		}
		err = c.exchange(ctx, slot, r, read)
		e, failed := errors.AsType[*Error](err)
		if !failed {
			return err
		}
		var next Next
		next, tries = Retry(e, tries, limits, time.Now())
		tooLarge := r.fragile && (e.Status == http.StatusRequestTimeout || errors.Is(e, context.DeadlineExceeded))
		if next != SendAgain || tooLarge || e.permanent || e.Op == loginOp || attempt == maxAttempts || ctx.Err() != nil {
			return e
		}
		var wait time.Duration
		if e.Kind != Throttled && e.Kind != Unauthorized {
			wait = max(Backoff(tries.Lost+tries.Unreachable), e.RetryAfter)
		}
		if wait > maxFaultWait {
			return e
		}
		c.log.Debug().Str("method", r.method).Str("path", r.route).Str("code", e.Code).
			Int("attempt", attempt).Dur("wait", wait).Msg("trying again")
		if !Wait(ctx, wait) {
			return e // says more than that time ran out
		}
	}
}

// CodeStopped is the code of a call that ended while waiting for a slot or a token.
const CodeStopped = "stopped"

// stopped returns the error of a call that ended while waiting for a slot or a token.
func stopped(op string, err error) *Error {
	return &Error{
		Op: op, Kind: Unreachable, Effect: DidNotHappen, Code: CodeStopped, Err: err, permanent: true,
		Message: "stopped while waiting for its turn; nothing was sent", Hint: "Run the same command again.",
	}
}

// Wait waits for d between two requests, and reports false if ctx ended first.
func Wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}
