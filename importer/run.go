package importer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/procore"
	"muster/importer/results"
)

// run is the state of a run or a dry run of a part.
type run struct {
	*part
	plan      *partValidation
	ledgerRun *ledger.Run
	people    *people // the first listing; nil if nothing needs one
	end       context.CancelCauseFunc
	started   time.Time
	counters  counters
	latest    atomic.Pointer[procore.Error] // the latest request's error; nil after a good answer
	busy      semaphores
	names     nameGroups
	failed    sync.Once // the ledger's failure is logged once, not for every row

	overlay map[ledger.Key]int64 // in a dry run: the people that an import would record
}

// semaphores bound what a run does at a time.
type semaphores struct {
	rows     chan struct{} // between reading and recording
	requests chan struct{} // under way
}

// counters counts what a run's summary reports.
type counters struct {
	errors    atomic.Int64 // rows that end without a person
	retries   atomic.Int64
	updated   atomic.Int64
	throttled atomic.Int64
	earlier   atomic.Int64 // existing rows whose person an earlier run created
	answered  atomic.Int64 // requests with a good answer
}

// run creates the missing people of the part, and writes every row with an outcome
// into the part's results, which run commits.
func (p *part) run(ctx context.Context) (*Summary, error) {
	started := time.Now()
	intake, end := context.WithCancelCause(ctx)
	defer end(nil)
	work := context.WithoutCancel(ctx)
	begun, err := p.begin(work)
	if err != nil {
		return nil, fmt.Errorf("begin a run in the ledger: %w", err)
	}
	r := p.newRun(begun)
	r.end, r.started = end, started
	p.results.Describe(results.About{Project: p.place(), Run: begun.ID, Started: started})
	r.countErrors(p.validation.Invalid)
	stale, err := r.prepare(intake, work)
	if err != nil {
		return nil, err
	}
	if r.Slice > 0 {
		over := time.AfterFunc(r.Slice, func() { end(maxDurationOver(r.Slice)) })
		defer over.Stop()
	}
	counts, err := r.flow(intake, work)
	if err == nil && intake.Err() == nil {
		err = stale.settle(work)
	}
	return r.finish(ctx, intake, counts, err)
}

// newRun returns a run that has not begun to read.
func (p *part) newRun(record *ledger.Run) *run {
	return &run{
		part: p, plan: p.validation, ledgerRun: record, people: p.validation.people, started: time.Now(),
		busy:  semaphores{rows: make(chan struct{}, window)},
		names: nameGroups{taken: map[int64]bool{}, underWay: map[string]int{}, numbers: map[string][]int{}, back: map[int64]int{}},
	}
}

// begin records that a run starts, or that an earlier slice's run goes on.
func (p *part) begin(work context.Context) (*ledger.Run, error) {
	run := ledger.Run{Scope: p.Scope, Command: p.roster.command(), Roster: p.roster.Path, Results: p.ResultsPath}
	if p.Since.IsZero() {
		return p.Ledger.Begin(work, run)
	}
	return p.Ledger.Continue(work, run, p.Since)
}

// prepare waits for the open intents of earlier runs and lists the project's
// people, if any row may be sent.
func (r *run) prepare(intake, work context.Context) (*staleIntents, error) {
	if intake.Err() != nil || r.plan.Create == 0 {
		return nil, nil
	}
	stale, err := r.awaitStaleIntents(intake, work)
	if err != nil || intake.Err() != nil || r.people != nil {
		return stale, err
	}
	var listed error
	r.people, listed = r.listPeople(intake, r.plan, stale.see)
	if r.note(listed); listed != nil && intake.Err() == nil {
		r.end(connectStop(intake, listed))
	}
	if listed != nil {
		return stale, nil
	}
	return stale, r.checkAgain(work)
}

// checkAgain checks all rows once more if the listed people show that IDs of a
// results file have lost leading zeros.
func (r *run) checkAgain(work context.Context) error {
	if err := r.part.checkAgain(work, r.people); err != nil {
		return err
	}
	r.countErrors(r.validation.Invalid - r.plan.Invalid)
	r.plan = r.validation
	return nil
}

// finish ends the run in the ledger, and sums up.
func (r *run) finish(ctx, intake context.Context, counts outcome.Counts, err error) (*Summary, error) {
	summary := &Summary{
		Run: r.ledgerRun.ID, Counts: counts, Elapsed: time.Since(r.started), Updated: int(r.counters.updated.Load()),
		Earlier: int(r.counters.earlier.Load()), Retries: int(r.counters.retries.Load()), Throttled: int(r.counters.throttled.Load()),
	}
	unfinished := counts.Pending+counts.Unknown > 0 || err != nil
	if intake.Err() != nil && (unfinished || ctx.Err() != nil) {
		if errors.As(r.why(intake), &summary.Stopped); summary.Stopped != nil && summary.Stopped.Code == CodeMaxErrors {
			summary.Stopped = r.MaxErrors.stopAfter(counts.NeedLook())
		}
	}
	r.ledgerRun.Counts, r.ledgerRun.Status = counts, ledger.Finished
	switch {
	case summary.Stopped != nil || err != nil:
		r.ledgerRun.Status = ledger.Stopped
	case ctx.Err() != nil && unfinished:
		r.ledgerRun.Status = ledger.Interrupted
	}
	ended := r.Ledger.End(context.WithoutCancel(ctx), r.ledgerRun)
	if ended != nil && err == nil && summary.Stopped == nil {
		err = fmt.Errorf("end the run in the ledger: %w", ended)
	}
	return summary, err
}

// countErrors counts rows that end without a person. Rows are counted at once
// and not in the roster's order; otherwise requests in flight would exceed
// --max-errors.
func (r *run) countErrors(n int) {
	if errors := int(r.counters.errors.Add(int64(n))); r.MaxErrors.exceeded(errors, r.plan.Rows) {
		r.end(r.MaxErrors.stop())
	}
}
