package procore

import (
	"context"
	"errors"
	"fmt"
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
	maxEarly       = 5 * time.Minute  // a renewal begins at most this long before the end
	keepTrying     = 30 * time.Second // between early renewals that failed
	loginAttempts  = 5
	maxFaultWait   = 5 * time.Minute // a fault that requests a longer wait before the next attempt is final
	loginOp        = "log in"
	checkLogin     = "Check the network, the login URL and the proxy, then try again."
)

// token is an access token with the times of renewal and end. The zero token is past
// both.
type token struct {
	value string
	renew time.Time // renewing is worthwhile from here on
	end   time.Time // the token is not used from here on
}

// tokens holds the token that all workers share. One renewal runs at a time; as
// long as the old token is valid, other workers continue with the old token, so
// that a login out of order does no harm.
type tokens struct {
	config  clientcredentials.Config
	client  *http.Client
	host    string
	timeout time.Duration
	redact  redactor

	current  atomic.Pointer[token]
	failures atomic.Uint64 // renewals that failed
	renewing chan struct{} // holds one element while a renewal runs
	last     *Error        // of the last failed renewal; guarded by renewing
}

func newTokens(login *url.URL, o Options, transport http.RoundTripper, redact redactor) *tokens {
	u := *login
	u.Path += "/oauth/token"
	t := &tokens{
		config: clientcredentials.Config{
			ClientID: o.ClientID, ClientSecret: o.ClientSecret,
			TokenURL: u.String(), AuthStyle: oauth2.AuthStyleInParams,
		},
		client: &http.Client{
			Transport:     loginTransport{transport, o.UserAgent},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		host:     login.Host,
		timeout:  o.Timeout,
		redact:   redact,
		renewing: make(chan struct{}, 1),
	}
	t.current.Store(new(token))
	return t
}

// loginTransport adds headers to token requests.
type loginTransport struct {
	next      http.RoundTripper
	userAgent string
}

// RoundTrip sends the request with User-Agent and Accept.
func (t loginTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("User-Agent", t.userAgent)
	req.Header.Set("Accept", "application/json")
	return t.next.RoundTrip(req)
}

// Renew fetches a token unless a valid token is there. Wrong credentials are thus
// found before anything is sent. The error is an *Error.
func (c *Client) Renew(ctx context.Context) error {
	_, err := c.tokens.get(ctx)
	return err
}

// get returns a valid token, fetched if needed. The error is an *Error with the
// effect DidNotHappen.
func (t *tokens) get(ctx context.Context) (string, error) {
	failures := t.failures.Load()
	current, now := t.current.Load(), time.Now()
	if now.Before(current.renew) {
		return current.value, nil
	}
	select {
	case t.renewing <- struct{}{}:
	default:
		if now.Before(current.end) {
			return current.value, nil // another worker is renewing
		}
		select {
		case t.renewing <- struct{}{}:
		case <-ctx.Done():
			return "", waitedForToken(ctx.Err())
		}
	}
	defer func() { <-t.renewing }()
	return t.renew(ctx, failures)
}

// renew fetches a token unless another worker has fetched a token, or has failed
// to, since failures was read. The caller holds renewing.
func (t *tokens) renew(ctx context.Context, failures uint64) (string, error) {
	current, now := t.current.Load(), time.Now()
	if now.Before(current.renew) {
		return current.value, nil
	}
	attempts := loginAttempts
	if now.Before(current.end) {
		attempts = 1
	} else if t.failures.Load() != failures {
		return "", t.last // one refusal serves all waiting workers
	}
	next, e := t.fetch(ctx, attempts)
	if e == nil {
		t.current.Store(next)
		return next.value, nil
	}
	if now = time.Now(); now.Before(current.end) {
		later := *current
		later.renew = now.Add(keepTrying)
		if t.current.CompareAndSwap(current, &later) {
			return later.value, nil
		}
	}
	if ctx.Err() == nil {
		t.last = e
		t.failures.Add(1)
	}
	return "", e
}

// drop forgets a refused token, but keeps a newer token.
func (t *tokens) drop(value string) {
	if current := t.current.Load(); current.value == value {
		t.current.CompareAndSwap(current, new(token))
	}
}

// fetch requests a token, and again after failures that pass. A token whose answer
// was lost does no harm.
func (t *tokens) fetch(ctx context.Context, attempts int) (*token, *Error) {
	for attempt := 1; ; attempt++ {
		next, e := t.fetchOnce(ctx)
		if e == nil {
			return next, nil
		}
		wait := max(Backoff(attempt), e.RetryAfter)
		if e.Kind == BadCredentials || e.permanent || attempt == attempts || wait > maxFaultWait {
			return nil, e
		}
		if !Wait(ctx, wait) {
			return nil, e // says more than that time ran out
		}
	}
}

func (t *tokens) fetchOnce(ctx context.Context) (*token, *Error) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	got, err := t.config.Token(context.WithValue(ctx, oauth2.HTTPClient, t.client))
	if err != nil {
		return nil, t.explain(err)
	}
	if strings.ContainsFunc(got.AccessToken, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, t.explain(errors.New("the token has characters that no token has"))
	}
	life := documentedLife
	if !got.Expiry.IsZero() {
		life = time.Until(got.Expiry)
	}
	// The server counts from a later moment than began.
	early := min(maxEarly, life/10)
	end := began.Add(life)
	return &token{value: got.AccessToken, renew: end.Add(-early), end: end.Add(-early / 10)}, nil
}

// waitedForToken returns the error of a call that ended without a token.
func waitedForToken(err error) *Error {
	e := stopped(loginOp, err)
	if errors.Is(err, context.DeadlineExceeded) {
		e.Code, e.Message, e.Hint = "unreachable", "no token could be had in time; nothing was sent", checkLogin
	}
	return e
}

// explain returns the error of a failed token request. The kind is BadCredentials
// for a refusal and Unreachable otherwise: Fault or Malformed would mean that a call
// may have left.
func (t *tokens) explain(err error) *Error {
	e := &Error{Op: loginOp, Kind: Unreachable, Effect: DidNotHappen}
	var refused *oauth2.RetrieveError
	var transport *url.Error
	switch {
	case errors.As(err, &refused): // not kept as Err, whose text holds the whole body
		t.explainStatus(e, refused)
	case errors.As(err, &transport):
		words, permanent := describeTransportError(transport.Err, t.host)
		e.Code, e.Err, e.permanent = "unreachable", transport.Err, permanent
		e.Message, e.Hint = "no token could be had: "+words, checkLogin
	default:
		e.Code = "malformed"
		e.Message = "the answer of " + t.host + " holds no token"
		e.Hint = "Check the login URL, and that no proxy or sign-in page of the network answers instead."
	}
	return e
}

// explainStatus completes e by the status of the token endpoint.
func (t *tokens) explainStatus(e *Error, r *oauth2.RetrieveError) {
	h := r.Response.Header
	e.Answer = answerOf(r.Response)
	e.Message, _ = readErrorText(e.Status, h.Get("Content-Type"), r.Body, t.redact)
	e.Page = isPage(h.Get("Content-Type"), r.Body)
	meaning := meaningOf(e.Status, h, e.Page)
	switch {
	case meaning.kind == Throttled, meaning.kind == Fault:
		e.Code = meaning.code
		e.RetryAfter = retryAfter(e.Status, h, rateReport(h, time.Now()))
		e.Hint = "Try again later."
	case meaning.code == "redirected":
		e.Code, e.permanent = meaning.code, true
		e.Hint = "Check the login URL: redirects are not followed, so that the secret can't be sent to another host."
	case meaning.kind == NotFound:
		e.Kind, e.Code = BadCredentials, "bad_credentials"
		e.Hint = "Check the login URL: there is no token endpoint at that address."
	default:
		e.Kind, e.Code = BadCredentials, "bad_credentials"
		e.Hint = "Check the client ID and the client secret, and that they belong to this environment."
	}
	if e.Blocked() && meaning.kind != NotFound {
		e.Hint = fmt.Sprintf(letThrough, t.host)
	}
}
