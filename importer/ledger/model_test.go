package ledger_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"muster/importer/ledger"
	"muster/importer/outcome"
)

// model is a ledger of one run in memory, in the simplest way.
type model struct {
	scope    ledger.Scope
	names    []string
	run      string
	entries  map[string]ledger.Entry
	settled  map[string]ledger.Entry // the latest that was settled, also while another is open
	attempts []ledger.Attempt
	tokens   map[string]string // of the latest intent
	renewed  map[string]bool   // the next one has another
}

// Whatever is done to a ledger in whatever order, closing and opening it again
// included, it agrees with the model.
func testModel(t *testing.T, location newLocation) {
	t.Parallel()
	path := location(t)
	l := open(t, path) // one for all: each check has a scope and people of its own
	check := int64(0)
	rapid.Check(t, func(t *rapid.T) {
		check++
		s := scope()
		s.Project = check
		var names []string
		for _, n := range []string{"a", "b", "c", "d", "e"} {
			names = append(names, fmt.Sprint(check, n))
		}
		release, err := l.Lock(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = release() }()
		run, err := l.Begin(t.Context(), ledger.Run{Scope: s})
		if err != nil {
			t.Fatal(err)
		}
		m := model{
			scope: s, names: names, run: run.ID,
			entries: map[string]ledger.Entry{}, settled: map[string]ledger.Entry{},
			tokens: map[string]string{}, renewed: map[string]bool{},
		}
		name := rapid.SampledFrom(names)
		t.Repeat(map[string]func(*rapid.T){
			"intend": func(t *rapid.T) {
				n := name.Draw(t, "name")
				i, err := l.Intend(t.Context(), run, ledger.Request{Key: l.Key(n), Row: len(m.attempts) + 2})
				m.intend(t, n, i, err)
			},
			"record": func(t *rapid.T) {
				if len(m.attempts) == 0 {
					t.Skip("nothing to record")
				}
				at := rapid.IntRange(0, len(m.attempts)-1).Draw(t, "attempt")
				r := drawResult(t)
				err := l.Record(t.Context(), m.attempts[at].Intent, r)
				m.record(t, l, at, r, err)
			},
			"reopen": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "rarely") != 9 {
					t.Skip("it takes time")
				}
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
				if l, err = ledger.Open(t.Context(), path); err != nil {
					t.Fatal(err)
				}
			},
			"": func(t *rapid.T) { m.compare(t, l) },
		})
	})
	closeLedger(t, l)
}

func drawResult(t *rapid.T) ledger.Result {
	r := ledger.Result{
		State:      rapid.SampledFrom([]ledger.State{ledger.Created, ledger.Refused, ledger.Intended}).Draw(t, "state"),
		Status:     rapid.SampledFrom([]outcome.Status{"", outcome.Failed, outcome.Unknown}).Draw(t, "status"),
		HTTPStatus: rapid.SampledFrom([]int{0, 422}).Draw(t, "HTTP status"),
		RenewToken: rapid.Bool().Draw(t, "renew token"),
		Code:       rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "code"),
	}
	if r.State == ledger.Created {
		r.PersonID = rapid.Int64Range(1, 3).Draw(t, "person")
	}
	return r
}

func (m *model) intend(t *rapid.T, name string, i ledger.Intent, err error) {
	var want error
	switch m.entries[name].State {
	case ledger.Created:
		want = ledger.ErrAlreadyCreated
	case ledger.Intended:
		want = ledger.ErrUnsettled
	case ledger.Absent, ledger.Refused, ledger.Removed:
	}
	if !errors.Is(err, want) {
		t.Fatalf("intend %s: got %v, want %v", name, err, want)
	}
	if err != nil {
		return
	}
	if before, ok := m.tokens[name]; ok && (before == i.Token) == m.renewed[name] {
		t.Fatalf("intend %s: token %s after %s, renewed %v", name, i.Token, before, m.renewed[name])
	}
	m.tokens[name], m.renewed[name] = i.Token, false
	m.entries[name] = ledger.Entry{State: ledger.Intended, Project: m.scope.Project, Intent: i}
	m.attempts = append(m.attempts, ledger.Attempt{Intent: i, Result: ledger.Result{State: ledger.Intended}})
}

func (m *model) record(t *rapid.T, l *ledger.Ledger, at int, r ledger.Result, err error) {
	a := &m.attempts[at]
	name := m.names[slices.IndexFunc(m.names, func(n string) bool { return l.Key(n) == a.Key })]
	e := m.entries[name]
	if e.State != ledger.Intended || e.Intent.ID != a.ID {
		was := m.settled[name]
		same := was.State == r.State && was.PersonID == r.PersonID
		if same != (err == nil) || !same && !errors.Is(err, ledger.ErrSettled) {
			t.Fatalf("record on the settled %s: got %v; it is %+v, the result %+v", name, err, e, r)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	m.renewed[name] = r.State == ledger.Refused && r.RenewToken
	if r.Code == "" {
		r.Code = a.Code
	}
	if r.HTTPStatus == 0 {
		r.HTTPStatus = a.HTTPStatus
	}
	r.RenewToken = false // not shown afterwards
	a.Result = r
	if r.State != ledger.Intended {
		m.entries[name] = ledger.Entry{State: r.State, PersonID: r.PersonID, Project: m.scope.Project}
		m.settled[name] = m.entries[name]
	}
}

func (m *model) compare(t *rapid.T, l *ledger.Ledger) {
	keys := make([]ledger.Key, len(m.names))
	var want []ledger.Entry
	for n, name := range m.names {
		keys[n] = l.Key(name)
		want = append(want, m.entries[name])
	}
	got, err := l.Lookup(t.Context(), keys)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, anyCreator); diff != "" {
		t.Fatalf("entries (-want +got):\n%s", diff)
	}
	var attempts []ledger.Attempt
	for a, err := range l.Attempts(t.Context(), m.run) {
		if err != nil {
			t.Fatal(err)
		}
		attempts = append(attempts, a)
	}
	if diff := cmp.Diff(m.attempts, attempts, cmpopts.IgnoreFields(ledger.Attempt{}, "Ended")); diff != "" {
		t.Fatalf("attempts (-want +got):\n%s", diff)
	}
	var open []ledger.Intent
	for _, a := range m.attempts {
		if a.State == ledger.Intended {
			open = append(open, a.Intent)
		}
	}
	unsettled, err := l.OpenIntents(t.Context(), m.scope)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(open, unsettled); diff != "" {
		t.Fatalf("unsettled (-want +got):\n%s", diff)
	}
}

// The states are spelt for people.
func ExampleState() {
	fmt.Println(ledger.Absent, ledger.Intended, ledger.Created, ledger.Refused)
	// Output: absent intended created refused
}
