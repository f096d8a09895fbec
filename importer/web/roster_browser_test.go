package web

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/importer/browser"
	"muster/importer/procore/simulator"
)

// written writes a file to drop.
func written(t *testing.T, name string, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const headline = "document.querySelector('h1').textContent"

// cell returns the selector of a cell of the grid.
func cell(row, column string) string {
	return ".tabulator-row:nth-child(" + row + ") .tabulator-cell[tabulator-field=" + column + "]"
}

// looks keeps pictures of a page, if a folder is named for them.
func (s *site) looks(b *browser.Tab, name string) {
	s.t.Helper()
	to := os.Getenv("MUSTER_TEST_PICTURES")
	for _, width := range []int{390, 1920, 1280} {
		for _, dark := range []bool{true, false} {
			b.Look(width, dark)
			if got := b.Eval("document.documentElement.scrollWidth <= innerWidth"); got != "true" {
				s.t.Errorf("%s is wider than a window of %d", name, width)
			}
			if to != "" {
				b.Screenshot(filepath.Join(to, fmt.Sprintf("%s-%d-%t.png", name, width, dark)))
			}
		}
	}
}

func TestBrowserCorrectsARoster(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{Windows: []simulator.Window{}})
	b := s.openBrowser()
	b.Drop("#upload", written(t, "crew.csv", "First Name,Last Name,Employee ID,Own Employee,Job Title",
		"Ann,Lee,TBD,yes,", "Bo,,102,yes,", "Cy,Ho,TBD,maybe,", "Di,Li,104,no,<b>Boss</b>", "Ed,Ma,,no,"))
	b.WaitForText("Here is what muster understands")
	b.Accessible()
	s.looks(b, "columns")
	b.Click("text=Continue to the check")
	b.Until(headline, "2 new · 3 to fix")
	b.WaitFor(cell("1", "c2"))
	b.Accessible()
	s.looks(b, "check")

	// A cell is corrected in the grid.
	b.DoubleClick(cell("2", "c1"))
	b.Insert("Li")
	b.Press("Enter")
	b.Until(headline, "3 new · 2 to fix")
	b.Until("document.querySelectorAll('.tabulator-cell.bad').length", "3")

	// One fix for all.
	b.Click("text=Leave all 2 cells empty")
	b.Until(headline, "4 new · 1 to fix")
	b.Until("document.querySelectorAll('.tabulator-cell.bad').length", "1")
	b.Click("text=Undo the last edit")
	b.Until(headline, "3 new · 2 to fix")

	// A block is pasted.
	b.WaitFor(cell("2", "c2"))
	b.Click(cell("1", "c2"))
	b.Paste(cell("1", "c2"), "101\tyes\n103\tno\n")
	b.Until(headline, "5 new")

	// Everything is kept.
	b.Reload()
	b.Until(headline, "5 new")
	s.server.checks.mutex.Lock()
	s.server.checks.journals, s.server.checks.open = nil, nil
	s.server.checks.mutex.Unlock()
	b.Reload()
	b.Until(headline, "5 new")
	b.Click("text=All rows")
	b.WaitFor(cell("4", "c4"))
	if got := b.Eval("document.querySelector(" + browser.Quote(cell("4", "c4")) + ").textContent"); got != "<b>Boss</b>" {
		t.Errorf("the cell shows %q", got)
	}
	b.Click("text=Rehearse: nothing is sent")
	b.WaitForText("5 people would be created")
}
