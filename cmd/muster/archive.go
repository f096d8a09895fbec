package main

import (
	"cmp"
	"context"
	"errors"

	"muster/importer"
	"muster/importer/fault"
	"muster/importer/outcome"
	"muster/importer/worker"
)

// rosters returns the rosters of the chosen job, sorted by name.
func (a *app) rosters() ([]string, error) {
	j := a.settings.chosen
	rosters, recent, err := j.Rosters()
	if err != nil {
		return nil, err
	}
	for _, path := range recent {
		a.talk("%s was changed just now and may be incomplete; the next run imports this file.", path)
	}
	if len(rosters) == 0 {
		a.talk("Job %s: there is no roster in %s.", j.Name, j.Roster)
	}
	return rosters, nil
}

// archiveFolder returns the folder for the roster after a run with an exit code, or ""
// to leave the roster for the next run.
func (a *app) archiveFolder(code int, failure error) string {
	f := a.archive
	if f == nil {
		return ""
	}
	switch code {
	case outcome.ExitDone:
		return f.Done
	case outcome.ExitRowsLeft:
		return cmp.Or(f.Failed, f.Done)
	case outcome.ExitNotStarted:
		if e, ok := errors.AsType[*fault.Error](failure); ok && (e.Where.File == f.Path || e.Code == importer.CodeHeadings) {
			return f.Failed
		}
	}
	return ""
}

// moveRoster moves the roster after a run, and returns the new path or "". If the roster
// can't be moved, the result says that a person is needed.
func (a *app) moveRoster(ctx context.Context, end *worker.Result, failure error) (moved string) {
	folder := a.archiveFolder(end.ExitCode, failure)
	if folder == "" {
		return ""
	}
	moved, err := a.archive.Move(folder)
	if err != nil {
		a.complain(err)
		end.ExitCode = outcome.WorseExit(end.ExitCode, outcome.ExitRowsLeft)
	}
	if err := a.recordMoves(context.WithoutCancel(ctx), a.archive.Moved); err != nil {
		a.warn("The new path of %s could not be recorded in the ledger: %v", a.archive.Path, err)
	}
	return moved
}

// recordMoves records the new paths of files in the ledger.
func (a *app) recordMoves(ctx context.Context, moves []importer.Move) error {
	book, _, err := a.openRecord(ctx)
	if book == nil {
		return err
	}
	for _, m := range moves {
		err = errors.Join(err, book.RenameFile(ctx, m.From, m.To))
	}
	return errors.Join(err, book.Close())
}
