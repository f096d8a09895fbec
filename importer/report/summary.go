package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"muster/importer/fault"
	"muster/importer/outcome"
	"muster/importer/text"
)

// The words of Summary.Status.
const (
	Finished    = "finished"    // every row was attempted
	Stopped     = "stopped"     // the run stopped early because of an error
	Interrupted = "interrupted" // the user or the system stopped the run
	Checked     = "checked"     // a check: nothing was sent
	NotStarted  = "not_started" // usage, config, roster or mapping: nothing was sent
	Locked      = "locked"      // another run holds the lock
)

// Summary is the result of a run. The JSON is a contract with other programs:
// fields, names and order.
type Summary struct {
	Run      string `json:"run"`
	Status   string `json:"status"`
	ExitCode int    `json:"exit_code"`
	Rows     int    `json:"rows"` // set from Counts
	outcome.Counts
	Effort
	Results  string          `json:"results"`            // the results file; "" if none was written
	Problems []outcome.Group `json:"problems"`           // as Groups.List returns them
	Parts    []Part          `json:"projects,omitempty"` // of a roster for several projects
	Error    *fault.Error    `json:"error,omitempty"`    // what stopped the run; nil if nothing did
	Read     []string        `json:"notes,omitempty"`    // set from Remarks
	Details  `json:"-"`
}

// Effort is the requests and the time that a run took.
type Effort struct {
	Requests  int     `json:"requests"`
	Throttled int     `json:"throttled"`
	Retries   int     `json:"retries"`
	Elapsed   float64 `json:"elapsed_s"` // seconds
}

// Details are the parts of a summary for people alone.
type Details struct {
	Notes     []outcome.Group // on rows without a problem; in JSON among the problems
	Earlier   int             // existing people who were created by earlier runs
	Updated   int             // existing people who got the roster's job title
	Rehearsal bool            // the Procore was simulated
	Project   string          // the name, if known
	Why       string          // a sentence: why the run stopped early
	Remarks   []string        // sentences about how the roster was read
	Next      string          // the command to run next, or ""
	FullList  string          // where all problems are, or the command that writes that file; "" = Results
}

// Part is the result of the rows of a project.
type Part struct {
	Project int64  `json:"project"`
	Name    string `json:"name"`
	Run     string `json:"run"`
	Rows    int    `json:"rows"` // set from Counts
	outcome.Counts
}

// ForJSON returns the summary with the fields that follow from others.
func (s Summary) ForJSON() Summary {
	s.Rows = s.Counts.Rows()
	s.Parts = slices.Clone(s.Parts)
	for i := range s.Parts {
		s.Parts[i].Rows = s.Parts[i].Counts.Rows()
	}
	s.Problems = outcome.MergeGroups(slices.Concat(s.Problems, s.Notes))
	s.Read = s.Remarks
	s.Elapsed = math.Round(s.Elapsed*1000) / 1000
	return s
}

// Show writes the summary for people. Only commands and names of files, which are for
// copying, may be longer than the lines of the page.
func (s Summary) Show(p *Page) {
	p.Line("", "", s.sentence())
	if s.Why != "" {
		p.Line("", "", Clean(s.Why))
	}
	p.Blank()
	p.counts(s.Counts, statusMeanings())
	p.parts(s.Parts)
	if effort := s.effort(); effort != "" {
		p.Blank()
		p.Line("", "", effort)
	}
	p.problems(s)
	p.ending(s)
}

// sentence returns the result in a sentence or two.
func (s Summary) sentence() string {
	var b strings.Builder
	if s.Rehearsal {
		b.WriteString("This was a rehearsal: nothing was sent to Procore. ")
	}
	rows, done, wrong := s.Counts.Rows(), s.Created+s.Existing+s.Skipped, s.NeedLook()
	switch s.Status {
	case Stopped:
		b.WriteString("The run stopped early: ")
	case Interrupted:
		b.WriteString("The run was interrupted; requests already sent were finished and recorded: ")
	}
	place := ""
	if s.Project != "" {
		place = " in " + Clean(s.Project)
	}
	switch {
	case rows == 0:
		b.WriteString("There was no row to import.")
	case s.Pending > 0:
		fmt.Fprintf(&b, "%s of %s %s not attempted.", text.Number(s.Pending), text.Plural(rows, "row", "rows"), were(s.Pending))
	case wrong > 0 && done == 0:
		fmt.Fprintf(&b, "No row is done yet: you must look at %s.", text.Plural(rows, "row", "rows"))
	case wrong > 0:
		fmt.Fprintf(&b, "%s of %s %s done%s; you must look at %s.",
			text.Number(done), text.Plural(rows, "row", "rows"), are(done), place, text.Number(wrong))
	case s.Created == 0 && s.Existing == rows && !s.someGone():
		if place == "" {
			place = " there"
		}
		people := text.Choose(rows, "the one person", "all "+text.Number(rows)+" people")
		fmt.Fprintf(&b, "%s: %s in the roster %s%s already.", s.noneCreated(), people, are(rows), place)
	case s.Created == 0:
		fmt.Fprintf(&b, "%s for %s.", s.noneCreated(), text.Plural(rows, "row", "rows"))
	case s.Created == rows:
		fmt.Fprintf(&b, "%s %s created%s.", text.Plural(rows, "person", "people"), were(rows), place)
	default:
		fmt.Fprintf(&b, "All %s are done%s; %s %s created.",
			text.Plural(rows, "row", "rows"), place, text.Plural(s.Created, "person", "people"), were(s.Created))
	}
	if s.Earlier > 0 && s.Created+s.Pending > 0 && !s.Rehearsal && !s.someGone() {
		fmt.Fprintf(&b, " %s of the roster %s now: this run created %s, and earlier runs %s.",
			text.Plural(s.Created+s.Existing, "person", "people"), text.Choose(s.Created+s.Existing, "exists", "exist"), text.Number(s.Created), text.Number(s.Earlier))
	}
	if s.Updated > 0 {
		fmt.Fprintf(&b, " %s %s changed to the roster's.", text.Plural(s.Updated, "job title", "job titles"), were(s.Updated))
	}
	return b.String()
}

func (s Summary) noneCreated() string {
	if s.Updated > 0 {
		return "There was no person to create"
	}
	return "There was nothing to do"
}

// statusMeaning explains a status to people.
type statusMeaning struct {
	status outcome.Status
	words  string
}

func statusMeanings() []statusMeaning {
	return []statusMeaning{
		{outcome.Created, "created"},
		{outcome.Existing, "there already"},
		{outcome.Skipped, "skipped: no person to create"},
		{outcome.Invalid, "invalid: correct these rows; nothing was sent"},
		{outcome.Failed, "failed: Procore refused these rows"},
		{outcome.Unknown, "unknown: sent, and not known whether the person exists"},
		{outcome.Pending, "pending: not attempted"},
	}
}

// counts writes the number of rows of every status that occurs, and the sum.
func (p *Page) counts(c outcome.Counts, meanings []statusMeaning) {
	total := text.Number(c.Rows())
	if p.Plain() {
		for _, m := range meanings {
			if n := c.Of(m.status); n > 0 {
				label, note, noted := strings.Cut(m.words, ": ")
				value := text.Number(n)
				if noted {
					value += " (" + note + ")"
				}
				p.Line("", "", text.Capital(label)+": "+value)
			}
		}
		p.Line("", "", "Rows in all: "+total)
		return
	}
	row := func(n, words string) {
		first := "  " + strings.Repeat(" ", len(total)-len(n)) + n + "  "
		p.Line(first, strings.Repeat(" ", len(first)), words)
	}
	for _, m := range meanings {
		if n := c.Of(m.status); n > 0 {
			row(text.Number(n), m.words)
		}
	}
	row(total, text.Choose(c.Rows(), "row in all", "rows in all"))
}

// parts writes the counts of every project.
func (p *Page) parts(parts []Part) {
	if len(parts) < 2 {
		return
	}
	p.Blank()
	for _, part := range parts {
		var words []string
		for _, m := range statusMeanings() {
			if n := part.Of(m.status); n > 0 {
				word, _, _ := strings.Cut(m.words, ":")
				words = append(words, text.Number(n)+" "+word)
			}
		}
		first, name := "  ", fmt.Sprintf("%s (%d)", Clean(part.Name), part.Project)
		if number := fmt.Sprintf("project %d", part.Project); part.Name == number { // the project's name is not known
			name = text.Capital(number)
		} else if p.Plain() {
			first = "Project "
		}
		p.Line(first, "    ", name+": "+strings.Join(words, ", "))
	}
}

// effort returns a sentence about time and requests.
func (e Effort) effort() string {
	if e.Requests == 0 {
		return ""
	}
	sentence := fmt.Sprintf("The run took %s and %s", text.Duration(time.Duration(e.Elapsed*float64(time.Second))), text.Plural(e.Requests, "request", "requests"))
	if e.Retries > 0 {
		sentence += ", " + text.Plural(e.Retries, "of them a retry", "of them retries")
	}
	sentence += "."
	if e.Throttled > 0 {
		sentence += " Procore asked to slow down " + text.Choose(e.Throttled, "once", text.Number(e.Throttled)+" times") + "."
	}
	return sentence
}

// ending writes the remarks, the results file and what to do next.
func (p *Page) ending(s Summary) {
	if len(s.Remarks) > 0 {
		p.Blank()
		for _, remark := range s.Remarks {
			p.Line("Note: ", "      ", Clean(remark))
		}
	}
	if s.Results != "" {
		p.Blank()
		p.Copyable("Results: ", s.Results)
	}
	if s.Next != "" {
		p.Blank()
		p.Copyable("Next:    ", s.Next)
	}
}

// someGone reports whether people of some rows have left the project.
func (s *Summary) someGone() bool {
	return slices.ContainsFunc(s.Notes, func(g outcome.Group) bool { return g.Code == "gone" })
}
