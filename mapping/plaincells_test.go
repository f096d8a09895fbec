package mapping_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/mapping"
)

// A Mapper remembers cells. What a row says does not depend on the rows before.
func TestRowsBeforeDoNotMatter(t *testing.T) {
	t.Parallel()
	file, err := load(t, `fields:
  first_name: {column: First Name, transform: name_case}
  last_name: {column: Last Name}
  job_title: {column: Job Title, default: Laborer}
  is_employee: {column: Is Employee, inverted: true}
`)
	if err != nil {
		t.Fatal(err)
	}
	newMapper := func() *mapping.Mapper {
		m, err := file.Bind([]string{"First Name", "Last Name", "Job Title", "Is Employee"}, mapping.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	cells := []string{
		"", "Ana", "ANA", "Ruiz", "José", "Ann Lee", "Bob (Bobby)", "Dr. Ann", "Smith née Jones", "N/A", "null", "NULL", "Null", "?", "x", "0", "-", "TBD",
		"Lead", "L", "Foreman", "Vacant", "yes", "no", "X", "Employee", "Contractor", "3/4/2026", "123-45-6789", "=A1", " Ana", "Ana\u200b", "#N/A", "e.g. John", "Ann Lee, Foreman", "* Ann",
	}
	used := newMapper()
	for _, first := range cells {
		for _, other := range cells {
			for _, kind := range []mapping.Kind{mapping.Text, mapping.Date} {
				row, kinds := []string{first, other, first, other}, []mapping.Kind{kind, kind, kind, kind}
				var want, got mapping.Person
				problems := newMapper().Map(row, kinds, &want)
				for range 2 {
					if diff := cmp.Diff(problems, used.Map(row, kinds, &got)) + cmp.Diff(want, got); diff != "" {
						t.Fatalf("%q of kind %d: %s", row, kind, diff)
					}
				}
			}
		}
	}
}
