package importer_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/importer"
	"muster/importer/fault"
	"muster/importer/ledger"
	"muster/importer/outcome"
)

func TestPastRuns(t *testing.T) {
	t.Parallel()
	book, err := ledger.Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	scope := ledger.Scope{API: "api", Company: 1, Project: 100}
	release, err := book.Lock(t.Context(), scope)
	if err != nil {
		t.Fatal(err)
	}
	begin := func(command string) *ledger.Run {
		run, err := book.Begin(t.Context(), ledger.Run{Scope: scope, Command: command, Started: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	imported := begin("import")
	imported.Status, imported.Counts = ledger.Finished, outcome.Counts{Created: 2, Invalid: 1}
	if err := book.End(t.Context(), imported); err != nil {
		t.Fatal(err)
	}
	undone := begin(importer.UndoCommand)
	undoPeople(t, book, imported, undone)
	undone.Status = ledger.Finished
	if err := book.End(t.Context(), undone); err != nil {
		t.Fatal(err)
	}
	killed := begin("retry")
	if err := release(); err != nil {
		t.Fatal(err)
	}

	runs, err := importer.PastRuns(t.Context(), book, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, run := range runs {
		got = append(got, run.ID+" "+run.Sentence())
	}
	for i, want := range []string{
		killed.ID + " retry: killed",
		undone.ID + " undo: 1 person taken off",
		imported.ID + " import: 3 rows: 2 created, 1 invalid",
	} {
		if i >= len(got) || !strings.HasPrefix(got[i], want) {
			t.Errorf("run %d is not %q: %q", i, want, got)
		}
	}

	if run, err := importer.FindRun(t.Context(), book, undone.ID); err != nil || !run.IsUndo() {
		t.Errorf("found %+v, %v", run, err)
	}
	var e *fault.Error
	for _, id := range []string{imported.ID + "9", "nonsense"} {
		if _, err := importer.FindRun(t.Context(), book, id); !errors.As(err, &e) || strings.Contains(e.Fix, imported.ID[:8]) == (id == "nonsense") {
			t.Errorf("%s: %v, %+v", id, err, e)
		}
	}
}

func TestResultOfAttempt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		command string
		result  ledger.Result
		want    string
	}{
		{"import", ledger.Result{State: ledger.Intended}, "in doubt"},
		{"import", ledger.Result{State: ledger.Created, Status: outcome.Created}, "created"},
		{importer.UndoCommand, ledger.Result{State: ledger.Created}, "kept"},
		{importer.UndoCommand, ledger.Result{State: ledger.Removed, Code: importer.CodeUndoGone}, "gone"},
		{importer.UndoCommand, ledger.Result{State: ledger.Removed}, "removed"},
	} {
		run := importer.PastRun{Run: ledger.Run{Command: test.command}}
		if got := run.Result(ledger.Attempt{Result: test.result}); got != test.want {
			t.Errorf("%s, %+v: %s, want %s", test.command, test.result, got, test.want)
		}
	}
}

// undoPeople creates a person in a run, and takes that person off in another run.
func undoPeople(t *testing.T, book *ledger.Ledger, imported, undone *ledger.Run) {
	t.Helper()
	key := book.Key("ann")
	intent, err := book.Intend(t.Context(), imported, ledger.Request{Key: key, Row: 2})
	if err == nil {
		err = book.Record(t.Context(), intent, ledger.Result{State: ledger.Created, PersonID: 7, Status: outcome.Created})
	}
	if err != nil {
		t.Fatal(err)
	}
	removals, err := book.IntendRemovals(t.Context(), undone, []ledger.CreatedPerson{{Key: key, Row: 2, PersonID: 7}})
	if err == nil {
		err = book.RecordRemovals(t.Context(), removals, []ledger.Result{{State: ledger.Removed, PersonID: 7}})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The last run to retry is the newest import of the project whose results file is
// still there.
func TestLastRunWithResults(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	book, err := ledger.Open(t.Context(), filepath.Join(folder, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	add := func(project int64, command, name string, keep bool) ledger.Run {
		scope := ledger.Scope{API: "api.procore.com", Company: 1, Project: project}
		release, err := book.Lock(t.Context(), scope)
		if err != nil {
			t.Fatal(err)
		}
		defer release()
		path := filepath.Join(folder, name)
		if keep {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		run, err := book.Begin(t.Context(), ledger.Run{Scope: scope, Command: command, Results: path})
		if err != nil {
			t.Fatal(err)
		}
		return *run
	}
	kept := add(100, "import", "kept.csv", true)
	other := add(200, "import", "other.csv", true)
	for n := range 5 {
		add(100, "retry", fmt.Sprintf("gone%d.csv", n), false)
	}
	add(100, importer.UndoCommand, "undo.csv", true)
	last := func(api string, project int64) (ledger.Run, error) {
		return importer.LastRunWithResults(t.Context(), book, api, 1, project)
	}
	for project, want := range map[int64]string{0: other.ID, 100: kept.ID, 200: other.ID} {
		if run, err := last("https://API.procore.com:443", project); err != nil || run.ID != want {
			t.Errorf("project %d: run %s, %v; want %s", project, run.ID, err, want)
		}
	}
	if err := os.Remove(kept.Results); err != nil {
		t.Fatal(err)
	}
	var e *fault.Error
	for _, c := range []struct {
		api     string
		project int64
		want    string
	}{
		{"https://api.procore.com", 100, "gone4.csv"},
		{"https://api.procore.com", 100, "3 more"},
		{"https://elsewhere.test", 0, "no run in the ledger"},
		{"://", 0, "API URL"},
	} {
		if _, err := last(c.api, c.project); !errors.As(err, &e) || e.Code != "usage" || !strings.Contains(e.Message, c.want) {
			t.Errorf("%s, project %d: %v, want %q", c.api, c.project, err, c.want)
		}
	}
}
