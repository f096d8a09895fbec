package ledger

import (
	"context"
	"database/sql"
	"strings"
)

// bulkSizes are the numbers of lines that a bulk statement is prepared for.
// What is rarer than the largest is put together from the smaller ones.
func bulkSizes() []int { return []int{64, 8, 1} }

// bulk is one statement about many lines at once: a statement of 64 lines costs
// a fraction of 64 statements. Not for concurrent use.
type bulk struct {
	sizes []int
	stmts []*sql.Stmt // by sizes
	args  []any
}

// newBulk prepares head, then line as often as there are lines, then tail.
// Whoever owns conn closes the statements, even if there is an error.
func newBulk(ctx context.Context, conn *sql.Conn, head, line, tail string) (*bulk, error) {
	b := &bulk{sizes: bulkSizes()}
	for _, n := range b.sizes {
		s, err := conn.PrepareContext(ctx, head+strings.Repeat(line+",", n-1)+line+tail)
		if err != nil {
			return b, err
		}
		b.stmts = append(b.stmts, s)
	}
	return b, nil
}

// exec runs the statement for n lines; line appends the arguments of one. It
// returns how many lines of the table were written.
func (b *bulk) exec(ctx context.Context, n int, line func(to []any, n int) []any) (written int64, err error) {
	for done := 0; done < n; {
		size, stmt := b.fit(n - done)
		b.args = b.args[:0]
		for i := range size {
			b.args = line(b.args, done+i)
		}
		result, err := stmt.ExecContext(ctx, b.args...)
		if err != nil {
			return written, err
		}
		affected, err := result.RowsAffected()
		if err != nil {
			return written, err
		}
		written += affected
		done += size
	}
	return written, nil
}

// query runs the statement for every argument and calls row for what it finds.
func (b *bulk) query(ctx context.Context, args []any, row func(*sql.Rows) error) error {
	for len(args) > 0 {
		size, stmt := b.fit(len(args))
		if err := each(ctx, stmt, args[:size], row); err != nil {
			return err
		}
		args = args[size:]
	}
	return nil
}

// fit returns the largest statement for at most n lines.
func (b *bulk) fit(n int) (int, *sql.Stmt) {
	for i, size := range b.sizes {
		if size <= n {
			return size, b.stmts[i]
		}
	}
	return 1, b.stmts[len(b.stmts)-1]
}

// each runs a query and calls row for every line of its answer.
func each(ctx context.Context, stmt *sql.Stmt, args []any, row func(*sql.Rows) error) (err error) {
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := row(rows); err != nil {
			_ = rows.Close() // err says more
			return err
		}
	}
	if err := rows.Close(); err != nil {
		return err
	}
	return rows.Err()
}
