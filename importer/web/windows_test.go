package web

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"muster/importer"
	"muster/importer/procore"
	"muster/importer/procore/simulator"
)

// target is the hidden field by which a form says what it was shown for.
func target(a Account) url.Values { return url.Values{"target": {a.Target()}} }

// A form that was shown for one project does not import into another, which was chosen in
// a second window.
func TestImportGoesWhereTheFormSaid(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}})
	d := s.upload("crew.csv", crew(3))
	if body := s.open("/roster/" + d.ID + "/go"); !strings.Contains(body, connected().Target()) {
		t.Errorf("the form does not say where it goes: %s", body)
	}
	for _, change := range []func(*Account){
		func(a *Account) { a.Project = procore.Named{ID: 200, Name: "Tower B"} },
		func(a *Account) { a.Company.ID = 2 },
		func(a *Account) { a.Environment = "production" },
	} {
		s.office.account = connected()
		change(&s.office.account)
		if status, _ := s.post("/roster/"+d.ID+"/import", target(connected())); status != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", s.office.account.Target(), status)
		}
	}
	s.exact(0)
	s.office.account = connected()
	s.submit("/roster/"+d.ID+"/import", target(connected()))
	s.lastRun()
	s.exact(3)
}

// An interrupted import goes on only where it began.
func TestGoOnWhereTheImportBegan(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}, Faults: slow()})
	d := s.upload("crew.csv", crew(200))
	s.submit("/roster/"+d.ID+"/import", url.Values{"name": {"Simulated Project"}})
	for len(s.office.procore.People()) < 5 {
		time.Sleep(time.Millisecond)
	}
	records, err := s.server.runs.all()
	if err != nil {
		t.Fatal(err)
	}
	id := records[0].ID
	s.submit("/run/"+id+"/stop", nil)
	s.end(id)
	n := len(s.office.procore.People())
	s.office.account.Environment = "production"
	if status, body := s.post("/run/"+id+"/continue", nil); status != http.StatusUnprocessableEntity || !strings.Contains(body, "sandbox") {
		t.Errorf("in another environment: status %d\n%s", status, body)
	}
	s.exact(n)
	s.office.account.Environment = "sandbox"
	s.submit("/run/"+id+"/continue", nil)
	s.end(id)
	s.exact(200)
}

// While a list is imported, the list can't change: an edit would be lost.
func TestListsDoNotChangeDuringTheirImport(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}, Faults: slow()})
	d := s.upload("crew.csv", crew(300)+"Nora,,Laborer,777\n")
	path := "/roster/" + d.ID
	s.open(path + "/check")
	id := s.beginAndWait(d, 5)
	for _, where := range []string{"/check", "/columns", "/go"} {
		s.open(path+where, "/run/"+id+"/stop")
	}
	for where, form := range map[string]url.Values{
		"/remove": nil, "/row/302": {"c1": {"Lee"}}, "/undo": {"steps": {"0"}}, "/file": nil, "/columns": nil, "/import": nil,
	} {
		s.submit(path+where, form, "/run/"+id+"/stop")
	}
	answer, err := s.Post(s.url+path+"/cells", "application/json", strings.NewReader(`[{"line":302,"column":1,"text":"Lee"}]`))
	if status, body := s.read(answer, err); status != http.StatusOK || !strings.Contains(body, "/run/"+id+"/stop") {
		t.Errorf("an edit of a cell: status %d\n%s", status, body)
	}
	r := s.end(id)
	s.exact(300)
	if r.Status != statusFinished || r.Result.Counts.Rows() != 301 {
		t.Errorf("the run is %+v", r)
	}
	// The way back leads to the import, and a second click on the button, too.
	s.open(path+"/check", "300 people were created")
	s.submit(path+"/import", nil, "300 people were created")
	s.exact(300)
}

// A form of a row changes only what a person has changed in this form.
func TestFormOfARowKeepsOtherEdits(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{Windows: []simulator.Window{}})
	draft, _ := s.sendText("First Name,Last Name,Employee ID", "Ann,Lee,1", "Bo,,2")
	body := s.open(draft + "/row/3")
	for _, field := range []string{`name="w1" value=""`, `name="w2" value="2"`, `name="was" value=""`} {
		if !strings.Contains(body, field) {
			t.Errorf("the form lacks %s", field)
		}
	}
	s.cells(draft, importer.Change{Line: 3, Column: 2, Text: "22"}, decision(3, importer.LeaveOut))
	s.submit(draft+"/row/3", url.Values{
		"c0": {"Bo"}, "w0": {"Bo"}, "c1": {"Li"}, "w1": {""}, "c2": {"2"}, "w2": {"2"}, "decision": {""}, "was": {""},
	})
	one, err := s.server.check(t.Context(), s.draftAt(draft))
	if err != nil || !one.wait(t.Context(), time.Minute) {
		t.Fatal(err)
	}
	if row, _ := one.live.Row(3); strings.Join(row.Cells, ",") != "Bo,Li,22" || row.Decision != importer.LeaveOut {
		t.Errorf("the row is %+v", row)
	}
}

func decision(line int, d importer.Decision) importer.Change {
	return importer.Change{Line: line, Decide: &d}
}

func (s *site) draftAt(path string) *draft {
	s.t.Helper()
	d, err := s.server.drafts.get(strings.TrimPrefix(path, "/roster/"))
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

// A form takes one edit back, however often the form is sent.
func TestUndoOfAnEditOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{Windows: []simulator.Window{}})
	draft, _ := s.sendText("First Name,Last Name", "Ann,", "Bo,")
	for line := 2; line <= 3; line++ {
		s.cells(draft, importer.Change{Line: line, Column: 1, Text: "Lee" + strconv.Itoa(line)})
	}
	s.onHead(draft, "2 new")
	for range 2 {
		s.submit(draft+"/undo", url.Values{"steps": {"2"}})
		s.onHead(draft, "1 new · 1 to fix")
	}
}

// The same undo is begun once.
func TestUndoIsBegunOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}, Faults: slow()})
	first := s.end(s.begin(kindImport, s.upload("crew.csv", crew(20))))
	var begun [2]string
	for i := range begun {
		id, err := s.server.runs.start(t.Context(), &runRecord{
			Kind: kindUndo, Roster: "crew.csv", Project: first.Project, Undoes: []string{first.Result.Run},
		}, s.server.begin)
		if err != nil {
			t.Fatal(err)
		}
		begun[i] = id
	}
	undo := s.end(begun[0])
	if begun[0] != begun[1] || undo.Status != statusFinished || undo.Result.Undone == nil || undo.Result.Undone.Removed != 20 {
		t.Errorf("begun: %v; the undo is %+v", begun, undo)
	}
}

// A check is made anew when an import has changed who is in the project, and for another
// environment, which may have a project of the same number and name.
func TestChecksFollowTheProject(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}})
	first, second := s.upload("crew.csv", crew(3)), s.upload("crew.csv", crew(4))
	s.onHead("/roster/"+second.ID, "4 new")
	s.end(s.begin(kindImport, first))
	s.onHead("/roster/"+second.ID, "1 new · 3 there already")
	before, err := s.server.check(t.Context(), second)
	if err != nil {
		t.Fatal(err)
	}
	s.office.account.Environment = "production"
	after, err := s.server.check(t.Context(), second)
	if err != nil || after == before {
		t.Errorf("the check of the sandbox is shown for production: %v", err)
	}
	before.end()
	after.end()
}

// The end of the program in the middle of an upload leaves no list with a part of the rows.
func TestUploadsAreWhole(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{})
	d, err := s.server.drafts.create()
	if err != nil {
		t.Fatal(err)
	}
	from := io.MultiReader(strings.NewReader(crew(2)), readerFunc(func([]byte) (int, error) {
		if path, err := d.rosterPath(); err == nil {
			t.Errorf("there is a list before the upload has ended: %s", path)
		}
		return 0, io.EOF
	}))
	if err := d.keep("crew.csv", from); err != nil {
		t.Fatal(err)
	}
	path, err := d.rosterPath()
	if err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(path); err != nil || !bytes.Equal(content, []byte(crew(2))) {
		t.Errorf("%q, %v", content, err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(into []byte) (int, error) { return f(into) }

// A run whose list is gone does not offer to go on.
func TestNothingToGoOnWith(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}, Faults: slow()})
	d := s.upload("crew.csv", crew(100))
	id := s.beginAndWait(d, 5)
	s.submit("/run/"+id+"/stop", nil)
	s.end(id)
	s.open("/", "/run/"+id+"/continue")
	s.end(s.begin(kindImport, d)) // from the check page
	s.exact(100)
	for _, path := range []string{"/", "/run/" + id} {
		if strings.Contains(s.open(path), "/run/"+id+"/continue") {
			t.Errorf("%s offers to go on", path)
		}
	}
	s.submit("/run/"+id+"/continue", nil)
	if r := s.end(id); r.Status != statusInterrupted {
		t.Errorf("the run is %+v", r)
	}
}

// The grid loads the rows after those that it has, also when rows were fixed in between.
func TestGridMissesNoRow(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{})
	lines := []string{"First Name,Last Name"}
	for i := range 450 {
		lines = append(lines, "Ann"+strconv.Itoa(i)+",")
	}
	draft, _ := s.sendText(lines...)
	rows := func(after int) (found []gridRow) {
		var answer struct{ Data []gridRow }
		if _, body := s.get(s.shown(draft+"/rows") + "&show=fix&after=" + strconv.Itoa(after)); json.Unmarshal([]byte(body), &answer) != nil {
			t.Fatalf("the rows are %s", body)
		}
		return answer.Data
	}
	first := rows(0)
	var changes []importer.Change
	for _, row := range first[:150] {
		changes = append(changes, importer.Change{Line: row.Line, Column: 1, Text: "Lee" + strconv.Itoa(row.Line)})
	}
	s.cells(draft, changes...)
	second := rows(first[len(first)-1].Line)
	third := rows(second[len(second)-1].Line)
	if len(first)+len(second)+len(third) != 450 || second[0].Line != first[len(first)-1].Line+1 {
		t.Errorf("%d, %d and %d rows", len(first), len(second), len(third))
	}
}
