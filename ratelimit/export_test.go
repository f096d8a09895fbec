package ratelimit

import "time"

// Window describes the known state of a window of the quota.
type Window struct {
	Length time.Duration
	Limit  int // requests in any Length
	Used   int // by muster and, as far as the answers tell, by other users
}

// NewWithGap returns a Pace that uses the file of Options.Shared at most once in each gap, as a Pace uses
// a database.
func NewWithGap(o Options, gap time.Duration) *Pace {
	p := New(o)
	if p.shared != nil {
		p.shared.use = journalUse{gap: gap, began: -gap}
	}
	return p
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
