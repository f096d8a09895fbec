package roster_test

import (
	"archive/zip"
	"bytes"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/importer/roster"
)

// TestProducers reads one crew as different programs write it.
func TestProducers(t *testing.T) {
	t.Parallel()
	const (
		relationships = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
		strict        = "http://purl.oclc.org/ooxml/officeDocument/relationships"
	)
	rows := headings + rowXML(2, "Ana", "Silva", "<c><v>7</v></c>") + rowXML(4, "Bo", "Li", "<c><v>8</v></c>")
	want := []line{{2, "Ana|Silva|7", ""}, {4, "Bo|Li|8", ""}}
	plain := func() book { return single(sheetXML(rows)) }
	without := func(b book, parts ...string) book {
		for _, part := range parts {
			delete(b, part)
		}
		return b
	}
	replaced := func(b book, part string, pairs ...string) book {
		return b.with(part, strings.NewReplacer(pairs...).Replace(b[part]))
	}
	moved := func(b book, from, to string) book { return without(b.with(to, b[from]), from) }
	shared := func(texts string) book {
		sheet := sheetXML(headings + `<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v>1</v></c><c r="C2"><v>7</v></c></row>` + rowXML(4, "Bo", "Li", "<c><v>8</v></c>"))
		return single(sheet).with("xl/sharedStrings.xml", texts)
	}
	for name, test := range map[string]book{
		"plain": plain(),
		"a sheet of another name, in another folder": replaced(moved(plain(), "xl/worksheets/sheet1.xml", "xl/data/x1.xml"),
			"xl/_rels/workbook.xml.rels", "worksheets/sheet1.xml", "data/x1.xml"),
		"absolute targets":  replaced(replaced(plain(), "xl/_rels/workbook.xml.rels", "worksheets/", "/xl/worksheets/"), "_rels/.rels", "xl/workbook.xml", "/xl/workbook.xml"),
		"targets with dots": replaced(plain(), "xl/_rels/workbook.xml.rels", "worksheets/", "./../xl/worksheets/"),
		"backslashes":       moved(replaced(plain(), "xl/_rels/workbook.xml.rels", "worksheets/", `worksheets\`), "xl/worksheets/sheet1.xml", `xl\worksheets\sheet1.xml`),
		"other case":        moved(plain(), "xl/worksheets/sheet1.xml", "xl/Worksheets/Sheet1.xml"),
		"a main part of another name": replaced(moved(moved(plain(), "xl/workbook.xml", "xl/book.xml"), "xl/_rels/workbook.xml.rels", "xl/_rels/book.xml.rels"),
			"_rels/.rels", "xl/workbook.xml", "xl/book.xml"),
		"no links to the main part": without(plain(), "_rels/.rels"),
		"links to what is not there": replaced(plain(), "xl/_rels/workbook.xml.rels", "</Relationships>",
			`<Relationship Id="t" Type="`+relationships+`/theme" Target="theme/theme1.xml"/></Relationships>`),
		"links with prefixes": replaced(plain(), "xl/_rels/workbook.xml.rels", "<Relationship", "<p:Relationship", "</Relationship", "</p:Relationship"),
		"strict": replaced(replaced(replaced(replaced(plain(), "xl/_rels/workbook.xml.rels", relationships, strict), "_rels/.rels", relationships, strict),
			"xl/workbook.xml", relationships, strict), "xl/worksheets/sheet1.xml", "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main"),
		"prefixes on all elements": replaced(replaced(plain(), "xl/worksheets/sheet1.xml", "<?", "<?", "</", "</x:", "<", "<x:", "xmlns=", "xmlns:x="),
			"xl/workbook.xml", "</", "</x:", "<", "<x:", "xmlns=", "xmlns:x=", "r:id", "rel:id", "xmlns:r=", "xmlns:rel="),
		"a dimension that is wrong": replaced(plain(), "xl/worksheets/sheet1.xml", "<sheetData>", `<dimension ref="A1"/><sheetData>`),
		"what is before and behind the rows": replaced(plain(), "xl/worksheets/sheet1.xml",
			"<sheetData>", `<sheetPr filterMode="1"/><sheetViews><sheetView><pane ySplit="1"/></sheetView></sheetViews><cols><col min="1" max="3"/></cols><sheetData>`,
			"</sheetData>", `</sheetData><autoFilter ref="A1:C4"/><mc:AlternateContent xmlns:mc="m"><mc:Choice Requires="x14"><controls><control><row r="9"><c><v>9</v></c></row></control></controls></mc:Choice><mc:Fallback/></mc:AlternateContent><extLst><ext><x14:sheetData><row r="3"/></x14:sheetData></ext></extLst>`),
		"what is among the rows and cells": replaced(plain(), "xl/worksheets/sheet1.xml", `<row r="4">`, "<ext><row r=\"3\"><c><v>9</v></c></row></ext>\n<row r=\"4\" spans=\"1:3\" x14ac:dyDescent=\"0.25\" customFormat=\"1\">", "<v>8</v>", "<extLst/><v>8</v>"),
		"an alternative in the workbook":   replaced(plain(), "xl/workbook.xml", "<sheets>", `<mc:AlternateContent xmlns:mc="m"><mc:Choice Requires="x15"><x15ac:absPath url="C:\"/></mc:Choice></mc:AlternateContent><bookViews><workbookView/></bookViews><sheets>`),
		"shared texts":                     shared(`<sst count="9" uniqueCount="9"><si><t>Ana</t></si><si><t xml:space="preserve">Silva</t></si></sst>`),
		"rich text with its reading":       shared(`<sst><si><r><rPr><b/><t>x</t></rPr><t>A</t></r><r><t>na</t></r><rPh sb="0" eb="1"><t>アナ</t></rPh><phoneticPr fontId="1"/></si><si><t>Sil</t><t>va</t></si></sst>`),
		"shared texts with prefixes":       shared(`<x:sst xmlns:x="x"><x:si><x:t>Ana</x:t></x:si><x:si><x:r><x:t>Silva</x:t></x:r></x:si></x:sst>`),
		"styles of another kind":           plain().with("xl/styles.xml", "<x:styleSheet xmlns:x=\"x\"><x:cellStyleXfs><x:xf numFmtId=\"14\"/></x:cellStyleXfs><x:cellXfs><x:xf numFmtId=\"0\"/></x:cellXfs></x:styleSheet>"),
		"another sheet without a link":     replaced(plain(), "xl/workbook.xml", "<sheets>", `<sheets><sheet name="Old" sheetId="9" r:id=""/>`),
		"folders and junk":                 plain().with("xl/", "").with("docProps/app.xml", "<Properties/>").with("customXml/item1.xml", "<broken").with("__MACOSX/._crew.xlsx", "\x00\x05"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, test.write(t), roster.Options{})
			if diff := cmp.Diff(want, lines(t, r)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
	for name, content := range map[string][]byte{
		"not compressed":                    zipped(t, plain(), zip.Store, ""),
		"with a comment":                    zipped(t, plain(), zip.Deflate, "made by a report tool"),
		"with something behind it":          append(zipped(t, plain(), zip.Deflate, ""), make([]byte, 100)...),
		"with something in front":           append([]byte("PK\x03\x04 not a header"), zipped(t, plain(), zip.Deflate, "")...),
		"with the largest first":            zipped(t, plain(), zip.Deflate, "", "xl/worksheets/sheet1.xml"),
		"with the content types at the end": zipped(t, plain().with("[Content_Types].xml", "<Types/>"), zip.Deflate, "", "xl/workbook.xml"),
	} {
		t.Run("archive "+name, func(t *testing.T) {
			t.Parallel()
			r := open(t, write(t, "crew.xlsx", string(content)), roster.Options{})
			if diff := cmp.Diff(want, lines(t, r)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

// zipped writes a workbook as an archive of a certain kind, with some parts first.
func zipped(tb testing.TB, b book, method uint16, comment string, first ...string) []byte {
	tb.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	names := slices.Sorted(maps.Keys(b))
	names = append(first, slices.DeleteFunc(names, func(name string) bool { return slices.Contains(first, name) })...)
	for _, name := range names {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := io.WriteString(w, b[name]); err != nil {
			tb.Fatal(err)
		}
	}
	if err := z.SetComment(comment); err != nil {
		tb.Fatal(err)
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// TestHostileWorkbooks holds that what is made to cost much costs little.
func TestHostileWorkbooks(t *testing.T) {
	t.Parallel()
	people := headings + rowXML(2, "Ana", "Silva")
	many := func(n int, piece string) string { return strings.Repeat(piece, n) }
	for name, test := range map[string]struct {
		book book
		want string // a code, or "" if it is to be read
	}{
		"a sheet full of blank rows":    {single(sheetXML(people + many(1<<20-2, "<row/>"))), ""},
		"many merged cells":             {single(sheetXML(people, "<mergeCells>", many(300_000, `<mergeCell ref="A1:B2"/>`), "</mergeCells>")), roster.CodeWorkbookDamaged},
		"a merged cell over everything": {single(sheetXML(people+rowXML(1048576, "", "", "x"), `<mergeCells><mergeCell ref="A2:XFD1048576"/></mergeCells>`)), ""},
		"merged cells over one another": {single(sheetXML(people+rowXML(500000, "Bo", "Li"), "<mergeCells>", many(2000, `<mergeCell ref="A2:A1048576"/>`), "</mergeCells>")), ""},
		"a huge dimension":              {single(strings.Replace(sheetXML(people), "<sheetData>", `<dimension ref="A1:XFD1048576"/><cols><col min="1" max="16384"/></cols><sheetData>`, 1)), ""},
		"a text of a mebibyte and more": {single(sheetXML(people)).with("xl/sharedStrings.xml", "<sst><si><t>"+many(3<<20, "x")+"</t></si></sst>"), roster.CodeWorkbookDamaged},
		"a text without end in pieces":  {single(sheetXML(people)).with("xl/sharedStrings.xml", "<sst><si>"+many(40<<10, "<r><t>"+many(64, "x")+"</t></r>")+"</si></sst>"), roster.CodeWorkbookDamaged},
		"a row without end":             {single(sheetXML(people + `<row r="3">` + many(17000, `<c><v>1</v></c>`) + "</row>")), roster.CodeWorkbookDamaged},
		"many attributes":               {single(sheetXML(people + `<row ` + many(100_000, `a="b" `) + "/>")), ""},
		"entities in a circle":          {single(`<!DOCTYPE x [<!ENTITY a "&b;&b;"><!ENTITY b "&a;&a;">]>` + sheetXML(people)), roster.CodeWorkbookDamaged},
		"a sheet that is the workbook":  {single("").with("xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="rId1" Type="/worksheet" Target="workbook.xml"/></Relationships>`), roster.CodeWorkbookDamaged},
		"a main part that is its links": {single(sheetXML(people)).with("_rels/.rels", `<Relationships><Relationship Id="r" Type="/officeDocument" Target="_rels/.rels"/></Relationships>`), roster.CodeWorkbookDamaged},
		"one sheet named many times":    {named(slices.Repeat([][2]string{{"Crew", sheetXML(people)}}, 200)...), roster.CodeSheetAmbiguous},
		"texts that are the sheet":      {single(sheetXML(people)).with("xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="rId1" Type="/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="s" Type="/sharedStrings" Target="worksheets/sheet1.xml"/></Relationships>`), roster.CodeWorkbookDamaged},
		"number formats without an end": {single(sheetXML(people)).with("xl/styles.xml", `<styleSheet><numFmts><numFmt numFmtId="170" formatCode="`+many(500_000, "0")+`"/></numFmts><cellXfs><xf numFmtId="170"/></cellXfs></styleSheet>`), ""},
	} {
		t.Run(name, func(t *testing.T) {
			path := test.book.write(t)
			began := time.Now()
			r, err := roster.Open(path, roster.Options{Heading: heading})
			if err == nil {
				for _, err = range r.Rows() {
					continue
				}
				r.Close()
			}
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("took %s", took)
			}
			got := ""
			if err != nil {
				got = code(t, err)
			}
			if got != test.want {
				t.Errorf("code %q, want %q: %v", got, test.want, err)
			}
		})
	}
}
