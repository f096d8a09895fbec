package roster

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"muster/importer/fault"
)

// headerNotFound returns the error of a table without headings.
func (r *Reader) headerNotFound(o Options, rows []headRow) *fault.Error {
	switch {
	case len(rows) == 0 && r.format != CSV:
		return r.noHeader("the sheet has no rows")
	case len(rows) == 0:
		return r.noHeader(fmt.Sprintf("there is nothing in the first %d rows", headLimit))
	}
	e := r.noHeader(fmt.Sprintf("no row of the first %d reads like headings; row %d is: %s", headLimit, rows[0].Number, shorten(rows[0].Cells)))
	if fix := delimiterFix(rows, o); fix != "" && r.format == CSV {
		e.Fix = fix
	}
	return e
}

// headerAmbiguous returns the error of two rows that are equally likely the header.
func (r *Reader) headerAmbiguous(one, other headRow) *fault.Error {
	e := r.source.fail(CodeHeaderAmbiguous, fmt.Sprintf("two rows look like the row of headings: row %d is %s, and row %d is %s",
		one.Number, shorten(one.Cells), other.Number, shorten(other.Cells)),
		fmt.Sprintf("add --header-row %d or --header-row %d", one.Number, other.Number), nil)
	e.Where.Sheet, e.Quotes = r.sheet, true
	return e
}

// noHeader returns an error about the header row.
func (r *Reader) noHeader(message string) *fault.Error {
	e := r.source.fail(CodeNoHeader, message, "put a row of headings above the people (First Name, Last Name, …), or say which row holds them by --header-row; headings of your own can be named in a mapping file (--mapping)", nil)
	e.Where.Sheet, e.Quotes = r.sheet, true
	if r.book == nil {
		return e
	}
	hidden := slices.IndexFunc(r.book.sheets, func(sh *sheet) bool { return sh.Hidden })
	if hidden >= 0 && !slices.ContainsFunc(r.book.sheets, func(sh *sheet) bool { return sh.Hidden && sh.Name == r.sheet }) {
		name := r.book.sheets[hidden].Name
		e.Fix += fmt.Sprintf("; to read the hidden sheet %q, name it: --sheet %q", name, name)
	}
	return e
}

// delimiterFix returns advice for a CSV file with all headings in one cell, and for a list of
// names without a heading. For any other file it returns "".
func delimiterFix(rows []headRow, o Options) string {
	oneColumn := true
	for _, row := range rows {
		if row.filled() > 1 {
			oneColumn = false
			continue
		}
		text := strings.Join(row.Cells, "")
		commas := countHeadings(text, ",", o.Heading) > 1 || countHeadings(text, ";", o.Heading) > 1
		switch {
		case commas && o.Delimiter != "":
			return "the cells are not divided by what --delimiter says: leave it out to have the delimiter found"
		case commas:
			return "every line is in quotation marks as a whole: take the outer ones off in a text editor, or export the list again"
		case countHeadings(text, "  ", o.Heading) > 1:
			return "the columns are aligned by blanks: open the file in a spreadsheet program (in Excel: Data, From Text, Fixed width) and save it as .xlsx"
		}
	}
	if !oneColumn {
		return ""
	}
	const addHeading = "put a line with a heading above the people, such as Name above a list of nothing but names"
	if o.Delimiter != "" {
		return addHeading + ", or check --delimiter"
	}
	for _, c := range "^~¦§" {
		if !slices.ContainsFunc(rows, func(row headRow) bool { return !strings.ContainsRune(strings.Join(row.Cells, ""), c) }) {
			return fmt.Sprintf("if %c divides the cells, say so: --delimiter '%c'; otherwise %s", c, c, addHeading)
		}
	}
	return addHeading + "; if something other than a comma, semicolon, tab or bar divides the cells, name it with --delimiter"
}

// countHeadings counts the headings in a text that is split.
func countHeadings(text, by string, heading func(string) bool) int {
	n := 0
	for cell := range strings.SplitSeq(text, by) {
		if cell = strings.TrimSpace(cell); cell != "" && heading(cell) {
			n++
		}
	}
	return n
}

// shorten returns the first cells of a row, short enough for a terminal.
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
