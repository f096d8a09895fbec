package ratelimit

import (
	"math"
	"sync"
	"time"
)

// largestLimit is the largest number that counts in a report. It fits into a record of the journal.
const largestLimit = math.MaxInt32

// never is when a slot is free that only an answer can free.
const never = time.Duration(math.MaxInt64)

// Pace hands out the places of a quota to all workers of a run, first come, first served.
// Its methods may be called from any goroutine. Only the first waiter watches the clock.
type Pace struct {
	epoch   time.Time // all instants below are durations since then, on the monotonic clock
	reserve float64

	mu        sync.Mutex
	shared    *shared // nil: no other processes
	queue     queue
	windows   [2]window // spike, hourly
	cap       rateCap
	requests  requests
	unlimited bool // answers come, and carry no rate headers

	paused    time.Duration // no request is sent before then
	rampLimit float64       // after a pause: so many requests in flight, rising with the answers; 0: any number

	remembered int // the hourly limit that earlier runs saw, or 0; for forecasts and the Reserve alone
}

// rateCap keeps the requests of this process apart, as Options.Rate says.
type rateCap struct {
	apart time.Duration // 0: no cap
	free  time.Duration // no request is sent before then
}

// requests counts what was sent and answered.
type requests struct {
	inflight int           // taken and not released
	own      int           // of these, this process's
	sent     int64         // slots ever taken
	finished int64         // slots ever released
	newest   time.Duration // when the newest slot was taken
	last     time.Duration // when the last slot was released
	lost     bool          // an answer was lost since nothing was in flight
	latency  time.Duration // moving average from taking to releasing
}

// past is longer than anything counts.
const past = 2 * hourlyLength

// New returns the pace of a quota about which only the processes that share the quota know anything.
func New(o Options) *Pace {
	// Requests that other processes sent before need an instant after the epoch, too.
	p := &Pace{epoch: time.Now().Add(-past), reserve: min(max(o.Reserve, 0), 1)}
	switch {
	case o.Database != nil:
		p.shared = newShared(o, o.Database, databaseGap)
	case o.Shared != "":
		p.shared = newShared(o, newFileJournal(o.Shared), 0)
	}
	if o.Rate > 0 {
		p.cap.apart = time.Duration(float64(time.Second) / o.Rate)
	}
	p.windows[spike] = newWindow(spike, spikeLength)
	p.windows[hourly] = newWindow(hourly, hourlyLength)
	return p
}

// Slot is a place in the quota for a request.
type Slot struct {
	pace     *Pace
	process  uint64 // the sender, if another process of Options.Shared; 0: this one
	number   uint64 // among the slots of the process
	taken    time.Duration
	finished int64    // requests.finished when taken: these requests were counted before this one
	returned [2]int64 // slotLog.returned of each window when taken
	released bool     // guarded by pace.mu
	recorded bool     // in the journal
}

// Report is what an answer said about the quota. Limit, Remaining and Reset come from the headers.
// Date is the server's own clock, or the time of arrival if the answer has no Date. A Report
// with neither Limit nor Date stands for an answer that was lost.
type Report struct {
	Limit     int // 0: the answer had no rate headers
	Remaining int
	Reset     time.Time
	Date      time.Time
}

// grant returns a slot, or how long to wait before asking again (never: until something changes).
func (p *Pace) grant() (*Slot, time.Duration) {
	now := p.now()
	at, _ := p.next(now)
	if wait := p.shared.fairnessDelay(now, at); wait > 0 {
		return nil, wait
	}
	p.cap.free = now + p.cap.apart
	slot := p.sends(now)
	p.requests.own++
	if !p.unlimited {
		p.shared.took(slot, now)
	}
	return slot, 0
}

// sends counts a request that is sent now.
func (p *Pace) sends(now time.Duration) *Slot {
	q := &p.requests
	slot := &Slot{pace: p, number: uint64(q.sent), taken: now, finished: q.finished}
	for i := range p.windows {
		w := &p.windows[i]
		w.expire(now)
		slot.returned[i] = w.returned
		w.room--
		if w.limit > 0 && w.free(q.inflight, p.reserved(w.limit)) <= 0 {
			w.nextAsk = now + spikeLength // this request asks; the next may do so if its answer says nothing
		}
	}
	if q.inflight == 0 {
		q.lost = false
	}
	q.inflight++
	q.sent++
	q.newest = now
	return slot
}

// next returns when the next slot is free, and the reason for waiting until then. The result depends on
// the state and now alone; the state changes only by what has expired.
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
	for i, reason := range [...]Reason{spike: Spike, hourly: Hourly} {
		if p.windows[i].limit == 0 {
			reason = None
		}
		later(p.opens(i, now), reason)
	}
	if p.crowded(now) {
		later(p.probe(now), None)
	}
	later(p.hourlyReserveAt(now), Hourly)
	later(p.cap.free, Capped)
	if at == never {
		why = None
	}
	return at, why
}

// crowded reports whether an answer must come before a further request goes: after a pause, or while
// the hourly limit is unknown. A server that reports the hourly window only once the window is used
// up refuses all requests that are then under way. So from the smallest documented limit to the usual
// limit, this process alone on the quota sends only as many at a time as use the spike window to the full.
func (p *Pace) crowded(now time.Duration) bool {
	short, hour := &p.windows[spike], &p.windows[hourly]
	if p.rampLimit > 0 {
		return p.requests.inflight >= int(p.rampLimit)
	}
	alone := short.othersSeen == 0 || now-short.othersSeen > hourlyLength
	if short.limit == 0 || hour.limit > 0 || !alone {
		return false
	}
	used := hour.held(p.requests.inflight)
	needed := 1 + int(float64(short.limit)*p.requests.latency.Seconds()/spikeLength.Seconds())
	return used >= smallestHourly-short.limit && used <= usualHourly && p.requests.own >= needed
}

// opens returns when window i has room for a further request.
func (p *Pace) opens(i int, now time.Duration) time.Duration {
	w := &p.windows[i]
	w.expire(now)
	switch {
	case w.limit > 0:
		return w.opens(now, p.probe(now), p.requests.inflight, p.reserved(w.limit))
	case p.unlimited, w.room > 0:
		return now
	default:
		return p.probe(now)
	}
}

// hourlyReserveAt returns when a further request leaves the Reserve of an hourly window that has not
// been reported. Procore reports that window when it is nearly used up, which is too late: until then
// the likely limit counts.
func (p *Pace) hourlyReserveAt(now time.Duration) time.Duration {
	w := p.windows[hourly]
	if p.reserve == 0 || w.limit > 0 || p.windows[spike].limit == 0 {
		return now
	}
	if w.limit = p.likelyHourlyLimit(); w.limit == 0 {
		return now
	}
	w.others, w.reset = 0, reset{}
	return w.opens(now, never, p.requests.inflight, p.reserved(w.limit))
}

// usualHourly is the hourly limit that Procore's documentation names first.
const usualHourly = 3600

// likelyHourlyLimit returns the hourly limit to assume before a report, or 0 if more requests than
// that have been sent.
func (p *Pace) likelyHourlyLimit() int {
	limit := usualHourly
	if p.remembered > 0 {
		limit = p.remembered
	}
	if p.windows[hourly].held(p.requests.inflight) > limit {
		return 0
	}
	return limit
}

// probe returns when a request may be sent to see what the server says: when nothing is in
// flight and, if an answer was lost, a spike window later.
func (p *Pace) probe(now time.Duration) time.Duration {
	switch {
	case p.requests.inflight > 0:
		return max(now, p.requests.newest+spikeLength) // not to hang on one slow answer
	case p.requests.lost && (p.windows[spike].limit > 0 || p.windows[hourly].limit > 0):
		return max(now, p.requests.last+spikeLength)
	}
	return now
}

// reserved returns how many of a window's places are left to other users.
func (p *Pace) reserved(limit int) int {
	return min(int(math.Ceil(p.reserve*float64(limit)-1e-9)), limit-1)
}

// Release says that the answer to the slot's request has arrived, or was lost. The slot
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
	r.Limit, r.Remaining = min(r.Limit, largestLimit), min(r.Remaining, largestLimit)
	s.released = true
	p.happens(func(now time.Duration) {
		p.requests.own--
		p.answers(s, r, now)
		p.shared.answered(s, r)
	})
}

// answers counts and learns from the answer to s, which arrives now.
func (p *Pace) answers(s *Slot, r Report, now time.Duration) {
	p.requests.inflight--
	p.requests.finished++
	for i := range p.windows {
		p.windows[i].expire(now)
		p.windows[i].add(now)
	}
	if r.Limit > 0 || !r.Date.IsZero() {
		p.ramp(s, r)
		p.requests.measure(now - s.taken)
		p.learn(s, r, now)
	} else {
		p.requests.lost = true
	}
	p.requests.last = now
}

// ramp raises how many requests may be in flight after a pause.
func (p *Pace) ramp(s *Slot, r Report) {
	switch {
	case p.rampLimit == 0 || s.taken < p.paused:
	case r.Limit > 0:
		p.rampLimit = 0 // the windows say how many
	default:
		p.rampLimit += 1 / p.rampLimit
	}
}

// measure adds a round trip to the average.
func (q *requests) measure(took time.Duration) {
	if q.latency == 0 {
		q.latency = took
	}
	q.latency += (took - q.latency) / 16
}

// Pause keeps all workers from sending for d. Of several pauses the latest end counts. The
// first request afterwards goes alone, and its answer tells what the quota is now. If it tells
// nothing, a further request may be in flight each round trip. Call Pause before the slot of the
// refused request is released, which would let another request go.
func (p *Pace) Pause(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	until := p.now() + d
	p.pauses(until)
	p.happens(func(now time.Duration) { p.shared.paused(until - now) })
}

func (p *Pace) pauses(until time.Duration) {
	p.paused = max(p.paused, until)
	p.rampLimit = 1
}

// Wait returns when the first waiting worker gets a slot, and the reason for waiting. The result is
// the zero time and None if no worker waits, or if the worker waits for an answer.
func (p *Pace) Wait() (time.Time, Reason) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.queue.waiting.Len() == 0 {
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

// Others reports whether other processes, dead or alive, have sent requests in the last 10 seconds.
func (p *Pace) Others() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shared == nil {
		return false
	}
	now := p.now()
	for _, o := range p.shared.others {
		if now-o.newest < spikeLength {
			return true
		}
	}
	return false
}

func (p *Pace) now() time.Duration {
	return time.Since(p.epoch)
}
