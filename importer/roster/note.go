package roster

import "strings"

// The Note of a row that the workbook hides, and of one that says what the rows
// below it are.
const (
	SkipHidden  = "a hidden row"
	SkipSection = "a section heading, not a person"
)

// Why another row is not a person's.
const (
	noteTotal    = "a total, not a person"
	noteFooter   = "a line of the export itself, not a person"
	noteText     = "a note, not a person"
	noteNumber   = "a number with nobody beside it"
	noteHeadings = "the headings again, not a person"
)

// notes tells rows that are not a person's. It would rather leave one in, which
// validation then finds, than take a person out: a row is noted only for what no
// row of a person can say.
type notes struct {
	headers [][]string // the cells of the header row, and of one above that it is read with
	below   int        // the header row's number
	last    int        // of the rows that cells of the header row are merged down to
	heading func(string) bool
	words   map[string]bool // of the header row, and the commonest headings of names

	above       []byte // the first cell of the row above
	aboveColumn int
	numbers     []bool // columns of a workbook that hold numbers; nil for CSV
}

// of returns why a row is not a person's, or "".
func (n *notes) of(row *Row) string {
	if n.headings(row) {
		return noteHeadings
	}
	first, filled := firstFilled(row.Cells)
	if filled == 0 {
		return ""
	}
	cell := strings.TrimSpace(row.Cells[first])
	subtotal := filled > 1 && n.subtotal(cell, first)
	if !subtotal {
		n.above, n.aboveColumn = append(n.above[:0], cell...), first
	}
	if filled > 3 && strings.IndexByte("tsg", cell[0]|0x20) < 0 && !subtotal { // nearly every row
		return ""
	}
	if subtotal && n.numeric(row, first+1) {
		return noteTotal
	}
	word, rest := cutWord(cell)
	if totalWord(word, rest) && (n.numeric(row, first+1) && (!n.narrow() || filled > 1 || totals(rest)) || countsPeople(rest, row.Cells[first+1:])) {
		return noteTotal
	}
	if filled > 3 {
		return ""
	}
	switch {
	case footer(word, rest):
		return noteFooter
	case filled > 1 && headcount(cell) && n.numeric(row, first+1):
		return noteTotal
	case filled > 1 && strings.HasSuffix(cell, ":") && (labelWord(word) || sectionWord(word)):
		return SkipSection // "Foreman:" and who that is, above a crew
	case filled == 1:
		return n.alone(row, first)
	case row.Kinds == nil && sentence(cell) && goesOn(row.Cells[first+1:]):
		return noteText
	}
	return ""
}

// firstFilled returns where the first cell stands that is not blank, and how many
// there are; it does not count beyond 4.
func firstFilled(cells []string) (first, filled int) {
	for i, c := range cells {
		if blank(c) {
			continue
		}
		if filled == 0 {
			first = i
		}
		if filled++; filled > 3 {
			break
		}
	}
	return first, filled
}

// alone returns why a row of one cell is not a person's, or "".
func (n *notes) alone(row *Row, first int) string {
	cell := strings.TrimSpace(row.Cells[first])
	word, rest := cutWord(cell)
	narrow := n.narrow()
	switch {
	case n.counter(row, first):
		return noteNumber
	case counts(cell), headcount(cell):
		return noteTotal
	case ruled(cell), pages(word, rest), ends(cell):
		return noteFooter
	case sentence(cell), footnote(cell):
		return noteText
	case titled(cell), statusTitle(cell):
		return SkipSection
	case strings.HasSuffix(cell, ":"), sectionWord(word) && (lettered(rest) || rest != "" && !narrow):
		return SkipSection
	case narrow:
		return ""
	case first < len(n.numbers) && n.numbers[first] && row.Kinds != nil && row.Kinds[first] == Text && wordy(cell):
		return SkipSection
	}
	return ""
}

// narrow reports that the roster has so few columns that a name may stand alone.
func (n *notes) narrow() bool { return len(n.headers[0]) < 3 }

// headings reports a row of headings: the header's own again, as at the top of
// every printed page, or those of a second language right below it.
func (n *notes) headings(row *Row) bool {
	if row.Number <= n.last {
		return true
	}
	for _, header := range n.headers {
		if sameCells(row.Cells, header) {
			return true
		}
	}
	return row.Number == n.below+1 && n.allHeadings(row)
}

// nameHeadings are headings with which a table of people begins.
func nameHeadings() []string {
	return []string{
		"Name", "Full Name", "Employee Name", "Employee", "First Name", "Last Name", "First", "Last", "Worker", "Worker Name",
		"Nombre", "Apellido", "Apellidos", "Nom", "Prénom", "Vorname", "Nachname", "Nome", "Sobrenome",
	}
}

// anotherTable reports headings that are not where the header has them: the
// people below are those of another table. Only a row that begins with one of
// the header's own words, or with a heading of names, is looked at closely.
func (n *notes) anotherTable(row *Row) bool {
	for _, c := range row.Cells {
		if !blank(c) {
			return n.words[strings.TrimPrefix(c, byteOrderMark)] && n.allHeadings(row)
		}
	}
	return false
}

// allHeadings reports that a row holds headings and nothing else.
func (n *notes) allHeadings(row *Row) bool {
	if n.heading == nil {
		return false
	}
	filled := 0
	for i, c := range row.Cells {
		if blank(c) {
			continue
		}
		if (row.Kinds != nil && row.Kinds[i] != Text) || !n.heading(oneLine(c)) {
			return false
		}
		filled++
	}
	return filled > 1
}

// sameCells reports whether a row says again what the header says, each cell in
// its own column, in whatever case. It may leave out some, but not all but one.
func sameCells(cells, header []string) bool {
	same, filled := 0, 0
	for i, c := range cells {
		if i == 0 {
			c = strings.TrimPrefix(c, byteOrderMark) // of a file that was copied behind this one
		}
		switch {
		case c == "":
		case i < len(header) && c == header[i]:
			same++
		case blank(c):
		case i >= len(header) || !strings.EqualFold(strings.TrimSpace(c), strings.TrimSpace(header[i])):
			return false
		default:
			same++
		}
	}
	for _, c := range header {
		if !blank(c) {
			filled++
		}
	}
	return same > 1 || same > 0 && same == filled
}

// numeric reports that the cells from a column on hold nothing but numbers.
func (n *notes) numeric(row *Row, from int) bool {
	for i := from; i < len(row.Cells); i++ {
		if c := row.Cells[i]; !blank(c) && (row.Kinds == nil || row.Kinds[i] == Text) && wordy(c) {
			return false
		}
	}
	return true
}

// counter tells the number of a line that nobody has signed.
func (n *notes) counter(row *Row, column int) bool {
	cell := strings.TrimSpace(row.Cells[column])
	if column >= len(n.headers[0]) || len(cell) > 3 || strings.Trim(cell, "0123456789.") != "" {
		return false
	}
	for _, header := range n.headers {
		if column >= len(header) {
			continue
		}
		switch strings.ToLower(strings.Trim(header[column], " .:")) {
		case "#", "no", "n", "nr", "n.º", "nº", "n°", "№", "num", "line", "line #", "item", "row", "s/n", "sno", "s.no", "s. no", "sr", "sr no", "sr. no",
			"sl", "sl no", "sl. no", "pos", "lfd. nr", "lfd nr", "nro", "línea", "zeile", "ligne":
			return true
		}
	}
	return false
}
