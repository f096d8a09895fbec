package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Pruned is what Prune took out of a ledger.
type Pruned struct {
	Runs     int
	Attempts int
	Kept     int // runs that are as old, and are still at work or have requests in doubt
}

// Prune forgets the runs that started before a time, and their attempts. What
// guards against duplicates stays: whom a key has become, and every request
// whose outcome is not known, with its run. Each run goes in a transaction of
// its own, so that a run of another project need not wait long; what was pruned
// before an error is gone, and counted.
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
		if run.Status == Running {
			done.Kept++
			continue
		}
		attempts, gone, err := l.forget(ctx, run)
		switch {
		case err != nil:
			return done, fmt.Errorf("prune run %s: %w", run.ID, err)
		case !gone:
			done.Kept++
		default:
			done.Runs++
			done.Attempts += int(attempts)
		}
	}
	return done, nil
}

// forget deletes a run and its attempts, unless requests of it are in doubt.
func (l *Ledger) forget(ctx context.Context, run Run) (attempts int64, gone bool, err error) {
	r := newRequest()
	r.alone = func(ctx context.Context, conn *sql.Conn) error {
		var open bool
		if err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM intents WHERE run = ?)", run.number).Scan(&open); err != nil || open {
			return err
		}
		// In which project somebody is stays known: see entryProject.
		if _, err := conn.ExecContext(ctx, "UPDATE people SET run = -?1 WHERE run = ?2 AND key IN (SELECT key FROM attempts WHERE run = ?2)",
			run.Project, run.number); err != nil {
			return err
		}
		deleted, err := conn.ExecContext(ctx, "DELETE FROM attempts WHERE run = ?", run.number)
		if err != nil {
			return err
		}
		if attempts, err = deleted.RowsAffected(); err != nil {
			return err
		}
		gone = true
		_, err = conn.ExecContext(ctx, "DELETE FROM runs WHERE number = ?", run.number)
		return err
	}
	err = l.submit(ctx, r)
	return attempts, gone, err
}
