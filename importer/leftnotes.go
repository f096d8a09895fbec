package importer

import (
	"fmt"
	"slices"
	"strings"

	"muster/importer/outcome"
	"muster/mapping"
)

// mostLeft is how many different cells of a column the where line of a note names.
const mostLeft = 12

// CodeHasLeft is the code of the note that a person may have left the company.
const CodeHasLeft = "has_left"

// leftNote is the note on a column whose cells say that people may have left the
// company. muster imports the rows: only the sender of a roster knows what the
// cells mean.
type leftNote struct {
	struck bool // names in the column are struck through
	cells  []string
	rows   outcome.Groups
}

// noteLeft adds a row to the note on a column, if a cell says that the person may
// have left.
func (v *partValidation) noteLeft(a *validator, row *sourceRow) {
	column, cell, found := a.mapper.LeftCompany(row.cells)
	if !found {
		if column = a.struckName(row); column < 0 {
			return
		}
		cell = strings.TrimSpace(row.cells[column])
	}
	note := v.left[column]
	if note == nil {
		note = &leftNote{struck: !found}
		v.left[column] = note
	}
	message := fmt.Sprintf("%q under %q says that this person may have left the company; muster imports such rows", cell, a.mapper.Heading(column))
	if note.struck {
		message = fmt.Sprintf("%q is struck through, or a part of it, so this person may have left; muster imports such rows", cell)
	}
	note.rows.Add(outcome.Problem{Code: CodeHasLeft, Cell: a.source.cell(row.line, column), Message: message}, row.number)
	if len(note.cells) < mostLeft && !slices.Contains(note.cells, cell) {
		note.cells = append(note.cells, strings.Clone(cell))
	}
}

// noteMarkers adds the cells of a row that are read as empty to the note on each field.
func (v *partValidation) noteMarkers(a *validator, row *sourceRow) {
	for field, text := range a.mapper.NullMarkers(row.cells) {
		v.markers.Add(a.at(row.line, nullMarker(field, text, a.mapper.Heading(a.columns[field]))), row.number)
	}
}

// struckName returns the column in which a name is struck through, or a part of the
// name; -1 for none.
func (a *validator) struckName(row *sourceRow) int {
	for _, field := range []mapping.Field{mapping.LastName, mapping.FirstName} {
		if column, ok := a.columns[field]; ok && column < len(row.struck) && row.struck[column] && column < len(row.cells) {
			return column
		}
	}
	return -1
}

// note returns what a summary says about the column.
func (n *leftNote) note(mapper *mapping.Mapper, column int) outcome.Group {
	note := n.rows.List()[0]
	if n.struck {
		note.Hint = "to leave such people out, delete or hide their rows in the roster; where a name was corrected, delete what is struck through"
		return note
	}
	line, more := mapper.ExcludeExpr(column, n.cells)
	note.Line = line
	switch {
	case more:
		note.Hint = "to leave such people out, add to where in the mapping file: " + line
	case line != "":
		note.Hint = "to leave such people out, add this line to a mapping file, which muster map ROSTER -o mapping.yaml writes: " + line
	default:
		note.Hint = "to leave such people out, take their rows out of the roster"
	}
	return note
}
