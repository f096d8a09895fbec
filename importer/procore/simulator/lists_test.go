package simulator_test

import (
	"strconv"
	"strings"
	"testing"

	"muster/importer/procore/simulator"
)

type listed struct {
	ID        int64  `json:"id"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
}

func TestPages(t *testing.T) {
	t.Parallel()
	s := simulator.New(unlimited(simulator.Config{Lists: simulator.ListOptions{MaxPerPage: 3}}))
	for i := range 5 {
		s.Add(simulator.Person{LastName: strconv.Itoa(i)})
	}
	c := dial(t, s)
	at := func(page, per int) string {
		return "<https://api.procore.example" + peoplePath + "?page=" + strconv.Itoa(page) + "&per_page=" + strconv.Itoa(per) + ">"
	}
	for _, test := range []struct {
		query, names, per, link string
	}{
		{"page=1&per_page=2", "0 1", "2", at(2, 2) + `; rel="next", ` + at(3, 2) + `; rel="last"`},
		{"page=2&per_page=2", "2 3", "2", at(1, 2) + `; rel="first", ` + at(1, 2) + `; rel="prev", ` + at(3, 2) + `; rel="next", ` + at(3, 2) + `; rel="last"`},
		{"page=3&per_page=2", "4", "2", at(1, 2) + `; rel="first", ` + at(2, 2) + `; rel="prev"`},
		{"page=9&per_page=2", "", "2", at(1, 2) + `; rel="first", ` + at(3, 2) + `; rel="prev"`},
		{"per_page=2000", "0 1 2", "3", at(2, 3) + `; rel="next", ` + at(2, 3) + `; rel="last"`},
		{"", "0 1 2", "3", at(2, 3) + `; rel="next", ` + at(2, 3) + `; rel="last"`},
	} {
		r := c.get(peoplePath + "?" + test.query)
		var people []listed
		r.decode(t, &people)
		var got []string
		for _, p := range people {
			got = append(got, p.LastName)
		}
		if strings.Join(got, " ") != test.names || r.header.Get("Total") != "5" ||
			r.header.Get("Per-Page") != test.per || r.header.Get("Link") != test.link {
			t.Errorf("%s: got %v of %s, %s a page, %s", test.query, got, r.header.Get("Total"), r.header.Get("Per-Page"), r.header.Get("Link"))
		}
	}
	for _, query := range []string{"page=0", "page=one", "per_page=-1", "filters[is_employee]=true", "sort=name"} {
		if r := c.get(peoplePath + "?" + query); r.status != 400 {
			t.Errorf("%s: got %d", query, r.status)
		}
	}
	if r := c.get("/rest/v1.0/projects/100/work_classifications?per_page=1&page=2"); r.header.Get("Total") != "14" || !strings.Contains(r.header.Get("Link"), `rel="next"`) {
		t.Errorf("work classifications: got %v", r.header)
	}
}

// A list is kept for its next page, but not beyond what changes it.
func TestListFollowsChanges(t *testing.T) {
	t.Parallel()
	s := simulator.New(unlimited(simulator.Config{OtherProjects: []simulator.Project{{ID: 200}}}))
	c := dial(t, s)
	view := ""
	names := func() string {
		var people []listed
		c.get(peoplePath+view).decode(t, &people)
		view = ""
		var names []string
		for _, p := range people {
			names = append(names, p.LastName)
		}
		return strings.Join(names, " ")
	}
	var berg listed
	var elsewhere int64
	for _, test := range []struct {
		name, want string
		change     func()
	}{
		{"nobody", "", func() {}},
		{"created", "Berg", func() { c.create(`{"person":{"last_name":"Berg"}}`).decode(t, &berg) }},
		{"seeded", "Berg Adam", func() { s.Add(simulator.Person{LastName: "Adam"}) }},
		{"changed", "Zorn Adam", func() {
			c.do("PATCH", peoplePath+"/"+strconv.FormatInt(berg.ID, 10), `{"person":{"last_name":"Zorn"}}`)
		}},
		{"on another project", "Zorn Adam", func() { elsewhere = s.Add(simulator.Person{LastName: "Cole", Projects: []int64{200}}) }},
		{"added", "Zorn Adam Cole", func() {
			c.do("POST", "/rest/v1.0/projects/100/project_memberships/bulk_add", `{"party_ids":[`+strconv.FormatInt(elsewhere, 10)+`]}`)
		}},
		{"of the company", "Zorn Adam Cole Dorn", func() {
			s.Add(simulator.Person{LastName: "Dorn", Projects: []int64{200}})
			view = "?filters[include_company_people]=true"
		}},
		{"removed", "Adam Cole", func() { s.Remove(berg.ID) }},
	} {
		test.change()
		if got := names(); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}
