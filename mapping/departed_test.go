package mapping_test

import (
	"testing"
	"time"

	"muster/mapping"
)

func TestDeparted(t *testing.T) {
	t.Parallel()
	today := time.Date(2026, time.November, 26, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		heading, cell string
		want          bool
	}{
		{"Employment Status", "Terminated", true},
		{"EMPLOYEE_STATUS", "inactive", true},
		{"Status", "Terminated 03/04/2025", true},
		{"Status", "Term", true},
		{"Status", "T - Terminated", true},
		{"Status", "No longer employed", true},
		{"Status", "Laid-off", true},
		{"Status", "Active", false},
		{"Status", "On Leave", false},
		{"Status", "Suspended", false},
		{"Status", "Not terminated", false},
		{"Status", "Fixed Term", false},
		{"Status", "Short-term", false},
		{"Status", "New", false},
		{"Status", "N/A", false},
		{"Status", "", false},
		{"Estatus", "Baja", true},
		{"Situación laboral", "De baja médica", false},
		{"Estado", "Despedida", true},
		{"Statut", "Démissionné", true},
		{"Beschäftigungsstatus", "Ausgeschieden", true},
		{"Situação", "Desligado", true},
		{"Notes", "Terminated 3/4", true},
		{"Comments", "Left company", true},
		{"Notes", "RESIGNED - see email", true},
		{"Notes", "Replaces Bo Li, who was terminated", false},
		{"Notes", "Left-handed", false},
		{"Notes", "OSHA 30", false},
		{"Active", "No", true},
		{"ActiveYN", "N", true},
		{"Active?", "Inactive", true},
		{"Aktiv", "nein", true},
		{"Actif", "oui", false},
		{"Active", "Contractor", false},
		{"Active", "Yes", false},
		{"Active", "", false},
		{"Terminated", "X", true},
		{"Inactive", "No", false},
		{"Terminated", "3/1/2026", true},
		{"Termination Date", "3/1/2026", true},
		{"Termination Date", "2026-03-01", true},
		{"Term Date", "2026-03-01 00:00:00", true},
		{"Phone", "Terminated", false},
		{"Term Date", "11/26/2026", true},
		{"Term Date", "11/27/2026", false},
		{"Term Date", "12/31/9999", false},
		{"Term Date", "00/00/0000", false},
		{"Term Date", "N/A", false},
		{"Term Date", "Active", false},
		{"Term Date", "45000", true},
		{"Termination Date", "4-Mar-25", true},
		{"Fecha de baja", "01/03/2025", true},
		{"Austrittsdatum", "01.03.2025", true},
		{"Austrittsdatum", "31.12.2099", false},
		{"Date de sortie", "01/03/2025", true},
		{"Data de demissão", "01/03/2025", true},
		{"Status", "T", true},
		{"EMP_STATUS", "I", true},
		{"Status", "A", false},
		{"Status", "L", false},
		{"Notes", "T", false},
		{"Position Status", "Deceased", true},
		{"Status", "Disabled", true},
		{"Notes", "Disabled veteran", false},
		{"Status", "No Show", true},
		{"Status", "Rescinded Offer", true},
		{"Status", "Pending Hire", false},
		{"Status", "Zwolniony", true},
		{"Archived", "Yes", true},
		{"Released", "10/01/2025", true},
		{"Deleted At", "2026-01-02T10:00:00Z", true},
		{"Enabled", "false", true},
		{"term_date", "20260901", true},
		{"term_date", "20991231", false},
		{"term_date", "00000000", false},
	}
	for _, tt := range tests {
		t.Run(tt.heading+" "+tt.cell, func(t *testing.T) {
			t.Parallel()
			m := detect(t, mapping.Options{}, "First Name|Last Name|"+tt.heading, "Ann|Lee|"+tt.cell)
			for range 2 { // what was looked at before is remembered
				column, cell, got := m.Departed([]string{"Ann", "Lee", tt.cell}, today)
				if got != tt.want {
					t.Fatalf("got %t, want %t", got, tt.want)
				}
				if got && (column != 2 || cell != tt.cell) {
					t.Errorf("in column %d: %q", column, cell)
				}
			}
		})
	}
}

// The line that leaves such rows out does so, however the column is called.
func TestWithout(t *testing.T) {
	t.Parallel()
	for _, heading := range []string{"Status", "Employment Status", `"Status"`, "Status #", "Status: ", "Status\nCode", "Employee's Status", `Status\`} {
		t.Run(heading, func(t *testing.T) {
			t.Parallel()
			header := []string{"First Name", "Last Name", heading}
			m, err := mapping.Detect(header, nil, mapping.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if _, _, left := m.Departed([]string{"Ann", "Lee", "Terminated"}, time.Now()); !left {
				t.Skip("it is no such column")
			}
			for _, cells := range [][]string{{"Terminated"}, {"Terminated", `"Resigned"`, "Left: gone #2"}} {
				line, more := m.Without(2, cells)
				if more || line == "" {
					t.Fatalf("%q, to be added %t", line, more)
				}
				written := bound(t, "fields:\n  first_name: {column: First Name}\n  last_name: {column: Last Name}\n"+line+"\n", mapping.Options{}, header...)
				for _, cell := range append(cells, "Active") {
					keep, problem := written.Keep([]string{"Ann", "Lee", cell})
					if problem != nil || keep != (cell == "Active") {
						t.Errorf("%s\nkeeps %q: %t %v", line, cell, keep, problem)
					}
				}
				if _, _, left := written.Departed([]string{"Ann", "Lee", "Terminated"}, time.Now()); left {
					t.Error("where looks at the column, and it is remarked on nevertheless")
				}
			}
		})
	}
}

// A column that a field takes, or another one of the same heading, is not asked
// for a where that could not be written.
func TestWithoutWhereNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	m := detect(t, mapping.Options{}, "First Name|Last Name|Status|Status", "Ann|Lee|Terminated|x", "Bo|Li|Active|y")
	column, _, left := m.Departed([]string{"Ann", "Lee", "Terminated", "x"}, time.Now())
	if line, _ := m.Without(column, []string{"Terminated"}); !left || line != "" {
		t.Errorf("left %t, %q", left, line)
	}
}

// The end of a week or a contract stands in every row: nobody has left.
func TestEndOfPeriod(t *testing.T) {
	t.Parallel()
	same := detect(t, mapping.Options{}, "First Name|Last Name|End Date", "Ann|Lee|1/5/2024", "Bo|Li|1/5/2024", "Cy|Ray|1/5/2024")
	if _, _, left := same.Departed([]string{"Ann", "Lee", "1/5/2024"}, time.Now()); left {
		t.Error("the end of a period is taken for when somebody left")
	}
	mixed := detect(t, mapping.Options{}, "First Name|Last Name|End Date", "Ann|Lee|1/5/2024", "Bo|Li|", "Cy|Ray|1/5/2024")
	if _, _, left := mixed.Departed([]string{"Ann", "Lee", "1/5/2024"}, time.Now()); !left {
		t.Error("no remark")
	}
}
