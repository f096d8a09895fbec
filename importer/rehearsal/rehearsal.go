// Package rehearsal is a simulated project for an import that sends nothing.
package rehearsal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"muster/importer"
	"muster/importer/ledger"
	"muster/importer/procore"
	"muster/importer/procore/simulator"
)

// host is no host: what is sent to it never leaves the process.
const host = "https://simulated.invalid"

// Connect returns the connection to a Procore that lives in this process, and the
// function that ends the connection. The options name the company, the project, the pace
// and the logger. The simulated Procore has no limits: a rehearsal shows what would
// happen, and need not take as long. Other projects exist, too, if any are named.
func Connect(o procore.Options, others ...int64) (importer.Connection, func(), error) {
	const usualProject = 100
	o.CompanyID, o.ProjectID = max(o.CompanyID, 1), cmp.Or(o.ProjectID, usualProject)
	config := simulator.Config{Company: simulator.Company{CompanyID: o.CompanyID, ProjectID: o.ProjectID}, Windows: []simulator.Window{}}
	for _, id := range others {
		config.OtherProjects = append(config.OtherProjects, simulator.Project{ID: id, Name: fmt.Sprintf("Simulated Project %d", id)})
	}
	server := simulator.New(config)
	o.APIURL, o.LoginURL, o.ClientID, o.ClientSecret = host, host, "rehearsal", "rehearsal"
	o.Connection = procore.Connection{Transport: server.Transport(), UserAgent: o.UserAgent}
	connection, err := importer.NewConnection(o)
	if err != nil {
		return importer.Connection{}, nil, err
	}
	return connection, server.Close, nil
}

// Ledger is the ledger of a rehearsal. The ledger ends with the rehearsal: it must never
// mark a person as created.
type Ledger struct {
	*ledger.Ledger
	folder string
}

// OpenLedger opens a new ledger in a temporary folder.
func OpenLedger(ctx context.Context) (*Ledger, error) {
	folder, err := os.MkdirTemp("", "muster-rehearsal-")
	if err != nil {
		return nil, fmt.Errorf("a folder for the rehearsal's ledger: %w", err)
	}
	book, err := ledger.Open(ctx, filepath.Join(folder, "ledger.db"))
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return &Ledger{book, folder}, nil
}

// Close closes the ledger and removes the folder.
func (l *Ledger) Close() error {
	return errors.Join(l.Ledger.Close(), os.RemoveAll(l.folder))
}
