package mapping

import (
	"slices"
	"strconv"
	"strings"
)

// The words of columns that say whether a person has left the company.
var (
	statusHeadings   = wordSet("status", "status heading", headingKey)
	activeHeadings   = wordSet("status", "active heading", headingKey)
	inactiveHeadings = wordSet("status", "inactive heading", headingKey)
	leftWords        = wordSet("status", "left", Fold)
	leftCells        = wordSet("status", "left cell", Fold)
	remarks          = wordSet("status", "remark", Fold)
	negations        = wordSet("status", "not", Fold)
)

// LeftCompany looks for a cell that says that the person of a row has left the
// company, such as Terminated, in a column that feeds no field and that the
// mapping's where does not read. It returns the cell and the column.
//
// A Mapper leaves no row out for such a cell: systems use these words in
// different ways, and only the sender of a roster knows.
func (m *Mapper) LeftCompany(cells []string) (column int, cell string, ok bool) {
	for _, column := range m.statuses {
		text, flawed := clean(cellAt(cells, column), false)
		if text = asText(text); flawed == noFlaw && saysLeft(m.header[column], text) {
			return column, text, true
		}
	}
	return -1, "", false
}

// ExcludeExpr returns the line of a mapping file that leaves out the rows with
// these cells in a column; "" if a mapping file can't name the column. With add,
// the mapping has a where already, and the line is what to add to it.
func (m *Mapper) ExcludeExpr(column int, cells []string) (line string, add bool) {
	h := heading(m.header, column)
	if len(cells) == 0 || !typeable(h) || len((&binder{header: m.header}).find(h)) != 1 {
		return "", false
	}
	quoted := make([]string, len(cells))
	for i, c := range cells {
		quoted[i] = strconv.Quote(c)
	}
	condition := "row[" + strconv.Quote(h) + "]"
	if len(cells) == 1 {
		condition += " != " + quoted[0]
	} else {
		condition += " not in [" + strings.Join(quoted, ", ") + "]"
	}
	if m.where != nil {
		return "and " + condition, true
	}
	if strings.Contains(condition, ": ") || strings.Contains(condition, " #") {
		condition = "'" + strings.ReplaceAll(condition, "'", "''") + "'"
	}
	return "where: " + condition, false
}

// Heading returns the heading of a column on a single line.
func (m *Mapper) Heading(column int) string { return heading(m.header, column) }

// isStatusHeading reports whether a column may say that a person has left.
func isStatusHeading(heading string) bool {
	key := headingKey(heading)
	return statusHeadings()[key] || activeHeadings()[key] || inactiveHeadings()[key]
}

// saysLeft reports whether a clean cell under a heading says that a person has left.
func saysLeft(heading, text string) bool {
	if text == "" || isEmptyWord(text) {
		return false
	}
	no, answered := readAnswer(text, true)
	switch key := headingKey(heading); {
	case answered && activeHeadings()[key]:
		return no
	case answered && inactiveHeadings()[key]:
		return !no
	}
	return isLeftWord(text)
}

// isLeftWord reports whether a status says that a person has left. A person on
// leave or suspended has not.
func isLeftWord(text string) bool {
	key := Fold(text)
	if leftCells()[key] {
		return true
	}
	words := strings.Fields(key)
	at := slices.IndexFunc(words, func(w string) bool { return leftWords()[w] })
	return at == 0 || at > 0 && !negations()[words[at-1]]
}
