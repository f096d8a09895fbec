package results

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"muster/importer/fault"
	"muster/importer/outcome"
	"muster/importer/roster"
	"muster/importer/workbook"
)

// property is the name of the custom property of a workbook that muster wrote.
const property = "muster"

// Row is a line of a results file.
type Row struct {
	Number  int           // the line in the results file, as a spreadsheet numbers it; Outcome.Row is the row of the roster
	Cells   []string      // the roster's, in the order of Header, then cells beyond; valid until the next row
	Kinds   []roster.Kind // of Cells, for a workbook; valid until the next row
	Struck  []bool        // which of Cells are struck through, as a roster's row says it; valid until the next row
	Outcome outcome.Outcome

	// Err says what could not be read: the line or a cell of the six columns.
	// Cells and Outcome hold the rest. A row with a person whose ID can't be read
	// keeps its status, with PersonID 0.
	Err *fault.Error
}

// Reader reads a results file. It is not safe for concurrent use.
type Reader struct {
	source
	path    string
	header  []string         // the roster's headings
	own     []int            // the columns of the file that have them
	six     [columnCount]int // the columns of the file that have the added headings
	width   int              // columns with a heading
	escaped bool             // cells are escaped by escapeFormula
}

// source is a file of rows: a table or JSON Lines.
type source interface {
	Header() []string
	HeaderRow() int // 0 for JSON Lines
	Sheet() string  // "" if the file is not a workbook
	Rows() iter.Seq2[roster.Row, error]
	Cell(row, column int) string
	Remarks() []string // sentences about how the file was read, if that was unusual
	Close() error      // may be called again
}

// Open opens a results file that Create wrote and a spreadsheet may have saved
// again. The six columns are found by name, in any order. The error is a
// *fault.Error.
func Open(path string, o roster.Options) (*Reader, error) {
	start := readHead(path)
	r := &Reader{path: path}
	var err error
	if isObject(start) {
		r.source, err = openJSONL(path)
	} else {
		r.source, err = r.openTable(start, o)
	}
	if err != nil {
		return nil, err
	}
	if err := r.bind(r.source.Header()); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// readHead returns the first 64 KiB of a file without the byte order mark, or nil
// if the file can't be read. The roster's reader then reports why.
func readHead(path string) []byte {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = file.Close() }()
	start, err := io.ReadAll(io.LimitReader(file, 1<<16))
	if err != nil {
		return nil // a folder, for one
	}
	return bytes.TrimPrefix(start, []byte("\uFEFF"))
}

// isObject reports whether a file begins with a JSON object. In CSV the quotation
// mark after the brace would be quoted.
func isObject(start []byte) bool { return regexp.MustCompile(`^\s*\{[ \t]*["}]`).Match(start) }

func (r *Reader) openTable(start []byte, o roster.Options) (source, error) {
	o.Delimiter = cmp.Or(o.Delimiter, findDelimiter(start))
	o.HiddenToo = true
	given := o.Heading
	o.Heading = func(cell string) bool { return column(cell) >= 0 || given != nil && given(cell) }
	table, err := roster.Open(r.path, o)
	if unread, ok := errors.AsType[*fault.Error](err); ok && unread.Code == roster.CodeNoHeader && o.HeaderRow == 0 {
		return nil, r.notOurs() // not even one of the six headings
	}
	if err != nil {
		return nil, err
	}
	r.escaped = table.Format() != roster.XLSX || !hasProperty(r.path)
	return table, nil
}

// findDelimiter returns the delimiter beside the heading import_row, or "". That is
// a surer sign than the rows, whose texts may hold other delimiters.
func findDelimiter(start []byte) string {
	beside := regexp.MustCompile(`([,;\t|])"?import_row|import_row"?([,;\t|])`).FindSubmatch(start)
	if beside == nil {
		return ""
	}
	return string(beside[1]) + string(beside[2])
}

// hasProperty reports whether muster wrote a workbook. Other programs keep the
// property when they save the workbook.
func hasProperty(path string) bool {
	book, err := zip.OpenReader(path)
	if err != nil {
		return false
	}
	defer func() { _ = book.Close() }()
	part, err := book.Open("docProps/custom.xml")
	if err != nil {
		return false
	}
	defer func() { _ = part.Close() }()
	text, err := io.ReadAll(io.LimitReader(part, 1<<20))
	return err == nil && bytes.Contains(text, []byte(`name="`+property+`"`))
}

// bind finds the six columns in the header.
func (r *Reader) bind(header []string) error {
	for i := range r.six {
		r.six[i] = -1
	}
	r.width = len(header)
	for i, heading := range header {
		which := column(heading)
		switch {
		case which < 0:
			heading = r.unescape(heading)
			r.header, r.own = append(r.header, heading), append(r.own, i)
		case r.six[which] >= 0:
			return fault.InFile(r.path, CodeTwice, fmt.Sprintf("there are two columns %q", Columns()[which]), "delete the column that was added")
		default:
			r.six[which] = i
		}
	}
	var missing []string
	for i, name := range Columns() {
		if r.six[i] < 0 {
			missing = append(missing, name)
		}
	}
	switch len(missing) {
	case 0:
		return nil
	case columnCount:
		return r.notOurs()
	}
	return fault.InFile(r.path, CodeNotOurs, "this is not a whole results file: it lacks "+strings.Join(missing, ", "),
		"put these columns back with the cells they had")
}

func (r *Reader) notOurs() *fault.Error {
	return fault.InFile(r.path, CodeNotOurs, "this is not a results file: it has none of the columns import_row, import_status, …",
		"give the results file that an import wrote; to import a roster, use muster import")
}

// Header returns the roster's headings, without the six columns.
func (r *Reader) Header() []string { return slices.Clone(r.header) }

// Cell names the cell of a row in the results file. Column 0 is the roster's first.
func (r *Reader) Cell(number, column int) string {
	switch {
	case column < 0:
		column = 0
	case column < len(r.own):
		column = r.own[column]
	default:
		column = r.width + column - len(r.own)
	}
	return r.source.Cell(number, column)
}

// Rows reads the file from the start. It ends after an error.
func (r *Reader) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		var columns []int
		var row Row
		for line, err := range r.source.Rows() {
			if err != nil {
				yield(Row{}, err)
				return
			}
			columns = append(columns[:0], r.own...)
			used := len(trimEmpty(line.Cells, r.width))
			for i := r.width; i < used; i++ {
				columns = append(columns, i)
			}
			row = Row{
				Number: line.Number, Err: line.Err, Cells: pick(row.Cells, line.Cells, columns),
				Kinds: pick(row.Kinds, line.Kinds, columns), Struck: pick(row.Struck, line.Struck, columns),
			}
			for i, cell := range row.Cells {
				row.Cells[i] = r.unescape(cell)
			}
			r.outcome(&line, &row)
			r.checkExtraCells(&row)
			if !yield(row, nil) {
				return
			}
		}
	}
}

// pick returns the items of list in the given columns, in the memory of old. A nil
// list stays nil.
func pick[T any](old, list []T, columns []int) []T {
	if list == nil {
		return nil
	}
	picked := old[:0]
	for _, i := range columns {
		picked = append(picked, itemAt(list, i))
	}
	return picked
}

func (r *Reader) unescape(cell string) string {
	if r.escaped {
		return unescapeFormula(cell)
	}
	return cell
}

// itemAt returns list[i], or the zero value if the list is shorter.
func itemAt[T any](list []T, i int) T {
	if i < len(list) {
		return list[i]
	}
	var zero T
	return zero
}

// outcome reads the six cells of a line into row.
func (r *Reader) outcome(line *roster.Row, row *Row) {
	var six [columnCount]string
	for i, where := range r.six {
		six[i] = r.unescape(itemAt(line.Cells, where))
	}
	o := &row.Outcome
	if number, exact := wholeNumber(six[columnRow]); exact && number > 0 && number < 1<<31 {
		o.Row = int(number)
	} else {
		r.refuse(row, columnRow, CodeRowUnclear, "import_row must be the number of a row of the roster",
			"put the number back; to import a new person, make a new roster and use muster import")
	}
	var err error
	if o.Status, err = outcome.Parse(strings.ToLower(strings.TrimSpace(six[columnStatus]))); err != nil {
		r.refuse(row, columnStatus, CodeStatusUnclear, "import_status must be a word that an import writes there",
			"put the word back, or write pending to import the row again")
	}
	if text := strings.TrimSpace(six[columnPerson]); text != "" || o.Status.HasPerson() {
		person, exact := wholeNumber(text)
		switch {
		case exact && person > 0:
			o.PersonID = person
		case strings.HasPrefix(text, rehearsalMark):
			r.refuse(row, columnPerson, CodeRehearsal, "these are the results of a rehearsal, which created no person",
				"import the roster itself")
		case text == "":
			r.refuse(row, columnPerson, CodePersonMissing, "import_status says that there is a person, and import_person_id is empty",
				"put the number back, or write pending in import_status to import the row again")
		default:
			r.refuse(row, columnPerson, CodePersonUnclear, "import_person_id must be the number of a person, with all digits",
				"put the number back, or take the row from the previous file, whose name ends in .bak")
		}
	}
	if six[columnCode] != "" || six[columnError] != "" || six[columnHint] != "" {
		o.Problems = []outcome.Problem{{Code: six[columnCode], Message: six[columnError], Hint: six[columnHint]}}
	}
}

// checkExtraCells refuses a row that was invalid because of cells beyond the
// headings and still has such cells: other cells may be under wrong headings. In
// any other row such cells are a user's notes.
func (r *Reader) checkExtraCells(row *Row) {
	if row.Err != nil || len(row.Outcome.Problems) == 0 || row.Outcome.Problems[0].Code != roster.CodeTooManyCells {
		return
	}
	for i, cell := range row.Cells {
		// in JSON Lines such cells have keys, after the six
		beyond := i >= len(r.own) || r.HeaderRow() == 0 && r.own[i] > slices.Max(r.six[:])
		if beyond && strings.TrimSpace(cell) != "" {
			row.Err = &fault.Error{
				Where: fault.Where{File: r.path, Cell: r.Cell(row.Number, i), Row: row.Number}, Code: roster.CodeTooManyCells,
				Message: "the row still has cells beyond the headings, so other cells may be under wrong headings",
				Fix:     "move the cells under their headings, and clear those beyond the last one",
			}
			return
		}
	}
}

// refuse sets the row's Err, about a cell of the six columns, unless the row has an
// Err already.
func (r *Reader) refuse(row *Row, which int, code, message, fix string) {
	if row.Err == nil {
		row.Err = &fault.Error{
			Where: fault.Where{File: r.path, Cell: workbook.CellName(row.Number, r.six[which]), Row: row.Number},
			Code:  code, Message: message, Fix: fix,
		}
	}
}

// wholeNumber reads digits, also with a point and zeros, which some spreadsheets
// add. It refuses 1.23457E+15, which has lost digits.
func wholeNumber(text string) (int64, bool) {
	text = strings.TrimSpace(text)
	if digits, zeros, found := strings.Cut(text, "."); found && zeros != "" && strings.Trim(zeros, "0") == "" {
		text = digits
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}
