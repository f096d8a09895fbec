package report

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"
	"time"

	"muster/importer/outcome"
	"muster/importer/text"
)

//go:embed html
var parts embed.FS

// groupsInPage is how many groups of problems a page shows.
const groupsInPage = 100

// page writes the page. The style and the script bypass the template, which would
// change the texts and so the hashes.
func (h *HTML) page(w io.Writer, s Summary, now time.Time) error {
	base, err := BaseStyle()
	if err != nil {
		return err
	}
	style, err := part("report.css")
	if err != nil {
		return err
	}
	style = base + style
	script, err := part("report.js")
	if err != nil {
		return err
	}
	pages, err := template.New("").Funcs(pageFuncs()).ParseFS(parts, "html/*.tmpl")
	if err != nil {
		return err
	}
	v := h.view(s, now)
	v.StyleHash, v.ScriptHash = hash(style), hash(script)
	out := bufio.NewWriterSize(w, 64<<10)
	for _, write := range []func() error{
		func() error { return pages.ExecuteTemplate(out, "head.tmpl", v) },
		func() error { return writeAll(out, "<style>", style, "</style>\n") },
		func() error { return pages.ExecuteTemplate(out, "body.tmpl", v) },
		func() error { return h.rows.copyTo(out) },
		func() error { return writeAll(out, "<script>", script, "</script>\n</body>\n</html>\n") },
		out.Flush,
	} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

// BaseStyle returns the part of the style sheet that the report shares with the local page.
func BaseStyle() (string, error) { return part("base.css") }

// part returns a part of the page with LF line ends: a browser converts line ends
// to LF before hashing.
func part(name string) (string, error) {
	text, err := parts.ReadFile("html/" + name)
	return strings.ReplaceAll(string(text), "\r\n", "\n"), err
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func writeAll(w io.Writer, texts ...string) error {
	for _, text := range texts {
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
	}
	return nil
}

// pageFuncs returns the functions of the templates.
func pageFuncs() template.FuncMap {
	return template.FuncMap{
		"clean": Clean, "number": text.Number, "times": times, "headline": headline, "unit": unit,
		"people": func(n int) string { return text.Plural(n, "person", "people") },
		"faults": func(n int) string { return text.Plural(n, "fault", "faults") },
		"places": func(g outcome.Group) string { where, _ := places(g); return where },
		// A line may break between the words of a command. A browser would also
		// break after the hyphens of a flag.
		"words": func(command string) []string { return strings.Split(Clean(command), " ") },
	}
}

// view is the data of the templates.
type view struct {
	StyleHash, ScriptHash string
	viewTop
	viewCounts
	viewPace
	Wrong   groupList
	Remarks groupList
	viewRows
}

// viewTop is the top of the page: what happened, and what to do next.
type viewTop struct {
	Title     string
	Mood      string // good, look or stopped
	Verdict   string // the result in a word or two
	Rehearsal bool
	Sentence  string
	Why       string
	Facts     []fact
	Next      string
}

// viewCounts is the number of rows by status.
type viewCounts struct {
	Rows  string
	Tiles []tile
	Sum   string
}

// viewPace is how the run went.
type viewPace struct {
	Chart  *chart
	Pace   string // instead of the chart
	Effort string
	Notes  []string
}

// viewRows is the table of rows.
type viewRows struct {
	Filters []filter
	Shown   []pageRow
	Caption string // of the rows shown without scripts
	Script  bool   // there are rows for the script
}

type fact struct{ Name, Value string }

type tile struct {
	Status, Count, Words string
	Share                string // of the bar, in percent
	X                    string
}

// filter is a choice of rows by status.
type filter struct {
	Label, Count string
	Statuses     string // places in outcome.Statuses, such as "3,4,5"
	Dot          string // the status that gives the colour
	On           bool
}

type groupList struct {
	Title  string
	Intro  string
	Groups []outcome.Group
	More   string
}

func (h *HTML) view(s Summary, now time.Time) view {
	took := now.Sub(h.started)
	if s.Elapsed > 0 {
		took = time.Duration(s.Elapsed * float64(time.Second))
	}
	v := view{
		viewTop:  h.top(s, took, now.Location()),
		viewPace: viewPace{Chart: h.series.chart(now.Location()), Effort: s.effort(), Notes: s.Remarks},
		Wrong:    groupsForPage("What to do", "Problems of a kind are listed together, the most frequent first.", s.Problems),
		Remarks:  groupsForPage("Worth a look", "These rows are done. Check that you agree.", s.Notes),
		viewRows: h.table(),
	}
	v.Rows = text.Plural(s.Counts.Rows(), "row", "rows")
	v.Tiles, v.Sum = tiles(s.Counts, s.Rehearsal)
	if v.Chart == nil && s.Created > 0 {
		v.Pace = text.Plural(s.Created, "person was", "people were") + " created in " + text.Duration(took) + "."
	}
	return v
}

func (h *HTML) top(s Summary, took time.Duration, zone *time.Location) viewTop {
	v := viewTop{Mood: "good", Verdict: "Done", Rehearsal: s.Rehearsal, Why: s.Why, Next: s.Next}
	switch {
	case s.Status == Stopped:
		v.Mood, v.Verdict = "stopped", "Stopped early"
	case s.Status == Interrupted:
		v.Mood, v.Verdict = "stopped", "Interrupted"
	case s.NeedLook() > 0:
		v.Mood, v.Verdict = "look", "Needs a look"
	}
	v.Title = "muster: " + strings.ToLower(v.Verdict)
	if s.Project != "" {
		v.Title = Clean(s.Project) + ", " + v.Title
	}
	s.Rehearsal = false // the page shows that elsewhere
	v.Sentence = s.sentence()
	v.Facts = []fact{
		{"Project", s.Project},
		{"Results file", s.Results},
		{"Run", s.Run},
		{"Started", h.started.In(zone).Format("Mon 2 Jan 2006, 15:04 MST")},
		{"Took", text.Duration(took)},
	}
	return v
}

// tiles returns a tile for each status that occurs, and the sum in words.
func tiles(c outcome.Counts, rehearsal bool) ([]tile, string) {
	var list []tile
	var sum []string
	x, total := 0.0, float64(c.Rows())
	for _, m := range statusMeanings() {
		n := c.Of(m.status)
		if n == 0 {
			continue
		}
		// "invalid: correct these rows" is the status and the meaning
		_, words, _ := strings.Cut(m.words, ": ")
		if words == "" { // no more than the status
			words = map[outcome.Status]string{outcome.Created: "now in the project", outcome.Existing: "there already"}[m.status]
		}
		if rehearsal && m.status == outcome.Created {
			words = "in the rehearsal alone"
		}
		share := float64(n) * 100 / total
		list = append(list, tile{Status: string(m.status), Count: text.Number(n), Words: words, Share: percent(share), X: percent(x)})
		sum = append(sum, text.Number(n)+" "+string(m.status))
		x += share
	}
	return list, strings.Join(sum, " + ")
}

func groupsForPage(title, intro string, groups []outcome.Group) groupList {
	list := groupList{Title: title, Intro: intro, Groups: groups[:min(len(groups), groupsInPage)]}
	if left := len(groups) - groupsInPage; left > 0 {
		list.More = "And " + text.Plural(left, "more kind", "more kinds") + ", listed with the rows below."
	}
	return list
}

// headline returns the message of a group. It begins with a capital letter unless
// the first word is a name such as employee_id or quoted.
func headline(g outcome.Group) string {
	message := Clean(cmp.Or(g.Message, g.Code))
	if forExample(g) != "" {
		return "For example: " + message
	}
	word, _, _ := strings.Cut(message, " ")
	for _, c := range []byte(word) {
		if c < 'a' || c > 'z' {
			return message
		}
	}
	return text.Capital(message)
}

// table returns the rows that are shown without scripts, and the filters of the
// script.
func (h *HTML) table() viewRows {
	rows, counts := h.rows.first, h.rows.counts
	look, total := counts.NeedLook(), counts.Rows()
	v := viewRows{Caption: "All rows of the run.", Script: total > 0}
	if total > len(rows) {
		v.Caption = "The first " + text.Number(len(rows)) + " of " + text.Plural(total, "row", "rows") + "."
	}
	if look > 0 {
		rows = h.rows.needLook
		v.Caption = text.Choose(look, "The row", "All "+text.Number(look)+" rows") + " to look at, of " + text.Plural(total, "row", "rows") + "."
		if look > len(rows) {
			v.Caption = "The first " + text.Number(len(rows)) + " of " + text.Number(look) + " rows to look at, of " + text.Plural(total, "row", "rows") + "."
		}
		v.Filters = append(v.Filters, filter{Label: "to look at", Count: text.Number(look), Statuses: "3,4,5", On: true})
	}
	v.Filters = append(v.Filters, filter{Label: "all", Count: text.Number(total), Statuses: "0,1,2,3,4,5,6", On: look == 0})
	for i, status := range outcome.Statuses() {
		if n := counts.Of(status); n > 0 && n < total {
			v.Filters = append(v.Filters, filter{Label: string(status), Count: text.Number(n), Statuses: string(rune('0' + i)), Dot: string(status)})
		}
	}
	v.Shown = rows
	return v
}
