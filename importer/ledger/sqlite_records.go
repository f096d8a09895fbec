package ledger

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"sync"
	"time"
)

// sqliteReader reads the records of a file, on any connection or on the connection
// for writing.
type sqliteReader struct {
	path string
	on   interface {
		PrepareContext(ctx context.Context, text string) (*sql.Stmt, error)
	}
	prepared sync.Map // a *sql.Stmt for each text
}

// statement returns the prepared statement of a text, for all calls until close.
func (q *sqliteReader) statement(ctx context.Context, text string) (*sql.Stmt, error) {
	if known, ok := q.prepared.Load(text); ok {
		return known.(*sql.Stmt), nil
	}
	stmt, err := q.on.PrepareContext(ctx, text)
	if err == nil {
		q.prepared.Store(text, stmt)
	}
	return stmt, err
}

func (q *sqliteReader) close() (err error) {
	for _, stmt := range q.prepared.Range {
		err = errors.Join(err, stmt.(*sql.Stmt).Close())
	}
	return err
}

// sqliteTransaction writes on the only connection for writing.
type sqliteTransaction struct{ sqliteReader }

// Columns that scanIntent and scanRun read.
const (
	intentColumns = `i.id, i.key, i.run, r.id, r.api, r.company, r.project, i.row, i.attempt, i.generation, i.sent, i.ended,
		i.status, i.code, i.http, i.request`
	openColumns = intentColumns + ", i.name_key, i.id_key, 1, 0" // the state Intended, no person
	runColumns  = `number, id, api, company, project, command, host, roster, results, started, ended, status,
		created, existing, skipped, invalid, failed, unknown, pending`
	sqlitePeople = `SELECT p.key, p.name_key, p.id_key, p.state, p.person, p.project, p.attempts, p.generation, p.created, p.run
		FROM json_each(?) k CROSS JOIN people p `
	openIntents = "SELECT " + openColumns + " FROM intents i JOIN runs r ON r.number = i.run "
)

func (q *sqliteReader) Known(ctx context.Context, keys []Key) (intents []intentRecord, people []personRecord, err error) {
	if len(keys) == 0 {
		return nil, nil, nil
	}
	intents, err = query(ctx, q, scanIntent, openIntents+"WHERE i.key IN (SELECT unhex(value) FROM json_each(?))", keyList(keys))
	if err == nil {
		people, err = q.People(ctx, keys)
	}
	return intents, people, err
}

func (q *sqliteReader) OpenIntents(ctx context.Context, s *Scope) ([]intentRecord, error) {
	if s == nil {
		return query(ctx, q, scanIntent, openIntents+"ORDER BY i.id")
	}
	return query(ctx, q, scanIntent, openIntents+"WHERE r.api = ? AND r.company = ? AND r.project = ? ORDER BY i.id", s.API, s.Company, s.Project)
}

func (q *sqliteReader) People(ctx context.Context, keys []Key) ([]personRecord, error) {
	return query(ctx, q, scanPerson, sqlitePeople+"ON p.key = unhex(k.value)", keyList(keys))
}

func (q *sqliteReader) Named(ctx context.Context, names []Key) ([]personRecord, error) {
	return query(ctx, q, scanPerson, sqlitePeople+"ON p.name_key = unhex(k.value)", keyList(names))
}

func (q *sqliteReader) Owners(ctx context.Context, people []int64) ([]ownerRecord, error) {
	list, err := json.Marshal(people)
	if err != nil {
		return nil, err
	}
	return query(ctx, q, scanOwner, `SELECT p.key, p.person, coalesce(r.api, ''), coalesce(r.company, 0), p.project
		FROM json_each(?) k CROSS JOIN people p ON p.person = k.value AND p.person <> 0 LEFT JOIN runs r ON r.number = p.run
		WHERE p.state = ?`, string(list), int(Created))
}

func (q *sqliteReader) Runs(ctx context.Context, limit int) ([]Run, error) {
	if limit == 0 {
		limit = math.MaxInt32
	}
	return query(ctx, q, scanRun, "SELECT "+runColumns+" FROM runs ORDER BY number DESC LIMIT ?", limit)
}

func (q *sqliteReader) Attempts(ctx context.Context, runID string, after int64, limit int) ([]intentRecord, error) {
	return query(ctx, q, scanIntent, "SELECT "+intentColumns+`, NULL, NULL, i.state, i.person
		FROM attempts i JOIN runs r ON r.number = i.run WHERE r.id = ?1 AND i.id > ?2
		UNION ALL `+openIntents+"WHERE r.id = ?1 AND i.id > ?2 ORDER BY 1 LIMIT ?3", runID, after, limit)
}

func (q *sqliteReader) LastCreated(ctx context.Context, nameKey, idKey Key, otherThan int64) (time.Time, error) {
	scan := func(rows scanner) (last millis, err error) { return last, rows.Scan(&last) }
	last, err := query(ctx, q, scan, `SELECT coalesce(max(created), 0) FROM people WHERE (name_key = ? OR id_key = ?) AND run <> ? AND state = ?`,
		optional(nameKey), optional(idKey), otherThan, Created)
	if err != nil {
		return time.Time{}, err
	}
	return last[0].time(), nil
}

func (t *sqliteTransaction) AddIntents(ctx context.Context, intents []*intentRecord) error {
	for _, i := range intents {
		result, err := t.exec(ctx, `INSERT INTO intents (key, name_key, id_key, run, row, attempt, generation, sent) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			i.key[:], optional(i.nameKey), optional(i.idKey), i.run, i.row, i.attempt, i.generation, millisOf(i.sent))
		if err != nil {
			return err
		}
		if i.id, err = result.LastInsertId(); err != nil {
			return err
		}
	}
	return nil
}

func (t *sqliteTransaction) SaveIntents(ctx context.Context, intents []*intentRecord) error {
	for _, i := range intents {
		_, err := t.exec(ctx, "UPDATE intents SET ended = ?, status = ?, code = ?, http = ?, request = ? WHERE id = ?",
			millisOf(i.ended), i.result.Status, i.result.Code, i.result.HTTPStatus, i.result.RequestID, i.id)
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *sqliteTransaction) Settle(ctx context.Context, intents []*intentRecord, people []personRecord) error {
	for n, i := range intents {
		if _, err := t.exec(ctx, "DELETE FROM intents WHERE id = ?", i.id); err != nil {
			return err
		}
		r := i.result
		_, err := t.exec(ctx, `INSERT INTO attempts (run, id, key, row, attempt, generation, sent, ended, state, person, status, code, http, request)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			i.run, i.id, i.key[:], i.row, i.attempt, i.generation, millisOf(i.sent), millisOf(i.ended),
			int(r.State), r.PersonID, r.Status, r.Code, r.HTTPStatus, r.RequestID)
		if err != nil {
			return err
		}
		p := people[n]
		_, err = t.exec(ctx, `INSERT OR REPLACE INTO people (key, name_key, id_key, state, person, project, attempts, generation, created, run)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			p.key[:], optional(p.nameKey), optional(p.idKey), int(p.state), p.id, p.project, p.attempts, p.generation, millisOf(p.created), p.createdBy)
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *sqliteTransaction) AddRun(ctx context.Context, r *Run) error {
	result, err := t.exec(ctx, `INSERT INTO runs (id, api, company, project, command, host, roster, results, started, status)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.API, r.Company, r.Project, r.Command, r.Host, r.Roster, r.Results, millisOf(r.Started), r.Status)
	if err != nil {
		return err
	}
	r.number, err = result.LastInsertId()
	return err
}

func (t *sqliteTransaction) SaveRun(ctx context.Context, r *Run) error {
	c := &r.Counts
	_, err := t.exec(ctx, `UPDATE runs SET roster = ?, results = ?, ended = ?, status = ?, host = ?,
		created = ?, existing = ?, skipped = ?, invalid = ?, failed = ?, unknown = ?, pending = ? WHERE number = ?`,
		r.Roster, r.Results, millisOf(r.Ended), r.Status, r.Host,
		c.Created, c.Existing, c.Skipped, c.Invalid, c.Failed, c.Unknown, c.Pending, r.number)
	return err
}

func (t *sqliteTransaction) DeleteRun(ctx context.Context, number int64) (attempts int, err error) {
	if _, err := t.exec(ctx, "DELETE FROM runs WHERE number = ?", number); err != nil {
		return 0, err
	}
	result, err := t.exec(ctx, "DELETE FROM attempts WHERE run = ?", number)
	if err != nil {
		return 0, err
	}
	deleted, err := result.RowsAffected()
	return int(deleted), err
}

// query returns what scan makes of every line of the answer.
func query[T any](ctx context.Context, q *sqliteReader, scan func(scanner) (T, error), text string, args ...any) (all []T, err error) {
	stmt, err := q.statement(ctx, text)
	if err != nil {
		return nil, explainSQLite(q.path, "read", err)
	}
	rows, err := stmt.QueryContext(ctx, args...)
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

// exec carries out a statement that returns no lines.
func (t *sqliteTransaction) exec(ctx context.Context, text string, args ...any) (sql.Result, error) {
	stmt, err := t.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

// scanner is a line of an answer.
type scanner interface{ Scan(into ...any) error }

func scanIntent(rows scanner) (i intentRecord, err error) {
	var sent, ended millis
	s, r := &i.scope, &i.result
	err = rows.Scan(&i.id, &i.key, &i.run, &i.runID, &s.API, &s.Company, &s.Project, &i.row, &i.attempt, &i.generation, &sent, &ended,
		&r.Status, &r.Code, &r.HTTPStatus, &r.RequestID, &i.nameKey, &i.idKey, &r.State, &r.PersonID)
	i.sent, i.ended = sent.time(), ended.time()
	return i, err
}

func scanPerson(rows scanner) (p personRecord, err error) {
	var created millis
	err = rows.Scan(&p.key, &p.nameKey, &p.idKey, &p.state, &p.id, &p.project, &p.attempts, &p.generation, &created, &p.createdBy)
	p.created = created.time()
	return p, err
}

func scanOwner(rows scanner) (o ownerRecord, err error) {
	return o, rows.Scan(&o.key, &o.person, &o.scope.API, &o.scope.Company, &o.scope.Project)
}

func scanRun(rows scanner) (r Run, err error) {
	var started, ended millis
	c := &r.Counts
	err = rows.Scan(&r.number, &r.ID, &r.API, &r.Company, &r.Project, &r.Command, &r.Host, &r.Roster, &r.Results, &started, &ended, &r.Status,
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
	list := []byte{'['}
	for n, k := range keys {
		if n > 0 {
			list = append(list, ',')
		}
		list = append(hex.AppendEncode(append(list, '"'), k[:]), '"')
	}
	return string(append(list, ']'))
}

// optional returns a key, or NULL for the zero key.
func optional(k Key) any {
	if k == (Key{}) {
		return nil
	}
	return k[:]
}
