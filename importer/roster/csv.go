package roster

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"muster/importer/fault"
	"muster/importer/workbook"
)

// maxUnreadable is how many rows of one file may be unreadable. Each costs up to
// maxRecord of reading, so the limit also bounds the time.
const maxUnreadable = 1000

// csvTable is a text file of rows.
type csvTable struct {
	source   *source
	text     *text
	comma    rune
	trim     bool // cells have a blank before their quotes
	sep      bool // the first line is "sep=;"
	formulas bool // cells may be written as ="00123" without quotes around

	// The header row and the number of its cells, once they are known.
	headerRow int
	width     int
}

// scan reads the rows from the first to the last.
func (t *csvTable) scan(emit func(*Row) bool) error {
	src := t.text.reader(t.source)
	if t.formulas {
		src = &formulaReader{src: bufio.NewReaderSize(src, chunk), comma: byte(t.comma)}
	}
	s := &csvScan{table: t, in: &rewindReader{src: src}, emit: emit}
	if t.sep {
		_, next, _ := s.in.line()
		s.in.resume(next)
	}
	for {
		err := s.readRows()
		switch {
		case s.in.failed() != nil:
			return t.source.unreadable(s.in.failed())
		case err == nil || s.stopped:
			return nil
		}
		if err := s.salvageLine(); err != nil || s.stopped {
			return err
		}
	}
}

// csvScan reads the rows of a csvTable from first to last.
type csvScan struct {
	table      *csvTable
	in         *rewindReader
	emit       func(*Row) bool
	number     int // of the last row
	unreadable int // rows so far
	stopped    bool
}

var errAbsorbedRows = errors.New("a cell of the row contains other rows")

// readRows hands out rows to the end of the file, and returns an error at a row that
// can't be read. The mark of the input is then where that row begins, or at the blank
// lines above the row.
func (s *csvScan) readRows() error {
	start := s.in.mark
	r := csv.NewReader(s.in)
	r.Comma, r.ReuseRecord, r.FieldsPerRecord, r.TrimLeadingSpace = s.table.comma, true, -1, s.table.trim
	next := 1 // the line behind the last record
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		first, _ := r.FieldPos(0)
		last, _ := r.FieldPos(len(cells) - 1)
		last += strings.Count(cells[len(cells)-1], "\n")
		if last > first && s.absorbsRows(cells) {
			return errAbsorbedRows
		}
		s.number += 1 + first - next // encoding/csv passes over blank lines
		next = last + 1
		s.in.mark = start + r.InputOffset()
		if blankRow(cells) {
			continue
		}
		row := Row{Number: s.number, Cells: cells}
		s.check(&row)
		if !s.emit(&row) {
			s.stopped = true
			return nil
		}
	}
}

// absorbsRows reports whether a quote that was never closed reached to the quote of a
// later row: the row has too few cells, and a cell contains a line with the delimiters
// of a whole row.
func (s *csvScan) absorbsRows(cells []string) bool {
	if s.number < s.table.headerRow || s.table.width < 3 || len(cells) >= s.table.width {
		return false
	}
	for _, cell := range cells {
		_, below, _ := strings.Cut(cell, "\n")
		for line := range strings.Lines(below) {
			if strings.Count(line, string(s.table.comma)) >= s.table.width-1 {
				return true
			}
		}
	}
	return false
}

// check marks a row with too many cells or with characters that could not be decoded.
func (s *csvScan) check(row *Row) {
	if len(row.Cells) > maxHeadings {
		row.Cells = row.Cells[:maxHeadings]
		row.Err = s.fail(-1, CodeTooManyColumns, fmt.Sprintf("more than %d cells", maxHeadings), "look for a missing line break, or check --delimiter")
		return
	}
	for i, cell := range row.Cells {
		if s.table.text.checked && !s.table.text.readable(cell) {
			row.Err = s.fail(i, CodeEncodingUnknown, "characters that are not "+s.table.text.name, "type the cell again, or name the encoding of the file by --encoding")
			return
		}
	}
}

// salvageLine hands out the first line of a row that can't be read, and resumes on the
// next line. So a broken quote costs one line, however far away the next quote is.
func (s *csvScan) salvageLine() error {
	for {
		line, next, cut := s.in.line()
		if next == s.in.mark && !cut {
			return nil
		}
		s.number++
		if len(line) == 0 {
			s.in.resume(next)
			continue
		}
		// A file that was copied behind another begins with a mark.
		cells, code, column := salvageRow(strings.TrimPrefix(string(line), byteOrderMark), string(s.table.comma), s.table.trim)
		row := Row{Number: s.number, Cells: cells}
		switch {
		case cut:
			row.Err = s.fail(-1, CodeRowTooLong, "the row is longer than 1 MiB", "look for a missing line break or quotation mark")
		case code == CodeQuoteUnclosed:
			row.Err = s.fail(column, code, "quote never closed", "close the quotation mark in this cell, or remove it")
		case code == CodeQuoteStray:
			row.Err = s.fail(column, code, "quote in the middle of a cell", `put the whole cell in quotation marks and double those inside ("5"" pipe"), or remove them`)
		}
		if row.Err != nil {
			s.unreadable++
		}
		if s.unreadable > maxUnreadable {
			return s.fail(-1, CodeQuoteStray, fmt.Sprintf("more than %d rows can't be read", maxUnreadable), "check --delimiter, or save the list as an Excel workbook (.xlsx)")
		}
		s.in.resume(next)
		s.stopped = !s.emit(&row)
		return nil
	}
}

// fail returns an error of the current row, or of a cell unless column is negative.
func (s *csvScan) fail(column int, code, message, fix string) *fault.Error {
	e := s.table.source.fail(code, message, fix, nil)
	e.Where.Row = s.number
	if column >= 0 {
		e.Where.Cell = workbook.CellName(s.number, column)
	}
	return e
}

// salvageRow splits a line with broken quotes into cells, and names the code and the
// column of the first broken cell. A broken cell keeps its quotes.
func salvageRow(line, comma string, trim bool) (cells []string, code string, column int) {
	for more := true; more && len(cells) < maxHeadings; {
		if trim {
			line = strings.TrimLeftFunc(line, unicode.IsSpace)
		}
		broken := ""
		cell, rest, closed := cutQuoted(line)
		switch {
		case closed && (rest == "" || strings.HasPrefix(rest, comma)):
			_, line, more = strings.Cut(rest, comma)
		case closed:
			broken = CodeQuoteStray
			quoted := line[:len(line)-len(rest)]
			cell, line, more = strings.Cut(rest, comma)
			cell = quoted + cell
		case strings.HasPrefix(line, `"`):
			broken = CodeQuoteUnclosed
			cell, line, more = strings.Cut(line, comma)
		default:
			cell, line, more = strings.Cut(line, comma)
			if strings.Contains(cell, `"`) {
				broken = CodeQuoteStray
			}
		}
		if broken != "" && code == "" {
			code, column = broken, len(cells)
		}
		cells = append(cells, cell)
	}
	return cells, code, column
}

// cutQuoted returns the text of the quoted cell that a line begins with, and the rest
// of the line behind the closing quote.
func cutQuoted(line string) (cell, rest string, closed bool) {
	var inside strings.Builder
	rest, quoted := strings.CutPrefix(line, `"`)
	for quoted {
		part, behind, found := strings.Cut(rest, `"`)
		if !found {
			break
		}
		inside.WriteString(part)
		if rest, quoted = strings.CutPrefix(behind, `"`); !quoted {
			return inside.String(), behind, true
		}
		inside.WriteByte('"')
	}
	return "", "", false
}

// blankRow reports whether a row has nothing to see.
func blankRow(cells []string) bool {
	return countFilled(cells) == 0
}

// countFilled counts the cells that are not blank.
func countFilled(cells []string) int {
	n := 0
	for _, c := range cells {
		if !blank(c) {
			n++
		}
	}
	return n
}

// blank reports whether a cell has nothing to see. NULs are something: a crash leaves
// them in place of text.
func blank(cell string) bool {
	if cell != "" && ' ' < cell[0] && cell[0] < utf8.RuneSelf {
		return false // quick
	}
	return strings.TrimFunc(cell, unseen) == ""
}

// unseen reports whether a character leaves nothing to see.
func unseen(r rune) bool {
	return unicode.IsSpace(r) || 0 < r && r < ' ' || r == '\uFEFF' || r == '\u200B'
}
