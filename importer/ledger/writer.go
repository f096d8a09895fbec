package ledger

import (
	"context"
	"runtime"
)

// batchSize is how many changes share a transaction at most, and how many more
// may wait.
const batchSize = 512

// update commits do together with other changes.
func (l *Ledger) update(ctx context.Context, do func(context.Context, transaction) error) error {
	return l.submit(ctx, &change{kind: other, do: do})
}

// submit queues a change and waits until the change is durable or refused.
func (l *Ledger) submit(ctx context.Context, c *change) error {
	if err := l.submitAll(ctx, []*change{c}); err != nil {
		return err
	}
	return c.err
}

// submitAll queues changes, which share as few transactions as possible, and
// waits for all that were queued. Every change gets an error; the
// returned error says that not all were queued.
func (l *Ledger) submitAll(ctx context.Context, changes []*change) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	queued := 0
	for _, c := range changes {
		c.done = make(chan struct{}, 1)
		if err = l.enqueue(ctx, c); err != nil {
			break
		}
		queued++
	}
	for _, c := range changes[:queued] {
		<-c.done
	}
	return err
}

func (l *Ledger) enqueue(ctx context.Context, c *change) error {
	l.closing.RLock() // Close waits for this lock before it closes the queue
	defer l.closing.RUnlock()
	if l.closed {
		return ErrClosed
	}
	select {
	case l.queue <- c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// serve commits what is queued until the queue is closed and empty. After the
// first failure nothing is written any more: a run can't go on without its
// ledger, and what is durable is in order.
func (l *Ledger) serve(ctx context.Context) {
	var broken error
	waiting := make([]*change, 0, batchSize)
	for c := range l.queue {
		waiting = append(waiting[:0], c)
		runtime.Gosched()                                  // senders that the last commit woke are about to send again
		for len(waiting) < batchSize && len(l.queue) > 0 { // no other goroutine takes from the queue
			waiting = append(waiting, <-l.queue)
		}
		if broken == nil {
			broken = l.store.Update(ctx, func(tx transaction) error { return applyChanges(ctx, tx, waiting) })
		}
		for _, c := range waiting {
			if broken != nil {
				c.err = broken
			}
			c.done <- struct{}{}
		}
		clear(waiting)
	}
}
