package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"muster/importer/outcome"
)

// jobArgs are the arguments of the record of a job.
type jobArgs struct {
	Job string `json:"job" river:"unique"`
}

// Kind returns the name of the kind of records.
func (jobArgs) Kind() string { return "muster_job" }

// InsertOpts says that a job has a single record, which is never given up.
func (jobArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: jobQueue, MaxAttempts: 30000, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: rivertype.JobStates()}}
}

// jobState is what the record of a job remembers.
type jobState struct {
	Schedule string    `json:"schedule"`        // by which the record sleeps
	Next     time.Time `json:"next,omitzero"`   // when the job is due by that schedule
	Start    bool      `json:"start,omitempty"` // by hand, whatever the schedule says
	Due      time.Time `json:"due,omitzero"`    // of the run under way
	Began    time.Time `json:"began,omitzero"`  // zero while the job sleeps
	Rosters  []int64   `json:"rosters,omitempty"`
	Failures int       `json:"failures,omitempty"` // since the last success
	Success  time.Time `json:"success,omitzero"`   // when a run last ended with exit code 0
	Last     *Run      `json:"last,omitempty"`
}

// Run is a run of a job that has ended.
type Run struct {
	Began    time.Time `json:"began"`
	Ended    time.Time `json:"ended"`
	ExitCode int       `json:"exit_code"`
	Rosters  []Outcome `json:"rosters"`
}

// Outcome is what became of a roster, and where.
type Outcome struct {
	Roster string `json:"roster"`
	Host   string `json:"host"`
	Result
}

// jobRecord is the record of a job.
type jobRecord struct {
	*rivertype.JobRow
	args  jobArgs
	state jobState
}

// mostRecords is more records than a config has jobs, or a folder rosters.
const mostRecords = 10000

// jobRecords returns the records of all jobs.
func (s *store) jobRecords(ctx context.Context) ([]jobRecord, error) {
	list, err := s.JobList(ctx, river.NewJobListParams().Kinds(jobArgs{}.Kind()).First(mostRecords))
	if err != nil {
		return nil, fmt.Errorf("read the record of jobs: %w", err)
	}
	records := make([]jobRecord, len(list.Jobs))
	for i, record := range list.Jobs {
		records[i].JobRow = record
		if err := json.Unmarshal(record.EncodedArgs, &records[i].args); err != nil {
			return nil, fmt.Errorf("read the record of jobs: %w", err)
		}
		records[i].state = outputOf[jobState](record)
	}
	return records, nil
}

// outputOf returns what a record remembers.
func outputOf[T any](record *rivertype.JobRow) (state T) {
	_ = json.Unmarshal(record.Output(), &state) // a new record remembers nothing
	return state
}

// add adds the record of a job, and reports whether there was none.
func (s *store) add(ctx context.Context, j Job, state jobState, due time.Time) (added bool, err error) {
	metadata, err := json.Marshal(map[string]any{rivertype.MetadataKeyOutput: state})
	if err != nil {
		return false, fmt.Errorf("enter the job %s: %w", j.Name, err)
	}
	result, err := s.Insert(ctx, jobArgs{j.Name}, &river.InsertOpts{ScheduledAt: due, Metadata: metadata})
	if err != nil {
		return false, fmt.Errorf("enter the job %s: %w", j.Name, err)
	}
	return !result.UniqueSkippedAsDuplicate, nil
}

// jobWorker handles the records of jobs.
type jobWorker struct {
	*Worker
	river.WorkerDefaults[jobArgs]
}

// never is when a job without a schedule is due.
const never = 10 * 365 * 24 * time.Hour

// afterFault is the wait after an error of the tables.
const afterFault = 15 * time.Second

// NextRetry returns when a record goes on after the death of a host.
func (*jobWorker) NextRetry(*river.Job[jobArgs]) time.Time { return time.Now() }

// Work moves a job on: from sleep to its rosters, or from those to sleep.
func (w *jobWorker) Work(ctx context.Context, record *river.Job[jobArgs]) error {
	ctx = context.WithoutCancel(ctx) // River's time-out only says when a record counts as lost
	config, known := w.jobs[record.Args.Job]
	switch {
	case !known: // another host may have a newer config
		return river.JobSnooze(w.Timing.Locked)
	case w.stop.Err() != nil:
		return river.JobSnooze(0)
	}
	j := &job{Worker: w.Worker, Job: config, record: record.JobRow, state: outputOf[jobState](record.JobRow)}
	after, err := j.move(ctx)
	if err != nil {
		w.Log.Warn().Err(err).Str("job", config.Name).Msg("the record of jobs can't be used; the worker tries again")
		after = afterFault
	}
	return river.JobSnooze(after)
}

// job is the record of a job in progress.
type job struct {
	*Worker
	Job
	record *rivertype.JobRow
	state  jobState
}

// move does what is due, and returns the time until the next look.
func (j *job) move(ctx context.Context) (time.Duration, error) {
	rescheduled := j.state.Schedule != j.Schedule.String()
	j.state.Schedule = j.Schedule.String()
	if j.state.Began.IsZero() {
		if !j.due(rescheduled) {
			return j.sleep(ctx, time.Now())
		}
		j.state.Began, j.state.Due, j.state.Start = time.Now(), j.record.ScheduledAt, false
		if err := j.remember(ctx); err != nil {
			return 0, err
		}
	}
	if len(j.state.Rosters) == 0 { // also after the host died while it added the rosters
		rosters, failed := j.Runner.Begin(ctx, j.Name)
		if failed != nil {
			return j.end(ctx, []Outcome{{Host: hostOf(j.record), Result: *failed}})
		}
		if err := j.add(ctx, rosters); err != nil {
			return 0, err
		}
	}
	ended, outcomes, err := j.collect(ctx)
	switch {
	case err != nil:
		return 0, err
	case !ended:
		return j.Timing.Poll, nil
	}
	return j.end(ctx, outcomes)
}

// due reports whether a sleeping job begins. A record can wake before its time: for a
// worker that has another schedule, or because the host died that put it to sleep. A time
// of another worker's schedule counts, unless it passed before this worker started.
func (j *job) due(rescheduled bool) bool {
	passed := !time.Now().Before(j.state.Next)
	return j.state.Start || passed && (!rescheduled || j.state.Next.After(j.opened))
}

// remember saves what the record remembers.
func (j *job) remember(ctx context.Context) error { return j.store.remember(ctx, j.record.ID, j.state) }

// remember saves what a record remembers.
func (s *store) remember(ctx context.Context, id int64, state any) error {
	_, err := s.JobUpdate(ctx, id, &river.JobUpdateParams{Output: state})
	return err
}

// add adds a record for every roster. A second call for the same run adds no second record.
func (j *job) add(ctx context.Context, rosters []string) error {
	if len(rosters) == 0 {
		return nil
	}
	records := make([]river.InsertManyParams, len(rosters))
	for i, path := range rosters {
		records[i].Args = rosterArgs{Job: j.Name, Roster: path, Run: j.state.Began.UnixMilli()}
	}
	added, err := j.store.InsertMany(ctx, records)
	if err != nil {
		return err
	}
	for _, record := range added {
		j.state.Rosters = append(j.state.Rosters, record.Job.ID)
	}
	return j.remember(ctx)
}

// collect returns what became of the rosters when all have ended.
func (j *job) collect(ctx context.Context) (ended bool, outcomes []Outcome, err error) {
	if len(j.state.Rosters) == 0 {
		return true, nil, nil
	}
	list, err := j.store.JobList(ctx, river.NewJobListParams().IDs(j.state.Rosters...).First(len(j.state.Rosters)))
	if err != nil {
		return false, nil, err
	}
	for _, record := range list.Jobs {
		if record.FinalizedAt == nil {
			return false, nil, nil
		}
		outcomes = append(outcomes, j.outcome(ctx, record))
	}
	return true, outcomes, nil
}

// outcome returns what became of a roster. Hosts that die again and again over a roster
// are reported here.
func (j *job) outcome(ctx context.Context, record *rivertype.JobRow) Outcome {
	var args rosterArgs
	_ = json.Unmarshal(record.EncodedArgs, &args) // without a path the result still counts
	state := outputOf[rosterState](record)
	o := Outcome{Roster: args.Roster, Host: hostOf(record)}
	if record.State == rivertype.JobStateCompleted && state.Result != nil {
		o.Result = *state.Result
		return o
	}
	o.Result = j.Runner.Died(ctx, state.task(args, record), Result{
		ExitCode: outcome.ExitStopped, Problem: CodeDied, Message: fmt.Sprintf("the host died %d times during the import", record.Attempt), Figures: state.Before,
	})
	return o
}

// CodeDied is the code of a roster whose import ended every host that tried.
const CodeDied = "worker_died"

// end reports the end of a run, and lets the job sleep until the next.
func (j *job) end(ctx context.Context, outcomes []Outcome) (time.Duration, error) {
	run := &Run{Began: j.state.Began, Rosters: outcomes}
	results := make([]Result, len(outcomes))
	for i, o := range outcomes {
		results[i] = o.Result
	}
	run.ExitCode = j.Runner.End(ctx, j.Name, run.Began, results)
	run.Ended = time.Now()
	rosters, due := j.state.Rosters, j.state.Due
	j.state.Began, j.state.Due, j.state.Rosters, j.state.Last = time.Time{}, time.Time{}, nil, run
	if j.state.Failures++; run.ExitCode == 0 {
		j.state.Failures, j.state.Success = 0, run.Ended
	}
	if due.Before(run.Began) { // missed, or a moment late: several times that passed count once
		due = run.Began
	}
	after, err := j.sleep(ctx, due)
	if err != nil {
		return 0, err
	}
	for _, id := range rosters {
		_, _ = j.store.JobDelete(ctx, id) // River deletes what is left
	}
	return after, nil
}
