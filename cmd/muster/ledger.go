package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"muster/importer"
	"muster/importer/ledger"
	"muster/importer/report"
)

// ledgerPath returns the path or the URL of the ledger that the settings name.
func (a *app) ledgerPath() (string, error) {
	path := cmp.Or(a.settings.ledger, a.getenv(a.settings.line("ledger").variable)) // of a command that has no --ledger
	if path == "" {
		return defaultLedger(a.getenv)
	}
	return path, nil
}

// localFolder returns the folder on this machine for what belongs to the ledger: the
// folder of the ledger's file, or the state folder beside a ledger in a database.
func (a *app) localFolder() (string, error) {
	path, err := a.ledgerPath()
	if err == nil && ledger.IsURL(path) {
		path, err = defaultLedger(a.getenv)
	}
	return filepath.Dir(path), err
}

// openRecord opens the ledger that the settings name, or returns nil if the file does not
// exist. The second result is the ledger's location.
func (a *app) openRecord(ctx context.Context) (*ledger.Ledger, string, error) {
	path, err := a.ledgerPath()
	if err != nil || !ledger.IsURL(path) && missing(path) && missing(path+"-wal") {
		return nil, path, err
	}
	book, err := a.openAt(ctx, path)
	if err != nil {
		return nil, "", err
	}
	return book, book.Location(), nil
}

// openAt opens the ledger at a location, with the secret that the settings name.
func (a *app) openAt(ctx context.Context, location string) (*ledger.Ledger, error) {
	file := cmp.Or(a.settings.ledgerSecretFile, a.getenv(a.settings.line("ledger-secret-file").variable)) // of a command that has no such flag
	return ledger.OpenWithSecret(ctx, location, file)
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// openLedger opens the ledger that the settings name, or a ledger that ends with a
// rehearsal: it must never mark a person as created.
func (a *app) openLedger(ctx context.Context) (*ledger.Ledger, error) {
	if a.settings.simulate {
		return ledger.OpenTemporary(ctx)
	}
	path, err := a.ledgerPath()
	if err != nil {
		return nil, err
	}
	return a.openAt(ctx, path)
}

// openRun opens the ledger and returns the run with this ID. The caller closes the
// ledger.
func (a *app) openRun(ctx context.Context, id string) (*ledger.Ledger, importer.PastRun, error) {
	book, path, err := a.openRecord(ctx)
	if err != nil {
		return nil, importer.PastRun{}, err
	}
	if book == nil {
		return nil, importer.PastRun{}, usageError(fmt.Sprintf("there is no run %s: there is no ledger %s", id, path), "check --ledger")
	}
	run, err := importer.FindRun(ctx, book, id)
	if err != nil {
		return nil, run, errors.Join(err, book.Close())
	}
	return book, run, nil
}

// lastResults returns the results file of the last run.
func (a *app) lastResults(ctx context.Context) (_ string, err error) {
	s := &a.settings
	api, _ := s.hosts()
	book, path, err := a.openRecord(ctx)
	if err != nil {
		return "", err
	}
	if book == nil {
		return "", usageError("there is no ledger "+path+", and so no run to retry", "name the file: muster retry RESULTS")
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	if err := a.findProject(ctx); err != nil {
		return "", err
	}
	run, err := importer.LastRunWithResults(ctx, book, api, s.company, s.project)
	if err != nil {
		return "", err
	}
	results := nearName(run.Results)
	a.talk("Importing %s, the results of run %s.", report.Clean(results), run.ID)
	return results, nil
}

// nearName returns a path in the current folder as a relative path, and any other path
// unchanged.
func nearName(path string) string {
	folder, err := os.Getwd()
	if err != nil {
		return path
	}
	if near, err := filepath.Rel(folder, path); err == nil && filepath.IsLocal(near) {
		return near
	}
	return path
}
