package roster

import (
	"errors"
	"fmt"
)

const (
	maxRows    = 1048576 // of a sheet of Excel
	maxRowText = 16 << 20
	maxHead    = 64 << 20 // of the rows in which headers can be, of all sheets together
	maxProfile = 256      // columns of which is known whether they hold numbers
)

// survey is what one reading of a whole sheet finds out.
type survey struct {
	elements   int // rows as they stand in the file, blank ones included
	filled     int // rows that are not blank
	hidden     int // of those, rows that are hidden
	uncomputed int // formulas whose result the workbook doesn't hold
	head       []headRow
	merges     merges
	numbers    []bool // columns that hold numbers, or almost
	farthest   struct{ row, column int }
}

// sheetTable is a sheet as a table of rows.
type sheetTable struct {
	book  *workbook
	sheet *sheet

	// Known once the header is.
	headerRow int
	width     int
}

func (t *sheetTable) scan(emit func(*Row) bool) error {
	s := &sheetScan{book: t.book, most: maxColumns}
	if t.headerRow > 0 {
		s.most = t.width + maxBeside
	}
	fill := t.sheet.survey.merges.filler()
	stopped := false
	s.emit = func(row *Row) bool {
		fill.apply(row, t.headerRow)
		if row.Note == "" && row.Number > t.headerRow && t.width >= 3 && fill.section(row, t.width) {
			row.Note = NoteSection
		}
		stopped = !emit(row)
		return !stopped
	}
	err := t.book.scanSheet(t.sheet, s)
	switch {
	case stopped:
		return nil
	case err != nil:
		return err
	case s.elements != t.sheet.survey.elements:
		return t.book.damaged(t.sheet.part.Name, fmt.Errorf("it had %d rows and now has %d", t.sheet.survey.elements, s.elements))
	}
	return nil
}

// surveySheet reads a sheet for the first time.
func (b *workbook) surveySheet(sh *sheet) error {
	var numbers, others [maxProfile]int
	v := &sh.survey
	s := &sheetScan{book: b, merges: &v.merges, most: maxColumns}
	s.emit = func(row *Row) bool {
		v.filled++
		if row.Note == NoteHidden {
			v.hidden++
		}
		if row.Number >= headLimit {
			s.light, s.most = true, maxProfile
		}
		if row.Number <= headLimit && b.headSize <= maxHead {
			for _, c := range row.Cells {
				b.headSize += len(c) + 24
			}
			v.head = append(v.head, copyRow(row))
		}
		if s.filled < 2 {
			return true
		}
		for i, k := range row.Kinds[:min(len(row.Kinds), maxProfile)] {
			switch {
			case !s.full[i]:
			case k == Number:
				numbers[i]++
			default:
				others[i]++
			}
		}
		return true
	}
	if err := b.scanSheet(sh, s); err != nil {
		return err
	}
	v.elements, v.uncomputed, v.farthest = s.elements, s.uncomputed, s.farthest
	v.merges.sort()
	fill := v.merges.filler()
	for i := range v.head {
		row := Row{Number: v.head[i].number, Cells: v.head[i].cells, Kinds: v.head[i].kinds}
		fill.apply(&row, 0)
		v.head[i].cells, v.head[i].kinds = row.Cells, row.Kinds
	}
	v.numbers = make([]bool, maxProfile)
	for i := range v.numbers {
		v.numbers[i] = numbers[i] >= 3 && numbers[i] >= 4*others[i]
	}
	return nil
}

var errStopped = errors.New("stopped")

// sheetScan is one pass over a sheet. It hands out the rows that are not blank.
type sheetScan struct {
	book   *workbook
	x      *xmlScanner
	emit   func(*Row) bool
	merges *merges // collects them; nil to pass over them
	light  bool    // tell only what cells are, not what they hold
	most   int     // cells of a row that are handed out

	elements   int
	uncomputed int
	farthest   struct{ row, column int }
	repeated   int // cells that stand for others of their row's kind

	row     Row
	cells   []string
	kinds   []Kind
	full    []bool // which cells are not blank
	struck  []bool // which are struck through
	filled  int
	textual int // the length of the row's text

	value, formula, inline []byte
}

func (s *sheetScan) run(x *xmlScanner) error {
	s.x = x
	if err := x.root("worksheet"); err != nil {
		return err
	}
	for {
		more, err := x.child()
		if err != nil {
			return err
		}
		if !more {
			return x.ended()
		}
		switch string(x.name) {
		case "sheetData":
			err = s.sheetData()
		case "mergeCells":
			err = s.mergeCells()
		default:
			err = x.skip()
		}
		if err != nil {
			return err
		}
	}
}

func (s *sheetScan) sheetData() error {
	for {
		more, err := s.x.child()
		if err != nil || !more {
			return err
		}
		if string(s.x.name) == "row" {
			err = s.readRow()
		} else {
			err = s.x.skip()
		}
		if err != nil {
			return err
		}
	}
}

func (s *sheetScan) mergeCells() error {
	for {
		kind, err := s.x.next()
		switch {
		case err != nil:
			return err
		case kind == xmlEnd:
			return nil
		case kind != xmlStart:
			continue
		}
		if s.merges != nil && string(s.x.name) == "mergeCell" {
			ref, err := s.x.attribute("ref", false)
			if err != nil {
				return err
			}
			if err := s.merges.add(ref); err != nil {
				return err
			}
		}
		if err := s.x.skip(); err != nil {
			return err
		}
	}
}

// readRow reads the row whose tag was read last.
func (s *sheetScan) readRow() error {
	s.elements++
	number, hidden, err := s.rowAttributes()
	if err != nil {
		return err
	}
	s.row = Row{Number: number}
	s.cells, s.kinds, s.full, s.struck = s.cells[:0], s.kinds[:0], s.full[:0], s.struck[:0]
	s.filled, s.textual = 0, 0
	for column := 0; ; {
		more, err := s.x.child()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if string(s.x.name) == "c" {
			column, err = s.readCell(column)
		} else {
			err = s.x.skip()
		}
		if err != nil {
			return err
		}
	}
	if s.filled == 0 {
		return nil
	}
	s.row.Cells, s.row.Kinds = s.cells, s.kinds
	if len(s.struck) > 0 {
		s.row.Struck = s.struck
	}
	if hidden {
		s.row.Note = NoteHidden
	}
	if !s.emit(&s.row) {
		return errStopped
	}
	return nil
}

// rowAttributes returns the number of a row, which need not be written, and
// whether it is hidden.
func (s *sheetScan) rowAttributes() (number int, hidden bool, err error) {
	number = s.row.Number + 1
	for rest := s.x.attrs; ; {
		name, value, after, ok, err := attr(rest)
		if err != nil {
			return 0, false, err
		}
		if !ok {
			return number, hidden, nil
		}
		rest = after
		switch string(name) {
		case "r":
			n, ok := digits(value)
			if !ok || n < number || n > maxRows {
				return 0, false, fmt.Errorf("the row after row %d is numbered %q", s.row.Number, value)
			}
			number = n
		case "hidden":
			hidden = hidden || string(value) == "1" || string(value) == "true"
		case "ht":
			hidden = hidden || string(value) == "0"
		}
	}
}

// cellAttributes returns where a cell stands, which is next if it doesn't say so, its
// style and its type.
func (s *sheetScan) cellAttributes(next int) (column, style int, t cellType, err error) {
	column = next
	for rest := s.x.attrs; ; {
		name, value, after, ok, err := attr(rest)
		if err != nil {
			return 0, 0, t, err
		}
		if !ok {
			return column, style, t, nil
		}
		rest = after
		switch string(name) {
		case "r":
			c, row, ok := cellRef(value)
			if !ok || row != s.row.Number {
				return 0, 0, t, fmt.Errorf("row %d has a cell named %q", s.row.Number, value)
			}
			column = c
		case "s":
			if style, ok = digits(value); !ok {
				return 0, 0, t, errXMLToken
			}
		case "t":
			if t, ok = typeOf(value); !ok {
				return 0, 0, t, fmt.Errorf("row %d has a cell of the type %q", s.row.Number, value)
			}
		}
	}
}

// readCell reads the cell whose tag was read last; column is where it stands if
// it doesn't say so. It returns where the next one stands.
func (s *sheetScan) readCell(column int) (int, error) {
	column, style, t, err := s.cellAttributes(column)
	if err != nil {
		return 0, err
	}
	if column >= maxColumns {
		return 0, fmt.Errorf("row %d has more than %d cells", s.row.Number, maxColumns)
	}
	hasValue, hasFormula, err := s.content()
	if err != nil {
		return 0, err
	}
	c := cellContent{typ: t, style: style, hasValue: hasValue, hasFormula: hasFormula}
	text, kind, full, err := s.resolve(c)
	if err != nil {
		return 0, fmt.Errorf("cell %s: %w", CellName(s.row.Number, column), err)
	}
	if full {
		if column < len(s.full) && s.full[column] {
			return 0, fmt.Errorf("cell %s is there twice", CellName(s.row.Number, column))
		}
		if s.textual += len(text); s.textual > maxRowText {
			return 0, fmt.Errorf("row %d is longer than 16 MiB", s.row.Number)
		}
		s.put(column, text, kind)
		if s.isStruck(c) {
			s.strike(column)
		}
	}
	return column + 1, nil
}

// isStruck reports whether a cell, or a part of its text, is struck through.
func (s *sheetScan) isStruck(c cellContent) bool {
	switch {
	case c.style < len(s.book.struck) && s.book.struck[c.style]:
		return true
	case c.typ == typeInline:
		return s.x.struck
	case c.typ == typeShared && s.book.strings.struck != nil:
		i, ok := digits(s.value)
		return ok && s.book.strings.struck[i]
	}
	return false
}

func (s *sheetScan) strike(column int) {
	if column >= s.most {
		return
	}
	for len(s.struck) <= column {
		s.struck = append(s.struck, false)
	}
	s.struck[column] = true
}

func (s *sheetScan) put(column int, text string, kind Kind) {
	if column > s.farthest.column {
		s.farthest.row, s.farthest.column = s.row.Number, column
	}
	if column >= s.most {
		return
	}
	for len(s.cells) <= column {
		s.cells, s.kinds, s.full = append(s.cells, ""), append(s.kinds, Text), append(s.full, false)
	}
	s.cells[column], s.kinds[column], s.full[column] = text, kind, true
	s.filled++
}

// content reads what is in a cell.
func (s *sheetScan) content() (hasValue, hasFormula bool, err error) {
	s.value, s.formula, s.inline, s.x.struck = s.value[:0], s.formula[:0], s.inline[:0], false
	for {
		more, err := s.x.child()
		if err != nil {
			return false, false, err
		}
		if !more {
			return hasValue, hasFormula, nil
		}
		switch string(s.x.name) {
		case "v":
			hasValue = true
			s.value, err = s.x.content(s.value)
		case "f":
			hasFormula = true
			s.formula, err = s.x.content(s.formula)
		case "is":
			s.inline, err = s.x.richText(s.inline)
		default:
			err = s.x.skip()
		}
		if err != nil {
			return false, false, err
		}
	}
}

func digits(b []byte) (int, bool) {
	if len(b) == 0 || len(b) > 9 {
		return 0, false
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}

// cellRef reads a name such as C17; the column counts from 0.
func cellRef(name []byte) (column, row int, ok bool) {
	i := 0
	for i < len(name) && i < 4 {
		c := name[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		column = 26*column + int(c-'A') + 1
		i++
	}
	row, ok = digits(name[i:])
	return column - 1, row, ok && i > 0 && column <= maxColumns && row > 0
}
