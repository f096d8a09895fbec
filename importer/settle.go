package importer

import (
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"muster/importer/outcome"
)

const (
	defaultSettleAfter = 2 * time.Minute
	// looks is how often within settle-after the ledger is asked what became of a request
	// of another project's run.
	looks = 100
)

// settler decides about unsettled rows by listing the project's people. One
// listing serves many rows, while other rows go on.
//
// A listed person with the row's key proves that the person exists. Absence is
// believed only when the listing began settle-after after the request was given
// up: a server may finish a request long after its client is gone. Only then is
// the row sent again, with the same Idempotency-Token.
type settler struct {
	*run
	finished chan<- *task
	incoming chan *task     // unsettled
	again    chan *task     // proved absent, or to be updated: to be sent
	open     sync.WaitGroup // rows that are not done
}

func newSettler(r *run, finished chan<- *task) *settler {
	return &settler{run: r, finished: finished, incoming: make(chan *task, window), again: make(chan *task, window)}
}

// route hands an open row to the next role.
func (s *settler) route(t *task) {
	switch t.state {
	case ready:
		s.again <- t
	case unsettled:
		s.incoming <- t
	case planned, inFlight, done:
		if t.uncountedError() {
			s.countErrors(1)
		}
		s.emit(RowDone{t.status(), t.requested()})
		s.finished <- t
		s.open.Done()
	}
}

// close waits until no row is open, and ends the senders and the settler.
func (s *settler) close() {
	s.open.Wait()
	close(s.incoming)
	close(s.again)
}

// next yields the rows for a sender, rows to be sent again first.
func (s *settler) next(first <-chan *task) iter.Seq[*task] {
	return func(yield func(*task) bool) {
		for {
			select {
			case t, ok := <-s.again:
				if !ok || !yield(t) {
					return
				}
			case t, ok := <-first:
				switch {
				case !ok:
					first = nil
				case !yield(t):
					return
				}
			}
		}
	}
}

// settle takes unsettled rows until close.
func (s *settler) settle(intake, work context.Context) {
	var open []*task
	var listed time.Time
	var reported Unsettled
	for {
		var due, look <-chan time.Time
		var now Unsettled
		ended := intake.Done()
		switch {
		case len(open) == 0:
			ended = nil
		case intake.Err() == nil:
			// When answers are lost one after another, the rows still share listings.
			at := open[0].since.Add(s.settleAfter())
			if soonest := listed.Add(s.settleAfter() / 4); at.Before(soonest) {
				at = soonest
			}
			due = time.After(time.Until(at))
			now = Unsettled{len(open), at}
			if slices.ContainsFunc(open, (*task).awaitsProject) {
				look = time.After(s.settleAfter() / looks)
			}
		}
		if now != reported {
			s.emit(now)
		}
		reported = now
		select {
		case t, ok := <-s.incoming:
			if !ok {
				return
			}
			open = append(open, t)
		case <-due:
			listed = time.Now()
			open = s.settleDue(intake, work, open)
		case <-look:
			open = s.lookAgain(intake, work, open)
		case <-ended:
			for _, t := range open {
				s.leave(intake, work, t)
			}
			open = nil
		}
	}
}

// lookAgain decides about the rows that wait for another project's run, which may have
// recorded the answer by now. It returns the rows that are still unsettled.
func (s *settler) lookAgain(intake, work context.Context, open []*task) []*task {
	return s.decideOpen(open, func(t *task) error {
		if !t.awaitsProject() {
			return nil
		}
		return s.decideAgain(intake, work, t)
	})
}

// decideOpen calls decide with every open row, hands the settled rows on, and returns the
// rows that are still unsettled.
func (s *settler) decideOpen(open []*task, decide func(*task) error) []*task {
	still := open[:0]
	for _, t := range open {
		if err := decide(t); err != nil {
			s.ledgerFailed(t, outcome.Unknown, err)
		}
		if t.state == unsettled {
			still = append(still, t)
			continue
		}
		s.route(t)
	}
	return still
}

func (r *run) settleAfter() time.Duration {
	if r.SettleAfter > 0 {
		return r.SettleAfter
	}
	return defaultSettleAfter
}

// settleDue lists the people, decides about every open row, and returns the
// rows that are still unsettled.
func (s *settler) settleDue(intake, work context.Context, open []*task) []*task {
	now, err := listPeople(intake, s.API, s.IgnoreInactive, s.plan.index, nil)
	if err != nil {
		if intake.Err() != nil {
			return open
		}
		s.Log.Warn().Err(err).Int("rows", len(open)).Msg("the project's people can't be listed: unsettled rows stay unknown")
		for _, t := range open {
			s.leave(intake, work, t)
		}
		return nil
	}
	others := map[int64]*otherProject{}
	return s.decideOpen(open, func(t *task) error {
		if t.wait == forOtherProject {
			return s.settleOther(intake, work, t, now, others)
		}
		return s.decide(intake, work, t, now)
	})
}

// leave gives an unsettled row the outcome that follows without another
// listing.
func (s *settler) leave(intake, work context.Context, t *task) {
	f, err := s.facts(work, t, nil)
	if err != nil {
		s.ledgerFailed(t, outcome.Unknown, err)
	} else {
		s.apply(intake, work, t, f, waiting(t.wait).stopped(f))
	}
	s.route(t)
}
