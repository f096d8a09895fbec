package results

import (
	"fmt"

	"muster/importer/text"
	"muster/importer/workbook"
)

// lostChars counts cells that a format can't hold in full.
type lostChars struct {
	count int
	first string // the name of the first such cell
}

func (l *lostChars) add(row, column int) {
	if l.count++; l.count == 1 {
		l.first = workbook.CellName(row, column)
	}
}

// remarks returns a sentence about the cells, in a list, or nil if there are none.
// limit says what the format can't hold.
func (l *lostChars) remarks(limit string) []string {
	if l.count == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s (the first is %s) could not be written in full: %s", text.Plural(l.count, "cell", "cells"), l.first, limit)}
}
