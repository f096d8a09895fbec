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
	"muster/importer/results/workbook"
	"muster/importer/roster"
)

// bookEncoder writes a copy of the roster's workbook with the six columns added.
// Rows gather in a temporary file, and finish puts the workbook together: the zip
// format has its directory at the end, so rows can't be appended.
type bookEncoder struct {
	file *os.File // NAME.part
	own  int      // columns of the roster
	head []string

	copy     *os.File // of the roster's workbook, which may change during the run
	book     *workbook.Book
	previous *Reader // of the copy, if that is a results file

	rows    *os.File // of JSON Lines: keptRow
	out     *bufio.Writer
	json    *json.Encoder
	summary summary

	options Options
	plain   *xlsxEncoder // used if the workbook can't be extended after all
	remark  string
}

// keptRow is a row in the temporary file.
type keptRow struct {
	Cells []string        `json:"cells"`
	Marks []workbook.Mark `json:"marks,omitempty"`
}

// newWorkbook begins a workbook: a copy of the roster's if there is one that can
// be extended, else a new one.
func newWorkbook(file *os.File, header []string, o Options) (encoder, error) {
	if err := os.Mkdir(temporaryFolder(file.Name()), 0o700); err != nil {
		return nil, err
	}
	remark := ""
	if o.Workbook != "" {
		e, err := newBook(file, header, o)
		if err == nil {
			return e, nil
		}
		if remark = whyNotExtended(err); remark == "" {
			clearTemporary(file.Name())
			return nil, err
		}
	}
	e, err := newXLSX(file, o.Sheet, header)
	if err != nil {
		return nil, err
	}
	e.remark = remark
	return e, nil
}

// whyNotExtended returns a sentence about a workbook that can't be extended, or ""
// if the machine failed.
func whyNotExtended(err error) string {
	var why *workbook.UnfitError
	var unread *roster.Error
	var other *fault.Error
	switch {
	case errors.As(err, &why):
		return "the results are in a new workbook and not in the roster's: " + why.Why
	case errors.As(err, &unread), errors.As(err, &other), errors.Is(err, zip.ErrFormat), errors.Is(err, zip.ErrChecksum), errors.Is(err, io.ErrUnexpectedEOF):
		return "the results are in a new workbook: the roster's could not be read a second time"
	}
	return ""
}

func newBook(file *os.File, header []string, o Options) (*bookEncoder, error) {
	e := &bookEncoder{file: file, own: len(header) - columnCount, head: header, options: o, summary: newSummary()}
	if err := e.open(); err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

func (e *bookEncoder) open() error {
	folder := temporaryFolder(e.file.Name())
	var err error
	if e.copy, err = copyFile(e.options.Workbook, filepath.Join(folder, "muster-roster.xlsx")); err != nil {
		return err
	}
	edit := workbook.Edit{
		Sheet: e.options.Sheet, HeaderRow: e.options.HeaderRow, Width: e.own, By: "muster", Property: property, Summary: "Import summary",
		Columns: []workbook.Column{
			columnRow: {Width: 12}, columnStatus: {Width: 15, Toned: true}, columnPerson: {Width: 20},
			columnCode: {Width: 22, Wrap: true}, columnError: {Width: 48, Wrap: true}, columnHint: {Width: 48, Wrap: true},
		},
	}
	if e.options.Rehearsal {
		edit.Columns[columnPerson].Width += float64(len(rehearsalMark))
	}
	for i, heading := range Columns() {
		edit.Columns[i].Heading = heading
	}
	if e.options.Retried {
		e.previous, err = Open(e.copy.Name(), roster.Options{Sheet: e.options.Sheet, HeaderRow: e.options.HeaderRow})
		if err != nil {
			return err
		}
		edit.At, edit.Width = e.previous.six[:], e.previous.width
	}
	info, err := e.copy.Stat()
	if err != nil {
		return err
	}
	if e.book, err = workbook.Open(e.copy, info.Size(), edit); err != nil {
		return err
	}
	if e.rows, err = os.OpenFile(filepath.Join(folder, "muster-rows.jsonl"), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return err
	}
	e.out = bufio.NewWriterSize(e.rows, 1<<16)
	e.json = json.NewEncoder(e.out)
	e.json.SetEscapeHTML(false)
	return nil
}

func (e *bookEncoder) write(record []string, o *outcome.Outcome) error {
	e.summary.add(o)
	return e.json.Encode(keptRow{Cells: record, Marks: marks(o)})
}

// marks returns the cells with problems of a row that has no person.
func marks(o *outcome.Outcome) []workbook.Mark {
	if !o.Status.Retryable() {
		return nil
	}
	var list []workbook.Mark
	for _, p := range o.Problems {
		column, ok := columnOf(p.Cell)
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

// columnOf returns the column, from 0, of a cell's name such as C17 or Crew List!C17.
func columnOf(name string) (int, bool) {
	name = strings.TrimRight(name[strings.LastIndexByte(name, '!')+1:], "0123456789")
	column := 0
	for _, c := range name {
		if c < 'A' || c > 'Z' || column > sheetColumns {
			return 0, false
		}
		column = 26*column + int(c-'A') + 1
	}
	return column - 1, column > 0
}

func (e *bookEncoder) finish() error {
	if err := e.out.Flush(); err != nil {
		return err
	}
	err := e.book.Write(e.file, e.placed(), func() []workbook.Line { return e.summary.lines(e.options) })
	if err == nil {
		return nil
	}
	if e.remark = whyNotExtended(err); e.remark == "" {
		return err
	}
	return e.finishPlain()
}

// finishPlain writes the kept rows to a new workbook.
func (e *bookEncoder) finishPlain() error {
	if err := e.file.Truncate(0); err != nil {
		return err
	}
	if _, err := e.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	var err error
	if e.plain, err = newXLSX(e.file, e.options.Sheet, e.head); err != nil {
		return err
	}
	for row, err := range e.kept() {
		if err != nil {
			return err
		}
		if err := e.plain.write(row.Cells, nil); err != nil {
			return err
		}
	}
	return e.plain.finish()
}

// kept returns the rows of the temporary file.
func (e *bookEncoder) kept() iter.Seq2[keptRow, error] {
	return func(yield func(keptRow, error) bool) {
		if _, err := e.rows.Seek(0, io.SeekStart); err != nil {
			yield(keptRow{}, err)
			return
		}
		d := json.NewDecoder(bufio.NewReaderSize(e.rows, 1<<16))
		for d.More() {
			var row keptRow
			err := d.Decode(&row)
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// placed returns the kept rows with places in the sheet. The place in a roster is
// the number of the row; in a results file, which a user may have sorted, of the line.
func (e *bookEncoder) placed() iter.Seq2[workbook.Row, error] {
	return func(yield func(workbook.Row, error) bool) {
		var nextLine func() (Row, error, bool)
		if e.previous != nil {
			var stop func()
			nextLine, stop = iter.Pull2(e.previous.Rows())
			defer stop()
		}
		looks := statusLooks()
		for kept, err := range e.kept() {
			if err != nil {
				yield(workbook.Row{}, err)
				return
			}
			six := kept.Cells[e.own : e.own+columnCount]
			number, _ := wholeNumber(six[columnRow]) // written by appendOutcome
			row := workbook.Row{Number: int(number), Cells: six, Tone: looks[outcome.Status(six[columnStatus])].tone, Marks: kept.Marks}
			if e.previous != nil {
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

func (e *bookEncoder) abandon() {
	e.close()
	if e.plain != nil {
		e.plain.abandon()
	}
	clearTemporary(e.file.Name())
}

func (e *bookEncoder) close() {
	if e.previous != nil {
		_ = e.previous.Close() // only read
	}
	for _, file := range []*os.File{e.copy, e.rows} {
		if file != nil {
			_ = file.Close() // abandon removes it
		}
	}
}

func (e *bookEncoder) remarks() []string {
	if e.remark == "" {
		return nil
	}
	return append([]string{e.remark}, e.plain.remarks()...)
}
