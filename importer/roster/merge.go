package roster

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// merges are the merged ranges of a sheet, as far as they mean something.
type merges struct{ ranges []mergedRange }

type mergedRange struct{ top, bottom, left, right int }

func (m *merges) add(ref string) error {
	from, to, found := bytes.Cut([]byte(ref), []byte(":"))
	if !found {
		return nil
	}
	left, top, ok := cellRef(from)
	right, bottom, also := cellRef(to)
	if !ok || !also || right < left || bottom < top {
		return fmt.Errorf("a merged range %q can't be read", ref)
	}
	return m.put(mergedRange{top: top, bottom: bottom, left: left, right: right})
}

func (m *merges) put(r mergedRange) error {
	const most = 1 << 18
	if len(m.ranges) == most {
		return errors.New("it has too many merged cells")
	}
	if r.left < maxProfile {
		m.ranges = append(m.ranges, r)
	}
	return nil
}

func (m *merges) sort() {
	slices.SortFunc(m.ranges, func(a, b mergedRange) int {
		if a.top != b.top {
			return a.top - b.top
		}
		return a.left - b.left
	})
}

// tall counts the ranges below a row that cover more than one row.
func (m *merges) tall(below int) int {
	n := 0
	for _, r := range m.ranges {
		if r.top > below && r.bottom > r.top {
			n++
		}
	}
	return n
}

// below returns the last of the rows that cells of a header row are merged down
// to. Those are few: what is merged over more is not a heading.
func (m *merges) below(header, width int) int {
	const most = 2
	last := header
	for _, r := range m.ranges {
		if r.top == header && r.left < width && r.bottom-header <= most {
			last = max(last, r.bottom)
		}
	}
	return last
}

// filler follows the merged ranges down a sheet.
type filler struct {
	ranges []mergedRange // not reached yet
	open   []openRange
}

type openRange struct {
	mergedRange
	text string
	kind Kind
}

func (m *merges) filler() *filler { return &filler{ranges: m.ranges} }

// apply writes the cell of a range that is merged downwards into the rows it
// covers. What is merged above the data stays there.
func (f *filler) apply(row *Row, headerRow int) {
	if len(f.ranges) == 0 && len(f.open) == 0 {
		return
	}
	f.open = slices.DeleteFunc(f.open, func(o openRange) bool { return o.bottom < row.Number })
	for _, o := range f.open {
		if row.Number > headerRow && o.top <= headerRow || o.top == row.Number || o.text == "" {
			continue
		}
		for len(row.Cells) <= o.left {
			row.Cells, row.Kinds = append(row.Cells, ""), append(row.Kinds, Text)
		}
		if row.Cells[o.left] == "" {
			row.Cells[o.left], row.Kinds[o.left] = o.text, o.kind
		}
	}
	for len(f.ranges) > 0 && f.ranges[0].top <= row.Number {
		o := openRange{mergedRange: f.ranges[0]}
		f.ranges = f.ranges[1:]
		if o.bottom < row.Number || len(f.open) >= maxProfile {
			continue
		}
		if o.top == row.Number && o.left < len(row.Cells) {
			o.text, o.kind = row.Cells[o.left], row.Kinds[o.left]
		}
		f.open = append(f.open, o)
	}
}

// section reports that the only filled cell of a row is merged over most of
// the table.
func (f *filler) section(row *Row, width int) bool {
	for _, o := range f.open {
		if o.top != row.Number || o.right-o.left+1 < max(3, width*6/10) || o.text == "" {
			continue
		}
		for i, c := range row.Cells {
			if i != o.left && !blank(c) {
				return false
			}
		}
		return true
	}
	return false
}
