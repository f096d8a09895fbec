package importer

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"muster/importer/outcome"
	"muster/mapping"
)

// ProblemGroup is the rows that need the same thing done, or that the same note is about.
type ProblemGroup struct {
	ID       string // the same in every check
	Code     string
	Field    mapping.Field
	ToFix    bool // the rows need a fix; otherwise it is a note
	Message  string
	Hint     string
	Rows     int
	Column   int        // of the cells that the problem is about; -1 for none
	Optional bool       // the cells may be left empty
	Texts    []CellText // of the cells, the most frequent first
	More     int        // different texts besides
}

// CellText is a text that cells of a group have.
type CellText struct {
	Text  string
	Cells int
}

// mostTexts is how many texts of a group are shown.
const mostTexts = 8

// liveGroup is a group with the places of the rows.
type liveGroup struct {
	id     string
	column int
	rows   map[int]string // the text of each row's cell, by the place of the row
}

// liveGroups are the groups of the findings of rows, by ID.
type liveGroups map[string]*liveGroup

// add adds the findings of a row, and returns the groups of the row.
func (g liveGroups) add(place int, findings []LiveFinding) []*liveGroup {
	var groups []*liveGroup
	for _, f := range findings {
		id := f.group()
		group := g[id]
		if group == nil {
			group = &liveGroup{id: id, column: f.Column, rows: map[int]string{}}
			g[id] = group
		}
		group.rows[place] = f.Text
		groups = append(groups, group)
	}
	return groups
}

// remove takes a row out of groups.
func (g liveGroups) remove(place int, groups []*liveGroup) {
	for _, group := range groups {
		if delete(group.rows, place); len(group.rows) == 0 {
			delete(g, group.id)
		}
	}
}

// group returns the ID of the group of a finding.
func (f LiveFinding) group() string {
	sum := fnv.New64a()
	fmt.Fprintf(sum, "%t\x00%s", f.ToFix, f.Kind())
	return hex.EncodeToString(sum.Sum(nil))
}

// findings returns the problems of a row, or the notes on a row that needs no fix.
func (c *LiveCheck) findings(place int) []LiveFinding {
	problems, notes := RowRecorded{Outcome: c.rows[place].outcome}.Findings()
	var findings []LiveFinding
	for _, p := range slices.Concat(problems, notes) {
		f := LiveFinding{Problem: p, Column: c.columnOf(place, p.Cell), ToFix: len(problems) > 0}
		if cells := c.row(place).cells; f.Column >= 0 && f.Column < len(cells) {
			f.Text = lineBreaks.Replace(strings.TrimSpace(cells[f.Column]))
		}
		findings = append(findings, f)
	}
	return findings
}

// lineBreaks writes the breaks in a text one way. A page does not keep the others.
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// columnOf returns the column of a cell's name, or -1.
func (c *LiveCheck) columnOf(place int, cell string) int {
	if cell == "" {
		return -1
	}
	for column := range c.im.roster.Header {
		if c.im.roster.source.cell(c.rows[place].line, column) == cell {
			return column
		}
	}
	return -1
}

// Groups returns the groups: what needs a fix first, and the largest first.
func (c *LiveCheck) Groups() []ProblemGroup {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var all []ProblemGroup
	for _, group := range c.groups {
		all = append(all, c.view(group))
	}
	slices.SortFunc(all, func(a, b ProblemGroup) int {
		if a.ToFix != b.ToFix {
			return map[bool]int{true: -1, false: 1}[a.ToFix]
		}
		return cmp.Or(b.Rows-a.Rows, strings.Compare(a.Code, b.Code), strings.Compare(a.ID, b.ID))
	})
	return all
}

func (c *LiveCheck) view(group *liveGroup) ProblemGroup {
	view := ProblemGroup{ID: group.id, Column: group.column, Rows: len(group.rows)}
	for _, f := range c.findings(slices.Min(slices.Collect(maps.Keys(group.rows)))) {
		if f.group() == group.id {
			view.Code, view.Field, view.ToFix, view.Message, view.Hint = f.Code, mapping.Field(f.Field), f.ToFix, f.Message, f.Hint
		}
	}
	named := view.Field == mapping.FirstName || view.Field == mapping.LastName
	view.Optional = view.ToFix && view.Field != "" && !named && view.Column >= 0
	counts := map[string]int{}
	for _, text := range group.rows {
		counts[text]++
	}
	view.Texts = cellTexts(counts)
	view.More = max(len(view.Texts)-mostTexts, 0)
	view.Texts = view.Texts[:len(view.Texts)-view.More]
	return view
}

// cellTexts returns counted texts, the most frequent first.
func cellTexts(counts map[string]int) []CellText {
	texts := make([]CellText, 0, len(counts))
	for text, cells := range counts {
		texts = append(texts, CellText{text, cells})
	}
	slices.SortFunc(texts, func(a, b CellText) int { return cmp.Or(b.Cells-a.Cells, strings.Compare(a.Text, b.Text)) })
	return texts
}

// GroupFix is a fix for all rows of a group, or for the cells with a certain text.
type GroupFix struct {
	Decide *Decision // on the rows; nil to type a text into the cells
	From   string    // only cells with this text, unless All
	All    bool
	Text   string
}

// Fix returns the changes that fix a group, in the order of the rows. The changes count
// only after Edit.
func (c *LiveCheck) Fix(group string, fix GroupFix) []Change {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	one := c.groups[group]
	if one == nil {
		return nil
	}
	var changes []Change
	for _, place := range slices.Sorted(maps.Keys(one.rows)) {
		if !fix.All && one.rows[place] != fix.From || fix.Decide == nil && one.column < 0 {
			continue
		}
		changes = append(changes, Change{Line: c.rows[place].line, Column: max(one.column, 0), Text: fix.Text, Decide: fix.Decide})
	}
	return changes
}

// LiveRow is a row for display.
type LiveRow struct {
	Line     int
	Number   int // in the roster
	Cells    []string
	Edited   []int // the columns that were edited
	Decision Decision
	Outcome  outcome.Outcome
	Findings []LiveFinding
	Done     bool // an earlier run is done with the row, and it can't be edited
}

// LiveFinding is a problem of a row, or a note on a row that needs no fix.
type LiveFinding struct {
	outcome.Problem
	Column int // -1 for none
	ToFix  bool
	Text   string // of the cell
}

// Row returns the row of a line.
func (c *LiveCheck) Row(line int) (LiveRow, bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	place, ok := c.places[line]
	if !ok {
		return LiveRow{}, false
	}
	return c.show(place), true
}

func (c *LiveCheck) show(place int) LiveRow {
	live, row := &c.rows[place], c.row(place)
	return LiveRow{
		Line: row.line, Number: row.number, Cells: slices.Clone(row.cells), Edited: c.edits.Columns(row.line), Decision: c.edits[row.line].Decision,
		Outcome: live.outcome, Findings: c.findings(place), Done: row.kept(),
	}
}

// RowFilter chooses rows to show.
type RowFilter string

// The filters. Any other filter is the ID of a group.
const (
	AllRows   RowFilter = "all"
	RowsToFix RowFilter = "fix"
	RowsThere RowFilter = "there"
	RowsNew   RowFilter = "new"
	RowsOut   RowFilter = "out" // not people, and left out
)

// Rows returns at most n rows that a filter chooses, from the given position on, and how
// many rows the filter chooses.
func (c *LiveCheck) Rows(filter RowFilter, from, n int) (rows []LiveRow, total int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for place := range c.rows {
		if !c.chooses(filter, place) {
			continue
		}
		if total++; total > from && len(rows) < n {
			rows = append(rows, c.show(place))
		}
	}
	return rows, total
}

func (c *LiveCheck) chooses(filter RowFilter, place int) bool {
	status := c.rows[place].outcome.Status
	switch filter {
	case AllRows:
		return true
	case RowsToFix:
		return status.Retryable()
	case RowsThere:
		return status.HasPerson()
	case RowsNew:
		return status == ""
	case RowsOut:
		return status == outcome.Skipped
	}
	return slices.ContainsFunc(c.rows[place].groups, func(g *liveGroup) bool { return g.id == string(filter) })
}

// Changed returns the rows whose outcome the latest edit has changed, and the edited
// rows.
func (c *LiveCheck) Changed() []LiveRow {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var rows []LiveRow
	for _, place := range c.changed {
		rows = append(rows, c.show(place))
	}
	return rows
}
