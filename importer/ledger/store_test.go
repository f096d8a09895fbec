package ledger_test

import (
	"path/filepath"
	"testing"

	"muster/importer/pgtest"
)

// newLocation returns the location of a new store for one test.
type newLocation func(testing.TB) string

// newFile returns the path of an SQLite store that does not exist yet.
func newFile(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(tb.TempDir(), "ledger.db")
}

// The SQLite store passes every test of stores.
func TestSQLiteStore(t *testing.T) {
	t.Parallel()
	testStore(t, newFile)
}

// testStore runs the tests that every store must pass.
func testStore(t *testing.T, location newLocation) {
	t.Helper()
	for _, test := range []struct {
		name string
		run  func(*testing.T, newLocation)
	}{
		{"States", testStates},
		{"IntendedBeforeAnyResult", testIntendedBeforeAnyResult},
		{"Token", testToken},
		{"RecordAgain", testRecordAgain},
		{"RecordOfAnEarlierAttempt", testRecordOfAnEarlierAttempt},
		{"RecordNonsense", testRecordNonsense},
		{"EndedContext", testEndedContext},
		{"ContextEndsMeanwhile", testContextEndsMeanwhile},
		{"NewPeopleOfOneKey", testNewPeopleOfOneKey},
		{"NewPeopleOfASandbox", testNewPeopleOfASandbox},
		{"OneSender", testOneSender},
		{"TwoOnOneFile", testTwoOnOneFile},
		{"Lookup", testLookup},
		{"TimesOfCreation", testTimesOfCreation},
		{"NameKeyOfAnIntent", testNameKeyOfAnIntent},
		{"MadeByARun", testMadeByARun},
		{"Removals", testRemovals},
		{"RemovalsTakenOver", testRemovalsTakenOver},
		{"RemovalsAreChecked", testRemovalsAreChecked},
		{"ManyRemovals", testManyRemovals},
		{"RemovedIsNotForgotten", testRemovedIsNotForgotten},
		{"Runs", testRuns},
		{"Continue", testContinue},
		{"EndNonsense", testEndNonsense},
		{"BeginWantsTheLock", testBeginWantsTheLock},
		{"CrashedRuns", testCrashedRuns},
		{"Attempts", testAttempts},
		{"ManyAttempts", testManyAttempts},
		{"UnsettledOfOneScope", testUnsettledOfOneScope},
		{"Moved", testMoved},
		{"Prune", testPrune},
		{"PathsAreAbsolute", testPathsAreAbsolute},
		{"Model", testModel},
		{"Check", testCheck},
		{"ManyMakeOneLedger", testManyMakeOneLedger},
		{"Key", testKey},
		{"Kill", testKill},
		{"LockOfAnotherProcess", testLockOfAnotherProcess},
		{"Lock", testLock},
		{"LockNamesTheHost", testLockNamesTheHost},
		{"LockWhileOthersLook", testLockWhileOthersLook},
		{"TwoProcesses", testTwoProcesses},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, location) })
	}
}

// The PostgreSQL store passes every test of stores.
func TestPostgresStore(t *testing.T) {
	t.Parallel()
	testStore(t, pgtest.URL)
}
