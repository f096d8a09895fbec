// Package rehearsal is a simulated project for an import that sends nothing.
package rehearsal

import (
	"cmp"
	"fmt"

	"muster/importer"
	"muster/importer/procore"
	"muster/importer/procore/simulator"
)

// host is no host: what is sent to it never leaves the process.
const host = "https://simulated.invalid"

// Connect returns the connection to a Procore that lives in this process and ends with the
// connection. The options name the company, the project, the pace and the logger. The
// simulated Procore has no limits: a rehearsal shows what would happen, and need not take
// as long. Other projects exist, too, if any are named.
func Connect(o procore.Options, others ...int64) (importer.Connection, error) {
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
	connection.End = server.Close
	return connection, err
}
