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

// ahead returns how far off the reset is by the server's own clock, or false if none is credible.
func (r Report) ahead() (time.Duration, bool) {
	ahead := r.Reset.Sub(r.Date)
	return max(ahead, 0), !r.Reset.IsZero() && ahead <= farthest
}

// learn takes in what the answer to s said.
func (p *Pace) learn(s *Slot, r Report, now time.Duration) {
	if r.Limit <= 0 {
		p.unlimited = p.windows[spike].limit == 0 && p.windows[hourly].limit == 0
		return
	}
	p.unlimited = false
	i := p.whichWindow(r, s)
	w, other := &p.windows[i], &p.windows[1-i]
	unseen := int(p.requests.sent - s.finished - 1)
	r.Remaining = min(max(r.Remaining, 0), r.Limit-1) // this request is counted, too

	ahead, credible := r.ahead()
	w.near = ahead <= near && (w.near || w.limit == 0)
	dropped := w.reported(i, s, r, unseen, p.requests.inflight, now)
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

// whichWindow returns the window that the answer r to s is about.
func (p *Pace) whichWindow(r Report, s *Slot) int {
	short, hour := p.windows[spike].limit, &p.windows[hourly]
	ahead, credible := r.ahead()
	used := r.Limit - r.Remaining
	switch {
	case credible && ahead > near:
		return hourly
	case r.Limit == short:
		return spike
	case r.Limit == hour.limit && hour.near && r.Remaining > 0 && used < countedAtLeast(s):
		hour.forget() // the spike window with a new limit all along
		return spike
	case r.Limit == hour.limit:
		return hourly
	case short > 0 && r.Limit > spikeTimes*short:
		return hourly // careful, until it counts less than an hour's requests
	case short == 0 && r.Limit >= smallestHourly && (used > int(p.requests.sent) || !credible):
		return hourly // which others have used
	}
	return spike
}

// countedAtLeast returns how many of our requests an hourly window near the reset must count in the
// answer to s. A tenth is left for requests that were refused or are about to leave the window.
func countedAtLeast(s *Slot) int {
	return int(s.finished-s.returned[hourly]) * 9 / 10
}

// Windows returns the windows that are known, the shorter first.
func (p *Pace) Windows() []Window {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	var known []Window
	for i := range p.windows {
		w := &p.windows[i]
		if w.expire(now); w.limit > 0 {
			known = append(known, Window{Length: w.length, Limit: w.limit, Used: min(w.held(p.requests.inflight)+w.others, w.limit)})
		}
	}
	return known
}
