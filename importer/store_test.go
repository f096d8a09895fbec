package importer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"muster/importer/ledger"
	"muster/importer/pgtest"
)

// newLedger returns the location of a new ledger: a file in a folder, or a database with
// MUSTER_TEST_LEDGER=postgres.
func newLedger(t *testing.T, folder string) string {
	t.Helper()
	if os.Getenv("MUSTER_TEST_LEDGER") == "postgres" {
		return pgtest.URL(t)
	}
	return filepath.Join(folder, "ledger.db")
}

// onFile skips a test that needs the file of a ledger, or a ledger that follows virtual
// time: the clock of a server does not.
func (b *bench) onFile() {
	b.t.Helper()
	if ledger.IsURL(b.location) {
		b.t.Skip("the test needs a ledger in a file")
	}
}

// forget deletes the ledger.
func (b *bench) forget() {
	b.t.Helper()
	if ledger.IsURL(b.location) {
		pgtest.Exec(b.t, b.location, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
		return
	}
	for _, end := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(b.location + end) // there may be no log
	}
}

// snapshot keeps the ledger as it is now, as a kill would.
func (b *bench) snapshot() {
	if ledger.IsURL(b.location) {
		statements := []string{"DROP SCHEMA IF EXISTS kept CASCADE", "CREATE SCHEMA kept", "BEGIN ISOLATION LEVEL REPEATABLE READ"}
		for _, table := range ledgerTables() {
			statements = append(statements, fmt.Sprintf("CREATE TABLE kept.%[1]s AS TABLE public.%[1]s", table))
		}
		pgtest.Exec(b.t, b.location, append(statements, "COMMIT")...)
		return
	}
	for _, end := range []string{"", "-wal"} {
		text, err := os.ReadFile(b.location + end)
		if err == nil {
			err = os.WriteFile(b.location+".kept"+end, text, 0o600)
		}
		if err != nil {
			b.t.Error(err)
		}
	}
}

// restore brings the kept ledger back; the killed run has left no results file.
func (b *bench) restore() {
	b.t.Helper()
	_ = os.Remove(filepath.Join(b.folder, "crew.results.csv"))
	if ledger.IsURL(b.location) {
		var statements []string
		for _, table := range ledgerTables() {
			statements = append(statements, "TRUNCATE public."+table,
				fmt.Sprintf("INSERT INTO public.%[1]s OVERRIDING SYSTEM VALUE SELECT * FROM kept.%[1]s", table))
		}
		pgtest.Exec(b.t, b.location, statements...)
		return
	}
	_ = os.Remove(b.location + "-shm")
	for _, end := range []string{"", "-wal"} {
		if err := os.Rename(b.location+".kept"+end, b.location+end); err != nil {
			b.t.Fatal(err)
		}
	}
}

// ledgerTables returns the tables of a ledger in PostgreSQL that a run changes.
func ledgerTables() []string {
	return []string{"muster_runs", "muster_intents", "muster_attempts", "muster_people"}
}

// A killed run on one host is settled by the next, and every person is created once, on a
// ledger in PostgreSQL. All other tests of the package run there with MUSTER_TEST_LEDGER.
func TestPostgres(t *testing.T) {
	if os.Getenv("MUSTER_TEST_LONG") == "" {
		t.Skip("long: set MUSTER_TEST_LONG=1")
	}
	t.Setenv("MUSTER_TEST_LEDGER", "postgres")
	pgtest.URL(t) // starts the server outside of virtual time
	for seed := range uint64(20) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { checkNights(t, randomBits(seed)) })
	}
}
