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
		one, err := l.pruneRun(ctx, run)
		if err != nil {
			return done, fmt.Errorf("prune run %s: %w", run.ID, err)
		}
		done.Runs += one.Runs
		done.Attempts += one.Attempts
		done.Kept += one.Kept
	}
	return done, nil
}

// pruneRun deletes a run with all attempts unless the run is running or has open
// intents.
func (l *Ledger) pruneRun(ctx context.Context, run Run) (done Pruned, err error) {
	if run.Status == Running {
		return Pruned{Kept: 1}, nil
	}
	err = l.update(ctx, func(ctx context.Context, tx transaction) error {
		open, err := tx.OpenIntents(ctx, &run.Scope)
		if slices.ContainsFunc(open, func(i intentRecord) bool { return i.run == run.number }) {
			done.Kept = 1
			return nil
		}
		if err == nil {
			done.Attempts, err = tx.DeleteRun(ctx, run.number)
			done.Runs = 1
		}
		return err
	})
	return done, err
}
