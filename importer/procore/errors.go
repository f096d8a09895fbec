package procore

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Effect is what a failed call means for the person in the request.
type Effect uint8

// The effects. A call that certainly happened returns no error. The zero value
// is the safe one.
const (
	MayHaveHappened Effect = iota // find out before sending again
	DidNotHappen                  // nothing was created or changed
)

// String returns the effect in words.
func (e Effect) String() string {
	if e == DidNotHappen {
		return "did not happen"
	}
	return "may have happened"
}

// Kind is the sort of a failure, on which [Retry] decides.
type Kind string

// The kinds. Refused concerns one row; Throttled, Fault and Unreachable pass;
// Unauthorized is worth one more try; the others concern every row.
const (
	Refused        Kind = "refused"         // 400, 406, 409, 422 and similar: the row is wrong
	Throttled      Kind = "throttled"       // 429, and 503 with Retry-After
	Fault          Kind = "fault"           // other 5xx, 408, connection cut, timeout after sending
	Unreachable    Kind = "unreachable"     // no connection, or no token: nothing was sent
	Unauthorized   Kind = "unauthorized"    // 401: the token was dropped, the next call fetches another
	Forbidden      Kind = "forbidden"       // 403
	NotFound       Kind = "not_found"       // 404
	BadCredentials Kind = "bad_credentials" // the login refuses client ID and secret
	Malformed      Kind = "malformed"       // an answer that can't be understood, or a redirect
)

// Answer identifies an answer of Procore. The zero value means that there was none.
type Answer struct {
	Status    int    // of HTTP
	Page      bool   // an HTML page, which Procore's API does not send
	RequestID string // for Procore's support
}

// answerOf returns the status and the ID of an answer.
func answerOf(resp *http.Response) Answer {
	return Answer{resp.StatusCode, isPage(resp.Header.Get("Content-Type"), nil), requestID(resp.Header)}
}

// Error is the failure of a call.
type Error struct {
	Answer            // what came back, if anything
	Op         string // the call, such as "create a person"
	Kind       Kind
	Effect     Effect
	Code       string              // for programs, such as "conflict": see classifications
	Message    string              // Procore's text in one line, or ours if there is none; may quote the row, so not for logs
	Fields     map[string][]string // Procore's texts by field of the person; "" for the person as a whole; may be nil
	Hint       string              // what to do, in a sentence
	RetryAfter time.Duration       // wait at least this long; 0: the answer does not say
	Err        error               // the cause, if any

	personal  bool // the request contained a person, so the answer may quote the row
	permanent bool // trying again soon is of no use
}

// Error returns the call and the failure in words that are fit for a log. Texts of
// Procore that may quote a person are left out.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	b.WriteString(": ")
	quotes := e.personal && e.Status != 0
	switch {
	case quotes && (e.Kind == Refused || e.Kind == Fault || e.Kind == Malformed):
		fmt.Fprintf(&b, "Procore answered with status %d (%s)", e.Status, e.Code)
	case e.Status != 0:
		fmt.Fprintf(&b, "Procore answered with status %d: %s", e.Status, e.Message)
	default:
		b.WriteString(e.Message)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request %s)", e.RequestID)
	}
	return b.String()
}

// Blocked reports whether a firewall, a proxy or a sign-in page has answered in place of
// Procore's API. A page about a fault may come from Procore's own gateway.
func (e *Error) Blocked() bool {
	return e.Page && e.Kind != Fault && e.Kind != Throttled && e.Kind != Unreachable
}

// Unwrap returns the cause, so that errors.Is finds an ended context.
func (e *Error) Unwrap() error { return e.Err }
