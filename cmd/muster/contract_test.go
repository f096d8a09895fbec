package main

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"muster/importer/notify"
	"muster/importer/outcome"
	"muster/importer/procore/simulator"
	"muster/importer/worker"
)

// notSeen are the documented keys that TestDocumentedJSON brings nothing to print, and why.
var notSeen = map[string]string{
	"map confirmed": "a person has to confirm it at a terminal",
	"A command that ends early error.where.cell": "what is wrong with a cell ends no command today",
}

// keysOf adds the keys of a JSON value to a set, each with those that lead to it.
func keysOf(into map[string]bool, prefix string, value any) {
	switch value := value.(type) {
	case map[string]any:
		if prefix == "checks[].facts" || prefix == "runs[].result" { // which have keys of their own
			into[prefix] = true
			return
		}
		for key, one := range value {
			path := key
			if prefix != "" {
				path = prefix + "." + key
			}
			keysOf(into, path, one)
		}
	case []any:
		for _, one := range value {
			keysOf(into, prefix+"[]", one)
		}
	default:
		into[prefix] = true
	}
}

// The topic json has every key of what is printed, and none that is not.
func TestDocumentedJSON(t *testing.T) {
	t.Parallel()
	text := textOf(t, "json")
	documented, seen := map[string]map[string]bool{}, map[string]map[string]bool{}
	sections := func(heading string) map[string]bool {
		if documented[heading] == nil {
			documented[heading], seen[heading] = map[string]bool{}, map[string]bool{}
			for _, key := range firstCells(part(t, text, heading)) {
				documented[heading][key] = true
			}
		}
		return documented[heading]
	}
	const importing, early = "import and retry", "A command that ends early"
	check := func(what, object string, headings ...string) {
		t.Helper()
		var value any
		if err := json.Unmarshal([]byte(object), &value); err != nil || strings.Count(strings.TrimSpace(object), "\n") > 0 {
			t.Fatalf("%s: no JSON object in one line: %v\n%s", what, err, object)
		}
		keys := map[string]bool{}
		keysOf(keys, "", value)
		for key := range keys {
			known := false
			for _, heading := range headings {
				if sections(heading)[key] {
					known, seen[heading][key] = true, true
				}
			}
			if !known {
				t.Errorf("%s: the topic json does not have %s", what, key)
			}
		}
	}

	w := newWorld(t, simulator.Config{Windows: []simulator.Window{}, OtherProjects: []simulator.Project{{ID: 200, Name: "Other"}}})
	for name, content := range map[string]string{
		"crew.csv":      "First Name,Last Name,Position,SSN,Type\nAnn,Lee,Boss,123-45-6789,H\nBo,,,,S\n",
		"doubt.csv":     "First Name,Last Nme\nAnn,Lee\n",
		"projects.csv":  "First Name,Last Name,Job\nCy,Poe,100\nDee,Fox,200\n",
		"projects.yaml": "fields: {first_name: {column: First Name}, last_name: {column: Last Name}}\nproject: {column: Job}\n",
		"wrong.yaml":    "fields:\n  frst_name: {column: A}\n",
		"config.yaml":   "jobs: {night: {roster: inbox, done: done}}\n",
		"inbox/one.csv": "First Name,Last Name\nEve,Roe\n",
	} {
		w.write(name, content)
	}
	twoTables(t, filepath.Join(w.folder, "tables.xlsx"))
	printed := func(args ...string) string {
		t.Helper()
		cmd := w.command(append(args, "--json")...)
		cmd.Dir = w.folder
		stdout, err := cmd.Output()
		if len(stdout) == 0 {
			t.Fatalf("muster %s prints nothing: %v", strings.Join(args, " "), err)
		}
		return string(stdout)
	}
	run := func(headings []string, args ...string) string {
		t.Helper()
		object := printed(args...)
		check("muster "+strings.Join(args, " "), object, headings...)
		return object
	}
	run([]string{importing, "check"}, "check", "crew.csv", "--plan", "crew.plan.json")
	made := run([]string{importing}, "import", "crew.csv")
	run([]string{importing}, "retry")
	run([]string{importing}, "import", "projects.csv", "--mapping", "projects.yaml")
	run([]string{importing, early}, "import", "crew.csv", "--client-secret-file", "missing.txt")
	run([]string{importing, early}, "import", "missing.csv")
	run([]string{importing, early}, "import", "doubt.csv")
	run([]string{importing, early}, "import", "crew.csv", "--mapping", "wrong.yaml")
	run([]string{importing, early}, "import", "tables.xlsx")
	run([]string{"map"}, "map", "crew.csv")
	run([]string{"map"}, "map", "crew.csv", "-o", "mapping.yaml")
	run([]string{"map"}, "map", "doubt.csv")
	run([]string{"run"}, "run", "night", "--config", "config.yaml")
	run([]string{"jobs"}, "jobs", "--config", "config.yaml")
	run([]string{"jobs start"}, "jobs", "start", "night", "--config", "config.yaml")
	job, err := json.Marshal(map[string]any{"jobs": []jobJSON{newJobJSON(worker.Status{
		Next: time.Now(), Began: time.Now(), Rosters: []worker.Progress{{}}, Last: &worker.Run{Rosters: []worker.Outcome{{}}},
	})}})
	if err != nil {
		t.Fatal(err)
	}
	check("a job that is running", string(job), "jobs")
	id := regexp.MustCompile(`"run":"([^"]+)"`).FindStringSubmatch(made)[1]
	run([]string{"undo"}, "undo", id, "--yes")
	run([]string{"runs"}, "runs")
	check("muster runs "+id, inList(t, printed("runs", id)), "runs")
	run([]string{"runs prune"}, "runs", "prune", "--older-than", "1d")
	run([]string{"ledger check and copy"}, "ledger", "check")
	run([]string{"doctor"}, "doctor", "--support-bundle", "support.zip")
	run([]string{"version"}, "version")
	w.server.SetDenied(simulator.DenyCredentials)
	w.server.RevokeTokens()
	run([]string{importing, early}, "import", "crew.csv")
	run([]string{"doctor"}, "doctor")
	notice, err := json.Marshal(notify.Message{
		Program: "muster", Job: "nightly", Run: id, Project: 1, Text: "text", Counts: outcome.Counts{Created: 1},
		End:   notify.End{Status: "stopped", Code: "forbidden"},
		Files: notify.Files{Roster: "crew.csv", Results: "crew.results.csv"},
	})
	if err != nil {
		t.Fatal(err)
	}
	check("a notice", string(notice), "What a webhook gets")

	for _, block := range regexp.MustCompile("(?ms)^```json\n(.*?)^```").FindAllStringSubmatch(text, -1) {
		check("the example", strings.ReplaceAll(block[1], "\n", " "), importing, early)
	}
	for heading, keys := range documented {
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if _, excused := notSeen[heading+" "+key]; excused == seen[heading][key] {
				t.Errorf("%s: %s is documented: printed %t, excused %t", heading, key, seen[heading][key], excused)
			}
		}
	}
	for heading := range strings.SplitSeq(text, "\n## ") {
		heading, rest, _ := strings.Cut(heading, "\n")
		if documented[heading] == nil && len(rowsOf(rest)) > 0 {
			t.Errorf("nothing of %s was looked at", heading)
		}
	}
}

// inList returns the object of a run as the list of all runs would have it, its
// attempts aside.
func inList(t *testing.T, object string) string {
	t.Helper()
	var run map[string]any
	if err := json.Unmarshal([]byte(object), &run); err != nil {
		t.Fatal(err)
	}
	attempts := run["attempts"]
	delete(run, "attempts")
	text, err := json.Marshal(map[string]any{"runs": []any{run}, "attempts": attempts})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// twoTables writes a workbook in which another table begins below the roster.
func twoTables(t *testing.T, path string) {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range [][]any{
		{"First Name", "Last Name", "Job Title"},
		{"Ann", "Lee", "Boss"},
		{"Bo", "Roe", "Boss"},
		{},
		{"Last Name", "First Name", "Job Title"},
		{"Fox", "Cy", "Boss"},
	} {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.SetSheetRow("Sheet1", cell, &row); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
}
