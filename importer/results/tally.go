package results

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"muster/importer/outcome"
	"muster/importer/results/workbook"
)

// exampleRows is how many rows are named where many have one problem.
const exampleRows = 10

// tally counts what became of rows, and what is wrong with how many.
type tally struct {
	counts outcome.Counts
	groups map[string]*group
}

type group struct {
	message, hint string // of the first row
	count         int
	rows          []string
}

func newTally() tally { return tally{groups: map[string]*group{}} }

func (t *tally) add(o *outcome.Outcome) {
	t.counts.Add(o.Status, 1)
	if !o.Status.Retryable() || o.Status == outcome.Pending {
		return
	}
	counted := map[string]bool{}
	for _, p := range o.Problems {
		g := t.groups[p.Code]
		if g == nil {
			g = &group{message: p.Message, hint: p.Hint}
			t.groups[p.Code] = g
		}
		if counted[p.Code] {
			continue
		}
		counted[p.Code] = true
		if g.count++; o.Row > 0 && len(g.rows) < exampleRows { // a line that somebody added has none
			g.rows = append(g.rows, strconv.Itoa(o.Row))
		}
	}
}

// lines returns what a person is told about the whole.
func (t *tally) lines(o Options) []workbook.Line {
	title := "What became of the roster"
	if o.Rehearsal {
		title = "What would become of the roster: this was a rehearsal, and nobody was created"
	}
	lines := []workbook.Line{{Cells: []string{title}, Bold: true}, {}}
	for _, s := range outcome.Statuses() {
		if n := t.counts.Of(s); n > 0 {
			lines = append(lines, workbook.Line{Cells: []string{string(s), strconv.Itoa(n), meaning(s)}, Tone: tone(s)})
		}
	}
	lines = append(lines, workbook.Line{Cells: []string{"all together", strconv.Itoa(t.counts.Rows())}, Bold: true})
	if len(t.groups) > 0 {
		lines = append(lines, workbook.Line{}, workbook.Line{Cells: []string{"what is wrong", "how many", "for example", "what to do", "where (import_row)"}, Bold: true})
		codes := slices.SortedFunc(maps.Keys(t.groups), func(a, b string) int {
			return cmp.Or(t.groups[b].count-t.groups[a].count, strings.Compare(a, b))
		})
		for _, code := range codes {
			g := t.groups[code]
			rows := strings.Join(g.rows, ", ")
			if g.count > len(g.rows) && rows != "" {
				rows += ", …"
			}
			lines = append(lines, workbook.Line{Cells: []string{code, strconv.Itoa(g.count), g.message, g.hint, rows}})
		}
	}
	if c := t.counts; c.Invalid+c.Failed+c.Unknown+c.Pending > 0 && !o.Rehearsal {
		lines = append(lines, workbook.Line{}, workbook.Line{Cells: []string{"what comes next"}, Bold: true},
			workbook.Line{Cells: []string{fmt.Sprintf("Correct the cells on the sheet %q, save this workbook, and take it up again with muster retry.", o.Sheet)}})
	}
	return lines
}

// meaning explains a status to a person.
func meaning(s outcome.Status) string {
	switch s {
	case outcome.Created:
		return "created by the import"
	case outcome.Existing:
		return "in the project already"
	case outcome.Skipped:
		return "left out: no person's row, or not wanted by the mapping"
	case outcome.Invalid:
		return "not sent: something in the row is to be corrected"
	case outcome.Failed:
		return "refused by Procore: the person does not exist"
	case outcome.Unknown:
		return "sent, and not settled: the next run finds out what came of it"
	case outcome.Pending:
		return "not sent yet: the run stopped before"
	}
	return ""
}
