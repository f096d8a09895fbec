// Package simulator is a simulated Procore for rehearsals, tests and benchmarks.
//
// It is written from the documentation alone and shares no code with the
// client, so that a wrong reading of the API can't hide in both. Where the
// documentation leaves something open, Config has a switch, and the default is:
//
//   - The hourly window is fixed and opens with the first request it counts;
//     only the spike window is documented as rolling.
//   - Every request to the API host uses a place in every window, whatever its
//     answer, and so does a 429 (Config.ThrottledFree is the milder reading).
//     All clients share one quota. The login host is not counted and sends no
//     rate headers.
//   - Reset of a rolling window is when the whole of it is free again
//     (Config.ResetAtFirstFree: when its first place is), rounded up to the
//     second (Config.ResetRoundsDown: down).
//   - A repeated Idempotency-Token makes a second person (Config.HonourTokens).
//   - Types are taken strictly and JSON keys by their exact case; keys that
//     Procore does not know are ignored. Only last_name is required.
//   - A wrong Content-Type is 400, an Accept without JSON 406.
//   - Lists come in the order of creation unless sorted.
//   - Calls that muster does not make are answered by 404.
//
// A handler answers in one piece: an operation yields a status, headers and a
// body, and faults are laid around that. So every fault fits every call, and
// "created, but the answer is lost" needs no code in the operation.
//
// Time spent before something is stored does not end when the client goes: a
// server does not notice, and the person is created all the same.
//
// Inside a testing/synctest bubble, create the Server in the bubble, use
// Server.Transport (a socket would hang there), and Close the Server before the
// bubble ends if requests may still be on their way.
package simulator

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Config says what kind of Procore to simulate. The zero Config is a friendly
// one: company 1, project 100, any credentials, 3,600 requests an hour and 25
// in 10 seconds, no faults.
type Config struct {
	CompanyID     int64     // default 1
	ProjectID     int64     // default 100
	OtherProjects []Project // projects of the company besides ProjectID

	// FirstPersonID is the ID of the first person; each next one is higher by
	// two. The default is odd and above 2^53, so that no ID survives a float.
	FirstPersonID       int64
	WorkClassifications []WorkClassification // nil: a dozen trades

	ClientID     string        // "": any non-empty one is accepted
	ClientSecret string        // "": any non-empty one is accepted
	TokenLife    time.Duration // default 90 minutes

	Windows          []Window      // nil: 3,600 an hour and 25 in 10 seconds; empty: no limits, no rate headers
	ThrottledFree    bool          // a request refused with 429 uses no quota
	RetryAfter       bool          // a 429 carries Retry-After: when the first place is free
	ResetAtFirstFree bool          // a rolling window's reset is when its first place is free
	ResetRoundsDown  bool          // a reset is cut to the whole second
	ClockSkew        time.Duration // how far the server's clock is ahead

	Bodies            BodyShape  // how refusals look
	OriginID          OriginForm // how origin_id comes back
	OriginTakenStatus int        // 409 or 422 (default) when an origin_id is taken in the company
	RequireFirstName  bool       // refuse people without first_name
	HonourTokens      bool       // a repeated Idempotency-Token answers 200 with the same person
	MaxPerPage        int        // longer pages are cut to it; default 2,000
	Denied            []Denial   // what the account may not do

	Faults []Fault
	Seed   uint64 // of everything random; the same requests in the same order fare the same

	// OnRequest is called for every request when its body is there and nothing
	// has been done. It may read the body, may run concurrently, and may panic
	// with http.ErrAbortHandler to cut the connection.
	OnRequest func(r *http.Request)
	// OnCreate is called before (stored false) and after (stored true) the nth
	// valid create is stored, n from 1. It may run concurrently and may panic
	// with http.ErrAbortHandler to cut the connection. If what it waited for
	// made the create invalid, the second call does not come.
	OnCreate func(n int, stored bool)
}

// Project is a project of the company.
type Project struct {
	ID   int64
	Name string
}

// OriginForm is the JSON type in which an origin_id comes back. One that is not
// a plain whole number is always text.
type OriginForm string

// The forms of an origin_id in answers.
const (
	OriginText        OriginForm = ""
	OriginNumber      OriginForm = "number"
	OriginAlternating OriginForm = "alternating" // every second one a number
)

// Denial is something that the account may not do.
type Denial string

// What can be denied.
const (
	DenyCredentials     Denial = "credentials"     // no token is given or accepted any more: 401
	DenyCompany         Denial = "company"         // the app is not connected to the company: 403
	DenyProject         Denial = "project"         // the project is not among the permitted ones: 403
	DenyWrite           Denial = "write"           // no "Create Contacts" on Directory: 403
	DenyList            Denial = "list"            // the people may not be listed: 403
	DenyWebView         Denial = "web-view"        // view=web falls back to normal
	DenyClassifications Denial = "classifications" // the project's work classifications: 403
)

// Stats counts the requests that arrived.
type Stats struct {
	Total     int // to the API host, whatever became of them; tokens not included
	Creates   int // POST people
	Updates   int // PATCH people
	Lists     int // GET people
	Tokens    int // POST /oauth/token
	Throttled int // of Total: answered 429 because the quota was used up
	Stored    int // people that creates have stored
}

// Server is a simulated Procore: the login host and the API host in one
// http.Handler. It is safe for concurrent use. The zero value is not usable;
// see New.
type Server struct {
	config  Config
	mux     *http.ServeMux
	closed  chan struct{}
	answers atomic.Uint64 // numbers the answers, for X-Request-Id
	refused atomic.Uint64 // picks the body of the next refusal
	origins atomic.Uint64 // picks the form of the next origin_id

	mu       sync.Mutex // guards all below; never held while a hook runs
	random   *rand.Rand
	quota    quota
	faults   []*armed
	denied   map[Denial]bool
	tokens   map[string]time.Time // when each was handed out
	store    store
	found    found
	creates  int // valid creates, as OnCreate numbers them
	stats    Stats
	timers   map[*time.Timer]struct{}
	isClosed bool
}

// New returns a Server. It starts nothing; Close is needed only where faults
// delay requests, hang connections or store people late.
func New(c Config) *Server {
	if c.CompanyID == 0 {
		c.CompanyID = 1
	}
	if c.ProjectID == 0 {
		c.ProjectID = 100
	}
	if c.FirstPersonID == 0 {
		c.FirstPersonID = 1<<53 + 1001
	}
	if c.WorkClassifications == nil {
		c.WorkClassifications = trades()
	}
	if c.TokenLife <= 0 {
		c.TokenLife = 90 * time.Minute
	}
	if c.Windows == nil {
		c.Windows = []Window{
			{Length: time.Hour, Limit: 3600},
			{Length: 10 * time.Second, Limit: 25, Rolling: true},
		}
	}
	if c.OriginTakenStatus != http.StatusConflict {
		c.OriginTakenStatus = http.StatusUnprocessableEntity
	}
	if c.MaxPerPage <= 0 {
		c.MaxPerPage = 2000
	}
	s := &Server{
		config: c,
		closed: make(chan struct{}),
		random: rand.New(rand.NewPCG(c.Seed, 0x9E3779B97F4A7C15)), //nolint:gosec // repeatable on purpose
		quota:  quota{throttledFree: c.ThrottledFree, firstFree: c.ResetAtFirstFree},
		tokens: make(map[string]time.Time),
		store:  newStore(c.FirstPersonID),
		timers: make(map[*time.Timer]struct{}),
	}
	s.mux = s.routes()
	s.SetWindows(c.Windows...)
	s.SetFaults(c.Faults...)
	s.SetDenied(c.Denied...)
	return s
}

// Close ends the Server: people still to be stored late never are, waiting and
// hanging requests are cut, and Transport can't connect any more. It may be
// called more than once.
func (s *Server) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isClosed {
		return
	}
	s.isClosed = true
	close(s.closed)
	for t := range s.timers {
		t.Stop()
	}
	clear(s.timers)
}

// SetWindows replaces the limits. Windows of a length and kind that was there
// before keep what was used of them.
func (s *Server) SetWindows(windows ...Window) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quota.set(time.Now(), windows)
}

// SetFaults replaces the faults; their counts start anew.
func (s *Server) SetFaults(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
	for _, f := range faults {
		s.faults = append(s.faults, arm(f))
	}
}

// SetDenied replaces what the account may not do.
func (s *Server) SetDenied(denied ...Denial) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied = make(map[Denial]bool, len(denied))
	for _, d := range denied {
		s.denied[d] = true
	}
}

// Neighbour uses up n requests of the quota, as another client of the same
// credentials would.
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

// Throttled returns how many requests were answered 429 because the quota was
// used up. A client that paces itself well keeps it at 0.
func (s *Server) Throttled() int {
	return s.Requests().Throttled
}

// clock returns the time as the server believes it to be.
func (s *Server) clock() time.Time {
	return time.Now().Add(s.config.ClockSkew)
}

// denies reports whether the account is denied d.
func (s *Server) denies(d Denial) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.denied[d]
}
