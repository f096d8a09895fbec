package roster

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"muster/importer/fault"
)

// headLimit is how far down the header row is looked for.
const headLimit = 50

// headRow is a copy of one of the first rows.
type headRow struct {
	number int
	cells  []string
	kinds  []Kind
	damage *fault.Error
	hidden bool
	joined [][]string // the cells of the two rows that this one was made of
}

func copyRow(row *Row) headRow {
	return headRow{
		number: row.Number, damage: row.Err, hidden: row.SkipReason == SkipHidden,
		cells: slices.Clone(row.Cells), kinds: slices.Clone(row.Kinds),
	}
}

// headRows copies the rows in which the header can be.
func headRows(t table) ([]headRow, error) {
	var rows []headRow
	err := t.scan(func(row *Row) bool {
		if row.Number <= headLimit {
			rows = append(rows, copyRow(row))
		}
		return row.Number < headLimit
	})
	return rows, err
}

// oneLine folds what is more than one line to one.
func oneLine(heading string) string {
	heading = strings.TrimFunc(heading, unseen)
	if !strings.ContainsAny(heading, "\r\n") {
		return heading
	}
	lines := strings.FieldsFunc(heading, func(r rune) bool { return r == '\r' || r == '\n' })
	for i, l := range lines {
		lines[i] = strings.TrimSpace(l)
	}
	return strings.Join(lines, " ")
}

// texts returns the cells that can be headings: on one line, each once.
func (h *headRow) texts() []string {
	var texts []string
	seen := map[string]bool{}
	for i, c := range h.cells {
		if c == "" || (h.kinds != nil && h.kinds[i] != Text) {
			continue
		}
		c = oneLine(c)
		if key := strings.ToLower(c); wordy(c) && !seen[key] {
			seen[key] = true
			texts = append(texts, c)
		}
	}
	return texts
}

// headings counts the different cells that read like headings.
func (h *headRow) headings(heading func(string) bool) int {
	n := 0
	for _, c := range h.texts() {
		if heading(c) {
			n++
		}
	}
	return n
}

// startsWithNameColumn reports whether the first row has different words, is as wide as the table, and
// begins with a heading of whole names: Employee | Fall Protection | CPR. Where the
// rows below begin with headings, people stand beside one another.
func startsWithNameColumn(rows []headRow, widest int, heading func(string) bool) bool {
	if filled := rows[0].filled(); filled < widest || len(rows[0].texts()) < filled {
		return false
	}
	firstCell := func(row headRow) string {
		for _, cell := range row.cells {
			if !blank(cell) {
				return oneLine(cell)
			}
		}
		return ""
	}
	if slices.ContainsFunc(rows[1:], func(row headRow) bool { return heading(firstCell(row)) }) {
		return false
	}
	return isWord("name", firstCell(rows[0]))
}

func (h *headRow) filled() int {
	n := 0
	for _, c := range h.cells {
		if !blank(c) {
			n++
		}
	}
	return n
}

// wordy reports that a cell is neither blank nor a number nor a date.
func wordy(cell string) bool {
	if strings.IndexFunc(cell, unicode.IsLetter) < 0 {
		return cell == "#" || strings.Contains(cell, "№")
	}
	_, err := strconv.ParseFloat(cell, 64)
	return err != nil
}

// bestHeader returns the index of the row that is most likely the header, or
// -1, and how many headings it has.
//
// One heading is enough only where it can't be a word of a letterhead or of a
// person's row: in a list of one column, or as at least half of the file's first
// row, or as the heading of names with which that begins.
func bestHeader(rows []headRow, heading func(string) bool) (index, known int) {
	index = -1
	if heading == nil {
		for i, row := range rows {
			if n := len(row.texts()); n > known && n == row.filled() {
				index, known = i, n
			}
		}
		return index, known
	}
	for i, row := range rows {
		if n := row.headings(heading); n > known {
			index, known = i, n
		}
	}
	if known == 1 {
		filled, widest := rows[index].filled(), 0
		for _, row := range rows[index:] {
			widest = max(widest, row.filled())
		}
		if alone := widest == 1; !alone && (index > 0 || !startsWithNameColumn(rows, widest, heading)) && (index > 0 || filled > 2 || filled < widest || len(rows[index].texts()) < filled) {
			return -1, 0
		}
	}
	return index, known
}

// chooseHeader returns the header among the first rows of the table.
func (r *Reader) chooseHeader(o Options, rows []headRow) (headRow, error) {
	if o.HeaderRow != 0 {
		return r.headerAt(o.HeaderRow, rows)
	}
	i, _ := bestHeader(rows, o.Heading)
	if i < 0 {
		if len(rows) == 0 {
			if r.format != CSV {
				return headRow{}, r.noHeader("the sheet has no rows")
			}
			return headRow{}, r.noHeader(fmt.Sprintf("there is nothing in the first %d rows", headLimit))
		}
		e := r.noHeader(fmt.Sprintf("no row of the first %d reads like headings; row %d is: %s", headLimit, rows[0].number, shorten(rows[0].cells)))
		if r.format == CSV && oneCell(rows) {
			e.Fix = oneCellFix(rows, o.Delimiter == "")
		}
		for _, row := range rows {
			if fix := togetherFix(row, o.Heading, o.Delimiter == ""); fix != "" && r.format == CSV && row.filled() == 1 {
				e.Fix = fix
				break
			}
		}
		return headRow{}, e
	}
	if d := rows[i].damage; d != nil {
		return headRow{}, d
	}
	if o.Heading != nil {
		if h, ok := overTwoRows(rows, i, o.Heading); ok {
			r.remarks = append(r.remarks, fmt.Sprintf("headings over two rows, %d and %d, read together", h.number-1, h.number))
			return h, nil
		}
	}
	return rows[i], nil
}

// headerAt returns the row that the user says is the header.
func (r *Reader) headerAt(number int, rows []headRow) (headRow, error) {
	var found headRow
	pick := func(row headRow) {
		if row.number == number {
			found = row
		}
	}
	for _, row := range rows {
		pick(row)
	}
	if number > headLimit {
		err := r.table.scan(func(row *Row) bool {
			if row.Number == number {
				pick(copyRow(row))
			}
			return row.Number < number
		})
		if err != nil {
			return headRow{}, err
		}
	}
	switch {
	case found.number == 0:
		return headRow{}, r.noHeader(fmt.Sprintf("row %d, which should hold the headings, is blank or not there", number))
	case found.damage != nil:
		return headRow{}, found.damage
	}
	return found, nil
}

func (r *Reader) noHeader(message string) *fault.Error {
	e := r.source.fail(CodeNoHeader, message, "put a row of headings above the people (First Name, Last Name, …), or say which row holds them by --header-row; headings of your own can be named in a mapping file (--mapping)", nil)
	e.Where.Sheet, e.Quotes = r.sheet, true
	if name := r.otherHidden(); name != "" {
		e.Fix += fmt.Sprintf("; if it is the hidden sheet %q that is meant, name it: --sheet %q", name, name)
	}
	return e
}

// otherHidden returns the name of a hidden sheet, or "" where there is none or where
// the sheet that is read is one.
func (r *Reader) otherHidden() string {
	if r.book == nil {
		return ""
	}
	hidden := ""
	for _, sh := range r.book.Sheets {
		switch {
		case sh.Hidden && sh.Name == r.sheet:
			return ""
		case sh.Hidden && hidden == "":
			hidden = sh.Name
		}
	}
	return hidden
}

// oneCell reports that no row has more than one cell that is filled.
func oneCell(rows []headRow) bool {
	return !slices.ContainsFunc(rows, func(row headRow) bool { return row.filled() > 1 })
}

// oneCellFix says what a file without headings lacks that is a list of names, or
// a table with a delimiter that nobody looked for. A header row can't be named:
// there is none in the list.
func oneCellFix(rows []headRow, guessed bool) string {
	const heading = "put a line with a heading above the people, such as Name above a list of nothing but names"
	if !guessed {
		return heading + ", or check --delimiter"
	}
	for _, c := range "^~¦§" {
		if !slices.ContainsFunc(rows, func(row headRow) bool { return !strings.ContainsRune(strings.Join(row.cells, ""), c) }) {
			return fmt.Sprintf("if %c stands between the cells, say so: --delimiter '%c'; otherwise %s", c, c, heading)
		}
	}
	return heading + "; if something else than a comma, semicolon, tab or bar stands between the cells, name it with --delimiter"
}

// togetherFix says what is to be done about a row of headings that is one cell: its
// line is in quotes as a whole, or its columns are aligned by blanks, or it was to be
// divided at something else than what stands there.
func togetherFix(row headRow, heading func(string) bool, guessed bool) string {
	if heading == nil {
		return ""
	}
	text := strings.Join(row.cells, "")
	parted := func(by string) bool {
		n := 0
		for cell := range strings.SplitSeq(text, by) {
			if cell = strings.TrimSpace(cell); cell != "" && heading(cell) {
				n++
			}
		}
		return n > 1
	}
	switch {
	case (parted(",") || parted(";")) && !guessed:
		return "something else stands between the cells than --delimiter says: leave it out to have it found"
	case parted(","), parted(";"):
		return "every line is in quotation marks as a whole: take the outer ones off in a text editor, or export the list again"
	case parted("  "):
		return "the columns are aligned by blanks: open the file in a spreadsheet program (in Excel: Data, From Text, Fixed width) and save it as .xlsx"
	}
	return ""
}

// shorten shows a row as far as a terminal should.
func shorten(cells []string) string {
	const most, runes = 5, 24
	var shown []string
	for _, c := range cells {
		if c = oneLine(c); c == "" {
			continue
		}
		if len(shown) == most {
			shown = append(shown, "…")
			break
		}
		if utf8.RuneCountInString(c) > runes {
			c = string([]rune(c)[:runes]) + "…"
		}
		shown = append(shown, strings.Map(func(r rune) rune {
			if unicode.IsControl(r) {
				return ' '
			}
			return r
		}, c))
	}
	return strings.Join(shown, " | ")
}

// takeHeader settles the header, and makes sure that there is a row below it.
func (r *Reader) takeHeader(h headRow, heading func(string) bool) error {
	if len(h.cells) > maxHeadings {
		e := r.source.fail(CodeTooManyColumns, fmt.Sprintf("there are more than %d headings", maxHeadings), "delete the columns that say nothing about a person; in a CSV file check --delimiter", nil)
		e.Where.Sheet, e.Where.Row = r.sheet, h.number
		return e
	}
	r.headerRow = h.number
	r.header = make([]string, len(h.cells))
	for i, c := range h.cells {
		r.header[i] = oneLine(c)
	}
	r.classifier.headerRow, r.classifier.heading = h.number, heading
	r.classifier.headers = h.joined
	if h.joined == nil {
		r.classifier.headers = [][]string{slices.Clone(connected(h.cells))}
	}
	r.classifier.firstHeading = map[string]bool{}
	for _, words := range [][]string{h.cells, wordSections()["name"], wordSections()["part of a name"]} {
		for _, heading := range words {
			r.classifier.firstHeading[headingKey(heading)] = !blank(heading)
		}
	}
	below := false
	err := r.table.scan(func(row *Row) bool {
		below = row.Number > r.headerRow
		return !below
	})
	if err != nil || below {
		return err
	}
	e := r.source.fail(CodeHeaderOnly, "there are headings but no people below them", "fill in the people below the headings, or check that the list was exported whole", nil)
	e.Where.Sheet, e.Where.Row = r.sheet, h.number
	return e
}
