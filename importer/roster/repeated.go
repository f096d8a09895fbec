package roster

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// setHeader tells the classifier the header of the roster.
func (c *rowClassifier) setHeader(h headRow, heading func(string) bool) {
	c.headerRow, c.heading, c.headers = h.Number, heading, h.joined
	if h.joined == nil {
		c.headers = [][]string{slices.Clone(connected(h.Cells))}
	}
	c.firstHeading = map[string]bool{}
	for _, words := range [][]string{h.Cells, wordSections()["name"], wordSections()["part of a name"]} {
		for _, heading := range words {
			c.firstHeading[headingKey(heading)] = !blank(heading)
		}
	}
}

// repeatsHeader reports whether a row repeats the headings, as at the top of every printed
// page, or holds headings of a second language right below the header.
func (c *rowClassifier) repeatsHeader(row *Row) bool {
	for _, header := range c.headers {
		if sameCells(row.Cells, header) {
			return true
		}
	}
	return row.Number == c.headerRow+1 && c.allHeadings(row)
}

// startsOtherTable reports whether a row holds headings in other columns than the
// header. The people below belong to another table.
func (c *rowClassifier) startsOtherTable(row *Row) bool {
	for _, cell := range row.Cells {
		if !blank(cell) {
			return c.firstHeading[headingKey(cell)] && c.allHeadings(row)
		}
	}
	return false
}

// allHeadings reports whether a row holds several headings and nothing else.
func (c *rowClassifier) allHeadings(row *Row) bool {
	filled := 0
	for i, cell := range row.Cells {
		if blank(cell) {
			continue
		}
		if row.Kinds != nil && row.Kinds[i] != Text || !c.heading(oneLine(cell)) {
			return false
		}
		filled++
	}
	return filled > 1
}

// sameCells reports whether a row has the cells of the header in the same columns. The
// row may leave out some cells, but must repeat two.
func sameCells(cells, header []string) bool {
	same := 0
	for i, cell := range cells {
		switch {
		case blank(cell):
		case i >= len(header) || !sameHeading(cell, header[i]):
			return false
		default:
			same++
		}
	}
	return same > 1 || same > 0 && same == countFilled(header)
}

// sameHeading reports whether two cells have the same headingKey.
func sameHeading(a, b string) bool {
	if a != "" && b != "" && (a[0]^b[0])&^0x20 != 0 && min(a[0], b[0]) > ' ' && max(a[0], b[0]) < utf8.RuneSelf {
		return false // quick: other letters than in front of the heading
	}
	return headingKey(a) == headingKey(b)
}

// headingKey returns a cell as headings are compared: in small letters, without the mark
// that a file begins with that was copied behind another.
func headingKey(cell string) string {
	return strings.ToLower(strings.TrimSpace(strings.TrimPrefix(cell, byteOrderMark)))
}
