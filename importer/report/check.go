package report

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"muster/importer/outcome"
	"muster/importer/text"
)

// Column is a heading of the roster and the field that gets the cells.
type Column struct {
	Field   string `json:"field"` // of the person, such as "first_name"
	Heading string `json:"heading"`
	How     string `json:"how"` // such as "exact" or "mapping file"; may be empty
}

// Check is the result of checking a roster. The rows that an import would send
// are counted as pending. The JSON is a contract with other programs.
type Check struct {
	Summary
	Open     []string `json:"-"`         // sentences: what only an import can show
	LookedUp bool     `json:"looked_up"` // rows were compared with the project's people and the ledger
	Import   Import   `json:"import"`    // what an import would do
	Columns  []Column `json:"columns"`   // the mapping
	Unused   []string `json:"unused"`    // headings that no field uses
	Withheld []string `json:"withheld"`  // headings of what is never sent: social security numbers, birth dates
	Plan     string   `json:"plan"`      // the plan file; "" if none was written
}

// Import is what an import would do.
type Import struct {
	Create   int           // people
	Update   int           // job titles
	Requests int           // with lookups; 0 if not known
	Estimate time.Duration // 0 if not known
}

// MarshalJSON writes what is not known as null.
func (i Import) MarshalJSON() ([]byte, error) {
	object := struct {
		Create   int `json:"create"`
		Update   int `json:"update"`
		Requests any `json:"requests"`
		Estimate any `json:"estimate_s"`
	}{Create: i.Create, Update: i.Update}
	if i.Requests > 0 {
		object.Requests = i.Requests
	}
	if i.Estimate > 0 {
		object.Estimate = math.Round(i.Estimate.Seconds()*10) / 10
	}
	return json.Marshal(object)
}

// Show writes the check for people as the summary of a run. What the user must do comes
// last, where a terminal shows it.
func (c Check) Show(p *Page) {
	p.mapping(c)
	p.effort(c)
	if p.b.Len() > 0 {
		p.Blank()
	}
	p.counts(c.Counts, c.meanings())
	p.Blank()
	p.Line("", "", c.verdict())
	if c.Why != "" {
		p.Line("", "", Clean(c.Why))
	}
	p.problems(c.Summary)
	p.ending(c.Summary)
}

// meanings explains the statuses of rows that were not sent.
func (c Check) meanings() []statusMeaning {
	there := "there already"
	if c.Project != "" {
		there = "in " + Clean(c.Project) + " already"
	}
	send := "to be created"
	if !c.LookedUp {
		send += ", unless they are in the project already"
	}
	return []statusMeaning{
		{outcome.Pending, send},
		{outcome.Created, "created"},
		{outcome.Existing, there + c.among("differs", "with another job title", "name_only", "by the name alone", "gone", "not on the project any more")},
		{outcome.Skipped, "left out on purpose"},
		{outcome.Invalid, "invalid: correct these rows" + c.among("duplicate_row", "the same person as a row above", "id_conflict", "with the ID of another person")},
		{outcome.Failed, "failed"},
		{outcome.Unknown, "unknown: sent once, and not known whether the person exists"},
	}
}

// among counts the problems of some codes. kinds are pairs of a code and words.
func (c Check) among(kinds ...string) string {
	var parts []string
	for i := 0; i+1 < len(kinds); i += 2 {
		if n := c.count(kinds[i]); n > 0 {
			parts = append(parts, text.Number(n)+" of them "+kinds[i+1])
		}
	}
	if parts == nil {
		return ""
	}
	return ", " + strings.Join(parts, ", ")
}

// count counts the problems and notes of a code.
func (c Check) count(code string) int {
	n := 0
	for _, group := range slices.Concat(c.Problems, c.Notes) {
		if group.Code == code {
			n += group.Count
		}
	}
	return n
}

// effort writes what an import would do, and what is not known yet.
func (p *Page) effort(c Check) {
	if c.Import.Requests > 0 && c.Import.Create+c.Import.Update > 0 {
		p.Blank()
		sentence := "An import would make " + text.Plural(c.Import.Requests, "request", "requests") + " to create " + text.Plural(c.Import.Create, "person", "people")
		if c.Import.Update > 0 {
			sentence += " and to change " + text.Plural(c.Import.Update, "job title", "job titles")
		}
		if c.Import.Estimate > 0 {
			sentence += ", in " + text.About(c.Import.Estimate)
		}
		p.Line("", "", sentence+".")
	}
	if len(c.Open) > 0 {
		p.Blank()
		first := "  - "
		if p.Plain() {
			first = "Not known yet: "
		} else {
			p.b.WriteString("Not known yet:\n")
		}
		for _, sentence := range c.Open {
			p.Line(first, "    ", Clean(sentence))
		}
	}
	if c.Plan != "" {
		p.Blank()
		p.Copyable("Plan:    ", c.Plan)
	}
}

// ForJSON returns the check with the fields that follow from others.
func (c Check) ForJSON() Check {
	c.Summary = c.Summary.ForJSON()
	c.Columns, c.Unused, c.Withheld = append([]Column{}, c.Columns...), append([]string{}, c.Unused...), append([]string{}, c.Withheld...)
	return c
}

// verdict returns a sentence that says how many rows are ready, and what becomes of the rest.
func (c Check) verdict() string {
	rows := c.Counts.Rows()
	people := min(c.count("no_person"), c.Skipped)
	parts := []string{text.Number(c.Pending) + " of " + text.Plural(rows, "row", "rows") + " can be imported"}
	for _, part := range []struct {
		n         int
		one, many string
	}{
		{c.Existing, "is there already", "are there already"},
		{c.NeedLook(), "needs a correction", "need a correction"},
		{people, "is not a person", "are not people"},
		{c.Skipped - people, "is left out on purpose", "are left out on purpose"},
	} {
		if part.n > 0 {
			parts = append(parts, text.Number(part.n)+" "+text.Choose(part.n, part.one, part.many))
		}
	}
	return strings.Join(parts, "; ") + ". Nothing was sent."
}

// mapping writes the heading of every field.
func (p *Page) mapping(c Check) {
	if len(c.Columns)+len(c.Unused)+len(c.Withheld) == 0 {
		return
	}
	widest := 0
	for _, column := range c.Columns {
		widest = max(widest, columns(column.Field))
	}
	if !p.Plain() {
		p.b.WriteString("How the columns are read:\n")
	}
	for _, column := range c.Columns {
		first := "  " + column.Field + strings.Repeat(" ", widest-columns(column.Field)) + "  "
		source := Clean(column.Heading)
		if source != "" {
			source = `"` + source + `"`
		}
		if column.How != "" {
			source += " (" + Clean(column.How) + ")"
		}
		if p.Plain() {
			first = "Column for " + column.Field + ": "
		}
		p.Line(first, strings.Repeat(" ", columns(first)), source)
	}
	p.headings("not used", c.Unused, WhyUnused)
	p.headings("never sent", c.Withheld, "")
}

// WhyUnused says behind the columns that feed no field where the fields are listed.
const WhyUnused = " (muster help mapping lists the fields that Procore takes)"

// headings writes a list of headings with a reason behind.
func (p *Page) headings(what string, list []string, why string) {
	if len(list) == 0 {
		return
	}
	const most = 30
	var quoted []string
	for _, heading := range list {
		quoted = append(quoted, `"`+Clean(heading)+`"`)
	}
	headings := strings.Join(quoted, ", ")
	if left := len(list) - most; left > 1 {
		headings = strings.Join(quoted[:most], ", ") + " and " + text.Number(left) + " more"
	}
	if p.Plain() {
		what = "Columns " + what
	}
	p.Line("  "+what+": ", "    ", headings+why)
}
