package worker

import (
	"context"
	"time"
)

// Next decides what follows a slice after so many retries.
func (r Result) Next(retries int) (again bool, after time.Duration) {
	return r.next(retries, DefaultTiming())
}

// Enter adds the row of a job that is due at a time.
func (q *Queue) Enter(ctx context.Context, j Job, due time.Time) error {
	_, err := q.store.add(ctx, j, jobState{Schedule: j.Schedule.String(), Next: due}, due)
	return err
}

// Due makes a sleeping job due by a schedule, which a worker may not have.
func (q *Queue) Due(ctx context.Context, j Job) error {
	records, err := q.store.jobRecords(ctx)
	if err != nil {
		return err
	}
	for _, record := range records {
		err := q.store.remember(ctx, record.ID, jobState{Schedule: j.Schedule.String(), Next: time.Now()})
		if err != nil {
			return err
		}
		if _, err := q.store.JobRetry(ctx, record.ID); err != nil {
			return err
		}
	}
	return nil
}
