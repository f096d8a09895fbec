package results_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"muster/importer/outcome"
	"muster/importer/results"
	"muster/importer/roster"
)

// tool returns the path of a program for a long test. Without the program the
// test is skipped, or fails if MUSTER_TEST_TOOLS is "required".
func tool(t testing.TB, name string) string {
	t.Helper()
	if os.Getenv("MUSTER_TEST_LONG") == "" {
		t.Skip("long: set MUSTER_TEST_LONG=1")
	}
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
	case os.Getenv("MUSTER_TEST_TOOLS") == "required":
		t.Fatalf("%s is not installed, and MUSTER_TEST_TOOLS requires it", name)
	default:
		t.Skipf("%s is not installed", name)
	}
	return path
}

// faults returns the errors of the Open XML SDK's validator for a workbook: part, kind
// and description.
func faults(t testing.TB, path string) []string {
	t.Helper()
	cmd := exec.Command(tool(t, "ooxml-validator"), path)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	answer, err := cmd.Output() // its exit code is 1 if there are faults
	var got struct {
		OK     bool
		Errors []struct{ Path, ID, Description, ErrorType string }
	}
	if json.Unmarshal(answer, &got) != nil {
		t.Fatalf("the validator says %q and %q (%v)", answer, &stderr, err)
	}
	var list []string
	for _, e := range got.Errors {
		list = append(list, fmt.Sprintf("%s: %s %s: %s", e.Path, e.ErrorType, e.ID, e.Description))
	}
	if got.OK != (len(list) == 0) {
		t.Fatalf("the validator says %s", answer)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// valid checks that a workbook has no faults except those of the workbook from, if
// that is not "".
func valid(t *testing.T, path, from string) {
	t.Helper()
	wellFormed(t, partsOf(t, path))
	t.Run("by the schemas", func(t *testing.T) {
		var before []string
		now := faults(t, path)
		if from != "" && len(now) > 0 {
			before = faults(t, from)
		}
		for _, fault := range now {
			if !slices.Contains(before, fault) {
				t.Error(fault)
			}
		}
	})
}

// marked gives every third row problems in the first two cells.
func marked(_ []string, o *outcome.Outcome) {
	if o.Row%3 == 0 {
		*o = outcome.Outcome{Row: o.Row, Status: outcome.Invalid, Problems: []outcome.Problem{
			{Code: "name_missing", Cell: fmt.Sprintf("Crew!A%d", o.Row), Message: "=1+1 & <b>", Hint: "fill it in"},
			{Code: "name_missing", Cell: fmt.Sprintf("Crew!B%d", o.Row), Message: "it is missing\x01"},
		}}
	}
}

func TestWorkbooksAreValid(t *testing.T) {
	t.Parallel()
	tool(t, "ooxml-validator")
	list := workbooks(t)
	for _, pattern := range []string{"../roster/testdata/*.xlsx", "../roster/testdata/made/*.xlsx"} {
		more, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, more...)
	}
	folder := t.TempDir()
	for name, lay := range layouts() {
		path := filepath.Join(folder, name+".xlsx")
		laidOut(t, path, lay)
		list = append(list, path)
	}
	rosters := 0
	for _, from := range list {
		r, err := roster.Open(from, roster.Options{Heading: heading})
		if err != nil {
			continue // it is a test's of what is no roster
		}
		r.Close()
		rosters++
		t.Run(strings.TrimSuffix(filepath.Base(from), ".xlsx"), func(t *testing.T) {
			t.Parallel()
			to := filepath.Join(t.TempDir(), "r.xlsx")
			handBack(t, from, to, false, marked)
			handBack(t, to, to, true, marked)
			valid(t, to, from)
		})
	}
	if rosters < 30 {
		t.Errorf("only %d of %d workbooks are rosters", rosters, len(list))
	}
}

// The validator must find faults, or the other tests prove nothing.
func TestValidatorFindsFaults(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(p map[string]string){
		"order": func(p map[string]string) {
			swap(p, "xl/worksheets/sheet1.xml", "</sheetData>", `</sheetData><sheetPr/>`)
		},
		"style": func(p map[string]string) { swap(p, "xl/worksheets/sheet1.xml", ` s="1"`, ` s="4000"`) },
	} {
		path := filepath.Join(t.TempDir(), "crew.xlsx")
		repack(t, "testdata/crew.xlsx", path, change)
		if faults(t, path) == nil {
			t.Errorf("%s: nothing is found", name)
		}
	}
}

// layouts are changes that users make to a sheet with headings in row 1 and ten
// people in the columns A to D.
func layouts() map[string]func(b *excelize.File) error {
	const sheet = "Crew"
	return map[string]func(b *excelize.File) error{
		"plain": func(*excelize.File) error { return nil },
		"conditional": func(b *excelize.File) error {
			red, err := b.NewConditionalStyle(&excelize.Style{Font: &excelize.Font{Color: "9A0511"}, Fill: excelize.Fill{Type: "pattern", Color: []string{"FEC7CE"}, Pattern: 1}})
			return errors.Join(err,
				b.SetConditionalFormat(sheet, "A2:D11", []excelize.ConditionalFormatOptions{{Type: "duplicate", Criteria: "=", Format: &red}}),
				b.SetConditionalFormat(sheet, "C2:C11", []excelize.ConditionalFormatOptions{{Type: "data_bar", Criteria: "=", MinType: "min", MaxType: "max", BarColor: "#638EC6", BarSolid: true}}))
		},
		"filter, panes, names": func(b *excelize.File) error {
			return errors.Join(
				b.AutoFilter(sheet, "A1:D11", []excelize.AutoFilterOptions{{Column: "A", Expression: "x == Ann*"}}),
				b.SetPanes(sheet, &excelize.Panes{Freeze: true, XSplit: 1, YSplit: 1, TopLeftCell: "B2", ActivePane: "bottomRight"}),
				b.SetDefinedName(&excelize.DefinedName{Name: "People", RefersTo: "Crew!$A$2:$D$11"}),
				b.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: "Crew!$1:$1", Scope: sheet}))
		},
		"table with a slicer": func(b *excelize.File) error {
			return errors.Join(
				b.AddTable(sheet, &excelize.Table{Range: "A1:D11", Name: "People", StyleName: "TableStyleMedium2"}),
				b.AddSlicer(sheet, &excelize.SlicerOptions{Name: "Last Name", Cell: "P2", TableSheet: sheet, TableName: "People", Caption: "Last Name"}))
		},
		"notes and pictures": func(b *excelize.File) error {
			var dot bytes.Buffer
			return errors.Join(
				png.Encode(&dot, image.NewGray(image.Rect(0, 0, 9, 9))),
				b.AddComment(sheet, excelize.Comment{Cell: "B4", Author: "Ann & Bo", Text: "ask her <first>"}),
				b.AddPictureFromBytes(sheet, "F2", &excelize.Picture{Extension: ".png", File: dot.Bytes()}),
				b.AddHeaderFooterImage(sheet, &excelize.HeaderFooterImageOptions{Extension: ".png", File: dot.Bytes(), Width: "9pt", Height: "9pt"}),
				b.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{OddHeader: "&L&G&CCrew &D"}),
				b.SetSheetBackgroundFromBytes(sheet, ".png", dot.Bytes()))
		},
		"controls and charts": func(b *excelize.File) error {
			return errors.Join(
				b.AddFormControl(sheet, excelize.FormControl{Cell: "F2", Type: excelize.FormControlButton, Text: "Send"}),
				b.AddChart(sheet, "F9", &excelize.Chart{Type: excelize.Col, Series: []excelize.ChartSeries{{Name: "Crew!$D$1", Values: "Crew!$D$2:$D$11"}}}),
				b.AddSparkline(sheet, &excelize.SparklineOptions{Location: []string{"E2"}, Range: []string{"Crew!D2:D11"}}))
		},
		"merged, grouped, hidden": func(b *excelize.File) error {
			return errors.Join(
				b.MergeCell(sheet, "A13", "D13"), b.SetCellStr(sheet, "A13", "as of Friday"),
				b.SetRowOutlineLevel(sheet, 5, 1), b.SetRowVisible(sheet, 6, false),
				b.SetColOutlineLevel(sheet, "C", 1), b.SetColVisible(sheet, "F", false), b.SetColWidth(sheet, "D", "Z", 9))
		},
		"rules, links, protection": func(b *excelize.File) error {
			list := excelize.NewDataValidation(true)
			list.Sqref = "C2:C5000"
			return errors.Join(
				list.SetDropList([]string{"Foreman", "Laborer"}), b.AddDataValidation(sheet, list),
				b.SetCellHyperLink(sheet, "A2", "https://example.com/?a=1&b=2", "External"),
				b.ProtectSheet(sheet, &excelize.SheetProtectionOptions{Password: "x", EditScenarios: true}),
				b.SetPageLayout(sheet, &excelize.PageLayoutOptions{Orientation: new("landscape")}),
				b.SetPageMargins(sheet, &excelize.PageLayoutMarginsOptions{Top: new(1.0)}),
				b.InsertPageBreak(sheet, "A6"))
		},
		"split": func(b *excelize.File) error {
			return b.SetPanes(sheet, &excelize.Panes{Split: true, XSplit: 3270, YSplit: 1800, TopLeftCell: "N57", ActivePane: "bottomLeft"})
		},
	}
}

func laidOut(t *testing.T, path string, lay func(b *excelize.File) error) {
	t.Helper()
	book := excelize.NewFile()
	defer book.Close()
	if err := book.SetSheetName("Sheet1", "Crew"); err != nil {
		t.Fatal(err)
	}
	day, err := book.NewStyle(&excelize.Style{NumFmt: 14, Font: &excelize.Font{Family: "Arial", Italic: true, Color: "336699"}})
	if err != nil {
		t.Fatal(err)
	}
	head, err := book.NewStyle(&excelize.Style{Fill: excelize.Fill{Type: "gradient", Color: []string{"FFFFFF", "E0EBF5"}, Shading: 1}, Border: []excelize.Border{{Type: "bottom", Style: 2, Color: "000000"}}})
	if err != nil {
		t.Fatal(err)
	}
	row := []any{"First Name", "Last Name", "Job Title", "Hired"}
	for i := range 11 {
		if err := book.SetSheetRow("Crew", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
		row = []any{fmt.Sprintf("Ann%d", i), "Lee", "Foreman", time.Date(2024, 1, 1+i, 0, 0, 0, 0, time.UTC)}
	}
	if err := errors.Join(book.SetCellStyle("Crew", "D2", "D11", day), book.SetCellStyle("Crew", "A1", "D1", head), lay(book), book.SaveAs(path)); err != nil {
		t.Fatal(err)
	}
}

// New workbooks are valid for any cells.
func TestStreamedWorkbooksAreValid(t *testing.T) {
	t.Parallel()
	tool(t, "ooxml-validator")
	wide := make([]string, 3000)
	every := []string{"", "Crew & Co", "a/b:c*d", strings.Repeat("long ", 20), "'quoted'"}
	for name, cells := range map[string][]string{
		"cells":  {"Ann", "", "=1+1", " x ", "a\r\nb\tc", "\x00\x1f\ufffe", "_x0041_ _xD800_", "]]>&amp;<é😀", strings.Repeat("é", 40000), "-5"},
		"wide":   wide,
		"narrow": {"Ann"},
	} {
		sheets := every[:1]
		if name == "cells" {
			sheets = every
		}
		for _, sheet := range sheets {
			t.Run(name+" "+sheet, func(t *testing.T) {
				t.Parallel()
				path := filepath.Join(t.TempDir(), "r.xlsx")
				header := make([]string, len(cells))
				for i := range header {
					header[i] = fmt.Sprintf("Column %d", i)
				}
				write(t, path, header, results.Options{Sheet: sheet},
					line{Cells: cells, Outcome: created(2, 1)}, line{Outcome: created(3, 2)},
					line{Cells: cells, Outcome: outcome.Outcome{Row: 4, Status: outcome.Failed, Problems: problemsOf("=x", "\x02")}})
				valid(t, path, "")
			})
		}
	}
	t.Run("no rows", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "r.xlsx")
		write(t, path, []string{"Name"}, results.Options{})
		valid(t, path, "")
	})
}

func problemsOf(message, hint string) []outcome.Problem {
	return []outcome.Problem{{Code: "refused", Cell: "A4", Message: message, Hint: hint}}
}

// office converts files with LibreOffice and returns the folder of the new files.
func office(t *testing.T, format string, files ...string) string {
	t.Helper()
	to := t.TempDir()
	profile := "-env:UserInstallation=file://" + filepath.ToSlash(t.TempDir())
	for try := 1; ; try++ {
		cmd := exec.Command(tool(t, "soffice"), append([]string{profile, "--headless", "--convert-to", format, "--outdir", to}, files...)...)
		cmd.Env = append(os.Environ(), "SC_IMPORT_THREADS=0")
		out, err := cmd.CombinedOutput()
		if err == nil {
			break
		}
		// Now and then it crashes over strings that its threads share, whatever it opens.
		if code := cmd.ProcessState.ExitCode(); try == 3 || code != 128+int(syscall.SIGABRT) && code != 128+int(syscall.SIGSEGV) {
			t.Fatalf("soffice: %v\n%s", err, out)
		}
	}
	return to
}

// LibreOffice reads the same cells from the workbooks, and muster extends what
// LibreOffice saves.
func TestLibreOfficeOpensWorkbooks(t *testing.T) {
	t.Parallel()
	tool(t, "soffice")
	folder := t.TempDir()
	var list []string
	for _, from := range []string{"testdata/crew.xlsx", "testdata/crew-libreoffice.xlsx", "../roster/testdata/made/rich-text-and-links.xlsx", "../roster/testdata/made/table-object.xlsx"} {
		path := filepath.Join(folder, filepath.Base(from))
		handBack(t, from, path, false, marked)
		handBack(t, path, path, true, marked)
		list = append(list, path)
	}
	for name, lay := range layouts() {
		from, path := filepath.Join(t.TempDir(), "r.xlsx"), filepath.Join(folder, strings.ReplaceAll(name, ",", "")+".xlsx")
		laidOut(t, from, lay)
		handBack(t, from, path, false, marked)
		list = append(list, path)
	}
	streamed := filepath.Join(folder, "streamed.xlsx")
	write(t, streamed, []string{"First Name", "Employee ID"}, results.Options{Sheet: "Crew"},
		line{Cells: []string{"=1+1", "00123"}, Outcome: created(2, 1<<62)},
		line{Cells: []string{"two\nlines", "1e5"}, Outcome: outcome.Outcome{Row: 3, Status: outcome.Failed, Problems: problemsOf("=x", "try")}})
	list = append(list, streamed)

	const everySheet = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1" // in UTF-8
	saved, texts, sheets := office(t, "xlsx", list...), office(t, everySheet, list...), office(t, "ods", list...)
	for _, path := range list {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			sheet, want := sheetRead(t, path)
			if len(want) < 2 {
				t.Fatalf("%d rows", len(want))
			}
			again := filepath.Join(saved, name)
			_, got := read(t, again)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rows that LibreOffice saved (-want +got):\n%s", diff)
			}
			plain := strings.TrimSuffix(name, ".xlsx")
			for _, other := range []string{filepath.Join(texts, plain+"-"+sheet+".csv"), filepath.Join(sheets, plain+".ods")} {
				_, rows := read(t, other)
				if diff := cmp.Diff(outcomes(want), outcomes(rows)); diff != "" {
					t.Errorf("outcomes in %s (-want +got):\n%s", filepath.Ext(other), diff)
				}
			}
			to := filepath.Join(t.TempDir(), name)
			if remarks := handBack(t, again, to, true, func(_ []string, o *outcome.Outcome) { *o = created(o.Row, 7) }); remarks != nil {
				t.Errorf("remarks %q", remarks)
			}
			valid(t, to, again)
		})
	}
}

// sheetRead returns the name of the sheet and the rows.
func sheetRead(t *testing.T, path string) (string, []line) {
	t.Helper()
	r, err := results.Open(path, roster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	_, rows := read(t, path)
	return r.Sheet(), rows
}

func outcomes(lines []line) []outcome.Outcome {
	var list []outcome.Outcome
	for _, l := range lines {
		list = append(list, l.Outcome)
	}
	return list
}
