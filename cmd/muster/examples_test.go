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

	"github.com/spf13/cobra"

	"muster/importer/procore/simulator"
)

// notRun are the examples that are not run by a test, by how they begin, and why.
var notRun = map[string]string{
	"go build ":                     "the tests are built already",
	"go install ":                   "muster is there, as the tests' own binary",
	"go test ":                      "it would run itself, or for minutes",
	"go tool ":                      "the linters take minutes; .ci/run runs them",
	".ci/run":                       "it runs the tests",
	"MUSTER_CRASHES=":               "it takes half an hour",
	"MUSTER_TEST_LONG=":             "it takes minutes",
	"docker ":                       "it takes a daemon and a network",
	"PATH=":                         "it is cron's own, and has no muster of these tests",
	"muster ledger copy":            "it needs a database",
	"export MUSTER_LEDGER=":         "it is a database",
	"muster web":                    "it does not end",
	"muster worker":                 "it does not end",
	"muster simulator":              "it does not end",
	"MUSTER_CLIENT_ID=":             "it is for a simulator at that address",
	"muster undo 20261123-184510\n": "it asks a person first",
}

var (
	shellBlock = regexp.MustCompile("(?ms)^```(sh|crontab)\n(.*?)^```")
	someRun    = regexp.MustCompile(` (?:RUN|20\d{6}-\d{6})\b`)
	cronTimes  = regexp.MustCompile(`^(?:[0-9*/,-]+ +){5}`)
)

// before are the commands that a page takes to have been given.
var before = map[string]string{
	"help duplicates":            "muster import crew.csv\n",
	"muster ledger --help":       "muster import crew.csv\n",
	"muster ledger check --help": "muster import crew.csv\n",
	"help pace":                  "muster import crew.csv\n",
	"help trouble":               "muster import crew.csv\n",
	"help mapping":               "rm mapping.yaml\n",
	"muster --help":              "muster import crew.xlsx\n",
	"muster retry --help":        "muster import crew.xlsx\n",
	"muster runs --help":         "muster import crew.csv\n",
	"muster undo --help":         "muster import crew.csv\n",
	"muster map --help":          "rm mapping.yaml\n",
	"muster template --help":     "rm crew.xlsx\n",
}

// scriptsOf returns the examples of README, of the topics and of the commands' help,
// those of a page as one script for the shell. It notes which are left out.
func scriptsOf(t *testing.T, left map[string]bool) map[string]string {
	t.Helper()
	scripts := map[string]string{}
	add := func(page, line string) {
		for start := range notRun {
			if strings.HasPrefix(line, start) {
				left[start] = true
				return
			}
		}
		scripts[page] += line
	}
	for name, text := range documents(t) {
		for _, block := range shellBlock.FindAllStringSubmatch(text, -1) {
			for line := range strings.Lines(strings.ReplaceAll(block[2], "\\\n", " ")) {
				command := cronTimes.ReplaceAllString(line, "")
				if block[1] == "crontab" && command == line && !strings.HasPrefix(line, "PATH=") {
					command = "export " + line
				}
				add(name, command)
			}
		}
	}
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		for line := range strings.Lines(strings.ReplaceAll(cmd.Example, "\\\n", " ")) {
			add(cmd.CommandPath()+" --help", strings.TrimSpace(line)+"\n")
		}
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(everyCommand())
	return scripts
}

// Every example of README, of the topics and of the commands' help can be typed as it
// stands there: they are run by the shell, those of one page one after the other,
// against a simulated Procore.
func TestDocumentedExamplesRun(t *testing.T) {
	t.Parallel()
	long(t)
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell")
	}
	left, commands := map[string]bool{}, 0
	for name, script := range scriptsOf(t, left) {
		commands += strings.Count(script, "\n")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runExamples(t, shell, name, script)
		})
	}
	if commands < 60 {
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
		Company: simulator.Company{CompanyID: 1234, ProjectID: 5678}, OtherProjects: []simulator.Project{{ID: 5679, Name: "Other"}}, Windows: []simulator.Window{},
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
	here := strings.NewReplacer("/etc/muster", filepath.Join(w.folder, "etc"), "/srv/hr", filepath.Join(w.folder, "srv"), "/var/lib/muster", filepath.Join(w.folder, "state", "muster"))
	for path, content := range map[string]string{
		"bin/lastrun":          "muster runs --json --limit 1 | sed 's/.*\"run\":\"\\([^\"]*\\)\".*/\\1/'\n",
		"etc/config.yaml":      here.Replace(config),
		"etc/client-secret":    "secret\n",
		"etc/ping-url":         monitor.URL + "\n",
		"etc/slack-url":        monitor.URL + "\n",
		"secret.txt":           "secret\n",
		"muster.yaml":          "max_errors: 5%\n",
		"hr-export.csv":        sample(t, "hr-export.csv"),
		"hr.yaml":              sample(t, "mapping.yaml"),
		"mapping.yaml":         "fields: {first_name: {column: First Name}, last_name: {column: Last Name}}\n",
		"crew.csv":             sample(t, "crew.csv"),
		"crew.xlsx":            sample(t, "crew.xlsx"),
		"srv/roster.csv":       "First Name,Last Name\nAda,Roe\n",
		"srv/inbox/roster.csv": "First Name,Last Name\nBea,Roe\n",
	} {
		w.write(path, content)
	}
	if err := os.Chmod(filepath.Join(w.folder, "bin", "lastrun"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(w.folder, "bin", "muster")); err != nil {
		t.Skipf("no links: %v", err)
	}
	script = here.Replace(script)
	script = strings.ReplaceAll(script, "go run ./cmd/muster", "muster")
	script = before[name] + someRun.ReplaceAllString(script, ` "$$(lastrun)"`)

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
