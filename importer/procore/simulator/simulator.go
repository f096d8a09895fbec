// Package simulator is a simulated Procore for rehearsals, tests and benchmarks.
//
// The simulator is written from the documentation alone and shares no code with the
// client, so that a wrong reading of the API can't hide in both. Where the
// documentation is open, Config has a switch with this default:
//
//   - The hourly window is fixed and opens with the first request; only the spike
//     window is documented as rolling.
//   - Every request to the API host uses a place in every window, even if the answer
//     is a 429 (Config.ThrottledFree: except then). All clients share one quota. The
//     login host counts no requests and sends no rate headers.
//   - Reset of a rolling window is the time when the whole window is free again
//     (Config.ResetAtFirstFree: the first place), rounded up to the second
//     (Config.ResetRoundsDown: down).
//   - A repeated Idempotency-Token creates a second person (Config.HonourTokens: no).
//   - JSON types and the case of keys must match exactly; unknown keys are ignored.
//     Only last_name is required.
//   - A wrong Content-Type and an Accept without JSON are answered by 406.
//   - Lists come in the order of creation. Filters are answered by 400.
//   - Calls outside of people, projects, companies and tokens are answered by 404.
//
// An operation yields a status, headers and a body in one piece, and faults act
// around the operation. So every fault fits every call.
//
// A client that disconnects while a create is delayed changes nothing: the person is
// stored, as a server does not notice.
//
// Inside a testing/synctest bubble, create the Server in the bubble, use
// Server.Transport (a socket would hang), and Close the Server before the bubble ends
// if requests may still be running or people may be stored late.
package simulator

import (
	"cmp"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Stats counts the requests that arrived.
type Stats struct {
	Total     int // to the API host, with any answer; tokens not included
	Creates   int // POST people
	Updates   int // PATCH people
	Lists     int // GET people
	Tokens    int // POST /oauth/token
	Throttled int // of Total: answered 429 because the quota was used up
	Stored    int // people stored by creates
}

// Server is a simulated Procore: an http.Handler for the login host and the API host.
// A Server is safe for concurrent use and is made by New.
type Server struct {
	config   Config // Denied is guarded by mu
	mux      *http.ServeMux
	closing  sync.Once
	closed   chan struct{}
	counters counters

	mu     sync.Mutex // guards the fields below; never held while a hook runs
	random *rand.Rand
	quota  quota
	faults []*activeFault
	tokens map[string]time.Time // time of issue
	store  store
	stats  Stats
}

// counters number what the Server does.
type counters struct {
	answers  atomic.Uint64 // for X-Request-Id
	refusals atomic.Uint64 // for the shape of the body
	origins  atomic.Uint64 // for the form of origin_id
	creates  atomic.Uint64 // valid ones, for OnCreate
}

// New returns a Server without starting anything. Close is needed only if faults delay
// requests, hang connections or store people late.
func New(c Config) *Server {
	c.CompanyID = cmp.Or(c.CompanyID, 1)
	c.ProjectID = cmp.Or(c.ProjectID, 100)
	c.FirstPersonID = cmp.Or(c.FirstPersonID, 1<<53+1001)
	c.TokenLife = cmp.Or(max(c.TokenLife, 0), 90*time.Minute)
	c.Lists.MaxPerPage = cmp.Or(max(c.Lists.MaxPerPage, 0), 2000)
	if c.WorkClassifications == nil {
		c.WorkClassifications = defaultTrades()
	}
	if c.Windows == nil {
		c.Windows = []Window{
			{Length: time.Hour, Limit: 3600},
			{Length: 10 * time.Second, Limit: 25, Rolling: true},
		}
	}
	c.OriginTakenStatus = cmp.Or(c.OriginTakenStatus, http.StatusUnprocessableEntity)
	s := &Server{
		config: c,
		closed: make(chan struct{}),
		random: rand.New(rand.NewPCG(c.Seed, 0x9E3779B97F4A7C15)), //nolint:gosec // repeatable on purpose
		quota:  quota{rules: c.QuotaRules},
		tokens: make(map[string]time.Time),
		store:  newStore(c.FirstPersonID),
	}
	s.mux = s.routes()
	s.SetWindows(c.Windows...)
	s.SetFaults(c.Faults...)
	s.SetDenied(c.Denied...)
	return s
}

// Close ends the Server: late people are not stored, waiting and hanging requests are
// cut, and Transport refuses connections. Further calls do nothing.
func (s *Server) Close() {
	s.closing.Do(func() { close(s.closed) })
}

// SetWindows replaces the limits. A window of the same length and kind keeps the usage.
func (s *Server) SetWindows(windows ...Window) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quota.set(time.Now(), windows)
}

// SetFaults replaces the faults and starts all counts anew.
func (s *Server) SetFaults(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
	for _, f := range faults {
		s.faults = append(s.faults, activate(f))
	}
}

// SetDenied replaces what the account may not do.
func (s *Server) SetDenied(denied ...Denial) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config.Denied = slices.Clone(denied)
}

// Neighbour uses n requests of the quota, like another client with the same
// credentials.
func (s *Server) Neighbour(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for range n {
		s.quota.use(now)
	}
}

// Requests returns the counts of the requests so far.
func (s *Server) Requests() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Throttled returns the number of requests answered by 429 because the quota was used
// up: 0 for a client that paces requests well.
func (s *Server) Throttled() int {
	return s.Requests().Throttled
}

// clock returns the time by the server's clock.
func (s *Server) clock() time.Time {
	return time.Now().Add(s.config.ClockSkew)
}

// denies reports whether the account is denied d.
func (s *Server) denies(d Denial) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.config.Denied, d)
}
