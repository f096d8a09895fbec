package roster_test

import (
	"slices"
	"strings"
	"testing"

	"muster/importer/roster"
)

// TestLegend opens workbooks with a cell beside the people.
func TestLegend(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]bool{
		"Red = terminated":         true,
		"YELLOW: new hire":         true,
		"Grey - on leave":          true,
		"Light blue = night shift": true,
		"Red rows = gone":          true,
		"Rot = ausgeschieden":      true,
		"Red":                      false,
		"Blue-collar":              false,
		"Red -":                    false,
		"Green, Ann":               false,
		"Hard hat: red":            false,
		"Crew Red: Lee":            false,
	} {
		t.Run(cell, func(t *testing.T) {
			t.Parallel()
			r := open(t, single(sheetXML(headings+rowXML(2, "Ana", "Silva", "7")+rowXML(3, "Bo", "Li", "8", "", cell))).write(t), roster.Options{})
			got := slices.ContainsFunc(r.Remarks(), func(remark string) bool { return strings.Contains(remark, "colours are not read, and Crew!E3 says") })
			if got != want {
				t.Errorf("%q", r.Remarks())
			}
		})
	}
}
