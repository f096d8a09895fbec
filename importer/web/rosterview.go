package web

import (
	"encoding/json"
	"html/template"
	"strings"

	"muster/importer"
	"muster/importer/text"
	"muster/mapping"
)

// rosterFunctions returns the functions of the templates about rosters.
func rosterFunctions(t texts) template.FuncMap {
	return template.FuncMap{
		"capital":     text.Capital,
		"rest":        func(width, n int) int { return width - n },
		"short":       short,
		"multiline":   func(cell string) bool { return strings.ContainsAny(cell, "\r\n") },
		"json":        toJSON,
		"fieldsOf":    func() []mapping.Field { return append([]mapping.Field{mapping.FullName}, mapping.Fields()...) },
		"ordersOf":    nameOrders,
		"employeesOf": func() []employees { return []employees{noEmployees, allEmployees} },
		"decisionsOf": decisions,
		"filtersOf":   filtersOf,
		"groupOf": func(of summaryData, group importer.ProblemGroup) groupView {
			return groupView{of.Draft, of.Shown, of.Show, group}
		},
		"fixOf":       func(of groupView, do string) fixView { return fixView{of, do} },
		"says":        t.groupSays,
		"statusClass": func(row importer.LiveRow) string { return "is-" + statusOf(row) },
		"saysOf":      t.saysOf,
		"whyOf":       t.whyOf,
		"withAdvice":  t.withAdvice,
		"cellsOf":     t.cellsOf,
		"gridWords":   t.gridWords,
	}
}

// short returns the start of a long text.
func short(cell string) string {
	const most = 120
	if all := []rune(cell); len(all) > most {
		return string(all[:most]) + "…"
	}
	return cell
}

func toJSON(value any) (string, error) {
	content, err := json.Marshal(value)
	return string(content), err
}

// nameOrders returns the orders of whole names, as a mapping file says them.
func nameOrders() []string { return []string{"auto", "first_last", "last_first", "two_surnames"} }

// decisions returns the decisions on a row.
func decisions() []importer.Decision {
	return []importer.Decision{importer.NoDecision, importer.IsPerson, importer.NotPerson, importer.LeaveOut}
}

// filter is a choice of rows with their number.
type filter struct {
	Show importer.RowFilter
	Rows int
}

// filtersOf returns the choices of rows, without those of no rows.
func filtersOf(c importer.LiveCounts) []filter {
	var filters []filter
	for _, f := range []filter{{importer.RowsToFix, c.ToFix}, {importer.RowsNew, c.New}, {importer.RowsThere, c.Existing}, {importer.RowsOut, c.NotPeople + c.LeftOut}} {
		if f.Rows > 0 {
			filters = append(filters, f)
		}
	}
	return append(filters, filter{importer.AllRows, c.New + c.Existing + c.ToFix + c.NotPeople + c.LeftOut})
}

// groupView is a group on the page.
type groupView struct {
	Draft string
	Shown string
	Show  importer.RowFilter
	Group importer.ProblemGroup
}

// fixView is a fix of a group on the page.
type fixView struct {
	groupView
	Do string
}

// CanLeave reports whether it makes sense to leave the rows out.
func (g groupView) CanLeave() bool { return g.Group.ToFix || g.Group.Code == importer.CodeHasLeft }

// mostReplaced is how many texts of a group have a form to replace them.
const mostReplaced = 5

// Replaceable returns the texts that a person can replace in all rows of the group.
func (g groupView) Replaceable() []importer.CellText {
	var texts []importer.CellText
	if g.Group.Column < 0 {
		return nil
	}
	for _, one := range g.Group.Texts {
		if (one.Text != "" || one.Cells == 1) && len(texts) < mostReplaced {
			texts = append(texts, one)
		}
	}
	return texts
}

// groupSays returns what is wrong with the rows of a group.
func (t texts) groupSays(g groupView) string {
	message := text.Capital(g.Group.Message)
	if g.Group.Rows == 1 {
		return message
	}
	return t.count("fix.more", g.Group.Rows-1, message)
}

// listCell is a cell of the list of rows.
type listCell struct{ Text, Bad string }

// cellsOf returns the cells of a row, as many as there are headings.
func (t texts) cellsOf(row importer.LiveRow, width int) []listCell {
	cells := make([]listCell, width)
	for i := range min(width, len(row.Cells)) {
		cells[i].Text = row.Cells[i]
	}
	for _, f := range row.Findings {
		if f.ToFix && f.Column >= 0 && f.Column < width {
			cells[f.Column].Bad = t.withAdvice(f)
		}
	}
	return cells
}

// gridWords returns what the grid says, by the end of the key.
func (t texts) gridWords() map[string]string {
	words := map[string]string{}
	for key := range t {
		if name, ok := strings.CutPrefix(key, "grid."); ok {
			words[name] = t.say(key)
		}
	}
	return words
}
