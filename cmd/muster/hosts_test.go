//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"muster/importer/outcome"
	"muster/importer/pgtest"
	"muster/importer/procore/simulator"
)

// host is a machine: a separate folder, and the ledger that all hosts share.
type host struct {
	*world
	ledger string // a URL
}

// host returns a machine that shares the ledger at a URL and the simulated Procore.
func (w *world) host(name, ledger string) *host {
	w.t.Helper()
	one := *w
	one.folder = filepath.Join(w.folder, name)
	if err := os.MkdirAll(one.folder, 0o700); err != nil {
		w.t.Fatal(err)
	}
	return &host{&one, ledger}
}

// program returns the import of a roster on the host, ready to be started.
func (h *host) program(roster string, args ...string) *exec.Cmd {
	cmd := h.command(append([]string{"import", roster, "--json", "--settle-after", faultSettle}, args...)...)
	cmd.Env = append(cmd.Env, "MUSTER_LEDGER="+h.ledger)
	return cmd
}

// run runs a program to its end, and returns the exit code, or -1 after a kill, and what the program said.
func (h *host) run(cmd *exec.Cmd) (code int, said string) {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		h.t.Error(err) // the caller may be another goroutine
		return outcome.ExitNotStarted, ""
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

// takeOver imports a roster until nothing is left. For a moment, the lock of a host that died may still
// be held.
func (h *host) takeOver(roster string, args ...string) {
	h.t.Helper()
	begin, runs := time.Now(), 0
	for {
		code, said := h.run(h.program(roster, args...))
		switch {
		case code == outcome.ExitDone:
			return
		case code == outcome.ExitLocked && time.Since(begin) < 10*time.Second:
		case (code == outcome.ExitRowsLeft || code == outcome.ExitStopped) && runs < 20:
			runs++
		default:
			h.t.Fatalf("exit %d\n%s", code, said)
		}
	}
}

// forgetSharedQuota removes what killed runs have left behind about the quota: the next run would wait for
// their places, which is tested elsewhere.
func forgetSharedQuota(t *testing.T, ledger string) {
	t.Helper()
	pgtest.Exec(t, ledger, "DO $$BEGIN IF to_regclass('muster_quota_records') IS NOT NULL THEN DELETE FROM muster_quota_records; END IF; END$$")
}

// wire is the connection between a host and the database. At the kth write of the host to the database
// something happens to the host.
type wire struct {
	network, address string // of the database
	late             bool   // once the database has answered

	mu     sync.Mutex
	left   int // writes until it happens; 0: never
	strike func()
}

// newWire returns a wire to the database at ledger, and the URL that leads through the wire.
func newWire(t *testing.T, ledger string, late bool) (*wire, string) {
	t.Helper()
	config, err := pgx.ParseConfig(ledger)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{late: late}
	w.network, w.address = pgconn.NetworkAddress(config.Host, config.Port)
	folder, err := os.MkdirTemp("", "wire") //nolint:usetesting // the name of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "unix", filepath.Join(folder, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { w.carry(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		all.Wait()
		_ = os.RemoveAll(folder)
	})
	through := url.URL{Scheme: "postgres", User: url.User(config.User), Path: "/" + config.Database, RawQuery: url.Values{"host": {folder}}.Encode()}
	return w, through.String()
}

// carry copies both ways between a host and the database until one of them ends the connection.
func (w *wire) carry(host net.Conn) {
	defer func() { _ = host.Close() }()
	database, err := new(net.Dialer).Dial(w.network, w.address)
	if err != nil {
		return
	}
	defer func() { _ = database.Close() }()
	var due atomic.Bool // when the database has answered
	var back sync.WaitGroup
	back.Go(func() {
		defer func() { _ = host.Close() }()
		copyEach(host, database, func() {
			if due.CompareAndSwap(true, false) {
				w.strike()
			}
		})
	})
	copyEach(database, host, func() {
		if !w.counts() {
			return
		}
		if w.late {
			due.Store(true)
		} else {
			w.strike()
		}
	})
	_ = database.Close()
	back.Wait()
}

// counts counts a write, and reports whether it is the one.
func (w *wire) counts() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left--
	return w.left == 0
}

// reached reports whether the host has written so often.
func (w *wire) reached() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.left <= 0
}

// copyEach copies, and calls before ahead of each piece.
func copyEach(to io.Writer, from io.Reader, before func()) {
	piece := make([]byte, 1<<16)
	for {
		n, err := from.Read(piece)
		if n > 0 {
			before()
			if _, err := to.Write(piece[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// blow is what happens to a host in the middle of a run.
type blow struct {
	name   string
	strike func(t *testing.T, ledger string, host *os.Process)
	after  func(t *testing.T, host *os.Process) // once another host has taken over
	codes  []int                                // with which the host may end
	step   int                                  // at every write, or every so many
}

func blows() []blow {
	nothing := func(*testing.T, *os.Process) {}
	return []blow{
		{"killed", func(_ *testing.T, _ string, host *os.Process) { _ = host.Kill() }, nothing, []int{-1, outcome.ExitDone}, 1}, // outcome.ExitDone: with the last write
		{
			"paused and cut off",
			func(t *testing.T, ledger string, host *os.Process) {
				t.Helper()
				_ = host.Signal(syscall.SIGSTOP)
				pgtest.Terminate(t, ledger)
			},
			func(_ *testing.T, host *os.Process) { _ = host.Signal(syscall.SIGCONT) },
			[]int{outcome.ExitDone, outcome.ExitNotStarted, outcome.ExitStopped},
			4,
		},
	}
}

// A host is struck at every write to the database in turn, and another host takes over at once.
func TestHostIsStruckAtEveryWrite(t *testing.T) {
	t.Parallel()
	long(t)
	for _, b := range blows() {
		for _, late := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, answered %t", b.name, late), func(t *testing.T) {
				t.Parallel()
				step := 21 // a few of them
				if crashCount(t, 0) >= 100 {
					step = b.step
				}
				writes := 0
				for k, more := step, true; more && k < faultPoints; k += step {
					t.Run(fmt.Sprintf("write %d", k), func(t *testing.T) { // which drops the database at its end
						if more = strikeAtWrite(t, b, k, late); more {
							writes = k
						}
					})
				}
				t.Logf("struck at every %dth of %d writes", step, writes)
				// Two connections that begin, the schema, the lock, the run, the quota, and two writes for each person.
				if writes < 30 || writes > faultPoints-2*step {
					t.Errorf("%d are not every write", writes)
				}
			})
		}
	}
}

// strikeAtWrite strikes a host at its kth write, and reports whether the host wrote so often. The last
// write of a connection has no answer.
func strikeAtWrite(t *testing.T, b blow, k int, late bool) bool {
	t.Helper()
	ledger := pgtest.URL(t)
	w := newWorld(t, laggingLists())
	line, through := newWire(t, ledger, late)
	one, other := w.host("one", through), w.host("other", ledger)
	child := one.program(one.crew(faultPeople), "--workers", "2")
	var out bytes.Buffer
	child.Stdout, child.Stderr = &out, &out
	struck := make(chan struct{})
	process := make(chan *os.Process, 1)
	line.left, line.strike = k, func() {
		defer close(struck)
		b.strike(t, ledger, <-process)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	process <- child.Process
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = child.Wait() // the exit code is checked below
	}()
	select {
	case <-struck:
	case <-ended:
	}
	if child.ProcessState.ExitCode() < 0 {
		<-struck // by the blow, which is about to say so
	}
	select {
	case <-struck:
	default:
		if code := child.ProcessState.ExitCode(); code != outcome.ExitDone {
			t.Fatalf("exit %d\n%s", code, &out)
		}
		return line.reached()
	}
	forgetSharedQuota(t, ledger)
	other.takeOver(other.crew(faultPeople))
	b.after(t, child.Process)
	<-ended
	if code := child.ProcessState.ExitCode(); !slices.Contains(b.codes, code) {
		t.Errorf("write %d: exit %d\n%s", k, code, &out)
	}
	other.exact(faultPeople)
	return true
}

// A host is killed at every request in turn, and another host takes over at once.
func TestHostIsKilledAtEveryRequest(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprintf("answered %t", late), func(t *testing.T) {
			t.Parallel()
			if !late {
				long(t)
			}
			kills := 0
			for n := 1; n < faultPoints; n++ {
				k := n
				if os.Getenv("MUSTER_TEST_LONG") == "" {
					k = 5 * n
				}
				ledger := pgtest.URL(t)
				w, g := newGate(t, late)
				one, other := w.host("one", ledger), w.host("other", ledger)
				if survives(t, one.program(one.crew(faultPeople), "--workers", "2"), g.arm(k)) {
					break
				}
				kills++
				g.arm(0)
				forgetSharedQuota(t, ledger)
				other.takeOver(other.crew(faultPeople))
				other.exact(faultPeople)
			}
			if kills < 2 || kills < 3+faultPeople && os.Getenv("MUSTER_TEST_LONG") != "" {
				t.Errorf("%d kills are not every request", kills)
			}
		})
	}
}

// slowly is a Procore without limits that answers after a while, so that a host is still at it when others
// have started.
func slowly() simulator.Config {
	return simulator.Config{Windows: []simulator.Window{}, Faults: []simulator.Fault{{Kind: simulator.Latency, Delay: 200 * time.Millisecond}}}
}

// begin starts an import on the host and waits until some people are there. The result waits for the end.
func (h *host) begin(cmd *exec.Cmd, people int) (end func() (code int, said string)) {
	h.t.Helper()
	ended := make(chan struct{})
	var code int
	var said string
	go func() {
		defer close(ended)
		code, said = h.run(cmd)
	}()
	if !untilPeople(h.server, people) {
		h.t.Fatal("no person was created")
	}
	return func() (int, string) {
		<-ended
		return code, said
	}
}

// While a host runs, another ends with exit 4. A host that loses the database ends with exit 3 and sends
// nothing more, and the other takes over.
func TestHostLosesTheDatabase(t *testing.T) {
	t.Parallel()
	long(t)
	for _, limited := range []bool{false, true} {
		for _, how := range []string{"terminated", "stopped"} {
			t.Run(fmt.Sprintf("%s, limits %t", how, limited), func(t *testing.T) {
				t.Parallel()
				loseDatabase(t, how == "stopped", limited)
			})
		}
	}
}

// loseDatabase takes the database from a host, by the end of its connections or of the server.
func loseDatabase(t *testing.T, stopped, limited bool) {
	t.Helper()
	const people = 120
	var cluster *pgtest.Cluster
	var ledger string
	if stopped {
		cluster = pgtest.Start(t)
		ledger = cluster.URL(t)
	} else {
		ledger = pgtest.URL(t)
	}
	config, there := slowly(), 10
	if limited { // the host waits for the quota when the database is lost
		config.Windows, there = []simulator.Window{{Limit: 60, Length: 10 * time.Second, Rolling: true}}, 50
	}
	w := newWorld(t, config)
	one, other := w.host("one", ledger), w.host("other", ledger)
	end := one.begin(one.program(one.crew(people), "--workers", "3"), there)
	roster := other.crew(people)
	if code, said := other.run(other.program(roster)); code != outcome.ExitLocked {
		t.Errorf("the second host: exit %d\n%s", code, said)
	}
	if stopped {
		cluster.Stop(t)
	} else {
		pgtest.Terminate(t, ledger)
	}
	if code, said := end(); code != outcome.ExitStopped || !strings.Contains(said, "ledger_") {
		t.Errorf("the first host: exit %d\n%s", code, said)
	}
	if stopped {
		sent := w.server.Requests().Creates
		if code, said := other.run(other.program(roster)); code != outcome.ExitNotStarted && code != outcome.ExitStopped {
			t.Errorf("without the database: exit %d\n%s", code, said)
		}
		if now := w.server.Requests().Creates; now != sent {
			t.Errorf("%d people were created without the database", now-sent)
		}
		cluster.Start(t)
	}
	forgetSharedQuota(t, ledger)
	other.takeOver(roster)
	other.exact(people)
}

// A host is paused. As long as its connections live, another host finds the lock taken; once they are cut,
// the other takes over, and the first sends nothing more when it goes on.
func TestHostIsPaused(t *testing.T) {
	long(t)
	t.Parallel()
	const people = 60
	ledger := pgtest.URL(t)
	w := newWorld(t, slowly())
	one, other := w.host("one", ledger), w.host("other", ledger)
	cmd := one.program(one.crew(people), "--workers", "2")
	end := one.begin(cmd, 10)
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	roster := other.crew(people)
	if code, said := other.run(other.program(roster)); code != outcome.ExitLocked {
		t.Errorf("the second host: exit %d\n%s", code, said)
	}
	pgtest.Terminate(t, ledger)
	forgetSharedQuota(t, ledger)
	other.takeOver(roster)
	other.exact(people)
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if code, said := end(); code != outcome.ExitStopped {
		t.Errorf("the paused host: exit %d\n%s", code, said)
	}
	other.exact(people)
}

// Three hosts import the same people of the company into three projects at once.
func TestThreeHostsOnThreeProjects(t *testing.T) {
	long(t)
	t.Parallel()
	const people = 3000
	ledger := pgtest.URL(t)
	projects := []string{"100", "200", "300"}
	w := newWorld(t, simulator.Config{
		Windows: []simulator.Window{}, OtherProjects: []simulator.Project{{ID: 200}, {ID: 300}},
		Faults: []simulator.Fault{{Kind: simulator.Latency, Delay: 5 * time.Millisecond, Jitter: 10 * time.Millisecond}},
	})
	var hosts sync.WaitGroup
	for _, project := range projects {
		h := w.host(project, ledger)
		roster := h.companyCrew(project, people)
		hosts.Go(func() {
			// A row may stay unknown as long as another host is settling the same person.
			if code, said := h.run(h.program(roster, "--project", project, "--workers", "32")); code != outcome.ExitDone && code != outcome.ExitRowsLeft {
				t.Errorf("project %s: exit %d\n%s", project, code, said)
			}
		})
	}
	hosts.Wait()
	for _, project := range projects {
		h := w.host(project, ledger)
		h.takeOver(filepath.Join(h.folder, "crew"+project+".csv"), "--project", project)
	}
	known := map[string]bool{}
	for _, p := range w.server.People() {
		if known[p.OriginID] {
			t.Errorf("%s is there twice", p.OriginID)
		}
		known[p.OriginID] = true
		if len(p.Projects) != len(projects) {
			t.Errorf("%s is on the projects %v only", p.OriginID, p.Projects)
		}
	}
	if len(known) != people {
		t.Errorf("%d people, want %d", len(known), people)
	}
}

// TestHostsWithACredentialEach measures how many people hosts create together that share
// the ledger and not the credential: each has a quota to itself.
func TestHostsWithACredentialEach(t *testing.T) {
	long(t)
	const people, most = 750, 4
	for hosts := 1; hosts <= most; hosts++ {
		ledger := pgtest.URL(t)
		var all []*host
		for range hosts {
			w := newWorld(t, simulator.Config{Windows: []simulator.Window{{Length: 10 * time.Second, Limit: 500, Rolling: true}}})
			all = append(all, w.host("host", ledger))
		}
		var group sync.WaitGroup
		began := time.Now()
		for _, h := range all {
			roster := h.crew(people)
			group.Go(func() {
				if code, said := h.run(h.program(roster)); code != outcome.ExitDone {
					t.Errorf("exit %d\n%s", code, said)
				}
			})
		}
		group.Wait()
		took := time.Since(began)
		throttled := 0
		for _, h := range all {
			h.exact(people)
			throttled += h.server.Requests().Throttled
		}
		if throttled > 0 {
			t.Errorf("%d hosts: 429 %d times", hosts, throttled)
		}
		t.Logf("%d hosts: %.0f people a second", hosts, float64(hosts*people)/took.Seconds())
	}
}

// TestTakeOverTime measures how long after a kill another host sends the first request, and creates the
// next person. The lost requests of the killed host are settled in between.
func TestTakeOverTime(t *testing.T) {
	t.Parallel()
	long(t)
	const times, people = 20, 60
	var requests, creates []time.Duration
	for range times {
		var killed, asked, created atomic.Int64
		since := func(at *atomic.Int64) {
			if killed.Load() > 0 {
				at.CompareAndSwap(0, time.Now().UnixNano())
			}
		}
		config := simulator.Config{
			Windows: []simulator.Window{}, Faults: []simulator.Fault{{Kind: simulator.Latency, Delay: 50 * time.Millisecond}},
			OnRequest: func(*http.Request) { since(&asked) },
			OnCreate:  func(int, bool) { since(&created) },
		}
		ledger := pgtest.URL(t)
		w := newWorld(t, config)
		one, other := w.host("one", ledger), w.host("other", ledger)
		cmd := one.program(one.crew(people), "--workers", "4")
		end := one.begin(cmd, 10)
		roster := other.crew(people)
		_ = cmd.Process.Kill()
		end()
		forgetSharedQuota(t, ledger)
		killed.Store(time.Now().UnixNano())
		other.takeOver(roster)
		other.exact(people)
		requests = append(requests, time.Duration(asked.Load()-killed.Load()))
		creates = append(creates, time.Duration(created.Load()-killed.Load()))
	}
	for what, took := range map[string][]time.Duration{"the first request": requests, "the next person": creates} {
		slices.Sort(took)
		t.Logf("%s after the kill: median %v, worst %v of %d", what, took[times/2], took[times-1], times)
		if took[times-1] > time.Minute {
			t.Errorf("%s came %v after the kill", what, took[times-1])
		}
	}
}

// Two hosts run the same roster over and over, and everything happens to them at random.
func TestHostsAreStruckAtRandom(t *testing.T) {
	long(t)
	t.Parallel()
	rounds := crashCount(t, 100)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	people := 40 * rounds
	var faults []simulator.Fault
	for _, text := range []string{
		"latency:2ms:jitter=8ms", "lost-answer:3%", "500-after:3%", "bad-gateway:3%", "late-commit:2%:delay=100ms", "cut-before:3%", "list-failure:2%",
	} {
		f, err := simulator.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		faults = append(faults, f)
	}
	cluster := pgtest.Start(t)
	ledger := cluster.URL(t)
	w := newWorld(t, simulator.Config{Windows: []simulator.Window{}, Faults: faults, Seed: seed})
	hosts := []*host{w.host("one", ledger), w.host("other", ledger)}
	rosters := []string{hosts[0].crew(people), hosts[1].crew(people)}
	ends := map[string]int{}
	for range rounds {
		happen := []string{"kill", "terminate", "pause", "stop"}[random.IntN(4)]
		strikeHosts(t, cluster, hosts, rosters, happen, 1+random.IntN(30), func(code int) {
			ends[fmt.Sprintf("%s: exit %d", happen, code)]++
		})
	}
	t.Log(ends)
	forgetSharedQuota(t, ledger)
	hosts[1].takeOver(rosters[1], "--settle-after", "500ms")
	hosts[1].exact(people)
}

// strikeHosts starts both hosts, has something happen to the one that has the lock once so many more people
// are there, and waits until both have ended.
func strikeHosts(t *testing.T, cluster *pgtest.Cluster, hosts []*host, rosters []string, happen string, people int, ended func(code int)) {
	t.Helper()
	server, ledger := hosts[0].server, hosts[0].ledger
	people += server.Requests().Stored
	running := map[int]*exec.Cmd{}
	ends := make(chan int, len(hosts))
	for i, h := range hosts {
		child := h.program(rosters[i], "--settle-after", "500ms", "--workers", "4")
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		running[i] = child
		go func() {
			_ = child.Wait() // the exit code says how
			ends <- i
		}()
	}
	gone := func(i int) {
		ended(running[i].ProcessState.ExitCode())
		delete(running, i)
	}
	for server.Requests().Stored < people && len(running) > 0 {
		select {
		case i := <-ends:
			gone(i)
		case <-time.After(time.Millisecond):
		}
	}
	for _, child := range running {
		switch happen {
		case "kill":
			_ = child.Process.Kill()
		case "terminate":
			pgtest.Terminate(t, ledger)
		case "pause":
			_ = child.Process.Signal(syscall.SIGSTOP)
			pgtest.Terminate(t, ledger)
			time.Sleep(time.Second)
			_ = child.Process.Signal(syscall.SIGCONT)
		case "stop":
			cluster.Stop(t)
			cluster.Start(t)
		}
		break
	}
	for len(running) > 0 {
		gone(<-ends)
	}
}
