// Package results writes results files whole or not at all, and reads them
// back.
//
// A results file is the roster's own columns, as they were, and then six of
// ours: [Columns]. Decisions that the code can't show:
//
//   - CSV is UTF-8 with a byte order mark, because Excel takes a file without
//     one for the machine's old code page and breaks every accent. Lines end in
//     LF: every spreadsheet reads it, and so do grep and awk, which would see a
//     CR as part of the last hint. A line break inside a cell is LF, too: readers
//     of CSV make LF of CRLF and of CR, so it is written as it will be read. The
//     delimiter is a comma unless [Options].Delimiter names the roster's own, which
//     is what the user's Excel expects.
//   - A CSV cell that a spreadsheet would run gets one apostrophe in front, and
//     reading takes exactly one off again; formula.go has the rule and why no
//     cell can be mistaken.
//   - In a workbook all cells are text, which no spreadsheet runs, so nothing
//     gets an apostrophe there. Because a user may open the CSV and save it as
//     a workbook, apostrophes and all, our own workbooks carry a custom property
//     that Excel and LibreOffice keep; only a workbook without it has its
//     apostrophes taken off.
//   - A workbook can't hold control characters or a cell of more than 32,767
//     characters, and CSV no NUL. Such a cell is written as near as possible and
//     [Writer.Remarks] says so; JSON Lines hold every cell.
//   - Results of a workbook are that very workbook, with our columns in it: package
//     workbook writes them in. It is put together at the end, from rows that
//     gather in NAME.part.tmp. Where it can't be written into, the results are a
//     streamed workbook of their own, and Remarks says why.
//   - What isn't ours is never overwritten. A file that a results file would replace,
//     its backup and its .part included, gives way only if it is a results file
//     itself, or what a killed run left of one.
//   - Cells beyond the header (a row with more cells than headings) stand right
//     of our six columns, under no heading, and come back as extra cells. Only
//     then can a row be written before the longest row is known. Empty cells at
//     the end of them are not kept.
//   - In JSON Lines a heading is a key, and keys must be unique and not empty:
//     "column D" stands for an empty one, "Name (2)" for the second "Name".
//     Read back, they keep these names.
//   - Text that is not UTF-8 is replaced by U+FFFD in all three formats.
//   - Several problems of a row share its three cells, joined by "; ", without
//     repeats. They come back as one problem that holds the cells as they are,
//     so that writing it again gives the same line.
//
// CSV can't keep a spreadsheet from making a number of an ID when the file is
// opened there; a workbook can, and does.
package results

import (
	"path/filepath"
	"slices"
	"strings"

	"muster/importer/fault"
)

// Format is how a results file is written; its name says which.
type Format string

// The three formats.
const (
	CSV   Format = "csv"
	XLSX  Format = "xlsx"
	JSONL Format = "jsonl"
)

// Our columns, by their places in Columns.
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

// IsResults reports whether a header is that of a results file: it has all six
// columns, in any order and among any others.
func IsResults(header []string) bool {
	var seen [columnCount]bool
	for _, heading := range header {
		if i := column(heading); i >= 0 {
			seen[i] = true
		}
	}
	return !slices.Contains(seen[:], false)
}

// column returns which of the six a heading names, -1 for none of them.
func column(heading string) int {
	heading = strings.TrimSpace(heading)
	return slices.IndexFunc(Columns(), func(name string) bool { return strings.EqualFold(name, heading) })
}

// rehearsalMark stands before the ID of a person who was created in a rehearsal.
const rehearsalMark = "rehearsal-"

// Options say how a results file is written.
type Options struct {
	Sheet     string // the workbook's sheet; "" or a name that Excel refuses = "Results"
	Delimiter string // CSV: "," ";" "\t" "|"; any other = tab for .tsv and .txt, else comma
	Rehearsal bool   // nobody was created: the IDs are marked, so that they can't be taken for real ones
	Rows      int    // how many rows will come, if known: refused at once if the format can't hold them

	// Workbook is the workbook that the rows come from, for results that are a
	// workbook, too: it is handed back with our columns in it. Sheet and HeaderRow say
	// where its table is, and Retried that it is a results file itself. If it can't
	// be written into, Remarks says why, and the results are a workbook of their own.
	Workbook  string
	HeaderRow int
	Retried   bool
}

// FormatOf returns the format that a file's name asks for.
func FormatOf(path string) (Format, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv", ".tsv", ".txt":
		return CSV, nil
	case ".xlsx":
		return XLSX, nil
	case ".jsonl", ".ndjson":
		return JSONL, nil
	}
	return "", &fault.Error{
		Where: fault.Where{File: path}, Code: CodeFormat,
		Message: "the name doesn't say in which format the results are wanted",
		Fix:     "end the name in .csv, .xlsx or .jsonl",
	}
}
