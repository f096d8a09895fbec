package importer_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"muster/importer"
	"muster/importer/fault"
	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/procore/simulator"
	"muster/importer/results"
	"muster/importer/roster"
	"muster/ratelimit"
)

// flow imports a file as a front end does, with a mapping file and saved mappings.
type flow struct {
	*bench
	options importer.OpenOptions
	set     func(*importer.Options)
	events  []importer.Event
}

func newFlow(t *testing.T, c simulator.Config) *flow {
	t.Helper()
	c.Windows = noLimits
	return &flow{bench: newBench(t, c)}
}

func (f *flow) file(name, text string) string {
	f.t.Helper()
	path := filepath.Join(f.folder, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
	return path
}

// start opens the file, hands an import of it to use, and returns the rows of the results.
func (f *flow) start(path string, use func(im *importer.Import)) []results.Row {
	f.t.Helper()
	ctx := f.t.Context()
	crew, err := importer.Open(ctx, path, f.options)
	if err != nil {
		f.t.Fatal(err)
	}
	defer crew.Close()
	if err := crew.Bind(); err != nil {
		f.t.Fatal(err)
	}
	split, err := crew.Split(ctx, f.scope.Project)
	if err != nil {
		f.t.Fatal(err)
	}
	book, err := ledger.Open(ctx, f.location)
	if err != nil {
		f.t.Fatal(err)
	}
	defer book.Close()
	target, err := crew.ResultsPath("", false)
	if err != nil {
		f.t.Fatal(err)
	}
	pace := ratelimit.New(ratelimit.Options{})
	o := importer.Options{
		Connection: importer.Connection{API: f.client(pace, f.server.Transport()), Pace: pace, Scope: f.scope}, Ledger: book, ResultsPath: target,
		OnEvent: func(e importer.Event) { f.events = append(f.events, e) },
	}
	if f.set != nil {
		f.set(&o)
	}
	im := importer.New(split, o)
	defer im.Close()
	use(im)
	if _, err := os.Stat(target); err != nil {
		return nil
	}
	in, err := results.Open(target, roster.Options{})
	if err != nil {
		f.t.Fatal(err)
	}
	defer in.Close()
	var rows []results.Row
	for row, err := range in.Rows() {
		if err != nil {
			f.t.Fatal(err)
		}
		row.Cells = append([]string(nil), row.Cells...)
		rows = append(rows, row)
	}
	return rows
}

func (f *flow) run(path string) []results.Row {
	f.t.Helper()
	return f.start(path, func(im *importer.Import) {
		if _, err := im.Run(f.t.Context()); err != nil {
			f.t.Fatal(err)
		}
	})
}

func outcomes(rows []results.Row) (all []string) {
	for _, row := range rows {
		text := string(row.Outcome.Status)
		for _, p := range row.Outcome.Problems {
			text += " " + p.Code
		}
		all = append(all, text)
	}
	return all
}

func (f *flow) want(rows []results.Row, want ...string) {
	f.t.Helper()
	if diff := gocmp.Diff(want, outcomes(rows)); diff != "" {
		f.t.Error(diff)
	}
}

// A results file is corrected and fed in again: rows with a person keep their lines,
// others are sent, and damaged lines are named.
func TestFlowRetry(t *testing.T) {
	t.Parallel()
	f := newFlow(t, simulator.Config{})
	path := f.file("crew.csv", "First Name,Last Name,Employee ID\nAnn,Lee,1\nBo,,2\nCy,Fox,3\nTotal,3,\n")
	f.want(f.run(path), "created", "invalid name_missing", "created", "skipped no_person")
	file := filepath.Join(f.folder, "crew.results.csv")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(content), "Bo,,2", "Bo,Li,2", 1)
	first := strings.Split(text, "\n")[1]
	id := strings.Split(first, ",")[5]
	text = strings.Replace(text, id, "9.0072E+15", 1) // as a spreadsheet shows the number
	f.file("crew.results.csv", text+first+"\n")       // a line that was copied
	rows := f.run(file)
	f.want(rows, "created", "created", "created", "skipped no_person", "invalid row_twice")
	if got := fmt.Sprint(rows[0].Outcome.PersonID); got != id || len(f.server.People()) != 3 {
		t.Errorf("row 2 has person %s, want %s; %d people", got, id, len(f.server.People()))
	}
}

// Rows of several projects go to their projects, and come back in one results file.
func TestFlowSeveralProjects(t *testing.T) {
	t.Parallel()
	f := newFlow(t, simulator.Config{OtherProjects: []simulator.Project{{ID: 200}}})
	f.options.Mapping = f.file("mapping.yaml", "fields:\n  first_name: {column: First Name}\n  last_name: {column: Last Name}\nproject: {column: Job}\n")
	path := f.file("crew.csv", "First Name,Last Name,Job\nAnn,Lee,100\nBo,Li,200\nCy,Fox,\nDee,Ray,100\n")
	rows := f.run(path)
	f.want(rows, "created", "created", "invalid project_missing", "created")
	on := map[int64]int{}
	for _, p := range f.server.People() {
		for _, project := range p.Projects {
			on[project]++
		}
	}
	if on[100] != 2 || on[200] != 1 {
		t.Errorf("people by project: %v", on)
	}
	none := f.file("none.csv", "First Name,Last Name,Job\nAnn,Lee,\n")
	crew, err := importer.Open(t.Context(), none, f.options)
	if err != nil {
		t.Fatal(err)
	}
	defer crew.Close()
	if err := crew.Bind(); err != nil {
		t.Fatal(err)
	}
	if _, err := crew.Split(t.Context(), 0); fault.CodeOf(err) != "usage" {
		t.Errorf("no row names a project: %v", err)
	}
	missing := f.file("missing.csv", "First Name,Last Name,Job\nEve,Hill,100\nFay,Moe,300\n")
	f.start(missing, func(im *importer.Import) {
		if _, err := im.Validate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if stop := im.Stop(); stop == nil || stop.Code != "project_not_found" || !strings.Contains(stop.Error(), "300") {
			t.Errorf("stopped by %v", stop)
		}
		if got := len(im.Projects()); got != 2 {
			t.Errorf("%d projects", got)
		}
	})
}

// A plan file is written from a dry run, and an import is compared with it.
func TestFlowPlanFile(t *testing.T) {
	t.Parallel()
	f := newFlow(t, simulator.Config{})
	path := f.file("crew.csv", "First Name,Last Name,Status\nAnn,Lee,Active\nBo,Li,Terminated\n")
	plan := filepath.Join(f.folder, "crew.plan.json")
	f.set = func(o *importer.Options) { o.ResultsPath = filepath.Join(f.folder, "crew.checked.csv") }
	f.start(path, func(im *importer.Import) {
		if _, err := im.Validate(t.Context()); err != nil {
			t.Fatal(err)
		}
		result, err := im.DryRun(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n, err := im.Forecast(t.Context()); err != nil || n != 2 || result.Requests() != 2 {
			t.Errorf("%d and %d requests, %v; want 2", n, result.Requests(), err)
		}
		if err := errors.Join(importer.CheckWritable(plan), im.PlanFile(result).Save(plan)); err != nil {
			t.Fatal(err)
		}
	})
	notes := 0
	for _, e := range f.events {
		switch e := e.(type) {
		case importer.ColumnNoted:
			notes++
			if e.Note.Code != "has_left" || !strings.Contains(e.Note.Line, "Terminated") {
				t.Errorf("note %+v", e.Note)
			}
		case importer.RowRecorded:
			problems, remarks := e.Findings()
			if len(problems)+len(remarks) != 0 {
				t.Errorf("%v %v", problems, remarks)
			}
		}
	}
	if notes != 1 {
		t.Errorf("%d notes on columns, want 1", notes)
	}
	f.set = nil
	reviewed, err := importer.LoadPlanFile(plan)
	if err != nil {
		t.Fatal(err)
	}
	match := func(want string) {
		t.Helper()
		f.start(path, func(im *importer.Import) {
			if _, err := im.Validate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := im.Match(t.Context(), reviewed); fault.CodeOf(err) != want {
				t.Errorf("%v, want %q", err, want)
			}
		})
	}
	match("")
	f.server.Add(simulator.Person{FirstName: "Bo", LastName: "Li"})
	match(importer.CodePlanChanged)
	f.file("crew.csv", "First Name,Last Name,Status\nAnn,Lee,Active\nBo,Li,Terminated\nCy,Fox,\n")
	match(importer.CodePlanChanged)
	if _, err := importer.LoadPlanFile(path); fault.CodeOf(err) != "plan_unreadable" {
		t.Errorf("a roster is no plan file: %v", err)
	}
}

// Headings in doubt are questions; answers are saved for rosters with the same
// headings.
func TestFlowQuestions(t *testing.T) {
	t.Parallel()
	f := newFlow(t, simulator.Config{})
	f.options.Saved = importer.SavedMappings(filepath.Join(f.folder, "mappings"))
	path := f.file("crew.csv", "Name,ID\nLopez Maria,17\nMoen Ida,18\n")
	crew, err := importer.Open(t.Context(), path, f.options)
	if err != nil {
		t.Fatal(err)
	}
	defer crew.Close()
	questions, err := crew.Questions()
	if err != nil || len(questions) == 0 {
		t.Fatalf("%d questions, %v", len(questions), err)
	}
	view, err := crew.ViewMapping()
	if err != nil || len(view.Doubts) != len(questions) {
		t.Fatalf("%+v, %v", view, err)
	}
	if err := crew.Answer(make([]int, len(questions))); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(crew.Bind(), f.options.Saved.Save(t.Context(), crew)); err != nil {
		t.Fatal(err)
	}
	again, err := importer.Open(t.Context(), path, f.options)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if questions, err := again.Questions(); err != nil || len(questions) != 0 || again.Confirmed().IsZero() {
		t.Errorf("%d questions, %v; confirmed %s", len(questions), err, again.Confirmed())
	}
	if view, err := again.ViewMapping(); err != nil || len(view.Doubts) != 0 || view.Confirmed == "" {
		t.Errorf("%+v, %v", view, err)
	}
	for _, want := range []bool{true, false} {
		if deleted, err := again.Forget(t.Context(), f.options.Saved); err != nil || deleted != want {
			t.Errorf("deleted %t, %v; want %t", deleted, err, want)
		}
	}
	nothing := f.file("nothing.csv", "First Name,Trade\nAnn,Mason\n")
	bad, err := importer.Open(t.Context(), nothing, f.options)
	if err != nil {
		t.Fatal(err)
	}
	defer bad.Close()
	var e *fault.Error
	if err := bad.Bind(); !errors.As(err, &e) || e.Code != importer.CodeHeadings || len(e.Problems) == 0 {
		t.Errorf("no last name: %v", err)
	}
}

// What repeated names are is asked once for the headings.
func TestFlowRepeatedNames(t *testing.T) {
	t.Parallel()
	for answer, want := range []string{"created,invalid duplicate_row,created", "created,skipped repeated_row,created"} {
		f := newFlow(t, simulator.Config{})
		f.options.Saved = importer.SavedMappings(filepath.Join(f.folder, "mappings"))
		path := f.file("crew.csv", "Full Name,Week\nAnn Lee,1\nAnn Lee,2\nBo Li,1\n")
		crew, err := importer.Open(t.Context(), path, f.options)
		if err != nil {
			t.Fatal(err)
		}
		defer crew.Close()
		questions, err := crew.Questions()
		if err != nil || len(questions) != 1 || questions[0].Code != "duplicate_row" {
			t.Fatalf("%+v, %v", questions, err)
		}
		if err := errors.Join(crew.Answer([]int{answer}), crew.Bind(), f.options.Saved.Save(t.Context(), crew)); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(outcomes(f.run(path)), ","); got != want {
			t.Errorf("answer %d: got %s, want %s", answer, got, want)
		}
	}
}

// A row with more cells than headings is named, and names that are guessed have a note.
func TestFlowDoubtfulRows(t *testing.T) {
	t.Parallel()
	f := newFlow(t, simulator.Config{})
	rows := f.run(f.file("crew.csv", "Full Name,Trade,Badge\nAnn Lee,Mason,1\nBo Li,Mason,Carpenter,2\nMary Ann van der Berg,Mason,3\nMaria Garcia Lopez,Mason,4\n"))
	if got := outcomes(rows); len(got) != 4 || got[0] != "created" || got[1] != "invalid too_many_cells" {
		t.Errorf("%q", got)
	}
	for _, row := range rows[2:] {
		if row.Outcome.Status != outcome.Created {
			t.Errorf("row %d is %s", row.Outcome.Row, row.Outcome.Status)
		}
	}
}

// A dry run of several projects adds their rows up and names what a run would do, and
// so does its plan file.
func TestFlowDryRunOfSeveralProjects(t *testing.T) {
	t.Parallel()
	f := newFlow(t, simulator.Config{OtherProjects: []simulator.Project{{ID: 200}}})
	f.options.Mapping = f.file("mapping.yaml", "fields:\n  first_name: {column: First Name}\n  last_name: {column: Last Name}\nproject: {column: Job}\n")
	path := f.file("crew.csv", "First Name,Last Name,Job\nAnn,Lee,100\nBo,Li,200\nCy,Fox,\nDee,Ray,200\n")
	f.server.Add(simulator.Person{FirstName: "Bo", LastName: "Li", Projects: []int64{200}})
	f.set = func(o *importer.Options) { o.ResultsPath = filepath.Join(f.folder, "crew.results.csv") }
	var reviewed *importer.PlanFile
	rows := f.start(path, func(im *importer.Import) {
		if _, err := im.Validate(t.Context()); err != nil {
			t.Fatal(err)
		}
		result, err := im.DryRun(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if want := (outcome.Counts{Pending: 2, Existing: 1, Invalid: 1}); result.Counts != want || result.Requests() != 2 {
			t.Errorf("%+v, want %+v", result.Counts, want)
		}
		reviewed = im.PlanFile(result)
	})
	f.want(rows, "pending checked", "existing name_only", "invalid project_missing", "pending checked")
	match := func(want string) {
		t.Helper()
		f.start(path, func(im *importer.Import) {
			if _, err := im.Validate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := im.Match(t.Context(), reviewed); fault.CodeOf(err) != want {
				t.Errorf("%v, want %q", err, want)
			}
		})
	}
	match("")
	f.server.Add(simulator.Person{FirstName: "Dee", LastName: "Ray", Projects: []int64{200}})
	match(importer.CodePlanChanged)
}

// Rows of one name keep their people when a results file with some of them is fed in
// again, and the others get people besides.
func TestFlowRetryOfNamesakes(t *testing.T) {
	t.Parallel()
	f := newFlow(t, simulator.Config{})
	f.set = func(o *importer.Options) { o.AllowNamesakes, o.Workers = true, 1 }
	path := f.file("crew.csv", "First Name,Last Name,Own Employee\nAnn,Lee,yes\nAnn,Lee,perhaps\nAnn,Lee,yes\n")
	before := f.run(path)
	f.want(before, "created", "invalid boolean_unclear", "created")
	file := filepath.Join(f.folder, "crew.results.csv")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f.file("crew.results.csv", strings.Replace(string(content), "perhaps", "yes", 1))
	after := f.run(file)
	f.want(after, "created", "created", "created")
	if len(f.server.People()) != 3 {
		t.Errorf("%d people for 3 rows", len(f.server.People()))
	}
	people := map[int64]bool{}
	for i, row := range after {
		if people[row.Outcome.PersonID] || i != 1 && row.Outcome.PersonID != before[i].Outcome.PersonID {
			t.Errorf("row %d has person %d, had %d", row.Outcome.Row, row.Outcome.PersonID, before[i].Outcome.PersonID)
		}
		people[row.Outcome.PersonID] = true
	}
}

// The number of requests is known without a dry run, and by way of a dry run if Procore
// has shown its limits.
func TestFlowForecast(t *testing.T) {
	t.Parallel()
	f := &flow{bench: newBench(t, simulator.Config{})}
	path := f.file("crew.csv", "First Name,Last Name\nAnn,Lee\nBo,Li\n")
	f.server.Add(simulator.Person{FirstName: "Bo", LastName: "Li"})
	f.start(path, func(im *importer.Import) {
		if _, err := im.Validate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, err := im.Forecast(t.Context()); err != nil || n != 1 {
			t.Errorf("%d requests, %v; want 1", n, err)
		}
	})
}
