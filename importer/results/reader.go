package results

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strconv"
	"strings"

	"muster/importer/fault"
	"muster/importer/outcome"
	"muster/importer/roster"
)

// property is the custom property that marks a workbook as written here.
const property = "muster"

// Row is one line of a results file.
type Row struct {
	Number  int           // the line in the results file, as a spreadsheet numbers it; Outcome.Row is the roster's
	Cells   []string      // the roster's own, in the order of Header, then cells beyond it; valid until the next row
	Kinds   []roster.Kind // of Cells, for a workbook; valid until the next row
	Struck  []bool        // which of Cells are struck through, as a roster's row says it; valid until the next row
	Outcome outcome.Outcome

	// Damage says what of the row could not be read: the line itself or one of
	// our columns. Cells and Outcome then hold what could. A row that has a
	// person but no readable ID of it keeps its status, with PersonID 0.
	Damage *roster.Error
}

// Reader reads one results file. It is not safe for concurrent use.
type Reader struct {
	path    string
	source  source
	format  Format
	header  []string // own columns
	own     []int    // where they stand in the file
	six     [columnCount]int
	width   int
	restore bool // apostrophes of neutralise are to be taken off
}

// source is a file of rows, a roster's or JSON Lines.
type source interface {
	Header() []string
	Rows() iter.Seq2[roster.Row, error]
	Cell(row, column int) string
	Remarks() []string
	Close() error
}

// Open opens a results file for reading: one that Create made, or what a
// spreadsheet made of it. The six columns are found by name wherever they stand.
// The error is a *roster.Error, or an *fault.Error if the file is not a results file.
func Open(path string, o roster.Options) (*Reader, error) {
	start := head(path)
	r := &Reader{path: path, format: JSONL}
	var err error
	if isObject(start) {
		r.source, err = openLines(path)
	} else {
		r.source, err = r.openTable(start, o)
	}
	if err != nil {
		return nil, err
	}
	if err := r.bind(r.source.Header()); err != nil {
		return nil, errors.Join(err, r.source.Close())
	}
	return r, nil
}

// head returns the beginning of a file without its byte order mark, nil if it
// can't be read: what is wrong with it is left to the roster's reader to say.
func head(path string) []byte {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = file.Close() }()
	start := make([]byte, 1<<16)
	n, err := io.ReadFull(file, start)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil // a folder, for one
	}
	return bytes.TrimPrefix(start[:n], []byte("\uFEFF"))
}

// isObject tells JSON Lines from CSV, where a quotation mark would be quoted.
func isObject(start []byte) bool {
	rest, found := bytes.CutPrefix(bytes.TrimLeft(start, " \t\r\n"), []byte("{"))
	rest = bytes.TrimLeft(rest, " \t")
	return found && (bytes.HasPrefix(rest, []byte(`"`)) || bytes.HasPrefix(rest, []byte("}")))
}

func (r *Reader) openTable(start []byte, o roster.Options) (source, error) {
	if o.Delimiter == "" {
		o.Delimiter = spelled(start)
	}
	o.HiddenToo = true
	given := o.Heading
	o.Heading = func(cell string) bool { return column(cell) >= 0 || given != nil && given(cell) }
	table, err := roster.Open(r.path, o)
	var unread *roster.Error
	if errors.As(err, &unread) && unread.Code == roster.CodeNoHeader && o.HeaderRow == 0 {
		return nil, r.notOurs() // not even one of our headings
	}
	if err != nil {
		return nil, err
	}
	r.format, r.restore = CSV, true
	if table.Format() == roster.XLSX {
		r.format, r.restore = XLSX, !marked(r.path)
	}
	return table, nil
}

// spelled returns the delimiter beside one of our headings, "" if there is none
// to be seen: the file tells it more surely than the look of its rows does.
func spelled(start []byte) string {
	before, after, found := bytes.Cut(start, []byte("import_row"))
	if !found {
		return ""
	}
	before, after = bytes.TrimSuffix(before, []byte(`"`)), bytes.TrimPrefix(after, []byte(`"`))
	for _, d := range []string{",", ";", "\t", "|"} {
		if bytes.HasPrefix(after, []byte(d)) || bytes.HasSuffix(before, []byte(d)) {
			return d
		}
	}
	return ""
}

// marked reports whether a workbook was written here, in whatever program it
// was saved since.
func marked(path string) bool {
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

// bind finds the six columns.
func (r *Reader) bind(header []string) error {
	for i := range r.six {
		r.six[i] = -1
	}
	r.width = len(header)
	for i, heading := range header {
		which := column(heading)
		switch {
		case which < 0:
			if r.restore {
				heading = restore(heading)
			}
			r.header, r.own = append(r.header, heading), append(r.own, i)
		case r.six[which] >= 0:
			return &fault.Error{
				Where: fault.Where{File: r.path}, Code: CodeTwice,
				Message: fmt.Sprintf("there are two columns %q", Columns()[which]),
				Fix:     "delete the one that was added",
			}
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
	return &fault.Error{
		Where: fault.Where{File: r.path}, Code: CodeNotOurs,
		Message: "this is not a whole results file: it lacks " + strings.Join(missing, ", "),
		Fix:     "put these columns back with the cells they had",
	}
}

func (r *Reader) notOurs() *fault.Error {
	return &fault.Error{
		Where: fault.Where{File: r.path}, Code: CodeNotOurs,
		Message: "this is not a results file: it has none of the columns import_row, import_status, …",
		Fix:     "give the results file that an import wrote; a roster is for muster import",
	}
}

// Header returns the roster's own headings, without the six columns.
func (r *Reader) Header() []string { return slices.Clone(r.header) }

// Sheet returns the name of the sheet that is read, "" if the file is no
// workbook.
func (r *Reader) Sheet() string {
	if table, ok := r.source.(*roster.Reader); ok {
		return table.Sheet()
	}
	return ""
}

// HeaderRow returns the number of the row that holds the headings, 0 for JSON
// Lines.
func (r *Reader) HeaderRow() int {
	if table, ok := r.source.(*roster.Reader); ok {
		return table.HeaderRow()
	}
	return 0
}

// Remarks returns sentences that say how the file was read where that was not
// the plain default.
func (r *Reader) Remarks() []string { return r.source.Remarks() }

// Cell names the cell of a row in the results file; column counts the roster's
// own, from 0.
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

// Close closes the file. It may be called again.
func (r *Reader) Close() error { return r.source.Close() }

// Rows returns the file's lines, read anew with each call. After an error it
// ends.
func (r *Reader) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		var cells []string
		var kinds []roster.Kind
		var struck []bool
		for line, err := range r.source.Rows() {
			if err != nil {
				yield(Row{}, err)
				return
			}
			row := Row{Number: line.Number, Damage: line.Damage}
			cells, kinds = r.collect(&line, cells[:0], kinds[:0])
			row.Cells = cells
			if line.Kinds != nil {
				row.Kinds = kinds
			}
			if line.Struck != nil {
				struck = struck[:0]
				for _, i := range r.own {
					struck = append(struck, at(line.Struck, i))
				}
				row.Struck = struck
			}
			r.outcome(&line, &row)
			r.surplus(&row)
			if !yield(row, nil) {
				return
			}
		}
	}
}

// collect appends the roster's own cells of a line.
func (r *Reader) collect(line *roster.Row, cells []string, kinds []roster.Kind) ([]string, []roster.Kind) {
	add := func(i int) {
		cell := at(line.Cells, i)
		if r.restore {
			cell = restore(cell)
		}
		cells = append(cells, cell)
		kinds = append(kinds, at(line.Kinds, i))
	}
	for _, i := range r.own {
		add(i)
	}
	last := len(line.Cells)
	for last > r.width && line.Cells[last-1] == "" {
		last--
	}
	for i := r.width; i < last; i++ {
		add(i)
	}
	return cells, kinds
}

func at[T any](list []T, i int) T {
	if i < len(list) {
		return list[i]
	}
	var none T
	return none
}

// outcome reads the six cells of a line, and says which of them can't be read.
func (r *Reader) outcome(line *roster.Row, row *Row) {
	var six [columnCount]string
	for i, where := range r.six {
		six[i] = at(line.Cells, where)
		if r.restore {
			six[i] = restore(six[i])
		}
	}
	o, ok := &row.Outcome, false
	if number, exact := wholeNumber(six[columnRow]); exact && number > 0 && number < 1<<31 {
		o.Row = int(number)
	} else {
		r.damage(row, columnRow, CodeRowUnclear, "import_row has to be the number of a row of the roster",
			"a person who is not in the roster yet belongs in a roster of new people, for muster import; of anybody else put the number back")
	}
	if o.Status, ok = status(six[columnStatus]); !ok {
		r.damage(row, columnStatus, CodeStatusUnclear, "import_status has to be one of the words that an import writes there",
			"put the word back, or write pending to have the row looked at again")
	}
	if text := strings.TrimSpace(six[columnPerson]); text != "" || o.Status.HasPerson() {
		person, exact := wholeNumber(text)
		switch {
		case exact && person > 0:
			o.PersonID = person
		case strings.HasPrefix(text, rehearsalMark):
			r.damage(row, columnPerson, CodeRehearsal, "these are the results of a rehearsal: nobody in them was created",
				"import the roster itself")
		case text == "" && six[columnCode] != CodePersonUnclear: // which a run leaves with no ID
			r.damage(row, columnPerson, CodePersonMissing, "import_status says that there is a person, and import_person_id is empty",
				"put the number back, or write pending in import_status to have the row looked at again")
		default:
			r.damage(row, columnPerson, CodePersonUnclear, "import_person_id has to be the number of a person, with all its digits",
				"put the number back, or take the row from the previous file, whose name ends in .bak")
		}
	}
	if six[columnCode] != "" || six[columnError] != "" || six[columnHint] != "" {
		o.Problems = []outcome.Problem{{Code: six[columnCode], Message: six[columnError], Hint: six[columnHint]}}
	}
}

// surplus notes that a row which was refused for its cells beyond the headings
// still has them: the cells before are not under their own headings either. In
// another row such cells are somebody's notes.
func (r *Reader) surplus(row *Row) {
	if row.Damage != nil || len(row.Outcome.Problems) == 0 || row.Outcome.Problems[0].Code != roster.CodeTooManyCells {
		return
	}
	for i, cell := range row.Cells {
		// JSON Lines name such cells, behind our columns.
		beyond := i >= len(r.own) || r.format == JSONL && r.own[i] > slices.Max(r.six[:])
		if beyond && strings.TrimSpace(cell) != "" {
			row.Damage = &roster.Error{
				File: r.path, Cell: r.Cell(row.Number, i), Row: row.Number, Code: roster.CodeTooManyCells,
				Message: "the row still has cells beyond the headings, so those before may be under the wrong ones",
				Fix:     "move the cells under their headings, and clear those beyond the last one",
			}
			return
		}
	}
}

// damage notes what is wrong with one of our cells, unless the line itself is
// damaged, which explains it.
func (r *Reader) damage(row *Row, which int, code, message, fix string) {
	if row.Damage == nil {
		row.Damage = &roster.Error{
			File: r.path, Cell: roster.CellName(row.Number, r.six[which]), Row: row.Number,
			Code: code, Message: message, Fix: fix,
		}
	}
}

// status reads a status as it may look after a person had the file in hand.
func status(text string) (outcome.Status, bool) {
	s, err := outcome.Parse(strings.ToLower(strings.TrimSpace(text)))
	return s, err == nil
}

// wholeNumber reads digits, also with the zeros behind a point that some
// spreadsheets add. It doesn't read 1.23457E+15, which has lost its digits.
func wholeNumber(text string) (int64, bool) {
	text = strings.TrimSpace(text)
	if digits, zeros, found := strings.Cut(text, "."); found && zeros != "" && strings.Trim(zeros, "0") == "" {
		text = digits
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}
