package report

import (
	"io"
	"time"

	"muster/importer/text"
)

// Plan is what a run is about to do.
type Plan struct {
	Rows      int
	Roster    string
	Project   string        // name and number, as far as known
	Estimate  time.Duration // 0 if not known
	Rehearsal bool
}

// WritePlan writes a plan as a sentence, in lines of at most width columns.
func WritePlan(w io.Writer, plan Plan, width int) error {
	sentence := text.Plural(plan.Rows, "row", "rows")
	if plan.Rehearsal {
		sentence = "Rehearsal, nothing is sent to Procore: " + sentence
	}
	if plan.Roster != "" {
		sentence += " of " + Clean(plan.Roster)
	}
	if plan.Project != "" {
		sentence += " for " + Clean(plan.Project)
	}
	if plan.Estimate > 0 {
		sentence += ", in " + text.About(plan.Estimate)
	}
	p := NewPage(width)
	p.Line("", "", sentence+".")
	return p.Print(w)
}
