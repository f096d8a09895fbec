package ledger

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// postgresReader reads the records of a database.
type postgresReader struct {
	location string

	// send carries out queries in one round trip.
	send func(context.Context, *pgx.Batch) error
}

// Columns and tables that scanIntent, scanPerson and scanRun read.
const (
	postgresOpen = "SELECT " + openColumns + " FROM muster_intents i JOIN muster_runs r ON r.number = i.run "

	postgresPeople = `SELECT key, name_key, id_key, state, person, project, attempts, generation, created, run FROM muster_people `
)

func (q *postgresReader) Known(ctx context.Context, keys []Key) (intents []intentRecord, people []personRecord, err error) {
	if len(keys) == 0 {
		return nil, nil, nil
	}
	batch := &pgx.Batch{}
	list := byteKeys(keys)
	queuePostgres(batch, &intents, scanIntent, postgresOpen+"WHERE i.key = ANY ($1::bytea[])", list)
	queuePostgres(batch, &people, scanPerson, postgresPeople+"WHERE key = ANY ($1::bytea[])", list)
	return intents, people, explainPostgres(q.location, "read", q.send(ctx, batch))
}

func (q *postgresReader) OpenIntents(ctx context.Context, s *Scope) ([]intentRecord, error) {
	if s == nil {
		return queryPostgres(ctx, q, scanIntent, postgresOpen+"ORDER BY i.id")
	}
	return queryPostgres(ctx, q, scanIntent, postgresOpen+"WHERE r.api = $1 AND r.company = $2 AND r.project = $3 ORDER BY i.id", s.API, s.Company, s.Project)
}

func (q *postgresReader) People(ctx context.Context, keys []Key) ([]personRecord, error) {
	return queryPostgres(ctx, q, scanPerson, postgresPeople+"WHERE key = ANY ($1::bytea[])", byteKeys(keys))
}

func (q *postgresReader) Named(ctx context.Context, names []Key) ([]personRecord, error) {
	return queryPostgres(ctx, q, scanPerson, postgresPeople+"WHERE name_key = ANY ($1::bytea[])", byteKeys(names))
}

func (q *postgresReader) Owners(ctx context.Context, people []int64) ([]ownerRecord, error) {
	return queryPostgres(ctx, q, scanOwner, `SELECT p.key, p.person, coalesce(r.api, ''), coalesce(r.company, 0), p.project
		FROM muster_people p LEFT JOIN muster_runs r ON r.number = p.run
		WHERE p.person = ANY ($1::bigint[]) AND p.person <> 0 AND p.state = $2`, people, int(Created))
}

func (q *postgresReader) Runs(ctx context.Context, limit int) ([]Run, error) {
	if limit == 0 {
		limit = math.MaxInt32
	}
	return queryPostgres(ctx, q, scanRun, "SELECT "+runColumns+" FROM muster_runs ORDER BY number DESC LIMIT $1", limit)
}

func (q *postgresReader) Attempts(ctx context.Context, runID string, after int64, limit int) ([]intentRecord, error) {
	return queryPostgres(ctx, q, scanIntent, "SELECT "+intentColumns+`, NULL, NULL, i.state, i.person
		FROM muster_attempts i JOIN muster_runs r ON r.number = i.run WHERE r.id = $1 AND i.id > $2
		UNION ALL `+postgresOpen+"WHERE r.id = $1 AND i.id > $2 ORDER BY 1 LIMIT $3", runID, after, limit)
}

func (q *postgresReader) LastCreated(ctx context.Context, nameKey, idKey Key, otherThan int64) (time.Time, error) {
	scan := func(rows scanner) (last millis, err error) { return last, rows.Scan(&last) }
	last, err := queryPostgres(ctx, q, scan, `SELECT coalesce(max(created), 0) FROM muster_people
		WHERE (name_key = $1 OR id_key = $2) AND run <> $3 AND state = $4`, optional(nameKey), optional(idKey), otherThan, int(Created))
	if err != nil {
		return time.Time{}, err
	}
	return last[0].time(), nil
}

// queryPostgres returns what scan makes of every line of the answer.
func queryPostgres[T any](ctx context.Context, q *postgresReader, scan func(scanner) (T, error), text string, args ...any) (all []T, err error) {
	batch := &pgx.Batch{}
	queuePostgres(batch, &all, scan, text, args...)
	err = q.send(ctx, batch)
	return all, explainPostgres(q.location, "read", err)
}

// queuePostgres adds a query to a batch. The answer goes into all.
func queuePostgres[T any](batch *pgx.Batch, all *[]T, scan func(scanner) (T, error), text string, args ...any) {
	batch.Queue(text, args...).Query(func(rows pgx.Rows) (err error) {
		*all, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (T, error) { return scan(row) })
		return err
	})
}

// byteKeys returns keys as a list of bytea.
func byteKeys(keys []Key) [][]byte {
	list := make([][]byte, len(keys))
	for n := range keys {
		list[n] = keys[n][:]
	}
	return list
}

// postgresTransaction writes on the connection that has the locks. Statements that
// return nothing wait until something is read or committed, and share its round trip.
type postgresTransaction struct {
	postgresReader
	conn    *pgx.Conn
	waiting *pgx.Batch
	now     time.Time // zero until something is read
	nextID  int64     // of the next intent
}

// begin prepares a transaction. The first statement waits for the lock; the
// next reads the clock, so that times and IDs grow from transaction to transaction.
func (s *postgresStore) begin(conn *pgx.Conn) *postgresTransaction {
	t := &postgresTransaction{conn: conn, waiting: &pgx.Batch{}}
	t.location, t.send = s.location, t.sendWaiting
	t.waiting.Queue("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
	t.waiting.Queue("SELECT pg_advisory_xact_lock($1)", s.lockNumber("write"))
	t.waiting.Queue("SELECT clock_timestamp(), nextval('muster_intent_ids')").QueryRow(func(row pgx.Row) error {
		err := row.Scan(&t.now, &t.nextID)
		s.setSkew(t.now)
		t.now = t.now.UTC().Truncate(time.Millisecond)
		return err
	})
	return t
}

// flush carries out the statements that wait.
func (t *postgresTransaction) flush(ctx context.Context) error {
	batch := t.waiting
	t.waiting = &pgx.Batch{}
	return t.conn.SendBatch(ctx, batch).Close()
}

// sendWaiting carries out the statements that wait and more queries, in one round trip.
func (t *postgresTransaction) sendWaiting(ctx context.Context, more *pgx.Batch) error {
	t.waiting.QueuedQueries = append(t.waiting.QueuedQueries, more.QueuedQueries...)
	return t.flush(ctx)
}

// Now returns the time of the server, which all hosts share.
func (t *postgresTransaction) Now(ctx context.Context) (time.Time, error) {
	if t.now.IsZero() {
		if err := t.flush(ctx); err != nil {
			return time.Time{}, err
		}
	}
	return t.now, nil
}

func (t *postgresTransaction) AddIntents(ctx context.Context, intents []*intentRecord) error {
	if len(intents) == 0 {
		return nil
	}
	if _, err := t.Now(ctx); err != nil { // the IDs come with the time
		return err
	}
	if len(intents) > batchSize {
		return fmt.Errorf("%d intents in a transaction", len(intents))
	}
	for _, i := range intents {
		i.id = t.nextID
		t.nextID++
	}
	t.waiting.Queue(`INSERT INTO muster_intents (id, key, name_key, id_key, run, row, attempt, generation, sent)
		SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[])`,
		column(intents, intentID), column(intents, intentKey),
		column(intents, func(i *intentRecord) []byte { return nullable(&i.nameKey) }),
		column(intents, func(i *intentRecord) []byte { return nullable(&i.idKey) }),
		column(intents, intentRun), column(intents, intentRow), column(intents, intentAttempt),
		column(intents, intentGeneration), column(intents, intentSent))
	return nil
}

func (t *postgresTransaction) SaveIntents(_ context.Context, intents []*intentRecord) error {
	if len(intents) == 0 {
		return nil
	}
	t.waiting.Queue(`UPDATE muster_intents i SET ended = n.ended, status = n.status, code = n.code, http = n.http, request = n.request
		FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::text[]) AS n (id, ended, status, code, http, request)
		WHERE i.id = n.id`,
		column(intents, intentID), column(intents, intentEnded), column(intents, resultStatus), column(intents, resultCode),
		column(intents, resultHTTP), column(intents, resultRequest))
	return nil
}

func (t *postgresTransaction) Settle(_ context.Context, intents []*intentRecord, people []personRecord) error {
	if len(intents) == 0 {
		return nil
	}
	t.waiting.Queue("DELETE FROM muster_intents WHERE id = ANY ($1::bigint[])", column(intents, intentID))
	t.waiting.Queue(`INSERT INTO muster_attempts (run, id, key, row, attempt, generation, sent, ended, state, person, status, code, http, request)
		SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
			$8::bigint[], $9::smallint[], $10::bigint[], $11::text[], $12::text[], $13::bigint[], $14::text[])`,
		column(intents, intentRun), column(intents, intentID), column(intents, intentKey), column(intents, intentRow),
		column(intents, intentAttempt), column(intents, intentGeneration), column(intents, intentSent), column(intents, intentEnded),
		column(intents, func(i *intentRecord) int16 { return int16(i.result.State) }),
		column(intents, func(i *intentRecord) int64 { return i.result.PersonID }),
		column(intents, resultStatus), column(intents, resultCode), column(intents, resultHTTP), column(intents, resultRequest))
	t.waiting.Queue(`INSERT INTO muster_people (key, name_key, id_key, state, person, project, attempts, generation, created, run)
		SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::smallint[], $5::bigint[], $6::bigint[], $7::bigint[],
			$8::bigint[], $9::bigint[], $10::bigint[])
		ON CONFLICT (key) DO UPDATE SET name_key = excluded.name_key, id_key = excluded.id_key, state = excluded.state,
			person = excluded.person, project = excluded.project, attempts = excluded.attempts, generation = excluded.generation,
			created = excluded.created, run = excluded.run`,
		column(people, func(p personRecord) []byte { return p.key[:] }),
		column(people, func(p personRecord) []byte { return nullable(&p.nameKey) }),
		column(people, func(p personRecord) []byte { return nullable(&p.idKey) }),
		column(people, func(p personRecord) int16 { return int16(p.state) }),
		column(people, func(p personRecord) int64 { return p.id }),
		column(people, func(p personRecord) int64 { return p.project }),
		column(people, func(p personRecord) int64 { return int64(p.attempts) }),
		column(people, func(p personRecord) int64 { return p.generation }),
		column(people, func(p personRecord) int64 { return millisOf(p.created) }),
		column(people, func(p personRecord) int64 { return p.createdBy }))
	return nil
}

func (t *postgresTransaction) AddRun(ctx context.Context, r *Run) error {
	t.waiting.Queue(`INSERT INTO muster_runs (id, api, company, project, command, host, roster, results, started, status)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING number`,
		r.ID, r.API, r.Company, r.Project, r.Command, r.Host, r.Roster, r.Results, millisOf(r.Started), string(r.Status)).
		QueryRow(func(row pgx.Row) error { return row.Scan(&r.number) })
	return t.flush(ctx)
}

func (t *postgresTransaction) SaveRun(_ context.Context, r *Run) error {
	c := &r.Counts
	t.waiting.Queue(`UPDATE muster_runs SET roster = $1, results = $2, ended = $3, status = $4, created = $5, existing = $6,
		skipped = $7, invalid = $8, failed = $9, unknown = $10, pending = $11, host = $12 WHERE number = $13`,
		r.Roster, r.Results, millisOf(r.Ended), string(r.Status),
		c.Created, c.Existing, c.Skipped, c.Invalid, c.Failed, c.Unknown, c.Pending, r.Host, r.number)
	return nil
}

func (t *postgresTransaction) DeleteRun(ctx context.Context, number int64) (attempts int, err error) {
	t.waiting.Queue("DELETE FROM muster_runs WHERE number = $1", number)
	t.waiting.Queue("DELETE FROM muster_attempts WHERE run = $1", number).Exec(func(tag pgconn.CommandTag) error {
		attempts = int(tag.RowsAffected())
		return nil
	})
	err = t.flush(ctx)
	return attempts, err
}

func (t *postgresTransaction) commit(ctx context.Context) error {
	var done pgconn.CommandTag
	t.waiting.Queue("COMMIT").Exec(func(tag pgconn.CommandTag) error {
		done = tag
		return nil
	})
	if err := t.flush(ctx); err != nil {
		return err
	}
	if done.String() != "COMMIT" {
		return errors.New("the database rolled the transaction back")
	}
	return nil
}

// column returns one value of every record.
func column[R, T any](records []R, value func(R) T) []T {
	values := make([]T, len(records))
	for n, r := range records {
		values[n] = value(r)
	}
	return values
}

// nullable returns the bytes of a key, or nil for the zero key.
func nullable(k *Key) []byte {
	if *k == (Key{}) {
		return nil
	}
	return k[:]
}

func intentID(i *intentRecord) int64         { return i.id }
func intentKey(i *intentRecord) []byte       { return i.key[:] }
func intentRun(i *intentRecord) int64        { return i.run }
func intentRow(i *intentRecord) int64        { return int64(i.row) }
func intentAttempt(i *intentRecord) int64    { return int64(i.attempt) }
func intentGeneration(i *intentRecord) int64 { return i.generation }
func intentSent(i *intentRecord) int64       { return millisOf(i.sent) }
func intentEnded(i *intentRecord) int64      { return millisOf(i.ended) }
func resultStatus(i *intentRecord) string    { return string(i.result.Status) }
func resultCode(i *intentRecord) string      { return i.result.Code }
func resultHTTP(i *intentRecord) int64       { return int64(i.result.HTTPStatus) }
func resultRequest(i *intentRecord) string   { return i.result.RequestID }
