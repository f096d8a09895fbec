package report

import (
	"io"
	"time"
)

// Plan is what a run is about to do.
type Plan struct {
	Rows      int
	Roster    string
	Project   string        // its name and number, as far as known
	Estimate  time.Duration // 0 if not known
	Rehearsal bool
}

// WritePlan writes in one sentence what a run is about to do, in lines of at most
// width columns.
func WritePlan(w io.Writer, plan Plan, width int) error {
	p := newPage(width)
	text := plural(plan.Rows, "row", "rows")
	if plan.Roster != "" {
		text += " of " + Clean(plan.Roster)
	}
	if plan.Project != "" {
		text += " for " + Clean(plan.Project)
	}
	if plan.Rehearsal {
		text = "Rehearsal, nothing is sent to Procore: " + text
	}
	if plan.Estimate > 0 {
		text += ", in " + about(plan.Estimate)
	}
	p.line("", "", text+".")
	_, err := io.WriteString(w, p.b.String())
	return err
}
