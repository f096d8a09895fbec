package ledger_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/importer/ledger"
)

func testPrune(t *testing.T, location newLocation) {
	t.Parallel()
	path := location(t)
	l := open(t, path)
	old := time.Now().Add(-500 * 24 * time.Hour)
	other := scope()
	other.Project++
	release := lock(t, l, scope())
	start := func(s ledger.Scope, started time.Time) *ledger.Run {
		t.Helper()
		run, err := l.Begin(t.Context(), ledger.Run{Scope: s, Command: "import", Started: started})
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	end := func(run *ledger.Run) {
		t.Helper()
		run.Status = ledger.Finished
		if err := l.End(t.Context(), run); err != nil {
			t.Fatal(err)
		}
	}
	settled := start(scope(), old)
	record(t, l, intend(t, l, settled, l.Key("created"), 2), created(41))
	record(t, l, intend(t, l, settled, l.Key("refused"), 3), ledger.Result{State: ledger.Refused})
	end(settled)
	doubtful := start(scope(), old.Add(time.Hour))
	record(t, l, intend(t, l, doubtful, l.Key("settled"), 2), created(42))
	intend(t, l, doubtful, l.Key("in doubt"), 3)
	end(doubtful)
	crashed := start(scope(), old.Add(2*time.Hour))
	record(t, l, intend(t, l, crashed, l.Key("of the crashed"), 2), created(43))
	release()
	defer lock(t, l, other)()
	start(other, old.Add(3*time.Hour)) // crashed, as the next one of its scope begins
	young := start(other, time.Now())

	got, err := l.Prune(t.Context(), time.Now().Add(-400*24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	want := ledger.Pruned{Runs: 3, Attempts: 3, Kept: 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pruned (-want +got):\n%s", diff)
	}
	got, err = l.Prune(t.Context(), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ledger.Pruned{Kept: 2}, got); diff != "" {
		t.Errorf("pruned what is at work or in doubt (-want +got):\n%s", diff)
	}
	runs, err := l.Runs(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != 2 || runs[0].ID != young.ID || runs[1].ID != doubtful.ID {
		t.Errorf("left: %+v", runs)
	}
	states := func(l *ledger.Ledger) (states []ledger.State) {
		for _, e := range lookup(t, l, l.Key("created"), l.Key("refused"), l.Key("settled"), l.Key("in doubt"), l.Key("of the crashed")) {
			states = append(states, e.State)
			if e.Project != scope().Project { // a person of another project is put on this one
				t.Errorf("the project is %d, want %d: %+v", e.Project, scope().Project, e)
			}
		}
		return states
	}
	guard := []ledger.State{ledger.Created, ledger.Refused, ledger.Created, ledger.Intended, ledger.Created}
	if diff := cmp.Diff(guard, states(l)); diff != "" {
		t.Errorf("what guards against duplicates (-want +got):\n%s", diff)
	}
	closeLedger(t, l)
	l = open(t, path)
	if diff := cmp.Diff(guard, states(l)); diff != "" {
		t.Errorf("after opening again (-want +got):\n%s", diff)
	}
	if people, doubts, err := l.CreatedPeople(t.Context(), doubtful.ID); err != nil || len(people) != 1 || doubts != 1 {
		t.Errorf("of the run in doubt: %+v, %d in doubt, %v", people, doubts, err)
	}
}

// Where a run's files are is still found from another folder.
func testPathsAreAbsolute(t *testing.T, location newLocation) {
	t.Parallel()
	l := open(t, location(t))
	defer lock(t, l, scope())()
	run, err := l.Begin(t.Context(), ledger.Run{Scope: scope(), Roster: "crew.csv", Results: "crew.results.csv"})
	if err != nil {
		t.Fatal(err)
	}
	if !filepath.IsAbs(run.Roster) || filepath.Base(run.Roster) != "crew.csv" || !filepath.IsAbs(run.Results) {
		t.Errorf("roster %q, results %q", run.Roster, run.Results)
	}
	none, err := l.Begin(t.Context(), ledger.Run{Scope: scope()})
	if err != nil {
		t.Fatal(err)
	}
	if none.Roster != "" || none.Results != "" {
		t.Errorf("roster %q, results %q of a run without", none.Roster, none.Results)
	}
}
