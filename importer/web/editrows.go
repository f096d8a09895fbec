package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"

	"muster/importer"
	"muster/importer/text"
)

// mostPasted is how many cells an edit may change at once.
const mostPasted = 100_000

// rowsOfGrid is how many rows the grid loads at once.
const rowsOfGrid = 200

// gridRow is a row for the grid. Texts are shown as texts, never as HTML.
type gridRow struct {
	Line     int               `json:"line"`
	Number   int               `json:"number"`
	Status   string            `json:"status"`
	Says     string            `json:"says"` // the status in words
	Why      string            `json:"why"`
	Cells    []string          `json:"cells"`
	Bad      map[string]string `json:"bad"` // by column: what is wrong, and what to do
	Edited   []int             `json:"edited"`
	Decision string            `json:"decision"`
	Done     bool              `json:"done"`
}

// gridRow returns a row for the grid.
func (t texts) gridRow(row importer.LiveRow, width int) gridRow {
	g := gridRow{
		Line: row.Line, Number: row.Number, Cells: row.Cells, Bad: map[string]string{}, Edited: row.Edited, Decision: string(row.Decision),
		Done: row.Done, Status: statusOf(row), Says: t.saysOf(row), Why: t.whyOf(row),
	}
	for len(g.Cells) < width {
		g.Cells = append(g.Cells, "")
	}
	g.Cells = g.Cells[:width]
	for _, f := range row.Findings {
		if f.ToFix && f.Column >= 0 {
			key := strconv.Itoa(f.Column)
			g.Bad[key] = strings.TrimSpace(g.Bad[key] + "\n" + t.withAdvice(f))
		}
	}
	return g
}

// statusOf returns the status of a row, which the style sheet knows; "new" for a row that
// an import would send.
func statusOf(row importer.LiveRow) string {
	if row.Outcome.Status == "" {
		return "new"
	}
	return string(row.Outcome.Status)
}

// saysOf returns the status of a row in words. A person who is there already has an ID.
func (t texts) saysOf(row importer.LiveRow) string {
	if row.Outcome.PersonID != 0 {
		return t.say("row.there", row.Outcome.PersonID)
	}
	return t.say("row." + statusOf(row))
}

// whyOf returns what is wrong with a row and what to do, or the notes.
func (t texts) whyOf(row importer.LiveRow) string {
	var why []string
	for _, f := range row.Findings {
		why = append(why, t.withAdvice(f))
	}
	if len(why) == 0 && row.Outcome.Status.HasPerson() && !row.Done {
		why = append(why, t.say("row.same"))
	}
	return strings.Join(why, "\n")
}

// withAdvice joins what is wrong and what to do.
func (t texts) withAdvice(f importer.LiveFinding) string {
	says := text.Sentence(text.Capital(f.Message))
	if advice := t.advice(f.Code, f.Hint); advice != "" {
		says += " " + text.Sentence(advice)
	}
	return says
}

// rowsUpTo returns how many rows that a filter chooses have no higher line. The number of
// rows that the grid has loaded would not do: once a row is fixed, the filter leaves it out.
func rowsUpTo(live *importer.LiveCheck, show importer.RowFilter, line int) int {
	_, total := live.Rows(show, 0, 0)
	return sort.Search(total, func(i int) bool {
		rows, _ := live.Rows(show, i, 1)
		return len(rows) == 0 || rows[0].Line > line
	})
}

// gridRows returns the next rows after a line.
func (s *Server) gridRows(w http.ResponseWriter, r *http.Request) error {
	one, err := s.shownCheck(r)
	if err != nil {
		return err
	}
	after, err := strconv.Atoi(r.FormValue("after"))
	if err != nil {
		after = 0
	}
	show := importer.RowFilter(r.FormValue("show"))
	from := rowsUpTo(one.live, show, after)
	rows, total := one.live.Rows(show, from, rowsOfGrid)
	answer := struct {
		More bool      `json:"more"`
		Rows []gridRow `json:"data"`
	}{total > from+rowsOfGrid, []gridRow{}}
	for _, row := range rows {
		answer.Rows = append(answer.Rows, s.pages.texts.gridRow(row, len(one.header)))
	}
	return writeJSON(w, answer)
}

func writeJSON(w http.ResponseWriter, value any) error {
	content, err := json.Marshal(value)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(content) // the browser may be gone
	return nil
}

// saveCells takes the cells that were typed or pasted into the grid, and the decisions on
// rows, as one edit. The answer has the rows that changed and the summary.
func (s *Server) saveCells(w http.ResponseWriter, r *http.Request) error {
	one, err := s.shownCheck(r)
	if err != nil {
		return err
	}
	var changes []importer.Change
	if err := json.NewDecoder(r.Body).Decode(&changes); err != nil || len(changes) == 0 || len(changes) > mostPasted {
		return s.refuse("cells.refused", "cells.refused_fix", mostPasted)
	}
	if !one.allows(changes) {
		return errMoved
	}
	if err := s.edit(r.Context(), one, changes); err != nil {
		return s.again(w, r, one, err)
	}
	answer := struct {
		Rows    []gridRow `json:"rows"`
		Summary string    `json:"summary"`
	}{Rows: []gridRow{}}
	for _, row := range one.live.Changed() {
		answer.Rows = append(answer.Rows, s.pages.texts.gridRow(row, len(one.header)))
	}
	var summary bytes.Buffer
	data := one.summary()
	data.Show = importer.RowFilter(r.FormValue("show"))
	if err := s.pages.byName["check"].ExecuteTemplate(&summary, "summary-frame", s.frame(r, "check", data)); err != nil {
		return err
	}
	answer.Summary = summary.String()
	return writeJSON(w, answer)
}

// allows reports whether all changes are about rows and columns of the roster that may
// change.
func (one *check) allows(changes []importer.Change) bool {
	return !slices.ContainsFunc(changes, func(c importer.Change) bool {
		row, ok := one.live.Row(c.Line)
		return !ok || row.Done || c.Column < 0 || c.Column >= len(one.header) || c.Decide != nil && !known(*c.Decide)
	})
}

func known(d importer.Decision) bool {
	return slices.Contains(decisions(), d)
}

// rowData is the data of the form for a row.
type rowData struct {
	Draft  string
	Shown  string // how the draft is read
	Row    importer.LiveRow
	Status string
	Says   string
	Cells  []rowCell
	Others []importer.LiveFinding // which are not about a cell
}

// rowCell is a cell of the form.
type rowCell struct {
	Column   int
	Heading  string
	Text     string
	Findings []importer.LiveFinding
}

// rowOf returns the row in the URL, with the check that a function finds.
func rowOf(r *http.Request, find func(*http.Request) (*check, error)) (*check, importer.LiveRow, error) {
	one, err := find(r)
	if err != nil {
		return nil, importer.LiveRow{}, err
	}
	line, err := strconv.Atoi(r.PathValue("line"))
	row, ok := one.live.Row(line)
	if err != nil || !ok {
		return nil, row, notFoundError{"the row"}
	}
	return one, row, nil
}

// rowPage shows the form for a row: the alternative to the grid.
func (s *Server) rowPage(w http.ResponseWriter, r *http.Request) error {
	one, row, err := rowOf(r, s.waitForCheck)
	if err != nil {
		return err
	}
	data := rowData{Draft: one.draft, Shown: one.shown, Row: row, Status: statusOf(row), Says: s.pages.texts.saysOf(row)}
	for column, heading := range one.header {
		cell := rowCell{Column: column, Heading: heading}
		if column < len(row.Cells) {
			cell.Text = row.Cells[column]
		}
		data.Cells = append(data.Cells, cell)
	}
	for _, f := range row.Findings {
		if f.Column < 0 || f.Column >= len(data.Cells) {
			data.Others = append(data.Others, f)
			continue
		}
		cell := &data.Cells[f.Column]
		cell.Findings = append(cell.Findings, f)
	}
	return s.page(w, r, "row", data)
}

// formText returns a text of a form, in which a browser writes line breaks its own way.
func formText(r *http.Request, name string) string {
	return strings.ReplaceAll(r.PostFormValue(name), "\r\n", "\n")
}

// saveRow takes the form of a row: the cells and the decision that differ from those the
// form was shown with, since others may have changed in another window. It shows the form
// again while the row needs a fix.
func (s *Server) saveRow(w http.ResponseWriter, r *http.Request) error {
	one, row, err := rowOf(r, s.shownCheck)
	if err != nil {
		return err
	}
	var changes []importer.Change
	if err := r.ParseForm(); err != nil {
		return err
	}
	for column := range one.header {
		name := "c" + strconv.Itoa(column)
		if !r.PostForm.Has(name) {
			continue
		}
		now := ""
		if column < len(row.Cells) {
			now = row.Cells[column]
		}
		if text := formText(r, name); text != now && text != formText(r, "w"+strconv.Itoa(column)) {
			changes = append(changes, importer.Change{Line: row.Line, Column: column, Text: text})
		}
	}
	decision := importer.Decision(r.PostFormValue("decision"))
	if known(decision) && decision != importer.Decision(r.PostFormValue("was")) {
		changes = append(changes, importer.Change{Line: row.Line, Decide: &decision})
	}
	if !one.allows(changes) {
		return errMoved
	}
	if err := s.edit(r.Context(), one, changes); err != nil {
		return s.again(w, r, one, err)
	}
	if after, _ := one.live.Row(row.Line); after.Outcome.Status.Retryable() {
		return redirect(w, r, "/roster/"+one.draft+"/row/"+strconv.Itoa(row.Line))
	}
	return redirect(w, r, "/roster/"+one.draft+"/check?view=list")
}
