package results_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"muster/importer/outcome"
	"muster/importer/results"
	"muster/importer/roster"
)

var rosters = flag.String("rosters", "", "a folder of workbooks to hand back, besides those of the test data")

// handBack extends the workbook from with results. decide sets the outcome of each row.
func handBack(t testing.TB, from, to string, retried bool, decide func(cells []string, o *outcome.Outcome)) []string {
	t.Helper()
	o := results.Options{Workbook: from, Retried: retried}
	var header []string
	var lines []line
	add := func(cells []string, out outcome.Outcome) {
		decide(cells, &out)
		lines = append(lines, line{Cells: slices.Clone(cells), Outcome: out})
	}
	if retried {
		r, err := results.Open(from, roster.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		header, o.Sheet, o.HeaderRow = r.Header(), r.Sheet(), r.HeaderRow()
		for row, err := range r.Rows() {
			if err != nil || row.Err != nil {
				t.Fatal(err, row.Err)
			}
			add(row.Cells, row.Outcome)
		}
	} else {
		r, err := roster.Open(from, roster.Options{Heading: heading})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		header, o.Sheet, o.HeaderRow = r.Header(), r.Sheet(), r.HeaderRow()
		for row, err := range r.Rows() {
			if err != nil {
				t.Fatal(err)
			}
			add(row.Cells, outcome.Outcome{Row: row.Number, Status: outcome.Created, PersonID: int64(9007199254740992 + row.Number)})
		}
	}
	w, err := results.Create(to, header, o)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	for _, l := range lines {
		if err := w.Write(l.Cells, l.Outcome); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	return w.Remarks()
}

// heading reports whether a cell is a heading of the test data.
func heading(cell string) bool {
	switch strings.ToLower(strings.Join(strings.Fields(cell), " ")) {
	case "first name", "last name", "badge no.", "job title", "employee?", "employee id", "first", "last",
		"emp #", "employee name", "craft", "nombre", "apellidos", "title / class":
		return true
	}
	return false
}

func keep([]string, *outcome.Outcome) {}

// partsOf returns the parts of a workbook.
func partsOf(t testing.TB, path string) map[string]string {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	parts := map[string]string{}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := parts[f.Name]; twice {
			t.Errorf("%s is there twice", f.Name)
		}
		parts[f.Name] = string(content)
	}
	return parts
}

// repack copies a workbook with changed parts.
func repack(t testing.TB, from, to string, change func(parts map[string]string)) {
	t.Helper()
	parts := partsOf(t, from)
	change(parts)
	file, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z := zip.NewWriter(file)
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
}

// sheetOrder is the order that the format's schema gives a sheet's elements.
const sheetOrder = " sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection protectedRanges scenarios autoFilter sortState" +
	" dataConsolidate customSheetViews mergeCells phoneticPr conditionalFormatting dataValidations hyperlinks printOptions pageMargins pageSetup headerFooter" +
	" rowBreaks colBreaks customProperties cellWatches ignoredErrors smartTags drawing legacyDrawing legacyDrawingHF picture oleObjects controls webPublishItems" +
	" tableParts extLst "

// wellFormed checks what a spreadsheet requires of a workbook before it opens the
// workbook without offering a repair.
func wellFormed(t testing.TB, parts map[string]string) {
	t.Helper()
	for name, content := range parts {
		if !strings.HasSuffix(name, ".xml") && !strings.HasSuffix(name, ".rels") && !strings.HasSuffix(name, ".vml") {
			continue
		}
		d := xml.NewDecoder(strings.NewReader(content))
		depth, last := 0, -1
		lastRow, lastCell := 0, -1
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			switch e := token.(type) {
			case xml.StartElement:
				if depth++; depth == 2 && strings.Contains(name, "worksheets/") && strings.HasSuffix(name, ".xml") {
					place := strings.Index(sheetOrder, " "+e.Name.Local+" ")
					if place < 0 || place < last {
						t.Errorf("%s: %s is out of order", name, e.Name.Local)
					}
					last = place
				}
				ref := ""
				for _, a := range e.Attr {
					switch {
					case a.Name.Local == "r" && e.Name.Local == "c":
						ref = a.Value
					case a.Name.Local == "r" && e.Name.Local == "row":
						var n int
						fmt.Sscan(a.Value, &n)
						if n <= lastRow {
							t.Errorf("%s: row %d after %d", name, n, lastRow)
						}
						lastRow, lastCell = n, -1
					case a.Name.Local == "PartName" && parts[strings.TrimPrefix(a.Value, "/")] == "":
						t.Errorf("%s names a part %s that is not there", name, a.Value)
					}
				}
				if ref != "" {
					column, row, err := excelize.CellNameToCoordinates(ref)
					if err != nil || row != lastRow || column <= lastCell {
						t.Errorf("%s: cell %s in row %d after column %d", name, ref, lastRow, lastCell)
					}
					lastCell = column
				}
			case xml.EndElement:
				depth--
			}
		}
	}
}

func workbooks(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob("testdata/crew*.xlsx")
	if err != nil || len(list) == 0 {
		t.Fatal("no test data", err)
	}
	if *rosters != "" {
		more, err := filepath.Glob(filepath.Join(*rosters, "*.xlsx"))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, more...)
	}
	return list
}

// Everything in a workbook stays the same: other parts, other sheets, and the
// roster's cells.
func TestRosterWorkbookIsKept(t *testing.T) {
	t.Parallel()
	for _, from := range workbooks(t) {
		t.Run(filepath.Base(from), func(t *testing.T) {
			t.Parallel()
			to := filepath.Join(t.TempDir(), "r.results.xlsx")
			remarks := handBack(t, from, to, false, func(_ []string, o *outcome.Outcome) {
				if o.Row%3 == 0 {
					*o = outcome.Outcome{Row: o.Row, Status: outcome.Invalid, Problems: []outcome.Problem{
						{Code: "name_missing", Cell: fmt.Sprintf("Crew!B%d", o.Row), Message: "=1+1", Hint: "fill it in"},
					}}
				}
			})
			if remarks != nil {
				t.Fatalf("not the same workbook: %q", remarks)
			}
			before, after := partsOf(t, from), partsOf(t, to)
			sheet := sheetOf(t, from)
			for name, content := range before {
				switch {
				case after[name] == content, name == "[Content_Types].xml", name == "xl/styles.xml", name == "xl/workbook.xml",
					strings.HasSuffix(name, ".rels"), name == "docProps/custom.xml":
				case name == sheet, strings.Contains(name, "comments"), strings.Contains(name, "vmlDrawing"), strings.Contains(name, "tables/"):
				default:
					t.Errorf("the part %s is not as it was", name)
				}
			}
			sameCells(t, from, to)
			_, rows := read(t, to)
			if len(rows) < 2 {
				t.Fatalf("%d rows come back", len(rows))
			}
			valid(t, to, from)
			for _, row := range rows {
				want := created(row.Outcome.Row, int64(9007199254740992+row.Outcome.Row))
				if row.Outcome.Row%3 == 0 {
					want = outcome.Outcome{Row: row.Outcome.Row, Status: outcome.Invalid, Problems: []outcome.Problem{
						{Code: "name_missing", Message: fmt.Sprintf("Crew!B%d: =1+1", row.Outcome.Row), Hint: "fill it in"},
					}}
				}
				if diff := cmp.Diff(want, row.Outcome); diff != "" {
					t.Errorf("outcome (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// sheetOf returns the part of the roster's sheet.
func sheetOf(t *testing.T, path string) string {
	t.Helper()
	r, err := roster.Open(path, roster.Options{Heading: heading})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	book := open(t, path)
	return fmt.Sprintf("xl/worksheets/sheet%d.xml", slices.Index(book.GetSheetList(), r.Sheet())+1)
}

func open(t testing.TB, path string) *excelize.File {
	t.Helper()
	book, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { book.Close() })
	return book
}

// sameCells compares all cells, formulas and number formats of the first workbook
// with those of the second.
func sameCells(t *testing.T, from, to string) {
	t.Helper()
	before, after := open(t, from), open(t, to)
	for _, sheet := range before.GetSheetList() {
		rows, err := before.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			continue // a sheet that is a chart
		}
		for r, cells := range rows {
			for c := range cells {
				name, _ := excelize.CoordinatesToCellName(c+1, r+1)
				was, is := look(t, before, sheet, name), look(t, after, sheet, name)
				if was != is {
					t.Errorf("%s!%s was %s and is %s", sheet, name, was, is)
				}
			}
		}
		was, _ := before.GetMergeCells(sheet)
		is, _ := after.GetMergeCells(sheet)
		if len(was) != len(is) {
			t.Errorf("%s: %d merged ranges, were %d", sheet, len(is), len(was))
		}
	}
}

func look(t *testing.T, book *excelize.File, sheet, cell string) string {
	t.Helper()
	value, err := book.GetCellValue(sheet, cell)
	formula, err2 := book.GetCellFormula(sheet, cell)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%q =%s", value, formula)
}

// muster adds cells of text beside the table, colours and notes on bad cells, a
// filter and a summary sheet.
func TestColumnsAddedToWorkbook(t *testing.T) {
	t.Parallel()
	to := filepath.Join(t.TempDir(), "r.xlsx")
	handBack(t, "testdata/crew.xlsx", to, false, func(cells []string, o *outcome.Outcome) {
		if cells[2] == "" {
			*o = outcome.Outcome{Row: o.Row, Status: outcome.Invalid, Problems: []outcome.Problem{
				{Code: "name_missing", Cell: fmt.Sprintf("Crew!C%d", o.Row), Message: "=HYPERLINK(\"x\")", Hint: "@fill it in"},
			}}
		}
	})
	book := open(t, to)
	if diff := cmp.Diff([]string{"Crew", "Hours", "Pivot", "Import summary"}, book.GetSheetList()); diff != "" {
		t.Errorf("sheets (-want +got):\n%s", diff)
	}
	rows, err := book.GetRows("Crew")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(results.Columns(), rows[3][5:11]); diff != "" {
		t.Errorf("headings (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"5", "created", "9007199254740997"}, rows[4][5:8]); diff != "" {
		t.Errorf("row 5 (-want +got):\n%s", diff)
	}
	for column := range 6 {
		name, _ := excelize.CoordinatesToCellName(6+column, 6)
		kind, err := book.GetCellType("Crew", name)
		formula, err2 := book.GetCellFormula("Crew", name)
		if value, _ := book.GetCellValue("Crew", name); value != "" && kind != excelize.CellTypeInlineString || formula != "" || err != nil || err2 != nil {
			t.Errorf("%s is of the type %v with the formula %q (%v, %v)", name, kind, formula, err, err2)
		}
	}
	if fill := fillOf(t, book, "C6"); fill != "FFDFB8" {
		t.Errorf("the bad cell is filled with %q", fill)
	}
	if fill := fillOf(t, book, "C8"); fill == "FFDFB8" {
		t.Error("a good cell is filled, too")
	}
	notes := notesOf(t, book)
	want := map[string]string{"B5": "call her first", "E7": "I asked; no answer yet", "C6": "muster:\n=HYPERLINK(\"x\")\n→ @fill it in"}
	for cell, text := range want {
		if notes[cell] != text {
			t.Errorf("the note on %s is %q, want %q", cell, notes[cell], text)
		}
	}
	if sheet := partsOf(t, to)["xl/worksheets/sheet1.xml"]; !strings.Contains(sheet, `autoFilter ref="A4:K`) {
		t.Error("there is no filter over the table and our columns")
	}
	summary, err := book.GetRows("Import summary")
	if err != nil || len(summary) < 6 || !slices.Contains(slices.Concat(summary...), "name_missing") {
		t.Errorf("summary %q, %v", summary, err)
	}
}

func fillOf(t *testing.T, book *excelize.File, cell string) string {
	t.Helper()
	style, err := book.GetCellStyle("Crew", cell)
	if err != nil {
		t.Fatal(err)
	}
	s, err := book.GetStyle(style)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(s.Fill.Color, " ")
}

func notesOf(t *testing.T, book *excelize.File) map[string]string {
	t.Helper()
	comments, err := book.GetComments("Crew")
	if err != nil {
		t.Fatal(err)
	}
	notes := map[string]string{}
	for _, c := range comments {
		if notes[c.Cell] != "" {
			t.Errorf("%s has two notes", c.Cell)
		}
		text := c.Text
		for _, run := range c.Paragraph {
			text += run.Text
		}
		notes[c.Cell] = text
	}
	return notes
}

// A results workbook is extended again, as written and as saved by LibreOffice with
// moved columns and sorted rows: testdata/edited.results.xlsx, made from crew.xlsx by
// TestColumnsAddedToWorkbook, with Cy's row on top.
func TestRetriedWorkbook(t *testing.T) {
	t.Parallel()
	invalid := func(cells []string, o *outcome.Outcome) {
		if slices.Contains(cells, "Bo") {
			*o = outcome.Outcome{Row: o.Row, Status: outcome.Invalid, Problems: []outcome.Problem{
				{Code: "name_missing", Cell: fmt.Sprintf("Crew!C%d", o.Row), Message: "still missing"},
			}}
		}
	}
	t.Run("as written", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "r.xlsx")
		handBack(t, "testdata/crew.xlsx", path, false, invalid)
		var first map[string]string // after the first retry
		for range 3 {
			if remarks := handBack(t, path, path, true, invalid); remarks != nil {
				t.Fatalf("%q", remarks)
			}
			if first == nil {
				first = partsOf(t, path)
			}
		}
		valid(t, path, "")
		again := partsOf(t, path)
		for _, name := range slices.Sorted(maps.Keys(again)) {
			if diff := cmp.Diff(first[name], again[name]); diff != "" {
				t.Errorf("%s grows with every retry (-first +again):\n%s", name, diff)
			}
		}
		book := open(t, path)
		if notes := notesOf(t, book); notes["C6"] != "muster:\nstill missing" {
			t.Errorf("notes %q", notes)
		}
		handBack(t, path, path, true, func(cells []string, o *outcome.Outcome) {
			*o = created(o.Row, 7)
		})
		book = open(t, path)
		if notes := notesOf(t, book); len(notes) != 2 {
			t.Errorf("our notes are left behind: %q", notes)
		}
		if fill := fillOf(t, book, "C6"); fill != "EAF0FA" {
			t.Errorf("a cell that was corrected is filled with %q, and its row with EAF0FA", fill)
		}
	})
	t.Run("edited in LibreOffice", func(t *testing.T) {
		t.Parallel()
		const from = "testdata/edited.results.xlsx"
		path := filepath.Join(t.TempDir(), "r.xlsx")
		_, before := read(t, from)
		fixed := 0
		remarks := handBack(t, from, path, true, func(cells []string, o *outcome.Outcome) {
			if o.Status == outcome.Invalid {
				fixed++
				*o = created(o.Row, 99)
			}
		})
		if remarks != nil || fixed == 0 {
			t.Fatalf("%d rows to fix; remarks %q", fixed, remarks)
		}
		valid(t, path, from)
		sheets := open(t, path).GetSheetList()
		if diff := cmp.Diff([]string{"Crew", "Hours", "Pivot", "Import summary"}, sheets); diff != "" {
			t.Errorf("sheets (-want +got):\n%s", diff)
		}
		_, after := read(t, path)
		if len(before) != len(after) {
			t.Fatalf("%d rows, were %d", len(after), len(before))
		}
		for i := range before {
			want := before[i]
			if want.Outcome.Status == outcome.Invalid {
				want.Outcome = created(want.Outcome.Row, 99)
			}
			if diff := cmp.Diff(want, after[i]); diff != "" {
				t.Errorf("row %d (-want +got):\n%s", i, diff)
			}
		}
		if notes := notesOf(t, open(t, path)); len(notes) != 2 {
			t.Errorf("our notes are left behind, or others are gone: %q", notes)
		}
	})
}

// An Excel table gets the six columns, so that its filter includes them.
func TestTableGrows(t *testing.T) {
	t.Parallel()
	for name, grows := range map[string]bool{"": true, "a note beside it": false} {
		path, to := filepath.Join(t.TempDir(), "t.xlsx"), filepath.Join(t.TempDir(), "r.xlsx")
		book := excelize.NewFile()
		for i, row := range [][]any{{"First Name", "Last Name"}, {"Ann", "Lee"}, {"Bo", "Day"}} {
			if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
				t.Fatal(err)
			}
		}
		if name != "" {
			if err := book.SetCellStr("Sheet1", "D2", name); err != nil {
				t.Fatal(err)
			}
		}
		if err := book.AddTable("Sheet1", &excelize.Table{Range: "A1:B3", Name: "Crew"}); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(book.SaveAs(path), book.Close()); err != nil {
			t.Fatal(err)
		}
		handBack(t, path, to, false, keep)
		valid(t, to, path)
		parts := partsOf(t, to)
		table := parts["xl/tables/table1.xml"]
		if got := strings.Contains(table, `ref="A1:H3"`) && strings.Contains(table, `name="import_hint"`) && strings.Contains(table, `tableColumns count="8"`); got != grows {
			t.Errorf("beside %q: %s", name, table)
		}
		if strings.Contains(parts["xl/worksheets/sheet1.xml"], "autoFilter") {
			t.Error("a filter lies over the table, which has one itself")
		}
	}
}

// A picture beside the table stays where it is. A marked cell that is missing
// in the file gets the column's format: an ID typed there keeps leading zeros.
func TestWorkbookWithPicture(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	from, to := filepath.Join(folder, "crew.xlsx"), filepath.Join(folder, "r.xlsx")
	book := excelize.NewFile()
	for i, row := range [][]any{{"First Name", "Last Name", "Employee ID"}, {"Ann", "Lee"}, {"Bo", "Day", "7"}} {
		if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	text, err := book.NewStyle(&excelize.Style{NumFmt: 49})
	if err != nil {
		t.Fatal(err)
	}
	var dot bytes.Buffer
	if err := errors.Join(
		png.Encode(&dot, image.NewGray(image.Rect(0, 0, 90, 90))),
		book.SetColStyle("Sheet1", "C:M", text),
		book.SetCellStr("Sheet1", "ZY2", "stray"),
		book.SetColVisible("Sheet1", "E:M", false),
		book.AddPictureFromBytes("Sheet1", "E2", &excelize.Picture{Extension: ".png", File: dot.Bytes()}),
		book.SaveAs(from), book.Close(),
	); err != nil {
		t.Fatal(err)
	}
	handBack(t, from, to, false, func(_ []string, o *outcome.Outcome) {
		if o.Row == 2 {
			*o = outcome.Outcome{Row: 2, Status: outcome.Invalid, Problems: []outcome.Problem{{Code: "id_missing", Cell: "C2", Message: strings.Repeat("é", 40000)}}}
		}
	})
	valid(t, to, from)
	book = open(t, to)
	if got, _ := book.GetCellValue("Sheet1", "D1"); got != "import_row" {
		t.Errorf("D1 is %q", got)
	}
	if hidden, err := book.GetColVisible("Sheet1", "E"); !hidden || err != nil {
		t.Errorf("our column is hidden (%v)", err)
	}
	if visible, err := book.GetColVisible("Sheet1", "M"); visible || err != nil {
		t.Errorf("a column that was hidden is shown (%v)", err)
	}
	style, err := book.GetCellStyle("Sheet1", "C2")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := book.GetStyle(style); err != nil || s.NumFmt != 49 || len(s.Fill.Color) == 0 {
		t.Errorf("the marked cell is %+v, %v", s, err)
	}
	if message, _ := book.GetCellValue("Sheet1", "H2"); len([]rune(message)) > 32767 || !strings.HasSuffix(message, "…") {
		t.Errorf("the message is %d characters long", len([]rune(message)))
	}
}

// If a workbook can't be extended, the rows are in a new workbook, with a remark.
func TestUnfitWorkbook(t *testing.T) {
	t.Parallel()
	tests := map[string]func(parts map[string]string){
		"macros":   func(p map[string]string) { p["xl/vbaProject.bin"] = "\xd0\xcf" },
		"signed":   func(p map[string]string) { p["_xmlsignatures/sig1.xml"] = "<Signature/>" },
		"template": func(p map[string]string) { swap(p, "[Content_Types].xml", "sheet.main+xml", "template.main+xml") },
		"strict": func(p map[string]string) {
			swap(p, "xl/worksheets/sheet1.xml", "schemas.openxmlformats.org", "purl.oclc.org/ooxml")
		},
		"no fonts":   func(p map[string]string) { swap(p, "xl/styles.xml", "fonts", "faces") },
		"note boxes": func(p map[string]string) { swap(p, "xl/drawings/vmlDrawing1.vml", "</xml>", "") },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			from, to := filepath.Join(folder, "crew.xlsx"), filepath.Join(folder, "r.xlsx")
			repack(t, "testdata/crew.xlsx", from, change)
			remarks := handBack(t, from, to, false, keep)
			if len(remarks) != 1 || !strings.Contains(remarks[0], "in a new workbook") {
				t.Errorf("remarks %q", remarks)
			}
			if sheets := open(t, to).GetSheetList(); len(sheets) != 1 {
				t.Errorf("sheets %q", sheets)
			}
			if _, rows := read(t, to); len(rows) != 9 {
				t.Errorf("%d rows", len(rows))
			}
			valid(t, to, "")
			if diff := cmp.Diff([]string{"crew.xlsx", "r.xlsx"}, files(t, folder)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}

func swap(parts map[string]string, part, old, new string) {
	if !strings.Contains(parts[part], old) {
		panic(part + " has no " + old)
	}
	parts[part] = strings.ReplaceAll(parts[part], old, new)
}

// Other programs write other forms of XML.
func TestWorkbooksOfOtherPrograms(t *testing.T) {
	t.Parallel()
	tests := map[string]func(parts map[string]string){
		"prefixes": func(p map[string]string) {
			name := regexp.MustCompile(`<(/?)(\w+)([ />])`)
			for part, prefix := range map[string]string{"xl/worksheets/sheet1.xml": "x", "xl/styles.xml": "y", "xl/workbook.xml": "z", "xl/comments1.xml": "c"} {
				content := name.ReplaceAllString(p[part], "<${1}"+prefix+":$2$3")
				p[part] = strings.Replace(content, "xmlns=", "xmlns:"+prefix+"=", 1)
			}
		},
		"absolute targets": func(p map[string]string) {
			swap(p, "xl/_rels/workbook.xml.rels", `Target="worksheets`, `Target="/xl/worksheets`)
		},
		"hints to readers in a hurry": func(p map[string]string) {
			swap(p, "xl/worksheets/sheet1.xml", `<row r="5">`, `<row r="5" spans="1:5" ht="15">`)
		},
		"comments and declarations": func(p map[string]string) {
			swap(p, "xl/worksheets/sheet1.xml", "<sheetData>", "<!-- <row> --><sheetData><!-- > -->")
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			from, to := filepath.Join(folder, "crew.xlsx"), filepath.Join(folder, "r.xlsx")
			repack(t, "testdata/crew.xlsx", from, change)
			remarks := handBack(t, from, to, false, keep)
			if remarks != nil {
				t.Fatalf("%q", remarks)
			}
			valid(t, to, from)
			if _, rows := read(t, to); len(rows) != 9 || rows[0].Outcome.PersonID != 9007199254740997 {
				t.Errorf("rows %+v", rows)
			}
		})
	}
}

// The roster may change during a long run.
func TestWorkbookChangedDuringRun(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	from, to := filepath.Join(folder, "crew.xlsx"), filepath.Join(folder, "r.xlsx")
	content, err := os.ReadFile("testdata/crew.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(from, content, 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := results.Create(to, []string{"Badge No.", "First Name", "Last Name", "Job Title", "Employee?"},
		results.Options{Workbook: from, Sheet: "Crew", HeaderRow: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	if err := os.WriteFile(from, bytes.Repeat([]byte("x"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := w.Write([]string{"101", "Ann", "Lee"}, created(5, 1)); err != nil {
		t.Fatal(err)
	}
	// a row that is not in the sheet: all rows must be in a workbook anyway
	if err := w.Write([]string{"999", "Zoe", "Lost"}, created(900, 2)); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if remarks := w.Remarks(); len(remarks) != 1 {
		t.Errorf("remarks %q", remarks)
	}
	if _, rows := read(t, to); len(rows) != 2 || rows[1].Outcome.Row != 900 {
		t.Errorf("rows %+v", rows)
	}
	if diff := cmp.Diff([]string{"crew.xlsx", "r.xlsx"}, files(t, folder)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// Notes beyond the limit of a sheet are left out; every row keeps the six cells.
func TestManyProblems(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	from, to := filepath.Join(folder, "crew.xlsx"), filepath.Join(folder, "r.xlsx")
	large(t, from, 3000)
	handBack(t, from, to, false, func(_ []string, o *outcome.Outcome) {
		*o = outcome.Outcome{Row: o.Row, Status: outcome.Failed, Problems: []outcome.Problem{{Code: "x", Cell: fmt.Sprintf("A%d", o.Row), Message: "no"}}}
	})
	valid(t, to, from)
	parts := partsOf(t, to)
	if n := strings.Count(parts["xl/comments1.xml"], "<comment "); n != 1000 {
		t.Errorf("%d notes", n)
	}
	if n := strings.Count(parts["xl/drawings/vmlDrawing1.vml"], "<v:shape "); n != 1000 {
		t.Errorf("%d boxes", n)
	}
	if _, rows := read(t, to); len(rows) != 3000 || rows[2999].Outcome.Problems[0].Message != "A3001: no" {
		t.Errorf("%d rows", len(rows))
	}
}

// large makes a roster of n people.
func large(t testing.TB, path string, n int) {
	t.Helper()
	book := excelize.NewFile()
	defer book.Close()
	sheet, err := book.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	rows := []any{"First Name", "Last Name", "Job Title", "Employee ID", "Phone"}
	for i := range n + 1 {
		if err := sheet.SetRow(fmt.Sprintf("A%d", i+1), rows); err != nil {
			t.Fatal(err)
		}
		rows = []any{"Maria", fmt.Sprintf("Garcia %d", i), "Journeyman Electrician", fmt.Sprintf("%06d", i), "+1 805 555 0100"}
	}
	if err := errors.Join(sheet.Flush(), book.SaveAs(path)); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkHandBack compares an extended workbook with a new one.
func BenchmarkHandBack(b *testing.B) {
	const rows = 20000
	from := filepath.Join(b.TempDir(), "crew.xlsx")
	large(b, from, rows)
	cells := []string{"Maria", "Garcia Lopez", "Journeyman Electrician", "00123", "+1 805 555 0100"}
	for name, workbook := range map[string]string{"own": from, "plain": ""} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w, err := results.Create(filepath.Join(b.TempDir(), "r.xlsx"), make([]string, 5), results.Options{Workbook: workbook, Sheet: "Sheet1", HeaderRow: 1})
				if err != nil {
					b.Fatal(err)
				}
				for row := range rows {
					if err := w.Write(cells, created(row+2, 900719925)); err != nil {
						b.Fatal(err)
					}
				}
				if err := w.Commit(); err != nil {
					b.Fatal(err)
				}
				if remarks := w.Remarks(); remarks != nil {
					b.Fatal(remarks)
				}
			}
		})
	}
}

// Another program drops the mark of the workbook and keeps the title of the summary.
func TestSummaryIsRenewed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ own, want []string }{
		"of a workbook that another program saved": {nil, []string{"Crew", "Hours", "Pivot", "Import summary"}},
		"and not a sheet of the roster":            {[]string{"Import summary"}, []string{"Crew", "Hours", "Pivot", "Import summary", "Import summary (2)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			crew, first, saved, last := filepath.Join(folder, "crew.xlsx"), filepath.Join(folder, "first.xlsx"), filepath.Join(folder, "saved.xlsx"), filepath.Join(folder, "last.xlsx")
			book := open(t, "testdata/crew.xlsx")
			for _, sheet := range test.own {
				if _, err := book.NewSheet(sheet); err != nil {
					t.Fatal(err)
				}
			}
			if err := book.SaveAs(crew); err != nil {
				t.Fatal(err)
			}
			handBack(t, crew, first, false, func(_ []string, o *outcome.Outcome) {
				*o = outcome.Outcome{Row: o.Row, Status: outcome.Invalid, Problems: []outcome.Problem{{Code: "name_missing", Message: "no name"}}}
			})
			summary := test.want[len(test.want)-1]
			book = open(t, first)
			if err := book.SetCellStr(summary, "A1", "What became of the roster"); err != nil { // a shared string
				t.Fatal(err)
			}
			book.Pkg.Delete("docProps/custom.xml")
			if err := book.SaveAs(saved); err != nil {
				t.Fatal(err)
			}
			if partsOf(t, saved)["docProps/custom.xml"] != "" {
				t.Fatal("the mark is still there")
			}
			handBack(t, saved, last, true, func(_ []string, o *outcome.Outcome) { *o = created(o.Row, 99) })
			book = open(t, last)
			if diff := cmp.Diff(test.want, book.GetSheetList()); diff != "" {
				t.Errorf("sheets (-want +got):\n%s", diff)
			}
			rows, err := book.GetRows(summary)
			if err != nil || len(rows) < 3 || rows[2][0] != "created" {
				t.Errorf("summary %q, %v", rows, err)
			}
			if kind, err := book.GetCellType(summary, "B3"); err != nil || kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber {
				t.Errorf("the count is of the type %v, %v", kind, err)
			}
		})
	}
}
