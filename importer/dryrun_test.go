package importer_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"muster/importer"
	"muster/importer/outcome"
	"muster/importer/procore/simulator"
)

// foreseen is what a check shows of a roster.
type foreseen struct {
	*importer.DryRunResult
	reviewed *importer.PlanFile
	rows     []outcome.Outcome
}

// foresee checks the roster as the command line does, and fails if that changes
// anything.
func (b *bench) foresee(path string, change func(*importer.Import)) foreseen {
	b.t.Helper()
	im, end := b.newImport(path, change)
	defer end()
	im.ResultsPath = ""
	before := b.server.Requests()
	if _, err := im.Validate(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	var out foreseen
	im.OnEvent = func(e importer.Event) {
		if row, ok := e.(importer.RowRecorded); ok {
			row.Outcome.Problems = slices.Clone(row.Outcome.Problems)
			out.rows = append(out.rows, row.Outcome)
		}
	}
	var err error
	if out.DryRunResult, err = im.DryRun(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	out.reviewed = im.PlanFile(out.DryRunResult)
	after := b.server.Requests()
	if after.Creates != before.Creates || after.Stored != before.Stored {
		b.t.Fatal("a check has sent somebody")
	}
	return out
}

// missed says which rows became something else than was foreseen.
func (f foreseen) missed(r ran) string {
	type row struct {
		Row    int
		Status outcome.Status
		Person int64
		Codes  string
	}
	of := func(o outcome.Outcome) row {
		var codes []string
		for _, p := range o.Problems {
			if p.Code != "created_before" { // only results have the code
				codes = append(codes, p.Code)
			}
		}
		return row{o.Row, o.Status, o.PersonID, strings.Join(codes, "; ")}
	}
	var want, got []row
	for _, o := range f.rows {
		one := of(o)
		if one.Status == "" {
			one.Status, one.Codes = outcome.Created, ""
		}
		want = append(want, one)
	}
	for _, back := range r.rows {
		o := of(back.Outcome)
		if o.Status == outcome.Created {
			o.Person, o.Codes = 0, ""
		}
		got = append(got, o)
	}
	counts := f.Counts
	counts.Created, counts.Pending = counts.Pending, 0
	return cmp.Diff(want, got) + cmp.Diff(counts, r.Counts)
}

// What a check foresees of every row is what an import then does with it.
func TestDryRun(t *testing.T) {
	t.Parallel()
	const roster = `First Name,Last Name,Job Title,Employee ID,External ID
Ann,Lee,Laborer,100,
Bo,Li,Foreman,101,
Cy,Ray,,102,
Dee,Fox,,103,
,Nameless,,104,
Ann,Lee,Mason,100,
Flo,Kay,,,
Gus,Orr,,,HR-7
Hal,Poe,,,HR-8
Flo,Kay,,,
Ivy,Roe,Mason,,
`
	there := []simulator.Person{
		{FirstName: "Bo", LastName: "Li", JobTitle: "Laborer", EmployeeID: "101", Projects: []int64{100}}, // differs
		{FirstName: "Cy", LastName: "Ray", Projects: []int64{100}},                                        // by name alone
		{FirstName: "Eve", LastName: "Hill", EmployeeID: "103", Projects: []int64{100}},                   // Dee's ID is hers
		{FirstName: "Flo", LastName: "Kay", Projects: []int64{100}},
		{FirstName: "Max", LastName: "Poe", OriginID: "HR-8", Projects: []int64{100}},
	}
	tests := []struct {
		name   string
		before []simulator.Person
		doubt  bool // an earlier run was killed while two requests were under way
		set    func(*importer.Import)
		want   outcome.Counts
	}{
		{"nobody is there", nil, false, nil, outcome.Counts{Pending: 8, Skipped: 1, Invalid: 2}},
		{"some are there", there, false, nil, outcome.Counts{Pending: 3, Existing: 4, Skipped: 1, Invalid: 3}},
		{"namesakes", there, false, func(j *importer.Import) { j.AllowNamesakes = true }, outcome.Counts{Pending: 4, Existing: 4, Skipped: 1, Invalid: 2}},
		{"job titles are to be changed", there, false, func(j *importer.Import) { j.Update = true }, outcome.Counts{Pending: 3, Existing: 4, Skipped: 1, Invalid: 3}},
		{"after a kill", there, true, nil, outcome.Counts{Pending: 3, Existing: 4, Skipped: 1, Invalid: 3}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{Windows: noLimits})
				for _, p := range test.before {
					b.server.Add(p)
				}
				path := b.roster(roster)
				if test.doubt {
					b.runKilled(path, kill{create: 1}, func(j *importer.Import) { j.Workers = 1 })
				}
				f := b.foresee(path, test.set)
				if diff := cmp.Diff(test.want, f.Counts); diff != "" && !test.doubt {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if test.doubt && f.Unsettled == 0 {
					t.Error("no request is in doubt: the test shows nothing")
				}
				again := b.foresee(path, test.set)
				again.reviewed.Made = f.reviewed.Made
				if *f.reviewed != *again.reviewed {
					t.Errorf("two checks in a row differ: %+v, %+v", f.reviewed, again.reviewed)
				}
				r := b.run(t.Context(), path, test.set)
				if diff := f.missed(r); diff != "" && !f.updated(r) {
					t.Errorf("(-foreseen +became):\n%s", diff)
				}
			})
		})
	}
}

// updated reports whether all that differs is that job titles were changed.
func (f foreseen) updated(r ran) bool {
	updates := 0
	for i, o := range f.rows {
		for j, p := range o.Problems {
			if p.Code == "differs" && r.rows[i].Outcome.Problems[0].Code == "updated" {
				f.rows[i].Problems[j].Code = "updated"
				updates++
			}
		}
	}
	return updates > 0 && updates == f.Updates && f.missed(r) == ""
}

// Whoever was taken off the project since an earlier run, and is to be created
// again, is counted as such.
func TestDryRunTakenOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Windows: noLimits})
		path := b.crew(5)
		b.run(t.Context(), path, nil)
		b.server.Remove(b.server.People()[2].ID)
		if f := b.foresee(path, nil); f.Counts.Existing != 5 {
			t.Errorf("%+v: nobody is to be created again unasked", f.Counts)
		}
		recreate := func(j *importer.Import) { j.RecreateRemoved = true }
		f := b.foresee(path, recreate)
		if r := b.run(t.Context(), path, recreate); f.Counts.Pending != 1 || r.Counts.Created != 1 || f.Counts.Existing != r.Counts.Existing {
			t.Errorf("foreseen %+v, became %+v", f.Counts, r.Counts)
		}
	})
}

// Without a connection every valid row would be sent.
func TestDryRunWithoutProcore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Windows: noLimits})
		f := b.foresee(b.crew(600), func(j *importer.Import) { j.API, j.Ledger = nil, nil })
		if diff := cmp.Diff(outcome.Counts{Pending: 600}, f.Counts); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if n := b.server.Requests().Total; n != 0 {
			t.Errorf("%d requests", n)
		}
	})
}

func TestDryRunEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Windows: noLimits})
		im, end := b.newImport(b.crew(4000), nil)
		defer end()
		if _, err := im.Validate(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		seen := 0
		im.OnEvent = func(e importer.Event) {
			if _, ok := e.(importer.RowRecorded); ok {
				seen++
				stop()
			}
		}
		_, err := im.DryRun(ctx)
		if err == nil || seen > 3000 {
			t.Errorf("%d rows after the end: %v", seen, err)
		}
	})
}

// A reviewed plan says what has changed since, and nothing else.
func TestReviewedChanged(t *testing.T) {
	t.Parallel()
	const roster = "First Name,Last Name,Job Title,Employee ID\nAnn,Lee,Laborer,100\nBo,Li,Mason,101\n"
	tests := []struct {
		name   string
		change func(b *bench)
		set    func(*importer.Import)
		want   string // how the list of changes begins
	}{
		{"nothing", func(*bench) {}, nil, ""},
		{"a cell", func(b *bench) { b.roster(strings.Replace(roster, "Mason", "Foreman", 1)) }, nil, "the roster (as many rows as before, but not the same)"},
		{"a row more", func(b *bench) { b.roster(roster + "Cy,Ray,,102\n") }, nil, "the roster (rows: 2 then, 3 now)"},
		{"a heading", func(b *bench) { b.roster(strings.Replace(roster, "Job Title", "Phone", 1)) }, nil, "the mapping"},
		{"somebody new in the project", func(b *bench) { b.server.Add(simulator.Person{LastName: "New", Projects: []int64{100}}) }, nil, "the project's people (people: 1 then, 2 now)"},
		{"somebody who was edited", func(b *bench) {
			b.server.Remove(b.server.People()[0].ID)
			b.server.Add(simulator.Person{FirstName: "Old", LastName: "Timer", EmployeeID: "9", Projects: []int64{100}})
		}, nil, "the project's people (as many people as before, but not the same)"},
		{"a flag", func(*bench) {}, func(j *importer.Import) { j.Update = true }, "--update (off then, on now)"},
		{"another project", func(*bench) {}, func(j *importer.Import) { j.Scope.Project = 7 }, "the project (company 1, project 100 at"},
		{"the ledger alone", func(b *bench) {
			b.run(b.t.Context(), b.roster(roster), nil)
			for _, p := range b.server.People()[1:] {
				b.server.Remove(p.ID)
			}
		}, nil, "what an import would do (create: 2 then, 0 now)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{Windows: noLimits})
				b.server.Add(simulator.Person{FirstName: "Old", LastName: "Timer", EmployeeID: "8", Projects: []int64{100}})
				path := b.roster(roster)
				saved := filepath.Join(b.folder, "crew.plan.json")
				if err := b.foresee(path, nil).reviewed.Save(saved); err != nil {
					t.Fatal(err)
				}
				then, err := importer.LoadPlanFile(saved)
				if err != nil {
					t.Fatal(err)
				}
				test.change(b)
				im, end := b.newImport(path, test.set)
				defer end()
				if _, err := im.Validate(t.Context()); err != nil {
					t.Fatal(err)
				}
				got := ""
				if err := im.Match(t.Context(), then); err != nil {
					_, got, _ = strings.Cut(err.Error(), "changed: ")
				}
				if !strings.HasPrefix(got, test.want) || test.want == "" && got != "" {
					t.Errorf("%q, want %q", got, test.want)
				}
			})
		})
	}
}
