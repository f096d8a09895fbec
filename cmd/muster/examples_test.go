package main

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/importer/procore/simulator"
)

// notRun are the examples that are not run by a test, by how they begin, and why.
var notRun = map[string]string{
	"go build ":       "the tests are built already",
	"go install ":     "muster is there, as the tests' own binary",
	"go test ":        "it would run itself, or for minutes",
	"go tool ":        "the linters take minutes; .ci/run runs them",
	".ci/run":         "it runs the tests",
	"MUSTER_CRASHES=": "it takes half an hour",
	"docker ":         "it takes a daemon and a network",
	"PATH=":           "it is cron's own, and has no muster of these tests",
}

var (
	shellBlock = regexp.MustCompile("(?ms)^```(sh|crontab)\n(.*?)^```")
	cronTimes  = regexp.MustCompile(`^(?:[0-9*/,-]+ +){5}`)
)

// scriptOf returns the examples of a text as one script for the shell.
func scriptOf(text string, left map[string]bool) string {
	var script strings.Builder
	for _, block := range shellBlock.FindAllStringSubmatch(text, -1) {
	lines:
		for line := range strings.Lines(strings.ReplaceAll(block[2], "\\\n", " ")) {
			for start := range notRun {
				if strings.HasPrefix(line, start) {
					left[start] = true
					continue lines
				}
			}
			if block[1] == "crontab" {
				command := cronTimes.ReplaceAllString(line, "")
				if command == line {
					command = "export " + line // a variable
				}
				line = command
			}
			script.WriteString(line)
		}
	}
	return script.String()
}

// Every example of README and of the topics can be typed as it stands there: they are
// run by the shell, those of one page one after the other, against a simulated Procore.
func TestDocumentedExamplesRun(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell")
	}
	left, commands := map[string]bool{}, 0
	for name, text := range documents(t) {
		script := scriptOf(text, left)
		if script == "" {
			continue
		}
		commands += strings.Count(script, "\n")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runExamples(t, shell, name, script)
		})
	}
	if commands < 30 {
		t.Errorf("found %d commands", commands)
	}
	for _, start := range slices.Sorted(maps.Keys(notRun)) {
		if !left[start] {
			t.Errorf("no example begins with %q", start)
		}
	}
}

func runExamples(t *testing.T, shell, name, script string) {
	t.Helper()
	w := newWorld(t, simulator.Config{
		CompanyID: 1234, ProjectID: 5678, OtherProjects: []simulator.Project{{ID: 5679, Name: "Other"}}, Windows: []simulator.Window{},
	})
	monitor := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(monitor.Close)
	if err := os.CopyFS(filepath.Join(w.folder, "samples"), os.DirFS("../../samples")); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	config, _, _ := strings.Cut(strings.SplitN(textOf(t, "jobs"), "```yaml\n", 2)[1], "```")
	here := strings.NewReplacer("/etc/muster", filepath.Join(w.folder, "etc"), "/srv/hr", filepath.Join(w.folder, "srv"))
	for path, content := range map[string]string{
		"bin/lastrun":          "muster runs --json --limit 1 | sed 's/.*\"run\":\"\\([^\"]*\\)\".*/\\1/'\n",
		"etc/config.yaml":      here.Replace(config),
		"etc/client-secret":    "secret\n",
		"etc/ping-url":         monitor.URL + "\n",
		"etc/slack-url":        monitor.URL + "\n",
		"secret.txt":           "secret\n",
		"crew.csv":             sample(t, "crew.csv"),
		"crew.xlsx":            sample(t, "crew.xlsx"),
		"srv/roster.csv":       "First Name,Last Name\nAda,Roe\n",
		"srv/inbox/roster.csv": "First Name,Last Name\nBea,Roe\n",
	} {
		path = filepath.Join(w.folder, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
		past := time.Now().Add(-time.Hour) // nobody is writing it any more
		if err := os.Chtimes(path, past, past); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(self, filepath.Join(w.folder, "bin", "muster")); err != nil {
		t.Skipf("no links: %v", err)
	}
	script = here.Replace(script)
	script = strings.ReplaceAll(script, "go run ./cmd/muster", "muster")
	script = strings.ReplaceAll(script, " RUN", ` "$(lastrun)"`)
	if name != "README.md" { // which begins with an import of its own
		script = "muster import crew.csv --quiet\n" + script
	}

	cmd := exec.CommandContext(t.Context(), shell, "-e", "-x", "-c", script)
	cmd.Dir = w.folder
	cmd.Env = append(os.Environ(), childVariable+"=1", "PATH="+filepath.Join(w.folder, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"),
		"HOME="+w.folder, "XDG_STATE_HOME="+filepath.Join(w.folder, "state"), "MUSTER_API_URL="+w.url, "MUSTER_LOGIN_URL="+w.url,
		"MUSTER_COMPANY=1234", "MUSTER_PROJECT=5678", "MUSTER_CLIENT_ID=id", "MUSTER_CLIENT_SECRET=secret")
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v:\n%s", err, output)
	}
	if strings.Contains(string(output), " WRN ") {
		t.Errorf("it warns:\n%s", output)
	}
}

func sample(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "samples", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
