package ledger

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Pruned is what Prune deleted from a ledger.
type Pruned struct {
	Runs     int
	Attempts int
	Kept     int // runs as old that are running or have open intents
}

// Prune deletes the runs that started before a time, with all attempts. People
// and open intents, which guard against duplicates, stay. Every run is deleted
// in a transaction, so that other processes wait only shortly; Pruned also counts
// what was deleted before an error.
func (l *Ledger) Prune(ctx context.Context, before time.Time) (Pruned, error) {
	var done Pruned
	runs, err := l.Runs(ctx, 0)
	if err != nil {
		return done, err
	}
	for _, run := range runs {
		if !run.Started.Before(before) {
			continue
		}
		attempts, deleted := 0, false
		if run.Status != Running {
			if attempts, deleted, err = l.deleteRun(ctx, run); err != nil {
				return done, fmt.Errorf("prune run %s: %w", run.ID, err)
			}
		}
		if !deleted {
			done.Kept++
			continue
		}
		done.Runs++
		done.Attempts += attempts
	}
	return done, nil
}

// deleteRun deletes a run with all attempts unless the run has open intents.
func (l *Ledger) deleteRun(ctx context.Context, run Run) (attempts int, deleted bool, err error) {
	err = l.update(ctx, func(ctx context.Context, tx transaction) error {
		open, err := tx.OpenIntents(ctx, &run.Scope)
		if err != nil || slices.ContainsFunc(open, func(i intentRecord) bool { return i.run == run.number }) {
			return err
		}
		deleted = true
		attempts, err = tx.DeleteRun(ctx, run.number)
		return err
	})
	return attempts, deleted, err
}
