package ledger

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// application stands in the head of every ledger ("must"), so that another
// program's SQLite file is never taken for one.
const application = 0x6d757374

// secretSize is what HMAC-SHA256 makes full use of.
const secretSize = 32

// format is the number of the schema, for a program that knows another one.
const format = 1

// schema makes the tables. Times are milliseconds since 1970; the states are
// those of [State].
const schema = `
CREATE TABLE ledger (
	one     INTEGER PRIMARY KEY CHECK (one = 1),
	secret  BLOB NOT NULL CHECK (length(secret) = 32),
	created INTEGER NOT NULL
) STRICT;

-- The numbers of runs and intents are never given twice, also after pruning.
CREATE TABLE runs (
	number   INTEGER PRIMARY KEY AUTOINCREMENT,
	id       TEXT NOT NULL UNIQUE,
	api      TEXT NOT NULL,
	company  INTEGER NOT NULL,
	project  INTEGER NOT NULL,
	command  TEXT NOT NULL,
	roster   TEXT NOT NULL,
	results  TEXT NOT NULL,
	started  INTEGER NOT NULL,
	ended    INTEGER,
	status   TEXT NOT NULL,
	created  INTEGER NOT NULL DEFAULT 0,
	existing INTEGER NOT NULL DEFAULT 0,
	skipped  INTEGER NOT NULL DEFAULT 0,
	invalid  INTEGER NOT NULL DEFAULT 0,
	failed   INTEGER NOT NULL DEFAULT 0,
	unknown  INTEGER NOT NULL DEFAULT 0,
	pending  INTEGER NOT NULL DEFAULT 0
) STRICT;

-- In flight or in doubt. The key is unique: nobody is sent twice at a time. That
-- of a removal is Created in people, that of a create never is.
CREATE TABLE intents (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	key     BLOB NOT NULL UNIQUE,
	run     INTEGER NOT NULL,
	row     INTEGER NOT NULL,
	attempt INTEGER NOT NULL,
	life    INTEGER NOT NULL,
	sent    INTEGER NOT NULL,
	ended   INTEGER,
	status  TEXT NOT NULL DEFAULT '',
	code    TEXT NOT NULL DEFAULT '',
	http    INTEGER NOT NULL DEFAULT 0,
	request TEXT NOT NULL DEFAULT ''
) STRICT;

-- Settled, written once.
CREATE TABLE attempts (
	run     INTEGER NOT NULL,
	id      INTEGER NOT NULL,
	key     BLOB NOT NULL,
	row     INTEGER NOT NULL,
	attempt INTEGER NOT NULL,
	life    INTEGER NOT NULL,
	sent    INTEGER NOT NULL,
	ended   INTEGER NOT NULL,
	state   INTEGER NOT NULL,
	person  INTEGER NOT NULL,
	status  TEXT NOT NULL,
	code    TEXT NOT NULL,
	http    INTEGER NOT NULL,
	request TEXT NOT NULL,
	PRIMARY KEY (run, id)
) STRICT, WITHOUT ROWID;

-- What is known of a key for good; person is who was created, also if they were
-- removed since, run the one that did the last of it. life counts how often its
-- token was renewed, attempts how often it was sent.
CREATE TABLE people (
	key      BLOB PRIMARY KEY,
	state    INTEGER NOT NULL,
	person   INTEGER NOT NULL,
	run      INTEGER NOT NULL,
	attempts INTEGER NOT NULL,
	life     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`

// ensure makes the ledger if there is none.
func ensure(ctx context.Context, path string) error {
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return unwritable(path, "this is a folder; a file is wanted", nil)
	case err == nil && !info.Mode().IsRegular():
		return unwritable(path, "this is not an ordinary file", nil)
	case err == nil && info.Size() == 0:
		return damaged(path, "the file is empty, which a ledger never is", nil)
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return explain(path, "open", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return explain(path, "create", err)
	}
	return explain(path, "create", atGate(path, func() error {
		if _, err := os.Stat(path); err == nil {
			return nil // another process was first
		}
		if _, err := os.Stat(path + "-wal"); err == nil {
			return damaged(path, fmt.Sprintf("the file is gone, but %s-wal, which holds its latest entries, is still there", filepath.Base(path)), nil)
		}
		return create(ctx, path)
	}))
}

// create makes a ledger in one step, as far as anybody else can see.
func create(ctx context.Context, path string) (err error) {
	draft := path + ".new"
	if err := errors.Join(remove(draft), remove(draft+"-wal"), remove(draft+"-shm")); err != nil {
		return err
	}
	f, err := os.OpenFile(draft, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // SQLite gives its other files the same mode
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = remove(draft) // why it could not be made says more
		}
	}()
	if err := f.Close(); err != nil {
		return err
	}
	if err := fill(ctx, draft); err != nil {
		return err
	}
	if err := os.Rename(draft, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// fill makes the empty file at path a ledger.
func fill(ctx context.Context, path string) (err error) {
	db, err := connect(path)
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
	secret := make([]byte, secretSize)
	rand.Read(secret) // never fails; it ends the program instead
	return inTransaction(ctx, conn, func() error {
		if _, err := conn.ExecContext(ctx, schema+fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", application, format)); err != nil {
			return err
		}
		_, err := conn.ExecContext(ctx, "INSERT INTO ledger (one, secret, created) VALUES (1, ?, ?)", secret, time.Now().UnixMilli())
		return err
	})
}

// adopt checks that the file is a whole ledger that this program knows and may
// write, and returns its secret.
func adopt(ctx context.Context, path string, conn *sql.Conn) (secret []byte, err error) {
	// The transaction tells at once if the file can't be written.
	err = inTransaction(ctx, conn, func() error { return recognise(ctx, path, conn) })
	if err != nil {
		return nil, explain(path, "open", err)
	}
	// This reads the whole file: about half a second for a million people.
	// Otherwise SQLite takes a page whose end was lost for one with less in it,
	// and the people who stood there for strangers.
	var verdict string
	if err := conn.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return nil, explain(path, "open", err)
	}
	if verdict != "ok" {
		return nil, damaged(path, "the file is damaged or cut short", errors.New(verdict))
	}
	err = conn.QueryRowContext(ctx, "SELECT secret FROM ledger WHERE one = 1").Scan(&secret)
	if errors.Is(err, sql.ErrNoRows) {
		err = damaged(path, "its secret is gone, without which no entry can be found", err)
	}
	return secret, explain(path, "open", err)
}

// recognise checks that the file is a ledger of a format that is known.
func recognise(ctx context.Context, path string, conn *sql.Conn) error {
	var id, version int64
	if err := conn.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	if err := conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch {
	case id != application:
		return damaged(path, "this is a database of another program, not a ledger", nil)
	case version > format:
		return newer(path, version)
	case version < format:
		return damaged(path, "the file does not say which format it has", nil)
	}
	return nil
}

// inTransaction runs do in a transaction that may write, and commits it if do
// has no error.
func inTransaction(ctx context.Context, conn *sql.Conn, do func() error) error {
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := do()
	if err == nil {
		_, err = conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		// SQLite may have rolled back by itself, and then says so.
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	}
	return err
}

// remove removes a file that need not be there.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// syncFolder makes a rename in the folder durable.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	// Some systems can't sync a folder; there a rename is durable by itself.
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) && !errors.Is(err, fs.ErrPermission) {
		return errors.Join(err, d.Close())
	}
	return d.Close()
}
