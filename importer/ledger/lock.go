package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/gofrs/flock"
)

// ErrLocked says that another run, of this process or of another, has the
// scope.
var ErrLocked = errors.New("another run of this project is going on")

// Scope is what one run at a time may work on.
type Scope struct {
	API              string // the host
	Company, Project int64
}

// Lock takes the scope for one run, or returns an error that wraps [ErrLocked]
// at once. The lock is the operating system's, on a file beside the ledger: it
// ends with the process, however that ends. The file itself stays; to remove
// it would let two processes lock two files of one name.
func (l *Ledger) Lock(s Scope) (release func() error, err error) {
	l.locks.Lock()
	defer l.locks.Unlock()
	if l.locks.held[s] {
		return nil, fmt.Errorf("company %d, project %d: %w", s.Company, s.Project, ErrLocked)
	}
	f := flock.New(l.lockPath(s))
	var got bool
	err = atGate(l.path, func() (err error) {
		got, err = f.TryLock()
		return err
	})
	if err != nil {
		return nil, explain(l.path, "lock", err)
	}
	if !got {
		return nil, fmt.Errorf("company %d, project %d: %w", s.Company, s.Project, ErrLocked)
	}
	l.locks.held[s] = true
	return sync.OnceValue(func() error {
		l.locks.Lock()
		defer l.locks.Unlock()
		delete(l.locks.held, s)
		if err := f.Unlock(); err != nil {
			return explain(l.path, "unlock", err)
		}
		return nil
	}), nil
}

// holds reports whether this ledger took the scope.
func (l *Ledger) holds(s Scope) bool {
	l.locks.Lock()
	defer l.locks.Unlock()
	return l.locks.held[s]
}

// HeldElsewhere reports whether a run of another process has the scope.
func (l *Ledger) HeldElsewhere(s Scope) bool { return !l.holds(s) && l.taken(s) }

// taken reports whether anybody holds the scope.
func (l *Ledger) taken(s Scope) bool {
	if l.holds(s) {
		return true
	}
	path := l.lockPath(s)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return false
	}
	free := false
	err := atGate(l.path, func() error {
		f := flock.New(path)
		got, err := f.TryLock()
		if err != nil || !got {
			return err
		}
		free = true
		return f.Unlock()
	})
	return err != nil || !free
}

// atGate runs do while no other process is between the two steps of looking at
// a lock, or of making a ledger. It waits its turn; each turn is short.
func atGate(path string, do func() error) error {
	gate := flock.New(path + ".lock")
	if err := gate.Lock(); err != nil {
		return err
	}
	err := do()
	return errors.Join(err, gate.Unlock())
}

func (l *Ledger) lockPath(s Scope) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %d", s.API, s.Company, s.Project))
	return l.path + "." + hex.EncodeToString(sum[:6]) + ".lock"
}
