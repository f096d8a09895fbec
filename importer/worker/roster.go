package worker

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"muster/importer/outcome"
)

// rosterArgs are the arguments of the record of a roster in a run of a job.
type rosterArgs struct {
	Job    string `json:"job" river:"unique"`
	Roster string `json:"roster" river:"unique"`
	Run    int64  `json:"run" river:"unique"` // when the job began, in milliseconds since 1970
}

// Kind returns the name of the kind of records.
func (rosterArgs) Kind() string { return "muster_roster" }

// InsertOpts says that a roster has a single record in a run of a job. Only the deaths of
// hosts count as attempts.
func (rosterArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: rosterQueue, MaxAttempts: mostRetries, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: rivertype.JobStates()}}
}

// rosterState is what the record of a roster remembers.
type rosterState struct {
	Retries int     `json:"retries,omitempty"`
	Before  Figures `json:"before"`           // of earlier slices
	Result  *Result `json:"result,omitempty"` // of the latest slice
}

func (s rosterState) task(args rosterArgs, record *rivertype.JobRow) Task {
	return Task{Job: args.Job, Roster: args.Roster, Since: record.CreatedAt, Retries: s.Retries, Before: s.Before}
}

// Figures are the numbers of an import.
type Figures struct {
	Run       string                   `json:"run,omitempty"`     // the ID in the ledger
	Results   string                   `json:"results,omitempty"` // the results file
	Project   int64                    `json:"project,omitempty"` // 0: several
	Rows      map[int64]outcome.Counts `json:"rows,omitempty"`    // by project
	Seconds   float64                  `json:"seconds,omitempty"`
	Requests  int                      `json:"requests,omitempty"`
	Throttled int                      `json:"throttled,omitempty"`
}

// rosterWorker handles the records of rosters.
type rosterWorker struct {
	*Worker
	river.WorkerDefaults[rosterArgs]
}

// errTakenOver ends a slice whose record another host has taken over.
var errTakenOver = errors.New("another host has taken the roster over")

// NextRetry returns when a record goes on after the death of a host.
func (*rosterWorker) NextRetry(*river.Job[rosterArgs]) time.Time { return time.Now() }

// Work imports a slice of a roster.
func (w *rosterWorker) Work(ctx context.Context, record *river.Job[rosterArgs]) error {
	ctx = context.WithoutCancel(ctx) // River's time-out only says when a record counts as lost
	switch _, known := w.jobs[record.Args.Job]; {
	case !known:
		return river.JobSnooze(w.Timing.Locked)
	case w.stop.Err() != nil:
		return river.JobSnooze(0)
	}
	state := outputOf[rosterState](record.JobRow)
	task := state.task(record.Args, record.JobRow)
	result, report, lost := w.slice(ctx, task, record.JobRow)
	if lost {
		return w.leave(ctx, record.ID)
	}
	again, after := result.next(state.Retries, w.Timing)
	if !again {
		result = report(ctx, result)
	}
	if again && result.retryable() {
		state.Retries++
		w.Log.Warn().Str("job", task.Job).Str("code", result.Problem).Stringer("again_in", after).Msg("the import stopped and is tried again")
	}
	state.Before, state.Result = result.Figures, &result
	if err := w.store.remember(ctx, record.ID, state); err != nil {
		w.Log.Warn().Err(err).Str("job", task.Job).Msg("the record of jobs can't be used; the worker tries again")
		return river.JobSnooze(afterFault)
	}
	if again {
		return river.JobSnooze(after)
	}
	return nil
}

// slice imports a slice while the record shows signs of life, and reports whether another
// host has taken the record over.
func (w *rosterWorker) slice(ctx context.Context, t Task, record *rivertype.JobRow) (r Result, report Report, lost bool) {
	own, end := context.WithCancelCause(w.stop)
	defer end(nil)
	beats, stop := context.WithCancel(ctx)
	var taken atomic.Bool
	var beating sync.WaitGroup
	beating.Go(func() {
		for wait(beats, w.Timing.Heartbeat) {
			if !w.beat(beats, record) {
				taken.Store(true)
				end(errTakenOver)
				return
			}
		}
	})
	r, report = w.Runner.Slice(own, t) //nolint:contextcheck // a slice ends with the worker, not with River's time-out
	stop()
	beating.Wait()
	return r, report, taken.Load() || !w.beat(ctx, record)
}

// beat shows a sign of life, and reports whether the record is still this process's.
// Without the tables, the ledger's lock decides.
func (w *rosterWorker) beat(ctx context.Context, record *rivertype.JobRow) bool {
	now, err := w.store.JobGet(ctx, record.ID)
	switch {
	case errors.Is(err, rivertype.ErrNotFound):
		return false
	case err != nil:
		return true
	case now.State != rivertype.JobStateRunning || now.Attempt != record.Attempt || now.AttemptedBy[len(now.AttemptedBy)-1] != w.store.ID():
		return false
	}
	if err := w.store.alive(ctx, record.ID); err != nil && ctx.Err() == nil {
		w.Log.Debug().Err(err).Msg("the record of jobs can't be written")
	}
	return true
}

// leave waits until the end of Work can't change a record that another host has taken
// over: River ends a running record of whatever host.
func (w *rosterWorker) leave(ctx context.Context, id int64) error {
	for {
		record, err := w.store.JobGet(ctx, id)
		settled := err == nil && record.State != rivertype.JobStateRunning && (record.FinalizedAt != nil || time.Until(record.ScheduledAt) > afterLeaving)
		if settled || errors.Is(err, rivertype.ErrNotFound) || !wait(w.stop, w.Timing.Heartbeat/4) { //nolint:contextcheck // as the slice
			return river.JobSnooze(0)
		}
	}
}

// afterLeaving is more than River takes to end a record.
const afterLeaving = 3 * time.Second

// Counts returns the rows of all projects by status.
func (f Figures) Counts() outcome.Counts {
	var all outcome.Counts
	for _, c := range f.Rows {
		all = all.Plus(c)
	}
	return all
}
