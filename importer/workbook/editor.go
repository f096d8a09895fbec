package workbook

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strings"
)

// UnfitError says why a workbook cannot be edited.
type UnfitError struct{ Why string }

// Error returns the reason as a sentence.
func (e *UnfitError) Error() string { return "this workbook cannot be written into: " + e.Why }

var errVariant = &UnfitError{"it is of a variant of the format that cannot be written into"}

// Edit says what an Editor writes.
type Edit struct {
	Sheet     string // the name of the sheet
	HeaderRow int    // the number of the headings' row
	Width     int    // how many columns the table has
	Columns   []Column
	At        []int  // the places of the columns, from 0, if an earlier writing has added the columns
	Author    string // of the notes on cells
	Property  string // the custom property that marks the workbook
	Summary   string // the name of the sheet that is added, or written anew
}

// Column is a column that an Editor writes.
type Column struct {
	Heading string
	Width   float64 // in characters, for a new column
	Wrap    bool
	Toned   bool // the cells have the tone of the result
}

// Result is what an Editor writes into a row of the sheet.
type Result struct {
	Number int      // of the row
	Cells  []string // of Edit.Columns
	Tone   Tone
	Marks  []Mark
}

// Mark is a cell with a problem.
type Mark struct {
	Column int // from 0
	Note   string
}

// Line is a line of the sheet that an Editor adds.
type Line struct {
	Cells []string
	Bold  bool
	Tone  Tone // of the first cell
}

// Editor writes results into a workbook. An Editor is not safe for concurrent use.
type Editor struct {
	edit    Edit
	parts   *parts
	main    string     // the part that lists the sheets
	links   []relation // of main
	sheet   editedSheet
	index   int   // of the sheet among the sheets
	at      []int // the places of the columns
	styles  *styles
	notes   *notes
	summary summary
	table   string // the part of the table that gets the columns; "" if there is none
	filter  *Area  // the filter to be set; nil to leave the sheet's
	freeze  bool
}

// OpenEditor reads a workbook as far as is needed to know that the workbook can be
// edited. If not, the error is an *UnfitError.
func OpenEditor(file io.ReaderAt, size int64, e Edit) (*Editor, error) {
	p, err := openParts(file, size)
	if err != nil {
		return nil, err
	}
	b := &Editor{edit: e, parts: p, at: e.At, main: mainPart(p.archive)}
	for _, step := range []func() error{b.checkKind, b.findSheet, b.readStyles, b.readSheet, b.place} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	b.notes, err = readNotes(p, &b.sheet, e.Author)
	return b, err
}

// checkKind refuses a workbook that no program would open under the name of an ordinary
// workbook, such as a template.
func (b *Editor) checkKind() error {
	switch {
	case b.parts.has(contentTypes):
	case b.parts.has("mimetype") && b.parts.has(odsContent):
		return &UnfitError{"it is an OpenDocument (.ods) workbook"}
	default:
		return &UnfitError{"it is not a workbook of Excel's format"}
	}
	types, err := b.parts.document(contentTypes, "")
	if err != nil {
		return err
	}
	for _, e := range types.root().elements() {
		name := e.attr("PartName")
		if plainName(name) == plainName(b.main) || name == "" && strings.EqualFold(e.attr("Extension"), "xml") {
			if e.attr("ContentType") == mainKind {
				return nil
			}
		}
	}
	return &UnfitError{"it is not an ordinary workbook but one with macros, a template or the like"}
}

// findSheet finds the sheet, and the summary of an earlier writing.
func (b *Editor) findSheet() error {
	if !b.parts.has(b.main) {
		return errVariant
	}
	document, err := b.parts.document(b.main, "")
	if err != nil {
		return err
	}
	root := document.root()
	if !usesSpace(root.attributes, mainSpace) {
		return errVariant
	}
	if b.links, err = b.parts.relations(b.main); err != nil {
		return err
	}
	marked, err := b.isMarked()
	if err != nil {
		return err
	}
	targets := map[string]string{}
	for _, link := range b.links {
		targets[link.id] = link.target
	}
	names := map[string]bool{}
	for i, e := range root.all("sheet") {
		name, target := e.attr("name"), targets[e.prefixed("id")]
		switch {
		case name == b.edit.Sheet:
			b.sheet.part, b.index = target, i
		case name == b.edit.Summary && marked:
			b.summary.part = target
		default:
			names[strings.ToLower(name)] = true
		}
	}
	b.summary.name = b.edit.Summary
	for n := 2; names[strings.ToLower(b.summary.name)]; n++ {
		b.summary.name = fmt.Sprintf("%s (%d)", b.edit.Summary, n)
	}
	b.freeze = root.find("workbookView") != nil
	if b.sheet.part == "" {
		return &UnfitError{"its sheet is not where it was"}
	}
	return nil
}

// isMarked reports whether an earlier writing has marked the workbook.
func (b *Editor) isMarked() (bool, error) {
	properties, err := b.parts.content(customProperties)
	return bytes.Contains(properties, []byte(`name="`+b.edit.Property+`"`)), err
}

func (b *Editor) readStyles() error {
	document, err := b.parts.document(target(b.links, "styles"), noStyles)
	if err != nil {
		return err
	}
	b.styles, err = newStyles(document)
	return err
}

func (b *Editor) readSheet() error {
	in, err := b.openSheet()
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read
	b.sheet.header = b.edit.HeaderRow
	err = b.sheet.survey(in, b.edit.Width)
	if unfit := new(UnfitError); err == nil || errors.As(err, &unfit) {
		return err
	}
	return damaged(b.sheet.part, err)
}

func (b *Editor) openSheet() (io.ReadCloser, error) {
	f := b.parts.parts[plainName(b.sheet.part)]
	if f == nil {
		return nil, &UnfitError{"its sheet is missing"}
	}
	return f.Open()
}

// place chooses the places of new columns, and the area of the filter.
func (b *Editor) place() error {
	if b.at != nil {
		return nil
	}
	links, err := b.parts.relations(b.sheet.part)
	if err != nil {
		return err
	}
	if err := b.takeDrawings(links); err != nil {
		return err
	}
	first := b.sheet.room(b.edit.Width, len(b.edit.Columns))
	if first+len(b.edit.Columns) > MaxColumns {
		return &UnfitError{"there is no room for more columns"}
	}
	for i := range b.edit.Columns {
		b.at = append(b.at, first+i)
	}
	return b.placeFilter(links, Area{0, b.sheet.header, first + len(b.edit.Columns) - 1, b.sheet.last})
}

var anchor = regexp.MustCompile(`(?s)<(?:\w+:)?from>.*?<(?:\w+:)?col>\s*(\d+)\s*<.*?</(?:\w+:)?from>\s*` +
	`<(?:\w+:)?to>.*?<(?:\w+:)?col>\s*(\d+)\s*<.*?<(?:\w+:)?row>\s*(\d+)\s*<.*?</(?:\w+:)?to>`)

// takeDrawings notes the columns that pictures and charts cover.
func (b *Editor) takeDrawings(links []relation) error {
	for _, link := range links {
		if link.id != b.sheet.drawing {
			continue
		}
		drawing, err := b.parts.content(link.target)
		if err != nil {
			return err
		}
		for _, found := range anchor.FindAllSubmatch(drawing, -1) {
			if atoi(found[3])+1 >= b.sheet.header {
				b.sheet.take(atoi(found[1]), atoi(found[2]))
			}
		}
	}
	return nil
}

// placeFilter lets a filter cover the new columns: the filter of the table, of the sheet,
// or a new filter. The filter of a sheet must not overlap a table, which has a filter
// itself, and a filter of the new columns alone would sort them away from their rows.
func (b *Editor) placeFilter(links []relation, whole Area) error {
	beside := b.at[0] - 1
	for _, link := range links {
		if !strings.HasSuffix(link.kind, "/table") {
			continue
		}
		table, err := b.parts.document(link.target, "")
		if err != nil {
			return err
		}
		area, extensible := tableArea(table.root())
		if !area.overlaps(whole) {
			continue
		}
		if b.table != "" || !extensible || area.Top != whole.Top || area.Right != beside {
			b.table = ""
			return nil
		}
		b.table = link.target
	}
	if b.table != "" {
		return nil
	}
	switch old := b.sheet.filter; {
	case old == nil:
		b.filter = &whole
	case old.Top == whole.Top && old.Right == beside:
		b.filter = &Area{old.Left, old.Top, whole.Right, old.Bottom}
	}
	return nil
}

// Write writes the workbook with the results, which come in the order of the sheet.
// Write asks for the lines of the summary behind the last result. Write may be called
// once.
func (b *Editor) Write(file io.Writer, results iter.Seq2[Result, error], lines func() []Line) error {
	out := zip.NewWriter(file)
	name := b.parts.nameOf(b.sheet.part)
	if err := b.writeSheet(out, name, results); err != nil {
		return err
	}
	for _, step := range []func() error{b.writeTable, b.nameFilter, b.markProperty, func() error { return b.writeSummary(lines()) }, b.writeStyles} {
		if err := step(); err != nil {
			return err
		}
	}
	if err := b.parts.copyTo(out, name); err != nil {
		return err
	}
	return out.Close()
}

func (b *Editor) writeSheet(out *zip.Writer, name string, results iter.Seq2[Result, error]) error {
	in, err := b.openSheet()
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read
	part, err := out.Create(name)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(part, 1<<16)
	s := &splice{Editor: b, out: buffered}
	c := &sheetCopier{in: newScanner(in), out: buffered, left: b.insertions()}
	if err := c.copy(func(x *scanner) error { return s.copyRows(x, results) }); err != nil {
		return err
	}
	if s.formula { // the order of calculation names a cell that has no formula any more; programs find the order anew
		if err := b.parts.forget(target(b.links, "calcChain"), b.main); err != nil {
			return err
		}
	}
	return buffered.Flush()
}

// insertions returns the changes to the sheet besides the rows, in the order of the file.
func (b *Editor) insertions() []insertion {
	s := &b.sheet
	isNew := b.edit.At == nil
	list := []insertion{{"dimension", func(*element) (*element, error) { return nil, nil }}}
	if isNew && b.freeze {
		list = append(list, insertion{"sheetViews", s.freeze})
	}
	if isNew {
		var widths []float64
		for _, c := range b.edit.Columns {
			widths = append(widths, c.Width)
		}
		list = append(list, insertion{"cols", func(*element) (*element, error) { return s.widen(b.at[0], widths), nil }})
	}
	orNew := func(old *element, name string) *element {
		if old == nil {
			old = newElement(s.prefix, name)
		}
		return old
	}
	if b.filter != nil {
		list = append(list, insertion{"autoFilter", func(old *element) (*element, error) {
			e := orNew(old, "autoFilter")
			e.set("ref", b.filter.String())
			return e, nil
		}})
	}
	if isNew { // spreadsheets warn of numbers that are text, as IDs are on purpose
		cells := Area{b.at[0], s.header + 1, b.at[len(b.at)-1], max(s.last, s.header+1)}
		list = append(list, insertion{"ignoredErrors", func(old *element) (*element, error) {
			e := orNew(old, "ignoredErrors")
			e.add("ignoredError", "sqref", cells.String(), "numberStoredAsText", "1")
			return e, nil
		}})
	}
	return append(list, insertion{"legacyDrawing", func(old *element) (*element, error) {
		id, err := b.notes.save()
		if err != nil || old != nil || id == "" {
			return old, err
		}
		return newElement(s.prefix, "legacyDrawing", "xmlns:r", relationSpace, "r:id", id), nil
	}})
}

func (b *Editor) writeStyles() error {
	part := target(b.links, "styles")
	if part == "" {
		if part = "xl/styles.xml"; b.parts.has(part) {
			part = b.parts.free("xl/styles%d.xml")
		}
		if err := b.parts.declare(part, kindPrefix+"spreadsheetml.styles+xml"); err != nil {
			return err
		}
		if _, err := b.parts.relate(b.main, relationSpace+"/styles", part); err != nil {
			return err
		}
	}
	b.parts.write(part, b.styles.document)
	return nil
}
