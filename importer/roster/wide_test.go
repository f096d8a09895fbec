package roster_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/importer/roster"
)

// far writes a cell that stands alone in its column.
func far(cell string) string {
	return fmt.Sprintf(`<c r="%s" t="inlineStr"><is><t>stray</t></is></c></row>`, cell)
}

// TestFarCells holds that a stray cell at the end of a sheet costs nothing and
// is told.
func TestFarCells(t *testing.T) {
	t.Parallel()
	ana, bo := rowXML(2, "Ana", "Silva", "1"), rowXML(3, "Bo", "Li", "2")
	with := func(row, cell string) string { return strings.TrimSuffix(row, "</row>") + far(cell) }
	people := []line{{2, "Ana|Silva|1", ""}, {3, "Bo|Li|2", ""}}
	told := func(cell string) string {
		return "cells far to the right of the headings are not read, such as " + cell
	}
	for name, test := range map[string]struct {
		rows   string
		want   []line
		remark string
	}{
		"beside a person":        {headings + ana + with(bo, "XFD3"), people, told("XFD3")},
		"beside the headings":    {with(headings, "XFD1") + ana + bo, people, told("XFD1")},
		"above the headings":     {`<row r="1">` + far("XFD1") + rowXML(2, "First Name", "Last Name", "Employee ID") + bo, people[1:], told("XFD1")},
		"in a row of its own":    {headings + ana + bo + `<row r="70">` + far("XFD70"), people, told("XFD70")},
		"in the last cell":       {headings + ana + bo + `<row r="1048576">` + far("XFD1048576"), people, told("XFD1048576")},
		"near enough to be read": {headings + ana + with(bo, "E3"), []line{people[0], {3, "Bo|Li|2||stray", ""}}, ""},
		"in the last row": {
			headings + ana + bo + rowXML(1048576, "stray"),
			append(people[:2:2], line{1048576, "stray||", ""}), "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, single(sheetXML(test.rows)).write(t), roster.Options{})
			if diff := cmp.Diff([]string{"First Name", "Last Name", "Employee ID"}, r.Header()); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.want, lines(t, r)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if got := strings.Join(r.Remarks(), "; "); got != test.remark {
				t.Errorf("remarks %q, want %q", got, test.remark)
			}
		})
	}
}

// TestTooManyHeadings holds that results find room for their own columns.
func TestTooManyHeadings(t *testing.T) {
	t.Parallel()
	wide := make([]string, 16379)
	for i := range wide {
		wide[i] = fmt.Sprint("Heading ", i)
	}
	wide[0], wide[1] = "First Name", "Last Name"
	sheet := single(sheetXML(rowXML(1, wide...) + rowXML(2, "Ana", "Silva"))).write(t)
	text := write(t, "crew.csv", strings.Join(wide, ",")+"\nAna,Silva\n")
	for _, path := range []string{sheet, text} {
		r, err := roster.Open(path, roster.Options{Heading: heading, HeaderRow: 1})
		if err == nil {
			r.Close()
			t.Fatalf("%s was read", path)
		}
		if got := code(t, err); got != roster.CodeTooManyColumns {
			t.Errorf("code %s: %v", got, err)
		}
	}
}
