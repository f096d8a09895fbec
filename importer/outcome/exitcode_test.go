package outcome_test

import (
	"testing"

	"muster/importer/outcome"
)

// Of the exit codes of several runs, the one that asks most of a person counts.
func TestWorseExit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ one, other, want int }{
		{outcome.ExitDone, outcome.ExitDone, outcome.ExitDone},
		{outcome.ExitDone, outcome.ExitLocked, outcome.ExitLocked},
		{outcome.ExitRowsLeft, outcome.ExitLocked, outcome.ExitRowsLeft},
		{outcome.ExitRowsLeft, outcome.ExitStopped, outcome.ExitStopped},
		{outcome.ExitNotStarted, outcome.ExitStopped, outcome.ExitNotStarted},
		{outcome.ExitNotStarted, outcome.ExitTerminated, outcome.ExitTerminated},
		{outcome.ExitTerminated, 77, 77},
	} {
		if got := outcome.WorseExit(test.one, test.other); got != test.want {
			t.Errorf("WorseExit(%d, %d) = %d, want %d", test.one, test.other, got, test.want)
		}
		if got := outcome.WorseExit(test.other, test.one); got != test.want {
			t.Errorf("WorseExit(%d, %d) = %d, want %d", test.other, test.one, got, test.want)
		}
	}
}
