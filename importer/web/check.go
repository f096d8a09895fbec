package web

import (
	"errors"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"muster/importer"
	"muster/importer/outcome"
	"muster/importer/procore"
)

// checkRoutes adds the page on which a roster is checked and corrected.
func (s *Server) checkRoutes(mux *http.ServeMux) {
	s.handle(mux, "GET /roster/{id}/check", s.checkPage)
	s.handle(mux, "GET /roster/{id}/rows", s.gridRows)
	s.handle(mux, "GET /roster/{id}/row/{line}", s.rowPage)
	s.handle(mux, "POST /roster/{id}/row/{line}", s.saveRow)
	s.handle(mux, "POST /roster/{id}/cells", s.saveCells)
	s.handle(mux, "POST /roster/{id}/fix", s.fixGroup)
	s.handle(mux, "POST /roster/{id}/undo", s.undoLast)
}

// soon is how long a browser waits for a check before it is shown that the check is being
// made.
const soon = 1500 * time.Millisecond

// checkData is the data of the check page.
type checkData struct {
	Draft   string
	Roster  string
	Summary summaryData
	Show    importer.RowFilter
	AsList  bool
	Rows    []importer.LiveRow // of the list
	Header  []string
	Total   int
	pager
}

// summaryData is what changes with every edit: counts, groups and the next step.
type summaryData struct {
	Draft   string
	Shown   string        // how the draft is read
	Project procore.Named // zero in a rehearsal
	Counts  importer.LiveCounts
	Takes   time.Duration // 0 if not known
	Stop    *importer.StopError
	Fixes   []importer.ProblemGroup
	Notes   []importer.ProblemGroup
	Columns []outcome.Group // notes about columns
	Undo    int             // how many edits can be taken back
	Header  []string
	Show    importer.RowFilter
}

// mostGroups is how many groups of notes are shown.
const mostGroups = 30

func (one *check) summary() summaryData {
	data := summaryData{
		Draft: one.draft, Shown: one.shown, Project: one.account.Project, Counts: one.live.Counts(), Stop: one.live.Stop(), Columns: one.live.Notes(),
		Undo: one.journal.Steps(), Header: one.header,
	}
	data.Takes, _ = one.live.Forecast()
	for _, group := range one.live.Groups() {
		switch {
		case group.ToFix:
			data.Fixes = append(data.Fixes, group)
		case len(data.Notes) < mostGroups:
			data.Notes = append(data.Notes, group)
		}
	}
	return data
}

// readyCheck returns the check of the draft in the URL. Without a check so far, ready is
// false: the browser asks again.
func (s *Server) readyCheck(r *http.Request, most time.Duration) (d *draft, one *check, ready bool, err error) {
	if d, err = s.draftOf(r); err != nil {
		return nil, nil, false, err
	}
	if one, err = s.check(r.Context(), d); err != nil {
		return nil, nil, false, err
	}
	if !one.wait(r.Context(), most) {
		return d, one, false, nil
	}
	return d, one, true, one.err
}

// mostWait is how long an edit waits for the check, which may have to be made anew after
// a restart.
const mostWait = 2 * time.Minute

// waitForCheck returns the check of the draft in the URL.
func (s *Server) waitForCheck(r *http.Request) (*check, error) {
	_, one, ready, err := s.readyCheck(r, mostWait)
	if err == nil && !ready {
		err = s.refuse("check.slow", "check.slow_fix")
	}
	return one, err
}

// shownCheck returns the check of the draft in the URL, which is the check that the page of
// the request has shown.
func (s *Server) shownCheck(r *http.Request) (*check, error) {
	one, err := s.waitForCheck(r)
	if err == nil && r.FormValue("shown") != one.shown {
		err = errMoved
	}
	return one, err
}

// checkPage shows what an import would do, and what to correct first.
func (s *Server) checkPage(w http.ResponseWriter, r *http.Request) error {
	d, one, ready, err := s.readyCheck(r, soon)
	if err != nil {
		return s.checkFailed(w, r, d, err)
	}
	path, err := d.rosterPath()
	if err != nil {
		return err
	}
	data := checkData{Draft: d.ID, Roster: filepath.Base(path)}
	if !ready {
		w.Header().Set("Refresh", "1")
		return s.page(w, r, "checking", data)
	}
	data.Summary, data.Header, data.AsList, data.pager = one.summary(), one.header, r.FormValue("view") == "list", pagerOf(r)
	data.Show = showOf(r, data.Summary)
	data.Summary.Show = data.Show
	if data.AsList {
		data.Rows, data.Total = one.live.Rows(data.Show, data.skip(rowsOfList), rowsOfList)
		data.More = data.Total > data.Page*rowsOfList
	}
	return s.page(w, r, "check", data)
}

// rowsOfList is how many rows a page of the list has.
const rowsOfList = 50

// showOf returns which rows a request wants to see: those to fix, or else all.
func showOf(r *http.Request, summary summaryData) importer.RowFilter {
	if show := r.FormValue("show"); show != "" {
		return importer.RowFilter(show)
	}
	if summary.Counts.ToFix > 0 {
		return importer.RowsToFix
	}
	return importer.AllRows
}

// checkFailed shows the columns if they, or how the file is read, are why a check can't be
// made.
func (s *Server) checkFailed(w http.ResponseWriter, r *http.Request, d *draft, err error) error {
	if d == nil {
		return err
	}
	in, unread := s.openRoster(r.Context(), d)
	if unread == nil {
		_ = in.Close() // only read
	}
	if unread != nil || isUnsettled(err) {
		return redirect(w, r, "/roster/"+d.ID+"/columns")
	}
	return err
}

// undoLast takes the last edit back.
func (s *Server) undoLast(w http.ResponseWriter, r *http.Request) error {
	one, err := s.shownCheck(r)
	if err != nil {
		return err
	}
	steps, err := strconv.Atoi(r.PostFormValue("steps"))
	if err != nil {
		return errMoved
	}
	if err := s.undoEdit(r.Context(), one, steps); err != nil {
		return s.again(w, r, one, err)
	}
	return s.edited(w, r, one)
}

// fixGroup applies a fix to all rows of a group, or to those with a certain text.
func (s *Server) fixGroup(w http.ResponseWriter, r *http.Request) error {
	one, err := s.shownCheck(r)
	if err != nil {
		return err
	}
	fix := importer.GroupFix{From: formText(r, "from"), Text: strings.TrimSpace(r.PostFormValue("to"))}
	switch do := r.PostFormValue("do"); do {
	case "replace":
	case "empty":
		fix.All, fix.Text = true, ""
	case string(importer.LeaveOut), string(importer.NotPerson):
		decision := importer.Decision(do)
		fix.All, fix.Decide = true, &decision
	default:
		return notFoundError{"the fix"}
	}
	if err := s.edit(r.Context(), one, one.live.Fix(r.PostFormValue("group"), fix)); err != nil {
		return s.again(w, r, one, err)
	}
	return s.edited(w, r, one)
}

// edited answers an edit by a form: with the summary for htmx, which then loads the rows
// again, or with the whole page.
func (s *Server) edited(w http.ResponseWriter, r *http.Request, one *check) error {
	if !isFragment(r) {
		return redirect(w, r, checkURL(one.draft, r))
	}
	summary := one.summary()
	summary.Show = showOf(r, summary)
	w.Header().Set("HX-Trigger", "rows-changed")
	return s.fragment(w, r, "check", "summary-frame", summary)
}

// checkURL returns the page that a form was on.
func checkURL(draft string, r *http.Request) string {
	url := "/roster/" + draft + "/check"
	if r.PostFormValue("view") == "list" {
		url += "?view=list"
	}
	return url
}

// again shows the page anew after an edit that only a new check can follow. The edit is
// kept.
func (s *Server) again(w http.ResponseWriter, r *http.Request, one *check, err error) error {
	if errors.Is(err, importer.ErrCheckAnew) {
		return redirect(w, r, checkURL(one.draft, r))
	}
	return err
}
