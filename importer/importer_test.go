package importer_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/importer"
	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/procore"
	"muster/importer/procore/simulator"
	"muster/importer/results"
	"muster/importer/roster"
	"muster/mapping"
	"muster/ratelimit"
)

// bench is a roster, a ledger and a simulated Procore to import into.
type bench struct {
	t        *testing.T
	folder   string
	location string // of the ledger
	server   *simulator.Server
	scope    ledger.Scope
}

func newBench(t *testing.T, c simulator.Config) *bench {
	t.Helper()
	server := simulator.New(c)
	t.Cleanup(server.Close)
	folder := t.TempDir()
	return &bench{
		t: t, folder: folder, location: newLedger(t, folder), server: server,
		scope: ledger.Scope{API: "procore.test", Company: 1, Project: 100},
	}
}

// crew writes a roster of n people and returns its path.
func (b *bench) crew(n int) string {
	b.t.Helper()
	var text strings.Builder
	text.WriteString("First Name,Last Name,Job Title,Employee ID\n")
	for i := range n {
		fmt.Fprintf(&text, "Ann%d,Lee%d,Laborer,%05d\n", i, i, i+1) // 00000 stands for no ID
	}
	return b.roster(text.String())
}

func (b *bench) roster(text string) string {
	b.t.Helper()
	path := filepath.Join(b.folder, "crew.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// client returns a client of the simulated Procore.
func (b *bench) client(pace *ratelimit.Pace, transport http.RoundTripper) *procore.Client {
	b.t.Helper()
	api, err := procore.New(procore.Options{
		APIURL: "https://procore.test", LoginURL: "https://procore.test", CompanyID: 1, ProjectID: b.scope.Project,
		ClientID: "id", ClientSecret: "secret", Pace: pace, Connection: procore.Connection{Transport: transport},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return api
}

// ran is what one run left behind.
type ran struct {
	*importer.Summary
	err  error
	rows []results.Row
}

func (r ran) statuses() map[outcome.Status]int {
	count := map[outcome.Status]int{}
	for _, row := range r.rows {
		count[row.Outcome.Status]++
	}
	return count
}

// newImport returns an import of the roster, and what ends it.
func (b *bench) newImport(path string, change func(*importer.Import)) (im *importer.Import, end func()) {
	b.t.Helper()
	crew, err := importer.Open(b.t.Context(), path, importer.OpenOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	if err := crew.Bind(); err != nil {
		b.t.Fatal(err)
	}
	split, err := crew.Split(b.t.Context(), b.scope.Project)
	if err != nil {
		b.t.Fatal(err)
	}
	book, err := ledger.Open(b.t.Context(), b.location)
	if err != nil {
		b.t.Fatal(err)
	}
	pace := ratelimit.New(ratelimit.Options{})
	im = importer.New(split, importer.Options{
		Connection: importer.Connection{API: b.client(pace, b.server.Transport()), Pace: pace, Scope: b.scope}, Ledger: book,
		ResultsPath: filepath.Join(b.folder, "crew.results.csv"), Limits: importer.Limits{Workers: 8},
	})
	if change != nil {
		change(im)
	}
	return im, func() {
		im.Close()
		book.Close()
		crew.Close()
	}
}

// run imports the roster as the command line does.
func (b *bench) run(ctx context.Context, path string, change func(*importer.Import)) ran {
	b.t.Helper()
	im, end := b.newImport(path, change)
	defer end()
	if err := im.Lock(ctx); err != nil {
		b.t.Fatal(err)
	}
	validation, err := im.Validate(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	summary, err := im.Run(ctx)
	out := ran{Summary: summary, err: err}
	if err != nil {
		return out
	}
	back, err := results.Open(im.ResultsPath, roster.Options{})
	if err != nil {
		b.t.Fatal(err)
	}
	defer back.Close()
	for row, err := range back.Rows() {
		if err != nil {
			b.t.Fatal(err)
		}
		row.Cells = slices.Clone(row.Cells)
		out.rows = append(out.rows, row)
	}
	if got, want := len(out.rows), validation.Rows; got != want {
		b.t.Errorf("%d rows in the results, %d in the roster", got, want)
	}
	if got, want := summary.Counts.Rows(), validation.Rows; got != want {
		b.t.Errorf("the counts add up to %d, the roster has %d rows", got, want)
	}
	b.paired(out.rows)
	return out
}

// paired holds every row that has a person against that person.
func (b *bench) paired(rows []results.Row) {
	b.t.Helper()
	people := map[int64]simulator.Person{}
	for _, p := range b.server.People() {
		people[p.ID] = p
	}
	for _, row := range rows {
		if !row.Outcome.Status.HasPerson() {
			continue
		}
		p, ok := people[row.Outcome.PersonID]
		if !ok {
			b.t.Errorf("row %d: there is no person %d", row.Outcome.Row, row.Outcome.PersonID)
		}
		bare := func(names ...string) string { return strings.ReplaceAll(fold(strings.Join(names, "")), " ", "") }
		words := func(names ...string) []string {
			return slices.Sorted(slices.Values(strings.Fields(fold(strings.Join(names, " ")))))
		}
		got, want := bare(p.LastName), bare(row.Cells[1])
		sameWords := slices.Equal(words(p.FirstName, p.LastName), words(row.Cells[0], row.Cells[1]))
		if got != want && bare(p.FirstName, p.LastName) != bare(row.Cells[0], row.Cells[1]) && !sameWords {
			b.t.Errorf("row %d: %s is paired with %s", row.Outcome.Row, want, got)
		}
	}
}

// once fails if anybody was created twice.
func (b *bench) once() {
	b.t.Helper()
	seen := map[string]int64{}
	for _, p := range b.server.People() {
		key := p.FirstName + " " + p.LastName + " " + p.EmployeeID
		if other, ok := seen[key]; ok {
			b.t.Errorf("%s was created twice: %d and %d", key, other, p.ID)
		}
		seen[key] = p.ID
	}
}

func fold(name string) string { return mapping.Fold(name) }

var noLimits = []simulator.Window{}

func TestEveryRowBecomesAPerson(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Windows: noLimits})
		r := b.run(t.Context(), b.crew(700), nil)
		if diff := cmp.Diff(map[outcome.Status]int{outcome.Created: 700}, r.statuses()); diff != "" {
			t.Error(diff)
		}
		for i, row := range r.rows {
			if row.Outcome.Row != i+2 {
				t.Fatalf("row %d stands in place %d: results leave in the roster's order", row.Outcome.Row, i)
			}
		}
		for _, p := range b.server.People() {
			if n, err := strconv.Atoi(p.EmployeeID); err != nil || p.EmployeeID != fmt.Sprintf("%05d", n) {
				t.Fatalf("employee ID %q lost its zeros", p.EmployeeID)
			}
		}
		b.once()
	})
}

func TestSecondRunCreatesNobody(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		forget bool // the ledger
	}{
		{"by the ledger", false},
		{"by the project's people, with the ledger gone", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{Windows: noLimits})
				path := b.crew(600)
				b.run(t.Context(), path, nil)
				if test.forget {
					b.forget()
				}
				creates := b.server.Requests().Creates
				r := b.run(t.Context(), path, nil)
				if diff := cmp.Diff(map[outcome.Status]int{outcome.Existing: 600}, r.statuses()); diff != "" {
					t.Error(diff)
				}
				if got := b.server.Requests().Creates - creates; got != 0 {
					t.Errorf("the second run sent %d creates", got)
				}
				b.once()
			})
		})
	}
}

// No answer of a fault says what became of the person; all are settled.
func TestFaultsMakeNobodyTwice(t *testing.T) {
	t.Parallel()
	faults := []string{
		"lost-answer:20%", "cut-before:20%", "500-after:20%", "500-before:20%", "bad-gateway:20%", "gateway-timeout:20%",
		"request-timeout:20%", "unavailable:20%", "unavailable:20%:created=yes", "throttle:20%", "expire-token:nth=5+30+60",
		"truncated-body:20%", "malformed:20%", "slow-body:5%", "late-commit:10%:delay=50s", "late-commit:10%:delay=50s:hang",
	}
	for _, fault := range faults {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f, err := simulator.ParseFault(fault)
				if err != nil {
					t.Fatal(err)
				}
				b := newBench(t, simulator.Config{Windows: noLimits, Faults: []simulator.Fault{f}, Seed: 7, Answers: simulator.Answers{RetryAfter: true}})
				r := b.run(t.Context(), b.crew(60), nil)
				b.once()
				if diff := cmp.Diff(map[outcome.Status]int{outcome.Created: 60}, r.statuses()); diff != "" {
					t.Error(diff)
				}
				if got := len(b.server.People()); got != 60 {
					t.Errorf("%d people, want 60", got)
				}
			})
		})
	}
}

func TestRefusalGoesToItsRow(t *testing.T) {
	t.Parallel()
	for _, shape := range append(simulator.BodyShapes(), simulator.MixedBodies) {
		t.Run(string(shape), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{Windows: noLimits, Answers: simulator.Answers{Bodies: shape}, OtherProjects: []simulator.Project{{ID: 7}}})
				b.server.Add(simulator.Person{FirstName: "Somebody", LastName: "Else", OriginID: "HR-2", Projects: []int64{7}})
				r := b.run(t.Context(), b.roster("First Name,Last Name,External ID\nAnn,Lee,HR-1\nBo,Li,HR-2\nCy,Ray,HR-3\n"), nil)
				want := map[outcome.Status]int{outcome.Created: 2, outcome.Failed: 1}
				if diff := cmp.Diff(want, r.statuses()); diff != "" {
					t.Fatal(diff)
				}
				o := r.rows[1].Outcome
				if o.Status != outcome.Failed || len(o.Problems) == 0 || o.Problems[0].Message == "" || o.Problems[0].Hint == "" {
					t.Errorf("the refused row says %+v", o)
				}
			})
		})
	}
}

func TestRunStopsWhereNoRowCanPass(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		denied simulator.Denial
		code   string
	}{
		{"no permission to create", simulator.DenyWrite, "forbidden"},
		{"no permission to list", simulator.DenyList, "forbidden"},
		{"credentials revoked", simulator.DenyCredentials, "bad_credentials"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{Windows: noLimits, Denied: []simulator.Denial{test.denied}})
				r := b.run(t.Context(), b.crew(200), nil)
				if r.Stopped == nil || r.Stopped.Code != test.code {
					t.Fatalf("stopped by %+v, want %s", r.Stopped, test.code)
				}
				if diff := cmp.Diff(map[outcome.Status]int{outcome.Pending: 200}, r.statuses()); diff != "" {
					t.Error(diff)
				}
				if got := b.server.Requests().Creates; got > 16 {
					t.Errorf("%d creates were sent, though the first was refused for all", got)
				}
			})
		})
	}
}

func TestEndedIntakeFinishesWhatWasSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		b := newBench(t, simulator.Config{
			Windows: noLimits,
			Faults:  []simulator.Fault{{Kind: simulator.Latency, Delay: time.Second}},
			OnCreate: func(n int, stored bool) {
				if n == 40 && stored {
					stop()
				}
			},
		})
		path := b.crew(300)
		r := b.run(ctx, path, nil)
		got := r.statuses()
		if got[outcome.Created] < 40 || got[outcome.Created] > 60 || got[outcome.Created]+got[outcome.Pending] != 300 {
			t.Errorf("after the intake ended: %v", got)
		}
		if len(b.server.People()) != got[outcome.Created] {
			t.Errorf("%d people, %d rows are created", len(b.server.People()), got[outcome.Created])
		}
		r = b.run(t.Context(), path, nil)
		want := map[outcome.Status]int{outcome.Existing: got[outcome.Created], outcome.Created: 300 - got[outcome.Created]}
		if diff := cmp.Diff(want, r.statuses()); diff != "" {
			t.Errorf("the next run: %s", diff)
		}
		b.once()
	})
}

func TestDuplicateRows(t *testing.T) {
	t.Parallel()
	const text = "First Name,Last Name,Employee ID,External ID\n" +
		"Jose,Garcia,100,\nJosé,GARCÍA,100,\nJose,Garcia,101,\nAnn,Lee,,\nANN,LEE,,\nBob,Ray,,HR-9\nRobert,Ray,,HR-9\n"
	tests := []struct {
		name      string
		namesakes bool
		want      []outcome.Status
	}{
		{"a name stands for one person", false, []outcome.Status{
			outcome.Created, outcome.Skipped, outcome.Created, outcome.Created, outcome.Invalid, outcome.Created, outcome.Invalid,
		}},
		{"namesakes are counted", true, []outcome.Status{
			outcome.Created, outcome.Skipped, outcome.Created, outcome.Created, outcome.Created, outcome.Created, outcome.Invalid,
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{Windows: noLimits})
				path := b.roster(text)
				set := func(j *importer.Import) { j.AllowNamesakes = test.namesakes }
				var got []outcome.Status
				for _, row := range b.run(t.Context(), path, set).rows {
					got = append(got, row.Outcome.Status)
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Error(diff)
				}
				people := len(b.server.People())
				again := b.run(t.Context(), path, set)
				if len(b.server.People()) != people {
					t.Errorf("a second run made %d people of %d", len(b.server.People()), people)
				}
				ids := map[int64]int{}
				for _, row := range again.rows {
					if id := row.Outcome.PersonID; id != 0 {
						if other, ok := ids[id]; ok {
							t.Errorf("rows %d and %d are both person %d", other, row.Outcome.Row, id)
						}
						ids[id] = row.Outcome.Row
					}
				}
			})
		})
	}
}

func TestWhoIsInTheProjectAlready(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		person simulator.Person
		row    string
		want   outcome.Status
		code   string
	}{
		{"the same employee ID and last name", simulator.Person{FirstName: "Annie", LastName: "LEE", EmployeeID: "100"}, "Ann,Lee,100,", outcome.Existing, "other_first_name"},
		{"the same origin ID, and the words of the name in another order", simulator.Person{FirstName: "Lee", LastName: "Ann", OriginID: "HR-1"}, "Ann,Lee,,HR-1", outcome.Existing, ""},
		{"the same origin ID", simulator.Person{FirstName: "Ann", LastName: "Lee", OriginID: "HR-1"}, "Ann,Lee,,HR-1", outcome.Existing, ""},
		{"an employee ID of somebody of another name", simulator.Person{FirstName: "Bo", LastName: "Li", EmployeeID: "100"}, "Ann,Lee,100,", outcome.Invalid, "id_conflict"},
		{"an origin ID of somebody of another name", simulator.Person{FirstName: "Bo", LastName: "Li", OriginID: "HR-1"}, "Ann,Lee,,HR-1", outcome.Invalid, "id_conflict"},
		{"the name alone, no IDs anywhere", simulator.Person{FirstName: "Ann", LastName: "Lée"}, "Ann,Lee,,", outcome.Existing, "name_only"},
		{"the name alone, the row has an ID", simulator.Person{FirstName: "Ann", LastName: "Lee"}, "Ann,Lee,100,", outcome.Existing, "name_only"},
		{"the name, but another employee ID", simulator.Person{FirstName: "Ann", LastName: "Lee", EmployeeID: "7"}, "Ann,Lee,100,", outcome.Created, ""},
		{"the name, and an employee ID without its zeros", simulator.Person{FirstName: "Ann", LastName: "Lee", EmployeeID: "100"}, "Ann,Lee,00100,", outcome.Existing, "id_alike"},
		{"the name, and an employee ID in another case", simulator.Person{FirstName: "Ann", LastName: "Lee", EmployeeID: "b7"}, "Ann,Lee,B7,", outcome.Existing, "id_alike"},
		{"the name, and an origin ID without its zeros", simulator.Person{FirstName: "Ann", LastName: "Lee", OriginID: "7", EmployeeID: "9"}, "Ann,Lee,,007", outcome.Existing, "id_alike"},
		{"the employee ID, and an origin ID without its zeros", simulator.Person{FirstName: "Annie", LastName: "Lee", OriginID: "7", EmployeeID: "9"}, "Ann,Lee,9,007", outcome.Existing, "other_first_name"},
		{"an employee ID of somebody of another name, but for zeros", simulator.Person{FirstName: "Bo", LastName: "Lee", EmployeeID: "100"}, "Ann,Lee,00100,", outcome.Created, ""},
		{"somebody else", simulator.Person{FirstName: "Bo", LastName: "Li"}, "Ann,Lee,100,", outcome.Created, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{Windows: noLimits})
				test.person.Projects = []int64{100}
				b.server.Add(test.person)
				r := b.run(t.Context(), b.roster("First Name,Last Name,Employee ID,External ID\n"+test.row+"\n"), nil)
				o := r.rows[0].Outcome
				code := ""
				if len(o.Problems) > 0 {
					code = o.Problems[0].Code
				}
				if o.Status != test.want || code != test.code {
					t.Errorf("%s (%s), want %s (%s)", o.Status, code, test.want, test.code)
				}
			})
		})
	}
}

func TestNoRequestTooMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Faults: []simulator.Fault{{Kind: simulator.Latency, Delay: 40 * time.Millisecond, Jitter: 60 * time.Millisecond}}})
		began := time.Now()
		r := b.run(t.Context(), b.crew(500), nil)
		if diff := cmp.Diff(map[outcome.Status]int{outcome.Created: 500}, r.statuses()); diff != "" {
			t.Error(diff)
		}
		if got := b.server.Throttled(); got != 0 {
			t.Errorf("%d requests were answered 429", got)
		}
		if took := time.Since(began); took > 205*time.Second {
			t.Errorf("500 people took %s; 25 in 10 s are 3 min 20 s", took)
		}
	})
}

func TestLongRunOutlivesItsToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Credentials: simulator.Credentials{TokenLife: 20 * time.Second}})
		r := b.run(t.Context(), b.crew(200), nil)
		if diff := cmp.Diff(map[outcome.Status]int{outcome.Created: 200}, r.statuses()); diff != "" {
			t.Error(diff)
		}
		if got := b.server.Requests().Tokens; got < 3 {
			t.Errorf("%d tokens for a run of more than a minute at 20 s each", got)
		}
	})
}

func TestMaxErrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Windows: noLimits, Answers: simulator.Answers{Bodies: simulator.FieldErrors}, OtherProjects: []simulator.Project{{ID: 7}}})
		b.server.SetFaults(simulator.Fault{Kind: simulator.Latency, Delay: time.Second})
		path := b.crew(400)
		for i := range 400 { // Procore has all the origin IDs already
			b.server.Add(simulator.Person{FirstName: "X", LastName: fmt.Sprint("Y", i), OriginID: fmt.Sprintf("%05d", i), Projects: []int64{7}})
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		path = b.roster(strings.Replace(string(text), "Employee ID", "External ID", 1))
		limit, err := importer.ParseMaxErrors("5%")
		if err != nil {
			t.Fatal(err)
		}
		r := b.run(t.Context(), path, func(j *importer.Import) { j.MaxErrors = limit })
		got := r.statuses()
		if r.Stopped == nil || r.Stopped.Code != "max_errors" {
			t.Fatalf("stopped by %+v", r.Stopped)
		}
		if said := fmt.Sprintf("stopped: %d rows have ended", r.Counts.NeedLook()); !strings.HasPrefix(r.Stopped.Message, said) {
			t.Errorf("%q, want %q", r.Stopped.Message, said)
		}
		if failed := got[outcome.Failed]; failed <= 20 || failed > 20+1+8 {
			t.Errorf("%d rows failed; the run stops at the 21st, with 8 under way", failed)
		}
	})
}

func TestMaxDuration(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{})
		path := b.crew(300)
		r := b.run(t.Context(), path, func(im *importer.Import) { im.MaxDuration = time.Minute })
		if r.Stopped == nil || r.Stopped.Code != "max_duration" || r.Counts.Pending == 0 {
			t.Fatalf("stopped by %+v with %d pending", r.Stopped, r.Counts.Pending)
		}
		r = b.run(t.Context(), path, nil)
		if r.Counts.Exit() != 0 {
			t.Errorf("the next run: %+v", r.Counts)
		}
		b.once()
	})
}

// TestSlices runs a roster in slices: the history has a single run, and every person
// counts as created.
func TestSlices(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Faults: faults(t, "list-lag:delay=30s", "lost-answer:nth=70")})
		path, began := b.crew(300), time.Now()
		slices, last := 0, ran{}
		for slices = 1; ; slices++ {
			last = b.run(t.Context(), path, func(im *importer.Import) { im.Slice, im.Since = 25*time.Second, began })
			if last.Stopped == nil {
				break
			}
			if last.Stopped.Code != "max_duration" || slices > 12 {
				t.Fatalf("slice %d: stopped by %+v", slices, last.Stopped)
			}
		}
		if last.Counts.Created != 300 || last.Earlier != 0 || slices < 3 {
			t.Errorf("after %d slices: %+v, %d of earlier runs", slices, last.Counts, last.Earlier)
		}
		if got := last.statuses(); got[outcome.Created] != 300 {
			t.Errorf("results: %v", got)
		}
		b.once()
		if runs := b.runs(); len(runs) != 1 || runs[0].Status != ledger.Finished || runs[0].Counts.Created != 300 {
			t.Errorf("history: %+v", runs)
		}
		time.Sleep(time.Second)
		next := b.run(t.Context(), path, func(im *importer.Import) { im.Since = time.Now() })
		if next.Counts.Existing != 300 || next.Earlier != 300 || len(b.runs()) != 2 {
			t.Errorf("the next night: %+v, %d runs", next.Counts, len(b.runs()))
		}
	})
}

// runs returns the runs of the ledger, the newest first.
func (b *bench) runs() []ledger.Run {
	b.t.Helper()
	book, err := ledger.Open(b.t.Context(), b.location)
	if err != nil {
		b.t.Fatal(err)
	}
	defer book.Close()
	runs, err := book.Runs(b.t.Context(), 0)
	if err != nil {
		b.t.Fatal(err)
	}
	return runs
}

// newBenchThatCloses returns a bench whose Procore is gone after 20 creates.
func newBenchThatCloses(t *testing.T) (b *bench) {
	t.Helper()
	b = newBench(t, simulator.Config{Windows: noLimits, OnCreate: func(n int, stored bool) {
		if n == 20 && stored {
			b.server.Close()
		}
	}})
	return b
}

// Time that went by while nobody answered is not all there is to say.
func TestMaxDurationInVain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBenchThatCloses(t)
		r := b.run(t.Context(), b.crew(200), func(im *importer.Import) { im.MaxDuration = 30 * time.Second })
		const want = "stopped: the 30s of --max-duration are over, and Procore could not be reached: "
		if r.Stopped == nil || r.Stopped.Code != "unreachable" || !strings.HasPrefix(r.Stopped.Message, want) {
			t.Fatalf("stopped by %+v", r.Stopped)
		}
		if last := r.rows[199].Outcome; last.Problems[0].Code != "unreachable" {
			t.Errorf("the last row's problem is %+v", last.Problems[0])
		}
	})
}

// A host that is gone stops the run; it does not fail 200 rows.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBenchThatCloses(t)
		r := b.run(t.Context(), b.crew(200), nil)
		if r.Stopped == nil || r.Stopped.Code != "unreachable" {
			t.Fatalf("stopped by %+v", r.Stopped)
		}
		if r.Counts.Failed > 0 || r.Counts.Unknown > 8 || r.Counts.Pending < 170 {
			t.Errorf("counts %+v", r.Counts)
		}
	})
}
