package importer_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"muster/importer"
	"muster/mapping"
)

func TestTemplate(t *testing.T) {
	t.Parallel()
	names := importer.TemplateClassifications([]mapping.Classification{{ID: 1, Name: "Mason"}, {ID: 2, Name: "Rigger"}, {ID: 3, Name: "Rigger "}, {ID: 4}})
	if diff := cmp.Diff([]string{"Mason"}, names); diff != "" {
		t.Error(diff)
	}
	var csv, xlsx bytes.Buffer
	if err := importer.WriteTemplateCSV(&csv); err != nil {
		t.Fatal(err)
	}
	const headings = "First Name,Last Name,Job Title,Employee ID,Is Employee,Work Classification,Origin ID"
	if got := csv.String(); got != "\uFEFF"+headings+"\n" {
		t.Errorf("the CSV file is %q", got)
	}
	if err := importer.WriteTemplateWorkbook(&xlsx, names); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&xlsx)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rules, err := book.GetDataValidations("Roster")
	if err != nil || len(rules) != 2 {
		t.Errorf("%d lists, %v", len(rules), err)
	}
	if got, err := book.GetCellValue("Classifications", "A1"); err != nil || got != "Mason" {
		t.Errorf("the first classification is %q, %v", got, err)
	}
}
