// Package ledger is the durable record of runs and of the outcomes of their rows.
//
// The ledger keeps a person from being created twice. Before a request leaves,
// [Ledger.Intend] records that the request is about to be sent; when the answer
// is understood, [Ledger.Record] records the outcome. Both return when the record
// is durable. A key is in one of five states:
//
//	Absent ──Intend──▶ Intended ──Record──▶ Created ──removal──▶ Removed
//	                    ▲    │ └──Record──▶ Intended   still unresolved
//	                    │    └────Record──▶ Refused    known not to exist
//	                    └─────Intend── of Refused and Removed
//
// Intend refuses every other transition, so that even a mistake of the caller
// can't send a key again while the key is created or unresolved.
//
// Taking people off the project is recorded the same way: [Ledger.IntendRemovals]
// before the request, [Ledger.RecordRemovals] after the answer. The key stays
// Created until the person is known to be gone. A Removed key may be sent again,
// with another token.
//
// # Rules and stores
//
// The rules are in changes.go: pure decisions about what a store has read. A store
// (store.go) offers durability, transactions that run one after the other, and
// locks. The SQLite store, which one host uses, is in the files sqlite_*.go; the
// PostgreSQL store, which several hosts share, is in postgres_*.go.
//
// Keys are HMACs with a secret that is drawn when the store is created: the
// ledger holds no names, and guessing names finds no entries. Tokens are derived
// from the same secret instead of being stored, so a token that was sent can be
// derived again even if the disk lost its record.
//
// # Group commit
//
// A durable commit can last ten milliseconds. One goroutine, started by Open
// and ended by Close, puts everything that waits into one transaction (writer.go).
// The goroutine never waits for more: a single change is committed at once.
//
// When a transaction fails, the ledger is broken, and every later change gets
// the error. A failed commit may turn out to be durable after all. That is safe:
// the next run settles an intent too many, and a result too many is true.
package ledger

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// Ledger is an open ledger. Its methods may be called from any goroutine.
type Ledger struct {
	store  store
	folder string    // that Close removes; "" for a ledger that stays
	macs   sync.Pool // of hash.Hash: HMACs with the secret of the store
	runs   sync.Map  // the ID of each run by its number, as far as Lookup needed them

	closing sync.RWMutex // held for reading while a change is queued
	closed  bool         // under closing
	queue   chan *change
	served  sync.WaitGroup

	locks struct {
		sync.Mutex
		owned map[Scope]int64 // the run begun under the lock; 0 before Begin
	}
}

// Open opens the ledger at a location: the URL of a PostgreSQL database, in which
// Open creates the tables if there are none, or the path of an SQLite file, which Open
// creates if the file does not exist. ctx covers the opening only. An error that
// the user can fix is a *fault.Error.
func Open(ctx context.Context, location string) (*Ledger, error) {
	return OpenWithSecret(ctx, location, "")
}

// OpenWithSecret opens a ledger in a database whose secret is in a file, so that the
// administrators of the database can't tell which people the keys belong to. A new
// ledger creates the file if there is none. Without a file OpenWithSecret is Open.
func OpenWithSecret(ctx context.Context, location, file string) (*Ledger, error) {
	s, err := openStore(ctx, location, file)
	if err != nil {
		return nil, err
	}
	l := &Ledger{store: s, queue: make(chan *change, batchSize)}
	l.macs.New = func() any { return hmac.New(sha256.New, s.Secret()) }
	l.locks.owned = make(map[Scope]int64)
	work := context.WithoutCancel(ctx)
	l.served.Go(func() { l.serve(work) })
	return l, nil
}

// OpenTemporary opens a new ledger in a temporary folder, which Close removes.
func OpenTemporary(ctx context.Context) (*Ledger, error) {
	folder, err := os.MkdirTemp("", "muster-ledger-")
	if err != nil {
		return nil, fmt.Errorf("a folder for a temporary ledger: %w", err)
	}
	l, err := Open(ctx, filepath.Join(folder, "ledger.db"))
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	l.folder = folder
	return l, nil
}

// Location returns the path of the file, or the URL of the database without a
// password.
func (l *Ledger) Location() string { return l.store.Location() }

// Close commits what is queued and closes the store. Close does not release
// locks. A second call does nothing, and so does a call on nil.
func (l *Ledger) Close() error {
	if l == nil {
		return nil
	}
	l.closing.Lock()
	if l.closed {
		l.closing.Unlock()
		return nil
	}
	l.closed = true
	close(l.queue)
	l.closing.Unlock()

	l.served.Wait()
	err := l.store.Close()
	if l.folder != "" {
		err = errors.Join(err, os.RemoveAll(l.folder))
	}
	return err
}
