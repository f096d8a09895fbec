package main

import (
	"cmp"
	"context"
	"slices"

	"muster/importer/account"
	"muster/importer/doctor"
	"muster/importer/procore"
	"muster/importer/web"
)

// fork returns an app with the settings and the account for one operation.
func (b *webBackend) fork() (*app, account.Account, error) {
	one := b.bare()
	s := &one.settings
	b.mu.Lock()
	kept, err := b.chosen, error(nil)
	b.mu.Unlock()
	if s.clientID == "" {
		kept, err = s.useAccount(b.store, b.fixedHosts)
	}
	s.company, s.project = cmp.Or(kept.Company.ID, s.company), cmp.Or(kept.Project.ID, s.project)
	return one, kept, err
}

// Account returns what is known of the way to Procore.
func (b *webBackend) Account(context.Context) web.Account {
	a, kept, err := b.fork()
	if err != nil {
		return web.Account{Environment: b.app.settings.environment} // the page then asks for credentials
	}
	s := &a.settings
	known := web.Account{
		Environment: s.environment, ClientID: s.clientID,
		Company: cmp.Or(kept.Company, procore.Named{ID: s.company}), Project: cmp.Or(kept.Project, procore.Named{ID: s.project}),
	}
	if s.kept != nil {
		known.Source = web.Source(kept.Kept)
	} else if secret, err := s.ownSecret(a.getenv); err == nil && secret != "" && s.clientID != "" {
		known.Source = web.FromSettings
	}
	return known
}

// Environments returns the environments to choose from: one, if the settings name it.
func (b *webBackend) Environments() []string {
	if b.fixedHosts {
		return []string{b.app.settings.environment}
	}
	return environmentNames()
}

// Keep tries credentials out by the doctor's checks, and keeps them if they are good.
func (b *webBackend) Keep(ctx context.Context, c web.Credentials) ([]doctor.Finding, error) {
	one := b.bare()
	s := &one.settings
	if slices.Contains(b.Environments(), c.Environment) {
		s.environment = c.Environment
	}
	s.clientID = c.ClientID
	x := &doctor.Examination{Options: s.clientOptions(c.ClientSecret), Show: func(doctor.Finding) {}}
	client, err := one.unboundClient(c.ClientSecret)
	if err != nil {
		return []doctor.Finding{settingsFinding(err)}, nil
	}
	defer client.Close()
	x.Options.Timeout = doctor.Patience
	x.Account(ctx, client)
	if x.Worst() == doctor.Broken {
		return slices.DeleteFunc(x.Findings, func(f doctor.Finding) bool { return f.State != doctor.Broken }), ctx.Err()
	}
	_, err = b.store.Save(account.Account{
		Environment: s.environment, APIURL: s.apiURL, LoginURL: s.loginURL, ClientID: c.ClientID,
	}, c.ClientSecret)
	return nil, err
}

// settingsFinding returns the finding for settings that make no client.
func settingsFinding(err error) doctor.Finding {
	e := reasonOf(err)
	return doctor.Finding{Check: "settings", State: doctor.Broken, Text: e.Message, Fix: e.Fix}
}

// Forget removes the account that was kept.
func (b *webBackend) Forget(context.Context) error { return b.store.Forget() }

// Companies returns the companies of the account.
func (b *webBackend) Companies(ctx context.Context) ([]procore.Named, error) {
	return b.list(ctx, 0, (*procore.Client).Companies)
}

// Projects returns the projects of a company that the account may see.
func (b *webBackend) Projects(ctx context.Context, company int64) ([]procore.Named, error) {
	return b.list(ctx, company, (*procore.Client).Projects)
}

// list returns what the account may see, of a company if one is named.
func (b *webBackend) list(ctx context.Context, company int64, what listing) ([]procore.Named, error) {
	a, _, err := b.fork()
	if err != nil {
		return nil, err
	}
	secret, err := a.settings.secret(a.getenv)
	if err != nil {
		return nil, err
	}
	a.settings.company = cmp.Or(company, a.settings.company)
	return a.list(ctx, secret, what)
}

// Choose keeps the company and the project: with the account, or until muster web ends
// if the credentials are those of the settings.
func (b *webBackend) Choose(_ context.Context, company, project procore.Named) error {
	if b.app.settings.clientID == "" {
		return b.store.Choose(company, project)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.chosen = account.Account{Company: company, Project: project}
	return nil
}

// Diagnose runs the doctor's checks of Procore.
func (b *webBackend) Diagnose(ctx context.Context) []doctor.Finding {
	a, _, err := b.fork()
	if err != nil {
		return []doctor.Finding{settingsFinding(err)}
	}
	x := a.newExamination(func(doctor.Finding) {})
	a.checkSettings(x)
	x.Procore(ctx)
	return x.Findings
}
