package results

import (
	"fmt"
	"strings"
	"time"

	"muster/importer/outcome"
	"muster/importer/workbook"
)

// The titles of the summary sheet, by which a later writing finds the sheet.
const (
	titleOfRun       = "What became of the roster"
	titleOfRehearsal = "What would become of the roster: this was a rehearsal, and no person was created"
)

// About says which run wrote a results file, for the summary sheet.
type About struct {
	Project string // the name and the number, or several of both
	Run     string // the ID in the ledger
	Started time.Time
}

// facts returns what is known of the run, each with a label.
func (a *About) facts() [][2]string {
	if a.Run == "" {
		return nil
	}
	return [][2]string{{"project", a.Project}, {"date", a.Started.Local().Format("2006-01-02 15:04")}, {"run", a.Run}}
}

// summary counts rows by status and problems by kind, for the sheet that is added to
// a workbook.
type summary struct {
	counts   outcome.Counts
	problems outcome.Groups
}

func (s *summary) add(o *outcome.Outcome) {
	s.counts.Add(o.Status, 1)
	if o.Status.NeedsLook() {
		for _, p := range o.Problems {
			s.problems.Add(p, o.Row)
		}
	}
}

// lines returns the lines of the summary sheet.
func (s *summary) lines(o Options) []workbook.Line {
	title := titleOfRun
	if o.Rehearsal {
		title = titleOfRehearsal
	}
	var lines []workbook.Line
	add := func(l workbook.Line, cells ...any) {
		l.Cells = cells
		lines = append(lines, l)
	}
	add(workbook.Line{Bold: true}, title)
	for _, fact := range o.about.facts() {
		add(workbook.Line{}, fact[0], "", fact[1])
	}
	add(workbook.Line{})
	for status, n := range s.counts.Each() {
		look := statusLooks()[status]
		add(workbook.Line{Tone: look.tone}, string(status), n, look.meaning)
	}
	add(workbook.Line{Bold: true}, "all together", s.counts.Rows())
	groups := s.problems.List()
	if len(groups) > 0 {
		add(workbook.Line{})
		add(workbook.Line{Bold: true}, "what is wrong", "how many", "for example", "what to do", "where (import_row)")
	}
	for _, g := range groups {
		rows := strings.ReplaceAll(strings.Trim(fmt.Sprint(g.ExampleRows), "[]"), " ", ", ")
		if g.Count > len(g.ExampleRows) && rows != "" {
			rows += ", …"
		}
		add(workbook.Line{}, g.Code, g.Count, g.Message, g.Hint, rows)
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
		outcome.Existing: {workbook.Good, "there already, or created by an earlier run"},
		outcome.Skipped:  {workbook.Plain, "left out: not a person, or filtered out by the mapping"},
		outcome.Invalid:  {workbook.Bad, "not sent: the row needs a correction"},
		outcome.Failed:   {workbook.Bad, "refused by Procore: the person does not exist"},
		outcome.Unknown:  {workbook.Doubt, "sent, and not settled: the next run finds out whether the person exists"},
		outcome.Pending:  {workbook.Doubt, "not sent yet: the run stopped first"},
	}
}
