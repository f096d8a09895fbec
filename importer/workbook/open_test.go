package workbook_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"muster/importer/workbook"
)

// TestOpen reads every row twice: on opening, and again by Rows.
func TestOpen(t *testing.T) {
	t.Parallel()
	file := packed(t, inSheet("", people+`<row r="5" hidden="1"><c r="B5" t="e"><v>#N/A</v></c></row><row r="6"><c r="A6"><f>A1</f></c></row>`,
		`<mergeCells><mergeCell ref="A2:B3"/></mergeCells>`))
	want := []workbook.Row{
		{Number: 1, Cells: []string{"First", "Last"}, Kinds: []workbook.Kind{workbook.Text, workbook.Text}},
		{Number: 2, Cells: []string{"1", "2"}, Kinds: []workbook.Kind{workbook.Number, workbook.Number}},
		{Number: 3, Cells: []string{"3"}, Kinds: []workbook.Kind{workbook.Number}},
		{Number: 5, Hidden: true, Cells: []string{"", "#N/A"}, Kinds: []workbook.Kind{workbook.Text, workbook.FormulaError}},
		{Number: 6, Cells: []string{"=A1"}, Kinds: []workbook.Kind{workbook.FormulaError}},
	}
	var got []workbook.Row
	keep := func(row *workbook.Row) bool {
		got = append(got, workbook.Row{Number: row.Number, Hidden: row.Hidden, Cells: append([]string{}, row.Cells...), Kinds: append([]workbook.Kind{}, row.Kinds...)})
		return len(got) < len(want)
	}
	book, err := workbook.Open(file, file.Size(), func(_ *workbook.Sheet, row *workbook.Row) { keep(row) })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("on opening (-want +got):\n%s", diff)
	}
	sheet := book.Sheets[0]
	if sheet.Name != "Crew" || sheet.Uncomputed != 1 || book.ODS || !cmp.Equal(sheet.Merges, []workbook.Area{{Left: 0, Top: 2, Right: 1, Bottom: 3}}) {
		t.Errorf("sheet %+v", sheet)
	}
	got = nil
	if err := book.Rows(sheet, keep); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("by Rows (-want +got):\n%s", diff)
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	cut := crew()
	cut[sheetPart] = strings.TrimSuffix(cut[sheetPart], "</worksheet>")
	bomb := crew()
	bomb["xl/media/logo.bin"] = strings.Repeat("\x00", 80<<20)
	locked := map[string]string{
		"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>",
		"META-INF/manifest.xml": "<manifest><file-entry><encryption-data/></file-entry></manifest>",
	}
	for name, test := range map[string]struct {
		file *bytes.Reader
		want workbook.Reason
	}{
		"no archive":      {bytes.NewReader([]byte("x")), workbook.Damaged},
		"a sheet cut":     {packed(t, cut), workbook.Damaged},
		"too large":       {packed(t, bomb), workbook.TooLarge},
		"a password":      {packed(t, locked), workbook.Protected},
		"another archive": {packed(t, map[string]string{"readme.txt": "x"}), workbook.NotWorkbook},
	} {
		_, err := workbook.Open(test.file, test.file.Size(), func(*workbook.Sheet, *workbook.Row) {})
		var e *workbook.Error
		if !errors.As(err, &e) || e.Reason != test.want || e.Error() == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
