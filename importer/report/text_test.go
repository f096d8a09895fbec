package report_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"

	"muster/importer/outcome"
	"muster/importer/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// fits reports lines wider than the page, except commands and file names.
func fits(t *testing.T, text string, width int) {
	t.Helper()
	copied := 0
	for _, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, "Next:") || strings.HasPrefix(trimmed, "Results:") || strings.HasPrefix(trimmed, "All of them:") || strings.HasPrefix(trimmed, "muster ") {
			copied++
			continue
		}
		if wide := uniseg.StringWidth(line); wide > width {
			t.Errorf("%d columns of %d: %q", wide, width, line)
		}
	}
}

func groups(problems map[int][]outcome.Problem, rows int) []outcome.Group {
	var g outcome.Groups
	for row := range rows {
		for _, p := range problems[row] {
			g.Add(p, row)
		}
	}
	return g.List()
}

func mixed() []outcome.Group {
	problems := make(map[int][]outcome.Problem)
	for row := 17; row < 1250; row += 100 {
		problems[row] = append(problems[row], outcome.Problem{
			Code: "id_damaged", Field: "employee_id", Cell: fmt.Sprintf("C%d", row),
			Message: fmt.Sprintf(`"1.234%dE+11" has lost digits: a spreadsheet took the ID for a number`, row),
			Hint:    "format the column as text and type the ID again",
		})
	}
	problems[40] = []outcome.Problem{{
		Code: "name_missing", Field: "last_name", Cell: "Crew List!B40", Message: "there is no last name", Hint: "fill in the cell",
	}}
	problems[41] = []outcome.Problem{{Code: "refused", Message: "Procore says: Origin ID has already been taken \x1b[31m\u202Eevil", Hint: "see whether this person is in the company's directory"}}
	problems[42] = []outcome.Problem{{Code: "refused", Message: "Procore says: First name is too long"}}
	problems[900] = problems[41]
	return groups(problems, 1300)
}

func TestText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		summary report.Summary
	}{
		{"all created", report.Summary{
			Run: "r1", Status: report.Finished, Counts: outcome.Counts{Created: 500}, Effort: report.Effort{Requests: 501, Elapsed: 200.4},
			Details: report.Details{Project: "Hillside Tower"}, Results: "crew.results.csv",
		}},
		{"nothing to do", report.Summary{
			Status: report.Finished, Counts: outcome.Counts{Existing: 500}, Effort: report.Effort{Requests: 2, Elapsed: 0.8}, Results: "crew.results.csv",
		}},
		{"job titles", report.Summary{
			Status: report.Finished, Counts: outcome.Counts{Created: 2, Existing: 60, Skipped: 1}, Details: report.Details{Updated: 50, Project: "Hillside Tower"}, Effort: report.Effort{Requests: 54, Elapsed: 20},
		}},
		{"job titles alone", report.Summary{Status: report.Finished, Counts: outcome.Counts{Existing: 60, Skipped: 1}, Details: report.Details{Updated: 1}}},
		{"one row", report.Summary{Status: report.Finished, Counts: outcome.Counts{Invalid: 1}}},
		{"only skipped", report.Summary{Status: report.Finished, Counts: outcome.Counts{Skipped: 3, Existing: 2}}},
		{"some to correct", report.Summary{
			Run: "r1", Status: report.Finished, ExitCode: 1, Counts: outcome.Counts{Created: 1204, Existing: 80, Skipped: 2, Invalid: 14, Failed: 3, Unknown: 1},
			Effort: report.Effort{Requests: 1250, Throttled: 2, Retries: 5, Elapsed: 4000}, Results: "/srv/hr/exports/2026-03/acme-electric-crew.results.csv",
			Details: report.Details{Project: "Hillside Tower", Remarks: []string{"read as Windows-1252: Lefèvre, Muñoz", "3 hidden rows were left out"}, Next: "muster retry /srv/hr/exports/2026-03/acme-electric-crew.results.csv --project 1204"}, Problems: mixed(),
		}},
		{"stopped", report.Summary{
			Status: report.Stopped, ExitCode: 3, Counts: outcome.Counts{Created: 120, Pending: 380}, Effort: report.Effort{Requests: 121, Elapsed: 49},
			Details: report.Details{Why: "Procore no longer accepts the credentials.", Next: "muster retry crew.results.csv"}, Results: "crew.results.csv",
		}},
		{"interrupted rehearsal", report.Summary{
			Status: report.Interrupted, ExitCode: 130, Counts: outcome.Counts{Created: 1, Pending: 1}, Effort: report.Effort{Requests: 1, Elapsed: 0.1}, Details: report.Details{Rehearsal: true},
		}},
	}
	for _, test := range tests {
		for _, width := range []int{60, 80} {
			t.Run(fmt.Sprintf("%s %d", test.name, width), func(t *testing.T) {
				t.Parallel()
				var b bytes.Buffer
				if err := printed(&b, test.summary, width); err != nil {
					t.Fatal(err)
				}
				fits(t, b.String(), width)
				golden(t, fmt.Sprintf("text %s %d", test.name, width), b.String())
			})
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	columns := []report.Column{
		{Field: "first_name", Heading: "Given Name", How: "exact"},
		{Field: "last_name", Heading: "Surname", How: "exact"},
		{Field: "work_classification_id", Heading: "Craft", How: "looked up"},
	}
	tests := []struct {
		name  string
		check report.Check
	}{
		{"ready", report.Check{
			Summary:  report.Summary{Status: report.Checked, Counts: outcome.Counts{Pending: 500}, Details: report.Details{Project: "Hillside Tower", Next: "muster import crew.csv --plan crew.plan.json"}},
			LookedUp: true, Columns: columns, Unused: []string{"Phone", "Hire\x1b[2J Date"}, Withheld: []string{"SSN"},
			Import: report.Import{Create: 500, Requests: 504, Estimate: 200 * time.Second}, Plan: "crew.plan.json",
			Open: []string{"whether Procore refuses a person, for instance because another person in the company has the ID"},
		}},
		{"not looked up", report.Check{
			Summary: report.Summary{Status: report.Checked, Counts: outcome.Counts{Pending: 20}, Details: report.Details{Next: "muster import crew.csv --simulate"}},
			Columns: columns, Import: report.Import{Create: 20}, Open: []string{"who is in the project already"},
		}},
		{"nothing to do", report.Check{
			Summary: report.Summary{Status: report.Checked, Counts: outcome.Counts{Existing: 20}}, LookedUp: true,
		}},
		{"unreachable", report.Check{
			Summary: report.Summary{Status: report.Checked, ExitCode: 3, Counts: outcome.Counts{Pending: 20}, Details: report.Details{Why: "The project could not be looked at."}},
		}},
		{"problems", report.Check{
			Summary: report.Summary{
				Status: report.Checked, ExitCode: 1, Counts: outcome.Counts{Pending: 1180, Existing: 100, Skipped: 4, Invalid: 16},
				Problems: mixed(), Details: report.Details{FullList: "muster check crew.csv --results crew.problems.csv", Project: "Hillside Tower", Notes: groups(map[int][]outcome.Problem{
					3: {{Code: "differs", Field: "job_title", Cell: "D3", Message: "in Procore this person has another job title", Hint: "correct it there, or import with --update"}},
					4: {{Code: "name_only", Field: "last_name", Message: "taken for the person in Procore who has the same name; no ID confirms it"}},
				}, 10)},
			},
			LookedUp: true, Columns: columns, Import: report.Import{Create: 1180, Update: 1, Requests: 1185, Estimate: 300 * time.Millisecond},
		}},
		{"no row", report.Check{}},
	}
	for _, test := range tests {
		for _, width := range []int{60, 80} {
			t.Run(fmt.Sprintf("%s %d", test.name, width), func(t *testing.T) {
				t.Parallel()
				var b bytes.Buffer
				if err := printed(&b, test.check, width); err != nil {
					t.Fatal(err)
				}
				fits(t, b.String(), width)
				golden(t, fmt.Sprintf("check %s %d", test.name, width), b.String())
			})
		}
	}
}

// Ten thousand bad cells of forty kinds are shown in few lines.
func TestManyProblems(t *testing.T) {
	t.Parallel()
	var g outcome.Groups
	for row := range 10000 {
		g.Add(outcome.Problem{Code: fmt.Sprintf("code_%d", row%40), Cell: fmt.Sprintf("C%d", row), Message: "no", Hint: "do"}, row)
	}
	var b bytes.Buffer
	if err := printed(&b, report.Summary{Results: "r.csv", Problems: g.List()}, 80); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	if lines := strings.Count(text, "\n"); lines > 120 {
		t.Errorf("%d lines", lines)
	}
	for _, want := range []string{"250 cells: no", "and 245 more", "and 20 more kinds", "All of them: r.csv"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
}

// At the width Plain every line is whole and without layout.
func TestPlainText(t *testing.T) {
	t.Parallel()
	s := report.Summary{
		Run: "r1", Status: report.Finished, ExitCode: 1, Counts: outcome.Counts{Created: 1204, Existing: 80, Skipped: 2, Invalid: 14, Failed: 3, Unknown: 1},
		Effort: report.Effort{Requests: 1250, Throttled: 2, Retries: 5, Elapsed: 4000}, Results: "/srv/hr/exports/2026-03/acme  crew.results.csv",
		Details: report.Details{Project: "Hillside Tower", Remarks: []string{"3 hidden rows were left out"}, Next: "muster retry '/srv/hr/exports/2026-03/acme  crew.results.csv'"}, Problems: mixed(),
		Parts: []report.Part{{Project: 7, Name: "A", Counts: outcome.Counts{Existing: 2}}, {Project: 8, Name: "B", Counts: outcome.Counts{Created: 3, Invalid: 1}}, {Project: 9, Name: "project 9", Counts: outcome.Counts{Created: 1}}},
	}
	check := report.Check{
		Summary: s, LookedUp: true, Plan: "crew.plan.json",
		Columns: []report.Column{{Field: "first_name", Heading: "Given Name", How: "exact"}, {Field: "is_employee", How: "a constant"}},
		Unused:  []string{"Phone", "Hire Date"}, Withheld: []string{"SSN"},
		Import: report.Import{Create: 1180, Update: 1, Requests: 1185, Estimate: 5 * time.Minute}, Open: []string{"whether Procore refuses a person"},
	}
	var summary, checked bytes.Buffer
	if err := errors.Join(printed(&summary, s, report.Plain), printed(&checked, check, report.Plain)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"text plain": summary.String(), "check plain": checked.String()} {
		for line := range strings.Lines(text) {
			if line == "\n" || strings.TrimSpace(line) != strings.TrimSuffix(line, "\n") || strings.HasPrefix(line, "-") {
				t.Errorf("%s: %q", name, line)
			}
		}
		golden(t, name, text)
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, give, want string }{
		{"plain", "José 李 👩‍🔧", "José 李 👩‍🔧"},
		{"escape sequences", "a\x1b[31mb\x1b]0;title\x07c\u009b2J", "a\uFFFD[31mb\uFFFD]0;title\uFFFDc\uFFFD2J"},
		{"line breaks", "a\r\nb\tc\u2028d", "a  b c d"},
		{"direction", "a\u202Eb\u2066c\u200Fd", "a\uFFFDb\uFFFDc\uFFFDd"},
		{"not UTF-8", "a\xffb", "a\uFFFDb"},
		{"invisible", "a\u200bb\ufeff\x00\x7f", "a\uFFFDb\uFFFD\uFFFD\uFFFD"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, report.Clean(test.give)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzText(f *testing.F) {
	f.Add("message", "a very long hint "+strings.Repeat("x", 200), "C17", 60)
	f.Add("\x1b[2J李李李李李", "\u0301\u0301", "\n", 20)
	f.Fuzz(func(t *testing.T, message, hint, cell string, width int) {
		width = 20 + (width%100+100)%100
		var g outcome.Groups
		g.Add(outcome.Problem{Code: "x", Message: message, Hint: hint, Cell: cell}, 2)
		g.Add(outcome.Problem{Code: "x", Message: message, Hint: hint, Cell: cell + "1"}, 3)
		var b bytes.Buffer
		if err := printed(&b, report.Summary{Problems: g.List(), Details: report.Details{Remarks: []string{hint}}}, width); err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(b.String(), "\n") {
			if strings.ContainsAny(line, "\x1b\r\t\x00") {
				t.Errorf("a terminal would obey %q", line)
			}
		}
	})
}

// A message that differs in a value is shown for the first cell, with the value of
// each cell beside the cell.
func TestValuesInBrackets(t *testing.T) {
	t.Parallel()
	problems := make(map[int][]outcome.Problem)
	for row := 2; row <= 4; row++ {
		problems[row] = []outcome.Problem{{
			Code: "id_conflict", Field: "employee_id", Cell: fmt.Sprintf("D%d", row),
			Message: fmt.Sprintf("in Procore this employee ID belongs to another name (person 900719925474200%d)", row),
		}}
	}
	var b bytes.Buffer
	s := report.Summary{Status: report.Finished, Counts: outcome.Counts{Failed: 3}, Problems: groups(problems, 10)}
	if err := printed(&b, s, 200); err != nil {
		t.Fatal(err)
	}
	want := "  3 cells, for example: in Procore this employee ID belongs to another name (person 9007199254742002)\n" +
		"    D2 (person 9007199254742002), D3 (person 9007199254742003), D4 (person 9007199254742004)\n"
	if !strings.Contains(b.String(), want) {
		t.Errorf("got:\n%s\nwant in it:\n%s", b.String(), want)
	}
}

// Not every heading of hundreds of columns is shown.
func TestCheckWithManyColumns(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{31: `"Column 31"`, 300: `"Column 30" and 270 more`} {
		var unused []string
		for i := range n {
			unused = append(unused, fmt.Sprintf("Column %d", i+1))
		}
		var b strings.Builder
		if err := printed(&b, report.Check{Columns: []report.Column{{Field: "first_name", Heading: "First"}}, Unused: unused}, 1000); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), want+report.WhyUnused+"\n") {
			t.Errorf("%d columns: %s", n, b.String())
		}
	}
}

// Only Problem.Line is shown on a line for copying.
func TestLineToCopy(t *testing.T) {
	t.Parallel()
	const line = `where: row["Employment Status"] not in ["Terminated", "Resigned - 3/1", "On Leave"]`
	tests := []struct {
		name, hint, line, want string
	}{
		{"a line", "add this line to a mapping file: " + line, line, "    try: add this line to a mapping file:\n         " + line + "\n"},
		{"words like one", "ask the office: where: it says", "", "    try: ask the office: where: it says\n"},
		{"lost in a long hint", strings.Repeat("so ", 165) + line, line, "so so where...\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			problem := outcome.Problem{Code: "has_left", Message: "may have left", Hint: test.hint, Line: test.line}
			var b bytes.Buffer
			err := printed(&b, report.Summary{
				Status: report.Finished, Counts: outcome.Counts{Created: 1}, Details: report.Details{Notes: groups(map[int][]outcome.Problem{2: {problem}}, 3)},
			}, 60)
			if err != nil {
				t.Fatal(err)
			}
			if got := b.String(); !strings.Contains(got, test.want) {
				t.Errorf("%q does not hold %q", got, test.want)
			}
		})
	}
}

// printed prints a summary or a check in lines of a width.
func printed(w io.Writer, object interface{ Show(*report.Page) }, width int) error {
	p := report.NewPage(width)
	object.Show(p)
	return p.Print(w)
}
