package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"path/filepath"
	"time"

	"muster/importer/outcome"
)

// RunStatus says how a run ended.
type RunStatus string

// The statuses of a run.
const (
	Running     RunStatus = "running"
	Finished    RunStatus = "finished"    // every row was attempted
	Stopped     RunStatus = "stopped"     // it ended early of its own accord
	Interrupted RunStatus = "interrupted" // a signal ended it in good order
	Crashed     RunStatus = "crashed"     // it was killed, or the machine went down
)

// Run is one import or retry over one roster.
type Run struct {
	ID string // sorts by time; short enough to be typed
	Scope
	Command string // such as "import"
	Roster  string // the path, absolute once it has begun
	Results string // likewise
	Started time.Time
	Ended   time.Time // zero while it runs, and after a crash
	Status  RunStatus
	Counts  outcome.Counts // as End got them

	number int64 // 0: not begun
}

// Begin records that a run starts, and returns it with its ID; Started is now
// unless it is given. The scope must be locked by l, which proves that no
// earlier run of the scope is alive: those still marked as running have crashed.
func (l *Ledger) Begin(ctx context.Context, run Run) (*Run, error) {
	if !l.holds(run.Scope) {
		return nil, fmt.Errorf("begin a run: company %d, project %d is not locked", run.Company, run.Project)
	}
	if run.Started.IsZero() {
		run.Started = time.Now()
	}
	run.Started = run.Started.UTC().Truncate(time.Millisecond)
	run.Status, run.Ended = Running, time.Time{}
	for _, path := range []*string{&run.Roster, &run.Results} {
		// Whoever reads it later need not be in the same folder.
		if whole, err := filepath.Abs(*path); err == nil && *path != "" {
			*path = whole
		}
	}
	r := newRequest()
	r.alone = func(ctx context.Context, conn *sql.Conn) error {
		if _, err := conn.ExecContext(ctx, "UPDATE runs SET status = ? WHERE status = ? AND api = ? AND company = ? AND project = ?",
			Crashed, Running, run.API, run.Company, run.Project); err != nil {
			return err
		}
		var err error
		if run.ID, err = freeID(ctx, conn, run.Started); err != nil {
			return err
		}
		return conn.QueryRowContext(ctx, `INSERT INTO runs (id, api, company, project, command, roster, results, started, status)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number`,
			run.ID, run.API, run.Company, run.Project, run.Command, run.Roster, run.Results, run.Started.UnixMilli(), run.Status).Scan(&run.number)
	}
	if err := l.submit(ctx, r); err != nil {
		return nil, fmt.Errorf("begin a run: %w", err)
	}
	return &run, nil
}

// freeID returns the second at which a run started, with a number behind it if
// another one started in the same second.
func freeID(ctx context.Context, conn *sql.Conn, started time.Time) (string, error) {
	base := started.Format("20060102-150405")
	for id, n := base, 2; ; id, n = fmt.Sprintf("%s-%02d", base, n), n+1 {
		var taken bool
		if err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM runs WHERE id = ?)", id).Scan(&taken); err != nil {
			return "", err
		}
		if !taken {
			return id, nil
		}
	}
}

// End records how a run ended: its Status, Counts and Results; Ended is now
// unless it is given. Intents that are still open stay so.
func (l *Ledger) End(ctx context.Context, run *Run) error {
	switch run.Status {
	case Finished, Stopped, Interrupted:
	case Running, Crashed:
		return fmt.Errorf("end run %s: it can't end as %q", run.ID, run.Status)
	default:
		return fmt.Errorf("end run %s: unknown status %q", run.ID, run.Status)
	}
	if run.Ended.IsZero() {
		run.Ended = time.Now()
	}
	run.Ended = run.Ended.UTC().Truncate(time.Millisecond)
	var ended int64
	r := newRequest()
	r.alone = func(ctx context.Context, conn *sql.Conn) error {
		c := run.Counts
		done, err := conn.ExecContext(ctx, `UPDATE runs SET ended = ?, status = ?, results = ?, created = ?, existing = ?,
			skipped = ?, invalid = ?, failed = ?, unknown = ?, pending = ? WHERE number = ? AND status = ?`,
			run.Ended.UnixMilli(), run.Status, run.Results, c.Created, c.Existing,
			c.Skipped, c.Invalid, c.Failed, c.Unknown, c.Pending, run.number, Running)
		if err != nil {
			return err
		}
		ended, err = done.RowsAffected()
		return err
	}
	if err := l.submit(ctx, r); err != nil {
		return fmt.Errorf("end run %s: %w", run.ID, err)
	}
	if ended == 0 {
		return fmt.Errorf("end run %s: %w", run.ID, ErrNotBegun)
	}
	return nil
}

// Moved records that a file has another path now, in all runs whose roster or
// results it is.
func (l *Ledger) Moved(ctx context.Context, from, to string) error {
	for _, path := range []*string{&from, &to} {
		whole, err := filepath.Abs(*path)
		if err != nil {
			return fmt.Errorf("record where %s is: %w", to, err)
		}
		*path = whole
	}
	r := newRequest()
	r.alone = func(ctx context.Context, conn *sql.Conn) error {
		for _, update := range []string{"UPDATE runs SET roster = ? WHERE roster = ?", "UPDATE runs SET results = ? WHERE results = ?"} {
			if _, err := conn.ExecContext(ctx, update, to, from); err != nil {
				return err
			}
		}
		return nil
	}
	if err := l.submit(ctx, r); err != nil {
		return fmt.Errorf("record where %s is: %w", to, err)
	}
	return nil
}

const selectRuns = `SELECT number, id, api, company, project, command, roster, results, started, ended, status,
	created, existing, skipped, invalid, failed, unknown, pending FROM runs ORDER BY number DESC LIMIT ?`

// Runs returns the latest runs, the newest first: at most limit of them, or
// all if limit is 0. A run whose process is gone is Crashed.
func (l *Ledger) Runs(ctx context.Context, limit int) ([]Run, error) {
	if limit <= 0 {
		limit = -1 // SQLite's word for all
	}
	var runs []Run
	err := each(ctx, l.look.runs, []any{limit}, func(rows *sql.Rows) error {
		var (
			r       Run
			started int64
			ended   sql.NullInt64
			c       = &r.Counts
		)
		err := rows.Scan(&r.number, &r.ID, &r.API, &r.Company, &r.Project, &r.Command, &r.Roster, &r.Results, &started, &ended, &r.Status,
			&c.Created, &c.Existing, &c.Skipped, &c.Invalid, &c.Failed, &c.Unknown, &c.Pending)
		r.Started = time.UnixMilli(started).UTC()
		if ended.Valid {
			r.Ended = time.UnixMilli(ended.Int64).UTC()
		}
		runs = append(runs, r)
		return err
	})
	if err != nil {
		return nil, explain(l.path, "read", err)
	}
	for n := range runs {
		if r := &runs[n]; r.Status == Running && !l.taken(r.Scope) {
			r.Status = Crashed
		}
	}
	return runs, nil
}

// Attempt is an intent and what became of it.
type Attempt struct {
	Intent
	Result           // State is Intended while it is in flight or in doubt
	Ended  time.Time // when the result was recorded; zero without one
}

// attemptsPage is how many attempts are read at a time: no reader stays in the
// way of those who write while its caller prints.
const attemptsPage = 1000

const selectAttempts = `
SELECT a.id, a.key, a.row, a.attempt, a.life, a.sent, a.ended, a.state, a.person, a.status, a.code, a.http, a.request
FROM attempts a JOIN runs r ON r.number = a.run WHERE r.id = ?1 AND a.id > ?2
UNION ALL
SELECT i.id, i.key, i.row, i.attempt, i.life, i.sent, coalesce(i.ended, 0), 1, 0, i.status, i.code, i.http, i.request
FROM intents i JOIN runs r ON r.number = i.run WHERE r.id = ?1 AND i.id > ?2
ORDER BY 1 LIMIT ?3`

// Attempts yields the attempts of a run in the order in which they were made,
// and ends after an error. A run that is not known has none.
func (l *Ledger) Attempts(ctx context.Context, runID string) iter.Seq2[Attempt, error] {
	return func(yield func(Attempt, error) bool) {
		page := make([]Attempt, 0, attemptsPage)
		for last := int64(0); ; last = page[len(page)-1].ID {
			page = page[:0]
			err := each(ctx, l.look.attempts, []any{runID, last, attemptsPage}, func(rows *sql.Rows) error {
				a, err := l.scanAttempt(rows, runID)
				page = append(page, a)
				return err
			})
			if err != nil {
				yield(Attempt{}, explain(l.path, "read", err))
				return
			}
			for _, a := range page {
				if !yield(a, nil) {
					return
				}
			}
			if len(page) < attemptsPage {
				return
			}
		}
	}
}

func (l *Ledger) scanAttempt(rows *sql.Rows, runID string) (a Attempt, err error) {
	var (
		i   openIntent
		key sql.RawBytes
	)
	err = rows.Scan(&i.id, &key, &i.row, &i.attempt, &i.life, &i.sent, &i.ended,
		&a.State, &a.PersonID, &a.Status, &a.Code, &a.HTTPStatus, &a.RequestID)
	copy(i.key[:], key)
	a.Intent = l.intent(i, runID)
	if i.ended != 0 {
		a.Ended = time.UnixMilli(i.ended).UTC()
	}
	return a, err
}
