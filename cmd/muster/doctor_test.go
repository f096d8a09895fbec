package main

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rivo/uniseg"

	"muster/importer/doctor"
	"muster/importer/ledger"
	"muster/importer/procore/simulator"
)

func TestFindingsFit(t *testing.T) {
	t.Parallel()
	f := doctor.Finding{
		Check: "classifications", State: doctor.Doubted,
		Text: "Procore answers with status 403: you can\x1b[2Jnot see the 職種 of this project, nor those of the company that it belongs to",
		Fix:  "ask a company administrator for the right to see them, or leave the column of trades out of the mapping",
	}
	for _, columns := range []int{60, 80, 200} {
		var plain, coloured bytes.Buffer
		writeFinding(&plain, f, columns, false)
		writeFinding(&coloured, f, columns, true)
		for line := range strings.Lines(plain.String()) {
			if wide := uniseg.StringWidth(strings.TrimSuffix(line, "\n")); wide > columns {
				t.Errorf("%d columns of %d: %s", wide, columns, line)
			}
		}
		if strings.Contains(plain.String(), "\x1b") {
			t.Errorf("it has colours, or a server's: %q", plain.String())
		}
		bare := strings.NewReplacer("\x1b[33m", "", "\x1b[0m", "").Replace(coloured.String())
		if bare != plain.String() || strings.Count(coloured.String(), "\x1b") != 2 {
			t.Errorf("colours change more than colours: %q", coloured.String())
		}
	}
}

// TestDoctorWhileARunIsAtWork names the run that another import would wait for.
func TestDoctorWhileARunIsAtWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{})
	path := filepath.Join(w.folder, "state", "muster", "ledger.db")
	book, err := ledger.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	scope := ledger.Scope{API: strings.TrimPrefix(w.url, "http://"), Company: 1, Project: 100}
	release, err := book.Lock(t.Context(), scope)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = release() }()
	look := func(want string) {
		t.Helper()
		code, stdout, stderr := w.muster("doctor")
		text := strings.Join(strings.Fields(stdout), " ")
		if code != 0 || !strings.Contains(text, want) {
			t.Errorf("exit %d, and not %q:\n%s%s", code, want, stdout, stderr)
		}
	}
	look("warn lock a run is about to start on project 100 try:")
	run, err := book.Begin(t.Context(), ledger.Run{Scope: scope, Command: "import", Roster: "crew.csv"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := book.Intend(t.Context(), run, ledger.Request{Key: book.Key("a"), Row: 2}); err != nil {
		t.Fatal(err)
	}
	look("warn lock run " + run.ID + " (import) holds the lock of project 100 since")
	look("ok in doubt 1 request of run " + run.ID + " may be on the way")
}

// TestSupportBundleTellsNothing searches every byte of a bundle, packed and
// unpacked, for whatever is anybody's.
func TestSupportBundleTellsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{Credentials: simulator.Credentials{ClientID: "the-id-of-the-client", ClientSecret: "the-s3cret-of-the-client"}, Answers: simulator.Answers{Bodies: simulator.MixedBodies}})
	folder := filepath.Join(w.folder, "Wilhelmina Achterberg's files")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	roster := [][]string{
		{"First Name", "Last Name", "Job Title", "Employee ID", "Own Remark"},
		{"Ottilie", "Vandersloot", "Pile driver", "EMP-778-01", "allergic to bees"},
		{"Thaddeus", "", "Foreperson", "EMP-778-02", "left in March"},
		{"Xiomara", "Quintanilla", "Rigger", "EMP-778-03", "=cmd|' /C calc'!A0"},
		{"Xiomara", "Quintanilla", "Rigger", "EMP-778-03", "the same again"},
	}
	var text bytes.Buffer
	if err := csv.NewWriter(&text).WriteAll(roster); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"payroll-of-april.csv": text.String(),
		"tower.yaml":           "fields:\n  first_name: {column: First Name}\n  last_name: {column: Last Name}\n",
		"muster.yaml":          "company: 1\nmapping: tower.yaml\nworkers: 3\nledger: kept.db\nclient_id: the-id-of-the-client\n",
		"secret.txt":           "the-s3cret-of-the-client",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	muster := func(want int, args ...string) string {
		t.Helper()
		cmd := w.command(append(args, "--config", "muster.yaml", "--client-secret-file", "secret.txt")...)
		cmd.Dir = folder
		cmd.Env = append(cmd.Env, "MUSTER_CLIENT_ID=")
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != want {
			t.Fatalf("%s: exit %d, want %d\n%s", args[0], code, want, out)
		}
		return string(out)
	}
	muster(1, "import", "payroll-of-april.csv")
	if shown := muster(0, "doctor", "--support-bundle", "support.zip"); !strings.Contains(shown, "Simulated Project") {
		t.Errorf("the terminal may tell the project's name:\n%s", shown)
	}
	muster(3, "doctor", "--project", "Achterberg Tower", "--support-bundle", "unknown.zip")
	if unknown, _ := unpacked(t, filepath.Join(folder, "unknown.zip")); strings.Contains(unknown, "Achterberg") {
		t.Error("the bundle tells the name of a project that was not found")
	}
	bundle := filepath.Join(folder, "support.zip")
	if info, err := os.Stat(bundle); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}

	all, parts := unpacked(t, bundle)
	private := []string{
		"the-id-of-the-client", "the-s3cret-of-the-client", "payroll", "april", "tower", "kept.db", "secret.txt", "muster.yaml",
		"Wilhelmina", "Achterberg", folder, w.folder, "Simulated Project", "Simulated Company", "Service Account", "bearer",
	}
	if home, err := os.UserHomeDir(); err == nil && len(home) > 4 {
		private = append(private, home)
	}
	if host, err := os.Hostname(); err == nil && len(host) > 4 {
		private = append(private, host)
	}
	for _, row := range roster {
		private = append(private, slices.DeleteFunc(slices.Clone(row), func(cell string) bool { return cell == "" })...)
	}
	for _, word := range private {
		if strings.Contains(strings.ToLower(all), strings.ToLower(word)) {
			t.Errorf("the bundle tells %q", word)
		}
	}
	for name, words := range map[string][]string{
		"findings.json": {`"check": "quota"`, `"remaining":`, `"free_bytes"`},
		"settings.json": {`"name": "mapping",` + "\n    \"source\": \"config\"\n", `"name": "workers",` + "\n    \"source\": \"config\",\n    \"value\": \"3\"", `"client-secret-file"`, `"client-id"`},
		"runs.json":     {`"command": "import"`, `"status": "finished"`, `"roster": "csv"`, `"created": 2`, `"invalid": 2`, `"created 201": 2`},
		"machine.json":  {`"go": "go1.`},
		"README.txt":    {"no names of people"},
	} {
		for _, word := range words {
			if !strings.Contains(parts[name], word) {
				t.Errorf("%s does not have %s:\n%s", name, word, parts[name])
			}
		}
	}
}

func unpacked(t *testing.T, path string) (all string, parts map[string]string) {
	t.Helper()
	packed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	all, parts = string(packed), map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Close()
		all += string(text)
		parts[f.Name] = string(text)
	}
	return all, parts
}
