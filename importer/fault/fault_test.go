package fault_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"muster/importer/fault"
)

func TestError(t *testing.T) {
	for _, c := range []struct {
		name string
		err  fault.Error
		want string
	}{
		{"message alone", fault.Error{Message: "the disk is full"}, "the disk is full"},
		{"file", fault.Error{Message: "this is a folder", Where: fault.Where{File: "crew.csv"}}, "crew.csv: this is a folder"},
		{"cell", fault.Error{Message: "no name", Where: fault.Where{File: "a.xlsx", Sheet: "Crew", Row: 4, Cell: "D4"}}, `a.xlsx, sheet "Crew", row 4, column D: no name`},
		{"line", fault.Error{Message: "unknown field", Where: fault.Where{File: "m.yaml", Line: 3, Column: 7}}, "m.yaml, line 3, column 7: unknown field"},
		{"cause", fault.Error{Message: "the file can't be read", Err: fs.ErrPermission}, "the file can't be read (permission denied)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.err.Error(); got != c.want {
				t.Errorf("Error() = %q, want %q", got, c.want)
			}
		})
	}
}

func TestCodeOfAndCause(t *testing.T) {
	cause := &fs.PathError{Op: "open", Path: "crew.csv", Err: fs.ErrPermission}
	wrapped := fmt.Errorf("open: %w", &fault.Error{Code: "file_unreadable", Err: cause})
	if got := fault.CodeOf(wrapped); got != "file_unreadable" {
		t.Errorf("CodeOf = %q", got)
	}
	if got := fault.CodeOf(errors.New("other")); got != "" {
		t.Errorf("CodeOf of another error = %q", got)
	}
	if !errors.Is(wrapped, fs.ErrPermission) {
		t.Error("the cause is not in the chain")
	}
	if got := fault.Cause(cause); !errors.Is(got, fs.ErrPermission) || errors.Is(got, error(cause)) {
		t.Errorf("Cause = %v", got)
	}
}
