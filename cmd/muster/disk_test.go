//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"muster/importer/outcome"
	"muster/importer/procore/simulator"
	"muster/importer/results"
	"muster/importer/roster"
)

// disk is a small disk of its own, which can be given room.
type disk struct {
	t      *testing.T
	folder string
}

// newDisk mounts a disk of that size, where the test may.
func newDisk(t *testing.T, folder, size string) *disk {
	t.Helper()
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("no small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, 0); err != nil {
			t.Error(err)
		}
	})
	return &disk{t: t, folder: folder}
}

// room makes the disk larger.
func (d *disk) room() {
	d.t.Helper()
	if err := syscall.Mount("tmpfs", d.folder, "tmpfs", syscall.MS_REMOUNT, "size=256m"); err != nil {
		d.t.Fatal(err)
	}
}

// fill takes all of the disk.
func (d *disk) fill() {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.folder, "other"), make([]byte, 1<<20), 0o600); err == nil {
		d.t.Fatal("the disk is not full")
	}
}

// longCrew writes a roster of n people whose rows are long and not to be
// compressed, so that they fill a disk soon.
func (w *world) longCrew(n int) string {
	w.t.Helper()
	random := rand.New(rand.NewPCG(1, 1))
	var b strings.Builder
	b.WriteString("First Name,Last Name,Job Title,Employee ID\n")
	for i := range n {
		fmt.Fprintf(&b, "Ann%d,Lee%d,", i, i)
		for range 14 {
			fmt.Fprintf(&b, "%016x", random.Uint64())
		}
		fmt.Fprintf(&b, ",%05d\n", i+1)
	}
	path := filepath.Join(w.folder, "crew.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// counts is the summary of a run with --json.
func counts(t *testing.T, stdout string) outcome.Counts {
	t.Helper()
	var summary struct {
		outcome.Counts
		Rows int `json:"rows"`
	}
	if err := json.Unmarshal([]byte(stdout), &summary); err != nil {
		t.Fatalf("%v: %q", err, stdout)
	}
	if summary.Rows != summary.Counts.Rows() {
		t.Errorf("%+v don't add up to %d", summary.Counts, summary.Rows)
	}
	return summary.Counts
}

// whole fails if a folder holds anything half-written.
func whole(t *testing.T, folder string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		for _, end := range []string{".part", ".tmp", "-journal", ".new"} {
			if strings.HasSuffix(e.Name(), end) {
				t.Errorf("%s was left behind", e.Name())
			}
		}
	}
}

// paired reads a results file and returns how many of its rows have a person.
func paired(t *testing.T, path string, n int) (people int) {
	t.Helper()
	back, err := results.Open(path, roster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	rows := 0
	for row, err := range back.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		rows++
		if row.Outcome.Status.HasPerson() {
			people++
		}
	}
	if rows != n {
		t.Errorf("%d rows in %s, want %d", rows, path, n)
	}
	return people
}

// A disk that fills up under the results file ends the run. What was sent is in
// the ledger, and the results of an earlier run stay as they were.
func TestDiskFullOfResults(t *testing.T) {
	t.Parallel()
	long(t)
	const people = 400
	for _, test := range []struct{ name, size string }{
		{"crew.results.csv", "64k"}, {"crew.results.jsonl", "64k"}, {"crew.results.xlsx", "48k"}, {"crew.results.csv", "4k"},
	} {
		for _, earlier := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s on %s, earlier results %t", test.name, test.size, earlier), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, simulator.Config{Windows: []simulator.Window{}})
				path := w.longCrew(people)
				d := newDisk(t, filepath.Join(w.folder, "disk"), "1m")
				target := filepath.Join(d.folder, test.name)
				var before []byte
				if earlier {
					small := filepath.Join(w.folder, "small.csv")
					if err := os.WriteFile(small, []byte("First Name,Last Name,Job Title,Employee ID\nAnn0,Lee0,x,00001\n"), 0o600); err != nil {
						t.Fatal(err)
					}
					if code, stdout, stderr := w.muster("import", small, "--results", target); code != outcome.ExitDone {
						t.Fatalf("exit %d\n%s\n%s", code, stdout, stderr)
					}
					var err error
					if before, err = os.ReadFile(target); err != nil {
						t.Fatal(err)
					}
				}
				size := test.size
				if earlier && test.size == "4k" {
					size = "8k"
				}
				if err := syscall.Mount("tmpfs", d.folder, "tmpfs", syscall.MS_REMOUNT, "size="+size); err != nil {
					t.Fatal(err)
				}
				code, stdout, stderr := w.muster("import", path, "--results", target, "--json")
				if code != outcome.ExitStopped {
					t.Fatalf("exit %d, want %d\n%s\n%s", code, outcome.ExitStopped, stdout, stderr)
				}
				if !strings.Contains(stderr, "try:") {
					t.Errorf("no word of what to do: %s", stderr)
				}
				c := counts(t, stdout)
				if c.Rows() != people {
					t.Errorf("%+v of %d rows", c, people)
				}
				if there := len(w.server.People()); c.Created+c.Existing != there {
					t.Errorf("%d people, and the summary says %+v", there, c)
				}
				whole(t, d.folder)
				after, err := os.ReadFile(target)
				if earlier && !bytes.Equal(before, after) || !earlier && err == nil {
					t.Error("the results of before are not as they were")
				}
				d.room()
				if code, stdout, stderr := w.muster("import", path, "--results", target); code != outcome.ExitDone {
					t.Fatalf("with room again: exit %d\n%s\n%s", code, stdout, stderr)
				}
				if got := paired(t, target, people); got != people {
					t.Errorf("%d of %d rows have a person", got, people)
				}
				whole(t, d.folder)
				w.finish(path)
				w.exact(people)
				if stored := w.server.Requests().Creates; stored != people {
					t.Errorf("%d creates for %d people", stored, people)
				}
			})
		}
	}
}

// A disk that fills up under the ledger ends the run: without a ledger nothing
// is sent.
func TestDiskFullOfLedger(t *testing.T) {
	t.Parallel()
	const people = 1500
	for _, size := range []string{"192k", "256k", "384k", "512k"} {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, simulator.Config{Windows: []simulator.Window{}})
			path := w.crew(people)
			d := newDisk(t, filepath.Join(w.folder, "disk"), size)
			book := filepath.Join(d.folder, "ledger.db")
			code, stdout, stderr := w.muster("import", path, "--ledger", book, "--json")
			if code != outcome.ExitStopped {
				t.Fatalf("exit %d, want %d\n%s\n%s", code, outcome.ExitStopped, stdout, stderr)
			}
			if strings.Count(stderr, "ERR") > 1 {
				t.Errorf("it says so for every row: %s", stderr)
			}
			if !strings.Contains(stderr, "disk of the ledger is full") || !strings.Contains(stderr, "try: make room") {
				t.Errorf("it says: %s", stderr)
			}
			c := counts(t, stdout)
			there := len(w.server.People())
			if c.Pending == 0 || c.Created+c.Unknown < there || c.Created > there || c.Failed+c.Invalid+c.Existing > 0 {
				t.Errorf("%d people, and the summary says %+v", there, c)
			}
			if got := paired(t, filepath.Join(w.folder, "crew.results.csv"), people); got != c.Created {
				t.Errorf("%d rows of the results have a person, %d were created", got, c.Created)
			}
			w.unrecorded(c.Unknown)
			whole(t, w.folder)
			d.room()
			w.finish(path, "--ledger", book, "--settle-after", "100ms")
			w.exact(people)
			if sent := w.server.Requests().Creates; sent != people {
				t.Errorf("%d creates for %d people", sent, people)
			}
		})
	}
}

// unrecorded fails unless the rows that are unknown say who was created for them.
func (w *world) unrecorded(n int) {
	w.t.Helper()
	back, err := results.Open(filepath.Join(w.folder, "crew.results.csv"), roster.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	defer back.Close()
	there := map[string]bool{}
	for _, p := range w.server.People() {
		there[fmt.Sprintf("%s,%s,(ID %d)", p.FirstName, p.LastName, p.ID)] = true
	}
	for row, err := range back.Rows() {
		if err != nil {
			w.t.Fatal(err)
		}
		if row.Outcome.Status != outcome.Unknown {
			continue
		}
		n--
		words := row.Outcome.Problems[0]
		id := regexp.MustCompile(`\(ID \d+\)`).FindString(words.Message)
		if !there[row.Cells[0]+","+row.Cells[1]+","+id] || !strings.HasPrefix(words.Code, "ledger_") {
			w.t.Errorf("row %d says %+v", row.Number, words)
		}
	}
	if n != 0 {
		w.t.Errorf("%d rows less are unknown than the summary says", n)
	}
}

// A disk that is full already: nothing is sent.
func TestDiskFullBeforeTheStart(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"--ledger", "--results"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, simulator.Config{Windows: []simulator.Window{}})
			path := w.crew(5)
			d := newDisk(t, filepath.Join(w.folder, "disk"), "16k")
			d.fill()
			name := map[string]string{"--ledger": "ledger.db", "--results": "crew.results.csv"}[what]
			code, _, stderr := w.muster("import", path, what, filepath.Join(d.folder, name))
			switch there := len(w.server.People()); {
			case code != outcome.ExitNotStarted && code != outcome.ExitStopped:
				t.Errorf("exit %d\n%s", code, stderr)
			case code == outcome.ExitNotStarted && there > 0:
				t.Errorf("%d people by a run that says that nothing was sent\n%s", there, stderr)
			}
			whole(t, d.folder)
			d.room()
			w.finish(path)
			w.exact(5)
		})
	}
}

// A roster that comes through a pipe is kept in a temporary file, which has to
// be whole before anything is sent.
func TestDiskFullOfTemporaryFiles(t *testing.T) {
	t.Parallel()
	const people = 300
	w := newWorld(t, simulator.Config{Windows: []simulator.Window{}})
	text, err := os.ReadFile(w.longCrew(people))
	if err != nil {
		t.Fatal(err)
	}
	d := newDisk(t, filepath.Join(w.folder, "disk"), "32k")
	piped := func() (code int, stderr string) {
		cmd := w.command("import", "/dev/stdin", "--results", filepath.Join(w.folder, "crew.results.csv"))
		cmd.Env = append(cmd.Env, "TMPDIR="+d.folder)
		cmd.Stdin = io.MultiReader(bytes.NewReader(text)) // no *os.File: a pipe
		var talk bytes.Buffer
		cmd.Stderr = &talk
		_ = cmd.Run() // how it ended is its exit code
		return cmd.ProcessState.ExitCode(), talk.String()
	}
	if code, stderr := piped(); code != outcome.ExitNotStarted || !strings.Contains(stderr, "no space left") {
		t.Errorf("exit %d\n%s", code, stderr)
	}
	if there := len(w.server.People()); there > 0 {
		t.Errorf("%d people of half a roster", there)
	}
	left, err := os.ReadDir(d.folder)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	whole(t, w.folder)
	d.room()
	if code, stderr := piped(); code != outcome.ExitDone {
		t.Errorf("with room again: exit %d\n%s", code, stderr)
	}
	w.exact(people)
}

// Where no disk can be mounted, the longest file that a process may write does.
// It hits the ledger's log, or the results, whichever is longer.
func TestFileTooLarge(t *testing.T) {
	t.Parallel()
	long(t)
	const people = 1500
	for _, size := range []int{64, 128, 256, 512} {
		t.Run(fmt.Sprint(size, " KiB"), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, simulator.Config{Windows: []simulator.Window{}})
			path := w.longCrew(people)
			cmd := w.command("-test.run=^TestLimitedChild$")
			cmd.Env = append(without(cmd.Env, childVariable), limitedArguments+"=import\n"+path+"\n--quiet", limitedSize+"="+strconv.Itoa(size<<10))
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			_ = cmd.Run() // how it ended is asked below
			if code := cmd.ProcessState.ExitCode(); code != outcome.ExitStopped {
				t.Fatalf("exit %d, want %d\n%s", code, outcome.ExitStopped, &stderr)
			}
			if there := len(w.server.People()); there == people {
				t.Error("the run came to its end")
			}
			whole(t, w.folder)
			w.finish(path, "--settle-after", "100ms")
			w.exact(people)
			if sent := w.server.Requests().Creates; sent != people {
				t.Errorf("%d creates for %d people", sent, people)
			}
		})
	}
}

// The variables of a child that may write no long file.
const (
	limitedArguments = "MUSTER_TEST_LIMITED"      // of the program, one a line
	limitedSize      = "MUSTER_TEST_LIMITED_SIZE" // bytes
)

// TestLimitedChild is the program in a process that may write no long file. It
// is no test.
func TestLimitedChild(t *testing.T) {
	arguments, ok := os.LookupEnv(limitedArguments)
	if !ok {
		t.Skip("only in a child of other tests")
	}
	size, err := strconv.ParseUint(os.Getenv(limitedSize), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ) // the write fails instead
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: size}); err != nil {
		t.Fatal(err)
	}
	os.Exit(run(context.Background(), strings.Split(arguments, "\n"), thisProcess()))
}
