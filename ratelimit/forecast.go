package ratelimit

import "time"

// Forecast returns how long n requests take from now on, answers included. Enough workers are
// assumed, and other users that go on as in the last window. Requests of this process that are
// in flight are among the n. The result is false while no window is known. Until the hourly limit is
// reported, the likely one counts.
func (p *Pace) Forecast(n int) (time.Duration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	short, hour := p.schedule(spike, now), p.schedule(hourly, now)
	fresh := (n - min(p.requests.own, n)) * (1 + p.shared.waiting(now)) // waiting processes take as many
	switch {
	case short.places == 0 && hour.places == 0:
		return 0, false
	case n <= 0:
		return 0, true
	case fresh == 0:
		return p.requests.latency, true
	}
	start := max(now, p.paused)
	pace := func(n int) time.Duration { // how long n requests take if the hourly window does not bind
		return max(short.at(n, start, atOnce), p.cappedAt(n, now)) - start
	}
	return max(start+pace(fresh), hour.at(fresh, start, pace)) - now + p.requests.latency, true
}

// atOnce is the pace of requests that nothing else holds back.
func atOnce(int) time.Duration { return 0 }

// cappedAt returns when Options.Rate lets the n-th request from now go.
func (p *Pace) cappedAt(n int, now time.Duration) time.Duration {
	return max(now, p.cap.free) + time.Duration(n-1)*p.cap.apart
}

// schedule describes when the places of a window become free.
type schedule struct {
	window   *window
	places   int // for us; 0: the window is not known
	free     int // of these, now
	inflight int
	reset    time.Duration // when all places return at once; 0: no such time
	now      time.Duration
	cycle    time.Duration // from sending a request to the return of its place
}

// schedule returns the schedule of window i.
func (p *Pace) schedule(i int, now time.Duration) schedule {
	w := &p.windows[i]
	w.expire(now)
	limit := w.limit
	if i == hourly && limit == 0 && p.windows[spike].limit > 0 {
		limit = p.likelyHourlyLimit()
	}
	if limit == 0 {
		return schedule{}
	}
	s := schedule{window: w, now: now, inflight: p.requests.inflight, cycle: w.length + p.requests.latency + slack}
	s.places = max(limit-max(w.others, p.reserved(limit)), 1)
	s.free = max(s.places-w.held(p.requests.inflight), 0)
	if w.reset.latest > now && (i == spike || w.fixed()) {
		s.reset = w.reset.latest
	}
	return s
}

// at returns when the n-th request from now can be sent. The free places are used first, at the
// given pace. Every place returns one cycle after use, in the order of use.
func (s *schedule) at(n int, start time.Duration, pace func(int) time.Duration) time.Duration {
	if s.places == 0 || n <= s.free {
		return start
	}
	n -= s.free
	const most = 1_000_000 // cycles, against an overflow
	cycles, n := time.Duration(min((n-1)/s.places, most))*s.cycle, (n-1)%s.places+1
	at := s.returns(n, pace)
	if s.reset > 0 {
		at = min(at, s.reset+pace(n))
	}
	return max(at, start) + cycles
}

// returns tells when the n-th place that is taken now, or used until then, is free again.
func (s *schedule) returns(n int, pace func(int) time.Duration) time.Duration {
	held := s.window.held(s.inflight)
	n += max(held-s.places, 0) // over the limit: the first to return bring no place
	switch {
	case n <= s.window.logged:
		return s.window.returns(n)
	case n <= held:
		return s.now + s.cycle
	}
	return s.now + pace(n-held) + s.cycle
}
