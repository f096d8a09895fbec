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

	editor   *workbook.Editor // of a copy of the roster's workbook; nil for a new workbook
	previous *Reader          // of the copy, if that is a results file
	opened   []io.Closer
	summary  summary
	remarked []string
}

// storedRow is a row in the temporary file.
type storedRow struct {
	Cells []string        `json:"cells"`
	Marks []workbook.Mark `json:"marks,omitempty"`
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
	e.opened = append(e.opened, e.rows)
	e.out = bufio.NewWriterSize(e.rows, 1<<16)
	e.json = json.NewEncoder(e.out)
	e.json.SetEscapeHTML(false)
	if e.options.Workbook == "" {
		return nil
	}
	if err := e.openEditor(filepath.Join(folder, "muster-roster.xlsx")); err != nil {
		return e.startAnew(err)
	}
	return nil
}

// openEditor copies the roster's workbook, which may change during the run, and
// opens the copy.
func (e *workbookEncoder) openEditor(path string) error {
	o := e.options
	edit := workbook.Edit{
		Sheet: o.Sheet, HeaderRow: o.HeaderRow, Width: len(e.header) - columnCount, Author: "muster", Property: property, Summary: "Import summary", Titles: []string{titleOfRun, titleOfRehearsal},
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
	copied, err := copyFile(o.Workbook, path)
	if err != nil {
		return err
	}
	e.opened = append(e.opened, copied)
	if o.Retried {
		if e.previous, err = Open(path, roster.Options{Sheet: o.Sheet, HeaderRow: o.HeaderRow}); err != nil {
			return err
		}
		e.opened = append(e.opened, e.previous)
		edit.At, edit.Width = e.previous.six[:], e.previous.width
	}
	info, err := copied.Stat()
	if err != nil {
		return err
	}
	e.editor, err = workbook.OpenEditor(copied, info.Size(), edit)
	return err
}

// startAnew replaces the roster's workbook by a new workbook if err says that the
// roster's can't be extended, and adds a remark. startAnew returns any other err.
func (e *workbookEncoder) startAnew(err error) error {
	var unfit *workbook.UnfitError
	var unread *fault.Error
	var damaged *workbook.Error
	remark := "the results are in a new workbook: the roster's could not be read a second time"
	switch {
	case errors.As(err, &unfit):
		remark = "the results are in a new workbook and not in the roster's: " + unfit.Why
	case errors.As(err, &unread), errors.As(err, &damaged), errors.Is(err, zip.ErrFormat), errors.Is(err, zip.ErrChecksum), errors.Is(err, io.ErrUnexpectedEOF):
	default:
		return err
	}
	e.remarked = append(e.remarked, remark)
	e.editor = nil
	return nil
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
	if e.editor != nil {
		err := e.editor.Write(e.file, e.placedRows(), func() []workbook.Line { return e.summary.lines(e.options) })
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
		if e.previous != nil {
			var stop func()
			nextLine, stop = iter.Pull2(e.previous.Rows())
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
			if e.previous != nil {
				line, failed, more := nextLine()
				if err = failed; err == nil && (!more || line.Outcome.Row != row.Number) {
					err = &workbook.UnfitError{Why: fmt.Sprintf("row %d has moved in it", row.Number)}
				}
				row.Number = line.Number
			}
			row.Typed = e.typed(row.Number, stored.Cells)
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// typed returns the cells of a line that differ from the workbook's.
func (e *workbookEncoder) typed(line int, cells []string) []workbook.Typed {
	if e.options.Changed == nil {
		return nil
	}
	var typed []workbook.Typed
	for _, column := range e.options.Changed(line) {
		if column >= len(e.header)-columnCount {
			continue
		}
		place := column
		if e.previous != nil {
			place = e.previous.own[column]
		}
		typed = append(typed, workbook.Typed{Column: place, Text: cells[column]})
	}
	return typed
}

func (e *workbookEncoder) abandon() {
	for _, file := range e.opened {
		_ = file.Close() // only read, or removed next
	}
	clearTemporary(e.file.Name())
}

func (e *workbookEncoder) remarks() []string { return e.remarked }
