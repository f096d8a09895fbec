package ratelimit

import "time"

// hour is what a fixed hourly window has counted of our requests, if it ends when it is thought to
// end: one that begins with the first request after the last one was over, or one that begins with
// every full hour of the server's clock.
type hour struct {
	clock bool
	from  int64 // the Unix second of the server's clock from which on answers are surely of this one
	ends  int64 // the last one that may be of this one; 0: nothing has been counted

	sure   int // the requests that it counts
	unsure int // those that it counts or the one before
	late   int // of sure, those so close to the end that the next one may count them
}

const secondsAnHour = int64(hourlyLength / time.Second)

// blurred is before how many seconds a reset may have been, at the earliest, that was rounded up.
const blurred = 1

// counts adds a request that was answered at date, or whose answer was lost.
func (h *hour) counts(date time.Time) {
	second := date.Unix()
	if !date.IsZero() && second > h.ends {
		h.begins(second)
	}
	switch {
	case date.IsZero() || second >= h.from:
		h.sure++
		if !h.clock && second >= h.ends-blurred {
			h.late++
		}
	case !h.clock && second >= h.from-1-blurred: // it was overtaken
		h.unsure++
	}
}

// begins lets the next hour begin, of which an answer at that second is one.
func (h *hour) begins(second int64) {
	switch {
	case h.clock:
		h.from = second - second%secondsAnHour
		second = h.from - 1
	case h.ends > 0:
		h.from = h.ends + 1
	default:
		h.from = second
	}
	h.ends = second + secondsAnHour
	h.sure, h.unsure, h.late = 0, h.late, 0
}

// most is how many of our requests it counts at most, once those in flight are counted.
func (h *hour) most(inflight int) int { return h.sure + h.unsure + inflight }

// beforeRound reports whether the next request may make what it counts a round number.
func (h *hour) beforeRound(inflight int) bool {
	for n := h.sure; n <= h.sure+h.unsure; n++ {
		if beforeRound(n + inflight) {
			return true
		}
	}
	return false
}

// anew counts the hourly window from its last reset on, if r can be of an answer after that. While
// others use the quota, only the answers tell what is left of it.
func (p *Pace) anew(r Report) bool {
	h, date := &p.windows[hourly], r.Date.Unix()
	if h.rolls || date < h.resetAt-blurred || date < p.opened.from-1-blurred || !p.alone() {
		return false
	}
	if date >= p.opened.ends-blurred {
		p.opened.begins(date)
	}
	h.drop(max(h.held(p.inflight)-p.opened.most(p.inflight), 0))
	return true
}

// alone reports whether no others were seen in either window lately.
func (p *Pace) alone() bool {
	none := [2]int{}
	return p.windows[spike].recent == none && p.windows[hourly].recent == none
}

// ties reports whether the next request may take the last place of an hourly window that is not
// known, or not known well. It then must not take the spike's last place: see the package comment.
func (p *Pace) ties() bool {
	h := &p.windows[hourly]
	if h.limit > 0 {
		return h.stale
	}
	used := h.held(p.inflight)
	return beforeRound(used) || used+1 == p.remembered || p.opened.beforeRound(p.inflight) || p.struck.beforeRound(p.inflight)
}

// smallest is the smallest hourly limit that the documentation names.
const smallest = 600

// beforeRound reports whether the next request makes used a round number, as hourly limits are.
func beforeRound(used int) bool {
	return used+1 >= smallest && (used+1)%100 == 0
}
