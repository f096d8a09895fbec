package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"muster/importer/procore/simulator"
)

// guardedServer returns a server for 127.0.0.1:4000 that nothing listens for.
func guardedServer(t *testing.T) *Server {
	t.Helper()
	server, err := New(Options{
		Folder: t.TempDir(), Backend: &office{t: t, folder: t.TempDir()}, Address: "127.0.0.1:4000", Key: NewKey(), Now: time.Now, Log: zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

func TestOnlyLoopback(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:4000": true, "127.0.0.1:0": true,
		"127.9.9.9:1": false, "0.0.0.0:4000": false, ":4000": false, "192.168.1.7:80": false, "[::]:1": false, "example.com:1": false, "127.0.0.1": false,
		"127.0.0.1.example.com:1": false, "localhost:1": false,
	} {
		if err := CheckAddress(address); (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestGuards asks as a browser would for which a guard is made.
func TestGuards(t *testing.T) {
	server := guardedServer(t)
	cookie := "muster_4000=" + server.Key.cookie()
	token := server.Key.Token()
	for _, c := range []struct {
		name, method, target, host, cookie string
		header                             map[string]string
		want                               int
		enters                             bool
	}{
		{name: "a page", target: "/", cookie: cookie, want: 200},
		{name: "by name", target: "/", host: "localhost:4000", cookie: cookie, want: 200},
		{name: "a rebound name", target: "/", host: "evil.test:4000", cookie: cookie, want: 421},
		{name: "a name that begins alike", target: "/", host: "127.0.0.1.evil.test:4000", cookie: cookie, want: 421},
		{name: "another port", target: "/", host: "127.0.0.1:4001", cookie: cookie, want: 421},
		{name: "a rebound name with a token", target: "/?token=" + server.Key.Token(), host: "evil.test:4000", want: 421},
		{name: "no port", target: "/", host: "localhost", cookie: cookie, want: 421},
		{name: "another user", target: "/", want: 403},
		{name: "another user's asset", target: "/assets/page.css", want: 403},
		{name: "another port's cookie", target: "/", cookie: strings.Replace(cookie, "4000", "4001", 1), want: 403},
		{name: "a wrong cookie", target: "/", cookie: "muster_4000=" + NewKey().cookie(), want: 403},
		{name: "a token", target: "/?token=" + token, want: 200, enters: true},
		{name: "the token again", target: "/?token=" + token, want: 403},
		{name: "the token again, with the cookie", target: "/?token=" + token, cookie: cookie, want: 200, enters: true},
		{name: "another key's token", target: "/?token=" + NewKey().Token(), want: 403},
		{name: "a token in a form", method: "POST", target: "/quit?token=" + server.Key.Token(), want: 403},
		{name: "another site's form", method: "POST", target: "/quit", cookie: cookie, header: map[string]string{"Sec-Fetch-Site": "cross-site"}, want: 403},
		{name: "another port's form", method: "POST", target: "/quit", cookie: cookie, header: map[string]string{"Origin": "http://127.0.0.1:9"}, want: 403},
		{name: "the proof", target: "/alive/n", want: 200},
		{name: "a page that does not exist", target: "/none", cookie: cookie, want: 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.target, nil)
			r.Host = "127.0.0.1:4000"
			if c.host != "" {
				r.Host = c.host
			}
			if c.cookie != "" {
				r.Header.Set("Cookie", c.cookie)
			}
			for name, value := range c.header {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			server.Handler().ServeHTTP(w, r)
			if w.Code != c.want {
				t.Fatalf("status %d, want %d: %s", w.Code, c.want, w.Body)
			}
			for _, name := range []string{"Content-Security-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "X-Content-Type-Options"} {
				if w.Header().Get(name) == "" {
					t.Errorf("the answer has no %s", name)
				}
			}
			if got := w.Header().Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control: %q", got)
			}
			if strings.Contains(w.Body.String(), string(server.Key)) || strings.Contains(w.Body.String(), server.Key.cookie()) {
				t.Error("the answer has the key or the cookie")
			}
			if !c.enters {
				return
			}
			if !strings.Contains(w.Body.String(), `content="0; url=/"`) || strings.Contains(w.Body.String(), "token") {
				t.Errorf("the browser goes on to %s", w.Body)
			}
			got := w.Header().Get("Set-Cookie")
			if !strings.HasPrefix(got, cookie+";") || !strings.Contains(got, "HttpOnly") || !strings.Contains(got, "SameSite=Strict") {
				t.Errorf("Set-Cookie: %s", got)
			}
		})
	}
	select {
	case <-server.quit:
		t.Error("a refused request ended the server")
	default:
	}
}

func TestPolicyAllowsNothingInline(t *testing.T) {
	if strings.Contains(contentPolicy, "unsafe") || strings.Contains(contentPolicy, "*") || !strings.Contains(contentPolicy, "frame-ancestors 'none'") {
		t.Error(contentPolicy)
	}
}

func TestProofTellsServersApart(t *testing.T) {
	s := newSite(t, Account{}, simulator.Config{})
	_, proof := s.get(AlivePath + "nonce")
	if proof != s.server.Key.Alive("nonce") || proof == NewKey().Alive("nonce") {
		t.Errorf("the proof is %s", proof)
	}
}

func TestQuitEndsTheServer(t *testing.T) {
	s := newSite(t, Account{}, simulator.Config{})
	if status, _ := s.get("/quit"); status == http.StatusOK {
		t.Error("GET /quit answers 200")
	}
	select {
	case <-s.server.quit:
		t.Fatal("GET has ended the server")
	default:
	}
	if status, body := s.post("/quit", nil); status != http.StatusOK {
		t.Errorf("status %d: %s", status, body)
	}
	<-s.server.quit
}
