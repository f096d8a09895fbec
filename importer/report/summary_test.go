package report_test

import (
	"bytes"
	"encoding/json"
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
				Problems: []outcome.Group{
					{Code: "refused", Count: 3, ExampleRows: []int{4, 5, 9}, Message: "one", Hint: "h", Cells: []string{"C4"}},
					{Code: "id_damaged", Field: "employee_id", Count: 2, ExampleRows: []int{2, 3}},
					{Code: "refused", Count: 4, ExampleRows: []int{6, 7, 8, 9}, Message: "two"},
				},
				Details: report.Details{Rehearsal: true, Project: "Hillside", Why: "no", Remarks: []string{"r"}, Next: "n", FullList: "f"},
			},
			`{"run":"20260304-ab12","status":"finished","exit_code":1,"rows":28,"created":1,"existing":2,"skipped":3,"invalid":4,"failed":5,"unknown":6,"pending":7,` +
				`"requests":8,"throttled":9,"retries":10,"elapsed_s":1.235,"results":"crew.results.csv","problems":[` +
				`{"code":"refused","field":"","count":7,"example_rows":[4,5,6,7,8]},{"code":"id_damaged","field":"employee_id","count":2,"example_rows":[2,3]}],"notes":["r"]}` + "\n",
		},
		{
			"nothing",
			report.Summary{},
			`{"run":"","status":"","exit_code":0,"rows":0,"created":0,"existing":0,"skipped":0,"invalid":0,"failed":0,"unknown":0,"pending":0,` +
				`"requests":0,"throttled":0,"retries":0,"elapsed_s":0,"results":"","problems":[]}` + "\n",
		},
		{
			"a group without rows",
			report.Summary{Problems: []outcome.Group{{Code: "x", Count: 1}}},
			`{"run":"","status":"","exit_code":0,"rows":0,"created":0,"existing":0,"skipped":0,"invalid":0,"failed":0,"unknown":0,"pending":0,` +
				`"requests":0,"throttled":0,"retries":0,"elapsed_s":0,"results":"","problems":[{"code":"x","field":"","count":1,"example_rows":[]}]}` + "\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			if err := json.NewEncoder(&b).Encode(test.give.ForJSON()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, b.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			// A check is the same object.
			var c bytes.Buffer
			if err := json.NewEncoder(&c).Encode(report.Check{Summary: test.give}.Summary.ForJSON()); err != nil {
				t.Fatal(err)
			}
			if !json.Valid(c.Bytes()) || c.String() != b.String() {
				t.Errorf("a check's JSON is %s", c.String())
			}
		})
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
		if err := json.NewEncoder(&b).Encode(c.ForJSON()); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(b.String(), `{"run":"","status":"checked","exit_code":0,"rows":3,"created":0,"existing":1,`) || !strings.Contains(b.String(), want) {
			t.Errorf("got %s\nwant %s", b.String(), want)
		}
		c.LookedUp, c.Import, c.Columns = false, report.Import{Create: 2}, nil
	}
}
