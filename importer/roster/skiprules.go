package roster

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// The SkipReason of a row that the workbook hides, and of a title above other rows.
const (
	SkipHidden  = "a hidden row"
	SkipSection = "a section heading, not a person"
)

const (
	skipTotal    = "a total, not a person"
	skipExport   = "a line of the export itself, not a person"
	skipNote     = "a note, not a person"
	skipNumber   = "a line number without a person"
	skipColumns  = "the numbers or units of the columns, not a person"
	skipHeadings = "the headings again, not a person"
)

// rule recognizes a kind of row that is not a person.
type rule struct {
	reason string
	cells  int  // the most filled cells that such a row has
	wide   bool // only in rosters of three columns and more, where no name is alone in a row

	// form describes the text of the line, see compileForm. A rule that no form can
	// express has a function instead.
	form    string
	pattern *regexp.Regexp // the compiled form
	words   wordTables     // the tables that the form names; a line without a word of them does not match
	applies func(*rowClassifier, *line) bool
}

const anyCells = 1 << 20

// skipRules lists the rules by what they recognize. A rule must name the files that
// need it, and must not apply to anything that a row of a person can say: validation
// finds a row too many, but a skipped person is lost.
var skipRules = sync.OnceValue(func() []rule {
	rules := []rule{
		// Timesheets and payroll reports: "Total: 3", "Totals | | 78", "Total Workers | Foremen 3".
		{reason: skipTotal, cells: anyCells, form: `{total}([^\pL|-][^|]*)?\| 9( \| 9)*$`},
		{reason: skipTotal, cells: anyCells, form: `[^\pL|]*{total}[ *:=-]+(\| )?([0-9]+ )?{counted}`},
		{reason: skipTotal, cells: anyCells, form: `{sum} (of|de|des|der) {counted}( \| 9)+$`},
		{reason: skipTotal, cells: 1, form: `{total}([^\pL-].*)?[:=0-9]`},
		{reason: skipTotal, cells: 1, wide: true, form: `{total}( [^,]*)?$`},
		{reason: skipTotal, cells: anyCells, form: `([^\pL|]*\| (9 \| )*)?({total}|{sum})( :)?( \| 9)+$`},
		{reason: skipTotal, cells: anyCells, form: `[^\pL|]*\| (9 \| )*{total}( :)?$`},
		// Exports of time clocks: "# | Totals", "# | 12 | 96", or sums alone.
		{reason: skipTotal, cells: anyCells, form: `# \| 9( \| 9)*$`},
		{reason: skipTotal, cells: anyCells, applies: (*rowClassifier).sums},
		// Reports of databases: "25 records", "Employees: 25", "Number of employees | 25".
		{reason: skipTotal, cells: 1, form: `[^\pL]*[0-9] {counted}[^\pL]*$`},
		{reason: skipTotal, cells: 1, form: `([^ ]+ )?{counted}( [^ ]+)? : [0-9.,]+$`},
		{reason: skipTotal, cells: anyCells, form: `({headcount}|{number of} {counted})( :)?( [0-9.,]+)?( \| 9)*$`},
		// Subtotals of spreadsheet programs and of departments: "Electrical Count | 1", "Dept 100 Total | 40".
		{reason: skipTotal, cells: anyCells, form: `([^|]* \| (9 \| )*)?{group} ([^|]* )?{summary}( {counted})?( :)?( \| 9)+$`},
		{reason: skipTotal, cells: anyCells, applies: (*rowClassifier).subtotal},

		// Reports of HR and payroll systems: "Exported by J. Smith", "Run Date: 11/23/2026", "Note: …", "© 2026".
		{reason: skipExport, cells: 3, form: `{made} ({made by}|:)`},
		{reason: skipExport, cells: 3, form: `last {changed} .*[:0-9]`},
		{reason: skipExport, cells: 3, form: `{report} ({report detail} .*[:0-9]|:)`},
		{reason: skipExport, cells: 3, form: `{remark} :|{confidential} [-–—:]`},
		{reason: skipExport, cells: 3, form: `filtered by|copyright .*[©0-9]|©|\(c\) 2`},
		// Printed lists: "Page 1 of 2", "Friday, Nov 27, 2026 09:15 AM", "*** end of report ***", "----------", "Signature: ________".
		{reason: skipExport, cells: 1, form: `{page}[ .:#]*[0-9]`},
		{reason: skipExport, cells: 1, form: `.*\b(19|20)[0-9]{2}\b.* [0-9]+ : [0-9]+`},
		{reason: skipExport, cells: 1, form: `[^\pL]*{end of} (.* )?{document}[^\pL]*$`},
		{reason: skipExport, cells: 1, form: `.*____|[^\pL\pN\x00]{3,}$|[-*=#~_<>–—]{2,}.*[-*=#~_<>–—]{2,}$`},

		// Lists with remarks below: "* on leave", "Notes:" and lines below it, "D - day shift", "Cy starts on Monday",
		// or the latter split at its commas.
		{reason: skipNote, cells: 1, applies: (*rowClassifier).footnote},
		{reason: skipNote, cells: 1, wide: true, form: `{legend}$`},
		{reason: skipNote, cells: 1, wide: true, applies: func(c *rowClassifier, l *line) bool { return c.above.legend && !mayBeName(l.first) }},
		{reason: skipNote, cells: 1, wide: true, applies: func(c *rowClassifier, _ *line) bool { return c.above.notes }},
		{reason: skipNote, cells: 1, wide: true, form: `\pL ?[-–—=] .+|[^ ]{1,5} = .+`},
		{reason: skipNote, cells: 3, applies: (*rowClassifier).sentence},

		// Lists by crew, with or without the foreman beside the title: "Crew A", "Foreman: | Jim Doe", "Week 47".
		{reason: SkipSection, cells: 3, form: `({label}|{section})\b[^|]*: \|`},
		{reason: SkipSection, cells: 1, form: `.+ :$`},
		{reason: SkipSection, cells: 1, form: `{section}[ #:.-]+([0-9]+|[^ ])( .*)?$`},
		{reason: SkipSection, cells: 1, wide: true, form: `{section} .+`},
		{reason: SkipSection, cells: 1, form: `{numbered} [^ ]*[0-9]`},
		{reason: SkipSection, cells: 1, form: `.*[ (/-]{unit}[.:)]*$|{attribute} (.* )?{staff}[.:)]*$`},
		{reason: SkipSection, cells: 1, wide: true, applies: (*rowClassifier).textAmongNumbers},
		// Lists of several companies, and of people who have left: "Bayline Mechanical, Inc.", "TERMINATED".
		{reason: SkipSection, cells: 1, form: `.*[ ,]{company}[.:]*$`},
		{reason: SkipSection, cells: 1, form: `[^\pL]*{status}[^\pL]*$`},

		// Sign-in sheets: a line number that no person has signed beside.
		{reason: skipNumber, cells: 1, applies: (*rowClassifier).lineNumber},
	}
	for i, r := range rules {
		if r.form != "" {
			rules[i].pattern, rules[i].words = compileForm(r.form)
		}
	}
	return rules
})

// line is a row with the facts that the rules need.
type line struct {
	row     *Row
	first   string // the first filled cell, trimmed
	column  int    // of the first filled cell
	cells   int    // filled cells
	numbers bool   // whether all cells behind the first are numbers

	// text is the filled cells in small letters, with " | " between cells, 9 for each
	// cell of a number behind the first, and blanks around every colon.
	text  string
	words wordTables // that hold a word of the text
}

// read makes l the line of a row, and returns false for a row with more words than any
// line has that is not a person.
func (l *line) read(row *Row) bool {
	const most = 3 // cells with words
	*l = line{row: row, numbers: true}
	words := 0
	for i, c := range row.Cells {
		if blank(c) {
			continue
		}
		if l.cells++; l.cells == 1 {
			l.first, l.column = strings.TrimSpace(c), i
		}
		if l.cells == 1 || row.wordy(i) {
			words++
		}
	}
	if words > most {
		return false
	}
	var text strings.Builder
	for i, c := range row.Cells {
		switch first := i == l.column; {
		case blank(c):
		case !first && !row.wordy(i):
			text.WriteString(" | 9")
		case first:
			text.WriteString(normal(c))
		default:
			l.numbers = false
			text.WriteString(" | " + normal(c))
		}
	}
	l.text = text.String()
	l.words = tablesOf(l.text)
	return l.cells > 0
}

// normal returns a cell in small letters, with single blanks and with blanks around
// every colon.
func normal(cell string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(strings.ToLower(cell), ":", " : ")), " ")
}

// rowClassifier finds the rows of a roster that are not people.
type rowClassifier struct {
	headers      [][]string        // the cells of the header row, and of a second row of the header
	headerRow    int               // the number of the header row
	heading      func(string) bool // Options.Heading
	firstHeading map[string]bool   // the headings that a table begins with, in small letters
	numbers      []bool            // the columns of a workbook that hold numbers; nil for CSV

	above rowsAbove
	line  line // of the current row
}

// rowsAbove is what a classifier remembers of the rows above the current row.
type rowsAbove struct {
	first  string // the first cell of the row above
	column int
	people int    // rows that may be people
	small  int    // of those, rows that begin with a small letter
	notes  bool   // a line such as "Notes:" begins remarks of a cell each
	legend bool   // a line such as "Notes", without a colon, is above lines of a cell each
	title  string // the last line of one cell, perhaps the title of the people below it
}

// add remembers a row of a reason.
func (a *rowsAbove) add(l *line, reason string) {
	if reason != skipTotal {
		a.first, a.column = l.first, l.column
	}
	a.notes = l.cells == 1 && (a.notes || reason == skipExport && strings.HasSuffix(l.text, " :"))
	a.legend = l.cells == 1 && (a.legend || isWord("legend", l.text))
	if l.cells == 1 {
		a.title = l.first
	}
	if reason == "" {
		a.people++
		if startsSmall(strings.TrimLeft(l.first, footMarks)) {
			a.small++
		}
	}
}

// startsSmall reports whether a text begins with a small letter.
func startsSmall(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	return unicode.IsLower(first)
}

// classifyRow returns why a row is not a person, or "" for a person. Rows must come
// in the order of the roster.
func (c *rowClassifier) classifyRow(row *Row) string {
	if c.repeatsHeader(row) {
		return skipHeadings
	}
	if describesColumns(row.Cells, row.Number <= c.headerRow+len(c.headers)) {
		return skipColumns
	}
	l, reason := &c.line, ""
	if l.read(row) {
		reason = c.firstRule(l).reason
	}
	c.above.add(l, reason)
	return reason
}

// describesColumns reports whether a row says something about the columns, as rows below
// the headings of a form do: 1 | 2 | 3, or units in brackets such as (h) | ($/h), which are
// right below the header.
func describesColumns(cells []string, below bool) bool {
	const few = 3 // for numbers without brackets
	count, numbered, bracketed := 0, true, below
	for _, cell := range cells {
		if blank(cell) {
			continue
		}
		count++
		text := strings.Trim(cell, " .")
		inside := strings.TrimSuffix(strings.TrimPrefix(text, "("), ")")
		numbered = numbered && inside == strconv.Itoa(count)
		bracketed = bracketed && len(inside) == len(text)-2
		if !numbered && !bracketed { // as in most rows
			return false
		}
	}
	return count >= few && numbered || count > 1 && bracketed
}

// firstRule returns the first rule that applies to a line, or the zero rule.
func (c *rowClassifier) firstRule(l *line) rule {
	for _, r := range skipRules() {
		switch {
		case l.cells > r.cells, r.wide && c.narrow(), r.words != 0 && r.words&l.words == 0:
		case r.pattern != nil && r.pattern.MatchString(l.text), r.applies != nil && r.applies(c, l):
			return r
		}
	}
	return rule{}
}

// narrow reports whether the roster has so few columns that a name may be alone in a
// row.
func (c *rowClassifier) narrow() bool { return len(c.headers[0]) < 3 }

// subtotal reports whether a row sums up the rows above: "Electrical Total" below rows
// with "Electrical" in the same column, or below a line with "Electrical" alone.
// Elsewhere "Ann Total" may be a person.
func (c *rowClassifier) subtotal(l *line) bool {
	isSum := func(group string) bool {
		rest, found := strings.CutPrefix(l.first, group)
		return found && group != "" && isWord("summary", strings.TrimSpace(rest))
	}
	return l.cells > 1 && l.numbers && (isSum(c.above.title) || l.column == c.above.column && isSum(c.above.first))
}

// sums reports whether a row holds amounts alone, in columns that say nothing about a
// person: no name, no ID, no title. A phone number is no amount.
func (c *rowClassifier) sums(l *line) bool {
	if !l.numbers || l.cells == 1 && l.column == 0 {
		return false
	}
	for i, cell := range l.row.Cells {
		cell = strings.TrimSpace(cell)
		switch {
		case blank(cell):
		case !amount().MatchString(cell), c.aboutPeople(i), i == 0 && !c.isLineNumber(0, cell):
			return false
		}
	}
	return true
}

// amount matches a sum of hours or of money.
var amount = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[-(+]*\p{Sc}? ?\d{1,3}(?:[,.'’ \x{a0}\x{202f}]?\d{3})*(?:[,.]\d+)?\)?|\d+:\d\d(?::\d\d)?) ?(?:\p{Sc}|%|(?i:` +
		strings.Join(wordSections()["measure"], "|") + `))?$`)
})

// aboutPeople reports whether the heading of a column is known, and is not of hours, pay or
// the like.
func (c *rowClassifier) aboutPeople(column int) bool {
	return slices.ContainsFunc(c.headers, func(header []string) bool {
		if column >= len(header) || !c.heading(oneLine(header[column])) {
			return false
		}
		words := strings.FieldsFunc(header[column], func(r rune) bool { return !unicode.IsLetter(r) })
		return !slices.ContainsFunc(words, func(word string) bool { return isWord("amount", word) })
	})
}

// mayBeName reports whether a line is two to four words that begin with capitals.
func mayBeName(text string) bool {
	words := strings.Fields(text)
	return len(words) > 1 && len(words) < 5 && !slices.ContainsFunc(words, func(word string) bool {
		first, _ := utf8.DecodeRuneInString(word)
		return !unicode.IsUpper(first)
	})
}

// footMarks are what a footnote begins with.
const footMarks = "*†‡¹²³ "

// footnote reports whether a line is a star and a remark in small letters, below people
// whose names have capitals. A star in front of a name marks a person.
func (c *rowClassifier) footnote(l *line) bool {
	rest := strings.TrimLeft(l.first, footMarks)
	mark := l.first[:len(l.first)-len(rest)]
	return strings.HasSuffix(mark, " ") && startsSmall(rest) && c.above.people > 0 && 2*c.above.small <= c.above.people
}

// sentence reports whether a line is a sentence, by the words or the length. In a CSV
// file, a sentence may be split at its commas: the cells behind begin with a blank.
func (c *rowClassifier) sentence(l *line) bool {
	words := strings.Fields(l.first)
	for _, cell := range l.row.Cells[l.column+1:] {
		if !blank(cell) && (l.row.Kinds != nil || cell[0] != ' ') {
			return false
		}
	}
	return len(words) > 15 || len(l.first) > 160 || len(words) > 3 && slices.ContainsFunc(words, func(word string) bool {
		word = strings.TrimRight(word, ",;:.")
		return word == strings.ToLower(word) && isWord("sentence", word)
	})
}

// textAmongNumbers reports whether a line is a text in a column of numbers.
func (c *rowClassifier) textAmongNumbers(l *line) bool {
	return l.column < len(c.numbers) && c.numbers[l.column] && l.row.Kinds != nil && l.row.wordy(l.column)
}

// lineNumber reports whether a line is a number in a column of line numbers.
func (c *rowClassifier) lineNumber(l *line) bool { return c.isLineNumber(l.column, l.first) }

// isLineNumber reports whether a cell is a number in a column of line numbers.
func (c *rowClassifier) isLineNumber(column int, cell string) bool {
	if len(cell) > 3 || strings.Trim(cell, "0123456789.") != "" {
		return false
	}
	return slices.ContainsFunc(c.headers, func(header []string) bool {
		return column < len(header) && isWord("line number", strings.Trim(header[column], " .:"))
	})
}
