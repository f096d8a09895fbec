package simulator

import (
	"math/rand/v2"
	"slices"
	"time"
)

// FaultKind is the name of a fault.
type FaultKind string

// The kinds of faults.
const (
	Latency         FaultKind = "latency"         // takes Delay and up to Jitter more: on the way, before and after storing
	LostAnswer      FaultKind = "lost-answer"     // done, then the connection is cut
	CutBefore       FaultKind = "cut-before"      // the connection is cut and nothing is done
	LateCommit      FaultKind = "late-commit"     // the connection is cut, or hangs; done after Delay
	Status500After  FaultKind = "500-after"       // done, then 500
	Status500Before FaultKind = "500-before"      // 500 and nothing is done
	BadGateway      FaultKind = "bad-gateway"     // a proxy's 502 in HTML; done or not, see Created
	GatewayTimeout  FaultKind = "gateway-timeout" // a proxy's 504 in HTML; done or not, see Created
	Unavailable     FaultKind = "unavailable"     // 503 with Retry-After (Delay), nothing done; if Created is given, a proxy's 503 without
	Throttle        FaultKind = "throttle"        // 429 although quota is free, nothing done; Retry-After if Delay is given
	RequestTimeout  FaultKind = "request-timeout" // 408; done or not, see Created
	ExpireToken     FaultKind = "expire-token"    // 401, nothing done; the token stays invalid
	SlowBody        FaultKind = "slow-body"       // done; the answer's body drips in over Delay
	TruncatedBody   FaultKind = "truncated-body"  // done; the body ends before its Content-Length
	Malformed       FaultKind = "malformed"       // done; the status is right and the body is garbage
	ListLag         FaultKind = "list-lag"        // the created person shows up in lists only after Delay
	ListFailure     FaultKind = "list-failure"    // 500 to a list of people
)

// faultRule says how a kind of fault behaves.
type faultRule struct {
	kind      FaultKind
	done      doneRule
	delay     time.Duration // the default of Delay
	waits     bool          // Delay passes before anything else happens
	undecided bool          // a coin decides an open Created
	cuts      bool          // the connection is cut before an answer
	status    int           // of the answer; 0: the operation's
	text      string        // of that answer
	proxy     bool          // that answer is a proxy's page
}

// doneRule says whether the operation runs.
type doneRule uint8

const (
	done doneRule = iota
	notDone
	doneIfCreated
)

const wentWrong = "We're sorry, but something went wrong"

// faultRules lists all kinds in the order of the help.
var faultRules = []faultRule{
	{kind: Latency, delay: 100 * time.Millisecond},
	{kind: LostAnswer, waits: true, cuts: true},
	{kind: CutBefore, done: notDone, waits: true, cuts: true},
	{kind: LateCommit, done: notDone, delay: 20 * time.Second, cuts: true},
	{kind: Status500After, waits: true, status: 500, text: wentWrong},
	{kind: Status500Before, done: notDone, waits: true, status: 500, text: wentWrong},
	{kind: BadGateway, done: doneIfCreated, waits: true, undecided: true, status: 502, text: "The server sent an invalid answer.", proxy: true},
	{kind: GatewayTimeout, done: doneIfCreated, waits: true, undecided: true, status: 504, text: "The server did not answer in time.", proxy: true},
	{kind: Unavailable, done: doneIfCreated, delay: 5 * time.Second, status: 503, text: "The service is under heavy load"},
	{kind: Throttle, done: notDone},
	{kind: RequestTimeout, done: doneIfCreated, waits: true, undecided: true, status: 408, text: "The request took too long"},
	{kind: ExpireToken, done: notDone, waits: true, status: 401, text: "The access token is expired"},
	{kind: SlowBody, delay: 5 * time.Second},
	{kind: TruncatedBody, waits: true},
	{kind: Malformed, waits: true},
	{kind: ListLag, delay: 30 * time.Second},
	{kind: ListFailure, done: notDone, waits: true, status: 500, text: wentWrong},
}

// rule returns how f behaves. The zero Fault and an unknown kind change nothing.
func (f Fault) rule() faultRule {
	i := slices.IndexFunc(faultRules, func(r faultRule) bool { return r.kind == f.Kind })
	if i < 0 {
		return faultRule{}
	}
	rule := faultRules[i]
	if f.Kind == Unavailable && f.Created != CreatedMaybe {
		rule.delay, rule.waits, rule.text, rule.proxy = 0, true, "The server is not available.", true
	}
	return rule
}

// FaultKinds returns all kinds in the order of the help.
func FaultKinds() []FaultKind {
	kinds := make([]FaultKind, len(faultRules))
	for i, rule := range faultRules {
		kinds[i] = rule.kind
	}
	return kinds
}

// Scope is the set of requests that a fault can strike.
type Scope string

// The scopes of faults.
const (
	Creates Scope = "creates" // POST people
	Updates Scope = "updates" // PATCH people
	Lists   Scope = "lists"   // GET people
	Calls   Scope = "calls"   // every request to the API host
	Tokens  Scope = "tokens"  // POST /oauth/token
)

// Created says whether the request is done under a fault that allows both.
type Created string

// The choices of Created.
const (
	CreatedMaybe Created = "" // a coin decides
	CreatedYes   Created = "yes"
	CreatedNo    Created = "no"
)

// Fault is a failure that strikes requests by Probability, Every or Nth, and every
// request if none of these is given. The count includes the requests in
// scope that quota, token and permissions let through (Latency: all that arrive).
//
// If several faults strike a request, all Latency and ListLag take effect, and of
// the others the first.
type Fault struct {
	Kind        FaultKind
	Probability float64       // from 0 to 1
	Every       int           // 7: the 7th, the 14th, …
	Nth         []int         // these, from 1
	Scope       Scope         // "": Creates; ListFailure: Lists
	Delay       time.Duration // 0: the kind's default; before anything else happens unless the kind says otherwise
	Jitter      time.Duration // Latency: up to so much is added
	Created     Created       // BadGateway, GatewayTimeout, RequestTimeout, Unavailable
	Hang        bool          // LateCommit: the connection hangs until the client disconnects
}

// activeFault is a fault with the number of requests counted so far.
type activeFault struct {
	Fault
	seen int
}

// activate fills in the defaults of the kind.
func activate(f Fault) *activeFault {
	if f.Scope == "" {
		f.Scope = Creates
		if f.Kind == ListFailure {
			f.Scope = Lists
		}
	}
	if f.Delay == 0 && (f.Kind != Latency || f.Jitter == 0) {
		f.Delay = f.rule().delay
	}
	return &activeFault{Fault: f}
}

// strikes counts a request of the given scope and reports whether the fault hits.
func (a *activeFault) strikes(scope Scope, random *rand.Rand) bool {
	if a.Scope != scope && (a.Scope != Calls || scope == Tokens) {
		return false
	}
	a.seen++
	if a.Probability == 0 && a.Every == 0 && len(a.Nth) == 0 {
		return true
	}
	// The draw comes first, so that the other conditions don't change the sequence.
	return a.Probability > 0 && random.Float64() < a.Probability ||
		a.Every > 0 && a.seen%a.Every == 0 ||
		slices.Contains(a.Nth, a.seen)
}

// drawLatency returns how long a request takes before the count, until the operation
// is done, and until the answer.
func (s *Server) drawLatency(scope Scope) (way, work, back time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var total time.Duration
	for _, a := range s.faults {
		if a.Kind == Latency && a.strikes(scope, s.random) {
			total += a.Delay
			if a.Jitter > 0 {
				total += time.Duration(s.random.Int64N(int64(a.Jitter) + 1))
			}
		}
	}
	if total <= 0 {
		return 0, 0, 0
	}
	first, second := s.random.Int64N(int64(total)+1), s.random.Int64N(int64(total)+1)
	first, second = min(first, second), max(first, second)
	return time.Duration(first), time.Duration(second - first), total - time.Duration(second)
}

// drawFault returns the fault that hits a request, or the zero Fault, and how long
// lists lag behind the request. An open Created is decided.
func (s *Server) drawFault(scope Scope) (hit Fault, lag time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.faults {
		if a.Kind == Latency || !a.strikes(scope, s.random) {
			continue
		}
		switch {
		case a.Kind == ListLag:
			lag = max(lag, a.Delay)
		case hit.Kind == "":
			hit = a.Fault
		}
	}
	if hit.Created == CreatedMaybe && hit.rule().undecided {
		hit.Created = CreatedNo
		if s.random.IntN(2) == 0 {
			hit.Created = CreatedYes
		}
	}
	return hit, lag
}
