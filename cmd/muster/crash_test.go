package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"muster/importer/outcome"
	"muster/importer/procore/simulator"
	"muster/importer/results"
	"muster/importer/roster"
)

// childVariable makes the test binary behave as the program.
const childVariable = "MUSTER_TEST_CHILD"

// world is a simulated Procore and a folder, in which the program is run as a
// child process.
type world struct {
	t      *testing.T
	folder string
	url    string
	server *simulator.Server
}

func newWorld(t *testing.T, c simulator.Config) *world {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, folder: t.TempDir(), url: "http://" + listener.Addr().String(), server: simulator.New(c)}
	server := &http.Server{Handler: w.server, ReadHeaderTimeout: time.Minute}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		w.server.Close()
		_ = server.Close()
		<-done
	})
	return w
}

// crew writes a roster of n people.
func (w *world) crew(n int) string {
	w.t.Helper()
	var b strings.Builder
	b.WriteString("First Name,Last Name,Job Title,Employee ID\n")
	for i := range n {
		fmt.Fprintf(&b, "Ann%d,Lee%d,Laborer,%05d\n", i, i, i+1) // an ID of zeros counts as none
	}
	path := filepath.Join(w.folder, "crew.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// write writes a file that nobody has touched for an hour, in folders as needed.
func (w *world) write(name, content string) {
	w.t.Helper()
	path := filepath.Join(w.folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
	past := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, past, past); err != nil {
		w.t.Fatal(err)
	}
}

// command returns the program, ready to be started.
func (w *world) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.WithoutCancel(w.t.Context()), os.Args[0], args...)
	cmd.Env = append(os.Environ(), childVariable+"=1", "XDG_STATE_HOME="+filepath.Join(w.folder, "state"),
		"MUSTER_API_URL="+w.url, "MUSTER_LOGIN_URL="+w.url, "MUSTER_COMPANY=1", "MUSTER_PROJECT=100",
		"MUSTER_CLIENT_ID=id", "MUSTER_CLIENT_SECRET=secret")
	return cmd
}

// muster runs the program to its end.
func (w *world) muster(args ...string) (code int, stdout, stderr string) {
	w.t.Helper()
	var out, talk bytes.Buffer
	cmd := w.command(args...)
	cmd.Stdout, cmd.Stderr = &out, &talk
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			w.t.Fatal(err)
		}
	}
	return cmd.ProcessState.ExitCode(), out.String(), talk.String()
}

// exact fails unless everyone of the roster is there once, and every row of the
// results is paired with its own person.
func (w *world) exact(n int) {
	w.t.Helper()
	byEmployee := map[string]int64{}
	for _, p := range w.server.People() {
		if other, ok := byEmployee[p.EmployeeID]; ok {
			w.t.Fatalf("employee %s was created twice: %d and %d", p.EmployeeID, other, p.ID)
		}
		byEmployee[p.EmployeeID] = p.ID
	}
	if len(byEmployee) != n {
		w.t.Fatalf("%d people, want %d", len(byEmployee), n)
	}
	back, err := results.Open(filepath.Join(w.folder, "crew.results.csv"), roster.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	defer back.Close()
	rows := 0
	for row, err := range back.Rows() {
		if err != nil {
			w.t.Fatal(err)
		}
		rows++
		if row.Outcome.Row != rows+1 {
			w.t.Fatalf("row %d stands in place %d", row.Outcome.Row, rows)
		}
		if want := byEmployee[row.Cells[3]]; row.Outcome.PersonID != want || !row.Outcome.Status.HasPerson() {
			w.t.Fatalf("row %d (%s) is %s with person %d, want %d", row.Outcome.Row, row.Cells[3], row.Outcome.Status, row.Outcome.PersonID, want)
		}
	}
	if rows != n {
		w.t.Fatalf("%d rows in the results, want %d", rows, n)
	}
}

// finish runs the import until nothing is left to do.
func (w *world) finish(path string, args ...string) {
	w.t.Helper()
	for range 20 {
		code, stdout, stderr := w.muster(append([]string{"import", path, "--json"}, args...)...)
		if code == 0 {
			return
		}
		if code != outcome.ExitRowsLeft && code != outcome.ExitStopped {
			w.t.Fatalf("exit %d\n%s\n%s", code, stdout, stderr)
		}
	}
	w.t.Fatal("rows are left after 20 runs")
}

// Killed at every create in turn: once before Procore has stored the person,
// and once after, so that the answer is lost.
func TestKilledAtEveryCreate(t *testing.T) {
	t.Parallel()
	const people = 6
	for _, stored := range []bool{false, true} {
		for k := 1; k <= people; k++ {
			t.Run(fmt.Sprintf("create %d, stored %t", k, stored), func(t *testing.T) {
				t.Parallel()
				var w *world
				child := make(chan *exec.Cmd, 1)
				var killed atomic.Bool
				w = newWorld(t, simulator.Config{Windows: []simulator.Window{}, OnCreate: func(n int, after bool) {
					if n == k && after == stored && killed.CompareAndSwap(false, true) {
						_ = (<-child).Process.Kill()
					}
				}})
				path := w.crew(people)
				first := w.command("import", path, "--workers", "1")
				if err := first.Start(); err != nil {
					t.Fatal(err)
				}
				child <- first
				if err := first.Wait(); err == nil {
					t.Fatal("the run was not killed")
				}
				w.finish(path, "--settle-after", "100ms")
				w.exact(people)
			})
		}
	}
}

// crashCount returns MUSTER_CRASHES, the number of random crashes, or else the default.
func crashCount(t *testing.T, byDefault int) int {
	t.Helper()
	text := os.Getenv("MUSTER_CRASHES")
	if text == "" {
		return byDefault
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Killed at random moments, with everything that can go wrong going wrong.
func TestKilledAtRandom(t *testing.T) {
	t.Parallel()
	crashes := crashCount(t, 5)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	var faults []simulator.Fault
	for _, text := range []string{
		"latency:2ms:jitter=4ms", "lost-answer:3%", "500-after:3%", "500-before:3%", "bad-gateway:3%", "truncated-body:3%",
		"late-commit:2%:delay=150ms", "unavailable:1%:delay=1s", "request-timeout:2%", "cut-before:3%", "list-failure:2%",
	} {
		f, err := simulator.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		faults = append(faults, f)
	}
	const people = 400
	w := newWorld(t, simulator.Config{Windows: []simulator.Window{}, Faults: faults, Seed: seed})
	path := w.crew(people)
	for range crashes {
		child := w.command("import", path, "--quiet", "--settle-after", "500ms", "--workers", "4")
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Duration(20+random.IntN(280))*time.Millisecond, func() { _ = child.Process.Kill() })
		_ = child.Wait() // killed, or done before it could be
	}
	w.finish(path, "--settle-after", "500ms")
	w.exact(people)
}

func TestSignals(t *testing.T) {
	t.Parallel()
	for signal, code := range map[syscall.Signal]int{syscall.SIGINT: outcome.ExitInterrupted, syscall.SIGTERM: outcome.ExitTerminated} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, simulator.Config{Windows: []simulator.Window{}, Faults: []simulator.Fault{{Kind: simulator.Latency, Delay: 20 * time.Millisecond}}})
			path := w.crew(500)
			var out bytes.Buffer
			child := w.command("import", path, "--json", "--workers", "8")
			child.Stdout = &out
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			if !untilPeople(w.server, 20) {
				t.Fatal("nobody was created")
			}
			if err := child.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			_ = child.Wait() // its exit code is looked at below
			if got := child.ProcessState.ExitCode(); got != code {
				t.Errorf("exit code %d, want %d", got, code)
			}
			var summary struct {
				outcome.Counts
				Status string `json:"status"`
				Rows   int    `json:"rows"`
			}
			if err := json.Unmarshal(out.Bytes(), &summary); err != nil {
				t.Fatal(err)
			}
			if summary.Status != "interrupted" || summary.Rows != 500 || summary.Pending == 0 || summary.Created+summary.Pending != 500 {
				t.Errorf("summary %+v", summary)
			}
			if got := len(w.server.People()); got != summary.Created {
				t.Errorf("%d people, and %d are said to be created", got, summary.Created)
			}
			w.finish(path)
			w.exact(500)
		})
	}
}

// Two runs at once: the second one ends quietly, and a killed one leaves no lock.
func TestOneRunAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{Windows: []simulator.Window{}, Faults: []simulator.Fault{{Kind: simulator.Latency, Delay: 20 * time.Millisecond}}})
	path := w.crew(300)
	first := w.command("import", path, "--workers", "2")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	if !untilPeople(w.server, 5) {
		t.Fatal("nobody was created")
	}
	code, stdout, stderr := w.muster("import", path)
	if code != outcome.ExitLocked || stdout != "" || stderr != "" {
		t.Errorf("the second run: exit %d, printed %q and %q", code, stdout, stderr)
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait() // it was killed
	w.finish(path, "--settle-after", "100ms")
	w.exact(300)
}

// Two runs at once over one roster, of two projects: the second one does not
// write its results over those of the first.
func TestOneRosterOfTwoProjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{
		Windows: []simulator.Window{}, OtherProjects: []simulator.Project{{ID: 200, Name: "Other"}},
		Faults: []simulator.Fault{{Kind: simulator.Latency, Delay: 20 * time.Millisecond}},
	})
	path := w.crew(300)
	first := w.command("import", path, "--workers", "2")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	if !untilPeople(w.server, 5) {
		t.Fatal("nobody was created")
	}
	code, _, stderr := w.muster("import", path, "--project", "200")
	if code != outcome.ExitNotStarted || !strings.Contains(stderr, "another run is writing this results file") {
		t.Errorf("the second run: exit %d, %s", code, stderr)
	}
	if err := first.Wait(); err != nil {
		t.Fatal(err)
	}
	w.exact(300)
}

// companyCrew writes a roster of n people with origin IDs, which are one person's
// in all projects of the company.
func (w *world) companyCrew(project string, n int) string {
	w.t.Helper()
	var b strings.Builder
	b.WriteString("First Name,Last Name,Origin ID\n")
	for i := range n {
		fmt.Fprintf(&b, "Ann%d,Lee%d,HR-%d\n", i, i, i)
	}
	path := filepath.Join(w.folder, "crew"+project+".csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// onBoth fails unless there are n people, one of each origin ID, and all of
// them are on both projects.
func (w *world) onBoth(n int) {
	w.t.Helper()
	people := w.server.People()
	known := map[string]bool{}
	for _, p := range people {
		if known[p.OriginID] {
			w.t.Errorf("%s is there twice", p.OriginID)
		}
		known[p.OriginID] = true
		if !slices.Contains(p.Projects, 100) || !slices.Contains(p.Projects, 200) {
			w.t.Errorf("%s is on the projects %v only", p.OriginID, p.Projects)
		}
	}
	if len(people) != n {
		w.t.Errorf("%d people, want %d", len(people), n)
	}
}

// A run of one project is killed, and then one of another project has the same
// people: that project's list can't tell what became of the request.
func TestKilledOnAnotherProject(t *testing.T) {
	t.Parallel()
	const people = 4
	for _, stored := range []bool{false, true} {
		t.Run(fmt.Sprintf("stored %t", stored), func(t *testing.T) {
			t.Parallel()
			child := make(chan *exec.Cmd, 1)
			var killed atomic.Bool
			w := newWorld(t, simulator.Config{
				Windows: []simulator.Window{}, OtherProjects: []simulator.Project{{ID: 200}},
				OnCreate: func(n int, after bool) {
					if n == 2 && after == stored && killed.CompareAndSwap(false, true) {
						_ = (<-child).Process.Kill()
						panic(http.ErrAbortHandler)
					}
				},
			})
			one, other := w.companyCrew("100", people), w.companyCrew("200", people)
			first := w.command("import", one, "--workers", "1")
			if err := first.Start(); err != nil {
				t.Fatal(err)
			}
			child <- first
			if err := first.Wait(); err == nil {
				t.Fatal("the run was not killed")
			}
			for _, args := range [][]string{{other, "--project", "200"}, {one}} {
				if code, stdout, stderr := w.muster(append([]string{"import", "--settle-after", "100ms"}, args...)...); code != outcome.ExitDone {
					t.Errorf("%v: exit %d\n%s\n%s", args, code, stdout, stderr)
				}
			}
			w.onBoth(people)
		})
	}
}

// Two projects of a company get the same people at once.
func TestTwoProjectsAtOnce(t *testing.T) {
	t.Parallel()
	const people = 200
	w := newWorld(t, simulator.Config{
		Windows: []simulator.Window{}, OtherProjects: []simulator.Project{{ID: 200}},
		Faults: []simulator.Fault{{Kind: simulator.Latency, Delay: 10 * time.Millisecond, Jitter: 20 * time.Millisecond}},
	})
	var runs [2]*exec.Cmd
	var said [2]bytes.Buffer
	for i, project := range []string{"100", "200"} {
		runs[i] = w.command("import", w.companyCrew(project, people), "--project", project, "--settle-after", "200ms", "--workers", "4")
		runs[i].Stdout, runs[i].Stderr = &said[i], &said[i]
		if err := runs[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	for i, run := range runs {
		// On a busy machine a row may stay unknown as long as the other run is at work.
		if err := run.Wait(); err != nil && run.ProcessState.ExitCode() != outcome.ExitRowsLeft {
			t.Errorf("%v\n%s", err, &said[i])
		}
	}
	for _, run := range runs {
		if code, stdout, stderr := w.muster(run.Args[1:]...); code != outcome.ExitDone {
			t.Errorf("%v: exit %d\n%s\n%s", run.Args[1:], code, stdout, stderr)
		}
	}
	w.onBoth(people)
}
