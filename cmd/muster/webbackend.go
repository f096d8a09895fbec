package main

import (
	"context"

	"muster/importer"
	"muster/importer/account"
	"muster/importer/ledger"
	"muster/importer/web"
)

// webBackend supplies the page with Procore, the ledger and the saved mappings, by the
// settings of muster web.
type webBackend struct {
	*webAccounts
}

// newWebBackend returns the backend of the page.
func (a *app) newWebBackend(ctx context.Context, c *webCommand) (*webBackend, error) {
	store, err := a.accounts()
	if err != nil {
		return nil, err
	}
	if err := a.findProject(ctx); err != nil { // with credentials of the settings
		return nil, err
	}
	b := &webAccounts{app: a, store: store, fixedHosts: c.fixedHosts}
	b.settings = a.settings
	if s := &b.settings; s.kept != nil { // the account may change while the page is served
		s.clientID, s.kept = "", nil
		if !c.fixedHosts {
			s.environment, s.apiURL, s.loginURL = environmentNames()[0], "", ""
		}
		if !c.fixedCompany {
			s.company = 0
		}
	}
	return &webBackend{b}, nil
}

// Connect opens the way to the project, or to a simulated Procore.
func (b *webBackend) Connect(ctx context.Context, rehearsal bool, projects ...int64) (importer.Connection, error) {
	a, _, err := b.fork()
	if err != nil {
		return importer.Connection{}, err
	}
	a.settings.simulate = rehearsal
	if len(projects) > 0 {
		a.settings.project, projects = projects[0], projects[1:]
	}
	return a.connect(ctx, a.logger(), projects...)
}

// Ledger opens the ledger, or one that ends with a rehearsal.
func (b *webBackend) Ledger(ctx context.Context, rehearsal bool) (*ledger.Ledger, error) {
	a := newApp(b.app.process)
	a.settings = b.settings
	a.settings.simulate = rehearsal
	return a.openLedger(ctx)
}

// Saved returns the mappings that a person has confirmed.
func (b *webBackend) Saved() importer.SavedMappings {
	saved, err := b.app.savedMappings()
	if err != nil {
		return "" // without a folder for it no mapping was confirmed
	}
	return saved
}

// Options returns the policy and the limits of the settings.
func (b *webBackend) Options() importer.Options { return b.settings.importOptions() }

// sourceOf returns where the page says that the credentials come from.
func sourceOf(kept account.Place) web.Source {
	if kept == account.InKeyring {
		return web.FromKeyring
	}
	return web.FromSecretFile
}
