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

// The codes of a Row's Err, besides the roster's own.
const (
	CodeRowUnclear    = "results_row_unclear"
	CodeStatusUnclear = "results_status_unclear"
	CodePersonUnclear = "results_person_unclear"
	CodePersonMissing = "results_person_missing" // no ID although the status says that there is a person
	CodeLineUnclear   = "results_line_unclear"
	CodeRehearsal     = "results_rehearsal" // the ID is a rehearsal's
)

// refusal returns an error about the file at path.
func refusal(path, code, message, fix string) *fault.Error {
	return &fault.Error{Code: code, Message: message, Fix: fix, Where: fault.Where{File: path}}
}

func unreadable(path string, err error) *fault.Error {
	e := refusal(path, CodeUnread, "this file can't be read", "check that the file exists and that you may read it")
	e.Err = fault.Cause(err)
	return e
}

func tooLarge(path string) *fault.Error {
	return refusal(path, CodeTooLarge,
		fmt.Sprintf("a workbook's sheet holds no more than %d rows and %d columns, and this roster has more", sheetRows, sheetColumns),
		"use a results file whose name ends in .csv or .jsonl")
}

func inUse(path string) *fault.Error {
	return refusal(path, CodeInUse, "another run is writing this results file",
		"wait until the other run has ended, or give each run a results file with --results")
}

// unwritable turns an error of the system into an error with a fix.
func unwritable(path string, err error) *fault.Error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return refusal(path, CodeNoFolder, "there is no folder "+filepath.Dir(path),
			"make that folder first, or choose another name for the results file")
	case errors.Is(err, fs.ErrPermission):
		return refusal(path, CodeUnwritten, "you may not write in this folder", "choose another name for the results file")
	case errors.Is(err, syscall.ENOSPC):
		return refusal(path, CodeDiskFull, "the disk is full",
			"make room on the disk, then start the same command again; the rows that were sent are recorded")
	}
	e := refusal(path, CodeUnwritten, "this file can't be written", "choose another name for the results file")
	e.Err = fault.Cause(err)
	return e
}
