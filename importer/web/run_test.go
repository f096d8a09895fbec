package web

import (
	"bufio"
	"errors"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"muster/importer"
	"muster/importer/procore/simulator"
)

// keyOnPage finds the key of a text that is missing in the table.
var keyOnPage = regexp.MustCompile(`>\s*(?:go|run|runs|status|undone|advice|retry|history|pastrun|attempt|undo|pager|template|error|drop|columns|field|order|file|checking|check|show|fix|row|decision|cells)\.[a-z._]+\s*<`)

// open returns a page, and fails if the page is not there or lacks a text.
func (s *site) open(path string, words ...string) string {
	s.t.Helper()
	status, body := s.get(path)
	s.check(path, status, body, words)
	return body
}

// submit posts a form and returns the page that follows.
func (s *site) submit(path string, form url.Values, words ...string) string {
	s.t.Helper()
	status, body := s.post(path, form)
	s.check(path, status, body, words)
	return body
}

func (s *site) check(path string, status int, body string, words []string) {
	s.t.Helper()
	if status != http.StatusOK {
		s.t.Fatalf("%s: status %d\n%s", path, status, body)
	}
	if key := keyOnPage.FindString(body); key != "" {
		s.t.Errorf("%s: a text is missing: %s", path, key)
	}
	for _, word := range words {
		if !strings.Contains(body, word) {
			s.t.Errorf("%s: the page lacks %q\n%s", path, word, body)
		}
	}
}

// lastRun returns the record of the newest run, which has ended.
func (s *site) lastRun() *runRecord {
	s.t.Helper()
	records, err := s.server.runs.all()
	if err != nil || len(records) == 0 {
		s.t.Fatalf("%d runs, %v", len(records), err)
	}
	return s.end(records[0].ID)
}

func TestRehearsalAndImportAreTwoButtons(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{Windows: []simulator.Window{}})
	d := s.upload("crew.csv", crew(3))
	body := s.open("/roster/"+d.ID+"/go", "Rehearse: nothing is sent")
	if strings.Contains(body, "/import") {
		t.Error("an import is offered without a connection")
	}
	if status, _ := s.post("/roster/"+d.ID+"/import", nil); status != http.StatusUnprocessableEntity {
		t.Errorf("an import without a connection: status %d", status)
	}
	s.submit("/roster/"+d.ID+"/rehearse", nil)
	r := s.lastRun()
	s.open("/run/"+r.ID, "3 people would be created", "nothing is sent", "/go")
	s.exact(0)

	s.office.account = connected()
	body = s.open("/roster/"+d.ID+"/go", "Rehearse: nothing is sent", "Import 3 people", "Simulated Project")
	if strings.Contains(body, `name="name"`) {
		t.Error("the project's name is asked for 3 people")
	}
	s.submit("/roster/"+d.ID+"/import", nil)
	r = s.lastRun()
	s.exact(3)
	s.open("/run/"+r.ID, "3 people were created in Simulated Project", "/results", "/report", "/undo", "removed")
	if got := s.open("/run/" + r.ID + "/results"); strings.Count(got, ",created,") != 3 {
		t.Errorf("the results are %s", got)
	}
	s.open("/run/"+r.ID+"/report", "muster report")
	s.open("/", "crew.csv", "finished")
}

func TestManyPeopleNeedTheProjectsName(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}})
	d := s.upload("crew.csv", crew(101))
	s.open("/roster/"+d.ID+"/go", `name="name"`)
	for _, typed := range []string{"", "Simulated", "Another Project"} {
		if status, _ := s.post("/roster/"+d.ID+"/import", url.Values{"name": {typed}}); status != http.StatusUnprocessableEntity {
			t.Errorf("typed %q: status %d", typed, status)
		}
	}
	s.exact(0)
	s.submit("/roster/"+d.ID+"/import", url.Values{"name": {" simulated project "}})
	s.lastRun()
	s.exact(101)
}

// events returns the events of a run until n have come or the stream ends.
func (s *site) events(id, last string, n int) (events []string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+"/run/"+id+"/events", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Last-Event-Id", last)
	answer, err := s.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
		s.t.Fatalf("the stream has type %s", got)
	}
	var event strings.Builder
	for lines := bufio.NewScanner(answer.Body); len(events) < n && lines.Scan(); {
		if lines.Text() != "" {
			event.WriteString(lines.Text() + "\n")
			continue
		}
		events = append(events, event.String())
		event.Reset()
	}
	return events
}

func TestEventsShowTheProgress(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}, Faults: slow()})
	id := s.beginAndWait(s.upload("crew.csv", crew(500)), 20)
	for _, last := range []string{"", "1"} { // the present state comes at once, also after a reload
		began := time.Now()
		first := s.events(id, last, 1)
		if len(first) != 1 || !strings.HasPrefix(first[0], "id: ") || !strings.Contains(first[0], "of 500") || time.Since(began) > 2*time.Second {
			t.Fatalf("the first event is %q", first)
		}
	}
	s.open("/run/"+id, "of 500", "Stop", `aria-live="polite"`)
	s.submit("/run/"+id+"/stop", nil)
	s.end(id)
	if all := s.events(id, "", 9); len(all) != 1 || !strings.HasPrefix(all[0], "event: done") {
		t.Errorf("the events of a run that is over are %q", all)
	}
	s.open("/run/"+id, "interrupted", "Go on", "not attempted")
	s.open("/", "Go on")
	s.submit("/run/"+id+"/continue", nil)
	s.end(id)
	s.exact(500)
	s.open("/run/"+id, "created by an earlier part")
}

func TestRetryUndoAndHistory(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}})
	content := crew(6) + "Nora,,Laborer,77\nZoe,,Laborer,78\n"
	s.submit("/roster/"+s.upload("crew.csv", content).ID+"/import", nil)
	first := s.lastRun()
	s.exact(6)
	s.open("/run/"+first.ID, "Retry the 2 rows")
	if status, _ := s.post("/run/"+first.ID+"/retry", nil); status == http.StatusInternalServerError {
		t.Error("the retry fails")
	}
	drafts, err := s.server.drafts.all()
	if err != nil || len(drafts) != 1 {
		t.Fatalf("%d drafts, %v", len(drafts), err)
	}
	in, err := s.server.openDraft(t.Context(), drafts[0])
	if err != nil || !in.Retry {
		t.Fatalf("the draft of a retry is no results file: %v", err)
	}
	_ = in.Close()

	s.open("/history", first.Result.Run, "6 created")
	s.open("/history/"+first.Result.Run, "Ann0 Lee0", "Person ID", "201", "Retry the 2 rows")
	s.open("/history/"+first.Result.Run+"/results", "Ann0")
	s.open("/run/"+first.ID+"/undo", "Take 6 people off Simulated Project?", "Ann5 Lee5")
	s.exact(6)
	s.submit("/run/"+first.ID+"/undo", nil)
	undo := s.lastRun()
	if undo.Kind != kindUndo || undo.Result.Undone == nil || undo.Result.Undone.Removed != 6 || undo.Status != statusFinished {
		t.Fatalf("the undo is %+v", undo)
	}
	for _, p := range s.office.procore.People() {
		if len(p.Projects) > 0 {
			t.Errorf("%s is still on the project", p.FirstName)
		}
	}
	s.open("/run/"+undo.ID, "6 people were taken off Simulated Project")
	s.open("/run/"+first.ID+"/undo", "6 people were taken off already")
	s.open("/history", "6 people taken off the project")
	if status, _ := s.get("/history/20200101-000000"); status != http.StatusNotFound {
		t.Errorf("an unknown run: status %d", status)
	}
}

// Old drafts and runs are removed while the server serves. A draft that was edited is not
// old.
func TestOldFilesAreRemovedEveryDay(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{Windows: []simulator.Window{}})
	s.end(s.begin(kindRehearsal, s.upload("crew.csv", crew(2))))
	edited := s.upload("edited.csv", crew(2))
	var later time.Duration
	options := s.server.Options
	options.Now = func() time.Time { return time.Now().Add(later) }
	server, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	count := func(drafts, runs int) {
		t.Helper()
		server.tidy()
		all, err := server.drafts.all()
		records, unread := server.runs.all()
		if err != nil || unread != nil || len(all) != drafts || len(records) != runs {
			t.Errorf("%d drafts and %d runs after %v", len(all), len(records), later)
		}
	}
	later = draftLife - time.Hour
	count(2, 1)
	later = draftLife + time.Hour
	soon := time.Now().Add(later)
	journal := edited.journalPath("")
	if err := errors.Join(os.WriteFile(journal, nil, 0o600), os.Chtimes(journal, soon, soon)); err != nil {
		t.Fatal(err)
	}
	count(1, 0)
}

// Rows that an undo has made rows to import can be edited and left out.
func TestRetryAfterAnUndo(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}})
	first := s.end(s.begin(kindImport, s.upload("crew.csv", crew(4))))
	s.submit("/run/"+first.ID+"/undo", nil)
	s.end(s.lastRun().ID)
	s.submit("/run/"+first.ID+"/retry", nil)
	drafts, err := s.server.drafts.all()
	if err != nil || len(drafts) != 1 {
		t.Fatalf("%d drafts, %v", len(drafts), err)
	}
	draft, out := "/roster/"+drafts[0].ID, importer.LeaveOut
	s.onHead(draft, "4 new")
	rows, _ := s.cells(draft, importer.Change{Line: 2, Decide: &out}, importer.Change{Line: 3, Column: 2, Text: "Rigger"})
	if len(rows) != 2 || rows[0].Done || rows[1].Done || rows[1].Cells[2] != "Rigger" {
		t.Errorf("the edited rows are %+v", rows)
	}
	s.onHead(draft, "3 new · 1 left out")
	again := s.end(s.begin(kindImport, drafts[0]))
	on := 0
	for _, p := range s.office.procore.People() {
		on += len(p.Projects)
	}
	if c := again.Result.Counts; c.Created != 3 || c.Skipped != 1 || on != 3 {
		t.Errorf("%d people on the project, and the run is %+v", on, again.Result)
	}
}

func TestHistoryHasPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}})
	for range runsOfPage + 1 {
		s.end(s.begin(kindImport, s.upload("crew.csv", crew(1))))
	}
	if body := s.open("/history", "page=2"); strings.Count(body, "crew.csv") != runsOfPage {
		t.Errorf("%d runs on the first page", strings.Count(body, "crew.csv"))
	}
	if body := s.open("/history?page=2", "page=1"); strings.Count(body, "crew.csv") != 1 {
		t.Errorf("%d runs on the second page", strings.Count(body, "crew.csv"))
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}})
	s.open("/template.csv", "First Name,Last Name")
	for name, account := range map[string]Account{"connected": connected(), "not connected": {}} {
		s.office.account = account
		if body := s.open("/template.xlsx"); !strings.HasPrefix(body, "PK") {
			t.Errorf("%s: no workbook", name)
		}
	}
}

func TestRunsAreRemoved(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}})
	r := s.end(s.begin(kindRehearsal, s.upload("crew.csv", crew(1))))
	store := s.server.runs.runStore
	later := func() time.Time { return time.Now().Add(runLife + time.Hour) }
	if _, err := openRunStore(store.folder, later); err != nil {
		t.Fatal(err)
	}
	if status, _ := s.get("/run/" + r.ID); status != http.StatusNotFound {
		t.Errorf("an old run: status %d", status)
	}
	r = s.end(s.begin(kindRehearsal, s.upload("crew.csv", crew(1))))
	s.submit("/run/"+r.ID+"/remove", nil)
	if status, _ := s.get("/run/" + r.ID); status != http.StatusNotFound {
		t.Errorf("a removed run: status %d", status)
	}
	if _, err := s.server.drafts.get(r.Draft); err == nil {
		t.Error("the roster of a removed run is still there")
	}
}

// TestPickUp starts the server anew while a run is recorded as under way.
func TestPickUp(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}})
	record := &runRecord{
		Kind: kindImport, Draft: s.upload("crew.csv", crew(4)).ID, Roster: "crew.csv", Project: connected().Project,
		Status: statusRunning, Started: time.Now(),
	}
	if err := s.server.runs.create(record); err != nil {
		t.Fatal(err)
	}
	s.open("/run/"+record.ID, "interrupted", "Go on")
	s.submit("/run/"+record.ID+"/continue", nil)
	s.end(record.ID)
	s.exact(4)
}
