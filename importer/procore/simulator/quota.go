package simulator

import (
	"net/http"
	"strconv"
	"time"
)

// Window is a limit of the quota: at most Limit requests in Length. A rolling
// window looks back Length from every request. A fixed window opens with the first
// request and ends Length later.
type Window struct {
	Length  time.Duration
	Limit   int
	Rolling bool
}

// quota counts requests in several windows. All methods are functions of the state
// and now; the caller locks.
type quota struct {
	windows []*usage
	rules   QuotaRules
}

// rates is the content of the rate headers of an answer.
type rates struct {
	known     bool
	limit     int
	remaining int
	reset     time.Time
	free      time.Time // when the next request would be let through
}

// set replaces the windows. A window of the same length and kind keeps the usage.
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
				old.expire(now)
				u.used, u.opened = old.used, old.opened
				u.recent = old.recent[max(len(old.recent)-w.Limit, 0):]
			}
		}
		next = append(next, u)
	}
	q.windows = next
}

// take counts a request and reports whether every window has room.
func (q *quota) take(now time.Time) (rates, bool) {
	ok := true
	for _, u := range q.windows {
		u.expire(now)
		ok = ok && !u.full()
	}
	if ok || !q.rules.ThrottledFree {
		q.use(now)
	}
	return q.report(now), ok
}

// use counts a request in every window, full or not.
func (q *quota) use(now time.Time) {
	for _, u := range q.windows {
		u.expire(now)
		u.add(now)
	}
}

// report describes the window with the fewest requests left, of equals the window
// with the later reset.
func (q *quota) report(now time.Time) rates {
	r := rates{free: now}
	for _, u := range q.windows {
		left, reset := u.remaining(), u.reset(now, q.rules.ResetAtFirstFree)
		hidden := q.rules.HourlyOnceUsedUp && u.Length >= time.Hour && left > 0
		if hidden {
			continue
		}
		if !r.known || left < r.remaining || left == r.remaining && reset.After(r.reset) {
			r.known, r.limit, r.remaining, r.reset = true, u.Limit, left, reset
		}
		if free := u.reset(now, true); u.full() && free.After(r.free) {
			r.free = free
		}
	}
	return r
}

// usage counts the requests in a window. A rolling window remembers the newest Limit
// requests: older requests never matter, and refused requests can't fill the memory.
type usage struct {
	Window
	recent []time.Time // rolling: oldest first
	used   int         // fixed: requests since opened
	opened time.Time   // fixed: zero before the first request
}

func (u *usage) expire(now time.Time) {
	if !u.opened.IsZero() && !now.Before(u.opened.Add(u.Length)) {
		u.used, u.opened = 0, time.Time{}
	}
	for len(u.recent) > 0 && !now.Before(u.recent[0].Add(u.Length)) {
		u.recent = u.recent[1:]
	}
}

func (u *usage) add(now time.Time) {
	if u.Rolling {
		u.recent = append(u.recent, now)
		u.recent = u.recent[max(len(u.recent)-u.Limit, 0):]
		return
	}
	if u.opened.IsZero() {
		u.opened = now
	}
	u.used++
}

func (u *usage) remaining() int { return max(u.Limit-u.used-len(u.recent), 0) }

func (u *usage) full() bool { return u.remaining() == 0 }

// reset returns when the whole window is free again, or only the first place.
func (u *usage) reset(now time.Time, first bool) time.Time {
	switch {
	case !u.opened.IsZero():
		return u.opened.Add(u.Length)
	case len(u.recent) > 0 && first:
		return u.recent[0].Add(u.Length)
	case len(u.recent) > 0:
		return u.recent[len(u.recent)-1].Add(u.Length)
	}
	return now.Add(u.Length)
}

// setHeader writes the rate headers by the server's own clock.
func (r rates) setHeader(h http.Header, skew time.Duration, roundDown bool) {
	if !r.known {
		return
	}
	reset := r.reset.Add(skew)
	second := reset.Unix()
	if reset.Nanosecond() > 0 && !roundDown {
		second++
	}
	h.Set("X-Rate-Limit-Limit", strconv.Itoa(r.limit))
	h.Set("X-Rate-Limit-Remaining", strconv.Itoa(r.remaining))
	h.Set("X-Rate-Limit-Reset", strconv.FormatInt(second, 10))
}

// wholeSeconds returns d for a Retry-After header, rounded up.
func wholeSeconds(d time.Duration) string {
	return strconv.FormatInt(int64((max(d, 0)+time.Second-1)/time.Second), 10)
}
