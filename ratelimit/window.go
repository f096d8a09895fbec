package ratelimit

import "time"

// The two windows of Procore's quota, as indexes of Pace.windows.
const (
	spike  = 0
	hourly = 1

	spikeLength  = 10 * time.Second
	hourlyLength = time.Hour
)

// window counts the requests in a window of the quota.
type window struct {
	slotLog

	index          int           // in Pace.windows
	limit          int           // 0: not reported yet
	newestReported time.Duration // when the newest request was sent whose answer reported this window
	room           int           // limit 0 only: so many more requests are known to fit

	others     int           // what the server counts beyond our requests
	confirmed  time.Duration // when an answer last confirmed others
	othersSeen time.Duration // when an answer last showed that there are others; 0: never

	reset   reset
	nextAsk time.Duration // no further request asks for the reset before this time
}

// reset is when the server says that a window resets. The zero value means that no answer said so.
type reset struct {
	second           int64 // the Unix second in the answer
	earliest, latest time.Duration
	returned         int64 // slotLog.returned when the request was sent, plus what the answer dropped
}

func newWindow(index int, length time.Duration) window {
	return window{index: index, slotLog: slotLog{length: length}}
}

// expire returns the slots that are due, and forgets other users that no answer confirmed.
func (w *window) expire(now time.Duration) {
	w.slotLog.expire(now)
	if now-w.confirmed >= w.length {
		w.others = 0
	}
}

// held returns how many of our own requests may count in the window.
func (w *window) held(inflight int) int {
	return w.logged + inflight
}

// free returns how many more requests fit by our own count. The number may be negative.
func (w *window) free(inflight, reserved int) int {
	return w.limit - w.held(inflight) - max(w.others, reserved)
}

// opens returns when a further request fits, or never if an answer must come first. From probe
// on, a request may ask whether the window was reset.
func (w *window) opens(now, probe time.Duration, inflight, reserved int) time.Duration {
	lacking := 1 - w.free(inflight, reserved)
	if lacking <= 0 {
		return now
	}
	at := never
	if lacking <= w.logged {
		at = w.returns(lacking)
	}
	if w.reset.latest > 0 && (w.others > 0 || w.returned == w.reset.returned) {
		at = min(at, max(w.reset.latest, w.nextAsk, probe))
	}
	return at
}

// reported takes in the report r about this window, the answer to s.
// Up to unseen other requests of ours may have reached the server after s. The result is how many
// slots were dropped because the server no longer counts their requests.
func (w *window) reported(s *Slot, r Report, unseen, inflight int, now time.Duration) (dropped int) {
	if s.taken < w.newestReported && r.Limit != w.limit {
		return 0 // overtaken by an answer with another limit
	}
	w.newestReported, w.limit = max(w.newestReported, s.taken), r.Limit

	possible := w.held(inflight) + int(w.returned-s.returned[w.index]) // of ours, when the server counted
	if excess := r.Limit - r.Remaining - possible; excess >= w.others {
		w.others, w.confirmed = max(excess, 0), now
	}
	if w.others > 0 {
		w.othersSeen = now
	}
	dropped = w.shrinkOthers(r.Remaining-unseen, inflight)
	w.drop(dropped)
	if w.free(inflight, 0) > 0 {
		w.nextAsk = 0 // answered
	}
	return dropped
}

// shrinkOthers lowers the share of other users where the server has more room than our count
// says. The result is how much more room remains unexplained.
func (w *window) shrinkOthers(room, inflight int) int {
	extra := max(room-w.free(inflight, 0), 0)
	gone := min(extra, w.others)
	w.others -= gone
	return extra - gone
}

// resets notes the reset that the answer to s named, unless a newer answer did so before.
func (w *window) resets(r reset, s *Slot) {
	if s.taken >= w.newestReported {
		w.reset = r
	}
}

// fixed reports whether the named reset comes too early for a rolling window that only muster uses.
func (w *window) fixed() bool {
	const clear = time.Minute // more than a round trip and the rounding of seconds
	return w.reset.latest > 0 && w.returned == w.reset.returned && w.others == 0 && w.logged > 0 &&
		w.reset.latest+clear < w.returns(1)
}

// renew drops the requests that a fixed window counted before the reset. The answer to s has shown
// that the window is not used up.
func (w *window) renew(s *Slot) {
	if s.taken >= w.reset.latest && w.fixed() {
		w.drop(w.logged - w.since(w.reset.earliest))
		w.reset = reset{}
	}
}
