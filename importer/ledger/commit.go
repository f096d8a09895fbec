package ledger

import (
	"context"
	"database/sql"
	"io/fs"
	"os"
	"runtime"
)

// batchSize is how many requests share a transaction at most, and how many may
// wait besides.
const batchSize = 512

// request is one thing to be written; its sender waits for done.
type request struct {
	intent openIntent // to be made; or to be settled: id and key
	record bool
	result Result
	ended  int64

	removal int64 // not 0: to take this person off the project, not to create one

	alone func(context.Context, *sql.Conn) error // not nil: this, in a transaction of its own

	err  error
	done chan struct{}
}

func newRequest() *request { return &request{done: make(chan struct{}, 1)} }

// submit puts r into the queue and waits until it is durable or refused.
func (l *Ledger) submit(ctx context.Context, r *request) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := l.enqueue(ctx, r); err != nil {
		return err
	}
	<-r.done
	return r.err
}

func (l *Ledger) enqueue(ctx context.Context, r *request) error {
	l.gate.RLock() // Close waits for it, and then nobody sends
	defer l.gate.RUnlock()
	if l.closed {
		return ErrClosed
	}
	select {
	case l.queue <- r:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// writer owns the connection that writes. Only the goroutine of serve uses it.
type writer struct {
	path   string
	file   fs.FileInfo // of the ledger, as it was opened
	conn   *sql.Conn
	broken error // the first failure; nothing is written after it

	begin, commit, rollback       *sql.Stmt
	version, last, intents, doubt *sql.Stmt
	insertIntents, deleteIntents  *bulk
	insertAttempts, selectPeople  *bulk
	insertPeople, upsertPeople    *bulk

	seen  int64 // the data_version that batch.open and batch.last were read at
	batch batch
}

// newWriter prepares a writer, which is to be closed even if there is an error.
func newWriter(ctx context.Context, path string, conn *sql.Conn) (*writer, error) {
	w := &writer{path: path, conn: conn, seen: -1}
	var err error
	if w.file, err = os.Stat(path); err != nil {
		return w, err
	}
	w.batch.open = make(map[Key]openIntent)
	w.batch.people = make(map[Key]person)
	for _, s := range []struct {
		to   **sql.Stmt
		text string
	}{
		{&w.begin, "BEGIN IMMEDIATE"},
		{&w.commit, "COMMIT"},
		{&w.rollback, "ROLLBACK"},
		{&w.version, "PRAGMA data_version"},
		{&w.last, "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'intents'"},
		{&w.intents, "SELECT key, id, run, row, attempt, life, sent, coalesce(ended, 0), status, code, http, request FROM intents"},
		{&w.doubt, "UPDATE intents SET ended = ?, status = ?, code = ?, http = ?, request = ? WHERE id = ?"},
	} {
		if *s.to, err = conn.PrepareContext(ctx, s.text); err != nil {
			return w, err
		}
	}
	// "OR ROLLBACK" says what transact does after any error. It spares SQLite a
	// journal for taking back half a statement.
	for _, s := range []struct {
		to               **bulk
		head, line, tail string
	}{
		{&w.selectPeople, "SELECT key, state, person, attempts, life FROM people WHERE key IN (", "?", ")"},
		{&w.insertIntents, "INSERT OR ROLLBACK INTO intents (id, key, run, row, attempt, life, sent) VALUES ", "(?,?,?,?,?,?,?)", ""},
		{&w.deleteIntents, "DELETE FROM intents WHERE id IN (", "?", ")"},
		{&w.insertAttempts, "INSERT OR ROLLBACK INTO attempts (run, id, key, row, attempt, life, sent, ended, state, person, status, code, http, request) VALUES ", "(?,?,?,?,?,?,?,?,?,?,?,?,?,?)", ""},
		{&w.insertPeople, "INSERT OR IGNORE INTO people (key, state, person, run, attempts, life) VALUES ", "(?,?,?,?,?,?)", ""},
		{&w.upsertPeople, "INSERT OR ROLLBACK INTO people (key, state, person, run, attempts, life) VALUES ", "(?,?,?,?,?,?)", " ON CONFLICT (key) DO UPDATE SET state = excluded.state, person = excluded.person, run = excluded.run, attempts = excluded.attempts, life = excluded.life"},
	} {
		if *s.to, err = newBulk(ctx, conn, s.head, s.line, s.tail); err != nil {
			return w, err
		}
	}
	return w, nil
}

// serve writes what comes until the queue is closed and empty.
func (w *writer) serve(ctx context.Context, queue <-chan *request) {
	defer w.close()
	waiting := make([]*request, 0, batchSize)
	for r := range queue {
		waiting = append(waiting[:0], r)
		// Those whom the last commit woke are about to send again.
		runtime.Gosched()
		waiting = drain(queue, waiting)
		for rest := waiting; len(rest) > 0; {
			rest = rest[w.write(ctx, rest):]
		}
		for i, r := range waiting {
			waiting[i] = nil
			r.done <- struct{}{}
		}
	}
}

// close gives the connection back to its pool, whose Close closes it. database/sql
// leaves the statements of a single connection to their owner; while one is
// open, SQLite keeps the file open, and the log beside it.
func (w *writer) close() {
	for _, s := range []*sql.Stmt{w.begin, w.commit, w.rollback, w.version, w.last, w.intents, w.doubt} {
		closeStmt(s)
	}
	for _, b := range []*bulk{w.insertIntents, w.deleteIntents, w.insertAttempts, w.selectPeople, w.insertPeople, w.upsertPeople} {
		if b != nil {
			for _, s := range b.stmts {
				closeStmt(s)
			}
		}
	}
	_ = w.conn.Close() // it reports only that it was closed before
}

// closeStmt closes a statement that may not have been prepared. What is written
// is written; there is nothing to learn from an error.
func closeStmt(s *sql.Stmt) {
	if s != nil {
		_ = s.Close()
	}
}

// drain adds what is in the queue right now, up to the capacity of waiting.
func drain(queue <-chan *request, waiting []*request) []*request {
	for len(waiting) < cap(waiting) {
		select {
		case r, ok := <-queue:
			if !ok {
				return waiting
			}
			waiting = append(waiting, r)
		default:
			return waiting
		}
	}
	return waiting
}

// write writes the first request of rest if it goes alone, and otherwise all
// before the next that does; it returns how many.
func (w *writer) write(ctx context.Context, rest []*request) int {
	n := 0
	for n < len(rest) && rest[n].alone == nil {
		n++
	}
	if n == 0 {
		rest[0].err = w.transact(ctx, func() error { return rest[0].alone(ctx, w.conn) })
		return 1
	}
	if err := w.transact(ctx, func() error { return w.apply(ctx, rest[:n]) }); err != nil {
		for _, r := range rest[:n] {
			r.err = err
		}
	}
	return n
}

// transact runs do in a transaction. Whatever fails in it breaks the ledger: a
// run can't go on without, and what is on the disk is in order.
func (w *writer) transact(ctx context.Context, do func() error) error {
	if w.broken != nil {
		return w.broken
	}
	// SQLite would go on writing into a file that nobody finds any more.
	if now, err := os.Stat(w.path); err != nil || !os.SameFile(now, w.file) {
		w.broken = damaged(w.path, "the file was removed or replaced while it was open", err)
		return w.broken
	}
	_, err := w.begin.ExecContext(ctx)
	if err == nil {
		if err = do(); err == nil {
			_, err = w.commit.ExecContext(ctx)
		}
		if err != nil {
			// SQLite may have rolled back by itself, and then says so.
			_, _ = w.rollback.ExecContext(ctx)
		}
	}
	if err != nil {
		w.broken = explain(w.path, "write", err)
	}
	return w.broken
}
