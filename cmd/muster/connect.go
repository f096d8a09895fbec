package main

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/rs/zerolog"

	"muster/importer"
	"muster/importer/fault"
	"muster/importer/procore"
	"muster/importer/rehearsal"
	"muster/ratelimit"
)

// connect makes a client by the settings. Nothing is sent yet. A rehearsal has
// other projects, too, if any are named.
func (a *app) connect(ctx context.Context, log zerolog.Logger, others ...int64) (importer.Connection, error) {
	s := &a.settings
	limits := ratelimit.Options{Rate: s.rate, Reserve: s.reserve}
	if s.simulate {
		return rehearsal.Connect(procore.Options{
			CompanyID: s.company, ProjectID: s.project, View: s.view, Pace: ratelimit.New(limits), Logger: log,
			Connection: procore.Connection{UserAgent: userAgent()},
		}, others...)
	}
	secret, err := s.secret(a.getenv)
	if err != nil {
		return importer.Connection{}, err
	}
	if err := s.missing(secret); err != nil {
		return importer.Connection{}, err
	}
	if err := a.findProject(ctx); err != nil {
		return importer.Connection{}, err
	}
	options := s.clientOptions(secret)
	options.Logger = log
	if err := a.shareQuota(ctx, options.LoginURL, &limits); err != nil {
		return importer.Connection{}, err
	}
	limits.Unshared = func(err error) {
		if !errors.Is(err, fs.ErrNotExist) { // without a folder for the ledger there was no run yet
			log.Warn().Err(fault.Cause(err)).Msg("the quota can't be shared with other runs on this machine: the file beside the ledger can't be used")
		}
	}
	options.Pace = ratelimit.New(limits)
	c, err := importer.NewConnection(options)
	return c, unusable(err)
}

// unusable returns the error of options that make no client, or nil.
func unusable(err error) error {
	if err == nil {
		return nil
	}
	return usageError(strings.ReplaceAll(err.Error(), "\n", "; "), "muster import --help shows the settings")
}

// clientOptions returns the options of a client for the hosts, the project and the
// credentials of the settings.
func (s *settings) clientOptions(secret string) procore.Options {
	api, login := s.hosts()
	return procore.Options{
		APIURL: api, LoginURL: login, CompanyID: s.company, ProjectID: s.project, ClientID: s.clientID, ClientSecret: secret, View: s.view,
		Connection: procore.Connection{
			Connections: s.Workers, UserAgent: userAgent(), CAFile: s.caFile, ClientCert: s.clientCert, ClientKey: s.clientKey,
		},
	}
}

// shareQuota has runs with the same credentials and ledger share their quota.
func (a *app) shareQuota(ctx context.Context, loginURL string, o *ratelimit.Options) error {
	book, err := a.ledgerPath()
	if err != nil {
		return err
	}
	return importer.ShareQuota(ctx, book, loginURL, a.settings.clientID, o)
}

// hosts returns the URLs of the API and of the login host.
func (s *settings) hosts() (api, login string) {
	for _, e := range procore.Environments() {
		if e.Name == s.environment {
			return cmp.Or(s.apiURL, e.APIURL), cmp.Or(s.loginURL, e.LoginURL)
		}
	}
	return s.apiURL, s.loginURL // the flag takes only known names
}
