package web

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"muster/importer/browser"
	"muster/importer/procore/simulator"
	"muster/importer/results"
	"muster/importer/roster"
)

// accessible checks a page in both colours, on a phone and on a screen.
func (s *site) accessible(b *browser.Tab, what string) {
	s.t.Helper()
	for _, dark := range []bool{false, true} {
		for _, width := range []int{390, 1280, 1920} {
			b.Look(width, dark)
			b.Accessible()
			if got := b.Eval("document.documentElement.scrollWidth <= innerWidth"); got != "true" {
				s.t.Errorf("the page %s is wider than %d pixels", what, width)
			}
			if folder := os.Getenv("MUSTER_TEST_PICTURES"); folder != "" {
				b.Screenshot(filepath.Join(folder, fmt.Sprintf("%s-%d-%t.png", what, width, dark)))
			}
		}
	}
	b.Look(1280, false)
}

// save clicks on a download, and returns the path of the file.
func (s *site) save(b *browser.Tab, selector string) string {
	s.t.Helper()
	folder := s.t.TempDir()
	b.Call("Page.setDownloadBehavior", map[string]any{"behavior": "allow", "downloadPath": folder}, nil)
	b.Click(selector)
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(20 * time.Millisecond) {
		entries, err := os.ReadDir(folder)
		if err == nil && len(entries) == 1 && !strings.HasSuffix(entries[0].Name(), ".crdownload") {
			return filepath.Join(folder, entries[0].Name())
		}
	}
	s.t.Fatal("nothing was saved")
	return ""
}

// TestBrowserImport goes a person's way through a troubled import: stop, go on, reload,
// results, retry, undo.
func TestBrowserImport(t *testing.T) {
	t.Parallel()
	const people, held = 45, 20
	reached, release := make(chan struct{}), make(chan struct{})
	s := newSite(t, connected(), simulator.Config{
		Windows: []simulator.Window{}, Faults: []simulator.Fault{{Kind: simulator.LostAnswer, Nth: []int{9, 30}}},
		OnCreate: func(n int, stored bool) {
			if n == held && !stored {
				close(reached)
			}
			if n >= held && !stored {
				<-release
			}
		},
	})
	d := s.upload("crew.csv", crew(people)+"Nora,,Laborer,777\n")
	b := s.openBrowser()
	b.Go(s.url + "/roster/" + d.ID + "/go")
	s.accessible(b, "go")
	b.Click(fmt.Sprintf("text=Import %d people", people))
	b.WaitForText(fmt.Sprintf("of %d", people))
	<-reached
	b.Click("text=Stop")
	b.WaitForText("Stopping: what is under way is finished first")
	close(release)
	b.WaitFor("text=Go on")
	if n := len(s.office.procore.People()); n == 0 || n >= people {
		t.Fatalf("%d people after the stop", n)
	}
	s.accessible(b, "interrupted")
	b.Click("text=Go on")
	b.WaitFor("text=Retry the 1 row")
	s.exact(people)
	s.accessible(b, "over")

	in, err := results.Open(s.save(b, "text=Download the results"), roster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	rows := 0
	for row, err := range in.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		if rows++; row.Outcome.Status.HasPerson() == (row.Cells[1] == "") {
			t.Errorf("row %d is %s", row.Outcome.Row, row.Outcome.Status)
		}
	}
	if rows != people+1 {
		t.Errorf("%d rows in the results", rows)
	}
	if page, err := os.ReadFile(s.save(b, "text=Download the report")); err != nil || !strings.Contains(string(page), "muster report") {
		t.Errorf("the report: %v", err)
	}

	run := b.Eval("location.pathname")
	b.Click("text=Retry the 1 row")
	b.Until("/^.roster.[a-z0-9]{26}.check/.test(location.pathname)", "true")
	b.Go(s.url + run)
	b.Click("text=Undo")
	b.WaitForText(fmt.Sprintf("Take %d people off Simulated Project?", people))
	b.WaitForText("Ann7 Lee7")
	s.accessible(b, "undo")
	b.Click(fmt.Sprintf("text=Take %d people off", people))
	b.WaitForText(fmt.Sprintf("%d people were taken off", people))
	s.accessible(b, "undone")
	for _, p := range s.office.procore.People() {
		if len(p.Projects) > 0 {
			t.Errorf("%s is still on the project", p.FirstName)
		}
	}
	b.Go(s.url + "/history")
	s.accessible(b, "history")
	b.Click("tbody tr:last-child a")
	b.WaitForText("Procore's answer")
	s.accessible(b, "pastrun")
}

// TestBrowserWaits looks at an import that waits for Procore's limit, loads the page again
// and stops the import.
func TestBrowserWaits(t *testing.T) {
	t.Parallel()
	const people = 45
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{{Limit: 30, Length: 10 * time.Minute}}})
	d := s.upload("crew.csv", crew(people))
	b := s.openBrowser()
	b.Go(s.url + "/roster/" + d.ID + "/go")
	b.Click(fmt.Sprintf("text=Import %d people", people))
	b.WaitForText("Waits for Procore's")
	s.accessible(b, "underway")
	b.Reload()
	b.WaitForText(fmt.Sprintf("of %d", people))
	b.Until("document.getElementById('said').textContent !== ''", "true")
	b.Until("document.querySelector('progress').value > 0", "true")
	b.WaitForText("Waits for Procore's")
	b.Click("text=Stop")
	b.WaitFor("text=Go on")
	if n := len(s.office.procore.People()); n == 0 || n >= people {
		t.Errorf("%d people after the stop", n)
	}
}

// TestBrowserByKeyboard rehearses and goes on to the import without a mouse.
func TestBrowserByKeyboard(t *testing.T) {
	t.Parallel()
	const focusedText = "document.activeElement.textContent.trim()"
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}})
	d := s.upload("crew.csv", crew(101))
	b := s.openBrowser()
	b.Go(s.url + "/roster/" + d.ID + "/go")
	b.PressUntil("Tab", focusedText+".startsWith('Rehearse')", "true")
	b.Press("Enter")
	b.WaitForText("101 people would be created")
	s.exact(0)
	b.PressUntil("Tab", focusedText+".startsWith('Go on to the import')", "true")
	b.Press("Enter")
	b.WaitFor("#name")
	b.PressUntil("Tab", "document.activeElement.id", "name")
	b.Insert("Simulated Project")
	b.Press("Enter")
	b.WaitForText("101 people were created")
	s.exact(101)
}

// TestBrowserShowsCellsAsText imports names that are HTML.
func TestBrowserShowsCellsAsText(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}})
	const cell = `<img src=x onerror=document.title='ran'>`
	id := s.begin(kindImport, s.upload("crew.csv", "First Name,Last Name\n"+cell+",Lee\n"+cell+",\n"))
	r := s.end(id)
	b := s.openBrowser()
	for _, path := range []string{"/run/" + id, "/run/" + id + "/undo", "/history/" + r.Result.Run, "/history", "/"} {
		b.Go(s.url + path)
		b.WaitFor("h1")
		if got := b.Eval("document.title + document.querySelectorAll('main img').length"); regexp.MustCompile(`ran|[1-9]$`).MatchString(got) {
			t.Errorf("%s: %s", path, got)
		}
	}
}

// samples is the folder of the sample rosters.
const samples = "../../samples"

// TestBrowserFourClicks counts the clicks from the dropped file to the end of a rehearsal.
func TestBrowserFourClicks(t *testing.T) {
	t.Parallel()
	file, err := filepath.Abs(filepath.Join(samples, "crew.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, Account{}, simulator.Config{})
	b := s.openBrowser()
	b.Until("document.readyState", "complete") // the script is there
	b.Drop("#upload", file)
	clicks := 0
	for _, button := range []string{"text=Continue to the check", "text=Rehearse: nothing is sent"} {
		b.Click(button)
		clicks++
	}
	b.WaitForText("Rehearsed: ")
	if clicks > 4 {
		t.Errorf("%d clicks", clicks)
	}
	if got := s.lastRun(); got.Kind != kindRehearsal || got.Status != statusFinished || got.Result.Counts.Created == 0 {
		t.Errorf("the run is %+v", got)
	}
	if file := s.save(b, "text=Download the results"); filepath.Base(file) != "crew.rehearsal.xlsx" {
		t.Errorf("the results are %s", file)
	}
	s.exact(0)
}
