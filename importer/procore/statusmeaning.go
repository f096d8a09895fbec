package procore

import (
	"net/http"
	"slices"
)

// statusMeaning is the meaning of an answer's status.
type statusMeaning struct {
	kind   Kind
	effect Effect
	code   string
	hint   string
}

const (
	checkPerson  = "Check in Procore whether the person exists before you send the row again."
	letThrough   = "Ask your IT department to let muster reach %s, and check the API URL and the proxy."
	connectApp   = "Ask a company administrator to connect the app in the company's App Management, and check the company ID."
	permitted    = "an update of the app takes projects out of the service account's permitted projects"
	checkRequest = "Procore or a proxy on the way does not accept this request: check the API URL and the proxy."
)

// meanings says what each status means for a request, by Procore's documentation.
var meanings = map[int]statusMeaning{
	http.StatusBadRequest:          refused("Correct the row by Procore's message, then retry it."),
	http.StatusUnprocessableEntity: refused("Correct the row by Procore's message, then retry it."),
	http.StatusNotAcceptable:       refused("Correct the row by Procore's message, then retry it."),
	http.StatusConflict:            {Refused, DidNotHappen, "conflict", "A person with this ID exists already: look the person up in Procore, or correct the ID in the row."},
	http.StatusUnauthorized:        {Unauthorized, DidNotHappen, "unauthorized", "Check that the client ID and secret belong to this environment and that the service account is still active."},
	http.StatusForbidden:           {Forbidden, DidNotHappen, "forbidden", "Ask a company administrator to give the service account Directory Admin or the right to create contacts, and to put the project among its permitted projects: " + permitted + "."},
	http.StatusNotFound:            {NotFound, DidNotHappen, "not_found", "Check the company ID, the project ID and the service account's permitted projects: " + permitted + "."},
	http.StatusTooManyRequests:     {Throttled, DidNotHappen, "throttled", "Wait until the quota allows more; other programs that use the same credentials share it."},
	http.StatusRequestTimeout:      {Fault, MayHaveHappened, "server_timeout", checkPerson},
}

// refusals lists the other statuses whose definition in HTTP rules out any effect.
var refusals = []int{
	http.StatusPaymentRequired, http.StatusMethodNotAllowed, http.StatusProxyAuthRequired, http.StatusGone,
	http.StatusLengthRequired, http.StatusPreconditionFailed, http.StatusRequestEntityTooLarge,
	http.StatusRequestURITooLong, http.StatusUnsupportedMediaType, http.StatusExpectationFailed,
	http.StatusMisdirectedRequest, http.StatusLocked, http.StatusFailedDependency, http.StatusTooEarly,
	http.StatusUpgradeRequired, http.StatusPreconditionRequired, http.StatusRequestHeaderFieldsTooLarge,
	http.StatusUnavailableForLegalReasons,
}

func refused(hint string) statusMeaning {
	return statusMeaning{Refused, DidNotHappen, "refused", hint}
}

// meaningOf returns the meaning of an answer, which may be an HTML page. A 5xx may have had
// an effect, except for a 503 of Procore's API that says when to come back. A proxy that
// answers for Procore does not know what became of the request.
func meaningOf(status int, h http.Header, page bool) statusMeaning {
	if known, ok := meanings[status]; ok {
		return known
	}
	switch {
	case status == http.StatusServiceUnavailable && h.Get("Retry-After") != "" && isFromAPI(h) && !page:
		return statusMeaning{Throttled, DidNotHappen, "throttled", "Procore is under heavy load: wait as long as it asks for."}
	case slices.Contains(refusals, status):
		return refused(checkRequest)
	case status < 300:
		return statusMeaning{Malformed, MayHaveHappened, "malformed", checkPerson}
	case status < 400:
		return statusMeaning{Malformed, MayHaveHappened, "redirected", "Check the API URL: redirects are not followed, so that the token can't be sent to another host."}
	}
	return statusMeaning{Fault, MayHaveHappened, "fault", checkPerson}
}

// isFromAPI reports whether an answer bears the marks of Procore's API: a request ID or
// rate headers.
func isFromAPI(h http.Header) bool {
	return requestID(h) != "" || h.Get("X-Rate-Limit-Limit") != ""
}
