package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/rs/zerolog"

	"muster/importer"
	"muster/importer/fault"
	"muster/importer/procore"
	"muster/importer/procore/simulator"
	"muster/ratelimit"
)

// connection is a client for Procore or for the simulated Procore of a rehearsal.
type connection struct {
	importer.Connection
	close func()
}

// rehearsalHost is no host: what is sent to it never leaves the process.
const rehearsalHost = "simulated.invalid"

// connect makes a client by the settings. Nothing is sent yet. A rehearsal has
// other projects, too, if any are named.
func (a *app) connect(log zerolog.Logger, others ...int64) (*connection, error) {
	s := &a.settings
	limits := ratelimit.Options{Rate: s.rate, Reserve: s.reserve}
	if s.simulate {
		return a.connectSimulated(ratelimit.New(limits), log, others)
	}
	secret, err := s.secret(a.getenv)
	if err != nil {
		return nil, err
	}
	if err := s.missing(secret); err != nil {
		return nil, err
	}
	options := s.clientOptions(secret)
	options.Logger = log
	if limits.Shared, err = a.quotaFile(options.LoginURL); err != nil {
		return nil, err
	}
	limits.Unshared = func(err error) {
		if !errors.Is(err, fs.ErrNotExist) { // without a folder for the ledger there was no run yet
			log.Warn().Err(fault.Cause(err)).Msg("the quota can't be shared with other runs on this machine: the file beside the ledger can't be used")
		}
	}
	options.Pace = ratelimit.New(limits)
	return newConnection(options)
}

// clientOptions returns the options of a client for the hosts, the project and the
// credentials of the settings.
func (s *settings) clientOptions(secret string) procore.Options {
	api, login := s.hosts()
	return procore.Options{
		APIURL: api, LoginURL: login, CompanyID: s.company, ProjectID: s.project, ClientID: s.clientID, ClientSecret: secret, View: s.view,
		Connection: procore.Connection{
			Connections: s.workers, UserAgent: userAgent(), CAFile: s.caFile, ClientCert: s.clientCert, ClientKey: s.clientKey,
		},
	}
}

// quotaFile returns the path of the file beside the ledger through which runs with the
// same credentials share the quota.
func (a *app) quotaFile(loginURL string) (string, error) {
	book, err := a.ledgerPath()
	if err != nil {
		return "", err
	}
	return importer.QuotaFile(filepath.Dir(book), loginURL, a.settings.clientID), nil
}

// connectSimulated makes a client of a Procore that lives in this process. It
// has no limits: a rehearsal shows what would happen, and need not take as long.
func (a *app) connectSimulated(pace *ratelimit.Pace, log zerolog.Logger, others []int64) (*connection, error) {
	s := &a.settings
	company, project := max(s.company, 1), s.project
	if project == 0 {
		project = 100
	}
	config := simulator.Config{Company: simulator.Company{CompanyID: company, ProjectID: project}, Windows: []simulator.Window{}}
	for _, id := range others {
		config.OtherProjects = append(config.OtherProjects, simulator.Project{ID: id, Name: fmt.Sprintf("Simulated Project %d", id)})
	}
	server := simulator.New(config)
	c, err := newConnection(procore.Options{
		APIURL: "https://" + rehearsalHost, LoginURL: "https://" + rehearsalHost,
		CompanyID: company, ProjectID: project, ClientID: "rehearsal", ClientSecret: "rehearsal",
		View: s.view, Pace: pace, Connection: procore.Connection{Transport: server.Transport(), UserAgent: userAgent()}, Logger: log,
	})
	if err != nil {
		return nil, err
	}
	c.close = server.Close
	return c, nil
}

func newConnection(o procore.Options) (*connection, error) {
	c, err := importer.NewConnection(o)
	if err != nil {
		return nil, usageError(strings.ReplaceAll(err.Error(), "\n", "; "), "muster import --help shows the settings")
	}
	return &connection{c, c.API.Close}, nil
}

// hosts returns the URLs of the API and of the login host.
func (s *settings) hosts() (api, login string) {
	environment, _ := procore.HostsOf(s.environment) // the flag takes only known names
	return cmp.Or(s.apiURL, environment.APIURL), cmp.Or(s.loginURL, environment.LoginURL)
}
