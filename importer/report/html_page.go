package report

import (
	"bufio"
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

// groupsInPage is how many kinds of problems a page shows.
const groupsInPage = 100

// page writes the page. The style and the script don't go through the
// template, which would change them, and their hashes with them.
func (h *HTML) page(w io.Writer, s Summary, now time.Time) error {
	style, err := part("report.css")
	if err != nil {
		return err
	}
	script, err := part("report.js")
	if err != nil {
		return err
	}
	pages, err := template.New("").Funcs(template.FuncMap{"words": words}).ParseFS(parts, "html/*.tmpl")
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

// part returns a part of the page with the line ends that a browser makes of
// any others before it takes the hash.
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

// words takes a command apart where a line may be broken: between words alone,
// since a browser would also do so behind the hyphens of a flag.
func words(command string) []string { return strings.Split(command, " ") }

// view is what the templates show.
type view struct {
	StyleHash, ScriptHash string

	Title     string
	Mood      string // how it went: good, look, stopped
	Verdict   string // that in a word or two
	Rehearsal bool
	Sentence  string
	Why       string
	Facts     []fact
	Next      []string

	Rows    string
	Tiles   []tile
	Sum     string
	Chart   *chart
	Pace    string // instead of the chart
	Effort  string
	Wrong   groupList
	Remarks groupList
	Notes   []string

	Filters []filter
	Shown   []shownRow
	Caption string // of the rows shown without a script
	Script  bool   // the script has something to do
}

type fact struct{ Name, Value string }

type tile struct {
	Status, Count, Words string
	Share                string // of the bar, in percent
	X                    string
}

// filter chooses rows by their statuses.
type filter struct {
	Label, Count string
	Statuses     string // their places in outcome.Statuses, such as "3,4,5"
	Dot          string // the status whose colour it has
	On           bool
}

type shownRow struct {
	pageRow
	Number string
}

type groupList struct {
	Title  string
	Intro  string
	Groups []shownGroup
	More   string
}

type shownGroup struct {
	Count, Unit, Message, Hint, Places, Code, Field string
}

func (h *HTML) view(s Summary, now time.Time) view {
	v := view{
		Mood: "good", Verdict: "Done", Rehearsal: s.Rehearsal, Why: Clean(s.Why),
		Rows: text.Plural(s.Counts.Rows(), "row", "rows"), Effort: s.effort(),
		Chart: h.series.chart(now.Location()), Script: h.rows.count > 0,
	}
	switch {
	case s.Status == Stopped:
		v.Mood, v.Verdict = "stopped", "Stopped early"
	case s.Status == Interrupted:
		v.Mood, v.Verdict = "stopped", "Interrupted"
	case s.Invalid+s.Failed+s.Unknown > 0:
		v.Mood, v.Verdict = "look", "Needs a look"
	}
	v.Title = "muster: " + strings.ToLower(v.Verdict)
	if s.Project != "" {
		v.Title = Clean(s.Project) + ", " + v.Title
	}
	plain := s
	plain.Rehearsal = false // the page has a place of its own for it
	v.Sentence = plain.sentence()
	took := now.Sub(h.started)
	if s.Elapsed > 0 {
		took = time.Duration(s.Elapsed * float64(time.Second))
	}
	v.Facts = []fact{
		{"Project", Clean(s.Project)},
		{"Results file", Clean(s.Results)},
		{"Run", Clean(s.Run)},
		{"Started", h.started.In(now.Location()).Format("Mon 2 Jan 2006, 15:04 MST")},
		{"Took", text.Duration(took)},
	}
	for _, command := range s.Next {
		v.Next = append(v.Next, Clean(command))
	}
	for _, remark := range s.Remarks {
		v.Notes = append(v.Notes, Clean(remark))
	}
	v.Tiles, v.Sum = tiles(s.Counts)
	if v.Chart == nil && s.Created > 0 {
		v.Pace = text.Plural(s.Created, "person was", "people were") + " created in " + text.Duration(took) + "."
	}
	v.Wrong = listed("What to do", "Problems of one kind stand together, the most frequent first.", s.Problems)
	v.Remarks = listed("Worth a look", "These rows are done. See whether that is as you want it.", s.Remarked)
	h.table(&v)
	return v
}

// tiles returns a tile for each status that occurs, and how they add up.
func tiles(c outcome.Counts) ([]tile, string) {
	var list []tile
	var sum []string
	x, total := 0.0, float64(c.Rows())
	for _, m := range meanings() {
		n := c.Of(m.status)
		if n == 0 {
			continue
		}
		// "invalid: to be corrected" is the status, and what that means.
		_, words, _ := strings.Cut(m.words, ": ")
		switch m.status {
		case outcome.Created:
			words = "now in the project"
		case outcome.Existing:
			words = "there already"
		case outcome.Skipped, outcome.Invalid, outcome.Failed, outcome.Unknown, outcome.Pending:
		}
		share := float64(n) * 100 / total
		list = append(list, tile{Status: string(m.status), Count: text.Number(n), Words: words, Share: percent(share), X: percent(x)})
		sum = append(sum, text.Number(n)+" "+string(m.status))
		x += share
	}
	return list, strings.Join(sum, " + ")
}

func listed(title, intro string, groups []Group) groupList {
	list := groupList{Title: title, Intro: intro}
	for i, g := range groups {
		if i == groupsInPage {
			list.More = "And " + text.Plural(len(groups)-i, "more kind", "more kinds") + ", which are with their rows below."
			break
		}
		where, _ := places(g)
		one := shownGroup{
			Count: text.Number(g.Count), Unit: text.Choose(g.Count, "row", "rows"), Message: begun(headline(g)), Hint: Clean(g.Hint),
			Places: where, Code: Clean(g.Code), Field: Clean(g.Field),
		}
		if len(g.Cells) > 0 {
			one.Unit = text.Choose(g.Count, "cell", "cells")
		}
		if one.Message == "" {
			one.Message = one.Code
		}
		list.Groups = append(list.Groups, one)
	}
	return list
}

// begun returns a message as a sentence begins, unless its first word is a name
// such as employee_id or stands between quotation marks.
func begun(message string) string {
	word, _, _ := strings.Cut(message, " ")
	for _, c := range []byte(word) {
		if c < 'a' || c > 'z' {
			return message
		}
	}
	return text.Capital(message)
}

// table chooses the rows that are seen without a script, and what the script can
// filter by.
func (h *HTML) table(v *view) {
	rows, counts := h.rows.first, h.rows.counts
	look := counts.Invalid + counts.Failed + counts.Unknown
	total := counts.Rows()
	v.Caption = "All rows of the run."
	if total > len(rows) {
		v.Caption = "The first " + text.Number(len(rows)) + " of " + text.Plural(total, "row", "rows") + "."
	}
	if look > 0 {
		rows = h.rows.toSee
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
	for _, row := range rows {
		v.Shown = append(v.Shown, shownRow{row, text.Number(row.Row)})
	}
}
