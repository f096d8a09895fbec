package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cpuguy83/go-md2man/v2/md2man"
	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"

	"muster/importer/metrics"
	"muster/importer/outcome"
	importerresults "muster/importer/results"
	"muster/mapping"
)

func everyCommand() *cobra.Command {
	a := newApp(&process{getenv: func(string) string { return "" }, stdout: &output{w: io.Discard}, stderr: io.Discard})
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
	goCommand  = regexp.MustCompile(`(?m)^(?:.* )?go (?:test|build|install) .*`)
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
	if err == nil && cmd.Name() == "help" && len(rest) > 0 {
		_, isTopic := topicNamed(rest[0])
		if of, _, err := everyCommand().Find(rest); !isTopic && rest[0] != "TOPIC" && (err != nil || !of.HasParent()) {
			t.Errorf("%s: muster help has no %s", where, rest[0])
		}
		return
	}
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

func tableOfSettings() []setting {
	var s settings
	return s.table()
}

func variables() []string {
	known := []string{"MUSTER_CLIENT_ID", "MUSTER_CLIENT_SECRET", "MUSTER_CRASHES", "MUSTER_KEYRING", "MUSTER_TEST_LEDGER", "MUSTER_TEST_LONG", "MUSTER_TEST_POSTGRES", "MUSTER_TEST_TOOLS"}
	for _, line := range tableOfSettings() {
		known = append(known, line.variable)
	}
	return known
}

// documents returns the README and the topics by their names.
func documents(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{"README.md": read(t, "../../README.md")}
	for _, topic := range topics() {
		all["help "+topic.name] = markdown(topic.text)
	}
	return all
}

func textOf(t *testing.T, name string) string {
	t.Helper()
	topic, ok := topicNamed(name)
	if !ok {
		t.Fatalf("there is no topic %s", name)
	}
	return markdown(topic.text)
}

// rowsOf returns the cells of the tables in a topic or a part of one, without their heads.
func rowsOf(text string) (rows [][]string) {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		head := i+1 < len(lines) && strings.HasPrefix(lines[i+1], "|---")
		if strings.HasPrefix(line, "|") && !head && !strings.HasPrefix(line, "|---") {
			rows = append(rows, cellsOf(line))
		}
	}
	return rows
}

// What README, the topics and the samples say to type exists.
func TestDocumentedCommandsExist(t *testing.T) {
	t.Parallel()
	flags := flagsOfAll()
	texts := documents(t)
	commands := 0
	for name, text := range texts {
		var code []string
		for _, block := range codeBlock.FindAllStringSubmatch(text, -1) {
			if languageOf(block[1]) == "sql" {
				continue
			}
			code = append(code, goCommand.ReplaceAllString(block[1], ""))
		}
		spans := inlineCode.FindAllStringSubmatch(codeBlock.ReplaceAllString(text, ""), -1)
		for _, span := range spans {
			code = append(code, strings.ReplaceAll(span[1], `\|`, "|"))
		}
		for _, text := range code {
			for _, words := range commandsIn(text) {
				commands++
				if len(words) > 0 && words[0] != "." { // docker build -t muster .
					checkCommand(t, name, words)
				}
			}
		}
		for _, span := range spans {
			for _, found := range anyFlag.FindAllStringSubmatch(span[1], -1) {
				if !flags[found[1]] {
					t.Errorf("%s: there is no --%s", name, found[1])
				}
			}
		}
	}
	if commands < 75 {
		t.Errorf("found %d commands in README and topics", commands)
	}

	samples, err := filepath.Glob("../../samples/*")
	if err != nil {
		t.Fatal(err)
	}
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

// Every command is named somewhere, and every flag and variable is in the tables
// of the topic settings, a flag beside its variable.
func TestEverythingIsDocumented(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, text := range documents(t) {
		all.WriteString(text)
	}
	var everySetting settings
	variableOf := map[string]string{} // by the flag's name
	for _, row := range rowsOf(textOf(t, "settings")) {
		for _, found := range anyFlag.FindAllStringSubmatch(row[0], -1) {
			variableOf[found[1]] = row[1]
		}
	}
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		if name := cmd.CommandPath(); !cmd.Hidden && cmd.HasParent() && !strings.Contains(all.String(), "`"+name) && !strings.Contains(all.String(), "\n"+name+" ") {
			t.Errorf("neither README nor topics name %s", name)
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			got, ok := variableOf[f.Name]
			if want := everySetting.line(f.Name).variable; !ok && !f.Hidden || want != "" && got != want {
				t.Errorf("the topic settings does not have --%s with %q", f.Name, want)
			}
		})
		for _, sub := range cmd.Commands() {
			if sub.Name() != "help" && sub.Name() != "completion" {
				visit(sub)
			}
		}
	}
	for _, cmd := range everyCommand().Commands() {
		if cmd.Name() != "simulator" && cmd.Name() != "help" && cmd.Name() != "completion" { // whose flags are its own
			visit(cmd)
		}
	}
	for _, name := range []string{"muster simulator", "muster help", "muster completion"} {
		if !strings.Contains(all.String(), "`"+name) {
			t.Errorf("neither README nor topics name %s", name)
		}
	}
	if got := variableOf["client-secret-file"]; got != "MUSTER_CLIENT_SECRET" || !strings.Contains(textOf(t, "settings"), "MUSTER_CLIENT_ID") {
		t.Error("the topic settings lacks the credentials' variables")
	}
}

// firstCells returns the first cells of a table, and of it each name on its own.
func firstCells(text string) (names []string) {
	for _, row := range rowsOf(text) {
		names = append(names, strings.Split(row[0], ", ")...)
	}
	return names
}

// part returns what stands below a heading of a text.
func part(t *testing.T, text, heading string) string {
	t.Helper()
	_, below, ok := strings.Cut(text, "## "+heading+"\n")
	if !ok {
		t.Fatalf("there is no heading %q", heading)
	}
	below, _, _ = strings.Cut(below, "\n## ")
	return below
}

// The tables of statuses, exit codes, columns, fields and the like have what the
// program has, and nothing else.
func TestDocumentedTablesAreComplete(t *testing.T) {
	t.Parallel()
	readme := read(t, "../../README.md")
	results, exits := textOf(t, "results"), textOf(t, "exit-codes")
	columns, _, _ := strings.Cut(results, "## Statuses")
	var statuses, codes, fields []string
	for _, s := range outcome.Statuses() {
		statuses = append(statuses, string(s))
	}
	for _, code := range []int{outcome.ExitDone, outcome.ExitRowsLeft, outcome.ExitNotStarted, outcome.ExitStopped, outcome.ExitLocked, outcome.ExitInterrupted, outcome.ExitTerminated} {
		codes = append(codes, strconv.Itoa(code))
		if !strings.Contains(commandTexts()["import"].Exits, strconv.Itoa(code)) {
			t.Errorf("the help of commands lacks exit code %d", code)
		}
	}
	for _, f := range mapping.Fields() {
		fields = append(fields, string(f))
	}
	steps := part(t, readme, "A first import in five steps")
	statusTable, exitTable, _ := strings.Cut(steps, "| exit code")
	exitsOfImport, _, _ := strings.Cut(exits, "Every command ends")
	jobs := textOf(t, "jobs")
	for _, c := range []struct {
		what      string
		got, want []string
	}{
		{"statuses in README", firstCells(statusTable), statuses},
		{"statuses in results", firstCells(part(t, results, "Statuses")), statuses},
		{"exit codes in README", firstCells("| exit code" + exitTable), codes},
		{"exit codes in exit-codes", firstCells(exitsOfImport), codes},
		{"columns in results", firstCells(columns), importerresults.Columns()},
		{"fields in mapping", firstCells(part(t, textOf(t, "mapping"), "The fields")), append(fields, "full_name")},
		{"keys in mapping", firstCells(part(t, textOf(t, "mapping"), "What a field takes")), mappingKeys(t)},
		{"metrics in jobs", firstCells(part(t, jobs, "Metrics")), metrics.Names()},
		{"occasions in jobs", firstCells(part(t, jobs, "Notices")), occasions()},
	} {
		slices.Sort(c.got)
		slices.Sort(c.want)
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, diff)
		}
	}
	for _, row := range rowsOf(part(t, results, "Statuses")) {
		if got, want := strings.HasPrefix(row[1], "yes"), outcome.Status(row[0]).Retryable(); got != want {
			t.Errorf("results: retry takes %s up: %t", row[0], got)
		}
	}
	for _, row := range rowsOf(statusTable) {
		if got, want := strings.HasPrefix(row[2], "yes"), outcome.Status(row[0]).Retryable(); got != want {
			t.Errorf("README: retry takes %s up: %t", row[0], got)
		}
	}
	for _, kind := range noticeKinds() {
		if !strings.Contains(part(t, jobs, "Notices"), "`"+kind+"`") {
			t.Errorf("the topic jobs does not name notices by %s", kind)
		}
	}
}

// mappingKeys returns what a mapping file can say of a field, as it says itself to
// whom it does not understand.
func mappingKeys(t *testing.T) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mapping.yaml")
	if err := os.WriteFile(path, []byte("fields: {last_name: {zzzz: 1}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := mapping.Load(path)
	var wrong *mapping.FileError
	if !errors.As(err, &wrong) {
		t.Fatalf("%v", err)
	}
	keys, ok := strings.CutPrefix(wrong.Hint, "known are ")
	if !ok {
		t.Fatalf("no keys in %q", wrong.Hint)
	}
	return strings.Split(strings.ReplaceAll(keys, " and ", ", "), ", ")
}

// The files that README and topics show can be read.
func TestDocumentedFilesAreRead(t *testing.T) {
	t.Parallel()
	yamlBlock := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```")
	read := 0
	for name, text := range documents(t) {
		for i, block := range yamlBlock.FindAllStringSubmatch(text, -1) {
			path := filepath.Join(t.TempDir(), strconv.Itoa(i)+".yaml")
			content, isMapping := block[1], name == "help mapping" || name == "help duplicates"
			if isMapping && !strings.Contains(content, "fields:") { // a key beside the fields
				content = "fields: {full_name: {column: Name}}\n" + content
			}
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			read++
			var err error
			if isMapping {
				_, err = mapping.Load(path)
			} else {
				_, err = readConfig(path)
			}
			if err != nil {
				t.Errorf("%s, file %d: %v", name, i+1, err)
			}
		}
	}
	if read < 4 {
		t.Errorf("found %d files", read)
	}
}

// The source files that the README names exist.
func TestReadmeNamesSourceFiles(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile("`((?:importer|mapping|ratelimit)/[^` ]+)`").FindAllStringSubmatch(read(t, "../../README.md"), -1)
	if len(named) < 10 {
		t.Errorf("the README names %d source files", len(named))
	}
	for _, name := range named {
		if _, err := os.Stat(filepath.Join("../..", name[1])); err != nil {
			t.Error(err)
		}
	}
}

// The README is a page to read in five minutes: what goes beyond it is a topic.
func TestReadmeIsAPage(t *testing.T) {
	t.Parallel()
	if n := len(strings.Fields(read(t, "../../README.md"))); n > 1750 {
		t.Errorf("it has %d words: move some into a topic, cmd/muster/help/*.txt", n)
	}
}

// The help of every command is in commands.yaml, and its examples are commands of muster.
func TestHelpOfCommands(t *testing.T) {
	t.Parallel()
	if _, err := loadCommands(); err != nil {
		t.Fatal(err)
	}
	for _, cmd := range everyCommand().Commands() {
		if cmd.Short == "" {
			t.Errorf("commands.yaml lacks the help of muster %s", cmd.Name())
		}
		if cmd.Name() == "completion" {
			continue
		}
		for _, words := range commandsIn(cmd.Example) {
			checkCommand(t, "muster "+cmd.Name()+" --help", words)
		}
	}
}

// podSpec is what the samples say of a pod.
type podSpec struct{ Containers []struct{ Args []string } }

// kubernetesObject is an object of a sample, as far as the tests look at it.
type kubernetesObject struct {
	Kind string
	Data map[string]string
	Spec struct {
		ConcurrencyPolicy string `yaml:"concurrencyPolicy"`
		Replicas          int
		Template          struct{ Spec podSpec }
		JobTemplate       struct {
			Spec struct{ Template struct{ Spec podSpec } }
		} `yaml:"jobTemplate"`
	}
}

func kubernetesObjects(t *testing.T, name string) map[string]kubernetesObject {
	t.Helper()
	decoder := yaml.NewDecoder(strings.NewReader(read(t, "../../samples/"+name)))
	objects := map[string]kubernetesObject{}
	for {
		var object kubernetesObject
		if err := decoder.Decode(&object); errors.Is(err, io.EOF) {
			return objects
		} else if err != nil {
			t.Fatal(err)
		}
		objects[object.Kind] = object
	}
}

// nightlyOf returns the job nightly of a sample's config.
func nightlyOf(t *testing.T, content string) *job {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := readConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	nightly, err := config.job("nightly")
	if err != nil {
		t.Fatal(err)
	}
	return nightly
}

// The configs of the Kubernetes samples can be read, and the commands there and in the
// files for Compose are muster's. For several hosts there are two workers.
func TestContainerSamples(t *testing.T) {
	t.Parallel()
	one := kubernetesObjects(t, "kubernetes.yaml")
	nightlyOf(t, one["ConfigMap"].Data["config.yaml"])
	if got := one["CronJob"].Spec.ConcurrencyPolicy; got != "Forbid" || one["PersistentVolumeClaim"].Kind == "" {
		t.Errorf("concurrencyPolicy %s", got)
	}
	checkCommand(t, "kubernetes.yaml", one["CronJob"].Spec.JobTemplate.Spec.Template.Spec.Containers[0].Args)

	several := kubernetesObjects(t, "kubernetes-hosts.yaml")
	if nightly := nightlyOf(t, several["ConfigMap"].Data["config.yaml"]); nightly.Schedule.IsZero() {
		t.Error("the job of kubernetes-hosts.yaml has no schedule")
	}
	deployment := several["Deployment"].Spec
	if deployment.Replicas < 2 || several["PodDisruptionBudget"].Kind == "" {
		t.Errorf("%d replicas", deployment.Replicas)
	}
	checkCommand(t, "kubernetes-hosts.yaml", deployment.Template.Spec.Containers[0].Args)

	for name, services := range map[string][]string{"compose.yaml": {"muster"}, "compose-hosts.yaml": {"worker-1", "worker-2"}} {
		var compose struct {
			Services map[string]struct{ Command []string }
		}
		if err := yaml.Unmarshal([]byte(read(t, "../../samples/"+name)), &compose); err != nil {
			t.Fatal(err)
		}
		for _, service := range services {
			if len(compose.Services[service].Command) == 0 {
				t.Errorf("%s: no command of %s", name, service)
			}
			checkCommand(t, name, compose.Services[service].Command)
		}
	}
}

var manPages = flag.String("man", "", "write the man pages into this folder, as a release does")

// Every command has a man page, and every topic. What makes them is linked into the
// tests alone.
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
	for _, topic := range topics() {
		_, body, _ := strings.Cut(markdown(topic.text), "\n")
		page := md2man.Render([]byte(fmt.Sprintf("%% %q \"7\" \"\" \"muster\" \"muster\"\n# NAME\nmuster-%s - %s\n# DESCRIPTION\n%s",
			strings.ToUpper("muster-"+topic.name), topic.name, topic.short, body)))
		if err := os.WriteFile(filepath.Join(folder, "muster-"+topic.name+".7"), page, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"muster.1": "creates those people in a Procore project", "muster-import.1": "--settle-after", "muster-run.1": "the first of 130 and 143, 2, 3, 1, 4, 0",
		"muster-mapping.7": "A mapping file is complete", "muster-codes.7": "id_damaged",
	} {
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

// markdown returns a topic's plain text as the Markdown that the README is written in, so
// that the same checks read both.
func markdown(topic string) string {
	lines := strings.Split("## "+topic, "\n")
	var out []string
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		switch {
		case i > 0 && line != "" && !strings.HasPrefix(line, " "):
			out = append(out, "## "+line)
		case strings.HasPrefix(line, "    ") && lines[i-1] == "":
			n := i
			for n < len(lines) && (lines[n] == "" || strings.HasPrefix(lines[n], "    ")) {
				n++
			}
			block := strings.TrimRight(strings.Join(lines[i:n], "\n"), "\n")
			block = strings.TrimPrefix(strings.ReplaceAll(block, "\n    ", "\n"), "    ")
			out = append(out, "```"+languageOf(block), block, "```", "")
			i = n - 1
		case i+1 < len(lines) && strings.HasPrefix(lines[i+1], "  ---"):
			rows, n := tableIn(lines[i:])
			out = append(out, rows...)
			i += n - 1
		default:
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

func languageOf(block string) string {
	switch {
	case strings.HasPrefix(block, "{"):
		return "json"
	case strings.HasPrefix(block, "CREATE "):
		return "sql"
	case regexp.MustCompile(`^(#.*\n)?[a-z]+:`).MatchString(block):
		return "yaml"
	case strings.Contains(block, "* * *"):
		return "crontab"
	}
	return "sh"
}

// tableIn returns the table at the beginning of lines as Markdown, and its height.
func tableIn(lines []string) (rows []string, height int) {
	var starts []int
	for i, r := range lines[1] {
		if r == '-' && lines[1][i-1] == ' ' {
			starts = append(starts, i)
		}
	}
	var table [][]string
	for ; height < len(lines) && lines[height] != ""; height++ {
		cells := make([]string, len(starts))
		for i, start := range starts {
			end := len(lines[height])
			if i+1 < len(starts) {
				end = min(end, starts[i+1])
			}
			if start < end {
				cells[i] = strings.TrimSpace(lines[height][start:end])
			}
		}
		last := len(table) - 1
		if height > 1 && (cells[0] == "" || strings.HasSuffix(table[last][0], ",")) {
			for i := range cells {
				table[last][i] = strings.TrimSpace(table[last][i] + " " + cells[i])
			}
			continue
		}
		table = append(table, cells)
	}
	for _, cells := range table {
		for i := range cells {
			cells[i] = strings.ReplaceAll(cells[i], "|", `\|`)
		}
		rows = append(rows, "| "+strings.Join(cells, " | ")+" |")
	}
	rows[1] = "|" + strings.Repeat("---|", len(starts))
	return rows, height
}

// cellsOf returns the cells of a Markdown table's row, without the marks of code.
func cellsOf(row string) []string {
	const bar = "\x00"
	row = strings.ReplaceAll(strings.TrimSpace(row), `\|`, bar)
	cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(row, "|"), "|"), "|")
	for i, cell := range cells {
		cell = strings.TrimSpace(strings.ReplaceAll(cell, bar, "|"))
		if strings.Trim(inlineCode.ReplaceAllString(cell, ""), ", ") == "" {
			cell = inlineCode.ReplaceAllString(cell, "$1")
		}
		cells[i] = cell
	}
	return cells
}
