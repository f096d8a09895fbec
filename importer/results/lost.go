package results

import (
	"fmt"

	"muster/importer/text"
)

// lostChars counts cells that a format can't hold in full.
type lostChars struct {
	count int
	first string // the name of the first such cell
}

func (l *lostChars) add(cell string) {
	if l.count++; l.count == 1 {
		l.first = cell
	}
}

// remark returns a sentence about the cells, in a list, or nil if there are
// none. why says what is wrong with a cell and what was done.
func (l *lostChars) remark(why string) []string {
	if l.count == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s (the first is %s) %s", text.Plural(l.count, "cell", "cells"), l.first, why)}
}

// replacedIn says what became of characters that a format can't hold.
func replacedIn(format string) string {
	return "could not be written in full: " + format + " can't hold control characters; each is shown as \uFFFD in the results file"
}
