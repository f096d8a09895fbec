package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"muster/importer/outcome"
)

const (
	// window bounds how far a row may be read ahead of the oldest row that is
	// not recorded yet, since rows are recorded in the roster's order.
	window = 4096
	// batchRows is how many rows are mapped by one goroutine at a time, and looked up in
	// the ledger at once.
	batchRows = 1024
)

// flow moves every row from the source into the results file. A reader, a settler,
// a recorder and the senders do so at the same time. There are more senders than
// requests that may be under way: the ledger writes for some during the requests of
// others. A single worker sends row after row.
func (r *run) flow(intake, work context.Context) (outcome.Counts, error) {
	workers := cmp.Or(max(r.Workers, 0), DefaultWorkers)
	// finished has room for all rows between reading and recording, so that handing
	// a row on never blocks.
	toSend, finished := make(chan *task, workers), make(chan *task, window)
	r.busy.requests = make(chan struct{}, workers)
	s := newSettler(r, finished)
	var counts outcome.Counts
	var group errgroup.Group
	group.Go(func() error {
		defer close(finished)
		var senders errgroup.Group // without a context: one row's error must not cancel other requests
		senders.Go(func() error {
			s.settle(intake, work)
			return nil
		})
		for range 4*workers - 3 {
			senders.Go(func() error {
				for t := range s.next(toSend) {
					r.send(intake, work, t)
					s.route(t)
				}
				return nil
			})
		}
		err := r.read(intake, work, func(t *task) {
			s.open.Add(1)
			if t.state == ready {
				toSend <- t
			} else {
				s.route(t)
			}
		})
		if err != nil {
			r.end(err) // the settler stops waiting
		}
		close(toSend)
		s.close()
		return errors.Join(err, senders.Wait())
	})
	var recorded error
	group.Go(func() error {
		counts, recorded = r.recordAll(finished)
		return nil
	})
	if err := errors.Join(group.Wait(), recorded); err != nil {
		return counts, errors.Join(err, r.results.Discard())
	}
	if err := r.results.Commit(); err != nil {
		return counts, errors.Join(fmt.Errorf("finish the results file: %w", err), r.results.Discard())
	}
	return counts, nil
}

// read takes the roster's rows in order, decides about each, and hands each on. When
// the intake has ended, read goes on to the last row, so that every row has an
// outcome. Once the ledger can't be read, the rows that are left are pending; a dry run
// ends.
func (r *run) read(intake, work context.Context, hand func(*task)) error {
	sequence := 0
	var failed error
	for rows, err := range newValidator(r.part, r.plan).checkedRows(r.source) {
		if err != nil {
			return err
		}
		batch := make([]*task, len(rows))
		for i := range rows {
			r.busy.rows <- struct{}{}
			batch[i] = newTask(sequence, &rows[i])
			sequence++
		}
		if failed == nil {
			failed = r.decideBatch(intake, work, batch)
		}
		if failed != nil && r.overlay != nil {
			return failed
		}
		for _, t := range batch {
			if failed != nil && t.state == planned {
				r.ledgerFailed(t, outcome.Pending, failed)
			}
			hand(t)
		}
	}
	return nil
}

// newTask returns the task of a checked row.
func newTask(sequence int, c *checked) *task {
	t := &task{sequence: sequence, row: c.number, line: c.line, cells: c.cells, identity: c.identity, outcome: c.outcome}
	switch {
	case c.kept():
		t.origin = fromResults
		t.enter(done)
	case c.outcome.Status != "":
		t.origin = fromValidation
		t.enter(done)
	}
	return t
}

// prepareTask completes a task that needs the ledger before the lookup: a finished
// row without a readable person ID, or a row of a name that several rows have.
func (r *run) prepareTask(work context.Context, t *task) error {
	switch {
	case t.origin == fromResults && t.outcome.Status.HasPerson() && (t.outcome.PersonID == 0 || rounded(t.outcome.PersonID)):
		return r.restorePerson(work, t)
	case t.state == planned:
		return r.renumber(work, t)
	}
	return nil
}

// decideBatch prepares the tasks of a batch, looks the planned tasks up, and decides about
// each.
func (r *run) decideBatch(intake, work context.Context, batch []*task) error {
	if r.overlay != nil && intake.Err() != nil {
		return context.Cause(intake)
	}
	var unknown []*task
	for _, t := range batch {
		if err := r.prepareTask(work, t); err != nil {
			return err
		}
		if t.state == planned {
			unknown = append(unknown, t)
		}
	}
	if len(unknown) > 0 {
		if err := r.lookUp(work, unknown); err != nil {
			return err
		}
	}
	for _, t := range unknown {
		if err := r.decide(intake, work, t, r.people); err != nil {
			return err
		}
	}
	return nil
}

// recordAll writes finished rows to the results file in the roster's order. It
// takes every row to the last even when the results file fails, so that no
// sender waits for room in the channel.
func (r *run) recordAll(finished <-chan *task) (counts outcome.Counts, err error) {
	early := make([]*task, window) // finished before an earlier row
	next := 0
	for t := range finished {
		early[t.sequence%window] = t
		for t := early[next%window]; t != nil; t = early[next%window] {
			early[next%window] = nil
			next++
			if err == nil && t.broken != nil {
				err = t.broken
				r.end(err)
			}
			if err == nil {
				if err = r.results.Write(t.cells, t.written()); err != nil {
					r.end(&StopError{Code: "results_unwritable", Message: "the results file can't be written", Err: err})
				}
			}
			o := t.outcome
			o.Status = t.status()
			if t.madeEarlier() || o.Status == outcome.Existing && t.outcome.Status == outcome.Created {
				r.counters.earlier.Add(1)
			}
			counts.Add(o.Status, 1)
			r.emit(RowRecorded{r.nameOf(t.cells), o})
			<-r.busy.rows
		}
	}
	return counts, err
}
