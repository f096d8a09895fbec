package workbook

import (
	"archive/zip"
	"bufio"
	"bytes"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strconv"
	"strings"
)

// UnfitError says why a workbook can't be written into.
type UnfitError struct{ Why string }

// Error says why.
func (e *UnfitError) Error() string { return "this workbook can't be written into: " + e.Why }

// Edit says what is written into a workbook.
type Edit struct {
	Sheet     string // the name of the sheet
	HeaderRow int    // the number of its headings' row
	Width     int    // how many columns its table has
	Columns   []Column
	At        []int  // where the columns stand already, from 0; nil: they are added
	By        string // the first line of notes on cells
	Property  string // the custom property that marks the workbook
	Summary   string // the name of the sheet that is added, or written anew
}

// Column is one of the columns that are written.
type Column struct {
	Heading string
	Width   float64 // in characters, where it is added
	Wrap    bool
	Toned   bool // its cells have the row's tone
}

// Result is what is written into a row of the sheet.
type Result struct {
	Number int
	Cells  []string // of Edit.Columns
	Tone   Tone
	Marks  []Mark
}

// Mark is a cell that something is wrong with.
type Mark struct {
	Column int // from 0
	Note   string
}

// Line is a line of the sheet that is added.
type Line struct {
	Cells []string
	Bold  bool
	Tone  Tone // of its first cell
}

// Editor is a workbook to be written into. It is not safe for concurrent use.
type Editor struct {
	edit    Edit
	parts   *parts
	main    string // the part that lists the sheets
	sheet   sheet
	at      []int
	styles  *styles
	look    string // the styles' part
	notes   *notes
	index   int    // of the sheet
	summary string // the part of the sheet to be written anew; "" if it is added
	name    string // the summary's
	table   string // the part of the table to be extended; "" if there is none
	filter  *Area  // the filter to be set; nil to leave what is there
	freeze  bool
}

// OpenEditor reads a workbook as far as it must to know that it can be written into.
// If not, the error is an *UnfitError.
func OpenEditor(file io.ReaderAt, size int64, e Edit) (*Editor, error) {
	p, err := openParts(file, size)
	if err != nil {
		return nil, err
	}
	b := &Editor{edit: e, parts: p, at: e.At}
	for _, step := range []func() error{b.findMain, b.findSheet, b.readStyles, b.readSheet, b.place} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	b.notes, err = readNotes(p, b.sheet.part, b.sheet.legacyID, e.By)
	return b, err
}

// findMain finds the part that lists the sheets, if it is one that can be written.
func (b *Editor) findMain() error {
	b.main = "xl/workbook.xml"
	links, err := b.parts.relations("")
	if err != nil {
		return err
	}
	for _, link := range links {
		if strings.HasSuffix(link.kind, "/officeDocument") {
			b.main = link.target
		}
	}
	if err := b.isPlain(); err != nil {
		return err
	}
	content, err := b.parts.read(b.main)
	if err != nil {
		return err
	}
	if content == nil || !bytes.Contains(content, []byte(mainSpace)) {
		return &UnfitError{"it is of a variant of the format that can't be written into"}
	}
	return nil
}

// findSheet finds the sheet's part, and the one to be added if it is there from
// an earlier time.
func (b *Editor) findSheet() error {
	content, err := b.parts.read(b.main)
	if err != nil {
		return err
	}
	links, err := b.parts.relations(b.main)
	if err != nil {
		return err
	}
	marked, err := b.marked()
	if err != nil {
		return err
	}
	target := map[string]string{}
	for _, link := range links {
		target[link.id] = link.target
	}
	names, number := map[string]bool{}, -1
	err = tags(content, func(t token) {
		switch name := string(t.name); {
		case t.kind == end:
		case name == "sheet":
			number++
			id, _ := attribute(t.raw, ":id")
			called, _ := attribute(t.raw, "name")
			switch {
			case called == b.edit.Sheet:
				b.sheet.part, b.index = target[id], number
			case called == b.edit.Summary && marked:
				b.summary = target[id]
			default:
				names[strings.ToLower(called)] = true
			}
		case name == "workbookView":
			b.freeze = true
		}
	})
	b.name = b.edit.Summary
	for n := 2; names[strings.ToLower(b.name)]; n++ {
		b.name = fmt.Sprintf("%s (%d)", b.edit.Summary, n)
	}
	if err == nil && b.sheet.part == "" {
		return &UnfitError{"its sheet is not where it was"}
	}
	return err
}

// isPlain refuses what is no ordinary workbook by what it says it is: one with
// macros, say, under whose name no program would open it.
func (b *Editor) isPlain() error {
	types, err := b.parts.read(contentTypes)
	if err != nil {
		return err
	}
	if types == nil && b.parts.has("mimetype") && b.parts.has("content.xml") {
		return &UnfitError{"it is an OpenDocument (.ods) workbook"}
	}
	if types == nil {
		return &UnfitError{"it is not a workbook of Excel's format"}
	}
	plain := false
	err = tags(types, func(t token) {
		name, _ := attribute(t.raw, "PartName")
		kind, _ := attribute(t.raw, "ContentType")
		extension, _ := attribute(t.raw, "Extension")
		if plainName(name) == plainName(b.main) || name == "" && strings.EqualFold(extension, "xml") {
			plain = plain || kind == mainKind
		}
	})
	if err == nil && !plain {
		return &UnfitError{"it is not an ordinary workbook but one with macros, a template or the like"}
	}
	return err
}

const customProperties = "docProps/custom.xml"

// marked reports whether the workbook was written into before.
func (b *Editor) marked() (bool, error) {
	properties, err := b.parts.read(customProperties)
	return bytes.Contains(properties, []byte(`name="`+b.edit.Property+`"`)), err
}

func (b *Editor) readStyles() error {
	links, err := b.parts.relations(b.main)
	if err != nil {
		return err
	}
	for _, link := range links {
		if strings.HasSuffix(link.kind, "/styles") {
			b.look = link.target
		}
	}
	content := []byte(noStyles)
	if b.look != "" {
		if content, err = b.parts.read(b.look); err != nil {
			return err
		}
	}
	b.styles, err = readStyles(content)
	return err
}

func (b *Editor) readSheet() error {
	in, err := b.openSheet()
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it is only read
	b.sheet.header = b.edit.HeaderRow
	return b.sheet.survey(in, b.edit.Width)
}

func (b *Editor) openSheet() (io.ReadCloser, error) {
	f := b.parts.old[plainName(b.sheet.part)]
	if f == nil {
		return nil, &UnfitError{"its sheet is missing"}
	}
	return f.Open()
}

// place decides where columns that are added stand, and how far the filter goes.
func (b *Editor) place() error {
	if b.at != nil {
		return nil
	}
	first, err := b.beside()
	if err != nil {
		return err
	}
	if first+len(b.edit.Columns) > MaxColumns {
		return &UnfitError{"there is no room for more columns"}
	}
	for i := range b.edit.Columns {
		b.at = append(b.at, first+i)
	}
	whole := Area{0, b.sheet.header, first + len(b.edit.Columns) - 1, b.sheet.last}
	return b.placeFilter(first, whole)
}

// placeFilter has the filter cover our columns: the table's own, the sheet's, or a
// new one. A sheet's filter must not lie over a table, which has one itself, and one
// that covers ours alone would sort them away from their rows.
func (b *Editor) placeFilter(first int, whole Area) error {
	links, err := b.parts.relations(b.sheet.part)
	if err != nil {
		return err
	}
	for _, link := range links {
		if !strings.HasSuffix(link.kind, "/table") {
			continue
		}
		content, err := b.parts.read(link.target)
		if err != nil {
			return err
		}
		covered, extensible := tableArea(content)
		if !covered.overlaps(whole) {
			continue
		}
		if b.table == "" && extensible && covered.Top == whole.Top && covered.Right == first-1 {
			b.table = link.target
			continue
		}
		b.table = ""
		return nil
	}
	if b.table != "" {
		return nil
	}
	switch old := b.sheet.filter; {
	case !b.sheet.children["autoFilter"]:
		b.filter = &whole
	case old.Top == whole.Top && old.Right == first-1:
		old.Right = whole.Right
		b.filter = &old
	}
	return nil
}

var drawn = regexp.MustCompile(`(?s)<(?:\w+:)?from>.*?<(?:\w+:)?col>\s*(\d+)\s*<.*?</(?:\w+:)?from>\s*` +
	`<(?:\w+:)?to>.*?<(?:\w+:)?col>\s*(\d+)\s*<.*?<(?:\w+:)?row>\s*(\d+)\s*<.*?</(?:\w+:)?to>`)

// beside returns where right of the table there is room for our columns: nothing
// from the headings' row on, pictures and charts included.
func (b *Editor) beside() (int, error) {
	links, err := b.parts.relations(b.sheet.part)
	if err != nil {
		return 0, err
	}
	for _, link := range links {
		if link.id != b.sheet.drawingID || link.id == "" {
			continue
		}
		drawing, err := b.parts.read(link.target)
		if err != nil {
			return 0, err
		}
		for _, anchor := range drawn.FindAllSubmatch(drawing, -1) {
			from, _ := strconv.Atoi(string(anchor[1])) // digits, by the expression
			to, _ := strconv.Atoi(string(anchor[2]))   // likewise
			row, _ := strconv.Atoi(string(anchor[3]))  // likewise
			if row+1 >= b.sheet.header {
				b.sheet.take(from, to)
			}
		}
	}
	first := b.edit.Width
	for column := first; column < first+len(b.edit.Columns); column++ {
		if column < len(b.sheet.taken) && b.sheet.taken[column] {
			first = column + 1
		}
	}
	return first, nil
}

// Write writes the workbook with these rows, which come in the sheet's order.
// The lines of the sheet that is added are asked for when the rows have come to
// their end. It may be called once.
func (b *Editor) Write(file io.Writer, rows iter.Seq2[Result, error], lines func() []Line) error {
	out := zip.NewWriter(file)
	name := b.parts.nameOf(b.sheet.part)
	if err := b.writeSheet(out, name, rows); err != nil {
		return err
	}
	for _, step := range []func() error{b.writeTable, b.nameFilter, b.mark, func() error { return b.writeSummary(lines()) }, b.writeStyles} {
		if err := step(); err != nil {
			return err
		}
	}
	if err := b.parts.copyTo(out, name); err != nil {
		return err
	}
	return out.Close()
}

func (b *Editor) writeSheet(out *zip.Writer, name string, rows iter.Seq2[Result, error]) error {
	in, err := b.openSheet()
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it is only read
	part, err := out.Create(name)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(part, 1<<16)
	s := &splice{Editor: b, out: buffered}
	if err := b.sheet.rewrite(buffered, in, b.insertions(), func(x *tagScanner) error { return s.run(x, rows) }); err != nil {
		return err
	}
	if s.formula { // the list of formulas would name a cell that has none any more
		if err := b.forgetOrder(); err != nil {
			return err
		}
	}
	return buffered.Flush()
}

// insertions are the elements of the sheet that are written anew.
func (b *Editor) insertions() []insertion {
	s := &b.sheet
	list := []insertion{{"dimension", func([]byte) ([]byte, error) { return nil, nil }}}
	added := b.edit.At == nil
	if added && b.freeze {
		list = append(list, insertion{"sheetViews", s.freeze})
	}
	if added {
		var widths []float64
		for _, c := range b.edit.Columns {
			widths = append(widths, c.Width)
		}
		list = append(list, insertion{"cols", func([]byte) ([]byte, error) { return s.widen(b.at[0], widths), nil }})
	}
	if b.filter != nil {
		list = append(list, insertion{"autoFilter", func(old []byte) ([]byte, error) {
			if old == nil {
				return []byte("<" + s.prefix + `autoFilter ref="` + b.filter.String() + `"/>`), nil
			}
			tag := tagAt(old)
			return join(setAttribute(tag, "ref", b.filter.String()), "", old[len(tag):]), nil
		}})
	}
	if added { // spreadsheets warn of numbers that are text, which IDs are meant to be
		cells := Area{b.at[0], s.header + 1, b.at[len(b.at)-1], max(s.last, s.header+1)}
		list = append(list, insertion{"ignoredErrors", func(old []byte) ([]byte, error) {
			if old == nil {
				old = []byte("<" + s.prefix + "ignoredErrors></" + s.prefix + "ignoredErrors>")
			}
			return appendChild(old, "ignoredErrors", `<{p}ignoredError sqref="`+cells.String()+`" numberStoredAsText="1"/>`)
		}})
	}
	return append(list, insertion{"legacyDrawing", func(old []byte) ([]byte, error) {
		id, err := b.notes.save(b.parts, s.part, s.legacyID)
		if err != nil || old != nil || id == "" {
			return old, err
		}
		return []byte("<" + s.prefix + `legacyDrawing xmlns:r="` + relationSpace + `" r:id="` + id + `"/>`), nil
	}})
}

// forgetOrder takes out the order of calculation, which programs find anew.
func (b *Editor) forgetOrder() error {
	links, err := b.parts.relations(b.main)
	if err != nil {
		return err
	}
	for _, link := range links {
		if strings.HasSuffix(link.kind, "/calcChain") {
			return b.parts.forget(link.target, b.main)
		}
	}
	return nil
}
