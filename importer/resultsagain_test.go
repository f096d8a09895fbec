package importer_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/importer"
	"muster/importer/fault"
	"muster/importer/procore/simulator"
)

// edit replaces texts in the results file, in pairs of old and new.
func (f *flow) edit(pairs ...string) (path string) {
	f.t.Helper()
	path = filepath.Join(f.folder, "crew.results.csv")
	content, err := os.ReadFile(path)
	if err != nil {
		f.t.Fatal(err)
	}
	return f.file("crew.results.csv", strings.NewReplacer(pairs...).Replace(string(content)))
}

// After an undo the same results file is imported again: its people are put back, and
// a note names the undo.
func TestResultsAfterAnUndo(t *testing.T) {
	t.Parallel()
	f := newFlow(t, simulator.Config{})
	path := f.file("crew.csv", "First Name,Last Name,Origin ID\nAnn,Lee,A-1\nBo,Li,A-2\n")
	var first string
	f.start(path, func(im *importer.Import) {
		summary, err := im.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		first = summary.Run
	})
	if f.undo(t.Context(), first, nil); f.onProject() != 0 {
		t.Fatalf("%d on the project after the undo", f.onProject())
	}
	f.events = nil
	f.want(f.run(f.edit()), "created attached", "created attached")
	if f.onProject() != 2 || len(f.server.People()) != 2 {
		t.Errorf("%d on the project, %d in the company", f.onProject(), len(f.server.People()))
	}
	notes := 0
	for _, e := range f.events {
		if note, ok := e.(importer.ColumnNoted); ok && note.Note.Code == importer.CodeUndone && note.Note.Count == 2 {
			notes++
		}
	}
	if notes != 1 {
		t.Errorf("%d notes about the undo", notes)
	}
	f.want(f.run(f.edit()), "created attached", "created attached") // and now they stay
}

// Two lines of a results file that have each other's people stop the run before
// anything is sent.
func TestResultsOfOtherRows(t *testing.T) {
	t.Parallel()
	f := newFlow(t, simulator.Config{})
	rows := f.run(f.file("crew.csv", "First Name,Last Name,Employee ID\nAnn,Lee,1\nBo,Li,2\nCy,,3\n"))
	f.want(rows, "created", "created", "invalid name_missing")
	path := f.edit("Ann,Lee,1", "Bo,Li,2", "Bo,Li,2", "Ann,Lee,1", "Cy,,3", "Cy,Fox,3")
	f.start(path, func(im *importer.Import) {
		if _, err := im.Validate(t.Context()); fault.CodeOf(err) != importer.CodeResultsShifted {
			t.Errorf("%v, want %s", err, importer.CodeResultsShifted)
		}
	})
	if n := len(f.server.People()); n != 2 {
		t.Errorf("%d people, want 2", n)
	}
}

// An ID of a results file that lost its zeros in a spreadsheet program gets the zeros
// of the roster back. Without the roster the row is invalid.
func TestResultsWithoutZeros(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		forget bool // the roster
		want   string
	}{"roster": {false, "created id_restored"}, "no roster": {true, "invalid id_damaged"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFlow(t, simulator.Config{})
			roster := f.file("crew.csv", "First Name,Last Name,Employee ID\nAnn,Lee,00017\nBo,,00018\nCy,Fox,00019\n")
			f.want(f.run(roster), "created", "invalid name_missing", "created")
			if test.forget {
				if err := os.Remove(roster); err != nil {
					t.Fatal(err)
				}
			}
			f.want(f.run(f.edit("00017", "17", "Bo,,00018", "Bo,Li,18")), "created", test.want, "created")
		})
	}
}
