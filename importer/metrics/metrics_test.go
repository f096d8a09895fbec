package metrics

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWrite compares with the text format that Prometheus documents.
func TestWrite(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := write(&out, []sample{
		{"muster_rows", `a "b"\c`, "100", "created", "2"},
		{"muster_run_exit_code", "nightly", "100", "", "0"},
		{"muster_rows", "nightly", "100", "invalid", "0"},
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `# HELP muster_rows Rows of the last run by status.
# TYPE muster_rows gauge
muster_rows{job="a \"b\"\\c",project="100",status="created"} 2
muster_rows{job="nightly",project="100",status="invalid"} 0
# HELP muster_run_exit_code Exit code of the last run.
# TYPE muster_run_exit_code gauge
muster_run_exit_code{job="nightly",project="100"} 0
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
