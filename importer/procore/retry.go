package procore

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// mostAttempts of a call that may be repeated, half a minute of waiting in all.
const mostAttempts = 7

// get sends a call that changes nothing, again after trouble that passes, each
// time with a slot of its own, ahead of creates that wait for theirs: all of
// them may wait for what a list says. read may be called once for each attempt and
// starts over. A 401 is tried once more with a new token.
func (c *Client) get(ctx context.Context, r request, read func(*http.Response, io.Reader) error) error {
	waits := newWaits()
	renewed := false
	for attempt := 1; ; attempt++ {
		slot, err := c.pace.TakeFirst(ctx)
		if err != nil {
			return stopped(r.op, err)
		}
		err = c.exchange(ctx, slot, r, read)
		var e *Error
		if !errors.As(err, &e) {
			return err
		}
		var wait time.Duration
		switch e.Kind {
		case Unauthorized:
			if renewed {
				return e
			}
			renewed = true
		case Throttled: // the next slot waits for it
		case Fault, Unreachable, Malformed:
			if e.permanent {
				return e
			}
			wait = max(waits.NextBackOff(), e.RetryAfter)
		case Refused, Forbidden, NotFound, BadCredentials:
			return e
		}
		if e.login || attempt == mostAttempts || ctx.Err() != nil {
			return e
		}
		c.log.Debug().Str("method", r.method).Str("path", r.route).Str("code", e.Code).
			Int("attempt", attempt).Dur("wait", wait).Msg("trying again")
		if sleep(ctx, wait) != nil {
			return e // why it took so long says more
		}
	}
}

// CodeStopped is the code of a call that was given up while it waited for its turn.
const CodeStopped = "stopped"

// stopped is a call that was given up while it waited.
func stopped(op string, err error) *Error {
	return &Error{
		Op: op, Kind: Unreachable, Effect: DidNotHappen, Code: CodeStopped, Err: err, permanent: true,
		Message: "stopped while waiting for its turn; nothing was sent", Hint: "Run the same command again.",
	}
}

// newWaits returns growing, jittered waits: about 0.5, 1, 2, 4 s and so on.
func newWaits() *backoff.ExponentialBackOff {
	return &backoff.ExponentialBackOff{
		InitialInterval:     500 * time.Millisecond,
		RandomizationFactor: 0.5,
		Multiplier:          2,
		MaxInterval:         30 * time.Second,
	}
}

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
