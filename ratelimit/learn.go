package ratelimit

import "time"

// usualSpike is the spike limit that the documentation names.
const usualSpike = 25

// near is how far off the reset of the spike window can seem: its length and two roundings.
const near = spikeLength + 2*time.Second

// uncounted is how many of ours a window may lack that was not reset, such as one that was refused.
const uncounted = 2

// learn takes in what an answer said.
func (p *Pace) learn(s *Slot, r Report, now time.Duration) {
	if r.Limit <= 0 {
		p.unlimited = p.windows[spike].limit == 0 && p.windows[hourly].limit == 0
		return
	}
	p.unlimited = false
	ahead := r.Reset.Sub(r.Date)
	if r.Reset.IsZero() {
		ahead = spikeLength
	}
	unseen := int(p.sent - s.finished - 1) // may have been counted after this one
	i := p.which(r, ahead, s, now)
	w, other := &p.windows[i], &p.windows[1-i]
	remaining := min(max(r.Remaining, 0), r.Limit-1) // this request is counted, too

	w.near = ahead <= near && (w.near || w.limit == 0)
	w.reported(i, r.Limit, remaining, unseen, p.inflight, s, now)
	at := now + min(max(ahead, 0), w.length+time.Second) + time.Second
	w.resets(r.Reset.Unix(), at, r.Limit-remaining, s)
	if i == hourly && !w.rolls && ahead >= 0 {
		p.opened.ends = w.resetAt
	}

	// The other window is farther from being exceeded: it has at least as much left.
	least := remaining
	switch {
	case i == hourly:
		// In shares, that is. A spike limit below the hourly one's average would make that one pointless.
		least = remaining / int(hourlyLength/spikeLength)
	case other.limit > 0 && other.limit < r.Limit:
		least = remaining * other.limit / r.Limit
	}
	if other.limit > 0 {
		if i == spike {
			young := now + spikeLength - hourlyLength // what was released since is not due yet
			held := other.since(young)
			other.atLeast(least-unseen, p.inflight)
			if gone := held - other.since(young); gone > 0 && s.taken >= other.seen { // it was reset
				other.stale = gone <= uncounted+p.unheard.logged || !p.anew(r)
			}
		}
		return
	}
	other.room = max(other.room, least-unseen)
}

// which returns the window that r, the answer to s, is about.
func (p *Pace) which(r Report, ahead time.Duration, s *Slot, now time.Duration) int {
	short, h := &p.windows[spike], &p.windows[hourly]
	if ahead > near {
		return hourly
	}
	// Near its end, or when its oldest request is about to leave, the hourly window, too, has a close reset.
	used := r.Limit - r.Remaining
	same := h.limit > 0 && r.Reset.Unix()-h.resetAt <= 1 && h.resetAt-r.Reset.Unix() <= 1
	switch {
	case r.Limit == short.limit && (r.Limit != h.limit || !same):
		return spike
	case r.Limit == h.limit && !h.near:
		return hourly
	case r.Remaining > 0 && used < p.counted(s, now):
		if r.Limit == h.limit {
			h.forget() // it was the spike window with a new limit all along
		}
		return spike
	case r.Limit == h.limit, same:
		return hourly
	case h.limit > 0 && closer(r.Limit, h.limit, short.limit):
		return hourly // with a new limit, when the oldest request leaves it or its hour ends
	case h.limit > 0:
		return spike
	case short.limit > 0 && r.Limit > short.limit:
		return hourly // the careful reading, until it counts less than an hour's
	case short.limit == 0 && used > int(p.sent) && closer(r.Limit, smallest, usualSpike):
		return hourly // which others have used
	}
	return spike
}

// counted returns how many of our own requests an hourly window whose reset is near counts at
// least, in the answer to s: those of the hour but for its first minute that were answered before
// s was sent, and s.
func (p *Pace) counted(s *Slot, now time.Duration) int {
	p.unheard.expire(now)
	return p.windows[hourly].since(now-hourlyLength+time.Minute) - int(p.finished-s.finished-1) - p.unheard.logged
}

// closer reports whether a limit that is not known yet is rather the hourly one, changed, than the
// spike's: by the factor between them. An unknown spike limit is taken for the least that makes
// sense, the hourly one's average.
func closer(limit, hour, spike int) bool {
	if spike == 0 {
		spike = max(hour/int(hourlyLength/spikeLength), 1)
	}
	return float64(limit)*float64(limit) >= float64(hour)*float64(spike)
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
			known = append(known, Window{Length: w.length, Limit: w.limit, Used: min(w.held(p.inflight)+w.others, w.limit)})
		}
	}
	return known
}
