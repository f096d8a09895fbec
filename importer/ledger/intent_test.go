package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/importer/ledger"
	"muster/importer/outcome"
)

// What may follow upon what: each row records the results one after the other,
// each upon an intent of its own if the one before settled it.
func testStates(t *testing.T, location newLocation) {
	t.Parallel()
	var (
		made    = created(41)
		refused = ledger.Result{State: ledger.Refused, Status: outcome.Failed, Code: "refused", HTTPStatus: 422}
		doubt   = ledger.Result{State: ledger.Intended, Status: outcome.Unknown, Code: "timeout"}
	)
	for _, c := range []struct {
		name   string
		past   []ledger.Result
		want   ledger.Entry // but for the intent
		intend error        // of one more
	}{
		{"never sent", nil, ledger.Entry{State: ledger.Absent}, nil},
		{"created", []ledger.Result{made}, ledger.Entry{State: ledger.Created, PersonID: 41, Project: scope().Project}, ledger.ErrAlreadyCreated},
		{"refused", []ledger.Result{refused}, ledger.Entry{State: ledger.Refused, Project: scope().Project}, nil},
		{"in doubt", []ledger.Result{doubt}, ledger.Entry{State: ledger.Intended, Project: scope().Project}, ledger.ErrUnsettled},
		{"in doubt twice", []ledger.Result{doubt, doubt}, ledger.Entry{State: ledger.Intended, Project: scope().Project}, ledger.ErrUnsettled},
		{"in doubt, then found", []ledger.Result{doubt, made}, ledger.Entry{State: ledger.Created, PersonID: 41, Project: scope().Project}, ledger.ErrAlreadyCreated},
		{"in doubt, then known not to exist", []ledger.Result{doubt, refused}, ledger.Entry{State: ledger.Refused, Project: scope().Project}, nil},
		{"refused, then created", []ledger.Result{refused, made}, ledger.Entry{State: ledger.Created, PersonID: 41, Project: scope().Project}, ledger.ErrAlreadyCreated},
		{"refused, then in doubt", []ledger.Result{refused, doubt}, ledger.Entry{State: ledger.Intended, Project: scope().Project}, ledger.ErrUnsettled},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := location(t)
			l := open(t, path)
			run := begin(t, l)
			key := l.Key("person")
			var i ledger.Intent
			for n, r := range c.past {
				if n == 0 || c.past[n-1].State != ledger.Intended {
					i = intend(t, l, run, key, 2)
				}
				record(t, l, i, r)
			}
			want := c.want
			switch want.State {
			case ledger.Intended:
				want.Intent = i
			case ledger.Created:
				want.Creator = run.ID
			case ledger.Absent, ledger.Refused, ledger.Removed:
			}
			if diff := cmp.Diff(want, lookup(t, l, key)[0], anyTime); diff != "" {
				t.Errorf("entry (-want +got):\n%s", diff)
			}
			closeLedger(t, l)
			l = open(t, path)
			if diff := cmp.Diff(want, lookup(t, l, key)[0], anyTime); diff != "" {
				t.Errorf("entry after opening again (-want +got):\n%s", diff)
			}
			if _, err := l.Intend(t.Context(), run, ledger.Request{Key: key, Row: 9}); !errors.Is(err, c.intend) {
				t.Errorf("one more intent: got %v, want %v", err, c.intend)
			}
			if l.Key("another person") == key {
				t.Error("keys agree")
			}
		})
	}
}

func testIntendedBeforeAnyResult(t *testing.T, location newLocation) {
	t.Parallel()
	path := location(t)
	l := open(t, path)
	run := begin(t, l)
	key := l.Key("person")
	i := intend(t, l, run, key, 17)
	if i.Run != run.ID || i.Row != 17 || i.Attempt != 1 || i.Key != key || i.Token == "" || i.Sent.IsZero() {
		t.Errorf("got %+v", i)
	}
	want := ledger.Entry{State: ledger.Intended, Project: scope().Project, Intent: i}
	for range 2 {
		if diff := cmp.Diff(want, lookup(t, l, key)[0], anyTime); diff != "" {
			t.Errorf("entry (-want +got):\n%s", diff)
		}
		unsettled, err := l.OpenIntents(t.Context(), scope())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]ledger.Intent{i}, unsettled); diff != "" {
			t.Errorf("unsettled (-want +got):\n%s", diff)
		}
		closeLedger(t, l)
		l = open(t, path)
	}
	record(t, l, i, created(5)) // by a ledger that didn't make it
	if got := lookup(t, l, key)[0]; got.State != ledger.Created || got.PersonID != 5 {
		t.Errorf("got %+v", got)
	}
	if unsettled, err := l.OpenIntents(t.Context(), scope()); err != nil || len(unsettled) != 0 {
		t.Errorf("got unsettled %v, %v", unsettled, err)
	}
}

// A new person belongs to one key of a project. People who were found belong to any number.
func testNewPeopleOfOneKey(t *testing.T, location newLocation) {
	t.Parallel()
	l := open(t, location(t))
	run := begin(t, l)
	fresh := func(person int64) ledger.Result {
		r := created(person)
		r.New = true
		return r
	}
	intents := make([]ledger.Intent, 6)
	for n := range intents {
		intents[n] = intend(t, l, run, l.Key(fmt.Sprint(n)), n)
	}
	record(t, l, intents[0], fresh(7))
	if err := l.Record(t.Context(), intents[0], fresh(7)); err != nil {
		t.Errorf("recorded again: %v", err)
	}
	results := make(chan error)
	for _, i := range intents[1:4] {
		go func() { results <- l.Record(t.Context(), i, fresh(7)) }()
	}
	for range 3 {
		if err := <-results; !errors.Is(err, ledger.ErrPersonTaken) {
			t.Errorf("got %v", err)
		}
	}
	record(t, l, intents[1], ledger.Result{State: ledger.Intended, Status: outcome.Unknown})
	record(t, l, intents[4], created(7)) // a name in the roster twice, and one person of the name
	record(t, l, intents[5], fresh(9))
	if open, err := l.OpenIntents(t.Context(), scope()); err != nil || len(open) != 3 {
		t.Errorf("%d open intents, %v", len(open), err)
	}
}

// A sandbox has a project of the same number, and gives its people the same IDs.
func testNewPeopleOfASandbox(t *testing.T, location newLocation) {
	t.Parallel()
	l := open(t, location(t))
	fresh := created(7)
	fresh.New = true
	record(t, l, intend(t, l, begin(t, l), l.Key("here"), 1), fresh)
	sandbox := scope()
	sandbox.API = "https://sandbox.example.com"
	record(t, l, intend(t, l, beginScope(t, l, sandbox), l.Key("there"), 1), fresh)
}

func testToken(t *testing.T, location newLocation) {
	t.Parallel()
	l := open(t, location(t))
	run := begin(t, l)
	next := func(key ledger.Key, r ledger.Result) string {
		i := intend(t, l, run, key, 2)
		record(t, l, i, r)
		return i.Token
	}
	for _, c := range []struct {
		name   string
		result ledger.Result
		same   bool
	}{
		{"to be tried again", ledger.Result{State: ledger.Refused, HTTPStatus: 429}, true},
		{"failed without an answer", ledger.Result{State: ledger.Refused, Status: outcome.Failed}, true},
		{"refused for good", ledger.Result{State: ledger.Refused, Status: outcome.Failed, HTTPStatus: 422, RenewToken: true}, false},
	} {
		key := l.Key(c.name)
		first := next(key, c.result)
		if again := next(key, c.result); (again == first) != c.same {
			t.Errorf("%s: tokens %s and %s", c.name, first, again)
		}
	}
	// Only the result that settles the intent counts.
	key := l.Key("doubt")
	i := intend(t, l, run, key, 2)
	record(t, l, i, ledger.Result{State: ledger.Intended, HTTPStatus: 422, RenewToken: true})
	record(t, l, i, ledger.Result{State: ledger.Refused, Status: outcome.Failed})
	if again := intend(t, l, run, key, 2); again.Token != i.Token || again.Attempt != 2 {
		t.Errorf("got %+v after %+v", again, i)
	}
	if a, b := next(l.Key("a"), created(1)), next(l.Key("b"), created(2)); a == b {
		t.Error("two people have one token")
	}
}

func testRecordAgain(t *testing.T, location newLocation) {
	t.Parallel()
	refused := ledger.Result{State: ledger.Refused}
	for _, c := range []struct {
		name        string
		first, then ledger.Result
		want        error
	}{
		{"the same person", created(1), created(1), nil},
		{"another person", created(1), created(2), ledger.ErrSettled},
		{"created, then refused", created(1), refused, ledger.ErrSettled},
		{"created, then in doubt", created(1), ledger.Result{State: ledger.Intended}, ledger.ErrSettled},
		{"refused twice", refused, refused, nil},
		{"refused, then created", refused, created(1), ledger.ErrSettled},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := open(t, location(t))
			i := intend(t, l, begin(t, l), l.Key("x"), 2)
			record(t, l, i, c.first)
			if err := l.Record(t.Context(), i, c.then); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			want := ledger.Entry{State: c.first.State, PersonID: c.first.PersonID, Project: scope().Project}
			if diff := cmp.Diff(want, lookup(t, l, l.Key("x"))[0], anyCreator); diff != "" {
				t.Errorf("entry (-want +got):\n%s", diff)
			}
		})
	}
}

// An attempt is settled by its own outcome alone.
func testRecordOfAnEarlierAttempt(t *testing.T, location newLocation) {
	t.Parallel()
	l := open(t, location(t))
	run := begin(t, l)
	first := intend(t, l, run, l.Key("x"), 2)
	record(t, l, first, ledger.Result{State: ledger.Refused})
	second := intend(t, l, run, l.Key("x"), 2)
	if err := l.Record(t.Context(), first, created(1)); !errors.Is(err, ledger.ErrSettled) {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(ledger.Entry{State: ledger.Intended, Project: scope().Project, Intent: second}, lookup(t, l, l.Key("x"))[0], anyCreator); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
}

func testRecordNonsense(t *testing.T, location newLocation) {
	t.Parallel()
	l := open(t, location(t))
	i := intend(t, l, begin(t, l), l.Key("x"), 2)
	for _, r := range []ledger.Result{
		{},
		{State: ledger.Created},
		{State: ledger.Created, PersonID: -1},
		{State: ledger.Refused, PersonID: 1},
		{State: ledger.Intended, PersonID: 1},
		{State: 77},
	} {
		if err := l.Record(t.Context(), i, r); err == nil {
			t.Errorf("%+v was recorded", r)
		}
	}
	if err := l.Record(t.Context(), ledger.Intent{ID: 99, Request: ledger.Request{Key: l.Key("y")}}, created(1)); !errors.Is(err, ledger.ErrSettled) {
		t.Errorf("an unknown intent: got %v", err)
	}
	if _, err := l.Intend(t.Context(), &ledger.Run{}, ledger.Request{Key: l.Key("z"), Row: 2}); !errors.Is(err, ledger.ErrNotBegun) {
		t.Errorf("a run that has not begun: got %v", err)
	}
	record(t, l, i, created(1)) // the ledger is still usable
}

func testEndedContext(t *testing.T, location newLocation) {
	t.Parallel()
	l := open(t, location(t))
	run := begin(t, l)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Intend(ctx, run, ledger.Request{Key: l.Key("x"), Row: 2}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := lookup(t, l, l.Key("x"))[0].State; got != ledger.Absent {
		t.Errorf("it is %v", got)
	}
}

// Whatever ends while others commit: who got no error is in the ledger, who got
// one is not.
func testContextEndsMeanwhile(t *testing.T, location newLocation) {
	t.Parallel()
	l := open(t, location(t))
	run := begin(t, l)
	const people = 400
	errs := make([]error, people)
	var workers sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var done atomic.Int64
	for n := range people {
		workers.Go(func() {
			_, errs[n] = l.Intend(ctx, run, ledger.Request{Key: l.Key(fmt.Sprint(n)), Row: n})
			if done.Add(1) == people/4 {
				cancel()
			}
		})
	}
	workers.Wait()
	for n, err := range errs {
		want := ledger.Intended
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			want = ledger.Absent
		}
		if got := lookup(t, l, l.Key(fmt.Sprint(n)))[0].State; got != want {
			t.Fatalf("person %d: got %v after error %v", n, got, err)
		}
	}
}

// Many at once want the same few keys: each is sent by one of them.
func testOneSender(t *testing.T, location newLocation) {
	t.Parallel()
	l := open(t, location(t))
	run := begin(t, l)
	const keys, senders = 20, 32
	sent := make([]atomic.Int64, keys)
	var workers sync.WaitGroup
	for sender := range senders {
		workers.Go(func() {
			for n := range keys {
				n = (n + sender) % keys
				i, err := l.Intend(t.Context(), run, ledger.Request{Key: l.Key(fmt.Sprint(n)), Row: n})
				switch {
				case err == nil:
					sent[n].Add(1)
					if err := l.Record(t.Context(), i, created(int64(n)+1)); err != nil {
						t.Error(err)
					}
				case !errors.Is(err, ledger.ErrUnsettled) && !errors.Is(err, ledger.ErrAlreadyCreated):
					t.Error(err)
				}
			}
		})
	}
	workers.Wait()
	for n := range keys {
		if got := sent[n].Load(); got != 1 {
			t.Errorf("key %d was sent %d times", n, got)
		}
	}
}

// Two ledgers on one file, as two processes with different projects have them,
// see each other's entries and do not disturb each other.
func testTwoOnOneFile(t *testing.T, location newLocation) {
	t.Parallel()
	path := location(t)
	a, b := open(t, path), open(t, path)
	other := scope()
	other.Project++
	runA, runB := begin(t, a), beginScope(t, b, other)
	var workers sync.WaitGroup
	for _, side := range []struct {
		l    *ledger.Ledger
		run  *ledger.Run
		name string
	}{{a, runA, "a"}, {b, runB, "b"}} {
		for worker := range 8 {
			workers.Go(func() {
				for n := range 25 {
					row := worker*100 + n
					i, err := side.l.Intend(t.Context(), side.run, ledger.Request{Key: side.l.Key(side.name, fmt.Sprint(row)), Row: row})
					if err == nil {
						err = side.l.Record(t.Context(), i, created(int64(row)+1))
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
	}
	workers.Wait()

	// An intent of one is known to the other, whose table in memory is older.
	i := intend(t, a, runA, a.Key("common"), 2)
	if _, err := b.Intend(t.Context(), runB, ledger.Request{Key: b.Key("common"), Row: 3}); !errors.Is(err, ledger.ErrUnsettled) {
		t.Errorf("got %v", err)
	}
	record(t, b, i, created(7))
	if _, err := a.Intend(t.Context(), runA, ledger.Request{Key: a.Key("common"), Row: 2}); !errors.Is(err, ledger.ErrAlreadyCreated) {
		t.Errorf("got %v", err)
	}
	seen := make(map[int64]bool)
	for _, run := range []*ledger.Run{runA, runB} {
		n := 0
		for at, err := range a.Attempts(t.Context(), run.ID) {
			if err != nil {
				t.Fatal(err)
			}
			if seen[at.ID] {
				t.Errorf("intent %d is listed twice", at.ID)
			}
			seen[at.ID] = true
			n++
		}
		if n < 200 {
			t.Errorf("run %s has %d attempts", run.ID, n)
		}
	}
}

func testLookup(t *testing.T, location newLocation) {
	t.Parallel()
	for _, size := range []int{0, 1, 2, 255, 256, 257, 1000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			l := open(t, location(t))
			run := begin(t, l)
			keys, want := make([]ledger.Key, size), make([]ledger.Entry, size)
			var workers sync.WaitGroup
			for n := range keys {
				keys[n] = l.Key(fmt.Sprint(n))
				if n%4 == 0 {
					continue
				}
				workers.Go(func() {
					i, err := l.Intend(t.Context(), run, ledger.Request{Key: keys[n], Row: n})
					want[n] = ledger.Entry{State: ledger.Intended, Project: scope().Project, Intent: i}
					switch n % 4 {
					case 1:
						err = errors.Join(err, l.Record(t.Context(), i, created(int64(n))))
						want[n] = ledger.Entry{State: ledger.Created, PersonID: int64(n), Project: scope().Project}
					case 2:
						err = errors.Join(err, l.Record(t.Context(), i, ledger.Result{State: ledger.Refused}))
						want[n] = ledger.Entry{State: ledger.Refused, Project: scope().Project}
					}
					if err != nil {
						t.Error(err)
					}
				})
			}
			workers.Wait()
			keys, want = append(keys, keys...), append(want, want...) // each twice
			if diff := cmp.Diff(want, lookup(t, l, keys...), anyCreator); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
		})
	}
}

// The times of creations are kept by key and by name.
func testTimesOfCreation(t *testing.T, location newLocation) {
	t.Parallel()
	l := open(t, location(t))
	before := time.Now().Truncate(time.Millisecond)
	run := begin(t, l)
	lee, other, badge := l.Key("name", "lee"), l.Key("name", "other"), l.Key("ID", "5")
	for n, result := range []ledger.Result{created(41), created(42), {State: ledger.Refused}} {
		i, err := l.Intend(t.Context(), run, ledger.Request{Key: l.Key(fmt.Sprint(n)), NameKey: lee, IDKey: badge, Row: n + 2})
		if err != nil {
			t.Fatal(err)
		}
		record(t, l, i, result)
	}
	record(t, l, intend(t, l, run, l.Key("no name key"), 9), created(43))
	if at := lookup(t, l, l.Key("1"))[0].Settled; at.Before(before) || at.After(time.Now()) {
		t.Errorf("created at %v", at)
	}
	if at := lookup(t, l, l.Key("2"))[0].Settled; !at.IsZero() {
		t.Errorf("refused, but created at %v", at)
	}
	named, err := l.Named(t.Context(), []ledger.Key{lee, other})
	slices.SortFunc(named, func(a, b ledger.NamedPerson) int { return int(a.PersonID - b.PersonID) })
	want := []ledger.NamedPerson{{l.Key("0"), lee, badge, 41}, {l.Key("1"), lee, badge, 42}}
	if err != nil || !slices.Equal(named, want) {
		t.Errorf("people of a name: %v %v, want %v", named, err, want)
	}
	last := func(nameKey, idKey ledger.Key) time.Time {
		t.Helper()
		at, err := l.LastCreated(t.Context(), scope(), nameKey, idKey)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	if at := last(lee, ledger.Key{}); !at.IsZero() {
		t.Errorf("the current run counts: %v", at)
	}
	people := made(t, l, run)
	undo := next(t, l, run, "undo")
	latest := lookup(t, l, l.Key("1"))[0].Settled
	if at := last(lee, ledger.Key{}); !at.Equal(latest) {
		t.Errorf("the latest of the name was created at %v, want %v", at, latest)
	}
	if at := last(other, badge); !at.Equal(latest) {
		t.Errorf("the latest of the ID was created at %v, want %v", at, latest)
	}
	if at := last(other, ledger.Key{}); !at.IsZero() {
		t.Errorf("the other name was created at %v", at)
	}
	recordRemovals(t, l, intendRemovals(t, l, undo, people[1:2]), gone(42))
	if at := last(lee, ledger.Key{}); at.IsZero() || !at.Before(latest) {
		t.Errorf("after a removal: %v, want the creation of the other person, before %v", at, latest)
	}
}

// An open intent keeps the keys of the name and of the ID.
func testNameKeyOfAnIntent(t *testing.T, location newLocation) {
	t.Parallel()
	l := open(t, location(t))
	run := begin(t, l)
	want, err := l.Intend(t.Context(), run, ledger.Request{Key: l.Key("a"), NameKey: l.Key("name"), IDKey: l.Key("ID"), Row: 2})
	if err != nil {
		t.Fatal(err)
	}
	got, err := l.OpenIntents(t.Context(), scope())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]ledger.Intent{want}, got); diff != "" || want.NameKey != l.Key("name") || want.IDKey != l.Key("ID") {
		t.Errorf("name key %x, open intents (-want +got):\n%s", want.NameKey, diff)
	}
}
