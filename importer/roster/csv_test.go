package roster_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/importer/fault"
	"muster/importer/roster"
	"muster/importer/workbook"
)

func TestCSVRows(t *testing.T) {
	t.Parallel()
	const header = "First Name,Last Name,Job Title\n"
	for name, test := range map[string]struct {
		content string
		want    []line
	}{
		"blank lines count and are no rows": {
			header + "\n\nAna,Silva,Laborer\n,,\n  ,\t,\u00a0\nBo,Li,Carpenter\n\n\n",
			[]line{{4, "Ana|Silva|Laborer", ""}, {7, "Bo|Li|Carpenter", ""}},
		},
		"a record of several lines is one row": {
			header + "Ana,\"Sil\nva\",\"a\nb\"\nBo,Li,Carpenter\n",
			[]line{{2, "Ana|Sil\nva|a\nb", ""}, {3, "Bo|Li|Carpenter", ""}},
		},
		"blank lines behind a record of several lines": {
			header + "Ana,Silva,\"a\n\n\nb\"\n\n\"B\no\",Li,x\n",
			[]line{{2, "Ana|Silva|a\n\n\nb", ""}, {4, "B\no|Li|x", ""}},
		},
		"CRLF in quotes counts once": {
			"First Name,Last Name,Job Title\r\nAna,Silva,\"a\r\nb\"\r\n\r\nBo,Li,x\r\n",
			[]line{{2, "Ana|Silva|a\nb", ""}, {4, "Bo|Li|x", ""}},
		},
		"short and long rows": {
			header + "Ana\nBo,Li,Carpenter,extra,cells\n",
			[]line{{2, "Ana||", ""}, {3, "Bo|Li|Carpenter|extra|cells", ""}},
		},
		"NULs of a crash are no blank line": {
			header + "Ana,S\x00lva,x\nBo,Li,y\n\x00\x00\x00\x00",
			[]line{{2, "Ana|S\x00lva|x", ""}, {3, "Bo|Li|y", ""}, {4, "\x00\x00\x00\x00||", ""}},
		},
		"no line end at the end": {
			header + "Ana,Silva,x",
			[]line{{2, "Ana|Silva|x", ""}},
		},
		"CR alone ends lines, also among LF": {
			"First Name,Last Name,Job Title\rAna,Silva,x\rBo,Li,y\nCy,Ray,\"a\rb\"\r\nDee,Fox,z\r",
			[]line{{2, "Ana|Silva|x", ""}, {3, "Bo|Li|y", ""}, {4, "Cy|Ray|a\nb", ""}, {5, "Dee|Fox|z", ""}},
		},
		"a quote never closed costs its line": {
			header + "Ana,\"Silva,x\nBo,Li,y\nCy,Ray,z\n",
			[]line{{2, `Ana|"Silva|x`, "quote_unclosed B2"}, {3, "Bo|Li|y", ""}, {4, "Cy|Ray|z", ""}},
		},
		"a quote closed by the quote of a later row": {
			header + "Ana,\"Silva,x\nBo,Li,y\nCy,\"Ray\",z\n",
			[]line{{2, `Ana|"Silva|x`, "quote_unclosed B2"}, {3, "Bo|Li|y", ""}, {4, "Cy|Ray|z", ""}},
		},
		"a quote closed at the end of a later row": {
			header + "Ana,\"Silva,x\nBo,Li,y\nCy,Ray,z\"\nDee,Fox,w\n",
			[]line{{2, `Ana|"Silva|x`, "quote_unclosed B2"}, {3, "Bo|Li|y", ""}, {4, `Cy|Ray|z"`, "quote_stray C4"}, {5, "Dee|Fox|w", ""}},
		},
		"a first column named ID": {
			"ID;Prénom;Nom\n7;Luc;Morel\n",
			[]line{{2, "7|Luc|Morel", ""}},
		},
		"a first column named ID, with IDs as in a SYLK file": {
			"ID;Prénom;Nom\nC;Luc;Morel\nP;Zoé;Roy\n",
			[]line{{2, "C|Luc|Morel", ""}, {3, "P|Zoé|Roy", ""}},
		},
		"stray quotes": {
			header + "Dee,Fox,5\" pipe\nCy,\"Ray\" Jr,\"Lead, \"\"A\"\"\"\nBo,Li,y\n",
			[]line{{2, `Dee|Fox|5" pipe`, "quote_stray C2"}, {3, `Cy|"Ray" Jr|Lead, "A"`, "quote_stray B3"}, {4, "Bo|Li|y", ""}},
		},
		"damage in the last line, which has no end": {
			header + "Ana,\"Silva,x\n\nBo,Li,y\"",
			[]line{{2, `Ana|"Silva|x`, "quote_unclosed B2"}, {4, `Bo|Li|y"`, "quote_stray C4"}},
		},
		"blank lines before and behind damage count": {
			header + "\nAna,\"Silva\n\n\r\nBo,Li,y\n",
			[]line{{3, `Ana|"Silva|`, "quote_unclosed B3"}, {6, "Bo|Li|y", ""}},
		},
		"a blank before quotes throughout": {
			header + "Ana, \"Silva, Jr\", \"x\"\nBo, Li, y\n",
			[]line{{2, "Ana|Silva, Jr|x", ""}, {3, "Bo|Li|y", ""}},
		},
		"the headings again": {
			header + "Ana,Silva,x\nFirst Name,Last Name,Job Title\nBo,Li,y\n",
			[]line{{2, "Ana|Silva|x", ""}, {3, "First Name|Last Name|Job Title", "the headings again, not a person"}, {4, "Bo|Li|y", ""}},
		},
		"sections and totals": {
			header + "Crew A - Rough-in,,\nAna,Silva,x\nForemen:,,\nBo,Li,y\nTotal,2,\nTotal workers: 2\n",
			[]line{
				{2, "Crew A - Rough-in||", "a section heading, not a person"},
				{3, "Ana|Silva|x", ""},
				{4, "Foremen:||", "a section heading, not a person"},
				{5, "Bo|Li|y", ""},
				{6, "Total|2|", "a total, not a person"},
				{7, "Total workers: 2||", "a total, not a person"},
			},
		},
		"a person with one cell, or named like a total, stays": {
			header + "Ana Silva,,\nCrew,,\nTotal,Ann,\nTeam,Lee,x\n",
			[]line{{2, "Ana Silva||", ""}, {3, "Crew||", ""}, {4, "Total|Ann|", ""}, {5, "Team|Lee|x", ""}},
		},
		"IDs that a spreadsheet shall keep": {
			"First Name,Last Name,Employee ID\nAna,Silva,=\"00123\"\n\"Bo\",\"Li\",\"=\"\"00124\"\"\"\nCy,\"a,=\"\"b\",=x\n=\"Dee\",=\"Fox, Jr\",=\nEve,Orr,\"=1\"\n",
			[]line{{2, "Ana|Silva|00123", ""}, {3, `Bo|Li|="00124"`, ""}, {4, `Cy|a,="b|=x`, ""}, {5, "Dee|Fox, Jr|=", ""}, {6, "Eve|Orr|=1", ""}},
		},
		"sep line is no row": {
			"sep=;\nFirst Name;Last Name\nAna;Silva\n",
			[]line{{2, "Ana|Silva", ""}},
		},
		"letterhead above the header": {
			"ACME ELECTRIC\n\nProject: 1204,,\nFirst Name,Last Name,Job Title\nAna,Silva,x\n",
			[]line{{5, "Ana|Silva|x", ""}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, write(t, "crew.csv", test.content), roster.Options{})
			if diff := cmp.Diff(test.want, lines(t, r)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.want, lines(t, r)); diff != "" {
				t.Errorf("second pass (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHeader(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		content string
		options roster.Options
		row     int
		want    []string
	}{
		"plain":                          {"First Name,Last Name\nAna,Silva\n", roster.Options{}, 1, []string{"First Name", "Last Name"}},
		"trimmed and on one line":        {"\" First\r\nName \",Last Name \nAna,Silva\n", roster.Options{}, 1, []string{"First Name", "Last Name"}},
		"the row with most headings":     {"Name,Project\n\nFirst Name,Last Name,Craft\nAna,Silva,Laborer\n", roster.Options{}, 3, []string{"First Name", "Last Name", "Craft"}},
		"a heading twice counts once":    {"Name,Name,Name\nFirst Name,Last Name,Other\nAna,Silva,x\n", roster.Options{}, 2, []string{"First Name", "Last Name", "Other"}},
		"one column":                     {"Name\nAna Silva\nBo Li\n", roster.Options{}, 1, []string{"Name"}},
		"one heading of two":             {"Full Name,Shoe Size\nAna Silva,38\n", roster.Options{}, 1, []string{"Full Name", "Shoe Size"}},
		"the user's word":                {"First Name,Last Name\nfoo,bar\nAna,Silva\n", roster.Options{HeaderRow: 2}, 2, []string{"foo", "bar"}},
		"the user's word, far below":     {strings.Repeat("x,y\n", 59) + "foo,bar\nAna,Silva\n", roster.Options{HeaderRow: 60}, 60, []string{"foo", "bar"}},
		"semicolon":                      {"First Name;Last Name\nAna;Sil,va\nBo;L,i\n", roster.Options{}, 1, []string{"First Name", "Last Name"}},
		"semicolon, headings with comma": {"Name;Job Title;Hours, paid\nSilva, Ana;x;7,5\n", roster.Options{}, 1, []string{"Name", "Job Title", "Hours, paid"}},
		"tab":                            {"First Name\tLast Name\nAna\tSilva, Jr\n", roster.Options{}, 1, []string{"First Name", "Last Name"}},
		"bar":                            {"First Name|Last Name\nAna|Silva, Jr\n", roster.Options{}, 1, []string{"First Name", "Last Name"}},
		"delimiter in quotes":            {"Name,Job Title\n\"Silva; Ana\",\"a;b;c\"\n\"Li; Bo\",\"a;b;c\"\n", roster.Options{}, 1, []string{"Name", "Job Title"}},
		"delimiter given":                {"First Name:Last Name\nAna:Silva\n", roster.Options{Delimiter: ":"}, 1, []string{"First Name", "Last Name"}},
		"delimiter named tab":            {"First Name\tLast Name\nAna\tSilva\n", roster.Options{Delimiter: "tab"}, 1, []string{"First Name", "Last Name"}},
		"BOM":                            {"\ufeffFirst Name,Last Name\nAna,Silva\n", roster.Options{}, 1, []string{"First Name", "Last Name"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, write(t, "crew.csv", test.content), test.options)
			if diff := cmp.Diff(test.want, r.Header()); diff != "" || r.HeaderRow() != test.row {
				t.Errorf("header row %d, want %d; (-want +got):\n%s", r.HeaderRow(), test.row, diff)
			}
		})
	}
}

func TestRefusedText(t *testing.T) {
	t.Parallel()
	const header = "First Name,Last Name,Job Title\n"
	for name, test := range map[string]struct {
		content string
		options roster.Options
		want    string
	}{
		"empty":                {"", roster.Options{}, roster.CodeFileEmpty},
		"only a BOM":           {"\ufeff", roster.Options{}, roster.CodeFileEmpty},
		"only blanks":          {"\r\n  \r\n", roster.Options{}, roster.CodeFileEmpty},
		"header only":          {header + "\n,,\n", roster.Options{}, roster.CodeHeaderOnly},
		"no header":            {"Ana,Silva,Laborer,100\nBo,Li,Carpenter,101\n", roster.Options{}, roster.CodeNoHeader},
		"header row is blank":  {header + "\nAna,Silva,x\n", roster.Options{HeaderRow: 2}, roster.CodeNoHeader},
		"header row too far":   {header + "Ana,Silva,x\n", roster.Options{HeaderRow: 70}, roster.CodeNoHeader},
		"damaged header":       {"First Name,\"Last Name,Job Title\nAna,Silva,x\n", roster.Options{HeaderRow: 1}, roster.CodeQuoteUnclosed},
		"HTML":                 {"\n <!DOCTYPE html><html><table>", roster.Options{}, roster.CodeNotASpreadsheet},
		"JSON":                 {`[{"first":"Ana"}]`, roster.Options{}, roster.CodeNotASpreadsheet},
		"XML":                  {`<?xml version="1.0"?><people/>`, roster.Options{}, roster.CodeNotASpreadsheet},
		"Excel 2003 XML":       {`<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">`, roster.Options{}, roster.CodeUnsupportedFormat},
		"MHTML":                {"MIME-Version: 1.0\nContent-Type: text/html\n\n<table>", roster.Options{}, roster.CodeNotASpreadsheet},
		"contact cards":        {"BEGIN:VCARD\nFN:Ana Silva\nEND:VCARD\n", roster.Options{}, roster.CodeNotASpreadsheet},
		"Excel 2":              {"\x09\x00\x04\x00\x07\x00\x10\x00", roster.Options{}, roster.CodeUnsupportedFormat},
		"Excel 4":              {"\x09\x04\x06\x00\x00\x00\x10\x00", roster.Options{}, roster.CodeUnsupportedFormat},
		"PDF":                  {"%PDF-1.7\n", roster.Options{}, roster.CodeNotASpreadsheet},
		"RTF":                  {`{\rtf1`, roster.Options{}, roster.CodeNotASpreadsheet},
		"old Excel":            {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600) + "W\x00o\x00r\x00k\x00b\x00o\x00o\x00k\x00", roster.Options{}, roster.CodeUnsupportedFormat},
		"binary":               {header + "Ana\x00\x01\x02,Silva,x\n", roster.Options{}, roster.CodeNotASpreadsheet},
		"NULs in its headings": {"First Name,Last\x00Name\nAna,Silva\n", roster.Options{}, roster.CodeNotASpreadsheet},
		"unknown encoding":     {header + "Ana,Silva,x\n", roster.Options{Encoding: "klingon"}, roster.CodeEncodingUnknown},
		"delimiter of two":     {header + "Ana,Silva,x\n", roster.Options{Delimiter: ";;"}, roster.CodeDelimiterUnknown},
		"delimiter is a quote": {header + "Ana,Silva,x\n", roster.Options{Delimiter: `"`}, roster.CodeDelimiterUnknown},
		"too many columns":     {strings.Repeat("First Name,", 17000) + "\n" + "Ana,Silva\n", roster.Options{HeaderRow: 1}, roster.CodeTooManyColumns},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := test.options
			o.Heading = heading
			r, err := roster.Open(write(t, "crew.csv", test.content), o)
			if err == nil {
				r.Close()
				t.Fatal("no error")
			}
			if got := code(t, err); got != test.want {
				t.Errorf("code %s, want %s: %v", got, test.want, err)
			}
		})
	}
}

func TestNoHeaderShowsTheFirstRowShortened(t *testing.T) {
	t.Parallel()
	content := "Ana,Silva,7,8,9,10,11\n" + strings.Repeat("x", 10) + "\n"
	_, err := roster.Open(write(t, "crew.csv", content), roster.Options{Heading: heading})
	if err == nil || !strings.Contains(err.Error(), "row 1 is: Ana | Silva | 7 | 8 | 9 | …") {
		t.Errorf("error: %v", err)
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]fault.Error{
		"crew.csv: the file is empty":                       {Where: fault.Where{File: "crew.csv"}, Message: "the file is empty"},
		"crew.csv, row 17, column D: quote never closed":    {Where: fault.Where{File: "crew.csv", Row: 17, Cell: "D17"}, Message: "quote never closed"},
		`crew.xlsx, sheet "Crew", row 1: nobody below them`: {Where: fault.Where{File: "crew.xlsx", Sheet: "Crew", Row: 1}, Message: "nobody below them"},
	} {
		if got := e.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestCellName(t *testing.T) {
	t.Parallel()
	for column, want := range map[int]string{0: "A7", 25: "Z7", 26: "AA7", 701: "ZZ7", 702: "AAA7", 16383: "XFD7"} {
		if got := workbook.CellName(7, column); got != want {
			t.Errorf("column %d is %s, want %s", column, got, want)
		}
	}
}

func TestLongRows(t *testing.T) {
	t.Parallel()
	const header = "First Name,Last Name,Job Title\n"
	long := strings.Repeat("x", 3<<20)
	for name, test := range map[string]struct{ content, want string }{
		"no quotes":              {header + "Ana,Silva," + long + "\nBo,Li,y\n", roster.CodeRowTooLong},
		"one quote":              {header + "Ana,Silva,\"" + long + "\nBo,Li,y\n", roster.CodeRowTooLong},
		"at the end of the file": {header + "Bo,Li,y\nAna,Silva," + long, roster.CodeRowTooLong},
		"a quote that is closed 3 MiB on": {
			header + "Ana,\"Silva,y\n" + strings.Repeat("Cy,Ray,z\n", 3<<20/9) + "Dee,Fox,w\"\n", roster.CodeQuoteUnclosed,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, write(t, "crew.csv", test.content), roster.Options{})
			damaged, whole := "", 0
			for row, err := range r.Rows() {
				switch {
				case err != nil:
					t.Fatal(err)
				case row.Err == nil:
					whole++
				case damaged == "":
					damaged = row.Err.Code
				}
			}
			if damaged != test.want || whole == 0 {
				t.Errorf("damage %q, want %q; %d whole rows", damaged, test.want, whole)
			}
		})
	}
}

func TestJustShortEnough(t *testing.T) {
	t.Parallel()
	cell := strings.Repeat("x", 1<<20-64)
	r := open(t, write(t, "crew.csv", "First Name,Last Name\nAna,"+cell+"\nBo,\""+cell+"\"\n"), roster.Options{})
	for row, err := range r.Rows() {
		if err != nil || row.Err != nil || len(row.Cells[1]) != len(cell) {
			t.Errorf("row %d: %v, %v", row.Number, err, row.Err)
		}
	}
}

func TestTooManyDamagedRows(t *testing.T) {
	t.Parallel()
	content := "First Name,Last Name\n" + strings.Repeat("Ana,\"Silva\n", 5000)
	r := open(t, write(t, "crew.csv", content), roster.Options{})
	n, last := 0, error(nil)
	for row, err := range r.Rows() {
		if last = err; err == nil && row.Err != nil {
			n++
		}
	}
	if last == nil || n != 1000 {
		t.Fatalf("%d damaged rows, then %v", n, last)
	}
	code(t, last)
}

func TestTooManyCells(t *testing.T) {
	t.Parallel()
	r := open(t, write(t, "crew.csv", "First Name,Last Name\nAna,Silva"+strings.Repeat(",", 20000)+"\nBo,Li\n"), roster.Options{})
	got := lines(t, r)
	if len(got) != 2 || got[0].What != roster.CodeTooManyColumns || got[1].Cells != "Bo|Li" {
		t.Errorf("got %d rows, %.80v", len(got), got)
	}
}

func TestManyRowsAreNumbered(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("First Name,Last Name,Notes\n")
	for i := range 20000 {
		switch i % 4 {
		case 0:
			b.WriteString("\n")
		case 1:
			fmt.Fprintf(&b, "Ana,%d,\"two\nlines\"\n", i+2)
		default:
			fmt.Fprintf(&b, "Bo,%d,x\n", i+2)
		}
	}
	r := open(t, write(t, "crew.csv", b.String()), roster.Options{})
	n := 0
	for row, err := range r.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		if n++; row.Cells[1] != fmt.Sprint(row.Number) {
			t.Fatalf("row %d says it is row %s", row.Number, row.Cells[1])
		}
	}
	if n != 15000 {
		t.Errorf("%d rows, want 15000", n)
	}
}

func TestManyWrappedIDs(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("First Name,Last Name,Employee ID\n")
	const n = 20000 // more than a chunk of any size
	for i := range n {
		fmt.Fprintf(&b, "Ana,=\"Silva\",=\"%05d\"\n", i)
	}
	r := open(t, write(t, "crew.csv", b.String()), roster.Options{})
	for row, err := range r.Rows() {
		if err != nil || row.Err != nil || row.Cells[1] != "Silva" || row.Cells[2] != fmt.Sprintf("%05d", row.Number-2) {
			t.Fatalf("row %d: %q, %v, %v", row.Number, row.Cells, row.Err, err)
		}
	}
}

// TestNoHeaderHintsAtWhatHelps opens files of which every line is one cell.
func TestNoHeaderHintsAtWhatHelps(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		content   string
		options   roster.Options
		has, lack string
	}{
		"a list of names": {"Maria Lopez\nTim Hara\nBruce Lee\n", roster.Options{}, "such as Name", "--header-row"},
		"carets":          {"First Name^Last Name\nMaria^Lopez\n", roster.Options{}, "name it with --delimiter", "--header-row"},
		"a table":         {"Maria,Lopez\nTim,Hara\n", roster.Options{}, "--header-row", "--delimiter"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.options.Heading = heading
			_, err := roster.Open(write(t, "crew.csv", test.content), test.options)
			var e *fault.Error
			if !errors.As(err, &e) || e.Code != roster.CodeNoHeader || !strings.Contains(e.Fix, test.has) || strings.Contains(e.Fix, test.lack) {
				t.Errorf("%+v", err)
			}
		})
	}
}
