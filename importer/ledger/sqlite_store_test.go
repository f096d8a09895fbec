package ledger_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp/cmpopts"

	"muster/importer/fault"
	"muster/importer/ledger"
	"muster/importer/outcome"
)

func scope() ledger.Scope {
	return ledger.Scope{API: "api.procore.com", Company: 7, Project: 1204}
}

// open opens the ledger at path for as long as the test runs.
func open(tb testing.TB, path string) *ledger.Ledger {
	tb.Helper()
	l, err := ledger.Open(tb.Context(), path)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { closeLedger(tb, l) })
	return l
}

func closeLedger(tb testing.TB, l *ledger.Ledger) {
	tb.Helper()
	if err := l.Close(); err != nil {
		tb.Error(err)
	}
}

// begin locks the scope for as long as the test runs and begins a run of it.
func begin(tb testing.TB, l *ledger.Ledger) *ledger.Run {
	tb.Helper()
	return beginScope(tb, l, scope())
}

func beginScope(tb testing.TB, l *ledger.Ledger, s ledger.Scope) *ledger.Run {
	tb.Helper()
	release, err := l.Lock(tb.Context(), s)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := release(); err != nil {
			tb.Error(err)
		}
	})
	run, err := l.Begin(tb.Context(), ledger.Run{Scope: s, Command: "import", Roster: "crew.csv"})
	if err != nil {
		tb.Fatal(err)
	}
	return run
}

func intend(tb testing.TB, l *ledger.Ledger, run *ledger.Run, key ledger.Key, row int) ledger.Intent {
	tb.Helper()
	i, err := l.Intend(tb.Context(), run, ledger.Request{Key: key, Row: row})
	if err != nil {
		tb.Fatal(err)
	}
	return i
}

func record(tb testing.TB, l *ledger.Ledger, i ledger.Intent, r ledger.Result) {
	tb.Helper()
	if err := l.Record(tb.Context(), i, r); err != nil {
		tb.Fatal(err)
	}
}

// anyCreator compares entries by everything but the run that created the person, and when.
var anyCreator = cmpopts.IgnoreFields(ledger.Entry{}, "Creator", "Settled")

// anyTime compares entries by everything but when the person was created.
var anyTime = cmpopts.IgnoreFields(ledger.Entry{}, "Settled")

func lookup(tb testing.TB, l *ledger.Ledger, keys ...ledger.Key) []ledger.Entry {
	tb.Helper()
	entries, err := l.Lookup(tb.Context(), keys)
	if err != nil {
		tb.Fatal(err)
	}
	return entries
}

func created(id int64) ledger.Result {
	return ledger.Result{State: ledger.Created, PersonID: id, Status: outcome.Created, HTTPStatus: 201}
}

// wantCode fails the test unless err is an *fault.Error of the code that says
// where, what and what to do.
func wantCode(t *testing.T, err error, code, path string) {
	t.Helper()
	var got *fault.Error
	if !errors.As(err, &got) {
		t.Fatalf("got error %v, want a *fault.Error", err)
	}
	if got.Code != code {
		t.Errorf("got code %s (%v), want %s", got.Code, err, code)
	}
	if got.Where.File != path || !strings.Contains(err.Error(), path) {
		t.Errorf("%q does not name %s", err, path)
	}
	if got.Message == "" || got.Fix == "" {
		t.Errorf("%+v has no message or no fix", got)
	}
}

// What is written into a file that is not found any more is lost with the process.
func TestNothingIsWrittenIntoALostFile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		lose func(path string) error
	}{
		{"removed", os.Remove},
		{"replaced", func(path string) error {
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return errors.Join(os.WriteFile(path+".copy", content, 0o600), os.Rename(path+".copy", path))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "ledger.db")
			l := open(t, path)
			run := begin(t, l)
			if _, err := l.Intend(t.Context(), run, ledger.Request{Key: l.Key("1"), Row: 2}); err != nil {
				t.Fatal(err)
			}
			if err := tt.lose(path); err != nil {
				t.Skip("this system keeps open files:", err)
			}
			_, err := l.Intend(t.Context(), run, ledger.Request{Key: l.Key("2"), Row: 3})
			wantCode(t, err, ledger.CodeDamaged, path)
		})
	}
}

func TestOpenMakesPrivateFiles(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no file modes")
	}
	folder := filepath.Join(t.TempDir(), "state", "muster")
	l := open(t, filepath.Join(folder, "ledger.db"))
	intend(t, l, begin(t, l), l.Key("a"), 2)
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]fs.FileMode)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		seen[e.Name()] = info.Mode().Perm()
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", e.Name(), info.Mode())
		}
	}
	for _, name := range []string{"ledger.db", "ledger.db-wal", "ledger.db-shm"} {
		if _, ok := seen[name]; !ok {
			t.Errorf("%s is missing among %v", name, seen)
		}
	}
	info, err := os.Stat(folder)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has mode %v", info.Mode())
	}
}

func TestCloseLeavesOneFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := open(t, path)
	i := intend(t, l, begin(t, l), l.Key("a"), 2)
	closeLedger(t, l)
	closeLedger(t, l) // does nothing
	for _, name := range []string{path + "-wal", path + "-shm"} {
		if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left (%v)", name, err)
		}
	}
	if err := l.Record(t.Context(), i, created(1)); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("Record on a closed ledger: got %v", err)
	}
}

func TestOpenOddPaths(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"with space.db", "100%41.db", "what?mode=memory&x#y.db", "Größe é.db", "a:b.db"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS == "windows" {
				t.Skip("not a name there")
			}
			path := filepath.Join(t.TempDir(), name)
			l := open(t, path)
			intend(t, l, begin(t, l), l.Key("a"), 2)
			closeLedger(t, l)
			if info, err := os.Stat(path); err != nil || info.Size() == 0 {
				t.Errorf("the ledger is not where it should be: %v", err)
			}
			l = open(t, path)
			if got := lookup(t, l, l.Key("a"))[0].State; got != ledger.Intended {
				t.Errorf("got %v after opening it again", got)
			}
		})
	}
}

func TestOpenTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	write := func(content string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	change := func(statement string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			closeLedger(t, open(t, path))
			db, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name string
		make func(*testing.T, string)
		code string
	}{
		{"garbage", write(strings.Repeat("no ledger ", 1000)), ledger.CodeDamaged},
		{"a few bytes", write("x"), ledger.CodeDamaged},
		{"empty", write(""), ledger.CodeDamaged},
		{"zeros", write(strings.Repeat("\x00", 8192)), ledger.CodeDamaged},
		{"cut within the head", cut(60), ledger.CodeDamaged},
		{"cut behind the head", cut(100), ledger.CodeDamaged},
		{"cut within the first page", cut(2000), ledger.CodeDamaged},
		{"cut behind the first page", cut(4096), ledger.CodeDamaged},
		{"cut within a later page", cut(9000), ledger.CodeDamaged},
		{"newer", change("PRAGMA user_version = 99"), ledger.CodeNewer},
		{"without format", change("PRAGMA user_version = 0"), ledger.CodeDamaged},
		{"another program's", change("PRAGMA application_id = 77"), ledger.CodeDamaged},
		{"without secret", change("DELETE FROM ledger"), ledger.CodeDamaged},
		{"without table", change("DROP TABLE people"), ledger.CodeDamaged},
		{"a folder", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, ledger.CodeUnwritable},
		{"its log alone", func(t *testing.T, path string) {
			closeLedger(t, open(t, path))
			if err := os.Rename(path, path+"-wal"); err != nil {
				t.Fatal(err)
			}
		}, ledger.CodeDamaged},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "ledger.db")
			c.make(t, path)
			before, _ := os.ReadFile(path)
			l, err := ledger.Open(t.Context(), path)
			if err == nil {
				closeLedger(t, l)
			}
			wantCode(t, err, c.code, path)
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
	t.Run("below a file", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "file")
		write("x")(t, file)
		for _, path := range []string{filepath.Join(file, "ledger.db"), filepath.Join(file, "folder", "ledger.db")} {
			_, err := ledger.Open(t.Context(), path)
			wantCode(t, err, ledger.CodeUnwritable, path)
		}
	})
}

// cut makes a ledger and leaves the first n bytes of it.
func cut(n int64) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		l := open(t, path)
		fillKeys(t, l, begin(t, l), 300)
		closeLedger(t, l)
		if err := os.Truncate(path, n); err != nil {
			t.Fatal(err)
		}
	}
}

func fillKeys(t *testing.T, l *ledger.Ledger, run *ledger.Run, n int) {
	t.Helper()
	var workers sync.WaitGroup
	for worker := range 16 {
		workers.Go(func() {
			for row := worker; row < n; row += 16 {
				i, err := l.Intend(t.Context(), run, ledger.Request{Key: l.Key(fmt.Sprint("person", row)), Row: row})
				if err == nil {
					err = l.Record(t.Context(), i, created(int64(row)+1))
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	workers.Wait()
}

// A ledger that was cut or overwritten says so, or it has everything: also
// while its log holds some of it, as after a kill.
func TestDamageAnywhere(t *testing.T) {
	t.Parallel()
	const people = 300
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := open(t, path)
	run := begin(t, l)
	fillKeys(t, l, run, people)
	closeLedger(t, l)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	l = open(t, path)
	intend(t, l, run, l.Key("in the log"), 9999)
	log, err := os.ReadFile(path + "-wal")
	if err != nil || len(log) == 0 {
		t.Fatalf("there is no log: %v", err)
	}

	cut := func(at int) []byte { return whole[:at] }
	overwrite := func(with byte) func(int) []byte {
		return func(at int) []byte {
			content := bytes.Clone(whole)
			sector := content[at:min(at+512, len(content))]
			copy(sector, bytes.Repeat([]byte{with}, len(sector)))
			return content
		}
	}
	for _, c := range []struct {
		name   string
		damage func(at int) []byte
		step   int
		log    []byte
	}{
		{"cut", cut, 1531, nil},
		{"cut after a kill", cut, 1531, log},
		{"a sector of zeros", overwrite(0), 3 * 512, nil},
		{"a sector of zeros after a kill", overwrite(0), 3 * 512, log},
		{"a sector of garbage", overwrite(0xa5), 3 * 512, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			good := 0
			for at := 0; at <= len(whole); at += c.step {
				path := filepath.Join(t.TempDir(), "ledger.db")
				if err := os.WriteFile(path, c.damage(at), 0o600); err != nil {
					t.Fatal(err)
				}
				if c.log != nil {
					if err := os.WriteFile(path+"-wal", c.log, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				if hasAllPeople(t, path, people) {
					good++
				}
			}
			t.Logf("%d bytes; %d times nothing was lost", len(whole), good)
		})
	}
}

// hasAllPeople reports whether the ledger opens; if it does, it must be whole.
func hasAllPeople(t *testing.T, path string, people int) bool {
	t.Helper()
	l, err := ledger.Open(t.Context(), path)
	if err != nil {
		wantCode(t, err, ledger.CodeDamaged, path)
		return false
	}
	defer closeLedger(t, l)
	keys := make([]ledger.Key, people)
	for row := range keys {
		keys[row] = l.Key(fmt.Sprint("person", row))
	}
	for row, e := range lookup(t, l, keys...) {
		if e.State != ledger.Created || e.PersonID != int64(row)+1 {
			t.Fatalf("row %d is forgotten silently: %+v", row, e)
		}
	}
	return true
}

func TestNoNames(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "ledger.db")
	l := open(t, path)
	run := begin(t, l)
	i := intend(t, l, run, l.Key("employee", "B-0042-XY", "Lefevre"), 2)
	record(t, l, i, created(1))
	intend(t, l, run, l.Key("name", "Okonkwo"), 3)
	look := func(when string) {
		for _, name := range []string{path, path + "-wal"} {
			content, err := os.ReadFile(name)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			for _, text := range []string{"Lefevre", "B-0042-XY", "Okonkwo"} {
				if bytes.Contains(content, []byte(text)) {
					t.Errorf("%s: %s holds %q", when, name, text)
				}
			}
		}
	}
	closeLedger(t, l) // reading the file while it is open would take SQLite's locks from it
	look("closed")
}

func testManyMakeOneLedger(t *testing.T, location newLocation) {
	t.Parallel()
	path := location(t)
	keys := make([]ledger.Key, 16)
	var openers sync.WaitGroup
	for n := range keys {
		openers.Go(func() {
			l, err := ledger.Open(t.Context(), path)
			if err != nil {
				t.Error(err)
				return
			}
			keys[n] = l.Key("same")
			closeLedger(t, l)
		})
	}
	openers.Wait()
	for _, k := range keys {
		if k != keys[0] {
			t.Fatal("two secrets: two ledgers were made")
		}
	}
}

func testKey(t *testing.T, location newLocation) {
	t.Parallel()
	l, other := open(t, location(t)), open(t, location(t))
	all := [][]string{
		{},
		{""},
		{"", ""},
		{"ab", "c"},
		{"a", "bc"},
		{"abc"},
		{"abc", ""},
		{"", "abc"},
		{"\x03abc"},
		{"a", "b", "c"},
		{strings.Repeat("x", 300)},
		{strings.Repeat("x", 301)},
	}
	seen := make(map[ledger.Key][]string)
	for _, parts := range all {
		k := l.Key(parts...)
		if before, ok := seen[k]; ok {
			t.Errorf("%q and %q have one key", parts, before)
		}
		seen[k] = parts
		if l.Key(parts...) != k {
			t.Errorf("%q has two keys", parts)
		}
		if other.Key(parts...) == k {
			t.Errorf("%q has the same key in two ledgers", parts)
		}
	}
	want := l.Key("ab", "c")
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for range 1000 {
				if l.Key("ab", "c") != want {
					t.Error("another key under concurrency")
					return
				}
			}
		})
	}
	workers.Wait()
}
