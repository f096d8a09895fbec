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
	_, err := q.store.add(ctx, j, jobState{Schedule: j.Schedule.String()}, due)
	return err
}
