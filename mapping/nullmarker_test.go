package mapping_test

import (
	"testing"

	"muster/mapping"
)

// What databases and data frames write for nothing is an empty cell of an optional
// field, in any case of letters and in brackets.
func TestNullMarkers(t *testing.T) {
	t.Parallel()
	mapper, err := mapping.Detect([]string{"First Name", "Last Name", "Employee ID", "Job Title"}, nil, mapping.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"nan", "NaN", "NAN", `\N`, "NA", "N/A", "NULL", "[NULL]", "(null)", "<NA>", "None", "undefined", "{none}", "-", "--"} {
		var p mapping.Person
		if problems := mapper.Map([]string{"Ann", "Lee", text, text}, nil, &p); len(problems) > 0 || p.EmployeeID != "" || p.JobTitle != "" {
			t.Errorf("%s: ID %q, title %q, %v", text, p.EmployeeID, p.JobTitle, problems)
		}
	}
	for _, name := range []string{"Null", "Nan", "None"} { // surnames
		var p mapping.Person
		if problems := mapper.Map([]string{"Ann", name, "1", ""}, nil, &p); len(problems) > 0 || p.LastName != name {
			t.Errorf("%s: %q, %v", name, p.LastName, problems)
		}
	}
}
