package workbook

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// order is how the elements of a sheet follow one another. Programs refuse a sheet in
// any other order.
var order = []string{
	"sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
	"protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
	"phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup",
	"headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing",
	"legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "AlternateContent", "oleObjects", "controls",
	"webPublishItems", "tableParts", "extLst",
}

// editedSheet is the sheet that is edited, with what one reading found.
type editedSheet struct {
	part   string
	prefix string // of the elements
	header int    // the number of the headings' row

	taken      []bool // the columns that hold anything from the headings' row on
	last       int    // the last row that holds anything
	heading    int    // the style of the last heading
	filter     *Area
	columns    []columnRange
	lineHeight float64 // in points
	drawing    string  // the ID of the link to the drawing
	notes      string  // the ID of the link to the boxes of the notes
}

// columnRange is the look of a range of columns, which count from 1.
type columnRange struct {
	first, last int
	element     *element
}

// survey reads the sheet once. width is how many columns the table has.
func (s *editedSheet) survey(in io.Reader, width int) error {
	s.lineHeight = 15
	x := newScanner(in)
	if err := x.root("worksheet"); err != nil {
		return err
	}
	if x.reencode {
		return &UnfitError{"its sheet is not written in UTF-8"}
	}
	if !usesSpace(x.attributes, mainSpace) {
		return errVariant
	}
	s.prefix = x.prefix
	err := x.children(func() error {
		switch x.name {
		case "sheetData":
			return eachRow(x, func(r *sheetRow) error { s.surveyRow(r, width); return nil }, func(*element) error { return nil })
		case "cols", "sheetFormatPr", "mergeCells", "autoFilter", "drawing", "legacyDrawing":
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

func usesSpace(list attributes, space string) bool {
	for _, a := range list {
		if a.Value == space {
			return true
		}
	}
	return false
}

func (s *editedSheet) surveyRow(r *sheetRow, width int) {
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
func (s *editedSheet) take(first, last int) {
	for column := first; column <= min(last, MaxColumns-1); column++ {
		for len(s.taken) <= column {
			s.taken = append(s.taken, false)
		}
		s.taken[column] = true
	}
}

// room returns the first column from which on a number of columns are free.
func (s *editedSheet) room(from, columns int) int {
	first := from
	for column := first; column < first+columns; column++ {
		if column < len(s.taken) && s.taken[column] {
			first = column + 1
		}
	}
	return first
}

func (s *editedSheet) surveyElement(e *element) {
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
	case "drawing":
		s.drawing = e.prefixed("id")
	case "legacyDrawing":
		s.notes = e.prefixed("id")
	}
}

// columnStyle returns the style of the cells of a column that have no other.
func (s *editedSheet) columnStyle(column int) int {
	for _, c := range s.columns {
		if c.first <= column+1 && column+1 <= c.last {
			return c.element.number("style")
		}
	}
	return 0
}

// insertion is a change to an element of the sheet.
type insertion struct {
	name string
	// change gets the element, nil if the sheet has none, and returns what the sheet
	// has instead, nil for nothing.
	change func(old *element) (*element, error)
}

// sheetCopier copies the sheet with insertions in their places.
type sheetCopier struct {
	in   *scanner
	out  io.Writer
	left []insertion // not written yet, in the order of the file
}

// copy copies the sheet. copyRows copies the content of the rows' element.
func (c *sheetCopier) copy(copyRows func(*scanner) error) error {
	x := c.in
	for {
		err := x.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case x.kind == endToken: // of the whole
			if err = c.insertBefore(len(order)); err == nil {
				err = c.write(x.raw)
			}
		case x.kind == startToken && len(x.open) == 2:
			err = c.copyElement(copyRows)
		default:
			err = c.write(x.raw)
		}
		if err != nil {
			return err
		}
	}
}

func (c *sheetCopier) write(b []byte) error {
	_, err := c.out.Write(b)
	return err
}

// copyElement copies an element, or what an insertion makes of the element.
func (c *sheetCopier) copyElement(copyRows func(*scanner) error) error {
	x := c.in
	place := slices.Index(order, x.name)
	if err := c.insertBefore(place); err != nil {
		return err
	}
	switch {
	case x.name == "sheetData":
		if err := c.write(x.raw); err != nil {
			return err
		}
		if err := copyRows(x); err != nil {
			return err
		}
		return c.write(x.raw) // the last tag
	case len(c.left) > 0 && x.name == c.left[0].name:
		e, err := x.element()
		if err != nil {
			return err
		}
		return c.insert(e)
	}
	err := c.write(x.raw)
	for depth := len(x.open); err == nil && len(x.open) >= depth; {
		if err = x.next(); err == nil {
			err = c.write(x.raw)
		}
	}
	return err
}

// insertBefore writes the insertions that belong in front of a place in the order.
func (c *sheetCopier) insertBefore(place int) error {
	for len(c.left) > 0 && slices.Index(order, c.left[0].name) < place {
		if err := c.insert(nil); err != nil {
			return err
		}
	}
	return nil
}

// insert writes the next insertion in the place of old.
func (c *sheetCopier) insert(old *element) error {
	e, err := c.left[0].change(old)
	if err != nil {
		return err
	}
	c.left = c.left[1:]
	if e == nil {
		return nil
	}
	return c.write(e.append(nil))
}

// maxFrozen is how far down headings may be to be kept in sight: more frozen rows would
// leave too few to scroll.
const maxFrozen = 12

// freeze keeps the headings in sight, unless the author of the sheet has divided the
// view otherwise.
func (s *editedSheet) freeze(old *element) (*element, error) {
	switch {
	case s.header > maxFrozen, old != nil && old.find("pane") != nil:
		return old, nil
	case old == nil:
		old = newElement(s.prefix, "sheetViews")
		old.add("sheetView", "workbookViewId", "0")
	}
	for _, view := range old.all("sheetView") {
		if view.attr("view") == "pageLayout" {
			break
		}
		view.drop("topLeftCell")
		view.insert(0, newElement(s.prefix, "pane", "ySplit", strconv.Itoa(s.header), "topLeftCell", CellName(s.header+1, 0), "activePane", "bottomLeft", "state", "frozen"))
		for _, selection := range view.all("selection") {
			if selection.attr("pane") == "" {
				selection.set("pane", "bottomLeft")
			}
		}
	}
	return old, nil
}

// widen returns the widths of the columns with new widths from a column on, which
// counts from 0.
func (s *editedSheet) widen(first int, widths []float64) *element {
	from, to := first+1, first+len(widths)
	var all []columnRange
	for _, c := range s.columns {
		for _, part := range []columnRange{{c.first, min(c.last, from-1), c.element}, {max(c.first, to+1), c.last, c.element}} {
			if part.first <= part.last {
				all = append(all, part)
			}
		}
	}
	for i, width := range widths {
		all = append(all, columnRange{from + i, from + i, newElement(s.prefix, "col", "width", fmt.Sprintf("%g", width), "customWidth", "1")})
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
