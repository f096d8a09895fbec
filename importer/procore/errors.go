package procore

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Effect says what a failed call means for the person it was about.
type Effect uint8

// The two effects; what happened for certain is no error. When in doubt it is
// MayHaveHappened: the zero value.
const (
	MayHaveHappened Effect = iota // it must be settled before it is sent again
	DidNotHappen                  // nothing was created or changed
)

// String returns the effect in words.
func (e Effect) String() string {
	if e == DidNotHappen {
		return "did not happen"
	}
	return "may have happened"
}

// Kind says what sort of trouble an error is, and so what to do next.
type Kind string

// The kinds. Refused is the row's matter alone; Throttled, Fault and
// Unreachable pass; Unauthorized is worth one more try; the rest concern every
// row.
const (
	Refused        Kind = "refused"         // 400, 406, 409, 422 and their like: the row is at fault
	Throttled      Kind = "throttled"       // 429, and 503 with Retry-After
	Fault          Kind = "fault"           // other 5xx, 408, connection cut, timeout after sending
	Unreachable    Kind = "unreachable"     // no connection, or no token: nothing was sent
	Unauthorized   Kind = "unauthorized"    // 401: the token was dropped, the next call fetches another
	Forbidden      Kind = "forbidden"       // 403
	NotFound       Kind = "not_found"       // 404
	BadCredentials Kind = "bad_credentials" // the login refuses client ID and secret
	Malformed      Kind = "malformed"       // an answer that can't be understood, or a redirect
)

// Error is what a call ended in instead of an answer.
type Error struct {
	Op         string              // what was being done, such as "create person"
	Kind       Kind                // what sort of trouble
	Effect     Effect              // what it means for the person
	Status     int                 // of HTTP; 0: there was no answer
	Code       string              // for programs, such as "conflict": see the table in this file
	Message    string              // Procore's own words in one line, or ours where there are none; may quote the row, so not for logs
	Fields     map[string][]string // Procore's words by the person's field; "" has those about the person as a whole. May be nil
	Hint       string              // what to do, in a sentence
	RetryAfter time.Duration       // wait at least that long; 0: not said
	RequestID  string              // names the call for Procore's support
	Err        error               // the cause below, if any

	personal  bool // the request held a person, whom the answer may quote
	permanent bool // trying again soon is of no use
	login     bool // it comes from the login: already tried again there
}

// Error says what was being done and what went wrong, without Procore's own
// words where they may quote a person: it is fit for a log.
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

// Unwrap returns the cause below, so that errors.Is finds an ended context.
func (e *Error) Unwrap() error { return e.Err }

// verdict is what a status means, by procore-api.md's table "Errors".
type verdict struct {
	kind   Kind
	effect Effect
	code   string
	hint   string
}

const lookFirst = "Look whether the person is in Procore before sending the row again."

// classify is the one place that knows what a status means. Statuses that no
// document lists for this API are judged by their definition in HTTP where it
// is beyond doubt that nothing was done, and otherwise may have happened.
func classify(status int, retryAfter bool) verdict {
	switch status {
	case http.StatusBadRequest, http.StatusNotAcceptable, http.StatusUnprocessableEntity:
		return verdict{Refused, DidNotHappen, "refused", "Correct the row by what Procore says, then retry it."}
	case http.StatusConflict:
		return verdict{Refused, DidNotHappen, "conflict", "Somebody with this ID exists already: look them up in Procore, or correct the ID in the row."}
	case http.StatusUnauthorized:
		return verdict{Unauthorized, DidNotHappen, "unauthorized", "Check that the client ID and secret belong to this environment and that the service account is still active."}
	case http.StatusForbidden:
		return verdict{Forbidden, DidNotHappen, "forbidden", "Ask a company administrator to put the project among the service account's permitted projects, and to give it the right to create contacts in the Directory."}
	case http.StatusNotFound:
		return verdict{NotFound, DidNotHappen, "not_found", "Check the company ID and the project ID, and that the project is among the service account's permitted projects."}
	case http.StatusTooManyRequests:
		return verdict{Throttled, DidNotHappen, "throttled", "Wait until the quota allows more; other programs that use the same credentials share it."}
	case http.StatusRequestTimeout:
		return verdict{Fault, MayHaveHappened, "server_timeout", lookFirst}
	case http.StatusServiceUnavailable:
		if retryAfter {
			return verdict{Throttled, DidNotHappen, "throttled", "Procore is under heavy load: wait as long as it asks for."}
		}
	case http.StatusPaymentRequired, http.StatusMethodNotAllowed, http.StatusProxyAuthRequired, http.StatusGone,
		http.StatusLengthRequired, http.StatusPreconditionFailed, http.StatusRequestEntityTooLarge,
		http.StatusRequestURITooLong, http.StatusUnsupportedMediaType, http.StatusExpectationFailed,
		http.StatusMisdirectedRequest, http.StatusLocked, http.StatusFailedDependency, http.StatusTooEarly,
		http.StatusUpgradeRequired, http.StatusPreconditionRequired, http.StatusRequestHeaderFieldsTooLarge,
		http.StatusUnavailableForLegalReasons:
		return verdict{Refused, DidNotHappen, "refused", "Procore or a proxy on the way does not take this request: check the API URL and the proxy."}
	}
	switch {
	case status < 300:
		return verdict{Malformed, MayHaveHappened, "malformed", lookFirst}
	case status < 400:
		return verdict{Malformed, MayHaveHappened, "redirected", "Check the API URL: redirects are not followed, so that the token can't be led elsewhere."}
	}
	return verdict{Fault, MayHaveHappened, "fault", lookFirst}
}
