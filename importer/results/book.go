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

// bookEncoder hands back the roster's own workbook with our columns in it. The
// rows gather in a file beside NAME.part, and finish puts the workbook together:
// its directory of parts, which comes last, could not be appended to.
type bookEncoder struct {
	file *os.File // NAME.part
	own  int      // columns of the roster
	head []string

	copy  *os.File // of the roster's workbook, whatever becomes of that meanwhile
	book  *workbook.Book
	again *Reader // of the copy, if that is a results file itself

	rows  *os.File
	out   *bufio.Writer
	json  *json.Encoder
	tally tally

	options Options
	plain   *xlsxEncoder // at the end, if the workbook couldn't be written into after all
	remark  string
}

// keptRow is a row on its way into the workbook.
type keptRow struct {
	Cells []string        `json:"cells"`
	Marks []workbook.Mark `json:"marks,omitempty"`
}

// newWorkbook begins a workbook: the roster's own if there is one that can be
// written into, else one with nothing in it but the rows.
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
		if remark = unfit(err); remark == "" {
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

// unfit says why a workbook can't be handed back, "" if it is the machine that
// failed.
func unfit(err error) string {
	var why *workbook.UnfitError
	var unread *roster.Error
	var other *fault.Error
	switch {
	case errors.As(err, &why):
		return "the results are in a workbook of their own and not in the roster's: " + why.Why
	case errors.As(err, &unread), errors.As(err, &other), errors.Is(err, zip.ErrFormat), errors.Is(err, zip.ErrChecksum), errors.Is(err, io.ErrUnexpectedEOF):
		return "the results are in a workbook of their own and not in the roster's, which can't be read a second time"
	}
	return ""
}

func newBook(file *os.File, header []string, o Options) (*bookEncoder, error) {
	e := &bookEncoder{file: file, own: len(header) - columnCount, head: header, options: o, tally: newTally()}
	if err := e.open(); err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

func (e *bookEncoder) open() error {
	folder := temporaryFolder(e.file.Name())
	var err error
	if e.copy, err = copyOf(e.options.Workbook, filepath.Join(folder, "muster-roster.xlsx")); err != nil {
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
		e.again, err = Open(e.copy.Name(), roster.Options{Sheet: e.options.Sheet, HeaderRow: e.options.HeaderRow})
		if err != nil {
			return err
		}
		edit.At, edit.Width = e.again.six[:], e.again.width
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

// copyOf makes a copy of a file, open for reading.
func copyOf(path, name string) (*os.File, error) {
	from, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer func() { _ = from.Close() }() // it is only read
	to, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(to, from); err != nil {
		_ = to.Close() // what went wrong first is what the user can do something about
		return nil, err
	}
	return to, nil
}

func (e *bookEncoder) write(record []string, o *outcome.Outcome) error {
	e.tally.add(o)
	return e.json.Encode(keptRow{Cells: record, Marks: marks(o)})
}

// marks returns the cells that keep a row from having a person.
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

// columnOf returns the column of a cell's name, such as C17 or Crew List!C17,
// from 0.
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
	err := e.book.Write(e.file, e.placed(), func() []workbook.Line { return e.tally.lines(e.options) })
	if err == nil {
		return nil
	}
	if e.remark = unfit(err); e.remark == "" {
		return err
	}
	return e.finishPlain()
}

// finishPlain writes a workbook that holds nothing but the rows.
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

// kept reads the rows back.
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

// placed pairs the rows with those of the sheet: by the number of a roster's
// row; and where a results file was edited and sorted, with the line that it was
// read from.
func (e *bookEncoder) placed() iter.Seq2[workbook.Row, error] {
	return func(yield func(workbook.Row, error) bool) {
		var nextLine func() (Row, error, bool)
		if e.again != nil {
			var stop func()
			nextLine, stop = iter.Pull2(e.again.Rows())
			defer stop()
		}
		for kept, err := range e.kept() {
			if err != nil {
				yield(workbook.Row{}, err)
				return
			}
			six := kept.Cells[e.own : e.own+columnCount]
			number, _ := wholeNumber(six[columnRow]) // it was written by us
			row := workbook.Row{Number: int(number), Cells: six, Tone: tone(outcome.Status(six[columnStatus])), Marks: kept.Marks}
			if e.again != nil {
				line, failed, more := nextLine()
				if err = failed; err == nil && (!more || line.Outcome.Row != row.Number) {
					err = &workbook.UnfitError{Why: fmt.Sprintf("its row %d is not where it was", row.Number)}
				}
				row.Number = line.Number
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

func tone(s outcome.Status) workbook.Tone {
	switch s {
	case outcome.Created, outcome.Existing:
		return workbook.Good
	case outcome.Invalid, outcome.Failed:
		return workbook.Bad
	case outcome.Unknown, outcome.Pending:
		return workbook.Doubt
	case outcome.Skipped:
	}
	return workbook.Plain
}

func (e *bookEncoder) abandon() {
	e.close()
	if e.plain != nil {
		e.plain.abandon()
	}
	clearTemporary(e.file.Name())
}

func (e *bookEncoder) close() {
	if e.again != nil {
		_ = e.again.Close() // it was only read
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
