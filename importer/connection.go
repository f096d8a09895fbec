package importer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"muster/importer/ledger"
	"muster/importer/procore"
	"muster/ratelimit"
)

// Connection is the way to a project in Procore. Close it.
type Connection struct {
	API   *procore.Client
	Pace  *ratelimit.Pace
	Scope ledger.Scope
	End   func() // ends what else the connection holds; may be nil
}

// Close ends the connection.
func (c Connection) Close() {
	if c.API != nil {
		c.API.Close()
		c.Pace.Close()
	}
	if c.End != nil {
		c.End()
	}
}

// NewConnection returns the way to the project that the options name. Nothing is
// sent yet.
func NewConnection(o procore.Options) (Connection, error) {
	api, err := procore.New(o)
	if err != nil {
		return Connection{}, err
	}
	host, err := url.Parse(o.APIURL)
	if err != nil {
		return Connection{}, fmt.Errorf("the API URL: %w", err)
	}
	return Connection{API: api, Pace: o.Pace, Scope: ledger.Scope{API: hostName(host), Company: o.CompanyID, Project: o.ProjectID}}, nil
}

// hostName returns the host of a URL, the same for every way to write the host: runs
// must find each other's lock.
func hostName(u *url.URL) string {
	host := strings.ToLower(u.Host)
	if u.Scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}

// project returns the connection to another project of the company.
func (c Connection) project(id int64) Connection {
	c.Scope.Project = id
	if c.API != nil {
		c.API = c.API.ForProject(id)
	}
	return c
}

// ShareQuota has runs with the same credentials share their quota: in the database of
// the ledger, or in a file beside the ledger's.
func ShareQuota(ctx context.Context, location, loginURL, clientID string, o *ratelimit.Options) error {
	name := quotaName(loginURL, clientID)
	if !ledger.IsURL(location) {
		o.Shared = filepath.Join(filepath.Dir(location), name)
		return nil
	}
	config, err := ledger.PostgresConfig(location)
	if err != nil {
		return err
	}
	o.Database, err = ratelimit.OpenDatabase(ctx, config.ConnConfig, name)
	return ledger.ExplainPostgres(config, "share the quota through", err)
}

// quotaName returns the name of the quota of credentials.
func quotaName(loginURL, clientID string) string {
	host := loginURL
	if login, err := url.Parse(loginURL); err == nil { // the client refuses a text that is no URL
		host = login.Host
	}
	sum := sha256.Sum256([]byte(host + "\n" + clientID))
	return "quota-" + hex.EncodeToString(sum[:6])
}
