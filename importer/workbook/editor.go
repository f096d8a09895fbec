package workbook

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
)

// Editor writes results into a workbook. An Editor is not safe for concurrent use.
type Editor struct {
	edit    Edit
	parts   *parts
	book    bookPart
	sheet   targetSheet
	at      []int // the places of the columns
	styles  *styles
	notes   *notes
	summary summary
	table   string // the part of the table that gets the columns; "" if there is none
	filter  *Area  // the filter to be set; nil to leave the filter of the sheet
}

// bookPart is the part that lists the sheets.
type bookPart struct {
	name  string
	links []relation
	index int // of the sheet among the sheets
}

// OpenEditor reads a workbook as far as is needed to know that the workbook can be
// edited. If not, the error is an *UnfitError.
func OpenEditor(file io.ReaderAt, size int64, e Edit) (*Editor, error) {
	p, err := openParts(file, size)
	if err != nil {
		return nil, err
	}
	ed := &Editor{edit: e, parts: p, at: e.At, book: bookPart{name: mainPart(p.archive)}}
	for _, step := range []func() error{ed.checkKind, ed.findSheet, ed.readStyles, ed.readSheet, ed.place} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	ed.notes, err = readNotes(p, &ed.sheet, e.Author)
	return ed, err
}

// checkKind refuses a workbook that no program would open under the name of an ordinary
// workbook, such as a template.
func (ed *Editor) checkKind() error {
	switch {
	case ed.parts.has(contentTypes):
	case ed.parts.has("mimetype") && ed.parts.has(odsContent):
		return &UnfitError{"it is an OpenDocument (.ods) workbook"}
	default:
		return &UnfitError{"it is not a workbook of Excel's format"}
	}
	types, err := ed.parts.document(contentTypes, "")
	if err != nil {
		return err
	}
	for _, e := range types.root().elements() {
		name := e.attr("PartName")
		if plainName(name) == plainName(ed.book.name) || name == "" && strings.EqualFold(e.attr("Extension"), "xml") {
			if e.attr("ContentType") == mainKind {
				return nil
			}
		}
	}
	return &UnfitError{"it is not an ordinary workbook but one with macros, a template or the like"}
}

// findSheet finds the sheet, and the summary of an earlier writing.
func (ed *Editor) findSheet() error {
	if !ed.parts.has(ed.book.name) {
		return errVariant
	}
	document, err := ed.parts.document(ed.book.name, "")
	if err != nil {
		return err
	}
	root := document.root()
	if !root.isTransitional() {
		return errVariant
	}
	if ed.book.links, err = ed.parts.relations(ed.book.name); err != nil {
		return err
	}
	targets := map[string]string{}
	for _, link := range ed.book.links {
		targets[link.id] = link.target
	}
	names := map[string]bool{}
	for i, e := range root.all("sheet") {
		name, target := e.attr("name"), targets[e.prefixed("id")]
		switch {
		case name == ed.edit.Sheet:
			ed.sheet.part, ed.book.index = target, i
		case ed.isSummary(name, target):
			ed.summary.part = target
		default:
			names[strings.ToLower(name)] = true
		}
	}
	ed.summary.name = ed.edit.Summary
	for n := 2; names[strings.ToLower(ed.summary.name)]; n++ {
		ed.summary.name = fmt.Sprintf("%s (%d)", ed.edit.Summary, n)
	}
	if ed.sheet.part == "" {
		return &UnfitError{"its sheet is not where it was"}
	}
	return nil
}

// isSummary reports whether a sheet is the summary of an earlier writing. Other
// programs keep the title of the sheet, but not the workbook's mark.
func (ed *Editor) isSummary(name, part string) bool {
	f := ed.parts.parts[plainName(part)]
	if f == nil || !strings.HasPrefix(name, ed.edit.Summary) {
		return false
	}
	book := &xlsx{archive: ed.parts.archive, main: ed.book.name}
	_, _ = book.sheets() // for the shared strings; a damaged workbook shows no title
	title, sheet := "", &Sheet{part: f}
	_ = book.rows(sheet, &rowWriter{sheet: sheet, visit: func(row *Row) bool {
		title = row.Cells[0]
		return false
	}})
	return slices.Contains(ed.edit.Titles, title)
}

// isMarked reports whether an earlier writing has marked the workbook.
func (ed *Editor) isMarked() (bool, error) {
	properties, err := ed.parts.content(customProperties)
	return bytes.Contains(properties, []byte(`name="`+ed.edit.Property+`"`)), err
}

func (ed *Editor) readStyles() error {
	document, err := ed.parts.document(target(ed.book.links, "styles"), noStyles)
	if err != nil {
		return err
	}
	ed.styles, err = newStyles(document)
	return err
}

func (ed *Editor) readSheet() error {
	in, err := ed.openSheet()
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read
	ed.sheet.header = ed.edit.HeaderRow
	err = ed.sheet.survey(in, ed.edit.Width)
	if unfit := new(UnfitError); err == nil || errors.As(err, &unfit) {
		return err
	}
	return damaged(ed.sheet.part, err)
}

func (ed *Editor) openSheet() (io.ReadCloser, error) {
	f := ed.parts.parts[plainName(ed.sheet.part)]
	if f == nil {
		return nil, &UnfitError{"its sheet is missing"}
	}
	return f.Open()
}

// Write writes the workbook with the results, which come in the order of the sheet.
// Write asks for the lines of the summary behind the last result. Write may be called
// once.
func (ed *Editor) Write(file io.Writer, results iter.Seq2[Result, error], lines func() []Line) error {
	out := zip.NewWriter(file)
	name := ed.parts.nameOf(ed.sheet.part)
	if err := ed.writeSheet(out, name, results); err != nil {
		return err
	}
	for _, step := range []func() error{ed.writeTable, ed.nameFilter, ed.markProperty, func() error { return ed.writeSummary(lines()) }, ed.writeStyles} {
		if err := step(); err != nil {
			return err
		}
	}
	if err := ed.parts.copyTo(out, name); err != nil {
		return err
	}
	return out.Close()
}

func (ed *Editor) writeSheet(out *zip.Writer, name string, results iter.Seq2[Result, error]) error {
	in, err := ed.openSheet()
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read
	part, err := out.Create(name)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(part, 1<<16)
	s := &splice{Editor: ed, out: buffered}
	c := &sheetCopier{in: newScanner(in), out: buffered, changes: ed.changes()}
	if err := c.copy(func(x *scanner) error { return s.copyRows(x, results) }); err != nil {
		return err
	}
	if s.formula { // the order of calculation names a cell that has no formula any more; programs find the order anew
		if err := ed.parts.forget(target(ed.book.links, "calcChain"), ed.book.name); err != nil {
			return err
		}
	}
	return buffered.Flush()
}

// changes returns the changes to the sheet besides the rows.
func (ed *Editor) changes() map[string]change {
	s := &ed.sheet
	orNew := func(old *element, name string) *element {
		if old == nil {
			old = newElement(s.prefix, name)
		}
		return old
	}
	changes := map[string]change{
		"dimension": func(*element) (*element, error) { return nil, nil },
		"legacyDrawing": func(old *element) (*element, error) {
			id, err := ed.notes.save()
			if err != nil || old != nil || id == "" {
				return old, err
			}
			return newElement(s.prefix, "legacyDrawing", "xmlns:r", relationSpace, "r:id", id), nil
		},
	}
	if ed.filter != nil {
		changes["autoFilter"] = func(old *element) (*element, error) {
			e := orNew(old, "autoFilter")
			e.set("ref", ed.filter.String())
			return e, nil
		}
	}
	if ed.edit.At != nil {
		return changes
	}
	changes["cols"] = func(*element) (*element, error) { return s.widen(ed.at[0], ed.edit.Columns), nil }
	changes["ignoredErrors"] = func(old *element) (*element, error) { // of numbers that are text, as IDs are on purpose
		cells := Area{ed.at[0], s.header + 1, ed.at[len(ed.at)-1], max(s.last, s.header+1)}
		e := orNew(old, "ignoredErrors")
		e.add("ignoredError", "sqref", cells.String(), "numberStoredAsText", "1")
		return e, nil
	}
	return changes
}

func (ed *Editor) writeStyles() error {
	part := target(ed.book.links, "styles")
	if part == "" {
		part = "xl/styles.xml"
		if _, err := ed.parts.add(ed.book.name, "styles", part, "spreadsheetml.styles+xml"); err != nil {
			return err
		}
	}
	ed.parts.write(part, ed.styles.document)
	return nil
}
