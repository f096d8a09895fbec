package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Scope is a project, on which a single run at a time may work.
type Scope struct {
	API              string // the host
	Company, Project int64
}

// Lock locks the scope for a run, or at once returns an error that wraps [ErrLocked]. The
// lock keeps away all processes that use the same ledger, on any host, and no others. The
// lock ends with the process at the latest, however that ends.
func (l *Ledger) Lock(ctx context.Context, s Scope) (release func() error, err error) {
	l.locks.Lock()
	defer l.locks.Unlock()
	if _, owned := l.locks.owned[s]; owned {
		return nil, fmt.Errorf("company %d, project %d: %w", s.Company, s.Project, ErrLocked)
	}
	unlock, err := l.store.Lock(ctx, s)
	if errors.Is(err, ErrLocked) {
		err = fmt.Errorf("%w%s", err, l.holder(ctx, s))
	}
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

// holder says on which host the run of a locked scope is, and since when, or returns ""
// if no run has begun.
func (l *Ledger) holder(ctx context.Context, s Scope) string {
	runs, err := l.store.Runs(ctx, 0)
	n := slices.IndexFunc(runs, func(r Run) bool { return r.Status == Running && r.Scope == s })
	if err != nil || n < 0 {
		return ""
	}
	layout, started := "15:04", l.localTime(runs[n].Started).Local()
	if time.Since(started) > 12*time.Hour {
		layout = "2006-01-02 15:04"
	}
	return fmt.Sprintf(", on host %s since %s", runs[n].Host, started.Format(layout))
}

// CheckLock returns an error if the connection that has the locks has ended, or can't write.
func (l *Ledger) CheckLock(ctx context.Context) error {
	return l.update(ctx, func(context.Context, transaction) error { return nil })
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
