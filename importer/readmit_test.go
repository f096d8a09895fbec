package importer_test

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster/importer"
	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/procore/simulator"
	"muster/ratelimit"
)

// remove takes somebody off the project by hand; they stay in the company.
func (b *bench) remove(id int64) {
	b.t.Helper()
	pace := ratelimit.New(ratelimit.Options{})
	slot, err := pace.Take(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	removal, err := b.client(pace, b.server.Transport()).RemovePeople(b.t.Context(), slot, []int64{id})
	if err != nil || !slices.Contains(removal.Removed, id) {
		b.t.Fatalf("%v %v", removal, err)
	}
}

// Somebody whom an earlier run created and who is off the project since.
func TestRemovedSince(t *testing.T) {
	t.Parallel()
	const byEmployee, byOrigin = "First Name,Last Name,Employee ID\nAnn,Lee,100\n", "First Name,Last Name,Origin ID\nAnn,Lee,A-1\n"
	byHand := func(b *bench, _ ran, id int64) { b.remove(id) }
	undo := func(b *bench, first ran, _ int64) { b.undo(b.t.Context(), first.Run, nil) }
	later := func(happens func(b *bench, first ran, id int64)) func(*bench, ran, int64) {
		return func(b *bench, first ran, id int64) {
			time.Sleep(2 * time.Minute) // no list lags for as long
			happens(b, first, id)
		}
	}
	tests := []struct {
		name     string
		roster   string
		again    string                              // the roster of the second run, if another
		happens  func(b *bench, first ran, id int64) // between the two runs
		recreate bool
		lag      string
		status   outcome.Status
		code     string
		same     bool // the row has the person whom the first run created
		company  int  // people of this name in the company afterwards
		project  int  // and on the project
	}{
		{
			name: "is not created again", roster: byEmployee, happens: later(byHand),
			status: outcome.Existing, code: "gone", same: true, company: 1, project: 0,
		},
		{
			name: "is created again on request", roster: byEmployee, happens: byHand, recreate: true,
			status: outcome.Created, company: 2, project: 1,
		},
		{
			name: "is put back if Procore keeps their origin ID", roster: byOrigin, happens: byHand, recreate: true,
			status: outcome.Created, code: "attached", same: true, company: 1, project: 1,
		},
		{
			name: "is created again if the company has them no more", roster: byOrigin, recreate: true,
			happens: func(b *bench, _ ran, id int64) { b.server.Remove(id) },
			status:  outcome.Created, company: 1, project: 1,
		},
		{
			name: "is who was added by hand", roster: byEmployee, recreate: true,
			happens: func(b *bench, _ ran, id int64) {
				b.remove(id)
				b.server.Add(simulator.Person{FirstName: "Ann", LastName: "Lee", EmployeeID: "100"})
			},
			status: outcome.Existing, company: 2, project: 1,
		},
		{
			name: "is not taken for gone while lists lag", roster: byEmployee, recreate: true, lag: "list-lag:delay=50s",
			happens: func(*bench, ran, int64) {},
			status:  outcome.Existing, code: "created_before", same: true, company: 1, project: 1,
		},
		{
			name: "is not called gone while lists lag", roster: byEmployee, lag: "list-lag:delay=50s",
			happens: func(*bench, ran, int64) {},
			status:  outcome.Existing, code: "created_before", same: true, company: 1, project: 1,
		},
		{
			name: "is called gone if lists have not shown them for long", roster: byEmployee, lag: "list-lag:delay=1h",
			happens: later(func(*bench, ran, int64) {}),
			status:  outcome.Existing, code: "gone", same: true, company: 1, project: 1,
		},
		{
			name: "is put back after an undo", roster: byOrigin,
			happens: undo,
			status:  outcome.Created, code: "attached", same: true, company: 1, project: 1,
		},
		{
			name: "is put back after an undo under a name in another order", roster: byEmployee, again: "First Name,Last Name,Employee ID\nLee,Ann,100\n",
			happens: undo,
			status:  outcome.Created, code: "attached", same: true, company: 1, project: 1,
		},
		{
			name:   "is put back after an undo under three words of a name in another order",
			roster: "First Name,Last Name,Employee ID\nAna Maria,Ruiz,100\n", again: "First Name,Last Name,Employee ID\nMaria,Ana Ruiz,100\n",
			happens: undo, status: outcome.Created, code: "attached", same: true, company: 1, project: 1,
		},
		{
			name: "is put back after an undo with another first name", roster: byEmployee, again: "First Name,Last Name,Employee ID\nAnnie,Lee,100\n",
			happens: undo, status: outcome.Created, code: "attached", same: true, company: 1, project: 1,
		},
		{
			name: "is put back after an undo with a new ID", roster: "First Name,Last Name\nAnn,Lee\n", again: byEmployee,
			happens: undo, status: outcome.Created, code: "attached", same: true, company: 1, project: 1,
		},
		{
			name: "is put back after an undo without the ID", roster: byEmployee, again: "First Name,Last Name\nAnn,Lee\n",
			happens: undo, status: outcome.Created, code: "attached", same: true, company: 1, project: 1,
		},
		{
			name: "is put back after an undo with another kind of ID", roster: byOrigin, again: byEmployee,
			happens: undo, status: outcome.Created, code: "attached", same: true, company: 1, project: 1,
		},
		{
			name: "is put back after an undo, and a run with another kind of ID that was killed before it could", roster: byOrigin, again: byEmployee,
			happens: func(b *bench, first ran, id int64) {
				undo(b, first, id)
				b.killed(first.Run)
			},
			status: outcome.Created, code: "attached", same: true, company: 1, project: 1,
		},
		{
			name: "is not brought back without asking, with a new ID", roster: "First Name,Last Name\nAnn,Lee\n", again: byEmployee,
			happens: func(b *bench, first ran, _ int64) {
				b.undo(b.t.Context(), first.Run, func(u *importer.Undo) { u.Deactivate = true })
			},
			status: outcome.Invalid, code: "inactive_person", company: 1, project: 0,
		},
		{
			name: "is another person after an undo with another ID", roster: byEmployee, again: "First Name,Last Name,Employee ID\nAnn,Lee,200\n",
			happens: undo, status: outcome.Created, company: 2, project: 1,
		},
		{
			name: "is another person after an undo with another last name", roster: byEmployee, again: "First Name,Last Name,Employee ID\nAnn,Fox,100\n",
			happens: undo, status: outcome.Created, company: 2, project: 1,
		},
		{
			name: "is gone with a new ID", roster: "First Name,Last Name\nAnn,Lee\n", again: byOrigin, happens: later(byHand),
			status: outcome.Existing, code: "gone", same: true, company: 1, project: 0,
		},
		{
			name: "is gone without the ID", roster: byOrigin, again: "First Name,Last Name\nAnn,Lee\n", happens: later(byHand),
			status: outcome.Existing, code: "gone", same: true, company: 1, project: 0,
		},
		{
			name: "is gone with another kind of ID", roster: byEmployee, again: byOrigin, happens: later(byHand),
			status: outcome.Existing, code: "gone", same: true, company: 1, project: 0,
		},
		{
			name: "is put back with a new ID on request", roster: byEmployee, again: byOrigin, happens: byHand, recreate: true,
			status: outcome.Created, code: "attached", same: true, company: 1, project: 1,
		},
		{
			name: "is another person with another ID", roster: byOrigin, again: "First Name,Last Name,Origin ID\nAnn,Lee,A-2\n", happens: later(byHand),
			status: outcome.Created, company: 2, project: 1,
		},
		{
			name: "is gone under a name in another order", roster: byEmployee, again: "First Name,Last Name,Employee ID\nLee,Ann,100\n", happens: later(byHand),
			status: outcome.Existing, code: "gone", same: true, company: 1, project: 0,
		},
		{
			name: "is put back after an undo, and a run that was killed before it could", roster: byOrigin,
			happens: func(b *bench, first ran, _ int64) {
				b.undo(b.t.Context(), first.Run, nil)
				b.killed(first.Run)
			},
			status: outcome.Created, code: "attached", same: true, company: 1, project: 1,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				config := simulator.Config{Windows: noLimits}
				if test.lag != "" {
					config.Faults = faults(t, test.lag)
				}
				b := newBench(t, config)
				b.onFile()
				path := b.roster(test.roster)
				run := b.run(t.Context(), path, nil)
				first := run.rows[0].Outcome.PersonID
				test.happens(b, run, first)
				if test.again != "" {
					path = b.roster(test.again)
				}
				o := b.run(t.Context(), path, func(j *importer.Import) { j.RecreateRemoved = test.recreate }).rows[0].Outcome
				code := ""
				if len(o.Problems) > 0 {
					code = o.Problems[0].Code
				}
				if o.Status != test.status || code != test.code || (o.PersonID == first) != test.same {
					t.Errorf("%s (%q), person %d; the first run created %d", o.Status, code, o.PersonID, first)
				}
				if company, project := len(b.server.People()), b.onProject(); company != test.company || project != test.project {
					t.Errorf("%d people in the company and %d on the project, want %d and %d", company, project, test.company, test.project)
				}
				time.Sleep(2 * time.Minute)
				again := b.run(t.Context(), path, nil).rows[0].Outcome
				if o.Status.HasPerson() && again.Status != outcome.Existing || again.PersonID != o.PersonID {
					t.Errorf("the next run says %s, person %d", again.Status, again.PersonID)
				}
			})
		})
	}
}

// A person whom an undo took off the project is put back for one row, however many match.
func TestUndoneForOneRow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Windows: noLimits})
		b.onFile()
		first := b.run(t.Context(), b.roster("First Name,Last Name\nAnn,Lee\n"), nil)
		b.undo(t.Context(), first.Run, nil)
		r := b.run(t.Context(), b.roster("First Name,Last Name,Employee ID\nAnn,Lee,100\nAnn,Lee,200\n"), nil)
		back, other := r.rows[0].Outcome, r.rows[1].Outcome
		if back.Status != outcome.Created || back.PersonID != first.rows[0].Outcome.PersonID {
			t.Errorf("the first row is %s, person %d", back.Status, back.PersonID)
		}
		if other.Status != outcome.Invalid || len(other.Problems) == 0 || other.Problems[0].Code != "name_given" {
			t.Errorf("the second row is %s %v", other.Status, other.Problems)
		}
		if n := len(b.server.People()); n != 1 {
			t.Errorf("%d people in the company", n)
		}
	})
}

// killed leaves behind what a run does that is killed as it sends the first person of
// an earlier one.
func (b *bench) killed(earlier string) {
	b.t.Helper()
	im, end := b.newImport(filepath.Join(b.folder, "crew.csv"), nil)
	defer end()
	if err := im.Lock(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	run, err := im.Ledger.Begin(b.t.Context(), ledger.Run{Scope: b.scope, Command: "import"})
	if err != nil {
		b.t.Fatal(err)
	}
	for a, err := range im.Ledger.Attempts(b.t.Context(), earlier) {
		if err != nil {
			b.t.Fatal(err)
		}
		if _, err := im.Ledger.Intend(b.t.Context(), run, ledger.Request{Key: a.Key, Row: a.Row}); err != nil {
			b.t.Fatal(err)
		}
		return
	}
}

// One person on several projects of a company: created once, put on the others.
func TestSeveralProjects(t *testing.T) {
	t.Parallel()
	const text = "First Name,Last Name,Origin ID\nAnn,Lee,A-1\nBo,Li,A-2\n"
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Windows: noLimits, OtherProjects: []simulator.Project{{ID: 200}}})
		b.onFile()
		roster := b.roster(text)
		b.run(t.Context(), roster, nil)

		b.scope.Project = 200
		r := b.run(t.Context(), roster, nil)
		if r.Counts.Created != 2 || b.onProject() != 2 || len(b.server.People()) != 2 {
			t.Errorf("%+v; %d on the second project, %d in the company", r.Counts, b.onProject(), len(b.server.People()))
		}
		id := r.rows[0].Outcome.PersonID
		time.Sleep(2 * time.Minute) // no list lags for as long
		b.remove(id)
		again := b.run(t.Context(), roster, nil)
		if o := again.rows[0].Outcome; o.Status != outcome.Existing || o.PersonID != id || len(o.Problems) == 0 || o.Problems[0].Code != "gone" || b.onProject() != 1 {
			t.Errorf("after somebody was taken off: %+v, %d on the project", o, b.onProject())
		}
		b.undo(t.Context(), r.Run, nil)
		if n := b.onProject(); n != 0 {
			t.Errorf("%d on the second project after the undo", n)
		}

		b.scope.Project = 100
		if n := b.onProject(); n != 2 {
			t.Errorf("%d on the first project after the second one's undo", n)
		}
		if r := b.run(t.Context(), roster, nil); r.Counts.Existing != 2 {
			t.Errorf("the first project again: %+v", r.Counts)
		}
	})
}

// What an undo of one project does is not the other's matter: whoever was taken off
// that one by hand stays away from it, and whoever is on it stays there.
func TestUndoneOnAnotherProject(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Windows: noLimits, OtherProjects: []simulator.Project{{ID: 200}}})
		b.onFile()
		roster := b.roster("First Name,Last Name,Origin ID\nAnn,Lee,A-1\nBo,Li,A-2\n")
		first := b.run(t.Context(), roster, nil)
		b.scope.Project = 200
		id := b.run(t.Context(), roster, nil).rows[0].Outcome.PersonID
		b.scope.Project = 100
		b.undo(t.Context(), first.Run, nil)

		b.scope.Project = 200
		time.Sleep(2 * time.Minute) // no list lags for as long
		b.remove(id)
		for range 2 {
			r := b.run(t.Context(), roster, nil)
			if o := r.rows[0].Outcome; o.Status != outcome.Existing || o.PersonID != id || len(o.Problems) == 0 || o.Problems[0].Code != "gone" || b.onProject() != 1 {
				t.Errorf("after somebody was taken off: %+v, %d on the project", o, b.onProject())
			}
			if o := r.rows[1].Outcome; o.Status != outcome.Existing || len(o.Problems) != 0 {
				t.Errorf("who is on the project: %+v", o)
			}
		}
		if r := b.run(t.Context(), roster, func(j *importer.Import) { j.RecreateRemoved = true }); r.rows[0].Outcome.PersonID != id || b.onProject() != 2 {
			t.Errorf("on request: %+v, %d on the project", r.rows[0].Outcome, b.onProject())
		}

		b.scope.Project = 100
		if r := b.run(t.Context(), roster, nil); r.Counts.Created != 2 || b.onProject() != 2 || len(b.server.People()) != 2 {
			t.Errorf("the undone project again: %+v, %d on it, %d in the company", r.Counts, b.onProject(), len(b.server.People()))
		}
	})
}

// Answers get lost while people are put on a second project.
func TestSeveralProjectsLostAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Windows: noLimits, OtherProjects: []simulator.Project{{ID: 200}}, Faults: []simulator.Fault{
			{Kind: simulator.LostAnswer, Scope: simulator.Calls, Nth: []int{1, 3}},
		}})
		roster := b.roster("First Name,Last Name,Origin ID\nAnn,Lee,A-1\nBo,Li,A-2\nCy,Ray,A-3\nDee,Fox,A-4\n")
		b.run(t.Context(), roster, nil)
		b.scope.Project = 200
		b.run(t.Context(), roster, nil)
		if b.onProject() != 4 || len(b.server.People()) != 4 {
			t.Errorf("%d on the second project, %d in the company", b.onProject(), len(b.server.People()))
		}
	})
}

// What another project's list shows counts from when it was begun, not from when it
// was there: a request may come to effect in between.
func TestAnotherProjectsListBegunTooEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Windows: noLimits, OtherProjects: []simulator.Project{{ID: 200}}, Faults: faults(t, "latency:20s")})
		other := b.beginOther(t)
		other.send(t, "a-1")
		other.send(t, "a-3")
		other.release(t)
		// Ann is looked for first. Cy is found to be in doubt when he is to be sent, and
		// Bo, who stands a whole window below Ann, when she is done with: 20 s later. So
		// the list that is begun for Cy is too early for Bo, who is created meanwhile.
		time.AfterFunc(5*time.Second, func() { other.send(t, "a-2") })
		var bo int64
		time.AfterFunc(185*time.Second, func() {
			bo = b.server.Add(simulator.Person{FirstName: "Bo", LastName: "Li", OriginID: "A-3", Projects: []int64{200}})
		})
		between := strings.Repeat("Nobody,,\n", 4094)
		r := b.run(t.Context(), b.roster("First Name,Last Name,Origin ID\nAnn,Lee,A-1\nCy,Ray,A-2\n"+between+"Bo,Li,A-3\n"), func(j *importer.Import) {
			j.Pace = ratelimit.New(ratelimit.Options{Rate: 0.1})
			j.API = b.client(j.Pace, slowList{b.server.Transport()})
		})
		if o := r.rows[len(r.rows)-1].Outcome; bo == 0 || o.PersonID != bo || b.server.Requests().Creates != 2 {
			t.Errorf("%s, person %d, want %d; %d creates, want Ann's and Cy's: %v", o.Status, o.PersonID, bo, b.server.Requests().Creates, o.Problems)
		}
	})
}

// slowList is a Procore whose list of project 200 is long on its way.
type slowList struct{ next http.RoundTripper }

func (s slowList) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := s.next.RoundTrip(req)
	if req.Method == http.MethodGet && strings.HasSuffix(req.URL.Path, "/projects/200/people") {
		time.Sleep(30 * time.Second)
	}
	return resp, err
}
