package mapping

import (
	"slices"
	"strconv"
)

// Samples returns up to n different values of each field in the rows, in the form
// that is sent.
func (m *Mapper) Samples(rows [][]string, n int) map[Field][]string {
	samples := make(map[Field][]string)
	for _, row := range rows {
		if keep, err := m.Keep(row); err != nil || !keep {
			continue
		}
		var p Person
		m.Map(row, nil, &p)
		for _, f := range Fields() {
			if v := p.value(f); v != "" && len(samples[f]) < n && !slices.Contains(samples[f], v) {
				samples[f] = append(samples[f], v)
			}
		}
	}
	return samples
}

// value returns a field as text, "" if the person has none.
func (p *Person) value(f Field) string {
	switch text := f.info().text; {
	case text != nil:
		return *text(p)
	case f == IsEmployee && p.IsEmployee != nil:
		return map[bool]string{true: "yes", false: noAnswer}[*p.IsEmployee]
	case f == WorkClassification && p.Classification == "" && p.WorkClassificationID != 0:
		return strconv.FormatInt(p.WorkClassificationID, 10)
	case f == WorkClassification:
		return p.Classification
	}
	return ""
}
