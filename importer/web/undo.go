package web

import (
	"net/http"
	"path/filepath"
	"slices"

	"muster/importer"
	"muster/importer/ledger"
	"muster/importer/procore"
)

// undoRoutes adds the pages that take the people of a run off the project again.
func (s *Server) undoRoutes(mux *http.ServeMux) {
	s.handle(mux, "GET /run/{id}/undo", func(w http.ResponseWriter, r *http.Request) error { return s.showUndo(w, r, s.runsOf) })
	s.handle(mux, "POST /run/{id}/undo", func(w http.ResponseWriter, r *http.Request) error { return s.beginUndo(w, r, s.runsOf) })
	s.handle(mux, "GET /history/{run}/undo", func(w http.ResponseWriter, r *http.Request) error { return s.showUndo(w, r, namedRun) })
	s.handle(mux, "POST /history/{run}/undo", func(w http.ResponseWriter, r *http.Request) error { return s.beginUndo(w, r, namedRun) })
}

// undoData is the data of the page that shows the people that an undo would take off.
type undoData struct {
	pager
	*undoPlan
	Action    string // the path of the form
	Shown     []undoPerson
	Project   string
	AskName   bool
	Elsewhere bool // the run was made in a company that is not connected
}

// whichRuns returns the ledger's runs that a request means.
type whichRuns func(r *http.Request, book *ledger.Ledger) ([]string, error)

// namedRun returns the run in the path of a request.
func namedRun(r *http.Request, _ *ledger.Ledger) ([]string, error) {
	return []string{r.PathValue("run")}, nil
}

// runsOf returns the ledger's runs of a run of the page. There are several if the run was
// interrupted and went on.
func (s *Server) runsOf(r *http.Request, book *ledger.Ledger) (ids []string, err error) {
	record, live, err := s.runs.find(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if live != nil || record.Kind != kindImport {
		return nil, s.refuse("undo.nothing", "undo.nothing_fix")
	}
	all, err := book.Runs(r.Context(), 0)
	if err != nil {
		return nil, err
	}
	folder, err := filepath.Abs(s.runs.path(record.ID, ""))
	if err != nil {
		return nil, err
	}
	for _, run := range all {
		if filepath.Dir(run.Results) == folder {
			ids = append(ids, run.ID)
		}
	}
	return ids, nil
}

// planOf returns what an undo of the runs that a request means would do.
func (s *Server) planOf(r *http.Request, which whichRuns) (plan *undoPlan, ids []string, err error) {
	err = s.withLedger(r.Context(), func(book *ledger.Ledger) (err error) {
		if ids, err = which(r, book); err != nil {
			return err
		}
		plan, err = planUndo(r.Context(), book, s.Backend.Saved(), ids)
		return err
	})
	if err == nil && (len(plan.Runs) == 0 || slices.ContainsFunc(plan.Runs, importer.PastRun.IsUndo)) {
		err = s.refuse("undo.nothing", "undo.nothing_fix")
	}
	return plan, ids, err
}

// undoneProject returns the project of the runs to undo. The name is known of the chosen
// project alone.
func undoneProject(plan *undoPlan, account Account) procore.Named {
	project := procore.Named{ID: plan.Runs[0].Project}
	if project.ID == account.Project.ID {
		project = account.Project
	}
	return procore.Named{ID: project.ID, Name: project.Label()}
}

// showUndo shows the people that an undo would take off the project, and asks.
func (s *Server) showUndo(w http.ResponseWriter, r *http.Request, which whichRuns) error {
	plan, _, err := s.planOf(r, which)
	if err != nil {
		return err
	}
	account := s.Backend.Account(r.Context())
	data := undoData{
		pager: pagerOf(r), undoPlan: plan, Action: r.URL.Path, Project: undoneProject(plan, account).Name,
		AskName: len(plan.People) > mostWithoutName, Elsewhere: !account.Connected() || plan.Runs[0].Company != account.Company.ID,
	}
	from := min(data.skip(peopleOfPage), len(plan.People))
	to := min(from+peopleOfPage, len(plan.People))
	data.Shown, data.More = plan.People[from:to], to < len(plan.People)
	return s.page(w, r, "undo", data)
}

// beginUndo takes the people off the project.
func (s *Server) beginUndo(w http.ResponseWriter, r *http.Request, which whichRuns) error {
	plan, ids, err := s.planOf(r, which)
	if err != nil {
		return err
	}
	account := s.Backend.Account(r.Context())
	project := undoneProject(plan, account)
	if !account.Connected() || plan.Runs[0].Company != account.Company.ID {
		return s.refuse("undo.elsewhere", "undo.elsewhere_fix", plan.Runs[0].Company)
	}
	if len(plan.People) > mostWithoutName {
		if err := s.askedFor(r, project.Name); err != nil {
			return err
		}
	}
	return s.begins(w, r, &runRecord{Kind: kindUndo, Roster: filepath.Base(plan.Runs[0].Roster), Project: project, Place: account.Place(), Undoes: ids})
}
