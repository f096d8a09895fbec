package procore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"muster/importer/procore"
	"muster/ratelimit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	apiHost   = "api.example.com"
	loginHost = "login.example.com"
	secret    = "s3cr3t-of-the-account"
	people    = "/rest/v1.0/projects/7/people"
)

// inProcess is a transport without sockets, so that it works under virtual
// time. A handler that panics with http.ErrAbortHandler cuts the connection.
type inProcess struct{ handler http.Handler }

func (p inProcess) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	r := req.Clone(req.Context())
	r.Host = req.URL.Host
	if req.Body != nil {
		b, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		_ = req.Body.Close()
		r.Body = io.NopCloser(bytes.NewReader(b))
	}
	defer func() {
		if v := recover(); v != nil {
			if v != http.ErrAbortHandler { //nolint:errorlint // a panic's value
				panic(v)
			}
			resp, err = nil, io.ErrUnexpectedEOF
		}
	}()
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// fake is a login that hands out token-1, token-2, … and an API by a handler.
type fake struct {
	mu     sync.Mutex
	logins int
	login  http.HandlerFunc // nil: the usual answer
	api    http.HandlerFunc
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/oauth/token" {
		f.api(w, r)
		return
	}
	f.mu.Lock()
	f.logins++
	n, login := f.logins, f.login
	f.mu.Unlock()
	if login != nil {
		login(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"bearer","expires_in":5400,"created_at":1}`, n)
}

func (f *fake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.logins
}

func (f *fake) setLogin(h http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.login = h
}

func options() procore.Options {
	return procore.Options{
		APIURL: "https://" + apiHost, LoginURL: "https://" + loginHost,
		CompanyID: 42, ProjectID: 7, ClientID: "the-client", ClientSecret: secret,
		Pace: ratelimit.New(ratelimit.Options{}),
	}
}

// client returns a client of the handler, and its pace.
func client(t *testing.T, h http.Handler, change ...func(*procore.Options)) (*procore.Client, *ratelimit.Pace) {
	t.Helper()
	o := options()
	o.Transport = inProcess{h}
	for _, f := range change {
		f(&o)
	}
	c, err := procore.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, o.Pace
}

func take(t *testing.T, p *ratelimit.Pace) *ratelimit.Slot {
	t.Helper()
	slot, err := p.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return slot
}

// create creates a person and returns the error as what it is.
func create(t *testing.T, c *procore.Client, p *ratelimit.Pace) (procore.Person, *procore.Error) {
	t.Helper()
	return createIn(t.Context(), t, c, p)
}

func createIn(ctx context.Context, t *testing.T, c *procore.Client, p *ratelimit.Pace) (procore.Person, *procore.Error) {
	t.Helper()
	person, err := c.CreatePerson(ctx, take(t, p), procore.Draft{FirstName: "Ada", LastName: "Quist"}, "t")
	return person, as(t, err)
}

func as(t *testing.T, err error) *procore.Error {
	t.Helper()
	if err == nil {
		return nil
	}
	var e *procore.Error
	if !errors.As(err, &e) {
		t.Fatalf("%T (%v) is not a *procore.Error", err, err)
	}
	return e
}

// answer is a handler that always says the same; headers are "Name: value".
func answer(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			w.Header().Add(name, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func date(t time.Time) string { return "Date: " + t.UTC().Format(http.TimeFormat) }
