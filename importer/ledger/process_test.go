package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/importer/fault"
	"muster/importer/ledger"
)

// parts returns what a child process can play.
func parts() map[string]func(*ledger.Ledger) error {
	return map[string]func(*ledger.Ledger) error{
		"stream": stream,
		"lock":   holdLock,
		"other":  workOnAnotherProject,
		"full":   fillDisk,
	}
}

// stream creates people without end and tells what was durable when.
func stream(l *ledger.Ledger) error {
	run, err := beginChild(l, scope())
	if err != nil {
		return err
	}
	var workers sync.WaitGroup
	for worker := range 8 {
		workers.Go(func() {
			for n := 0; ; n++ {
				name := fmt.Sprintf("%s-%d-%d", run.ID, worker, n)
				i, err := l.Intend(context.Background(), run, ledger.Request{Key: l.Key(name), Row: n})
				if err == nil {
					say("intend %s %d %s", name, i.ID, i.Token)
					err = l.Record(context.Background(), i, resultOf(name, i.ID))
				}
				if err != nil {
					say("error %v", err)
					return
				}
				say("record %s %d %s", name, i.ID, i.Token)
			}
		})
	}
	workers.Wait()
	return nil
}

// resultOf says what stream records, so that its reader knows too.
func resultOf(name string, id int64) ledger.Result {
	switch {
	case strings.HasSuffix(name, "3"):
		return ledger.Result{State: ledger.Refused}
	case strings.HasSuffix(name, "7"):
		return ledger.Result{State: ledger.Intended, Code: "timeout"}
	}
	return created(id)
}

func beginChild(l *ledger.Ledger, s ledger.Scope) (*ledger.Run, error) {
	if _, err := l.Lock(context.Background(), s); err != nil {
		return nil, err
	}
	return l.Begin(context.Background(), ledger.Run{Scope: s, Command: "import"})
}

// say writes a line in one call, so that a kill leaves it whole or out.
func say(format string, args ...any) {
	_, _ = os.Stdout.WriteString(fmt.Sprintf(format, args...) + "\n") // the reader may be gone
}

// sleepUntilKilled waits on a timer: a program in which nothing can happen any more is
// ended by Go.
func sleepUntilKilled() { time.Sleep(time.Hour) }

// Whatever was durable by the ledger's word is there after a kill, and the
// next process continues from there.
func testKill(t *testing.T, location newLocation) {
	t.Parallel()
	path := location(t)
	said := make(map[string]string) // name: "intend id token" or "record id token"
	rounds, lines := 4, 400
	if testing.Short() {
		rounds = 2
	}
	for round := range rounds {
		c := start(t, "stream", path)
		var heard []string
		for range lines + 37*round {
			heard = append(heard, c.read(t))
		}
		heard = append(heard, c.kill(t)...)
		for _, line := range heard {
			word, rest, _ := strings.Cut(line, " ")
			name, rest, _ := strings.Cut(rest, " ")
			if _, token, ok := strings.Cut(rest, " "); !ok || len(token) != 32 {
				continue // cut by the kill
			}
			said[name] = word + " " + rest
		}
		l := open(t, path)
		if err := verify(t, l, said); err != nil {
			t.Fatal(err)
		}
		runs, err := l.Runs(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(runs) != round+1 {
			t.Errorf("round %d: %d runs", round, len(runs))
		}
		for _, r := range runs {
			if r.Status != ledger.Crashed {
				t.Errorf("run %s is %s", r.ID, r.Status)
			}
		}
		closeLedger(t, l)
	}
}

func verify(t *testing.T, l *ledger.Ledger, said map[string]string) error {
	unsettled := make(map[int64]ledger.Intent)
	open, err := l.OpenIntents(t.Context(), scope())
	if err != nil {
		return err
	}
	for _, i := range open {
		unsettled[i.ID] = i
	}
	for name, what := range said {
		var (
			word, token string
			id          int64
		)
		if _, err := fmt.Sscan(what, &word, &id, &token); err != nil {
			return err
		}
		want := resultOf(name, id)
		got := lookup(t, l, l.Key(name))[0]
		if got.State == ledger.Intended && (got.Intent.ID != id || got.Intent.Token != token || !cmp.Equal(unsettled[id], got.Intent)) {
			t.Errorf("%s: intent %+v", what, got.Intent)
		}
		if word == "intend" && got.State == ledger.Intended {
			continue // its outcome was not announced
		}
		if got.State != want.State || got.PersonID != want.PersonID {
			t.Errorf("%s: %+v is gone, there is %+v", what, want, got)
		}
	}
	return nil
}

// holdLock holds the scope's lock until it is killed.
func holdLock(l *ledger.Ledger) error {
	if _, err := beginChild(l, scope()); err != nil {
		return err
	}
	say("locked")
	sleepUntilKilled()
	return nil
}

func testLockOfAnotherProcess(t *testing.T, location newLocation) {
	t.Parallel()
	path := location(t)
	l := open(t, path)
	c := start(t, "lock", path)
	if got := c.read(t); got != "locked" {
		t.Fatal(got)
	}
	if _, err := l.Lock(t.Context(), scope()); !errors.Is(err, ledger.ErrLocked) {
		t.Errorf("while it is held: got %v", err)
	}
	if runs, err := l.Runs(t.Context(), 1); err != nil || runs[0].Status != ledger.Running {
		t.Errorf("while it is held: got %+v, %v", runs, err)
	}
	other := scope()
	other.Project++
	lock(t, l, other)()
	c.kill(t)
	for range 500 { // a server ends the connection a moment after the process
		if !l.Locked(scope()) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	begin(t, l)
	if runs, err := l.Runs(t.Context(), 0); err != nil || len(runs) != 2 || runs[1].Status != ledger.Crashed {
		t.Errorf("after the kill: got %+v, %v", runs, err)
	}
}

// A lock that is refused names the host of the run that has the lock.
func testLockNamesTheHost(t *testing.T, location newLocation) {
	t.Parallel()
	path := location(t)
	run := begin(t, open(t, path))
	_, err := open(t, path).Lock(t.Context(), run.Scope)
	if !errors.Is(err, ledger.ErrLocked) || run.Host == "" || !strings.Contains(err.Error(), "on host "+run.Host+" since ") {
		t.Errorf("the lock of host %q: %v", run.Host, err)
	}
}

func testLock(t *testing.T, location newLocation) {
	t.Parallel()
	path := location(t)
	a, b := open(t, path), open(t, path)
	release, err := a.Lock(t.Context(), scope())
	if err != nil {
		t.Fatal(err)
	}
	for name, l := range map[string]*ledger.Ledger{"the same ledger": a, "another one on the same file": b} {
		if _, err := l.Lock(t.Context(), scope()); !errors.Is(err, ledger.ErrLocked) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for range 2 { // the second does nothing
		if err := release(); err != nil {
			t.Error(err)
		}
	}
	release, err = b.Lock(t.Context(), scope())
	if err != nil {
		t.Fatal(err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}

// A reader of the runs is never taken for a run.
func testLockWhileOthersLook(t *testing.T, location newLocation) {
	t.Parallel()
	path := location(t)
	l, watcher := open(t, path), open(t, path)
	release := lock(t, l, scope())
	if _, err := l.Begin(t.Context(), ledger.Run{Scope: scope()}); err != nil {
		t.Fatal(err)
	}
	release()
	done := make(chan struct{})
	var watch sync.WaitGroup
	for range 4 {
		watch.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if _, err := watcher.Runs(t.Context(), 0); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 2000 {
		lock(t, l, scope())()
	}
	close(done)
	watch.Wait()
}

// workOnAnotherProject creates people of another project.
func workOnAnotherProject(l *ledger.Ledger) error {
	s := scope()
	s.Project++
	run, err := beginChild(l, s)
	if err != nil {
		return err
	}
	say("begun")
	for n := range 300 {
		i, err := l.Intend(context.Background(), run, ledger.Request{Key: l.Key("other person", fmt.Sprint(n)), Row: n})
		if err == nil {
			err = l.Record(context.Background(), i, created(int64(n)+1))
		}
		if err != nil {
			return err
		}
	}
	run.Status = ledger.Finished
	if err := l.End(context.Background(), run); err != nil {
		return err
	}
	say("done")
	return nil
}

func testTwoProcesses(t *testing.T, location newLocation) {
	t.Parallel()
	path := location(t)
	l := open(t, path)
	c := start(t, "other", path)
	if got := c.read(t); got != "begun" {
		t.Fatal(got)
	}
	fillKeys(t, l, begin(t, l), 600)
	if got := c.read(t); got != "done" {
		t.Fatal(got)
	}
	if err := c.Wait(); err != nil {
		t.Fatal(err)
	}
	for n := range 300 {
		got := lookup(t, l, l.Key("other person", fmt.Sprint(n)), l.Key(fmt.Sprint("person", n)))
		here := ledger.Entry{State: ledger.Created, PersonID: int64(n) + 1, Project: scope().Project}
		other := here
		other.Project++
		if diff := cmp.Diff([]ledger.Entry{other, here}, got, anyCreator); diff != "" {
			t.Fatalf("person %d (-want +got):\n%s", n, diff)
		}
	}
}

// fillDisk writes until the disk refuses, and then some.
func fillDisk(l *ledger.Ledger) error {
	if err := limitFiles(300_000); err != nil {
		return err
	}
	run, err := beginChild(l, scope())
	if err != nil {
		return err
	}
	refusals := 0
	for n := 0; refusals < 3; n++ {
		if refusals == 1 { // there is room again
			if err := limitFiles(1 << 30); err != nil {
				return err
			}
		}
		name := fmt.Sprint("person", n)
		_, err := l.Intend(context.Background(), run, ledger.Request{Key: l.Key(name), Row: n})
		if err == nil && refusals > 0 {
			return errors.New("it went on although it is broken")
		}
		if err == nil {
			say("intend %s", name)
			continue
		}
		refusals++
		var known *fault.Error
		if !errors.As(err, &known) {
			return err
		}
		say("refused %s %s", known.Code, name)
	}
	if _, err := l.Lookup(context.Background(), []ledger.Key{l.Key("person0")}); err != nil {
		return fmt.Errorf("reading a ledger that can't be written: %w", err)
	}
	say("over")
	sleepUntilKilled()
	return nil
}

// A disk that refuses a write breaks the ledger, not what it holds.
func TestDiskRefuses(t *testing.T) {
	t.Parallel()
	if limitFiles == nil {
		t.Skip("files can't be limited here")
	}
	path := filepath.Join(t.TempDir(), "ledger.db")
	closeLedger(t, open(t, path))
	c := start(t, "full", path)
	var durable []string
	for {
		word, name, _ := strings.Cut(c.read(t), " ")
		if word == "over" {
			break
		}
		if word == "intend" {
			durable = append(durable, name)
		} else if !strings.HasPrefix(name, ledger.CodeUnwritable) && !strings.HasPrefix(name, ledger.CodeFull) {
			t.Errorf("got code %s", name)
		}
	}
	c.kill(t)
	if len(durable) == 0 {
		t.Fatal("nothing was written at all")
	}
	l := open(t, path)
	for _, name := range durable {
		if got := lookup(t, l, l.Key(name))[0].State; got != ledger.Intended {
			t.Errorf("%s is %v", name, got)
		}
	}
	intend(t, l, begin(t, l), l.Key("goes on"), 2)
}

// A link to a ledger is that ledger: a run that opens it by the one name keeps out
// those that open it by the other.
func TestLockByLink(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	a := open(t, filepath.Join(folder, "ledger.db"))
	link := filepath.Join(folder, "elsewhere.db")
	if err := os.Symlink(filepath.Join(folder, "ledger.db"), link); err != nil {
		t.Skip(err) // as on Windows without the right to
	}
	b := open(t, link)
	release, err := a.Lock(t.Context(), scope())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Lock(t.Context(), scope()); !errors.Is(err, ledger.ErrLocked) {
		t.Errorf("by the link: got %v, want %v", err, ledger.ErrLocked)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
}
