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
//   - A wrong Content-Type is answered by 400, an Accept without JSON by 406.
//   - Lists come in the order of creation. Filters are answered by 400.
//   - Calls that muster does not make are answered by 404.
//
// An operation yields a status, headers and a body in one piece, and faults act
// around the operation. So every fault fits every call.
//
// A client that goes does not end the time before a person is stored: a server does
// not notice and creates the person.
//
// Inside a testing/synctest bubble, create the Server in the bubble, use
// Server.Transport (a socket would hang), and Close the Server before the bubble ends
// if requests may still be running.
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

// Config describes the Procore to simulate. The zero Config has company 1, project
// 100, any credentials, 3,600 requests an hour and 25 in 10 seconds, and no faults.
type Config struct {
	Company
	OtherProjects []Project // projects of the company besides ProjectID

	Credentials
	Denied []Denial // what the account may not do

	Windows []Window // nil: 3,600 an hour and 25 in 10 seconds; empty: no limits, no rate headers
	QuotaRules

	Lists ListOptions
	Answers
	ClockSkew time.Duration // the server's clock minus the real time
	Faults    []Fault
	Seed      uint64 // of everything random; the same requests in the same order get the same answers

	// OnRequest is called for every request after the body has arrived and before
	// anything is done. The hook may read the body, may run concurrently, and may
	// panic with http.ErrAbortHandler to cut the connection.
	OnRequest func(r *http.Request)
	// OnCreate is called before (stored false) and after (stored true) the nth valid
	// create is stored, n from 1. The hook may run concurrently and may panic with
	// http.ErrAbortHandler to cut the connection. There is no second call if the
	// create has become invalid during the first.
	OnCreate func(n int, stored bool)
}

// ListOptions describes the lists of people and of other things.
type ListOptions struct {
	MaxPerPage   int         // whatever per_page says; default 2,000
	RefuseAbove  int         // a per_page above is refused; 0: none is
	RefuseStatus int         // of such a refusal: 408 (default) or another status
	Headers      ListHeaders // of a page
	IgnorePage   bool        // every page is the first one
	LastPage     int         // pages above are empty; 0: none is, but for the list's end
	NoInactive   bool        // there is no list of inactive people: 404
	ShowInactive bool        // inactive people stay in the normal list, with is_active false
}

// ListHeaders says which headers come with a page of a list.
type ListHeaders string

// The choices of ListHeaders.
const (
	AllListHeaders ListHeaders = ""      // Link, Total and Per-Page
	OnlyLink       ListHeaders = "link"  // Link
	OnlyTotal      ListHeaders = "total" // Total
	ZeroTotal      ListHeaders = "zero"  // a Total of 0, which is wrong
	NoListHeaders  ListHeaders = "none"
)

// Company describes the company and the content of the Directory.
type Company struct {
	CompanyID int64 // default 1
	ProjectID int64 // default 100

	// FirstPersonID is the ID of the first person; each next ID is higher by two. The
	// default is odd and above 2^53, so that no ID survives a float.
	FirstPersonID       int64
	WorkClassifications []WorkClassification // nil: a dozen trades
}

// Credentials are what the login host accepts.
type Credentials struct {
	ClientID     string        // "": any non-empty text is accepted
	ClientSecret string        // "": any non-empty text is accepted
	TokenLife    time.Duration // default 90 minutes
}

// QuotaRules are the open questions about counting and reporting requests.
type QuotaRules struct {
	ThrottledFree    bool // a request answered by 429 uses no quota
	RetryAfter       bool // a 429 carries Retry-After: when the first place is free
	ResetAtFirstFree bool // a rolling window's reset is when its first place is free
	ResetRoundsDown  bool // a reset is rounded down to the second
	HourlyOnceUsedUp bool // windows of an hour are reported only once they are used up
}

// Answers are the open questions about the answers to calls.
type Answers struct {
	Bodies            BodyShape  // of refusals
	OriginID          OriginForm // of origin_id in answers
	OriginTakenStatus int        // 409 or 422 (default) when an origin_id is taken in the company
	RequireFirstName  bool       // refuse people without first_name
	HonourTokens      bool       // a repeated Idempotency-Token answers 200 with the same person
	TextIDs           bool       // version 2 calls answer IDs as text
}

// Project is a project of the company.
type Project struct {
	ID   int64
	Name string
}

// OriginForm is the JSON type of origin_id in answers. Only a plain whole number can
// be sent as a number.
type OriginForm string

// The forms of an origin_id in answers.
const (
	OriginText        OriginForm = ""
	OriginNumber      OriginForm = "number"
	OriginAlternating OriginForm = "alternating" // every second origin_id a number
)

// Denial is something that the account may not do.
type Denial string

// What can be denied.
const (
	DenyCredentials     Denial = "credentials"     // no token is given or accepted: 401
	DenyCompany         Denial = "company"         // the app is not connected to the company: 403
	DenyProject         Denial = "project"         // the project is not permitted: 403
	DenyWrite           Denial = "write"           // no "Create Contacts" on Directory: 403
	DenyList            Denial = "list"            // the people may not be listed: 403
	DenyInactive        Denial = "inactive"        // the inactive people may not be listed: 403
	DenyWebView         Denial = "web-view"        // view=web falls back to normal
	DenyClassifications Denial = "classifications" // the project's work classifications: 403
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
	config  Config
	mux     *http.ServeMux
	closed  chan struct{}
	answers atomic.Uint64 // numbers the answers, for X-Request-Id
	refused atomic.Uint64 // picks the body of the next refusal
	origins atomic.Uint64 // picks the form of the next origin_id

	mu       sync.Mutex // guards the fields below; never held while a hook runs
	random   *rand.Rand
	quota    quota
	faults   []*activeFault
	denied   []Denial
	tokens   map[string]time.Time // time of issue
	store    store
	listing  listing
	creates  int // valid creates, numbered for OnCreate
	stats    Stats
	timers   map[*time.Timer]struct{}
	isClosed bool
}

// New returns a Server without starting anything. Close is needed only if faults delay
// requests, hang connections or store people late.
func New(c Config) *Server {
	c.CompanyID = cmp.Or(c.CompanyID, 1)
	c.ProjectID = cmp.Or(c.ProjectID, 100)
	c.FirstPersonID = cmp.Or(c.FirstPersonID, 1<<53+1001)
	c.TokenLife = cmp.Or(max(c.TokenLife, 0), 90*time.Minute)
	c.Lists.MaxPerPage = cmp.Or(max(c.Lists.MaxPerPage, 0), 2000)
	c.Lists.RefuseStatus = cmp.Or(c.Lists.RefuseStatus, http.StatusRequestTimeout)
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
		timers: make(map[*time.Timer]struct{}),
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
	s.denied = slices.Clone(denied)
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
	return slices.Contains(s.denied, d)
}
