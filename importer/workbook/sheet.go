package workbook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// order is how the elements of a sheet follow one another. Programs refuse a
// sheet in which they don't.
var order = []string{
	"sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
	"protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
	"phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup",
	"headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing",
	"legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "AlternateContent", "oleObjects", "controls",
	"webPublishItems", "tableParts", "extLst",
}

// sheet is the sheet that is written into, and what one reading of it found.
type sheet struct {
	part   string // its name
	prefix string // of its elements
	header int    // the number of the headings' row

	children  map[string]bool
	taken     []bool // the columns that hold anything from the headings' row on
	last      int    // the last row that holds anything
	heading   int    // the style of the last heading
	filter    Area
	columns   []columnRange
	drawingID string
	legacyID  string

	lineHeight float64 // in points

	raw   []byte // of the row that is read
	cells []cell
}

// columnRange is how a range of columns looks.
type columnRange struct {
	from, to int // from 1, as the file counts them
	tag      []byte
}

// survey reads the sheet once. width is how many columns the table has.
func (s *sheet) survey(in io.Reader, width int) error {
	s.children, s.lineHeight = map[string]bool{}, 15
	x := newTagScanner(in)
	if err := s.readRoot(x); err != nil {
		return err
	}
	for {
		t, err := x.next()
		if err != nil {
			return cut(err)
		}
		switch t.kind {
		case text:
			continue
		case end:
			if s.last < s.header {
				return &UnfitError{"its headings are not where they were"}
			}
			return nil
		case start, empty:
		}
		name := string(t.name)
		s.children[name] = true
		if name == "sheetData" {
			if t.kind == start {
				err = s.surveyRows(x, width)
			}
		} else {
			var raw []byte
			if raw, err = x.element(nil, t); err == nil {
				err = s.surveyElement(name, raw)
			}
		}
		if err != nil {
			return err
		}
	}
}

// take notes that columns hold something.
func (s *sheet) take(from, to int) {
	for column := from; column <= min(to, MaxColumns-1); column++ {
		for len(s.taken) <= column {
			s.taken = append(s.taken, false)
		}
		s.taken[column] = true
	}
}

func (s *sheet) readRoot(x *tagScanner) error {
	for {
		t, err := x.next()
		if err != nil {
			return cut(err)
		}
		if t.kind == text {
			if err := plainText(s.part, t.raw); err != nil {
				return err
			}
			continue
		}
		if t.kind != start || string(t.name) != "worksheet" || !bytes.Contains(t.raw, []byte(mainSpace)) {
			return &UnfitError{"it is of a variant of the format that can't be written into"}
		}
		s.prefix = prefix(t.raw)
		return nil
	}
}

func (s *sheet) surveyRows(x *tagScanner, width int) error {
	return s.eachRow(x, nil, func(r *row) error {
		for _, c := range r.cells {
			if !c.full {
				continue
			}
			s.last = r.number
			if r.number >= s.header {
				s.take(c.column, c.column)
			}
		}
		if r.number == s.header {
			if c, found := r.at(width - 1); found {
				s.heading = c.style
			}
		}
		return nil
	})
}

// eachRow calls visit with every row of a sheet's data. What stands between them
// is appended to between, unless that is nil. It ends behind the data's last tag.
func (s *sheet) eachRow(x *tagScanner, between func([]byte) error, visit func(*row) error) error {
	number := 0
	for {
		t, err := x.next()
		if err != nil {
			return cut(err)
		}
		if t.kind == end {
			return nil
		}
		if t.kind == text || string(t.name) != "row" {
			raw, err := x.element(nil, t)
			if err == nil && between != nil {
				err = between(raw)
			}
			if err != nil {
				return err
			}
			continue
		}
		r, err := s.readRow(x, t, number)
		if err != nil {
			return err
		}
		number = r.number
		if err := visit(&r); err != nil {
			return err
		}
	}
}

func (s *sheet) surveyElement(name string, raw []byte) error {
	switch name {
	case "cols":
		return tags(raw, func(t token) {
			if string(t.name) != "col" || t.kind == end {
				return
			}
			first, _ := attribute(t.raw, "min")
			last, _ := attribute(t.raw, "max")
			from, err := strconv.Atoi(first)
			to, err2 := strconv.Atoi(last)
			if err == nil && err2 == nil {
				s.columns = append(s.columns, columnRange{from, to, bytes.Clone(t.raw)})
			}
		})
	case "sheetFormatPr":
		text, _ := attribute(raw, "defaultRowHeight")
		if height, err := strconv.ParseFloat(text, 64); err == nil && height > 10 && height < 40 {
			s.lineHeight = height
		}
	case "mergeCells":
		return tags(raw, func(t token) {
			text, _ := attribute(t.raw, "ref")
			if merged, ok := parseArea(text); ok && merged.Bottom >= s.header {
				s.take(merged.Left, merged.Right)
			}
		})
	case "autoFilter":
		text, _ := attribute(tagAt(raw), "ref")
		s.filter, _ = parseArea(text)
	case "drawing":
		s.drawingID, _ = attribute(tagAt(raw), ":id")
	case "legacyDrawing":
		s.legacyID, _ = attribute(tagAt(raw), ":id")
	}
	return nil
}

func tagAt(raw []byte) []byte { return raw[:tagLength(raw)] }

// columnStyle returns the style of the cells of a column that have none of
// their own.
func (s *sheet) columnStyle(column int) int {
	for _, c := range s.columns {
		if c.from <= column+1 && column+1 <= c.to {
			style, _ := attribute(c.tag, "style")
			n, _ := strconv.Atoi(style) // it is 0 where it isn't there
			return n
		}
	}
	return 0
}

// insertion is an element that is written anew, in its place among the others.
type insertion struct {
	name string
	// write gets the element that is there, nil if there is none, and returns
	// what is to stand instead of it.
	write func(old []byte) ([]byte, error)
}

// rewrite copies the sheet. The elements that insertions name, in the order of
// the file, are written by them, the rows by data.
func (s *sheet) rewrite(out io.Writer, in io.Reader, insertions []insertion, data func(x *tagScanner) error) error {
	x := newTagScanner(in)
	w := rewriter{out, insertions}
	inside := false
	for {
		t, err := x.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		place := slices.Index(order, string(t.name))
		switch {
		case t.kind == start && !inside:
			inside = true
			err = w.write(t.raw)
		case t.kind == end:
			if err = w.upTo(len(order)); err == nil {
				err = w.write(t.raw)
			}
		case t.kind == start && string(t.name) == "sheetData":
			if err = w.upTo(place); err == nil {
				err = s.rewriteData(&w, t.raw, func() error { return data(x) })
			}
		case inside && (t.kind == start || t.kind == empty):
			var whole []byte
			if whole, err = x.element(nil, t); err == nil {
				err = w.element(place, whole)
			}
		default:
			err = w.write(t.raw)
		}
		if err != nil {
			return err
		}
	}
}

// rewriteData writes the element of the rows, whose tag was read last.
func (s *sheet) rewriteData(w *rewriter, tag []byte, data func() error) error {
	if err := w.write(tag); err != nil {
		return err
	}
	if err := data(); err != nil {
		return err
	}
	return w.write([]byte("</" + s.prefix + "sheetData>"))
}

// rewriter writes a sheet, with insertions in their places.
type rewriter struct {
	out  io.Writer
	left []insertion // those that are not written yet, in the order of the file
}

func (w *rewriter) write(b []byte) error {
	_, err := w.out.Write(b)
	return err
}

// insert writes the next insertion instead of old, nil for nothing.
func (w *rewriter) insert(old []byte) error {
	b, err := w.left[0].write(old)
	if err != nil {
		return err
	}
	w.left = w.left[1:]
	return w.write(b)
}

// upTo writes the insertions that belong in front of a place in the order.
func (w *rewriter) upTo(place int) error {
	for len(w.left) > 0 && slices.Index(order, w.left[0].name) < place {
		if err := w.insert(nil); err != nil {
			return err
		}
	}
	return nil
}

// element writes an element that is there, or what an insertion makes of it; its
// place is negative if the order does not know it.
func (w *rewriter) element(place int, raw []byte) error {
	if place < 0 {
		return w.write(raw)
	}
	if err := w.upTo(place); err != nil {
		return err
	}
	if len(w.left) > 0 && w.left[0].name == order[place] {
		return w.insert(raw)
	}
	return w.write(raw)
}

// frozenRows is how far down the headings may stand to be kept in sight: more
// frozen rows would leave too few to scroll.
const frozenRows = 12

// freeze keeps the headings in sight, unless the sheet's author has divided it
// otherwise.
func (s *sheet) freeze(old []byte) ([]byte, error) {
	if s.header > frozenRows {
		return old, nil
	}
	pane := fmt.Sprintf(`<%spane ySplit="%d" topLeftCell="A%d" activePane="bottomLeft" state="frozen"/>`, s.prefix, s.header, s.header+1)
	if old == nil {
		return []byte(fmt.Sprintf(`<%ssheetViews><%ssheetView workbookViewId="0">%s</%ssheetView></%ssheetViews>`, s.prefix, s.prefix, pane, s.prefix, s.prefix)), nil
	}
	var out []byte
	done, divided := false, false
	err := tags(old, func(t token) {
		name := string(t.name)
		switch {
		case t.kind == end, t.kind == text:
		case name == "pane":
			divided = true
		case name == "sheetView":
			if view, _ := attribute(t.raw, "view"); view == "pageLayout" || done {
				done = true
				break
			}
			tag := dropAttribute(t.raw, "topLeftCell")
			if t.kind == empty {
				t.raw, done = join(opened(tag), pane, []byte("</"+s.prefix+"sheetView>")), true
				break
			}
			t.raw = join(tag, pane, nil)
		case name == "selection" && !done:
			if _, found := attribute(t.raw, "pane"); !found {
				t.raw = setAttribute(t.raw, "pane", "bottomLeft")
			}
		}
		out = append(out, t.raw...)
	})
	if divided {
		return old, err
	}
	return out, err
}

// widen returns the columns' widths with those of ours, which begin at first,
// counted from 0.
func (s *sheet) widen(first int, widths []float64) []byte {
	from, to := first+1, first+len(widths)
	var all []columnRange
	for _, c := range s.columns {
		for _, part := range []columnRange{{c.from, min(c.to, from-1), c.tag}, {max(c.from, to+1), c.to, c.tag}} {
			if part.from <= part.to {
				all = append(all, part)
			}
		}
	}
	for i, width := range widths {
		tag := fmt.Sprintf(`<%scol width="%g" customWidth="1"/>`, s.prefix, width)
		all = append(all, columnRange{from + i, from + i, []byte(tag)})
	}
	slices.SortFunc(all, func(a, b columnRange) int { return a.from - b.from })
	var out strings.Builder
	out.WriteString("<" + s.prefix + "cols>")
	for _, c := range all {
		tag := setAttribute(setAttribute(c.tag, "min", strconv.Itoa(c.from)), "max", strconv.Itoa(c.to))
		if tag[len(tag)-2] != '/' {
			tag = append(tag[:len(tag)-1:len(tag)-1], "/>"...)
		}
		out.Write(tag)
	}
	out.WriteString("</" + s.prefix + "cols>")
	return []byte(out.String())
}
