package procore

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"muster/ratelimit"
)

const (
	mostAnswer = 1 << 20  // bytes of an error or of one person
	mostList   = 16 << 20 // bytes of one page of a list: 8 KiB a person
	mostDrain  = 64 << 10 // bytes read to keep a connection, after what was wanted
	drainTime  = time.Second
)

// request is one call, not yet sent.
type request struct {
	op     string // for people
	method string
	route  string // the path with placeholders, for the log
	path   string // below the API URL
	query  url.Values
	body   []byte // nil: none
	token  string // Idempotency-Token; "": none
	most   int64  // bytes of a good answer
}

// exchange sends r once, and hands a 2xx answer to read. It releases the slot
// on every path, pauses the pace when throttled, and drops the token that a 401
// refuses. The error is an *Error.
func (c *Client) exchange(ctx context.Context, slot *ratelimit.Slot, r request, read func(*http.Response, io.Reader) error) error {
	// The time-out covers the token, too: a ledger that knows when an intent
	// was written knows by that until when its request can have left.
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	token, err := c.tokens.get(ctx)
	if err != nil {
		release(slot, ratelimit.Report{})
		return err
	}
	var contact *contact
	if r.body == nil {
		ctx, contact = watch(ctx)
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
	limits := report(resp.Header, time.Now())
	if verdictOn(resp).kind == Throttled { // before the slot is released, which lets the next request go
		c.pace.Pause(retryAfter(resp.StatusCode, resp.Header, limits) + rand.N(pauseJitter)) //nolint:gosec // no secret
	}
	release(slot, limits)
	if limits.Limit > 0 {
		c.quota.Store(&limits)
	}
	defer finish(resp, cancel)
	id := requestID(resp.Header)
	c.log.Debug().Str("method", r.method).Str("path", r.route).Int("status", resp.StatusCode).
		Str("request_id", id).Dur("took", took).Msg("answer from Procore")

	if resp.StatusCode >= 200 && resp.StatusCode <= 299 {
		if err := read(resp, &bounded{resp.Body, r.most}); err != nil {
			return c.malformed(r, resp.StatusCode, id, err)
		}
		return nil
	}
	e := c.refusal(r, resp, limits, token)
	if e.Kind == Unauthorized {
		c.tokens.drop(token)
	}
	return e
}

// bounded reads an answer up to so many bytes. One that goes on is an error of
// its own, lest it pass for one that broke off and be asked for again.
type bounded struct {
	body io.Reader
	left int64
}

var errTooLong = errors.New("it is longer than any answer of Procore's")

// Read reads on, or refuses when there was enough.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLong
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.body.Read(p)
	b.left -= int64(n)
	return n, err
}

// build makes the HTTP request. A body is readable once, so that net/http can't
// send it again.
func (c *Client) build(ctx context.Context, r request, token string) (*http.Request, *onceBody) {
	u := *c.api
	u.Path += r.path
	u.RawQuery = r.query.Encode()
	req := &http.Request{
		Method: r.method,
		URL:    &u,
		Header: http.Header{
			"Authorization":      {"Bearer " + token},
			"Procore-Company-Id": {strconv.FormatInt(c.o.CompanyID, 10)},
			"Accept":             {"application/json"},
			"User-Agent":         {c.o.UserAgent},
		},
	}
	if r.body == nil {
		return req.WithContext(ctx), nil
	}
	req.Header.Set("Content-Type", "application/json")
	if r.token != "" {
		req.Header.Set("Idempotency-Token", r.token)
	}
	body := new(onceBody)
	body.rest.Reset(r.body)
	req.Body, req.ContentLength = body, int64(len(r.body))
	if c.own != nil {
		ctx, req.Body = body.inMemory(ctx)
	}
	return req.WithContext(ctx), body
}

// refusal reads an answer that is no success.
func (c *Client) refusal(r request, resp *http.Response, limits ratelimit.Report, token string) *Error {
	status := resp.StatusCode
	// A body that breaks off is taken as far as it came: the status has said it.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	v := verdictOn(resp)
	message, fields := explain(status, resp.Header.Get("Content-Type"), body, c.redact.with(token))
	return r.judged(&Error{
		Kind: v.kind, Effect: v.effect, Status: status, Code: v.code,
		Message: message, Fields: fields, Hint: v.hint,
		RetryAfter: retryAfter(status, resp.Header, limits),
		RequestID:  requestID(resp.Header), permanent: v.code == "redirected",
	})
}

// verdictOn returns what the status of an answer means.
func verdictOn(resp *http.Response) verdict {
	return classify(resp.StatusCode, resp.Header.Get("Retry-After") != "")
}

// judged completes an error by what was asked for: a call without a body
// changes nothing, whatever became of it.
func (r request) judged(e *Error) *Error {
	e.Op, e.personal = r.op, r.body != nil
	if e.Effect == MayHaveHappened && r.body == nil {
		e.Effect = DidNotHappen
		if e.Code != "redirected" {
			e.Hint = "Try again later; if it goes on, check the network, or give the request ID to Procore's support."
		}
	}
	return e
}

// malformed is a success whose body can't be read: what was created is not
// known.
func (c *Client) malformed(r request, status int, id string, err error) *Error {
	v := classify(http.StatusOK, false)
	message := "the answer can't be understood: " + err.Error()
	if cut(err) {
		message, _ = describe(err, c.api.Host)
		message = "the answer broke off: " + message
	}
	return r.judged(&Error{
		Kind: v.kind, Effect: v.effect, Status: status, Code: v.code,
		Message: bound(c.redact.apply(message)), Hint: v.hint, RequestID: id, Err: err, permanent: !cut(err),
	})
}

// lost is a request without an answer.
func (c *Client) lost(r request, body *onceBody, contact *contact, err error) *Error {
	words, permanent := describe(err, c.api.Host)
	e := &Error{Err: err, permanent: permanent}
	var sent bool
	if body != nil {
		sent = body.seal()
	} else {
		sent = !contact.failed()
	}
	if sent {
		e.Kind, e.Effect, e.Code = Fault, MayHaveHappened, "answer_lost"
		e.Message = "the request was sent, but no answer came: " + words
		e.Hint = lookFirst
		return r.judged(e)
	}
	e.Kind, e.Effect, e.Code = Unreachable, DidNotHappen, "unreachable"
	e.Message = "nothing was sent: " + words
	e.Hint = "Check the network, the API URL and the proxy, then try again."
	return r.judged(e)
}

// release gives a slot back, if there is one.
func release(slot *ratelimit.Slot, r ratelimit.Report) {
	if slot != nil {
		slot.Release(r)
	}
}

// finish reads what is left of an answer, so that its connection can be used
// again, unless that takes long.
func finish(resp *http.Response, cancel context.CancelFunc) {
	late := time.AfterFunc(drainTime, cancel)
	defer late.Stop()
	// Whatever goes wrong here costs a connection, nothing else.
	_, _ = io.CopyN(io.Discard, resp.Body, mostDrain)
	_ = resp.Body.Close()
}
