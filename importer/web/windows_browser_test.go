package web

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"muster/importer/procore/simulator"
)

// loaded is how many rows the grid has.
const loaded = "document.getElementById('grid').table.getData().length"

// TestBrowserPastesALongBlock pastes more rows than the grid has loaded, and more than
// there are.
func TestBrowserPastesALongBlock(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{})
	b := s.openBrowser()
	lines := []string{"First Name,Last Name,Employee ID"}
	for i := range 500 {
		lines = append(lines, fmt.Sprintf("Ann%d,,%d", i, i+1))
	}
	b.Drop("#upload", written(t, "crew.csv", lines...))
	b.Click("text=Continue to the check")
	b.Until(headline, "0 new · 500 to fix")
	b.WaitFor(cell("1", "c1"))
	b.Click(cell("1", "c1"))
	b.Paste(cell("1", "c1"), strings.Repeat("Lee\n", 250))
	b.Until(headline, "250 new · 250 to fix")

	// The rows that follow are all loaded, although fewer are to be fixed now.
	b.Until("(document.querySelector('.tabulator-tableholder').scrollTo(0, 1e7), "+loaded+")", "500")
	b.Reload()
	b.WaitFor(cell("1", "c1"))
	b.Click(cell("1", "c1"))
	b.Paste(cell("1", "c1"), strings.Repeat("Lee\n", 260))
	b.Until(headline, "500 new")
	b.WaitForText("Cells without a place in these rows: 10.")
}

// TestBrowserTakesADoubleClickAsOne clicks twice on buttons, as many people do.
func TestBrowserTakesADoubleClickAsOne(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{})
	b := s.openBrowser()
	b.Drop("#upload", written(t, "crew.csv", "First Name,Last Name,Employee ID", "Ann,Lee,TBD", "Bo,Li,2", "Cy,,3"))
	b.Click("text=Continue to the check")
	b.Until(headline, "1 new · 2 to fix")
	b.WaitFor(cell("2", "c1"))
	b.DoubleClick(cell("2", "c1"))
	b.Insert("Ma")
	b.Press("Enter")
	b.Until(headline, "2 new · 1 to fix")
	b.Click("text=Leave the row out")
	b.Until(headline, "2 new · 1 left out")
	b.WaitFor("text=Undo the last edit (of 2)")
	b.DoubleClick("text=Undo the last edit")
	b.Until(headline, "2 new · 1 to fix")
	b.Reload()
	b.Until(headline, "2 new · 1 to fix")
}

// TestBrowserSaysThatTheProgramHasEnded lets the program go while pages are open.
func TestBrowserSaysThatTheProgramHasEnded(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	t.Cleanup(func() { close(hold) })
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}, OnCreate: func(int, bool) { <-hold }})
	b := s.openBrowser()
	d, _ := s.sendText("First Name,Last Name", "Ann,Lee", "Bo,")
	b.Go(s.url + d + "/check")
	b.WaitFor(cell("1", "c1"))
	id := s.begin(kindImport, s.upload("crew.csv", crew(3)))
	other := s.openBrowser()
	other.Go(s.url + "/run/" + id)
	other.WaitForText("of 3")
	if got := other.Eval("document.getElementById('lost').checkVisibility()"); got != "false" {
		t.Error("muster is said to be gone while it answers")
	}
	_ = s.served.Listener.Close()
	s.served.CloseClientConnections()
	other.WaitForText("muster does not answer")

	// A cell does not show a text that was not taken.
	b.DoubleClick(cell("1", "c1"))
	b.Insert("Li")
	b.Press("Enter")
	b.WaitForText("The edit was not taken")
	b.Until("document.querySelector("+fmt.Sprintf("%q", cell("1", "c1"))+").textContent", "")
}

// TestBrowserTakesOneFile drops two files at once, of which one would be left out.
func TestBrowserTakesOneFile(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{})
	b := s.openBrowser()
	b.Eval(`(() => {
		const two = new DataTransfer();
		for (const name of ['a.csv', 'b.csv']) two.items.add(new File(['First Name,Last Name\nAnn,Lee\n'], name));
		document.getElementById('upload').dispatchEvent(new DragEvent('drop', {dataTransfer: two, bubbles: true, cancelable: true}));
	})()`)
	b.Until("document.getElementById('uploading').textContent", "Nothing was read. Drop one file at a time.")
	if drafts, err := s.server.drafts.all(); err != nil || len(drafts) > 0 {
		t.Errorf("%d lists, %v", len(drafts), err)
	}
}

// TestBrowserShowsWideLists corrects a cell in the last of 120 columns. To measure the
// width of each would take a minute.
func TestBrowserShowsWideLists(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{})
	b := s.openBrowser()
	header, row := "First Name,Last Name", "Ann,Lee"
	for i := range 117 {
		header, row = fmt.Sprintf("%s,Note %d", header, i), row+",x"
	}
	b.Drop("#upload", written(t, "crew.csv", header+",Employee ID", row+",TBD", row+"y,102"))
	b.Click("text=Continue to the check")
	b.WaitFor(cell("1", "c1"))
	if got := b.Eval("new Set(document.getElementById('grid').table.getColumns().slice(2, -1).map(c => c.getWidth())).size"); got != "1" {
		t.Errorf("the columns have %s widths", got)
	}
	b.DoubleClick(cell("1", "c119"))
	b.Insert("101")
	b.Press("Enter")
	b.WaitFor("text=Undo the last edit")
	b.Until("document.querySelectorAll('.fixes-of').length", "0")
}

// TestBrowserShowsLongCells looks at a very long cell on a phone.
func TestBrowserShowsLongCells(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{})
	b := s.openBrowser()
	b.Drop("#upload", written(t, "crew.csv", "First Name,Last Name,Employee ID,Job Title", "Ann,Lee,1,"+strings.Repeat("W", 3000)))
	b.Click("text=Continue to the check")
	b.Until(headline, "0 new · 1 to fix")
	path := b.Eval("location.pathname")
	b.Look(390, false)
	for _, view := range []string{"", "?view=list"} {
		b.Go(s.url + path + view)
		b.WaitForText("The job title has 3000 characters")
		if got := b.Eval("document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight < 4000"); got != "true" {
			t.Errorf("%q is %s pixels wide and high", view, b.Eval("document.documentElement.scrollWidth + ' ' + document.documentElement.scrollHeight"))
		}
	}
}

// TestBrowserGoesBackToWhatIsNow goes back after an import, to a page that the browser has
// kept in memory.
func TestBrowserGoesBackToWhatIsNow(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}})
	b := s.openBrowser()
	b.Go(s.url + "/roster/" + s.upload("crew.csv", crew(2)).ID + "/go")
	b.Click("text=Import 2 people")
	b.WaitForText("2 people were created")
	b.Eval("(window.after = true, history.back())")
	b.Until("window.after === undefined && document.readyState", "complete")
	b.WaitForText("2 people were created")
	s.exact(2)
}

// TestBrowserOfAnotherSheet edits in a window after another sheet was chosen in a second one.
func TestBrowserOfAnotherSheet(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{})
	b := s.openBrowser()
	draft, _ := s.send("crew.xlsx", sheets(t, []any{"First Name", "Last Name"}, []any{"Ann", ""}, []any{"Bo", ""}))
	s.submit(draft+"/file", url.Values{"other_sheet": {"Crew"}})
	b.Go(s.url + draft + "/check")
	b.WaitFor(cell("2", "c1"))
	s.submit(draft+"/file", url.Values{"other_sheet": {"Office"}})
	b.DoubleClick(cell("2", "c1"))
	b.Insert("Li")
	b.Press("Enter")
	b.WaitForText(s.text("grid.failed"))
	b.Eval("document.getElementById('grid').table.setData('/rows')")
	b.WaitForText(s.text("grid.not_loaded"))
	b.Click("text=Leave all 2 rows out")
	b.Until("document.querySelector('#summary').innerText.includes("+fmt.Sprintf("%q", s.text("cells.moved"))+")", "true")
	s.onHead(draft, "0 new · 2 to fix")
}
