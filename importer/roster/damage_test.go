package roster_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"muster/importer/roster"
)

func TestDamagedWorkbooks(t *testing.T) {
	t.Parallel()
	rows := headings + rowXML(2, "Ana", "Silva", "<c><v>1</v></c>") + rowXML(3, "Bo", "Li", "<c><v>2</v></c>")
	whole := sheetXML(rows)
	half := whole[:strings.Index(whole, "<row r=\"3\"")]
	plain := func(sheet string) book { return single(sheet) }
	for name, test := range map[string]struct {
		book book
		want string
	}{
		"sheet cut between rows":     {plain(half), roster.CodeWorkbookDamaged},
		"sheet cut in a tag":         {plain(half + "<row r="), roster.CodeWorkbookDamaged},
		"sheet without its last tag": {plain(strings.TrimSuffix(whole, "</worksheet>")), roster.CodeWorkbookDamaged},
		"tags that don't match":      {plain(strings.Replace(whole, "</row>", "</raw>", 1)), roster.CodeWorkbookDamaged},
		"garbage among rows":         {plain(strings.Replace(whole, "<row r=\"3\"", "\xff\xfe<row r=\"3\"", 1)), roster.CodeWorkbookDamaged},
		"garbage in a text":          {plain(strings.Replace(whole, "Silva", "Sil\xffva", 1)), roster.CodeWorkbookDamaged},
		"garbage behind the sheet":   {plain(whole + "x"), roster.CodeWorkbookDamaged},
		"a second sheet behind it":   {plain(whole + whole), roster.CodeWorkbookDamaged},
		"an entity of its own":       {plain(`<!DOCTYPE x [<!ENTITY a "b">]>` + strings.TrimPrefix(whole, "<?xml")), roster.CodeWorkbookDamaged},
		"an unknown entity":          {plain(strings.Replace(whole, "Silva", "&silva;", 1)), roster.CodeWorkbookDamaged},
		"rows out of order":          {plain(sheetXML(headings + rowXML(3, "Bo", "Li") + rowXML(2, "Ana", "Silva"))), roster.CodeWorkbookDamaged},
		"a row twice":                {plain(sheetXML(headings + rowXML(2, "Bo", "Li") + rowXML(2, "Ana", "Silva"))), roster.CodeWorkbookDamaged},
		"a cell of another row":      {plain(strings.Replace(whole, `r="B3"`, `r="B4"`, 1)), roster.CodeWorkbookDamaged},
		"a cell twice":               {plain(strings.Replace(whole, `r="B3"`, `r="A3"`, 1)), roster.CodeWorkbookDamaged},
		"a column too far":           {plain(strings.Replace(whole, `r="C3"`, `r="XFE3"`, 1)), roster.CodeWorkbookDamaged},
		"a row too far":              {plain(sheetXML(headings + `<row r="1048577"/>`)), roster.CodeWorkbookDamaged},
		"a number that is none":      {plain(strings.Replace(whole, "<v>2</v>", "<v>two</v>", 1)), roster.CodeWorkbookDamaged},
		"a type that is none":        {plain(strings.Replace(whole, `<c r="C3"`, `<c t="x" r="C3"`, 1)), roster.CodeWorkbookDamaged},
		"a text that is not there":   {plain(strings.Replace(whole, `<c r="C3"`, `<c t="s" r="C3"`, 1)), roster.CodeWorkbookDamaged},
		"a text beyond the last":     {plain(strings.Replace(whole, `<c r="C3"`, `<c t="s" r="C3"`, 1)).with("xl/sharedStrings.xml", "<sst><si><t>a</t></si><si><t>b</t></si></sst>"), roster.CodeWorkbookDamaged},
		"texts cut short":            {plain(whole).with("xl/sharedStrings.xml", "<sst><si><t>a</t></si>"), roster.CodeWorkbookDamaged},
		"a style that is not there":  {plain(strings.Replace(whole, `<c r="C3"`, `<c s="9" r="C3"`, 1)).with("xl/styles.xml", "<styleSheet><cellXfs><xf numFmtId=\"0\"/></cellXfs></styleSheet>"), roster.CodeWorkbookDamaged},
		"a sheet that is not there":  {plain(whole).with("xl/_rels/workbook.xml.rels", "<Relationships/>"), roster.CodeWorkbookDamaged},
		"links in a circle":          {plain(whole).with("xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="workbook.xml"/></Relationships>`), roster.CodeWorkbookDamaged},
		"the other sheet damaged":    {named([2]string{"Crew", whole}, [2]string{"Other", half}), roster.CodeWorkbookDamaged},
		"elements nested deep":       {plain(whole+strings.Repeat("<a>", 10000)).with("xl/worksheets/sheet1.xml", "<worksheet>"+strings.Repeat("<a>", 10000)), roster.CodeWorkbookDamaged},
		"a tag without end":          {plain("<worksheet><sheetData><row r=\"" + strings.Repeat("1>", 2<<20)), roster.CodeWorkbookDamaged},
		"a part that packs too well": {plain(whole).with("xl/media/image1.png", strings.Repeat("\x00", 80<<20)), roster.CodeWorkbookTooLarge},
		"a whole binary workbook":    {book{"xl/workbook.bin": "x", "xl/styles.bin": "x", "_rels/.rels": `<Relationships><Relationship Id="r" Type="/officeDocument" Target="xl/workbook.bin"/></Relationships>`}, roster.CodeUnsupportedFormat},
		"no workbook in it":          {book{"a.txt": "x"}, roster.CodeNotASpreadsheet},
		"a Word document":            {book{"word/document.xml": "x"}, roster.CodeNotASpreadsheet},
		"an OpenDocument text":       {book{"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "x"}, roster.CodeNotASpreadsheet},
		"a binary workbook":          {book{"xl/workbook.bin": "x"}, roster.CodeUnsupportedFormat},
		"Numbers":                    {book{"Index/Document.iwa": "x"}, roster.CodeUnsupportedFormat},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := roster.Open(test.book.write(t), roster.Options{Heading: heading})
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

// TestEveryCutIsNoticed cuts a workbook at every byte, and a sheet inside a
// whole archive too.
func TestEveryCutIsNoticed(t *testing.T) {
	t.Parallel()
	sheet := sheetXML(headings + rowXML(2, "Ana", "Silva", "<c><v>1</v></c>") + rowXML(3, "Bo", "Li"))
	whole := single(sheet).bytes(t)
	path := filepath.Join(t.TempDir(), "crew.xlsx")
	refused := func(what string, n int, content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := roster.Open(path, roster.Options{Heading: heading})
		if err == nil {
			r.Close()
			t.Errorf("%s cut at %d of %d bytes was read", what, n, len(whole))
		}
	}
	for n := 0; n < len(whole); n += every(7) {
		refused("archive", n, whole[:n])
	}
	for n := 0; n < len(sheet); n += every(7) {
		refused("sheet", n, single(sheet[:n]).bytes(t))
	}
}

func TestWrongChecksum(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"xl/worksheets/sheet1.xml", "xl/workbook.xml", "docProps/thumbnail.jpeg"} {
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		b := single(sheetXML(headings+rowXML(2, "Ana", "Silva"))).with("docProps/thumbnail.jpeg", "a picture")
		for name, content := range b {
			sum := crc32.ChecksumIEEE([]byte(content))
			if name == part {
				sum++
			}
			w, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Store, CRC32: sum, CompressedSize64: uint64(len(content)), UncompressedSize64: uint64(len(content))})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(content)); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		_, err := roster.Open(write(t, "crew.xlsx", out.String()), roster.Options{Heading: heading})
		if err == nil || code(t, err) != roster.CodeWorkbookDamaged {
			t.Errorf("%s: %v", part, err)
		}
	}
}

func TestTooManyParts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		parts int
		name  string
	}{
		"parts":               {10001, "x"},
		"a table of contents": {100, strings.Repeat("x", 60000)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := single(sheetXML(headings))
			for i := range test.parts {
				b[fmt.Sprintf("%s%d", test.name, i)] = ""
			}
			_, err := roster.Open(b.write(t), roster.Options{})
			if got := code(t, err); got != roster.CodeWorkbookTooLarge {
				t.Errorf("code %s: %v", got, err)
			}
		})
	}
}

func TestPasswordProtected(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	defer f.Close()
	path := filepath.Join(t.TempDir(), "crew.xlsx")
	if err := f.SaveAs(path, excelize.Options{Password: "secret"}); err != nil {
		t.Fatal(err)
	}
	_, err := roster.Open(path, roster.Options{})
	if got := code(t, err); got != roster.CodeWorkbookEncrypted {
		t.Errorf("code %s: %v", got, err)
	}
}

func TestOtherNames(t *testing.T) {
	t.Parallel()
	content := string(single(sheetXML(headings + rowXML(2, "Ana", "Silva"))).bytes(t))
	r := open(t, write(t, "crew.csv", content), roster.Options{})
	if r.Format() != roster.XLSX {
		t.Errorf("format %s", r.Format())
	}
	r = open(t, write(t, "crew.xlsx", "First Name,Last Name\nAna,Silva\n"), roster.Options{})
	if r.Format() != roster.CSV {
		t.Errorf("format %s", r.Format())
	}
}
