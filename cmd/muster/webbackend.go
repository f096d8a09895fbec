package main

import (
	"context"
	"sync"

	"muster/importer"
	"muster/importer/account"
	"muster/importer/ledger"
)

// webBackend supplies the page with Procore, the ledger and the saved mappings, by the
// settings of muster web. A person connects with Procore on the page, unless the settings
// have credentials.
type webBackend struct {
	app        *app
	store      *account.Store
	fixedHosts bool // the settings name them: the page does not ask

	mu     sync.Mutex
	chosen account.Account // company and project, while the credentials are those of the settings
}

// newWebBackend returns the backend of the page.
func (a *app) newWebBackend(ctx context.Context, fixedHosts bool) (*webBackend, error) {
	store, err := a.accounts()
	if err != nil {
		return nil, err
	}
	if err := a.findProject(ctx); err != nil { // with credentials of the settings
		return nil, err
	}
	return &webBackend{app: a, store: store, fixedHosts: fixedHosts}, nil
}

// bare returns an app with the settings of muster web alone.
func (b *webBackend) bare() *app {
	one := newApp(b.app.process)
	one.settings = b.app.settings
	return one
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
	a := b.bare()
	a.settings.simulate = rehearsal
	return a.openLedger(ctx)
}

// Saved returns the mappings that a person has confirmed.
func (b *webBackend) Saved() importer.SavedMappings {
	saved, _ := b.app.savedMappings() // without a folder for it no mapping was confirmed
	return saved
}

// Options returns the policy and the limits of the settings.
func (b *webBackend) Options() importer.Options { return b.app.settings.importOptions() }
