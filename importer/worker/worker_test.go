package worker_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"muster/importer/fault"
	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/pgtest"
	"muster/importer/worker"
)

// quick returns times that let a test end soon.
func quick() worker.Timing {
	const moment = 40 * time.Millisecond
	return worker.Timing{Heartbeat: moment, Rescue: time.Minute, Poll: moment, Locked: moment, Retry: moment}
}

// front is a Runner that writes down what it is asked to do.
type front struct {
	mu      sync.Mutex
	did     []string
	rosters []string
	slice   func(ctx context.Context, t worker.Task, n int) worker.Result // n: of this roster, from 1
	slices  map[string]int
	ended   chan struct{} // gets a value for every End
}

func newFront(rosters ...string) *front {
	return &front{rosters: rosters, slices: map[string]int{}, ended: make(chan struct{}, 10)}
}

func (f *front) note(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.did = append(f.did, fmt.Sprintf(format, args...))
}

func (f *front) Begin(_ context.Context, job string) ([]string, *worker.Result) {
	f.note("begin %s", job)
	if f.rosters == nil {
		return nil, &worker.Result{ExitCode: 2, Problem: "usage"}
	}
	return f.rosters, nil
}

func (f *front) Slice(ctx context.Context, t worker.Task) (worker.Result, worker.Report) {
	report := func(ctx context.Context, r worker.Result) worker.Result { return f.Died(ctx, t, r) }
	f.note("slice %s", t.Roster)
	f.mu.Lock()
	f.slices[t.Roster]++
	n := f.slices[t.Roster]
	f.mu.Unlock()
	if f.slice == nil {
		return worker.Result{}, report
	}
	return f.slice(ctx, t, n), report
}

func (f *front) Died(_ context.Context, t worker.Task, r worker.Result) worker.Result {
	f.note("report %s %d %d", t.Roster, r.ExitCode, r.Figures.Requests)
	return r
}

func (f *front) End(_ context.Context, job string, _ time.Time, results []worker.Result) int {
	code := 0
	for _, r := range results {
		code = max(code, r.ExitCode)
	}
	f.note("end %s %d", job, code)
	f.ended <- struct{}{}
	return code
}

// wait waits for the end of a run.
func (f *front) wait(t *testing.T) {
	t.Helper()
	select {
	case <-f.ended:
	case <-time.After(time.Minute):
		t.Fatalf("no job has ended in a minute: %v", f.did)
	}
}

// want compares what the front was asked to do, the order aside.
func (f *front) want(t *testing.T, did ...string) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if diff := cmp.Diff(slices.Sorted(slices.Values(did)), slices.Sorted(slices.Values(f.did))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	f.did = nil
}

// open opens a worker that runs nothing yet.
func open(ctx context.Context, t *testing.T, location string, f worker.Runner, jobs ...worker.Job) *worker.Worker {
	t.Helper()
	w, err := worker.Open(ctx, worker.Options{Location: location, Jobs: jobs, Runner: f, Timing: quick(), Log: zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel)})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// host runs a worker until stop, or the end of the test.
func host(t *testing.T, location string, f worker.Runner, jobs ...worker.Job) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := open(ctx, t, location, f, jobs...)
	done := make(chan error, 1)
	go func() {
		done <- w.Run(ctx)
		w.Close()
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func queue(t *testing.T, location string) *worker.Queue {
	t.Helper()
	q, err := worker.OpenQueue(t.Context(), location, true, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.Close)
	return q
}

// status returns how a job stands once no run is under way.
func status(t *testing.T, q *worker.Queue, job worker.Job) worker.Status {
	t.Helper()
	for {
		all, err := q.Status(t.Context(), []worker.Job{job})
		if err != nil {
			t.Fatal(err)
		}
		if all[0].State != worker.StateRunning || t.Context().Err() != nil {
			return all[0]
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func start(t *testing.T, q *worker.Queue, job worker.Job) {
	t.Helper()
	if started, err := q.Start(t.Context(), job); err != nil || !started {
		t.Fatalf("started %t, %v", started, err)
	}
}

// TestStores runs the tests that need tables on both stores.
func TestStores(t *testing.T) {
	t.Parallel()
	for name, location := range map[string]func(testing.TB) string{
		"SQLite":     func(tb testing.TB) string { return filepath.Join(tb.TempDir(), "ledger.db") },
		"PostgreSQL": pgtest.URL,
	} {
		for test, run := range map[string]func(*testing.T, string){
			"Start": testStart, "Slices": testSlices, "Missed": testMissed, "Stop": testStop, "Failed": testFailed, "Changed": testChanged,
			"Other config": testOtherConfig, "Other schedule": testOtherSchedule, "Woken": testWoken,
		} {
			t.Run(name+"/"+test, func(t *testing.T) {
				t.Parallel()
				if name != "SQLite" && test != "Start" && os.Getenv("MUSTER_TEST_LONG") == "" {
					t.Skip("long: set MUSTER_TEST_LONG=1")
				}
				run(t, location(t))
			})
		}
	}
}

// testStart starts a job by hand: two hosts share the rosters, each of which is imported
// once.
func testStart(t *testing.T, location string) {
	job := worker.Job{Name: "inbox", Schedule: parse(t, "TZ=UTC 0 0 29 2 *")}
	f := newFront("a.csv", "b.csv", "c.csv", "d.csv", "e.csv", "f.csv")
	f.slice = func(_ context.Context, task worker.Task, _ int) worker.Result {
		time.Sleep(20 * time.Millisecond)
		code := 0
		if task.Roster == "c.csv" {
			code = 1
		}
		return worker.Result{ExitCode: code, Figures: worker.Figures{Requests: 2, Rows: map[int64]outcome.Counts{5: {Created: 3}}}}
	}
	host(t, location, f, job)
	host(t, location, f, job)
	q := queue(t, location)
	next := status(t, q, job).Next
	for range 2 {
		start(t, q, job)
		f.wait(t)
		s := status(t, q, job)
		if s.State != worker.StateSleeping || !s.Next.Equal(next) || s.Last == nil || s.Last.ExitCode != 1 || len(s.Last.Rosters) != 6 || s.Failures == 0 {
			t.Errorf("afterwards: %+v", s)
		}
		if s.Last.Rosters[0].Figures.Counts().Created != 3 || s.Last.Rosters[0].Host == "" {
			t.Errorf("the first roster: %+v", s.Last.Rosters[0])
		}
		var want []string
		for _, r := range f.rosters {
			code := 0
			if r == "c.csv" {
				code = 1
			}
			want = append(want, "slice "+r, fmt.Sprintf("report %s %d 2", r, code))
		}
		f.want(t, append(want, "begin inbox", "end inbox 1")...)
	}
}

// testSlices ends slices for every reason that lets an import go on: there is one report.
func testSlices(t *testing.T, location string) {
	job := worker.Job{Name: "long"}
	f := newFront("a.csv")
	var since time.Time
	f.slice = func(_ context.Context, task worker.Task, n int) worker.Result {
		if n == 1 {
			since = task.Since
		}
		if !task.Since.Equal(since) || task.Before.Requests != n-1 {
			t.Errorf("slice %d: %+v", n, task)
		}
		ends := []worker.Result{
			{ExitCode: 3, Problem: "max_duration", Unfinished: true},
			{ExitCode: 4, Problem: "locked"},
			{ExitCode: 3, Problem: "unreachable"},
			{ExitCode: 2, Problem: ledger.CodeUnreachable},
			{},
		}
		end := ends[n-1]
		end.Figures.Requests = n
		return end
	}
	host(t, location, f, job)
	q := queue(t, location)
	start(t, q, job)
	f.wait(t)
	f.want(t, "begin long", "slice a.csv", "slice a.csv", "slice a.csv", "slice a.csv", "slice a.csv", "report a.csv 0 5", "end long 0")
	if s := status(t, q, job); !s.Next.IsZero() || s.Success.IsZero() || s.Failures != 0 {
		t.Errorf("afterwards: %+v", s)
	}
}

// testMissed catches up once on times that passed while no worker ran.
func testMissed(t *testing.T, location string) {
	job := worker.Job{Name: "nightly", Schedule: parse(t, "TZ=UTC 0 0 * * *")}
	if err := queue(t, location).Enter(t.Context(), job, time.Now().Add(-80*time.Hour)); err != nil {
		t.Fatal(err)
	}
	f := newFront("a.csv")
	stop := host(t, location, f, job)
	f.wait(t)
	if s := status(t, queue(t, location), job); !s.Next.After(time.Now()) {
		t.Errorf("the next run: %+v", s)
	}
	stop()
	host(t, location, f, job)
	time.Sleep(300 * time.Millisecond)
	f.want(t, "begin nightly", "slice a.csv", "report a.csv 0 0", "end nightly 0")
}

// testStop ends a worker during a slice: the next worker goes on at once.
func testStop(t *testing.T, location string) {
	job := worker.Job{Name: "long"}
	f := newFront("a.csv")
	running := make(chan struct{})
	f.slice = func(ctx context.Context, _ worker.Task, n int) worker.Result {
		if n > 1 {
			return worker.Result{}
		}
		close(running)
		<-ctx.Done()
		return worker.Result{ExitCode: 143}
	}
	stop := host(t, location, f, job)
	q := queue(t, location)
	start(t, q, job)
	<-running
	if started, err := q.Start(t.Context(), job); err != nil || started {
		t.Errorf("started twice: %t, %v", started, err)
	}
	all, err := q.Status(t.Context(), []worker.Job{job})
	for range 500 { // the job's row names its rosters a moment after the first has begun
		if err != nil || len(all[0].Rosters) > 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
		all, err = q.Status(t.Context(), []worker.Job{job})
	}
	if err != nil || all[0].State != worker.StateRunning || len(all[0].Rosters) != 1 || all[0].Rosters[0].State != worker.RosterRunning {
		t.Errorf("meanwhile: %+v, %v", all, err)
	}
	stop()
	began := time.Now()
	host(t, location, f, job)
	f.wait(t)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the next worker went on after %s", took)
	}
	f.want(t, "begin long", "slice a.csv", "slice a.csv", "report a.csv 0 0", "end long 0")
}

// testFailed ends a job that can't begin, and a job without a roster.
func testFailed(t *testing.T, location string) {
	job := worker.Job{Name: "broken"}
	f := newFront()
	host(t, location, f, job)
	q := queue(t, location)
	start(t, q, job)
	f.wait(t)
	if s := status(t, q, job); s.Last == nil || s.Last.ExitCode != 2 || s.Last.Rosters[0].Problem != "usage" {
		t.Errorf("afterwards: %+v", s)
	}
	f.mu.Lock()
	f.rosters = []string{}
	f.mu.Unlock()
	start(t, q, job)
	f.wait(t)
	if s := status(t, q, job); s.Last.ExitCode != 0 || len(s.Last.Rosters) != 0 {
		t.Errorf("without a roster: %+v", s)
	}
}

// testChanged starts workers with another config: a new schedule counts from then, and
// a job that left the config does not run.
func testChanged(t *testing.T, location string) {
	old := worker.Job{Name: "nightly", Schedule: parse(t, "TZ=UTC 0 0 * * *")}
	q := queue(t, location)
	for _, name := range []string{"nightly", "gone"} {
		if err := q.Enter(t.Context(), worker.Job{Name: name, Schedule: old.Schedule}, time.Now().Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	f := newFront("a.csv")
	changed := worker.Job{Name: "nightly", Schedule: parse(t, "TZ=UTC 0 0 29 2 *")}
	host(t, location, f, changed)
	for status(t, q, changed).State != worker.StateSleeping {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(300 * time.Millisecond)
	f.want(t)
}

// testOtherConfig starts a worker whose config lacks a job: the job stays due for the workers
// that have it.
func testOtherConfig(t *testing.T, location string) {
	job := worker.Job{Name: "nightly", Schedule: parse(t, "TZ=UTC 0 0 29 2 *")}
	if err := queue(t, location).Enter(t.Context(), job, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	other := newFront("b.csv")
	host(t, location, other)
	time.Sleep(300 * time.Millisecond)
	other.want(t)
	f := newFront("a.csv")
	host(t, location, f, job)
	f.wait(t)
	f.want(t, "begin nightly", "slice a.csv", "report a.csv 0 0", "end nightly 0")
}

// testOtherSchedule lets a worker take a job that is due by the schedule of another worker:
// the job runs.
func testOtherSchedule(t *testing.T, location string) {
	f := newFront("a.csv")
	host(t, location, f, worker.Job{Name: "nightly", Schedule: parse(t, "TZ=UTC 0 0 29 2 *")})
	if err := queue(t, location).Due(t.Context(), worker.Job{Name: "nightly", Schedule: parse(t, "TZ=UTC 0 0 1 1 *")}); err != nil {
		t.Fatal(err)
	}
	f.wait(t)
	f.want(t, "begin nightly", "slice a.csv", "report a.csv 0 0", "end nightly 0")
}

// testWoken starts a worker with another schedule, which wakes the record: a worker that has
// the old schedule does not take that for the job's time.
func testWoken(t *testing.T, location string) {
	job := worker.Job{Name: "nightly", Schedule: parse(t, "TZ=UTC 0 0 1 1 *")}
	f := newFront("a.csv")
	host(t, location, f, job)
	for range 3 {
		open(t.Context(), t, location, newFront(), worker.Job{Name: "nightly", Schedule: parse(t, "TZ=UTC 0 0 29 2 *")}).Close()
		time.Sleep(300 * time.Millisecond)
	}
	f.want(t)
}

// TestNextStep decides what follows a slice.
func TestNextStep(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		result  worker.Result
		retries int
		again   bool
		after   time.Duration
	}{
		{worker.Result{}, 0, false, 0},
		{worker.Result{ExitCode: 1}, 0, false, 0},
		{worker.Result{ExitCode: 2, Problem: "file_missing"}, 0, false, 0},
		{worker.Result{ExitCode: 2, Problem: ledger.CodeUnreachable}, 0, true, 30 * time.Second},
		{worker.Result{ExitCode: 3, Problem: "unreachable"}, 0, true, 30 * time.Second},
		{worker.Result{ExitCode: 3, Problem: "throttled"}, 3, true, 4 * time.Minute},
		{worker.Result{ExitCode: 3, Problem: "ledger_failed"}, 9, true, 30 * time.Minute},
		{worker.Result{ExitCode: 3, Problem: "unreachable"}, 10, false, 0},
		{worker.Result{ExitCode: 3, Problem: "bad_credentials"}, 0, false, 0},
		{worker.Result{ExitCode: 3, Problem: "forbidden"}, 0, false, 0},
		{worker.Result{ExitCode: 3, Problem: "max_errors"}, 0, false, 0},
		{worker.Result{ExitCode: 3, Problem: "max_duration"}, 0, false, 0},
		{worker.Result{ExitCode: 3, Problem: "max_duration", Unfinished: true}, 50, true, 0},
		{worker.Result{ExitCode: 4}, 100, true, 15 * time.Second},
		{worker.Result{ExitCode: 2, Problem: "results_in_use"}, 100, true, 15 * time.Second},
		{worker.Result{ExitCode: 130}, 0, true, 0},
		{worker.Result{ExitCode: 143}, 100, true, 0},
	} {
		if again, after := test.result.Next(test.retries); again != test.again || after != test.after {
			t.Errorf("%+v after %d retries: again %t after %s", test.result, test.retries, again, after)
		}
	}
}

// A roster whose import ended every host that tried is reported once, and the job ends.
func TestHostsDieOverARoster(t *testing.T) {
	t.Parallel()
	location := pgtest.URL(t)
	f := newFront("a.csv")
	begun := make(chan struct{})
	f.slice = func(ctx context.Context, _ worker.Task, _ int) worker.Result {
		close(begun)
		<-ctx.Done()
		return worker.Result{ExitCode: 3}
	}
	job := worker.Job{Name: "deadly"}
	host(t, location, f, job)
	q := queue(t, location)
	start(t, q, job)
	<-begun
	// As River's rescuer gives up a row that has had all its attempts.
	pgtest.Exec(t, location, "UPDATE river_job SET state = 'discarded', finalized_at = now(), attempt = max_attempts WHERE kind = 'muster_roster'")
	f.wait(t)
	f.want(t, "begin deadly", "slice a.csv", "report a.csv 3 0", "end deadly 3")
	s := status(t, q, job)
	if s.Last == nil || len(s.Last.Rosters) != 1 || s.Last.Rosters[0].Problem != worker.CodeDied || s.Failures != 1 {
		t.Errorf("afterwards: %+v", s)
	}
}

// A worker whose clock is a minute off the database's does not start.
func TestClockOfAHost(t *testing.T) {
	t.Parallel()
	location := pgtest.URL(t)
	pgtest.Exec(t, location, "CREATE SCHEMA off", `CREATE FUNCTION off.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
		AS 'SELECT pg_catalog.clock_timestamp() - make_interval(mins => 1)'`)
	_, err := worker.Open(t.Context(), worker.Options{Location: location + "&search_path=off,pg_catalog", Runner: newFront(), Timing: quick(), Log: zerolog.Nop()})
	if code := fault.CodeOf(err); code != worker.CodeClock {
		t.Errorf("code %q: %v", code, err)
	}
}

// A user of the database who may only read sees how the jobs stand, and is refused in one
// sentence to start any.
func TestReadOnlyUser(t *testing.T) {
	t.Parallel()
	location := pgtest.URL(t)
	owner := queue(t, location)
	job := worker.Job{Name: "nightly", Schedule: parse(t, "TZ=UTC 0 0 * * *")}
	if err := owner.Enter(t.Context(), job, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(strings.TrimPrefix(u.Path, "/") + "_reader")
	role := u.User.Username()
	pgtest.Exec(t, location, "CREATE ROLE "+role+" LOGIN", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO "+role)
	t.Cleanup(func() { pgtest.Exec(t, location, "DROP OWNED BY "+role, "DROP ROLE "+role) })
	q, err := worker.OpenQueue(t.Context(), u.String(), false, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if s := status(t, q, job); s.State != worker.StateSleeping {
		t.Errorf("%+v", s)
	}
	_, err = worker.OpenQueue(t.Context(), u.String(), true, zerolog.Nop())
	if code := fault.CodeOf(err); code != ledger.CodeUnwritable {
		t.Errorf("code %q: %v", code, err)
	}
	_, err = worker.Open(t.Context(), worker.Options{Location: u.String(), Runner: newFront(), Timing: quick(), Log: zerolog.Nop()})
	if code := fault.CodeOf(err); code != ledger.CodeUnwritable {
		t.Errorf("code %q: %v", code, err)
	}
}

// TestUnreachable opens tables in a database that does not answer, or that there can't be.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	for _, location := range []string{"postgres://127.0.0.1:1/muster?connect_timeout=2", "mysql://127.0.0.1/muster"} {
		_, err := worker.OpenQueue(t.Context(), location, true, zerolog.Nop())
		if err == nil {
			t.Errorf("%s was opened", location)
		}
	}
}
