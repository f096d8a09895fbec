package ledger

import (
	"context"
	"iter"

	"github.com/jackc/pgx/v5"
)

// postgresSnapshot reads a whole database inside a transaction that has the lock for
// writing.
type postgresSnapshot struct {
	location string
	tx       pgx.Tx
}

func (s *postgresStore) Snapshot(ctx context.Context, do func(snapshot) error) error {
	return explainPostgres(s.location, "read", s.whole(ctx, func(tx pgx.Tx) error { return do(postgresSnapshot{s.location, tx}) }))
}

// whole runs do in a transaction that lasts as long as do needs.
func (s *postgresStore) whole(ctx context.Context, do func(pgx.Tx) error) error {
	s.fence.Lock()
	defer s.fence.Unlock()
	return pgx.BeginTxFunc(ctx, s.fence.conn, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", s.lockNumber("write")); err != nil {
			return err
		}
		return do(tx)
	})
}

// Last counts the numbers that a transaction may still give, too.
func (s postgresSnapshot) Last(ctx context.Context) (run, intent int64, err error) {
	err = s.tx.QueryRow(ctx, `SELECT r.last_value, i.last_value + $1 FROM muster_runs_number_seq r, muster_intent_ids i`, batchSize).Scan(&run, &intent)
	return run, intent, explainPostgres(s.location, "read", err)
}

func (s postgresSnapshot) Columns(ctx context.Context, table string) (columns []string, err error) {
	rows, err := s.tx.Query(ctx, "SELECT * FROM muster_"+table+" LIMIT 0")
	if err == nil {
		for _, f := range rows.FieldDescriptions() {
			columns = append(columns, f.Name)
		}
		rows.Close()
		err = rows.Err()
	}
	return columns, explainPostgres(s.location, "read", err)
}

func (s postgresSnapshot) Lines(ctx context.Context, table string) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		err := s.each(ctx, table, func(line []any) bool { return yield(line, nil) })
		if err != nil {
			yield(nil, explainPostgres(s.location, "read", err))
		}
	}
}

// each calls do with the lines of a table until do returns false.
func (s postgresSnapshot) each(ctx context.Context, table string, do func([]any) bool) error {
	rows, err := s.tx.Query(ctx, "SELECT * FROM muster_"+table)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		line, err := rows.Values()
		if err != nil {
			return err
		}
		if !do(line) {
			return nil
		}
	}
	return rows.Err()
}

func (s *postgresStore) Fill(ctx context.Context, secret []byte, from snapshot) error {
	return explainPostgres(s.location, "write", s.whole(ctx, func(tx pgx.Tx) error {
		var alone, entries bool
		err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1), EXISTS (SELECT FROM muster_runs) OR EXISTS (SELECT FROM muster_people)`,
			s.lockNumber("open")).Scan(&alone, &entries)
		switch {
		case err != nil:
			return err
		case entries:
			return notEmpty(s.location)
		case !alone:
			return inUse(s.location)
		}
		if err := s.keepSecret(ctx, tx, secret); err != nil {
			return err
		}
		for _, t := range tables() {
			if err := fillTable(ctx, tx, t, from); err != nil {
				return err
			}
		}
		run, intent, err := from.Last(ctx)
		if err == nil {
			_, err = tx.Exec(ctx, "SELECT setval('muster_runs_number_seq', greatest($1::bigint, 1)), setval('muster_intent_ids', greatest($2::bigint, 1))", run, intent)
		}
		return err
	}))
}

func fillTable(ctx context.Context, tx pgx.Tx, table string, from snapshot) error {
	columns, err := from.Columns(ctx, table)
	if err != nil {
		return err
	}
	next, stop := iter.Pull2(from.Lines(ctx, table))
	defer stop()
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"muster_" + table}, columns, pgx.CopyFromFunc(func() ([]any, error) {
		line, err, ok := next()
		if !ok {
			return nil, nil
		}
		return line, err
	}))
	return err
}
