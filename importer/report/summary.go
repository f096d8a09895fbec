package report

import (
	"encoding/json"
	"fmt"
	"io"
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
	Finished    = "finished"    // every row was looked at
	Stopped     = "stopped"     // the run ended itself early
	Interrupted = "interrupted" // it was told to end
	Checked     = "checked"     // nothing was sent, nor meant to be
	NotStarted  = "not_started" // usage, config, roster or mapping: nothing was sent
	Locked      = "locked"      // another run is at work
)

// Error is what ended a run early, or kept it from beginning.
type Error struct {
	Code     string          `json:"code"`
	Message  string          `json:"message"`
	Where    *fault.Where    `json:"where,omitempty"`
	Fix      string          `json:"fix"` // what to do; may be empty
	Problems []fault.Problem `json:"problems,omitempty"`
}

// Summary is what became of a run. Its JSON is a contract with other programs:
// the fields, their names and their order.
type Summary struct {
	Run      string `json:"run"`
	Status   string `json:"status"`
	ExitCode int    `json:"exit_code"`
	Rows     int    `json:"rows"` // the sum of Counts, whatever it was set to
	outcome.Counts
	Requests  int     `json:"requests"`
	Throttled int     `json:"throttled"`
	Retries   int     `json:"retries"`
	Elapsed   float64 `json:"elapsed_s"`          // seconds
	Results   string  `json:"results"`            // the results file; "" if none was written
	Problems  []Group `json:"problems"`           // as Groups.List returns them
	Parts     []Part  `json:"projects,omitempty"` // of a roster for several projects; Run is the first one's
	Error     *Error  `json:"error,omitempty"`    // what stopped it; nil if nothing did

	Remarked  []Group  `json:"-"` // remarks on rows that are settled; in JSON they are among the problems
	Updated   int      `json:"-"` // people who were there already and were given the roster's job title
	Rehearsal bool     `json:"-"` // the Procore was simulated
	Project   string   `json:"-"` // its name, if known
	Why       string   `json:"-"` // a sentence: why it stopped early
	Remarks   []string `json:"-"` // sentences about how the roster was read
	Next      []string `json:"-"` // commands to run next, exactly as to be typed
	FullList  string   `json:"-"` // where all problems are, or the command that writes them; "" = Results
}

// Part is what became of one project's rows.
type Part struct {
	Project int64  `json:"project"`
	Name    string `json:"name"`
	Run     string `json:"run"`
	Rows    int    `json:"rows"` // the sum of Counts, whatever it was set to
	outcome.Counts
}

// WriteJSON writes the summary as one JSON object on one line.
func WriteJSON(w io.Writer, s Summary) error { return writeJSON(w, s.forJSON()) }

// forJSON completes what follows from the rest.
func (s Summary) forJSON() Summary {
	s.Rows = s.Counts.Rows()
	s.Parts = slices.Clone(s.Parts)
	for i := range s.Parts {
		s.Parts[i].Rows = s.Parts[i].Counts.Rows()
	}
	s.Problems = merged(slices.Concat(s.Problems, s.Remarked))
	s.Elapsed = math.Round(s.Elapsed*1000) / 1000
	return s
}

func writeJSON(w io.Writer, object any) error {
	text, err := json.Marshal(object)
	if err != nil {
		return fmt.Errorf("write the summary: %w", err)
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// WriteText writes the summary for people, in lines of at most width columns;
// only commands and names of files may be longer, because they are copied. With
// the width [Plain] it is made to be heard.
func WriteText(w io.Writer, s Summary, width int) error {
	p := newPage(width)
	p.line("", "", s.sentence())
	if s.Why != "" {
		p.line("", "", Clean(s.Why))
	}
	p.blank()
	p.counts(s.Counts, meanings())
	p.parts(s.Parts)
	if effort := s.effort(); effort != "" {
		p.blank()
		p.line("", "", effort)
	}
	p.problems(s)
	p.ending(s)
	_, err := io.WriteString(w, p.b.String())
	return err
}

// sentence says what happened.
func (s Summary) sentence() string {
	var b strings.Builder
	if s.Rehearsal {
		b.WriteString("This was a rehearsal: nothing was sent to Procore. ")
	}
	rows, settled, wrong := s.Counts.Rows(), s.Created+s.Existing+s.Skipped, s.Invalid+s.Failed+s.Unknown
	switch s.Status {
	case Stopped:
		b.WriteString("The run stopped early: ")
	case Interrupted:
		b.WriteString("The run was interrupted; what was on its way was finished and recorded: ")
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
	case wrong > 0 && settled == 0:
		fmt.Fprintf(&b, "Nothing is done yet: %s %s to be looked at.", text.Plural(rows, "row", "rows"), have(rows))
	case wrong > 0:
		fmt.Fprintf(&b, "%s of %s %s done%s; %s %s to be looked at.",
			text.Number(settled), text.Plural(rows, "row", "rows"), are(settled), place, text.Number(wrong), have(wrong))
	case s.Created == 0 && s.Existing == rows && !s.someGone():
		what := "Nothing was to be done"
		if s.Updated > 0 {
			what = "Nobody was to be created"
		}
		fmt.Fprintf(&b, "%s: %s in the roster %s%s already.", what, everyone(rows), are(rows), orThere(place))
	case s.Created == 0 && s.Updated > 0:
		fmt.Fprintf(&b, "Nobody was to be created for %s.", text.Plural(rows, "row", "rows"))
	case s.Created == 0:
		fmt.Fprintf(&b, "Nothing was to be done for %s.", text.Plural(rows, "row", "rows"))
	case s.Created == rows:
		fmt.Fprintf(&b, "%s %s created%s.", text.Plural(rows, "person", "people"), were(rows), place)
	default:
		fmt.Fprintf(&b, "All %s are done%s; %s %s created.",
			text.Plural(rows, "row", "rows"), place, text.Plural(s.Created, "person", "people"), were(s.Created))
	}
	if s.Updated > 0 {
		fmt.Fprintf(&b, " %s %s changed to the roster's.", text.Plural(s.Updated, "job title", "job titles"), were(s.Updated))
	}
	return b.String()
}

func everyone(n int) string {
	if n == 1 {
		return "the one person"
	}
	return "all " + text.Number(n) + " people"
}

func orThere(place string) string {
	if place == "" {
		return " there"
	}
	return place
}

// meaning is what a status says to people.
type meaning struct {
	status outcome.Status
	words  string
}

func meanings() []meaning {
	return []meaning{
		{outcome.Created, "created"},
		{outcome.Existing, "there already"},
		{outcome.Skipped, "skipped: nobody to create"},
		{outcome.Invalid, "invalid: to be corrected, nothing was sent"},
		{outcome.Failed, "failed: Procore did not take them"},
		{outcome.Unknown, "unknown: sent, and what came of it is not settled"},
		{outcome.Pending, "pending: not attempted"},
	}
}

// counts writes how many rows there are of each status that occurs, and their sum.
func (p *page) counts(c outcome.Counts, words []meaning) {
	total := text.Number(c.Rows())
	if p.plain() {
		for _, m := range words {
			if n := c.Of(m.status); n > 0 {
				label, note, noted := strings.Cut(m.words, ": ")
				value := text.Number(n)
				if noted {
					value += " (" + note + ")"
				}
				p.line("", "", text.Capital(label)+": "+value)
			}
		}
		p.line("", "", "Rows in all: "+total)
		return
	}
	row := func(n, text string) {
		first := "  " + strings.Repeat(" ", len(total)-len(n)) + n + "  "
		p.line(first, strings.Repeat(" ", len(first)), text)
	}
	for _, m := range words {
		if n := c.Of(m.status); n > 0 {
			row(text.Number(n), m.words)
		}
	}
	row(total, text.Choose(c.Rows(), "row in all", "rows in all"))
}

// parts writes what became of each project's rows.
func (p *page) parts(parts []Part) {
	if len(parts) < 2 {
		return
	}
	p.blank()
	for _, part := range parts {
		var words []string
		for _, m := range meanings() {
			if n := part.Of(m.status); n > 0 {
				word, _, _ := strings.Cut(m.words, ":")
				words = append(words, text.Number(n)+" "+word)
			}
		}
		first, name := "  ", fmt.Sprintf("%s (%d)", Clean(part.Name), part.Project)
		if number := fmt.Sprintf("project %d", part.Project); part.Name == number { // it has no other name
			name = text.Capital(number)
		} else if p.plain() {
			first = "Project "
		}
		p.line(first, "    ", name+": "+strings.Join(words, ", "))
	}
}

// effort says what it took.
func (s Summary) effort() string {
	if s.Requests == 0 {
		return ""
	}
	sentence := fmt.Sprintf("It took %s and %s", text.Duration(time.Duration(s.Elapsed*float64(time.Second))), text.Plural(s.Requests, "request", "requests"))
	if s.Retries > 0 {
		sentence += ", " + text.Plural(s.Retries, "of them a repetition", "of them repetitions")
	}
	sentence += "."
	if s.Throttled > 0 {
		sentence += " Procore asked to slow down " + text.Choose(s.Throttled, "once", text.Number(s.Throttled)+" times") + "."
	}
	return sentence
}

// ending writes the remarks, where the results are, and what to do next.
func (p *page) ending(s Summary) {
	if len(s.Remarks) > 0 {
		p.blank()
		for _, remark := range s.Remarks {
			p.line("Note: ", "      ", Clean(remark))
		}
	}
	if s.Results != "" {
		p.blank()
		p.named("Results: ", s.Results)
	}
	for i, command := range s.Next {
		if i == 0 {
			p.blank()
		}
		if i == 0 || p.plain() {
			p.named("Next:    ", command)
		} else {
			p.named("         ", command)
		}
	}
}

// someGone reports whether some rows' people are not on the project any more.
func (s *Summary) someGone() bool {
	return slices.ContainsFunc(s.Remarked, func(g Group) bool { return g.Code == "gone" })
}
