package ratelimit

import "time"

// The two windows of Procore's quota, by their index in Pace.windows.
const (
	spike  = 0
	hourly = 1

	spikeLength  = 10 * time.Second
	hourlyLength = time.Hour
)

// slack is added to a slot's return: servers round their own timestamps, too.
const slack = 5 * time.Millisecond

// Window is what is known of one window of the quota.
type Window struct {
	Length time.Duration
	Limit  int // requests in any Length
	Used   int // by us and, as far as the answers tell, by others
}

// window is one window of the quota: our own requests in it, one by one, and what else is used.
type window struct {
	length time.Duration
	limit  int           // 0: not reported yet
	seen   time.Duration // when the newest request was taken whose answer reported this window
	near   bool          // every report so far had its reset so close that it may be the other window's
	room   int           // limit 0 only: so many more are known to fit

	log      []run // our released requests that still count, oldest at head
	head     int
	logged   int   // requests in log
	returned int64 // requests that ever left log

	stale bool // the server had more room than our count said; it holds again once this window is reported

	others  int           // what the server counts beyond our own
	recent  [2]int        // its maximum in this and the half window before
	rotated time.Duration // when recent was shifted

	reset    time.Duration // when the server says the window resets, at the latest; 0: not said
	asked    time.Duration // from when on one may ask again whether it was
	resetAt  int64         // the Unix second it named
	rolls    bool          // the reset has moved on, and most of the window was still used
	snapshot int64         // returned, when the request was taken that told so
}

// run is a number of requests whose slots return together.
type run struct {
	first, at time.Duration // return times of the first and the last of them; at counts
	n         int
}

// runs bounds the length of a log: requests released within length/runs share an entry.
const runs = 10_000

func newWindow(length time.Duration) window {
	return window{length: length}
}

// add logs a request that was released now.
func (w *window) add(now time.Duration) {
	at := now + w.length + slack
	w.logged++
	if n := len(w.log); n > w.head && at-w.log[n-1].first < w.length/runs {
		w.log[n-1].at = at
		w.log[n-1].n++
		return
	}
	if w.head > 64 && w.head > len(w.log)/2 {
		w.log = append(w.log[:0], w.log[w.head:]...)
		w.head = 0
	}
	w.log = append(w.log, run{first: at, at: at, n: 1})
}

// expire returns the slots whose time has come.
func (w *window) expire(now time.Duration) {
	for w.head < len(w.log) && w.log[w.head].at <= now {
		w.drop(w.log[w.head].n)
	}
}

// drop returns the n oldest slots of the log.
func (w *window) drop(n int) {
	n = min(n, w.logged)
	w.logged -= n
	w.returned += int64(n)
	for n > 0 {
		oldest := &w.log[w.head]
		if oldest.n > n {
			oldest.n -= n
			break
		}
		n -= oldest.n
		w.head++
	}
}

// since returns how many requests of the log were released after the given time.
func (w *window) since(released time.Duration) int {
	n := w.logged
	for i := w.head; i < len(w.log) && w.log[i].at <= released+w.length+slack; i++ {
		n -= w.log[i].n
	}
	return n
}

// held returns how many of our own requests may count in the window.
func (w *window) held(inflight int) int {
	return w.logged + inflight
}

// free returns how many more requests fit by our own count; may be negative.
func (w *window) free(inflight, kept int) int {
	return w.limit - w.held(inflight) - max(w.others, kept)
}

// opens returns when one more request fits; never if an answer must come first. From probe on, one
// may ask what the server thinks.
func (w *window) opens(now, probe time.Duration, inflight, kept int) time.Duration {
	lacking := 1 - w.free(inflight, kept)
	if lacking <= 0 {
		return now
	}
	at := never
	if lacking <= w.logged {
		for i := w.head; lacking > 0; i++ {
			at = w.log[i].at
			lacking -= w.log[i].n
		}
	}
	if w.stale {
		at = min(at, probe)
	}
	if w.reset > 0 && (w.others > 0 || w.returned == w.snapshot) {
		at = min(at, max(w.reset, w.asked, probe))
	}
	return at
}

// reported takes in what the answer to s said of this window: of limit requests so many remain.
// Up to unseen others of ours may have reached the server after s.
func (w *window) reported(i, limit, remaining, unseen, inflight int, s *Slot, now time.Duration) {
	if s.taken < w.seen && limit != w.limit {
		return // overtaken by an answer that knows another limit
	}
	w.seen, w.limit, w.stale = max(w.seen, s.taken), limit, false

	possible := w.held(inflight) + int(w.returned-s.returned[i]) // of our own, when the server counted
	if age := now - w.rotated; age >= w.length/2 {
		if age >= w.length {
			w.recent[0] = 0
		}
		w.recent, w.rotated = [2]int{0, w.recent[0]}, now
	}
	w.recent[0] = max(w.recent[0], limit-remaining-possible)
	w.others = max(w.recent[0], w.recent[1])
	w.atLeast(remaining-unseen, inflight)
}

// atLeast corrects our count where the server has more room than it says.
func (w *window) atLeast(room, inflight int) {
	extra := room - w.free(inflight, 0)
	if extra <= 0 {
		return
	}
	gone := min(extra, w.others)
	w.others -= gone
	w.recent[0], w.recent[1] = min(w.recent[0], w.others), min(w.recent[1], w.others)
	w.drop(extra - gone)
}

// resets takes note that the window, of which so many are used, resets at the Unix second, which
// is at at the latest.
func (w *window) resets(second int64, at time.Duration, used int, s *Slot) {
	returned := s.returned[w.index()]
	switch {
	case s.taken < w.seen: // overtaken by a newer answer
	case second == w.resetAt:
		w.reset, w.snapshot = min(w.reset, at), max(w.snapshot, returned)
	default:
		w.rolls = w.rolls || w.resetAt > 0 && second > w.resetAt+1 && used > w.limit/2
		w.resetAt, w.reset, w.snapshot = second, at, returned
	}
}

func (w *window) index() int {
	if w.length == spikeLength {
		return spike
	}
	return hourly
}

// forget unlearns the window, but not our own requests in it.
func (w *window) forget() {
	*w = window{length: w.length, log: w.log, head: w.head, logged: w.logged, returned: w.returned}
}
