package procore_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/importer/procore"
	"muster/importer/procore/simulator"
	"muster/ratelimit"
)

// simulated returns a client of a simulated Procore, and its pace.
func simulated(t *testing.T, config simulator.Config) (*procore.Client, *ratelimit.Pace, *simulator.Server) {
	t.Helper()
	config.CompanyID, config.ProjectID = 42, 7
	s := simulator.New(config)
	t.Cleanup(s.Close)
	c, p := client(t, s, func(o *procore.Options) { o.Transport = s.Transport() })
	return c, p, s
}

// However what the documents leave open about the quota is read, no request is one
// too many, and none waits much longer than the quota makes it.
func TestQuotaHoldsByEveryReading(t *testing.T) {
	t.Parallel()
	for n := range 8 {
		config := simulator.Config{QuotaRules: simulator.QuotaRules{ThrottledFree: n&1 != 0, ResetAtFirstFree: n&2 != 0, ResetRoundsDown: n&4 != 0}}
		config.Faults = []simulator.Fault{{Kind: simulator.Latency, Scope: simulator.Calls, Delay: 200 * time.Millisecond}}
		t.Run(fmt.Sprintf("429 free %v, reset at first free %v, rounded down %v", config.ThrottledFree, config.ResetAtFirstFree, config.ResetRoundsDown), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, p, s := simulated(t, config)
				began := time.Now()
				var workers sync.WaitGroup
				for range 8 {
					workers.Go(func() {
						for range 20 { // 160 in all, 25 in 10 seconds
							if _, e := create(t, c, p); e != nil {
								t.Error(e)
							}
						}
					})
				}
				workers.Wait()
				if took := time.Since(began); s.Throttled() != 0 || took > 65*time.Second {
					t.Errorf("%d requests too many, in %s", s.Throttled(), took)
				}
			})
		})
	}
}

// inMillis multiplies the reset in every answer by a thousand.
type inMillis struct{ next http.RoundTripper }

func (m inMillis) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := m.next.RoundTrip(r)
	if err == nil && resp.Header.Get("X-Rate-Limit-Reset") != "" {
		resp.Header.Set("X-Rate-Limit-Reset", resp.Header.Get("X-Rate-Limit-Reset")+"000")
	}
	return resp, err
}

// A window that is shorter than documented, with its reset in milliseconds, holds requests back
// only until the reset.
func TestResetInMilliseconds(t *testing.T) {
	t.Parallel()
	for _, rolling := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := simulator.New(simulator.Config{Windows: []simulator.Window{{Length: 4 * time.Second, Limit: 25, Rolling: rolling}}})
			t.Cleanup(s.Close)
			c, p := client(t, s, func(o *procore.Options) {
				o.CompanyID, o.ProjectID, o.Transport = 1, 100, inMillis{s.Transport()}
			})
			began := time.Now()
			var workers sync.WaitGroup
			for range 6 {
				workers.Go(func() {
					for range 10 {
						if _, e := create(t, c, p); e != nil && e.Kind != procore.Throttled {
							t.Error(e)
						}
					}
				})
			}
			workers.Wait()
			if took := time.Since(began); took > 12*time.Second || s.Throttled() > 1 {
				t.Errorf("rolling %v: took %v, with %d requests too many", rolling, took, s.Throttled())
			}
		})
	}
}

// What a refusal means, by every reading of how it looks.
func TestRefusalsOfTheSimulator(t *testing.T) {
	t.Parallel()
	taken, nameless := procore.Draft{FirstName: "Bo", LastName: "Day", OriginID: "7"}, procore.Draft{LastName: "Day"}
	for name, test := range map[string]struct {
		config      simulator.Config
		draft       procore.Draft
		code, field string
	}{
		"an ID that is taken, 422": {simulator.Config{}, taken, "refused", "origin_id"},
		"an ID that is taken, 409": {simulator.Config{Answers: simulator.Answers{OriginTakenStatus: 409}}, taken, "conflict", "origin_id"},
		"no first name":            {simulator.Config{Answers: simulator.Answers{RequireFirstName: true}}, nameless, "refused", "first_name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, p, s := simulated(t, test.config)
			s.Add(simulator.Person{FirstName: "Ann", LastName: "Lee", OriginID: "7"})
			_, err := c.CreatePerson(t.Context(), take(t, p), test.draft, "t")
			if e := as(t, err); e == nil || e.Kind != procore.Refused || e.Code != test.code || e.Effect != procore.DidNotHappen || len(e.Fields[test.field]) == 0 {
				t.Errorf("got %+v", e)
			}
		})
	}
}

// A server that allows shorter pages than were asked for still shows everybody.
func TestShortPagesOfTheSimulator(t *testing.T) {
	t.Parallel()
	c, _, s := simulated(t, simulator.Config{Lists: simulator.ListOptions{MaxPerPage: 3}})
	for range 8 {
		s.Add(simulator.Person{LastName: "Lee"})
	}
	if got, e := ids(t, c); e != nil || len(got) != 8 {
		t.Errorf("%d people, %v", len(got), e)
	}
}

// Inactive people are in a list of their own, or in the normal one with is_active
// false, and become active again.
func TestInactivePeople(t *testing.T) {
	t.Parallel()
	for _, shown := range []bool{false, true} {
		c, p, s := simulated(t, simulator.Config{Answers: simulator.Answers{TextIDs: shown}, Lists: simulator.ListOptions{ShowInactive: shown}})
		s.Add(simulator.Person{LastName: "Lee"})
		left := s.Add(simulator.Person{LastName: "Ray", Account: simulator.Account{Inactive: true}})
		list := func() (active, inactive []string) {
			for p, err := range c.People(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				if p.Inactive {
					active = append(active, "inactive")
				}
				active = append(active, p.LastName)
			}
			for p, err := range c.InactivePeople(t.Context()) {
				if err != nil || !p.Inactive {
					t.Fatal(p, err)
				}
				inactive = append(inactive, p.LastName)
			}
			return active, inactive
		}
		active, inactive := list()
		want := []string{"Lee"}
		if shown {
			want = []string{"Lee", "inactive", "Ray"}
		}
		if diff := cmp.Diff([][]string{want, {"Ray"}}, [][]string{active, inactive}); diff != "" {
			t.Error(diff)
		}
		for _, want := range []int64{left, 0} { // the second time nothing changes
			if got, err := c.ActivatePerson(t.Context(), take(t, p), left); err != nil || got.ID != want {
				t.Errorf("activated %d, %v; want %d", got.ID, err, want)
			}
		}
		active, inactive = list()
		if diff := cmp.Diff([][]string{{"Lee", "Ray"}, nil}, [][]string{active, inactive}); diff != "" {
			t.Error(diff)
		}
	}
}
