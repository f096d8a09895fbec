package importer

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/importer/fault"
	"muster/importer/ledger"
)

func TestUndoResults(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "undo.csv")
	file, err := newUndoResults(path)
	if err != nil {
		t.Fatal(err)
	}
	people := []Undone{
		{Row: 2, PersonID: 11, Status: UndoRemoved},
		{Row: 3, PersonID: 12, Status: UndoKept, Code: CodeUndoEdited, Message: "edited, so kept"},
	}
	if err := file.write(&UndoSummary{People: people}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	want := "\uFEFFimport_row,import_person_id,undo_status,undo_code,undo_error\n2,11,removed,,\n3,12,kept,edited,\"edited, so kept\"\n"
	if diff := cmp.Diff(want, string(got)); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if !IsUndoResults(path) {
		t.Error("the file is not recognised")
	}
	if _, err := newUndoResults(path); err != nil {
		t.Errorf("a second undo: %v", err)
	}

	other := filepath.Join(folder, "roster.csv")
	if err := os.WriteFile(other, []byte("First Name,Last Name\nAnn,Lee\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, code := range map[string]string{
		other:                                   "results_not_ours",
		folder + ".csv/undo.csv":                "results_folder_missing",
		filepath.Join(folder, "undo.xlsx"):      "results_format_unknown",
		filepath.Join(folder, "none/undo.csv"):  "results_folder_missing",
		filepath.Join(other, "below/other.csv"): "results_unwritable",
	} {
		if _, err := newUndoResults(path); fault.CodeOf(err) != code {
			t.Errorf("%s: %v, want code %s", path, err, code)
		}
	}

	run := ledger.Run{ID: "1", Results: filepath.Join(folder, "gone", "r.csv"), Roster: other}
	if got, want := UndoResultsPath(run), filepath.Join(folder, "undo-1.csv"); got != want {
		t.Errorf("results in %s, want %s", got, want)
	}

	s := UndoSummary{People: people}
	if diff := cmp.Diff(UndoCounts{People: 2, Removed: 1, Kept: 1}, s.Counts()); diff != "" || s.Done() {
		t.Error(diff, s.Done())
	}
}

func TestCheckUndoable(t *testing.T) {
	t.Parallel()
	here := ledger.Scope{API: "api", Company: 1, Project: 100}
	for name, test := range map[string]struct {
		run    ledger.Run
		usage  bool
		locked bool
	}{
		"finished":        {run: ledger.Run{Scope: here, Command: "import", Status: ledger.Finished}},
		"running":         {run: ledger.Run{Scope: here, Command: "import", Status: ledger.Running}, locked: true},
		"an undo":         {run: ledger.Run{Scope: here, Command: UndoCommand}, usage: true},
		"another API":     {run: ledger.Run{Scope: ledger.Scope{API: "other", Company: 1, Project: 100}}, usage: true},
		"another project": {run: ledger.Run{Scope: ledger.Scope{API: "api", Company: 1, Project: 200}}, usage: true},
	} {
		err := CheckUndoable(test.run, here)
		if (fault.CodeOf(err) == "usage") != test.usage || errors.Is(err, ledger.ErrLocked) != test.locked || (err == nil) != (!test.usage && !test.locked) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
