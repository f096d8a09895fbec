package roster_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/importer/fault"
	"muster/importer/roster"
)

// heading is a small dictionary: what the mapping does for the program.
func heading(cell string) bool {
	switch strings.ToLower(strings.Trim(cell, " *")) {
	case "first name", "first", "given name", "vorname", "nombre", "prénom",
		"last name", "last", "family name", "surname", "nachname", "apellidos",
		"name", "full name", "employee name", "worker", "laborer", "имя", "фамилия",
		"title", "job title", "job", "position", "occupation", "business title", "title / class", "tätigkeit", "puesto",
		"id", "employee id", "emp #", "id no", "badge no.", "person number", "personalnummer", "no. de empleado",
		"origin id", "external id", "is employee", "w-2 employee?", "angestellt", "worker type",
		"craft", "trade", "oficio", "notes", "phone", "project", "start date", "employment status":
		return true
	}
	return false
}

// write stores content under a name in a folder of the test's own.
func write(tb testing.TB, name, content string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

// open opens a roster that must be fine, and closes it at the end.
func open(tb testing.TB, path string, o roster.Options) *roster.Reader {
	tb.Helper()
	if o.Heading == nil {
		o.Heading = heading
	}
	r, err := roster.Open(path, o)
	if err != nil {
		tb.Fatalf("Open(%s): %v", path, err)
	}
	tb.Cleanup(func() {
		if err := r.Close(); err != nil {
			tb.Errorf("Close: %v", err)
		}
	})
	return r
}

// every returns n for a quick test, and 1 with MUSTER_TEST_LONG: a test tries every n-th
// case.
func every(n int) int {
	if os.Getenv("MUSTER_TEST_LONG") != "" {
		return 1
	}
	return n
}

// line is a row as tests compare it.
type line struct {
	Number int
	Cells  string // joined by |
	What   string // the damage's code and cell, or the note
}

func lines(tb testing.TB, r *roster.Reader) []line {
	tb.Helper()
	var all []line
	for row, err := range r.Rows() {
		if err != nil {
			tb.Fatalf("Rows: %v", err)
		}
		if len(row.Cells) < len(r.Header()) {
			tb.Errorf("row %d has %d cells under %d headings", row.Number, len(row.Cells), len(r.Header()))
		}
		if row.Kinds != nil && len(row.Kinds) != len(row.Cells) {
			tb.Errorf("row %d has %d kinds for %d cells", row.Number, len(row.Kinds), len(row.Cells))
		}
		l := line{Number: row.Number, Cells: strings.Join(row.Cells, "|"), What: row.SkipReason}
		if row.Err != nil {
			l.What = strings.TrimSpace(row.Err.Code + " " + row.Err.Where.Cell)
		}
		all = append(all, l)
	}
	return all
}

// code returns the code of an error, which must be a *fault.Error.
func code(tb testing.TB, err error) string {
	tb.Helper()
	var e *fault.Error
	if !errors.As(err, &e) {
		tb.Fatalf("error is %T (%v), not a *fault.Error", err, err)
	}
	if e.Where.File == "" || e.Message == "" || e.Fix == "" {
		tb.Errorf("error lacks file, message or fix: %+v", e)
	}
	return e.Code
}
