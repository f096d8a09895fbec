package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"modernc.org/sqlite"

	"muster/importer/outcome"
	"muster/importer/procore/simulator"
)

// faultPeople is the size of the crew of which every step is a fault point.
const faultPeople = 4

// faultPoints is how many points there are at most: more means that the run
// never comes to its end.
const faultPoints = 200

// What Procore has created shows in its lists only after a while, so that only
// the ledger can keep the next run from creating it again.
const (
	faultLag    = 100 * time.Millisecond
	faultSettle = "200ms"
)

func laggingLists() simulator.Config {
	return simulator.Config{Windows: []simulator.Window{}, Faults: []simulator.Fault{{Kind: simulator.ListLag, Delay: faultLag}}}
}

// gate is where every request of a child passes twice: when it arrives, and
// when its answer is there. The kth passage ends the child.
type gate struct {
	next http.Handler
	late bool // when the answer is there

	mu    sync.Mutex
	left  int              // passages until the kill; 0: none
	child chan *os.Process // it is sent as soon as it runs
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !g.late {
		g.pass()
	}
	answer := httptest.NewRecorder()
	g.next.ServeHTTP(answer, r)
	if g.late {
		g.pass()
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // the child may be gone
}

// pass kills the child if it is time to, and cuts its connection: what is not
// done by then never is.
func (g *gate) pass() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.left == 0 {
		return
	}
	if g.left--; g.left == 0 {
		_ = (<-g.child).Kill() // it can't be gone: it waits for this answer
		panic(http.ErrAbortHandler)
	}
}

// arm has the kth passage from now on end the child that is sent next; 0: none.
func (g *gate) arm(k int) chan<- *os.Process {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.left, g.child = k, make(chan *os.Process, 1)
	return g.child
}

// newGate puts a gate before the simulated Procore of a world.
func newGate(t *testing.T, late bool) (*world, *gate) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, folder: t.TempDir(), url: "http://" + listener.Addr().String(),
		server: simulator.New(laggingLists()),
	}
	g := &gate{next: w.server, late: late}
	server := &http.Server{Handler: g, ReadHeaderTimeout: time.Minute}
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
	return w, g
}

// survives starts the child, says so, and reports whether it came to its own end.
func survives(t *testing.T, child *exec.Cmd, started chan<- *os.Process) bool {
	t.Helper()
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if started != nil {
		started <- child.Process
	}
	_ = child.Wait() // how it ended is asked below
	if child.ProcessState.ExitCode() < 0 {
		return false
	}
	if code := child.ProcessState.ExitCode(); code != outcome.ExitDone {
		t.Fatalf("exit %d", code)
	}
	return true
}

// forgetQuota removes what a killed run has left behind about the quota. The next one
// would wait ten seconds for its places, which is the pace's matter and tested there.
func (w *world) forgetQuota() {
	w.t.Helper()
	files, err := filepath.Glob(filepath.Join(w.folder, "state", "muster", "quota-*"))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, file := range files {
		if err := os.Remove(file); err != nil {
			w.t.Fatal(err)
		}
	}
}

// point returns the nth fault point that is tried: each, or each third.
func point(n int) int {
	if testing.Short() {
		return 3 * n
	}
	return n
}

// Killed at every request in turn: once when it arrives, once when its answer
// is there. The run after it is killed at the same point of its own.
func TestKilledAtEveryRequest(t *testing.T) {
	t.Parallel()
	long(t)
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprintf("answered %t", late), func(t *testing.T) {
			t.Parallel()
			kills := 0
			for n := 1; ; n++ {
				k := point(n)
				w, g := newGate(t, late)
				path := w.crew(faultPeople)
				killed := 0
				for range 2 {
					child := w.command("import", path, "--quiet", "--workers", "2", "--settle-after", faultSettle)
					if survives(t, child, g.arm(k)) {
						break
					}
					w.forgetQuota()
					killed++
				}
				g.arm(0)
				if killed == 0 {
					break
				}
				kills += killed
				w.finish(path, "--settle-after", faultSettle)
				w.exact(faultPeople)
				if k > faultPoints {
					t.Fatal("the run is killed without end")
				}
			}
			t.Logf("%d kills", kills)
			// A token, the project, two lists and the people.
			if kills < 3+faultPeople && !testing.Short() {
				t.Errorf("%d kills are not every request", kills)
			}
		})
	}
}

// Killed at every write to the ledger in turn: once before it is on the disk,
// once as soon as it is getting there. The run after it is killed at the same
// point of its own.
func TestKilledAtEveryLedgerWrite(t *testing.T) {
	t.Parallel()
	long(t)
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprintf("written %t", late), func(t *testing.T) {
			t.Parallel()
			kills := 0
			for n := 1; ; n++ {
				k := point(n)
				w := newWorld(t, laggingLists())
				path := w.crew(faultPeople)
				killed := 0
				for range 2 {
					if survives(t, w.mortal(k, late, "import", path, "--quiet", "--workers", "2", "--settle-after", faultSettle), nil) {
						break
					}
					killed++
				}
				if killed == 0 {
					break
				}
				kills += killed
				w.finish(path, "--settle-after", faultSettle)
				w.exact(faultPeople)
				if k > faultPoints {
					t.Fatal("the run is killed without end")
				}
			}
			t.Logf("%d kills", kills)
			// The schema, the run's begin and end, and two for each of the
			// people, which share a few.
			if kills < 8 && !testing.Short() {
				t.Errorf("%d kills are not every write", kills)
			}
		})
	}
}

// The variables of a child that kills itself at a write to its ledger.
const (
	mortalArguments = "MUSTER_TEST_MORTAL"      // of the program, one a line
	mortalCommit    = "MUSTER_TEST_MORTAL_KTH"  // at which write
	mortalLate      = "MUSTER_TEST_MORTAL_LATE" // once it has begun
)

// mortal returns the program, ready to be started and to end at its kth write
// to the ledger.
func (w *world) mortal(k int, late bool, args ...string) *exec.Cmd {
	w.t.Helper()
	temporary := filepath.Join(w.folder, "temporary")
	if err := os.MkdirAll(temporary, 0o700); err != nil {
		w.t.Fatal(err)
	}
	cmd := w.command("-test.run=^TestMortalChild$")
	cmd.Env = append(without(cmd.Env, childVariable), "TMPDIR="+temporary, mortalArguments+"="+strings.Join(args, "\n"),
		mortalCommit+"="+strconv.Itoa(k), mortalLate+"="+strconv.FormatBool(late))
	return cmd
}

// without returns an environment without one variable.
func without(env []string, variable string) []string {
	var out []string
	for _, one := range env {
		if !strings.HasPrefix(one, variable+"=") {
			out = append(out, one)
		}
	}
	return out
}

// TestMortalChild is the program in a process that ends at a write to the
// ledger. It is no test.
func TestMortalChild(t *testing.T) {
	arguments, ok := os.LookupEnv(mortalArguments)
	if !ok {
		t.Skip("only in a child of other tests")
	}
	k, err := strconv.Atoi(os.Getenv(mortalCommit))
	if err != nil {
		t.Fatal(err)
	}
	m := &mortalLedger{left: k, late: os.Getenv(mortalLate) == "true", log: filepath.Join(os.Getenv("XDG_STATE_HOME"), "muster", "ledger.db-wal")}
	sqlite.RegisterConnectionHook(m.connect)
	code := run(context.Background(), strings.Split(arguments, "\n"), thisProcess())
	m.await()
	os.Exit(code)
}

// mortalLedger counts the commits to all of this process's ledgers.
type mortalLedger struct {
	late bool
	log  string // the ledger's write-ahead log

	mu   sync.Mutex
	left int
}

func (m *mortalLedger) connect(conn sqlite.ExecQuerierContext, _ string) error {
	hooks, ok := conn.(sqlite.HookRegisterer)
	if !ok {
		return fmt.Errorf("%T has no hooks", conn)
	}
	hooks.RegisterCommitHook(m.commit)
	return nil
}

// commit is called before a commit is written.
func (m *mortalLedger) commit() int32 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left--
	switch {
	case m.left < 0 && m.late:
		select {} // one write and no other: the end is on its way, however busy the machine is
	case m.left != 0:
	case m.late:
		began := time.Now()
		before := m.size()
		go func() {
			for m.size() == before && time.Since(began) < 20*time.Millisecond { // a busy wait: the moment is short
			}
			m.die()
		}()
	default:
		m.die()
	}
	return 0
}

// await does not return to a program that has outrun its end.
func (m *mortalLedger) await() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left <= 0 {
		select {}
	}
}

func (m *mortalLedger) size() int64 {
	info, err := os.Stat(m.log)
	if err != nil {
		return 0
	}
	return info.Size()
}

// die ends this process as kill -9 does.
func (m *mortalLedger) die() {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {}
}
