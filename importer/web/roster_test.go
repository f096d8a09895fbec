package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"muster/importer"
	"muster/importer/procore/simulator"
)

// send uploads a file, and returns the path of the draft and the page that follows.
func (s *site) send(name string, content []byte) (draft, body string) {
	s.t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("roster", name)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := part.Write(content); err != nil {
		s.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
	answer, err := s.Post(s.url+"/roster", w.FormDataContentType(), &form)
	if err != nil {
		s.t.Fatal(err)
	}
	path := answer.Request.URL.Path
	status, body := s.read(answer, nil)
	s.check("upload", status, body, nil)
	return strings.TrimSuffix(path, "/columns"), body
}

func (s *site) sendText(lines ...string) (draft, body string) {
	s.t.Helper()
	return s.send("crew.csv", []byte(strings.Join(lines, "\n")+"\n"))
}

func sample(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "samples", name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// head returns the headline of a check.
func head(body string) string {
	found := regexp.MustCompile(`(?s)<h1>(.*?)</h1>`).FindStringSubmatch(body)
	if found == nil {
		return ""
	}
	return found[1]
}

// onHead fails unless the check of a draft has a headline.
func (s *site) onHead(draft, want string) string {
	s.t.Helper()
	body := s.open(draft + "/check")
	if got := head(body); got != want {
		s.t.Errorf("the headline is %q, want %q", got, want)
	}
	return body
}

// cells changes cells as the grid does.
func (s *site) cells(draft string, changes ...importer.Change) (rows []gridRow, summary string) {
	s.t.Helper()
	content, err := json.Marshal(changes)
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := s.Post(s.url+s.shown(draft+"/cells"), "application/json", bytes.NewReader(content))
	if err != nil {
		s.t.Fatal(err)
	}
	status, body := s.read(answer, nil)
	if status != http.StatusOK {
		s.t.Fatalf("cells: status %d\n%s", status, body)
	}
	var changed struct {
		Rows    []gridRow
		Summary string
	}
	if err := json.Unmarshal([]byte(body), &changed); err != nil {
		s.t.Fatal(err)
	}
	return changed.Rows, changed.Summary
}

// groupOf returns the ID of the group whose headline has a word.
func groupOf(t *testing.T, body, word string) string {
	t.Helper()
	for _, group := range strings.Split(body, `<div class="group">`)[1:] {
		if id := regexp.MustCompile(`name="group" value="([0-9a-f]+)"`).FindStringSubmatch(group); id != nil && strings.Contains(group, word) {
			return id[1]
		}
	}
	t.Fatalf("no group has %q in\n%s", word, body)
	return ""
}

// From the file to a finished rehearsal it takes two clicks.
func TestSampleInTwoClicks(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{Windows: []simulator.Window{}})
	draft, body := s.send("crew.xlsx", sample(t, "crew.xlsx"))
	if !strings.Contains(body, "Here is what muster understands") || strings.Contains(body, `type="radio"`) {
		t.Errorf("something is in doubt:\n%s", body)
	}
	body = s.submit(draft+"/columns", url.Values{"do": {"continue"}}, "Rehearse: nothing is sent")
	if !strings.Contains(head(body), " new") {
		t.Errorf("the headline is %q", head(body))
	}
	s.submit(draft+"/rehearse", nil)
	if run := s.lastRun(); run.Status != statusFinished || run.Result.Counts.Created == 0 {
		t.Errorf("%+v", run)
	}
}

func TestEditsOnThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{Windows: []simulator.Window{}})
	draft, _ := s.sendText("First Name,Last Name,Employee ID,Own Employee",
		"Ann,Lee,TBD,yes", "Bo,,102,yes", "Cy,Ho,TBD,maybe", "Di,Li,104,no", "Di,Li,104,no", "Total,,,")
	body := s.onHead(draft, "1 new · 3 to fix · 1 not a person · 1 left out")

	s.submit(draft+"/fix", url.Values{"group": {groupOf(t, body, "no employee ID")}, "do": {"empty"}})
	body = s.onHead(draft, "2 new · 2 to fix · 1 not a person · 1 left out")
	s.submit(draft+"/fix", url.Values{"group": {groupOf(t, body, "maybe")}, "do": {"replace"}, "from": {"maybe"}, "to": {"yes"}})
	s.onHead(draft, "3 new · 1 to fix · 1 not a person · 1 left out")
	s.submit(draft+"/undo", url.Values{"steps": {"2"}})
	s.onHead(draft, "2 new · 2 to fix · 1 not a person · 1 left out")

	rows, summary := s.cells(draft, importer.Change{Line: 5, Column: 2, Text: "105"})
	if len(rows) != 2 || rows[0].Status != "new" || rows[1].Status != "new" {
		t.Errorf("the edit answers %+v", rows)
	}
	if got := head(summary); got != "3 new · 2 to fix · 1 not a person" {
		t.Errorf("the headline is %q", got)
	}

	// The plain form of a row.
	s.open(draft+"/row/3", "The last name is missing", `aria-invalid="true"`)
	s.submit(draft+"/row/3", url.Values{"c0": {"Bo"}, "c1": {"Li"}, "c2": {"102"}, "c3": {"yes"}, "decision": {""}})
	s.onHead(draft, "4 new · 1 to fix · 1 not a person")
	s.submit(draft+"/row/4", url.Values{"decision": {string(importer.LeaveOut)}})
	s.onHead(draft, "4 new · 1 not a person · 1 left out")
	s.open(draft+"/check?view=list&show=out", "You left this row out", "Total")

	// A restart keeps the edits.
	again, err := New(s.server.Options)
	if err != nil {
		t.Fatal(err)
	}
	s.server.checks = checks{journals: again.checks.journals}
	s.onHead(draft, "4 new · 1 not a person · 1 left out")
	s.submit(draft+"/rehearse", nil)
	if run := s.lastRun(); run.Result.Counts.Created != 4 || run.Result.Counts.Skipped != 2 {
		t.Errorf("%+v", run.Result.Counts)
	}
}

// With a connection the check is a dry run: it knows who is in the project.
func TestCheckAgainstTheProject(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{})
	id := s.office.procore.Add(simulator.Person{FirstName: "Ann", LastName: "Lee", EmployeeID: "101"})
	draft, _ := s.sendText("First Name,Last Name,Employee ID", "Ann,Lee,101", "Bo,Li,102", "Cy,Ho,103")
	body := s.open(draft+"/check", "1 there already", "Import 2 people", "Rehearse")
	if !regexp.MustCompile(`^2 new · 1 there already · .+`).MatchString(head(body)) {
		t.Errorf("the headline has no duration: %q", head(body))
	}
	s.open(draft+"/check?view=list&show=there", fmt.Sprint(id), "same ID")
	rows, _ := s.cells(draft, importer.Change{Line: 2, Column: 2, Text: "109"})
	if len(rows) == 0 || rows[0].Status != "new" {
		t.Errorf("another ID answers %+v", rows)
	}
	if n := s.office.procore.Requests().Creates; n != 0 {
		t.Errorf("the check has sent %d people", n)
	}
}

// A cell with HTML is shown as text.
func TestHTMLInCells(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{})
	const bad = `<img src=x onerror=alert(1)>`
	draft, body := s.sendText("First Name,Last Name,Employee ID,"+bad, "Ann,"+bad+",101,x", bad+",,TBD,"+bad)
	pages := []string{body, s.open(draft + "/check"), s.open(draft + "/check?view=list&show=all"), s.open(draft + "/row/3"), s.open("/")}
	for i, page := range pages {
		if strings.Contains(page, "<img") {
			t.Errorf("page %d has an element of a cell", i)
		}
	}
}

func TestColumnsAreSettled(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{})
	lines := []string{"Given,Family,Badge,Kind", "Ann,Lee,101,H", "Bo,Li,102,S"}
	draft, body := s.sendText(lines...)
	for column, field := range map[string]string{"f0": "first_name", "f1": "last_name", "f2": "employee_id", "f3": "is_employee"} {
		if !strings.Contains(body, `name="`+column+`"`) {
			t.Fatalf("no choice %s for %s in\n%s", column, field, body)
		}
	}
	form := choicesOn(body)
	form.Set("f3", "is_employee")
	form.Set("do", "preview")
	body = s.submit(draft+"/columns", form, "What each cell means")
	form = choicesOn(body)
	if cells := form["k3"]; len(cells) != 2 {
		t.Fatalf("the cells of the column are %v in\n%s", cells, body)
	}
	form["v3"] = nil
	for _, cell := range form["k3"] {
		form.Add("v3", map[string]string{"H": "yes", "S": "no"}[cell])
	}
	form.Set("do", "continue")
	body = s.submit(draft+"/columns", form)
	if head(body) != "2 new" {
		t.Errorf("the headline is %q\n%s", head(body), body)
	}
	_, mapping := s.get(draft + "/mapping.yaml")
	for _, want := range []string{"is_employee: {column: Kind", "h: yes", "s: no"} {
		if !strings.Contains(strings.ReplaceAll(strings.ToLower(mapping), "'", ""), strings.ToLower(want)) {
			t.Errorf("the mapping file lacks %q:\n%s", want, mapping)
		}
	}
	_, body = s.sendText(lines...)
	if !strings.Contains(body, "as you confirmed on") {
		t.Errorf("the answers are not remembered:\n%s", body)
	}
	body = s.submit(draft+"/columns", url.Values{"do": {"forget"}})
	if strings.Contains(body, "as you confirmed on") {
		t.Errorf("the answers are not forgotten:\n%s", body)
	}
}

func TestSwapNames(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{Windows: []simulator.Window{}})
	draft, body := s.sendText("First Name,Last Name,Employee ID", "Lee,Ann,101")
	form := choicesOn(body)
	form.Set("do", "swap")
	form = choicesOn(s.submit(draft+"/columns", form))
	form.Set("do", "continue")
	s.submit(draft+"/columns", form)
	_, mapping := s.get(draft + "/mapping.yaml")
	if !strings.Contains(mapping, "first_name: {column: Last Name}") {
		t.Errorf("not swapped:\n%s", mapping)
	}
}

// choicesOn returns what the form on the page of columns has.
func choicesOn(body string) url.Values {
	form := url.Values{}
	for _, input := range regexp.MustCompile(`<input type="hidden" name="([a-z]\d+)" value="([^"]*)"`).FindAllStringSubmatch(body, -1) {
		form.Add(input[1], input[2])
	}
	for _, choice := range regexp.MustCompile(`(?s)<select id="[^"]*" name="([a-z]\d+)".*?</select>`).FindAllStringSubmatch(body, -1) {
		value := ""
		if chosen := regexp.MustCompile(`<option(?: value="([^"]*)")? selected>([^<]*)`).FindStringSubmatch(choice[0]); chosen != nil {
			if value = chosen[1]; value == "" {
				value = chosen[2]
			}
		}
		form.Add(choice[1], value)
	}
	for _, radio := range regexp.MustCompile(`<input type="radio" id="[^"]*" name="([^"]*)" value="([^"]*)" checked>`).FindAllStringSubmatch(body, -1) {
		form.Set(radio[1], radio[2])
	}
	return form
}

func TestReadingIsChosen(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{})
	draft, body := s.send("crew.csv", []byte("Site 7,,\nFirst Name,Last Name,Employee ID\nJos\xe9,P\xe9rez,101\n"))
	if !strings.Contains(body, "José") || !strings.Contains(body, `value="2" aria-current="true"`) {
		t.Errorf("the first rows are not shown:\n%s", body)
	}
	s.submit(draft+"/file", url.Values{"encoding": {"iso-8859-2"}, "header_row": {"2"}}, `<option selected>iso-8859-2`)
	s.submit(draft+"/file", url.Values{"header_row": {"3"}}, "muster needs your help")
	s.submit(draft+"/file", url.Values{"header_row": {"2"}}, "Here is what muster understands")
}

// A file without headings is shown, so that a person can say where they are.
func TestUploadWithoutHeadings(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{})
	_, body := s.sendText("100,200", "300,400")
	if !strings.Contains(body, "muster needs your help") || !strings.Contains(body, "300") {
		t.Errorf("the file is not shown:\n%s", body)
	}
}

func TestUploadsThatAreNoRosters(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{})
	answer, err := s.Post(s.url+"/roster", "text/plain", strings.NewReader("x"))
	if status, body := s.read(answer, err); status != http.StatusUnprocessableEntity || !strings.Contains(body, "Choose a file") {
		t.Errorf("%d\n%s", status, body)
	}
	draft, _ := s.sendText("First Name,Last Name", "Ann,Lee")
	for _, path := range []string{"/row/99", "/row/x", "/nothing"} {
		if status, _ := s.get(draft + path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	for _, change := range []string{`[]`, `x`, `[{"line":99}]`, `[{"line":2,"column":9}]`, `[{"line":2,"decide":"x"}]`} {
		answer, err := s.Post(s.url+s.shown(draft+"/cells"), "application/json", strings.NewReader(change))
		if status, _ := s.read(answer, err); status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", change, status)
		}
	}
	body := s.submit(draft+"/remove", nil)
	if strings.Contains(body, "crew.csv") {
		t.Error("the roster is still there")
	}
	if status, _ := s.get(draft + "/check"); status != http.StatusNotFound {
		t.Errorf("the check of a removed roster: %d", status)
	}
}

func TestNamesOfUploads(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		`C:\Users\Ann\crew.csv`: "crew.csv", "../../etc/crew.csv": "crew.csv", ".crew.csv": "crew.csv", "a<b>:c.csv": "a_b__c.csv", "..": "roster",
		strings.Repeat("é", 300) + ".csv": strings.Repeat("é", 98) + ".csv",
	} {
		d := &draft{Folder: t.TempDir()}
		if err := d.keep(name, io.LimitReader(strings.NewReader("x"), 1)); err != nil {
			t.Fatal(err)
		}
		path, err := d.rosterPath()
		if err != nil || filepath.Base(path) != want {
			t.Errorf("%q is kept as %q, want %q", name, filepath.Base(path), want)
		}
	}
}

// A name without a column is a problem until a person chooses one, and no question without
// an answer.
func TestNameWithoutColumn(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{})
	draft, body := s.sendText("First Name,Title", "Ann,Lee")
	if strings.Contains(body, `id="questions"`) || !strings.Contains(body, "There is no column with the last name") || !strings.Contains(body, s.text("columns.fix")) {
		t.Errorf("the page is %s", body)
	}
	form := choicesOn(body)
	form.Set("f1", "last_name")
	form.Set("do", "preview")
	body = s.submit(draft+"/columns", form, s.text("columns.head"))
	form = choicesOn(body)
	form.Set("do", "continue")
	s.submit(draft+"/columns", form, "1 new")
}

// A list that can't be read shows why, and the way on, wherever a person comes from.
func TestCheckOfAListThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{})
	draft, body := s.sendText("100,200", "300,400")
	if got := s.open(draft + "/check"); got != body {
		t.Errorf("the check is %s", got)
	}
	if _, got := s.get(draft + "/go"); strings.Contains(got, s.office.folder) || !strings.Contains(got, "crew.csv: ") {
		t.Errorf("the page names a folder: %s", got)
	}
}
