package ledger

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// postgresFormat is the number of the schema.
	postgresFormat = 1

	// oldestPostgres is the first release that a ledger works with.
	oldestPostgres = 140000

	// ledgerTables is how many tables a ledger has.
	ledgerTables = 6
)

// postgresSchema creates the tables.
//
//go:embed postgres_schema.sql
var postgresSchema string

// adopt checks that the server can keep a ledger, creates the tables if there are
// none.
func (s *postgresStore) adopt(ctx context.Context) error {
	conn := s.fence.conn
	var version int
	var process uint32
	var recovery, readOnly bool
	var schema *string
	var now time.Time
	err := conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, pg_backend_pid(), pg_is_in_recovery(),
		current_setting('transaction_read_only')::bool, current_schema(), clock_timestamp()`).Scan(&version, &process, &recovery, &readOnly, &schema, &now)
	switch {
	case err != nil:
		return err
	case process != conn.PgConn().PID(): // a pooler tells clients a number that it made up
		return pooled(s.location, nil)
	case version < oldestPostgres:
		return fileError(CodeUnsuitable, s.location, nil, fmt.Sprintf("the database server is PostgreSQL %d, which is too old", version/10000),
			"use PostgreSQL 14 or later")
	case recovery || readOnly:
		return standby(s.location, nil)
	case schema == nil:
		return fileError(CodeRefused, s.location, nil, "the schema of the ledger does not exist", "create the schema with CREATE SCHEMA, or correct search_path in --ledger")
	}
	s.schema = *schema
	s.setSkew(now)
	// A commit must be durable before it is announced, whatever the database's settings say.
	_, err = conn.Exec(ctx, "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') <> 'remote_apply'")
	if err != nil {
		return err
	}
	// The lock must last while a run waits for its quota, and a transaction waits for those of other hosts.
	_, err = conn.Exec(ctx, "SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('idle_session_timeout', 'lock_timeout', 'statement_timeout')")
	if err != nil {
		return err
	}
	// A copy into this ledger would replace the secret: it needs the lock for itself.
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock_shared($1)", s.lockNumber("open")); err != nil {
		return err
	}
	return pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error { return s.ensureTables(ctx, tx) })
}

// ensureTables creates the tables if there are none, and checks the format. Hosts that open a new ledger wait for each other.
func (s *postgresStore) ensureTables(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", s.lockNumber("schema")); err != nil {
		return err
	}
	var tables int
	var ledger bool
	err := tx.QueryRow(ctx, `SELECT count(*), coalesce(bool_or(tablename = 'muster_ledger'), false) FROM pg_tables
		WHERE schemaname = $1 AND tablename IN ('muster_ledger', 'muster_runs', 'muster_intents', 'muster_attempts', 'muster_people', 'muster_mappings')`,
		s.schema).Scan(&tables, &ledger)
	if err != nil {
		return err
	}
	if tables == 0 {
		if err := createTables(ctx, tx); err != nil {
			return err
		}
		tables, ledger = ledgerTables, true
	}
	var format int
	if ledger {
		err = tx.QueryRow(ctx, "SELECT format FROM muster_ledger WHERE one = 1").Scan(&format)
	}
	switch {
	case err != nil && !errors.Is(err, pgx.ErrNoRows):
		return err
	case format > postgresFormat:
		return fileError(CodeNewer, s.location, nil, fmt.Sprintf("a newer muster wrote the ledger (format %d; this muster knows format %d)", format, postgresFormat),
			"use that newer muster, or name another ledger with --ledger")
	case tables < ledgerTables || format == 0:
		return fileError(CodeDamaged, s.location, nil, "a table or the secret of the ledger is gone",
			"restore the database from a backup, or name an empty schema with search_path in --ledger")
	case format < postgresFormat:
		return fileError(CodeDamaged, s.location, nil, fmt.Sprintf("the ledger has format %d, which this muster can't read any more", format),
			"restore the database from a backup, or name an empty schema with search_path in --ledger")
	}
	return nil
}

func createTables(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, postgresSchema); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "INSERT INTO muster_ledger (one, format) VALUES (1, $1)", postgresFormat)
	return err
}
