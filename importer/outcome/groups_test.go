package outcome_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/importer/outcome"
)

func TestGroups(t *testing.T) {
	t.Parallel()
	t.Run("one kind", func(t *testing.T) {
		t.Parallel()
		var g outcome.Groups
		for row := 2; row < 12; row++ {
			g.Add(outcome.Problem{
				Code: "boolean_unclear", Field: "is_employee", Cell: fmt.Sprintf("D%d", row),
				Message: fmt.Sprintf(`"maybe %d" in %d is neither yes nor no`, row, row), Hint: "write yes or no",
			}, row)
		}
		g.Add(outcome.Problem{Code: "duplicate_row", Cell: "B12", Message: "the same name as row 1207"}, 12)
		g.Add(outcome.Problem{Code: "name_missing", Field: "last_name"}, 3)
		want := []outcome.Group{
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
		var g outcome.Groups
		g.Add(outcome.Problem{Code: "results_row_unclear", Cell: "G9"}, 0)
		want := []outcome.Group{{Code: "results_row_unclear", Count: 1, ExampleRows: []int{}, Cells: []string{"G9"}, Values: []string{""}}}
		if diff := cmp.Diff(want, g.List()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("bounded, and every problem counted", func(t *testing.T) {
		t.Parallel()
		var g outcome.Groups
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
		var g outcome.Groups
		for i := range 100 {
			g.Add(outcome.Problem{Code: "refused", Message: string(rune('一'+i)) + " is taken"}, i)
		}
		list := g.List()
		if n := len(list); n > 12 {
			t.Errorf("%d groups", n)
		}
		if list[0].Count != 90 || strings.Contains(list[0].Message, "is taken") {
			t.Errorf("the group of all further messages has the text of one: %+v", list[0])
		}
	})
	t.Run("nothing", func(t *testing.T) {
		t.Parallel()
		var g outcome.Groups
		if got := g.List(); got == nil || len(got) != 0 {
			t.Errorf("got %#v, want an empty list", got)
		}
	})
}

func BenchmarkGroups(b *testing.B) {
	var g outcome.Groups
	p := outcome.Problem{Code: "id_damaged", Field: "employee_id", Cell: "C17", Message: `"1.23457E+11" has lost digits`, Hint: "type it again"}
	b.ReportAllocs()
	for b.Loop() {
		g.Add(p, 17)
	}
}
