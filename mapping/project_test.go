package mapping_test

import (
	"errors"
	"testing"

	"muster/mapping"
)

func TestProject(t *testing.T) {
	t.Parallel()
	m := bound(t, `
fields:
  first_name: {column: First}
  last_name: {column: Last}
project: {column: Job, values: {Tower A: 1204, 2: 1310, 1204: 1204}}
`, mapping.Options{}, "First", "Last", "Job")
	if !m.ByProject() {
		t.Error("the mapping has no project")
	}
	for _, test := range []struct {
		cell, code string
		want       int64
	}{
		{"Tower A", "", 1204},
		{" tower a ", "", 1204},
		{"1204", "", 1204},
		{"2", "", 1310},
		{"", "project_missing", 0},
		{"Tower B", "value_unknown", 0},
	} {
		cells := []string{"Ann", "Lee", test.cell}
		if got := m.Project(cells); got != test.want {
			t.Errorf("%q: project %d, want %d", test.cell, got, test.want)
		}
		var p mapping.Person
		code := ""
		for _, problem := range m.Map(cells, nil, &p) {
			code = problem.Code
			if problem.Column != 2 {
				t.Errorf("%q: the problem is in column %d", test.cell, problem.Column)
			}
		}
		if code != test.code {
			t.Errorf("%q: problem %q, want %q", test.cell, code, test.code)
		}
	}
	plain := bound(t, "fields:\n  first_name: {column: First}\n  last_name: {column: Last}\nproject: {column: Job, default: 7}\n",
		mapping.Options{}, "First", "Last", "Job")
	if got := plain.Project([]string{"Ann", "Lee", ""}); got != 7 {
		t.Errorf("default: project %d", got)
	}
	if got := plain.Project([]string{"Ann", "Lee", "Tower A"}); got != 0 {
		t.Errorf("no number: project %d", got)
	}
}

func TestProjectErrors(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"project: 1204", "project: {column: Job, values: {Tower A: North}}", "project: {column: Job, default: none}",
		"project: {column: Job, optional: true}", "project: {column: Job, lookup: work_classification}",
	} {
		_, err := load(t, "fields:\n  first_name: {column: First}\n  last_name: {column: Last}\n"+line+"\n")
		var wrong *mapping.FileError
		if !errors.As(err, &wrong) || wrong.Line != 4 || wrong.Hint == "" {
			t.Errorf("%s: %v", line, err)
		}
	}
}
