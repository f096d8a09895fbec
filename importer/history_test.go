package importer_test

import (
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
	release, err := book.Lock(scope)
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
	undone.Status = ledger.Finished
	if err := book.End(t.Context(), undone); err != nil {
		t.Fatal(err)
	}
	killed := begin("retry")
	if err := release(); err != nil {
		t.Fatal(err)
	}

	runs, err := importer.PastRuns(t.Context(), book, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, run := range runs {
		got = append(got, run.ID+" "+run.Sentence())
	}
	for i, want := range []string{
		killed.ID + " retry: killed",
		undone.ID + " undo: 0 people",
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
		if _, err := importer.FindRun(t.Context(), book, id); !asFault(err, &e) || strings.Contains(e.Fix, imported.ID[:8]) == (id == "nonsense") {
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
