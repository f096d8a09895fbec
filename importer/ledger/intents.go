package ledger

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"muster/importer/outcome"
)

// State is what the ledger knows of a key.
type State uint8

// The states. Their numbers stand in the file.
const (
	Absent   State = iota // never sent
	Intended              // sent or about to be, and what became of it is not known
	Created               // the person was created
	Refused               // sent, and the person is known not to exist
	Removed               // was created, and has been taken off the project since
)

// String returns the word for s.
func (s State) String() string {
	switch s {
	case Absent:
		return "absent"
	case Intended:
		return "intended"
	case Created:
		return "created"
	case Refused:
		return "refused"
	case Removed:
		return "removed"
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// Why a key may not be sent, or an outcome not be recorded. The disk is not to
// blame: the ledger goes on.
var (
	ErrAlreadyCreated = errors.New("the ledger has this person as created")
	ErrUnsettled      = errors.New("an earlier request for this person has not been settled")
	ErrSettled        = errors.New("another outcome of this request is recorded already")
	ErrNotBegun       = errors.New("the run has not begun, or is over")
	ErrClosed         = errors.New("the ledger is closed")
)

// Intent is one attempt to create the person of a key.
type Intent struct {
	ID      int64 // in the order in which they were made
	Key     Key
	Run     string    // the ID of the run that made it
	Row     int       // of that run's roster
	Attempt int       // of the key, from 1, over all runs
	Token   string    // the Idempotency-Token to send
	Sent    time.Time // when it was made, to the millisecond; the request leaves later
}

// Result is what became of an intent.
type Result struct {
	State      State          // Created, Refused, or Intended while it stays in doubt
	PersonID   int64          // of Created, and of no other
	Status     outcome.Status // of the row; "" if the row will be tried again
	Code       string         // of the problem
	HTTPStatus int            // 0 without an answer
	RequestID  string         // X-Request-Id
}

// Intend records that the key is about to be sent for a row of the run, and
// returns when that is durable. It refuses with [ErrAlreadyCreated] or
// [ErrUnsettled] what must not be sent.
//
// The token is the same for every attempt at a key, so that a server which
// heeds it makes one person at most, however late it gets to the earlier
// requests. Only after a request that the server itself turned down for good
// (Failed, by a status from 400 to 499 other than 408 and 429) there is
// another: a server that remembers its answer would otherwise turn down the
// mended row as well.
//
// ctx ends the wait for a place in the queue. From there on Intend waits for the
// disk, whatever becomes of ctx: the caller always knows what is recorded, and
// ctx's error means that nothing is.
func (l *Ledger) Intend(ctx context.Context, run *Run, key Key, row int) (Intent, error) {
	if run.number == 0 {
		return Intent{}, fmt.Errorf("intend row %d: %w", row, ErrNotBegun)
	}
	r := newRequest()
	r.intent = openIntent{run: run.number, key: key, row: row, sent: time.Now().UnixMilli()}
	if err := l.submit(ctx, r); err != nil {
		return Intent{}, fmt.Errorf("intend row %d: %w", row, err)
	}
	return l.intent(r.intent, run.ID), nil
}

// Record records what became of an intent, and returns when that is durable.
// Created and Refused settle it. A code, HTTP status or request ID that a Result
// leaves empty stays as an earlier result of the same intent had it: how the
// answer was lost is still known when the intent is settled by other means.
//
// To record once more what the key was settled as does nothing; anything else
// about an intent that is settled is refused with [ErrSettled]. ctx means what
// it means for Intend.
func (l *Ledger) Record(ctx context.Context, i Intent, result Result) error {
	if err := result.check(); err != nil {
		return fmt.Errorf("record row %d: %w", i.Row, err)
	}
	r := newRequest()
	r.record = true
	r.intent = openIntent{id: i.ID, key: i.Key}
	r.result = result
	r.ended = time.Now().UnixMilli()
	if err := l.submit(ctx, r); err != nil {
		return fmt.Errorf("record row %d: %w", i.Row, err)
	}
	return nil
}

func (r Result) check() error {
	switch r.State {
	case Created:
		if r.PersonID <= 0 {
			return errors.New("a created person has an ID above 0")
		}
		return nil
	case Refused, Intended:
		if r.PersonID != 0 {
			return fmt.Errorf("only a created person has an ID, not one that is %s", r.State)
		}
		return nil
	case Absent, Removed:
	}
	return fmt.Errorf("nothing becomes %s by an attempt", r.State)
}

// turnedDown reports whether the server itself decided against this request.
func (r Result) turnedDown() bool {
	return r.State == Refused && r.Status == outcome.Failed && r.HTTPStatus >= 400 && r.HTTPStatus < 500 &&
		r.HTTPStatus != http.StatusRequestTimeout && r.HTTPStatus != http.StatusTooManyRequests
}

// over returns r with what it doesn't say of the answer taken from an earlier
// result.
func (r Result) over(earlier Result) Result {
	if r.Code == "" {
		r.Code = earlier.Code
	}
	if r.HTTPStatus == 0 {
		r.HTTPStatus = earlier.HTTPStatus
	}
	if r.RequestID == "" {
		r.RequestID = earlier.RequestID
	}
	return r
}
