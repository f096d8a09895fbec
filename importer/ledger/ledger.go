// Package ledger is the durable record of runs and of what became of their
// rows.
//
// It is what keeps a person from being created twice: before a request leaves,
// [Ledger.Intend] writes down that it is about to; when its answer is
// understood, [Ledger.Record] writes down what it was. Both return only when
// the disk has it. A key is in one of four states:
//
//	Absent ──Intend──▶ Intended ──Record──▶ Created
//	                    ▲    │ └──Record──▶ Intended   still in doubt
//	                    │    └────Record──▶ Refused    known not to exist
//	                    └─────Intend──────────┘
//
// Intend refuses every other way in, so that not even a mistake of the caller
// sends a key a second time while it is created or in doubt.
//
// To take people off the project again is journalled in the same way
// (removals.go): [Ledger.IntendRemovals] before the request, and
// [Ledger.RecordRemovals] after its answer. A key stays Created until it is known
// that the person is gone; then it is Removed, and may be sent again under
// another token.
//
// # The file
//
// One SQLite file in WAL mode with synchronous=FULL: a commit is on the disk
// when it returns. The tables (schema.go) are laid out by how often they change:
//
//   - intents holds only what is in flight or in doubt. It stays a page or two,
//     whatever the size of the ledger, and is all that a run after a crash must look at.
//   - attempts is written once, when an attempt is settled, clustered by run: a
//     run's attempts are read, and later pruned, as one stretch.
//     A removal stands in both as an attempt of the undo's, and in intents it is
//     the one whose key is Created: so it needed no table of its own, and an
//     older muster reads the file as before.
//   - people holds one line a key and is never pruned: it guards against
//     duplicates. Its keys are random, so each change costs a page of the log.
//     That is why it is not touched by Intend.
//   - runs and ledger (the secret) are small.
//
// Names never reach the file: a key is an HMAC by a secret that is drawn when
// the ledger is made, so that nobody can find out by guessing names who is in it.
// Tokens are derived by the same secret instead of being stored; a token that
// has been sent is found again even if the disk lost the line that tells of it.
//
// # Group commit
//
// An fsync takes a fraction of a millisecond to ten. One goroutine, started by Open
// and ended by Close, owns the only connection that writes; it takes whatever
// waits (commit.go) into one transaction, so that a single fsync serves many rows. It
// never waits for more to come: a lone request is committed at once.
//
// When a write fails, the ledger is broken: that and every later request gets
// the error. A transaction whose commit failed may turn out to be on the disk
// after all. That is safe in both directions: an intent too many is settled by
// the next run, an outcome too many is true.
//
// # Loss
//
// A ledger that forgets somebody in silence is worse than none. A new one is
// made under another name and renamed, under a lock: so an empty file, or a
// log without its ledger, is always a loss and never a new one. And Open
// reads the whole file once, since SQLite by itself takes a page whose
// end was cut off for one with less in it. A file that is removed or replaced
// while it is open breaks the ledger at the next write.
//
// Rejected for reading: mapping the file into memory. Lookups take a third less
// time, but the memory of a run would grow with the ledger, and a failing disk would
// end the program without a word.
package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Readers besides the writer's own connection.
const readers = 3

// Ledger is an open ledger. Its methods may be called from any goroutine.
type Ledger struct {
	path   string
	keys   *keyring
	db     *sql.DB
	look   *lookups
	filled atomic.Bool // some key was seen in people: they are never removed
	last   sync.Map    // by the number of an earlier run, when it settled its last row

	gate   sync.RWMutex // held for reading while a request is put into queue
	closed bool         // under gate
	queue  chan *request
	served sync.WaitGroup

	locks struct {
		sync.Mutex
		held map[Scope]bool
	}
}

// Open opens the ledger at path, and makes it (and its folder) if there is
// none: readable by its owner alone. ctx covers the opening only. The error is
// an *[Error] for everything that the user can mend.
func Open(ctx context.Context, path string) (*Ledger, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	if err := ensure(ctx, path); err != nil {
		return nil, err
	}
	// Its locks stand beside the file itself: whoever opens it by a link must find them.
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return nil, explain(path, "open", err)
		}
	}
	db, err := connect(path)
	if err != nil {
		return nil, explain(path, "open", err)
	}
	l, err := start(ctx, path, db)
	if err != nil {
		_ = db.Close() // the reason for not opening says more
		return nil, err
	}
	return l, nil
}

// start checks the schema and starts the goroutine that writes.
func start(ctx context.Context, path string, db *sql.DB) (*Ledger, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, explain(path, "open", err)
	}
	secret, err := adopt(ctx, path, conn)
	if err != nil {
		_ = conn.Close() // err says more
		return nil, err
	}
	w, err := newWriter(ctx, path, conn)
	if err != nil {
		w.close()
		return nil, explain(path, "open", err)
	}
	look, err := newLookups(ctx, db)
	if err != nil {
		w.close()
		return nil, explain(path, "open", err)
	}
	l := &Ledger{
		path:  path,
		keys:  newKeyring(secret),
		db:    db,
		look:  look,
		queue: make(chan *request, batchSize),
	}
	l.locks.held = make(map[Scope]bool)
	work := context.WithoutCancel(ctx)
	l.served.Go(func() { w.serve(work, l.queue) })
	return l, nil
}

// Close writes what is waiting, durably, and closes the file. It does not
// release locks. A second call does nothing.
func (l *Ledger) Close() error {
	l.gate.Lock()
	if l.closed {
		l.gate.Unlock()
		return nil
	}
	l.closed = true
	close(l.queue)
	l.gate.Unlock()

	l.served.Wait()
	if err := l.db.Close(); err != nil {
		return explain(l.path, "close", err)
	}
	return nil
}

// connect prepares connections to the file at path; it opens none yet.
func connect(path string) (*sql.DB, error) {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") { // C:/folder/file
		slashed = "/" + slashed
	}
	settings := url.Values{
		"mode":      {"rw"}, // never make a file: ensure does, whole
		"_error_rc": {"1"},
		"_pragma": {
			"busy_timeout(30000)", // another process writes for milliseconds
			"synchronous(FULL)",
			"cache_size(-4096)",        // KiB a connection: memory must not grow with the ledger
			"wal_autocheckpoint(4096)", // pages: fewer, larger copies into the main file
			"journal_size_limit(33554432)",
			"trusted_schema(0)",
		},
	}
	db, err := sql.Open("sqlite", "file://"+(&url.URL{Path: slashed}).EscapedPath()+"?"+settings.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1 + readers)
	db.SetMaxIdleConns(1 + readers)
	return db, nil
}
