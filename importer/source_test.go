package importer

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/importer/roster"
	"muster/mapping"
)

// The kinds of cells have the same numbers in both packages.
func TestKindsAgree(t *testing.T) {
	t.Parallel()
	got := appendKinds(nil, []roster.Kind{roster.Text, roster.Number, roster.Date, roster.Boolean, roster.FormulaError})
	want := []mapping.Kind{mapping.Text, mapping.Number, mapping.Date, mapping.Boolean, mapping.FormulaError}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
