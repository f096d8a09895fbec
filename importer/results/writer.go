package results

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gofrs/flock"

	"muster/importer/fault"
	"muster/importer/outcome"
)

// Writer writes one results file. It is not safe for concurrent use.
//
// Until Commit the rows are in NAME.part (a workbook's in the folder
// NAME.part.tmp, where it is put together), so that NAME is always whole. After
// a crash both are left behind, cut short; the next Create clears them away. While
// a Writer has them, nobody else can begin a file of that name.
type Writer struct {
	path    string // as it was given
	target  string // where the file really is, links followed
	own     int    // columns of the roster
	encoder encoder
	part    *os.File
	lock    *flock.Flock // of part
	record  []string
	mark    string // before the ID of a person
	err     error  // the first that Write met: no row may be missing in the middle
	state   state
}

type state int

const (
	writing state = iota
	whole         // NAME.part is whole and durable: Discard must not take it away
	closed
)

// encoder turns records into one of the formats. A record is the roster's own
// cells, our six, then cells beyond the header.
type encoder interface {
	write(record []string, o *outcome.Outcome) error // o is what the record says of the row
	finish() error                                   // what was written is in the file then, though not yet durable
	abandon()                                        // gives back what finish would; may be called after it
	remarks() []string
}

// Create begins a results file at path for a roster with this header (without
// the six columns, as Reader.Header returns it); the name's extension says in
// which format. Nothing at path changes before Commit. The error is an *fault.Error:
// path is a folder, its folder is missing or can't be written, another Writer is
// at work on it, or it holds a file that is not a results file, which is never
// overwritten. An empty file may be: there is nothing in it to lose.
func Create(path string, header []string, o Options) (*Writer, error) {
	format, err := FormatOf(path)
	if err != nil {
		return nil, err
	}
	if err := refuseHeader(path, header, format, o.Rows); err != nil {
		return nil, err
	}
	target, err := place(path)
	if err != nil {
		return nil, err
	}
	w := &Writer{path: path, target: target, own: len(header)}
	if o.Rehearsal {
		w.mark = rehearsalMark
	}
	if err := w.open(); err != nil {
		return nil, err
	}
	record := append(slices.Clone(header), Columns()...)
	repair(record)
	switch format {
	case CSV:
		w.encoder, err = newCSV(w.part, delimiter(path, o.Delimiter), record)
	case XLSX:
		w.encoder, err = newWorkbook(w.part, record, o)
	case JSONL:
		w.encoder = newJSONL(w.part, record[:len(header)])
	}
	if err != nil {
		err = w.broken(err)
		_ = w.part.Close()
		_ = os.Remove(w.part.Name())
		_ = w.lock.Close()
		return nil, err
	}
	return w, nil
}

// refuseHeader reports headings that would be taken for ours when the file is
// read back, and more rows or columns than a sheet has.
func refuseHeader(path string, header []string, format Format, rows int) error {
	for _, heading := range header {
		if column(heading) >= 0 {
			return &fault.Error{
				Where: fault.Where{File: path}, Code: CodeHeading,
				Message: fmt.Sprintf("the roster has a column %q already, which is a name that results files use", strings.TrimSpace(heading)),
				Fix:     "rename that column in the roster",
			}
		}
	}
	if format != XLSX {
		return nil
	}
	if rows >= sheetRows || len(header)+columnCount > sheetColumns {
		return tooLarge(path)
	}
	return nil
}

// open makes NAME.part anew. What an earlier run left of it is removed, not
// opened.
func (w *Writer) open() error {
	name := w.target + ".part"
	if err := clearPart(w.path, name); err != nil {
		return err
	}
	part, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return inUse(w.path)
	}
	if err != nil {
		return unwritable(w.path, err)
	}
	lock, free := hold(name)
	if !free || !is(part, name) { // somebody who began at the same time has cleared it away
		_ = part.Close()
		_ = lock.Close()
		return inUse(w.path)
	}
	clearTemporary(name)
	w.part, w.lock = part, lock
	return nil
}

// Write adds a row: the roster's cells and what became of it. The cells are
// copied. After an error every later call returns it, too.
func (w *Writer) Write(cells []string, o outcome.Outcome) error {
	if w.state != writing {
		return &fault.Error{Where: fault.Where{File: w.path}, Code: CodeUnwritten, Message: "a row came after the results file was closed", Fix: "start the command again"}
	}
	if w.err != nil {
		return w.err
	}
	own, extra := cells, []string(nil)
	if len(cells) > w.own {
		own, extra = cells[:w.own], cells[w.own:]
	}
	w.record = append(w.record[:0], own...)
	for len(w.record) < w.own {
		w.record = append(w.record, "")
	}
	w.record = appendOutcome(w.record, o, w.mark)
	for len(extra) > 0 && extra[len(extra)-1] == "" {
		extra = extra[:len(extra)-1]
	}
	w.record = append(w.record, extra...)
	repair(w.record)
	if err := w.encoder.write(w.record, &o); err != nil {
		w.err = w.broken(err)
	}
	return w.err
}

// repair makes every cell valid UTF-8.
func repair(record []string) {
	for i, cell := range record {
		if !utf8.ValidString(cell) {
			record[i] = strings.ToValidUTF8(cell, "\uFFFD")
		}
	}
}

// appendOutcome appends the six cells, with mark before a person's ID.
func appendOutcome(record []string, o outcome.Outcome, mark string) []string {
	person := ""
	if o.PersonID != 0 {
		person = mark + strconv.FormatInt(o.PersonID, 10)
	}
	number := ""
	if o.Row != 0 { // a line that somebody added has none
		number = strconv.Itoa(o.Row)
	}
	record = append(record, number, string(o.Status), person)
	switch len(o.Problems) {
	case 0:
		return append(record, "", "", "")
	case 1:
		p := o.Problems[0]
		return append(record, p.Code, located(p), p.Hint)
	}
	var codes, messages, hints []string
	for _, p := range o.Problems {
		codes = appendNew(codes, p.Code)
		messages = appendNew(messages, located(p))
		hints = appendNew(hints, p.Hint)
	}
	return append(record, strings.Join(codes, "; "), strings.Join(messages, "; "), strings.Join(hints, "; "))
}

// located returns a problem's message behind the cell it is about.
func located(p outcome.Problem) string {
	if p.Cell == "" || strings.HasPrefix(p.Message, p.Cell+": ") {
		return p.Message
	}
	return p.Cell + ": " + p.Message
}

func appendNew(list []string, text string) []string {
	if text == "" || slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// Remarks returns sentences about cells that could not be written exactly as
// they are; none for most files. Ask when all rows are written.
func (w *Writer) Remarks() []string { return w.encoder.remarks() }

// Commit makes the file durable under its name, mode 0600. A file that bore the
// name before is then NAME.bak, or NAME.bak2 and so on if that is not a results
// file. If only the renaming fails (the file is open in another program, say),
// NAME.part is whole and stays. After Commit or Discard it does nothing.
func (w *Writer) Commit() error {
	if w.state != writing {
		return nil
	}
	if w.err != nil {
		return w.err
	}
	if w.err = w.seal(); w.err != nil {
		return w.err
	}
	w.state = whole
	defer func() { _ = w.lock.Close() }() // it goes with the process anyway
	part := w.part.Name()
	if err := replace(part, w.target); err != nil {
		failed := unwritable(w.path, err)
		failed.Message = fmt.Sprintf("the results are whole in %s but could not take their name", part)
		failed.Fix = fmt.Sprintf("close %s in other programs, then rename %s to it", filepath.Base(w.target), filepath.Base(part))
		return failed
	}
	w.state = closed
	return nil
}

// seal finishes NAME.part and makes it durable.
func (w *Writer) seal() error {
	defer w.encoder.abandon()
	if err := w.encoder.finish(); err != nil {
		return w.broken(err)
	}
	if err := w.part.Sync(); err != nil {
		return w.broken(err)
	}
	if err := w.part.Close(); err != nil {
		return w.broken(err)
	}
	return nil
}

// Discard gives the file up and leaves nothing behind. After Commit it does
// nothing, so that it can be deferred.
func (w *Writer) Discard() error {
	if w.state != writing {
		return nil
	}
	w.state = closed
	w.encoder.abandon()
	defer func() { _ = w.lock.Close() }()
	_ = w.part.Close() // Commit may have closed it
	if err := os.Remove(w.part.Name()); err != nil {
		return unwritable(w.path, err)
	}
	return nil
}

// broken turns an error of writing into one for people.
func (w *Writer) broken(err error) error {
	if errors.Is(err, errTooLarge) {
		return tooLarge(w.path)
	}
	return unwritable(w.path, err)
}
