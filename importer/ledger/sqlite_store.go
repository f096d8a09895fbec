package ledger

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// sqliteStore is a store in an SQLite file. WAL mode with synchronous=FULL makes
// a commit durable before the commit returns.
//
// A ledger that silently forgets people is worse than none. A new file is
// created under another name and renamed, under a lock: so an empty file, or a
// log without its file, is always a loss and never a new ledger. Opening reads
// the whole file once, since SQLite takes a page whose end was cut off for a page
// with fewer entries. A file that is removed or replaced while it is open breaks
// the ledger at the next write.
//
// Rejected: mapping the file into memory. Reads would take a third less time,
// but memory would grow with the ledger, and a failing disk would kill the
// process without a message.
type sqliteStore struct {
	sqliteReader
	db     *sql.DB
	conn   *sql.Conn // for writing
	writer sqliteTransaction
	file   fs.FileInfo // of the file that was opened
	secret []byte
}

// sqliteConnections is how many connections there are for reading and writing.
const sqliteConnections = 4

// openSQLite opens the ledger at path. If there is none, openSQLite creates the
// file and its folder, readable by the owner alone.
func openSQLite(ctx context.Context, path string) (*sqliteStore, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, explainSQLite(path, "open", err)
	}
	if err := ensureSQLite(ctx, path); err != nil {
		return nil, err
	}
	// The lock files are next to the file that a link points to.
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return nil, explainSQLite(path, "open", err)
		}
	}
	db, err := connectSQLite(path)
	if err != nil {
		return nil, explainSQLite(path, "open", err)
	}
	s := &sqliteStore{sqliteReader: sqliteReader{path: path, on: db}, db: db}
	if s.conn, err = db.Conn(ctx); err == nil {
		s.writer = sqliteTransaction{sqliteReader{path: path, on: s.conn}}
		err = s.adopt(ctx)
	}
	if err != nil {
		_ = s.Close() // err says more
		return nil, explainSQLite(path, "open", err)
	}
	return s, nil
}

// connectSQLite prepares connections to the file at path and opens none yet.
func connectSQLite(path string) (*sql.DB, error) {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") { // C:/folder/file
		slashed = "/" + slashed
	}
	settings := url.Values{
		"mode":      {"rw"}, // never create a file: ensureSQLite does
		"_error_rc": {"1"},
		"_pragma": {
			"busy_timeout(30000)", // another process writes for milliseconds
			"synchronous(FULL)",
			"cache_size(-4096)",        // KiB per connection: memory must not grow with the ledger
			"wal_autocheckpoint(4096)", // pages: fewer, larger copies into the main file
			"journal_size_limit(33554432)",
			"trusted_schema(0)",
		},
	}
	db, err := sql.Open("sqlite", "file://"+(&url.URL{Path: slashed}).EscapedPath()+"?"+settings.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(sqliteConnections)
	db.SetMaxIdleConns(sqliteConnections)
	return db, nil
}

func (s *sqliteStore) Location() string { return s.path }

func (s *sqliteStore) Secret() []byte { return s.secret }

func (s *sqliteStore) Close() error {
	err := s.close()
	if s.conn != nil {
		err = errors.Join(err, s.writer.close(), s.conn.Close())
	}
	return explainSQLite(s.path, "close", errors.Join(err, s.db.Close()))
}

// Update runs do in a transaction that excludes all other writers. The ledger calls
// Update from a single goroutine.
func (s *sqliteStore) Update(ctx context.Context, do func(transaction) error) error {
	// SQLite would go on writing into a file that no path leads to.
	if now, err := os.Stat(s.path); err != nil || !os.SameFile(now, s.file) {
		return damagedFile(s.path, "the ledger file was removed or replaced while it was open", err)
	}
	return explainSQLite(s.path, "write", inTransaction(ctx, s.conn, func() error { return do(&s.writer) }))
}

// inTransaction runs do in a transaction that may write, and commits if do
// returns nil. (The Commit of database/sql would leave a failed transaction open.)
func inTransaction(ctx context.Context, conn *sql.Conn, do func() error) error {
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := do()
	if err == nil {
		_, err = conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		// After some errors SQLite has rolled back, and ROLLBACK is an error.
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	}
	return err
}

// Check reads the whole file and compares the indexes with the tables, which
// opening leaves out.
func (s *sqliteStore) Check(ctx context.Context) (bytes int64, people int, err error) {
	if err := s.inspect(ctx, "PRAGMA integrity_check(1)"); err != nil {
		return 0, 0, explainSQLite(s.path, "read", err)
	}
	if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM people").Scan(&people); err != nil {
		return 0, 0, explainSQLite(s.path, "read", err)
	}
	for _, path := range []string{s.path, s.path + "-wal"} {
		if info, err := os.Stat(path); err == nil { // there may be no log
			bytes += info.Size()
		}
	}
	return bytes, people, nil
}

// inspect runs a check of SQLite over the whole file.
func (s *sqliteStore) inspect(ctx context.Context, check string) error {
	var verdict string
	err := s.db.QueryRowContext(ctx, check).Scan(&verdict)
	if err == nil && verdict != "ok" {
		return damagedFile(s.path, "the ledger file is damaged or cut short", errors.New(verdict))
	}
	return err
}

// Lock takes an operating system's lock on a file next to the ledger. The file
// is never removed: two processes could then lock two files of one name.
func (s *sqliteStore) Lock(_ context.Context, scope Scope) (release func() error, err error) {
	f := flock.New(s.lockPath(scope))
	var locked bool
	err = withFileLock(s.path, func() (err error) {
		locked, err = f.TryLock()
		return err
	})
	switch {
	case err != nil:
		return nil, explainSQLite(s.path, "lock", err)
	case !locked:
		return nil, ErrLocked
	}
	return func() error { return explainSQLite(s.path, "unlock", f.Unlock()) }, nil
}

// Locked reports whether any process has the scope locked.
func (s *sqliteStore) Locked(scope Scope) bool {
	path := s.lockPath(scope)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return false
	}
	free := false
	err := withFileLock(s.path, func() error {
		f := flock.New(path)
		locked, err := f.TryLock()
		if err != nil || !locked {
			return err
		}
		free = true
		return f.Unlock()
	})
	return err != nil || !free
}

func (s *sqliteStore) lockPath(scope Scope) string {
	text := fmt.Appendf(nil, "%s %d %d", scope.API, scope.Company, scope.Project)
	sum := sha256.Sum256(text)
	return s.path + "." + hex.EncodeToString(sum[:6]) + ".lock"
}

// withFileLock runs do while no other process tests a lock or creates the
// ledger. Processes wait for each other; each turn is short.
func withFileLock(path string, do func() error) error {
	f := flock.New(path + ".lock")
	if err := f.Lock(); err != nil {
		return err
	}
	err := do()
	return errors.Join(err, f.Unlock())
}

// Skew returns 0: the machine's clock is the store's.
func (s *sqliteStore) Skew() time.Duration { return 0 }

// Now returns the time of the machine, which all users of an SQLite file share.
func (t *sqliteTransaction) Now(context.Context) (time.Time, error) {
	return time.Now().UTC().Truncate(time.Millisecond), nil
}
