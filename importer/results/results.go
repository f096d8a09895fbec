// Package results implements results files, which are written whole or not at all.
//
// A results file has the roster's columns, unchanged, and after them six added
// columns: [Columns]. Decisions that the code can't show:
//
//   - CSV is UTF-8 with a byte order mark: without the mark Excel assumes the
//     machine's old code page and breaks every accent. Lines end in LF, which every
//     spreadsheet reads; grep and awk would take a CR for part of the last hint.
//     The delimiter is a comma, or the roster's own by [Options].Delimiter.
//   - A CSV cell that a spreadsheet would run as a formula gets one apostrophe in
//     front, and reading removes exactly one; see formula.go.
//   - In a workbook all cells are text, which no spreadsheet runs, so cells get no
//     apostrophe. A user may open the CSV and save it as a workbook, apostrophes
//     included. So our workbooks carry a custom property that Excel and LibreOffice
//     keep, and reading removes apostrophes only from a workbook without it.
//   - A workbook can't hold control characters or a cell of more than 32,767
//     characters, and CSV no NUL. Such a cell is written as exactly as possible and
//     [Writer.Remarks] says so. JSON Lines hold every cell.
//   - The results of a workbook are that workbook with the six columns added, by
//     package workbook. Rows gather in NAME.part.tmp until the end. A workbook that
//     can't be extended is replaced by a new workbook, and Remarks says why.
//   - A results file, a backup and a .part file replace only another results file
//     or the leftovers of a killed run, never a file of the user.
//   - Cells beyond the header (a row with more cells than headings) follow the six
//     columns, under no heading, and are read back as extra cells. Otherwise no row
//     could be written before the longest row is known. Empty cells at the end of
//     a row are dropped.
//   - In JSON Lines a heading is a key, and keys must be unique and not empty:
//     "column D" replaces an empty heading, "Name (2)" the second "Name".
//   - Text that is not UTF-8 is replaced by U+FFFD in all three formats.
//   - Several problems of a row share three cells, joined by "; ", without repeats.
//     They are read back as one problem with the texts of these cells, so that
//     writing the row again gives the same line.
package results

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"muster/importer/fault"
)

// The added columns, by their places in Columns.
const (
	columnRow = iota
	columnStatus
	columnPerson
	columnCode
	columnError
	columnHint
	columnCount
)

// Columns returns the six headings that a results file adds to the roster's.
func Columns() []string {
	return []string{"import_row", "import_status", "import_person_id", "import_code", "import_error", "import_hint"}
}

// IsResults reports whether a header has all six added columns, in any order and
// among any others.
func IsResults(header []string) bool {
	var seen [columnCount]bool
	for _, heading := range header {
		if i := column(heading); i >= 0 {
			seen[i] = true
		}
	}
	return !slices.Contains(seen[:], false)
}

// column returns the place in Columns of the column that a heading names, or -1.
func column(heading string) int {
	heading = strings.TrimSpace(heading)
	return slices.IndexFunc(Columns(), func(name string) bool { return strings.EqualFold(name, heading) })
}

// rehearsalMark precedes the ID of a person who was created in a rehearsal.
const rehearsalMark = "rehearsal-"

// Options say how a results file is written.
type Options struct {
	Sheet     string // the workbook's sheet; "" or a name that Excel refuses = "Results"
	Delimiter string // CSV: "," ";" "\t" or "|"; "" = tab for .tsv and .txt, else comma
	Rehearsal bool   // mark the IDs, so that a person of the simulator is not taken for a real one
	Rows      int    // the number of rows, if known: Create refuses more than the format can hold

	// Workbook is the path of the workbook that the rows come from. Results that
	// are a workbook become a copy of it with the six columns added. Sheet and
	// HeaderRow locate its table. Retried says that it is a results file.
	Workbook  string
	HeaderRow int
	Retried   bool
	Changed   func(line int) []int // the columns of a line whose cells differ from the workbook's; nil if none do

	about *About
}

// format is a format of results files.
type format struct {
	create    func(file *os.File, header []string, o Options) (encoder, error)
	delimiter string // of CSV, unless Options has another
	sheet     bool   // the rows must fit a sheet
}

// formats returns the formats by the extension of the file's name.
func formats() map[string]format {
	return map[string]format{
		".csv":    {create: newCSV, delimiter: ","},
		".tsv":    {create: newCSV, delimiter: "\t"},
		".txt":    {create: newCSV, delimiter: "\t"},
		".xlsx":   {create: newWorkbook, sheet: true},
		".jsonl":  {create: newJSONL},
		".ndjson": {create: newJSONL},
	}
}

// CheckName returns an error, a *fault.Error, if the name of a file asks for no
// format of results files.
func CheckName(path string) error {
	_, err := formatOf(path)
	return err
}

func formatOf(path string) (format, error) {
	f, found := formats()[strings.ToLower(filepath.Ext(path))]
	if !found {
		return f, fault.InFile(path, CodeFormat, "the name doesn't say in which format you want the results", "end the name in .csv, .xlsx or .jsonl")
	}
	return f, nil
}
