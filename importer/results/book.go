package results

import (
	"archive/zip"
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"muster/importer/fault"
	"muster/importer/outcome"
	"muster/importer/roster"
	"muster/importer/workbook"
)

// workbookEncoder writes a copy of the roster's workbook with the six columns added,
// or a new workbook. Rows gather in a temporary file, and finish puts the workbook
// together: the zip format has its directory at the end, so rows can't be appended.
type workbookEncoder struct {
	file    *os.File // NAME.part
	header  []string
	options Options

	rows *os.File // of JSON Lines: storedRow
	out  *bufio.Writer
	json *json.Encoder

	roster   *rosterBook // nil for a new workbook
	summary  summary
	remarked []string
}

// storedRow is a row in the temporary file.
type storedRow struct {
	Cells []string        `json:"cells"`
	Marks []workbook.Mark `json:"marks,omitempty"`
}

// rosterBook is the roster's workbook, opened to add the six columns.
type rosterBook struct {
	copy     *os.File // the roster's file may change during the run
	book     *workbook.Editor
	previous *Reader // of the copy, if that is a results file
}

func newWorkbook(file *os.File, header []string, o Options) (encoder, error) {
	e := &workbookEncoder{file: file, header: header, options: o}
	if err := e.open(); err != nil {
		e.abandon()
		return nil, err
	}
	return e, nil
}

func (e *workbookEncoder) open() error {
	folder := temporaryFolder(e.file.Name())
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	var err error
	if e.rows, err = os.OpenFile(filepath.Join(folder, "muster-rows.jsonl"), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return err
	}
	e.out = bufio.NewWriterSize(e.rows, 1<<16)
	e.json = json.NewEncoder(e.out)
	e.json.SetEscapeHTML(false)
	if e.options.Workbook == "" {
		return nil
	}
	e.roster = &rosterBook{}
	if err := e.roster.open(folder, e.header, e.options); err != nil {
		return e.startAnew(err)
	}
	return nil
}

// startAnew replaces the roster's workbook by a new workbook, with a remark. If the
// machine failed, startAnew returns err.
func (e *workbookEncoder) startAnew(err error) error {
	why := whyNotExtended(err)
	if why == "" {
		return err
	}
	e.remarked = append(e.remarked, why)
	e.roster.close()
	e.roster = nil
	return nil
}

// whyNotExtended returns a sentence about a workbook that can't be extended, or ""
// if the machine failed.
func whyNotExtended(err error) string {
	var why *workbook.UnfitError
	var unread *fault.Error
	var damaged *workbook.Error
	switch {
	case errors.As(err, &why):
		return "the results are in a new workbook and not in the roster's: " + why.Why
	case errors.As(err, &unread), errors.As(err, &damaged), errors.Is(err, zip.ErrFormat), errors.Is(err, zip.ErrChecksum), errors.Is(err, io.ErrUnexpectedEOF):
		return "the results are in a new workbook: the roster's could not be read a second time"
	}
	return ""
}

func (b *rosterBook) open(folder string, header []string, o Options) error {
	var err error
	if b.copy, err = copyFile(o.Workbook, filepath.Join(folder, "muster-roster.xlsx")); err != nil {
		return err
	}
	edit := workbook.Edit{
		Sheet: o.Sheet, HeaderRow: o.HeaderRow, Width: len(header) - columnCount, Author: "muster", Property: property, Summary: "Import summary",
		Columns: []workbook.Column{
			columnRow: {Width: 12}, columnStatus: {Width: 15, Toned: true}, columnPerson: {Width: 20},
			columnCode: {Width: 22, Wrap: true}, columnError: {Width: 48, Wrap: true}, columnHint: {Width: 48, Wrap: true},
		},
	}
	if o.Rehearsal {
		edit.Columns[columnPerson].Width += float64(len(rehearsalMark))
	}
	for i, heading := range Columns() {
		edit.Columns[i].Heading = heading
	}
	if o.Retried {
		b.previous, err = Open(b.copy.Name(), roster.Options{Sheet: o.Sheet, HeaderRow: o.HeaderRow})
		if err != nil {
			return err
		}
		edit.At, edit.Width = b.previous.six[:], b.previous.width
	}
	info, err := b.copy.Stat()
	if err != nil {
		return err
	}
	b.book, err = workbook.OpenEditor(b.copy, info.Size(), edit)
	return err
}

func (b *rosterBook) close() {
	if b == nil {
		return
	}
	if b.previous != nil {
		_ = b.previous.Close() // only read
	}
	if b.copy != nil {
		_ = b.copy.Close() // only read
	}
}

func (e *workbookEncoder) write(record []string, o *outcome.Outcome) error {
	e.summary.add(o)
	if e.summary.counts.Rows() >= sheetRows || len(record) > sheetColumns {
		return errTooLarge
	}
	return e.json.Encode(storedRow{Cells: record, Marks: marks(o)})
}

// marks returns the cells with problems of a row that has no person.
func marks(o *outcome.Outcome) []workbook.Mark {
	if !o.Status.Retryable() {
		return nil
	}
	var list []workbook.Mark
	for _, p := range o.Problems {
		_, column, ok := workbook.ParseCell(p.Cell[strings.LastIndexByte(p.Cell, '!')+1:])
		if !ok {
			continue
		}
		note := p.Message
		if p.Hint != "" {
			note += "\n→ " + p.Hint
		}
		if last := len(list) - 1; last >= 0 && list[last].Column == column {
			list[last].Note += "\n" + note
			continue
		}
		list = append(list, workbook.Mark{Column: column, Note: note})
	}
	return list
}

func (e *workbookEncoder) finish() error {
	if err := e.out.Flush(); err != nil {
		return err
	}
	if e.roster != nil {
		err := e.roster.book.Write(e.file, e.placedRows(), func() []workbook.Line { return e.summary.lines(e.options) })
		if err == nil {
			return nil
		}
		if err := e.startAnew(err); err != nil {
			return err
		}
		if err := e.file.Truncate(0); err != nil {
			return err
		}
		if _, err := e.file.Seek(0, io.SeekStart); err != nil {
			return err
		}
	}
	return e.writeNew()
}

// writeNew writes a new workbook.
func (e *workbookEncoder) writeNew() error {
	sheet, err := newSheet(e.file, e.options.Sheet, e.header)
	if err != nil {
		return err
	}
	defer sheet.close()
	for row, err := range e.storedRows() {
		if err != nil {
			return err
		}
		if err := sheet.write(row.Cells); err != nil {
			return err
		}
	}
	e.remarked = append(e.remarked, sheet.remarks()...)
	return sheet.finish()
}

// storedRows returns the rows of the temporary file.
func (e *workbookEncoder) storedRows() iter.Seq2[storedRow, error] {
	return func(yield func(storedRow, error) bool) {
		if _, err := e.rows.Seek(0, io.SeekStart); err != nil {
			yield(storedRow{}, err)
			return
		}
		d := json.NewDecoder(bufio.NewReaderSize(e.rows, 1<<16))
		for d.More() {
			var row storedRow
			err := d.Decode(&row)
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// placedRows returns the stored rows with places in the sheet. The place in a roster is
// the number of the row; in a results file, which a user may have sorted, of the line.
func (e *workbookEncoder) placedRows() iter.Seq2[workbook.Result, error] {
	return func(yield func(workbook.Result, error) bool) {
		var nextLine func() (Row, error, bool)
		if e.roster.previous != nil {
			var stop func()
			nextLine, stop = iter.Pull2(e.roster.previous.Rows())
			defer stop()
		}
		looks := statusLooks()
		for stored, err := range e.storedRows() {
			if err != nil {
				yield(workbook.Result{}, err)
				return
			}
			six := stored.Cells[len(e.header)-columnCount : len(e.header)]
			number, _ := wholeNumber(six[columnRow]) // written by appendOutcome
			row := workbook.Result{Number: int(number), Cells: six, Tone: looks[outcome.Status(six[columnStatus])].tone, Marks: stored.Marks}
			if e.roster.previous != nil {
				line, failed, more := nextLine()
				if err = failed; err == nil && (!more || line.Outcome.Row != row.Number) {
					err = &workbook.UnfitError{Why: fmt.Sprintf("row %d has moved in it", row.Number)}
				}
				row.Number = line.Number
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

func (e *workbookEncoder) abandon() {
	e.roster.close()
	if e.rows != nil {
		_ = e.rows.Close() // removed next
	}
	clearTemporary(e.file.Name())
}

func (e *workbookEncoder) remarks() []string { return e.remarked }
