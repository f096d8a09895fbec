package report_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"muster/importer/outcome"
	"muster/importer/report"
)

// patience is the longest wait for a browser on a busy machine.
const patience = 2 * time.Minute

// browser is a Chromium that takes commands through a pipe.
type browser struct {
	t    *testing.T
	in   *os.File
	out  *bufio.Reader
	last int
	tab  string
}

// openInBrowser shows a page in Chromium, in a long test. Without Chromium the
// test is skipped, or fails if MUSTER_TEST_TOOLS is "required".
func openInBrowser(t *testing.T, page string) *browser {
	t.Helper()
	if os.Getenv("MUSTER_TEST_LONG") == "" {
		t.Skip("long: set MUSTER_TEST_LONG=1")
	}
	if runtime.GOOS == "windows" {
		t.Skip("a child gets no pipes there")
	}
	path, err := exec.LookPath("chromium")
	switch {
	case err == nil:
	case os.Getenv("MUSTER_TEST_TOOLS") == "required":
		t.Fatal("chromium is not installed, and MUSTER_TEST_TOOLS requires it")
	default:
		t.Skip("chromium is not installed")
	}
	file := filepath.Join(t.TempDir(), "report.html")
	put(t, file, page)
	theirs, ours, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	answers, theirAnswers, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	profile := filepath.Join(t.TempDir(), "profile")
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--remote-debugging-pipe", "--user-data-dir="+profile, "about:blank")
	cmd.ExtraFiles = []*os.File{theirs, theirAnswers} // 3 and 4, as Chromium wants them
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = theirs.Close(), theirAnswers.Close()
	// A browser that hangs must not hang the tests.
	watch := time.AfterFunc(2*patience, func() { _ = cmd.Process.Kill() })
	b := &browser{t: t, in: ours, out: bufio.NewReaderSize(answers, 1<<20)}
	t.Cleanup(func() {
		watch.Stop()
		fmt.Fprintf(b.in, `{"id":0,"method":"Browser.close"}`+"\x00")
		_, _ = cmd.Process.Wait()
		_, _ = ours.Close(), answers.Close()
		// Its helpers write for a moment longer, and would spoil the test's own cleaning.
		for began := time.Now(); os.RemoveAll(profile) != nil && time.Since(began) < patience; {
			time.Sleep(20 * time.Millisecond)
		}
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.tab = attached.SessionID
	address := url.URL{Scheme: "file", Path: filepath.ToSlash(file)}
	b.call("Page.navigate", map[string]any{"url": address.String()}, nil)
	b.until("document.documentElement?.dataset.ready", "yes")
	return b
}

// call sends a command and returns the answer, without events.
func (b *browser) call(method string, parameters, answer any) {
	b.t.Helper()
	if refusal := b.ask(method, parameters, answer); refusal != "" {
		b.t.Fatalf("%s: %s", method, refusal)
	}
}

// ask sends a command and returns the answer, or why the browser refuses.
func (b *browser) ask(method string, parameters, answer any) (refusal string) {
	b.t.Helper()
	b.last++
	question := map[string]any{"id": b.last, "method": method, "params": parameters}
	if b.tab != "" {
		question["sessionId"] = b.tab
	}
	line, err := json.Marshal(question)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.in.Write(append(line, 0)); err != nil {
		b.t.Fatal(err)
	}
	for {
		line, err := b.out.ReadBytes(0)
		if err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
		var got struct {
			ID     int
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		if err := json.Unmarshal(bytes.TrimSuffix(line, []byte{0}), &got); err != nil {
			b.t.Fatal(err)
		}
		if got.ID != b.last {
			continue
		}
		if got.Error != nil {
			return got.Error.Message
		}
		if answer != nil {
			if err := json.Unmarshal(got.Result, answer); err != nil {
				b.t.Fatal(err)
			}
		}
		return ""
	}
}

// run returns the value of a JavaScript expression as text.
func (b *browser) run(expression string) string {
	b.t.Helper()
	text, refusal := b.evaluate(expression)
	if refusal != "" {
		b.t.Fatalf("%s: %s", expression, refusal)
	}
	return text
}

func (b *browser) evaluate(expression string) (text, refusal string) {
	b.t.Helper()
	var got struct {
		Result struct{ Value string }
		Error  *struct{ Exception struct{ Description string } } `json:"exceptionDetails"`
	}
	refusal = b.ask("Runtime.evaluate", map[string]any{"expression": "String(" + expression + ")", "userGesture": true, "awaitPromise": true}, &got)
	if got.Error != nil {
		refusal = got.Error.Exception.Description
	}
	return got.Result.Value, refusal
}

// until waits until an expression has a value. While the browser changes pages, no
// page answers, and a page is incomplete before the script has run.
func (b *browser) until(expression, want string) {
	b.t.Helper()
	got, refusal := "", ""
	for began := time.Now(); time.Since(began) < patience; {
		if got, refusal = b.evaluate(expression); refusal == "" && got == want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.t.Fatalf("%s is %q, want %q; %s", expression, got, want, refusal)
}

const (
	countLine = "document.getElementById('count').textContent"
	lines     = "document.querySelectorAll('#table tbody tr').length"
	where     = "document.getElementById('where').textContent"
)

// typed returns JavaScript that types a search as a user does.
func typed(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		return ""
	}
	return "(s => { s.value = " + string(quoted) + "; s.dispatchEvent(new Event('input', {bubbles: true})); })(document.getElementById('search'))"
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
		Status: report.Finished, Details: report.Details{Next: []string{next}},
		Problems: []outcome.Group{{Code: "name_missing", Count: 50, Message: "the last name is missing"}},
	}, rows...))

	b.until(countLine, "50 of 50,000 rows") // those to look at come first
	b.until(lines, "50")
	b.run("document.querySelector('#tools input[value=\"0,1,2,3,4,5,6\"]').click()")
	b.until(countLine, "50,000 rows")
	b.until(lines, "100") // however many there are, a page holds a hundred
	b.run("document.querySelector('[data-go=last]').click()")
	b.until(where, "49,901 to 50,000 of 50,000")
	b.until("document.querySelector('[data-go=on]').disabled", "true")
	b.run("document.querySelector('[data-go=back]').click()")
	b.until(where, "49,801 to 49,900 of 50,000")
	b.run("document.querySelector('[data-go=first]').click()")
	b.until(where, "1 to 100 of 50,000")

	for search, want := range map[string]string{
		"LEFEVRE chloe":                "1 of 50,000 rows", // without case and accents, in any order
		fmt.Sprint(1<<60 + 49_999):     "1 of 50,000 rows",
		"name_missing":                 "50 of 50,000 rows",
		"no such name":                 "0 of 50,000 rows",
		"<script>alert(1)</script> .*": "0 of 50,000 rows",
	} {
		b.run(typed(search))
		b.until(countLine, want)
	}
	b.run(typed("no such"))
	b.until("document.getElementById('none').checkVisibility()", "true")
	b.run("document.querySelector('.show').click()")
	b.until(countLine, "50 of 50,000 rows")
	b.run("document.querySelector('#tools input[value=\"0\"]').click()")
	b.until(countLine, "0 of 50,000 rows")

	if got := b.run("document.querySelector('.command code').textContent"); got != next {
		t.Errorf("the command is %q, want %q", got, next)
	}
	b.run("document.querySelector('.copy').click()")
	b.until("document.querySelector('.copy').textContent !== 'Copy'", "true")
	if got := b.run("document.documentElement.scrollWidth <= innerWidth"); got != "true" {
		t.Error("the page is wider than the window")
	}

	// On paper more than a page of the screen, and back again.
	b.run(typed(""))
	b.run("document.querySelector('#tools input[value=\"0,1,2,3,4,5,6\"]').click()")
	b.until(countLine, "50,000 rows")
	b.run("dispatchEvent(new Event('beforeprint'))")
	b.until(lines, "1000")
	b.run("document.querySelector('[data-go=on]').click()") // what is drawn meanwhile is for paper, too
	b.until(lines, "1000")
	b.run("dispatchEvent(new Event('afterprint'))")
	b.until(lines, "100")
	b.run("document.querySelector('#tools input[name=status]').click()")
	b.until(countLine, "50 of 50,000 rows")
	b.call("Emulation.setEmulatedMedia", map[string]any{"media": "print"}, nil)
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": 690, "height": 980, "deviceScaleFactor": 1, "mobile": false}, nil)
	b.until("matchMedia('print').matches", "true")
	if got := b.run("[...document.querySelectorAll('#table .row')].filter(c => { const r = new Range(); r.selectNodeContents(c); return r.getClientRects().length !== 1 }).length"); got != "0" {
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
		Status: report.Stopped, Details: report.Details{Project: hostile()[0], Why: hostile()[6], Next: hostile(), Remarks: hostile()}, Problems: groups,
	}, rows...))
	b.until(lines, fmt.Sprint(len(rows)))
	for i, evil := range hostile() {
		want := strings.Join(strings.Fields(report.Clean(evil)), " ")
		if got := b.run(fmt.Sprintf("document.querySelectorAll('#table .who')[%d].textContent", i)); strings.Join(strings.Fields(got), " ") != want {
			t.Errorf("the table shows %q, want %q", got, want)
		}
	}
	if got := b.run("document.querySelectorAll('main script, main img, main b b, [onerror], [onload], [onmouseover], a, iframe').length"); got != "0" {
		t.Errorf("%s elements came from the roster", got)
	}
	// Even markup that got into the page would not run.
	for _, attempt := range []string{
		`const i = document.createElement('img'); i.setAttribute('onerror', 'document.title = "ran"'); i.src = 'x:'; document.body.append(i)`,
		`const s = document.createElement('script'); s.append('document.title = "ran"'); document.body.append(s)`,
		`document.body.insertAdjacentHTML('beforeend', '<img src="x:" onerror="document.title = &quot;ran&quot;">')`,
		`location.href = 'javascript:document.title = "ran"'`,
	} {
		b.run("(() => { try { " + attempt + " } catch {} })()")
		time.Sleep(50 * time.Millisecond)
		if got := b.run("document.title"); got == "ran" {
			t.Errorf("%s ran", attempt)
		}
	}
}
