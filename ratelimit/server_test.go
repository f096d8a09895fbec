package ratelimit_test

import (
	"math/rand/v2"
	"sync"
	"time"

	"muster/ratelimit"
)

// quota is one window as a server counts it.
type quota struct {
	length time.Duration
	limit  int
	fixed  bool          // starts anew every length; otherwise it rolls
	opens  bool          // fixed: not at once, but with the first request afterwards
	phase  time.Duration // fixed: how far into the window the server is at the start

	began time.Time // fixed: of the current window
	log   []time.Time
}

// used returns how many requests count at now.
func (q *quota) used(now time.Time) int {
	if q.fixed {
		for !q.began.Add(q.length).After(now) {
			q.began = q.began.Add(q.length)
			q.log = q.log[:0]
		}
		if q.opens && len(q.log) == 0 {
			q.began = now
		}
		return len(q.log)
	}
	n := 0
	for n < len(q.log) && !q.log[n].Add(q.length).After(now) {
		n++
	}
	q.log = q.log[n:]
	return len(q.log)
}

// frees returns when the window has room again.
func (q *quota) frees(now time.Time) time.Time {
	switch {
	case q.used(now) < q.limit:
		return now
	case q.fixed:
		return q.began.Add(q.length)
	}
	return q.log[len(q.log)-q.limit].Add(q.length)
}

// telling is by what rule the server picks the window that it reports.
type telling string

const (
	fewest      telling = "fewest left" // on a tie the hourly one
	strict      telling = "fewest, tie" // on a tie the spike
	share       telling = "least share" // of the limit, the same
	tenth       telling = "last tenth"  // the hourly one once a tenth of it is left
	usedUp      telling = "used up"     // the hourly one once nothing of it is left
	onlyRefused telling = "refused"     // the hourly one only when a request is refused
)

// server counts exactly and reports one window, in whole seconds of its own clock.
type server struct {
	windows []*quota // the spike first, if there are two
	telling telling
	skew    time.Duration
	oldest  bool // a rolling window's reset is when the oldest request leaves; otherwise a whole length ahead
	floor   bool // a reset is rounded down
	counts  bool // a refused request counts, too

	mu                sync.Mutex
	accepted, refused int
}

func (s *server) start(now time.Time) {
	for _, q := range s.windows {
		q.began = now.Add(-q.phase)
	}
}

// handle takes one request that arrives at now.
func (s *server) handle(now time.Time) (ratelimit.Report, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ok := true
	told := s.windows[0]
	for _, q := range s.windows {
		if q.used(now) >= q.limit {
			ok, told = false, q
		}
	}
	if ok {
		s.accepted++
		for _, q := range s.windows {
			q.log = append(q.log, now)
		}
		told = s.tells(now)
	} else {
		s.refused++
		if s.counts {
			for _, q := range s.windows {
				q.log = append(q.log, now)
				if !q.fixed && len(q.log) > q.limit {
					q.log = q.log[len(q.log)-q.limit:]
				}
			}
		}
	}
	reset := now.Add(told.length)
	switch {
	case told.fixed:
		reset = told.began.Add(told.length)
	case s.oldest && len(told.log) > 0:
		reset = told.log[0].Add(told.length)
	}
	clock := now.Add(s.skew)
	reset = reset.Add(s.skew)
	if !s.floor {
		reset = reset.Add(time.Second - 1)
	}
	return ratelimit.Report{
		Limit:     told.limit,
		Remaining: max(told.limit-told.used(now), 0),
		Reset:     reset.Truncate(time.Second),
		Date:      clock.Truncate(time.Second),
	}, ok
}

// allow changes the limit of window i.
func (s *server) allow(i, limit int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.windows[i].limit = limit
}

func (s *server) tells(now time.Time) *quota {
	a := s.windows[0]
	if len(s.windows) == 1 {
		return a
	}
	b := s.windows[1]
	left, more := a.limit-a.used(now), b.limit-b.used(now)
	hourly := false
	switch s.telling {
	case fewest:
		hourly = more <= left
	case strict:
		hourly = more < left
	case share:
		hourly = more*a.limit <= left*b.limit
	case tenth:
		hourly = more*10 < b.limit
	case usedUp:
		hourly = more <= 0
	case onlyRefused:
	}
	if hourly {
		return b
	}
	return a
}

// best returns how many requests a client without latency that knows everything gets accepted in span.
// change, if there is one, is what happens to the server meanwhile.
func best(s *server, start time.Time, span time.Duration, change func(*server, time.Duration)) int {
	s.start(start)
	for now := start; ; {
		if change != nil {
			change(s, now.Sub(start))
		}
		free := now
		for _, q := range s.windows {
			if t := q.frees(now); t.After(free) {
				free = t
			}
		}
		if free.Sub(start) >= span {
			return s.accepted
		}
		now = free
		if change != nil {
			change(s, now.Sub(start)) // what was asked for under the old limit is refused
		}
		s.handle(now)
	}
}

// latency is how long a request takes, up and down together: evenly spread between two bounds.
type latency struct{ least, most time.Duration }

func (l latency) draw(r *rand.Rand) (up, down time.Duration) {
	total := l.least
	if l.most > l.least {
		total += time.Duration(r.Int64N(int64(l.most - l.least)))
	}
	up = time.Duration(r.Float64() * float64(total))
	return up, total - up
}
