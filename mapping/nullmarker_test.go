package mapping_test

import (
	"strings"
	"testing"

	"muster/mapping"
)

// What databases and data frames write for nothing is an empty cell of an optional
// field, in any case of letters and in brackets.
func TestNullMarkers(t *testing.T) {
	t.Parallel()
	mapper := detect(t, mapping.Options{}, "First Name|Last Name|Employee ID|External ID|Job Title")
	markers := []string{
		"nan", "NaN", "NAN", `\N`, `\n`, "NA", "N/A", "NULL", "Null", "[NULL]", "(null)", "<null>", "<NA>", "None", "NONE", "undefined", "Undefined", "{none}", "-", "--",
		"#N/A", "#NV", "NaT", "nil", "(blank)", "<empty>", "N.A.", "n/d", "S/D", "k.A.", "n.v.t.", "sin dato", "Keine Angabe",
	}
	for _, text := range markers {
		cells := []string{"Ann", "Lee", text, text, text}
		var p mapping.Person
		if problems := mapper.Map(cells, nil, &p); len(problems) > 0 || p.EmployeeID+p.OriginID+p.JobTitle != "" {
			t.Errorf("%s: IDs %q, %q, title %q, %v", text, p.EmployeeID, p.OriginID, p.JobTitle, problems)
		}
		n := 0
		for range mapper.NullMarkers(cells) {
			n++
		}
		if n != 3 {
			t.Errorf("%s is noted in %d fields", text, n)
		}
	}
	for _, text := range []string{"UNKNOWN", "unknown", "0", "00000", "Unbekannt", "desconocido", "INCONNU", "[unknown]", "not assigned", "pending", "NEW", "S/N", "en cours", "folgt", "see HR"} {
		var p mapping.Person
		if problems := mapper.Map([]string{"Ann", "Lee", text, text, text}, nil, &p); len(problems) > 0 || p.EmployeeID+p.OriginID != "" || p.JobTitle != text {
			t.Errorf("%s: IDs %q, %q, title %q, %v", text, p.EmployeeID, p.OriginID, p.JobTitle, problems)
		}
	}
	for _, text := range []string{"00100", "NA-7", "N1", "10000", "O"} {
		var p mapping.Person
		if mapper.Map([]string{"Ann", "Lee", text, "", ""}, nil, &p); p.EmployeeID != text {
			t.Errorf("%s: ID %q", text, p.EmployeeID)
		}
	}
}

// A word for nothing is no name, and no half of a name. Null, Nan, Na and Nil are
// names if written so.
func TestNullNames(t *testing.T) {
	t.Parallel()
	two := detect(t, mapping.Options{}, "First Name|Last Name")
	full := detect(t, mapping.Options{}, "Full Name")
	refused := func(m *mapping.Mapper, cells ...string) {
		t.Helper()
		var p mapping.Person
		if problems := m.Map(cells, nil, &p); len(problems) == 0 {
			t.Errorf("%q was read as %q, %q", cells, p.FirstName, p.LastName)
		}
	}
	for _, null := range []string{
		"NULL", "null", "nan", "NaN", "NAN", "NA", "na", "N/A", "n/a", "#N/A", `\N`, "None", "NONE", "none", "undefined", "Undefined", "(null)", "[NULL]", "<NA>", "<null>",
		"{None}", "-", "--", "nil", "(Null)", "[Nan]",
	} {
		refused(two, null, "Garrido")
		refused(two, "Maria", null)
		refused(two, null, null)
		refused(full, null)
		refused(full, "Maria "+null)
		refused(full, null+" Garrido")
		refused(full, "Garrido, "+null)
		refused(full, null+", Maria")
		refused(full, null+" "+null)
	}
	for _, name := range []string{"Null Garrido", "Nan Null", "Null Null", "Nan Nan", "null nan"} {
		first, last, _ := strings.Cut(name, " ")
		refused(two, first, last)
	}
	for _, name := range []string{"Jennifer Null", "Fay Null", "Ann Nan", "Nan Ottesen", "Na Li", "NA LI", "NAN OTTESEN", "Nil Olmedo", "Li Na", "Nanette Nullmeyer"} {
		first, last, _ := strings.Cut(name, " ")
		for _, cells := range [][]string{{first, last}, {name}, {last + ", " + first}} {
			m := full
			if len(cells) == 2 {
				m = two
			}
			var p mapping.Person
			if problems := m.Map(cells, nil, &p); len(problems) > 0 || p.FirstName+p.LastName != first+last && p.FirstName+p.LastName != last+first {
				t.Errorf("%q: %q, %q, %v", cells, p.FirstName, p.LastName, problems)
			}
		}
	}
	var p mapping.Person
	if problems := two.Map([]string{"Ann", "'None'"}, nil, &p); len(problems) > 0 || p.LastName != "None" {
		t.Errorf("in quotes: %q, %v", p.LastName, problems)
	}
	cased := bound(t, "fields:\n  first_name: {column: First}\n  last_name: {column: Last, transform: name_case}\n", mapping.Options{}, "First", "Last")
	refused(cased, "MARIA", "NULL")
}

// A second last name that is a word for nothing is no part of the last name.
func TestNullSecondLastName(t *testing.T) {
	t.Parallel()
	m := detect(t, mapping.Options{}, "Nombre|Apellido paterno|Apellido materno")
	for _, null := range []string{"NULL", "nan", `\N`, "None", "<NA>", "[null]", "N/A", "-"} {
		var p mapping.Person
		if problems := m.Map([]string{"Ana", "Olmedo", null}, nil, &p); len(problems) > 0 || p.LastName != "Olmedo" {
			t.Errorf("%s: %q, %v", null, p.LastName, problems)
		}
	}
}
