package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"muster/importer"
	"muster/importer/atomicfile"
)

// undoFile is an undo's results file, called NAME.part until commit. A nil undoFile
// belongs to an undo without people.
type undoFile struct {
	path, target string
	part         *os.File
}

func undoColumns() []string {
	return []string{"import_row", "import_person_id", "undo_status", "undo_code", "undo_error"}
}

// byteOrderMark lets Excel take a CSV file for what it is.
const byteOrderMark = "\uFEFF"

// createUndoFile checks, before people are taken off, that the file can be written. It
// replaces the file of an earlier undo, since the new file lists the same people.
func createUndoFile(path string) (*undoFile, error) {
	refuse := func(message string) error {
		return usageError(path+": "+message+"; nothing was done", "choose another name, ending in .csv, with --results")
	}
	if !strings.EqualFold(filepath.Ext(path), ".csv") {
		return nil, refuse("the results of an undo are CSV")
	}
	target, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		target, err = path, nil
	} else if err == nil {
		var begin []byte
		begin, err = beginning(target)
		if err == nil && len(begin) > 0 && string(begin) != undoBegin() {
			return nil, refuse("there is a file of this name already, and it is not an undo's")
		}
	}
	if err != nil {
		return nil, refuse(pathCause(err).Error())
	}
	if err := clearUndoPart(target + ".part"); err != nil {
		return nil, refuse(err.Error())
	}
	part, err := os.OpenFile(target+".part", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, refuse("it can't be written: " + pathCause(err).Error())
	}
	return &undoFile{path: path, target: target, part: part}, nil
}

// clearUndoPart removes the .part file of a killed undo, and refuses any other file.
func clearUndoPart(name string) error {
	info, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return pathCause(err)
	case !info.Mode().IsRegular() || !begunUndo(name):
		return fmt.Errorf("there is a file %s, which is what it is called while it is written, and it is not an undo's", filepath.Base(name))
	}
	return os.Remove(name)
}

// begunUndo reports whether a file is as much as was written of an undo's.
func begunUndo(name string) bool {
	begin, err := beginning(name)
	return err == nil && strings.HasPrefix(undoBegin(), string(begin))
}

// isUndo reports whether a file is the results of an undo.
func isUndo(name string) bool {
	begin, err := beginning(name)
	return err == nil && string(begin) == undoBegin()
}

// undoBegin is what an undo's results begin with.
func undoBegin() string { return byteOrderMark + strings.Join(undoColumns(), ",") }

// beginning returns what a file begins with, as far as undoBegin goes.
func beginning(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was read only
	return io.ReadAll(io.LimitReader(f, int64(len(undoBegin()))))
}

// commit writes all people and renames the durable file.
func (f *undoFile) commit(people []importer.Undone) error {
	if f == nil {
		return nil
	}
	part := f.part
	f.part = nil
	err := writeUndone(part, people)
	if err == nil {
		err = part.Sync()
	}
	err = errors.Join(err, part.Close())
	if err == nil {
		err = atomicfile.Rename(part.Name(), f.target)
	}
	if err == nil {
		return nil
	}
	_ = os.Remove(part.Name()) // why it could not be written says more
	return usageError(
		fmt.Sprintf("the results file %s can't be written: %v; what was done is in the ledger", f.path, err),
		"make room, and run the same command again: it writes the file for all people",
	)
}

// discard removes what commit has not named.
func (f *undoFile) discard() {
	if f.part != nil {
		_ = f.part.Close()
		_ = os.Remove(f.part.Name())
	}
}

func writeUndone(w io.Writer, people []importer.Undone) error {
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	records := [][]string{undoColumns()}
	for _, p := range people {
		// Every message begins with a word of ours, so no spreadsheet runs it.
		records = append(records, []string{strconv.Itoa(p.Row), strconv.FormatInt(p.PersonID, 10), string(p.Status), p.Code, p.Message})
	}
	return c.WriteAll(records)
}
