package workbook_test

import (
	"testing"

	"muster/importer/workbook"
)

func TestCellNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		row, column int
		ok          bool
	}{
		"A1": {1, 0, true}, "Z9": {9, 25, true}, "AA10": {10, 26, true}, "XFD1048576": {1048576, 16383, true},
		"$C$17": {17, 2, true}, "c17": {17, 2, true},
		"": {}, "A": {}, "7": {}, "A0": {}, "XFE1": {}, "AAAA1": {}, "A-1": {}, "A+1": {}, "A1B": {}, "É1": {},
	} {
		row, column, ok := workbook.ParseCell(name)
		if ok != want.ok || ok && (row != want.row || column != want.column) {
			t.Errorf("%s: row %d, column %d, %v", name, row, column, ok)
		}
	}
	for name, cell := range map[string][2]int{"A1": {1, 0}, "Z2": {2, 25}, "AA3": {3, 26}, "ZZ4": {4, 701}, "AAA5": {5, 702}, "XFD6": {6, 16383}} {
		if got := workbook.CellName(cell[0], cell[1]); got != name {
			t.Errorf("%v: %s, want %s", cell, got, name)
		}
	}
}
