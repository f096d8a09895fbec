package procore_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/importer/procore"
)

func renew(t *testing.T, c *procore.Client) *procore.Error {
	t.Helper()
	return as(t, c.Renew(t.Context()))
}

func TestTokenRequest(t *testing.T) {
	t.Parallel()
	f := &fake{}
	f.login = func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		got := fmt.Sprint(r.Method, " ", r.URL, " ", r.PostForm.Encode(), " ", r.Header.Get("Authorization"))
		want := "POST https://login.example.com/base/oauth/token client_id=the-client&client_secret=" + secret + "&grant_type=client_credentials "
		if got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
		answer(200, `{"access_token":"x","token_type":"bearer","expires_in":5400}`, "Content-Type: application/json")(w, r)
	}
	c, _ := client(t, f.login, func(o *procore.Options) { o.LoginURL += "/base/" })
	if e := renew(t, c); e != nil {
		t.Error(e)
	}
}

func TestTokenIsRenewedEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var used []string
		f := &fake{api: func(w http.ResponseWriter, r *http.Request) {
			used = append(used, r.Header.Get("Authorization"))
			answer(201, `{"id":1}`)(w, r)
		}}
		c, p := client(t, f)
		for range 4 {
			if _, e := create(t, c, p); e != nil {
				t.Fatal(e)
			}
			time.Sleep(42 * time.Minute) // 0, 42, 84, 126 min; a token lives for 90, and is renewed at 85
		}
		want := []string{"Bearer token-1", "Bearer token-1", "Bearer token-1", "Bearer token-2"}
		if diff := cmp.Diff(want, used); diff != "" {
			t.Error(diff)
		}
		time.Sleep(44 * time.Minute) // 86 min after token-2
		if _, e := create(t, c, p); e != nil || used[4] != "Bearer token-3" {
			t.Errorf("got %v with %s, want token-3", e, used[4])
		}
	})
}

func TestOneRenewalForAllWorkers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		slow := func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(2 * time.Second)
			answer(200, `{"access_token":"x","expires_in":5400}`, "Content-Type: application/json")(w, r)
		}
		f.setLogin(slow)
		c, _ := client(t, f)
		crowd := func() time.Duration {
			began := time.Now()
			var all sync.WaitGroup
			for range 50 {
				all.Go(func() {
					if e := renew(t, c); e != nil {
						t.Error(e)
					}
				})
			}
			all.Wait()
			return time.Since(began)
		}
		if took := crowd(); f.count() != 1 || took != 2*time.Second {
			t.Errorf("%d logins in %s, want 1 in 2s", f.count(), took)
		}
		time.Sleep(86 * time.Minute)
		if crowd(); f.count() != 2 {
			t.Errorf("%d logins, want 2", f.count())
		}
	})
}

func TestOneRefusalForAllWorkers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		f.setLogin(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			answer(401, `{"error":"invalid_client","error_description":"Client authentication failed."}`, "Content-Type: application/json")(w, r)
		})
		c, _ := client(t, f)
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if e := renew(t, c); e == nil || e.Kind != procore.BadCredentials {
					t.Errorf("got %v", e)
				}
			})
		}
		all.Wait()
		if f.count() != 1 {
			t.Errorf("%d logins, want 1", f.count())
		}
	})
}

// Who waits for the token that another fetches has sent nothing, however the wait ends.
func TestWaitingForAToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{login: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }}
		c, p := client(t, f)
		var fetching sync.WaitGroup
		fetching.Go(func() { _, _ = create(t, c, p) })
		synctest.Wait()
		stopped, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, stop)
		late, end := context.WithTimeout(t.Context(), 2*time.Second)
		defer end()
		for code, ctx := range map[string]context.Context{procore.CodeStopped: stopped, "unreachable": late} {
			_, err := c.CreatePerson(ctx, nil, procore.Draft{LastName: "Quist"}, "t")
			if e := as(t, err); e == nil || e.Code != code || e.Effect != procore.DidNotHappen || c.Requests() != 0 {
				t.Errorf("%s: got %+v after %d requests", code, e, c.Requests())
			}
		}
		fetching.Wait()
	})
}

func TestLoginIsClassified(t *testing.T) {
	t.Parallel()
	json := "Content-Type: application/json"
	for _, tt := range []struct {
		name    string
		answer  http.HandlerFunc
		kind    procore.Kind
		message string
		logins  int
	}{
		{"wrong secret", answer(401, `{"error":"invalid_client","error_description":"Wrong `+secret+`"}`, json), procore.BadCredentials, "invalid_client; Wrong [secret]", 1},
		{"wrong grant", answer(400, `{"error":"unauthorized_client"}`, json), procore.BadCredentials, "unauthorized_client", 1},
		{"error with status 200", answer(200, `{"error":"invalid_client"}`, json), procore.BadCredentials, "invalid_client", 1},
		{"not there", answer(404, "<title>Not found</title>", "Content-Type: text/html"), procore.BadCredentials, `a firewall or proxy answered with an HTML page titled "Not found"`, 1},
		{"redirect", answer(302, "", "Location: https://elsewhere.example.com/"), procore.Unreachable, "302 Found", 1},
		{"fault", answer(500, ""), procore.Unreachable, "500 Internal Server Error", 5},
		{"throttled", answer(429, "slow down", "Retry-After: 2"), procore.Unreachable, "slow down", 5},
		{"throttled for an hour", answer(429, "slow down", "Retry-After: 3600"), procore.Unreachable, "slow down", 1},
		{"a sign-in page", answer(200, "<html>", "Content-Type: text/html"), procore.Unreachable, "the answer of login.example.com holds no token", 5},
		{"no token", answer(200, "{}", json), procore.Unreachable, "the answer of login.example.com holds no token", 5},
		{"a token with a line break", answer(200, `{"access_token":"a\nb"}`, json), procore.Unreachable, "the answer of login.example.com holds no token", 5},
		{"no answer", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, procore.Unreachable, "no token could be had: login.example.com did not answer in time", 1},
		{"cut", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, procore.Unreachable, "no token could be had: login.example.com closed the connection", 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				f := &fake{login: tt.answer, api: func(http.ResponseWriter, *http.Request) { sent++ }}
				c, p := client(t, f)
				began := time.Now()
				_, e := create(t, c, p)
				if took := time.Since(began); took > time.Minute {
					t.Errorf("took %s, more than the default time-out", took)
				}
				if e == nil || e.Kind != tt.kind || e.Effect != procore.DidNotHappen || e.Message != tt.message || e.Hint == "" {
					t.Errorf("got %+v", e)
				}
				if sent != 0 || f.count() != tt.logins {
					t.Errorf("%d creates and %d logins, want 0 and %d", sent, f.count(), tt.logins)
				}
				if strings.Contains(fmt.Sprintf("%+v", e), secret) {
					t.Error("the secret is told")
				}
				take(t, p)
			})
		})
	}
}

func TestLoginRecovers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		n := 0
		f.setLogin(func(w http.ResponseWriter, r *http.Request) {
			if n++; n < 4 {
				answer(503, "")(w, r)
				return
			}
			answer(200, `{"access_token":"x"}`, "Content-Type: application/json")(w, r)
		})
		c, _ := client(t, f)
		if e := renew(t, c); e != nil {
			t.Error(e)
		}
	})
}

func TestOldTokenServesWhileLoginIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{api: answer(201, `{"id":1}`)}
		c, p := client(t, f)
		_, _ = create(t, c, p)
		f.setLogin(answer(500, ""))
		time.Sleep(86 * time.Minute)
		for range 20 {
			if _, e := create(t, c, p); e != nil {
				t.Fatal(e)
			}
		}
		if f.count() != 2 {
			t.Errorf("%d logins, want 2", f.count())
		}
		time.Sleep(4 * time.Minute)
		if _, e := create(t, c, p); e == nil || e.Op != "log in" || e.Effect != procore.DidNotHappen {
			t.Errorf("got %v, want the login's error once the token has ended", e)
		}
	})
}

func TestRefusedTokenIsDroppedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := make(chan struct{})
		first := true
		var mu sync.Mutex
		f := &fake{}
		f.api = func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer token-1" {
				answer(201, `{"id":1}`)(w, r)
				return
			}
			mu.Lock()
			waits := first
			first = false
			mu.Unlock()
			if waits {
				<-slow
			}
			answer(401, `{"error":"The access token was revoked"}`)(w, r)
		}
		c, _ := client(t, f)
		late := make(chan *procore.Error, 1)
		go func() {
			_, err := c.CreatePerson(context.WithoutCancel(t.Context()), nil, procore.Draft{LastName: "A"}, "a")
			late <- as(t, err)
		}()
		synctest.Wait()
		_, err := c.CreatePerson(t.Context(), nil, procore.Draft{LastName: "B"}, "b")
		if e := as(t, err); e == nil || e.Kind != procore.Unauthorized || e.Effect != procore.DidNotHappen {
			t.Errorf("got %v", e)
		}
		if _, err := c.CreatePerson(t.Context(), nil, procore.Draft{LastName: "B"}, "b"); err != nil {
			t.Error(err)
		}
		close(slow) // the late 401 is about token-1; token-2 is fine
		if e := <-late; e == nil || e.Kind != procore.Unauthorized {
			t.Errorf("got %v", e)
		}
		if _, err := c.CreatePerson(t.Context(), nil, procore.Draft{LastName: "C"}, "c"); err != nil {
			t.Error(err)
		}
		if f.count() != 2 {
			t.Errorf("%d logins, want 2", f.count())
		}
	})
}
