package report

import (
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

// Sentence returns the plan in words.
func (plan Plan) Sentence() string {
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
	return sentence + "."
}
