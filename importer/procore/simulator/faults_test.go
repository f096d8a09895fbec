package simulator_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/importer/procore/simulator"
)

// What a create struck by each fault looks like, how long it takes, and who is
// there at once and a minute later.
func TestFaults(t *testing.T) {
	t.Parallel()
	const cut = -1
	s := time.Second
	for _, test := range []struct {
		fault  string
		status int
		body   string
		retry  string
		takes  time.Duration
		stored int
		late   int
	}{
		{"latency:20ms", 201, "Jane", "", s / 50, 1, 1},
		{"latency", 201, "Jane", "", s / 10, 1, 1},
		{"lost-answer", cut, "", "", 0, 1, 1},
		{"lost-answer:3s", cut, "", "", 3 * s, 1, 1},
		{"cut-before", cut, "", "", 0, 0, 0},
		{"late-commit", cut, "", "", 0, 0, 1},
		{"500-after", 500, "something went wrong", "", 0, 1, 1},
		{"500-before", 500, "something went wrong", "", 0, 0, 0},
		{"bad-gateway:created=yes", 502, "<h1>502 Bad Gateway</h1>", "", 0, 1, 1},
		{"bad-gateway:created=no", 502, "<h1>502 Bad Gateway</h1>", "", 0, 0, 0},
		{"gateway-timeout:created=yes:60s", 504, "<h1>504", "", 60 * s, 1, 1},
		{"gateway-timeout:created=no", 504, "<h1>504", "", 0, 0, 0},
		{"unavailable", 503, "heavy load", "5", 0, 0, 0},
		{"unavailable:1500ms", 503, "heavy load", "2", 0, 0, 0},
		{"unavailable:created=yes", 503, "<h1>503", "", 0, 1, 1},
		{"throttle", 429, "an hour", "", 0, 0, 0},
		{"throttle:7s", 429, "an hour", "7", 0, 0, 0},
		{"request-timeout:created=yes", 408, "too long", "", 0, 1, 1},
		{"request-timeout:created=no", 408, "too long", "", 0, 0, 0},
		{"expire-token", 401, "expired", "", 0, 0, 0},
		{"slow-body", 201, `"is_active":true,"email":null}}`, "", 5 * s, 1, 1},
		{"truncated-body", cut, "", "", 0, 1, 1},
		{"malformed", 201, `{"id": 90071992, "first_name": "Ma`, "", 0, 1, 1},
		{"list-lag", 201, "Jane", "", 0, 1, 1},
		{"list-failure", 201, "Jane", "", 0, 1, 1},
		{"lost-answer:on=updates", 201, "Jane", "", 0, 1, 1},
		{"lost-answer:on=calls", cut, "", "", 0, 1, 1},
	} {
		t.Run(test.fault, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f, err := simulator.ParseFault(test.fault)
				if err != nil {
					t.Fatal(err)
				}
				s := simulator.New(simulator.Config{Faults: []simulator.Fault{f}})
				c := dial(t, s)
				start := time.Now()
				r := c.create(jane)
				switch {
				case test.status == cut:
					if !errors.Is(r.err, io.ErrUnexpectedEOF) {
						t.Errorf("got %d %s %v, want a cut", r.status, r.body, r.err)
					}
				case r.err != nil || r.status != test.status || !strings.Contains(r.body, test.body):
					t.Errorf("got %d %s %v, want %d %s", r.status, r.body, r.err, test.status, test.body)
				case r.header.Get("X-Rate-Limit-Remaining") != "24":
					t.Errorf("rate headers: got %v", r.header)
				}
				if got := r.header.Get("Retry-After"); got != test.retry {
					t.Errorf("Retry-After: got %q, want %q", got, test.retry)
				}
				if got := time.Since(start); got != test.takes {
					t.Errorf("took %s, want %s", got, test.takes)
				}
				if got := len(s.People()); got != test.stored {
					t.Errorf("at once: got %d people, want %d", got, test.stored)
				}
				time.Sleep(time.Minute)
				if got := len(s.People()); got != test.late {
					t.Errorf("later: got %d people, want %d", got, test.late)
				}
			})
		})
	}
}

func TestEveryKindParses(t *testing.T) {
	t.Parallel()
	for _, kind := range simulator.FaultKinds() {
		if _, err := simulator.ParseFault(string(kind)); err != nil {
			t.Error(err)
		}
	}
}

func TestListFaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := simulator.New(simulator.Config{Faults: []simulator.Fault{
			{Kind: simulator.ListLag, Nth: []int{1}, Delay: 40 * time.Second},
			{Kind: simulator.ListFailure, Nth: []int{1}},
		}})
		c := dial(t, s)
		list := func() string {
			var people []listed
			r := c.get(peoplePath)
			if r.status != 200 {
				return r.body
			}
			r.decode(t, &people)
			var names []string
			for _, p := range people {
				names = append(names, p.FirstName)
			}
			return strings.Join(names, " ")
		}
		c.create(jane)
		c.create(`{"person":{"first_name":"John","last_name":"Doe"}}`)
		got := []string{list(), list()}
		time.Sleep(40*time.Second - 1)
		got = append(got, list())
		time.Sleep(time.Nanosecond)
		got = append(got, list())
		want := []string{`{"errors":"We're sorry, but something went wrong"}`, "John", "John", "Jane John"}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Error(diff)
		}
	})
}

// Which of twelve creates a fault strikes.
func TestFaultSelection(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		faults []simulator.Fault
		want   string
	}{
		{"always", []simulator.Fault{{Kind: simulator.CutBefore}}, "xxxxxxxxxxxx"},
		{"every", []simulator.Fault{{Kind: simulator.CutBefore, Every: 5}}, "....x....x.."},
		{"nth", []simulator.Fault{{Kind: simulator.CutBefore, Nth: []int{1, 4}}}, "x..x........"},
		{"both", []simulator.Fault{{Kind: simulator.CutBefore, Every: 6, Nth: []int{1}}}, "x....x.....x"},
		{"first wins", []simulator.Fault{
			{Kind: simulator.ListLag},
			{Kind: simulator.Latency},
			{Kind: simulator.CutBefore, Every: 3},
			{Kind: simulator.Malformed, Every: 2},
		}, ".mxm.x.mxm.x"},
		{"other scope", []simulator.Fault{{Kind: simulator.CutBefore, Scope: simulator.Lists}}, "............"},
		{"all calls", []simulator.Fault{{Kind: simulator.CutBefore, Scope: simulator.Calls, Nth: []int{2}}}, ".x.........."},
		{"unknown kind", []simulator.Fault{{Kind: "meteor"}}, "............"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				if got := fates(t, simulator.New(simulator.Config{Faults: test.faults}), 12); got != test.want {
					t.Errorf("got %s, want %s", got, test.want)
				}
			})
		})
	}
}

// fates creates n people and returns a letter for what became of each.
func fates(t *testing.T, s *simulator.Server, n int) string {
	t.Helper()
	c := dial(t, s)
	var b strings.Builder
	for range n {
		switch r := c.create(jane); {
		case r.err != nil:
			b.WriteByte('x')
		case strings.HasSuffix(r.body, `"Ma`):
			b.WriteByte('m')
		case r.status != 201:
			b.WriteByte('?')
		default:
			b.WriteByte('.')
		}
	}
	return b.String()
}

func TestSeed(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) string {
		return fates(t, simulator.New(unlimited(simulator.Config{Seed: seed, Faults: []simulator.Fault{
			{Kind: simulator.CutBefore, Probability: 0.25},
			{Kind: simulator.RequestTimeout, Probability: 0.25},
		}})), 1000)
	}
	first := run(1)
	if cuts := strings.Count(first, "x"); cuts < 200 || cuts > 300 {
		t.Errorf("%d of 1,000 were cut at 25%%", cuts)
	}
	if run(1) != first {
		t.Error("one seed, two fates")
	}
	if run(2) == first {
		t.Error("two seeds, one fate")
	}
}

// The coin of a fault that leaves it open falls on both sides.
func TestCreatedMaybe(t *testing.T) {
	t.Parallel()
	s := simulator.New(unlimited(simulator.Config{Faults: []simulator.Fault{{Kind: simulator.BadGateway}}}))
	fates(t, s, 100)
	if n := len(s.People()); n < 30 || n > 70 {
		t.Errorf("%d of 100 were created", n)
	}
}

func TestExpiredTokenStaysExpired(t *testing.T) {
	t.Parallel()
	s := simulator.New(simulator.Config{Faults: []simulator.Fault{{Kind: simulator.ExpireToken, Nth: []int{1}}}})
	c := dial(t, s)
	for i := range 2 {
		if r := c.create(jane); r.status != 401 {
			t.Errorf("create %d: got %d", i+1, r.status)
		}
	}
	c.renew()
	if r := c.create(jane); r.status != 201 {
		t.Errorf("renewed: got %d", r.status)
	}
}

func TestTokenExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := dial(t, simulator.New(simulator.Config{}))
		time.Sleep(90*time.Minute - 1)
		if r := c.get("/rest/v1.0/me"); r.status != 200 {
			t.Errorf("before: got %d", r.status)
		}
		time.Sleep(time.Nanosecond)
		if r := c.get("/rest/v1.0/me"); r.status != 401 {
			t.Errorf("after: got %d", r.status)
		}
	})
}

func TestTokenFaults(t *testing.T) {
	t.Parallel()
	s := simulator.New(simulator.Config{})
	c := dial(t, s)
	s.SetFaults(simulator.Fault{Kind: simulator.Status500Before, Scope: simulator.Tokens})
	if r := c.login("grant_type=client_credentials&client_id=me&client_secret=mine"); r.status != 500 {
		t.Errorf("got %d", r.status)
	}
	if r := c.create(jane); r.status != 201 {
		t.Errorf("a token's fault struck a create: %d", r.status)
	}
}

// The client gives up in the middle; the server goes on and stores.
func TestClientGivesUp(t *testing.T) {
	t.Parallel()
	for _, fault := range []simulator.Fault{
		{Kind: simulator.Latency, Delay: time.Minute},
		{Kind: simulator.LateCommit, Delay: time.Minute, Hang: true},
		{Kind: simulator.GatewayTimeout, Delay: time.Minute, Created: simulator.CreatedYes},
		{Kind: simulator.SlowBody, Delay: time.Minute},
	} {
		t.Run(string(fault.Kind), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := simulator.New(simulator.Config{Faults: []simulator.Fault{fault}})
				c := dial(t, s)
				c.http.Timeout = 5 * time.Second
				start := time.Now()
				r := c.create(jane)
				if !errors.Is(r.err, context.DeadlineExceeded) || time.Since(start) != 5*time.Second {
					t.Errorf("after %s: got %v", time.Since(start), r.err)
				}
				time.Sleep(2 * time.Minute)
				if got := names(s.People()); got != "Jane Doe" {
					t.Errorf("stored: %q", got)
				}
			})
		})
	}
}

// Latency falls on both sides of the storing.
func TestLatencySplits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := simulator.New(unlimited(simulator.Config{Faults: []simulator.Fault{
			{Kind: simulator.Latency, Delay: time.Second, Jitter: time.Second},
		}}))
		c := dial(t, s)
		var early, total time.Duration
		for range 50 {
			start := time.Now()
			c.create(jane)
			took := time.Since(start)
			if took < time.Second || took > 2*time.Second {
				t.Fatalf("took %s", took)
			}
			people := s.People()
			early += people[len(people)-1].Created.Sub(start)
			total += took
		}
		if early < total/2 || early > total*5/6 {
			t.Errorf("stored after %s of %s on average", early/50, total/50)
		}
	})
}

func TestClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := simulator.New(simulator.Config{Faults: []simulator.Fault{
			{Kind: simulator.LateCommit, Nth: []int{1}},
			{Kind: simulator.LateCommit, Nth: []int{2}, Hang: true},
			{Kind: simulator.Latency, Nth: []int{3}, Delay: time.Minute},
		}})
		c := dial(t, s)
		c.create(jane)
		cuts := make(chan error)
		for range 2 {
			go func() { cuts <- c.create(jane).err }()
			synctest.Wait()
		}
		s.Close()
		s.Close()
		for range 2 {
			if err := <-cuts; !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("got %v, want a cut", err)
			}
		}
		time.Sleep(time.Hour)
		if n := len(s.People()); n != 0 {
			t.Errorf("%d people were stored after Close", n)
		}
	})
}

func TestParseFault(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		want simulator.Fault
		err  string
	}{
		{"lost-answer:1%", simulator.Fault{Kind: simulator.LostAnswer, Probability: 0.01}, ""},
		{"500-after:every=7", simulator.Fault{Kind: simulator.Status500After, Every: 7}, ""},
		{"latency:20ms", simulator.Fault{Kind: simulator.Latency, Delay: 20 * time.Millisecond}, ""},
		{"latency:20ms:jitter=5ms:on=calls", simulator.Fault{
			Kind: simulator.Latency, Delay: 20 * time.Millisecond, Jitter: 5 * time.Millisecond, Scope: simulator.Calls,
		}, ""},
		{"unavailable:nth=3+5", simulator.Fault{Kind: simulator.Unavailable, Nth: []int{3, 5}}, ""},
		{"late-commit:2.5%, delay=45s, hang", simulator.Fault{
			Kind: simulator.LateCommit, Probability: 0.025, Delay: 45 * time.Second, Hang: true,
		}, ""},
		{"request-timeout:created=no", simulator.Fault{Kind: simulator.RequestTimeout, Created: simulator.CreatedNo}, ""},
		{"", simulator.Fault{}, "use one of latency, lost-answer, cut-before,"},
		{"los-answer:1%", simulator.Fault{}, `simulated fault "los-answer:1%": there is no such kind; use one of latency, lost-answer,`},
		{"lost-answer:0%", simulator.Fault{}, "above 0%"},
		{"lost-answer:101%", simulator.Fault{}, "up to 100%"},
		{"lost-answer:NaN%", simulator.Fault{}, "percentage"},
		{"lost-answer:often", simulator.Fault{}, `option "often": give a duration`},
		{"lost-answer:every=0", simulator.Fault{}, "whole number from 1"},
		{"lost-answer:nth=1+x", simulator.Fault{}, "whole number from 1"},
		{"lost-answer:created=maybe", simulator.Fault{}, "created=yes or created=no"},
		{"lost-answer:on=people", simulator.Fault{}, "on=creates, on=updates"},
		{"lost-answer:speed=9", simulator.Fault{}, "no such option"},
		{"latency:-5s", simulator.Fault{}, "duration"},
	} {
		got, err := simulator.ParseFault(test.text)
		if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
			t.Errorf("%q: got %v, want %q", test.text, err, test.err)
		}
		if diff := cmp.Diff(got, test.want); err == nil && diff != "" {
			t.Errorf("%q: %s", test.text, diff)
		}
	}
}

func FuzzParseFault(f *testing.F) {
	for _, kind := range simulator.FaultKinds() {
		f.Add(string(kind) + ":1%:every=7:nth=3+5:20ms:jitter=1s:on=calls:created=yes:hang")
	}
	f.Add("latency:0.000001%,delay=3h")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := simulator.ParseFault(text)
		inside := got.Probability >= 0 && got.Probability <= 1 && got.Every >= 0 && got.Delay >= 0 && got.Jitter >= 0
		if known := slices.Contains(simulator.FaultKinds(), got.Kind); (err == nil) != known || !inside {
			t.Errorf("%q became %+v, %v", text, got, err)
		}
	})
}
