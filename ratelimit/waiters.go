package ratelimit

import (
	"container/list"
	"context"
	"time"
)

// waiter is a caller of Take that waits for a slot.
type waiter struct {
	turn   chan struct{}
	urgent bool
}

// Take waits for a place in the quota. Every slot must be released. The error is that of ctx.
func (p *Pace) Take(ctx context.Context) (*Slot, error) { return p.take(ctx, false) }

// TakeFirst waits like Take, ahead of every caller of Take. Use it for requests that others wait
// for, such as a listing, and for requests that are sent again.
func (p *Pace) TakeFirst(ctx context.Context) (*Slot, error) { return p.take(ctx, true) }

func (p *Pace) take(ctx context.Context, urgent bool) (*Slot, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting.Len() == 0 {
		if slot, _ := p.grant(); slot != nil {
			return slot, nil
		}
	}
	w := &waiter{turn: make(chan struct{}, 1), urgent: urgent}
	place := p.enqueue(w)
	defer func() {
		p.waiting.Remove(place)
		p.wake()
	}()
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		wait := never
		if p.waiting.Front() == place {
			var slot *Slot
			if slot, wait = p.grant(); slot != nil {
				return slot, nil
			}
		}
		p.sleep(ctx, w.turn, wait)
	}
}

// enqueue puts w behind the waiters of the same urgency.
func (p *Pace) enqueue(w *waiter) *list.Element {
	for at := p.waiting.Front(); w.urgent && at != nil; at = at.Next() {
		if !at.Value.(*waiter).urgent {
			return p.waiting.InsertBefore(w, at)
		}
	}
	return p.waiting.PushBack(w)
}

// sleep waits, without the lock, for the time to pass, for a change, or for ctx to end.
func (p *Pace) sleep(ctx context.Context, turn <-chan struct{}, wait time.Duration) {
	p.mu.Unlock()
	defer p.mu.Lock()
	var alarm <-chan time.Time
	if wait != never {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case <-ctx.Done():
	case <-turn:
	case <-alarm:
	}
}

// wake lets the first waiter look again.
func (p *Pace) wake() {
	if first := p.waiting.Front(); first != nil {
		select {
		case first.Value.(*waiter).turn <- struct{}{}:
		default: // already woken
		}
	}
}
