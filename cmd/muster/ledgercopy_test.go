package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/importer/pgtest"
	"muster/importer/procore/simulator"
)

// expect runs the program in the world's folder, and fails unless the exit code is right.
func (w *world) expect(want int, args ...string) (stdout string) {
	w.t.Helper()
	code, stdout, stderr := w.in(args...)
	if code != want {
		w.t.Fatalf("muster %s: exit %d, want %d\n%s%s", strings.Join(args, " "), code, want, stdout, stderr)
	}
	return stdout
}

// A copied ledger goes on where the file was: nothing is sent twice, and runs, retry and
// undo know the runs of before. The copy in a file says the same as the database.
func TestLedgerCopy(t *testing.T) {
	t.Parallel()
	long(t)
	database := pgtest.URL(t)
	w := newWorld(t, simulator.Config{})
	w.crew(4)
	w.write("half.csv", "Name of person,Employee ID\nAnn0 Lee0,00001\nAnn1 Lee1,00002\nBo,00009\n")
	w.write("mappings/0123.yaml", "# a confirmed mapping\n")
	w.write("half.yaml", "fields: {full_name: {column: Name of person}, employee_id: {column: Employee ID}}\n")

	w.expect(1, "import", "half.csv", "--mapping", "half.yaml", "--ledger", "file.db")
	w.expect(0, "ledger", "copy", "file.db", database)
	w.expect(2, "ledger", "copy", "file.db", database)
	w.expect(2, "ledger", "copy", database, "file.db")
	w.expect(2, "ledger", "copy", "no.db", database)
	w.expect(2, "ledger", "copy", "file.db")

	if got := w.expect(0, "import", "crew.csv", "--ledger", database, "--json"); !strings.Contains(got, `"created":2,"existing":2,`) {
		t.Error(got)
	}
	w.exact(4)
	if health := w.expect(0, "ledger", "check", "--json", "--ledger", database); !strings.Contains(health, `"runs":2,"people":4,`) {
		t.Error(health)
	}
	results, err := os.ReadFile(filepath.Join(w.folder, "half.results.csv"))
	if err != nil {
		t.Fatal(err)
	}
	w.write("half.results.csv", strings.Replace(string(results), "Bo,", "Bo Roe,", 1))
	w.expect(0, "retry", "half.results.csv", "--mapping", "half.yaml", "--ledger", database)
	var list struct {
		Runs []struct{ Run, Command string }
	}
	if err := json.Unmarshal([]byte(w.expect(0, "runs", "--json", "--ledger", database)), &list); err != nil || len(list.Runs) != 3 {
		t.Fatal(list, err)
	}
	first := list.Runs[2].Run
	if got := w.expect(0, "runs", first, "--json", "--ledger", database); strings.Count(got, `"attempt":1`) != 2 {
		t.Errorf("attempts of the copied run: %s", got)
	}
	if got := w.expect(0, "undo", first, "--yes", "--json", "--ledger", database); !strings.Contains(got, `"removed":2,`) {
		t.Errorf("undo of the copied run: %s", got)
	}

	w.expect(0, "ledger", "copy", database, filepath.Join("back", "ledger.db"))
	for _, args := range [][]string{{"runs", "--json"}, {"runs", first, "--json"}} {
		want, got := w.expect(0, append(args, "--ledger", database)...), w.expect(0, append(args, "--ledger", "back/ledger.db")...)
		if got != want {
			t.Errorf("muster %s of the copy in a file:\n%s\nof the database:\n%s", strings.Join(args, " "), got, want)
		}
	}
	if mapping := read(t, filepath.Join(w.folder, "back", "mappings", "0123.yaml")); mapping != "# a confirmed mapping\n" {
		t.Errorf("the confirmed mapping is %q", mapping)
	}
	if got := w.expect(0, "import", "crew.csv", "--ledger", "back/ledger.db", "--json"); !strings.Contains(got, `"created":2,"existing":2,`) {
		t.Errorf("an import with the copy in a file: %s", got)
	}
	if n := len(w.server.People()); n != 5 {
		t.Errorf("%d people, want each of 5 once", n)
	}
}
