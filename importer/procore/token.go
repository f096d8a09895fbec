package procore

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const (
	documentedLife = 90 * time.Minute // of a token whose answer doesn't say
	mostEarly      = 5 * time.Minute  // renewed that long before its end at most
	keepTrying     = 30 * time.Second // between early renewals that failed
	loginAttempts  = 5
	longestLogin   = 5 * time.Minute // a login that asks for a longer wait is given up
	loginOp        = "log in"
)

// token is one access token with its times.
type token struct {
	value string
	renew time.Time // from here on it is worth renewing
	end   time.Time // from here on it is not used
}

// tokens hands out the token that all workers share. One renewal runs at a
// time. While the old token still holds, the others go on with it, and a login
// that is out of order hurts nobody.
type tokens struct {
	config  clientcredentials.Config
	client  *http.Client
	host    string
	timeout time.Duration
	redact  redactor

	current atomic.Pointer[token]
	failed  atomic.Uint64 // how many renewals have failed
	busy    chan struct{} // holds one element while a renewal runs
	last    *Error        // of the last failed renewal; owned by who holds busy
}

func newTokens(login *url.URL, o Options, transport http.RoundTripper, redact redactor) *tokens {
	u := *login
	u.Path += "/oauth/token"
	return &tokens{
		config: clientcredentials.Config{
			ClientID: o.ClientID, ClientSecret: o.ClientSecret,
			TokenURL: u.String(), AuthStyle: oauth2.AuthStyleInParams,
		},
		client: &http.Client{
			Transport:     loginTransport{transport, o.UserAgent},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		host:    login.Host,
		timeout: o.Timeout,
		redact:  redact,
		busy:    make(chan struct{}, 1),
	}
}

// loginTransport names the program in token requests.
type loginTransport struct {
	next      http.RoundTripper
	userAgent string
}

// RoundTrip sends the request with two more headers.
func (t loginTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("User-Agent", t.userAgent)
	req.Header.Set("Accept", "application/json")
	return t.next.RoundTrip(req)
}

// Renew fetches a token if none is valid, so that wrong credentials are found
// before anything is sent. The error is an *Error.
func (c *Client) Renew(ctx context.Context) error {
	_, err := c.tokens.get(ctx)
	return err
}

// get returns a token that is valid as far as known, and fetches one if
// needed. The error is an *Error with the effect DidNotHappen.
func (t *tokens) get(ctx context.Context) (string, error) {
	current, now := t.current.Load(), time.Now()
	if current != nil && now.Before(current.renew) {
		return current.value, nil
	}
	failed := t.failed.Load()
	if current != nil && now.Before(current.end) {
		select {
		case t.busy <- struct{}{}:
		default:
			return current.value, nil // somebody renews it already
		}
	} else {
		select {
		case t.busy <- struct{}{}:
		case <-ctx.Done():
			return "", waited(ctx.Err())
		}
	}
	defer func() { <-t.busy }()
	return t.renew(ctx, failed)
}

// renew fetches a token, unless somebody did or tried in vain since the
// caller looked. It is called by who holds busy.
func (t *tokens) renew(ctx context.Context, failed uint64) (string, error) {
	current, now := t.current.Load(), time.Now()
	if current != nil && now.Before(current.renew) {
		return current.value, nil
	}
	if current != nil && now.Before(current.end) {
		next, e := t.fetch(ctx, 1)
		if e == nil {
			t.current.Store(next)
			return next.value, nil
		}
		later := *current
		later.renew = time.Now().Add(keepTrying)
		if time.Now().Before(current.end) && t.current.CompareAndSwap(current, &later) {
			return later.value, nil
		}
	}
	if t.failed.Load() != failed {
		return "", t.last // with many workers, one refusal is not asked for again by each
	}
	next, e := t.fetch(ctx, loginAttempts)
	if e != nil {
		if ctx.Err() == nil {
			t.last = e
			t.failed.Add(1)
		}
		return "", e
	}
	t.current.Store(next)
	return next.value, nil
}

// drop forgets a token that was refused, but not a newer one.
func (t *tokens) drop(value string) {
	if current := t.current.Load(); current != nil && current.value == value {
		t.current.CompareAndSwap(current, nil)
	}
}

// fetch asks for a token, again after trouble that passes. A token request
// that was answered to nobody does no harm.
func (t *tokens) fetch(ctx context.Context, attempts int) (*token, *Error) {
	waits := newWaits()
	for attempt := 1; ; attempt++ {
		next, e := t.fetchOnce(ctx)
		if e == nil {
			return next, nil
		}
		wait := max(waits.NextBackOff(), e.RetryAfter)
		if e.Kind == BadCredentials || e.permanent || attempt == attempts || wait > longestLogin {
			return nil, e
		}
		if sleep(ctx, wait) != nil {
			return nil, e // why it took so long says more
		}
	}
}

func (t *tokens) fetchOnce(ctx context.Context) (*token, *Error) {
	asked := time.Now()
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	got, err := t.config.Token(context.WithValue(ctx, oauth2.HTTPClient, t.client))
	if err != nil {
		return nil, t.explain(err)
	}
	if strings.ContainsFunc(got.AccessToken, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, t.explain(errors.New("the token has characters that no token has"))
	}
	// Counted from before the request: by then the server can't have started
	// to count.
	life := documentedLife
	if !got.Expiry.IsZero() {
		life = time.Until(got.Expiry)
	}
	early := min(mostEarly, life/10)
	end := asked.Add(life)
	return &token{value: got.AccessToken, renew: end.Add(-early), end: end.Add(-early / 10)}, nil
}

// waited is a call that ended before it had a token.
func waited(err error) *Error {
	e := stopped(loginOp, err)
	e.login = true
	if errors.Is(err, context.DeadlineExceeded) {
		e.Code, e.Message = "unreachable", "no token could be had in time; nothing was sent"
		e.Hint = "Check the network, the login URL and the proxy, then try again."
	}
	return e
}

// explain says what a failed token request means. Whatever keeps the token
// away but a refusal is Unreachable: no call has left, and Fault or Malformed
// would say that one may have.
func (t *tokens) explain(err error) *Error {
	e := &Error{Op: loginOp, Kind: Unreachable, Effect: DidNotHappen, login: true}
	var refused *oauth2.RetrieveError
	var transport *url.Error
	switch {
	case errors.As(err, &refused): // not kept as Err: its text holds the whole body
		t.judge(e, refused)
	case errors.As(err, &transport):
		words, permanent := describe(transport.Err, t.host)
		e.Code, e.Err, e.permanent = "unreachable", transport.Err, permanent
		e.Message = "no token could be had: " + words
		e.Hint = "Check the network, the login URL and the proxy, then try again."
	default:
		e.Code = "malformed"
		e.Message = "the answer of " + t.host + " holds no token"
		e.Hint = "Check the login URL, and that no proxy or sign-in page of the network answers in its place."
	}
	return e
}

// judge classifies a status of the token endpoint.
func (t *tokens) judge(e *Error, r *oauth2.RetrieveError) {
	h := r.Response.Header
	e.Status, e.RequestID = r.Response.StatusCode, requestID(h)
	e.Message, _ = explain(e.Status, h.Get("Content-Type"), r.Body, t.redact)
	v := classify(e.Status, h.Get("Retry-After") != "")
	switch {
	case v.kind == Throttled, v.kind == Fault:
		e.Code = v.code
		e.RetryAfter = retryAfter(e.Status, h, report(h, time.Now()))
		e.Hint = "Try again later."
	case e.Status >= 300 && e.Status < 400:
		e.Code, e.permanent = v.code, true
		e.Hint = "Check the login URL: redirects are not followed, so that the secret can't be led elsewhere."
	default:
		e.Kind, e.Code = BadCredentials, "bad_credentials"
		e.Hint = "Check the client ID and the client secret, and that they belong to this environment."
		if v.kind == NotFound {
			e.Hint = "Check the login URL: there is no token endpoint at that address."
		}
	}
}
