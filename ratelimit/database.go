package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Database is the quota of a credential in PostgreSQL. The row of the credential is the lock, and the
// clock of the server dates the records.
type Database struct {
	conn       *pgx.Conn
	within     func(time.Duration) (context.Context, context.CancelFunc) // bounds a use of conn
	credential string
	read       int64 // the number of the last record that was read or written
	written    int   // records since old ones were removed
}

const (
	// patience is how long an answer of the server may take, the wait for the lock included.
	patience = 20 * time.Second
	// pausedTimeout is how long a paused process can keep the lock. The server then ends the connection.
	pausedTimeout = 5 * time.Second
	// tidyWritten is how many records are written before old ones are removed.
	tidyWritten = 1000
)

const quotaSchema = `
CREATE TABLE muster_quota (
	credential text PRIMARY KEY,
	form bigint NOT NULL -- of the entries
);
CREATE TABLE muster_quota_records (
	credential text NOT NULL,
	number bigint GENERATED ALWAYS AS IDENTITY,
	at timestamptz NOT NULL,
	entry bytea NOT NULL,
	PRIMARY KEY (credential, number)
)`

// OpenDatabase connects to PostgreSQL, and creates the tables where there are none. The processes that
// name the same credential share a quota.
func OpenDatabase(ctx context.Context, config *pgx.ConnConfig, credential string) (*Database, error) {
	config = config.Copy()
	config.RuntimeParams["idle_in_transaction_session_timeout"] = fmt.Sprint(pausedTimeout.Milliseconds())
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	d := &Database{conn: conn, credential: credential, written: tidyWritten}
	d.within = func(most time.Duration) (context.Context, context.CancelFunc) {
		return context.WithTimeout(context.WithoutCancel(ctx), most)
	}
	if err := pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error { return d.prepare(ctx, tx) }); err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return d, nil
}

// prepare creates what is missing: the tables, and the row of the credential.
func (d *Database) prepare(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('muster_quota ' || current_schema(), 0))"); err != nil {
		return err
	}
	// A request must not leave before its record is safe, whatever the settings of the database say.
	if _, err := tx.Exec(ctx, "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') <> 'remote_apply'"); err != nil {
		return err
	}
	// The connection must last while a process waits for its quota, and a transaction waits for those of other hosts.
	if _, err := tx.Exec(ctx, `SELECT set_config(name, '0', false) FROM pg_settings
		WHERE name IN ('idle_session_timeout', 'lock_timeout', 'statement_timeout')`); err != nil {
		return err
	}
	var tables int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM pg_tables
		WHERE schemaname = current_schema() AND tablename IN ('muster_quota', 'muster_quota_records')`).Scan(&tables)
	if err != nil {
		return err
	}
	if tables == 0 {
		if _, err := tx.Exec(ctx, quotaSchema); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, "INSERT INTO muster_quota (credential, form) VALUES ($1, $2) ON CONFLICT DO NOTHING", d.credential, int64(entryForm))
	return err
}

func (d *Database) begin() (records []record, now time.Time, err error) {
	ctx, cancel := d.within(patience)
	defer cancel()
	var form int64
	b := &pgx.Batch{}
	b.Queue("BEGIN ISOLATION LEVEL READ COMMITTED")
	b.Queue("SELECT form FROM muster_quota WHERE credential = $1 FOR UPDATE", d.credential).QueryRow(func(row pgx.Row) error { return row.Scan(&form) })
	// A statement after the one that waits for the lock sees what the processes before have committed.
	b.Queue("SELECT clock_timestamp()").QueryRow(func(row pgx.Row) error { return row.Scan(&now) })
	b.Queue("SELECT number, at, entry FROM muster_quota_records WHERE credential = $1 AND number > $2 ORDER BY number", d.credential, d.read).
		Query(func(rows pgx.Rows) error {
			records, err = d.readOn(rows)
			return err
		})
	if err := d.conn.SendBatch(ctx, b).Close(); err != nil {
		return nil, now, err
	}
	if form != entryForm {
		return nil, now, errors.New("another version of muster shares this quota")
	}
	return records, now, nil
}

func (d *Database) readOn(rows pgx.Rows) (records []record, err error) {
	for rows.Next() {
		var at time.Time
		var entry []byte
		var r record
		if err := rows.Scan(&d.read, &at, &entry); err != nil {
			return nil, err
		}
		if !decode(entry, &r) {
			return nil, fmt.Errorf("the record %d of the quota is damaged", d.read)
		}
		r.At = at.UnixNano()
		records = append(records, r)
	}
	return records, rows.Err()
}

func (d *Database) commit(added []record, keep time.Duration) error {
	ctx, cancel := d.within(patience)
	defer cancel()
	b := &pgx.Batch{}
	if len(added) > 0 {
		d.append(b, added)
	}
	if d.written += len(added); d.written >= tidyWritten && len(added) > 0 {
		d.written = 0
		b.Queue("DELETE FROM muster_quota_records WHERE credential = $1 AND at < clock_timestamp() - $2::interval", d.credential, keep)
	}
	b.Queue("COMMIT")
	return d.conn.SendBatch(ctx, b).Close()
}

// append queues a statement that stores the records.
func (d *Database) append(b *pgx.Batch, added []record) {
	entries, dates := make([][]byte, len(added)), make([]*time.Time, len(added))
	for i, r := range added {
		entries[i] = encode(nil, r)
		if r.At != 0 {
			at := time.Unix(0, r.At)
			dates[i] = &at
		}
	}
	b.Queue(`INSERT INTO muster_quota_records (credential, at, entry)
		SELECT $1, coalesce(at, clock_timestamp()), entry FROM unnest($2::bytea[], $3::timestamptz[]) WITH ORDINALITY AS added (entry, at, place)
		ORDER BY place RETURNING number`, d.credential, entries, dates).
		Query(func(rows pgx.Rows) error {
			for rows.Next() {
				if err := rows.Scan(&d.read); err != nil {
					return err
				}
			}
			return rows.Err()
		})
}

// abandon ends the connection, and with it the transaction that holds the lock.
func (d *Database) abandon() {
	ctx, cancel := d.within(time.Second)
	defer cancel()
	_ = d.conn.Close(ctx) // the server notices the end in any case
}
