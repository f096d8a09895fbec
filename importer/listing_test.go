package importer_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
			name: "is left when the account may not change it", update: true, denied: []simulator.Denial{simulator.DenyWrite},
			status: outcome.Failed, code: "update_refused", title: "Laborer",
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
				if r.Stopped != nil {
					t.Errorf("stopped by %v", r.Stopped)
				}
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

// An inactive person is never created a second time: the row is invalid, or the
// person becomes active again.
func TestInactivePeople(t *testing.T) {
	t.Parallel()
	const head = "First Name,Last Name,Employee ID\n"
	for _, test := range []struct {
		name   string
		config simulator.Config
		people []simulator.Person
		roster string
		policy importer.Policy
		status outcome.Status
		code   string
		count  int // people in the company
	}{
		{name: "same ID", people: []simulator.Person{{FirstName: "Ann", LastName: "Lee", EmployeeID: "5", Account: simulator.Account{Inactive: true}}}, roster: "Ann,Lee,5\n", status: outcome.Invalid, code: "inactive_person", count: 1},
		{name: "same name, no ID", people: []simulator.Person{{FirstName: "Ann", LastName: "Lee", Account: simulator.Account{Inactive: true}}}, roster: "Ann,Lee,\n", status: outcome.Invalid, code: "inactive_person", count: 1},
		{name: "same name, the row has an ID", people: []simulator.Person{{FirstName: "Ann", LastName: "Lee", Account: simulator.Account{Inactive: true}}}, roster: "Ann,Lee,5\n", status: outcome.Invalid, code: "inactive_person", count: 1},
		{name: "another ID", people: []simulator.Person{{FirstName: "Ann", LastName: "Lee", EmployeeID: "6", Account: simulator.Account{Inactive: true}}}, roster: "Ann,Lee,5\n", status: outcome.Created, count: 2},
		{name: "an active one, too", people: []simulator.Person{{FirstName: "Ann", LastName: "Lee", EmployeeID: "5", Account: simulator.Account{Inactive: true}}, {FirstName: "Ann", LastName: "Lee", EmployeeID: "5"}}, roster: "Ann,Lee,5\n", status: outcome.Existing, count: 2},
		{name: "reactivated", people: []simulator.Person{{FirstName: "Ann", LastName: "Lee", EmployeeID: "5", Account: simulator.Account{Inactive: true}}}, roster: "Ann,Lee,5\n", policy: importer.Policy{InactivePolicy: importer.InactivePolicy{Reactivate: true}}, status: outcome.Created, code: "reactivated", count: 1},
		{name: "reactivated, one of two", people: []simulator.Person{{FirstName: "Ann", LastName: "Lee", EmployeeID: "5", Account: simulator.Account{Inactive: true}}, {FirstName: "Ann", LastName: "Lee", EmployeeID: "5", Account: simulator.Account{Inactive: true}}}, roster: "Ann,Lee,5\n", policy: importer.Policy{InactivePolicy: importer.InactivePolicy{Reactivate: true}}, status: outcome.Invalid, code: "inactive_person", count: 2},
		{name: "shown in the normal list", config: simulator.Config{Lists: simulator.ListOptions{ShowInactive: true}}, people: []simulator.Person{{FirstName: "Ann", LastName: "Lee", EmployeeID: "5", Account: simulator.Account{Inactive: true}}}, roster: "Ann,Lee,5\n", status: outcome.Invalid, code: "inactive_person", count: 1},
		{name: "no list of inactive people", config: simulator.Config{Lists: simulator.ListOptions{NoInactive: true}}, roster: "Ann,Lee,5\n", status: outcome.Created, count: 1},
		{name: "the list is forbidden", config: simulator.Config{Denied: []simulator.Denial{simulator.DenyInactive}}, roster: "Ann,Lee,5\n", status: outcome.Pending, code: "forbidden", count: 0},
		{name: "the list is forbidden and ignored", config: simulator.Config{Denied: []simulator.Denial{simulator.DenyInactive}}, roster: "Ann,Lee,5\n", policy: importer.Policy{InactivePolicy: importer.InactivePolicy{IgnoreInactive: true}}, status: outcome.Created, count: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				test.config.Windows = noLimits
				b := newBench(t, test.config)
				for _, p := range test.people {
					b.server.Add(p)
				}
				notes := 0
				r := b.run(t.Context(), b.roster(head+test.roster), func(im *importer.Import) {
					im.Policy = test.policy
					im.OnEvent = func(e importer.Event) {
						if n, ok := e.(importer.ColumnNoted); ok && n.Note.Code == "inactive_not_listed" {
							notes++
						}
					}
				})
				if unlisted := test.config.Lists.NoInactive; unlisted != (notes == 1) {
					t.Errorf("%d notes on the list of inactive people", notes)
				}
				o := r.rows[0].Outcome
				code := ""
				if len(o.Problems) > 0 {
					code = o.Problems[0].Code
				}
				if o.Status != test.status || code != test.code || len(b.server.People()) != test.count {
					t.Errorf("%s (%s) with %d people, want %s (%s) with %d", o.Status, code, len(b.server.People()), test.status, test.code, test.count)
				}
				if test.code == "forbidden" && (r.Stopped == nil || !strings.Contains(r.Stopped.Fix, "--ignore-inactive")) {
					t.Errorf("stopped by %v", r.Stopped)
				}
				if test.code != "reactivated" {
					return
				}
				if p := b.server.People()[0]; p.Inactive || p.ID != o.PersonID {
					t.Errorf("person %d, inactive %t; the row has %d", p.ID, p.Inactive, o.PersonID)
				}
				if again := b.run(t.Context(), b.roster(head+test.roster), nil); again.rows[0].Outcome.Status != outcome.Existing {
					t.Errorf("the next run: %s", again.rows[0].Outcome.Status)
				}
				b.undo(t.Context(), r.Run, nil)
				if p := b.server.People()[0]; !p.Inactive || len(p.Projects) != 1 {
					t.Errorf("after the undo: inactive %t, on %d projects", p.Inactive, len(p.Projects))
				}
			})
		})
	}
}

// A person of an earlier run who became inactive is not called gone, and comes back
// with --reactivate.
func TestCreatedPersonBecomesInactive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Windows: noLimits})
		path := b.roster("First Name,Last Name,Employee ID\nAnn,Lee,5\nBo,Li,6\n")
		id := b.run(t.Context(), path, nil).rows[0].Outcome.PersonID
		time.Sleep(time.Hour)
		b.change(id, func(p *simulator.Person) { p.Inactive = true })
		add := b.roster("First Name,Last Name,Employee ID\nAnn,Lee,5\nBo,Li,6\nCy,Fox,7\n")
		if o := b.run(t.Context(), add, nil).rows[0].Outcome; o.Status != outcome.Invalid || o.Problems[0].Code != "inactive_person" {
			t.Errorf("%s %v", o.Status, o.Problems)
		}
		r := b.run(t.Context(), add, func(im *importer.Import) { im.Reactivate = true })
		if o := r.rows[0].Outcome; o.Status != outcome.Created || o.PersonID != id || len(b.server.People()) != 3 {
			t.Errorf("%s %v, person %d, want %d", o.Status, o.Problems, o.PersonID, id)
		}
	})
}

// Case, accents, punctuation, titles and spacing of names do not count, nor where the first
// name ends; zeros in front and case of IDs do not, either. That holds in a roster as
// across runs.
func TestSpellingsOfOnePerson(t *testing.T) {
	t.Parallel()
	const head = "First Name,Last Name,Employee ID,External ID\n"
	for _, pair := range [][2]string{
		{"Sean,O'Brannigan,,", "Sean,OBrannigan,,"},
		{"Anne-Marie,Royer,,", "Annemarie,Royer,,"},
		{"Ian,McDonnell,,", "Ian,Mc Donnell,,"},
		{"Ali,Al-Hassan,,", "Ali,Alhassan,,"},
		{"Mary Ann,Lee,,", "Mary,Ann Lee,,"},
		{"José,Núñez,,", "JOSE,NUNEZ,,"},
		{"Ms. Ana,Ruiz,,", "Ana,Ruiz,,"},
		{"Ana,Ruiz,,", "Dr Ana,Ruiz,,"},
		{"Sean,O'Brannigan,5,", "Sean,OBrannigan,5,"},
		{"Ian,McDonnell,,HR-5", "Ian,Mc Donnell,,HR-5"},
		{"Dana,Halvorsen,00108,", "Dana,Halvorsen,108,"},
		{"Pablo,Brandvold,A-109,", "Pablo,Brandvold,a-109,"},
		{"Ida,Ottesen,,00601", "Ida,Ottesen,,601"},
	} {
		t.Run(pair[0]+" "+pair[1], func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{Windows: noLimits})
				r := b.run(t.Context(), b.roster(head+pair[0]+"\n"+pair[1]+"\n"), nil)
				want := "duplicate_row"
				if a, b := strings.Split(pair[0], ","), strings.Split(pair[1], ","); a[2]+a[3] != "" && a[2]+a[3] == b[2]+b[3] {
					want = "repeated_row"
				}
				if got := r.rows[1].Outcome; got.Status.HasPerson() || got.Problems[0].Code != want {
					t.Errorf("in one roster: %s %v", got.Status, got.Problems)
				}
				r = b.run(t.Context(), b.roster(head+pair[1]+"\n"), nil)
				if got := r.rows[0].Outcome; got.Status != outcome.Existing || len(b.server.People()) != 1 {
					t.Errorf("in the next run: %s, %d people", got.Status, len(b.server.People()))
				}
				without := newBench(t, simulator.Config{Windows: noLimits})
				cells := strings.Split(pair[0], ",")
				without.server.Add(simulator.Person{FirstName: cells[0], LastName: cells[1], EmployeeID: cells[2], OriginID: cells[3]})
				r = without.run(t.Context(), without.roster(head+pair[1]+"\n"), nil)
				if got := r.rows[0].Outcome; got.Status != outcome.Existing || len(without.server.People()) != 1 {
					t.Errorf("in the project already: %s, %d people", got.Status, len(without.server.People()))
				}
			})
		})
	}
}

// An employee ID that people of several last names have says nothing about a
// person: their full names decide. The first names of one ID and one last name are
// not passed over in silence.
func TestSharedEmployeeIDs(t *testing.T) {
	t.Parallel()
	const head = "First Name,Last Name,Employee ID,Job Title\n"
	crew := "Ann,Lee,PINK,\nBo,Li,PINK,\nCy,Fox,PINK,\nDee,Lee,PINK,\n"
	person := func(first, last, id string) simulator.Person {
		return simulator.Person{FirstName: first, LastName: last, EmployeeID: id}
	}
	for _, test := range []struct {
		name   string
		people []simulator.Person
		roster string
		want   string // the status of each row, with the first code
		count  int    // people in the project
	}{
		{name: "a crew under one badge", roster: crew, want: "created,created,created,created", count: 4},
		{name: "one of the crew is there", people: []simulator.Person{person("Bo", "Li", "PINK")}, roster: crew, want: "created,existing,created,created", count: 4},
		{name: "the crew is there, and one more comes", people: []simulator.Person{person("Bo", "Li", "PINK"), person("Cy", "Fox", "PINK")}, roster: "Eve,Roe,PINK,\n", want: "created shared_id", count: 3},
		{name: "a row of the crew twice", roster: crew + "Bo,Li,PINK,\n", want: "created,created,created,created,skipped repeated_row", count: 4},
		{name: "one of the crew is there without an ID", people: []simulator.Person{person("Bo", "Li", "")}, roster: crew, want: "created,existing name_only,created,created", count: 4},
		{name: "an ID of another person", people: []simulator.Person{person("Bo", "Li", "5")}, roster: "Ann,Lee,5,\n", want: "invalid id_conflict", count: 1},
		{name: "an ID with another first name", people: []simulator.Person{person("Robert", "Li", "5")}, roster: "Bob,Li,5,\n", want: "existing other_first_name", count: 1},
		{name: "an ID with two other first names", people: []simulator.Person{person("Robert", "Li", "5"), person("Ann", "Li", "5")}, roster: "Bo,Li,5,\n", want: "invalid id_conflict", count: 2},
		{name: "an ID with two first names, one of them the row's", people: []simulator.Person{person("Robert", "Li", "5"), person("Bo", "Li", "5")}, roster: "Bo,Li,5,\n", want: "existing", count: 2},
		{name: "two first names in the roster", roster: "Bo,Li,5,\nAnn,Li,5,\nBo,Li,5,\n", want: "created,invalid duplicate_row,skipped repeated_row", count: 1},
		{name: "a row without the ID, later", roster: "Bo,Li,5,\nAnn,Lee,,\nBo,Li,,\n", want: "created,created,invalid duplicate_row", count: 2},
		{name: "a row without the ID, earlier", roster: "Bo,Li,,\nBo,Li,5,\nBo,Li,6,\n", want: "invalid duplicate_row,created,created", count: 2},
		{name: "the words of a name in another order", roster: "Ana,Ruiz,7,\nRuiz,Ana,7,\nAna Maria,Mc Donald,8,\nMc Donald,Maria Ana,8,\n", want: "created,skipped repeated_row,created,skipped repeated_row", count: 2},
		{name: "the words in another order, under a shared badge", roster: crew + "Fox,Cy,PINK,\n", want: "created,created,created,created,skipped repeated_row", count: 4},
		{name: "a person with the words in another order", people: []simulator.Person{person("Ruiz Paz", "Ana", "7")}, roster: "Ana,Ruiz Paz,7,\n", want: "existing", count: 1},
		{name: "one of a crew with the words in another order", people: []simulator.Person{person("Li", "Bo", "PINK"), person("Al", "Roe", "PINK")}, roster: crew, want: "created shared_id,existing,created shared_id,created shared_id", count: 5},
		{name: "two people with the words, one in the order of the row", people: []simulator.Person{person("Li", "Bo", "5"), person("Bo", "Li", "5")}, roster: "Bo,Li,5,\n", want: "existing", count: 2},
		{name: "the words in another order, and an ID without its zeros", people: []simulator.Person{person("Li", "Bo", "5")}, roster: "Bo,Li,005,\n", want: "existing id_alike", count: 1},
		{name: "the words in another order without an ID", people: []simulator.Person{person("Li", "Bo", "")}, roster: "Bo,Li,,\n", want: "created", count: 2},
		{name: "a timesheet", roster: "Bo,Li,5,Mason\nAnn,Lee,6,\nBo,Li,5,Mason\nBo,Li,5,Roofer\n", want: "created,created,skipped repeated_row,skipped repeated_row", count: 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{Windows: noLimits})
				for _, p := range test.people {
					p.Projects = []int64{100}
					b.server.Add(p)
				}
				path := b.roster(head + test.roster)
				for run := range 2 {
					var got []string
					for _, row := range b.run(t.Context(), path, nil).rows {
						word := string(row.Outcome.Status)
						if run == 1 && row.Outcome.Status.HasPerson() && word != "existing" {
							t.Errorf("run 2, row %d: %s", row.Outcome.Row, word)
						}
						if len(row.Outcome.Problems) > 0 {
							word += " " + row.Outcome.Problems[0].Code
						}
						got = append(got, word)
					}
					if words := strings.Join(got, ","); run == 0 && words != test.want {
						t.Errorf("got  %s\nwant %s", words, test.want)
					}
				}
				if people := b.server.People(); len(people) != test.count {
					t.Errorf("%d people, want %d", len(people), test.count)
				}
			})
		})
	}
}

// A row that gets another first name while lists lag is not created a second time.
func TestRenamedWhileListsLag(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lag := simulator.Fault{Kind: simulator.ListLag, Delay: 30 * time.Second}
		b := newBench(t, simulator.Config{Windows: noLimits, Faults: []simulator.Fault{lag}})
		const head = "First Name,Last Name,Employee ID\n"
		b.run(t.Context(), b.roster(head+"Bob,Li,5\n"), nil)
		r := b.run(t.Context(), b.roster(head+"Robert,Li,5\n"), nil)
		if got := r.rows[0].Outcome; got.Status != outcome.Existing || len(b.server.People()) != 1 {
			t.Errorf("%s %v, %d people", got.Status, got.Problems, len(b.server.People()))
		}
	})
}
