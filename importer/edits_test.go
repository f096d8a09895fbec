package importer_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"muster/importer"
	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/procore/simulator"
	"muster/importer/results"
	"muster/importer/roster"
	"muster/ratelimit"
)

func journal(t *testing.T, path string) *importer.EditJournal {
	t.Helper()
	j, err := importer.OpenEditJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func add(t *testing.T, j *importer.EditJournal, changes ...importer.Change) {
	t.Helper()
	if err := j.Add(changes); err != nil {
		t.Fatal(err)
	}
}

func decide(line int, d importer.Decision) importer.Change {
	return importer.Change{Line: line, Decide: &d}
}

func TestEditJournal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "edits.jsonl")
	j := journal(t, path)
	add(t, j, importer.Change{Line: 2, Column: 1, Text: "Lee"}, importer.Change{Line: 2, Column: 0, Text: "Ann"})
	add(t, j, importer.Change{Line: 2, Column: 1, Text: "Li"}, decide(3, importer.LeaveOut))
	before := j.Edits()
	add(t, j, importer.Change{Line: 9, Column: 2, Text: ""})

	reopened := journal(t, path)
	if diff := cmp.Diff(j.Edits(), reopened.Edits()); diff != "" {
		t.Errorf("opened again (-want +got):\n%s", diff)
	}
	for _, want := range [][]int{{9}, {2, 3}, {2}, nil} {
		lines, err := reopened.Undo()
		if err != nil || !slices.Equal(lines, want) {
			t.Errorf("Undo = %v, %v; want %v", lines, err, want)
		}
	}
	if len(reopened.Edits()) != 0 || reopened.Steps() != 0 {
		t.Errorf("left: %v", reopened.Edits())
	}
	if got := journal(t, path).Edits(); len(got) != 0 {
		t.Errorf("opened after undo: %v", got)
	}
	if before[2].Cells[1] != "Li" || before[9].Cells != nil {
		t.Errorf("a result of Edits has changed: %v", before)
	}
}

// A step that a crash cut short never happened, and the next step is read again.
func TestEditJournalCutShort(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "edits.jsonl")
	add(t, journal(t, path), importer.Change{Line: 2, Column: 1, Text: "Lee"})
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(`{"changes":[{"line":3,"te`); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	j := journal(t, path)
	add(t, j, importer.Change{Line: 4, Column: 0, Text: "Bo"})
	want := importer.Edits{2: {Cells: map[int]string{1: "Lee"}}, 4: {Cells: map[int]string{0: "Bo"}}}
	if diff := cmp.Diff(want, journal(t, path).Edits()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// editedCrew writes a workbook whose rows need a person's word, and returns the words.
func editedCrew(t *testing.T) (path string, edits importer.Edits) {
	t.Helper()
	book := excelize.NewFile()
	defer book.Close()
	err := setRows(book,
		[]any{"First Name", "Last Name", "Employee ID"},
		[]any{"Ann", "", 107},
		[]any{"Bo", "Li", "00108"},
		[]any{"Site", "Office", ""},
		[]any{"Total", "", ""},
		[]any{"Cy", "Ho", ""},
	)
	if err == nil {
		err = book.SetRowVisible("Sheet1", 6, false)
	}
	path = filepath.Join(t.TempDir(), "crew.xlsx")
	if err == nil {
		err = book.SaveAs(path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path, importer.Edits{
		2: {Cells: map[int]string{1: "Lee", 2: "00107"}},
		3: {Decision: importer.LeaveOut},
		4: {Decision: importer.NotPerson},
		6: {Decision: importer.IsPerson},
	}
}

// A run and the results file see what a person has changed.
func TestEditsThroughARun(t *testing.T) {
	t.Parallel()
	b := newBench(t, simulator.Config{Windows: noLimits})
	path, edits := editedCrew(t)
	crew, err := importer.Open(t.Context(), path, importer.OpenOptions{Edits: edits})
	if err != nil {
		t.Fatal(err)
	}
	defer crew.Close()
	if err := crew.Bind(); err != nil {
		t.Fatal(err)
	}
	split, err := crew.Split(t.Context(), b.scope.Project)
	if err != nil {
		t.Fatal(err)
	}
	book, err := ledger.Open(t.Context(), b.location)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	pace := ratelimit.New(ratelimit.Options{})
	resultsPath := filepath.Join(b.folder, "crew.results.xlsx")
	im := importer.New(split, importer.Options{
		Connection: importer.Connection{API: b.client(pace, b.server.Transport()), Pace: pace, Scope: b.scope}, Ledger: book, ResultsPath: resultsPath,
	})
	defer im.Close()
	summary, err := im.Run(context.Background())
	if err != nil || summary.Counts != (outcome.Counts{Created: 2, Skipped: 3}) || len(summary.Remarks) > 0 {
		t.Fatalf("%+v, %v", summary, err)
	}
	type row struct {
		First, Last, ID string
		Status          outcome.Status
		Code            string
	}
	var got []row
	back, err := results.Open(resultsPath, roster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	for r, err := range back.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		one := row{r.Cells[0], r.Cells[1], r.Cells[2], r.Outcome.Status, ""}
		if len(r.Outcome.Problems) > 0 {
			one.Code = r.Outcome.Problems[0].Code
		}
		got = append(got, one)
	}
	want := []row{
		{"Ann", "Lee", "00107", outcome.Created, ""},
		{"Bo", "Li", "00108", outcome.Skipped, "left_out"},
		{"Site", "Office", "", outcome.Skipped, "no_person"},
		{"Total", "", "", outcome.Skipped, "no_person"},
		{"Cy", "Ho", "", outcome.Created, ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	ids := map[string]string{}
	for _, p := range b.server.People() {
		ids[p.FirstName] = p.EmployeeID
	}
	if diff := cmp.Diff(map[string]string{"Ann": "00107", "Cy": ""}, ids); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
}
