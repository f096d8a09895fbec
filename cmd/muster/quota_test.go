package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/importer/procore/simulator"
)

// crews writes rosters of n people each.
func (w *world) crews(n int, names ...string) (paths []string) {
	w.t.Helper()
	for _, name := range names {
		var b strings.Builder
		b.WriteString("First Name,Last Name,Job Title,Employee ID\n")
		for i := range n {
			fmt.Fprintf(&b, "Ann%s%d,Lee%s%d,Laborer,%s%d\n", name, i, name, i, name, i)
		}
		path := filepath.Join(w.folder, name+".csv")
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			w.t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

// Two processes with the same credentials are never over the quota together.
func TestTwoRunsShareTheQuota(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{Faults: []simulator.Fault{{Kind: simulator.Latency, Delay: 50 * time.Millisecond}}}) // 25 requests in 10 s
	people := 12
	if os.Getenv("MUSTER_TEST_LONG") != "" {
		people = 26
	}
	runs := map[string]*exec.Cmd{}
	for i, path := range w.crews(people, "A", "B") {
		run := w.command("import", path, "--quiet", "--ledger", filepath.Join(w.folder, fmt.Sprintf("%d.db", i)))
		run.Stderr = os.Stderr
		if err := run.Start(); err != nil {
			t.Fatal(err)
		}
		runs[path] = run
	}
	for path, run := range runs {
		if err := run.Wait(); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if n := w.server.Throttled(); n > 0 {
		t.Errorf("throttled %d times", n)
	}
	if n := len(w.server.People()); n != 2*people {
		t.Errorf("%d people, want %d", n, 2*people)
	}
	files, err := filepath.Glob(filepath.Join(w.folder, "quota-*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no shared file: %v", err)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
}

// A run that begins right after another was killed knows what that one sent.
func TestRestartRightAfterAKillKeepsTheQuota(t *testing.T) {
	t.Parallel()
	long(t)
	w := newWorld(t, simulator.Config{}) // 25 requests in 10 s
	path := w.crew(26)
	first := w.command("import", path, "--quiet")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	if !untilPeople(w.server, 21) {
		t.Fatal("nobody was created")
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait() // it was killed
	w.finish(path, "--settle-after", "100ms")
	w.exact(26)
	if n := w.server.Throttled(); n > 0 {
		t.Errorf("throttled %d times", n)
	}
}
