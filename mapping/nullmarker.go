package mapping

import (
	"iter"
	"strings"
)

// NullMarkers returns the cells of a row that feed an optional field and are read
// as empty, such as NULL.
func (m *Mapper) NullMarkers(cells []string) iter.Seq2[Field, string] {
	return func(yield func(Field, string) bool) {
		for i := range m.sources {
			s := &m.sources[i]
			if s.field.isName() || s.field == projectField {
				continue
			}
			for _, column := range s.columns {
				text := strings.TrimSpace(cellAt(cells, column))
				if s.plain.has(text) {
					continue
				}
				if text != "" && m.isEmpty(s, asText(text)) && !yield(s.field, text) {
					return
				}
			}
		}
	}
}
