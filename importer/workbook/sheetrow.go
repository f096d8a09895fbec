package workbook

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const cellUnits = 32767 // UTF-16 code units that a cell can hold

// sheetRow is a row of the sheet that is edited.
type sheetRow struct {
	*element
	number int
	cells  []sheetCell
	rest   []*element // what is in the row besides cells
}

// sheetCell is a cell of the sheet that is edited.
type sheetCell struct {
	*element
	column int // from 0
}

// newSheetRow reads a row; last is the number of the row before.
func newSheetRow(e *element, last int) (*sheetRow, error) {
	r := &sheetRow{element: e, number: last + 1}
	if text := e.attr("r"); text != "" {
		var err error
		if r.number, err = strconv.Atoi(text); err != nil || r.number <= last {
			return nil, &UnfitError{"its rows are not in order"}
		}
	}
	next := 0
	for _, child := range e.elements() {
		if child.name != "c" {
			r.rest = append(r.rest, child)
			continue
		}
		c := sheetCell{child, next}
		if _, column, ok := ParseCell(child.attr("r")); ok {
			c.column = column
		}
		if c.column < next {
			return nil, &UnfitError{"its cells are not in order"}
		}
		next = c.column + 1
		r.cells = append(r.cells, c)
	}
	return r, nil
}

// eachRow calls visit with every row of the rows' element, which begins with the current
// token, and between with everything else in the element.
func eachRow(x *scanner, visit func(*sheetRow) error, between func(*element) error) error {
	number := 0
	for {
		if err := x.next(); err != nil {
			return err
		}
		if x.kind == endToken {
			return nil
		}
		e, err := x.element()
		if err != nil {
			return err
		}
		if e.name != "row" {
			if err := between(e); err != nil {
				return err
			}
			continue
		}
		r, err := newSheetRow(e, number)
		if err != nil {
			return err
		}
		number = r.number
		if err := visit(r); err != nil {
			return err
		}
	}
}

// append appends the row as XML. A cell that does not name a place follows another, as
// before: no new cell was put in front.
func (r *sheetRow) append(dst []byte) []byte {
	r.remove(func(*element) bool { return true })
	for _, c := range r.cells {
		r.insert(len(r.children), c.element)
	}
	for _, e := range r.rest {
		r.insert(len(r.children), e)
	}
	return r.element.append(dst)
}

// at returns the cell of a column.
func (r *sheetRow) at(column int) (sheetCell, bool) {
	i, found := r.search(column)
	if !found {
		return sheetCell{}, false
	}
	return r.cells[i], true
}

func (r *sheetRow) search(column int) (int, bool) {
	return slices.BinarySearchFunc(r.cells, column, func(c sheetCell, column int) int { return cmp.Compare(c.column, column) })
}

// put puts cells in the row, each in the place of the cell in the same column. The
// result says whether a formula was replaced.
func (r *sheetRow) put(cells ...sheetCell) (formula bool) {
	for _, c := range cells {
		i, found := r.search(c.column)
		if found {
			formula = formula || r.cells[i].find("f") != nil
			r.cells[i] = c
			continue
		}
		r.cells = slices.Insert(r.cells, i, c)
	}
	return formula
}

// style returns the number of the cell's style.
func (c sheetCell) style() int { return c.number("s") }

// full reports whether there is anything in the cell.
func (c sheetCell) full() bool {
	return slices.ContainsFunc(c.children, func(e *element) bool { return e.name == "f" || e.name == "v" || e.name == "is" })
}

// restyle gives the cell another style.
func (c sheetCell) restyle(style int) { c.set("s", strconv.Itoa(style)) }

// textCell returns a cell that holds text, or nothing if the text is empty.
func textCell(prefix string, row, column, style int, text string) sheetCell {
	e := newElement(prefix, "c", "r", CellName(row, column), "s", strconv.Itoa(style))
	if text != "" {
		e.set("t", "inlineStr")
		e.add("is").add("t", "xml:space", "preserve").setText(cellText(text))
	}
	return sheetCell{e, column}
}

// cellText returns as much of a text as a cell can hold. A text that Excel would read as
// an escaped character is escaped.
func cellText(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	var b strings.Builder
	units := 0
	for i, r := range text {
		if units += utf16.RuneLen(r); units >= cellUnits && i+utf8.RuneLen(r) < len(text) {
			b.WriteRune('…')
			break
		}
		switch {
		case r == '_' && len(text) >= i+7 && escaped.MatchString(text[i:i+7]):
			b.WriteString("_x005F_")
		case r < ' ' && r != '\n' && r != '\t', r == 0xFFFE, r == 0xFFFF:
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
