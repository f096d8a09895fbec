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

	"muster/importer/roster"
)

// FuzzCSV holds for any bytes: an error is a *roster.Error; rows are numbered
// upwards and as wide as the header; no text is in two rows; and a second pass
// gives the same.
func FuzzCSV(f *testing.F) {
	seed(f, "testdata/*.csv", "testdata/*.txt")
	for _, s := range []string{
		"First Name,Last Name\n\"a\n\n\"\"b\",\"\nc,\"d\n", "sep=|\nName|Job\nx|\"y\r\n", "Name\r\"a\r\nb\"\r\n\rx\r", "Name;Job\n;;\n\"a\" \"b;c\n",
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
	seed(f, "testdata/*.xlsx")
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
		l := line{Number: row.Number, Cells: strings.Join(row.Cells, "|"), What: row.Note}
		if row.Damage != nil {
			l.What = row.Damage.Error()
		}
		all = append(all, l)
	}
	return all
}

func checkError(t *testing.T, err error) {
	t.Helper()
	var e *roster.Error
	if !errors.As(err, &e) || e.Code == "" || e.Message == "" {
		t.Fatalf("error is %T: %v", err, err)
	}
}
