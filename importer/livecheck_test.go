package importer_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"muster/importer"
	"muster/importer/ledger"
	"muster/importer/procore/simulator"
	"muster/ratelimit"
)

// liveCheck checks a roster with edits; options may be changed before.
func liveCheck(t testing.TB, path string, edits importer.Edits, o importer.Options) *importer.LiveCheck {
	t.Helper()
	crew, err := importer.Open(t.Context(), path, importer.OpenOptions{Edits: edits})
	if err != nil {
		t.Fatal(err)
	}
	defer crew.Close()
	if err := crew.Bind(); err != nil {
		t.Fatal(err)
	}
	c, err := importer.NewLiveCheck(t.Context(), crew, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// online returns options with a project that has some people, and with a ledger.
func (b *bench) online() importer.Options {
	b.t.Helper()
	book, err := ledger.Open(b.t.Context(), b.location)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = book.Close() })
	pace := ratelimit.New(ratelimit.Options{})
	return importer.Options{
		Connection: importer.Connection{API: b.client(pace, b.server.Transport()), Pace: pace, Scope: b.scope}, Ledger: book,
	}
}

// randomCell returns a cell of a column that often repeats another row's, or is wrong.
func randomCell(r *rand.Rand, column int) string {
	words := [][]string{
		{"Ann", "Bo", "Cy", "Di", ""},
		{"Lee", "Li", "Ho", "O'Brien", "OBrien", ""},
		{"Laborer", "Foreman", "=1+1", ""},
		{"100", "0100", "101", "102", "TBD", "", ""},
		{"yes", "no", "maybe", ""},
		{"Active", "Terminated"},
	}
	return words[column][r.IntN(len(words[column]))]
}

func randomCrew(r *rand.Rand, rows int) string {
	var text strings.Builder
	text.WriteString("First Name,Last Name,Job Title,Employee ID,Is Employee,Status\n")
	for range rows {
		var cells []string
		for column := range 6 {
			cells = append(cells, randomCell(r, column))
		}
		text.WriteString(strings.Join(cells, ",") + "\n")
	}
	return text.String()
}

func randomChange(r *rand.Rand, rows int) importer.Change {
	line := 2 + r.IntN(rows)
	if r.IntN(4) == 0 {
		all := []importer.Decision{importer.NoDecision, importer.NotPerson, importer.LeaveOut, importer.IsPerson}
		return decide(line, all[r.IntN(len(all))])
	}
	column := r.IntN(6)
	return importer.Change{Line: line, Column: column, Text: randomCell(r, column)}
}

type liveState struct {
	Counts importer.LiveCounts
	Groups []importer.ProblemGroup
	Rows   []importer.LiveRow
}

func stateOf(c *importer.LiveCheck) liveState {
	rows, _ := c.Rows(importer.AllRows, 0, 1000)
	return liveState{c.Counts(), c.Groups(), rows}
}

// An edit gives what a new check of the whole roster with all edits gives.
func TestEditIsAsACheckAnew(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			b := newBench(t, simulator.Config{Windows: noLimits})
			var o importer.Options
			if seed%2 == 1 {
				o = b.online()
				for _, p := range []simulator.Person{{FirstName: "Ann", LastName: "Lee", EmployeeID: "100"}, {FirstName: "Bo", LastName: "Li"}, {FirstName: "Cy", LastName: "Ho", EmployeeID: "102"}} {
					b.server.Add(p)
				}
			}
			o.AllowNamesakes = seed%3 == 2
			const rows = 15
			path := b.roster(randomCrew(r, rows))
			j := journal(t, filepath.Join(b.folder, "edits.jsonl"))
			live := liveCheck(t, path, j.Edits(), o)
			for step := range 20 {
				var lines []int
				if r.IntN(5) == 0 {
					var err error
					if lines, err = j.Undo(); err != nil {
						t.Fatal(err)
					}
				} else {
					change := randomChange(r, rows)
					add(t, j, change)
					lines = []int{change.Line}
				}
				if err := live.Edit(t.Context(), j.Edits(), lines); err != nil {
					t.Fatal(err)
				}
				anew := liveCheck(t, path, j.Edits(), o)
				if diff := cmp.Diff(stateOf(anew), stateOf(live), cmpopts.EquateEmpty()); diff != "" {
					text, _ := os.ReadFile(path)
					t.Fatalf("step %d, lines %v, edits %v of\n%s(-anew +edit):\n%s", step, lines, j.Edits(), text, diff)
				}
			}
		})
	}
}

// crewOf50000 writes a large roster: a row in 50 has a problem.
func crewOf50000(t testing.TB) string {
	t.Helper()
	var text strings.Builder
	text.WriteString("First Name,Last Name,Job Title,Employee ID,Is Employee,Trade,Phone,City\n")
	for i := range 50_000 {
		id := fmt.Sprintf("%06d", i+1)
		if i%50 == 0 {
			id = "TBD"
		}
		fmt.Fprintf(&text, "Ann%d,Lee%d,Laborer,%s,yes,Carpenter,555-0100,Springfield\n", i%700, i, id)
	}
	path := filepath.Join(t.TempDir(), "crew.csv")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// An edit of a large roster is answered at once.
func TestEditOf50000Rows(t *testing.T) {
	if os.Getenv("MUSTER_TEST_LONG") == "" {
		t.Skip("takes seconds; set MUSTER_TEST_LONG")
	}
	c := liveCheck(t, crewOf50000(t), nil, importer.Options{})
	var took []time.Duration
	edits := importer.Edits{}
	for i := range 200 {
		line := 2 + i*50
		edits[line] = importer.RowEdit{Cells: map[int]string{3: fmt.Sprint(900_000 + i)}}
		start := time.Now()
		if err := c.Edit(t.Context(), edits, []int{line}); err != nil {
			t.Fatal(err)
		}
		_ = c.Groups()
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	t.Logf("median of 200 edits: %v, slowest %v", took[100], took[199])
	if took[100] > 100*time.Millisecond {
		t.Errorf("the median is %v", took[100])
	}
	if want := (importer.LiveCounts{New: 49_200, ToFix: 800}); c.Counts() != want {
		t.Errorf("%+v, want %+v", c.Counts(), want)
	}
}

func BenchmarkLiveCheck(b *testing.B) {
	path := crewOf50000(b)
	b.ReportAllocs()
	for b.Loop() {
		_ = liveCheck(b, path, nil, importer.Options{})
	}
}
