package roster

import (
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"muster/importer/fault"
	"muster/importer/workbook"
)

// How wide a roster is at most. Cells far to the right of the headings have none
// and belong to nobody; they are left out, so that a stray one in the last column
// of a sheet doesn't make every row 16,384 cells long, nor leave a results file
// without room for its own columns.
const (
	maxColumns  = 16384 // of a spreadsheet
	maxHeadings = 16000
	maxBeside   = 256 // cells without a heading that are read, and blank headings in a row
)

// Options say how to read a roster. The zero value finds everything by itself.
type Options struct {
	Sheet     string // the name of a sheet; "" is the sheet that looks like a roster
	HeaderRow int    // the number of the header row; 0 is found by meaning
	Encoding  string // a WHATWG or IANA name; "" is detected
	Delimiter string // "," ";" "\t" "tab" "|" or another character; "" is detected
	Password  string // of a workbook that is protected by one

	// HiddenToo makes hidden rows rows like any other. A results file holds what
	// became of each, and is filtered for a look.
	HiddenToo bool

	// Heading reports whether a cell is a heading. Without Heading, HeaderRow must say
	// where the headings are.
	Heading func(cell string) bool

	Stdin io.Reader // what the path "-" reads; nil is the standard input
}

// Format is a kind of file that a roster can be.
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

// Row is one row below the header.
type Row struct {
	Number int      // as a spreadsheet numbers it
	Cells  []string // at least as many as headings, and valid until the next row

	// Err says why the row could not be read; Cells then holds the cells that
	// could be separated. It is nil for every other row.
	Err *fault.Error

	// SkipReason says why the row is not a person, such as "a total, not a
	// person". It is "" for a person.
	SkipReason string

	Kinds []Kind // what each cell is; nil for CSV

	// Struck says which cells are struck through, wholly or in part. It may be
	// shorter than Cells, and is nil where none is.
	Struck []bool
}

// wordy reports whether a cell holds words rather than a number or a date.
func (r *Row) wordy(column int) bool {
	return (r.Kinds == nil || r.Kinds[column] == Text) && wordy(r.Cells[column])
}

// table is a file of rows, read anew from its first row with every scan. It
// hands out every row that is not blank, the header row and those above it
// included, in one Row that is used again.
type table interface {
	scan(emit func(*Row) bool) error
}

// Reader reads one roster. It is not safe for concurrent use.
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
	estimate   int    // rows, about
	hiddenToo  bool
}

// Header returns the headings, trimmed and on one line each.
func (r *Reader) Header() []string { return slices.Clone(r.header) }

// HeaderRow returns the number of the header row.
func (r *Reader) HeaderRow() int { return r.headerRow }

// Sheet returns the name of the sheet that is read, or "" for CSV.
func (r *Reader) Sheet() string { return r.sheet }

// Format returns what kind of file the roster is, by its content.
func (r *Reader) Format() Format { return r.format }

// Delimiter returns what stands between the cells of a CSV file, or "" for a
// workbook.
func (r *Reader) Delimiter() string { return r.delimiter }

// Estimate returns about how many rows there are, by the beginning of a CSV file
// or by all of a workbook.
func (r *Reader) Estimate() int { return r.estimate }

// Remarks returns sentences that say how the file was read where that was not
// the plain default. They may show words of the roster: they are for the
// user's terminal and not for a log.
func (r *Reader) Remarks() []string { return slices.Clone(r.remarks) }

// Cell names a cell for people: "C17", or "Crew List!C17" in a workbook.
func (r *Reader) Cell(row, column int) string {
	name := workbook.CellName(row, column)
	if r.sheet == "" {
		return name
	}
	return r.sheet + "!" + name
}

// Rows returns the rows below the header, read anew with each call. A row whose
// cells are all blank is no row. After an error, always an *fault.Error, it ends.
func (r *Reader) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		stopped := false
		var padded rowBuffer
		var other error
		err := r.table.scan(func(row *Row) bool {
			if row.Number <= r.headerRow {
				return true
			}
			padded.pad(row, len(r.header))
			if r.hiddenToo && row.SkipReason == SkipHidden {
				row.SkipReason = ""
			}
			if row.SkipReason == "" && row.Err == nil {
				if row.SkipReason = r.classifier.classifyRow(row); row.SkipReason == "" && r.classifier.startsOtherTable(row) {
					other = r.anotherTable(row.Number)
					return false
				}
			}
			stopped = !yield(*row, nil)
			return !stopped
		})
		if stopped {
			return
		}
		if err == nil {
			err = other
		}
		if err == nil {
			err = r.source.unchanged()
		}
		if err != nil {
			yield(Row{}, err)
		}
	}
}

func (r *Reader) anotherTable(row int) *fault.Error {
	e := r.source.fail(CodeAnotherTable, fmt.Sprintf("there are headings other than those of row %d, so another table begins here", r.headerRow),
		"put each table into a sheet or a file of its own, or give them the same columns", nil)
	e.Where.Sheet, e.Where.Row = r.sheet, row
	return e
}

// Sample returns copies of the first n rows that are a person's and whole.
func (r *Reader) Sample(n int) ([][]string, error) {
	var sample [][]string
	if n <= 0 {
		return nil, nil
	}
	for row, err := range r.Rows() {
		if err != nil {
			return sample, err
		}
		if row.Err != nil || row.SkipReason != "" {
			continue
		}
		cells := make([]string, len(row.Cells))
		for i, c := range row.Cells {
			cells[i] = strings.Clone(c)
		}
		if sample = append(sample, cells); len(sample) == n {
			break
		}
	}
	return sample, nil
}

// Close closes the file and removes what was stored on the way. It may be
// called again.
func (r *Reader) Close() error {
	return r.source.close()
}

// rowBuffer gives rows the width of the header without an allocation a row.
type rowBuffer struct {
	cells []string
	kinds []Kind
}

func (b *rowBuffer) pad(row *Row, width int) {
	if len(row.Cells) >= width {
		return
	}
	b.cells = append(b.cells[:0], row.Cells...)
	for len(b.cells) < width {
		b.cells = append(b.cells, "")
	}
	row.Cells = b.cells
	if row.Kinds != nil {
		b.kinds = append(b.kinds[:0], row.Kinds...)
		for len(b.kinds) < width {
			b.kinds = append(b.kinds, Text)
		}
		row.Kinds = b.kinds
	}
}
