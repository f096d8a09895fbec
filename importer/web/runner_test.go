package web

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/importer/procore/simulator"
)

// crew returns a roster of n people.
func crew(n int) string {
	var b strings.Builder
	b.WriteString("First Name,Last Name,Job Title,Employee ID\n")
	for i := range n {
		fmt.Fprintf(&b, "Ann%d,Lee%d,Laborer,%05d\n", i, i, i+1)
	}
	return b.String()
}

// upload makes a draft of a roster without the pages for that.
func (s *site) upload(name, content string) *draft {
	s.t.Helper()
	d, err := s.server.drafts.create()
	if err != nil {
		s.t.Fatal(err)
	}
	folder := filepath.Join(d.Folder, rosterFolder)
	if err := os.Mkdir(folder, 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return d
}

// begin starts a run of a draft without the pages for that.
func (s *site) begin(kind runKind, d *draft) string {
	s.t.Helper()
	id, err := s.server.runs.start(context.Background(), &runRecord{
		Kind: kind, Draft: d.ID, Roster: "crew.csv", Project: connected().Project,
	}, s.server.begin)
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// end waits for the end of a run and returns the record.
func (s *site) end(id string) *runRecord {
	s.t.Helper()
	r, live, err := s.server.runs.find(id)
	if err == nil && live != nil {
		<-live.ended
		r, _, err = s.server.runs.find(id)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// exact fails unless there are n people and no two have the same ID of an employee.
func (s *site) exact(n int) {
	s.t.Helper()
	seen := map[string]bool{}
	for _, p := range s.office.procore.People() {
		if seen[p.EmployeeID] {
			s.t.Errorf("employee %s was created twice", p.EmployeeID)
		}
		seen[p.EmployeeID] = true
	}
	if len(seen) != n {
		s.t.Errorf("%d people, want %d", len(seen), n)
	}
}

func TestImportInTheBackground(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}})
	d := s.upload("crew.csv", crew(30))
	r := s.end(s.begin(kindImport, d))
	s.exact(30)
	if r.Status != statusFinished || r.Result.Counts.Created != 30 || r.Result.Run == "" || r.Result.Stop != nil {
		t.Errorf("the run is %+v", r)
	}
	for _, name := range []string{r.Result.Results, r.Result.Report} {
		if _, err := os.Stat(s.server.runs.path(r.ID, name)); err != nil || name == "" {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := s.server.drafts.get(d.ID); err == nil {
		t.Error("the uploaded roster is still there")
	}
	if s.server.working.Load() != 0 {
		t.Error("the server believes that the run is under way")
	}
}

func TestRehearsalSendsNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{})
	d := s.upload("crew.csv", crew(5))
	r := s.end(s.begin(kindRehearsal, d))
	s.exact(0)
	if n := s.office.procore.Requests().Total; n != 0 {
		t.Errorf("%d requests to Procore", n)
	}
	if r.Status != statusFinished || r.Result.Counts.Created != 5 || r.Result.Results != "crew.rehearsal.csv" {
		t.Errorf("the run is %+v", r)
	}
	if _, err := s.server.drafts.get(d.ID); err != nil {
		t.Error("the roster is gone after a rehearsal")
	}
}

// slow are faults that keep a run under way long enough to be stopped.
func slow() []simulator.Fault {
	return []simulator.Fault{{Kind: simulator.Latency, Delay: 40 * time.Millisecond}}
}

// beginAndWait starts an import and returns when n people are there.
func (s *site) beginAndWait(d *draft, n int) string {
	s.t.Helper()
	id := s.begin(kindImport, d)
	for len(s.office.procore.People()) < n {
		time.Sleep(time.Millisecond)
	}
	return id
}

func TestStopAndContinue(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}, Faults: slow()})
	d := s.upload("crew.csv", crew(400))
	id := s.beginAndWait(d, 20)
	if again := s.begin(kindImport, d); again != id {
		t.Error("the same roster is imported twice at a time")
	}
	s.server.runs.stopRun(id)
	r := s.end(id)
	c := r.Result.Counts
	if r.Status != statusInterrupted || c.Pending == 0 || c.Created != len(s.office.procore.People()) || c.Rows() != 400 {
		t.Fatalf("the run is %+v with %d people", r, len(s.office.procore.People()))
	}
	if _, err := s.server.runs.start(t.Context(), r, s.server.begin); err != nil {
		t.Fatal(err)
	}
	if r = s.end(id); r.Status != statusFinished || r.Result.Earlier != c.Created || r.Result.Counts.Created != 400-c.Created {
		t.Errorf("the run is %+v", r)
	}
	s.exact(400)
}
