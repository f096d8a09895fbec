package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"muster/importer/outcome"
	"muster/importer/procore/simulator"
	"muster/importer/web"
)

// startedPage is a muster web in this process.
type startedPage struct {
	t      *testing.T
	getenv func(string) string
	ended  chan int
}

// newPage starts muster web in a state folder.
func newPage(t *testing.T, state string, args ...string) *startedPage {
	t.Helper()
	p := &startedPage{t, func(name string) string {
		return map[string]string{"XDG_STATE_HOME": state, "MUSTER_KEYRING": "off"}[name]
	}, make(chan int, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		p.ended <- run(ctx, append([]string{"web"}, args...), &process{getenv: p.getenv, stdin: strings.NewReader(""), stdout: &output{w: io.Discard}, stderr: io.Discard})
	}()
	t.Cleanup(func() {
		cancel()
		<-p.ended
	})
	return p
}

// awaitServed waits until the page is served: a second start would serve it otherwise.
func (p *startedPage) awaitServed() {
	p.t.Helper()
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(p.getenv("XDG_STATE_HOME"), "muster", "web", startFile)); err == nil {
			return
		}
		if time.Since(began) > time.Minute {
			p.t.Fatal("the page was not served")
		}
	}
}

// again starts muster web a second time, which prints the address of the first.
func (p *startedPage) again(args ...string) (link string) {
	p.t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(p.t.Context(), append([]string{"web"}, args...), &process{getenv: p.getenv, stdin: strings.NewReader(""), stdout: &output{w: &stdout}, stderr: &stderr}); code != outcome.ExitDone {
		p.t.Fatalf("exit code %d: %s", code, &stderr)
	}
	return regexp.MustCompile(`http://\S+`).FindString(stdout.String())
}

// visit opens a link as a browser does, and returns the client with the cookie.
func visit(t *testing.T, link string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	for _, target := range []string{link, strings.Split(link, "?")[0]} {
		answer, err := client.Get(target)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("%s answers %d", target, answer.StatusCode)
		}
	}
	return client
}

func TestWebOpensTheBrowserThroughAPrivateFile(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("xdg-open is a program of Linux")
	}
	folder := t.TempDir()
	called := filepath.Join(folder, "called")
	script := fmt.Sprintf("#!/bin/sh\necho \"$@\" >%[1]s.part && mv %[1]s.part %[1]s\n", called)
	if err := os.WriteFile(filepath.Join(folder, "xdg-open"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
	newPage(t, filepath.Join(folder, "state"))
	var arguments []byte
	for began := time.Now(); len(arguments) == 0; time.Sleep(5 * time.Millisecond) {
		arguments, _ = os.ReadFile(called)
		if time.Since(began) > time.Minute {
			t.Fatal("no browser was opened")
		}
	}
	if strings.Contains(string(arguments), "http") || strings.Contains(string(arguments), "token") {
		t.Errorf("all users can see the arguments %s", arguments)
	}
	path := strings.TrimSpace(string(arguments))
	for name, mode := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v, want %v", name, info, err, mode)
		}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	visit(t, regexp.MustCompile(`http://[^"]+`).FindString(string(content)))
}

func TestWebStartsOnce(t *testing.T) {
	t.Parallel()
	page := newPage(t, t.TempDir(), "--no-browser")
	page.awaitServed()
	first, second := page.again("--no-browser"), page.again("--no-browser")
	if first == second || strings.Split(first, "?")[0] != strings.Split(second, "?")[0] {
		t.Errorf("two starts open %s and %s", first, second)
	}
	visit(t, first)
	client := visit(t, second)
	answer, err := client.PostForm(strings.Split(second, "?")[0]+"quit", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	code := <-page.ended
	page.ended <- code
	if code != outcome.ExitDone {
		t.Errorf("exit code %d", code)
	}
	if _, err := os.Stat(filepath.Join(page.getenv("XDG_STATE_HOME"), "muster", "web", startFile)); err == nil {
		t.Error("the file of the start is left")
	}
}

func TestWebIgnoresAForeignServer(t *testing.T) {
	t.Parallel()
	foreign := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, web.NewKey().Alive(strings.TrimPrefix(r.URL.Path, web.AlivePath)))
	}))
	t.Cleanup(foreign.Close)
	for _, address := range []string{foreign.Listener.Addr().String(), "127.0.0.1:1"} {
		if isAlive(t.Context(), publishedStart{Address: address, Key: web.NewKey()}) {
			t.Errorf("%s is taken for muster", address)
		}
	}
}

func TestWebRefusesOtherAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", ":8080", "192.168.0.1:0", "example.com:80"} {
		var stderr bytes.Buffer
		getenv := func(name string) string { return map[string]string{"XDG_STATE_HOME": t.TempDir()}[name] }
		if code := run(t.Context(), []string{"web", "--no-browser", "--listen", address}, &process{getenv: getenv, stdin: strings.NewReader(""), stdout: &output{w: io.Discard}, stderr: &stderr}); code != outcome.ExitNotStarted {
			t.Errorf("%s: exit code %d: %s", address, code, &stderr)
		}
	}
}

// TestWebKeepsTheAccount connects on the page, as a person does, and imports on the command
// line with what the page has kept.
func TestWebKeepsTheAccount(t *testing.T) {
	t.Parallel()
	server := simulator.New(simulator.Config{
		Windows: []simulator.Window{}, Credentials: simulator.Credentials{ClientID: "id", ClientSecret: "s3cret"},
		OtherProjects: []simulator.Project{{ID: 200, Name: "Tower A"}},
	})
	t.Cleanup(server.Close)
	procore := httptest.NewServer(server)
	t.Cleanup(procore.Close)
	state := t.TempDir()
	page := newPage(t, state, "--no-browser", "--api-url", procore.URL, "--login-url", procore.URL)
	page.awaitServed()
	link := page.again("--no-browser")
	client, root := visit(t, link), strings.Split(link, "?")[0]
	post := func(path string, form url.Values) string {
		t.Helper()
		answer, err := client.PostForm(root+path, form)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	if body := post("account", url.Values{"environment": {"production"}, "client_id": {"id"}, "client_secret": {"wr0ng"}}); !strings.Contains(body, "Does not work") || strings.Contains(body, "wr0ng") {
		t.Errorf("wrong credentials: %s", body)
	}
	if body := post("account", url.Values{"environment": {"production"}, "client_id": {"id"}, "client_secret": {"s3cret"}}); !strings.Contains(body, "Tower A") || strings.Contains(body, "s3cret") {
		t.Errorf("the projects are missing: %s", body)
	}
	if body := post("account/project", url.Values{"company": {"1"}, "project": {"200"}}); !strings.Contains(body, "Tower A") {
		t.Errorf("the project is not chosen: %s", body)
	}
	answer, err := client.Get(root + "account/checks")
	if err != nil {
		t.Fatal(err)
	}
	checks, _ := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if !strings.Contains(string(checks), "200 is Tower A") || strings.Contains(string(checks), "Does not work") {
		t.Errorf("the checks are %s", checks)
	}
	path := filepath.Join(state, "muster", "account.json")
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%s: %v, %v", path, info, err)
	}

	command := func(args ...string) (code int, text string) {
		var out bytes.Buffer
		code = run(t.Context(), args, &process{getenv: page.getenv, stdin: strings.NewReader(""), stdout: &output{w: &out}, stderr: &out})
		return code, out.String()
	}
	roster := filepath.Join(t.TempDir(), "crew.csv")
	if err := os.WriteFile(roster, []byte("First name,Last name\nAda,Lovelace\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, text := command("import", roster, "--project", "tower a"); code != outcome.ExitDone || len(server.People()) != 1 {
		t.Errorf("exit code %d: %s", code, text)
	}
	if code, text := command("doctor", "--project", "200"); code != outcome.ExitDone || !strings.Contains(text, "account.json") || strings.Contains(text, "s3cret") {
		t.Errorf("exit code %d: %s", code, text)
	}
	// Credentials are good for their hosts alone.
	if code, text := command("import", roster, "--project", "200", "--environment", "sandbox"); code != outcome.ExitNotStarted || !strings.Contains(text, "MUSTER_CLIENT_ID") {
		t.Errorf("exit code %d: %s", code, text)
	}
	post("account/forget", nil)
	if _, err := os.Stat(path); err == nil {
		t.Error("the account is not forgotten")
	}
}

// A double click has no arguments. The window stays open if the page can't be served.
func TestDoubleClickOpensThePage(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	getenv := func(name string) string { return map[string]string{"XDG_STATE_HOME": "/dev/null/none"}[name] }
	p := &process{getenv: getenv, stdin: strings.NewReader("\n"), stdout: &output{w: io.Discard}, stderr: &stderr, clicked: true}
	if code := run(t.Context(), nil, p); code != outcome.ExitNotStarted || !strings.Contains(stderr.String(), "Press Enter") {
		t.Errorf("exit code %d: %s", code, &stderr)
	}
}
