package importer_test

import (
	"testing"

	"muster/importer"
	"muster/importer/outcome"
	"muster/ratelimit"
)

// Every reason to wait has words, and the words differ.
func TestWaitingWhy(t *testing.T) {
	t.Parallel()
	seen := map[string]ratelimit.Reason{}
	for _, reason := range []ratelimit.Reason{ratelimit.Spike, ratelimit.Hourly, ratelimit.Paused, ratelimit.Capped, ratelimit.Abandoned} {
		why := importer.Waiting{Reason: reason}.Why()
		if was, ok := seen[why]; ok || why == "" {
			t.Errorf("reasons %v and %v: %q", was, reason, why)
		}
		seen[why] = reason
	}
	if why := (importer.Waiting{}).Why(); why != "" {
		t.Errorf("no reason: %q", why)
	}
	if alone, shared := (importer.Waiting{Reason: ratelimit.Hourly}).Why(), (importer.Waiting{Reason: ratelimit.Hourly, Shared: true}).Why(); alone == shared {
		t.Errorf("%q also if other runs use the quota", alone)
	}
}

// Problems of rows to fix are problems, those of other rows are notes, and a row that
// was left out or not attempted has neither.
func TestFindings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status          outcome.Status
		problem         outcome.Problem
		problems, notes int
		message         string
	}{
		{outcome.Invalid, outcome.Problem{Code: "x", Message: "Crew!B7: no last name"}, 1, 0, "no last name"},
		{outcome.Invalid, outcome.Problem{Code: "x", Cell: "B7", Message: "B7: is twice"}, 1, 0, "B7: is twice"},
		{outcome.Existing, outcome.Problem{Code: "differs", Message: "another title"}, 0, 1, "another title"},
		{outcome.Skipped, outcome.Problem{Code: "filtered", Message: "left out"}, 0, 0, ""},
		{outcome.Pending, outcome.Problem{Code: "max_errors", Message: "stopped"}, 0, 0, ""},
	} {
		row := importer.RowRecorded{Outcome: outcome.Outcome{Status: test.status, Problems: []outcome.Problem{test.problem}}}
		problems, notes := row.Findings()
		if len(problems) != test.problems || len(notes) != test.notes {
			t.Errorf("%s %s: %v and %v", test.status, test.problem.Code, problems, notes)
			continue
		}
		for _, p := range append(problems, notes...) {
			if p.Message != test.message {
				t.Errorf("%q, want %q", p.Message, test.message)
			}
		}
	}
}
