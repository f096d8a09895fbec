package outcome

import "slices"

// The exit codes of the program, which schedulers read. The first two tell about the rows
// of a finished run.
const (
	ExitDone        = 0   // every row is created, existing or skipped
	ExitRowsLeft    = 1   // some rows are invalid, failed or unknown
	ExitNotStarted  = 2   // usage, config, roster, mapping: nothing was sent
	ExitStopped     = 3   // stopped early: some rows are pending
	ExitLocked      = 4   // another run holds the lock
	ExitInterrupted = 130 // by Ctrl-C, after the rows in hand were recorded
	ExitTerminated  = 143 // by SIGTERM, in the same way
)

// WorseExit returns the more severe of two exit codes. A code that is not listed above is
// the most severe.
func WorseExit(one, other int) int {
	mildestFirst := []int{ExitDone, ExitLocked, ExitRowsLeft, ExitStopped, ExitNotStarted, ExitInterrupted, ExitTerminated}
	severity := func(code int) int {
		if at := slices.Index(mildestFirst, code); at >= 0 {
			return at
		}
		return len(mildestFirst)
	}
	if severity(other) > severity(one) {
		return other
	}
	return one
}
