package roster_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"muster/importer/roster"
	"muster/importer/workbook"
)

const namespace = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`

// book is a workbook by its parts; what a test doesn't set is made plain.
type book map[string]string

// sheetXML wraps rows in a sheet. %s are what follows the rows.
func sheetXML(rows string, after ...string) string {
	return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet ` + namespace + `><sheetData>` + rows + `</sheetData>` + strings.Join(after, "") + `</worksheet>`
}

// rowXML writes a row of inline texts; "" leaves a cell out, and what begins
// with < is a cell of its own.
func rowXML(number int, cells ...string) string {
	return rowWith(number, "", cells...)
}

func rowWith(number int, attributes string, cells ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<row r="%d"%s>`, number, attributes)
	for i, c := range cells {
		switch {
		case c == "":
		case c[0] == '<':
			b.WriteString(strings.Replace(c, "<c", `<c r="`+workbook.CellName(number, i)+`"`, 1))
		default:
			fmt.Fprintf(&b, `<c r="%s" t="inlineStr"><is><t>%s</t></is></c>`, workbook.CellName(number, i), c)
		}
	}
	return b.String() + "</row>"
}

var headings = rowXML(1, "First Name", "Last Name", "Employee ID")

// named makes a workbook of several sheets. A name with a ! is hidden.
func named(sheets ...[2]string) book {
	b := book{}
	var list, links strings.Builder
	for i, s := range sheets {
		name, hidden := strings.CutPrefix(s[0], "!")
		state := "visible"
		if hidden {
			state = "hidden"
		}
		fmt.Fprintf(&list, `<sheet name="%s" sheetId="%d" state="%s" r:id="rId%d"/>`, name, i+1, state, i+1)
		fmt.Fprintf(&links, `<Relationship Id="rId%d" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, i+1)
		b[fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1)] = s[1]
	}
	for _, part := range []string{"sharedStrings", "styles"} {
		fmt.Fprintf(&links, `<Relationship Id="%s" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="%s.xml"/>`, part, part, part)
	}
	b["xl/workbook.xml"] = `<workbook ` + namespace + ` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>` + list.String() + `</sheets></workbook>`
	b["xl/_rels/workbook.xml.rels"] = `<Relationships>` + links.String() + `</Relationships>`
	b["_rels/.rels"] = `<Relationships><Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`
	return b
}

func single(sheet string) book { return named([2]string{"Crew", sheet}) }

func (b book) with(part, content string) book {
	b[part] = content
	return b
}

func (b book) bytes(tb testing.TB) []byte {
	tb.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(b)) {
		w, err := z.Create(name)
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := io.WriteString(w, b[name]); err != nil {
			tb.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func (b book) write(tb testing.TB) string {
	tb.Helper()
	return write(tb, "crew.xlsx", string(b.bytes(tb)))
}

const styles = `<styleSheet ` + namespace + `><numFmts count="3"><numFmt numFmtId="170" formatCode="00000"/>
<numFmt numFmtId="171" formatCode="&quot;E-&quot;0000"/><numFmt numFmtId="172" formatCode="[&lt;=9999999]###\-####;\(###\)\ ###\-####"/>
<numFmt numFmtId="173" formatCode="yyyy\-mm\-dd"/><numFmt numFmtId="174" formatCode="#,##0"/><numFmt numFmtId="175" formatCode="[h]:mm"/>
<numFmt numFmtId="176" formatCode=";;;"/><numFmt numFmtId="177" formatCode="[Red]00000"/><numFmt numFmtId="178" formatCode="000\-00\-0000"/>
<numFmt numFmtId="179" formatCode="_(&quot;$&quot;* #,##0_);_(&quot;$&quot;* \(#,##0\);_(&quot;$&quot;* &quot;-&quot;??_);_(@_)"/></numFmts>
<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="170"/><xf numFmtId="171"/><xf numFmtId="172"/><xf numFmtId="173"/>
<xf numFmtId="174"/><xf numFmtId="175"/><xf numFmtId="176"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="11"/><xf numFmtId="177"/><xf numFmtId="178"/><xf numFmtId="49"/><xf numFmtId="179"/></cellXfs></styleSheet>`

func TestCells(t *testing.T) {
	t.Parallel()
	texts := `<sst ` + namespace + `><si><t>Laborer</t></si><si><r><rPr><b/></rPr><t>Fore</t></r><r><t xml:space="preserve">man </t></r><rPh><t>x</t></rPh></si><si><t>a_x000D_b_x005F_x</t></si></sst>`
	for name, test := range map[string]struct {
		cell, want string
		kind       roster.Kind
	}{
		"shared text":                 {`<c t="s"><v>0</v></c>`, "Laborer", roster.Text},
		"rich text, without reading":  {`<c t="s"><v>1</v></c>`, "Foreman ", roster.Text},
		"escapes of Excel":            {`<c t="s"><v>2</v></c>`, "a\rb_x", roster.Text},
		"inline text":                 {`<c t="inlineStr"><is><r><t>A&amp;</t></r><r><t>&#66;&#x43;</t></r></is></c>`, "A&BC", roster.Text},
		"CDATA":                       {`<c t="inlineStr"><is><t><![CDATA[<A&B>]]></t></is></c>`, "<A&B>", roster.Text},
		"text of a formula":           {`<c t="str"><f>A1&amp;B1</f><v>E-7</v></c>`, "E-7", roster.Text},
		"a digit as text":             {`<c t="inlineStr"><is><t>1</t></is></c>`, "1", roster.Text},
		"true":                        {`<c t="b"><v>1</v></c>`, "TRUE", roster.Boolean},
		"false":                       {`<c t="b"><v>0</v></c>`, "FALSE", roster.Boolean},
		"error":                       {`<c t="e"><f>1/0</f><v>#DIV/0!</v></c>`, "#DIV/0!", roster.FormulaError},
		"formula never calculated":    {`<c><f>B2+1</f></c>`, "=B2+1", roster.FormulaError},
		"formula with an empty value": {`<c><f>B2+1</f><v></v></c>`, "=B2+1", roster.FormulaError},
		"shared formula, no value":    {`<c><f t="shared" si="0"/></c>`, "#N/A", roster.FormulaError},
		"number":                      {`<c><v>42</v></c>`, "42", roster.Number},
		"number with a zero fraction": {`<c><v>123.0</v></c>`, "123", roster.Number},
		"number in exponents":         {`<c><v>1.23457E+11</v></c>`, "123457000000", roster.Number},
		"fifteen digits":              {`<c><v>123456789012345</v></c>`, "123456789012345", roster.Number},
		"sixteen digits":              {`<c><v>1234567890123456</v></c>`, "1.23456789012346E+15", roster.Number},
		"sixteen digits, by Excel":    {`<c><v>1.23456789012346E+15</v></c>`, "1.23456789012346E+15", roster.Number},
		"sixteen digits, formatted":   {`<c s="1"><v>1234567890123450</v></c>`, "1.23456789012345E+15", roster.Number},
		"a round number of sixteen":   {`<c><v>1000000000000000</v></c>`, "1E+15", roster.Number},
		"sixteen digits as text":      {`<c t="inlineStr"><is><t>1234567890123456</t></is></c>`, "1234567890123456", roster.Text},
		"fraction":                    {`<c><v>1204.5</v></c>`, "1204.5", roster.Number},
		"fraction that binary can't":  {`<c><v>0.30000000000000004</v></c>`, "0.3", roster.Number},
		"negative":                    {`<c><v>-7</v></c>`, "-7", roster.Number},
		"zeros in front":              {`<c s="1"><v>42</v></c>`, "00042", roster.Number},
		"more digits than zeros":      {`<c s="1"><v>1234567</v></c>`, "1234567", roster.Number},
		"zeros in front, negative":    {`<c s="1"><v>-42</v></c>`, "-00042", roster.Number},
		"zeros in front, fraction":    {`<c s="1"><v>42.5</v></c>`, "42.5", roster.Number},
		"zeros in front of zero":      {`<c s="1"><v>0</v></c>`, "00000", roster.Number},
		"zeros in a color":            {`<c s="11"><v>42</v></c>`, "00042", roster.Number},
		"a prefix":                    {`<c s="2"><v>42</v></c>`, "E-0042", roster.Number},
		"groups of digits":            {`<c s="12"><v>12345678</v></c>`, "012-34-5678", roster.Number},
		"by condition":                {`<c s="3"><v>8055550100</v></c>`, "8055550100", roster.Number},
		"thousands separators":        {`<c s="5"><v>1007</v></c>`, "1007", roster.Number},
		"scientific":                  {`<c s="10"><v>123456789012345</v></c>`, "123456789012345", roster.Number},
		"duration":                    {`<c s="6"><v>1.5</v></c>`, "1.5", roster.Number},
		"hidden by its format":        {`<c s="7"><v>42</v></c>`, "42", roster.Number},
		"a number in a text format":   {`<c s="13"><v>42</v></c>`, "42", roster.Number},
		"date":                        {`<c s="8"><v>46024</v></c>`, "2026-01-02", roster.Date},
		"date by a format of its own": {`<c s="4"><v>46024</v></c>`, "2026-01-02", roster.Date},
		"date and time":               {`<c s="9"><v>46024.75</v></c>`, "2026-01-02 18:00:00", roster.Date},
		"time":                        {`<c s="9"><v>0.5</v></c>`, "12:00:00", roster.Date},
		"first of March 1900":         {`<c s="8"><v>61</v></c>`, "1900-03-01", roster.Date},
		"first of January 1900":       {`<c s="8"><v>1</v></c>`, "1900-01-01", roster.Date},
		"too large for a date":        {`<c s="8"><v>99999999</v></c>`, "99999999", roster.Number},
		"ISO date":                    {`<c t="d"><v>2026-01-02T00:00:00</v></c>`, "2026-01-02", roster.Date},
		"indented text":               {"<c t=\"str\"><v>\n  E-7\n</v></c>", "E-7", roster.Text},
		"a style with blanks":         {`<c s=" 0 "><v>7</v></c>`, "7", roster.Number},
		"an inline formula":           {`<c t="inlineStr"><f>A1</f><is><t>E-7</t></is></c>`, "E-7", roster.Text},
		"a line break in a value":     {"<c t=\"s\"><v>\n0\n</v></c>", "Laborer", roster.Text},
		"an empty style":              {`<c s=""><v>42</v></c>`, "42", roster.Number},
		"zero as an amount":           {`<c s="14"><v>0</v></c>`, "0", roster.Number},
		"blank with a style":          {`<c s="1"/>`, "", roster.Text},
		"element of another kind":     {`<c><v>7</v><extLst><ext>x</ext></extLst></c>`, "7", roster.Number},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := single(sheetXML(headings+rowXML(2, "Ana", "Silva", test.cell))).with("xl/styles.xml", styles).with("xl/sharedStrings.xml", texts).write(t)
			r := open(t, path, roster.Options{})
			for row, err := range r.Rows() {
				if err != nil {
					t.Fatal(err)
				}
				if row.Cells[2] != test.want || row.Kinds[2] != test.kind {
					t.Errorf("got %q of kind %d, want %q of kind %d", row.Cells[2], row.Kinds[2], test.want, test.kind)
				}
			}
		})
	}
}

func TestSheetRows(t *testing.T) {
	t.Parallel()
	ana, bo := rowXML(2, "Ana", "Silva", "<c><v>1</v></c>"), rowXML(5, "Bo", "Li", "<c><v>2</v></c>")
	want := []line{{2, "Ana|Silva|1", ""}, {5, "Bo|Li|2", ""}}
	for name, test := range map[string]struct {
		sheet string
		want  []line
	}{
		"rows by number":      {sheetXML(headings + ana + rowXML(4, "<c s=\"0\"/>") + bo), want},
		"prefixes":            {strings.NewReplacer("<?", "<?", "</", "</x:", "<", "<x:", "xmlns=", "xmlns:x=").Replace(sheetXML(headings + ana + bo)), want},
		"strict":              {strings.Replace(sheetXML(headings+ana+bo), "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main", 1), want},
		"comments and spaces": {strings.NewReplacer("<row", "<!-- > < --> <?pi > ?>\n<row", "</row>", " </row >", "<v>", "\n\t<v >").Replace(sheetXML(headings + ana + bo)), want},
		"BOM":                 {"\ufeff" + sheetXML(headings+ana+bo), want},
		"single quotes, > in a value": {
			strings.Replace(strings.ReplaceAll(sheetXML(headings+ana+bo), `"`, `'`), "<row r='2'", "<row spans='a>b\"' r='2'", 1), want,
		},
		"no names of rows and cells": {
			sheetXML(`<row><c t="inlineStr"><is><t>First Name</t></is></c><c t="inlineStr"><is><t>Last Name</t></is></c></row><row/><row><c/><c t="inlineStr"><is><t>Li</t></is></c></row>`),
			[]line{{3, "|Li", ""}},
		},
		"rows that only their cells number": {strings.NewReplacer(` r="2"`, "", ` r="5"`, "").Replace(sheetXML(headings + ana + bo)), want},
		"hidden rows": {
			sheetXML(headings + rowWith(2, ` hidden="1"`, "Ana", "Silva") + rowWith(3, ` ht="0" customHeight="1"`, "Cy", "Ray") + bo),
			[]line{{2, "Ana|Silva|", "a hidden row"}, {3, "Cy|Ray|", "a hidden row"}, {5, "Bo|Li|2", ""}},
		},
		"section by merged cells": {
			sheetXML(headings+rowXML(2, "Harbor Tower")+rowXML(3, "Ana", "Silva"), `<mergeCells><mergeCell ref="A2:C2"/></mergeCells>`),
			[]line{{2, "Harbor Tower||", "a section heading, not a person"}, {3, "Ana|Silva|", ""}},
		},
		"a merged row with more in it": {
			sheetXML(headings+rowXML(2, "Harbor Tower", "", "", "x")+rowXML(3, "Ana", "Silva"), `<mergeCells><mergeCell ref="A2:C2"/></mergeCells>`),
			[]line{{2, "Harbor Tower|||x", ""}, {3, "Ana|Silva|", ""}},
		},
		"text alone among numbers": {
			sheetXML(rowXML(1, "Emp #", "First Name", "Last Name") + rowXML(2, "Rough-in") + rowXML(3, "<c><v>1</v></c>", "A", "B") +
				rowXML(4, "<c><v>2</v></c>", "C", "D") + rowXML(5, "<c><v>3</v></c>", "E", "F") + rowXML(6, "<c><v>4</v></c>", "G", "H") + rowXML(7, "", "Ivan")),
			[]line{{2, "Rough-in||", "a section heading, not a person"}, {3, "1|A|B", ""}, {4, "2|C|D", ""}, {5, "3|E|F", ""}, {6, "4|G|H", ""}, {7, "|Ivan|", ""}},
		},
		"merged downwards": {
			sheetXML(rowXML(1, "Craft", "First Name", "Last Name")+rowXML(2, "Laborer", "Ana", "Silva")+rowXML(3, "", "Bo", "Li")+rowXML(6, "", "Cy", "Ray")+rowXML(7, "", "Dee", "Fox"),
				`<mergeCells><mergeCell ref="A2:A6"/></mergeCells>`),
			[]line{{2, "Laborer|Ana|Silva", ""}, {3, "Laborer|Bo|Li", ""}, {6, "Laborer|Cy|Ray", ""}, {7, "|Dee|Fox", ""}},
		},
		"headings beside some that are merged downwards": {
			sheetXML(rowXML(1, "First Name", "Last Name", "Day and Date")+rowXML(2, "", "", "M", "T")+rowXML(3, "Ana", "Silva", "8", "8"),
				`<mergeCells><mergeCell ref="A1:A2"/><mergeCell ref="B1:B2"/><mergeCell ref="C1:D1"/></mergeCells>`),
			[]line{{3, "Ana|Silva|8|8", ""}},
		},
		"a header over two rows": {
			sheetXML(rowXML(1, "Emp #", "Employee Name", "", "Craft")+rowXML(2, "", "First Name", "Last Name")+rowXML(3, "<c><v>1</v></c>", "Ana", "Silva", "Laborer"),
				`<mergeCells><mergeCell ref="A1:A2"/><mergeCell ref="B1:C1"/><mergeCell ref="D1:D2"/></mergeCells>`),
			[]line{{3, "1|Ana|Silva|Laborer", ""}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, single(test.sheet).write(t), roster.Options{})
			for range 2 {
				if diff := cmp.Diff(test.want, lines(t, r)); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestSheetChoice(t *testing.T) {
	t.Parallel()
	crew := sheetXML(headings + rowXML(2, "Ana", "Silva"))
	small := sheetXML(rowXML(1, "Craft", "Notes") + rowXML(2, "Laborer", "7"))
	blankCrew := sheetXML(headings)
	for name, test := range map[string]struct {
		book   book
		option string
		want   string // the sheet or the code
		remark string
	}{
		"the one with most headings":   {named([2]string{"Info", small}, [2]string{"People", crew}), "", "People", `the sheet "Info" has headings too and is not read; sheet "People" of 2`},
		"a hidden one is passed over":  {named([2]string{"!Old", crew}, [2]string{"People", crew}), "", "People", `1 hidden sheet was not looked at (name one by --sheet to read it); sheet "People" of 2`},
		"a hidden one by name":         {named([2]string{"!Old", crew}, [2]string{"People", crew}), "Old", "Old", `sheet "Old" of 2`},
		"by name in other case":        {named([2]string{"People", crew}), "people", "People", ""},
		"no such":                      {named([2]string{"People", crew}), "Crew", roster.CodeSheetMissing, ""},
		"two alike":                    {named([2]string{"A", crew}, [2]string{"B", crew}), "", roster.CodeSheetAmbiguous, ""},
		"those who have left":          {named([2]string{"Terminated", sheetXML(rowXML(1, "First Name", "Last Name", "Employee ID", "Job Title") + rowXML(2, "Bo", "Li"))}, [2]string{"People", crew}), "", "People", `the sheet "Terminated" has headings too and is not read; sheet "People" of 2`},
		"nobody but those":             {named([2]string{"Terminated", crew}), "", "Terminated", `by its name the sheet "Terminated" lists people who have left: check that you want to import them`},
		"two alike, one without rows":  {named([2]string{"A", blankCrew}, [2]string{"B", crew}), "", "B", `sheet "B" of 2`},
		"sample data is not the data":  {named([2]string{"Sample Data", crew}, [2]string{"Add Data Here", crew}), "", "Add Data Here", `sheet "Add Data Here" of 2`},
		"a template not filled in":     {named([2]string{"Sample Data", crew}, [2]string{"Add Data Here", blankCrew}), "", roster.CodeHeaderOnly, ""},
		"all hidden":                   {named([2]string{"!A", crew}), "", roster.CodeSheetMissing, ""},
		"nothing anywhere":             {named([2]string{"A", sheetXML("")}, [2]string{"B", sheetXML("")}), "", roster.CodeFileEmpty, ""},
		"no headings":                  {named([2]string{"A", sheetXML("")}, [2]string{"B", sheetXML(rowXML(1, "Ana", "Silva"))}), "", roster.CodeNoHeader, ""},
		"a blank sheet by name":        {named([2]string{"A", sheetXML("")}, [2]string{"B", crew}), "A", roster.CodeNoHeader, ""},
		"hidden rows are told":         {named([2]string{"A", sheetXML(headings + rowWith(2, ` hidden="1"`, "Bo", "Li") + rowXML(3, "Ana", "Silva"))}), "", "A", "1 hidden row is not imported (to import it, show it in the workbook)"},
		"formulas without results too": {named([2]string{"A", sheetXML(headings + rowXML(2, "Bo", "Li", "<c><f>A1</f></c>"))}), "", "A", "1 formula has no stored result (open the workbook in Excel and save it to have them calculated)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := roster.Open(test.book.write(t), roster.Options{Sheet: test.option, Heading: heading})
			if err != nil {
				if got := code(t, err); got != test.want {
					t.Errorf("code %s, want %s: %v", got, test.want, err)
				}
				return
			}
			defer r.Close()
			if got := r.Sheet(); got != test.want || strings.Join(r.Remarks(), "; ") != test.remark {
				t.Errorf("sheet %q, want %q; remarks %q, want %q", got, test.want, r.Remarks(), test.remark)
			}
			if got, want := r.Cell(17, 2), test.want+"!C17"; got != want {
				t.Errorf("cell %s, want %s", got, want)
			}
		})
	}
}

func TestSheetWithNames(t *testing.T) {
	t.Parallel()
	summary := sheetXML(rowXML(1, "Craft", "Notes") + rowXML(2, "Laborer", "7"))
	crew := sheetXML(rowXML(1, "Name", "Craft") + rowXML(2, "Ana Silva", "Laborer"))
	path := named([2]string{"Summary", summary}, [2]string{"People", crew}).write(t)
	r := open(t, path, roster.Options{Names: func(heading string) bool { return heading == "Name" }})
	if r.Sheet() != "People" {
		t.Errorf("read the sheet %q", r.Sheet())
	}
}

// TestAgainstExcelize holds the cells of generated workbooks against what
// excelize shows, for the formats that are shown.
func TestAgainstExcelize(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	defer f.Close()
	set := func(cell string, value any) {
		if err := f.SetCellValue("Sheet1", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	formats := []string{"General", "0", "00000", "0000000000", `"E-"0000`, `000\-00\-0000`, `0000" A"`, "@", "###0"}
	for c, format := range formats {
		set(workbook.CellName(1, c), fmt.Sprintf("Heading %d", c))
		style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &formats[c]})
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range []any{1, 42, 1007, 123456, 987654321, "00042", "José & <Co>", " x "} {
			cell := workbook.CellName(i+2, c)
			set(cell, v)
			if err := f.SetCellStyle("Sheet1", cell, cell, style); err != nil {
				t.Fatal(format, err)
			}
		}
	}
	path := filepath.Join(t.TempDir(), "crew.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	want, err := f.GetRows("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	r := open(t, path, roster.Options{HeaderRow: 1})
	for row, err := range r.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[row.Number-1], row.Cells); diff != "" {
			t.Errorf("row %d (-excelize +got):\n%s", row.Number, diff)
		}
	}
}

func TestManySharedStrings(t *testing.T) {
	if os.Getenv("MUSTER_TEST_LONG") == "" {
		t.Skip("long: set MUSTER_TEST_LONG=1")
	}
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	var texts, rows strings.Builder
	long := strings.Repeat("x", 3000)
	const n = 12000
	for i := range n {
		fmt.Fprintf(&texts, "<si><t>%d %s</t></si>", i, long)
	}
	for i := range n {
		j := i * 7919 % n
		rows.WriteString(rowXML(i+2, "Ana", "<c><v>"+fmt.Sprint(j)+"</v></c>", `<c t="s"><v>`+fmt.Sprint(j)+"</v></c>"))
	}
	path := single(sheetXML(headings+rows.String())).with("xl/sharedStrings.xml", "<sst>"+texts.String()+"</sst>").write(t)
	r, err := roster.Open(path, roster.Options{Heading: heading})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for row, err := range r.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		if seen++; row.Cells[2] != row.Cells[1]+" "+long {
			t.Fatalf("row %d holds %.20q, want text %s", row.Number, row.Cells[2], row.Cells[1])
		}
	}
	if seen != n {
		t.Errorf("%d rows, want %d", seen, n)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	nothingLeft(t, dir)
}

// TestDatesSince1904 makes sure that dates count from 1904 where the workbook says so, and
// that the properties of an extension are no properties of the workbook.
func TestDatesSince1904(t *testing.T) {
	t.Parallel()
	const extension = `<extLst><ext><x15:workbookPr xmlns:x15="x" chartTrackingRefBase="1"/></ext></extLst></workbook>`
	for properties, want := range map[string]string{
		"": "2024-06-03", `date1904="0"`: "2024-06-03", `date1904="1"`: "2028-06-04", `date1904="true"`: "2028-06-04", `date1904="on"`: "2028-06-04", `date1904=" 1 "`: "2028-06-04",
	} {
		b := single(sheetXML(headings+rowXML(2, "Ana", "Silva", `<c s="9"><v>45446</v></c>`))).with("xl/styles.xml",
			`<styleSheet><cellXfs>`+strings.Repeat(`<xf numFmtId="14"/>`, 10)+`</cellXfs></styleSheet>`)
		b.with("xl/workbook.xml", strings.NewReplacer("<sheets>", "<workbookPr "+properties+"/><sheets>", "</workbook>", extension).Replace(b["xl/workbook.xml"]))
		got := lines(t, open(t, b.write(t), roster.Options{}))
		if len(got) != 1 || got[0].Cells != "Ana|Silva|"+want {
			t.Errorf("%q: %v, want %s", properties, got, want)
		}
	}
}
