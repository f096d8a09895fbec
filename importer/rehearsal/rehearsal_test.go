package rehearsal_test

import (
	"testing"

	"muster/importer/procore"
	"muster/importer/rehearsal"
	"muster/ratelimit"
)

// A rehearsal has a project of its own where none is named, which keeps what is created
// there until the connection ends.
func TestConnect(t *testing.T) {
	t.Parallel()
	for round := range 2 {
		c, err := rehearsal.Connect(procore.Options{Pace: ratelimit.New(ratelimit.Options{})}, 200)
		if err != nil {
			t.Fatal(err)
		}
		project, err := c.API.Project(t.Context())
		if err != nil || project.ID != 100 || c.Scope.Project != 100 {
			t.Errorf("the project is %+v, of %+v: %v", project, c.Scope, err)
		}
		other, err := c.API.ForProject(200).Project(t.Context())
		if err != nil || other.Name != "Simulated Project 200" {
			t.Errorf("the other project is %+v: %v", other, err)
		}
		if n := people(t, c.API); n != 0 {
			t.Errorf("round %d: %d people before the first was created", round, n)
		}
		slot, err := c.Pace.Take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		made, err := c.API.CreatePerson(t.Context(), slot, procore.Draft{FirstName: "Ann", LastName: "Lee"}, "token")
		if err != nil || made.ID == 0 {
			t.Errorf("created %+v: %v", made, err)
		}
		if n := people(t, c.API); n != 1 {
			t.Errorf("%d people, want the one who was created", n)
		}
		c.Close()
	}
}

// The settings name the company and the project.
func TestConnectToANamedProject(t *testing.T) {
	t.Parallel()
	c, err := rehearsal.Connect(procore.Options{CompanyID: 7, ProjectID: 1204, Pace: ratelimit.New(ratelimit.Options{})})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	project, err := c.API.Project(t.Context())
	if err != nil || project.ID != 1204 || c.Scope.Company != 7 {
		t.Errorf("the project is %+v, of %+v: %v", project, c.Scope, err)
	}
}

func people(t *testing.T, api *procore.Client) (n int) {
	t.Helper()
	for _, err := range api.People(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}
