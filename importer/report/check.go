package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"muster/importer/outcome"
)

// Column is a heading of the roster and what it becomes.
type Column struct {
	Field   string // of the person, such as "first_name"
	Heading string
	How     string // such as "exact" or "mapping file"; may be empty
}

// Check is what a roster would become. Its counts hold as pending the rows that
// an import would send; its JSON is that of Summary.
type Check struct {
	Summary
	Roster   string
	Columns  []Column      // the mapping
	Unused   []string      // headings that nothing takes
	Withheld []string      // headings of what is never sent: social security numbers, birth dates
	Estimate time.Duration // how long an import would take; 0 if not known
}

// WriteCheck writes a check for people, in lines of at most width columns; only
// commands and names of files may be longer.
func WriteCheck(w io.Writer, c Check, width int) error {
	p := newPage(width)
	p.line("", "", c.verdict())
	p.mapping(c)
	p.blank()
	p.counts(c.Counts, []meaning{
		{outcome.Created, "created"},
		{outcome.Existing, "there already"},
		{outcome.Skipped, "would be skipped: nobody to create"},
		{outcome.Invalid, "invalid: to be corrected"},
		{outcome.Failed, "failed"},
		{outcome.Unknown, "unknown: sent once, but the answer was lost"},
		{outcome.Pending, "would be sent"},
	})
	if c.Estimate > 0 && c.Pending > 0 {
		p.blank()
		p.line("", "", "An import would take about "+span(c.Estimate)+".")
	}
	p.problems(c.Summary)
	p.ending(c.Summary)
	_, err := io.WriteString(w, p.b.String())
	return err
}

// verdict says whether the roster is ready.
func (c Check) verdict() string {
	rows, wrong := c.Counts.Rows(), c.Invalid+c.Failed+c.Unknown
	name := Clean(c.Roster)
	if name == "" {
		name = "the roster"
	}
	switch {
	case rows == 0:
		return "There is no row to import in " + name + "."
	case wrong == 0:
		return fmt.Sprintf("%s is ready: no problem in %s. Nothing was sent.", capital(name, c.Roster), plural(rows, "row", "rows"))
	}
	return fmt.Sprintf("%s of %s in %s %s a problem. Nothing was sent.", number(wrong), plural(rows, "row", "rows"), name, have(wrong))
}

// capital begins a sentence; a file's name keeps its letters.
func capital(name, given string) string {
	if given != "" {
		return name
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// mapping writes which heading becomes which field.
func (p *page) mapping(c Check) {
	if len(c.Columns)+len(c.Unused)+len(c.Withheld) == 0 {
		return
	}
	widest := 0
	for _, column := range c.Columns {
		widest = max(widest, columns(column.Field))
	}
	p.blank()
	for _, column := range c.Columns {
		first := "  " + column.Field + strings.Repeat(" ", widest-columns(column.Field)) + "  "
		text := Clean(column.Heading)
		if text != "" {
			text = `"` + text + `"`
		}
		if column.How != "" {
			text += " (" + Clean(column.How) + ")"
		}
		p.line(first, strings.Repeat(" ", columns(first)), text)
	}
	p.headings("not used: ", c.Unused)
	p.headings("never sent: ", c.Withheld)
}

func (p *page) headings(what string, list []string) {
	if len(list) == 0 {
		return
	}
	quoted := make([]string, len(list))
	for i, heading := range list {
		quoted[i] = `"` + Clean(heading) + `"`
	}
	p.line("  "+what, "    ", strings.Join(quoted, ", "))
}

// Plan is what a run is about to do.
type Plan struct {
	Rows      int
	Roster    string
	Project   string        // its name, if known
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
		if plan.Estimate >= time.Second {
			text += ", in about " + span(plan.Estimate)
		} else {
			text += ", in less than a second"
		}
	}
	p.line("", "", text+".")
	_, err := io.WriteString(w, p.b.String())
	return err
}
