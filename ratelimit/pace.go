package ratelimit

import (
	"container/list"
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Options are what the user decides about the pace. The zero value uses the quota to the full.
type Options struct {
	Rate    float64 // requests per second at most; 0 = no cap
	Reserve float64 // the share of every window that is left to other users of the quota, 0 to 1

	// Shared is a file through which all processes that name it use one quota
	// together, and through which the next one learns what the last one sent.
	// "": none. It holds times and numbers, and stays behind.
	Shared string
	// Timeout is how long a request may take: one of a process that died counts
	// as answered after that. 0: 60 s.
	Timeout time.Duration
	// Unshared is told, once, that the file can't be used; from then on the pace
	// is this process's alone. It must not call the Pace. It may be nil.
	Unshared func(error)
}

// Reason says what the next request waits for.
type Reason uint8

// What a request can wait for.
const (
	None      Reason = iota // nothing, or an answer that is on its way
	Spike                   // a place in the 10-second window
	Hourly                  // a place in the 60-minute window
	Paused                  // the end of a Pause
	Capped                  // Options.Rate
	Abandoned               // the places of a process that has most likely died before its requests were answered
)

// String returns the reason in one word, "" for None.
func (r Reason) String() string {
	switch r {
	case Spike:
		return "spike"
	case Hourly:
		return "hourly"
	case Paused:
		return "paused"
	case Capped:
		return "capped"
	case Abandoned:
		return "abandoned"
	case None:
		return ""
	}
	return ""
}

// never is when a slot is free that only an answer can free.
const never = time.Duration(math.MaxInt64)

// Pace hands out the places of one quota to all workers of a run, first come, first served.
// Its methods may be called from any goroutine.
type Pace struct {
	epoch   time.Time // all instants below are durations since then, on the monotonic clock
	reserve float64
	capped  *rate.Limiter // nil: no cap

	mu      sync.Mutex
	shared  *shared   // nil: with nobody
	waiting list.List // of *waiter; only the first one watches the clock
	windows [2]window // Spike, Hourly
	unheard window    // the requests of the last hour whose answers were lost
	opened  hour      // if the hourly window is fixed and begins with a request
	struck  hour      // if it is fixed and begins with the full hour

	inflight  int           // taken and not released
	own       int           // of these, this process's
	sent      int64         // slots ever taken
	finished  int64         // slots ever released
	newest    time.Duration // when the newest slot was taken
	last      time.Duration // when the last slot was released
	lost      bool          // since nothing was in flight, an answer was lost
	unlimited bool          // answers come, and they carry no rate headers
	paused    time.Duration // nobody sends before then
	abreast   float64       // after a pause: so many requests at a time, rising with the answers; 0: any number
	latency   time.Duration // moving average from taking to releasing

	remembered int // the hourly limit as Options.Shared knows it from before; for forecasts and the Reserve alone
}

// past is longer than anything counts.
const past = 2 * hourlyLength

// New returns the pace of a quota of which nothing is known yet but what Options.Shared says.
func New(o Options) *Pace {
	// What other processes sent before this one began has its instant, too.
	p := &Pace{epoch: time.Now().Add(-past), reserve: min(max(o.Reserve, 0), 1)}
	if o.Shared != "" {
		p.shared = newShared(o)
	}
	if o.Rate > 0 {
		p.capped = rate.NewLimiter(rate.Limit(o.Rate), 1)
	}
	p.windows[spike] = newWindow(spikeLength)
	p.windows[hourly] = newWindow(hourlyLength)
	p.unheard = newWindow(hourlyLength)
	p.struck.clock = true
	return p
}

// Slot is a place in the quota for one request.
type Slot struct {
	pace     *Pace
	number   uint64 // among the slots of its process
	taken    time.Duration
	finished int64    // Pace.finished when taken: these requests were counted before this one
	returned [2]int64 // window.returned when taken
	released bool     // guarded by pace.mu
}

// Report is what an answer said about the quota. Limit, Remaining and Reset are the headers'.
// Date is the server's own clock; where an answer has no Date, the time of its arrival. A Report
// with neither Limit nor Date stands for an answer that was lost.
type Report struct {
	Limit     int // 0: the answer had no rate headers
	Remaining int
	Reset     time.Time
	Date      time.Time
}

// waiter is somebody who waits for a slot.
type waiter struct {
	turn   chan struct{}
	urgent bool
}

// Take waits for a place in the quota. Every slot must be released. The error is ctx's.
func (p *Pace) Take(ctx context.Context) (*Slot, error) { return p.take(ctx, false) }

// TakeFirst is Take, ahead of everybody who waits in Take: for what others wait
// for, such as settling, and for what has had its turn and was put off.
func (p *Pace) TakeFirst(ctx context.Context) (*Slot, error) { return p.take(ctx, true) }

func (p *Pace) take(ctx context.Context, urgent bool) (*Slot, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting.Len() == 0 {
		if slot, _ := p.grant(); slot != nil {
			return slot, nil
		}
	}
	w := &waiter{turn: make(chan struct{}, 1), urgent: urgent}
	place := p.enqueue(w)
	defer func() {
		p.waiting.Remove(place)
		p.wake()
	}()
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		wait := never
		if p.waiting.Front() == place {
			var slot *Slot
			if slot, wait = p.grant(); slot != nil {
				return slot, nil
			}
		}
		p.sleep(ctx, w.turn, wait)
	}
}

// enqueue puts w behind those who have its urgency.
func (p *Pace) enqueue(w *waiter) *list.Element {
	for at := p.waiting.Front(); w.urgent && at != nil; at = at.Next() {
		if !at.Value.(*waiter).urgent {
			return p.waiting.InsertBefore(w, at)
		}
	}
	return p.waiting.PushBack(w)
}

// sleep waits, without the lock, for the time to pass, for a change, or for ctx to end.
func (p *Pace) sleep(ctx context.Context, turn <-chan struct{}, wait time.Duration) {
	p.mu.Unlock()
	defer p.mu.Lock()
	var alarm <-chan time.Time
	if wait != never {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case <-ctx.Done():
	case <-turn:
	case <-alarm:
	}
}

// wake lets the first waiter look again.
func (p *Pace) wake() {
	if first := p.waiting.Front(); first != nil {
		select {
		case first.Value.(*waiter).turn <- struct{}{}:
		default: // it has been told and has not looked yet
		}
	}
}

// grant returns a slot, or how long to wait before asking again (never: until something changes).
func (p *Pace) grant() (*Slot, time.Duration) {
	defer p.together()()
	now := p.now()
	at, _ := p.next(now)
	if wait := p.shared.turn(now, at); wait > 0 {
		return nil, wait
	}
	if p.capped != nil && !p.capped.AllowN(p.epoch.Add(now), 1) {
		return nil, time.Microsecond // a rounding error of the limiter's
	}
	slot := p.sends(now)
	p.own++
	p.shared.took(slot, now)
	return slot, 0
}

// sends counts a request that is sent now.
func (p *Pace) sends(now time.Duration) *Slot {
	slot := &Slot{pace: p, number: uint64(p.sent), taken: now, finished: p.finished}
	for i := range p.windows {
		w := &p.windows[i]
		w.expire(now)
		slot.returned[i] = w.returned
		w.room--
		if w.limit > 0 && w.free(p.inflight, p.kept(i)) <= 0 {
			w.asked = now + spikeLength // this one probes; the next may do so if its answer says nothing
		}
	}
	if p.inflight == 0 {
		p.lost = false
	}
	p.inflight++
	p.sent++
	p.newest = now
	return slot
}

// next returns when the next slot is free, and what it waits for until then. It is a function of
// the state and now: apart from letting go what has run out, it changes nothing.
func (p *Pace) next(now time.Duration) (time.Duration, Reason) {
	at, why := now, None
	later := func(t time.Duration, reason Reason) {
		if t > at {
			at, why = t, reason
		}
	}
	if p.paused > now {
		return p.paused, Paused
	}
	if p.abreast > 0 && p.inflight >= int(p.abreast) {
		later(p.probe(now), None)
	}
	for i, reason := range [...]Reason{spike: Spike, hourly: Hourly} {
		if p.windows[i].limit == 0 {
			reason = None
		}
		later(p.opens(i, now), reason)
	}
	later(p.sparing(now), Hourly)
	if p.capped != nil {
		later(now+p.untilToken(now), Capped)
	}
	if at == never {
		why = None
	}
	return at, why
}

// untilToken returns how long Options.Rate keeps the next request back.
func (p *Pace) untilToken(now time.Duration) time.Duration {
	lacking := max(1-p.capped.TokensAt(p.epoch.Add(now)), 0)
	return time.Duration(lacking / float64(p.capped.Limit()) * float64(time.Second))
}

// opens returns when window i has room for one more request.
func (p *Pace) opens(i int, now time.Duration) time.Duration {
	w := &p.windows[i]
	w.expire(now)
	switch {
	case w.limit > 0:
		return w.opens(now, p.probe(now), p.inflight, p.kept(i))
	case p.unlimited, w.room > 0:
		return now
	default:
		return p.probe(now)
	}
}

// sparing returns when one more request leaves an hourly window that has not been reported its
// Reserve. Procore reports it when it is nearly used up, which is too late: until then the limit
// that is likely counts.
func (p *Pace) sparing(now time.Duration) time.Duration {
	w := p.windows[hourly]
	if p.reserve == 0 || w.limit > 0 || p.windows[spike].limit == 0 {
		return now
	}
	if w.limit = p.likely(); w.limit == 0 {
		return now
	}
	w.others, w.stale, w.reset = 0, false, 0
	return w.opens(now, never, p.inflight, p.reserved(w.limit))
}

// probe returns when one request may be sent to see what the server says: when nothing is in
// flight and the last answers, of which none was lost, all left something to a hidden window.
func (p *Pace) probe(now time.Duration) time.Duration {
	switch {
	case p.inflight > 0:
		return max(now, p.newest+spikeLength) // not to hang on one slow answer
	case p.lost && (p.windows[spike].limit > 0 || p.windows[hourly].limit > 0):
		return max(now, p.last+spikeLength)
	}
	return now
}

// kept returns how many places of window i are not for us, whoever uses them.
func (p *Pace) kept(i int) int {
	w := &p.windows[i]
	kept := p.reserved(w.limit)
	if i == spike && p.ties() {
		kept = max(kept, 1)
	}
	return min(kept, w.limit-1)
}

// reserved returns how many of a window's places are left to others.
func (p *Pace) reserved(limit int) int {
	return min(int(math.Ceil(p.reserve*float64(limit)-1e-9)), limit-1)
}

// Release says that the answer to the slot's request has arrived, or that it was lost. The slot
// returns one window later. Only the first call counts.
func (s *Slot) Release(r Report) {
	if s == nil {
		return
	}
	p := s.pace
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.released {
		return
	}
	if r.Limit > 0 && r.Date.IsZero() {
		r.Date = time.Now()
	}
	defer p.together()()
	p.own--
	p.answers(s, r, p.now())
	p.shared.answered(s, r)
	p.wake()
}

// answers counts the answer to s, which arrives now, and learns from it.
func (p *Pace) answers(s *Slot, r Report, now time.Duration) {
	s.released = true
	p.inflight--
	p.finished++
	for i := range p.windows {
		p.windows[i].expire(now)
		p.windows[i].add(now)
	}
	p.opened.counts(r.Date)
	p.struck.counts(r.Date)
	if r.Limit > 0 || !r.Date.IsZero() {
		p.answered(s, r, now)
		p.learn(s, r, now)
	} else {
		p.lost = true
		p.unheard.expire(now)
		p.unheard.add(now)
	}
	p.last = now
}

// answered takes note that the server answers.
func (p *Pace) answered(s *Slot, r Report, now time.Duration) {
	switch {
	case p.abreast == 0 || s.taken < p.paused:
	case r.Limit > 0:
		p.abreast = 0 // the windows say how many
	default:
		p.abreast += 1 / p.abreast
	}
	took := now - s.taken
	if p.latency == 0 {
		p.latency = took
	}
	p.latency += (took - p.latency) / 16
}

// Pause keeps everybody from sending for d. Of several pauses the one that ends last counts. The
// first request afterwards goes alone: its answer tells the others what the quota is now. If it tells
// nothing, they follow one more at a time each round trip. It is called before the slot of the
// refused request is released, which would let another one go. Slots that were taken before stay.
func (p *Pace) Pause(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.together()()
	p.pauses(p.now() + d)
	p.shared.paused(d)
	p.wake()
}

func (p *Pace) pauses(until time.Duration) {
	p.paused = max(p.paused, until)
	p.abreast = 1
}

// Wait returns, while workers are waiting, when the first of them gets its slot, and what it waits
// for: None and the zero time if nobody waits, or if it is for an answer.
func (p *Pace) Wait() (time.Time, Reason) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting.Len() == 0 {
		return time.Time{}, None
	}
	now := p.now()
	at, why := p.next(now)
	if until, abandoned := p.abandoned(now, at, why); abandoned {
		at, why = until, Abandoned
	}
	if why == None {
		return time.Time{}, None
	}
	return p.epoch.Add(at), why
}

// Others reports whether other processes have sent requests lately that count
// against the quota, as one has that was killed a moment ago.
func (p *Pace) Others() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shared == nil {
		return false
	}
	now := p.now()
	for _, o := range p.shared.others {
		if o.lately(now) > 0 {
			return true
		}
	}
	return false
}

func (p *Pace) now() time.Duration {
	return time.Since(p.epoch)
}
