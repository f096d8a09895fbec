package importer_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/importer"
	"muster/importer/fault"
	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/procore/simulator"
	"muster/mapping"
	"muster/ratelimit"
)

// The answers to the questions about a file give a draft, over which a person chooses what
// columns feed; the choices hold for later files with these headings, also elsewhere.
func TestColumnsAreChosen(t *testing.T) {
	t.Parallel()
	b := newBench(t, simulator.Config{Windows: noLimits})
	path := b.roster("Full Name,Craft,Staff\nAnn Lee,Mason,H\nAnn Lee,Mason,S\nBo Li,Welder,H\n")
	saved := importer.SavedMappings(filepath.Join(b.folder, "mappings"))
	open := func() *importer.Roster {
		t.Helper()
		crew, err := importer.Open(t.Context(), path, importer.OpenOptions{Saved: saved})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = crew.Close() })
		return crew
	}
	crew := open()
	questions, err := crew.Questions()
	if err != nil || len(questions) == 0 || questions[len(questions)-1].Code != "duplicate_row" {
		t.Fatalf("%+v, %v", questions, err)
	}
	answers := make([]int, len(questions))
	for i, q := range questions {
		answers[i] = len(q.Answers) - 1
	}
	draft, err := crew.Draft(answers)
	if err != nil || !draft.SamePerson() || !draft.Simple() {
		t.Fatalf("%+v, %v", draft, err)
	}
	texts, err := crew.Texts([]int{1, 2}, 1)
	want := map[int][]importer.CellText{1: {{Text: "Mason", Cells: 2}}, 2: {{Text: "H", Cells: 2}}}
	if diff := cmp.Diff(want, texts); diff != "" || err != nil {
		t.Errorf("texts (-want +got): %v\n%s", err, diff)
	}
	rows, err := crew.FirstRows(1)
	if diff := cmp.Diff([][]string{{"Ann Lee", "Mason", "H"}}, rows); diff != "" || err != nil || crew.HeaderRow() != 1 {
		t.Errorf("first rows (-want +got): %v\n%s", err, diff)
	}

	choices := draft.Choices(crew.Header)
	choices[2] = mapping.Choice{Field: mapping.IsEmployee, Values: map[string]string{"H": "yes", "S": "no"}}
	if err := errors.Join(crew.Choose(draft, choices), crew.Bind(), saved.Save(t.Context(), crew)); err != nil {
		t.Fatal(err)
	}
	again := open()
	settled, err := again.Draft(nil)
	if err != nil || again.Confirmed().IsZero() || !settled.Choices(again.Header)[2].Equal(choices[2]) {
		t.Errorf("the choices are not there again: %+v, %v", settled, err)
	}
	elsewhere := importer.SavedMappings(filepath.Join(b.folder, "elsewhere"))
	if err := errors.Join(saved.CopyTo(t.Context(), elsewhere), os.RemoveAll(string(saved))); err != nil {
		t.Fatal(err)
	}
	if saved = elsewhere; open().Confirmed().IsZero() {
		t.Error("the mapping was not copied")
	}

	choices[1] = mapping.Choice{Field: mapping.IsEmployee}
	if err := crew.Choose(draft, choices); fault.CodeOf(err) != importer.CodeHeadings {
		t.Errorf("two columns for a field: %v", err)
	}
	if err := crew.UseMapping([]byte("fields: {nonsense: 1}\n")); err == nil {
		t.Error("a damaged mapping is taken")
	}
}

// A mapping that was damaged on the disk is refused with what to do.
func TestADamagedSavedMapping(t *testing.T) {
	t.Parallel()
	b := newBench(t, simulator.Config{Windows: noLimits})
	path := b.roster("First Name,Last Name\nAnn,Lee\n")
	saved := importer.SavedMappings(filepath.Join(b.folder, "mappings"))
	crew, err := importer.Open(t.Context(), path, importer.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer crew.Close()
	if err := errors.Join(crew.Answer(nil), saved.Save(t.Context(), crew)); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(string(saved), "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%q, %v", files, err)
	}
	if err := os.WriteFile(files[0], []byte("fields: [\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var e *fault.Error
	if _, err := importer.Open(t.Context(), path, importer.OpenOptions{Saved: saved}); !errors.As(err, &e) || !strings.Contains(e.Fix, files[0]) {
		t.Errorf("got %v", err)
	}
}

// One fix serves all rows of a group of problems, or those with a certain text.
func TestAGroupIsFixed(t *testing.T) {
	t.Parallel()
	b := newBench(t, simulator.Config{Windows: noLimits})
	path := b.roster("First Name,Last Name,Is Employee\nAnn,Lee,perhaps\nBo,Li,perhaps\nCy,Ho,who knows\nDi,Fo,yes\nTotal,,4\n")
	j := journal(t, filepath.Join(b.folder, "edits.jsonl"))
	live := liveCheck(t, path, j.Edits(), importer.Options{})
	groups := live.Groups()
	if len(groups) == 0 || groups[0].Code != "boolean_unclear" || groups[0].Rows != 3 || !groups[0].Optional || groups[0].Column != 2 {
		t.Fatalf("%+v", groups)
	}
	edit := func(changes []importer.Change) {
		t.Helper()
		add(t, j, changes...)
		var lines []int
		for _, c := range changes {
			lines = append(lines, c.Line)
		}
		if err := live.Edit(t.Context(), j.Edits(), lines); err != nil {
			t.Fatal(err)
		}
	}
	changes := live.Fix(groups[0].ID, importer.GroupFix{From: "perhaps", Text: "no"})
	if len(changes) != 2 || live.Fix("nonsense", importer.GroupFix{All: true}) != nil || live.Fix(groups[0].ID, importer.GroupFix{From: "never"}) != nil {
		t.Fatalf("%+v", changes)
	}
	if rows, total := live.Rows(importer.RowFilter(groups[0].ID), 0, 1); total != 3 || len(rows) != 1 || rows[0].Line != 2 {
		t.Errorf("rows of the group: %d, %+v", total, rows)
	}
	edit(changes)
	var changed []int
	for _, row := range live.Changed() {
		changed = append(changed, row.Line)
	}
	if !slices.Equal(changed, []int{2, 3}) {
		t.Errorf("changed: %v", changed)
	}
	leave := importer.LeaveOut
	edit(live.Fix(live.Groups()[0].ID, importer.GroupFix{Decide: &leave, All: true}))
	if diff := cmp.Diff(importer.LiveCounts{New: 3, NotPeople: 1, LeftOut: 1}, live.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	for filter, want := range map[importer.RowFilter]int{
		importer.AllRows: 5, importer.RowsToFix: 0, importer.RowsThere: 0, importer.RowsNew: 3, importer.RowsOut: 2,
	} {
		if _, total := live.Rows(filter, 0, 10); total != want {
			t.Errorf("%s: %d rows, want %d", filter, total, want)
		}
	}
	row, found := live.Row(4)
	if _, other := live.Row(99); !found || other || row.Decision != importer.LeaveOut || row.Outcome.Status != outcome.Skipped {
		t.Errorf("row %+v", row)
	}
	if _, known := live.Forecast(); known || live.Stop() != nil || len(live.Notes()) != 0 {
		t.Error("an offline check forecasts, stops or notes something")
	}
}

// The names of a run are in the results file, or else in the roster. The run whose results
// are still there is the run to retry.
func TestFilesOfARun(t *testing.T) {
	t.Parallel()
	b := newBench(t, simulator.Config{Windows: noLimits})
	path := b.crew(2)
	ran := b.run(t.Context(), path, nil)
	if ran.err != nil {
		t.Fatal(ran.err)
	}
	book, err := ledger.Open(t.Context(), b.location)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	results := filepath.Join(b.folder, "crew.results.csv")
	const api = "https://procore.test"
	want := map[int]string{2: "Ann0 Lee0", 3: "Ann1 Lee1"}
	for _, there := range []bool{true, false} {
		run, err := importer.FindRun(t.Context(), book, ran.Run)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, run.Names(t.Context(), "")); diff != "" {
			t.Errorf("with results %t (-want +got):\n%s", there, diff)
		}
		last, err := importer.LastRunWithResults(t.Context(), book, api, 1, 100)
		if there != (err == nil && last.ID == run.ID) {
			t.Errorf("with results %t: %+v, %v", there, last, err)
		}
		if _, err := importer.LastRunWithResults(t.Context(), book, api, 1, 101); err == nil {
			t.Error("a run of another project is found")
		}
		_ = os.Remove(results) // the second time it is gone
	}
	if _, err := importer.LastRunWithResults(t.Context(), book, "://", 0, 0); fault.CodeOf(err) != "usage" {
		t.Errorf("no URL: %v", err)
	}
	if older, err := importer.PastRuns(t.Context(), book, 1, 5); err != nil || len(older) != 0 {
		t.Errorf("%d older runs, %v", len(older), err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	run, err := importer.FindRun(t.Context(), book, ran.Run)
	if err != nil || len(run.Names(t.Context(), "")) != 0 {
		t.Errorf("names out of nowhere, %v", err)
	}
}

// The companies and projects of an account come by name; what refuses a list stops a run.
func TestCompaniesAndProjects(t *testing.T) {
	t.Parallel()
	b := newBench(t, simulator.Config{Windows: noLimits, OtherProjects: []simulator.Project{{ID: 7, Name: "Annex"}, {ID: 8, Name: "zoo"}}})
	api := b.client(ratelimit.New(ratelimit.Options{}), b.server.Transport())
	companies, err := importer.ByName(t.Context(), api.Companies)
	if err != nil || len(companies) != 1 {
		t.Errorf("%+v, %v", companies, err)
	}
	projects, err := importer.ByName(t.Context(), api.Projects)
	var names []string
	for _, p := range projects {
		names = append(names, p.Name)
	}
	if diff := cmp.Diff([]string{"Annex", "Simulated Project", "zoo"}, names); diff != "" || err != nil {
		t.Errorf("(-want +got): %v\n%s", err, diff)
	}
	closed := b.client(ratelimit.New(ratelimit.Options{}), refusal{})
	var stop *importer.StopError
	if _, err := importer.ByName(t.Context(), closed.Companies); !errors.As(err, &stop) {
		t.Errorf("no list of companies: %v", err)
	}
	if _, err := importer.ByName(t.Context(), closed.Projects); !errors.As(err, &stop) {
		t.Errorf("no list of projects: %v", err)
	}
}

// Reason says the same of an error to people and to programs.
func TestReason(t *testing.T) {
	t.Parallel()
	for code, err := range map[string]error{
		"mapping_file": &mapping.FileError{Path: "m.yaml", Line: 3, Message: "no", Hint: "yes"},
		"usage":        fault.Usage("yes", "no"),
		"throttled":    &importer.StopError{Code: "throttled", Message: "no", Fix: "yes"},
		"locked":       errors.Join(ledger.ErrLocked),
		"unexpected":   errors.New("no"),
	} {
		if e := importer.Reason(err); e.Code != code || e.Message != err.Error() || (e.Fix == "") != (code == "unexpected") {
			t.Errorf("%s: %+v", code, e)
		}
	}
}

// refusal is a Procore that refuses everything.
type refusal struct{}

func (refusal) RoundTrip(r *http.Request) (*http.Response, error) {
	body := io.NopCloser(strings.NewReader(`{"error":"invalid_client"}`))
	return &http.Response{StatusCode: http.StatusUnauthorized, Header: http.Header{"Content-Type": {"application/json"}}, Body: body, Request: r}, nil
}
