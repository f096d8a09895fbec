package roster_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"muster/importer/roster"
)

func TestFileErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, test := range map[string]struct{ path, want string }{
		"missing": {filepath.Join(dir, "crew.csv"), roster.CodeFileMissing},
		"folder":  {dir, roster.CodeFileIsFolder},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := roster.Open(test.path, roster.Options{})
			if got := code(t, err); got != test.want {
				t.Errorf("code %s, want %s", got, test.want)
			}
		})
	}
}

func TestFileChanges(t *testing.T) {
	t.Parallel()
	const content = "First Name,Last Name\nAna,Silva\nBo,Li\n"
	later := time.Now().Add(time.Hour)
	for name, change := range map[string]func(path string) error{
		"longer":   func(path string) error { return os.WriteFile(path, []byte(content+"Cy,Ray\n"), 0o600) },
		"shorter":  func(path string) error { return os.WriteFile(path, []byte(content[:30]), 0o600) },
		"touched":  func(path string) error { return os.Chtimes(path, later, later) },
		"gone":     os.Remove,
		"replaced": func(path string) error { return os.Rename(write(t, "other.csv", content), path) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := write(t, "crew.csv", content)
			r := open(t, path, roster.Options{})
			if err := change(path); err != nil {
				t.Fatal(err)
			}
			var last error
			for _, last = range r.Rows() {
				continue
			}
			if last == nil || code(t, last) != roster.CodeFileChanged {
				t.Errorf("error %v", last)
			}
		})
	}
}

func TestStandardInput(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	r, err := roster.Open("-", roster.Options{Heading: heading, Stdin: strings.NewReader("First Name,Last Name\nAna,Silva\n")})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := lines(t, r); len(got) != 1 || got[0].Cells != "Ana|Silva" {
			t.Errorf("got %v", got)
		}
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	_, err = roster.Open("-", roster.Options{Stdin: strings.NewReader("")})
	if code(t, err) != roster.CodeFileEmpty || !strings.HasPrefix(err.Error(), "standard input: ") {
		t.Errorf("error %v", err)
	}
	nothingLeft(t, dir)
}

// endless is a pipe that never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestEndlessInput(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	_, err := roster.Open("-", roster.Options{Stdin: endless{}})
	if code(t, err) != roster.CodeFileTooLarge {
		t.Errorf("error %v", err)
	}
	nothingLeft(t, dir)
}

func nothingLeft(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left in the temporary folder: %v, %v", left, err)
	}
}

func TestStoppingEarly(t *testing.T) {
	t.Parallel()
	for _, path := range []string{crewCSV(t, 1000), crewXLSX(t, 1000)} {
		r := open(t, path, roster.Options{})
		for pass := range 20 {
			n := 0
			for row, err := range r.Rows() {
				if err != nil {
					t.Fatal(err)
				}
				if n++; row.Number == pass*40+2 {
					break
				}
			}
			if n != pass*40+1 {
				t.Errorf("%s, pass %d: %d rows", filepath.Base(path), pass, n)
			}
		}
	}
}

// TestMemoryStaysFlat reads long files and looks at the heap on the way.
func TestMemoryStaysFlat(t *testing.T) {
	const limit = 8 << 20 // less than all rows take
	for name, test := range map[string]struct {
		path string
		rows int
	}{
		"CSV":  {crewCSV(t, 300_000/every(3)), 300_000 / every(3)},
		"XLSX": {crewXLSX(t, 60_000/every(3)), 60_000 / every(3)},
	} {
		t.Run(name, func(t *testing.T) {
			runtime.GC()
			var before, now runtime.MemStats
			runtime.ReadMemStats(&before)
			r := open(t, test.path, roster.Options{})
			n := 0
			for row, err := range r.Rows() {
				if err != nil {
					t.Fatal(err)
				}
				if n++; row.Number%(test.rows/5) == 0 {
					runtime.GC()
					runtime.ReadMemStats(&now)
					if now.HeapAlloc > before.HeapAlloc+limit {
						t.Fatalf("row %d: the heap grew from %d to %d", row.Number, before.HeapAlloc, now.HeapAlloc)
					}
				}
			}
			if n != test.rows {
				t.Errorf("%d rows, want %d", n, test.rows)
			}
		})
	}
}
