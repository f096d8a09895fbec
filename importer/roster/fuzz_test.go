package roster_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"

	"muster/importer/fault"
	"muster/importer/roster"
)

// FuzzCSV holds for any bytes: an error is a *fault.Error; rows are numbered
// upwards and as wide as the header; no text is in two rows; and a second pass
// gives the same.
func FuzzCSV(f *testing.F) {
	seed(f, "testdata/*.csv", "testdata/*.txt", "testdata/made/*.csv", "testdata/made/*.txt")
	for _, s := range []string{
		"First Name,Last Name\n\"a\n\n\"\"b\",\"\nc,\"d\n", "sep=|\nName|Job\nx|\"y\r\n", "Name\r\"a\r\nb\"\r\n\rx\r", "Name;Job\n;;\n\"a\" \"b;c\n",
		"Name\nGARCIA, Maria\nTotal: 1\n", "Name,Job,ID\nx,=\"1\",=\"\n", "Employee,,Job\nFirst Name,Last Name,\na,b,c\nPage 1,,\n",
		"First Name, Last Name\nAna, \"Silva\"\n", "Name\tJob\n\"\t\"\t\"\n\"\n", "\ufeffName,Job\n\xe9,\xed\"\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		all := fuzzed(t, "crew.csv", content)
		limit := len(content)
		if !utf8.Valid(content) || strings.ContainsRune(string(content), 0) {
			limit *= 3 // decoding makes up to three bytes of one
		}
		total := 0
		for _, l := range all {
			total += len(strings.ReplaceAll(l.Cells, "|", ""))
		}
		if total > limit {
			t.Errorf("%d bytes of cells out of a file of %d", total, len(content))
		}
	})
}

// FuzzOpenXLSX holds the same for archives.
func FuzzOpenXLSX(f *testing.F) {
	seed(f, "testdata/*.xlsx", "testdata/made/*.xlsx", "testdata/made/*.ods")
	f.Add(single(sheetXML(headings+rowXML(2, "Ana", "Silva", `<c t="s"><v>0</v></c>`), `<mergeCells><mergeCell ref="A2:C9"/></mergeCells>`)).
		with("xl/styles.xml", styles).with("xl/sharedStrings.xml", "<sst><si><t>x</t></si></sst>").bytes(f))
	f.Fuzz(func(t *testing.T, content []byte) { fuzzed(t, "crew.xlsx", content) })
}

// FuzzSheet reaches what the checksums of an archive hide: the XML of a sheet.
func FuzzSheet(f *testing.F) {
	f.Add(headings + rowXML(2, "Ana", "Silva", `<c t="s"><v>0</v></c>`) + rowXML(3, "", "x", `<c s="8"><v>46024.5</v></c>`))
	f.Add(`<row><c t="b"><v>1</v></c><c t="e"><v>#N/A</v></c></row><row r="9" hidden="1"><c t="str"><f>A1</f><v><![CDATA[x]]></v></c></row>`)
	f.Add(headings + `</sheetData><mergeCells><mergeCell ref="A1:A3"/><mergeCell ref="B2:C2"/></mergeCells><sheetData>`)
	f.Fuzz(func(t *testing.T, rows string) {
		fuzzed(t, "crew.xlsx", single(sheetXML(rows)).with("xl/styles.xml", styles).with("xl/sharedStrings.xml", "<sst><si><t>x</t></si></sst>").bytes(t))
	})
}

// FuzzTable reaches the same in a spreadsheet of OpenDocument.
func FuzzTable(f *testing.F) {
	f.Add(odsHeadings + odsRow("Ana", "Silva", `<table:table-cell office:value-type="float" office:value="7"><text:p>00<text:s/>7</text:p></table:table-cell>`))
	f.Add(odsHeadings + odsRowWith(` table:number-rows-repeated="3" table:visibility="filter"`, `<table:table-cell table:number-columns-repeated="3" table:number-rows-spanned="2" office:value-type="date" office:date-value="2026-01-02T10:00:00"/>`))
	f.Add(odsHeadings + `</table:table><table:table table:name="x">` + odsRow(`<table:covered-table-cell/>`, "x"))
	f.Fuzz(func(t *testing.T, rows string) {
		fuzzed(t, "crew.ods", document(table("Crew", "ta1", rows)).bytes(t))
	})
}

// FuzzHeader holds that a table gives the same header and rows as CSV and as a
// workbook.
func FuzzHeader(f *testing.F) {
	for _, s := range []string{
		"First Name|Last Name\nAna|Silva", "ACME\n\nEmployee||Craft\nFirst Name|Last Name|\nAna|Silva|x\nTotal|2", "Last|First\nName|Name\nSilva|Ana\n\n-- 2 records --",
		"Name\nAna Silva\nPage 1 of 1", "#|Name|Trade\n1|Ana|x\n2\nCrew A||\nthis is not a person", "Title\nFirst Name||Title\nFirst Name||Title", "x|Name|y\n|Ana\nNombre|Apellidos|Puesto",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, content string) {
		if strings.ContainsFunc(content, func(r rune) bool {
			return r == utf8.RuneError || r == '"' || r < ' ' && r != '\n' || r == '\ufeff' || r == 0xfffe || r == 0xffff
		}) ||
			strings.Contains(strings.ToLower(content), "sep=") || len(content) > 2000 || strings.Contains(content, "_x") {
			return
		}
		var text, sheet strings.Builder
		for i, row := range strings.Split(content, "\n") {
			var inXML []string
			for j, cell := range strings.Split(row, "|") {
				if cell = strings.TrimSpace(cell); j > 0 {
					text.WriteByte('|')
				}
				text.WriteString(cell)
				inXML = append(inXML, strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(cell))
			}
			text.WriteByte('\n')
			sheet.WriteString(rowXML(i+1, inXML...))
		}
		asText, wrong := fuzzedTable(t, write(t, "crew.csv", text.String()))
		asSheet, alsoWrong := fuzzedTable(t, single(sheetXML(sheet.String())).write(t))
		if wrong == roster.CodeNotASpreadsheet || wrong == roster.CodeUnsupportedFormat { // it looks like HTML, say
			return
		}
		if wrong != alsoWrong && (wrong != roster.CodeNoHeader || alsoWrong != roster.CodeFileEmpty) { // no cells, or only blank ones
			t.Fatalf("CSV says %q, XLSX %q", wrong, alsoWrong)
		}
		if diff := cmp.Diff(asText, asSheet); diff != "" {
			t.Errorf("(-CSV +XLSX):\n%s", diff)
		}
	})
}

// fuzzedTable returns the header and the rows without the blank cells at their
// ends, or the code of the error.
func fuzzedTable(t *testing.T, path string) (all []line, wrong string) {
	t.Helper()
	r, err := roster.Open(path, roster.Options{Heading: heading, Delimiter: "|"})
	if err != nil {
		checkError(t, err)
		return nil, code(t, err)
	}
	defer r.Close()
	all = append(all, line{r.HeaderRow(), strings.Join(r.Header(), "|"), ""})
	all = append(all, lines(t, r)...)
	for i := range all {
		all[i].Cells = strings.TrimRight(all[i].Cells, "|")
	}
	return all, ""
}

// FuzzDecoding holds that text reads the same in every encoding of Unicode.
func FuzzDecoding(f *testing.F) {
	f.Add("Silva\nBo,\"Li\r\nx\"\n", uint8(0))
	f.Add("Łukasz,中𝄞\n\u00a0,é", uint8(3))
	f.Fuzz(func(t *testing.T, rows string, which uint8) {
		if !utf8.ValidString(rows) || strings.ContainsAny(rows, "\x00\ufeff\ufffd\x1f") || len(rows) > 2000 {
			return
		}
		content := "First Name,Last Name,Job Title,Notes\nAna," + rows
		all := []encoding.Encoding{
			unicode.UTF8BOM, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
		}
		encoded, err := all[int(which)%len(all)].NewEncoder().String(content)
		if err != nil {
			t.Skip(err)
		}
		want, got := fuzzed(t, "crew.csv", []byte(content)), fuzzed(t, "crew.csv", []byte(encoded))
		for i := range want { // a damage names the file
			want[i].What = want[i].What[strings.LastIndex(want[i].What, ":")+1:]
		}
		for i := range got {
			got[i].What = got[i].What[strings.LastIndex(got[i].What, ":")+1:]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-UTF-8 +other):\n%s", diff)
		}
	})
}

// FuzzContainer opens what a password protects, or almost.
func FuzzContainer(f *testing.F) {
	f.Add(agile(single(sheetXML(headings+rowXML(2, "Ana", "Silva"))).bytes(f), password, 1))
	f.Fuzz(func(t *testing.T, content []byte) {
		r, err := roster.Open(write(t, "crew.xlsx", string(content)), roster.Options{Heading: heading, Password: password})
		if err != nil {
			checkError(t, err)
			return
		}
		r.Close()
	})
}

// FuzzFormat shows numbers by any format code.
func FuzzFormat(f *testing.F) {
	for _, s := range []string{"00000", `"E-"0000`, "[<5]0;[>9]00;000", `\`, `"`, "[", "_", "yyyy-mm-dd", "[h]:mm", "0;-0;;@", `000\-00`} {
		f.Add(s, 42.0)
	}
	f.Fuzz(func(t *testing.T, format string, n float64) {
		var escaped strings.Builder
		for _, r := range format {
			if r < ' ' || r == utf8.RuneError {
				return
			}
			escaped.WriteString(strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;").Replace(string(r)))
		}
		styles := `<styleSheet><numFmts><numFmt numFmtId="170" formatCode="` + escaped.String() + `"/></numFmts><cellXfs><xf numFmtId="170"/></cellXfs></styleSheet>`
		fuzzed(t, "crew.xlsx", single(sheetXML(headings+rowXML(2, "Ana", "Silva", "<c s=\"0\"><v>"+strconv.FormatFloat(n, 'g', -1, 64)+"</v></c>"))).with("xl/styles.xml", styles).bytes(t))
	})
}

func seed(f *testing.F, patterns ...string) {
	f.Helper()
	for _, pattern := range patterns {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			b, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
}

// fuzzed opens a file of any content and checks what always holds.
func fuzzed(t *testing.T, name string, content []byte) []line {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := roster.Open(path, roster.Options{Heading: heading})
	if err != nil {
		checkError(t, err)
		return nil
	}
	defer r.Close()
	first, second := fuzzedPass(t, r), fuzzedPass(t, r)
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("two passes differ:\n%s", diff)
	}
	return first
}

func fuzzedPass(t *testing.T, r *roster.Reader) []line {
	t.Helper()
	var all []line
	last := r.HeaderRow()
	for row, err := range r.Rows() {
		if err != nil {
			checkError(t, err)
			break
		}
		if row.Number <= last {
			t.Fatalf("row %d after row %d", row.Number, last)
		}
		last = row.Number
		if len(row.Cells) < len(r.Header()) || (row.Kinds != nil && len(row.Kinds) != len(row.Cells)) || strings.TrimSpace(strings.Join(row.Cells, "")) == "" {
			t.Fatalf("row %d: cells %q, kinds %v under %q", row.Number, row.Cells, row.Kinds, r.Header())
		}
		l := line{Number: row.Number, Cells: strings.Join(row.Cells, "|"), What: row.SkipReason}
		if row.Err != nil {
			l.What = row.Err.Error()
		}
		all = append(all, l)
	}
	return all
}

func checkError(t *testing.T, err error) {
	t.Helper()
	var e *fault.Error
	if !errors.As(err, &e) || e.Code == "" || e.Message == "" {
		t.Fatalf("error is %T: %v", err, err)
	}
}
