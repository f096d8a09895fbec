package importer_test

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"muster/importer"
	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/procore/simulator"
)

// hookTransport calls before or after the nth create.
type hookTransport struct {
	next    http.RoundTripper
	nth     int32
	before  func()
	after   func() error // an error takes the answer's place
	creates atomic.Int32
}

func (h *hookTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/people") || h.creates.Add(1) != h.nth {
		return h.next.RoundTrip(r)
	}
	if h.before != nil {
		h.before()
	}
	response, err := h.next.RoundTrip(r)
	if err == nil && h.after != nil {
		if err = h.after(); err != nil {
			_ = response.Body.Close()
			return nil, err
		}
	}
	return response, err
}

// A ledger that can't be written any more ends the run: no further row is sent,
// and the next run creates no person twice.
func TestLedgerFails(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection reset")
	for _, test := range []struct {
		name   string
		fault  string // of the first create
		answer error  // in the place of the third answer
		hint   string // of the third row
		people int
	}{
		{name: "after a person was created", hint: "finds the person", people: 3},
		{name: "after an answer was lost", answer: lost, hint: "finds out what happened", people: 3},
		{name: "after a refusal", fault: "throttle:nth=3", hint: "checks the project first", people: 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{Windows: noLimits})
				if test.fault != "" {
					b.server.SetFaults(faults(t, test.fault)...)
				}
				r := b.run(t.Context(), b.crew(10), func(j *importer.Import) {
					j.Workers = 1
					j.API = b.client(j.Pace, &hookTransport{next: b.server.Transport(), nth: 3, after: func() error {
						_ = j.Ledger.Close()
						return test.answer
					}})
				})
				want := map[outcome.Status]int{outcome.Created: 2, outcome.Unknown: 1, outcome.Pending: 7}
				if diff := gocmp.Diff(want, r.statuses()); diff != "" {
					t.Error(diff)
				}
				if r.Summary != nil && (r.Stopped == nil || r.Stopped.Code != "ledger_failed") {
					t.Errorf("stopped by %v", r.Stopped)
				}
				if p := r.rows[2].Outcome.Problems; len(p) != 1 || p[0].Code != "ledger_failed" || !strings.Contains(p[0].Hint, test.hint) {
					t.Errorf("row 4: %+v", p)
				}
				if got := len(b.server.People()); got != test.people {
					t.Errorf("%d people, want %d", got, test.people)
				}
				b.server.SetFaults()
				b.everyone(b.run(t.Context(), b.crew(10), nil), 10)
			})
		})
	}
}

// A ledger that fails before a request leaves all rows that are left pending, also those
// that were not looked up yet, and sends nothing.
func TestLedgerFailsBeforeTheRequest(t *testing.T) {
	t.Parallel()
	for _, rows := range []int{5, 2500} {
		t.Run(fmt.Sprint(rows, " rows"), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{Windows: noLimits})
				r := b.run(t.Context(), b.crew(rows), func(j *importer.Import) {
					j.Workers = 1
					j.OnEvent = func(e importer.Event) {
						if done, ok := e.(importer.RowDone); ok && done.Status == outcome.Created {
							_ = j.Ledger.Close()
						}
					}
				})
				want := map[outcome.Status]int{outcome.Created: 1, outcome.Pending: rows - 1}
				if diff := gocmp.Diff(want, r.statuses()); diff != "" {
					t.Error(diff)
				}
				if r.Summary != nil && (r.Stopped == nil || r.Stopped.Code != "ledger_failed") {
					t.Errorf("stopped by %v", r.Stopped)
				}
				if creates := b.server.Requests().Creates; creates != 1 {
					t.Errorf("%d creates", creates)
				}
			})
		})
	}
}

// An undo ends when the ledger can't be written, and a later undo goes on.
func TestLedgerFailsDuringUndo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Windows: noLimits})
		r := b.run(t.Context(), b.crew(3), nil)
		s := b.undo(t.Context(), r.Run, func(u *importer.Undo) {
			u.API = b.client(u.Pace, &closing{b.server.Transport(), u.Ledger})
		})
		if s.Stopped == nil || s.Stopped.Code != "ledger_failed" || b.onProject() != 3 {
			t.Errorf("stopped by %v, %d on the project", s.Stopped, b.onProject())
		}
		if b.undo(t.Context(), r.Run, nil); b.onProject() != 0 {
			t.Errorf("%d on the project after the second undo", b.onProject())
		}
	})
}

// A run of another project may send an origin ID between a row's lookup and the row's
// intent. The person is put on the project then, and not created again.
func TestOtherProjectIsFaster(t *testing.T) {
	t.Parallel()
	const text = "First Name,Last Name,Origin ID\nAnn,Lee,A-1\nBo,Li,A-2\n"
	b := newBench(t, simulator.Config{Windows: noLimits, OtherProjects: []simulator.Project{{ID: 200}}})
	other := *b
	other.scope.Project = 200
	r := b.run(t.Context(), b.roster(text), func(j *importer.Import) {
		j.Workers = 1
		j.API = b.client(j.Pace, &hookTransport{next: b.server.Transport(), nth: 1, before: func() {
			faster := other.run(t.Context(), other.roster("First Name,Last Name,Origin ID\nBo,Li,A-2\n"), func(j *importer.Import) {
				j.ResultsPath = filepath.Join(b.folder, "other.results.csv")
			})
			if faster.Counts.Created != 1 {
				t.Errorf("the other run: %+v", faster.Counts)
			}
		}})
	})
	o := r.rows[1].Outcome
	if r.Counts.Created != 2 || len(o.Problems) != 1 || o.Problems[0].Code != "attached" || len(b.server.People()) != 2 {
		t.Errorf("%+v, row 3 %+v; %d people", r.Counts, o.Problems, len(b.server.People()))
	}
}

// otherRun is a run of project 200, which holds the lock.
type otherRun struct {
	ledger *ledger.Ledger
	run    *ledger.Run
	free   func() error
}

// beginOther begins a run of project 200 on the ledger. The test's end frees the lock.
func (b *bench) beginOther(t *testing.T) *otherRun {
	t.Helper()
	book, err := ledger.Open(t.Context(), b.location)
	if err != nil {
		t.Fatal(err)
	}
	there := ledger.Scope{API: b.scope.API, Company: 1, Project: 200}
	free, err := book.Lock(t.Context(), there)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = free(), book.Close() })
	run, err := book.Begin(t.Context(), ledger.Run{Scope: there, Command: "import"})
	if err != nil {
		t.Fatal(err)
	}
	return &otherRun{book, run, free}
}

// send records that a request for an origin ID is about to leave.
func (o *otherRun) send(t *testing.T, origin string) ledger.Intent {
	t.Helper()
	key := o.ledger.Key(o.run.API, "1", "o\x00"+strings.ReplaceAll(origin, "-", ""))
	intent, err := o.ledger.Intend(t.Context(), o.run, ledger.Request{Key: key, Row: 2})
	if err != nil {
		t.Error(err)
	}
	return intent
}

// release frees the lock: the run is gone.
func (o *otherRun) release(t *testing.T) {
	t.Helper()
	if err := o.free(); err != nil {
		t.Fatal(err)
	}
}

// A row whose origin ID a run of another project has sent stays unknown while that
// project's run holds the lock, or while that project can't be listed.
func TestOtherProjectCannotBeSettled(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		lock bool
	}{{"locked", true}, {"not listed", false}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{Windows: noLimits, OtherProjects: []simulator.Project{{ID: 200}}})
				other := b.beginOther(t)
				other.send(t, "a-1")
				if !test.lock {
					other.release(t)
				}
				r := b.run(t.Context(), b.roster("First Name,Last Name,Origin ID\nAnn,Lee,A-1\nBo,Li,A-2\n"), func(j *importer.Import) {
					if !test.lock {
						j.API = b.client(j.Pace, forbidden{b.server.Transport(), "/projects/200/people"})
					}
				})
				o := r.rows[0].Outcome
				if o.Status != outcome.Unknown || len(o.Problems) != 1 || o.Problems[0].Code != "sent_elsewhere" || !strings.Contains(o.Problems[0].Message, "200") {
					t.Errorf("%s %+v, want unknown with the project's number", o.Status, o.Problems)
				}
				if o := r.rows[1].Outcome; o.Status != outcome.Created {
					t.Errorf("the other row is %s", o.Status)
				}
			})
		})
	}
}

// A row whose origin ID another project's run has just sent goes on once that run has
// recorded the answer, and does not wait for a listing.
func TestOtherProjectAnswersSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Windows: noLimits, OtherProjects: []simulator.Project{{ID: 200}}})
		other := b.beginOther(t)
		intent := other.send(t, "a-1")
		id := b.server.Add(simulator.Person{FirstName: "Ann", LastName: "Lee", OriginID: "A-1", Projects: []int64{200}})
		time.AfterFunc(time.Second, func() {
			if err := other.ledger.Record(t.Context(), intent, ledger.Result{State: ledger.Created, PersonID: id, Status: outcome.Created}); err != nil {
				t.Error(err)
			}
		})
		begin := time.Now()
		r := b.run(t.Context(), b.roster("First Name,Last Name,Origin ID\nAnn,Lee,A-1\n"), nil)
		if took := time.Since(begin); took > 10*time.Second {
			t.Errorf("the run took %v", took)
		}
		if o := r.rows[0].Outcome; o.PersonID != id || len(o.Problems) != 1 || o.Problems[0].Code != "attached" || len(b.server.People()) != 1 {
			t.Errorf("%s %+v; %d people", o.Status, o.Problems, len(b.server.People()))
		}
	})
}

// closing closes the ledger at the first request.
type closing struct {
	next http.RoundTripper
	book *ledger.Ledger
}

func (c *closing) RoundTrip(r *http.Request) (*http.Response, error) {
	_ = c.book.Close()
	return c.next.RoundTrip(r)
}

// forbidden refuses the requests whose path ends in suffix.
type forbidden struct {
	next   http.RoundTripper
	suffix string
}

func (f forbidden) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, f.suffix) {
		return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	}
	return f.next.RoundTrip(r)
}
