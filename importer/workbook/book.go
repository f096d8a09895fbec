package workbook

import (
	"archive/zip"
	"io"
	"strings"
)

// Kind is what a cell holds.
type Kind uint8

// The kinds of cells. A Date cell reads as an ISO date, a Boolean as TRUE or FALSE, a
// FormulaError as the error shown (#N/A), or as the formula if the workbook holds no
// result.
const (
	Text Kind = iota
	Number
	Date
	Boolean
	FormulaError
)

// Row is a row of a sheet that is not blank. The slices are valid until the next row.
type Row struct {
	Number int // as a spreadsheet counts, from 1
	Hidden bool
	Cells  []string
	Kinds  []Kind // of Cells
	Struck []bool // which cells are struck through, wholly or in part; may be shorter than Cells
}

// Sheet is a sheet of a workbook.
type Sheet struct {
	Name       string
	Hidden     bool
	Merges     []Area // the merged cells, in the order of the file
	Uncomputed int    // how many formulas have no stored result

	part  *zip.File
	table int // the number of the sheet within the part, for a format that keeps all sheets in one
}

// format is a file format of spreadsheets.
type format interface {
	// sheets reads everything but the rows.
	sheets() ([]*Sheet, error)
	// rows reads the rows of a sheet.
	rows(sheet *Sheet, out *rowWriter) error
}

// Book is a workbook that Open has checked from end to end. A Book is not safe for
// concurrent use.
type Book struct {
	Sheets []*Sheet
	ODS    bool // OpenDocument, else XLSX
	format format
}

// Open reads every part of a workbook, and calls visit with every row of every sheet.
// An error is an *Error if the file is to blame.
func Open(file io.ReaderAt, size int64, visit func(*Sheet, *Row)) (*Book, error) {
	a, err := openArchive(file, size)
	if err != nil {
		return nil, err
	}
	b := &Book{}
	main := mainPart(a)
	switch {
	case a.parts[plainName(main)] != nil && !strings.HasSuffix(main, ".bin"):
		b.format = &xlsx{archive: a, main: main}
	case isODS(a):
		b.ODS, b.format = true, &ods{archive: a}
	default:
		e := &Error{Reason: NotWorkbook, Err: errNotXML}
		for _, f := range a.files {
			e.Names = append(e.Names, f.Name)
		}
		return nil, e
	}
	if b.Sheets, err = b.format.sheets(); err != nil {
		return nil, err
	}
	for _, sheet := range b.Sheets {
		out := &rowWriter{sheet: sheet, visit: func(row *Row) bool {
			visit(sheet, row)
			return true
		}}
		if err := b.format.rows(sheet, out); err != nil {
			return nil, err
		}
	}
	return b, a.readRest()
}

// mainPart returns the name of the part that lists the sheets.
func mainPart(a *archive) string {
	links, err := a.relations("")
	if main := target(links, "officeDocument"); err == nil && a.parts[plainName(main)] != nil {
		return main
	}
	return "xl/workbook.xml"
}

// Rows calls visit with every row of a sheet that is not blank, until visit returns
// false.
func (b *Book) Rows(sheet *Sheet, visit func(*Row) bool) error {
	err := b.format.rows(sheet, &rowWriter{sheet: &Sheet{}, visit: visit})
	if err == errStopped { //nolint:errorlint // returned as is
		return nil
	}
	return err
}
