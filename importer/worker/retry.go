package worker

import (
	"slices"
	"time"

	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/results"
)

// Result is how a slice of a roster's import ended.
type Result struct {
	ExitCode   int    `json:"exit_code"`
	Problem    string `json:"problem,omitempty"` // the code of the error that stopped the import
	Message    string `json:"message,omitempty"` // the error, without cells of the roster
	Unfinished bool   `json:"unfinished,omitempty"`

	Figures Figures `json:"figures"`
}

const (
	longestRetry = 30 * time.Minute
	mostRetries  = 10
)

// transient holds the codes of errors that may go away without a person: of the network,
// of the database, and of Procore.
var transient = []string{
	"unreachable", "throttled", "procore_fault", "listing_incomplete", "ledger_failed",
	ledger.CodeUnreachable, ledger.CodeLost, ledger.CodeFull,
}

// next decides what follows a slice after so many retries: the next slice after a wait,
// or the end.
func (r Result) next(retries int, t Timing) (again bool, after time.Duration) {
	switch {
	case r.ExitCode == outcome.ExitInterrupted, r.ExitCode == outcome.ExitTerminated, r.Unfinished:
		return true, 0
	case r.ExitCode == outcome.ExitLocked, r.Problem == results.CodeInUse: // a paused host that has lost the lock still has the file
		return true, t.Locked
	case r.retryable() && retries < mostRetries:
		return true, min(t.Retry<<retries, longestRetry)
	}
	return false, 0
}

// retryable reports whether the import failed for a reason that may go away.
func (r Result) retryable() bool {
	return slices.Contains(transient, r.Problem)
}
