package ledger

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"strings"
)

// sqliteSnapshot reads a whole file inside a transaction that excludes other writers.
type sqliteSnapshot struct {
	path string
	conn *sql.Conn
}

func (s *sqliteStore) Snapshot(ctx context.Context, do func(snapshot) error) error {
	return explainSQLite(s.path, "read", inTransaction(ctx, s.conn, func() error { return do(sqliteSnapshot{s.path, s.conn}) }))
}

func (s sqliteSnapshot) Last(ctx context.Context) (run, intent int64, err error) {
	err = s.conn.QueryRowContext(ctx, `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'runs'), 0),
		coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'intents'), 0)`).Scan(&run, &intent)
	return run, intent, explainSQLite(s.path, "read", err)
}

func (s sqliteSnapshot) Columns(ctx context.Context, table string) (columns []string, err error) {
	rows, err := s.conn.QueryContext(ctx, "SELECT * FROM "+table+" LIMIT 0") //nolint:gosec // a name of tables()
	if err == nil {
		columns, err = rows.Columns()
		err = errors.Join(err, rows.Close())
	}
	return columns, explainSQLite(s.path, "read", err)
}

func (s sqliteSnapshot) Lines(ctx context.Context, table string) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		err := s.each(ctx, table, func(line []any) bool { return yield(line, nil) })
		if err != nil {
			yield(nil, explainSQLite(s.path, "read", err))
		}
	}
}

// each calls do with the lines of a table until do returns false.
func (s sqliteSnapshot) each(ctx context.Context, table string, do func([]any) bool) error {
	rows, err := s.conn.QueryContext(ctx, "SELECT * FROM "+table) //nolint:gosec // a name of tables()
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err has every error of reading
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	for rows.Next() {
		line, places := make([]any, len(columns)), make([]any, len(columns))
		for n := range line {
			places[n] = &line[n]
		}
		if err := rows.Scan(places...); err != nil {
			return err
		}
		if !do(line) {
			return nil
		}
	}
	return rows.Err()
}

func (s *sqliteStore) NotFilled(context.Context) error { return nil }

// Fill does not look for other processes: the caller has created the file just now.
func (s *sqliteStore) Fill(ctx context.Context, secret []byte, from snapshot) error {
	return explainSQLite(s.path, "write", inTransaction(ctx, s.conn, func() error {
		var entries bool
		err := s.conn.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sqlite_sequence) OR EXISTS (SELECT 1 FROM people)`).Scan(&entries)
		switch {
		case err != nil:
			return err
		case entries:
			return notEmpty(s.path)
		}
		if _, err := s.conn.ExecContext(ctx, "UPDATE ledger SET secret = ?", secret); err != nil {
			return err
		}
		for _, t := range tables() {
			if err := s.fillTable(ctx, t, from); err != nil {
				return err
			}
		}
		run, intent, err := from.Last(ctx)
		if err == nil {
			_, err = s.conn.ExecContext(ctx, `DELETE FROM sqlite_sequence; INSERT INTO sqlite_sequence (name, seq) VALUES ('runs', ?), ('intents', ?)`, run, intent)
		}
		return err
	}))
}

func (s *sqliteStore) fillTable(ctx context.Context, table string, from snapshot) error {
	columns, err := from.Columns(ctx, table)
	if err != nil {
		return err
	}
	places := strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ")
	stmt, err := s.conn.PrepareContext(ctx, "INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") VALUES ("+places+")") //nolint:gosec // names of columns
	if err != nil {
		return err
	}
	defer func() { _ = stmt.Close() }() // the transaction has every error
	for line, err := range from.Lines(ctx, table) {
		if err != nil {
			return err
		}
		if _, err := stmt.ExecContext(ctx, line...); err != nil {
			return err
		}
	}
	return nil
}
