package notify_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"muster/importer/notify"
	"muster/importer/outcome"
)

// service is a service that answers with the given statuses, the last one from then on.
type service struct {
	*httptest.Server
	mu       sync.Mutex
	statuses []int
	got      []string // method, path, content type and body of each request
}

func newService(t *testing.T, statuses ...int) *service {
	t.Helper()
	s := &service{statuses: statuses}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		status := s.statuses[min(len(s.got), len(s.statuses)-1)]
		s.got = append(s.got, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+r.Header.Get("User-Agent")+" "+string(body)))
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	return s
}

var client = notify.Client{UserAgent: "muster/test"}

func TestSend(t *testing.T) {
	t.Parallel()
	message := notify.Message{
		Program: "muster", Job: "nightly", End: notify.End{Status: "finished", ExitCode: 1},
		Rows: 2, Counts: outcome.Counts{Created: 1, Invalid: 1}, Text: "2 rows: <1> & 1\nsecond line",
	}
	for _, test := range []struct {
		kind notify.Kind
		want []string
	}{
		{notify.Slack, []string{`{"text":"2 rows: \u0026lt;1\u0026gt; \u0026amp; 1\nsecond line"}`}},
		{notify.Teams, []string{`"type":"AdaptiveCard"`, `"text":"second line"`}},
		{notify.Webhook, []string{`{"program":"muster","job":"nightly","status":"finished","exit_code":1,"rows":2,"created":1,`, `"invalid":1,`}},
	} {
		s := newService(t, 200)
		if err := client.Send(t.Context(), test.kind, s.URL+"/hook", message); err != nil {
			t.Errorf("%s: %v", test.kind, err)
			continue
		}
		for _, want := range append(test.want, "POST /hook muster/test {") {
			if len(s.got) != 1 || !strings.Contains(s.got[0], want) {
				t.Errorf("%s: got %q, want %s", test.kind, s.got, want)
			}
		}
	}
}

func TestPing(t *testing.T) {
	t.Parallel()
	for suffix, want := range map[string]string{"": "GET /ping/abc", "/start": "GET /ping/abc/start"} {
		s := newService(t, 200)
		if err := client.Ping(t.Context(), s.URL+"/ping/abc", suffix); err != nil || len(s.got) != 1 || !strings.HasPrefix(s.got[0], want+" ") {
			t.Errorf("%q: got %q, %v", suffix, s.got, err)
		}
	}
}

// Failures that pass are tried again; others are not, and redirects are not followed.
// No error holds the address, which may have a token in it.
func TestFailures(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		statuses []int
		requests int
		fails    bool
	}{
		{"a fault that passes", []int{503, 200}, 2, false},
		{"throttled for a moment", []int{429, 200}, 2, false},
		{"refused", []int{404}, 1, true},
		{"redirected", []int{302}, 1, true},
		{"a fault that stays", []int{500}, 3, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, test.statuses...)
			err := client.Ping(t.Context(), s.URL+"/t0ken", "")
			if (err != nil) != test.fails || len(s.got) != test.requests {
				t.Errorf("%d requests, %v; want %d", len(s.got), err, test.requests)
			}
			if err != nil && strings.Contains(err.Error(), "t0ken") {
				t.Errorf("the error holds the address: %v", err)
			}
		})
	}
	for _, address := range []string{"", "t0ken", "ftp://host/t0ken", "https://t0ken:%zz"} {
		if err := client.Ping(t.Context(), address, ""); err == nil || strings.Contains(err.Error(), "t0ken") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestMailNeedsAServerAndAddresses(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]notify.Mail{
		"a port that is no number": {Server: "mail.example.com:smtp", From: "a@example.com", To: []string{"b@example.com"}},
		"no sender":                {Server: "127.0.0.1:1", From: "nobody", To: []string{"b@example.com"}},
		"nothing listens":          {Server: "127.0.0.1:1", From: "a@example.com", To: []string{"b@example.com"}},
	} {
		if err := m.Send(t.Context(), "subject", "text"); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
