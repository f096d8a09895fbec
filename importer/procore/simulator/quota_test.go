package simulator_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster/importer/procore/simulator"
)

// rate is what an answer's rate headers say, reset in seconds from now on.
type rate struct{ status, limit, remaining, reset int }

func rateOf(r reply) rate {
	number := func(name string) int {
		n, err := strconv.Atoi(r.header.Get(name))
		if err != nil {
			return -1
		}
		return n
	}
	date, err := http.ParseTime(r.header.Get("Date"))
	if err != nil {
		return rate{}
	}
	return rate{
		r.status, number("X-Rate-Limit-Limit"), number("X-Rate-Limit-Remaining"),
		number("X-Rate-Limit-Reset") - int(date.Unix()),
	}
}

// A step waits, sends n requests and looks at the last of them.
type step struct {
	wait time.Duration
	n    int
	want rate
}

func TestQuota(t *testing.T) {
	t.Parallel()
	rolling := simulator.Window{Length: 10 * time.Second, Limit: 25, Rolling: true}
	fixed := simulator.Window{Length: 10 * time.Second, Limit: 25}
	hour := simulator.Window{Length: time.Hour, Limit: 40}
	s := time.Second
	for _, test := range []struct {
		name   string
		config simulator.Config
		steps  []step
	}{
		{"default", simulator.Config{}, []step{
			{0, 1, rate{200, 25, 24, 10}},
			{0, 24, rate{200, 25, 0, 10}},
			{0, 1, rate{429, 25, 0, 10}},
			{10 * s, 1, rate{200, 25, 24, 10}},
		}},
		{"rolling", simulator.Config{Windows: []simulator.Window{rolling}}, []step{
			{0, 20, rate{200, 25, 5, 10}},
			{9 * s, 5, rate{200, 25, 0, 10}},
			{s - 1, 1, rate{429, 25, 0, 11}}, // Date is cut to the second, so that 10 s look like 11
			{1, 19, rate{200, 25, 0, 10}},    // the 429 has taken a place, too
			{0, 1, rate{429, 25, 0, 10}},
		}},
		{"rolling, a 429 is free", simulator.Config{Windows: []simulator.Window{rolling}, QuotaRules: simulator.QuotaRules{ThrottledFree: true}}, []step{
			{0, 25, rate{200, 25, 0, 10}},
			{9 * s, 30, rate{429, 25, 0, 1}},
			{s, 25, rate{200, 25, 0, 10}},
		}},
		{"rolling, knocking keeps it shut", simulator.Config{Windows: []simulator.Window{rolling}}, []step{
			{0, 25, rate{200, 25, 0, 10}},
			{9 * s, 25, rate{429, 25, 0, 10}},
			{s, 1, rate{429, 25, 0, 10}},
			{9 * s, 1, rate{200, 25, 23, 10}},
		}},
		{"rolling, reset at the first place", simulator.Config{Windows: []simulator.Window{rolling}, QuotaRules: simulator.QuotaRules{ResetAtFirstFree: true}}, []step{
			{0, 20, rate{200, 25, 5, 10}},
			{9 * s, 5, rate{200, 25, 0, 1}},
			{s, 20, rate{200, 25, 0, 9}},
		}},
		{"fixed", simulator.Config{Windows: []simulator.Window{fixed}}, []step{
			{0, 1, rate{200, 25, 24, 10}},
			{9 * s, 24, rate{200, 25, 0, 1}},
			{s - 1, 1, rate{429, 25, 0, 1}},
			{1, 25, rate{200, 25, 0, 10}},
			{0, 1, rate{429, 25, 0, 10}},
		}},
		{"whichever is exceeded first", simulator.Config{Windows: []simulator.Window{hour, rolling}}, []step{
			{0, 14, rate{200, 25, 11, 10}},
			{10 * s, 1, rate{200, 25, 24, 10}},
			{0, 1, rate{200, 25, 23, 10}},
			{10 * s, 8, rate{200, 40, 16, 3580}},
			{10 * s, 16, rate{200, 40, 0, 3570}},
			{0, 1, rate{429, 40, 0, 3570}},
			{3570 * s, 1, rate{200, 25, 24, 10}},
		}},
		{"both used up", simulator.Config{Windows: []simulator.Window{rolling, {Length: time.Hour, Limit: 25}}}, []step{
			{0, 25, rate{200, 25, 0, 3600}},
		}},
		{"reset up", simulator.Config{Windows: []simulator.Window{rolling}}, []step{{s / 2, 1, rate{200, 25, 24, 11}}}},
		{"reset down", simulator.Config{Windows: []simulator.Window{rolling}, QuotaRules: simulator.QuotaRules{ResetRoundsDown: true}}, []step{{s / 2, 1, rate{200, 25, 24, 10}}}},
		{"shut", simulator.Config{Windows: []simulator.Window{{Length: s, Limit: 0, Rolling: true}}}, []step{{0, 1, rate{429, 0, 0, 1}}}},
		{"no limits", unlimited(simulator.Config{}), []step{{0, 100, rate{status: 200, limit: -1, remaining: -1, reset: -1}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := simulator.New(test.config)
				c := dial(t, server)
				throttled := 0
				for i, step := range test.steps {
					time.Sleep(step.wait)
					var r reply
					for range step.n {
						if r = c.get("/rest/v1.0/me"); r.status == 429 {
							throttled++
						}
					}
					got := rateOf(r)
					if got.limit < 0 {
						got.reset = -1
					}
					if got != step.want {
						t.Fatalf("step %d: got %+v, want %+v", i+1, got, step.want)
					}
				}
				if got := server.Throttled(); got != throttled {
					t.Errorf("Throttled: got %d, want %d", got, throttled)
				}
			})
		})
	}
}

func TestThrottledAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, retryAfter := range []bool{false, true} {
			s := simulator.New(simulator.Config{QuotaRules: simulator.QuotaRules{ThrottledFree: true}, Answers: simulator.Answers{RetryAfter: retryAfter}})
			c := dial(t, s)
			s.Neighbour(1)
			time.Sleep(3500 * time.Millisecond)
			s.Neighbour(24)
			r := c.create(jane)
			want := map[bool]string{false: "", true: "7"}[retryAfter] // 6.5 s to the first place
			if r.status != 429 || !strings.Contains(r.body, "an hour") || r.header.Get("Retry-After") != want {
				t.Errorf("got %d %s, Retry-After %q, want %q", r.status, r.body, r.header.Get("Retry-After"), want)
			}
			if len(s.People()) != 0 || s.Throttled() != 1 {
				t.Error("a refused create was stored, or not counted")
			}
		}
	})
}

func TestClockSkew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := dial(t, simulator.New(simulator.Config{Answers: simulator.Answers{ClockSkew: -42 * time.Minute}}))
		r := c.get("/rest/v1.0/me")
		date, err := http.ParseTime(r.header.Get("Date"))
		if err != nil || time.Since(date) != 42*time.Minute {
			t.Errorf("Date: got %v, %v", date, err)
		}
		if got := rateOf(r).reset; got != 10 {
			t.Errorf("reset: got %d s after Date, want 10", got)
		}
	})
}

func TestSetWindows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := simulator.New(simulator.Config{})
		c := dial(t, s)
		for range 20 {
			c.get("/rest/v1.0/me")
		}
		spike := simulator.Window{Length: 10 * time.Second, Limit: 30, Rolling: true}
		s.SetWindows(spike)
		if got, want := rateOf(c.get("/rest/v1.0/me")), (rate{200, 30, 9, 10}); got != want {
			t.Errorf("raised: got %+v, want %+v", got, want)
		}
		spike.Limit = 10
		s.SetWindows(spike, simulator.Window{Length: time.Hour, Limit: 100})
		if got, want := rateOf(c.get("/rest/v1.0/me")), (rate{429, 10, 0, 10}); got != want {
			t.Errorf("lowered: got %+v, want %+v", got, want)
		}
	})
}
