package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/riverqueue/river/rivertype"
)

// enter adds a record for every job with a schedule, and wakes the records whose schedule has
// changed.
func (w *Worker) enter(ctx context.Context) error {
	records, err := w.store.jobRecords(ctx)
	if err != nil {
		return err
	}
	for _, record := range records {
		job, known := w.jobs[record.args.Job]
		if !known || !record.state.Began.IsZero() || record.state.Schedule == job.Schedule.String() {
			continue
		}
		_, err := w.store.JobRetry(ctx, record.ID)
		if err != nil && !errors.Is(err, rivertype.ErrJobRunning) && !errors.Is(err, rivertype.ErrNotFound) {
			return fmt.Errorf("enter the jobs: %w", err)
		}
	}
	for _, job := range w.Jobs {
		if job.Schedule.IsZero() || slices.ContainsFunc(records, func(r jobRecord) bool { return r.args.Job == job.Name }) {
			continue
		}
		next := job.Schedule.Next(time.Now())
		if _, err := w.store.add(ctx, job, jobState{Schedule: job.Schedule.String(), Next: next}, next); err != nil {
			return err
		}
	}
	return nil
}

// sleep returns the time until the first time of the schedule after t. A time that
// passed while the job ran is now.
func (j *job) sleep(ctx context.Context, t time.Time) (time.Duration, error) {
	j.state.Next = time.Now().Add(never)
	if !j.Schedule.IsZero() {
		j.state.Next = j.Schedule.Next(t)
	}
	if err := j.remember(ctx); err != nil {
		return 0, err
	}
	return max(time.Until(j.state.Next), 0), nil
}
