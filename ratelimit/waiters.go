package ratelimit

import (
	"container/list"
	"context"
	"time"
)

// queue lists what waits until the Pace serves again: callers of Take, and answers that are not counted
// yet.
type queue struct {
	waiting list.List                 // of *waiter
	events  []func(now time.Duration) // what happened here, to be counted and recorded
	timer   *time.Timer               // serves when the next slot may be free
}

// waiter is a caller of Take that waits for a slot.
type waiter struct {
	urgent  bool
	granted bool          // a slot will follow, as soon as the other processes can know of the request
	ready   chan struct{} // closed when slot or err is set
	slot    *Slot
	err     error
}

// Take waits for a place in the quota. Every slot must be released. The error is that of ctx, or a
// *LostError.
func (p *Pace) Take(ctx context.Context) (*Slot, error) { return p.take(ctx, false) }

// TakeFirst waits like Take, ahead of every caller of Take. Use it for requests that others wait
// for, such as a listing, and for requests that are sent again.
func (p *Pace) TakeFirst(ctx context.Context) (*Slot, error) { return p.take(ctx, true) }

func (p *Pace) take(ctx context.Context, urgent bool) (*Slot, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w := &waiter{urgent: urgent, ready: make(chan struct{})}
	p.mu.Lock()
	place := p.enqueue(w)
	p.changed()
	p.mu.Unlock()
	select {
	case <-w.ready:
	case <-ctx.Done():
		if p.withdraw(place) {
			return nil, ctx.Err()
		}
		<-w.ready
	}
	return w.slot, w.err
}

// enqueue puts w behind the waiters of the same urgency.
func (p *Pace) enqueue(w *waiter) *list.Element {
	for at := p.queue.waiting.Front(); w.urgent && at != nil; at = at.Next() {
		if !at.Value.(*waiter).urgent {
			return p.queue.waiting.InsertBefore(w, at)
		}
	}
	return p.queue.waiting.PushBack(w)
}

// withdraw removes a waiter, and returns false if the waiter was granted a slot.
func (p *Pace) withdraw(place *list.Element) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if place.Value.(*waiter).granted {
		return false
	}
	p.queue.waiting.Remove(place)
	return true
}

// happens has fn count and record what happens now.
func (p *Pace) happens(fn func(now time.Duration)) {
	p.queue.events = append(p.queue.events, fn)
	p.changed()
}

// changed serves the waiters and the events now, or as soon as the journal may be used.
func (p *Pace) changed() {
	if x := p.shared; x == nil || x.use.gap == 0 || x.use.busy || p.alone() {
		p.serve()
	} else {
		p.serveIn(0)
	}
}

// serveIn has serve called after the wait, or later if the journal was used just now.
func (p *Pace) serveIn(wait time.Duration) {
	q := &p.queue
	if wait == never {
		if q.timer != nil {
			q.timer.Stop()
		}
		return
	}
	if !p.alone() {
		wait = max(wait, p.shared.use.rests(p.now()))
	}
	if q.timer != nil {
		q.timer.Reset(wait)
		return
	}
	q.timer = time.AfterFunc(wait, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.serve()
	})
}

// alone reports whether the journal is not needed: there is none, or there is no limit and others
// know the answers to all requests that they know of.
func (p *Pace) alone() bool {
	x := p.shared
	return x == nil || p.unlimited && x.unanswered == 0 && x.use.lost == nil
}

// serve counts what happened, here and in other processes, gives slots to the waiters in order, and
// sets the timer for the next.
func (p *Pace) serve() {
	if x := p.shared; x != nil && x.use.busy {
		x.use.again = true
		return
	}
	if p.alone() {
		p.count()
	}
	if !p.alone() { // an answer may have shown a limit
		p.serveShared()
		return
	}
	granted, wait := p.grantAll()
	hand(granted, nil)
	p.serveIn(wait)
}

// count counts what happened in this process.
func (p *Pace) count() {
	now := p.now()
	for _, event := range p.queue.events {
		event(now)
	}
	clear(p.queue.events)
	p.queue.events = p.queue.events[:0]
}

// grantAll takes slots for the waiters in order. wait says when the next slot may be free.
func (p *Pace) grantAll() (granted []*waiter, wait time.Duration) {
	q := &p.queue
	for q.waiting.Len() > 0 {
		w := q.waiting.Front().Value.(*waiter)
		if w.slot, wait = p.grant(); w.slot == nil {
			return granted, wait
		}
		w.granted = true
		q.waiting.Remove(q.waiting.Front())
		granted = append(granted, w)
	}
	return granted, never
}

// dismissAll removes all waiters.
func (p *Pace) dismissAll() (waiters []*waiter) {
	q := &p.queue
	for q.waiting.Len() > 0 {
		w := q.waiting.Remove(q.waiting.Front()).(*waiter)
		w.granted = true
		waiters = append(waiters, w)
	}
	return waiters
}

// hand lets the waiters go, with their slots or the error.
func hand(granted []*waiter, err error) {
	for _, w := range granted {
		if w.err = err; err != nil {
			w.slot = nil
		}
		close(w.ready)
	}
}
