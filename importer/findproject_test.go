package importer_test

import (
	"testing"

	"muster/importer"
	"muster/importer/fault"
	"muster/importer/procore"
)

func TestFindProject(t *testing.T) {
	all := []procore.Named{{ID: 1, Name: "Tower A"}, {ID: 2, Name: "Tower B"}, {ID: 3, Name: "Garage"}, {ID: 4, Name: "garage"}}
	for name, want := range map[string]int64{"Tower A": 1, " tower  b ": 2, "Garage": 0, "Tower": 0, "Bridge": 0} {
		found, err := importer.FindProject(all, name)
		if found.ID != want || (want == 0) != (fault.CodeOf(err) == "usage") {
			t.Errorf("FindProject(%q) = %v, %v", name, found, err)
		}
	}
}
