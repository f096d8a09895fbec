package roster

import (
	"errors"
	"fmt"

	wording "muster/importer/text"
	"muster/importer/workbook"
)

const (
	maxHead    = 64 << 20 // of the rows in which headers can be, of all sheets together
	maxProfile = 256      // columns of which the numbers are counted
)

// sheet is a sheet of a workbook with the findings of the first reading.
type sheet struct {
	*workbook.Sheet
	head     []headRow
	filled   int    // rows that are not blank
	hidden   int    // of those, hidden rows
	last     int    // the last column that holds anything
	farthest string // the name of a cell in the last column
	numbers  [maxProfile]int
	others   [maxProfile]int // cells that hold no number
}

// book is an open workbook with all sheets surveyed.
type book struct {
	*workbook.Book
	sheets []*sheet
}

// openBook reads every part of a workbook once.
func openBook(s *source) (*book, error) {
	found := map[*workbook.Sheet]*sheet{}
	size := 0 // of the first rows of all sheets
	opened, err := workbook.Open(s.content, s.size, func(in *workbook.Sheet, row *workbook.Row) {
		sh := found[in]
		if sh == nil {
			sh = &sheet{Sheet: in}
			found[in] = sh
		}
		sh.count(row)
		if row.Number <= headLimit && size <= maxHead {
			for _, c := range row.Cells {
				size += len(c) + 24
			}
			sh.head = append(sh.head, copyRow(newRow(row)))
		}
	})
	if err != nil {
		return nil, s.workbookError(err)
	}
	b := &book{Book: opened}
	for _, in := range opened.Sheets {
		sh := found[in]
		if sh == nil {
			sh = &sheet{Sheet: in}
		}
		sh.fillHead()
		b.sheets = append(b.sheets, sh)
	}
	return b, nil
}

// count counts a row.
func (sh *sheet) count(row *workbook.Row) {
	sh.filled++
	if row.Hidden {
		sh.hidden++
	}
	filled := 0
	for _, c := range row.Cells {
		if c != "" {
			filled++
		}
	}
	for i, c := range row.Cells {
		if c == "" {
			continue
		}
		if sh.farthest == "" || i > sh.last {
			sh.last, sh.farthest = i, workbook.CellName(row.Number, i)
		}
		switch {
		case filled < 2 || i >= maxProfile:
		case row.Kinds[i] == Number:
			sh.numbers[i]++
		default:
			sh.others[i]++
		}
	}
}

// fillHead writes merged cells into all of the covered rows among the first.
func (sh *sheet) fillHead() {
	fill := newFiller(sh.Merges)
	for i := range sh.head {
		fill.apply(&sh.head[i].Row, 0)
	}
}

// numeric says which columns hold numbers, or almost.
func (sh *sheet) numeric() []bool {
	columns := make([]bool, maxProfile)
	for i := range columns {
		columns[i] = sh.numbers[i] >= 3 && sh.numbers[i] >= 4*sh.others[i]
	}
	return columns
}

// newRow returns a row of a workbook as a row of a roster.
func newRow(row *workbook.Row) *Row {
	r := &Row{Number: row.Number, Cells: row.Cells, Kinds: row.Kinds}
	if len(row.Struck) > 0 {
		r.Struck = row.Struck
	}
	if row.Hidden {
		r.SkipReason = SkipHidden
	}
	return r
}

// sheetTable is a sheet as a table of rows.
type sheetTable struct {
	source *source
	book   *book
	sheet  *sheet

	// Known once the header is.
	headerRow int
	width     int
}

func (t *sheetTable) scan(emit func(*Row) bool) error {
	most := workbook.MaxColumns
	if t.headerRow > 0 {
		most = t.width + maxBeside
	}
	fill := newFiller(t.sheet.Merges)
	err := t.book.Rows(t.sheet.Sheet, func(in *workbook.Row) bool {
		row := newRow(in)
		width := min(len(row.Cells), most)
		for len(row.Cells) > most && width > 0 && row.Cells[width-1] == "" {
			width--
		}
		row.Cells, row.Kinds, row.Struck = row.Cells[:width], row.Kinds[:width], row.Struck[:min(len(row.Struck), width)]
		if blankRow(row.Cells) {
			return true
		}
		fill.apply(row, t.headerRow)
		if row.SkipReason == "" && row.Number > t.headerRow && t.width >= 3 && fill.section(row, t.width) {
			row.SkipReason = SkipSection
		}
		return emit(row)
	})
	return t.source.workbookError(err)
}

// openWorkbook reads a whole workbook, and chooses the sheet and the header.
func (r *Reader) openWorkbook(o Options) error {
	b, err := openBook(r.source)
	if err != nil {
		return err
	}
	r.book, r.format = b, XLSX
	if b.ODS {
		r.format = ODS
	}
	sh, err := r.chooseSheet(o)
	if err != nil {
		return err
	}
	r.sheet = sh.Name
	t := &sheetTable{source: r.source, book: b, sheet: sh}
	r.table = t
	h, err := r.chooseHeader(o, sh.head)
	if err != nil {
		return err
	}
	h.Cells = connected(h.Cells)
	t.headerRow, t.width = h.Number, len(h.Cells)
	r.classifier.numbers = sh.numeric()
	r.remarkOnSheet(sh, h)
	return r.takeHeader(h, o.Heading)
}

func (r *Reader) remark(text string) { r.remarks = append(r.remarks, text) }

// remarkOnSheet says how the sheet was read where a user may expect something else.
func (r *Reader) remarkOnSheet(sh *sheet, header headRow) {
	if n := len(r.book.sheets); n > 1 {
		r.remark(fmt.Sprintf("sheet %q of %d", sh.Name, n))
	}
	r.estimate = sh.filled
	if sh.hidden > 0 && !r.hiddenToo {
		r.remark(wording.Plural(sh.hidden,
			"hidden row is not imported (to import it, show it in the workbook)",
			"hidden rows are not imported (to import them, show them in the workbook)"))
	}
	if n := tallMerges(sh.Merges, header.Number); n > 0 {
		r.remark(wording.Plural(n, "cell is merged over several rows and counts for each row", "cells are merged over several rows and count for each row"))
	}
	if sh.last >= len(header.Cells)+maxBeside {
		r.remark("cells far to the right of the headings are not read, such as " + sh.farthest)
	}
	if sh.Uncomputed > 0 {
		r.remark(wording.Plural(sh.Uncomputed, "formula has", "formulas have") + " no stored result (open the workbook in Excel and save it to have them calculated)")
	}
}

// connected returns the cells of a header up to the last cell that no wide gap cuts off.
func connected(cells []string) []string {
	width := 0
	for i, c := range cells {
		if i >= width+maxBeside && width > 0 {
			break
		}
		if !blank(c) {
			width = i + 1
		}
	}
	return cells[:width]
}

// workbookError returns the error of package workbook with a fix for the user.
func (s *source) workbookError(err error) error {
	var e *workbook.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Reason {
	case workbook.NotWorkbook:
		return s.refuseZip(e.Names)
	case workbook.Protected:
		return s.fail(CodeWorkbookEncrypted, e.Error(), "open it with the password and save it without one, or as an Excel workbook (.xlsx) with one", nil)
	case workbook.TooLarge:
		return s.fail(CodeWorkbookTooLarge, "the workbook is too large: "+e.Error(), "copy the list into a new workbook, or save it as CSV", nil)
	case workbook.Damaged:
	}
	return s.fail(CodeWorkbookDamaged, "the workbook is damaged: "+e.Error(), "get the file again; or open it in Excel, let Excel repair it, check that no person is missing, and save it", nil)
}
