package importer

import (
	"cmp"
	"encoding/hex"
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

// finding is a problem of a row in the check, or a note.
type finding struct {
	outcome.Problem
	column int // -1 for none
	toFix  bool
	text   string // of the cell
}

// liveGroup is a group with the places of the rows.
type liveGroup struct {
	key    string
	column int
	first  int            // a place in rows
	rows   map[int]string // the text of each row's cell
}

// liveGroups groups the findings of rows. The zero value is ready.
type liveGroups struct{ byKey map[string]*liveGroup }

// add adds the findings of a row, and returns the groups of the row.
func (g *liveGroups) add(place int, findings []finding) []*liveGroup {
	var groups []*liveGroup
	if g.byKey == nil {
		g.byKey = map[string]*liveGroup{}
	}
	for _, f := range findings {
		key := f.key()
		group := g.byKey[key]
		if group == nil {
			group = &liveGroup{key: key, column: f.column, first: place, rows: map[int]string{}}
			g.byKey[key] = group
		}
		group.rows[place] = f.text
		group.first = min(group.first, place)
		groups = append(groups, group)
	}
	return groups
}

// remove takes a row out of groups.
func (g *liveGroups) remove(place int, groups []*liveGroup) {
	for _, group := range groups {
		delete(group.rows, place)
		switch {
		case len(group.rows) == 0:
			delete(g.byKey, group.key)
		case group.first == place:
			group.first = slices.Min(slices.Collect(maps.Keys(group.rows)))
		}
	}
}

// key is the same for findings of one group.
func (f finding) key() string {
	kind := "note\x00"
	if f.toFix {
		kind = "fix\x00"
	}
	return kind + f.Kind()
}

// findings returns the problems of a row, or the notes on a row that needs no fix.
func (c *LiveCheck) findings(place int) []finding {
	problems, notes := RowRecorded{Outcome: c.rows[place].outcome}.Findings()
	var findings []finding
	for _, p := range slices.Concat(problems, notes) {
		f := finding{Problem: p, column: c.columnOf(place, p.Cell), toFix: len(problems) > 0}
		if cells := c.row(place).cells; f.column >= 0 && f.column < len(cells) {
			f.text = strings.TrimSpace(cells[f.column])
		}
		findings = append(findings, f)
	}
	return findings
}

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
	for _, group := range c.groups.byKey {
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
	view := ProblemGroup{ID: group.id(), Column: group.column, Rows: len(group.rows)}
	for _, f := range c.findings(group.first) {
		if f.key() == group.key {
			view.Code, view.Field, view.ToFix, view.Message, view.Hint = f.Code, mapping.Field(f.Field), f.toFix, f.Message, f.Hint
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

func (g *liveGroup) id() string {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(g.key)) // never fails
	return hex.EncodeToString(sum.Sum(nil))
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
	for _, one := range c.groups.byKey {
		if one.id() != group {
			continue
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
	return nil
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
	shown := LiveRow{
		Line: row.line, Number: row.number, Cells: slices.Clone(row.cells), Edited: c.edits.Columns(row.line), Decision: c.edits[row.line].Decision,
		Outcome: live.outcome, Done: row.kept(),
	}
	for _, f := range c.findings(place) {
		shown.Findings = append(shown.Findings, LiveFinding{f.Problem, f.column, f.toFix})
	}
	return shown
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
	return slices.ContainsFunc(c.rows[place].groups, func(g *liveGroup) bool { return g.id() == string(filter) })
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
