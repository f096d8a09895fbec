package roster

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"muster/importer/fault"
)

// maxDamaged is how many rows of one file may be unreadable. Each costs up to
// maxRecord of reading, so the limit also bounds the time.
const maxDamaged = 1000

// csvTable is a text file of rows.
type csvTable struct {
	source *source
	text   *text
	comma  rune
	trim   bool // cells begin with a blank before their quotes
	sep    bool // the first line is "sep=;"
	wraps  bool // cells may be written as ="00123"

	// Known once the header is: below it, a row that swallowed others is told
	// by its width.
	headerRow int
	width     int
}

func (t *csvTable) scan(emit func(*Row) bool) error {
	var src io.Reader = &lineMarks{src: t.text.reader(t.source), line: true}
	if t.wraps {
		src = &unwrapper{src: src, comma: byte(t.comma)}
	}
	s := &csvScan{table: t, feed: &feed{src: src}, emit: emit}
	s.in = bufio.NewReaderSize(s.feed, chunk)
	if t.sep {
		_, next, _ := s.feed.line()
		s.feed.resume(next)
	}
	for {
		switch err := s.records(); {
		case s.feed.failed() != nil:
			return t.source.unreadable(s.feed.failed())
		case err == nil || s.stopped:
			return nil
		}
		if err := s.damagedRow(); err != nil || s.stopped {
			return err
		}
	}
}

// csvScan is one pass over a csvTable.
type csvScan struct {
	table   *csvTable
	feed    *feed
	in      *bufio.Reader
	emit    func(*Row) bool
	row     Row
	number  int // of the row before
	damaged int
	stopped bool
}

var errSwallowed = errors.New("the row holds other rows")

// records hands out rows up to the end of the file, where it returns nil, or up
// to a row that can't be read: then the feed's mark is where that row starts,
// or at blank lines before it.
func (s *csvScan) records() error {
	start := s.feed.mark
	s.in.Reset(s.feed)
	r := csv.NewReader(s.in)
	r.Comma, r.ReuseRecord, r.FieldsPerRecord, r.TrimLeadingSpace = s.table.comma, true, -1, s.table.trim
	below := 1 // the line after the record before; encoding/csv passes over blank ones
	for {
		cells, err := r.Read()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		first, _ := r.FieldPos(0)
		last, _ := r.FieldPos(len(cells) - 1)
		if end := cells[len(cells)-1]; strings.IndexByte(end, '\n') >= 0 {
			last += strings.Count(end, "\n")
		}
		if last > first && s.swallows(cells) {
			return errSwallowed
		}
		s.number += 1 + first - below
		below = last + 1
		s.feed.mark = start + r.InputOffset()
		if blankRow(cells) {
			continue
		}
		if s.table.wraps {
			for i, cell := range cells {
				cells[i] = unwrap(cell)
			}
		}
		s.row = Row{Number: s.number, Cells: cells}
		if s.table.text.checked || len(cells) > maxHeadings {
			s.check()
		}
		if !s.emit(&s.row) {
			s.stopped = true
			return nil
		}
	}
}

// swallows tells a quote that is closed by the quote of a later row. Such a row
// is well formed, but it has too few cells, and one of them holds a line with
// the delimiters of a whole row.
func (s *csvScan) swallows(cells []string) bool {
	if s.number < s.table.headerRow || s.table.width < 3 || len(cells) >= s.table.width {
		return false
	}
	for _, cell := range cells {
		_, rest, more := strings.Cut(cell, "\n")
		for more {
			var line string
			line, rest, more = strings.Cut(rest, "\n")
			if strings.Count(line, string(s.table.comma)) >= s.table.width-1 {
				return true
			}
		}
	}
	return false
}

// check marks a row of which not every character or cell can be told.
func (s *csvScan) check() {
	if len(s.row.Cells) > maxHeadings {
		s.row.Cells = s.row.Cells[:maxHeadings]
		s.row.Err = s.damage(-1, CodeTooManyColumns, fmt.Sprintf("more than %d cells", maxHeadings), "look for a missing line break, or check --delimiter")
		return
	}
	for i, cell := range s.row.Cells {
		if !s.table.text.readable(cell) {
			s.row.Err = s.damage(i, CodeEncodingUnknown, "characters that are not "+s.table.text.name, "type the cell anew, or name the encoding of the file by --encoding")
			return
		}
	}
}

// damagedRow hands out the line that the unreadable row starts with, and
// resumes on the next.
func (s *csvScan) damagedRow() error {
	for {
		line, next, cut := s.feed.line()
		if next == s.feed.mark && !cut {
			return nil
		}
		s.number++
		if len(line) == 0 {
			s.feed.resume(next)
			continue
		}
		if s.damaged++; s.damaged > maxDamaged {
			e := s.damage(-1, CodeQuoteStray, fmt.Sprintf("more than %d rows can't be read", maxDamaged), "check --delimiter, or save the list as an Excel workbook (.xlsx)")
			return e
		}
		cells, code, column := tearApart(line, s.table.comma, s.table.trim)
		s.row = Row{Number: s.number, Cells: cells}
		switch {
		case cut:
			s.row.Err = s.damage(-1, CodeRowTooLong, "the row is longer than 1 MiB", "look for a missing line break or quotation mark")
		case code == CodeQuoteUnclosed:
			s.row.Err = s.damage(column, code, "quote never closed", "close the quotation mark in this cell, or remove it")
		default:
			s.row.Err = s.damage(column, CodeQuoteStray, "quote in the middle of a cell", `put the whole cell in quotation marks and double those inside ("5"" pipe"), or remove them`)
		}
		s.feed.resume(next)
		s.stopped = !s.emit(&s.row)
		return nil
	}
}

func (s *csvScan) damage(column int, code, message, fix string) *fault.Error {
	e := s.table.source.fail(code, message, fix, nil)
	e.Where.Row = s.number
	if column >= 0 {
		e.Where.Cell = CellName(s.number, column)
	}
	return e
}

// tearApart splits a line whose quotes are broken into the cells that can be
// told apart, and names the first broken one. A broken cell keeps its quotes.
func tearApart(line []byte, comma rune, trim bool) (cells []string, code string, column int) {
	delimiter := utf8.AppendRune(nil, comma)
	column = -1
	broken := func(c string) {
		if column < 0 {
			code, column = c, len(cells)
		}
	}
	for len(cells) < maxHeadings {
		if trim {
			line = bytes.TrimLeftFunc(line, unicode.IsSpace)
		}
		from := 0
		if len(line) > 0 && line[0] == '"' {
			value, rest, closed := cutQuoted(line[1:])
			switch {
			case closed && (len(rest) == 0 || bytes.HasPrefix(rest, delimiter)):
				cells = append(cells, value)
				if len(rest) == 0 {
					return cells, code, column
				}
				line = rest[len(delimiter):]
				continue
			case closed:
				broken(CodeQuoteStray)
				from = len(line) - len(rest)
			default:
				broken(CodeQuoteUnclosed)
			}
		}
		end := bytes.Index(line[from:], delimiter)
		if end < 0 {
			end = len(line) - from
		}
		end += from
		if bytes.IndexByte(line[:end], '"') >= 0 {
			broken(CodeQuoteStray)
		}
		cells = append(cells, string(line[:end]))
		if end == len(line) {
			break
		}
		line = line[end+len(delimiter):]
	}
	return cells, code, column
}

// cutQuoted reads the inside of a quoted cell up to its closing quote.
func cutQuoted(b []byte) (value string, rest []byte, closed bool) {
	var inside []byte
	for {
		i := bytes.IndexByte(b, '"')
		if i < 0 {
			return "", nil, false
		}
		inside = append(inside, b[:i]...)
		if b = b[i+1:]; len(b) == 0 || b[0] != '"' {
			return string(inside), b, true
		}
		inside, b = append(inside, '"'), b[1:]
	}
}

func blankRow(cells []string) bool {
	for _, c := range cells {
		if !blank(c) {
			return false
		}
	}
	return true
}

func blank(cell string) bool {
	return cell == "" || ((cell[0] <= ' ' || cell[0] >= utf8.RuneSelf) && invisible(cell))
}

func invisible(cell string) bool {
	for i := range len(cell) {
		switch c := cell[i]; {
		case c >= utf8.RuneSelf:
			return strings.TrimFunc(cell[i:], unseen) == ""
		case c > ' ', c == 0: // where a crash has left NULs something stood
			return false
		}
	}
	return true
}

// unseen reports whether a character leaves nothing to be seen.
func unseen(r rune) bool { return unicode.IsSpace(r) || r == '\uFEFF' || r == '\u200B' }
