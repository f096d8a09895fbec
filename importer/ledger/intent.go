package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"muster/importer/outcome"
)

// State is what the ledger knows of a key.
type State uint8

// The states. Stores keep their numbers.
const (
	Absent   State = iota // never sent
	Intended              // sent or about to be sent, and the outcome is not known
	Created               // the person was created
	Refused               // sent, and the person is known not to exist
	Removed               // the person was created, and taken off the project since
)

// String returns the word for s.
func (s State) String() string {
	words := [...]string{"absent", "intended", "created", "refused", "removed"}
	if int(s) < len(words) {
		return words[s]
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// Request is a request that a run is about to send.
type Request struct {
	Key     Key
	NameKey Key // of the person's full name in the project; the zero key if there is none
	IDKey   Key // of the person's employee ID in the project; the zero key if there is none
	Row     int // of the run's roster
}

// Intent is an attempt to create the person of a key.
type Intent struct {
	Request
	ID      int64     // grows with every intent
	Run     string    // the ID of the run that made the intent
	Attempt int       // of the key, from 1, over all runs
	Token   string    // the Idempotency-Token to send
	Sent    time.Time // when the intent was made, by the store's clock; the request leaves later
}

// Result is what became of an intent.
type Result struct {
	State    State // Created, Refused, or Intended while the outcome is not known
	PersonID int64 // of Created alone
	New      bool  // of Created alone: the request created the person, so that no other key can have the person

	// RenewToken says that the server answered the request with a refusal for
	// good. The next attempt gets another token, since a server that remembers
	// its answer would refuse the mended row as well.
	RenewToken bool

	// For the history:
	Status     outcome.Status // of the row; "" if the row will be tried again
	Code       string         // of the problem
	HTTPStatus int            // 0 without an answer
	RequestID  string         // X-Request-Id
}

// Intend records that a request is about to be sent, and returns when the
// record is durable. Intend refuses a key that must not be sent with
// [ErrAlreadyCreated] or [ErrUnsettled].
//
// All attempts at a key have the same token, so that a server that heeds tokens
// creates one person at most, until a result asks to renew the token or the
// person is removed.
//
// ctx ends the wait for a place in the queue. A queued intent is written
// whatever becomes of ctx: an error of ctx means that nothing was recorded.
func (l *Ledger) Intend(ctx context.Context, run *Run, r Request) (Intent, error) {
	if run.number == 0 {
		return Intent{}, fmt.Errorf("intend row %d: %w", r.Row, ErrNotBegun)
	}
	c := &change{kind: intendCreation, intent: run.newIntent(r)}
	if err := l.submit(ctx, c); err != nil {
		return Intent{}, fmt.Errorf("intend row %d: %w", r.Row, err)
	}
	return l.intent(c.intent), nil
}

// newIntent returns an intent of the run that has no ID yet.
func (r *Run) newIntent(request Request) *intentRecord {
	return &intentRecord{
		run: r.number, runID: r.ID, scope: r.Scope,
		recordKeys: recordKeys{request.Key, request.NameKey, request.IDKey}, row: request.Row,
	}
}

// Record records what became of an intent, and returns when the result is
// durable. Created and Refused settle the intent. A code, HTTP status or request
// ID that a Result leaves empty stays as an earlier result of the intent set it.
//
// A new person whom another key of the project has already is refused with
// [ErrPersonTaken]; the intent stays open.
//
// The same result may be recorded again. Any other result for a settled intent
// is refused with [ErrSettled]. ctx means what it means for Intend.
func (l *Ledger) Record(ctx context.Context, i Intent, result Result) error {
	if err := result.check(); err != nil {
		return fmt.Errorf("record row %d: %w", i.Row, err)
	}
	c := &change{kind: recordCreation, intent: &intentRecord{id: i.ID, recordKeys: recordKeys{key: i.Key}, result: result}}
	if err := l.submit(ctx, c); err != nil {
		return fmt.Errorf("record row %d: %w", i.Row, err)
	}
	return nil
}

func (r Result) check() error {
	switch {
	case r.State != Created && r.State != Refused && r.State != Intended:
		return fmt.Errorf("an attempt can't end as %s", r.State)
	case r.State == Created && r.PersonID <= 0:
		return errors.New("a created person needs an ID above 0")
	case r.State != Created && r.PersonID != 0:
		return fmt.Errorf("a person who is %s has no ID", r.State)
	}
	return nil
}

// over returns r with the fields that r leaves empty taken from an earlier
// result. RenewToken is never taken.
func (r Result) over(earlier Result) Result {
	r.Code = cmp.Or(r.Code, earlier.Code)
	r.HTTPStatus = cmp.Or(r.HTTPStatus, earlier.HTTPStatus)
	r.RequestID = cmp.Or(r.RequestID, earlier.RequestID)
	return r
}

// intent turns a record into what callers see.
func (l *Ledger) intent(i *intentRecord) Intent {
	return Intent{
		Request: Request{Key: i.key, NameKey: i.nameKey, IDKey: i.idKey, Row: i.row},
		ID:      i.id, Run: i.runID, Attempt: i.attempt,
		Token: l.token(i.key, i.generation), Sent: i.sent,
	}
}
