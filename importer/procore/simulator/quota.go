package simulator

import (
	"net/http"
	"strconv"
	"time"
)

// Window is one limit of the quota: at most Limit requests in Length. A rolling
// window looks back Length from every request. A fixed one opens with the first
// request it counts, and ends Length later, whatever happened in it.
type Window struct {
	Length  time.Duration
	Limit   int
	Rolling bool
}

// quota holds any number of windows at once. Its methods are functions of the
// state and now; the caller locks.
type quota struct {
	windows       []*usage
	throttledFree bool
	firstFree     bool
}

// rates is what the rate headers of an answer say.
type rates struct {
	known     bool
	limit     int
	remaining int
	reset     time.Time
	free      time.Time // when the next request would be let through
}

// set replaces the windows, keeping what was used of those that stay.
func (q *quota) set(now time.Time, windows []Window) {
	var next []*usage
	for _, w := range windows {
		if w.Length <= 0 {
			continue
		}
		w.Limit = max(w.Limit, 0)
		u := &usage{Window: w}
		for _, old := range q.windows {
			if old.Length == w.Length && old.Rolling == w.Rolling {
				u.inherit(now, old)
			}
		}
		next = append(next, u)
	}
	q.windows = next
}

// take asks for one request and counts it.
func (q *quota) take(now time.Time) (rates, bool) {
	ok := true
	for _, u := range q.windows {
		u.expire(now)
		ok = ok && !u.full()
	}
	if ok || !q.throttledFree {
		q.use(now)
	}
	return q.report(now), ok
}

// use counts one request without asking.
func (q *quota) use(now time.Time) {
	for _, u := range q.windows {
		u.expire(now)
		u.add(now)
	}
}

// report describes the window that is likelier to be exceeded first: the one
// with the fewest requests left, and of equals the one that lasts longer.
func (q *quota) report(now time.Time) rates {
	r := rates{free: now}
	for _, u := range q.windows {
		left, reset := u.remaining(), u.reset(now, q.firstFree)
		if !r.known || left < r.remaining || left == r.remaining && reset.After(r.reset) {
			r.known, r.limit, r.remaining, r.reset = true, u.Limit, left, reset
		}
		if free := u.reset(now, true); u.full() && free.After(r.free) {
			r.free = free
		}
	}
	return r
}

// usage is what was used of one window. A rolling window remembers its newest
// Limit requests in a ring: it is full exactly if the oldest of those is still
// inside, so older ones never matter, and refused requests can't fill memory.
type usage struct {
	Window
	ring []time.Time // rolling: the requests inside, from first on
	from int
	n    int
	used int       // fixed: requests since opened
	open time.Time // fixed: zero if no request has opened it
}

func (u *usage) expire(now time.Time) {
	if !u.Rolling {
		if !u.open.IsZero() && !now.Before(u.open.Add(u.Length)) {
			u.used, u.open = 0, time.Time{}
		}
		return
	}
	for u.n > 0 && !now.Before(u.at(0).Add(u.Length)) {
		u.from = (u.from + 1) % len(u.ring)
		u.n--
	}
}

func (u *usage) add(now time.Time) {
	if !u.Rolling {
		if u.open.IsZero() {
			u.open = now
		}
		u.used++
		return
	}
	if u.Limit == 0 {
		return
	}
	if u.n == u.Limit { // the oldest makes room
		u.from = (u.from + 1) % len(u.ring)
		u.n--
	}
	if u.n == len(u.ring) {
		u.resize(min(max(2*u.n, 32), u.Limit))
	}
	u.ring[(u.from+u.n)%len(u.ring)] = now
	u.n++
}

// at returns the ith oldest request inside a rolling window.
func (u *usage) at(i int) time.Time {
	return u.ring[(u.from+i)%len(u.ring)]
}

func (u *usage) resize(size int) {
	ring := make([]time.Time, size)
	for i := range u.n {
		ring[i] = u.at(i)
	}
	u.ring, u.from = ring, 0
}

func (u *usage) inherit(now time.Time, old *usage) {
	old.expire(now)
	u.used, u.open = old.used, old.open
	for i := range old.n {
		u.add(old.at(i))
	}
}

func (u *usage) remaining() int {
	if u.Rolling {
		return u.Limit - u.n
	}
	return max(u.Limit-u.used, 0)
}

func (u *usage) full() bool { return u.remaining() == 0 }

// reset returns when the window is free again: as a whole, or its first place.
func (u *usage) reset(now time.Time, first bool) time.Time {
	switch {
	case !u.Rolling && !u.open.IsZero():
		return u.open.Add(u.Length)
	case u.Rolling && u.n > 0 && first:
		return u.at(0).Add(u.Length)
	case u.Rolling && u.n > 0:
		return u.at(u.n - 1).Add(u.Length)
	}
	return now.Add(u.Length)
}

// header writes the rate headers as the server's own clock has them.
func (r rates) header(h http.Header, skew time.Duration, down bool) {
	if !r.known {
		return
	}
	reset := r.reset.Add(skew)
	second := reset.Unix()
	if reset.Nanosecond() > 0 && !down {
		second++
	}
	h.Set("X-Rate-Limit-Limit", strconv.Itoa(r.limit))
	h.Set("X-Rate-Limit-Remaining", strconv.Itoa(r.remaining))
	h.Set("X-Rate-Limit-Reset", strconv.FormatInt(second, 10))
}

// seconds returns d in whole seconds, rounded up, as Retry-After holds it.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((max(d, 0)+time.Second-1)/time.Second), 10)
}
