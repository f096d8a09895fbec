package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"muster/importer/outcome"
	"muster/importer/pgtest"
	"muster/importer/procore/simulator"
	"muster/importer/worker"
)

// workerVariable makes the test binary behave as the program with a worker that notices
// soon what happens.
const workerVariable = "MUSTER_TEST_WORKER"

// quickTiming is the timing of that worker.
func quickTiming() worker.Timing {
	return worker.Timing{
		Heartbeat: 200 * time.Millisecond, Rescue: 3 * time.Second, Poll: 100 * time.Millisecond,
		Slice: 3 * time.Second, Locked: 300 * time.Millisecond, Retry: 300 * time.Millisecond,
	}
}

// site is a world with a config file, on one or several hosts.
type site struct {
	*world
	config  string
	notices atomic.Int64
}

// newSite returns a site with a job "crew" of so many people and a ledger.
func newSite(t *testing.T, people int, ledger string) *site {
	t.Helper()
	s := &site{world: newWorld(t, simulator.Config{
		Windows: []simulator.Window{}, Faults: []simulator.Fault{{Kind: simulator.Latency, Delay: 15 * time.Millisecond}},
	})}
	s.crew(people)
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { s.notices.Add(1) }))
	t.Cleanup(hook.Close)
	s.write("hook", hook.URL)
	s.config = filepath.Join(s.folder, "config.yaml")
	s.write("config.yaml", fmt.Sprintf(`
ledger: %s
settle_after: 1s
workers: 2
notify: {webhook: {url_file: hook}, on: finish}
jobs:
  crew: {roster: crew.csv, project: 100, schedule: TZ=UTC 0 0 29 2 *}
`, ledger))
	if err := os.Chmod(filepath.Join(s.folder, "hook"), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// host starts a worker.
func (s *site) host(args ...string) (*exec.Cmd, *bytes.Buffer) {
	s.t.Helper()
	cmd := s.command(append([]string{"worker", "--config", s.config}, args...)...)
	cmd.Env = append(without(cmd.Env, childVariable), workerVariable+"=1")
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // a test that needs the end has waited
		if s.t.Failed() {
			s.t.Logf("worker %d said:\n%s", cmd.Process.Pid, said.String())
		}
	})
	return cmd, &said
}

// job returns how the job stands.
func (s *site) job() jobJSON {
	s.t.Helper()
	_, stdout, stderr := s.muster("jobs", "--config", s.config, "--json")
	var all struct{ Jobs []jobJSON }
	if err := json.Unmarshal([]byte(stdout), &all); err != nil || len(all.Jobs) != 1 {
		s.t.Fatalf("%v: %s %s", err, stdout, stderr)
	}
	return all.Jobs[0]
}

// ended waits for the end of the job's run, and checks that all its slices are one run
// with one notice, and that every person is there once.
func (s *site) ended(people int) {
	s.t.Helper()
	j := s.job()
	for deadline := time.Now().Add(6 * time.Minute); j.LastRun == nil; j = s.job() {
		if time.Now().After(deadline) {
			s.t.Fatalf("the job has not ended: %+v, %d people", j.Running, len(s.server.People()))
		}
		time.Sleep(200 * time.Millisecond)
	}
	s.exact(people)
	if r := j.LastRun; r.ExitCode != 0 || len(r.Rosters) != 1 || r.Rosters[0].Created != people || r.Rosters[0].Host == "" {
		s.t.Errorf("the last run: %+v", r)
	}
	if n := s.notices.Load(); n != 1 {
		s.t.Errorf("%d notices, want 1", n)
	}
	_, stdout, _ := s.muster("runs", "--config", s.config, "--json")
	var history struct{ Runs []runJSON }
	if err := json.Unmarshal([]byte(stdout), &history); err != nil {
		s.t.Fatalf("%v: %s", err, stdout)
	}
	if len(history.Runs) != 1 || history.Runs[0].Created != people || history.Runs[0].Status != "finished" {
		s.t.Errorf("the history: %s", stdout)
	}
}

func (s *site) start() {
	s.t.Helper()
	if code, stdout, stderr := s.muster("jobs", "start", "crew", "--config", s.config); code != 0 {
		s.t.Fatalf("exit %d: %s %s", code, stdout, stderr)
	}
}

func (s *site) untilPeople(n int) {
	s.t.Helper()
	if !untilPeople(s.server, n) {
		s.t.Fatalf("there are not %d people", n)
	}
}

// TestWorker ends a worker by SIGTERM in the middle of a job: the next start goes on at
// once.
func TestWorker(t *testing.T) {
	t.Parallel()
	const people = 300
	s := newSite(t, people, "ledger.db")
	s.start()
	first, _ := s.host()
	s.untilPeople(people / 10)
	if code, _, _ := s.muster("jobs", "start", "crew", "--config", s.config); code != outcome.ExitLocked {
		t.Errorf("a second start: exit %d", code)
	}
	if err := first.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := first.Wait(); err != nil {
		t.Errorf("the first worker: %v", err)
	}
	if made := len(s.server.People()); made == people {
		t.Error("the first worker did not end in the middle")
	}
	second, said := s.host("--health-listen", "127.0.0.1:0")
	s.ended(people)
	address := regexp.MustCompile(`http://[0-9.:]+`).FindString(said.String())
	for path, want := range map[string]string{
		"/livez": "ok", "/readyz": "ok", "/metrics": fmt.Sprintf(`muster_rows{job="crew",project="100",status="created"} %d`, people),
	} {
		if got := fetch(t, address+path); !strings.Contains(got, want) {
			t.Errorf("%s: %s", path, got)
		}
	}
	if err := second.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := second.Wait(); err != nil {
		t.Errorf("the second worker: %v", err)
	}
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url) //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestWorkersOfTwoHosts kills or pauses the host that leads and runs the job: another one
// goes on.
func TestWorkersOfTwoHosts(t *testing.T) {
	t.Parallel()
	long(t)
	const people = 250
	for name, location := range map[string]func(testing.TB) string{
		"SQLite": func(testing.TB) string { return "ledger.db" }, "PostgreSQL": pgtest.URL,
	} {
		t.Run(name+"/killed", func(t *testing.T) {
			t.Parallel()
			s := newSite(t, people, location(t))
			first, _ := s.host()
			s.start()
			s.untilPeople(30)
			s.host()
			if err := first.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			killed, made := time.Now(), len(s.server.People())
			s.untilPeople(made + 20)
			t.Logf("the other host goes on after %s", time.Since(killed))
			s.ended(people)
		})
		t.Run(name+"/killed while others wait", func(t *testing.T) {
			t.Parallel()
			s := newSite(t, people, location(t))
			s.host()
			time.Sleep(3 * time.Second) // the first leads
			second, _ := s.host()
			s.start()
			s.untilPeople(30)
			if err := second.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			s.host()
			s.ended(people)
		})
		t.Run(name+"/paused", func(t *testing.T) {
			t.Parallel()
			s := newSite(t, people, location(t))
			first, _ := s.host()
			s.start()
			s.untilPeople(30)
			s.host()
			if err := first.Process.Signal(syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			time.Sleep(30 * time.Second) // longer than rescue and leadership
			if err := first.Process.Signal(syscall.SIGCONT); err != nil {
				t.Fatal(err)
			}
			s.ended(people)
		})
	}
}
