package results

import (
	"strings"
	"unicode"
)

// escapeFormula makes a cell harmless to spreadsheets, which run a cell that
// begins with = + - or @: such a cell gets an apostrophe in front.
//
// unescapeFormula undoes escapeFormula for every string, because startsFormula
// skips leading apostrophes: an escaped cell starts a formula by that rule, too.
// So a cell that looks escaped gets a second apostrophe, and a cell that is
// written without an apostrophe is never taken for an escaped cell.
func escapeFormula(cell string) string {
	if startsFormula(cell) {
		return "'" + cell
	}
	return cell
}

// unescapeFormula undoes escapeFormula.
func unescapeFormula(cell string) string {
	if rest, found := strings.CutPrefix(cell, "'"); found && startsFormula(rest) {
		return rest
	}
	return cell
}

// startsFormula reports whether a spreadsheet might run a cell. After any
// apostrophes such a cell begins with a tab, a line break or a NUL, which some
// spreadsheets drop, or, after any blanks, with a character that starts a
// formula. The full-width forms start a formula in Japanese and Chinese programs.
func startsFormula(cell string) bool {
	cell = strings.TrimLeft(cell, "'")
	if cell == "" {
		return false
	}
	if strings.IndexByte("\t\r\n\x00", cell[0]) >= 0 {
		return true
	}
	cell = strings.TrimLeftFunc(cell, func(r rune) bool {
		return unicode.IsSpace(r) || r == '\'' || r == '\u200b' || r == '\ufeff'
	})
	return strings.IndexAny(cell, "=+-@＝＋－＠") == 0
}
