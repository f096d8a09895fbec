package roster

import (
	"fmt"
	"io"
	"iter"
	"slices"

	"muster/importer/fault"
	"muster/importer/workbook"
)

// The limits to the width of a roster. Cells far to the right of the headings are left
// out, so that a stray cell in the last column of a sheet does not make every row 16,384
// cells long. A results file needs room for its own columns.
const (
	maxHeadings = 16000
	maxBeside   = 256 // cells without a heading that are read, and blank headings in a row
)

// Options say how to read a roster. With only Heading set, Open finds everything else.
type Options struct {
	Sheet     string // the name of a sheet; "" is the sheet that looks like a roster
	HeaderRow int    // the number of the header row; 0 is the row with the most headings
	Encoding  string // a WHATWG or IANA name; "" is detected
	Delimiter string // "," ";" "\t" "tab" "|" or another character; "" is detected
	Password  string // of a workbook that is protected by one

	// HiddenToo reads hidden rows like other rows. Users filter results files and hide
	// rows in this way.
	HiddenToo bool

	// Heading reports whether a cell is a heading. Without Heading, HeaderRow must say
	// where the headings are.
	Heading func(cell string) bool

	// Names reports whether a heading is a heading of names; nil is for none. A row with
	// such a heading is likelier the header.
	Names func(heading string) bool

	Stdin io.Reader // what the path "-" reads; nil is the standard input
}

// Format is a format of rosters.
type Format string

// The formats that are read.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
	ODS  Format = "ods"
)

// Kind is what a cell of a workbook holds.
type Kind = workbook.Kind

// The kinds of cells, as package workbook describes them.
const (
	Text         = workbook.Text
	Number       = workbook.Number
	Date         = workbook.Date
	Boolean      = workbook.Boolean
	FormulaError = workbook.FormulaError
)

// Row is a row below the header.
type Row struct {
	Number int      // the number that a spreadsheet shows: blank rows count
	Cells  []string // at least as many as headings; valid until the next row

	// Err says why the row could not be read; Cells then holds the cells that
	// could be separated. It is nil for every other row.
	Err *fault.Error

	// SkipReason says why the row is not a person, such as "a total, not a
	// person". It is "" for a person.
	SkipReason string

	Kinds []Kind // the kinds of Cells; nil for CSV

	// Struck says which cells are struck through, wholly or in part. It may be shorter
	// than Cells, and is nil where no cell is struck through.
	Struck []bool
}

// wordy reports whether a cell holds words rather than a number or a date.
func (r *Row) wordy(column int) bool {
	return (r.Kinds == nil || r.Kinds[column] == Text) && wordy(r.Cells[column])
}

// widen gives a row as many cells as there are headings.
func (r *Row) widen(width int) {
	for len(r.Cells) < width {
		r.Cells = append(r.Cells, "")
		if r.Kinds != nil {
			r.Kinds = append(r.Kinds, Text)
		}
	}
}

// table reads the rows of a file from the first with every scan. It hands out every row
// that is not blank, also the header row and the rows above, in a Row that is used again.
type table interface {
	scan(emit func(*Row) bool) error
}

// Reader reads a roster. It is not safe for concurrent use.
type Reader struct {
	source     *source
	table      table
	format     Format
	sheet      string
	header     []string
	headerRow  int
	remarks    []string
	classifier rowClassifier
	book       *book  // nil for CSV
	delimiter  string // "" for a workbook
	estimate   int    // of the number of rows
	hiddenToo  bool
}

// Header returns the headings, trimmed and without line breaks.
func (r *Reader) Header() []string { return slices.Clone(r.header) }

// HeaderRow returns the number of the header row.
func (r *Reader) HeaderRow() int { return r.headerRow }

// Sheet returns the name of the sheet, or "" for CSV.
func (r *Reader) Sheet() string { return r.sheet }

// Format returns the format of the file, by the content and not by the name.
func (r *Reader) Format() Format { return r.format }

// Delimiter returns the delimiter of a CSV file, or "" for a workbook.
func (r *Reader) Delimiter() string { return r.delimiter }

// Estimate returns about how many rows there are. It counts the rows of a workbook, and
// those at the beginning of a CSV file.
func (r *Reader) Estimate() int { return r.estimate }

// Remarks returns sentences on what Open found and a user may not expect. The sentences
// may quote the roster, so they are for the terminal and not for a log.
func (r *Reader) Remarks() []string { return slices.Clone(r.remarks) }

// Cell returns the name of a cell for people: "C17", or "Crew List!C17" in a workbook.
func (r *Reader) Cell(row, column int) string {
	name := workbook.CellName(row, column)
	if r.sheet == "" {
		return name
	}
	return r.sheet + "!" + name
}

// Rows reads the rows below the header, from the first with every call, without blank
// rows. After an error, of type *fault.Error, there are no more rows.
func (r *Reader) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		stopped := false
		r.classifier.above = rowsAbove{}
		var failed error
		err := r.table.scan(func(row *Row) bool {
			if row.Number <= r.headerRow {
				return true
			}
			if failed = r.classify(row); failed != nil {
				return false
			}
			stopped = !yield(*row, nil)
			return !stopped
		})
		if stopped {
			return
		}
		for _, err := range []error{err, failed, r.source.unchanged()} {
			if err != nil {
				yield(Row{}, err)
				return
			}
		}
	}
}

// classify completes a row and sets the SkipReason. It returns an error where another
// table begins.
func (r *Reader) classify(row *Row) error {
	row.widen(len(r.header))
	if r.hiddenToo && row.SkipReason == SkipHidden {
		row.SkipReason = ""
	}
	if row.SkipReason != "" || row.Err != nil {
		return nil
	}
	row.SkipReason = r.classifier.classifyRow(row)
	if row.SkipReason != "" || !r.classifier.startsOtherTable(row) {
		return nil
	}
	e := r.source.fail(CodeAnotherTable, fmt.Sprintf("the headings differ from those of row %d, so another table begins here", r.headerRow),
		"put each table into a separate sheet or file, or give them the same columns", nil)
	e.Where.Sheet, e.Where.Row = r.sheet, row.Number
	return e
}

// Close closes the file and removes temporary files. It may be called again.
func (r *Reader) Close() error {
	return r.source.close()
}
