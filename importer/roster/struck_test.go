package roster_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"muster/importer/roster"
	"muster/importer/workbook"
)

// What is struck through is handed out as it is, and said to be so: a whole cell by
// its style, or a part of its text.
func TestStruck(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	defer f.Close()
	struck, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Strike: true}})
	if err != nil {
		t.Fatal(err)
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		t.Fatal(err)
	}
	for row, cells := range [][]any{{"First Name", "Last Name", "Employee ID"}, {"Ann", "Lee", 1}, {"Bo", "Li", 2}, {"", "Ray", 3}, {"Dee", "Kay", 4}} {
		if err := f.SetSheetRow("Sheet1", workbook.CellName(row+1, 0), &cells); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{
		f.SetCellStyle("Sheet1", "A2", "B2", struck),
		f.SetCellStyle("Sheet1", "A3", "B3", bold),
		f.SetCellStyle("Sheet1", "C3", "C3", struck),
		f.SetCellRichText("Sheet1", "A4", []excelize.RichTextRun{{Text: "Cy "}, {Text: "Si", Font: &excelize.Font{Strike: true}}}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "crew.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	r := open(t, path, roster.Options{})
	got := map[int][]bool{}
	for row, err := range r.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		if row.Struck != nil {
			got[row.Number] = append([]bool(nil), row.Struck...)
		}
	}
	want := map[int][]bool{2: {true, true}, 3: {false, false, true}, 4: {true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("struck (-want +got):\n%s", diff)
	}
}

// A font says with a value that it is not struck through.
func TestNotStruck(t *testing.T) {
	t.Parallel()
	styles := `<styleSheet><dxfs><dxf><font><strike/></font></dxf></dxfs><fonts><font/><font><strike val="0"/></font><font><strike val="1"/></font></fonts>` +
		`<cellStyleXfs><xf fontId="2"/></cellStyleXfs><cellXfs><xf fontId="0"/><xf fontId="1"/><xf fontId="2"/><xf fontId="9"/></cellXfs></styleSheet>`
	cell := func(style, text string) string { return `<c s="` + style + `" t="inlineStr"><is>` + text + `</is></c>` }
	rows := headings +
		rowXML(2, cell("0", "<t>Ann</t>"), cell("1", "<t>Lee</t>")) +
		rowXML(3, cell("3", `<r><rPr><strike val="false"/></rPr><t>Bo</t></r>`), cell("0", "<t>Li</t>")) +
		rowXML(4, cell("0", "<t>Cy</t>"), cell("2", "<t>Ray</t>")) +
		rowXML(5, cell("0", "<t>Dee</t>"), cell("0", `<r><t>K</t></r><r><rPr><b/><strike/></rPr><t>ay</t></r>`))
	r := open(t, single(sheetXML(rows)).with("xl/styles.xml", styles).write(t), roster.Options{})
	got := map[int][]bool{}
	for row, err := range r.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		if row.Struck != nil {
			got[row.Number] = append([]bool(nil), row.Struck...)
		}
	}
	if diff := cmp.Diff(map[int][]bool{4: {false, true}, 5: {false, true}}, got); diff != "" {
		t.Errorf("struck (-want +got):\n%s", diff)
	}
}
