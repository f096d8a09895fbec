package importer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
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
	"muster/ratelimit"
)

// undo undoes a run as the command line does.
func (b *bench) undo(ctx context.Context, runID string, change func(*importer.Undo)) *importer.UndoSummary {
	b.t.Helper()
	book, err := ledger.Open(b.t.Context(), b.location)
	if err != nil {
		b.t.Fatal(err)
	}
	defer book.Close()
	release, err := book.Lock(ctx, b.scope)
	if err != nil {
		b.t.Fatal(err)
	}
	defer release()
	people, _, err := book.CreatedPeople(b.t.Context(), runID)
	if err != nil {
		b.t.Fatal(err)
	}
	pace := ratelimit.New(ratelimit.Options{})
	u := &importer.Undo{
		API: b.client(pace, b.server.Transport()), Pace: pace, Ledger: book,
		Of: ledger.Run{ID: runID, Scope: b.scope}, People: people,
	}
	if change != nil {
		change(u)
	}
	s, err := u.Run(ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	if len(s.People) != len(people) {
		b.t.Errorf("%d people in the summary, %d were created", len(s.People), len(people))
	}
	return s
}

// onProject counts who is on the project.
func (b *bench) onProject() (n int) {
	for _, p := range b.server.People() {
		if slices.Contains(p.Projects, b.scope.Project) {
			n++
		}
	}
	return n
}

// tally says what became of how many: "removed 3, kept edited 1".
func tally(s *importer.UndoSummary) map[string]int {
	count := map[string]int{}
	for _, p := range s.People {
		count[strings.TrimSpace(string(p.Status)+" "+p.Code)]++
	}
	return count
}

func TestUndo(t *testing.T) {
	t.Parallel()
	const bulk = "bulk_remove"
	later := 10 * time.Minute // so that nothing is an edit by the server itself
	for _, test := range []struct {
		name    string
		people  int
		config  simulator.Config
		faults  []simulator.Fault // of the undo: its requests to the API, from 1, are list, remove, …
		denied  []simulator.Denial
		before  func(b *bench, ids []int64)
		again   bool // the undo is run once more, without faults
		want    map[string]int
		stopped string
		left    int // on the project
		calls   int // of bulk_remove, at most
	}{
		{name: "everybody", people: 20, want: map[string]int{"removed": 20}, calls: 1},
		{name: "more than a call takes", people: 2001, want: map[string]int{"removed": 2001}, calls: 3},
		{
			name: "edited since", people: 5, left: 2, calls: 1,
			before: func(b *bench, ids []int64) { b.edit(ids[1], time.Hour); b.edit(ids[3], time.Minute) },
			want:   map[string]int{"removed": 3, "kept edited": 2},
		},
		{
			name: "the server's own finishing touch is no edit", people: 2, calls: 1,
			before: func(b *bench, ids []int64) { b.edit(ids[0], 2*time.Second) },
			want:   map[string]int{"removed": 2},
		},
		{
			name: "without permission to see edits", people: 2, calls: 1, denied: []simulator.Denial{simulator.DenyWebView},
			before: func(b *bench, ids []int64) { b.edit(ids[0], time.Hour) },
			want:   map[string]int{"removed": 2},
		},
		{
			name: "gone already", people: 3, calls: 1,
			before: func(b *bench, ids []int64) { b.change(ids[2], func(p *simulator.Person) { p.Projects = []int64{} }) },
			want:   map[string]int{"removed": 2, "kept already_gone": 1},
		},
		{
			name: "can log in by now", people: 3, left: 1, calls: 1,
			before: func(b *bench, ids []int64) { b.change(ids[0], func(p *simulator.Person) { p.UserID = 7 }) },
			want:   map[string]int{"removed": 2, "kept skipped": 1},
		},
		{
			name: "answers get lost", people: 3, calls: 3, faults: calls(simulator.LostAnswer, 2, 3),
			want: map[string]int{"removed": 3},
		},
		{
			name: "connection cut before", people: 3, calls: 3, faults: calls(simulator.CutBefore, 2, 3),
			want: map[string]int{"removed": 3},
		},
		{
			name: "answer garbled", people: 3, calls: 2, faults: calls(simulator.Malformed, 2),
			want: map[string]int{"removed": 3},
		},
		{
			name: "every answer lost, though done", people: 3, calls: 5, faults: calls(simulator.Status500After, 2, 3, 4, 5, 6),
			want: map[string]int{"removed": 3},
		},
		{
			name: "Procore keeps failing", people: 3, calls: 5, left: 3, faults: calls(simulator.Status500Before, 2, 3, 4, 5, 6),
			want: map[string]int{"failed kept_failing": 3},
		},
		{
			name: "Procore keeps failing, then not", people: 3, calls: 6, again: true, faults: calls(simulator.Status500Before, 2, 3, 4, 5, 6),
			want: map[string]int{"removed": 3},
		},
		{
			name: "the list fails after lost answers, and the next undo settles it", people: 3, again: true, calls: 6,
			faults: append(calls(simulator.Status500After, 2, 3, 4, 5, 6), calls(simulator.Status500Before, numbers(7, 23)...)...),
			want:   map[string]int{"removed": 3},
		},
		{
			name: "throttled", people: 3, calls: 2, faults: []simulator.Fault{{Kind: simulator.Throttle, Scope: simulator.Calls, Nth: []int{2}, Delay: 5 * time.Second}},
			want: map[string]int{"removed": 3},
		},
		{
			name: "token expired", people: 3, calls: 2, faults: calls(simulator.ExpireToken, 2),
			want: map[string]int{"removed": 3},
		},
		{
			name: "no permission", people: 3, left: 3, calls: 1, denied: []simulator.Denial{simulator.DenyWrite},
			want: map[string]int{"pending": 3}, stopped: "forbidden",
		},
		{
			name: "the people can't be listed", people: 3, left: 3, denied: []simulator.Denial{simulator.DenyList},
			want: map[string]int{"pending": 3}, stopped: "forbidden",
		},
		{
			name: "a list that lags behind what was created takes nobody for gone", people: 3, calls: 1,
			config: simulator.Config{Faults: []simulator.Fault{{Kind: simulator.ListLag, Delay: 24 * time.Hour}}},
			want:   map[string]int{"removed": 3},
		},
		{
			name: "nor does it when the answers are lost, too", people: 3, left: 3, calls: 5,
			config: simulator.Config{Faults: []simulator.Fault{{Kind: simulator.ListLag, Delay: 24 * time.Hour}}},
			faults: calls(simulator.Status500Before, 2, 3, 4, 5, 6),
			want:   map[string]int{"failed answer_lost": 3},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				removals := 0
				test.config.Windows = noLimits
				test.config.OnRequest = func(r *http.Request) {
					if strings.Contains(r.URL.Path, bulk) {
						removals++
					}
				}
				b := newBench(t, test.config)
				stranger := b.server.Add(simulator.Person{FirstName: "Ann0", LastName: "Lee0", EmployeeID: "00001"})
				path := b.crew(test.people + 1)
				r := b.run(t.Context(), path, nil)
				if r.Counts.Created != test.people {
					t.Fatalf("%d people created", r.Counts.Created)
				}
				time.Sleep(later)
				var ids []int64
				for _, row := range r.rows[1:] {
					ids = append(ids, row.Outcome.PersonID)
				}
				if test.before != nil {
					test.before(b, ids)
				}
				b.server.SetFaults(test.faults...)
				b.server.SetDenied(test.denied...)
				s := b.undo(t.Context(), r.Run, nil)
				if test.again {
					b.server.SetFaults()
					s = b.undo(t.Context(), r.Run, nil)
				}
				if diff := cmp.Diff(test.want, tally(s)); diff != "" {
					t.Errorf("what became of them (-want +got):\n%s", diff)
				}
				if got, want := b.onProject(), test.left+1; got != want {
					t.Errorf("%d people on the project, want %d", got, want)
				}
				if removals > test.calls {
					t.Errorf("%d calls, want at most %d", removals, test.calls)
				}
				code := ""
				if s.Stopped != nil {
					code = s.Stopped.Code
				}
				if code != test.stopped {
					t.Errorf("stopped by %q, want %q", code, test.stopped)
				}
				for i, p := range s.People {
					if p.PersonID == stranger || p.Row < 3 {
						t.Errorf("person %d of row %d was not created by the run", p.PersonID, p.Row)
					}
					if (p.Message == "") != (p.Status == importer.UndoRemoved || p.Status == importer.UndoPending) && p.Code != importer.CodeUndoEarlier {
						t.Errorf("%d: %+v", i, p)
					}
				}

				// Who is off the project is created anew by the same roster, and
				// nobody else is.
				b.server.SetFaults()
				b.server.SetDenied()
				time.Sleep(24 * time.Hour)
				back := b.run(t.Context(), path, nil)
				if want := test.people - test.left; back.Counts.Created != want || back.Counts.Rows() != test.people+1 || back.Counts.Existing != test.left+1 {
					t.Errorf("imported again: %+v, want %d created", back.Counts, want)
				}
				if got := b.onProject(); got != test.people+1 {
					t.Errorf("%d people on the project after importing again", got)
				}
			})
		})
	}
}

// calls is a fault that strikes the nth requests to the API.
func calls(kind simulator.FaultKind, nth ...int) []simulator.Fault {
	return []simulator.Fault{{Kind: kind, Scope: simulator.Calls, Nth: nth, Created: simulator.CreatedYes}}
}

func (b *bench) change(id int64, how func(*simulator.Person)) {
	b.t.Helper()
	people := b.server.People()
	p := people[slices.IndexFunc(people, func(p simulator.Person) bool { return p.ID == id })]
	how(&p)
	b.server.Remove(id)
	if got := b.server.Add(p); got != id {
		b.t.Fatalf("person %d became %d", id, got)
	}
}

func (b *bench) edit(id int64, after time.Duration) {
	b.t.Helper()
	b.change(id, func(p *simulator.Person) { p.Updated = p.Created.Add(after) })
}

// An undo that is cut off from Procore at its k-th request, before or after
// Procore has done it, is finished by the next one; and so is one that is
// interrupted there. (A script kills one for real.)
func TestUndoGoesOn(t *testing.T) {
	t.Parallel()
	const people = 1100 // list, remove 1,000, remove 100
	for _, how := range []string{"cut off before", "cut off after", "interrupted"} {
		for k := 1; k <= 3; k++ {
			t.Run(fmt.Sprintf("%s request %d", how, k), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t, simulator.Config{Windows: noLimits})
					r := b.run(t.Context(), b.crew(people), nil)
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					h := &halting{next: b.server.Transport(), at: k, after: how == "cut off after"}
					if how == "interrupted" {
						h.halt = cancel
					}
					first := b.undo(ctx, r.Run, func(u *importer.Undo) { u.API = b.client(u.Pace, h) })
					if how == "interrupted" && (first.Stopped != nil || tally(first)["pending"] != max(2-k, 0)*people+map[int]int{2: 100}[k]) {
						t.Errorf("interrupted: %v, stopped %v", tally(first), first.Stopped)
					}
					second := b.undo(t.Context(), r.Run, nil)
					count := tally(second)
					if got := count["removed"] + count["removed removed_before"]; got != people {
						t.Errorf("finished with %v", count)
					}
					if b.onProject() != 0 {
						t.Errorf("%d people are left", b.onProject())
					}
				})
			})
		}
	}
}

// halting is a transport that, at the k-th request, interrupts, or lets nothing
// through any more.
type halting struct {
	next  http.RoundTripper
	at    int
	after bool
	halt  func()
	seen  int
}

var errHalted = errors.New("halted")

func (h *halting) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/oauth/token") {
		return h.next.RoundTrip(r)
	}
	h.seen++
	switch {
	case h.seen < h.at:
	case h.halt != nil:
		h.halt()
	case h.seen == h.at && h.after:
		resp, err := h.next.RoundTrip(r)
		if err == nil {
			_ = resp.Body.Close()
		}
		return nil, errHalted
	default:
		return nil, errHalted
	}
	return h.next.RoundTrip(r)
}

func TestUndoDeactivates(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		faults   []simulator.Fault
		earlier  bool // taken off by an earlier undo already
		back     bool // one of them is on the project again
		want     map[string]int
		inactive int
	}{
		{name: "all at once", want: map[string]int{"removed": 1100}, inactive: 1100},
		{name: "afterwards", earlier: true, want: map[string]int{"removed removed_before": 1100}, inactive: 1100},
		{name: "but not who is back", earlier: true, back: true, want: map[string]int{"removed removed_before": 1100}, inactive: 1099},
		{name: "with lost answers", faults: calls(simulator.LostAnswer, 4, 5), want: map[string]int{"removed": 1100}, inactive: 1100},
		{
			name: "as far as Procore lets it", faults: calls(simulator.Status500Before, 4, 5, 6, 7, 8),
			want: map[string]int{"removed": 100, "removed not_deactivated": 1000}, inactive: 100,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{Windows: noLimits})
				r := b.run(t.Context(), b.crew(1100), nil)
				if test.earlier {
					b.undo(t.Context(), r.Run, nil)
				}
				if test.back {
					b.change(r.rows[7].Outcome.PersonID, func(p *simulator.Person) { p.Projects = []int64{100} })
				}
				b.server.SetFaults(test.faults...)
				s := b.undo(t.Context(), r.Run, func(u *importer.Undo) { u.Deactivate = true })
				if diff := cmp.Diff(test.want, tally(s)); diff != "" {
					t.Errorf("what became of them (-want +got):\n%s", diff)
				}
				inactive := 0
				for _, p := range b.server.People() {
					if p.Inactive {
						inactive++
					}
				}
				if inactive != test.inactive {
					t.Errorf("%d people are inactive, want %d", inactive, test.inactive)
				}
				for _, p := range s.People {
					if p.Done() != (p.Code != importer.CodeUndoNotDeactivated) {
						t.Fatalf("%+v is done: %t", p, p.Done())
					}
				}
			})
		})
	}
}

// People whom an undo took off the project and made inactive are on no list of the
// project. They come back only with --reactivate, and then onto the project.
func TestImportAfterUndoDeactivated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Windows: noLimits})
		r := b.run(t.Context(), b.crew(3), nil)
		b.undo(t.Context(), r.Run, func(u *importer.Undo) { u.Deactivate = true })
		again := b.run(t.Context(), b.crew(3), nil)
		if again.Counts.Invalid != 3 || again.rows[0].Outcome.Problems[0].Code != "inactive_person" {
			t.Errorf("%+v: %v", again.Counts, again.rows[0].Outcome.Problems)
		}
		again = b.run(t.Context(), b.crew(3), func(im *importer.Import) { im.Reactivate = true })
		for i, row := range again.rows {
			if o := row.Outcome; o.Status != outcome.Created || o.PersonID != r.rows[i].Outcome.PersonID || o.Problems[0].Code != "reactivated" {
				t.Errorf("%+v", o)
			}
		}
		for _, p := range b.server.People() {
			if p.Inactive || len(p.Projects) != 1 {
				t.Errorf("person %d: inactive %t, on projects %v", p.ID, p.Inactive, p.Projects)
			}
		}
		if n := len(b.server.People()); n != 3 {
			t.Errorf("%d people in the company", n)
		}
	})
}

// A Procore that answers a reactivation without an error and changes nothing is not
// asked for ever.
func TestReactivationChangesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Windows: noLimits})
		b.server.Add(simulator.Person{FirstName: "Ann", LastName: "Lee", Account: simulator.Account{Inactive: true}})
		r := b.run(t.Context(), b.roster("First Name,Last Name\nAnn,Lee\n"), func(im *importer.Import) {
			im.Reactivate = true
			im.API = b.client(im.Pace, idleActivation{b.server.Transport()})
		})
		if o := r.rows[0].Outcome; o.Status != outcome.Failed || o.Problems[0].Code != "refused" {
			t.Errorf("%+v", o)
		}
	})
}

// idleActivation answers every bulk_activate without changing a person.
type idleActivation struct{ next http.RoundTripper }

func (i idleActivation) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/bulk_activate") {
		return i.next.RoundTrip(r)
	}
	body := io.NopCloser(strings.NewReader(`{"data":{"ids":[]}}`))
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: body, Request: r}, nil
}

// The quota holds for an undo, too.
func TestUndoKeepsToTheQuota(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Windows: noLimits})
		r := b.run(t.Context(), b.crew(procore.MostRemoved+1), nil)
		b.server.SetWindows(simulator.Window{Length: 10 * time.Second, Limit: 2, Rolling: true})
		s := b.undo(t.Context(), r.Run, func(u *importer.Undo) { u.Deactivate = true })
		if tally(s)["removed"] != procore.MostRemoved+1 || b.server.Throttled() != 0 {
			t.Errorf("%v, throttled %d times", tally(s), b.server.Throttled())
		}
	})
}

// numbers returns the numbers from first to last.
func numbers(first, last int) []int {
	var all []int
	for n := first; n <= last; n++ {
		all = append(all, n)
	}
	return all
}

// An undo that waits for its place in the quota has no intent yet: another user can take the
// people off meanwhile, and the next undo says so.
func TestUndoIntendsNothingWhileItWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Windows: noLimits})
		r := b.run(t.Context(), b.crew(3), nil)
		b.server.SetWindows(simulator.Window{Length: time.Hour, Limit: 1}) // which the list takes
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		first := b.undo(ctx, r.Run, nil)
		if diff := cmp.Diff(map[string]int{"pending": 3}, tally(first)); diff != "" {
			t.Errorf("interrupted (-want +got):\n%s", diff)
		}
		book, err := ledger.Open(t.Context(), b.location)
		if err != nil {
			t.Fatal(err)
		}
		for attempt := range book.Attempts(t.Context(), first.Run) {
			t.Errorf("nothing was sent, and the history has %+v", attempt)
		}
		_ = book.Close()
		b.server.SetWindows()
		for _, row := range r.rows {
			b.change(row.Outcome.PersonID, func(p *simulator.Person) { p.Projects = []int64{} })
		}
		if diff := cmp.Diff(map[string]int{"kept already_gone": 3}, tally(b.undo(t.Context(), r.Run, nil))); diff != "" {
			t.Errorf("afterwards (-want +got):\n%s", diff)
		}
	})
}

// transport is a function as a transport.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// An undo that loses the ledger, and so the lock, while it waits to repeat a request sends
// nothing any more: another host may have put the people back.
func TestUndoSendsNothingWithoutLedger(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"bulk_remove", "bulk_deactivate"} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{Windows: noLimits})
				r := b.run(t.Context(), b.crew(3), nil)
				sent := 0
				s := b.undo(t.Context(), r.Run, func(u *importer.Undo) {
					u.Deactivate = true
					u.API = b.client(u.Pace, transport(func(r *http.Request) (*http.Response, error) {
						if !strings.HasSuffix(r.URL.Path, call) {
							return b.server.Transport().RoundTrip(r)
						}
						sent++
						_ = u.Ledger.Close()
						later := http.Header{"Retry-After": {"60"}}
						return &http.Response{StatusCode: http.StatusTooManyRequests, Header: later, Body: http.NoBody, Request: r}, nil
					}))
				})
				if sent != 1 || s.Stopped == nil || s.Stopped.Code != "ledger_failed" {
					t.Errorf("%d requests, stopped %v", sent, s.Stopped)
				}
			})
		})
	}
}

// While a user reads who is about to be taken off, another host undoes the run and imports
// again: the people belong to the new run then.
func TestUndoOfPeopleWhoWerePutBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Windows: noLimits})
		path := b.crew(3)
		r := b.run(t.Context(), path, nil)
		book, err := ledger.Open(t.Context(), b.location)
		if err != nil {
			t.Fatal(err)
		}
		shown, _, err := book.CreatedPeople(t.Context(), r.Run)
		if err := errors.Join(err, book.Close()); err != nil {
			t.Fatal(err)
		}
		b.undo(t.Context(), r.Run, nil)
		b.run(t.Context(), path, nil)
		s := b.undo(t.Context(), r.Run, func(u *importer.Undo) { u.People = shown })
		if diff := cmp.Diff(map[string]int{"removed removed_before": 3}, tally(s)); diff != "" {
			t.Errorf("what became of them (-want +got):\n%s", diff)
		}
		if b.onProject() != 3 {
			t.Errorf("%d people on the project", b.onProject())
		}
	})
}
