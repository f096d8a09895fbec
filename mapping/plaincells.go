package mapping

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// plainSlots is how many texts a source remembers at most.
const plainSlots = 1 << 13

// plainCells are texts that a source takes without a problem, a note or a change. Most
// texts of a roster occur on many rows, and are examined once. A text stays in its slot, so
// that a roster of ever new texts costs nothing. Goroutines may share plainCells.
type plainCells struct {
	seed  maphash.Seed
	slots [plainSlots]atomic.Pointer[plainCell]
}

// plainCell is a text and, in a column of yes/no, the answer in the text.
type plainCell struct {
	text   string
	answer *bool
}

func newPlainCells() *plainCells { return &plainCells{seed: maphash.MakeSeed()} }

func (c *plainCells) slot(text string) *atomic.Pointer[plainCell] {
	return &c.slots[maphash.String(c.seed, text)%plainSlots]
}

// has reports whether a text is remembered. A nil c has none.
func (c *plainCells) has(text string) bool {
	if c == nil {
		return false
	}
	known := c.slot(text).Load()
	return known != nil && known.text == text
}

// fill writes the cell into p as the value of a field.
func (c *plainCell) fill(info fieldInfo, p *Person) {
	if info.text != nil {
		*info.text(p) = c.text
	}
	if info.field == IsEmployee {
		p.IsEmployee = c.answer
	}
}

// take reads a row's value of a source into p.
func (m *Mapper) take(s *source, cells []string, kinds []Kind, p *Person) (value, *Problem) {
	if s.plain == nil || s.columns[0] < len(kinds) && kinds[s.columns[0]] != Text {
		return m.examine(s, cells, kinds, p)
	}
	text := cellAt(cells, s.columns[0])
	slot := s.plain.slot(text)
	known := slot.Load()
	if known != nil && known.text == text {
		known.fill(s.info, p)
		return value{text: text, written: text, column: s.columns[0]}, nil
	}
	before := *p
	v, problem := m.examine(s, cells, kinds, p)
	if known == nil && problem == nil && v.text == text && v.written == text {
		cell := &plainCell{strings.Clone(text), p.IsEmployee} // a clone, to keep no whole row
		if cell.fill(s.info, &before); before == *p {
			slot.Store(cell)
		}
	}
	return v, problem
}

// examine is take for a text that is not remembered.
func (m *Mapper) examine(s *source, cells []string, kinds []Kind, p *Person) (value, *Problem) {
	v, problem := m.value(s, cells, kinds)
	if problem == nil {
		problem = m.fill(s, v, cells, p)
	}
	return v, problem
}
