package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster/importer/procore/simulator"
)

// webProcess is a muster web in a process of its own, with a client that has the cookie.
type webProcess struct {
	*http.Client
	t   *testing.T
	cmd *exec.Cmd
	url string
}

// startWeb starts muster web and opens the page.
func (w *world) startWeb(args ...string) *webProcess {
	w.t.Helper()
	p := &webProcess{t: w.t, cmd: w.command(append([]string{"web", "--no-browser"}, args...)...)}
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		w.t.Fatal(err)
	}
	link := regexp.MustCompile(`http://\S+`).FindString(line)
	p.Client, p.url = visit(w.t, link), strings.SplitN(link, "/?", 2)[0]
	return p
}

// submit posts a form, and returns the page and the path that follow.
func (p *webProcess) submit(path string, form url.Values) (page, at string) {
	p.t.Helper()
	answer, err := p.PostForm(p.url+path, form)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.read(answer), answer.Request.URL.Path
}

// open returns a page.
func (p *webProcess) open(path string) string {
	p.t.Helper()
	answer, err := p.Get(p.url + path)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.read(answer)
}

func (p *webProcess) read(answer *http.Response) string {
	p.t.Helper()
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: status %d, %v\n%s", answer.Request.URL, answer.StatusCode, err, page)
	}
	return string(page)
}

// TestWebKilledInMidRun kills the program while the answer to a request is on its way,
// starts it again and goes on by a click.
func TestWebKilledInMidRun(t *testing.T) {
	t.Parallel()
	const people, killedAt = 60, 25
	for name, stored := range map[string]bool{"before the person is stored": false, "after": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var killed atomic.Bool
			process := make(chan *os.Process, 1)
			w := newWorld(t, simulator.Config{Windows: []simulator.Window{}, OnCreate: func(n int, after bool) {
				if n == killedAt && after == stored && killed.CompareAndSwap(false, true) {
					_ = (<-process).Kill()
				}
			}})
			first := w.startWeb("--settle-after", "200ms")
			process <- first.cmd.Process
			draft := "/roster/" + first.upload(w.crew(people))
			answer, err := first.PostForm(first.url+draft+"/import"+first.shown(draft+"/go"), nil)
			if err == nil { // else it was killed before it could answer
				_ = answer.Body.Close()
			}
			if err := first.cmd.Wait(); err == nil {
				t.Fatal("the program was not killed")
			}
			second := w.startWeb("--settle-after", "200ms")
			again := regexp.MustCompile(`/run/[a-z0-9]+/continue`).FindString(second.open("/"))
			if again == "" {
				t.Fatal("the first page does not offer to go on")
			}
			page, run := second.submit(again, nil)
			for began := time.Now(); !strings.Contains(page, ">finished<"); page = second.open(run) {
				if time.Since(began) > time.Minute {
					t.Fatalf("the run does not end: %s", page)
				}
				time.Sleep(10 * time.Millisecond)
			}
			seen := map[string]bool{}
			for _, p := range w.server.People() {
				if seen[p.EmployeeID] {
					t.Errorf("employee %s was created twice", p.EmployeeID)
				}
				seen[p.EmployeeID] = true
			}
			if len(seen) != people {
				t.Errorf("%d people, want %d", len(seen), people)
			}
			if results := second.open(run + "/results"); strings.Count(results, ",created,")+strings.Count(results, ",existing,") != people {
				t.Errorf("the results do not have all people:\n%s", results)
			}
		})
	}
}

// upload drops a roster on the page, and returns the ID of the draft.
func (p *webProcess) upload(path string) (draft string) {
	p.t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("roster", filepath.Base(path))
	if err == nil {
		_, err = part.Write(content)
	}
	if err = errors.Join(err, form.Close()); err != nil {
		p.t.Fatal(err)
	}
	answer, err := p.Post(p.url+"/roster", form.FormDataContentType(), &body)
	if err != nil {
		p.t.Fatal(err)
	}
	p.read(answer)
	return strings.Split(answer.Request.URL.Path, "/")[2]
}

// shown returns what the forms of a page tell of how the list was read, as a query.
func (p *webProcess) shown(path string) string {
	p.t.Helper()
	page := p.open(path)
	shown := regexp.MustCompile(`\?shown=[^"&]+`).FindString(page)
	if shown == "" {
		p.t.Fatalf("%s does not say how the list was read: %s", path, page)
	}
	return shown
}

var manyRows = flag.Int("rows", 10_000, "rows of the roster in TestWebOfManyRows")

// TestWebOfManyRows takes a large roster through the page: upload, check, edit, fix of a
// group, import.
func TestWebOfManyRows(t *testing.T) {
	long(t)
	people := *manyRows
	number := func(n int) string {
		if n < 1000 {
			return strconv.Itoa(n)
		}
		return fmt.Sprintf("%d,%03d", n/1000, n%1000)
	}
	w := newWorld(t, simulator.Config{Windows: []simulator.Window{}})
	p := w.startWeb()
	step := func(what string, began time.Time) {
		t.Logf("%s: %v, %s of memory at most so far", what, time.Since(began).Round(time.Millisecond), p.mostMemory())
	}
	var list strings.Builder
	list.WriteString("First Name,Last Name,Job Title,Employee ID,Is Employee,Trade,Phone,City\n")
	for i := range people {
		id := fmt.Sprintf("%06d", i+1)
		if i%50 == 0 {
			id = "TBD"
		}
		fmt.Fprintf(&list, "Ann%d,Lee%d,Laborer,%s,yes,Carpenter,555-0100,Springfield\n", i%700, i, id)
	}
	path := filepath.Join(t.TempDir(), "crew.csv")
	if err := os.WriteFile(path, []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	draft := "/roster/" + p.upload(path)
	step("upload and columns", began)

	began = time.Now()
	p.submit(draft+"/columns"+p.shown(draft+"/columns"), url.Values{"do": {"continue"}})
	page := p.await(draft+"/check", number(people-people/50)+" new · "+number(people/50)+" to fix")
	step("check", began)

	began = time.Now()
	const edits = 100
	shown := p.shown(draft + "/go")
	for i := range edits {
		change := fmt.Sprintf(`[{"line": %d, "column": 3, "text": "%d"}]`, 2+50*i, 900_000+i)
		answer, err := p.Post(p.url+draft+"/cells"+shown, "application/json", strings.NewReader(change))
		if err != nil {
			t.Fatal(err)
		}
		p.read(answer)
	}
	step(fmt.Sprintf("%d edits", edits), began)

	began = time.Now()
	group := regexp.MustCompile(`name="group" value="([0-9a-f]+)"`).FindStringSubmatch(page)
	p.submit(draft+"/fix"+shown, url.Values{"group": group[1:], "do": {"empty"}})
	p.await(draft+"/check", number(people)+" new")
	step("one fix for the other rows", began)

	name := regexp.MustCompile(`type the project&#39;s name: ([^<]+)<`).FindStringSubmatch(p.open(draft + "/go"))
	began = time.Now()
	_, run := p.submit(draft+"/import"+shown, url.Values{"name": name[1:]})
	p.await(run, number(people)+" people were created")
	step("import", began)
	if n := len(w.server.People()); n != people {
		t.Errorf("%d people", n)
	}
}

// await opens a page until it has a text, for a few minutes at most.
func (p *webProcess) await(path, text string) (page string) {
	p.t.Helper()
	for began := time.Now(); time.Since(began) < 10*time.Minute; time.Sleep(100 * time.Millisecond) {
		if page = p.open(path); strings.Contains(page, text) {
			return page
		}
	}
	p.t.Fatalf("%s lacks %q:\n%s", path, text, page)
	return ""
}

// mostMemory returns the largest resident memory of the process, where Linux says it.
func (p *webProcess) mostMemory() string {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	_, most, _ := strings.Cut(string(status), "VmHWM:")
	most, _, _ = strings.Cut(most, "\n")
	return strings.TrimSpace(most)
}
