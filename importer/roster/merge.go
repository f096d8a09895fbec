package roster

import (
	"cmp"
	"slices"

	"muster/importer/workbook"
)

// tallMerges counts the merged cells below a row that cover several rows.
func tallMerges(merges []workbook.Area, below int) int {
	n := 0
	for _, m := range merges {
		if m.Top > below && m.Bottom > m.Top {
			n++
		}
	}
	return n
}

// filler follows the merged cells down a sheet.
type filler struct {
	ahead []workbook.Area // not reached yet, from the top
	open  []openMerge
}

// openMerge is a merged cell that the current row is a part of.
type openMerge struct {
	workbook.Area
	text string
	kind Kind
}

func newFiller(merges []workbook.Area) *filler {
	ahead := slices.DeleteFunc(slices.Clone(merges), func(m workbook.Area) bool { return m.Left >= maxProfile })
	slices.SortFunc(ahead, func(a, b workbook.Area) int {
		return cmp.Or(a.Top-b.Top, a.Left-b.Left)
	})
	return &filler{ahead: ahead}
}

// apply writes a cell that is merged downwards into every row of the merged cells.
// A cell that is merged above the data is written above the data only.
func (f *filler) apply(row *Row, headerRow int) {
	f.open = slices.DeleteFunc(f.open, func(o openMerge) bool { return o.Bottom < row.Number })
	for _, o := range f.open {
		if row.Number > headerRow && o.Top <= headerRow || o.Top == row.Number || o.text == "" {
			continue
		}
		row.widen(o.Left + 1)
		if row.Cells[o.Left] == "" {
			row.Cells[o.Left], row.Kinds[o.Left] = o.text, o.kind
		}
	}
	for len(f.ahead) > 0 && f.ahead[0].Top <= row.Number {
		o := openMerge{Area: f.ahead[0]}
		f.ahead = f.ahead[1:]
		if o.Bottom < row.Number || len(f.open) >= maxProfile {
			continue
		}
		if o.Top == row.Number && o.Left < len(row.Cells) {
			o.text, o.kind = row.Cells[o.Left], row.Kinds[o.Left]
		}
		f.open = append(f.open, o)
	}
}

// section reports whether the only filled cell of a row is merged over most of the
// table.
func (f *filler) section(row *Row, width int) bool {
	for _, o := range f.open {
		if o.Top != row.Number || o.Right-o.Left+1 < max(3, width*6/10) || blank(o.text) {
			continue
		}
		return countFilled(row.Cells) == 1
	}
	return false
}
