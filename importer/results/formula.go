package results

import (
	"strings"
	"unicode"
)

// neutralise makes a cell harmless to spreadsheets, which run a cell that
// begins with one of = + - @: it puts one apostrophe in front, and restore takes
// one off again.
//
// The two undo each other for every string, because a dangerous cell stays
// dangerous by the rule when an apostrophe is put in front of it: leading
// apostrophes are skipped. So a cell that happens to look like a neutralised one
// gets a second apostrophe, and what is not neutralised is never taken for it.
func neutralise(cell string) string {
	if dangerous(cell) {
		return "'" + cell
	}
	return cell
}

// restore undoes neutralise.
func restore(cell string) string {
	if rest, found := strings.CutPrefix(cell, "'"); found && dangerous(rest) {
		return rest
	}
	return cell
}

// dangerous reports whether a cell, after any apostrophes, begins with a tab, a
// line break or a NUL, which some spreadsheets drop, or whether it, after any
// apostrophes and blanks, begins with a character that starts a formula. The
// full-width forms start one where Japanese or Chinese is set.
func dangerous(cell string) bool {
	quotes := strings.TrimLeft(cell, "'")
	if quotes == "" {
		return false
	}
	switch quotes[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n', 0:
		return true
	}
	if c := quotes[0]; c > ' ' && c < 0x80 {
		return false
	}
	for _, r := range quotes {
		switch r {
		case '=', '+', '-', '@', '＝', '＋', '－', '＠':
			return true
		case '\'', '\u200b', '\ufeff':
			continue
		}
		if !unicode.IsSpace(r) {
			return false
		}
	}
	return false
}
