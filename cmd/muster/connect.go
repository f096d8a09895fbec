package main

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/rs/zerolog"

	"muster/importer/ledger"
	"muster/importer/procore"
	"muster/importer/procore/simulator"
	"muster/ratelimit"
)

// connection is Procore, or the simulated one of a rehearsal.
type connection struct {
	api   *procore.Client
	pace  *ratelimit.Pace
	scope ledger.Scope
	close func()
}

// rehearsalHost is no host: what is sent to it never leaves the process.
const rehearsalHost = "simulated.invalid"

// connect makes a client by the settings. Nothing is sent yet. A rehearsal has
// other projects, too, if any are named.
func (a *app) connect(log zerolog.Logger, others ...int64) (*connection, error) {
	s := &a.settings
	pace := ratelimit.New(ratelimit.Options{Rate: s.rate.perSecond, Reserve: s.reserve.share})
	if s.simulate {
		return a.connectSimulated(pace, log, others)
	}
	secret, err := s.secret(a.getenv)
	if err != nil {
		return nil, err
	}
	if err := s.missing(secret); err != nil {
		return nil, err
	}
	options := procore.Options{
		CompanyID: s.company, ProjectID: s.project, ClientID: s.clientID, ClientSecret: secret,
		View: s.view, Pace: pace, Connections: s.workers, UserAgent: userAgent(), Logger: log,
	}
	if options.APIURL, options.LoginURL, err = s.hosts(); err != nil {
		return nil, err
	}
	return newConnection(options)
}

// connectSimulated makes a client of a Procore that lives in this process. It
// has no limits: a rehearsal shows what would happen, and need not take as long.
func (a *app) connectSimulated(pace *ratelimit.Pace, log zerolog.Logger, others []int64) (*connection, error) {
	s := &a.settings
	company, project := max(s.company, 1), s.project
	if project == 0 {
		project = 100
	}
	config := simulator.Config{CompanyID: company, ProjectID: project, Windows: []simulator.Window{}}
	for _, id := range others {
		config.OtherProjects = append(config.OtherProjects, simulator.Project{ID: id, Name: fmt.Sprintf("Simulated Project %d", id)})
	}
	server := simulator.New(config)
	c, err := newConnection(procore.Options{
		APIURL: "https://" + rehearsalHost, LoginURL: "https://" + rehearsalHost,
		CompanyID: company, ProjectID: project, ClientID: "rehearsal", ClientSecret: "rehearsal",
		View: s.view, Pace: pace, Transport: server.Transport(), UserAgent: userAgent(), Logger: log,
	})
	if err != nil {
		return nil, err
	}
	c.close = server.Close
	return c, nil
}

func newConnection(o procore.Options) (*connection, error) {
	api, err := procore.New(o)
	if err != nil {
		return nil, &usageError{strings.ReplaceAll(err.Error(), "\n", "; "), "muster import --help shows the settings"}
	}
	host, err := url.Parse(o.APIURL)
	if err != nil {
		return nil, fmt.Errorf("the API URL: %w", err)
	}
	return &connection{
		api: api, pace: o.Pace, close: api.Close,
		scope: ledger.Scope{API: host.Host, Company: o.CompanyID, Project: o.ProjectID},
	}, nil
}

// hosts returns where the API and its tokens are.
func (s *settings) hosts() (api, login string, err error) {
	environment, ok := procore.HostsOf(s.environment)
	if !ok {
		var names []string
		for _, e := range procore.Environments() {
			names = append(names, e.Name)
		}
		return "", "", &usageError{fmt.Sprintf("--environment %s is unknown", s.environment), strings.Join(names, ", ")}
	}
	api, login = environment.APIURL, environment.LoginURL
	if s.apiURL != "" {
		api = s.apiURL
	}
	if s.loginURL != "" {
		login = s.loginURL
	}
	return api, login, nil
}
