package ratelimit

import "time"

// slack is added to the return of a slot, since servers round their own timestamps too.
const slack = 5 * time.Millisecond

// runs bounds the length of a log: requests answered within length/runs share an entry.
const runs = 10_000

// slotLog lists the answered requests that still count in a window, in the order of the answers.
type slotLog struct {
	length   time.Duration
	log      []run // oldest first
	logged   int   // requests in log
	returned int64 // requests that ever left log
}

// run is a number of requests with slots that return together.
type run struct {
	first, at time.Duration // return times of the first and the last request; at counts
	n         int
}

// add logs a request that is answered now.
func (l *slotLog) add(now time.Duration) {
	at := now + l.length + slack
	l.logged++
	if n := len(l.log); n > 0 && at-l.log[n-1].first < l.length/runs {
		l.log[n-1].at = at
		l.log[n-1].n++
		return
	}
	l.log = append(l.log, run{first: at, at: at, n: 1})
}

// expire returns the slots that are due.
func (l *slotLog) expire(now time.Duration) {
	for len(l.log) > 0 && l.log[0].at <= now {
		l.drop(l.log[0].n)
	}
}

// drop returns the n oldest slots.
func (l *slotLog) drop(n int) {
	n = min(n, l.logged)
	l.logged -= n
	l.returned += int64(n)
	for n > 0 {
		oldest := &l.log[0]
		if oldest.n > n {
			oldest.n -= n
			break
		}
		n -= oldest.n
		l.log = l.log[1:]
	}
}

// returns tells when the n-th oldest slot returns, for n from 1 to logged.
func (l *slotLog) returns(n int) time.Duration {
	for _, r := range l.log {
		if n -= r.n; n <= 0 {
			return r.at
		}
	}
	return never
}

// since returns how many requests were answered after the given time.
func (l *slotLog) since(answered time.Duration) int {
	n := l.logged
	for _, r := range l.log {
		if r.at <= answered+l.length+slack {
			n -= r.n
		}
	}
	return n
}
