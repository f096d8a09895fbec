package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster/importer/outcome"
	"muster/importer/procore/simulator"
	"muster/importer/results"
	"muster/importer/roster"
)

// letters spells a number as a word, so that names hold no digits.
func letters(n int) string {
	word := make([]byte, 4)
	for i := range word {
		word[i] = byte('a' + n%26)
		n /= 26
	}
	return string(word)
}

// proofRow is a row of the roster of TestEverythingAtOnce, and what it must become.
type proofRow struct {
	first, last, employee, origin string
	there                         *simulator.Person // in Procore before the first run
	repeated                      bool              // the person of an earlier row
}

// proofRows are rows of all kinds that once made a second person, or none.
func proofRows(n int) []proofRow {
	rows := make([]proofRow, 0, n)
	for i := range n {
		r := proofRow{first: "Ann", last: "Lee" + letters(i)}
		switch badge := fmt.Sprintf("%05d", i+1); i % 10 {
		case 0:
			r.employee = badge
		case 1: // a name alone
		case 2:
			r.origin = "HR-" + badge
		case 3: // a crew under one badge
			r.employee = "PINK"
		case 4: // no ID, but a marker of a database
			r.employee = []string{"NULL", "n/a", "(null)", "-"}[i/10%4]
		case 5: // there, with an ID that lost zeros
			r.employee = badge
			r.there = &simulator.Person{FirstName: "Ann", LastName: strings.ToUpper(r.last), EmployeeID: strings.TrimLeft(badge, "0")}
		case 6: // there, and inactive
			r.employee = badge
			r.there = &simulator.Person{FirstName: "Ann", LastName: r.last, EmployeeID: badge, Account: simulator.Account{Inactive: true}}
		case 7: // there, by the name alone, spelled otherwise
			r.last = "O'" + r.last
			r.there = &simulator.Person{FirstName: "Ann", LastName: strings.ReplaceAll(r.last, "'", "")}
		case 8: // the row above the one above once more
			r = rows[i-8]
			r.repeated = true
		case 9: // one of the crew is there
			r.employee = "PINK"
			r.there = &simulator.Person{FirstName: "Ann", LastName: r.last, EmployeeID: "PINK"}
		}
		rows = append(rows, r)
	}
	return rows
}

// Rows of all kinds, a server that caps lists without saying so, loses answers and
// lists late, runs that are killed, an undo in the middle: every row's person is on
// the project once, and no other person is.
func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	people, settleAfter := 60, 800*time.Millisecond
	if os.Getenv("MUSTER_TEST_LONG") != "" {
		people, settleAfter = 2000, 3*time.Second
	}
	random := rand.New(rand.NewPCG(7, 7))
	var child atomic.Pointer[exec.Cmd]
	var creates, killAt atomic.Int64
	w := newWorld(t, simulator.Config{
		Windows: []simulator.Window{}, Seed: 7,
		Lists: simulator.ListOptions{MaxPerPage: 100, RefuseAbove: 500, Headers: simulator.NoListHeaders},
		Faults: []simulator.Fault{
			{Kind: simulator.LostAnswer, Probability: 0.02},
			{Kind: simulator.Status500After, Probability: 0.01},
			{Kind: simulator.CutBefore, Probability: 0.01},
			{Kind: simulator.Throttle, Probability: 0.01},
			{Kind: simulator.LateCommit, Probability: 0.01, Delay: settleAfter / 4},
			{Kind: simulator.ListLag, Delay: settleAfter / 8},
		},
		OnCreate: func(int, bool) {
			if creates.Add(1) == killAt.Load() {
				_ = child.Load().Process.Kill()
			}
		},
	})
	rows := proofRows(people)
	var text strings.Builder
	text.WriteString("First Name,Last Name,Employee ID,External ID\n")
	for _, r := range rows {
		fmt.Fprintf(&text, "%s,%s,%s,%s\n", r.first, r.last, r.employee, r.origin)
		if r.there != nil {
			r.there.Projects = []int64{100}
			w.server.Add(*r.there)
		}
	}
	w.write("crew.csv", text.String())
	path := filepath.Join(w.folder, "crew.csv")
	args := []string{"import", path, "--reactivate", "--settle-after", settleAfter.String(), "--quiet", "--json"}

	kills := 0
	killed := func(args ...string) {
		cmd := w.command(args...)
		child.Store(cmd)
		killAt.Store(creates.Load() + 1 + random.Int64N(int64(people)/16))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if cmd.Wait() != nil && cmd.ProcessState.ExitCode() < 0 {
			kills++
		}
		killAt.Store(0)
	}
	for range 4 {
		killed(args...)
	}
	w.finish(path, args[2:5]...)
	// The run that created the most is undone, and its people come back.
	_, runs, _ := w.muster("runs", "--json")
	if code, stdout, stderr := w.muster("undo", largestRun(t, runs), "--yes"); code != outcome.ExitDone {
		t.Fatalf("undo: exit %d\n%s\n%s", code, stdout, stderr)
	}
	killed(args...)
	w.finish(path, args[2:5]...)
	if kills == 0 {
		t.Error("no run was killed")
	}
	checkProof(t, w, rows)
	t.Logf("%d rows, %d runs killed, %d requests to create", people, kills, w.server.Requests().Creates)
}

// checkProof holds the project and the results against the rows.
func checkProof(t *testing.T, w *world, rows []proofRow) {
	t.Helper()
	onProject := map[string]int64{} // by folded name
	name := func(first, last string) string {
		return strings.ToLower(first + " " + strings.ReplaceAll(last, "'", ""))
	}
	for _, p := range w.server.People() {
		if p.Inactive || !slices.Contains(p.Projects, 100) {
			t.Errorf("person %d (%s %s) is not active on the project", p.ID, p.FirstName, p.LastName)
			continue
		}
		if other, ok := onProject[name(p.FirstName, p.LastName)]; ok {
			t.Errorf("%s %s is there twice: %d and %d", p.FirstName, p.LastName, other, p.ID)
		}
		onProject[name(p.FirstName, p.LastName)] = p.ID
	}
	back, err := results.Open(filepath.Join(w.folder, "crew.results.csv"), roster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	at := 0
	wanted := map[string]bool{}
	for row, err := range back.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		r, o := rows[at], row.Outcome
		at++
		wanted[name(r.first, r.last)] = true
		switch id := onProject[name(r.first, r.last)]; {
		case r.repeated && o.Status == outcome.Skipped && o.PersonID == 0:
		case r.repeated || !o.Status.HasPerson() || o.PersonID != id || id == 0:
			t.Errorf("row %d %+v is %s with person %d, want %d: %v", o.Row, r, o.Status, o.PersonID, id, o.Problems)
		}
	}
	if at != len(rows) || len(onProject) != len(wanted) {
		t.Errorf("%d rows of %d in the results, %d people, want %d", at, len(rows), len(onProject), len(wanted))
	}
}

// largestRun returns the ID of the run that created the most people.
func largestRun(t *testing.T, runs string) string {
	t.Helper()
	var history struct {
		Runs []struct {
			Run     string
			Created int
		}
	}
	if err := json.Unmarshal([]byte(runs), &history); err != nil || len(history.Runs) == 0 {
		t.Fatalf("%v\n%s", err, runs)
	}
	largest := history.Runs[0]
	for _, r := range history.Runs {
		if r.Created > largest.Created {
			largest = r
		}
	}
	return largest.Run
}
