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
func (r *Reader) headerNotFound(rows []headRow) *fault.Error {
	switch {
	case len(rows) == 0 && r.format != CSV:
		return r.noHeader("the sheet has no rows")
	case len(rows) == 0:
		return r.noHeader(fmt.Sprintf("there is nothing in the first %d rows", headLimit))
	}
	e := r.noHeader(fmt.Sprintf("no row of the first %d reads like headings; row %d is: %s", headLimit, rows[0].Number, shorten(rows[0].Cells)))
	if r.format == CSV && !slices.ContainsFunc(rows, func(row headRow) bool { return row.filled() > 1 }) {
		e.Fix = "put a line with a heading above the people, such as Name above a list of nothing but names; if something other than a comma, semicolon, tab or bar divides the cells, name it with --delimiter"
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
	return e
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
