package workbook

import (
	"fmt"
	"io"
	"slices"
	"strconv"
)

// targetSheet is the edited sheet with the findings of a first reading.
type targetSheet struct {
	part   string
	prefix string // of the elements
	header int    // the number of the headings' row

	taken      []bool // the columns that hold anything from the headings' row on
	last       int    // the last row that holds anything
	heading    int    // the style of the last heading
	filter     *Area
	columns    []columnRange
	lineHeight float64 // in points
	notes      string  // the ID of the link to the boxes of the notes
}

// columnRange is the look of a range of columns, which count from 1.
type columnRange struct {
	first, last int
	element     *element
}

// survey reads the sheet once. width is how many columns the table has.
func (s *targetSheet) survey(in io.Reader, width int) error {
	s.lineHeight = 15
	x := newScanner(in)
	if err := x.root("worksheet"); err != nil {
		return err
	}
	if !x.isTransitional() {
		return errVariant
	}
	s.prefix = x.prefix
	err := x.children(func() error {
		switch x.name {
		case "sheetData":
			return eachRow(x, func(r *sheetRow) error { s.surveyRow(r, width); return nil }, func(*element) error { return nil })
		case "cols", "sheetFormatPr", "mergeCells", "autoFilter", "legacyDrawing":
			e, err := x.element()
			if err == nil {
				s.surveyElement(e)
			}
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	if s.last < s.header {
		return &UnfitError{"its headings are not where they were"}
	}
	return x.finish()
}

func (s *targetSheet) surveyRow(r *sheetRow, width int) {
	for _, c := range r.cells {
		if !c.full() {
			continue
		}
		s.last = r.number
		if r.number >= s.header {
			s.take(c.column, c.column)
		}
	}
	if c, found := r.at(width - 1); found && r.number == s.header {
		s.heading = c.style()
	}
}

// take notes that columns hold something.
func (s *targetSheet) take(first, last int) {
	for column := first; column <= min(last, MaxColumns-1); column++ {
		for len(s.taken) <= column {
			s.taken = append(s.taken, false)
		}
		s.taken[column] = true
	}
}

// room returns the first column from which on a number of columns are free.
func (s *targetSheet) room(from, columns int) int {
	first := from
	for column := first; column < first+columns; column++ {
		if column < len(s.taken) && s.taken[column] {
			first = column + 1
		}
	}
	return first
}

func (s *targetSheet) surveyElement(e *element) {
	switch e.name {
	case "cols":
		for _, c := range e.elements() {
			if first, last := c.number("min"), c.number("max"); first > 0 && last > 0 {
				s.columns = append(s.columns, columnRange{first, last, c})
			}
		}
	case "sheetFormatPr":
		if height, err := strconv.ParseFloat(e.attr("defaultRowHeight"), 64); err == nil && height > 10 && height < 40 {
			s.lineHeight = height
		}
	case "mergeCells":
		for _, c := range e.elements() {
			if merged, ok := parseArea(c.attr("ref")); ok && merged.Bottom >= s.header {
				s.take(merged.Left, merged.Right)
			}
		}
	case "autoFilter":
		area, _ := parseArea(e.attr("ref")) // the zero area is nowhere
		s.filter = &area
	case "legacyDrawing":
		s.notes = e.prefixed("id")
	}
}

// columnStyle returns the style of the cells of a column that have no other.
func (s *targetSheet) columnStyle(column int) int {
	for _, c := range s.columns {
		if c.first <= column+1 && column+1 <= c.last {
			return c.element.number("style")
		}
	}
	return 0
}

// widen returns the widths of the columns with new widths from a column on, which
// counts from 0.
func (s *targetSheet) widen(first int, columns []Column) *element {
	from, to := first+1, first+len(columns)
	var all []columnRange
	for _, c := range s.columns {
		for _, part := range []columnRange{{c.first, min(c.last, from-1), c.element}, {max(c.first, to+1), c.last, c.element}} {
			if part.first <= part.last {
				all = append(all, part)
			}
		}
	}
	for i, c := range columns {
		all = append(all, columnRange{from + i, from + i, newElement(s.prefix, "col", "width", fmt.Sprintf("%g", c.Width), "customWidth", "1")})
	}
	slices.SortFunc(all, func(a, b columnRange) int { return a.first - b.first })
	list := newElement(s.prefix, "cols")
	for _, c := range all {
		column := c.element.clone()
		column.set("min", strconv.Itoa(c.first))
		column.set("max", strconv.Itoa(c.last))
		list.insert(len(list.children), column)
	}
	return list
}
