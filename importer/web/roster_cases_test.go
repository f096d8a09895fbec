package web

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"muster/importer"
	"muster/importer/procore/simulator"
)

// officeRoster is a list of a kind that offices have, and what the page makes of it.
type officeRoster struct {
	name   string
	file   string
	lines  []string
	answer []string // the answers to choose, "a0.1" for the second to the first question
	head   string   // of the check
	create int      // people of a rehearsal
}

func officeRosters() []officeRoster {
	return []officeRoster{
		{name: "the sample", file: "crew.xlsx", head: "12 new", create: 12},
		{
			name: "last names in front", file: "names.csv", lines: []string{"Worker,No.", "LOPEZ MARIA,1", "MOEN IDA,2", "Ida Maria Moen,3"},
			answer: []string{"a0.0"}, head: "3 new", create: 3,
		},
		{
			name: "hourly and salaried", file: "type.csv", lines: []string{"EmpID,Employee Name,Status,Type,Dept", `0000700101,"Halvorsen, Dana",A,H,ADMIN`, `0000700102,"Brandvold, Pablo",A,S,ROOF`},
			head: "2 new", create: 2,
		},
		{
			name: "a timesheet", file: "hours.csv", head: "2 new · 2 left out", create: 2, lines: []string{
				"Date,Employee ID,Employee Name,Job Title,Hours", "2026-06-01,501,Dana Halvorsen,Carpenter,8", "2026-06-02,501,Dana Halvorsen,Carpenter,8",
				"2026-06-02,502,Pablo Brandvold,Rigger,8", "2026-06-03,501,Dana Halvorsen,Carpenter,8",
			},
		},
		{
			name: "totals", file: "stunden.csv", lines: []string{"Pers-Nr;Name;Stunden", "601;Ottesen, Ida;40", "602;Vollan, Per;38", ";Summe;78", ";Gesamt Gewerk;78"},
			head: "2 new · 2 not people", create: 2,
		},
		{
			name: "headings under a title", file: "shift.xlsx", head: "2 new", create: 2, lines: []string{
				"Night shift,,,,", ",,,,", "Date,Gang,Employee Name,Start,Stop", "1 June,4,Ida Ottesen,19:00,03:00", "1 June,4,Per Vollan,19:00,03:00",
			},
		},
	}
}

// write writes the list, and returns its path.
func (o officeRoster) write(t *testing.T) string {
	t.Helper()
	if o.lines == nil {
		path, err := filepath.Abs(filepath.Join("..", "..", "samples", o.file))
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	if filepath.Ext(o.file) == ".csv" {
		return written(t, o.file, o.lines...)
	}
	book := excelize.NewFile()
	defer book.Close()
	for i, line := range o.lines {
		for j, text := range strings.Split(line, ",") {
			place, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err == nil && text != "" {
				err = book.SetCellStr("Sheet1", place, text)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	path := filepath.Join(t.TempDir(), o.file)
	if err := book.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// answered answers the questions on the page of columns.
func (o officeRoster) answered(body string) url.Values {
	form := choicesOn(body)
	for _, id := range o.answer {
		question, n, _ := strings.Cut(id, ".")
		form.Set(question, n)
	}
	form.Set("do", "continue")
	return form
}

func TestOfficeRosters(t *testing.T) {
	t.Parallel()
	for _, o := range officeRosters() {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, Account{}, simulator.Config{Windows: []simulator.Window{}})
			content, err := os.ReadFile(o.write(t))
			if err != nil {
				t.Fatal(err)
			}
			draft, body := s.send(o.file, content)
			body = s.submit(draft+"/columns", o.answered(body))
			if got := head(body); got != o.head {
				t.Errorf("the headline is %q, want %q\n%s", got, o.head, body)
			}
			s.submit(draft+"/rehearse", nil)
			if run := s.lastRun(); run.Status != statusFinished || run.Result.Counts.Created != o.create {
				t.Errorf("%+v", run)
			}
		})
	}
}

// In a browser each list takes at most four clicks.
func TestBrowserOfficeRosters(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{Windows: []simulator.Window{}})
	b := s.openBrowser()
	for _, o := range officeRosters() {
		b.Go(s.url + "/")
		b.Drop("#upload", o.write(t))
		b.WaitFor("text=Continue to the check")
		clicks := 0
		click := func(selector string) {
			clicks++
			b.Click(selector)
		}
		for _, id := range o.answer {
			click("label[for='" + id + "']")
		}
		click("text=Continue to the check")
		b.Until(headline, o.head)
		click("text=Rehearse: nothing is sent")
		b.WaitForText(fmt.Sprintf("%d people would be created", o.create))
		if clicks > 4 {
			t.Errorf("%s takes %d clicks", o.name, clicks)
		}
	}
}

// A keyboard alone is enough: from the columns to a corrected cell.
func TestBrowserWithoutAMouse(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{Windows: []simulator.Window{}})
	b := s.openBrowser()
	b.Choose("#file", written(t, "crew.csv", "First Name,Last Name,Employee ID", "Ann,,101", "Bo,Li,102"))
	b.Until("document.activeElement.value", "continue") // the button has the focus
	b.Press("Enter")
	b.Until(headline, "1 new · 1 to fix")

	b.WaitFor(cell("1", "c1"))
	if got := b.Eval("scrollY + ' ' + document.activeElement.className"); strings.Contains(got, "tabulator") || !strings.HasPrefix(got, "0 ") {
		t.Errorf("the grid takes the focus, or scrolls the page: %s", got)
	}
	b.PressUntil("Tab", "document.activeElement.matches('.tabulator-tableholder')", "true")
	b.PressUntil("ArrowRight", "document.getElementById('grid').table.getRanges()[0].getColumns()[0].getField()", "c1")
	b.Press("Enter")
	b.Until("document.activeElement.matches('.tabulator-editing input')", "true")
	b.Insert("Lee")
	b.Press("Enter")
	b.Until(headline, "2 new")
	b.Until("document.getElementById('said').textContent", "Checked: 2 new")
	b.PressUntil("Tab", "!document.activeElement.closest('#grid')", "true")

	b.Go(b.Eval("location.href.split('?')[0] + '?view=list&show=all'"))
	b.Accessible()
	b.Eval("document.querySelector('table.rows a').focus()")
	b.Press("Enter")
	b.WaitFor("#c0")
	b.Accessible()
	b.Type("#c1", "Moe")
	b.Press("Enter")
	b.WaitFor("table.rows")
	b.WaitForText("Moe")
}

// manyRows is a large roster: a row in 50 has a problem.
func manyRows() string {
	var text strings.Builder
	text.WriteString("First Name,Last Name,Job Title,Employee ID,Is Employee,Trade,Phone,City\n")
	for i := range 50_000 {
		id := fmt.Sprintf("%06d", i+1)
		if i%50 == 0 {
			id = "TBD"
		}
		fmt.Fprintf(&text, "Ann%d,Lee%d,Laborer,%s,yes,Carpenter,555-0100,Springfield\n", i%700, i, id)
	}
	return text.String()
}

// The page of 50,000 rows is there within 2 seconds after the check, and an edit is
// answered within 100 ms.
func TestBrowser50000Rows(t *testing.T) {
	s := newSite(t, Account{}, simulator.Config{Windows: []simulator.Window{}})
	b := s.openBrowser()
	draft, _ := s.send("crew.csv", []byte(manyRows()))
	s.submit(draft+"/columns", url.Values{"do": {"continue"}})
	const want = "49,000 new · 1,000 to fix"
	for range 600 {
		if _, body := s.get(draft + "/check"); head(body) == want {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	_, small := s.send("small.csv", []byte("First Name,Last Name,Job Title,Employee ID\nAnn,Lee,Laborer,1\nBo,Li,,2\nCy,Ho,,3\n"))
	few := regexp.MustCompile(`/roster/[a-z0-9]{26}`).FindString(small)
	s.submit(few+"/columns", url.Values{"do": {"continue"}})
	page := func(path, want string) time.Duration {
		began := time.Now()
		b.Go(s.url + path)
		b.Until(headline, want)
		b.WaitFor(cell("3", "c3"))
		took := time.Since(began)
		t.Logf("%s is there after %v", path, took)
		return took
	}
	for _, show := range []importer.RowFilter{importer.RowsToFix, importer.AllRows} {
		busy := page(few+"/check", "3 new") // a busy machine shows this page late, too
		if took := page(draft+"/check?show="+string(show), want); took > max(2*time.Second, 4*busy) {
			t.Errorf("the page of %s took %v, and a page of three rows %v", show, took, busy)
		}
	}
	var took []time.Duration
	for i := range 200 {
		began := time.Now()
		s.cells(draft, importer.Change{Line: 2 + 50*i, Column: 3, Text: fmt.Sprint(900_000 + i)})
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	t.Logf("an edit takes %v (median), %v at most", took[100], took[199])
	if took[100] > 100*time.Millisecond {
		t.Errorf("the median edit takes %v", took[100])
	}
}
