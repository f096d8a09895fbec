package importer_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"muster/importer"
	"muster/importer/procore/simulator"
)

// gauge is a transport that counts requests under way, and notes when people
// are listed.
type gauge struct {
	next      http.RoundTripper
	now, peak atomic.Int64
	listed    atomic.Int64 // Unix nanoseconds
}

func (g *gauge) RoundTrip(r *http.Request) (*http.Response, error) {
	now := g.now.Add(1)
	defer g.now.Add(-1)
	for peak := g.peak.Load(); now > peak && !g.peak.CompareAndSwap(peak, now); peak = g.peak.Load() {
	}
	if r.Method == http.MethodGet {
		g.listed.Store(time.Now().UnixNano())
	}
	return g.next.RoundTrip(r)
}

// As many requests are under way as the quota needs at the latency there is,
// and the default bound is no hindrance.
func TestWorkersFollowTheQuotaAndTheLatency(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		limit   int // in 10 s
		latency time.Duration
		rows    int
		took    time.Duration // at most
		peak    int64         // at most
	}{
		// A slot is used once in a window and a latency.
		{"sandbox and production, 20 ms", 25, 20 * time.Millisecond, 200, 95 * time.Second, 25},
		{"sandbox and production, 5 s", 25, 5 * time.Second, 200, 170 * time.Second, 25},
		{"twice as much, 5 s", 50, 5 * time.Second, 400, 170 * time.Second, 50},
		{"a tenth, 5 s", 3, 5 * time.Second, 20, 150 * time.Second, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{
					Windows: []simulator.Window{{Length: 10 * time.Second, Limit: test.limit, Rolling: true}},
					Faults:  []simulator.Fault{{Kind: simulator.Latency, Delay: test.latency}},
				})
				g := &gauge{next: b.server.Transport()}
				r := b.run(t.Context(), b.crew(test.rows), func(j *importer.Import) {
					j.Workers = 0
					j.API = b.client(j.Pace, g)
				})
				if r.Counts.Created != test.rows || b.server.Throttled() > 0 {
					t.Errorf("%+v, throttled %d times", r.Counts, b.server.Throttled())
				}
				if r.Elapsed > test.took {
					t.Errorf("took %v, want at most %v", r.Elapsed, test.took)
				}
				if peak := g.peak.Load(); peak > test.peak {
					t.Errorf("%d requests were under way at once, want at most %d", peak, test.peak)
				}
			})
		})
	}
}

// A row in doubt is settled while hundreds of others wait for the quota.
func TestSettlingDoesNotQueueBehindCreates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Faults: []simulator.Fault{{Kind: simulator.LostAnswer, Nth: []int{600}}}})
		g := &gauge{next: b.server.Transport()}
		begin := time.Now()
		r := b.run(t.Context(), b.crew(1200), func(j *importer.Import) {
			j.API = b.client(j.Pace, g)
			j.SettleAfter = 30 * time.Second
		})
		if r.Counts.Created != 1200 {
			t.Errorf("%+v", r.Counts)
		}
		// The 600th is sent after 240 s, and 30 s later it is time to list.
		if listed := time.Unix(0, g.listed.Load()).Sub(begin); listed < 200*time.Second || listed > 285*time.Second {
			t.Errorf("the people were listed after %v", listed)
		}
		b.once()
	})
}

// again is a transport that counts the requests between one that is put off and
// its second try.
type again struct {
	next    http.RoundTripper
	mu      sync.Mutex
	creates int
	putOff  []byte // the body of the request that was put off
	since   int    // creates at that time
	between int
}

func (a *again) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost || strings.HasPrefix(r.URL.Path, "/oauth") {
		return a.next.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	a.mu.Lock()
	a.creates++
	if bytes.Equal(body, a.putOff) {
		a.between = a.creates - a.since
	}
	a.mu.Unlock()
	resp, err := a.next.RoundTrip(r)
	if err == nil && resp.StatusCode == http.StatusTooManyRequests {
		a.mu.Lock()
		a.putOff, a.since = body, a.creates
		a.mu.Unlock()
	}
	return resp, err
}

// A 429 costs one pause, and no row its turn: whoever was put off goes first
// when it goes on, and not behind the hundreds that wait.
func TestThrottledRowKeepsItsTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Faults: []simulator.Fault{{Kind: simulator.Throttle, Nth: []int{40}, Delay: 20 * time.Second}}})
		a := &again{next: b.server.Transport()}
		r := b.run(t.Context(), b.crew(600), func(j *importer.Import) { j.API = b.client(j.Pace, a) })
		if r.Counts.Created != 600 || r.Throttled != 1 {
			t.Errorf("%+v, put off %d times", r.Counts, r.Throttled)
		}
		if a.between < 1 || a.between > 25 { // those that had their slots by then
			t.Errorf("the row was sent again as request %d after it was put off", a.between)
		}
		if most := 280 * time.Second; r.Elapsed > most {
			t.Errorf("took %v, want at most %v: 600 rows and one pause", r.Elapsed, most)
		}
		b.once()
	})
}

// Somebody else on the same credentials can be faster a hundred times in a row,
// while they have work. No row fails by that.
func TestNobodyFailsBehindABusyNeighbour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var first []int
		for n := range 100 {
			first = append(first, n+1)
		}
		b := newBench(t, simulator.Config{Faults: []simulator.Fault{{Kind: simulator.Throttle, Nth: first, Delay: 10 * time.Second}}})
		r := b.run(t.Context(), b.crew(1), nil)
		if r.Counts.Created != 1 || r.Throttled != 100 {
			t.Errorf("%+v, put off %d times", r.Counts, r.Throttled)
		}
	})
}
