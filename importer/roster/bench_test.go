package roster_test

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/xuri/excelize/v2"

	"muster/importer/roster"
	"muster/importer/workbook"
)

// crewCSV writes a plain file of five columns.
func crewCSV(tb testing.TB, rows int) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "crew.csv")
	b := []byte("First Name,Last Name,Job Title,Employee ID,Trade\n")
	for i := range rows {
		b = fmt.Appendf(b, "María %d,O'Brien %d,Operating Engineer,%06d,Electrician\n", i, i, i)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

// crewXLSX writes the same as a workbook, with IDs formatted 000000.
func crewXLSX(tb testing.TB, rows int) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "crew.xlsx")
	f := excelize.NewFile()
	defer f.Close()
	format := "000000"
	style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err != nil {
		tb.Fatal(err)
	}
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		tb.Fatal(err)
	}
	set := func(row int, cells ...any) {
		if err := w.SetRow(workbook.CellName(row, 0), cells); err != nil {
			tb.Fatal(err)
		}
	}
	set(1, "First Name", "Last Name", "Job Title", "Employee ID", "Trade")
	for i := range rows {
		set(i+2, fmt.Sprintf("María %d", i), fmt.Sprintf("O'Brien %d", i), "Operating Engineer",
			excelize.Cell{StyleID: style, Value: i}, "Electrician")
	}
	if err := errors.Join(w.Flush(), f.SaveAs(path)); err != nil {
		tb.Fatal(err)
	}
	return path
}

func readAll(tb testing.TB, path string) (rows int) {
	tb.Helper()
	r, err := roster.Open(path, roster.Options{Heading: heading})
	if err != nil {
		tb.Fatal(err)
	}
	defer r.Close()
	for row, err := range r.Rows() {
		if err != nil {
			tb.Fatal(err)
		}
		if len(row.Cells) > 0 {
			rows++
		}
	}
	return rows
}

// BenchmarkCSV compares with encoding/csv alone; opening is part of both.
func BenchmarkCSV(b *testing.B) {
	const rows = 100_000
	path := crewCSV(b, rows)
	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f, err := os.Open(path)
			if err != nil {
				b.Fatal(err)
			}
			in := csv.NewReader(f)
			in.ReuseRecord = true
			for {
				if _, err := in.Read(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
			f.Close()
		}
		b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("roster", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if n := readAll(b, path); n != rows {
				b.Fatal(n)
			}
		}
		b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}

// hrXLSX writes eleven columns as a spreadsheet program does: texts are shared, IDs have
// a format, and there are dates.
func hrXLSX(tb testing.TB, rows int) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "hr.xlsx")
	f := excelize.NewFile()
	defer f.Close()
	style := func(format string) int {
		n, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
		if err != nil {
			tb.Fatal(err)
		}
		return n
	}
	for column, format := range map[string]int{"D": style("000000"), "F": style("yyyy-mm-dd"), "K": style("[<=9999999]###-####;(###) ###-####")} {
		if err := f.SetColStyle("Sheet1", column, format); err != nil {
			tb.Fatal(err)
		}
	}
	set := func(row int, cells ...any) {
		if err := f.SetSheetRow("Sheet1", workbook.CellName(row, 0), &cells); err != nil {
			tb.Fatal(err)
		}
	}
	set(1, "First Name", "Last Name", "Job Title", "Employee ID", "Trade", "Start Date", "Employee?", "Email", "Company", "Hours", "Phone")
	for i := range rows {
		set(i+2, fmt.Sprintf("María %d", i%500), fmt.Sprintf("O'Brien %d", i%2000), "Operating Engineer", i, "Electrician", 45000+i%1000, i%2 == 0,
			fmt.Sprintf("m.obrien%d@example.com", i), "Bayline Mechanical, Inc.", 37.5, 8055550000+i)
	}
	if err := f.SaveAs(path); err != nil {
		tb.Fatal(err)
	}
	return path
}

// BenchmarkXLSX compares with both of excelize's row iterators, which check
// nothing.
func BenchmarkXLSX(b *testing.B) {
	const rows = 20_000
	path := hrXLSX(b, rows)
	for _, raw := range []bool{true, false} {
		b.Run(fmt.Sprintf("excelize/raw=%v", raw), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f, err := excelize.OpenFile(path)
				if err != nil {
					b.Fatal(err)
				}
				in, err := f.Rows("Sheet1")
				if err != nil {
					b.Fatal(err)
				}
				for in.Next() {
					if _, err := in.Columns(excelize.Options{RawCellValue: raw}); err != nil {
						b.Fatal(err)
					}
				}
				if err := errors.Join(in.Close(), f.Close()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
	b.Run("roster", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if n := readAll(b, path); n != rows {
				b.Fatal(n)
			}
		}
		b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}
