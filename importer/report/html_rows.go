package report

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"

	"muster/importer/outcome"
	"muster/importer/text"
)

const (
	rowsInBlock   = 10_000 // rows of a script element, so that a browser can show the first soon
	rowsInPage    = 200    // rows in the page itself, for browsers without scripts
	problemsOfRow = 10     // problems shown of a row
	longestCell   = 500    // columns of a terminal
)

// Rows of the page are arrays, because keys would double the size:
//
//	[row, status, label, person ID, [[code, cell, message, hint], ...]]
//
// Row and status (the place in outcome.Statuses) are numbers. A person ID is text:
// JavaScript's numbers end at 2^53. A row without problems is shorter.
const (
	openBlock  = `<script type="application/json" class="rows">[`
	closeBlock = "]</script>\n"
)

// rowFile is a temporary file of rows, encoded as in the page.
type rowFile struct {
	file   *os.File
	buffer *bufio.Writer
	err    error // the first; nothing is written after it
	named  bool  // the file has a name to remove

	counts   outcome.Counts
	first    []pageRow // the first rows
	needLook []pageRow // the first rows that a person must look at
}

// pageRow is a row with all texts cleaned and bounded.
type pageRow struct {
	Row      int
	Label    string
	Status   outcome.Status
	PersonID string
	Problems []outcome.Problem
}

// newRowFile creates the file in the folder of the report: rows are personal data,
// and the user chose that folder.
func newRowFile(folder, name string) (*rowFile, error) {
	file, err := os.CreateTemp(folder, "."+name+".*.rows")
	if err != nil {
		return nil, err
	}
	f := &rowFile{file: file, buffer: bufio.NewWriterSize(file, 64<<10), named: true}
	// The system frees a file without a name when the process ends. Windows and
	// some network drives have no such files.
	if runtime.GOOS != "windows" && os.Remove(file.Name()) == nil {
		f.named = false
	}
	return f, nil
}

func (f *rowFile) add(label string, o outcome.Outcome) {
	row := cleanRow(label, o)
	count := f.counts.Rows()
	if count < rowsInPage {
		f.first = append(f.first, row)
	}
	if o.Status.NeedsLook() && len(f.needLook) < rowsInPage {
		f.needLook = append(f.needLook, row)
	}
	f.counts.Add(o.Status, 1)
	separator := ",\n"
	switch {
	case count == 0:
		separator = openBlock + "\n"
	case count%rowsInBlock == 0:
		separator = closeBlock + openBlock + "\n"
	}
	encoded, err := json.Marshal(row.array()) // escapes < > and &, so nothing ends the script element
	if f.err == nil {
		f.err = err
	}
	if f.err == nil {
		f.err = writeAll(f.buffer, separator, string(encoded))
	}
}

func cleanRow(label string, o outcome.Outcome) pageRow {
	row := pageRow{Row: o.Row, Label: cleanShort(label), Status: o.Status}
	if o.PersonID != 0 {
		row.PersonID = strconv.FormatInt(o.PersonID, 10)
	}
	for i, p := range o.Problems {
		if i == problemsOfRow {
			rest := "and " + text.Plural(len(o.Problems)-i, "more problem", "more problems")
			row.Problems = append(row.Problems, outcome.Problem{Message: rest})
			break
		}
		row.Problems = append(row.Problems, outcome.Problem{
			Code: cleanShort(p.Code), Cell: cleanShort(p.Cell), Message: cleanShort(p.Message), Hint: cleanShort(p.Hint),
		})
	}
	return row
}

func cleanShort(text string) string { return Cut(Clean(text), longestCell) }

// array returns the row as the array for the script.
func (r pageRow) array() []any {
	array := []any{r.Row, slices.Index(outcome.Statuses(), r.Status), r.Label, r.PersonID}
	var problems [][]string
	for _, p := range r.Problems {
		problems = append(problems, []string{p.Code, p.Cell, p.Message, p.Hint})
	}
	if problems != nil {
		array = append(array, problems)
	}
	return array
}

// copyTo writes the rows to the page.
func (f *rowFile) copyTo(w io.Writer) error {
	if f.err != nil {
		return f.err
	}
	if f.counts.Rows() > 0 {
		if _, err := f.buffer.WriteString(closeBlock); err != nil {
			return err
		}
	}
	if err := f.buffer.Flush(); err != nil {
		return err
	}
	if _, err := f.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(w, f.file)
	return err
}

func (f *rowFile) close() error {
	err := f.file.Close()
	if f.named {
		err = errors.Join(err, os.Remove(f.file.Name()))
	}
	return err
}
