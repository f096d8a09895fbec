package ledger

import (
	"context"
	"database/sql"
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

func (s sqliteSnapshot) Lines(ctx context.Context, t table) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		rows, err := s.conn.QueryContext(ctx, "SELECT "+t.list()+" FROM "+t.name) //nolint:gosec // names from tables()
		if err != nil {
			yield(nil, explainSQLite(s.path, "read", err))
			return
		}
		defer func() { _ = rows.Close() }() // rows.Err has every error of reading
		for rows.Next() {
			line, places := make([]any, len(t.columns)), make([]any, len(t.columns))
			for n := range line {
				places[n] = &line[n]
			}
			if err := rows.Scan(places...); !yield(line, explainSQLite(s.path, "read", err)) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, explainSQLite(s.path, "read", err))
		}
	}
}

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

func (s *sqliteStore) fillTable(ctx context.Context, t table, from snapshot) error {
	places := strings.TrimSuffix(strings.Repeat("?, ", len(t.columns)), ", ")
	stmt, err := s.conn.PrepareContext(ctx, "INSERT INTO "+t.name+" ("+t.list()+") VALUES ("+places+")") //nolint:gosec // names from tables()
	if err != nil {
		return err
	}
	defer func() { _ = stmt.Close() }() // the transaction has every error
	for line, err := range from.Lines(ctx, t) {
		if err != nil {
			return err
		}
		if _, err := stmt.ExecContext(ctx, line...); err != nil {
			return err
		}
	}
	return nil
}
