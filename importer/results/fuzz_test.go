package results_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"muster/importer/outcome"
	"muster/importer/results"
	"muster/importer/roster"
)

// harmful reports whether a spreadsheet might run a cell of CSV.
func harmful(cell string) bool {
	cell = strings.TrimLeft(cell, " \t\r\n\u00a0\ufeff")
	return strings.ContainsAny(cell[:min(len(cell), 1)], "=+-@") ||
		strings.HasPrefix(cell, "＝") || strings.HasPrefix(cell, "＋") || strings.HasPrefix(cell, "－") || strings.HasPrefix(cell, "＠")
}

// as returns what reading returns for a cell that was written in a format. CSV
// makes LF of every line break, and reading CSV drops a byte order mark between
// a line break and a quotation mark, where two files were joined.
func as(format, cell string) string {
	cell = strings.ToValidUTF8(cell, "\uFFFD")
	if format == "xlsx" {
		cell = strings.Map(func(r rune) rune {
			if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
				return '\uFFFD'
			}
			return r
		}, cell)
	}
	if format == "csv" {
		cell = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\uFFFD").Replace(cell)
		cell = strings.ReplaceAll(cell, "\n\uFEFF\"", "\n\"")
		if rest, found := strings.CutSuffix(cell, "\n\uFEFF"); found {
			cell = rest + "\n"
		}
	}
	return cell
}

// lineBreaks makes line breaks what CSV makes of them.
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// check writes a row with these cells and reads the row back.
func check(t interface {
	Helper()
	Fatal(...any)
	Errorf(string, ...any)
}, folder, format string, cells []string, message string,
) {
	t.Helper()
	path := filepath.Join(folder, "r."+format)
	_ = os.Remove(path)
	w, err := results.Create(path, []string{"A", "B"}, results.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	want := outcome.Outcome{Row: 2, Status: outcome.Failed, Problems: []outcome.Problem{{Code: "x", Message: message}}}
	if err := w.Write(cells, want); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	r, err := results.Open(path, roster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	count := 0
	for row, err := range r.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		if row.Err != nil {
			t.Errorf("not read: %v", row.Err)
		}
		count++
		for i, cell := range cells {
			got := row.Cells[i]
			kept := format == "csv" && got == lineBreaks.Replace(strings.ReplaceAll(cell, "\x00", "\uFFFD")) // the mark, which is right, too
			if got != as(format, cell) && !kept {
				t.Errorf("%s: cell %q came back as %q", format, cell, got)
			}
		}
		want.Problems[0].Message = as(format, message)
		if len(row.Outcome.Problems) == 1 && row.Outcome.Problems[0].Message == lineBreaks.Replace(message) {
			want.Problems[0].Message = row.Outcome.Problems[0].Message // the mark was kept, which is right, too
		}
		if diff := cmp.Diff(want, row.Outcome); diff != "" {
			t.Errorf("outcome (-want +got):\n%s", diff)
		}
	}
	if count != 1 {
		t.Errorf("%s: %d rows came back of one: %q", format, count, cells)
	}
	if format == "csv" {
		inert(t, path)
	}
}

// inert checks that a spreadsheet runs no cell of a CSV file.
func inert(t interface {
	Helper()
	Fatal(...any)
	Errorf(string, ...any)
}, path string,
) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(text), "\uFEFF"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records {
		for _, cell := range record {
			if harmful(cell) {
				t.Errorf("a spreadsheet might run %q", cell)
			}
		}
	}
}

func TestCellsRoundTrip(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	alphabet := []rune("aé9'\"=+-@ \t\r\n,;|\\\x00＝＋\u00a0\ufeff\u2028_x0041")
	cell := rapid.OneOf(rapid.StringOfN(rapid.SampledFrom(alphabet), 0, 8, -1), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		cells := []string{cell.Draw(t, "a"), cell.Draw(t, "b")}
		format := rapid.SampledFrom([]string{"csv", "jsonl", "xlsx"}).Draw(t, "format")
		message := cell.Draw(t, "message")
		check(t, folder, format, cells, message)
	})
}

func FuzzCSVCell(f *testing.F) {
	for _, seed := range []string{"", "'", "''", "=1", "'=1", "''=1", "+1 805", "-5", "@SUM(A1)", "\t=1", "\r", "\r\n", "a\r\nb", "\"", "\"=1", " =1", "＝1", "'\u00a0=1", "\xff=1", "a;b", "\x00=1", "\ufeff=1"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a)+len(b) > 1<<14 {
			t.Skip()
		}
		check(t, t.TempDir(), "csv", []string{a, b}, b)
	})
}

func FuzzOpenLines(f *testing.F) {
	head := `{"N":"a","import_row":2,"import_status":"failed","import_person_id":"","import_code":"","import_error":"","import_hint":""}` + "\n"
	for _, seed := range []string{head, head + head[:20], "{", "{}", head + "[]\n{\"N\":{}}", "\ufeff" + head, head + "\n\n{\"Z\":1e999}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "r.jsonl")
		if err := os.WriteFile(path, append([]byte(head), text...), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := results.Open(path, roster.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		last := 0
		for row, err := range r.Rows() {
			if err != nil {
				t.Fatal(err)
			}
			if row.Number <= last {
				t.Fatalf("row %d after %d", row.Number, last)
			}
			last = row.Number
			for _, cell := range row.Cells {
				if !utf8.ValidString(cell) {
					t.Errorf("cell %q is not UTF-8", cell)
				}
			}
		}
	})
}

// A .part file that was cut anywhere yields the whole rows.
func TestEveryPrefixIsReadable(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"csv", "jsonl"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			path := filepath.Join(folder, "r."+format)
			rows := []line{
				{Cells: []string{"Ann\nLee", "1"}, Outcome: created(2, 11)},
				{Cells: []string{"=Bo", "2"}, Outcome: created(3, 12)},
				{Cells: []string{"Cy", "3"}, Outcome: created(4, 13)},
			}
			write(t, path, []string{"Name", "ID"}, results.Options{}, rows...)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			first := strings.Index(string(text), ",,\n")
			if format == "jsonl" {
				first = strings.Index(string(text), "}\n")
			}
			cut := filepath.Join(folder, "cut."+format)
			for n := first + 3; n <= len(text); n++ {
				if err := os.WriteFile(cut, text[:n], 0o600); err != nil {
					t.Fatal(err)
				}
				_, got := read(t, cut)
				whole := 0
				for _, row := range got {
					if row.Err == "" && whole < len(rows) && cmp.Equal(row, rows[whole]) {
						whole++
					}
				}
				if end := strings.Count(string(text[:n]), "created"); whole < min(end-1, len(rows)) {
					t.Fatalf("cut at %d: %d whole rows of %d", n, whole, end)
				}
			}
		})
	}
}

func BenchmarkWrite(b *testing.B) {
	for _, format := range []string{"csv", "jsonl", "xlsx"} {
		b.Run(format, func(b *testing.B) {
			w, err := results.Create(filepath.Join(b.TempDir(), "r."+format), make([]string, 5), results.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer w.Discard()
			cells := []string{"Maria", "Garcia Lopez", "Journeyman Electrician", "00123", "+1 805 555 0100"}
			b.ReportAllocs()
			row := 1
			for b.Loop() {
				row++
				if err := w.Write(cells, outcome.Outcome{Row: row, Status: outcome.Created, PersonID: 900719925}); err != nil {
					if format == "xlsx" && row > 1<<20 {
						b.Skip("the sheet is full")
					}
					b.Fatal(err)
				}
			}
		})
	}
}
