package ledger_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"muster/importer/ledger"
)

func testCheck(t *testing.T, location newLocation) {
	t.Parallel()
	path := location(t)
	l := open(t, path)
	other := scope()
	other.Project++
	first, second := begin(t, l), beginScope(t, l, other)
	intend(t, l, first, l.Key("a"), 2)
	intend(t, l, first, l.Key("b"), 3)
	record(t, l, intend(t, l, first, l.Key("c"), 4), created(7))
	intend(t, l, second, l.Key("d"), 2)
	if !l.Locked(scope()) || l.Locked(ledger.Scope{API: "elsewhere", Company: 1, Project: 1}) {
		t.Error("what is held is not known")
	}

	looking := open(t, path) // as another process would
	h, err := looking.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := ledger.Health{Runs: 2, People: 1, Open: []ledger.OpenRun{
		{Run: first.ID, Scope: scope(), Requests: 2, Locked: true},
		{Run: second.ID, Scope: other, Requests: 1, Locked: true},
	}}
	if diff := cmp.Diff(want, h, cmpopts.IgnoreFields(ledger.Health{}, "Bytes"), cmpopts.IgnoreFields(ledger.OpenRun{}, "Since")); diff != "" {
		t.Error(diff)
	}
	if h.Bytes < 4096 || h.Open[0].Since.Before(first.Started) {
		t.Errorf("%d bytes, in doubt since %v", h.Bytes, h.Open[0].Since)
	}
}

// Open reads every page, but does not hold the indexes against the tables.
func TestCheckFindsWhatOpenLeavesOut(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := open(t, path)
	run := begin(t, l)
	intend(t, l, run, l.Key("a"), 2)
	closeLedger(t, l)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	// Two indexes that stand in each other's place, each a whole one.
	if _, err := db.ExecContext(t.Context(), `PRAGMA writable_schema = ON;
		CREATE TEMP TABLE was AS SELECT name, rootpage FROM sqlite_schema WHERE name IN ('sqlite_autoindex_intents_1', 'sqlite_autoindex_runs_1');
		UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM was WHERE was.name <> sqlite_schema.name)
		WHERE name IN (SELECT name FROM was)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	l, err = ledger.Open(t.Context(), path)
	if err != nil {
		t.Fatalf("this test wants damage that Open does not see: %v", err)
	}
	defer closeLedger(t, l)
	_, err = l.Check(t.Context())
	wantCode(t, err, ledger.CodeDamaged, path)
}
