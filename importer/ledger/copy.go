package ledger

import (
	"context"
	"errors"
	"iter"
	"slices"
)

// The codes of a *fault.Error about the target of a copy.
const (
	CodeNotEmpty = "ledger_not_empty" // the ledger has entries
	CodeInUse    = "ledger_in_use"    // another process has the ledger open
)

// tables returns the names of all tables but the one with the secret.
func tables() []string { return []string{"runs", "intents", "attempts", "people"} }

// snapshot reads a whole store while no process writes into the store.
type snapshot interface {
	// Last returns the highest numbers that may have been given to a run and an intent.
	Last(ctx context.Context) (run, intent int64, err error)

	// Columns returns the names of a table's columns, which all stores share.
	Columns(ctx context.Context, table string) ([]string, error)

	// Lines yields all lines of a table, and ends after an error.
	Lines(ctx context.Context, table string) iter.Seq2[[]any, error]
}

// Copy copies everything in a ledger, with the secret, into an empty ledger, which
// must be closed afterwards and opened again. No run may be in progress in from, and no
// other process may have to open.
func Copy(ctx context.Context, from, to *Ledger) (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, to.store.NotFilled(context.WithoutCancel(ctx)))
		}
	}()
	release, err := from.lockAll(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	return from.store.Snapshot(ctx, func(s snapshot) error { return to.store.Fill(ctx, from.store.Secret(), s) })
}

// lockAll locks every scope that has runs.
func (l *Ledger) lockAll(ctx context.Context) (release func() error, err error) {
	runs, err := l.store.Runs(ctx, 0)
	if err != nil {
		return nil, err
	}
	var releases []func() error
	release = func() (err error) {
		for _, one := range slices.Backward(releases) {
			err = errors.Join(err, one())
		}
		return err
	}
	locked := make(map[Scope]bool)
	for _, r := range runs {
		if locked[r.Scope] {
			continue
		}
		unlock, err := l.Lock(ctx, r.Scope)
		if err != nil {
			return nil, errors.Join(err, release())
		}
		locked[r.Scope] = true
		releases = append(releases, unlock)
	}
	return release, nil
}

func notEmpty(location string) error {
	return fileError(CodeNotEmpty, location, nil, "this ledger has runs already, and two ledgers can't be merged, because their keys are hashed with different secrets",
		"copy into an empty database or schema, or into a file that does not exist. Keep using the ledger that has more of the people: "+
			"muster recognises the others by listing the project")
}

func inUse(location string) error {
	return fileError(CodeInUse, location, nil, "another muster process has this ledger open", "end that process (muster jobs, web or worker, on any host), then copy again")
}
