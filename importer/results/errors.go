package results

import (
	"errors"
	"fmt"
	"syscall"

	"muster/importer/atomicfile"
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

func unreadable(path string, err error) *fault.Error {
	e := fault.InFile(path, CodeUnread, "this file can't be read", "check that the file exists and that you may read it")
	e.Err = fault.Cause(err)
	return e
}

func tooLarge(path string) *fault.Error {
	return fault.InFile(path, CodeTooLarge,
		fmt.Sprintf("a workbook's sheet holds no more than %d rows and %d columns, and this roster has more", sheetRows, sheetColumns),
		"use a results file whose name ends in .csv or .jsonl")
}

func inUse(path string) *fault.Error {
	return fault.InFile(path, CodeInUse, "another run is writing this results file",
		"wait until the other run has ended, or give each run a results file with --results")
}

// resultsFile is the kind of file that this package writes.
func resultsFile() atomicfile.Kind {
	return atomicfile.Kind{
		Name: "results file", Flag: "--results", WhyNot: whyNotResults,
		Codes: atomicfile.Codes{IsFolder: CodeFolder, NotFile: CodeNotFile, NoFolder: CodeNoFolder, NotOurs: CodeNotOurs, Unwritable: CodeUnwritten},
	}
}

// unwritable turns an error of the system into an error with a fix.
func unwritable(path string, err error) *fault.Error {
	if errors.Is(err, syscall.ENOSPC) {
		return fault.InFile(path, CodeDiskFull, "the disk is full",
			"make room on the disk, then start the same command again; the rows that were sent are recorded")
	}
	return resultsFile().Unwritable(path, err)
}
