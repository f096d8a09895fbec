package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"muster/importer/ledger"
)

// ledgerPath returns the path of the ledger that the settings name.
func (a *app) ledgerPath() (string, error) {
	path := a.settings.ledger
	if path == "" {
		path = a.getenv(a.settings.line("ledger").variable) // of a command that has no --ledger
	}
	if path == "" {
		return defaultLedger(a.getenv)
	}
	return path, nil
}

// openedLedger is an open ledger and the cleanup for closing.
type openedLedger struct {
	*ledger.Ledger
	folder string // of a rehearsal, to be removed
}

// openLedger opens the ledger that the settings name. A rehearsal has a separate
// ledger that ends with it: it must never mark a person as created.
func (a *app) openLedger(ctx context.Context) (*openedLedger, error) {
	opened := &openedLedger{}
	path, err := a.ledgerPath()
	if a.settings.simulate {
		if opened.folder, err = os.MkdirTemp("", "muster-rehearsal-"); err != nil {
			return nil, fmt.Errorf("a folder for the rehearsal's ledger: %w", err)
		}
		path = filepath.Join(opened.folder, "ledger.db")
	}
	if err != nil {
		return nil, err
	}
	if opened.Ledger, err = ledger.Open(ctx, path); err != nil {
		return nil, errors.Join(err, opened.removeFolder())
	}
	return opened, nil
}

func (o *openedLedger) close() error {
	return errors.Join(o.Close(), o.removeFolder())
}

func (o *openedLedger) removeFolder() error {
	if o.folder == "" {
		return nil
	}
	return os.RemoveAll(o.folder)
}
