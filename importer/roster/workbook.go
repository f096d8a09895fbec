package roster

import (
	"errors"

	"muster/importer/workbook"
)

const (
	maxHead    = 64 << 20 // of the rows in which headers can be, of all sheets together
	maxProfile = 256      // columns of which is known whether they hold numbers
)

// survey is what the first reading of a sheet finds out.
type survey struct {
	filled   int // rows that are not blank
	hidden   int // of those, rows that are hidden
	head     []headRow
	farthest string // the name of a cell in the last column
	numbers  []bool // columns that hold numbers, or almost

	last           int // the last column
	counts, others [maxProfile]int
}

// surveyedBook is an open workbook with what is known of its sheets.
type surveyedBook struct {
	*workbook.Book
	surveys map[*workbook.Sheet]*survey
}

// openWorkbook reads every part of a workbook once.
func openWorkbook(s *source) (*surveyedBook, error) {
	b := &surveyedBook{surveys: map[*workbook.Sheet]*survey{}}
	size := 0 // of the first rows of all sheets
	var err error
	b.Book, err = workbook.Open(s.content, s.size, func(sheet *workbook.Sheet, row *workbook.Row) {
		v := b.survey(sheet)
		v.add(row)
		if row.Number <= headLimit && size <= maxHead {
			for _, c := range row.Cells {
				size += len(c) + 24
			}
			v.head = append(v.head, copyRow(newRow(row)))
		}
	})
	if err != nil {
		return nil, s.workbookError(err)
	}
	for _, sheet := range b.Sheets {
		v := b.survey(sheet)
		fill := newFiller(sheet.Merges)
		for i := range v.head {
			row := Row{Number: v.head[i].number, Cells: v.head[i].cells, Kinds: v.head[i].kinds}
			fill.apply(&row, 0)
			v.head[i].cells, v.head[i].kinds = row.Cells, row.Kinds
		}
		v.numbers = make([]bool, maxProfile)
		for i := range v.numbers {
			v.numbers[i] = v.counts[i] >= 3 && v.counts[i] >= 4*v.others[i]
		}
	}
	return b, nil
}

func (b *surveyedBook) survey(sheet *workbook.Sheet) *survey {
	v := b.surveys[sheet]
	if v == nil {
		v = &survey{}
		b.surveys[sheet] = v
	}
	return v
}

// add counts a row.
func (v *survey) add(row *workbook.Row) {
	v.filled++
	if row.Hidden {
		v.hidden++
	}
	filled := 0
	for i, c := range row.Cells {
		if c == "" {
			continue
		}
		filled++
		if v.farthest == "" || i > v.last {
			v.farthest, v.last = CellName(row.Number, i), i
		}
	}
	if filled < 2 {
		return
	}
	for i, kind := range row.Kinds[:min(len(row.Kinds), maxProfile)] {
		switch {
		case row.Cells[i] == "":
		case kind == Number:
			v.counts[i]++
		default:
			v.others[i]++
		}
	}
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
	book   *surveyedBook
	sheet  *workbook.Sheet

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
	err := t.book.Rows(t.sheet, func(in *workbook.Row) bool {
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

// workbookError returns an error of a workbook with what to do about it.
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
	return s.fail(CodeWorkbookDamaged, "the workbook is damaged: "+e.Error(), "get the file again; or open it in Excel, let it be repaired, check that nobody is missing, and save it", nil)
}
