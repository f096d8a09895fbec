package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"muster/importer/outcome"
	"muster/importer/procore/simulator"
	"muster/importer/results"
	"muster/importer/roster"
)

// The tests of what SECURITY.md claims of the program as a whole. What a single
// package promises is tested there.

// behind puts a handler before the world's Procore.
func (w *world) behind(wrap func(http.Handler) http.Handler) {
	server := httptest.NewServer(wrap(w.server))
	w.t.Cleanup(server.Close)
	w.url = server.URL
}

// in runs the program in the world's folder.
func (w *world) in(args ...string) (code int, stdout, stderr string) {
	w.t.Helper()
	var out, talk bytes.Buffer
	cmd := w.command(args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = w.folder, &out, &talk
	_ = cmd.Run()
	return cmd.ProcessState.ExitCode(), out.String(), talk.String()
}

// A title for the window, a cleared screen, colours by C1, and text that turns
// its direction.
const escape = "\x1b]0;owned\x07\x1b[2J\u009b31m\u202e"

// obeyed returns what a terminal would obey in what the program printed.
func obeyed(text string) string {
	var found []rune
	for _, r := range text {
		if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			found = append(found, r)
		}
	}
	if len(found) == 0 {
		return ""
	}
	return fmt.Sprintf("%q", string(found))
}

// TestTerminalsAreNotObeyed has escape sequences in everything that others
// word: cells, headings, names of sheets and files, settings, and whatever
// Procore answers.
func TestTerminalsAreNotObeyed(t *testing.T) {
	t.Parallel()
	long(t)
	w := newWorld(t, simulator.Config{Windows: []simulator.Window{}})
	w.behind(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			say := func(status int, body any) {
				rw.Header().Set("Content-Type", "application/json")
				rw.WriteHeader(status)
				_ = json.NewEncoder(rw).Encode(body)
			}
			body := new(bytes.Buffer)
			_, _ = body.ReadFrom(r.Body)
			r.Body = readCloser{body}
			switch {
			case r.Method == http.MethodPost && strings.Contains(body.String(), "Refused"):
				say(422, map[string]any{"errors": map[string]any{"last_name" + escape: []string{"is odd" + escape}}})
			case r.URL.Path == "/rest/v1.0/projects/100":
				say(200, map[string]any{"id": 100, "name": "Harbour" + escape})
			case r.URL.Path == "/rest/v1.0/companies":
				say(200, []any{map[string]any{"id": 1, "name": "Builders" + escape}})
			case r.URL.Path == "/rest/v1.0/me":
				say(200, map[string]any{"id": 9, "name": "Account" + escape})
			case strings.HasSuffix(r.URL.Path, "/rest/v1.0/projects/403"):
				say(403, map[string]any{"errors": "no" + escape})
			default:
				next.ServeHTTP(rw, r)
			}
		})
	})
	name := "crew" + escape + ".csv"
	results := "crew" + escape + ".results.csv"
	w.write(name, "First Name,Last Name,Own"+escape+"Words,Craft\nAda,Quist"+escape+",x,\nBo,Refused,"+escape+",\n"+escape+",,,\nCy,Ek,,\n")
	w.write("guess.csv", "First Nam"+escape+",Last Name,Name\nAda,Quist,x\n")
	w.write("odd.csv", "First Name,Last Name\n\"Ada"+escape+",Quist\n")
	w.write("map"+escape+".yaml", "fields:\n  first_name: {column: \""+strings.NewReplacer("\x1b", `\e`, "\x07", `\a`, "\u009b", `\x9b`, "\u202e", `\u202e`).Replace(escape)+"\"}\n  last_name: {column: Last Name}\n")
	w.write("bad"+escape+".yaml", "fields:\n  first_name"+escape+": {column: First Name}\n")
	w.write("config"+escape+".yaml", "company"+escape+": 1\n")
	book := excelize.NewFile()
	sheet := "Crew\u009b31m\u202e"
	if err := book.SetSheetName("Sheet1", sheet); err != nil {
		t.Fatal(err)
	}
	for i, row := range [][]any{{"First Name", "Last Name", "Trade\u009b31m"}, {"Di", "Oh\u009b31m", ""}, {"\u202eEd", "", ""}} {
		if err := book.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	if err := book.SaveAs(filepath.Join(w.folder, "book.xlsx")); err != nil {
		t.Fatal(err)
	}

	run := ""
	for _, args := range [][]string{
		{"check", name},
		{"import", name, "--simulate"},
		{"import", name},
		{"retry", results},
		{"retry"},
		{"import", name, "--log-level", "debug"},
		{"check", "book.xlsx"},
		{"import", "book.xlsx"},
		{"check", "guess.csv"},
		{"check", "odd.csv"},
		{"check", name, "--mapping", "map" + escape + ".yaml"},
		{"check", name, "--mapping", "bad" + escape + ".yaml"},
		{"import", name, "--config", "config" + escape + ".yaml"},
		{"import", name, "--ledger", "no" + escape + "/" + name + "/ledger.db"},
		{"import", "nowhere" + escape + ".csv"},
		{"import", name, "--results", name},
		{"import", name, "--results", "x" + escape + ".docx"},
		{"check", name, "--sheet", "x" + escape},
		{"check", "book.xlsx", "--sheet", "x" + escape},
		{"check", name, "--encoding", "x" + escape},
		{"check", name, "--delimiter", escape},
		{"import", name, "--environment", escape},
		{"import", name, "--report", escape + "/r.html"},
		{"import", name, "--rate", escape},
		{"import", name, "--company", escape},
		{"import", name, "--x" + escape},
		{"x" + escape},
		{escape},
		{"import", name, "--ca-file", "x" + escape},
		{"import", name, "--client-secret-file", "x" + escape},
		{"import", name, "--api-url", "https://" + escape},
		{"import", name, "--project", "403"},
		{"explain", escape},
		{"doctor"},
		{"doctor", "--project", "403"},
		{"doctor", "--support-bundle", name},
		{"runs"},
		{"runs", escape},
		{"runs", "RUN"},
		{"undo", escape},
		{"undo", "RUN", "--yes"},
	} {
		if i := slices.Index(args, "RUN"); i >= 0 {
			if run == "" {
				_, out, _ := w.in("runs", "--json")
				var all struct{ Runs []runJSON }
				if err := json.Unmarshal([]byte(out), &all); err != nil {
					t.Fatal(err)
				}
				i := slices.IndexFunc(all.Runs, func(r runJSON) bool { return r.Created > 0 })
				run = all.Runs[i].Run
			}
			args[i] = run
		}
		code, stdout, stderr := w.in(args...)
		if found := obeyed(stdout + stderr); found != "" {
			t.Errorf("%q: a terminal would obey %s:\n%q\n%q", args, found, stdout, stderr)
		}
		if code > outcome.ExitInterrupted || stdout+stderr == "" {
			t.Errorf("%q: exit %d, %q", args, code, stdout+stderr)
		}
	}
}

type readCloser struct{ *bytes.Buffer }

func (readCloser) Close() error { return nil }

// payloads are cells that a spreadsheet would run, or a page.
var payloads = []string{
	"=cmd|' /C calc'!A0", "+1 555 0100", "-5", "@SUM(1+1)", "\t=1+1", " =1+1", "'=1+1", "''=1+1", "=HYPERLINK(\"http://x\",\"y\")",
	"＝1+1", "\u00a0=1+1", "\ufeff=1+1", "\u200b=1", "=\"a\nb\"", "%0A-3+3+cmd", "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</textarea><svg onload=alert(1)>",
	"{{7*7}}", "<!--", "]]>", "javascript:alert(1)",
}

// TestCellsStayCells writes every payload in every format, finds nothing that
// runs, and reads every cell back as it was.
func TestCellsStayCells(t *testing.T) {
	t.Parallel()
	long(t)
	w := newWorld(t, simulator.Config{Windows: []simulator.Window{}})
	book := excelize.NewFile()
	for i, cell := range append([]string{"Note"}, payloads...) {
		row := []any{fmt.Sprint("Ann", i), "Lee", cell, fmt.Sprintf("%05d", i)}
		if i == 0 {
			row = []any{"First Name", "Last Name", cell, "Employee ID"}
		}
		if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	if err := book.SaveAs(filepath.Join(w.folder, "crew.xlsx")); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"csv", "xlsx", "jsonl"} {
		name := "out." + format
		if code, stdout, stderr := w.in("import", "crew.xlsx", "--results", name, "--ledger", format+".db"); code != 0 {
			t.Fatalf("%s: exit %d\n%s%s", format, code, stdout, stderr)
		}
		path := filepath.Join(w.folder, name)
		back, err := results.Open(path, roster.Options{})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for row, err := range back.Rows() {
			if err != nil {
				t.Fatal(err)
			}
			if row.Cells[2] != payloads[n] || !row.Outcome.Status.HasPerson() {
				t.Errorf("%s: %q came back as %q, %s", format, payloads[n], row.Cells[2], row.Outcome.Status)
			}
			n++
		}
		if n != len(payloads) {
			t.Errorf("%s: %d rows came back of %d", format, n, len(payloads))
		}
		_ = back.Close()
	}
	out, err := excelize.OpenFile(filepath.Join(w.folder, "out.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	for i := range payloads {
		cell := fmt.Sprintf("C%d", i+2)
		formula, err := out.GetCellFormula(out.GetSheetList()[0], cell)
		if err != nil || formula != "" {
			t.Errorf("%s runs %q (%v)", cell, formula, err)
		}
	}
	csv, err := os.ReadFile(filepath.Join(w.folder, "out.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(csv)) {
		for _, cell := range strings.Split(line, ",") {
			if start := strings.TrimLeft(cell, "\" \t\u00a0\ufeff\u200b"); start != "" && strings.ContainsAny(start[:1], "=+-@") {
				t.Errorf("a spreadsheet would run %q", cell)
			}
		}
	}
}

// crewOfNames is a roster of which every cell can be told from everything else.
func (w *world) crewOfNames(n int) (cells []string) {
	var b strings.Builder
	b.WriteString("First Name,Last Name,Job Title,Employee ID,Own Remark\n")
	for i := range n {
		row := []string{fmt.Sprintf("Ottilie%dx", i), fmt.Sprintf("Vandersloot%dx", i), fmt.Sprintf("Steeplejack%dx", i), fmt.Sprintf("EMP77%03d", i), fmt.Sprintf("allergic%dx", i)}
		b.WriteString(strings.Join(row, ",") + "\n")
		cells = append(cells, row...)
	}
	w.write("crew.csv", b.String())
	return cells
}

// tells returns the words of a text that it must not have.
func tells(text string, words ...string) (told []string) {
	text = strings.ToLower(text)
	for _, word := range words {
		if strings.Contains(text, strings.ToLower(word)) {
			told = append(told, word)
		}
	}
	return told
}

const secretOfTests = "the-s3cret-of-the-client"

// TestLogsAndLedgerTellNobody searches the log at its most talkative and the
// bytes of the ledger's files for every cell, the secret and the token.
func TestLogsAndLedgerTellNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{Credentials: simulator.Credentials{ClientSecret: secretOfTests}, Windows: []simulator.Window{}, Answers: simulator.Answers{Bodies: simulator.MixedBodies}, Faults: []simulator.Fault{
		{Kind: simulator.Status500Before, Nth: []int{2}}, {Kind: simulator.Malformed, Nth: []int{3}}, {Kind: simulator.LostAnswer, Nth: []int{5}},
	}})
	token := make(chan string, 100)
	w.behind(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if _, bearer, ok := strings.Cut(r.Header.Get("Authorization"), "Bearer "); ok {
				select {
				case token <- bearer:
				default:
				}
			}
			body := new(bytes.Buffer)
			_, _ = body.ReadFrom(r.Body)
			r.Body = readCloser{body}
			if r.Method == http.MethodPost && strings.Contains(body.String(), "Ottilie7x") { // a refusal that quotes it all
				http.Error(rw, `{"errors":{"base":["`+strings.ReplaceAll(body.String(), `"`, "")+r.Header.Get("Authorization")+`"]}}`, http.StatusUnprocessableEntity)
				return
			}
			if r.Method == http.MethodPost && strings.Contains(body.String(), "Ottilie8x") { // more than it said it would say
				rw.Header().Set("Connection", "keep-alive")
				conn, w, err := rw.(http.Hijacker).Hijack()
				if err == nil {
					fmt.Fprintf(w, "HTTP/1.1 422 No\r\nContent-Length: 2\r\n\r\n{}%s", body.String())
					_ = w.Flush()
					time.AfterFunc(300*time.Millisecond, func() { _ = conn.Close() })
				}
				return
			}
			next.ServeHTTP(rw, r)
		})
	})
	cells := w.crewOfNames(12)
	code := 0
	var stdout, stderr string
	for _, format := range []string{"text", "json"} {
		var out, talk bytes.Buffer
		cmd := w.command("import", "crew.csv", "--quiet=false", "--json", "--log-level", "debug", "--log-format", format, "--settle-after", "1s")
		cmd.Env = append(cmd.Env, "MUSTER_CLIENT_SECRET="+secretOfTests)
		cmd.Dir, cmd.Stdout, cmd.Stderr = w.folder, &out, &talk
		_ = cmd.Run()
		code, stdout, stderr = cmd.ProcessState.ExitCode(), out.String(), talk.String()
		if code != outcome.ExitRowsLeft || strings.Count(stderr, "answer from Procore") < 2 {
			t.Fatalf("exit %d\n%s\n%s", code, stdout, stderr)
		}
		words := append(slices.Clone(cells), secretOfTests)
		for len(token) > 0 {
			words = append(words, <-token)
		}
		if told := tells(stderr, words...); told != nil {
			t.Errorf("the log (%s) tells %q:\n%s", format, told, stderr)
		}
		if told := tells(stdout, secretOfTests); told != nil {
			t.Errorf("the summary tells %q:\n%s", told, stdout)
		}
		files := 0
		err := filepath.WalkDir(filepath.Join(w.folder, "state"), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			files++
			content, err := os.ReadFile(path)
			if told := tells(string(content), words...); told != nil {
				t.Errorf("%s tells %q", path, told)
			}
			return err
		})
		if err != nil || files < 2 {
			t.Errorf("%d files of the ledger, %v", files, err)
		}
	}
}

// TestCrashTellsNobody looks at what the Go runtime prints of a program that is
// killed with SIGQUIT in the middle of a run: the same as of a panic, with the
// stacks of all goroutines.
func TestCrashTellsNobody(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there is no SIGQUIT")
	}
	reached := make(chan struct{}, 100)
	w := newWorld(t, simulator.Config{
		Credentials: simulator.Credentials{ClientSecret: secretOfTests}, Windows: []simulator.Window{},
		OnRequest: func(r *http.Request) {
			if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/people") {
				reached <- struct{}{}
			}
		},
		Faults: []simulator.Fault{{Kind: simulator.LateCommit, Hang: true, Delay: time.Hour}},
	})
	cells := w.crewOfNames(12)
	var out bytes.Buffer
	cmd := w.command("import", "crew.csv", "--log-level", "debug")
	cmd.Env = append(cmd.Env, "MUSTER_CLIENT_SECRET="+secretOfTests, "GOTRACEBACK=all")
	cmd.Dir, cmd.Stdout, cmd.Stderr = w.folder, &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-reached:
	case <-time.After(time.Minute):
		t.Error("no create came")
	}
	if err := cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if !strings.Contains(out.String(), "goroutine 1 ") {
		t.Fatalf("it did not crash:\n%s", out.String())
	}
	if told := tells(out.String(), append(cells, secretOfTests)...); told != nil {
		t.Errorf("the crash tells %q:\n%s", told, out.String())
	}
}

// TestFilesAreTheOwners looks at the modes of whatever the program writes, under
// a umask that would let everybody read it.
func TestFilesAreTheOwners(t *testing.T) {
	t.Parallel()
	long(t)
	if runtime.GOOS == "windows" {
		t.Skip("there are no modes")
	}
	w := newWorld(t, simulator.Config{Windows: []simulator.Window{}})
	w.crewOfNames(3)
	w.write("half.csv", "First Name,Last Name\nAda,Quist\nBo,\n")
	muster := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "sh", append([]string{"-c", `umask 0; exec "$0" "$@"`, os.Args[0]}, args...)...)
		cmd.Env, cmd.Dir = w.command().Env, w.folder
		if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() > outcome.ExitRowsLeft {
			t.Fatalf("%v: exit %d\n%s", args, cmd.ProcessState.ExitCode(), out)
		}
	}
	muster("import", "crew.csv", "--report", "page.html")
	muster("import", "crew.csv", "--results", "crew.xlsx")
	muster("import", "crew.csv", "--results", "crew.jsonl")
	muster("import", "half.csv")
	muster("retry", "half.results.csv")
	muster("doctor", "--support-bundle", "support.zip")
	_, out, _ := w.in("runs", "--json")
	var all struct{ Runs []runJSON }
	if err := json.Unmarshal([]byte(out), &all); err != nil || len(all.Runs) == 0 {
		t.Fatalf("%v: %s", err, out)
	}
	muster("undo", all.Runs[len(all.Runs)-1].Run, "--yes", "--results", "undone.csv")
	seen := map[string]bool{}
	err := filepath.WalkDir(w.folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == w.folder {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 && filepath.Base(path) != "state" {
			t.Errorf("%s has the mode %v", path, info.Mode())
		}
		seen[filepath.Base(path)] = true
		return err
	})
	for _, name := range []string{"ledger.db", "crew.results.csv", "crew.xlsx", "crew.jsonl", "page.html", "support.zip", "half.results.csv.bak", "undone.csv"} {
		if !seen[name] || err != nil {
			t.Errorf("%s was not looked at (%v): %v", name, err, seen)
		}
	}
}

// TestNamesOfFilesAreOnlyNames has rosters whose names try to lead elsewhere:
// into other folders by their results, or into a shell by the command that is
// proposed next.
func TestNamesOfFilesAreOnlyNames(t *testing.T) {
	t.Parallel()
	long(t)
	w := newWorld(t, simulator.Config{Windows: []simulator.Window{}})
	for _, name := range []string{
		"$(touch owned).csv", "`touch owned`.csv", "a;touch owned;.csv", "a'; touch owned; '.csv", "-rf.csv", "--yes.csv", "a b\tc.csv", "..csv", "...csv",
		"a\ntouch owned\n.csv", "~.csv", "*.csv", "!!.csv",
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" {
				t.Skip("no such names")
			}
			w := *w
			w.t, w.folder = t, t.TempDir()
			w.write(name, "First Name,Last Name\nAda,Quist\nBo,\n")
			code, stdout, stderr := w.in("import", "./"+name, "--ledger", "books/ledger.db")
			if code != outcome.ExitRowsLeft {
				t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
			}
			entries, err := os.ReadDir(w.folder)
			if err != nil {
				t.Fatal(err)
			}
			made := ""
			for _, e := range entries {
				if e.Name() != name && !e.IsDir() {
					made += e.Name() + "|"
				}
			}
			if want := strings.TrimSuffix(strings.TrimSuffix(name, ".csv"), ".results") + ".results.csv|"; made != want {
				t.Errorf("it made %q, want %q", made, want)
			}
			// What is proposed is run as it is by a shell, with an echo for muster.
			_, next, ok := strings.Cut(stdout, "Next:")
			if !ok {
				t.Fatalf("nothing is proposed:\n%s", stdout)
			}
			shell := exec.CommandContext(t.Context(), "sh", "-c", `muster() { printf '%s' "$2" >proposed; }; `+strings.TrimSpace(next))
			shell.Dir = w.folder
			out, err := shell.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if _, err := os.Stat(filepath.Join(w.folder, "owned")); err == nil {
				t.Errorf("the command that was proposed ran another:\n%s", next)
			}
			proposed, err := os.ReadFile(filepath.Join(w.folder, "proposed"))
			if err != nil || strings.HasPrefix(string(proposed), "-") {
				t.Errorf("proposed for %q: %q", proposed, next)
			}
			if obeyed(string(proposed)) == "" && !strings.ContainsAny(name, "\n\t") && filepath.Clean(string(proposed)) != strings.TrimSuffix(made, "|") {
				t.Errorf("proposed for %q: %q", proposed, next)
			}
		})
	}
	if n := len(w.server.People()); n == 0 {
		t.Error("nobody was created")
	}
}

// TestMappingsReachNothing has expressions of a mapping try to leave their row.
func TestMappingsReachNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{})
	w.write("crew.csv", "First Name,Last Name\nAda,Quist\n")
	for i, expression := range []string{
		`env("MUSTER_CLIENT_SECRET")`, `os.Getenv("HOME")`, `readFile("crew.csv")`, `file("crew.csv")`, `exec("id")`, `http.Get("http://x")`,
		`import("os")`, `$env["MUSTER_CLIENT_SECRET"]`, `repeat("a", 1000000000)`, `join(map(1..100000000, "a"), "")`,
	} {
		name := fmt.Sprintf("m%d.yaml", i)
		w.write(name, "fields:\n  first_name: {column: First Name}\n  last_name: {expression: '"+expression+"'}\n")
		began := time.Now()
		code, stdout, stderr := w.in("check", "crew.csv", "--mapping", name, "--results", name+".csv")
		if code == 0 || strings.Contains(stdout+stderr, "panic") {
			t.Errorf("%s: exit %d\n%s%s", expression, code, stdout, stderr)
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("%s took %v", expression, took)
		}
		if content, err := os.ReadFile(filepath.Join(w.folder, name+".csv")); err == nil && strings.Contains(string(content), "Quist,secret") {
			t.Errorf("%s found the secret", expression)
		}
	}
}
