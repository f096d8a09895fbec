package results_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"muster/importer/fault"
	"muster/importer/outcome"
	"muster/importer/results"
	"muster/importer/roster"
)

// files returns the names in a folder.
func files(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, entry := range entries {
		list = append(list, entry.Name())
	}
	return list
}

func TestCommit(t *testing.T) {
	t.Parallel()
	for _, name := range names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			path := filepath.Join(folder, name)
			header := []string{"Name"}
			for i := range 3 {
				w, err := results.Create(path, header, results.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if err := w.Write([]string{strconv.Itoa(i)}, created(2, 1)); err != nil {
					t.Fatal(err)
				}
				if i > 0 {
					if _, rows := read(t, path); rows[0].Cells[0] != strconv.Itoa(i-1) {
						t.Errorf("before Commit the file holds run %s, want %d", rows[0].Cells[0], i-1)
					}
				}
				if err := w.Commit(); err != nil {
					t.Fatal(err)
				}
				if err := w.Discard(); err != nil {
					t.Errorf("Discard after Commit: %v", err)
				}
			}
			if diff := cmp.Diff([]string{name, name + ".bak"}, files(t, folder)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			if _, rows := read(t, path); rows[0].Cells[0] != "2" {
				t.Errorf("the file holds run %s, want 2", rows[0].Cells[0])
			}
			if err := os.Rename(path+".bak", filepath.Join(folder, "bak-"+name)); err != nil {
				t.Fatal(err)
			}
			if _, rows := read(t, filepath.Join(folder, "bak-"+name)); rows[0].Cells[0] != "1" {
				t.Errorf("the backup holds run %s, want 1", rows[0].Cells[0])
			}
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if mode := info.Mode(); runtime.GOOS != "windows" && mode != 0o600 {
				t.Errorf("mode is %v, want 0600", mode)
			}
		})
	}
}

func TestDiscardLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, name := range names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			w, err := results.Create(filepath.Join(folder, name), []string{"Name"}, results.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Write([]string{"Ann"}, created(2, 1)); err != nil {
				t.Fatal(err)
			}
			if err := w.Discard(); err != nil {
				t.Fatal(err)
			}
			if got := files(t, folder); got != nil {
				t.Errorf("left behind: %v", got)
			}
			if err := w.Write(nil, created(3, 1)); err == nil {
				t.Error("a row after Discard was taken")
			}
		})
	}
}

func TestLeftoversOfCrash(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "crew.xlsx")
	if err := os.Mkdir(path+".part.tmp", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path + ".part", path + ".part.tmp/excelize-1"} {
		if err := os.WriteFile(name, []byte("cut sho"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(t, path, []string{"Name"}, results.Options{}, line{Cells: []string{"Ann"}, Outcome: created(2, 1)})
	if diff := cmp.Diff([]string{"crew.xlsx"}, files(t, folder)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestRowsAreFlushed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"crew.csv", "crew.jsonl"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), name)
			synctest.Test(t, func(t *testing.T) {
				w, err := results.Create(path, []string{"Name"}, results.Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer w.Discard()
				lines := func() int {
					text, err := os.ReadFile(path + ".part")
					if err != nil {
						t.Fatal(err)
					}
					return strings.Count(string(text), "import_status") + strings.Count(string(text), "created") - 1
				}
				begin := lines()
				add := func() {
					if err := w.Write([]string{"Ann"}, created(2, 1)); err != nil {
						t.Fatal(err)
					}
				}
				for range 64 {
					add()
				}
				quick := lines()
				time.Sleep(2 * time.Second)
				add()
				if slow := lines(); quick < 64 || slow <= quick {
					t.Errorf("lines in .part: %d at first, %d after 64 rows, %d after one more and 2 s", begin, quick, slow)
				}
			})
		})
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, code string
		path       string // in the folder; "crew.csv" and "notes.txt" are there
		header     []string
		options    results.Options
	}{
		{name: "a folder", code: "results_is_folder", path: "folder.csv"},
		{name: "no folder", code: "results_folder_missing", path: "nowhere/r.csv"},
		{name: "a roster", code: "results_not_ours", path: "crew.csv"},
		{name: "another file", code: "results_not_ours", path: "notes.txt"},
		{name: "a picture", code: "results_not_ours", path: "photo.csv"},
		{name: "another JSON file", code: "results_not_ours", path: "other.jsonl"},
		{name: "unknown format", code: "results_format_unknown", path: "r.pdf"},
		{name: "our heading in the roster", code: "results_heading_taken", path: "r.csv", header: []string{"Import_Status "}},
		{name: "too many rows", code: "results_too_large", path: "r.xlsx", options: results.Options{Rows: 1 << 20}},
		{name: "too many columns", code: "results_too_large", path: "r.xlsx", header: make([]string, 16384)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			if err := os.Mkdir(filepath.Join(folder, "folder.csv"), 0o700); err != nil {
				t.Fatal(err)
			}
			there := map[string]string{"crew.csv": "First Name,Last Name\nAnn,Lee\n", "notes.txt": "Dear all\n", "other.jsonl": "{\"a\":1}\n", "photo.csv": "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"}
			for name, text := range there {
				if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			before := files(t, folder)
			_, err := results.Create(filepath.Join(folder, test.path), test.header, test.options)
			var refused *fault.Error
			if !errors.As(err, &refused) || refused.Code != test.code || refused.Fix == "" {
				t.Fatalf("got %v, want code %s", err, test.code)
			}
			if diff := cmp.Diff(before, files(t, folder)); diff != "" {
				t.Errorf("files (-before +after):\n%s", diff)
			}
			for name, text := range there {
				if got, _ := os.ReadFile(filepath.Join(folder, name)); string(got) != text {
					t.Errorf("%s was changed to %q", name, got)
				}
			}
		})
	}
}

func TestEmptyFileIsReplaced(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "r.csv")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, path, []string{"Name"}, results.Options{}, line{Cells: []string{"Ann"}, Outcome: created(2, 1)})
	read(t, path)
}

func TestLinkIsFollowed(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	target, link := filepath.Join(folder, "real.csv"), filepath.Join(folder, "link.csv")
	row := line{Cells: []string{"Ann"}, Outcome: created(2, 1)}
	write(t, target, []string{"Name"}, results.Options{}, row)
	if err := os.Symlink(target, link); err != nil {
		t.Skip(err)
	}
	write(t, link, []string{"Name"}, results.Options{}, row, row)
	if _, rows := read(t, target); len(rows) != 2 {
		t.Errorf("the file that the link points to has %d rows, want 2", len(rows))
	}
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() != fs.ModeSymlink {
		t.Errorf("the link is gone: %v, %v", info.Mode(), err)
	}
}

// A NAME.part that no run left stays: a link would lead personal data elsewhere,
// and a file might be an unfinished download.
func TestForeignPartFileIsKept(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(part, victim string) error{
		"a link": func(part, victim string) error { return os.Symlink(victim, part) },
		"a file": func(part, victim string) error { return os.WriteFile(part, []byte("keep"), 0o600) },
		"a dir":  func(part, victim string) error { return os.Mkdir(part, 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			victim, path := filepath.Join(folder, "victim"), filepath.Join(folder, "r.csv")
			if err := os.WriteFile(victim, []byte("keep"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := make(path+".part", victim); err != nil {
				t.Skip(err)
			}
			before := files(t, folder)
			var refused *fault.Error
			if _, err := results.Create(path, []string{"Name"}, results.Options{}); !errors.As(err, &refused) || refused.Code != "results_not_ours" {
				t.Errorf("got %v", err)
			}
			if diff := cmp.Diff(before, files(t, folder)); diff != "" {
				t.Errorf("files (-before +after):\n%s", diff)
			}
			for _, name := range []string{victim, path + ".part"} {
				if got, err := os.ReadFile(name); err == nil && string(got) != "keep" {
					t.Errorf("%s was written: %q", name, got)
				}
			}
		})
	}
}

// Anything that a killed run left is replaced, however little it is.
func TestLeftoverPartFileIsReplaced(t *testing.T) {
	t.Parallel()
	whole := filepath.Join(t.TempDir(), "r.xlsx")
	row := line{Cells: []string{"Ann"}, Outcome: created(2, 1)}
	write(t, whole, []string{"Name"}, results.Options{}, row)
	book, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"empty.xlsx": "", "whole.xlsx": string(book), "cut.jsonl": `{"Name":"Ann","import_row":2,"impo`,
		"header.csv": "Name,import_row,import_status", "rows.csv": "Name,import_row,import_status,import_person_id,import_code,import_error,import_hint\nAnn,2,crea",
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path+".part", []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		write(t, path, []string{"Name"}, results.Options{}, row)
		if diff := cmp.Diff([]string{name}, files(t, filepath.Dir(path))); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
	}
}

// A user's file with the name of a backup is not overwritten.
func TestForeignBackupIsKept(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "r.csv")
	if err := os.WriteFile(path+".bak", []byte("my own"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		write(t, path, []string{"Name"}, results.Options{}, line{Cells: []string{strconv.Itoa(i)}, Outcome: created(2, 1)})
	}
	if diff := cmp.Diff([]string{"r.csv", "r.csv.bak", "r.csv.bak2"}, files(t, folder)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if own, err := os.ReadFile(path + ".bak"); string(own) != "my own" {
		t.Errorf("%q, %v", own, err)
	}
	if _, rows := read(t, path+".bak2"); rows[0].Cells[0] != "2" {
		t.Errorf("the backup holds run %s, want 2", rows[0].Cells[0])
	}
}

func TestFailedRenameKeepsRows(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "r.csv")
	w, err := results.Create(path, []string{"Name"}, results.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write([]string{"Ann"}, created(2, 1)); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(path, "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	var failed *fault.Error
	if err := w.Commit(); !errors.As(err, &failed) || !strings.Contains(failed.Message, ".part") {
		t.Fatalf("got %v, want an error that names the .part file", err)
	}
	if err := w.Discard(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path + ".part")
	if err != nil || !strings.Contains(string(text), "Ann,2,created,1") {
		t.Errorf("%q, %v", text, err)
	}
}

func TestWorkbook(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "r.xlsx")
	long := strings.Repeat("é", 40000)
	w, err := results.Create(path, []string{"A", "B"}, results.Options{Sheet: "Crew: all"})
	if err != nil {
		t.Fatal(err)
	}
	rows := [][]string{{"=1+1", "'+1"}, {long, "a\x01b"}, {"_x0041_ _xD800_", "00123"}}
	for i, cells := range rows {
		if err := w.Write(cells, created(i+2, 9007199254740993)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if remarks := w.Remarks(); len(remarks) != 1 || !strings.Contains(remarks[0], "3 cells (the first is A3)") {
		t.Errorf("remarks %q", remarks)
	}
	book, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if diff := cmp.Diff([]string{"Results"}, book.GetSheetList()); diff != "" {
		t.Errorf("sheets (-want +got):\n%s", diff)
	}
	got := map[string]string{}
	for _, cell := range []string{"A2", "B2", "B3", "A4", "B4", "E2"} {
		value, err := book.GetCellValue("Results", cell)
		if err != nil {
			t.Fatal(err)
		}
		got[cell] = value
		formula, err := book.GetCellFormula("Results", cell)
		kind, err2 := book.GetCellType("Results", cell)
		if err != nil || err2 != nil || formula != "" || kind != excelize.CellTypeInlineString {
			t.Errorf("%s: formula %q, type %v, want text (%v, %v)", cell, formula, kind, err, err2)
		}
	}
	want := map[string]string{
		"A2": "=1+1", "B2": "'+1", "B3": "a\uFFFDb", "A4": "_x0041_ \uFFFDxD800_", "B4": "00123", "E2": "9007199254740993",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cells (-want +got):\n%s", diff)
	}
	style, err := book.GetCellStyle("Results", "B4")
	if err != nil {
		t.Fatal(err)
	}
	format, err := book.GetStyle(style)
	if err != nil || format.NumFmt != 49 {
		t.Errorf("an ID's cell is not formatted as text: %+v, %v", format, err)
	}
}

// A sheet too large for excelize's memory limit leaves no temporary files.
func TestLargeWorkbook(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "r.xlsx")
	w, err := results.Create(path, []string{"Notes"}, results.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	const rows = 700
	notes := []string{strings.Repeat("x", 30000)}
	for row := range rows {
		if err := w.Write(notes, created(row+2, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if temporary := files(t, path+".part.tmp"); len(temporary) != 1 {
		t.Errorf("temporary files: %v, want one", temporary)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"r.xlsx"}, files(t, folder)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if _, got := read(t, path); len(got) != rows || got[rows-1].Outcome.Row != rows+1 {
		t.Errorf("%d rows came back of %d", len(got), rows)
	}
}

// Rows that a user's filter hides are read without a remark.
func TestHiddenRowsAreRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "r.xlsx")
	rows := []line{{Cells: []string{"Ann"}, Outcome: created(2, 1)}, {Cells: []string{"Bo"}, Outcome: outcome.Outcome{Row: 3, Status: outcome.Failed}}}
	write(t, path, []string{"Name"}, results.Options{}, rows...)
	book, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if err := book.SetRowVisible("Results", 2, false); err != nil {
		t.Fatal(err)
	}
	if err := book.Save(); err != nil {
		t.Fatal(err)
	}
	_, got := read(t, path)
	if diff := cmp.Diff(rows, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	r, err := results.Open(path, roster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for range r.Rows() { // what there is to remark on is known behind the last row
	}
	if remarks := r.Remarks(); len(remarks) > 0 {
		t.Errorf("remarks %q", remarks)
	}
}

// Apostrophes are removed from a CSV that a spreadsheet saved as a workbook, and kept
// in a workbook that muster wrote.
func TestApostrophesInWorkbooks(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	foreign := filepath.Join(folder, "saved-from-csv.xlsx")
	book := excelize.NewFile()
	defer book.Close()
	header := append([]string{"Phone"}, results.Columns()...)
	if err := book.SetSheetRow("Sheet1", "A1", &header); err != nil {
		t.Fatal(err)
	}
	if err := book.SetSheetRow("Sheet1", "A2", &[]any{"'+1 805", 2, "failed"}); err != nil {
		t.Fatal(err)
	}
	if err := book.SaveAs(foreign); err != nil {
		t.Fatal(err)
	}
	if _, rows := read(t, foreign); rows[0].Cells[0] != "+1 805" || rows[0].Outcome.Row != 2 {
		t.Errorf("saved from CSV: got %+v", rows[0])
	}

	ours := filepath.Join(folder, "ours.xlsx")
	write(t, ours, []string{"Phone"}, results.Options{}, line{Cells: []string{"'+1"}, Outcome: outcome.Outcome{Row: 2, Status: outcome.Failed}})
	edited, err := excelize.OpenFile(ours)
	if err != nil {
		t.Fatal(err)
	}
	defer edited.Close()
	if err := edited.SetCellInt("Results", "B2", 2); err != nil {
		t.Fatal(err)
	}
	if err := edited.Save(); err != nil {
		t.Fatal(err)
	}
	if _, rows := read(t, ours); rows[0].Cells[0] != "'+1" || rows[0].Outcome.Row != 2 {
		t.Errorf("our own: got %+v", rows[0])
	}
}

// A second writer would remove the .part file of the first.
func TestOneWriterAtATime(t *testing.T) {
	t.Parallel()
	for _, name := range names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), name)
			first, err := results.Create(path, []string{"Name"}, results.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var refused *fault.Error
			if _, err := results.Create(path, []string{"Name"}, results.Options{}); !errors.As(err, &refused) || refused.Code != results.CodeInUse && runtime.GOOS != "windows" {
				t.Errorf("a second one: %v", err)
			}
			if err := first.Write([]string{"Ann"}, outcome.Outcome{Row: 2, Status: outcome.Created, PersonID: 7}); err != nil {
				t.Fatal(err)
			}
			if err := first.Commit(); err != nil {
				t.Fatal(err)
			}
			second, err := results.Create(path, []string{"Name"}, results.Options{})
			if err != nil {
				t.Fatalf("once the first is done: %v", err)
			}
			if err := second.Discard(); err != nil {
				t.Fatal(err)
			}
			third, err := results.Create(path, []string{"Name"}, results.Options{})
			if err != nil {
				t.Fatalf("once the second is given up: %v", err)
			}
			if err := third.Discard(); err != nil {
				t.Fatal(err)
			}
		})
	}
}
