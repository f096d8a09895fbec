package results

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"
)

// The codes of Error.
const (
	CodeFormat    = "results_format_unknown"
	CodeFolder    = "results_is_folder"
	CodeNoFolder  = "results_folder_missing"
	CodeNotFile   = "results_not_a_file"
	CodeNotOurs   = "results_not_ours"
	CodeHeading   = "results_heading_taken"
	CodeTwice     = "results_heading_twice"
	CodeTooLarge  = "results_too_large"
	CodeDiskFull  = "results_disk_full"
	CodeUnwritten = "results_unwritable"
	CodeUnread    = "results_unreadable"
	CodeInUse     = "results_in_use"
)

// The codes of a Row's Damage, besides the roster's own.
const (
	CodeRowUnclear    = "results_row_unclear"
	CodeStatusUnclear = "results_status_unclear"
	CodePersonUnclear = "results_person_unclear"
	CodePersonMissing = "results_person_missing" // no ID at all, though the status says that there is a person
	CodeLineUnclear   = "results_line_unclear"
	CodeRehearsal     = "results_rehearsal" // the person is a rehearsal's
)

// Error is what keeps a results file from being written or read, in words for
// the person who can change it.
type Error struct {
	Path    string // as it was given
	Code    string // for programs
	Message string // what is wrong
	Fix     string // what to do
	Err     error  // what the machine said; may be nil
}

// Error says which file and what is wrong with it.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Path + ": " + e.Message
	}
	return fmt.Sprintf("%s: %s (%v)", e.Path, e.Message, e.Err)
}

// Unwrap returns what the machine said.
func (e *Error) Unwrap() error { return e.Err }

func unreadable(path string, err error) *Error {
	return &Error{Path: path, Code: CodeUnread, Message: "this file can't be read", Fix: "see that it is there and that you may read it", Err: reason(err)}
}

func tooLarge(path string) *Error {
	return &Error{
		Path: path, Code: CodeTooLarge,
		Message: fmt.Sprintf("a workbook's sheet holds no more than %d rows and %d columns, and this roster has more", sheetRows, sheetColumns),
		Fix:     "use a results file whose name ends in .csv or .jsonl",
	}
}

func inUse(path string) *Error {
	return &Error{
		Path: path, Code: CodeInUse, Message: "another run is writing its results there",
		Fix: "wait until it has ended, or give each run a results file of its own with --results",
	}
}

// unwritable says why the machine refused.
func unwritable(path string, err error) *Error {
	e := &Error{Path: path, Code: CodeUnwritten, Message: "this file can't be written", Fix: "choose another name for the results file", Err: reason(err)}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Code, e.Message, e.Err = CodeNoFolder, fmt.Sprintf("there is no folder %s", filepath.Dir(path)), nil
		e.Fix = "make that folder first, or choose another name for the results file"
	case errors.Is(err, fs.ErrPermission):
		e.Message, e.Err = "you may not write in this folder", nil
	case errors.Is(err, syscall.ENOSPC):
		e.Code, e.Message, e.Err = CodeDiskFull, "the disk is full", nil
		e.Fix = "make room on it, then start the same command again; what was sent is recorded"
	}
	return e
}

// reason takes the path out of an error, which the message has already.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
