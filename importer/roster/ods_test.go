package roster_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/importer/roster"
)

// document makes an OpenDocument spreadsheet of the XML of its tables.
func document(tables string) book {
	const namespaces = `xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"`
	return book{
		"mimetype": "application/vnd.oasis.opendocument.spreadsheet",
		"content.xml": `<?xml version="1.0" encoding="UTF-8"?><office:document-content ` + namespaces + `><office:automatic-styles>` +
			`<style:style style:name="ta1" style:family="table"><style:table-properties table:display="true"/></style:style>` +
			`<style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style>` +
			`</office:automatic-styles><office:body><office:spreadsheet><table:tracked-changes><table:table/></table:tracked-changes>` + tables +
			`<table:named-expressions/></office:spreadsheet></office:body></office:document-content>`,
	}
}

func table(name, style string, rows ...string) string {
	return fmt.Sprintf(`<table:table table:name="%s" table:style-name="%s"><table:table-column table:number-columns-repeated="16384"/>%s</table:table>`, name, style, strings.Join(rows, ""))
}

// odsRow writes a row of texts; what begins with < is a cell of its own.
func odsRow(cells ...string) string { return odsRowWith("", cells...) }

func odsRowWith(attributes string, cells ...string) string {
	var b strings.Builder
	b.WriteString("<table:table-row" + attributes + ">")
	for _, c := range cells {
		switch {
		case c == "":
			b.WriteString("<table:table-cell/>")
		case c[0] == '<':
			b.WriteString(c)
		default:
			b.WriteString(`<table:table-cell office:value-type="string"><text:p>` + c + `</text:p></table:table-cell>`)
		}
	}
	return b.String() + "</table:table-row>"
}

var odsHeadings = odsRow("First Name", "Last Name", "Employee ID")

func TestODSCells(t *testing.T) {
	t.Parallel()
	float := func(value, shown string) string {
		return `<table:table-cell office:value-type="float" office:value="` + value + `"><text:p>` + shown + `</text:p></table:table-cell>`
	}
	for name, test := range map[string]struct {
		cell, want string
		kind       roster.Kind
	}{
		"text":                   {`<table:table-cell office:value-type="string"><text:p>A&amp;B</text:p></table:table-cell>`, "A&B", roster.Text},
		"text as an attribute":   {`<table:table-cell office:value-type="string" office:string-value="E7"/>`, "E7", roster.Text},
		"text of spans, folded":  {"<table:table-cell office:value-type=\"string\"><text:p>A\n  <text:span>b<text:a>c</text:a></text:span><text:s text:c=\"2\"/>d<text:tab/>e</text:p></table:table-cell>", "A bc  d\te", roster.Text},
		"lines":                  {`<table:table-cell office:value-type="string"><text:p>A</text:p><text:p>b<text:line-break/>c</text:p></table:table-cell>`, "A\nb\nc", roster.Text},
		"a phonetic reading":     {`<table:table-cell office:value-type="string"><text:p><text:ruby><text:ruby-base>山田</text:ruby-base><text:ruby-text>ヤマダ</text:ruby-text></text:ruby></text:p></table:table-cell>`, "山田", roster.Text},
		"a comment is no text":   {`<table:table-cell office:value-type="string"><office:annotation><text:p>call him</text:p></office:annotation><text:p>A</text:p></table:table-cell>`, "A", roster.Text},
		"a picture is no text":   {`<table:table-cell office:value-type="string"><text:p>A</text:p><draw:frame><draw:text-box><text:p>x</text:p></draw:text-box></draw:frame></table:table-cell>`, "A", roster.Text},
		"number":                 {float("42", "42"), "42", roster.Number},
		"zeros in front":         {float("42", "00042"), "00042", roster.Number},
		"a prefix":               {float("42", "E-0042"), "E-0042", roster.Number},
		"groups of digits":       {float("12345678", "012-34-5678"), "012-34-5678", roster.Number},
		"thousands":              {float("1007", "1,007"), "1007", roster.Number},
		"thousands by points":    {float("1007", "1.007"), "1007", roster.Number},
		"too narrow":             {float("1007", "###"), "1007", roster.Number},
		"scientific":             {float("123457000000", "1.23E+11"), "123457000000", roster.Number},
		"sixteen digits":         {float("1.23456789012346E+15", "1234567890123460"), "1.23456789012346E+15", roster.Number},
		"rounded":                {float("1204.5", "1205"), "1204.5", roster.Number},
		"negative":               {float("-7", "-7"), "-7", roster.Number},
		"a currency":             {`<table:table-cell office:value-type="currency" office:value="7"><text:p>$7.00</text:p></table:table-cell>`, "7", roster.Number},
		"a percentage":           {`<table:table-cell office:value-type="percentage" office:value="0.07"><text:p>7%</text:p></table:table-cell>`, "0.07", roster.Number},
		"date":                   {`<table:table-cell office:value-type="date" office:date-value="2026-01-02"><text:p>01/02/26</text:p></table:table-cell>`, "2026-01-02", roster.Date},
		"date and time":          {`<table:table-cell office:value-type="date" office:date-value="2026-01-02T18:00:00.000000000"><text:p>x</text:p></table:table-cell>`, "2026-01-02 18:00:00", roster.Date},
		"time":                   {`<table:table-cell office:value-type="time" office:time-value="PT06H30M00S"><text:p>06:30 AM</text:p></table:table-cell>`, "06:30 AM", roster.Date},
		"true":                   {`<table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>WAHR</text:p></table:table-cell>`, "TRUE", roster.Boolean},
		"false, of a formula":    {float("0", "FALSE"), "FALSE", roster.Boolean},
		"error":                  {`<table:table-cell table:formula="of:=1/0" office:value-type="string" calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>`, "#DIV/0!", roster.FormulaError},
		"formula without result": {`<table:table-cell table:formula="of:=[.A1]"/>`, "#N/A", roster.FormulaError},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, write(t, "crew.ods", string(document(table("Crew", "ta1", odsHeadings, odsRow("Ana", "Silva", test.cell))).bytes(t))), roster.Options{})
			n := 0
			for row, err := range r.Rows() {
				if err != nil {
					t.Fatal(err)
				}
				if n++; row.Cells[2] != test.want || row.Kinds[2] != test.kind {
					t.Errorf("got %q of kind %d, want %q of kind %d", row.Cells[2], row.Kinds[2], test.want, test.kind)
				}
			}
			if n != 1 || r.Format() != roster.ODS {
				t.Errorf("%d rows of format %s", n, r.Format())
			}
		})
	}
}

func TestODSRows(t *testing.T) {
	t.Parallel()
	const rest = `<table:table-cell table:number-columns-repeated="16381"/>`
	blank := func(n int) string {
		return odsRowWith(fmt.Sprintf(` table:number-rows-repeated="%d"`, n), `<table:table-cell table:number-columns-repeated="16384"/>`)
	}
	for name, test := range map[string]struct {
		tables string
		want   []line
		remark string
	}{
		"as LibreOffice writes them": {
			table("Crew", "ta1", blank(2), odsRow("First Name", "Last Name", "Employee ID", rest), odsRow("Ana", "Silva", "1", rest), blank(3), odsRow("Bo", "Li"), blank(1048568)),
			[]line{{4, "Ana|Silva|1", ""}, {8, "Bo|Li|", ""}},
			"",
		},
		"rows in groups": {
			table("Crew", "ta1", "<table:table-header-rows>", odsHeadings, "</table:table-header-rows><table:table-row-group><table:table-rows>", odsRow("Ana", "Silva"), "</table:table-rows></table:table-row-group>", odsRow("Bo", "Li")),
			[]line{{2, "Ana|Silva|", ""}, {3, "Bo|Li|", ""}},
			"",
		},
		"hidden and filtered rows": {
			table("Crew", "ta1", odsHeadings, odsRowWith(` table:visibility="collapse"`, "Ana", "Silva"), odsRowWith(` table:visibility="filter"`, "Cy", "Ray"), odsRow("Bo", "Li")),
			[]line{{2, "Ana|Silva|", "a hidden row"}, {3, "Cy|Ray|", "a hidden row"}, {4, "Bo|Li|", ""}},
			"2 hidden rows are not imported (to import them, show them in the workbook)",
		},
		"the same row and cell again": {
			table("Crew", "ta1", odsHeadings, odsRowWith(` table:number-rows-repeated="2"`, `<table:table-cell table:number-columns-repeated="2" office:value-type="string"><text:p>Ana</text:p></table:table-cell>`)),
			[]line{{2, "Ana|Ana|", ""}, {3, "Ana|Ana|", ""}},
			"",
		},
		"merged downwards": {
			table("Crew", "ta1", odsRow("Craft", "First Name", "Last Name"), odsRow(`<table:table-cell office:value-type="string" table:number-rows-spanned="2"><text:p>Laborer</text:p></table:table-cell>`, "Ana", "Silva"),
				odsRow(`<table:covered-table-cell><text:p>under it</text:p></table:covered-table-cell>`, "Bo", "Li"), odsRow("", "Cy", "Ray")),
			[]line{{2, "Laborer|Ana|Silva", ""}, {3, "Laborer|Bo|Li", ""}, {4, "|Cy|Ray", ""}},
			"1 cell is merged over several rows and counts for each row",
		},
		"a section": {
			table("Crew", "ta1", odsHeadings, odsRow(`<table:table-cell office:value-type="string" table:number-columns-spanned="3"><text:p>Harbor Tower</text:p></table:table-cell><table:covered-table-cell table:number-columns-repeated="2"/>`), odsRow("Ana", "Silva")),
			[]line{{2, "Harbor Tower||", "a section heading, not a person"}, {3, "Ana|Silva|", ""}},
			"",
		},
		"the sheet with the people": {
			table("Info", "ta1", odsRow("ACME")) + table("Old", "ta2", odsHeadings, odsRow("Cy", "Ray")) + table("Crew", "ta1", odsHeadings, odsRow("Ana", "Silva")),
			[]line{{2, "Ana|Silva|", ""}},
			`1 hidden sheet was not looked at (name one by --sheet to read it); sheet "Crew" of 3`,
		},
		"a stray cell in the last column": {
			table("Crew", "ta1", odsHeadings, odsRow("Ana", "Silva", "", `<table:table-cell table:number-columns-repeated="16380"/>`, "x")),
			[]line{{2, "Ana|Silva|", ""}},
			"cells far to the right of the headings are not read, such as XFD2",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, write(t, "crew.ods", string(document(test.tables).bytes(t))), roster.Options{})
			for range 2 {
				if diff := cmp.Diff(test.want, lines(t, r)); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
			}
			if got := strings.Join(r.Remarks(), "; "); got != test.remark {
				t.Errorf("remarks %q, want %q", got, test.remark)
			}
		})
	}
}

func TestDamagedODS(t *testing.T) {
	t.Parallel()
	many := odsRowWith(` table:number-rows-repeated="1000000"`, `<table:table-cell table:number-columns-repeated="16384" office:value-type="string"><text:p>x</text:p></table:table-cell>`)
	whole := table("Crew", "ta1", odsHeadings, odsRow("Ana", "Silva"))
	for name, test := range map[string]struct {
		book book
		want string
	}{
		"cells repeated without end": {document(table("Crew", "ta1", odsHeadings, many)), roster.CodeWorkbookDamaged},
		"rows beyond a sheet":        {document(table("Crew", "ta1", odsHeadings, odsRowWith(` table:number-rows-repeated="1048576"`))), roster.CodeWorkbookDamaged},
		"a number that is none":      {document(table("Crew", "ta1", odsHeadings, odsRow(`<table:table-cell office:value-type="float" office:value="x"/>`))), roster.CodeWorkbookDamaged},
		"a truth that is none":       {document(table("Crew", "ta1", odsHeadings, odsRow(`<table:table-cell office:value-type="boolean" office:boolean-value="x"/>`))), roster.CodeWorkbookDamaged},
		"no times":                   {document(table("Crew", "ta1", odsHeadings, odsRow(`<table:table-cell table:number-columns-repeated="0"/>`))), roster.CodeWorkbookDamaged},
		"not a document":             {document(whole).with("content.xml", "<x/>"), roster.CodeWorkbookDamaged},
		"a password":                 {document(whole).with("META-INF/manifest.xml", "<manifest><file-entry><encryption-data/></file-entry></manifest>"), roster.CodeWorkbookEncrypted},
		"no sheets":                  {document(""), roster.CodeSheetMissing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := roster.Open(write(t, "crew.ods", string(test.book.bytes(t))), roster.Options{Heading: heading})
			if got := code(t, err); got != test.want {
				t.Errorf("code %s, want %s: %v", got, test.want, err)
			}
		})
	}
	content, path := document(whole)["content.xml"], filepath.Join(t.TempDir(), "crew.ods")
	for n := 0; n < len(content); n += 5 {
		if err := os.WriteFile(path, document("").with("content.xml", content[:n]).bytes(t), 0o600); err != nil {
			t.Fatal(err)
		}
		if r, err := roster.Open(path, roster.Options{Heading: heading}); err == nil {
			r.Close()
			t.Errorf("cut at %d of %d bytes was read", n, len(content))
		}
	}
}
