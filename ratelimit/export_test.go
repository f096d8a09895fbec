package ratelimit

import "time"

// Window describes the known state of a window of the quota.
type Window struct {
	Length time.Duration
	Limit  int // requests in any Length
	Used   int // by muster and, as far as the answers tell, by other users
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
