package results

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	"muster/importer/fault"
)

// The codes of the errors of Create, Commit and Open.
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

func unreadable(path string, err error) *fault.Error {
	return &fault.Error{Where: fault.Where{File: path}, Code: CodeUnread, Message: "this file can't be read", Fix: "see that it is there and that you may read it", Err: fault.Cause(err)}
}

func tooLarge(path string) *fault.Error {
	return &fault.Error{
		Where: fault.Where{File: path}, Code: CodeTooLarge,
		Message: fmt.Sprintf("a workbook's sheet holds no more than %d rows and %d columns, and this roster has more", sheetRows, sheetColumns),
		Fix:     "use a results file whose name ends in .csv or .jsonl",
	}
}

func inUse(path string) *fault.Error {
	return &fault.Error{
		Where: fault.Where{File: path}, Code: CodeInUse, Message: "another run is writing its results there",
		Fix: "wait until it has ended, or give each run a results file of its own with --results",
	}
}

// unwritable says why the machine refused.
func unwritable(path string, err error) *fault.Error {
	e := &fault.Error{Where: fault.Where{File: path}, Code: CodeUnwritten, Message: "this file can't be written", Fix: "choose another name for the results file", Err: fault.Cause(err)}
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
