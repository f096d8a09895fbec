package ratelimit

import "time"

const (
	// near is how far off the reset of the spike window can seem: its length and two roundings.
	near = spikeLength + 2*time.Second
	// farthest is how far off a reset can be that is believed.
	farthest = hourlyLength + 2*time.Second
	// smallestHourly is the smallest hourly limit in the documentation.
	smallestHourly = 600
	// spikeTimes is by how much an hourly limit exceeds the spike limit at least.
	spikeTimes = 10
	// spikesAnHour is how often the spike window fits into an hour.
	spikesAnHour = int(hourlyLength / spikeLength)
)

// UntilReset returns how far off the reset is by the server's own clock, or false if none is credible:
// no window is longer than an hour.
func (r Report) UntilReset() (time.Duration, bool) {
	ahead := r.Reset.Sub(r.Date)
	return max(ahead, 0), !r.Reset.IsZero() && ahead <= farthest
}

// rememberHourly notes the hourly limit in a report of an earlier run.
func (p *Pace) rememberHourly(r Report) {
	if ahead, credible := r.UntilReset(); r.Limit > 0 && credible && ahead > near {
		p.remembered = r.Limit
	}
}

// learn takes in what the answer to s said.
func (p *Pace) learn(s *Slot, r Report, now time.Duration) {
	if r.Limit <= 0 {
		p.unlimited = p.windows[spike].limit == 0 && p.windows[hourly].limit == 0
		return
	}
	p.unlimited = false
	i := p.whichWindow(r)
	w, other := &p.windows[i], &p.windows[1-i]
	unseen := int(p.requests.sent - s.finished - 1)
	r.Remaining = min(max(r.Remaining, 0), r.Limit-1) // this request is counted, too

	ahead, credible := r.UntilReset()
	dropped := w.reported(s, r, unseen, p.requests.inflight, now)
	if credible {
		ahead = min(ahead, w.length+time.Second)
		w.resets(reset{
			second: r.Reset.Unix(), returned: s.returned[i] + int64(dropped),
			earliest: s.taken + ahead - 2*time.Second, latest: now + ahead + time.Second,
		}, s)
	}

	// The other window is farther from its limit and has at least as much left.
	proven := r.Remaining
	if i == hourly {
		proven /= spikesAnHour // a share: a lower spike limit would make the hourly one pointless
	}
	switch {
	case other.limit == 0:
		other.room = max(other.room, proven-unseen)
	case i == spike && r.Remaining > 0:
		other.renew(s)
		other.shrinkOthers(min(proven, proven*other.limit/r.Limit)-unseen, p.requests.inflight)
	}
}

// whichWindow returns the window that r is about.
func (p *Pace) whichWindow(r Report) int {
	short := p.windows[spike].limit
	ahead, credible := r.UntilReset()
	used := r.Limit - r.Remaining
	switch {
	case credible && ahead > near:
		return hourly
	case r.Limit == short:
		return spike
	case r.Limit == p.windows[hourly].limit, short > 0 && r.Limit > spikeTimes*short:
		return hourly
	case short == 0 && r.Limit >= smallestHourly && (used > int(p.requests.sent) || !credible):
		return hourly // which others have used
	}
	return spike
}
