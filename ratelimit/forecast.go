package ratelimit

import (
	"slices"
	"time"
)

// most is how many requests Forecast follows one by one; beyond, it goes on at the average pace. A
// progress line asks ten times a second.
const most = 100_000

// usual is the hourly limit that Procore's documentation names first.
const usual = 3600

// Forecast returns how long n requests take from now on, answers included, if enough workers
// send them and nobody uses the quota but this process, those that wait for it through
// Options.Shared, and whoever has just used the spike. Those of this process that are under way
// are among the n. It is false while no window is known. Procore reports the hourly limit only
// when it is nearly used up: until then the one that was reported last counts, or the usual one.
func (p *Pace) Forecast(n int) (time.Duration, bool) {
	p.mu.Lock()
	now := p.now()
	all := n
	n = (n - min(p.own, n)) * (1 + p.shared.waiting(now)) // they take as many meanwhile
	var queues []queue
	late := p.shared.late(now, p.latency)
	for i := range p.windows {
		p.windows[i].expire(now)
		w := p.windows[i]
		if i == hourly && w.near && w.limit < smallest && p.windows[spike].limit > 0 {
			w.limit = 0 // taken for the hourly one by care alone: see which
		}
		if w.limit == 0 && i == hourly && p.windows[spike].limit > 0 {
			w.limit = p.likely()
		}
		if w.limit > 0 {
			queues = append(queues, w.queue(now, p.inflight, late, p.reserved(w.limit), p.latency))
		}
	}
	start, latency, apart, first := max(now, p.paused), p.latency, time.Duration(0), now
	if p.capped != nil {
		apart = time.Duration(float64(time.Second) / float64(p.capped.Limit()))
		first = now + p.untilToken(now)
	}
	p.mu.Unlock()

	if len(queues) == 0 {
		return 0, false
	}
	switch {
	case all <= 0:
		return 0, true
	case n == 0:
		return latency, true
	}
	at := max(start, first)
	for i := range min(n, most) {
		if i > 0 {
			at += apart
		}
		for q := range queues {
			at = max(at, queues[q].take())
		}
		for q := range queues {
			queues[q].put(at + latency + queues[q].length + slack)
		}
	}
	took := at - start
	if n > most {
		took = time.Duration(float64(took) / most * float64(n))
	}
	return start - now + took + latency, true
}

// likely returns the hourly limit that is to be reckoned with before it is reported; 0 if what was
// sent speaks against it.
func (p *Pace) likely() int {
	limit := usual
	if p.remembered > 0 {
		limit = p.remembered
	}
	if p.windows[hourly].held(p.inflight) > limit {
		return 0
	}
	return limit
}

// queue is when the places of a window become free: those that are taken now, and, behind them,
// those that the forecast takes.
type queue struct {
	length time.Duration
	now    []time.Duration // in order
	then   []time.Duration // in order
}

// queue returns the places of the window, each with the time when it is free. Late is until when
// some of those in flight are waited for.
func (w *window) queue(now time.Duration, inflight int, late []time.Duration, kept int, latency time.Duration) queue {
	q := queue{length: w.length}
	places, others := w.limit-kept, max(w.others-kept, 0)
	if w.length == spikeLength { // who has sent in the last seconds will go on
		places, others = max(places-others, 1), 0
	}
	taken := min(w.held(inflight)+others, places)
	reset := never
	if due := max(w.reset, w.asked); due > now && !w.rolls { // in a window that rolls it is when the first place is free, or the last
		reset = due
	}
	for range places - taken {
		q.now = append(q.now, now)
	}
	for _, r := range w.log[w.head:] {
		for range r.n {
			q.now = append(q.now, min(r.at, reset))
		}
	}
	for _, until := range late {
		q.now = append(q.now, until+w.length) // no reset shortens that: none of their answers will say what it found
	}
	for range inflight - len(late) {
		q.now = append(q.now, min(now+latency+w.length, reset))
	}
	for range others {
		q.now = append(q.now, min(reset, now+w.length))
	}
	slices.Sort(q.now)
	if surplus := len(q.now) - places; surplus > 0 {
		q.now = q.now[surplus:] // over the limit: the first to return bring no place
	}
	return q
}

func (q *queue) take() time.Duration {
	from := &q.now
	if len(q.now) == 0 || len(q.then) > 0 && q.then[0] < q.now[0] {
		from = &q.then
	}
	at := (*from)[0]
	*from = (*from)[1:]
	return at
}

func (q *queue) put(at time.Duration) {
	q.then = append(q.then, at)
}
