package web

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"muster/importer"
	"muster/importer/ledger"
)

// undo takes the people of runs off the project.
func (rs *runner) undo(ctx context.Context, one *liveRun) (err error) {
	r := one.record
	connection, err := rs.backend.Connect(ctx, false, r.Project.ID)
	if err != nil {
		return err
	}
	defer connection.Close()
	book, err := rs.backend.Ledger(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	release, err := book.Lock(ctx, connection.Scope)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	if _, err := importer.Connect(ctx, connection.API); err != nil {
		return err
	}
	one.enter(stageUndoing, nil)
	r.Result.Undone = &importer.UndoCounts{}
	done := true
	for _, id := range r.Undoes {
		undone, err := rs.undoRun(ctx, r, connection, book, id)
		if err != nil {
			return err
		}
		done = done && undone.Done()
		r.Result.add(undone)
		if undone.Stopped != nil {
			r.Status, r.Result.Stop = statusStopped, importer.Reason(undone.Stopped)
			return nil
		}
	}
	if done || ctx.Err() == nil {
		r.Status = statusFinished
	}
	return nil
}

// undoRun takes the people of a run off the project, and writes the results file.
func (rs *runner) undoRun(ctx context.Context, r *runRecord, connection importer.Connection, book *ledger.Ledger, id string) (*importer.UndoSummary, error) {
	run, err := importer.FindRun(ctx, book, id)
	if err != nil {
		return nil, err
	}
	u, err := importer.NewUndo(ctx, connection, book, run.Run)
	if err != nil {
		return nil, err
	}
	u.SettleAfter, u.ResultsPath, u.Log = rs.backend.Options().SettleAfter, rs.path(r.ID, "undo-"+id+".csv"), rs.log
	undone, err := u.Run(ctx)
	if undone != nil && undone.Results != "" {
		r.Result.Results = filepath.Base(undone.Results)
	}
	return undone, err
}

// add adds the result of an undo. People who stay on the project are problems by reason.
func (result *runResult) add(undone *importer.UndoSummary) {
	c := undone.Counts()
	total := result.Undone
	total.People += c.People
	total.Removed += c.Removed
	total.Kept += c.Kept
	total.Failed += c.Failed
	total.Pending += c.Pending
	result.Run = undone.Run
	places := map[string]int{}
	for _, p := range undone.People {
		if p.Status == importer.UndoRemoved || p.Status == importer.UndoPending {
			continue
		}
		at, known := places[p.Message]
		if !known {
			at = len(result.Problems)
			places[p.Message] = at
			result.Problems = append(result.Problems, runProblem{Message: p.Message})
		}
		g := &result.Problems[at]
		g.Count++
		if len(g.Rows) < 5 {
			g.Rows = append(g.Rows, p.Row)
		}
	}
}

// undoPlan is what an undo would do.
type undoPlan struct {
	Runs      []importer.PastRun
	People    []undoPerson // still to be taken off
	Earlier   int          // people who were taken off already
	Unsettled int          // requests that may have created more people
}

// undoPerson is a person to be taken off the project.
type undoPerson struct {
	Row  int
	ID   int64
	Name string // "" if the results file is gone
}

// planUndo finds out the people that an undo of runs would take off the project.
func planUndo(ctx context.Context, book *ledger.Ledger, saved importer.SavedMappings, ids []string) (*undoPlan, error) {
	plan := &undoPlan{}
	for _, id := range ids {
		run, err := importer.FindRun(ctx, book, id)
		if err != nil {
			return nil, err
		}
		people, unsettled, err := book.CreatedPeople(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("find the people of run %s: %w", id, err)
		}
		plan.Runs, plan.Unsettled = append(plan.Runs, run), plan.Unsettled+unsettled
		names := run.Names(ctx, saved)
		for _, p := range people {
			if p.Removed {
				plan.Earlier++
				continue
			}
			plan.People = append(plan.People, undoPerson{p.Row, p.PersonID, names[p.Row]})
		}
	}
	return plan, nil
}
