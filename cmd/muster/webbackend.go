package main

import (
	"context"

	"muster/importer"
	"muster/importer/web"
)

// webBackend supplies the page with Procore, the ledger and the saved mappings, by the
// settings of muster web.
type webBackend struct {
	app *app
}

// Account returns the way to Procore that the settings name.
func (b *webBackend) Account(context.Context) web.Account {
	s := &b.app.settings
	account := web.Account{
		Environment: s.environment, ClientID: s.clientID,
		Company: web.Named{ID: s.company}, Project: web.Named{ID: s.project},
	}
	if secret, err := s.secret(b.app.getenv); err == nil && secret != "" && s.clientID != "" {
		account.Source = web.FromSettings
	}
	return account
}

// Connect opens the way to the project, or to a simulated Procore.
func (b *webBackend) Connect(ctx context.Context, rehearsal bool, projects ...int64) (*web.Connection, error) {
	a := b.fork(rehearsal)
	if len(projects) > 0 {
		a.settings.project, projects = projects[0], projects[1:]
	}
	c, err := a.connect(ctx, a.logger(), projects...)
	if err != nil {
		return nil, err
	}
	return &web.Connection{Connection: c.Connection, Close: c.close}, nil
}

// Ledger opens the ledger, or one that ends with a rehearsal.
func (b *webBackend) Ledger(ctx context.Context, rehearsal bool) (*web.Ledger, error) {
	book, err := b.fork(rehearsal).openLedger(ctx)
	if err != nil {
		return nil, err
	}
	return &web.Ledger{Ledger: book.Ledger, Close: book.close}, nil
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
func (b *webBackend) Options() importer.Options { return b.app.settings.importOptions() }

// fork returns an app with the same settings, for one operation.
func (b *webBackend) fork(rehearsal bool) *app {
	one := newApp(b.app.process)
	one.settings = b.app.settings
	one.settings.simulate = rehearsal
	return one
}
