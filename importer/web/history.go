package web

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"path/filepath"
	"strconv"

	"muster/importer"
	"muster/importer/ledger"
)

// The lengths of a page.
const (
	runsOfPage     = 25
	attemptsOfPage = 100
	peopleOfPage   = 200
)

// historyRoutes adds the pages of all runs in the ledger.
func (s *Server) historyRoutes(mux *http.ServeMux) {
	s.handle(mux, "GET /history", s.history)
	s.handle(mux, "GET /history/{run}", s.pastRun)
	s.handle(mux, "GET /history/{run}/results", s.pastResults)
	s.handle(mux, "POST /history/{run}/retry", s.retryPastRun)
}

// pager is the place of a page among several.
type pager struct {
	Page int
	More bool // there is a later page
}

// skip returns how many things of this many a page come before the page.
func (p pager) skip(each int) int { return (p.Page - 1) * each }

// Before returns the number of the page before, or 0.
func (p pager) Before() int { return p.Page - 1 }

// After returns the number of the page after.
func (p pager) After() int { return p.Page + 1 }

// pagerOf returns the page that a request names.
func pagerOf(r *http.Request) pager {
	const most = 1 << 20
	page, err := strconv.Atoi(r.FormValue("page"))
	if err != nil || page < 1 || page > most {
		page = 1
	}
	return pager{Page: page}
}

// historyData is the data of the page of all runs.
type historyData struct {
	pager
	Runs []importer.PastRun
}

// withLedger calls do with the ledger.
func (s *Server) withLedger(ctx context.Context, do func(*ledger.Ledger) error) (err error) {
	book, err := s.Backend.Ledger(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	return do(book)
}

// history shows all runs, also those of the command line and of jobs.
func (s *Server) history(w http.ResponseWriter, r *http.Request) error {
	data := historyData{pager: pagerOf(r)}
	err := s.withLedger(r.Context(), func(book *ledger.Ledger) (err error) {
		data.Runs, err = importer.PastRuns(r.Context(), book, data.skip(runsOfPage), runsOfPage+1)
		return err
	})
	if err != nil {
		return err
	}
	if data.More = len(data.Runs) > runsOfPage; data.More {
		data.Runs = data.Runs[:runsOfPage]
	}
	return s.page(w, r, "history", data)
}

// pastRunData is the data of the page of a run in the ledger.
type pastRunData struct {
	pager
	Run      importer.PastRun
	Attempts []pastAttempt
	Results  bool // the results file can be downloaded
	Undoable bool
}

// pastAttempt is a request of a run.
type pastAttempt struct {
	ledger.Attempt
	Name   string
	Result string
}

// pastRun shows a run with its rows.
func (s *Server) pastRun(w http.ResponseWriter, r *http.Request) error {
	data := pastRunData{pager: pagerOf(r)}
	err := s.withLedger(r.Context(), func(book *ledger.Ledger) (err error) {
		if data.Run, err = importer.FindRun(r.Context(), book, r.PathValue("run")); err != nil {
			return notFoundError{"the run"}
		}
		data.Attempts, data.More, err = pageOf(data.Run.Attempts(r.Context()), data.pager, attemptsOfPage, func(a ledger.Attempt) pastAttempt {
			return pastAttempt{Attempt: a, Result: data.Run.Result(a)}
		})
		return err
	})
	if err != nil {
		return err
	}
	names := data.Run.Names(r.Context(), s.Backend.Saved())
	for i := range data.Attempts {
		data.Attempts[i].Name = names[data.Attempts[i].Row]
	}
	data.Results = !data.Run.IsUndo() && isResults(data.Run.Results) == nil
	data.Undoable = !data.Run.IsUndo() && data.Run.Status != ledger.Running
	return s.page(w, r, "pastrun", data)
}

// pageOf returns the things of a page, and whether there is a later page.
func pageOf[From, To any](all iter.Seq2[From, error], p pager, each int, convert func(From) To) (page []To, more bool, err error) {
	n := 0
	for one, err := range all {
		if err != nil {
			return nil, false, err
		}
		if n >= p.skip(each)+each {
			return page, true, nil
		}
		if n >= p.skip(each) {
			page = append(page, convert(one))
		}
		n++
	}
	return page, false, nil
}

// findPastRun returns the run that a request names.
func (s *Server) findPastRun(r *http.Request) (run importer.PastRun, err error) {
	err = s.withLedger(r.Context(), func(book *ledger.Ledger) error {
		if run, err = importer.FindRun(r.Context(), book, r.PathValue("run")); err != nil {
			return notFoundError{"the run"}
		}
		return nil
	})
	return run, err
}

// pastResults serves the results file of a run in the ledger.
func (s *Server) pastResults(w http.ResponseWriter, r *http.Request) error {
	run, err := s.findPastRun(r)
	if err != nil {
		return err
	}
	if isResults(run.Results) != nil {
		return notFoundError{"the file"}
	}
	return serveFile(w, r, run.Results, filepath.Base(run.Results))
}

// retryPastRun makes a draft of the results of a run in the ledger.
func (s *Server) retryPastRun(w http.ResponseWriter, r *http.Request) error {
	run, err := s.findPastRun(r)
	if err != nil {
		return err
	}
	return s.retry(w, r, run.Results)
}
