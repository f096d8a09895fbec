package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"
)

func everyCommand() *cobra.Command {
	a := &app{getenv: func(string) string { return "" }, stdout: io.Discard, stderr: io.Discard}
	root := a.newRootCommand()
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	return root
}

var (
	codeBlock  = regexp.MustCompile("(?ms)^```[a-z]*\n(.*?)^```")
	inlineCode = regexp.MustCompile("`([^`\n]+)`")
	invocation = regexp.MustCompile(`(?m)(?:^|[ /])muster +((?:\\\n|[^\n|;&#>)])+)`)
	anyFlag    = regexp.MustCompile(`(?:^|[\s\[(])--([a-z][a-z-]*)`)
	variable   = regexp.MustCompile(`\bMUSTER_[A-Z_]+\b`)
)

// commandsIn returns the muster commands of some text, as their words.
func commandsIn(text string) (commands [][]string) {
	for _, found := range invocation.FindAllStringSubmatch(text, -1) {
		commands = append(commands, strings.Fields(strings.ReplaceAll(found[1], "\\\n", " ")))
	}
	return commands
}

// checkCommand fails unless muster has the command and its flags.
func checkCommand(t *testing.T, where string, words []string) {
	t.Helper()
	if len(words) == 0 || words[0] == "SHELL" {
		return
	}
	cmd, rest, err := everyCommand().Find(words)
	if err != nil || !cmd.HasParent() && !strings.HasPrefix(words[0], "-") {
		t.Errorf("%s: muster %s: there is no such command", where, strings.Join(words, " "))
		return
	}
	for _, word := range rest {
		name, _, _ := strings.Cut(strings.Trim(word, "[]"), "=")
		name, long := strings.CutPrefix(name, "--")
		if long && name != "" && name != "help" && cmd.Flags().Lookup(name) == nil {
			t.Errorf("%s: muster %s: there is no --%s", where, strings.Join(words, " "), name)
		}
	}
}

func flagsOfAll() map[string]bool {
	known := map[string]bool{"help": true}
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known[f.Name] = true })
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(everyCommand())
	return known
}

func variables() []string {
	known := []string{"MUSTER_CLIENT_ID", "MUSTER_CLIENT_SECRET", "MUSTER_CRASHES"}
	for _, name := range environmentOf {
		known = append(known, name)
	}
	return known
}

// What README and the samples say to type exists.
func TestDocumentedCommandsExist(t *testing.T) {
	t.Parallel()
	readme := read(t, "../../README.md")
	var code []string
	for _, block := range codeBlock.FindAllStringSubmatch(readme, -1) {
		code = append(code, block[1])
	}
	for _, span := range inlineCode.FindAllStringSubmatch(codeBlock.ReplaceAllString(readme, ""), -1) {
		code = append(code, strings.ReplaceAll(span[1], `\|`, "|"))
	}
	commands := 0
	for _, text := range code {
		for _, words := range commandsIn(text) {
			commands++
			if len(words) > 0 && words[0] != "." { // docker build -t muster .
				checkCommand(t, "README.md", words)
			}
		}
	}
	if commands < 20 {
		t.Errorf("found %d commands in the README", commands)
	}
	flags := flagsOfAll()
	for _, span := range inlineCode.FindAllStringSubmatch(readme, -1) {
		for _, found := range anyFlag.FindAllStringSubmatch(span[1], -1) {
			if !flags[found[1]] {
				t.Errorf("README.md: there is no --%s", found[1])
			}
		}
	}
	// What can be said to an import is in the README's table.
	cmd, _, err := everyCommand().Find([]string{"import"})
	if err != nil {
		t.Fatal(err)
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && f.Name != "help" && !strings.Contains(readme, "--"+f.Name) {
			t.Errorf("the README does not name --%s", f.Name)
		}
	})
	for _, cmd := range everyCommand().Commands() {
		if !cmd.Hidden && cmd.Name() != "help" && !strings.Contains(readme, "`muster "+cmd.Name()) {
			t.Errorf("the README does not name muster %s", cmd.Name())
		}
	}

	samples, err := filepath.Glob("../../samples/*")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{"README.md": readme}
	for _, path := range samples {
		if ext := filepath.Ext(path); ext == ".csv" || ext == ".xlsx" || ext == ".json" {
			continue
		}
		name := filepath.Base(path)
		text := read(t, path)
		texts[name] = text
		for line := range strings.Lines(text) {
			typed, said, _ := strings.Cut(line, "#")
			for _, words := range commandsIn(typed) {
				checkCommand(t, name, words)
			}
			for _, words := range commandsIn(said) { // which is prose, mostly
				if cmd, _, err := everyCommand().Find(words[:1]); err == nil && cmd.HasParent() {
					checkCommand(t, name, words)
				}
			}
		}
	}
	known := variables()
	for name, text := range texts {
		for _, found := range variable.FindAllString(text, -1) {
			if !slices.Contains(known, found) {
				t.Errorf("%s: nothing reads %s", name, found)
			}
		}
	}
}

// The examples in muster's own help are commands that it has.
func TestExamplesOfHelpExist(t *testing.T) {
	t.Parallel()
	for _, cmd := range everyCommand().Commands() {
		if cmd.Name() == "completion" {
			continue
		}
		for _, words := range commandsIn(cmd.Example) {
			checkCommand(t, "muster "+cmd.Name()+" --help", words)
		}
	}
}

// The config of the Kubernetes sample can be read, and its command and that of
// Compose are muster's.
func TestContainerSamples(t *testing.T) {
	t.Parallel()
	decoder := yaml.NewDecoder(strings.NewReader(read(t, "../../samples/kubernetes.yaml")))
	kinds := map[string]bool{}
	for {
		var object struct {
			Kind string
			Data map[string]string
			Spec struct {
				ConcurrencyPolicy string `yaml:"concurrencyPolicy"`
				JobTemplate       struct {
					Spec struct {
						Template struct {
							Spec struct{ Containers []struct{ Args []string } }
						}
					}
				} `yaml:"jobTemplate"`
			}
		}
		if err := decoder.Decode(&object); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		kinds[object.Kind] = true
		switch object.Kind {
		case "ConfigMap":
			path := filepath.Join(t.TempDir(), "config.yaml")
			if err := os.WriteFile(path, []byte(object.Data["config.yaml"]), 0o600); err != nil {
				t.Fatal(err)
			}
			config, err := readConfig(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := config.job("nightly"); err != nil {
				t.Error(err)
			}
		case "CronJob":
			if got := object.Spec.ConcurrencyPolicy; got != "Forbid" {
				t.Errorf("concurrencyPolicy %s", got)
			}
			checkCommand(t, "kubernetes.yaml", object.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Args)
		}
	}
	if !kinds["CronJob"] || !kinds["ConfigMap"] || !kinds["PersistentVolumeClaim"] {
		t.Errorf("kinds %v", kinds)
	}
	var compose struct {
		Services map[string]struct{ Command []string }
	}
	if err := yaml.Unmarshal([]byte(read(t, "../../samples/compose.yaml")), &compose); err != nil {
		t.Fatal(err)
	}
	checkCommand(t, "compose.yaml", compose.Services["muster"].Command)
}

var manPages = flag.String("man", "", "write the man pages into this folder, as a release does")

// Every command has a man page. What makes them is linked into the tests alone.
func TestManPages(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if *manPages != "" {
		folder = *manPages
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	root := everyCommand()
	root.DisableAutoGenTag = true
	if err := doc.GenManTree(root, &doc.GenManHeader{Title: "MUSTER", Section: "1", Source: "muster", Manual: "muster"}, folder); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"muster.1": "creates those people in a Procore project", "muster-import.1": "--settle-after", "muster-run.1": "the first of 130 and 143, 2, 3, 1, 4, 0"} {
		if page := read(t, filepath.Join(folder, name)); !strings.Contains(unescaped(page), want) {
			t.Errorf("%s lacks %q", name, want)
		}
	}
}

// unescaped takes the marks of troff off a page, as far as they stand within words.
func unescaped(page string) string {
	return strings.Join(strings.Fields(strings.NewReplacer(`\-`, "-", `\fB`, "", `\fP`, "", `\fI`, "").Replace(page)), " ")
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n")))
}
