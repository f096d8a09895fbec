package importer

import (
	"maps"
	"slices"

	"muster/mapping"
)

// Decision is a person's word on a whole row.
type Decision string

// The decisions on a row. A row without one is read by the rules.
const (
	NoDecision Decision = ""
	NotPerson  Decision = "not_person"
	LeaveOut   Decision = "leave_out"
	IsPerson   Decision = "person" // although the row did not read as a person, or not at all
)

const codeLeftOut = "left_out" // a person has left the row out

// RowEdit is the changes to a row of a roster.
type RowEdit struct {
	Cells    map[int]string // by column
	Decision Decision
}

// Edits are changes to the rows of a roster, by the number of the line in the file.
// Edits are read-only.
type Edits map[int]RowEdit

// Columns returns the columns of a line that have another text.
func (e Edits) Columns(line int) []int { return slices.Sorted(maps.Keys(e[line].Cells)) }

// apply returns a row with the changes to the row. A row that an earlier run is done
// with does not change.
func (e Edits) apply(row *sourceRow) *sourceRow {
	edit, ok := e[row.line]
	if !ok || row.kept() {
		return row
	}
	changed := *row
	changed.cells, changed.kinds, changed.struck = slices.Clone(row.cells), slices.Clone(row.kinds), slices.Clone(row.struck)
	for column, text := range edit.Cells {
		for len(changed.cells) <= column {
			changed.cells = append(changed.cells, "")
		}
		changed.cells[column] = text
		if column < len(changed.kinds) {
			changed.kinds[column] = mapping.Text
		}
		if column < len(changed.struck) {
			changed.struck[column] = false
		}
	}
	switch edit.Decision {
	case NotPerson:
		changed.rare = &rareRow{skipReason: "you said that this row is not a person"}
	case LeaveOut:
		changed.rare = &rareRow{skipReason: "you left this row out", skipCode: codeLeftOut}
	case IsPerson:
		changed.rare = nil
	case NoDecision:
	}
	return &changed
}
