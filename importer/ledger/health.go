package ledger

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"time"
)

// Health is the state of a ledger as a whole.
type Health struct {
	Bytes  int64 // of the file and its log
	Runs   int
	People int // keys that are known for good
	Doubts []Doubt
}

// Doubt is a run with requests of which no outcome is known.
type Doubt struct {
	Run string
	Scope
	Requests int
	Since    time.Time // when the oldest of them was made
	Held     bool      // somebody has the scope locked: they may be on their way
}

// Check reads the whole file, and holds its indexes against its tables, which
// Open leaves out. Damage is an *[Error].
func (l *Ledger) Check(ctx context.Context) (Health, error) {
	var h Health
	var verdict string
	if err := l.db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
		return h, explain(l.path, "read", err)
	}
	if verdict != "ok" {
		return h, damaged(l.path, "the file is damaged", errors.New(verdict))
	}
	if err := l.db.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM people)").Scan(&h.Runs, &h.People); err != nil {
		return h, explain(l.path, "read", err)
	}
	if err := l.doubts(ctx, &h); err != nil {
		return h, explain(l.path, "read", err)
	}
	for n := range h.Doubts {
		h.Doubts[n].Held = l.taken(h.Doubts[n].Scope)
	}
	for _, path := range []string{l.path, l.path + "-wal"} {
		if info, err := os.Stat(path); err == nil { // there need not be a log
			h.Bytes += info.Size()
		}
	}
	return h, nil
}

func (l *Ledger) doubts(ctx context.Context, h *Health) (err error) {
	rows, err := l.db.QueryContext(ctx, `SELECT r.id, r.api, r.company, r.project, count(*), min(i.sent)
		FROM intents i JOIN runs r ON r.number = i.run GROUP BY r.number ORDER BY r.number`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var d Doubt
		var since sql.NullInt64
		if err := rows.Scan(&d.Run, &d.API, &d.Company, &d.Project, &d.Requests, &since); err != nil {
			return err
		}
		d.Since = time.UnixMilli(since.Int64).UTC()
		h.Doubts = append(h.Doubts, d)
	}
	return rows.Err()
}

// Held reports whether a run, of this process or of another, has the scope.
func (l *Ledger) Held(s Scope) bool { return l.taken(s) }
