package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/importer/outcome"
	"muster/importer/report"
)

func TestJSON(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		give report.Summary
		want string
	}{
		{
			"everything",
			report.Summary{
				Run: "20260304-ab12", Status: report.Finished, ExitCode: 1, Rows: 99,
				Counts: outcome.Counts{Created: 1, Existing: 2, Skipped: 3, Invalid: 4, Failed: 5, Unknown: 6, Pending: 7},
				Effort: report.Effort{Requests: 8, Throttled: 9, Retries: 10, Elapsed: 1.23456}, Results: "crew.results.csv",
				Problems: []report.Group{
					{Code: "refused", Count: 3, ExampleRows: []int{4, 5, 9}, Message: "one", Hint: "h", Cells: []string{"C4"}},
					{Code: "id_damaged", Field: "employee_id", Count: 2, ExampleRows: []int{2, 3}},
					{Code: "refused", Count: 4, ExampleRows: []int{6, 7, 8, 9}, Message: "two"},
				},
				Details: report.Details{Rehearsal: true, Project: "Hillside", Why: "no", Remarks: []string{"r"}, Next: []string{"n"}, FullList: "f"},
			},
			`{"run":"20260304-ab12","status":"finished","exit_code":1,"rows":28,"created":1,"existing":2,"skipped":3,"invalid":4,"failed":5,"unknown":6,"pending":7,` +
				`"requests":8,"throttled":9,"retries":10,"elapsed_s":1.235,"results":"crew.results.csv","problems":[` +
				`{"code":"refused","field":"","count":7,"example_rows":[4,5,6,7,8]},{"code":"id_damaged","field":"employee_id","count":2,"example_rows":[2,3]}]}` + "\n",
		},
		{
			"nothing",
			report.Summary{},
			`{"run":"","status":"","exit_code":0,"rows":0,"created":0,"existing":0,"skipped":0,"invalid":0,"failed":0,"unknown":0,"pending":0,` +
				`"requests":0,"throttled":0,"retries":0,"elapsed_s":0,"results":"","problems":[]}` + "\n",
		},
		{
			"a group without rows",
			report.Summary{Problems: []report.Group{{Code: "x", Count: 1}}},
			`{"run":"","status":"","exit_code":0,"rows":0,"created":0,"existing":0,"skipped":0,"invalid":0,"failed":0,"unknown":0,"pending":0,` +
				`"requests":0,"throttled":0,"retries":0,"elapsed_s":0,"results":"","problems":[{"code":"x","field":"","count":1,"example_rows":[]}]}` + "\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			if err := report.WriteJSON(&b, test.give); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, b.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			// A check is the same object.
			var c bytes.Buffer
			if err := report.WriteJSON(&c, report.Check{Summary: test.give, Roster: "crew.csv"}.Summary); err != nil {
				t.Fatal(err)
			}
			if !json.Valid(c.Bytes()) || c.String() != b.String() {
				t.Errorf("a check's JSON is %s", c.String())
			}
		})
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	t.Run("one kind", func(t *testing.T) {
		t.Parallel()
		var g report.Groups
		for row := 2; row < 12; row++ {
			g.Add(outcome.Problem{
				Code: "boolean_unclear", Field: "is_employee", Cell: fmt.Sprintf("D%d", row),
				Message: fmt.Sprintf(`"maybe %d" in %d is neither yes nor no`, row, row), Hint: "write yes or no",
			}, row)
		}
		g.Add(outcome.Problem{Code: "duplicate_row", Cell: "B12", Message: "the same name as row 1207"}, 12)
		g.Add(outcome.Problem{Code: "name_missing", Field: "last_name"}, 3)
		want := []report.Group{
			{
				Code: "boolean_unclear", Field: "is_employee", Count: 10, ExampleRows: []int{2, 3, 4, 5, 6},
				Message: `"maybe 2" in 2 is neither yes nor no`, Hint: "write yes or no", Cells: []string{"D2", "D3", "D4", "D5", "D6"},
				Values: []string{`"maybe 2"`, `"maybe 3"`, `"maybe 4"`, `"maybe 5"`, `"maybe 6"`},
			},
			{Code: "duplicate_row", Count: 1, ExampleRows: []int{12}, Message: "the same name as row 1207", Cells: []string{"B12"}, Values: []string{"row 1207"}},
			{Code: "name_missing", Field: "last_name", Count: 1, ExampleRows: []int{3}},
		}
		if diff := cmp.Diff(want, g.List()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("a line that is no row of the roster", func(t *testing.T) {
		t.Parallel()
		var g report.Groups
		g.Add(outcome.Problem{Code: "results_row_unclear", Cell: "G9"}, 0)
		want := []report.Group{{Code: "results_row_unclear", Count: 1, ExampleRows: []int{}, Cells: []string{"G9"}, Values: []string{""}}}
		if diff := cmp.Diff(want, g.List()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("bounded, and every problem counted", func(t *testing.T) {
		t.Parallel()
		var g report.Groups
		const n = 50000
		for i := range n {
			// Words, not numbers, so that all messages are of different kinds.
			word := string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676%26))
			g.Add(outcome.Problem{Code: fmt.Sprintf("code %d", i%5000), Message: word + " is taken"}, i)
		}
		list, sum := g.List(), 0
		for _, group := range list {
			sum += group.Count
		}
		if len(list) > 1001 || sum != n {
			t.Errorf("%d groups of %d problems, want at most 1001 of %d", len(list), sum, n)
		}
		if list[0].Code != "other" {
			t.Errorf("the largest group is %q, want other", list[0].Code)
		}
	})
	t.Run("many messages of one code", func(t *testing.T) {
		t.Parallel()
		var g report.Groups
		for i := range 100 {
			g.Add(outcome.Problem{Code: "refused", Message: string(rune('一'+i)) + " is taken"}, i)
		}
		if n := len(g.List()); n > 12 {
			t.Errorf("%d groups", n)
		}
	})
	t.Run("nothing", func(t *testing.T) {
		t.Parallel()
		var g report.Groups
		if got := g.List(); got == nil || len(got) != 0 {
			t.Errorf("got %#v, want an empty list", got)
		}
	})
}

func BenchmarkGroups(b *testing.B) {
	var g report.Groups
	p := outcome.Problem{Code: "id_damaged", Field: "employee_id", Cell: "C17", Message: `"1.23457E+11" has lost digits`, Hint: "type it again"}
	b.ReportAllocs()
	for b.Loop() {
		g.Add(p, 17)
	}
}

// The JSON of a check is a contract with other programs.
func TestCheckJSON(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	c := report.Check{
		Summary:  report.Summary{Status: report.Checked, Counts: outcome.Counts{Pending: 2, Existing: 1}, Effort: report.Effort{Requests: 3}},
		LookedUp: true, Import: report.Import{Create: 2, Update: 1, Requests: 6, Estimate: 1234 * time.Millisecond},
		Columns: []report.Column{{Field: "first_name", Heading: "First", How: "the heading"}}, Plan: "p.json",
	}
	for _, want := range []string{
		`"requests":3,"throttled":0,"retries":0,"elapsed_s":0,"results":"","problems":[],"looked_up":true,"import":{"create":2,"update":1,"requests":6,"estimate_s":1.2},"columns":[{"field":"first_name","heading":"First","how":"the heading"}],"unused":[],"withheld":[],"plan":"p.json"}`,
		`"looked_up":false,"import":{"create":2,"update":0,"requests":null,"estimate_s":null},"columns":[],`,
	} {
		b.Reset()
		if err := report.WriteCheckJSON(&b, c); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(b.String(), `{"run":"","status":"checked","exit_code":0,"rows":3,"created":0,"existing":1,`) || !strings.Contains(b.String(), want) {
			t.Errorf("got %s\nwant %s", b.String(), want)
		}
		c.LookedUp, c.Import, c.Columns = false, report.Import{Create: 2}, nil
	}
}
