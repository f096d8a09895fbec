package mapping_test

import (
	"testing"

	"muster/mapping"
)

func TestLeftCompany(t *testing.T) {
	t.Parallel()
	tests := []struct {
		heading, cell string
		want          bool
	}{
		{"Employment Status", "Terminated", true},
		{"EMPLOYEE_STATUS", "inactive", true},
		{"Status", "Terminated 03/04/2025", true},
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
		{"Phone", "Terminated", false},
		{"Status", "A", false},
		{"Status", "L", false},
		{"Position Status", "Deceased", true},
		{"Status", "Disabled", true},
		{"Status", "No Show", true},
		{"Status", "Rescinded Offer", true},
		{"Status", "Pending Hire", false},
		{"Status", "Zwolniony", true},
		{"Archived", "Yes", true},
		{"Enabled", "false", true},
		{"Status", "T", false},
		{"Notes", "Terminated", false},
		{"Termination Date", "3/1/2026", false},
		{"Status", "Term", true},
	}
	for _, tt := range tests {
		t.Run(tt.heading+" "+tt.cell, func(t *testing.T) {
			t.Parallel()
			m := detect(t, mapping.Options{}, "First Name|Last Name|"+tt.heading, "Ann|Lee|"+tt.cell)
			column, cell, got := m.LeftCompany([]string{"Ann", "Lee", tt.cell})
			if got != tt.want {
				t.Fatalf("got %t, want %t", got, tt.want)
			}
			if got && (column != 2 || cell != tt.cell) {
				t.Errorf("in column %d: %q", column, cell)
			}
		})
	}
}

// ExcludeExpr gives a line that leaves such rows out, whatever the heading is.
func TestExcludeExpr(t *testing.T) {
	t.Parallel()
	for _, heading := range []string{"Status", "Employment Status", `"Status"`, "Status #", "Status: ", "Status\nCode", "Employee's Status", `Status\`} {
		t.Run(heading, func(t *testing.T) {
			t.Parallel()
			header := []string{"First Name", "Last Name", heading}
			m, err := mapping.Detect(header, nil, mapping.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if _, _, left := m.LeftCompany([]string{"Ann", "Lee", "Terminated"}); !left {
				t.Skip("no status heading")
			}
			for _, cells := range [][]string{{"Terminated"}, {"Terminated", `"Resigned"`, "Left: gone #2"}} {
				line, add := m.ExcludeExpr(2, cells)
				if add || line == "" {
					t.Fatalf("%q, to be added %t", line, add)
				}
				written := bound(t, "fields:\n  first_name: {column: First Name}\n  last_name: {column: Last Name}\n"+line+"\n", mapping.Options{}, header...)
				for _, cell := range append(cells, "Active") {
					keep, problem := written.Keep([]string{"Ann", "Lee", cell})
					if problem != nil || keep != (cell == "Active") {
						t.Errorf("%s\nkeeps %q: %t %v", line, cell, keep, problem)
					}
				}
				if _, _, left := written.LeftCompany([]string{"Ann", "Lee", "Terminated"}); left {
					t.Error("LeftCompany reports a column that the where reads")
				}
			}
		})
	}
}

// ExcludeExpr gives no line where a mapping file can't name the column.
func TestExcludeExprOfTwoColumns(t *testing.T) {
	t.Parallel()
	m := detect(t, mapping.Options{}, "First Name|Last Name|Status|Status", "Ann|Lee|Terminated|x", "Bo|Li|Active|y")
	column, _, left := m.LeftCompany([]string{"Ann", "Lee", "Terminated", "x"})
	if line, _ := m.ExcludeExpr(column, []string{"Terminated"}); !left || line != "" {
		t.Errorf("left %t, %q", left, line)
	}
}
