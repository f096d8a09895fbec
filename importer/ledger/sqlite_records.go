package ledger

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"math"
	"time"
)

// sqliteReader reads the records of a file, on any connection or on the
// connection of a transaction.
type sqliteReader struct {
	on interface {
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	}
	path string
}

// sqliteTransaction is an open transaction.
type sqliteTransaction struct {
	sqliteReader
	conn *sql.Conn
}

// Columns that scanIntent and scanRun read.
const (
	intentColumns = `i.id, i.key, i.run, r.id, r.api, r.company, r.project, i.row, i.attempt, i.generation, i.sent, i.ended,
		i.status, i.code, i.http, i.request`
	openColumns = intentColumns + ", i.name_key, i.id_key, 1, 0" // the state Intended, no person
	runColumns  = `number, id, api, company, project, command, roster, results, started, ended, status,
		created, existing, skipped, invalid, failed, unknown, pending`
	openIntents = "SELECT " + openColumns + " FROM intents i JOIN runs r ON r.number = i.run "
)

func (q sqliteReader) Intents(ctx context.Context, keys []Key) ([]intentRecord, error) {
	return query(ctx, q, scanIntent, openIntents+"WHERE i.key IN (SELECT unhex(value) FROM json_each(?))", keyList(keys))
}

func (q sqliteReader) OpenIntents(ctx context.Context, s *Scope) ([]intentRecord, error) {
	if s == nil {
		return query(ctx, q, scanIntent, openIntents+"ORDER BY i.id")
	}
	return query(ctx, q, scanIntent, openIntents+"WHERE r.api = ? AND r.company = ? AND r.project = ? ORDER BY i.id", s.API, s.Company, s.Project)
}

func (q sqliteReader) People(ctx context.Context, keys []Key) ([]personRecord, error) {
	return query(ctx, q, scanPerson, `SELECT p.key, p.name_key, p.id_key, p.state, p.person, p.project, p.attempts, p.generation, p.created, p.run
		FROM json_each(?) k CROSS JOIN people p ON p.key = unhex(k.value)`, keyList(keys))
}

func (q sqliteReader) Owners(ctx context.Context, people []int64) ([]personRecord, error) {
	list, err := json.Marshal(people)
	if err != nil {
		return nil, err
	}
	return query(ctx, q, scanPerson, `SELECT p.key, p.name_key, p.id_key, p.state, p.person, p.project, p.attempts, p.generation, p.created, p.run
		FROM json_each(?) k CROSS JOIN people p ON p.person = k.value AND p.person <> 0 WHERE p.state = ?`, string(list), int(Created))
}

func (q sqliteReader) Runs(ctx context.Context, limit int) ([]Run, error) {
	if limit == 0 {
		limit = math.MaxInt32
	}
	return query(ctx, q, scanRun, "SELECT "+runColumns+" FROM runs ORDER BY number DESC LIMIT ?", limit)
}

func (q sqliteReader) Attempts(ctx context.Context, runID string, after int64, limit int) ([]intentRecord, error) {
	return query(ctx, q, scanIntent, "SELECT "+intentColumns+`, NULL, NULL, i.state, i.person
		FROM attempts i JOIN runs r ON r.number = i.run WHERE r.id = ?1 AND i.id > ?2
		UNION ALL `+openIntents+"WHERE r.id = ?1 AND i.id > ?2 ORDER BY 1 LIMIT ?3", runID, after, limit)
}

func (q sqliteReader) LastCreated(ctx context.Context, nameKey, idKey Key, otherThan int64) (time.Time, error) {
	scan := func(rows *sql.Rows) (last millis, err error) { return last, rows.Scan(&last) }
	last, err := query(ctx, q, scan, `SELECT coalesce(max(created), 0) FROM people WHERE (name_key = ? OR id_key = ?) AND run <> ? AND state = ?`,
		optional(nameKey), optional(idKey), otherThan, Created)
	if err != nil {
		return time.Time{}, err
	}
	return last[0].time(), nil
}

func (t *sqliteTransaction) AddIntents(ctx context.Context, intents []*intentRecord) error {
	const statement = `INSERT INTO intents (key, name_key, id_key, run, row, attempt, generation, sent) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`
	return t.each(ctx, statement, len(intents), func(stmt *sql.Stmt, n int) error {
		i := intents[n]
		return stmt.QueryRowContext(ctx, i.key[:], optional(i.nameKey), optional(i.idKey), i.run, i.row, i.attempt, i.generation, millisOf(i.sent)).Scan(&i.id)
	})
}

func (t *sqliteTransaction) SaveIntents(ctx context.Context, intents []*intentRecord) error {
	const statement = "UPDATE intents SET ended = ?, status = ?, code = ?, http = ?, request = ? WHERE id = ?"
	return t.each(ctx, statement, len(intents), func(stmt *sql.Stmt, n int) error {
		i := intents[n]
		_, err := stmt.ExecContext(ctx, millisOf(i.ended), i.result.Status, i.result.Code, i.result.HTTPStatus, i.result.RequestID, i.id)
		return err
	})
}

func (t *sqliteTransaction) Settle(ctx context.Context, intents []*intentRecord, people []personRecord) error {
	err := t.each(ctx, "DELETE FROM intents WHERE id = ?", len(intents), func(stmt *sql.Stmt, n int) error {
		_, err := stmt.ExecContext(ctx, intents[n].id)
		return err
	})
	if err != nil {
		return err
	}
	const attempt = `INSERT INTO attempts (run, id, key, row, attempt, generation, sent, ended, state, person, status, code, http, request)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	err = t.each(ctx, attempt, len(intents), func(stmt *sql.Stmt, n int) error {
		i, r := intents[n], intents[n].result
		_, err := stmt.ExecContext(ctx, i.run, i.id, i.key[:], i.row, i.attempt, i.generation, millisOf(i.sent), millisOf(i.ended),
			int(r.State), r.PersonID, r.Status, r.Code, r.HTTPStatus, r.RequestID)
		return err
	})
	if err != nil {
		return err
	}
	const person = `INSERT OR REPLACE INTO people (key, name_key, id_key, state, person, project, attempts, generation, created, run)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	return t.each(ctx, person, len(people), func(stmt *sql.Stmt, n int) error {
		p := &people[n]
		_, err := stmt.ExecContext(ctx, p.key[:], optional(p.nameKey), optional(p.idKey), int(p.state), p.id, p.project, p.attempts, p.generation, millisOf(p.created), p.createdBy)
		return err
	})
}

func (t *sqliteTransaction) AddRun(ctx context.Context, r *Run) error {
	return t.conn.QueryRowContext(ctx, `INSERT INTO runs (id, api, company, project, command, roster, results, started, status)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number`,
		r.ID, r.API, r.Company, r.Project, r.Command, r.Roster, r.Results, millisOf(r.Started), r.Status).Scan(&r.number)
}

func (t *sqliteTransaction) SaveRun(ctx context.Context, r *Run) error {
	c := &r.Counts
	_, err := t.conn.ExecContext(ctx, `UPDATE runs SET roster = ?, results = ?, ended = ?, status = ?,
		created = ?, existing = ?, skipped = ?, invalid = ?, failed = ?, unknown = ?, pending = ? WHERE number = ?`,
		r.Roster, r.Results, millisOf(r.Ended), r.Status,
		c.Created, c.Existing, c.Skipped, c.Invalid, c.Failed, c.Unknown, c.Pending, r.number)
	return err
}

func (t *sqliteTransaction) DeleteRun(ctx context.Context, number int64) (attempts int, err error) {
	if _, err := t.conn.ExecContext(ctx, "DELETE FROM runs WHERE number = ?", number); err != nil {
		return 0, err
	}
	result, err := t.conn.ExecContext(ctx, "DELETE FROM attempts WHERE run = ?", number)
	if err != nil {
		return 0, err
	}
	deleted, err := result.RowsAffected()
	return int(deleted), err
}

// query returns what scan makes of every line of the answer.
func query[T any](ctx context.Context, q sqliteReader, scan func(*sql.Rows) (T, error), text string, args ...any) (all []T, err error) {
	rows, err := q.on.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, explainSQLite(q.path, "read", err)
	}
	defer func() { _ = rows.Close() }() // rows.Err has every error of reading
	for rows.Next() {
		line, err := scan(rows)
		if err != nil {
			return nil, explainSQLite(q.path, "read", err)
		}
		all = append(all, line)
	}
	return all, explainSQLite(q.path, "read", rows.Err())
}

// each prepares a statement and calls do for n lines.
func (t *sqliteTransaction) each(ctx context.Context, text string, n int, do func(*sql.Stmt, int) error) error {
	if n == 0 {
		return nil
	}
	stmt, err := t.conn.PrepareContext(ctx, text)
	if err != nil {
		return err
	}
	defer func() { _ = stmt.Close() }() // nothing is learnt from its error
	for i := range n {
		if err := do(stmt, i); err != nil {
			return err
		}
	}
	return nil
}

func scanIntent(rows *sql.Rows) (i intentRecord, err error) {
	var sent, ended millis
	s, r := &i.scope, &i.result
	err = rows.Scan(&i.id, &i.key, &i.run, &i.runID, &s.API, &s.Company, &s.Project, &i.row, &i.attempt, &i.generation, &sent, &ended,
		&r.Status, &r.Code, &r.HTTPStatus, &r.RequestID, &i.nameKey, &i.idKey, &r.State, &r.PersonID)
	i.sent, i.ended = sent.time(), ended.time()
	return i, err
}

func scanPerson(rows *sql.Rows) (p personRecord, err error) {
	var created millis
	err = rows.Scan(&p.key, &p.nameKey, &p.idKey, &p.state, &p.id, &p.project, &p.attempts, &p.generation, &created, &p.createdBy)
	p.created = created.time()
	return p, err
}

func scanRun(rows *sql.Rows) (r Run, err error) {
	var started, ended millis
	c := &r.Counts
	err = rows.Scan(&r.number, &r.ID, &r.API, &r.Company, &r.Project, &r.Command, &r.Roster, &r.Results, &started, &ended, &r.Status,
		&c.Created, &c.Existing, &c.Skipped, &c.Invalid, &c.Failed, &c.Unknown, &c.Pending)
	r.Started, r.Ended = started.time(), ended.time()
	return r, err
}

// millis is a time in milliseconds since 1970; 0 is no time.
type millis int64

func millisOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func (m millis) time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m)).UTC()
}

// keyList writes keys as a JSON list of hexadecimal texts, for any number of keys.
func keyList(keys []Key) string {
	texts := make([]string, len(keys))
	for n, k := range keys {
		texts[n] = hex.EncodeToString(k[:])
	}
	list, _ := json.Marshal(texts) // a list of texts has no error
	return string(list)
}

// optional returns a key, or NULL for the zero key.
func optional(k Key) any {
	if k == (Key{}) {
		return nil
	}
	return k[:]
}
