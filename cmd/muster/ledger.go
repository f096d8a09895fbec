package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"muster/importer/ledger"
)

// openedLedger is an open ledger and the cleanup for closing.
type openedLedger struct {
	*ledger.Ledger
	folder string // a rehearsal's, to be removed
}

// openLedger opens the ledger that the settings name. A rehearsal has one of
// its own that ends with it: it must never mark anyone as created.
func (a *app) openLedger(ctx context.Context) (*openedLedger, error) {
	opened := &openedLedger{}
	path := a.settings.ledger
	var err error
	switch {
	case a.settings.simulate:
		if opened.folder, err = os.MkdirTemp("", "muster-rehearsal-"); err != nil {
			return nil, fmt.Errorf("a folder for the rehearsal's ledger: %w", err)
		}
		path = filepath.Join(opened.folder, "ledger.db")
	case path == "":
		if path, err = defaultLedger(a.getenv); err != nil {
			return nil, err
		}
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
