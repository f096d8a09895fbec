package procore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"muster/ratelimit"
)

const (
	maxAnswer = 1 << 20  // bytes of an error or of one person
	maxList   = 16 << 20 // bytes of one page of a list: 8 KiB a person
	maxDrain  = 64 << 10 // bytes read after an answer to keep the connection
	drainTime = time.Second
)

// request is a call to the API before sending.
type request struct {
	op       string // for people
	method   string
	route    string // the path below the API URL, with placeholders; for the log, too
	person   int64  // in place of {person}
	query    url.Values
	body     []byte // nil: none
	token    string // Idempotency-Token; "": none
	maxBytes int64  // of a good answer

	lookup  bool // of a list: a missing item does no harm, and a page of known items ends the list
	fragile bool // a failure may be due to the size of the answer: give up soon, for a smaller one
}

// exchange sends r once and passes a 2xx answer to read. On every path exchange
// releases the slot. A throttled call pauses the pace, a 401 drops the token.
// The error is an *Error.
func (c *Client) exchange(ctx context.Context, slot *ratelimit.Slot, r request, read func(*http.Response, io.Reader) error) error {
	// The time-out includes the token: the time of an intent then bounds the
	// time at which the request can have left.
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	token, err := c.tokens.get(ctx)
	if err != nil {
		release(slot, ratelimit.Report{})
		return err
	}
	var contact *contact
	if r.body == nil {
		ctx, contact = watchContact(ctx)
	}
	req, body := c.build(ctx, r, token)
	began := time.Now()
	c.requests.Add(1)
	resp, err := c.transport.RoundTrip(req)
	took := time.Since(began)
	if err != nil {
		release(slot, ratelimit.Report{})
		e := c.lost(r, body, contact, err)
		c.log.Debug().Str("method", r.method).Str("path", r.route).Str("code", e.Code).
			Stringer("effect", e.Effect).Dur("took", took).Msg("no answer from Procore")
		return e
	}
	limits := rateReport(resp.Header, time.Now())
	if meaningOf(resp.StatusCode, resp.Header, answerOf(resp).Page).kind == Throttled { // before the release, which lets the next request go
		c.pace.Pause(retryAfter(resp.StatusCode, resp.Header, limits) + rand.N(pauseJitter)) //nolint:gosec // no secret
	}
	release(slot, limits)
	if limits.Limit > 0 {
		c.quota.Store(&limits)
	}
	defer drain(resp, cancel)
	id := requestID(resp.Header)
	c.log.Debug().Str("method", r.method).Str("path", r.route).Int("status", resp.StatusCode).
		Str("request_id", id).Dur("took", took).Msg("answer from Procore")

	if resp.StatusCode >= 200 && resp.StatusCode <= 299 {
		if err := read(resp, http.MaxBytesReader(nil, resp.Body, r.maxBytes)); err != nil {
			return c.malformed(r, resp, err)
		}
		return nil
	}
	e := c.refusal(r, resp, limits, token)
	if e.Kind == Unauthorized {
		c.tokens.drop(token)
	}
	return e
}

// build returns the HTTP request. The body can be read once, so that net/http
// can't send the request twice.
func (c *Client) build(ctx context.Context, r request, token string) (*http.Request, *onceBody) {
	u := *c.api
	u.Path += strings.NewReplacer(
		"{company}", strconv.FormatInt(c.o.CompanyID, 10),
		"{project}", strconv.FormatInt(c.o.ProjectID, 10),
		"{person}", strconv.FormatInt(r.person, 10),
	).Replace(r.route)
	u.RawQuery = r.query.Encode()
	req := (&http.Request{
		Method: r.method,
		URL:    &u,
		Header: http.Header{
			"Authorization": {"Bearer " + token},
			"Accept":        {"application/json"},
			"User-Agent":    {c.o.UserAgent},
		},
	}).WithContext(ctx)
	if c.o.CompanyID != 0 { // Procore routes by the company, once there is one
		req.Header.Set("Procore-Company-Id", strconv.FormatInt(c.o.CompanyID, 10))
	}
	if r.body == nil {
		return req, nil
	}
	req.Header.Set("Content-Type", "application/json")
	if r.token != "" {
		req.Header.Set("Idempotency-Token", r.token)
	}
	body := newOnceBody(r.body)
	req.Body, req.ContentLength = body, int64(len(r.body))
	return req, body
}

// refusal returns the error of an answer with a status other than 2xx.
func (c *Client) refusal(r request, resp *http.Response, limits ratelimit.Report, token string) *Error {
	status := resp.StatusCode
	// The status decides; a body that breaks off is used as far as it goes.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	kind := resp.Header.Get("Content-Type")
	page := isPage(kind, body)
	meaning := meaningOf(status, resp.Header, page)
	message, fields := readErrorText(status, kind, body, c.redact.with(token))
	e := r.complete(&Error{
		Answer: answerOf(resp), Kind: meaning.kind, Effect: meaning.effect, Code: meaning.code,
		Message: message, Fields: fields, Hint: meaning.hint,
		RetryAfter: retryAfter(status, resp.Header, limits), permanent: meaning.code == "redirected",
	})
	if e.Page = page; e.Blocked() {
		e.Hint = fmt.Sprintf(letThrough, c.api.Host)
	}
	if e.Kind == Forbidden && strings.Contains(strings.ToLower(message), "not connected") {
		e.Hint = connectApp
	}
	return e
}

// complete adds the call to an error. A call without a body changes nothing, so
// DidNotHappen is certain.
func (r request) complete(e *Error) *Error {
	e.Op, e.personal = r.op, r.body != nil
	if e.Effect == MayHaveHappened && r.body == nil {
		e.Effect = DidNotHappen
		if e.Code != "redirected" {
			e.Hint = "Try again later; if the error stays, check the network, or give the request ID to Procore's support."
		}
	}
	return e
}

// malformed returns the error of a success with an unreadable body: the ID of
// a created person is then not known.
func (c *Client) malformed(r request, resp *http.Response, err error) *Error {
	message := "the answer can't be understood: " + err.Error()
	if answerOf(resp).Page {
		message = "a firewall, a proxy or a sign-in page answered with an HTML page in place of Procore"
	}
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		message = "the answer is too long for one from Procore"
	}
	cut := isCut(err)
	if cut {
		message, _ = describeTransportError(err, c.api.Host)
		message = "the answer broke off: " + message
	}
	return r.complete(&Error{
		Answer: answerOf(resp), Kind: Malformed, Effect: MayHaveHappened, Code: "malformed",
		Message: truncate(c.redact.apply(message)), Hint: checkPerson, Err: err, permanent: !cut,
	})
}

// lost returns the error of a request without an answer.
func (c *Client) lost(r request, body *onceBody, contact *contact, err error) *Error {
	words, permanent := describeTransportError(err, c.api.Host)
	if body != nil && body.seal() || body == nil && !contact.failed() {
		return r.complete(&Error{
			Kind: Fault, Effect: MayHaveHappened, Code: "answer_lost", Err: err, permanent: permanent,
			Message: "the request was sent, but no answer came: " + words, Hint: checkPerson,
		})
	}
	return r.complete(&Error{
		Kind: Unreachable, Effect: DidNotHappen, Code: "unreachable", Err: err, permanent: permanent,
		Message: "nothing was sent: " + words, Hint: "Check the network, the API URL and the proxy, then try again.",
	})
}

// release gives a slot back if there is a slot.
func release(slot *ratelimit.Slot, r ratelimit.Report) {
	if slot != nil {
		slot.Release(r)
	}
}

// drain reads the rest of an answer so that the connection can be used again.
// After drainTime the connection is dropped instead.
func drain(resp *http.Response, cancel context.CancelFunc) {
	late := time.AfterFunc(drainTime, cancel)
	defer late.Stop()
	// A failure costs a connection and nothing else.
	_, _ = io.CopyN(io.Discard, resp.Body, maxDrain)
	_ = resp.Body.Close()
}
