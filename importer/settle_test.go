package importer_test

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"muster/importer"
	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/procore/simulator"
	"muster/importer/results"
)

// kill is a kill of a run at its nth create: what the ledger's files hold at
// that moment is what the next run finds, and the killed one reaches nobody any
// more. Requests that are under way go on in the server.
type kill struct {
	create int
	after  time.Duration // how long after the request has left; 0: before
	answer bool          // not before its answer is there
}

// runKilled imports the roster until k.
func (b *bench) runKilled(path string, k kill, change func(*importer.Import)) {
	b.t.Helper()
	if _, killed := b.runUntil(path, k, change); !killed {
		b.t.Fatalf("the run ended before its create %d", k.create)
	}
}

// runUntil imports the roster until k, unless the run ends before. In virtual
// time the kill takes no time.
func (b *bench) runUntil(path string, k kill, change func(*importer.Import)) (r ran, killed bool) {
	b.t.Helper()
	ctx, stop := context.WithCancel(b.t.Context())
	defer stop()
	m := &mortal{next: b.server.Transport(), kill: k, dead: make(chan struct{}), stop: stop, snapshot: b.snapshot}
	r = b.run(ctx, path, func(j *importer.Import) {
		if change != nil {
			change(j)
		}
		j.API = b.client(j.Pace, m)
	})
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.killed {
		b.restore()
	}
	return r, m.killed
}

// mortal is the connection of a process that is killed.
type mortal struct {
	next     http.RoundTripper
	kill     kill
	snapshot func()
	stop     context.CancelFunc
	dead     chan struct{}

	mu      sync.Mutex
	creates int
	killed  bool
}

func (m *mortal) RoundTrip(req *http.Request) (*http.Response, error) {
	mine, dead := m.pass(req)
	if dead {
		return nil, context.Canceled
	}
	if mine && m.kill.after == 0 && !m.kill.answer {
		m.die()
		return nil, context.Canceled
	}
	if mine && m.kill.after > 0 {
		defer time.AfterFunc(m.kill.after, m.die).Stop()
	}
	ctx, cancel := context.WithCancel(req.Context())
	context.AfterFunc(req.Context(), cancel)
	go func() {
		select {
		case <-m.dead:
			cancel()
		case <-ctx.Done():
		}
	}()
	resp, err := m.next.RoundTrip(req.WithContext(ctx))
	if mine && m.kill.answer {
		m.die()
	}
	select {
	case <-m.dead:
		if err == nil {
			_ = resp.Body.Close() // nobody is left to read it
		}
		return nil, context.Canceled
	default:
		return resp, err
	}
}

// pass counts a request, and reports whether it is the one to be killed at, or
// too late. While the ledger's files are kept, nothing passes: a process that is
// gone sends nothing that its ledger does not know of.
func (m *mortal) pass(req *http.Request) (mine, dead bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.killed {
		return false, true
	}
	if req.Method != http.MethodPost || !strings.HasSuffix(req.URL.Path, "/people") {
		return false, false
	}
	m.creates++
	return m.creates == m.kill.create, false
}

func (m *mortal) die() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.killed {
		m.killed = true
		m.snapshot()
		close(m.dead)
		m.stop()
	}
}

func faults(t *testing.T, texts ...string) []simulator.Fault {
	t.Helper()
	var all []simulator.Fault
	for _, text := range texts {
		f, err := simulator.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	return all
}

// everyone fails unless the crew of n is there, each once, and all rows are
// paired (b.run has held them against the people).
func (b *bench) everyone(r ran, n int) {
	b.t.Helper()
	time.Sleep(2 * time.Minute) // what Procore has under way comes to its end
	b.once()
	if got := len(b.server.People()); got != n {
		b.t.Errorf("%d people, want %d", got, n)
	}
	b.distinct(r.rows)
	for _, row := range r.rows {
		if !row.Outcome.Status.HasPerson() {
			b.t.Errorf("row %d is %s: %v", row.Outcome.Row, row.Outcome.Status, row.Outcome.Problems)
		}
	}
}

// A lost answer is settled by what the list shows, once the request can't come
// to effect any more: nobody is sent twice who came to be in the end.
func TestLostAnswersAreSettled(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		faults []string
		again  bool // some must be sent again, since nothing came of them
	}{
		{"created at once", []string{"lost-answer:every=3"}, false},
		{"created 50 s after the connection was cut", []string{"late-commit:every=3:delay=50s"}, false},
		{"created 50 s after the client gave up waiting", []string{"late-commit:every=3:delay=110s:hang"}, false},
		{"created, and the list lags behind", []string{"list-lag:30s", "lost-answer:every=3"}, false},
		{"created late, and the list lags behind", []string{"list-lag:20s", "late-commit:every=3:delay=30s"}, false},
		{"never created", []string{"cut-before:every=3"}, true},
		{"created or not", []string{"bad-gateway:every=3"}, true},
		{"created, and the first list fails", []string{"lost-answer:every=3", "list-failure:nth=3"}, false},
		{"never created, and the first list fails", []string{"cut-before:every=3", "list-failure:nth=3+4"}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{Windows: noLimits, Faults: faults(t, test.faults...), Seed: 3})
				r := b.run(t.Context(), b.crew(30), nil)
				if diff := gocmp.Diff(map[outcome.Status]int{outcome.Created: 30}, r.statuses()); diff != "" {
					t.Error(diff)
				}
				b.everyone(r, 30)
				if sent := b.server.Requests().Creates; (sent > 30) != test.again {
					t.Errorf("%d creates for 30 people", sent)
				}
			})
		})
	}
}

// What Procore keeps doing to a row ends the row or the run, and never creates
// anybody twice.
func TestNothingIsTriedForEver(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault  string
		status outcome.Status
		code   string // of the rows
		stop   string
		people int
	}{
		{"cut-before", outcome.Failed, "kept_failing", "", 0},
		{"500-before", outcome.Failed, "kept_failing", "", 0},
		{"request-timeout:created=no", outcome.Failed, "kept_failing", "", 0},
		{"500-after", outcome.Created, "", "", 3},
		{"malformed", outcome.Created, "", "", 3},
		{"throttle", outcome.Failed, "throttled", "", 0},
		{"unavailable", outcome.Failed, "throttled", "", 0},
		{"expire-token", outcome.Pending, "unauthorized", "unauthorized", 0},
	} {
		t.Run(test.fault, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{Windows: noLimits, Faults: faults(t, test.fault)})
				r := b.run(t.Context(), b.crew(3), nil)
				for _, row := range r.rows {
					code := ""
					if len(row.Outcome.Problems) > 0 {
						code = row.Outcome.Problems[0].Code
					}
					if row.Outcome.Status != test.status || code != test.code {
						t.Errorf("row %d is %s (%s), want %s (%s)", row.Outcome.Row, row.Outcome.Status, code, test.status, test.code)
					}
				}
				stop := ""
				if r.Stopped != nil {
					stop = r.Stopped.Code
				}
				if stop != test.stop {
					t.Errorf("stopped: %q, want %q", stop, test.stop)
				}
				b.once()
				if got := len(b.server.People()); got != test.people {
					t.Errorf("%d people, want %d", got, test.people)
				}
			})
		})
	}
}

// Rows in doubt hold nobody up, and one listing serves them all.
func TestDoubtsShareListings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{
			Windows: noLimits,
			Faults:  append(faults(t, "latency:1s", "lost-answer:every=2"), simulator.Fault{Kind: simulator.Latency, Scope: simulator.Lists, Delay: time.Second}),
		})
		began := time.Now()
		early := 0
		r := b.run(t.Context(), b.crew(300), func(j *importer.Import) {
			j.OnEvent = func(e importer.Event) {
				if _, done := e.(importer.RowDone); done && time.Since(began) < 45*time.Second { // 300 requests of 1 s, 8 at a time
					early++
				}
			}
		})
		b.everyone(r, 300)
		if early != 150 {
			t.Errorf("%d rows were done before the first listing could settle any; 150 had their answers", early)
		}
		// 2 before the first row; then the doubts of 38 s, which a listing each
		// quarter of a minute serves.
		if lists := b.server.Requests().Lists; lists > 2+5 {
			t.Errorf("%d listings for 150 rows in doubt", lists)
		}
		if sent := b.server.Requests().Creates; sent != 300 {
			t.Errorf("%d creates for 300 people", sent)
		}
	})
}

// Who waits is told for how many rows, and until when.
func TestDoubtsAreTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Windows: noLimits, Faults: faults(t, "lost-answer:nth=2")})
		began := time.Now()
		type told struct {
			rows int
			in   time.Duration
		}
		var got []told
		b.everyone(b.run(t.Context(), b.crew(3), func(j *importer.Import) {
			j.SettleAfter = 40 * time.Second
			j.OnEvent = func(e importer.Event) {
				unsettled, ok := e.(importer.Unsettled)
				if !ok {
					return
				}
				in := time.Duration(0)
				if unsettled.Rows > 0 {
					in = unsettled.Until.Sub(began).Round(time.Second)
				}
				got = append(got, told{unsettled.Rows, in})
			}
		}), 3)
		if diff := gocmp.Diff([]told{{1, 40 * time.Second}, {0, 0}}, got, gocmp.AllowUnexported(told{})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// Without a list nobody knows: the rows are unknown, and not sent again before
// a later run has seen a list.
func TestListFailsForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b *bench
		b = newBench(t, simulator.Config{Windows: noLimits, OnCreate: func(n int, stored bool) {
			if n == 20 && stored {
				b.server.SetFaults(faults(t, "lost-answer:nth=1+2+3", "cut-before:nth=4+5", "list-failure")...)
			}
		}})
		path := b.crew(40)
		one := func(j *importer.Import) { j.Workers = 1 }
		r := b.run(t.Context(), path, one)
		if diff := gocmp.Diff(map[outcome.Status]int{outcome.Created: 35, outcome.Unknown: 5}, r.statuses()); diff != "" {
			t.Error(diff)
		}
		for _, row := range r.rows {
			if o := row.Outcome; o.Status == outcome.Unknown && (o.PersonID != 0 || len(o.Problems) != 1 || o.Problems[0].Hint == "") {
				t.Errorf("the unknown row %d says %+v", o.Row, o)
			}
		}
		if sent := b.server.Requests().Creates; sent != 40 {
			t.Errorf("%d creates of 40: a row in doubt was sent again", sent)
		}
		r = b.run(t.Context(), path, one)
		if sent := b.server.Requests().Creates; sent != 40 {
			t.Errorf("without a list %d creates of 40: a row in doubt was sent again", sent)
		}
		if got := r.statuses(); got[outcome.Unknown] != 5 || got[outcome.Existing] != 35 {
			t.Errorf("without a list: %v", got)
		}
		b.server.SetFaults()
		r = b.run(t.Context(), path, one)
		if diff := gocmp.Diff(map[outcome.Status]int{outcome.Created: 2, outcome.Existing: 38}, r.statuses()); diff != "" {
			t.Errorf("with a list again: %s", diff)
		}
		b.everyone(r, 40)
	})
}

// What happens to a row in doubt while it waits for the list.
func TestMeanwhile(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault string
		row   string
		added []simulator.Person // meanwhile, by hand
		want  outcome.Status
		code  string
		who   string // last name and employee ID of the row's person
		sent  int
		total int // people in the end
	}{
		{
			name: "somebody else gets the employee ID", fault: "cut-before", row: "Ann,Lee,100,",
			added: []simulator.Person{{FirstName: "Bo", LastName: "Li", EmployeeID: "100"}},
			want:  outcome.Invalid, code: "id_conflict", sent: 1, total: 1,
		},
		{
			name: "somebody else gets the origin ID", fault: "cut-before", row: "Ann,Lee,,HR-1",
			added: []simulator.Person{{FirstName: "Bo", LastName: "Li", OriginID: "HR-1"}},
			want:  outcome.Invalid, code: "id_conflict", sent: 1, total: 1,
		},
		{
			name: "the person is added with the employee ID", fault: "cut-before", row: "Ann,Lee,100,",
			added: []simulator.Person{{FirstName: "Ann", LastName: "Lee", EmployeeID: "100"}},
			want:  outcome.Created, who: "Lee 100", sent: 1, total: 1,
		},
		{
			name: "the person is added, known by the name alone", fault: "cut-before", row: "Ann,Lee,,",
			added: []simulator.Person{{FirstName: "Ann", LastName: "Lee"}},
			want:  outcome.Created, who: "Lee ", sent: 1, total: 1,
		},
		{
			name: "the person is added without the row's employee ID", fault: "cut-before", row: "Ann,Lee,100,",
			added: []simulator.Person{{FirstName: "Ann", LastName: "Lee"}},
			want:  outcome.Existing, code: "name_only", who: "Lee ", sent: 1, total: 1,
		},
		{
			name: "the person is there, with an employee ID without its zeros", fault: "cut-before", row: "Ann,Lee,00100,",
			added: []simulator.Person{{FirstName: "Ann", LastName: "Lee", EmployeeID: "100"}},
			want:  outcome.Created, who: "Lee 100", sent: 1, total: 1,
		},
		{
			name: "a namesake with another employee ID is added", fault: "cut-before", row: "Ann,Lee,100,",
			added: []simulator.Person{{FirstName: "Ann", LastName: "Lee", EmployeeID: "7"}},
			want:  outcome.Created, who: "Lee 100", sent: 2, total: 2,
		},
		{
			name: "the person is added as well, and created 50 s later", fault: "late-commit:delay=50s", row: "Ann,Lee,,",
			added: []simulator.Person{{FirstName: "Ann", LastName: "Lee"}},
			want:  outcome.Unknown, code: "answer_lost", sent: 1, total: 2,
		},
		{
			name: "the person is added twice under the employee ID", fault: "cut-before", row: "Ann,Lee,100,",
			added: []simulator.Person{{FirstName: "Ann", LastName: "Lee", EmployeeID: "100"}, {FirstName: "Ann", LastName: "Lee", EmployeeID: "100"}},
			want:  outcome.Unknown, code: "answer_lost", sent: 1, total: 2,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{Windows: noLimits, Faults: faults(t, test.fault+":nth=1")})
				var added []int64
				timer := time.AfterFunc(10*time.Second, func() {
					for _, p := range test.added {
						added = append(added, b.server.Add(p))
					}
				})
				defer timer.Stop()
				path := b.roster("First Name,Last Name,Employee ID,External ID\n" + test.row + "\n")
				o := b.run(t.Context(), path, nil).rows[0].Outcome
				code := ""
				if len(o.Problems) > 0 {
					code = o.Problems[0].Code
				}
				if o.Status != test.want || code != test.code {
					t.Fatalf("%s (%s), want %s (%s): %v", o.Status, code, test.want, test.code, o.Problems)
				}
				if o.Status.HasPerson() {
					i := slices.IndexFunc(b.server.People(), func(p simulator.Person) bool { return p.ID == o.PersonID })
					if i < 0 {
						t.Fatalf("there is no person %d", o.PersonID)
					}
					if p := b.server.People()[i]; p.LastName+" "+p.EmployeeID != test.who {
						t.Errorf("paired with %s %s, want %s", p.LastName, p.EmployeeID, test.who)
					}
				}
				if o.Status == outcome.Unknown {
					for _, p := range b.server.People() {
						if !strings.Contains(o.Problems[0].Message+o.Problems[0].Hint, strconv.FormatInt(p.ID, 10)) {
							t.Errorf("%v does not name the candidate %d", o.Problems, p.ID)
						}
					}
				}
				if sent, total := b.server.Requests().Creates, len(b.server.People()); sent != test.sent || total != test.total {
					t.Errorf("%d creates and %d people, want %d and %d", sent, total, test.sent, test.total)
				}
				// The next run changes nothing: it creates nobody, and says the same of the row.
				sent := b.server.Requests().Creates
				again := b.run(t.Context(), path, nil).rows[0].Outcome
				want := cmp.Or(map[outcome.Status]outcome.Status{outcome.Created: outcome.Existing}[test.want], test.want)
				if again.Status != want || again.PersonID != o.PersonID || b.server.Requests().Creates != sent {
					t.Errorf("the next run: %s %d, want %s %d", again.Status, again.PersonID, want, o.PersonID)
				}
			})
		})
	}
}

// As many people of a name as there are rows, whatever is lost.
func TestNamesakesInDoubt(t *testing.T) {
	t.Parallel()
	const rows = 6
	for _, fault := range []string{
		"lost-answer:every=2", "cut-before:every=2", "bad-gateway:50%", "late-commit:every=2:delay=50s",
		"lost-answer:nth=1+2+3+4+5+6", "cut-before:nth=1+2+3+4+5+6", "request-timeout:nth=2+5",
		"latency:20s:jitter=30s lost-answer:nth=1+2", "latency:20s:jitter=30s cut-before:nth=2+3",
	} {
		for before := range 3 {
			t.Run(fmt.Sprintf("%s, %d there before", fault, before), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t, simulator.Config{Windows: noLimits, Faults: faults(t, strings.Fields(fault)...), Seed: 5})
					for range before {
						b.server.Add(simulator.Person{FirstName: "Ann", LastName: "Lee"})
					}
					path := b.roster("First Name,Last Name\n" + strings.Repeat("Ann,Lee\n", rows))
					set := func(j *importer.Import) { j.AllowNamesakes = true }
					var r ran
					for range 4 {
						r = b.run(t.Context(), path, set)
						if got := len(b.server.People()); got > rows {
							t.Fatalf("%d people of a name that %d rows have", got, rows)
						}
						if r.Counts.Exit() == 0 {
							break
						}
						b.server.SetFaults()
					}
					b.distinct(r.rows)
					if people := len(b.server.People()); r.Counts.Exit() != 0 || people != rows {
						t.Errorf("%d people for %d rows: %+v", people, rows, r.Counts)
					}
				})
			})
		}
	}
}

// Whoever has the ID of a row is that row's, and not a namesake's without one.
func TestNamesakesBesideIDs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		fault  string
		before bool // the one with the ID is in the project already
		forget bool // the ledger, before a second run
		first  bool // the one without an ID comes in a run before
		apart  bool // they are known to be two people
		people int
		code   string // of one of the rows
	}{
		{name: "there before", before: true, apart: true, people: 2},
		{name: "the ledger is gone", forget: true, apart: true, people: 2},
		{name: "not created", fault: "cut-before:nth=2", apart: true, people: 2},
		{name: "created, and the answer lost", fault: "lost-answer:nth=2", apart: true, people: 2},
		{name: "the other one was first", first: true, apart: true, people: 2},
		{name: "the other one was first, not created", first: true, fault: "cut-before:nth=2", apart: true, people: 2},
		{name: "the other one was first, created, and the answer lost", first: true, fault: "lost-answer:nth=2", apart: true, people: 2},
		{name: "not told apart, the other one was first", first: true, people: 1, code: "duplicate_row"},
		{name: "not told apart, there before", before: true, people: 1, code: "duplicate_row"},
		{name: "not told apart, not created", fault: "cut-before:nth=2", people: 1, code: "duplicate_row"},
		{name: "not told apart, created, and the answer lost", fault: "lost-answer:nth=2", people: 1, code: "duplicate_row"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{Windows: noLimits})
				if test.fault != "" {
					b.server.SetFaults(faults(t, test.fault)...)
				}
				if test.before {
					b.server.Add(simulator.Person{FirstName: "Ann", LastName: "Lee", EmployeeID: "5", Projects: []int64{100}})
				}
				path := b.roster("First Name,Last Name,Employee ID\nAnn,Lee,5\nAnn,Lee,\n")
				set := func(j *importer.Import) { j.AllowNamesakes, j.Workers = test.apart, 1 }
				if test.first {
					b.run(t.Context(), b.roster("First Name,Last Name,Employee ID\nAnn,Lee,\n"), set)
					path = b.roster("First Name,Last Name,Employee ID\nAnn,Lee,5\nAnn,Lee,\n")
				}
				r := b.run(t.Context(), path, set)
				if test.forget {
					b.forget()
					r = b.run(t.Context(), path, set)
				}
				if test.people == 2 {
					b.distinct(r.rows)
				}
				code := ""
				for _, row := range r.rows {
					for _, p := range row.Outcome.Problems {
						if p.Code != "created_before" {
							code = p.Code
						}
					}
				}
				if got := len(b.server.People()); got != test.people || code != test.code || r.Counts.Exit() != 2-test.people {
					t.Errorf("%d people, %q, want %d, %q: %+v", got, code, test.people, test.code, r.Counts)
				}
			})
		})
	}
}

// Which request of a name has made whom is not known after a kill, and all the
// same: as many are made as there are rows.
func TestNamesakesOfAKilledRun(t *testing.T) {
	t.Parallel()
	const rows = 6
	for before := range 3 {
		for k := 1; k <= rows-before; k++ {
			for _, answer := range []bool{false, true} {
				t.Run(fmt.Sprintf("create %d, answered %t, %d there before", k, answer, before), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						b := newBench(t, simulator.Config{Windows: noLimits, Faults: faults(t, "latency:1s:jitter=2s"), Seed: uint64(k)})
						for range before {
							b.server.Add(simulator.Person{FirstName: "Ann", LastName: "Lee"})
						}
						path := b.roster("First Name,Last Name\n" + strings.Repeat("Ann,Lee\n", rows))
						set := func(j *importer.Import) { j.AllowNamesakes, j.Workers = true, 3 }
						b.runKilled(path, kill{create: k, answer: answer}, set)
						b.run(t.Context(), path, set)
						r := b.run(t.Context(), path, set)
						b.distinct(r.rows)
						if people := len(b.server.People()); r.Counts.Exit() != 0 || people != rows {
							t.Errorf("%d people for %d rows: %+v", people, rows, r.Counts)
						}
					})
				})
			}
		}
	}
}

// A namesake in the middle whom Procore refused is not one of the others.
func TestRefusedNamesakeIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Windows: noLimits})
		path := b.roster("First Name,Last Name,Job Title\nAnn,Lee,Mason\nAnn,Lee,Laborer\nAnn,Lee,Mason\n")
		set := func(j *importer.Import) { j.AllowNamesakes = true }
		r := b.run(t.Context(), path, func(j *importer.Import) {
			set(j)
			j.API = b.client(j.Pace, refusing{b.server.Transport(), "Laborer"})
		})
		if diff := gocmp.Diff(map[outcome.Status]int{outcome.Created: 2, outcome.Failed: 1}, r.statuses()); diff != "" {
			t.Fatal(diff)
		}
		r = b.run(t.Context(), path, set)
		b.distinct(r.rows)
		if people := len(b.server.People()); people != 3 || r.Counts.Exit() != 0 {
			t.Errorf("%d people for 3 rows: %+v", people, r.Counts)
		}
		// Without the row that was refused at first there are still enough of the name.
		r = b.run(t.Context(), b.roster("First Name,Last Name,Job Title\nAnn,Lee,Mason\n"), set)
		if people := len(b.server.People()); people != 3 || r.Counts.Existing != 1 {
			t.Errorf("%d people: %+v", people, r.Counts)
		}
	})
}

// refusing is a Procore that does not like a word.
type refusing struct {
	next http.RoundTripper
	word string
}

func (f refusing) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		if req.Method == http.MethodPost && strings.Contains(string(body), f.word) {
			return &http.Response{
				StatusCode: http.StatusUnprocessableEntity, Header: http.Header{"Content-Type": {"application/json"}},
				Body: io.NopCloser(strings.NewReader(`{"errors":{"base":["no"]}}`)), Request: req,
			}, nil
		}
		req = req.Clone(req.Context())
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	return f.next.RoundTrip(req)
}

// distinct fails if two rows are one person.
func (b *bench) distinct(rows []results.Row) {
	b.t.Helper()
	seen := map[int64]int{}
	for _, row := range rows {
		if id := row.Outcome.PersonID; id != 0 {
			if other, ok := seen[id]; ok {
				b.t.Errorf("rows %d and %d are both person %d", other, row.Outcome.Row, id)
			}
			seen[id] = row.Outcome.Row
		}
	}
}

// What a killed run left in doubt is settled before it is sent again, by the
// same rule as within a run.
func TestKilledRunIsSettled(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		faults []string
		kill   kill
		pause  time.Duration // before the next run
		sent   int           // creates of both runs
	}{
		{"before the request left", nil, kill{create: 3}, 0, 6},
		{"before the request left, an hour ago", nil, kill{create: 3}, time.Hour, 6},
		{"when the answer was there", nil, kill{create: 6, answer: true}, 0, 6},
		{"and created 50 s later", []string{"late-commit:nth=3:delay=50s:hang"}, kill{create: 3, after: time.Second}, 0, 6},
		{"and created 50 s later, the next run comes after 30 s", []string{"late-commit:nth=3:delay=50s:hang"}, kill{create: 3, after: time.Second}, 30 * time.Second, 6},
		{"and the list lags behind", []string{"list-lag:30s"}, kill{create: 3, answer: true}, 0, 6},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{Windows: noLimits, Faults: faults(t, test.faults...)})
				path := b.crew(6)
				one := func(j *importer.Import) { j.Workers = 1 }
				b.runKilled(path, test.kill, one)
				time.Sleep(test.pause)
				began := time.Now()
				r := b.run(t.Context(), path, one)
				took := time.Since(began)
				b.everyone(r, 6)
				if took < time.Minute {
					t.Errorf("the next run took %s", took)
				}
				if test.kill.after == 0 && !test.kill.answer {
					return // whether it left is the kill's own business
				}
				if sent := b.server.Requests().Creates; sent != test.sent {
					t.Errorf("%d creates for 6 people", sent)
				}
			})
		})
	}
}

// A request may leave long after its intent was written, when those before it
// hang. A kill then leaves an old intent of a young request.
func TestKilledBehindHangingRequests(t *testing.T) {
	t.Parallel()
	for _, rows := range []int{4, 6, 12} {
		t.Run(fmt.Sprint(rows, " rows"), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{
					Windows: []simulator.Window{{Length: time.Hour, Limit: 3600}},
					Faults:  faults(t, "late-commit:delay=50s:hang"),
				})
				path := b.crew(rows)
				one := func(j *importer.Import) { j.Workers = 1 }
				b.runKilled(path, kill{create: rows - 1, after: time.Second}, one)
				b.server.SetFaults()
				b.everyone(b.run(t.Context(), path, one), rows)
			})
		})
	}
}

// A row in doubt whose key has changed since is found all the same: the list is
// not begun before the request under the old key can't come to effect any more.
func TestKilledAndGivenAnotherKey(t *testing.T) {
	t.Parallel()
	late, never := kill{create: 1, after: time.Second}, kill{create: 1}
	tests := []struct {
		name    string
		kill    kill
		roster  string // of the next run
		pause   time.Duration
		waits   bool
		status  outcome.Status
		code    string
		created int
	}{
		{name: "an employee ID", kill: late, roster: "Ann,Lee,5,\n", waits: true, status: outcome.Existing, code: "name_only", created: 1},
		{name: "an origin ID", kill: late, roster: "Ann,Lee,,HR-1\n", waits: true, status: outcome.Existing, code: "name_only", created: 1},
		{name: "an employee ID, and nobody was created", kill: never, roster: "Ann,Lee,5,\n", waits: true, status: outcome.Created, created: 1},
		{name: "an employee ID, an hour later", kill: late, roster: "Ann,Lee,5,\n", pause: time.Hour, waits: true, status: outcome.Existing, code: "name_only", created: 1},
		{name: "none, and other rows wait as well", kill: never, roster: "Bo,Li,6,\nAnn,Lee,,\n", waits: true, status: outcome.Created, created: 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const head = "First Name,Last Name,Employee ID,External ID\n"
				b := newBench(t, simulator.Config{Windows: noLimits, Faults: faults(t, "late-commit:nth=1:delay=50s:hang")})
				b.runKilled(b.roster(head+"Ann,Lee,,\n"), test.kill, nil)
				if test.kill == never {
					b.server.SetFaults()
				}
				time.Sleep(test.pause)
				began := time.Now()
				var done atomic.Int64
				var told []int
				r := b.run(t.Context(), b.roster(head+test.roster), func(j *importer.Import) {
					j.OnEvent = func(e importer.Event) {
						switch e := e.(type) {
						case importer.RowDone:
							done.CompareAndSwap(0, int64(time.Since(began)+1))
						case importer.Unsettled:
							told = append(told, e.Rows)
						}
					}
				})
				first := time.Duration(done.Load())
				if waited := first >= time.Minute; waited != test.waits || waited && !slices.Equal(told, []int{1, 0}) {
					t.Errorf("the first row was done with after %s; doubts that were told: %v", first, told)
				}
				time.Sleep(2 * time.Minute)
				o := r.rows[0].Outcome
				code := ""
				if len(o.Problems) > 0 {
					code = o.Problems[0].Code
				}
				if got := len(b.server.People()); got != test.created || o.Status != test.status || code != test.code {
					t.Errorf("%d people, %s (%s), want %d, %s (%s)", got, o.Status, code, test.created, test.status, test.code)
				}
			})
		})
	}
}

// A person whom an earlier run created a moment ago need not be listed yet. The ledger
// knows the person by the name. A row that has another name and the same ID since waits for
// a listing that shows the person.
func TestKeyChangesWhileListingsLag(t *testing.T) {
	t.Parallel()
	const head = "First Name,Last Name,Employee ID,External ID\n"
	tests := []struct {
		name          string
		first, second string
		pause         time.Duration
		created       int
		waits         bool
	}{
		{name: "gets an employee ID", first: "Ann,Lee,,\n", second: "Ann,Lee,5,\n", created: 1},
		{name: "gets an origin ID", first: "Ann,Lee,,\n", second: "Ann,Lee,,HR-1\n", created: 1},
		{name: "loses an employee ID", first: "Ann,Lee,5,\n", second: "Ann,Lee,,\n", created: 1},
		{name: "loses an origin ID", first: "Ann,Lee,,HR-1\n", second: "Ann,Lee,,\n", created: 1},
		{name: "gets an origin ID beside the employee ID", first: "Ann,Lee,5,\n", second: "Ann,Lee,5,HR-1\n", created: 1},
		{name: "gets an ID long after", first: "Ann,Lee,,\n", second: "Ann,Lee,5,\n", pause: time.Hour, created: 1},
		{name: "gets another first name", first: "Ann,Lee,5,\n", second: "Annie,Lee,5,\n", created: 1, waits: true},
		{name: "is another person", first: "Ann,Lee,,\n", second: "Bo,Lee,,\n", created: 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{Windows: noLimits, Faults: faults(t, "list-lag:30s")})
				b.run(t.Context(), b.roster(head+test.first), nil)
				time.Sleep(test.pause)
				began := time.Now()
				b.run(t.Context(), b.roster(head+test.second), nil)
				if took := time.Since(began); (took > 30*time.Second) != test.waits {
					t.Errorf("the second run took %s", took)
				}
				if got := len(b.server.People()); got != test.created {
					t.Errorf("%d people, want %d", got, test.created)
				}
			})
		})
	}
}

// People whom an undo has removed are created again at once: no listing can lag
// behind a person who is off the project.
func TestImportRightAfterAnUndo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Windows: noLimits})
		path := b.crew(5)
		r := b.run(t.Context(), path, nil)
		b.undo(t.Context(), r.Run, nil)
		began := time.Now()
		r = b.run(t.Context(), path, nil)
		if took := time.Since(began); took > 30*time.Second || r.Counts.Created != 5 || b.onProject() != 5 {
			t.Errorf("%+v after %s, %d people on the project", r.Counts, took, b.onProject())
		}
	})
}

// An open intent whose origin ID belongs to a person of another name created
// nobody: Procore refused it.
func TestOpenIntentOfAnIDThatIsAnothersIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const head = "First Name,Last Name,External ID\n"
		b := newBench(t, simulator.Config{Windows: noLimits, Faults: faults(t, "cut-before:nth=1")})
		b.runKilled(b.roster(head+"Ann,Lee,HR-1\n"), kill{create: 1}, nil)
		b.server.SetFaults()
		b.server.Add(simulator.Person{FirstName: "Zed", LastName: "Zorn", OriginID: "HR-1"})
		b.run(t.Context(), b.roster(head+"Bo,Li,HR-2\n"), nil) // settles the open intent
		r := b.run(t.Context(), b.roster(head+"Ann,Lee,HR-1\n"), nil)
		if o := r.rows[0].Outcome; o.Status != outcome.Invalid || o.Problems[0].Code != "id_conflict" {
			t.Errorf("%s %v, want invalid: the ID is Zed Zorn's", o.Status, o.Problems)
		}
	})
}

// lockingTransport locks the ledger for a while when the first listing is
// answered, so that the first intent takes that long to be durable.
type lockingTransport struct {
	http.RoundTripper
	t    *testing.T
	path string
	once sync.Once
	done sync.WaitGroup
}

func (l *lockingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := l.RoundTripper.RoundTrip(r)
	if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/people") {
		l.once.Do(func() {
			db, err := sql.Open("sqlite", l.path)
			if err == nil {
				db.SetMaxOpenConns(1)
				_, err = db.Exec("BEGIN IMMEDIATE")
			}
			if err != nil {
				l.t.Error(err)
				return
			}
			l.done.Go(func() {
				<-time.After(300 * time.Millisecond)
				_, _ = db.Exec("ROLLBACK")
				_ = db.Close()
			})
		})
	}
	return response, err
}

// An intent that took long to become durable is withdrawn before its request
// leaves: later runs judge by the age of an intent.
func TestOldIntentIsMadeAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t, simulator.Config{Windows: noLimits})
	b.onFile()
	lock := &lockingTransport{RoundTripper: b.server.Transport(), t: t, path: b.location}
	r := b.run(t.Context(), b.crew(1), func(j *importer.Import) {
		j.SettleAfter = 200 * time.Millisecond
		j.API = b.client(j.Pace, lock)
	})
	lock.done.Wait()
	if got := r.statuses(); got[outcome.Created] != 1 {
		t.Errorf("%v, want one row created", got)
	}
	book, err := ledger.Open(t.Context(), lock.path)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	withdrawn, attempts := 0, 0
	for attempt, err := range book.Attempts(t.Context(), r.Run) {
		if err != nil {
			t.Fatal(err)
		}
		attempts++
		if attempt.Code == "not_sent" {
			withdrawn++
		}
	}
	if sent := b.server.Requests().Creates; sent != 1 || withdrawn == 0 || withdrawn != attempts-1 {
		t.Errorf("%d requests, %d of %d intents withdrawn; want 1 request, and all intents but the last withdrawn", sent, withdrawn, attempts)
	}
}
