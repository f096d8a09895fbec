// Package worker runs the jobs of a config on their schedules.
//
// A job is a record of River's tables: it sleeps until the job is due, adds a record for every
// roster, waits for those, and sleeps again. So a time that passes while no worker runs is
// caught up once, and no job runs twice at a time. The record stays when the job leaves a
// config, since another host may still have the job. A roster's record is done in slices, each
// of which is an import that ends early.
//
// Records of a host that died are rescued by River's leader. A worker shows by a heartbeat
// that a record is alive, so that rescue need not wait for the longest slice. River runs a
// record at least once; the ledger's lock keeps two hosts from importing at a time. A
// slice that was paused for so long that another host has the record ends without a trace
// in River's tables.
//
// Rejected: River's periodic jobs, which forget a time that passes while no leader is
// elected, and River's retries of failed records, which would count crashes and lost
// connections together.
package worker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/rs/zerolog"

	"muster/importer/fault"
	"muster/importer/ledger"
)

// Job is a job of the config.
type Job struct {
	Name     string
	Schedule Schedule // zero: the job only starts by hand
}

// Task is a roster of a job.
type Task struct {
	Job, Roster string
	Since       time.Time // when the job found the roster
	Retries     int
	Before      Figures // of earlier slices
}

// Report announces the result of a slice that was the last of a roster.
type Report func(ctx context.Context, r Result) Result

// Runner does what a worker schedules.
type Runner interface {
	// Begin announces that a job begins, and returns the rosters.
	Begin(ctx context.Context, job string) (rosters []string, failed *Result)
	// Slice imports a roster until ctx or the slice ends.
	Slice(ctx context.Context, t Task) (Result, Report)
	// Died announces the result of a roster whose hosts died.
	Died(ctx context.Context, t Task, r Result) Result
	// End announces that a job has ended with the results of all rosters.
	End(ctx context.Context, job string, began time.Time, results []Result) (exitCode int)
}

// Timing says how quickly workers notice what happens. Tests shorten the times.
type Timing struct {
	Heartbeat time.Duration // between two signs of life of a record
	Rescue    time.Duration // without a sign of life until another host takes a record over
	Poll      time.Duration // between two looks at the rosters of a job
	Slice     time.Duration // from the listing of a project's people to the end of a slice
	Locked    time.Duration // until the lock of a project, or a job that another host has, is tried again
	Retry     time.Duration // until the first retry after an error; doubles with every retry
}

// DefaultTiming returns the times outside of tests.
func DefaultTiming() Timing {
	return Timing{
		Heartbeat: 15 * time.Second, Rescue: time.Minute, Poll: 2 * time.Second,
		Slice: 10 * time.Minute, Locked: 15 * time.Second, Retry: 30 * time.Second,
	}
}

// Options say what a worker runs.
type Options struct {
	Location string // of the ledger
	Jobs     []Job
	Runner   Runner
	Timing   Timing
	Log      zerolog.Logger
}

// Worker runs jobs on a host.
type Worker struct {
	Options
	store  *store
	jobs   map[string]Job
	stop   context.Context // ends when a signal stops the worker
	opened time.Time
}

const (
	jobQueue      = "jobs"
	rosterQueue   = "rosters"
	jobsAtOnce    = 16 // which only wait
	importsAtOnce = 4  // on a host; the quota bounds them all

	keptFor = 7 * 24 * time.Hour // records of rosters that no job has collected
)

// Open opens the tables of jobs, makes or renews them if needed, and enters the jobs.
func Open(ctx context.Context, o Options) (*Worker, error) {
	w := &Worker{Options: o, jobs: map[string]Job{}, stop: ctx, opened: time.Now()}
	for _, j := range o.Jobs {
		w.jobs[j.Name] = j
	}
	workers := river.NewWorkers()
	if err := errors.Join(
		river.AddWorkerSafely(workers, &jobWorker{Worker: w}), river.AddWorkerSafely(workers, &rosterWorker{Worker: w}),
	); err != nil {
		return nil, fmt.Errorf("start the worker: %w", err)
	}
	err := checkClock(ctx, o.Location)
	if err != nil {
		return nil, err
	}
	w.store, err = openStore(ctx, o.Location, &river.Config{
		ID: newID(), Logger: riverLog(o.Log), Workers: workers,
		FetchCooldown: min(river.FetchCooldownDefault, o.Timing.Poll/4), FetchPollInterval: o.Timing.Poll / 2,
		Queues: map[string]river.QueueConfig{jobQueue: {MaxWorkers: jobsAtOnce}, rosterQueue: {MaxWorkers: importsAtOnce}},

		// River's own time-out only says when a record counts as lost: a slice ends by itself.
		JobTimeout: o.Timing.Rescue, JobStuckThreshold: keptFor, RescueStuckJobsAfter: o.Timing.Rescue,
		CompletedJobRetentionPeriod: keptFor, CancelledJobRetentionPeriod: keptFor, DiscardedJobRetentionPeriod: keptFor,
	}, true)
	if err != nil {
		return nil, err
	}
	if err := w.enter(ctx); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// CodeClock is the code of a host whose clock is too far off for a worker.
const CodeClock = "worker_clock"

// mostSkew is how far a host's clock may be off. River's leader compares the signs of life of
// other hosts with the leader's own clock, so two hosts must differ by less than Timing.Rescue.
const mostSkew = 20 * time.Second

// checkClock compares this host's clock with the clock of the database that hosts share.
func checkClock(ctx context.Context, location string) error {
	if !ledger.IsURL(location) {
		return nil
	}
	server, err := ledger.InspectServer(ctx, location)
	if err != nil || server.Skew.Abs() <= mostSkew {
		return err
	}
	return &fault.Error{
		Code:    CodeClock,
		Message: fmt.Sprintf("this machine's clock and the database server's differ by %s, and workers that differ take jobs from each other", server.Skew.Abs().Round(time.Second)),
		Fix:     "set the clocks of both machines by a time server, then start the worker again",
	}
}

// newID returns a name for this process that no other process has.
func newID() string {
	host, _ := os.Hostname()
	return fmt.Sprintf("%.60s/%d-%x", host, os.Getpid(), time.Now().UnixMilli())
}

// hostOf returns the host that handled a record last.
func hostOf(record *rivertype.JobRow) string {
	if len(record.AttemptedBy) == 0 {
		return ""
	}
	host, _, _ := strings.Cut(record.AttemptedBy[len(record.AttemptedBy)-1], "/")
	return host
}

// Close closes the tables.
func (w *Worker) Close() { w.store.close() }

// Run works until ctx, which must be the context of Open, ends. Then Run waits until
// the slices under way have ended and given their rosters back.
func (w *Worker) Run(ctx context.Context) error {
	work := context.WithoutCancel(ctx)
	if err := w.store.Start(work); err != nil {
		return fmt.Errorf("start the worker: %w", err)
	}
	<-ctx.Done()
	if err := w.store.Stop(work); err != nil {
		return fmt.Errorf("stop the worker: %w", err)
	}
	return nil
}

// Ready returns an error if the tables can't be read.
func (w *Worker) Ready(ctx context.Context) error {
	_, err := w.store.jobRecords(ctx)
	return err
}
