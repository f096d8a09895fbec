package results

import (
	"cmp"
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

// Writer writes a results file. It is not safe for concurrent use.
//
// Until Commit the rows are in NAME.part (those of a workbook in the folder
// NAME.part.tmp), so that NAME is always whole. A crash leaves both behind, cut
// short, and the next Create removes them. Until a Writer is closed no other
// Writer can begin a file of that name.
type Writer struct {
	path    string // as it was given
	target  string // path with links followed
	own     int    // columns of the roster
	encoder encoder
	part    *os.File
	lock    *flock.Flock // of part
	record  []string
	mark    string // before the ID of a person
	about   About
	err     error // the first error of Write; later rows are refused, too
	closed  bool  // after that, Discard must not remove NAME.part
}

// encoder writes records in a format. A record is the roster's cells,
// the six cells of the outcome, then the cells beyond the header.
type encoder interface {
	write(record []string, o *outcome.Outcome) error // o is nil for the header
	finish() error                                   // completes the file, without syncing it
	abandon()                                        // frees what finish would; may be called after it
	remarks() []string
}

// Create begins a results file at path for a roster with this header, which lacks
// the six columns, as Reader.Header does. Nothing at path changes before Commit.
// The error is a *fault.Error: path is a folder, its folder is missing or can't be
// written, another Writer holds it, or it is a file that is neither empty nor a
// results file.
func Create(path string, header []string, o Options) (*Writer, error) {
	format, err := formatOf(path)
	if err != nil {
		return nil, err
	}
	for _, heading := range header {
		if column(heading) >= 0 {
			return nil, fault.InFile(path, CodeHeading, fmt.Sprintf("the roster has a column %q, a name that results files use", strings.TrimSpace(heading)),
				"rename that column in the roster")
		}
	}
	if format.sheet && (o.Rows >= sheetRows || len(header)+columnCount > sheetColumns) {
		return nil, tooLarge(path)
	}
	target, err := resultsFile().Target(path)
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
	o.about = &w.about
	record := append(slices.Clone(header), Columns()...)
	repairUTF8(record)
	o.Delimiter = cmp.Or(o.Delimiter, format.delimiter)
	if w.encoder, err = format.create(w.part, record, o); err != nil {
		_ = w.part.Close()
		_ = os.Remove(w.part.Name())
		_ = w.lock.Close()
		return nil, w.explain(err)
	}
	return w, nil
}

// open creates and locks NAME.part. What an earlier run left is removed first.
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
	lock, free := lockPart(name)
	if !free || !hasName(part, name) { // a writer that began at the same time has removed it
		_ = part.Close()
		_ = lock.Close()
		return inUse(w.path)
	}
	clearTemporary(name)
	w.part, w.lock = part, lock
	return nil
}

// Describe says which run writes the file. Call it before Commit.
func (w *Writer) Describe(a About) { w.about = a }

// Write adds a row: the roster's cells, which are copied, and the outcome. After
// an error every later call returns that error.
func (w *Writer) Write(cells []string, o outcome.Outcome) error {
	if w.closed {
		return fault.InFile(w.path, CodeUnwritten, "a row came after the results file was closed", "start the command again")
	}
	if w.err != nil {
		return w.err
	}
	w.record = append(w.record[:0], cells[:min(len(cells), w.own)]...)
	w.record = append(w.record, make([]string, w.own-len(w.record))...)
	w.record = appendOutcome(w.record, o, w.mark)
	w.record = append(w.record, trimEmpty(cells, w.own)[min(len(cells), w.own):]...)
	repairUTF8(w.record)
	if err := w.encoder.write(w.record, &o); err != nil {
		w.err = w.explain(err)
	}
	return w.err
}

// trimEmpty returns cells without the empty cells at the end, but at least the first least.
func trimEmpty(cells []string, least int) []string {
	for len(cells) > least && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}

// repairUTF8 replaces invalid UTF-8 in every cell.
func repairUTF8(record []string) {
	for i, cell := range record {
		if !utf8.ValidString(cell) {
			record[i] = strings.ToValidUTF8(cell, "\uFFFD")
		}
	}
}

// appendOutcome appends the six cells of an outcome, with mark before the ID.
func appendOutcome(record []string, o outcome.Outcome, mark string) []string {
	person, number := "", ""
	if o.PersonID != 0 {
		person = mark + strconv.FormatInt(o.PersonID, 10)
	}
	if o.Row != 0 { // a line that was added by hand has no row
		number = strconv.Itoa(o.Row)
	}
	var codes, messages, hints []string
	for _, p := range o.Problems {
		message := p.Message
		if p.Cell != "" && !strings.HasPrefix(message, p.Cell+": ") {
			message = p.Cell + ": " + message
		}
		codes, messages, hints = appendNew(codes, p.Code), appendNew(messages, message), appendNew(hints, p.Hint)
	}
	return append(record, number, string(o.Status), person,
		strings.Join(codes, "; "), strings.Join(messages, "; "), strings.Join(hints, "; "))
}

func appendNew(list []string, text string) []string {
	if text == "" || slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// Remarks returns sentences about what could not be written in full. Call it after
// Commit.
func (w *Writer) Remarks() []string { return w.encoder.remarks() }

// Commit renames the file to NAME, durably and with mode 0600. A previous NAME
// becomes NAME.bak, or NAME.bak2 and so on if that is not a results file. If only
// the rename fails (another program has NAME open, say), NAME.part is whole and
// stays. After Commit or Discard it does nothing.
func (w *Writer) Commit() error {
	if w.closed {
		return nil
	}
	if w.err != nil {
		return w.err
	}
	if w.err = w.complete(); w.err != nil {
		return w.err
	}
	w.closed = true
	defer func() { _ = w.lock.Close() }() // the system frees the lock with the process anyway
	part := w.part.Name()
	if err := replace(part, w.target); err != nil {
		failed := unwritable(w.path, err)
		failed.Message = fmt.Sprintf("the results are whole in %s, but that file could not be renamed", part)
		failed.Fix = fmt.Sprintf("close %s in other programs, then rename %s to it", filepath.Base(w.target), filepath.Base(part))
		return failed
	}
	return nil
}

// complete finishes and syncs NAME.part.
func (w *Writer) complete() error {
	defer w.encoder.abandon()
	for _, step := range []func() error{w.encoder.finish, w.part.Sync, w.part.Close} {
		if err := step(); err != nil {
			return w.explain(err)
		}
	}
	return nil
}

// Discard removes what was written. After Commit it does nothing, so that callers
// can defer it.
func (w *Writer) Discard() error {
	if w.closed {
		return nil
	}
	w.closed = true
	w.encoder.abandon()
	defer func() { _ = w.lock.Close() }()
	_ = w.part.Close() // Commit may have closed it
	if err := os.Remove(w.part.Name()); err != nil {
		return unwritable(w.path, err)
	}
	return nil
}

// explain turns an error of an encoder into an error with a fix.
func (w *Writer) explain(err error) error {
	if errors.Is(err, errTooLarge) {
		return tooLarge(w.path)
	}
	return unwritable(w.path, err)
}
