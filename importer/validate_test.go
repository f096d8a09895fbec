package importer_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"muster/importer"
	"muster/importer/outcome"
	"muster/importer/procore/simulator"
)

// checked returns what a check makes of the rows of a workbook that fill fills.
func checked(t *testing.T, fill func(book *excelize.File) error) []outcome.Outcome {
	t.Helper()
	book := excelize.NewFile()
	defer book.Close()
	if err := fill(book); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "crew.xlsx")
	if err := book.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	return newBench(t, simulator.Config{}).foresee(path, func(im *importer.Import) { im.API, im.Ledger = nil, nil }).rows
}

func setRows(book *excelize.File, rows ...[]any) error {
	for i, row := range rows {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return err
		}
		if err := book.SetSheetRow("Sheet1", cell, &row); err != nil {
			return err
		}
	}
	return nil
}

// A formula whose result the workbook doesn't hold has no error to be corrected.
func TestFormulaWithoutResult(t *testing.T) {
	t.Parallel()
	got := checked(t, func(book *excelize.File) error {
		if err := setRows(book, []any{"First Name", "Last Name", "Employee ID"}, []any{"Ann", "Lee"}); err != nil {
			return err
		}
		return book.SetCellFormula("Sheet1", "C2", `CONCAT("E-",7)`)
	})
	if len(got) != 1 || got[0].Status != outcome.Invalid || len(got[0].Problems) != 1 {
		t.Fatalf("%+v", got)
	}
	p := got[0].Problems[0]
	if p.Code != "formula_error" || !strings.Contains(p.Message, "no result") || !strings.Contains(p.Hint, "open the workbook") || !strings.Contains(p.Hint, "save it") {
		t.Errorf("%+v", p)
	}
}

// A hidden row is left out for good: shown in the results, it stays so.
func TestHiddenRow(t *testing.T) {
	t.Parallel()
	got := checked(t, func(book *excelize.File) error {
		if err := setRows(book, []any{"First Name", "Last Name"}, []any{"Ann", "Lee"}, []any{"Bo", "Li"}); err != nil {
			return err
		}
		return book.SetRowVisible("Sheet1", 2, false)
	})
	if len(got) != 2 || got[0].Status != outcome.Skipped || !strings.Contains(got[0].Problems[0].Hint, "import the roster itself again") || got[1].Status != "" {
		t.Errorf("%+v", got)
	}
}
