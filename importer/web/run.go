package web

import (
	"errors"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"muster/importer/fault"
	"muster/importer/procore"
	"muster/importer/results"
	"muster/importer/roster"
)

// mostWithoutName is how many people are imported or taken off without asking for the
// name of the project.
const mostWithoutName = 100

// runRoutes adds the pages of imports.
func (s *Server) runRoutes(mux *http.ServeMux) {
	s.handle(mux, "GET /roster/{id}/go", s.goPage)
	s.handle(mux, "POST /roster/{id}/rehearse", s.rehearse)
	s.handle(mux, "POST /roster/{id}/import", s.beginImport)
	s.handle(mux, "GET /run/{id}", s.runPage)
	s.handle(mux, "GET /run/{id}/events", s.runEvents)
	s.handle(mux, "POST /run/{id}/stop", s.stopRun)
	s.handle(mux, "POST /run/{id}/continue", s.continueRun)
	s.handle(mux, "POST /run/{id}/retry", s.retryRun)
	s.handle(mux, "POST /run/{id}/remove", s.removeRun)
	s.handle(mux, "GET /run/{id}/results", s.runResults)
	s.handle(mux, "GET /run/{id}/report", s.runReport)
	s.historyRoutes(mux)
	s.undoRoutes(mux)
	s.templateRoutes(mux)
}

// goData is the data of the page from which an import starts.
type goData struct {
	Draft   *draft
	Roster  string
	Create  int // people to create
	Project string
	Shown   string // how the draft is read
	AskName bool
}

// goPage shows the two ways to go on: a rehearsal and an import.
func (s *Server) goPage(w http.ResponseWriter, r *http.Request) error {
	data, err := s.goData(r)
	if err != nil {
		return err
	}
	return s.page(w, r, "go", data)
}

// goData counts the people by the check, which is made again if the program has lost it.
func (s *Server) goData(r *http.Request) (*goData, error) {
	d, roster, err := s.namedDraft(r)
	if err != nil {
		return nil, err
	}
	one, err := s.waitForCheck(r)
	if err != nil {
		return nil, err
	}
	data := &goData{Draft: d, Roster: roster, Create: one.live.Counts().New, Project: s.Backend.Account(r.Context()).Project.Label(), Shown: one.shown}
	data.AskName = data.Create > mostWithoutName
	return data, nil
}

// namedDraft returns the draft in the URL and the name of the roster.
func (s *Server) namedDraft(r *http.Request) (d *draft, roster string, err error) {
	if d, err = s.draftOf(r); err != nil {
		return nil, "", err
	}
	path, err := d.rosterPath()
	return d, filepath.Base(path), err
}

// rehearse starts a rehearsal of a draft.
func (s *Server) rehearse(w http.ResponseWriter, r *http.Request) error {
	d, roster, err := s.namedDraft(r)
	if err != nil {
		return err
	}
	return s.begins(w, r, &runRecord{Kind: kindRehearsal, Draft: d.ID, Roster: roster})
}

// beginImport starts the import of a draft for real.
func (s *Server) beginImport(w http.ResponseWriter, r *http.Request) error {
	data, err := s.goData(r)
	if err != nil {
		return err
	}
	account := s.Backend.Account(r.Context())
	if !account.Connected() {
		return s.refuse("go.not_connected", "go.not_connected_fix")
	}
	if shown := r.PostFormValue("target"); shown != "" && shown != account.Target() {
		return s.refuse("go.other_target", "go.other_target_fix", data.Project)
	}
	if r.FormValue("shown") != data.Shown {
		return s.refuse("go.other_list", "go.other_list_fix")
	}
	if data.AskName {
		if err := s.askedFor(r, data.Project); err != nil {
			return err
		}
	}
	return s.begins(w, r, &runRecord{
		Kind: kindImport, Draft: data.Draft.ID, Roster: data.Roster,
		Project: procore.Named{ID: account.Project.ID, Name: data.Project}, Place: account.Place(), shown: data.Shown,
	})
}

// askedFor returns an error unless the form has the name of the project.
func (s *Server) askedFor(r *http.Request, project string) error {
	typed := strings.Join(strings.Fields(r.PostFormValue("name")), " ")
	if !strings.EqualFold(typed, strings.Join(strings.Fields(project), " ")) {
		return s.refuse("go.wrong_name", "go.wrong_name_fix", project)
	}
	return nil
}

// refuse returns the error of a request that can't be done, in the words of the texts.
func (s *Server) refuse(message, fix string, args ...any) error {
	return fault.Usage(s.text(fix, args...), "%s", s.text(message))
}

// begins starts a run and shows the run.
func (s *Server) begins(w http.ResponseWriter, r *http.Request, record *runRecord) error {
	id, err := s.runs.start(r.Context(), record, s.begin)
	if err != nil {
		return err
	}
	return redirect(w, r, "/run/"+id)
}

// runData is the data of the page of a run.
type runData struct {
	*runRecord
	Live      *progressView // nil once the run is over
	HasRoster bool          // the draft is still there
	CanGoOn   bool
	Left      int       // rows to retry
	Removed   time.Time // when the files are removed
	Headline  string
	Fix       string // what to do about the end of the run
}

// runPage shows the progress of a run, or the result.
func (s *Server) runPage(w http.ResponseWriter, r *http.Request) error {
	record, live, err := s.runs.find(r.PathValue("id"))
	if err != nil {
		return err
	}
	data := runData{
		runRecord: record, Removed: latest(record.Started, record.Ended).Add(runLife),
		Headline: s.headline(record), Fix: s.fix(record.Result.Stop),
	}
	if live != nil {
		view := live.view(s.Now())
		data.Live = &view
	}
	data.HasRoster, data.CanGoOn = s.hasRoster(record), s.canGoOn(record)
	if record.over() && record.Result.Results != "" {
		data.Left = record.Result.Counts.NeedLook()
	}
	return s.page(w, r, "run", data)
}

// hasRoster reports whether the draft of a run is still there.
func (s *Server) hasRoster(record *runRecord) bool {
	_, err := s.drafts.get(record.Draft)
	return err == nil
}

// canGoOn reports whether a run can go on.
func (s *Server) canGoOn(record *runRecord) bool {
	return record.resumable() && (record.Kind == kindUndo || s.hasRoster(record))
}

// stopRun ends a run in good order.
func (s *Server) stopRun(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if _, _, err := s.runs.find(id); err != nil {
		return err
	}
	s.runs.stopRun(id)
	return redirect(w, r, "/run/"+id)
}

// continueRun goes on with a run that did not end.
func (s *Server) continueRun(w http.ResponseWriter, r *http.Request) error {
	record, live, err := s.runs.find(r.PathValue("id"))
	if err != nil {
		return err
	}
	if live != nil || !s.canGoOn(record) {
		return redirect(w, r, "/run/"+record.ID)
	}
	if account := s.Backend.Account(r.Context()); record.Place != "" && record.Place != account.Place() {
		return s.refuse("go.other_place", "go.other_place_fix", record.Place)
	}
	return s.begins(w, r, record)
}

// retryRun makes a new draft of the results of a run, in which the rows without a person
// can be corrected.
func (s *Server) retryRun(w http.ResponseWriter, r *http.Request) error {
	record, live, err := s.runs.find(r.PathValue("id"))
	if err != nil {
		return err
	}
	if live != nil || record.Kind != kindImport || record.Result.Results == "" {
		return s.refuse("retry.nothing", "retry.nothing_fix")
	}
	return s.retry(w, r, s.runs.path(record.ID, record.Result.Results))
}

// retry shows a draft that is a copy of a results file.
func (s *Server) retry(w http.ResponseWriter, r *http.Request, path string) error {
	if err := isResults(path); err != nil {
		return s.refuse("retry.gone", "retry.gone_fix")
	}
	d, err := s.adopt(path)
	if err != nil {
		return err
	}
	return redirect(w, r, "/roster/"+d.ID+"/check")
}

// adopt makes a draft of a copy of a file.
func (s *Server) adopt(path string) (_ *draft, err error) {
	from, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	d, err := s.drafts.create()
	if err != nil {
		return nil, err
	}
	if err := d.keep(filepath.Base(path), from); err != nil {
		return nil, errors.Join(err, d.remove())
	}
	return d, nil
}

// isResults returns an error unless a file is a results file.
func isResults(path string) error {
	in, err := results.Open(path, roster.Options{})
	if err != nil {
		return err
	}
	return in.Close()
}

// removeRun removes the files of a run that is over, with the roster.
func (s *Server) removeRun(w http.ResponseWriter, r *http.Request) error {
	record, live, err := s.runs.find(r.PathValue("id"))
	if err != nil {
		return err
	}
	other, err := s.runs.importOf(record.Draft, false)
	if err != nil {
		return err
	}
	if other != "" {
		return importedError{other}
	}
	if live == nil {
		if err := errors.Join(s.runs.removeDraft(record.Draft), s.runs.remove(record.ID)); err != nil {
			return err
		}
	}
	return redirect(w, r, "/")
}

// runResults serves the results file of a run.
func (s *Server) runResults(w http.ResponseWriter, r *http.Request) error {
	return s.download(w, r, func(result runResult) string { return result.Results })
}

// runReport serves the HTML report of a run.
func (s *Server) runReport(w http.ResponseWriter, r *http.Request) error {
	return s.download(w, r, func(result runResult) string { return result.Report })
}

func (s *Server) download(w http.ResponseWriter, r *http.Request, file func(runResult) string) error {
	record, _, err := s.runs.find(r.PathValue("id"))
	if err != nil {
		return err
	}
	name := file(record.Result)
	if name == "" {
		return notFoundError{"the file"}
	}
	saved := name
	if name == reportFile {
		saved = strings.TrimSuffix(record.Roster, filepath.Ext(record.Roster)) + ".report.html"
	}
	return serveFile(w, r, s.runs.path(record.ID, name), saved)
}

// serveFile sends a file to be saved under a name.
func serveFile(w http.ResponseWriter, r *http.Request, path, name string) (err error) {
	file, err := os.Open(path)
	if err != nil {
		return notFoundError{"the file"}
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	saveAs(w, name)
	http.ServeContent(w, r, name, time.Time{}, file)
	return nil
}

// saveAs makes the browser save the answer under a name instead of showing it.
func saveAs(w http.ResponseWriter, name string) {
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
}

// lastRuns returns the data of the part "runs" of the first page.
func (s *Server) lastRuns(*http.Request) (any, error) {
	const shown = 6
	type lastRun struct {
		*runRecord
		CanGoOn bool
	}
	records, err := s.runs.all()
	if err != nil {
		return nil, err
	}
	var runs []lastRun
	for _, record := range records[:min(len(records), shown)] {
		if record.Status == statusRunning && !s.runs.liveOf(record.ID) {
			record.Status = statusInterrupted
		}
		runs = append(runs, lastRun{record, record.Status == statusInterrupted && s.canGoOn(record)})
	}
	return runs, nil
}

// when returns a moment for people.
func when(t time.Time) string { return t.Local().Format("2 January 2006, 15:04") }

// day returns a date for people.
func day(t time.Time) string { return t.Local().Format("2 January 2006") }
