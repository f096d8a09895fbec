package workbook_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/importer/workbook"
)

const (
	spaces    = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	relations = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	kinds     = `application/vnd.openxmlformats-officedocument.spreadsheetml.`
)

// crew is a workbook as small as one can be, with headings in row 1 and two people.
func crew() map[string]string {
	return map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="` + kinds + `sheet.main+xml"></Override><Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + kinds + `worksheet+xml"></Override></Types>`,
		"_rels/.rels":                `<Relationships><Relationship Id="rId1" Type="` + relations + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook ` + spaces + `><bookViews><workbookView/></bookViews><sheets><sheet name="Crew" sheetId="3" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="` + relations + `/worksheet" Target="worksheets/sheet1.xml"></Relationship></Relationships>`,
		"xl/worksheets/sheet1.xml":   `<worksheet ` + spaces + `><sheetData>` + people + `</sheetData></worksheet>`,
		"xl/media/logo.bin":          "\x00\x01 not XML <",
	}
}

const people = `<row r="1"><c r="A1" t="inlineStr"><is><t>First</t></is></c><c r="B1" t="inlineStr"><is><t>Last</t></is></c></row>` +
	`<row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2</v></c></row><row r="3"><c r="A3"><v>3</v></c></row>`

// edit is what the tests write.
func edit() workbook.Edit {
	return workbook.Edit{
		Sheet: "Crew", HeaderRow: 1, Width: 2, Author: "muster", Property: "ours", Summary: "Sum", Titles: []string{"created"},
		Columns: []workbook.Column{{Heading: "row", Width: 9}, {Heading: "status", Width: 20, Wrap: true, Toned: true}},
	}
}

func packed(t *testing.T, parts map[string]string) *bytes.Reader {
	t.Helper()
	var file bytes.Buffer
	z := zip.NewWriter(&file)
	for name, content := range parts {
		part, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(part, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(file.Bytes())
}

func each(rows ...workbook.Result) iter.Seq2[workbook.Result, error] {
	return func(yield func(workbook.Result, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// written returns the parts of a workbook that rows were written into. All that
// are XML are held to be well formed.
func written(t *testing.T, parts map[string]string, e workbook.Edit, rows ...workbook.Result) map[string]string {
	t.Helper()
	file := packed(t, parts)
	book, err := workbook.OpenEditor(file, file.Size(), e)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := book.Write(&out, each(rows...), func() []workbook.Line {
		return []workbook.Line{{Cells: []any{"created", 2}, Bold: true}}
	}); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	after := map[string]string{}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := after[f.Name]; twice {
			t.Errorf("%s is there twice", f.Name)
		}
		after[f.Name] = string(content)
		if strings.HasSuffix(f.Name, ".bin") {
			continue
		}
		d := xml.NewDecoder(bytes.NewReader(content))
		for err == nil {
			_, err = d.Token()
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v\n%s", f.Name, err, content)
		}
	}
	return after
}

const sheetPart = "xl/worksheets/sheet1.xml"

// inSheet returns the crew with other content in and around its sheet's rows.
func inSheet(before, rows, behind string) map[string]string {
	parts := crew()
	parts[sheetPart] = `<worksheet ` + spaces + `>` + before + `<sheetData>` + rows + `</sheetData>` + behind + `</worksheet>`
	return parts
}

func has(t *testing.T, content string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		without, hasNot := strings.CutPrefix(want, "!")
		if strings.Contains(content, without) == hasNot {
			t.Errorf("want %s in\n%s", want, content)
		}
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	before := crew()
	after := written(t, before, edit(),
		workbook.Result{Number: 2, Cells: []string{"2", "created"}, Tone: workbook.Good},
		workbook.Result{Number: 3, Cells: []string{"3", "=1+1 & <b>"}, Tone: workbook.Bad, Marks: []workbook.Mark{{Column: 1, Note: "write it"}}})
	has(t, after[sheetPart],
		`<c r="C1" s="1" t="inlineStr"><is><t xml:space="preserve">row</t>`, `<c r="D3"`, `=1+1 &amp; &lt;b&gt;`, "!<f>",
		`<v>1</v>`, `<c r="B3" s=`, `<autoFilter ref="A1:D3"/>`, "!pane", `<legacyDrawing`, `numberStoredAsText="1"`)
	has(t, after["xl/comments1.xml"], `ref="B3"`, "muster:", "write it")
	has(t, after["xl/drawings/vmlDrawing1.vml"], `<x:Row>2</x:Row><x:Column>1</x:Column>`)
	has(t, after["xl/workbook.xml"], `<sheet name="Sum" sheetId="4"`, `'Crew'!$A$1:$D$3</definedName>`)
	has(t, after["docProps/custom.xml"], `name="ours"`)
	has(t, after["xl/styles.xml"], `<cellXfs count="`)
	for _, name := range []string{"_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml", sheetPart} {
		delete(before, name)
	}
	for name := range before {
		if diff := cmp.Diff(before[name], after[name]); diff != "" {
			t.Errorf("%s (-before +after):\n%s", name, diff)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for why, change := range map[string]func(p map[string]string, e *workbook.Edit){
		"holds macros":           func(p map[string]string, _ *workbook.Edit) { p["xl/vbaProject.bin"] = "x" },
		"is signed":              func(p map[string]string, _ *workbook.Edit) { p["_xmlsignatures/origin.sigs"] = "" },
		"OpenDocument":           func(p map[string]string, _ *workbook.Edit) { clear(p); p["mimetype"], p["content.xml"] = "x", "x" },
		"not a workbook":         func(p map[string]string, _ *workbook.Edit) { clear(p); p["readme.txt"] = "x" },
		"a template or the like": replaced("[Content_Types].xml", "sheet.main", "template.main"),
		"variant of the format":  replaced("xl/workbook.xml", "schemas.openxmlformats.org", "purl.oclc.org/ooxml"),
		"variant of the format ": replaced(sheetPart, "schemas.openxmlformats.org", "purl.oclc.org/ooxml"),
		"rows are not in order":  replaced(sheetPart, `<row r="3">`, `<row r="2">`),
		"cells are not in order": replaced(sheetPart, `<c r="B2">`, `<c r="A2">`),
		"sheet is not where":     func(_ map[string]string, e *workbook.Edit) { e.Sheet = "Hours" },
		"sheet is missing":       func(p map[string]string, _ *workbook.Edit) { delete(p, sheetPart) },
		"headings are not":       func(_ map[string]string, e *workbook.Edit) { e.HeaderRow = 9 },
		"no room for more":       replaced(sheetPart, "</sheetData>", `</sheetData><mergeCells><mergeCell ref="C2:XFD2"/></mergeCells>`),
		"styles are incomplete":  func(p map[string]string, _ *workbook.Edit) { styled(p, `<styleSheet `+spaces+`/>`) },
		"boxes of its notes cannot": func(p map[string]string, _ *workbook.Edit) {
			p[sheetPart] = strings.Replace(p[sheetPart], "</sheetData>", `</sheetData><legacyDrawing r:id="rId7"/>`, 1)
			p["xl/worksheets/_rels/sheet1.xml.rels"] = `<Relationships><Relationship Id="rId7" Type="` + relations + `/vmlDrawing" Target="../boxes.vml"/></Relationships>`
			p["xl/boxes.vml"] = "<xml>"
		},
	} {
		parts, e := crew(), edit()
		change(parts, &e)
		file := packed(t, parts)
		_, err := workbook.OpenEditor(file, file.Size(), e)
		var unfit *workbook.UnfitError
		if !errors.As(err, &unfit) || !strings.Contains(unfit.Why, strings.TrimSpace(why)) {
			t.Errorf("%s: %v", why, err)
		}
	}
	_, err := workbook.OpenEditor(strings.NewReader("no archive"), 10, edit())
	if unfit := new(workbook.UnfitError); !errors.As(err, &unfit) {
		t.Errorf("no archive: %v", err)
	}
}

func replaced(part, old, new string) func(map[string]string, *workbook.Edit) {
	return func(p map[string]string, _ *workbook.Edit) {
		if !strings.Contains(p[part], old) {
			panic(part + " has no " + old)
		}
		p[part] = strings.ReplaceAll(p[part], old, new)
	}
}

func styled(p map[string]string, styles string) {
	p["xl/styles.xml"] = styles
	replaced("xl/_rels/workbook.xml.rels", "</Relationships>", `<Relationship Id="rId2" Type="`+relations+`/styles" Target="styles.xml"/></Relationships>`)(p, nil)
}

// Columns that are added stand where nothing is from the headings' row on.
func TestWhereColumnsStand(t *testing.T) {
	t.Parallel()
	stray := func(cell string) string {
		return strings.Replace(people, `</row><row r="3">`, `<c r="`+cell+`2"><v>9</v></c></row><row r="3">`, 1)
	}
	for name, test := range map[string]struct {
		parts map[string]string
		want  string
	}{
		"right of the table":      {inSheet("", people, ""), "C1"},
		"beside a list":           {inSheet("", stray("D"), ""), "E1"},
		"before what is far":      {inSheet("", stray("E"), ""), "C1"},
		"beside merged cells":     {inSheet("", people, `<mergeCells><mergeCell ref="C2:F2"/></mergeCells>`), "G1"},
		"where nothing but looks": {inSheet(`<cols><col min="3" max="9" width="3" hidden="1"/></cols>`, strings.Replace(people, `</row><row r="2">`, `<c r="C1" s="0"/></row><row r="2">`, 1), ""), "C1"},
	} {
		after := written(t, test.parts, edit(), workbook.Result{Number: 2, Cells: []string{"2", "created"}})
		if !strings.Contains(after[sheetPart], `<c r="`+test.want+`" s="1" t="inlineStr"><is><t xml:space="preserve">row</t>`) {
			t.Errorf("%s: not in %s:\n%s", name, test.want, after[sheetPart])
		}
	}
}

// Filters and views that are there are their author's.
func TestFilterAndViews(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before, behind string
		header         int
		wants          []string
	}{
		"none":                      {"", "", 1, []string{`<autoFilter ref="A1:D3"/>`}},
		"a filter of the table":     {"", `<autoFilter ref="A1:B3"><filterColumn colId="0"/></autoFilter>`, 1, []string{`<autoFilter ref="A1:D3"><filterColumn colId="0"/></autoFilter>`}},
		"a filter of another":       {"", `<autoFilter ref="A2:A3"/>`, 1, []string{`<autoFilter ref="A2:A3"/>`, `!A1:D3"/>`}},
		"frozen otherwise":          {`<sheetViews><sheetView workbookViewId="0"><pane xSplit="1" state="frozen"/></sheetView></sheetViews>`, "", 1, []string{`<pane xSplit="1" state="frozen"/>`}},
		"headings far down":         {"", "", 13, []string{`<autoFilter ref="A13:D15"/>`}},
		"elements that come before": {`<sheetPr/><dimension ref="A1:B3"/><sheetFormatPr defaultRowHeight="15"/>`, `<pageMargins left="1"/>`, 1, []string{`!dimension`, `<sheetFormatPr defaultRowHeight="15"/><cols>`, `<autoFilter ref="A1:D3"/><pageMargins left="1"/><ignoredErrors>`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows := people
			for n := 3; n > 0; n-- {
				for _, cell := range []string{`row r="%d"`, `r="A%d"`, `r="B%d"`} {
					rows = strings.ReplaceAll(rows, fmt.Sprintf(cell, n), fmt.Sprintf(cell, n+test.header-1))
				}
			}
			e := edit()
			e.HeaderRow = test.header
			after := written(t, inSheet(test.before, rows, test.behind), e, workbook.Result{Number: test.header + 1, Cells: []string{"2", "created"}})
			has(t, after[sheetPart], test.wants...)
		})
	}
}

// Whatever of XML a program writes in a row stays, and ours stands behind it.
func TestRowsOfOtherPrograms(t *testing.T) {
	t.Parallel()
	const head = `<row r="1"><c r="A1" t="inlineStr"><is><t>First</t></is></c><c r="B1"><v>2</v></c></row>`
	for name, test := range map[string]struct {
		before, row, behind string
		wants               []string
	}{
		"no cell":             {"", `<row r="2" />`, "", []string{`<row r="2" ht="30"><c r="B2"`, `<c r="C2"`}},
		"no places":           {"", `<row><c><v>1</v></c><c><v>2</v></c></row>`, "", []string{`<row ht="30"><c><v>1</v></c><c s="`, `><v>2</v></c><c r="C2"`}},
		"blanks, a comment":   {"", "<row r=\"2\">\n <c r=\"A2\"><v>1</v></c><!-- </row> -->\n</row>", "", []string{`<c r="A2"><v>1</v></c><c r="B2"`}},
		"text as it is":       {"", `<row r="2"><c r="A2" t="str"><v><![CDATA[<c>]]></v><!-- > --></c></row>`, "", []string{`<v><![CDATA[<c>]]></v><!-- > --></c><c r="B2"`}},
		"more than cells":     {"", `<row r="2"><c r="A2"><v>1</v></c><extLst><ext uri="x"/></extLst></row>`, "", []string{`<extLst><ext uri="x"/></extLst></row>`, `<c r="C2"`}},
		"blanks in tags":      {"", "<row\n r = '2'\tht='15'><c r='A2'><v>1</v></c></row>", "", []string{`<row r="2" ht="30"><c r='A2'>`, `<c r="C2"`}},
		"the author's height": {"", `<row r="2" ht="9" customHeight="1"><c r="A2"/></row>`, "", []string{`<row r="2" ht="9" customHeight="1">`}},
		"the height of lines": {"", `<row r="2" ht="9"><c r="A2"/></row>`, "", []string{`<row r="2" ht="30">`}},
		"a row's own look":    {"", `<row r="2" s="0" customFormat="1"><c r="A2"/></row>`, "", []string{`<c r="B2" s="`}},
		"unknown elements": {`<sheetViews><sheetView workbookViewId="0" /></sheetViews><later/>`, `<row r="2"><c r="A2"/></row>`, `<latest/>`, []string{
			`<sheetView workbookViewId="0" /></sheetViews><later/>`, `<latest/>`,
		}},
	} {
		after := written(t, inSheet(test.before, head+test.row, test.behind), edit(), workbook.Result{
			Number: 2, Cells: []string{"2", "one line\nand another"}, Marks: []workbook.Mark{{Column: 1, Note: "write it"}},
		})
		t.Run(name, func(t *testing.T) { has(t, after[sheetPart], test.wants...) })
	}
}

// What a cell holds reads as it was written, as far as a cell can hold it.
func TestTexts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 40000)
	for text, want := range map[string]string{
		"_x0041_ _X0D_ _x12": "_x005F_x0041_ _X0D_ _x12", "a\r\nb\rc\td": "a&#10;b&#10;c&#9;d", "\x00\x1f\uFFFE": "\uFFFD\uFFFD\uFFFD",
		"&<\">": "&amp;&lt;&quot;&gt;", long: long[:32766] + "…", "😀" + long[:32765]: "😀" + long[:32765], "😀" + long[:32766]: "😀" + long[:32764] + "…",
	} {
		after := written(t, crew(), edit(), workbook.Result{Number: 2, Cells: []string{"2", text}})
		_, got, _ := strings.Cut(after[sheetPart], `<c r="D2" s="3" t="inlineStr"><is><t xml:space="preserve">`)
		if got, _, _ = strings.Cut(got, "<"); got != want {
			t.Errorf("%.60q: got %.60q…%q, want %.60q", text, got, got[max(len(got)-9, 0):], want)
		}
	}
}

// Written into once more, the workbook has nothing twice: what was marked is
// marked no more, what others wrote is theirs.
func TestWriteAgain(t *testing.T) {
	t.Parallel()
	parts := crew()
	parts["xl/workbook.xml"] = strings.Replace(parts["xl/workbook.xml"], "</sheets>", `<sheet name="sum" sheetId="9" r:id="rId9"/></sheets>`, 1)
	row := workbook.Result{Number: 2, Cells: []string{"2", "invalid"}, Tone: workbook.Bad, Marks: []workbook.Mark{{Column: 0, Note: "first"}}}
	once := written(t, parts, edit(), row)
	has(t, once["xl/workbook.xml"], `<sheet name="Sum (2)" sheetId="10"`)
	has(t, once[sheetPart], `<c r="A2" s="`)
	once["xl/comments1.xml"] = strings.Replace(once["xl/comments1.xml"], "</commentList>", `<comment ref="B3" authorId="0"><text><t>call her</t></text></comment></commentList>`, 1)

	e := edit()
	e.At = []int{2, 3}
	row.Marks = []workbook.Mark{{Column: 1, Note: "second"}}
	twice := written(t, once, e, row, workbook.Result{Number: 3, Cells: []string{"3", "invalid"}, Marks: []workbook.Mark{{Column: 1, Note: "mine"}}})
	has(t, twice["xl/comments1.xml"], "second", "call her", "!first", "!mine")
	if n := strings.Count(twice["xl/drawings/vmlDrawing1.vml"], "<v:shape "); n != 1 {
		t.Errorf("%d boxes", n)
	}
	if n := strings.Count(twice["xl/workbook.xml"], "<sheet "); n != 3 {
		t.Errorf("%d sheets", n)
	}
	e.At = []int{2, 3}
	again := written(t, twice, e, row, workbook.Result{Number: 3, Cells: []string{"3", "invalid"}, Marks: []workbook.Mark{{Column: 1, Note: "mine"}}})
	if diff := cmp.Diff(twice, again); diff != "" {
		t.Errorf("the same again (-before +after):\n%s", diff)
	}
}

// A formula in a place of ours is replaced, and is in no list any more.
func TestAFormulaIsReplaced(t *testing.T) {
	t.Parallel()
	for _, tag := range []string{"/>", "></Override>"} {
		parts := inSheet("", strings.Replace(people, `</row><row r="3">`, `<c r="C2"><f>1+1</f><v>2</v></c></row><row r="3">`, 1), "")
		replaced("[Content_Types].xml", "</Types>", `<Override PartName="/xl/calcChain.xml" ContentType="`+kinds+`calcChain+xml"`+tag+`</Types>`)(parts, nil)
		replaced("xl/_rels/workbook.xml.rels", "</Relationships>", `<Relationship Id="rId8" Type="`+relations+`/calcChain" Target="calcChain.xml"`+strings.ReplaceAll(tag, "Override", "Relationship")+`</Relationships>`)(parts, nil)
		parts["xl/calcChain.xml"] = `<calcChain ` + spaces + `><c r="C2" i="1"/></calcChain>`
		e := edit()
		e.At = []int{2, 3}
		after := written(t, parts, e, workbook.Result{Number: 2, Cells: []string{"2", "created"}})
		has(t, after[sheetPart], "!<f>")
		for name, content := range after {
			if strings.Contains(name+content, "calcChain") {
				t.Errorf("%s: %s", name, content)
			}
		}
	}
}

// Parts that are declared and not there are declared once when they are.
func TestAPartIsDeclaredOnce(t *testing.T) {
	t.Parallel()
	parts := crew()
	replaced("[Content_Types].xml", "</Types>", `<Override PartName="/xl/comments1.xml" ContentType="`+kinds+`comments+xml"></Override>`+
		`<Override PartName="/docProps/Custom.xml" ContentType="application/xml"/></Types>`)(parts, nil)
	after := written(t, parts, edit(), workbook.Result{Number: 2, Cells: []string{"2", "invalid"}, Marks: []workbook.Mark{{Column: 0, Note: "first"}}})
	types := strings.ToLower(after["[Content_Types].xml"])
	for _, part := range []string{"/xl/comments1.xml", "/docprops/custom.xml"} {
		if n := strings.Count(types, `"`+part+`"`); n != 1 {
			t.Errorf("%s is declared %d times in %s", part, n, types)
		}
	}
}

func TestWriteFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		rows  iter.Seq2[workbook.Result, error]
		unfit bool
	}{
		"a row that is not in the sheet": {each(workbook.Result{Number: 7, Cells: []string{"7", ""}}), true},
		"rows out of order":              {each(workbook.Result{Number: 3, Cells: []string{"3", ""}}, workbook.Result{Number: 2, Cells: []string{"2", ""}}), true},
		"rows that can't be read":        {func(yield func(workbook.Result, error) bool) { yield(workbook.Result{}, broken) }, false},
	} {
		file := packed(t, crew())
		book, err := workbook.OpenEditor(file, file.Size(), edit())
		if err != nil {
			t.Fatal(err)
		}
		err = book.Write(io.Discard, test.rows, func() []workbook.Line { return nil })
		if unfit := new(workbook.UnfitError); errors.As(err, &unfit) != test.unfit || !test.unfit && !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A table that ends beside our columns gets them; every other one stays as it is.
func TestTableGrows(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ table, want string }{
		"beside it":         {`ref="A1:B3"`, `ref="A1:D3"`},
		"without headings":  {`ref="A1:B3" headerRowCount="0"`, `ref="A1:B3"`},
		"narrower":          {`ref="A1:A3"`, `ref="A1:A3"`},
		"of a query":        {`ref="A1:B3" tableType="queryTable"`, `ref="A1:B3"`},
		"of something else": {`ref="M40:N44"`, `ref="M40:N44"`},
	} {
		parts := inSheet("", people, `<tableParts count="1"><tablePart r:id="rId1"/></tableParts>`)
		parts["xl/worksheets/_rels/sheet1.xml.rels"] = `<Relationships><Relationship Id="rId1" Type="` + relations + `/table" Target="/xl/tables/table1.xml"/></Relationships>`
		parts["xl/tables/table1.xml"] = `<x:table xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" id="1" ` + test.table + `><x:autoFilter ref="A1:B3"/><x:tableColumns count="2"><x:tableColumn id="1" name="First"/><x:tableColumn id="4" name="Last"/></x:tableColumns></x:table>`
		was := maps.Clone(parts)
		after := written(t, parts, edit(), workbook.Result{Number: 2, Cells: []string{"2", "created"}})
		if !strings.Contains(after["xl/tables/table1.xml"], test.want) {
			t.Errorf("%s: %s", name, after["xl/tables/table1.xml"])
		}
		if name == "beside it" {
			has(t, after["xl/tables/table1.xml"], `<x:tableColumns count="4">`, `<x:tableColumn id="5" name="row"/><x:tableColumn id="6" name="status"/>`, `<x:autoFilter ref="A1:D3"/>`)
			has(t, after[sheetPart], "!autoFilter")
		} else if diff := cmp.Diff(was["xl/tables/table1.xml"], after["xl/tables/table1.xml"]); diff != "" {
			t.Errorf("%s (-before +after):\n%s", name, diff)
		}
	}
}
