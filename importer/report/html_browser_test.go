package report_test

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/importer/browser"
	"muster/importer/outcome"
	"muster/importer/report"
)

// openInBrowser shows a page in Chromium.
func openInBrowser(t *testing.T, page string) *browser.Tab {
	t.Helper()
	b := browser.Open(t)
	file := filepath.Join(t.TempDir(), "report.html")
	put(t, file, page)
	b.Go((&url.URL{Scheme: "file", Path: filepath.ToSlash(file)}).String())
	b.Until("document.documentElement?.dataset.ready", "yes")
	return b
}

const (
	countLine = "document.getElementById('count').textContent"
	lines     = "document.querySelectorAll('#table tbody tr').length"
	where     = "document.getElementById('where').textContent"
)

// typed returns JavaScript that types a search as a user does.
func typed(text string) string {
	return "(s => { s.value = " + browser.Quote(text) + "; s.dispatchEvent(new Event('input', {bubbles: true})); })(document.getElementById('search'))"
}

func TestHTMLInABrowser(t *testing.T) {
	t.Parallel()
	const count = 50_000
	rows := make([]row, count)
	for i := range rows {
		rows[i] = row{fmt.Sprintf("Person %d", i), outcome.Outcome{Row: i + 2, Status: outcome.Created, PersonID: 1<<60 + int64(i)}}
		if i%1000 == 0 {
			rows[i].Outcome = outcome.Outcome{Row: i + 2, Status: outcome.Invalid, Problems: problem("name_missing", "", "the last name is missing", "write it")}
		}
	}
	rows[777].label = "Chloé Lefèvre"
	const next = "muster retry 'my crew.results.csv' --company 1"
	b := openInBrowser(t, written(t, report.Summary{
		Status: report.Finished, Details: report.Details{Next: next},
		Problems: []outcome.Group{{Code: "name_missing", Count: 50, Message: "the last name is missing"}},
	}, rows...))

	b.Until(countLine, "50 of 50,000 rows") // those to look at come first
	b.Until(lines, "50")
	b.Eval("document.querySelector('#tools input[value=\"0,1,2,3,4,5,6\"]').click()")
	b.Until(countLine, "50,000 rows")
	b.Until(lines, "100") // however many there are, a page holds a hundred
	b.Eval("document.querySelector('[data-go=last]').click()")
	b.Until(where, "49,901 to 50,000 of 50,000")
	b.Until("document.querySelector('[data-go=on]').disabled", "true")
	b.Eval("document.querySelector('[data-go=back]').click()")
	b.Until(where, "49,801 to 49,900 of 50,000")
	b.Eval("document.querySelector('[data-go=first]').click()")
	b.Until(where, "1 to 100 of 50,000")

	for search, want := range map[string]string{
		"LEFEVRE chloe":                "1 of 50,000 rows", // without case and accents, in any order
		fmt.Sprint(1<<60 + 49_999):     "1 of 50,000 rows",
		"name_missing":                 "50 of 50,000 rows",
		"no such name":                 "0 of 50,000 rows",
		"<script>alert(1)</script> .*": "0 of 50,000 rows",
	} {
		b.Eval(typed(search))
		b.Until(countLine, want)
	}
	b.Eval(typed("no such"))
	b.Until("document.getElementById('none').checkVisibility()", "true")
	b.Eval("document.querySelector('.show').click()")
	b.Until(countLine, "50 of 50,000 rows")
	b.Eval("document.querySelector('#tools input[value=\"0\"]').click()")
	b.Until(countLine, "0 of 50,000 rows")

	if got := b.Eval("document.querySelector('.command code').textContent"); got != next {
		t.Errorf("the command is %q, want %q", got, next)
	}
	b.Eval("document.querySelector('.copy').click()")
	b.Until("document.querySelector('.copy').textContent !== 'Copy'", "true")
	if got := b.Eval("document.documentElement.scrollWidth <= innerWidth"); got != "true" {
		t.Error("the page is wider than the window")
	}

	// On paper more than a page of the screen, and back again.
	b.Eval(typed(""))
	b.Eval("document.querySelector('#tools input[value=\"0,1,2,3,4,5,6\"]').click()")
	b.Until(countLine, "50,000 rows")
	b.Eval("dispatchEvent(new Event('beforeprint'))")
	b.Until(lines, "1000")
	b.Eval("document.querySelector('[data-go=on]').click()") // what is drawn meanwhile is for paper, too
	b.Until(lines, "1000")
	b.Eval("dispatchEvent(new Event('afterprint'))")
	b.Until(lines, "100")
	b.Eval("document.querySelector('#tools input[name=status]').click()")
	b.Until(countLine, "50 of 50,000 rows")
	b.Call("Emulation.setEmulatedMedia", map[string]any{"media": "print"}, nil)
	b.Call("Emulation.setDeviceMetricsOverride", map[string]any{"width": 690, "height": 980, "deviceScaleFactor": 1, "mobile": false}, nil)
	b.Until("matchMedia('print').matches", "true")
	if got := b.Eval("[...document.querySelectorAll('#table .row')].filter(c => { const r = new Range(); r.selectNodeContents(c); return r.getClientRects().length !== 1 }).length"); got != "0" {
		t.Errorf("%s rows' numbers are broken into lines on paper", got)
	}
}

func TestHTMLInBrowserRunsNothing(t *testing.T) {
	t.Parallel()
	var rows []row
	var groups []outcome.Group
	for i, evil := range hostile() {
		rows = append(rows, row{evil, outcome.Outcome{Row: i + 2, Status: outcome.Failed, Problems: problem(evil, evil, evil, evil)}})
		groups = append(groups, outcome.Group{Code: evil, Count: 1, Message: evil, Hint: evil, Cells: []string{evil}})
	}
	b := openInBrowser(t, written(t, report.Summary{
		Status: report.Stopped, Details: report.Details{Project: hostile()[0], Why: hostile()[6], Next: hostile()[0], Remarks: hostile()}, Problems: groups,
	}, rows...))
	b.Until(lines, fmt.Sprint(len(rows)))
	for i, evil := range hostile() {
		want := strings.Join(strings.Fields(report.Clean(evil)), " ")
		if got := b.Eval(fmt.Sprintf("document.querySelectorAll('#table .who')[%d].textContent", i)); strings.Join(strings.Fields(got), " ") != want {
			t.Errorf("the table shows %q, want %q", got, want)
		}
	}
	if got := b.Eval("document.querySelectorAll('main script, main img, main b b, [onerror], [onload], [onmouseover], a, iframe').length"); got != "0" {
		t.Errorf("%s elements came from the roster", got)
	}
	// Even markup that got into the page would not run.
	for _, attempt := range []string{
		`const i = document.createElement('img'); i.setAttribute('onerror', 'document.title = "ran"'); i.src = 'x:'; document.body.append(i)`,
		`const s = document.createElement('script'); s.append('document.title = "ran"'); document.body.append(s)`,
		`document.body.insertAdjacentHTML('beforeend', '<img src="x:" onerror="document.title = &quot;ran&quot;">')`,
		`location.href = 'javascript:document.title = "ran"'`,
	} {
		b.Eval("(() => { try { " + attempt + " } catch {} })()")
		time.Sleep(50 * time.Millisecond)
		if got := b.Eval("document.title"); got == "ran" {
			t.Errorf("%s ran", attempt)
		}
	}
}
