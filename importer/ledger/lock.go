package ledger

import (
	"fmt"
	"sync"
)

// Scope is a project, on which a single run at a time may work.
type Scope struct {
	API              string // the host
	Company, Project int64
}

// Lock locks the scope for a run, or at once returns an error that wraps
// [ErrLocked]. The lock ends with the process at the latest, however that ends.
func (l *Ledger) Lock(s Scope) (release func() error, err error) {
	l.locks.Lock()
	defer l.locks.Unlock()
	if _, owned := l.locks.owned[s]; owned {
		return nil, fmt.Errorf("company %d, project %d: %w", s.Company, s.Project, ErrLocked)
	}
	unlock, err := l.store.Lock(s)
	if err != nil {
		return nil, fmt.Errorf("company %d, project %d: %w", s.Company, s.Project, err)
	}
	l.locks.owned[s] = 0
	return sync.OnceValue(func() error {
		l.locks.Lock()
		defer l.locks.Unlock()
		delete(l.locks.owned, s)
		return unlock()
	}), nil
}

// ownsLock reports whether l has locked the scope.
func (l *Ledger) ownsLock(s Scope) bool {
	l.locks.Lock()
	defer l.locks.Unlock()
	_, owned := l.locks.owned[s]
	return owned
}

// Locked reports whether any run has the scope locked.
func (l *Ledger) Locked(s Scope) bool { return l.ownsLock(s) || l.store.Locked(s) }

// LockedByOther reports whether a run of another process has the scope locked.
func (l *Ledger) LockedByOther(s Scope) bool { return !l.ownsLock(s) && l.store.Locked(s) }
