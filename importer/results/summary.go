package results

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"muster/importer/outcome"
	"muster/importer/workbook"
)

// exampleRows is how many rows the summary names for one problem.
const exampleRows = 10

// summary counts rows by status and by problem, for the sheet that is added to a
// workbook.
type summary struct {
	counts outcome.Counts
	groups []*group
}

// group is the rows with problems of a code.
type group struct {
	code, message, hint string // of the first row
	count               int
	rows                []string
}

func (s *summary) add(o *outcome.Outcome) {
	s.counts.Add(o.Status, 1)
	if !o.Status.NeedsLook() {
		return
	}
	for i, p := range o.Problems {
		if slices.ContainsFunc(o.Problems[:i], func(earlier outcome.Problem) bool { return earlier.Code == p.Code }) {
			continue
		}
		g := s.group(p)
		if g.count++; o.Row > 0 && len(g.rows) < exampleRows { // a line that was added by hand has no row
			g.rows = append(g.rows, strconv.Itoa(o.Row))
		}
	}
}

// group returns the group of a problem.
func (s *summary) group(p outcome.Problem) *group {
	for _, g := range s.groups {
		if g.code == p.Code {
			return g
		}
	}
	g := &group{code: p.Code, message: p.Message, hint: p.Hint}
	s.groups = append(s.groups, g)
	return g
}

// lines returns the lines of the summary sheet.
func (s *summary) lines(o Options) []workbook.Line {
	title := "What became of the roster"
	if o.Rehearsal {
		title = "What would become of the roster: this was a rehearsal, and no person was created"
	}
	var lines []workbook.Line
	add := func(l workbook.Line, cells ...string) {
		l.Cells = cells
		lines = append(lines, l)
	}
	add(workbook.Line{Bold: true}, title)
	add(workbook.Line{})
	for _, status := range outcome.Statuses() {
		if n := s.counts.Of(status); n > 0 {
			look := statusLooks()[status]
			add(workbook.Line{Tone: look.tone}, string(status), strconv.Itoa(n), look.meaning)
		}
	}
	add(workbook.Line{Bold: true}, "all together", strconv.Itoa(s.counts.Rows()))
	if len(s.groups) > 0 {
		add(workbook.Line{})
		add(workbook.Line{Bold: true}, "what is wrong", "how many", "for example", "what to do", "where (import_row)")
	}
	slices.SortFunc(s.groups, func(a, b *group) int { return cmp.Or(b.count-a.count, strings.Compare(a.code, b.code)) })
	for _, g := range s.groups {
		rows := strings.Join(g.rows, ", ")
		if g.count > len(g.rows) && rows != "" {
			rows += ", …"
		}
		add(workbook.Line{}, g.code, strconv.Itoa(g.count), g.message, g.hint, rows)
	}
	if s.counts.NeedLook()+s.counts.Pending > 0 && !o.Rehearsal {
		add(workbook.Line{})
		add(workbook.Line{Bold: true}, "what comes next")
		add(workbook.Line{}, fmt.Sprintf("Correct the cells on the sheet %q, save this workbook, and give it to muster retry.", o.Sheet))
	}
	return lines
}

// statusLook is how a workbook shows a status.
type statusLook struct {
	tone    workbook.Tone
	meaning string
}

func statusLooks() map[outcome.Status]statusLook {
	return map[outcome.Status]statusLook{
		outcome.Created:  {workbook.Good, "created by the import"},
		outcome.Existing: {workbook.Good, "in the project already"},
		outcome.Skipped:  {workbook.Plain, "left out: not a person, or filtered out by the mapping"},
		outcome.Invalid:  {workbook.Bad, "not sent: the row needs a correction"},
		outcome.Failed:   {workbook.Bad, "refused by Procore: the person does not exist"},
		outcome.Unknown:  {workbook.Doubt, "sent, and not settled: the next run finds out whether the person exists"},
		outcome.Pending:  {workbook.Doubt, "not sent yet: the run stopped first"},
	}
}
