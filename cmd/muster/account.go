package main

import (
	"context"
	"slices"

	"github.com/spf13/pflag"

	"muster/importer"
	"muster/importer/account"
	"muster/importer/doctor"
	"muster/importer/procore"
)

// accounts returns the store of the account that a person set up on the page.
func (a *app) accounts() (*account.Store, error) {
	folder, err := a.localFolder()
	if err != nil {
		return nil, err
	}
	var keyring account.Keyring
	if a.getenv("MUSTER_KEYRING") != "off" {
		keyring = account.System{}
	}
	return account.Open(folder, keyring), nil
}

// fromAccount takes the credentials, the environment and the company of the account that
// was set up on the page, unless the settings have credentials or name other hosts.
func (a *app) fromAccount(flags *pflag.FlagSet) error {
	s := &a.settings
	if secret, err := s.ownSecret(a.getenv); flags.Lookup("company") == nil || s.simulate || s.clientID != "" || secret != "" || err != nil {
		return nil // an error of the secret is reported where the secret is needed
	}
	store, err := a.accounts()
	if err != nil {
		return nil // without a folder there is no account
	}
	_, err = s.useAccount(store, namesHosts(flags))
	return err
}

// namesHosts reports whether the settings say which Procore it is.
func namesHosts(flags *pflag.FlagSet) bool {
	return slices.ContainsFunc([]string{"environment", "api-url", "login-url"}, func(name string) bool {
		return flags.Lookup(name).Changed
	})
}

// useAccount takes the account of a store. With fixed hosts an account of other hosts is
// left out: credentials are good for their hosts alone.
func (s *settings) useAccount(store *account.Store, fixed bool) (account.Account, error) {
	kept, err := store.Load()
	if err != nil || kept.ClientID == "" {
		return account.Account{}, err
	}
	of := settings{connectionSettings: connectionSettings{environment: kept.Environment, apiURL: kept.APIURL, loginURL: kept.LoginURL}}
	api, login := s.hosts()
	if keptAPI, keptLogin := of.hosts(); fixed && (api != keptAPI || login != keptLogin) {
		return account.Account{}, nil
	}
	s.environment, s.apiURL, s.loginURL = kept.Environment, kept.APIURL, kept.LoginURL
	s.clientID, s.kept = kept.ClientID, store
	if s.company == 0 {
		s.company = kept.Company.ID
	}
	return kept, nil
}

// keptPlace says where the credentials come from, if the settings lack them.
func (s *settings) keptPlace() string {
	if s.kept == nil {
		return ""
	}
	kept, err := s.kept.Load()
	if err != nil || kept.Kept == account.InKeyring {
		return "this machine's keyring, as set up on the page"
	}
	return "the file " + s.kept.Path() + ", as set up on the page"
}

// findProject looks up the ID of a project that the settings name. What else a connection
// needs may be missing: then nothing is looked up.
func (a *app) findProject(ctx context.Context) error {
	s := &a.settings
	if s.projectName == "" || s.project != 0 || s.simulate {
		return nil
	}
	secret, err := s.secret(a.getenv)
	if err != nil || s.missing(secret) != nil {
		return err
	}
	all, err := a.list(ctx, secret, (*procore.Client).Projects)
	if err != nil {
		return err
	}
	found, err := importer.FindProject(all, s.projectName)
	s.project = found.ID
	return err
}

// listing is a call that lists companies or projects.
type listing func(*procore.Client, context.Context) ([]procore.Named, error)

// list returns the companies or projects that the account can see.
func (a *app) list(ctx context.Context, secret string, what listing) ([]procore.Named, error) {
	client, err := a.unboundClient(secret)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return importer.ByName(ctx, func(ctx context.Context) ([]procore.Named, error) { return what(client, ctx) })
}

// unboundClient returns a client for the calls that come before a project is chosen.
func (a *app) unboundClient(secret string) (*procore.Client, error) {
	options := a.settings.clientOptions(secret)
	options.Logger, options.Timeout = a.logger(), doctor.Patience
	client, err := procore.NewUnbound(options)
	return client, unusable(err)
}
