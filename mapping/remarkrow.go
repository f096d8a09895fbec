package mapping

import (
	"slices"
	"strings"
)

// isRemark reports whether a row without a name says nothing about a person: no cell
// below a known heading has a value, or words are alone in the row and are neither a
// name nor a post, as "Confidential report" in a column of IDs. In a list of two columns
// a row has too little to say so.
func (m *Mapper) isRemark(cells []string) bool {
	const fewColumns = 2
	if len(m.header) <= fewColumns {
		return false
	}
	filled, values, alone := 0, 0, false
	for i, cell := range cells {
		cell, _ = clean(cell, false)
		if cell == "" || isEmptyName(cell) || isEmptyWord(cell) {
			continue
		}
		if mayHoldName(cell) {
			return false
		}
		f := m.fieldOf(i)
		if f != "" || i < len(m.header) && meaningOf(heading(m.header, i)) != "" {
			values++
		}
		filled++
		alone = (f == "" || f.isID()) && (isDate(cell) || hasLetter(cell) && !looksLikeID(cell))
	}
	return values == 0 || filled == 1 && alone
}

// isBlankName reports whether a cell of a name is empty, or says that there is no name.
func isBlankName(text string) bool { return text == "" || isEmptyName(text) }

// fieldOf returns the field that a column feeds, or "".
func (m *Mapper) fieldOf(column int) Field {
	i := slices.IndexFunc(m.sources, func(s source) bool { return slices.Contains(s.columns, column) })
	if i < 0 {
		return ""
	}
	return m.sources[i].field
}

// mayHoldName reports whether a cell has several words, and a known first name among
// them.
func mayHoldName(cell string) bool {
	words := strings.Fields(Fold(cell))
	return len(words) > 1 && slices.ContainsFunc(words, isGivenName)
}
