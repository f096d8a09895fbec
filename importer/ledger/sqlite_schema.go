package ledger

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"muster/importer/atomicfile"
)

// sqliteApplication marks the head of every ledger ("must"), so that another
// program's SQLite file is not taken for a ledger.
const sqliteApplication = 0x6d757374

// sqliteFormat is the number of the schema.
const sqliteFormat = 4

// sqliteSchema creates the tables.
//
//go:embed sqlite_schema.sql
var sqliteSchema string

// ensureSQLite creates the ledger at path if there is none.
func ensureSQLite(ctx context.Context, path string) error {
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return unwritableFile(path, "this is a folder; --ledger names a file", nil)
	case err == nil && !info.Mode().IsRegular():
		return unwritableFile(path, "this is not an ordinary file", nil)
	case err == nil && info.Size() == 0:
		return damagedFile(path, "the ledger file is empty, which a ledger never is", nil)
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return explainSQLite(path, "open", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return explainSQLite(path, "create", err)
	}
	return explainSQLite(path, "create", withFileLock(path, func() error {
		if _, err := os.Stat(path); err == nil {
			return nil // another process was first
		}
		if _, err := os.Stat(path + "-wal"); err == nil {
			return damagedFile(path, fmt.Sprintf("the ledger file is gone, but %s-wal with its latest entries is still there", filepath.Base(path)), nil)
		}
		return createSQLite(ctx, path)
	}))
}

// createSQLite creates a ledger that other processes see whole or not at all.
func createSQLite(ctx context.Context, path string) (err error) {
	draft := path + ".new"
	for _, old := range []string{draft, draft + "-wal", draft + "-shm"} { // of a process that was killed
		if err := os.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	f, err := os.OpenFile(draft, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // SQLite gives its other files the same mode
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(draft) // err says more
		}
	}()
	if err := f.Close(); err != nil {
		return err
	}
	if err := fillSQLite(ctx, draft); err != nil {
		return err
	}
	return atomicfile.Rename(draft, path)
}

// fillSQLite turns the empty file at path into a ledger.
func fillSQLite(ctx context.Context, path string) (err error) {
	db, err := connectSQLite(path)
	if err != nil {
		return err
	}
	// The last connection moves everything into the main file as it closes.
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, "PRAGMA journal_mode = WAL"); err != nil {
		return err
	}
	secret := make([]byte, sha256.Size)
	rand.Read(secret) // has no error; the program ends instead
	return inTransaction(ctx, conn, func() error {
		marks := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", sqliteApplication, sqliteFormat)
		if _, err := conn.ExecContext(ctx, sqliteSchema+marks); err != nil {
			return err
		}
		_, err := conn.ExecContext(ctx, "INSERT INTO ledger (one, secret) VALUES (1, ?)", secret)
		return err
	})
}

// adopt checks that the file is a whole, writable ledger of a known format, and
// reads the secret.
func (s *sqliteStore) adopt(ctx context.Context) (err error) {
	// A file that can't be written fails the transaction.
	if err := inTransaction(ctx, s.conn, func() error { return checkFormat(ctx, s.path, s.conn) }); err != nil {
		return err
	}
	// This reads the whole file: half a second for a million people.
	if err := s.inspect(ctx, "PRAGMA quick_check(1)"); err != nil {
		return err
	}
	err = s.conn.QueryRowContext(ctx, `SELECT secret FROM ledger WHERE one = 1 AND 4 =
		(SELECT count(*) FROM sqlite_schema WHERE name IN ('runs', 'intents', 'attempts', 'people'))`).Scan(&s.secret)
	if errors.Is(err, sql.ErrNoRows) {
		return damagedFile(s.path, "a table or the secret of the ledger is gone", err)
	}
	if err != nil {
		return err
	}
	s.file, err = os.Stat(s.path)
	return err
}

// checkFormat checks that the file is a ledger of the format of this program.
func checkFormat(ctx context.Context, path string, conn *sql.Conn) error {
	var id, version int64
	const marks = "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version"
	if err := conn.QueryRowContext(ctx, marks).Scan(&id, &version); err != nil {
		return err
	}
	switch {
	case id != sqliteApplication:
		return damagedFile(path, "this is a database of another program, not a ledger", nil)
	case version > sqliteFormat:
		return fileError(CodeNewer, path, nil, fmt.Sprintf("a newer muster wrote the ledger (format %d; this muster knows format %d)", version, sqliteFormat),
			"use that newer muster, or name another ledger with --ledger FILE")
	case version < sqliteFormat:
		return damagedFile(path, fmt.Sprintf("the ledger has format %d, which this muster can't read any more", version), nil)
	}
	return nil
}
