package importer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/procore"
	"muster/mapping"
)

const (
	// window bounds how far a row may be read ahead of the oldest row that is
	// still under way, since outcomes leave in the roster's order.
	window = 4096
	// batch is how many rows are looked up in the ledger at once: enough for all
	// the ledger's readers.
	batch = 1024
	// inHand is how many rows are worked on at a time: while some wait for
	// their answers others wait for the disk, and one sync of the ledger serves
	// them all.
	inHand = 512
)

// item is one row on its way through a run.
type item struct {
	sequence int // from 0, in the roster's order
	row      int
	line     int
	cells    []string
	person   mapping.Person
	namesake int // which person of its name it is, from 1
	key      ledger.Key
	planned  bool // its outcome was known before the run
	counted  bool // as an error, before it was recorded
	kept     bool // its outcome is an earlier run's
	send     bool // it is to be sent
	update   bool // its person is to be given the row's job title
	outcome  outcome.Outcome

	tries  tries
	doubt  bool          // it was sent, and nobody knows what became of it
	intent ledger.Intent // of that request
	since  time.Time     // when that request was given up at the latest

	elsewhere bool  // a run of another project has sent it, or is about to: in doubt, too
	project   int64 // that project, once it is known

	recent  bool  // an earlier run created them so lately that a list need not show them yet
	gone    int64 // whom an earlier run created and the project does not list: in doubt, too
	readmit int64 // who is in the company still and is to be put back on the project
}

// status returns the outcome's status as this run counts it: the line of
// somebody whom an earlier one created stays as it is, but this one did not
// create them.
func (it *item) status() outcome.Status {
	if it.kept && it.outcome.Status == outcome.Created {
		return outcome.Existing
	}
	return it.outcome.Status
}

// toCount reports whether it is an error that is not counted yet.
func (it *item) toCount() bool {
	if it.planned || it.counted {
		return false
	}
	switch it.outcome.Status {
	case outcome.Invalid, outcome.Failed, outcome.Unknown:
		return true
	case outcome.Created, outcome.Existing, outcome.Skipped, outcome.Pending:
	}
	return false
}

func (it *item) settle(s outcome.Status, problems ...outcome.Problem) {
	it.outcome.Status, it.outcome.Problems = s, problems
}

// run is the state of one Job.Run.
type run struct {
	*Job
	plan     *Plan
	record   *ledger.Run
	people   *people               // as listed before the first row was sent; nil if nothing is to be sent
	columns  map[mapping.Field]int // where each field stands in the roster
	requests chan struct{}         // one for each request that is under way
	intents  *openIntents
	end      context.CancelCauseFunc
	started  time.Time

	errors    atomic.Int64 // rows that end without a person
	retries   atomic.Int64
	updated   atomic.Int64
	throttled atomic.Int64
	latest    atomic.Pointer[procore.Error] // the latest request's; nil if that was answered well
	places    chan struct{}                 // one for each row that is under way
	made      map[int]int64                 // by row, whom earlier runs created of the same roster; nil until it is asked for
	same      namesakes
	unwritten sync.Once // the ledger's failure is logged once, not for every row in hand

	foreseen map[ledger.Key]int64 // Foresee writes nothing: the people whom a run would record; nil in a run
}

// Run creates the people that plan found to be missing, and pairs every row
// of the roster with its outcome in the results file, which it commits.
//
// When ctx ends, no further row is sent; those that were are answered and
// recorded, the rest are pending, and the results file is written all the same.
// The summary then says why in Stopped, if ctx's cause is a *StopError.
//
// The error says that the machine failed (the results file can't be
// written, or the roster can't be read a second time); the outcomes recorded by then
// are in the ledger, and the next run goes on from them.
func (j *Job) Run(ctx context.Context, plan *Plan) (*Summary, error) {
	started := time.Now()
	intake, end := context.WithCancelCause(ctx)
	defer end(nil)
	work := context.WithoutCancel(ctx)
	record, err := j.Ledger.Begin(work, ledger.Run{Scope: j.Scope, Command: j.Command, Roster: j.Roster, Results: j.ResultsPath, Started: started})
	if err != nil {
		return nil, fmt.Errorf("begin a run in the ledger: %w", err)
	}
	r := &run{
		Job: j, plan: plan, record: record, people: plan.people, columns: j.columns(),
		end: end, started: started, places: make(chan struct{}, window),
	}
	r.countErrors(plan.Invalid)
	if intake.Err() == nil && plan.Create > 0 {
		if err := r.awaitAbandoned(intake, work); err != nil {
			return nil, err
		}
	}
	if intake.Err() == nil && plan.Create > 0 && r.people == nil {
		r.people, err = j.listPeople(intake, plan)
		if r.note(err); err != nil && intake.Err() == nil {
			end(connectStop(intake, err))
		}
	}
	counts, err := r.flow(intake, work)

	summary := &Summary{
		Run: record.ID, Counts: counts, Elapsed: time.Since(started),
		Updated: int(r.updated.Load()), Retries: int(r.retries.Load()), Throttled: int(r.throttled.Load()),
	}
	unfinished := counts.Pending+counts.Unknown > 0 || err != nil
	if intake.Err() != nil && (unfinished || ctx.Err() != nil) {
		errors.As(r.why(intake), &summary.Stopped)
	}
	record.Counts, record.Status = counts, ledger.Finished
	switch {
	case summary.Stopped != nil || err != nil:
		record.Status = ledger.Stopped
	case ctx.Err() != nil && unfinished:
		record.Status = ledger.Interrupted
	}
	if ended := j.Ledger.End(work, record); ended != nil && err == nil && summary.Stopped == nil {
		err = fmt.Errorf("end the run in the ledger: %w", ended)
	}
	return summary, err
}

// countErrors counts rows that end without a person, as soon as that is known
// and not in the roster's order: a bound counted any later is overshot by what
// is sent meanwhile.
func (r *run) countErrors(n int) {
	if errors := int(r.errors.Add(int64(n))); r.MaxErrors.exceeded(errors, r.plan.Rows) {
		r.end(r.MaxErrors.stop(errors))
	}
}

// flow moves every row from the source into the results file.
func (r *run) flow(intake, work context.Context) (outcome.Counts, error) {
	workers := r.Workers
	if workers <= 0 {
		workers = DefaultWorkers
	}
	r.requests, r.intents = make(chan struct{}, workers), newOpenIntents(workers)
	// Every channel has room for all rows that can be under way, so that nobody
	// ever waits to hand one on.
	toSend, done := make(chan *item, workers), make(chan *item, window)
	s := newSettler(r, done)
	var counts outcome.Counts
	var group errgroup.Group
	group.Go(func() error {
		defer close(done)
		var senders errgroup.Group // not WithContext: a row's trouble cancels nobody
		senders.Go(func() error {
			s.settle(intake, work)
			return nil
		})
		for range max(workers, inHand) {
			senders.Go(func() error {
				for it := range s.next(toSend) {
					switch {
					case it.update:
						r.updateTitle(intake, work, it)
						s.finish(it)
					case r.create(intake, work, it):
						s.finish(it)
					default:
						s.doubts <- it
					}
				}
				return nil
			})
		}
		err := r.read(intake, work, func(it *item) {
			switch {
			case it.doubt:
				s.begin()
				s.doubts <- it
			case it.send, it.update:
				s.begin()
				toSend <- it
			default:
				s.pass(it)
			}
		})
		if err != nil {
			r.end(err) // nobody waits for an answer any longer than it takes to arrive
		}
		close(toSend)
		s.close()
		return errors.Join(err, senders.Wait())
	})
	var recorded error
	group.Go(func() error {
		counts, recorded = r.recordAll(done)
		return nil
	})
	if err := errors.Join(group.Wait(), recorded); err != nil {
		return counts, errors.Join(err, r.Results.Discard())
	}
	if err := r.Results.Commit(); err != nil {
		return counts, errors.Join(fmt.Errorf("finish the results file: %w", err), r.Results.Discard())
	}
	return counts, nil
}

// recordAll takes rows as they are done with and passes them on in the
// roster's order. It takes every row to the last even when the results file
// fails, so that nobody waits for it in vain.
func (r *run) recordAll(done <-chan *item) (counts outcome.Counts, err error) {
	early := make([]*item, window) // rows that were done before the one before them
	next := 0
	for it := range done {
		early[it.sequence%window] = it
		for {
			it := early[next%window]
			if it == nil {
				break
			}
			early[next%window] = nil
			next++
			if err == nil {
				if err = r.Results.Write(it.cells, it.outcome); err != nil {
					r.end(&StopError{Code: "results_unwritable", Message: "the results file can't be written", Err: err})
				}
			}
			o := it.outcome
			o.Status = it.status()
			counts.Add(o.Status, 1)
			if r.OnRow != nil {
				r.OnRow(it.cells, o)
			}
			<-r.places
		}
	}
	return counts, err
}

// read takes the roster's rows in order, decides which need a request, and
// hands each on. When the intake has ended it goes on to the last row, so that
// each has an outcome.
func (r *run) read(intake, work context.Context, hand func(*item)) error {
	a := newAssessor(r.Job, r.plan)
	items, spare := make([]*item, 0, batch+chunkRows), make([]*item, 0, batch+chunkRows)
	before := r.ask(work, nil) // the batch before the one that is being filled
	defer func() { <-before.done }()
	sequence := 0
	for rows, err := range r.Source.ahead() {
		if err != nil {
			return err
		}
		assessed := a.assess(rows)
		for i := range assessed {
			r.places <- struct{}{}
			it := r.item(sequence, &assessed[i])
			if it.kept && it.outcome.Status.HasPerson() && it.outcome.PersonID == 0 {
				if err := r.restore(work, it, assessed[i].key); err != nil {
					return err
				}
			}
			if it.send {
				if err := r.renumber(work, it); err != nil {
					return err
				}
			}
			items = append(items, it)
			sequence++
		}
		if len(items) >= batch {
			last := before
			before = r.ask(work, items)
			if err := r.dispatch(intake, work, last, hand); err != nil {
				return err
			}
			items, spare = spare[:0], items
		}
	}
	if err := r.dispatch(intake, work, before, hand); err != nil {
		return err
	}
	before = r.ask(work, items)
	return r.dispatch(intake, work, before, hand)
}

// item takes what the run needs of an assessed row, which is gone with its chunk.
func (r *run) item(sequence int, one *assessed) *item {
	it := &item{
		sequence: sequence, row: one.number, line: one.line, cells: slices.Clone(one.cells),
		person: one.person, outcome: one.outcome(), planned: one.status != "", kept: one.kept(),
	}
	if !it.planned {
		it.send, it.namesake, it.key = true, one.namesake, r.ledgerKey(one.key)
	}
	return it
}

// dispatch finds out who of the items is known already and hands all of them
// on.
func (r *run) dispatch(intake, work context.Context, q *asked, hand func(*item)) error {
	if r.foreseen != nil && intake.Err() != nil {
		<-q.done
		return context.Cause(intake)
	}
	if err := r.recall(work, q); err != nil {
		return err
	}
	for _, it := range q.items {
		if intake.Err() != nil && it.doubt {
			it.doubt = false
			r.leave(it)
		}
		if intake.Err() != nil {
			it.update = false
		}
		if intake.Err() != nil && it.send {
			it.send = false
			it.settle(outcome.Pending, r.pendingProblem(intake))
		}
		hand(it)
	}
	return nil
}
