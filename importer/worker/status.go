package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/rs/zerolog"
)

// Status is how a job stands.
type Status struct {
	Job
	State    string     // StateSleeping, StateDue or StateRunning
	Next     time.Time  // zero without a schedule
	Began    time.Time  // of the run under way; zero without one
	Rosters  []Progress // of the run under way
	Failures int        // runs since the last with exit code 0
	Success  time.Time  // when a run last ended with exit code 0
	Last     *Run       // nil before the first run has ended
}

// The words of Status.State.
const (
	StateSleeping = "sleeping" // until the next time of the schedule, or a start by hand
	StateDue      = "due"      // and no worker has taken the job yet
	StateRunning  = "running"
)

// Progress is a roster of the run under way. The JSON is a contract with other programs.
type Progress struct {
	Roster  string `json:"roster"`
	State   string `json:"state"`   // RosterWaiting, RosterRunning or RosterEnded
	Host    string `json:"host"`    // the latest; "" before the first
	Retries int    `json:"retries"` // after errors
	Problem string `json:"problem"` // the code of the latest error
}

// The words of Progress.State.
const (
	RosterWaiting = "waiting"
	RosterRunning = "running"
	RosterEnded   = "ended"
)

// Queue is the record of jobs, for commands that run no job.
type Queue struct{ store *store }

// OpenQueue opens the record of jobs beside the ledger at a location. Without create, the
// queue may be nil, if no worker and no start has made the record.
func OpenQueue(ctx context.Context, location string, create bool, log zerolog.Logger) (*Queue, error) {
	s, err := openStore(ctx, location, &river.Config{Logger: riverLog(log)}, create)
	switch {
	case errors.Is(err, errNoStore):
		return nil, nil //nolint:nilnil // no record is no error
	case err != nil:
		return nil, err
	}
	return &Queue{s}, nil
}

// Queue returns the record of jobs that the worker uses.
func (w *Worker) Queue() *Queue { return &Queue{w.store} }

// Close closes the record.
func (q *Queue) Close() { q.store.close() }

// Status returns how jobs stand, in the same order. A nil queue has no record.
func (q *Queue) Status(ctx context.Context, jobs []Job) ([]Status, error) {
	var records []jobRecord
	if q != nil {
		var err error
		if records, err = q.store.jobRecords(ctx); err != nil {
			return nil, err
		}
	}
	all := make([]Status, len(jobs))
	for n, job := range jobs {
		s := &all[n]
		s.Job, s.State = job, StateSleeping
		if !job.Schedule.IsZero() {
			s.Next = job.Schedule.Next(time.Now())
		}
		i := slices.IndexFunc(records, func(r jobRecord) bool { return r.args.Job == job.Name })
		if i < 0 {
			continue
		}
		record := records[i]
		s.Failures, s.Success, s.Last = record.state.Failures, record.state.Success, record.state.Last
		switch {
		case !record.state.Began.IsZero():
			s.State, s.Began = StateRunning, record.state.Began
			if err := q.progress(ctx, record.state.Rosters, s); err != nil {
				return nil, err
			}
		case record.State == rivertype.JobStateRunning: // begins or ends
			s.State = StateRunning
		case record.ScheduledAt.Before(time.Now()):
			s.State, s.Next = StateDue, record.ScheduledAt
		}
	}
	return all, nil
}

// progress adds how the rosters of a run stand.
func (q *Queue) progress(ctx context.Context, ids []int64, s *Status) error {
	if len(ids) == 0 {
		return nil
	}
	list, err := q.store.JobList(ctx, river.NewJobListParams().IDs(ids...).First(len(ids)))
	if err != nil {
		return fmt.Errorf("read the record of jobs: %w", err)
	}
	for _, record := range list.Jobs {
		var args rosterArgs
		_ = json.Unmarshal(record.EncodedArgs, &args) // a path that can't be read is ""
		state := outputOf[rosterState](record)
		p := Progress{Roster: args.Roster, State: RosterWaiting, Host: hostOf(record), Retries: state.Retries}
		switch {
		case record.State == rivertype.JobStateRunning:
			p.State = RosterRunning
		case record.FinalizedAt != nil:
			p.State = RosterEnded
		}
		if state.Result != nil {
			p.Problem = state.Result.Problem
		}
		s.Rosters = append(s.Rosters, p)
	}
	return nil
}

// Start starts a job now, and reports whether the job was not running already.
func (q *Queue) Start(ctx context.Context, job Job) (started bool, err error) {
	if added, err := q.store.add(ctx, job, jobState{Start: true}, time.Now()); err != nil || added {
		return added, err
	}
	records, err := q.store.jobRecords(ctx)
	if err != nil {
		return false, err
	}
	for _, record := range records {
		if record.args.Job != job.Name {
			continue
		}
		if !record.state.Began.IsZero() || record.State == rivertype.JobStateRunning {
			return false, nil
		}
		record.state.Start = true
		if err := q.store.remember(ctx, record.ID, record.state); err != nil {
			return false, fmt.Errorf("start the job %s: %w", job.Name, err)
		}
		if _, err := q.store.JobRetry(ctx, record.ID); err != nil && !errors.Is(err, rivertype.ErrJobRunning) {
			return false, fmt.Errorf("start the job %s: %w", job.Name, err)
		}
	}
	return true, nil
}
