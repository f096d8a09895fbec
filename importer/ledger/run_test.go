package ledger_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"muster/importer/ledger"
	"muster/importer/outcome"
)

func sameRun() cmp.Option { return cmpopts.IgnoreUnexported(ledger.Run{}) }

func lock(t *testing.T, l *ledger.Ledger, s ledger.Scope) (release func()) {
	t.Helper()
	free, err := l.Lock(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := free(); err != nil {
			t.Error(err)
		}
	}
}

// testContinue takes up a stopped run, and begins a run where none may be taken up.
func testContinue(t *testing.T, location newLocation) {
	t.Parallel()
	l := open(t, location(t))
	defer lock(t, l, scope())()
	run := ledger.Run{Scope: scope(), Command: "import", Roster: "crew.csv"}
	since := time.Now().Add(-time.Hour)
	first, err := l.Continue(t.Context(), run, since)
	if err != nil {
		t.Fatal(err)
	}
	name := l.Key("name", "lee")
	i, err := l.Intend(t.Context(), first, ledger.Request{Key: l.Key("1"), NameKey: name, Row: 2})
	if err != nil {
		t.Fatal(err)
	}
	record(t, l, i, created(41))
	first.Status = ledger.Stopped
	if err := l.End(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	other := run
	other.Roster = "other.csv"
	for _, c := range []struct { // in this order: each run that begins is the latest for the next case
		title string
		run   ledger.Run
		since time.Time
		taken bool
	}{
		{"the same", run, since, true},
		{"again", run, since, true},
		{"a later night", run, time.Now().Add(time.Hour), false},
		{"another roster", other, since, false},
		{"without an hour", run, time.Time{}, false},
	} {
		next, err := l.Continue(t.Context(), c.run, c.since)
		if err != nil {
			t.Fatal(err)
		}
		if taken := next.ID == first.ID; taken != c.taken {
			t.Errorf("%s: run %s after run %s", c.title, next.ID, first.ID)
		}
		if !c.taken {
			continue
		}
		if at, err := l.LastCreated(t.Context(), scope(), name, ledger.Key{}); err != nil || at.IsZero() {
			t.Errorf("%s: the people of the earlier slice do not count: %v", c.title, err)
		}
		if next.Status != ledger.Running || !next.Ended.IsZero() || !next.Started.Equal(first.Started) {
			t.Errorf("%s: %+v", c.title, next)
		}
	}
}

func testRuns(t *testing.T, location newLocation) {
	t.Parallel()
	path := location(t)
	l := open(t, path)
	release := lock(t, l, scope())
	started := time.Date(2026, 11, 23, 6, 30, 0, 5e6, time.UTC)
	var want []ledger.Run
	for n, status := range []ledger.RunStatus{ledger.Finished, ledger.Stopped, ledger.Interrupted} {
		run, err := l.Begin(t.Context(), ledger.Run{
			Scope: scope(), Command: "import", Roster: "crew.csv", Results: "crew.results.csv", Started: started.In(time.FixedZone("", 3600)),
		})
		if err != nil {
			t.Fatal(err)
		}
		if run.Status != ledger.Running || !run.Started.Equal(started) {
			t.Errorf("got %+v", run)
		}
		run.Status = status
		run.Counts = outcome.Counts{Created: 1 + n, Existing: 2, Skipped: 3, Invalid: 4, Failed: 5, Unknown: 6, Pending: 7}
		if err := l.End(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		if run.Ended.Before(started) {
			t.Errorf("it ended at %v", run.Ended)
		}
		if err := l.End(t.Context(), run); !errors.Is(err, ledger.ErrNotBegun) {
			t.Errorf("ended twice: got %v", err)
		}
		want = append([]ledger.Run{*run}, want...)
	}
	release()
	closeLedger(t, l)
	l = open(t, path)
	for _, c := range []struct{ limit, want int }{{0, 3}, {2, 2}, {3, 3}, {50, 3}} {
		got, err := l.Runs(t.Context(), c.limit)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[:c.want], got, sameRun()); diff != "" {
			t.Errorf("limit %d (-want +got):\n%s", c.limit, diff)
		}
	}
	ids := []string{want[2].ID, want[1].ID, want[0].ID}
	if diff := cmp.Diff([]string{"20261123-063000", "20261123-063000-02", "20261123-063000-03"}, ids); diff != "" {
		t.Errorf("IDs (-want +got):\n%s", diff)
	}
}

func testEndNonsense(t *testing.T, location newLocation) {
	t.Parallel()
	l := open(t, location(t))
	run := begin(t, l)
	for _, status := range []ledger.RunStatus{"", ledger.Running, ledger.Crashed, "bored"} {
		run.Status = status
		if err := l.End(t.Context(), run); err == nil {
			t.Errorf("it ended as %q", status)
		}
	}
	run.Status = ledger.Finished
	if err := l.End(t.Context(), run); err != nil {
		t.Error(err)
	}
}

func testBeginWantsTheLock(t *testing.T, location newLocation) {
	t.Parallel()
	l := open(t, location(t))
	if _, err := l.Begin(t.Context(), ledger.Run{Scope: scope()}); err == nil {
		t.Error("a run began without the lock")
	}
}

// A run that never ended has crashed once its lock is free, and for good
// once the next one of its scope begins.
func testCrashedRuns(t *testing.T, location newLocation) {
	t.Parallel()
	path := location(t)
	statuses := func(l *ledger.Ledger) (s []ledger.RunStatus) {
		t.Helper()
		runs, err := l.Runs(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range runs {
			s = append(s, r.Status)
		}
		return s
	}
	want := func(when string, l *ledger.Ledger, want ...ledger.RunStatus) {
		t.Helper()
		if diff := cmp.Diff(want, statuses(l)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	l, reader := open(t, path), open(t, path)
	other := scope()
	other.API = "sandbox.procore.com"
	beginScope(t, l, other)
	release := lock(t, l, scope())
	if _, err := l.Begin(t.Context(), ledger.Run{Scope: scope()}); err != nil {
		t.Fatal(err)
	}
	want("both at work", l, ledger.Running, ledger.Running)
	want("both at work, seen from outside", reader, ledger.Running, ledger.Running)
	release()
	want("lock gone", l, ledger.Crashed, ledger.Running)
	want("lock gone, seen from outside", reader, ledger.Crashed, ledger.Running)
	run := begin(t, l)
	want("the next one began", reader, ledger.Running, ledger.Crashed, ledger.Running)
	run.Status = ledger.Finished
	if err := l.End(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	want("the next one ended", reader, ledger.Finished, ledger.Crashed, ledger.Running)
}

func testAttempts(t *testing.T, location newLocation) {
	t.Parallel()
	l := open(t, location(t))
	run := begin(t, l)
	refused := ledger.Result{State: ledger.Refused, HTTPStatus: 429, Code: "throttled", RequestID: "r-1"}
	made := ledger.Result{State: ledger.Created, PersonID: 9_007_199_254_740_993, Status: outcome.Created, HTTPStatus: 201, RequestID: "r-2"}
	doubt := ledger.Result{State: ledger.Intended, Status: outcome.Unknown, Code: "gateway", HTTPStatus: 504, RequestID: "r-3"}

	a1 := intend(t, l, run, l.Key("a"), 2)
	b1 := intend(t, l, run, l.Key("b"), 3)
	c1 := intend(t, l, run, l.Key("c"), 4)
	d1 := intend(t, l, run, l.Key("d"), 5)
	record(t, l, c1, doubt)
	record(t, l, b1, doubt)
	record(t, l, a1, refused)
	a2 := intend(t, l, run, l.Key("a"), 2)
	record(t, l, a2, made)
	record(t, l, b1, ledger.Result{State: ledger.Created, PersonID: 8, Status: outcome.Created}) // found in the list

	found := ledger.Result{State: ledger.Created, PersonID: 8, Status: outcome.Created, Code: "gateway", HTTPStatus: 504, RequestID: "r-3"}
	want := []ledger.Attempt{
		{Intent: a1, Result: refused},
		{Intent: b1, Result: found},
		{Intent: c1, Result: doubt},
		{Intent: d1, Result: ledger.Result{State: ledger.Intended}},
		{Intent: a2, Result: made},
	}
	var got []ledger.Attempt
	for a, err := range l.Attempts(t.Context(), run.ID) {
		if err != nil {
			t.Fatal(err)
		}
		if a.Ended.IsZero() != (a.ID == d1.ID) || !a.Ended.IsZero() && a.Ended.Before(a.Sent) {
			t.Errorf("attempt %d ended at %v", a.ID, a.Ended)
		}
		got = append(got, a)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(ledger.Attempt{}, "Ended")); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
	if a2.Attempt != 2 || a2.Token != a1.Token {
		t.Errorf("got %+v after %+v", a2, a1)
	}
	for a, err := range l.Attempts(t.Context(), "no such run") {
		t.Errorf("got %+v, %v", a, err)
	}
}

// More attempts than are read at a time, open and settled ones mixed.
func testManyAttempts(t *testing.T, location newLocation) {
	t.Parallel()
	l := open(t, location(t))
	run := begin(t, l)
	const people = 2500
	fillKeys(t, l, run, people)
	for n := range 3 {
		intend(t, l, run, l.Key("open", string(rune('a'+n))), people+n)
	}
	var last int64
	rows := make(map[int]bool)
	for a, err := range l.Attempts(t.Context(), run.ID) {
		if err != nil {
			t.Fatal(err)
		}
		if a.ID <= last {
			t.Fatalf("attempt %d after %d", a.ID, last)
		}
		last = a.ID
		rows[a.Row] = true
	}
	if len(rows) != people+3 {
		t.Errorf("got %d rows, want %d", len(rows), people+3)
	}
	for range l.Attempts(t.Context(), run.ID) {
		break // leaves nothing open: Close would hang
	}
}

func testUnsettledOfOneScope(t *testing.T, location newLocation) {
	t.Parallel()
	l := open(t, location(t))
	other := scope()
	other.Company++
	mine, others := begin(t, l), beginScope(t, l, other)
	var want []ledger.Intent
	for n, name := range []string{"a", "b", "c", "d"} {
		i := intend(t, l, mine, l.Key(name), n+2)
		intend(t, l, others, l.Key("other", name), n+2)
		if name == "b" {
			record(t, l, i, created(1))
			continue
		}
		want = append(want, i)
	}
	got, err := l.OpenIntents(t.Context(), scope())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("unsettled (-want +got):\n%s", diff)
	}
}

// A run knows where its files are after they were moved, and no other run's.
func testMoved(t *testing.T, location newLocation) {
	t.Parallel()
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	l := open(t, location(t))
	release := lock(t, l, scope())
	defer release()
	for _, name := range []string{"a.csv", "b.csv"} {
		if _, err := l.Begin(t.Context(), ledger.Run{Scope: scope(), Command: "import", Roster: in(name), Results: in("results-" + name)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"a.csv", "results-a.csv", "elsewhere.csv"} {
		if err := l.RenameFile(t.Context(), in(name), in("done/"+name)); err != nil {
			t.Fatal(err)
		}
	}
	runs, err := l.Runs(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range runs {
		got = append(got, r.Roster, r.Results)
	}
	if diff := cmp.Diff([]string{in("b.csv"), in("results-b.csv"), in("done/a.csv"), in("done/results-a.csv")}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
