package workbook

import (
	"errors"
	"fmt"
	"strings"
)

const (
	maxRowText = 16 << 20
	maxMerges  = 1 << 18
)

// rowWriter collects the cells of a row and hands out the rows that are not blank.
type rowWriter struct {
	sheet *Sheet // learns of merged cells and of formulas
	visit func(*Row) bool

	row    Row
	length int // of the row's text
	filled bool
}

// begin starts a row.
func (w *rowWriter) begin(number int) {
	w.row = Row{Number: number, Cells: w.row.Cells[:0], Kinds: w.row.Kinds[:0], Struck: w.row.Struck[:0]}
	w.length, w.filled = 0, false
}

// put puts a cell that is not blank into the row.
func (w *rowWriter) put(column int, text string, kind Kind, struck bool) error {
	row := &w.row
	if w.length += len(text); w.length > maxRowText {
		return fmt.Errorf("row %d is longer than 16 MiB", row.Number)
	}
	if column < len(row.Cells) && row.Cells[column] != "" {
		return fmt.Errorf("cell %s is there twice", CellName(row.Number, column))
	}
	for len(row.Cells) <= column {
		row.Cells, row.Kinds = append(row.Cells, ""), append(row.Kinds, Text)
	}
	row.Cells[column], row.Kinds[column] = text, kind
	w.filled = w.filled || strings.TrimSpace(text) != ""
	if struck {
		for len(row.Struck) <= column {
			row.Struck = append(row.Struck, false)
		}
		row.Struck[column] = true
	}
	return nil
}

// finish hands out the row, unless the row is blank.
func (w *rowWriter) finish() error {
	if w.filled && !w.visit(&w.row) {
		return errStopped
	}
	return nil
}

// merge notes merged cells.
func (w *rowWriter) merge(area Area) error {
	if len(w.sheet.Merges) == maxMerges {
		return errors.New("it has too many merged cells")
	}
	w.sheet.Merges = append(w.sheet.Merges, area)
	return nil
}
