package importer_test

import (
	"net/http"
	"testing"
	"testing/synctest"

	"muster/importer"
	"muster/importer/outcome"
	"muster/importer/procore/simulator"
)

func TestChangedJobTitle(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		faults []simulator.Fault
		denied []simulator.Denial
		update bool
		gone   bool // the person leaves the project before the update
		status outcome.Status
		code   string
		title  string // in Procore afterwards
	}{
		{name: "is said", status: outcome.Existing, code: "differs", title: "Laborer"},
		{name: "is not known without permission to read the Directory", denied: []simulator.Denial{simulator.DenyWebView}, status: outcome.Existing, title: "Laborer"},
		{name: "is changed on request", update: true, status: outcome.Existing, code: "updated", title: "Foreman"},
		{
			name: "is changed though answers get lost", update: true, status: outcome.Existing, code: "updated", title: "Foreman",
			faults: []simulator.Fault{{Kind: simulator.LostAnswer, Scope: simulator.Updates, Nth: []int{1, 2}}},
		},
		{
			name: "is left when Procore keeps failing", update: true, status: outcome.Failed, code: "update_refused", title: "Laborer",
			faults: []simulator.Fault{{Kind: simulator.Status500Before, Scope: simulator.Updates}},
		},
		{
			name: "is left when the person has gone", update: true, gone: true, status: outcome.Failed, code: "update_refused",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{Windows: noLimits, Faults: test.faults, Denied: test.denied})
				id := b.server.Add(simulator.Person{FirstName: "Ann", LastName: "Lee", JobTitle: "Laborer", EmployeeID: "100", Projects: []int64{100}})
				path := b.roster("First Name,Last Name,Job Title,Employee ID\nAnn,Lee,Foreman,100\n")
				r := b.run(t.Context(), path, func(j *importer.Import) {
					j.Update = test.update
					if test.gone {
						j.API = b.client(j.Pace, leaving{b.server, id})
					}
				})
				o := r.rows[0].Outcome
				code := ""
				if len(o.Problems) > 0 {
					code = o.Problems[0].Code
				}
				if o.Status != test.status || code != test.code {
					t.Errorf("%s (%s), want %s (%s)", o.Status, code, test.status, test.code)
				}
				if people := b.server.People(); !test.gone && people[0].JobTitle != test.title {
					t.Errorf("the job title is %q, want %q", people[0].JobTitle, test.title)
				}
			})
		})
	}
}

// leaving takes a person off the project just before an update of anybody.
type leaving struct {
	server *simulator.Server
	id     int64
}

func (l leaving) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPatch {
		l.server.Remove(l.id)
	}
	return l.server.Transport().RoundTrip(r)
}
