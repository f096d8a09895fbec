package ledger

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"muster/importer/outcome"
)

// RunStatus says how a run ended.
type RunStatus string

// The statuses of a run.
const (
	Running     RunStatus = "running"
	Finished    RunStatus = "finished"    // every row was attempted
	Stopped     RunStatus = "stopped"     // muster ended the run early
	Interrupted RunStatus = "interrupted" // a signal ended the run in good order
	Crashed     RunStatus = "crashed"     // the run was killed, or the machine went down
)

// Run is an import or retry over a roster.
type Run struct {
	ID string // sorts by time; short enough to be typed
	Scope
	Command string // such as "import"
	Host    string // the name of the machine, set by Begin
	Roster  string // the path, absolute once the run has begun
	Results string // the path, absolute once the run has begun
	Started time.Time
	Ended   time.Time // zero while the run is running, and after a crash
	Status  RunStatus
	Counts  outcome.Counts // as End got them

	number int64 // 0: not begun
}

// Begin records that a run starts, and returns the run with an ID. Started is
// the store's time unless the caller set it. The scope must be locked by l, which
// proves that earlier runs of the scope are over: runs without an end have crashed.
func (l *Ledger) Begin(ctx context.Context, run Run) (*Run, error) {
	return l.begin(ctx, run, time.Time{})
}

// Continue goes on with the newest run of the same scope, command and roster that
// started at since or later by this machine's clock, or begins a run if there is none. For LastCreated, a run
// that goes on is an earlier run: its people may be missing from a listing.
func (l *Ledger) Continue(ctx context.Context, run Run, since time.Time) (*Run, error) {
	return l.begin(ctx, run, since.Add(l.store.Skew()).Truncate(time.Millisecond))
}

func (l *Ledger) begin(ctx context.Context, run Run, since time.Time) (*Run, error) {
	if !l.ownsLock(run.Scope) {
		return nil, fmt.Errorf("begin a run: company %d, project %d is not locked", run.Company, run.Project)
	}
	run.Roster, run.Results = absolute(run.Roster), absolute(run.Results)
	run.Host, _ = os.Hostname() // a machine without a name is ""
	current := int64(0)
	err := l.update(ctx, func(ctx context.Context, tx transaction) error {
		runs, err := crashRuns(ctx, tx, run.Scope)
		if err != nil {
			return err
		}
		if n := slices.IndexFunc(runs, func(earlier Run) bool { return earlier.continuedBy(&run, since) }); n >= 0 {
			runs[n].Status, runs[n].Ended, runs[n].Results, runs[n].Host = Running, time.Time{}, run.Results, run.Host
			run, current = runs[n], 0
			return tx.SaveRun(ctx, &run)
		}
		if err := add(ctx, tx, &run, runs); err != nil {
			return err
		}
		current = run.number
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("begin a run: %w", err)
	}
	l.locks.Lock()
	l.locks.owned[run.Scope] = current
	l.locks.Unlock()
	return &run, nil
}

// continuedBy reports whether next goes on with the run r, if r started at since or later.
func (r *Run) continuedBy(next *Run, since time.Time) bool {
	return !since.IsZero() && !r.Started.Before(since) && r.Scope == next.Scope && r.Command == next.Command && r.Roster == next.Roster
}

// crashRuns records that earlier runs of the scope are over, and returns all runs, the
// newest first.
func crashRuns(ctx context.Context, tx transaction, s Scope) ([]Run, error) {
	return editRuns(ctx, tx, func(earlier *Run) bool {
		if earlier.Status != Running || earlier.Scope != s {
			return false
		}
		earlier.Status = Crashed
		return true
	})
}

// add adds a run to the earlier runs.
func add(ctx context.Context, tx transaction, run *Run, earlier []Run) error {
	if run.Started.IsZero() {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		run.Started = now
	}
	run.Started = run.Started.UTC().Truncate(time.Millisecond)
	run.Status, run.Ended = Running, time.Time{}
	run.ID = freeID(earlier, run.Started)
	return tx.AddRun(ctx, run)
}

// absolute returns a path for a later reader, who need not be in the same folder.
func absolute(path string) string {
	if whole, err := filepath.Abs(path); err == nil && path != "" {
		return whole
	}
	return path
}

// editRuns saves the runs that edit has changed, and returns all runs.
func editRuns(ctx context.Context, tx transaction, edit func(*Run) bool) ([]Run, error) {
	runs, err := tx.Runs(ctx, 0)
	if err != nil {
		return nil, err
	}
	for n := range runs {
		if !edit(&runs[n]) {
			continue
		}
		if err := tx.SaveRun(ctx, &runs[n]); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

// freeID returns the second at which a run started, followed by a number if
// another run started in the same second.
func freeID(runs []Run, started time.Time) string {
	base := started.Format("20060102-150405")
	for id, n := base, 2; ; id, n = fmt.Sprintf("%s-%02d", base, n), n+1 {
		if !slices.ContainsFunc(runs, func(r Run) bool { return r.ID == id }) {
			return id
		}
	}
}

// End records how a run ended: Status, Counts and Results. Ended is the store's
// time unless the caller set it. Open intents stay open.
func (l *Ledger) End(ctx context.Context, run *Run) error {
	if !slices.Contains([]RunStatus{Finished, Stopped, Interrupted}, run.Status) {
		return fmt.Errorf("end run %s: a run can't end as %q", run.ID, run.Status)
	}
	running := false
	err := l.update(ctx, func(ctx context.Context, tx transaction) (err error) {
		if run.Ended.IsZero() {
			if run.Ended, err = tx.Now(ctx); err != nil {
				return err
			}
		}
		run.Ended = run.Ended.UTC().Truncate(time.Millisecond)
		_, err = editRuns(ctx, tx, func(r *Run) bool {
			if r.number != run.number || r.Status != Running {
				return false
			}
			running = true
			r.Ended, r.Status, r.Results, r.Counts = run.Ended, run.Status, run.Results, run.Counts
			return true
		})
		return err
	})
	if err == nil && !running {
		err = ErrNotBegun
	}
	if err != nil {
		return fmt.Errorf("end run %s: %w", run.ID, err)
	}
	return nil
}

// RenameFile records the new path of a file in all runs that have the file as
// roster or results.
func (l *Ledger) RenameFile(ctx context.Context, from, to string) error {
	from, to = absolute(from), absolute(to)
	err := l.update(ctx, func(ctx context.Context, tx transaction) error {
		_, err := editRuns(ctx, tx, func(r *Run) bool {
			was := *r
			for _, path := range []*string{&r.Roster, &r.Results} {
				if *path == from {
					*path = to
				}
			}
			return *r != was
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("record the new path %s: %w", to, err)
	}
	return nil
}

// Runs returns the latest runs, the newest first: at most limit runs, or all if
// limit is 0. A running run whose process is gone is shown as Crashed.
func (l *Ledger) Runs(ctx context.Context, limit int) ([]Run, error) {
	runs, err := l.store.Runs(ctx, max(limit, 0))
	if err != nil {
		return nil, err
	}
	for n := range runs {
		if r := &runs[n]; r.Status == Running && !l.Locked(r.Scope) {
			r.Status = Crashed
		}
	}
	return runs, nil
}

// Attempt is an intent with the result.
type Attempt struct {
	Intent
	Result           // State is Intended while the outcome is not known
	Ended  time.Time // when the result was recorded; zero without a result
}

// attemptsPage is how many attempts are read at a time, so that no read lasts
// while the caller prints.
const attemptsPage = 1000

// Attempts yields the attempts of a run in the order of making, and ends after
// an error. An unknown run has no attempts.
func (l *Ledger) Attempts(ctx context.Context, runID string) iter.Seq2[Attempt, error] {
	return func(yield func(Attempt, error) bool) {
		for last := int64(0); ; {
			page, err := l.store.Attempts(ctx, runID, last, attemptsPage)
			if err != nil {
				yield(Attempt{}, err)
				return
			}
			for _, i := range page {
				if !yield(Attempt{l.intent(&i), i.result, i.ended}, nil) {
					return
				}
			}
			if len(page) < attemptsPage {
				return
			}
			last = page[len(page)-1].id
		}
	}
}
