package simulator

import (
	"math/rand/v2"
	"slices"
	"time"
)

// FaultKind is what goes wrong.
type FaultKind string

// The kinds of faults. Unless a kind says otherwise, Delay is how long the
// request takes before anything else happens.
const (
	Latency         FaultKind = "latency"         // takes Delay (default 100 ms) and up to Jitter more: on the way, before and after storing
	LostAnswer      FaultKind = "lost-answer"     // done, then the connection is cut
	CutBefore       FaultKind = "cut-before"      // the connection is cut and nothing is done
	LateCommit      FaultKind = "late-commit"     // the connection is cut, or hangs; done Delay (default 20 s) later
	Status500After  FaultKind = "500-after"       // done, then 500
	Status500Before FaultKind = "500-before"      // 500 and nothing is done
	BadGateway      FaultKind = "bad-gateway"     // a proxy's 502 in HTML; done or not, see Created
	GatewayTimeout  FaultKind = "gateway-timeout" // a proxy's 504 in HTML; done or not, see Created
	Unavailable     FaultKind = "unavailable"     // 503 with Retry-After (Delay, default 5 s), nothing done; if Created is given, a proxy's 503 without
	Throttle        FaultKind = "throttle"        // 429 although quota is free, nothing done; Retry-After if Delay is given
	RequestTimeout  FaultKind = "request-timeout" // 408; done or not, see Created
	ExpireToken     FaultKind = "expire-token"    // 401, nothing done; the token stays invalid
	SlowBody        FaultKind = "slow-body"       // done; the answer's body drips in over Delay (default 5 s)
	TruncatedBody   FaultKind = "truncated-body"  // done; the body ends before its Content-Length
	Malformed       FaultKind = "malformed"       // done; the status is right and the body is garbage
	ListLag         FaultKind = "list-lag"        // the created person shows up in lists only after Delay (default 30 s)
	ListFailure     FaultKind = "list-failure"    // 500 to a list of people
)

// FaultKinds returns all kinds, in the order in which help lists them.
func FaultKinds() []FaultKind {
	return []FaultKind{
		Latency, LostAnswer, CutBefore, LateCommit, Status500After, Status500Before, BadGateway, GatewayTimeout,
		Unavailable, Throttle, RequestTimeout, ExpireToken, SlowBody, TruncatedBody, Malformed, ListLag, ListFailure,
	}
}

// Scope is which requests a fault can strike.
type Scope string

// The scopes of faults.
const (
	Creates Scope = "creates" // POST people
	Updates Scope = "updates" // PATCH people
	Lists   Scope = "lists"   // GET people
	Calls   Scope = "calls"   // every request to the API host
	Tokens  Scope = "tokens"  // POST /oauth/token
)

// Created is whether a fault that leaves it open comes after the create.
type Created string

// Whether it was created.
const (
	CreatedMaybe Created = "" // a coin decides
	CreatedYes   Created = "yes"
	CreatedNo    Created = "no"
)

// Fault is something that goes wrong now and then. It strikes when one of
// Probability, Every and Nth says so, and always if none is given. What it
// counts are the requests in scope that quota, token and permissions let
// through (Latency: all that arrive).
//
// Where several strike one request, all Latency and ListLag take effect and of
// the others the first.
type Fault struct {
	Kind        FaultKind
	Probability float64       // from 0 to 1
	Every       int           // 7: the 7th, the 14th, …
	Nth         []int         // these, from 1
	Scope       Scope         // "": Creates; ListFailure: Lists
	Delay       time.Duration // 0: the kind's default
	Jitter      time.Duration // Latency: up to so much is added
	Created     Created       // BadGateway, GatewayTimeout, RequestTimeout, Unavailable
	Hang        bool          // LateCommit: the connection hangs until the client goes
}

// armed is a fault and how many requests it has seen.
type armed struct {
	Fault
	seen int
}

// arm fills in the defaults of the kind.
func arm(f Fault) *armed {
	if f.Scope == "" {
		f.Scope = Creates
		if f.Kind == ListFailure {
			f.Scope = Lists
		}
	}
	if f.Delay == 0 {
		switch f.Kind {
		case Latency:
			if f.Jitter == 0 {
				f.Delay = 100 * time.Millisecond
			}
		case LateCommit:
			f.Delay = 20 * time.Second
		case Unavailable:
			if f.Created == CreatedMaybe {
				f.Delay = 5 * time.Second
			}
		case SlowBody:
			f.Delay = 5 * time.Second
		case ListLag:
			f.Delay = 30 * time.Second
		case LostAnswer, CutBefore, Status500After, Status500Before, BadGateway, GatewayTimeout,
			Throttle, RequestTimeout, ExpireToken, TruncatedBody, Malformed, ListFailure:
		}
	}
	return &armed{Fault: f}
}

// strikes counts one request of the given scope and reports whether it is hit.
func (a *armed) strikes(scope Scope, random *rand.Rand) bool {
	if a.Scope != scope && (a.Scope != Calls || scope == Tokens) {
		return false
	}
	a.seen++
	if a.Probability == 0 && a.Every == 0 && len(a.Nth) == 0 {
		return true
	}
	// The draw comes first, so that the other conditions don't change its sequence.
	return a.Probability > 0 && random.Float64() < a.Probability ||
		a.Every > 0 && a.seen%a.Every == 0 ||
		slices.Contains(a.Nth, a.seen)
}

// latency returns how long a request takes before it is counted, until it is
// done, and until it is answered.
func (s *Server) latency(scope Scope) (way, work, back time.Duration) {
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

// strike returns the fault that hits a request, the zero Fault if none does,
// and how long lists lag behind it. An open Created is decided.
func (s *Server) strike(scope Scope) (hit Fault, lag time.Duration) {
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
	open := hit.Kind == BadGateway || hit.Kind == GatewayTimeout || hit.Kind == RequestTimeout
	if open && hit.Created == CreatedMaybe {
		hit.Created = CreatedNo
		if s.random.IntN(2) == 0 {
			hit.Created = CreatedYes
		}
	}
	return hit, lag
}
