package ledger_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"muster/importer/ledger"
	"muster/importer/outcome"
)

func gone(id int64) ledger.Result {
	return ledger.Result{State: ledger.Removed, PersonID: id, HTTPStatus: 200, RequestID: "r-9"}
}

func stays(id int64, code string) ledger.Result {
	return ledger.Result{State: ledger.Created, PersonID: id, Code: code}
}

func made(tb testing.TB, l *ledger.Ledger, run *ledger.Run) []ledger.CreatedPerson {
	tb.Helper()
	people, _, err := l.CreatedPeople(tb.Context(), run.ID)
	if err != nil {
		tb.Fatal(err)
	}
	return people
}

// next ends a run and begins another one under the same lock.
func next(tb testing.TB, l *ledger.Ledger, run *ledger.Run, command string) *ledger.Run {
	tb.Helper()
	run.Status = ledger.Finished
	if err := l.End(tb.Context(), run); err != nil {
		tb.Fatal(err)
	}
	again, err := l.Begin(tb.Context(), ledger.Run{Scope: run.Scope, Command: command})
	if err != nil {
		tb.Fatal(err)
	}
	return again
}

func intendRemovals(tb testing.TB, l *ledger.Ledger, run *ledger.Run, people []ledger.CreatedPerson) []ledger.Removal {
	tb.Helper()
	removals, err := l.IntendRemovals(tb.Context(), run, people)
	if err != nil {
		tb.Fatal(err)
	}
	return removals
}

func recordRemovals(tb testing.TB, l *ledger.Ledger, removals []ledger.Removal, results ...ledger.Result) {
	tb.Helper()
	if err := l.RecordRemovals(tb.Context(), removals, results); err != nil {
		tb.Fatal(err)
	}
}

func testMadeByARun(t *testing.T, location newLocation) {
	t.Parallel()
	l := open(t, location(t))
	first := begin(t, l)
	record(t, l, intend(t, l, first, l.Key("a"), 2), created(41))
	lost := intend(t, l, first, l.Key("b"), 3)
	record(t, l, lost, ledger.Result{State: ledger.Intended, Status: outcome.Unknown})
	intend(t, l, first, l.Key("c"), 4)
	record(t, l, intend(t, l, first, l.Key("d"), 5), ledger.Result{State: ledger.Refused, Status: outcome.Failed, HTTPStatus: 422})
	second := next(t, l, first, "import")
	record(t, l, intend(t, l, second, l.Key("e"), 6), created(45))
	record(t, l, lost, ledger.Result{State: ledger.Created, PersonID: 42, Status: outcome.Existing}) // found by the second

	got, doubts, err := l.CreatedPeople(t.Context(), first.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := []ledger.CreatedPerson{{Key: l.Key("a"), Row: 2, PersonID: 41}, {Key: l.Key("b"), Row: 3, PersonID: 42}}
	if diff := cmp.Diff(want, got); diff != "" || doubts != 1 {
		t.Errorf("%d in doubt; made (-want +got):\n%s", doubts, diff)
	}
}

// A removed key may be sent again, under another token; one that stays may not.
func testRemovals(t *testing.T, location newLocation) {
	t.Parallel()
	path := location(t)
	l := open(t, path)
	run := begin(t, l)
	var tokens []string
	for n, name := range []string{"goes", "stays", "in doubt"} {
		i := intend(t, l, run, l.Key(name), n+2)
		tokens = append(tokens, i.Token)
		record(t, l, i, created(int64(41+n)))
	}
	people := made(t, l, run)
	undo := next(t, l, run, "undo")
	removals := intendRemovals(t, l, undo, people)
	for _, p := range people {
		if diff := cmp.Diff(ledger.Entry{State: ledger.Created, PersonID: p.PersonID, Project: scope().Project}, lookup(t, l, p.Key)[0], anyCreator); diff != "" {
			t.Errorf("while row %d is being removed (-want +got):\n%s", p.Row, diff)
		}
		if _, err := l.Intend(t.Context(), undo, ledger.Request{Key: p.Key, Row: p.Row}); err == nil {
			t.Errorf("row %d could be sent while it is being removed", p.Row)
		}
	}
	if open, err := l.OpenIntents(t.Context(), scope()); err != nil || len(open) != 0 {
		t.Errorf("unsettled creates: %v, %v", open, err)
	}
	doubt := ledger.Result{State: ledger.Intended, Code: "answer_lost", HTTPStatus: 504}
	recordRemovals(t, l, removals, gone(41), stays(42, "skipped"), doubt)
	recordRemovals(t, l, removals[:2], gone(41), stays(42, "skipped")) // to say the same twice does nothing

	want := []ledger.Entry{{State: ledger.Removed, PersonID: 41, Project: scope().Project}, {State: ledger.Created, PersonID: 42, Project: scope().Project}, {State: ledger.Created, PersonID: 43, Project: scope().Project}}
	if diff := cmp.Diff(want, lookup(t, open(t, path), people[0].Key, people[1].Key, people[2].Key), anyCreator); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	people[0].Removed = true
	if diff := cmp.Diff(people, made(t, l, run)); diff != "" {
		t.Errorf("made (-want +got):\n%s", diff)
	}
	var got []ledger.Attempt
	for a, err := range l.Attempts(t.Context(), undo.ID) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, a)
	}
	attempts := []ledger.Attempt{
		{Intent: ledger.Intent{Request: ledger.Request{Row: 2}}, Result: gone(41)}, {Intent: ledger.Intent{Request: ledger.Request{Row: 3}}, Result: stays(42, "skipped")}, {Intent: ledger.Intent{Request: ledger.Request{Row: 4}}, Result: doubt},
	}
	if diff := cmp.Diff(attempts, got, cmpopts.IgnoreFields(ledger.Attempt{}, "Ended", "Intent.ID", "Intent.Request.Key", "Intent.Run", "Intent.Attempt", "Intent.Token", "Intent.Sent")); diff != "" {
		t.Errorf("attempts of the undo (-want +got):\n%s", diff)
	}

	later := next(t, l, undo, "import")
	again := intend(t, l, later, people[0].Key, 2)
	if again.Token == tokens[0] || again.Attempt != 2 {
		t.Errorf("sent again as attempt %d, with the same token: %t", again.Attempt, again.Token == tokens[0])
	}
	record(t, l, again, created(51))
	if !made(t, l, run)[0].Removed {
		t.Error("the one who was created anew is taken for the one who was removed")
	}
	if made(t, l, later)[0].Removed {
		t.Error("the one who was created anew is taken for removed")
	}
}

// What a killed undo left is taken over by the next one.
func testRemovalsTakenOver(t *testing.T, location newLocation) {
	t.Parallel()
	l := open(t, location(t))
	run := begin(t, l)
	record(t, l, intend(t, l, run, l.Key("a"), 2), created(41))
	record(t, l, intend(t, l, run, l.Key("b"), 3), created(42))
	people := made(t, l, run)
	first := next(t, l, run, "undo")
	intendRemovals(t, l, first, people[:1])
	second := next(t, l, first, "undo")
	removals := intendRemovals(t, l, second, people)
	if len(removals) != 2 || !removals[0].Earlier || removals[1].Earlier {
		t.Fatalf("got %+v", removals)
	}
	recordRemovals(t, l, removals, gone(41), gone(42))
	third := next(t, l, second, "undo")
	if left := intendRemovals(t, l, third, people); len(left) != 0 {
		t.Errorf("a person is removed twice: %+v", left)
	}
}

func testRemovalsAreChecked(t *testing.T, location newLocation) {
	t.Parallel()
	l := open(t, location(t))
	run := begin(t, l)
	record(t, l, intend(t, l, run, l.Key("a"), 2), created(41))
	people := made(t, l, run)
	if removals := intendRemovals(t, l, run, []ledger.CreatedPerson{{Key: people[0].Key, Row: 2, PersonID: 99}, {Key: l.Key("unknown"), Row: 3, PersonID: 41}}); len(removals) != 0 {
		t.Errorf("got %+v", removals)
	}
	removals := intendRemovals(t, l, run, people)
	for _, r := range []ledger.Result{
		{}, created(41), gone(99), stays(99, ""), {State: ledger.Refused}, {State: ledger.Removed}, {State: ledger.Intended, PersonID: 41},
	} {
		if err := l.RecordRemovals(t.Context(), removals, []ledger.Result{r}); err == nil {
			t.Errorf("recorded %+v", r)
		}
	}
	if err := l.RecordRemovals(t.Context(), removals, nil); err == nil {
		t.Error("recorded without a result")
	}
	if err := l.Record(t.Context(), ledger.Intent{Request: ledger.Request{Key: people[0].Key, Row: 2}}, gone(41)); err == nil {
		t.Error("a create was recorded as removed")
	}
	recordRemovals(t, l, removals, gone(41))
	if err := l.RecordRemovals(t.Context(), removals, []ledger.Result{stays(41, "")}); err == nil {
		t.Error("a removed person was recorded to stay")
	}
}

// More people than the queue takes at a time.
func testManyRemovals(t *testing.T, location newLocation) {
	t.Parallel()
	l := open(t, location(t))
	run := begin(t, l)
	const people = 1500
	fillKeys(t, l, run, people)
	all := made(t, l, run)
	undo := next(t, l, run, "undo")
	removals := intendRemovals(t, l, undo, all)
	if len(removals) != people {
		t.Fatalf("%d removals of %d people", len(removals), people)
	}
	results := make([]ledger.Result, people)
	for n, r := range removals {
		if r.PersonID != all[n].PersonID {
			t.Fatalf("removal %d is about person %d, want %d", n, r.PersonID, all[n].PersonID)
		}
		results[n] = gone(r.PersonID)
	}
	recordRemovals(t, l, removals, results...)
	for _, m := range made(t, l, run) {
		if !m.Removed {
			t.Fatalf("row %d has not left", m.Row)
		}
	}
}

// A removed person stays known until another person is created for the key: the
// person is still in the company, and may be put back on the project.
func testRemovedIsNotForgotten(t *testing.T, location newLocation) {
	t.Parallel()
	l := open(t, location(t))
	run := begin(t, l)
	key := l.Key("person")
	record(t, l, intend(t, l, run, key, 2), created(41))
	recordRemovals(t, l, intendRemovals(t, l, run, made(t, l, run)), gone(41))
	for range 2 {
		again := intend(t, l, run, key, 2)
		if e := lookup(t, l, key)[0]; e.State != ledger.Intended || e.PersonID != 41 {
			t.Errorf("while they are put back: %+v", e)
		}
		refused := ledger.Result{State: ledger.Refused, Code: "not_created"}
		record(t, l, again, refused)
		record(t, l, again, refused) // once more does nothing
		if e := lookup(t, l, key)[0]; e.State != ledger.Removed || e.PersonID != 41 {
			t.Errorf("after that came to nothing: %+v", e)
		}
	}
	record(t, l, intend(t, l, run, key, 2), created(42))
	if e := lookup(t, l, key)[0]; e.State != ledger.Created || e.PersonID != 42 {
		t.Errorf("after another person was created: %+v", e)
	}
}
