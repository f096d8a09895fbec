package roster_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/importer/roster"
)

// TestHeadingsOverTwoRows reads the same rows from CSV and from a workbook.
func TestHeadingsOverTwoRows(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rows  []string
		after string // of the sheet, for merged cells
		row   int
		want  string
		first string // row below
	}{
		"groups over all columns": {
			[]string{"Employee||Contact|", "Last Name|First Name|Phone|Notes", "Silva|Ana|555|x"},
			"",
			2, "Last Name|First Name|Phone|Notes", "Silva|Ana|555|x",
		},
		"a group among single headings": {
			[]string{"Emp #|Employee Name||Craft", "|First Name|Last Name|", "7|Ana|Silva|Laborer"},
			"",
			2, "Emp #|First Name|Last Name|Craft", "7|Ana|Silva|Laborer",
		},
		"the same, merged": {
			[]string{"Emp #|Employee Name||Craft", "|First Name|Last Name|", "7|Ana|Silva|Laborer"},
			`<mergeCells><mergeCell ref="A1:A2"/><mergeCell ref="B1:C1"/><mergeCell ref="D1:D2"/></mergeCells>`,
			2, "Emp #|First Name|Last Name|Craft", "7|Ana|Silva|Laborer",
		},
		"headings in two pieces": {
			[]string{"First|Last|Job|Badge", "Name|Name|Title|No.", "Ana|Silva|Foreman|7"},
			"",
			2, "First Name|Last Name|Job Title|Badge No.", "Ana|Silva|Foreman|7",
		},
		"below a letterhead": {
			[]string{"ACME|||", "Project:|Harbor||", "Emp #|Employee Name||Craft", "|First Name|Last Name|", "7|Ana|Silva|Laborer"},
			"",
			4, "Emp #|First Name|Last Name|Craft", "7|Ana|Silva|Laborer",
		},
		"the same heading in two groups": {
			[]string{"Emp #|Worker||In an emergency|", "|First Name|Last Name|First Name|Phone", "7|Ana|Silva|Eva|555"},
			"",
			2, "Emp #|Worker First Name|Last Name|In an emergency First Name|Phone", "7|Ana|Silva|Eva|555",
		},
		"columns of hours": {
			[]string{"Emp #|Employee Name||Hours||", "|First Name|Last Name|Mon|Tue|Craft", "7|Ana|Silva|8|8|Laborer"},
			"",
			2, "Emp #|First Name|Last Name|Hours Mon|Hours Tue|Craft", "7|Ana|Silva|8|8|Laborer",
		},
		"columns that have no heading alone": {
			[]string{"No|Employee Name|Shifts|", "||1|2", "1|Ana Silva|d|n", "2|Bo Li|n|d"},
			"",
			2, "No|Employee Name|Shifts 1|Shifts 2", "1|Ana Silva|d|n",
		},
		"the same, merged downwards": {
			[]string{"No|Employee Name|Shifts|", "||1|2", "1|Ana Silva|d|n", "2|Bo Li|n|d"},
			`<mergeCells><mergeCell ref="A1:A2"/><mergeCell ref="B1:B2"/><mergeCell ref="C1:D1"/></mergeCells>`,
			2, "No|Employee Name|Shifts 1|Shifts 2", "1|Ana Silva|d|n",
		},
		"one row, and a row without a name below": {
			[]string{"No|Employee Name|Shifts|Notes", "||1|2", "1|Ana Silva|d|n"},
			"",
			1, "No|Employee Name|Shifts|Notes", "||1|2",
		},
		"one row, and a person below": {
			[]string{"First Name|Last Name|Craft|", "Ana|Silva|Trade|Foreman", "Bo|Li|Laborer|"},
			"",
			1, "First Name|Last Name|Craft", "Ana|Silva|Trade|Foreman",
		},
		"one row, a letterhead's word above": {
			[]string{"Project||", "First Name|Last Name|Craft", "Ana|Silva|Laborer"},
			"",
			2, "First Name|Last Name|Craft", "Ana|Silva|Laborer",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sheet, text strings.Builder
			for i, row := range test.rows {
				sheet.WriteString(rowXML(i+1, strings.Split(row, "|")...))
				text.WriteString(strings.ReplaceAll(row, "|", ",") + "\n")
			}
			paths := []string{single(sheetXML(sheet.String(), test.after)).write(t)}
			if test.after == "" {
				paths = append(paths, write(t, "crew.csv", text.String()))
			}
			for _, path := range paths {
				r := open(t, path, roster.Options{})
				header := strings.TrimRight(strings.Join(r.Header(), "|"), "|")
				if header != test.want || r.HeaderRow() != test.row {
					t.Errorf("header row %d, want %d: %q, want %q", r.HeaderRow(), test.row, header, test.want)
				}
				if got := strings.TrimRight(lines(t, r)[0].Cells, "|"); got != test.first {
					t.Errorf("first row %q, want %q", got, test.first)
				}
			}
		})
	}
}

// TestHeadingsAgain holds that headings are not imported as people.
func TestHeadingsAgain(t *testing.T) {
	t.Parallel()
	const again = "the headings again, not a person"
	for name, test := range map[string]struct {
		content string
		want    []line
	}{
		"in a second language": {
			"First Name,Last Name,Job Title\nNombre,Apellidos,Puesto\nAna,Silva,x\n",
			[]line{{2, "Nombre|Apellidos|Puesto", again}, {3, "Ana|Silva|x", ""}},
		},
		"two rows on each page": {
			"Emp #,Employee Name,,Craft\n,First Name,Last Name,\n7,Ana,Silva,x\nEmp #,Employee Name,,Craft\n,First Name,Last Name,\n8,Bo,Li,y\n",
			[]line{{3, "7|Ana|Silva|x", ""}, {4, "Emp #|Employee Name||Craft", again}, {5, "|First Name|Last Name|", again}, {6, "8|Bo|Li|y", ""}},
		},
		"of a file that was copied behind": {
			"\uFEFFFirst Name,Last Name\nAna,Silva\n\uFEFFFirst Name,Last Name\nBo,Li\n",
			[]line{{2, "Ana|Silva", ""}, {3, "\uFEFFFirst Name|Last Name", again}, {4, "Bo|Li", ""}},
		},
		"below a mark that was read as Windows-1252": {
			"ï»¿First Name,Last Name\nFirst Name,Last Name\nAna,Silva\n", []line{{2, "First Name|Last Name", again}, {3, "Ana|Silva", ""}},
		},
		"of such a file, quoted": {
			"\uFEFF\"First Name\",\"Last Name\"\r\n\"Ana\",\"Silva\"\r\n\uFEFF\"First Name\",\"Last Name\"\r\n\"Bo\",\"Li\"\r\n\uFEFF\"Cy\",\"Ray\"\r\n",
			[]line{{2, "Ana|Silva", ""}, {3, "First Name|Last Name", again}, {4, "Bo|Li", ""}, {5, "Cy|Ray", ""}},
		},
		"in another case": {
			"First Name,Last Name\nAna,Silva\nFIRST NAME, last name \nBo,Li\n",
			[]line{{2, "Ana|Silva", ""}, {3, "FIRST NAME| last name ", again}, {4, "Bo|Li", ""}},
		},
		"some of them": {
			"First Name,Last Name,Job Title\nAna,Silva,x\nFirst Name,Last Name,\nBo,Li,y\n",
			[]line{{2, "Ana|Silva|x", ""}, {3, "First Name|Last Name|", again}, {4, "Bo|Li|y", ""}},
		},
		"a title of that name": {
			"First Name,Last Name,Trade\nAna,Silva,Trade\n",
			[]line{{2, "Ana|Silva|Trade", ""}},
		},
		"a person of that name": {
			"First Name,Last Name,Job Title\nAna,Surname,Foreman\n",
			[]line{{2, "Ana|Surname|Foreman", ""}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, write(t, "crew.csv", test.content), roster.Options{})
			if diff := cmp.Diff(test.want, lines(t, r)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOneColumn(t *testing.T) {
	t.Parallel()
	const remark = "read as one column, because there is only one heading: what looks like delimiters is part of its cells"
	for name, test := range map[string]struct {
		content, want, remark string // want is the rows, or a code
	}{
		"names with commas":      {"Name\nGARCIA, Maria\n\"LI, Bo\"\nAnn Lee\n", "GARCIA, Maria;LI, Bo;Ann Lee", remark},
		"suffixes":               {"Name\nGARCIA, Maria\nLI, Bo\nSMITH, Al, Jr.\nRAY, Cy\n", "GARCIA, Maria;LI, Bo;SMITH, Al, Jr.;RAY, Cy", remark},
		"below a letterhead":     {"Harbor Tower, Pier 9\n\nEmployee Name\nGARCIA, Maria\nLI, Bo\n", "GARCIA, Maria;LI, Bo", remark},
		"semicolons":             {"Name\nGARCIA; Maria\nLI; Bo\n", "GARCIA; Maria;LI; Bo", remark},
		"without commas":         {"Name\nMaria Garcia\nBo Li\n", "Maria Garcia;Bo Li", ""},
		"quoted":                 {"\"Name\"\n\"GARCIA, Maria\"\n\"LI, Bo\"\n", "GARCIA, Maria;LI, Bo", ""},
		"stray quotes":           {"Name\nGARCIA, \"Mia\" Maria\nLI, Bo\n", "GARCIA, \"Mia\" Maria;LI, Bo", remark},
		"headings that are lost": {"Name\nGarcia,Maria,Foreman,7\nLi,Bo,Laborer,8\n", roster.CodeNoHeader, ""},
		"no heading":             {"GARCIA, Maria\nLI, Bo\n", roster.CodeNoHeader, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := write(t, "crew.csv", test.content)
			r, err := roster.Open(path, roster.Options{Heading: heading})
			if err != nil {
				if got := code(t, err); got != test.want {
					t.Errorf("code %s, want %s: %v", got, test.want, err)
				}
				return
			}
			defer r.Close()
			var got []string
			for _, l := range lines(t, r) {
				got = append(got, l.Cells)
			}
			if diff := cmp.Diff(test.want, strings.Join(got, ";")); diff != "" || r.Delimiter() != "," {
				t.Errorf("delimiter %q, rows (-want +got):\n%s", r.Delimiter(), diff)
			}
			if got := strings.Join(r.Remarks(), "; "); got != test.remark {
				t.Errorf("remarks %q, want %q", got, test.remark)
			}
		})
	}
}

// TestOneHeading reads tables of which only the first heading is known.
func TestOneHeading(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ content, want string }{
		"a matrix of training":               {"Employee Name,Fall Protection,CPR\nAna Silva,3/1/26,\nBo Li,,X\n", ""},
		"the same, further down":             {"Harbor Tower\nEmployee Name,Fall Protection,CPR\nAna Silva,3/1/26,\n", ""},
		"a person's row":                     {"Ana Silva,Name,CPR\nBo Li,x,X\n", roster.CodeNoHeader},
		"a heading that is there twice":      {"Name,Name,CPR\nBo Li,x,X\n", roster.CodeNoHeader},
		"narrower than the rows":             {"Name,Rank,Serial\nAna Silva,Foreman,1,2\n", roster.CodeNoHeader},
		"between unknown ones":               {"Zone,Full Name,Yard\nNorth,Ana Silva,12\nSouth,Bo Li,13\n", ""},
		"below a letterhead of headings":     {"Project,Harbor,Start Date,2026-01-02\n\nEmployee Name,Fall Protection,CPR,X\nAna Silva,3/1/26,4,\nBo Li,,5,y\n", ""},
		"cells that repeat the heading":      {"Ana Silva,Worker,7\nBo Li,Worker,8\n", roster.CodeNoHeader},
		"no row of another kind":             {"Zone,Name,Yard\nNorth,Ana,East\n", roster.CodeNoHeader},
		"two rows alike":                     {"Name,Boss,Yard\nWorker,Chief,Depot\nAna Silva,Bo Li,12\nCy Ray,Bo Li,13\n", roster.CodeHeaderAmbiguous},
		"two tables alike":                   {"Name,Trade,Yard\nAna Silva,Mason,7\nFull Name,Craft,Depot\nBo Li,Mason,8\n", roster.CodeHeaderAmbiguous},
		"people who stand beside each other": {"Name,Ana Silva,Bo Li\nTitle,Foreman,Helper\n", roster.CodeNoHeader},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := roster.Open(write(t, "crew.csv", test.content), roster.Options{Heading: heading})
			got := ""
			if err != nil {
				got = code(t, err)
			} else if err := r.Close(); err != nil {
				t.Error(err)
			}
			if got != test.want {
				t.Errorf("code %q, want %q: %v", got, test.want, err)
			}
		})
	}
}

// TestAnotherTable holds that people are not read by the headings of others.
func TestAnotherTable(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		below string
		want  string
	}{
		"the same columns in another order": {"Last Name,First Name,Job Title\nLi,Bo,x\n", roster.CodeAnotherTable},
		"columns of another table":          {"Name,Phone\nLi,7\n", roster.CodeAnotherTable},
		"other columns":                     {"Last Name,Employee ID\nLi,7\n", roster.CodeAnotherTable},
		"the same columns":                  {"First Name,Last Name,Job Title\nBo,Li,x\n", ""},
		"a person of such a name":           {"Last Name,Li,x\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, write(t, "crew.csv", "First Name,Last Name,Job Title\nAna,Silva,x\n\n"+test.below), roster.Options{})
			got := ""
			for _, err := range r.Rows() {
				if err != nil {
					got = code(t, err)
				}
			}
			if got != test.want {
				t.Errorf("code %q, want %q", got, test.want)
			}
		})
	}
}
