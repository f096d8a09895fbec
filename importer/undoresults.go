package importer

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"muster/importer/atomicfile"
	"muster/importer/fault"
	"muster/importer/ledger"
	"muster/importer/results"
)

// undoHeadings begins the results file of an undo. Excel recognises UTF-8 by the
// mark in front.
const undoHeadings = "\uFEFFimport_row,import_person_id,undo_status,undo_code,undo_error\n"

// undoResults is the results file of an undo: CSV, with a line for each person.
// The file of an earlier undo is replaced, since the new file lists the same people.
type undoResults struct{ path, target string }

func undoResultsFile() atomicfile.Kind {
	return atomicfile.Kind{
		Name: "results file of an undo", Flag: "--results", WhyNot: atomicfile.Holds(undoHeadings),
		Codes: atomicfile.Codes{
			IsFolder: results.CodeFolder, NotFile: results.CodeNotFile, NoFolder: results.CodeNoFolder,
			NotOurs: results.CodeNotOurs, Unwritable: results.CodeUnwritten,
		},
	}
}

// newUndoResults checks that the results of an undo can be written to path. Without a
// path there is no file. The error is a *fault.Error.
func newUndoResults(path string) (*undoResults, error) {
	if path == "" {
		return nil, nil
	}
	if !strings.EqualFold(filepath.Ext(path), ".csv") {
		return nil, fault.InFile(path, results.CodeFormat, "the results of an undo are a CSV file", "choose a name that ends in .csv with --results")
	}
	target, err := undoResultsFile().Target(path)
	if err != nil {
		return nil, err
	}
	probe, err := os.CreateTemp(filepath.Dir(target), ".muster-undo-*")
	if err != nil {
		return nil, undoResultsFile().Unwritable(path, err)
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return nil, undoResultsFile().Unwritable(path, err)
	}
	return &undoResults{path: path, target: target}, nil
}

// UndoResultsPath returns the usual path of the results of an undo: in the folder of the
// run's results or roster, if the folder exists.
func UndoResultsPath(run ledger.Run) string {
	name := "undo-" + run.ID + ".csv"
	for _, path := range []string{run.Results, run.Roster} {
		if path == "" || Piped(path) {
			continue
		}
		folder := filepath.Dir(path)
		if _, err := os.Stat(folder); err == nil {
			return filepath.Join(folder, name)
		}
	}
	return name
}

// write writes the file with all people.
func (f *undoResults) write(summary *UndoSummary) error {
	if f == nil {
		return nil
	}
	err := atomicfile.Write(f.target, func(w io.Writer) error {
		if _, err := io.WriteString(w, undoHeadings); err != nil {
			return err
		}
		var lines [][]string
		for _, p := range summary.People {
			// A message begins with a word of muster, so no spreadsheet runs it.
			lines = append(lines, []string{strconv.Itoa(p.Row), strconv.FormatInt(p.PersonID, 10), string(p.Status), p.Code, p.Message})
		}
		return csv.NewWriter(w).WriteAll(lines)
	})
	if err == nil {
		summary.Results = f.path
		return nil
	}
	e := fault.InFile(f.path, results.CodeUnwritten, "the results of the undo can't be written; the ledger has what was done",
		"free space and run the same command again: it writes the file for all people")
	e.Err = fault.Cause(err)
	return e
}

// IsUndoResults reports whether a file is the results file of an undo.
func IsUndoResults(path string) bool { return undoResultsFile().WhyNot(path) == nil }

// CheckUndoable returns why a run can't be undone from a scope, or nil. The error is
// ledger.ErrLocked if the run is still running, else a *fault.Error.
func CheckUndoable(run ledger.Run, here ledger.Scope) error {
	switch {
	case run.Command == UndoCommand:
		return fault.Usage("import the roster again to bring the people back", "run %s is itself an undo", run.ID)
	case run.API != here.API:
		return fault.Usage("give the --environment, or --api-url and --login-url, of that run", "run %s was made at %s, and this is %s", run.ID, run.API, here.API)
	case run.Scope != here:
		return fault.Usage(fmt.Sprintf("muster undo %s --company %d --project %d", run.ID, run.Company, run.Project),
			"run %s was made in company %d, project %d, and this is company %d, project %d", run.ID, run.Company, run.Project, here.Company, here.Project)
	case run.Status == ledger.Running:
		return fmt.Errorf("run %s is still running: %w", run.ID, ledger.ErrLocked)
	}
	return nil
}

// UndoCounts are the people of an undo by status. Its JSON is a contract.
type UndoCounts struct {
	People  int `json:"people"` // the sum of the others
	Removed int `json:"removed"`
	Kept    int `json:"kept"`
	Failed  int `json:"failed"`
	Pending int `json:"pending"`
}

// Counts returns the number of people by status.
func (s *UndoSummary) Counts() UndoCounts {
	n := make(map[UndoStatus]int)
	for _, p := range s.People {
		n[p.Status]++
	}
	return UndoCounts{len(s.People), n[UndoRemoved], n[UndoKept], n[UndoFailed], n[UndoPending]}
}

// Done reports whether the undo is complete for all people.
func (s *UndoSummary) Done() bool {
	for _, p := range s.People {
		if !p.Done() {
			return false
		}
	}
	return true
}
