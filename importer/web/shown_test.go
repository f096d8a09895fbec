package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"muster/importer"
	"muster/importer/procore/simulator"
)

// sheets returns a workbook with the same rows on the sheets Crew and Office.
func sheets(t *testing.T, rows ...[]any) []byte {
	t.Helper()
	book := excelize.NewFile()
	defer func() { _ = book.Close() }() // in memory
	_, err := book.NewSheet("Office")
	err = errors.Join(err, book.SetSheetName("Sheet1", "Crew"))
	for _, sheet := range []string{"Crew", "Office"} {
		for line, cells := range rows {
			err = errors.Join(err, book.SetSheetRow(sheet, fmt.Sprintf("A%d", line+1), &cells))
		}
	}
	content, unwritten := book.WriteToBuffer()
	if err = errors.Join(err, unwritten); err != nil {
		t.Fatal(err)
	}
	return content.Bytes()
}

// A page that shows one sheet changes nothing once another sheet, another row of headings
// or other columns were chosen in another window, and imports nothing.
func TestPagesOfAnotherReadingChangeNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}})
	draft, _ := s.send("crew.xlsx", sheets(t, []any{"First Name", "Last Name", "Own Employee"}, []any{"Ann", "", "yes"}, []any{"Bo", "Li", "maybe"}))
	s.submit(draft+"/file", url.Values{"other_sheet": {"Crew"}})
	s.cells(draft, importer.Change{Line: 3, Column: 0, Text: "Bob"}) // an edit of each sheet to take back
	body := s.onHead(draft, "0 new · 2 to fix")
	group := groupOf(t, body, "maybe")
	old := map[string]url.Values{
		"/row/2": {"c1": {"Lee"}, "w1": {""}}, "/row/3": {"decision": {string(importer.LeaveOut)}}, "/undo": {"steps": {"1"}}, "/import": nil,
		"/fix": {"group": {group}, "do": {"replace"}, "from": {"maybe"}, "to": {"yes"}}, "/columns": {"f1": {"job_title"}, "do": {"continue"}},
	}
	for _, window := range []struct {
		name   string
		change func()
	}{
		{"sheet", func() { s.submit(draft+"/file", url.Values{"other_sheet": {"Office"}}) }},
		{"headings", func() { s.submit(draft+"/file", url.Values{"sheet": {"Office"}, "header_row": {"1"}}) }},
		{"columns", func() { s.submit(draft+"/columns", url.Values{"f2": {""}, "w2": {"is_employee"}, "do": {"continue"}}) }},
	} {
		name := window.name
		page := func(path string) string { return strings.Replace(s.shown(draft+path), draft, "", 1) }
		before := map[string]string{}
		for path := range old {
			before[path] = page(path)
		}
		cells := page("/cells")
		window.change()
		if name == "sheet" {
			s.cells(draft, importer.Change{Line: 3, Column: 0, Text: "Bert"})
		}
		state := s.open(draft + "/check?view=list&show=all")
		for path, form := range old {
			status, body := s.post(draft+before[path], form)
			if want := s.text(map[bool]string{true: "go.other_list", false: "cells.moved"}[path == "/import"]); status != http.StatusUnprocessableEntity || !strings.Contains(body, want) {
				t.Errorf("%s, %s: status %d\n%s", name, path, status, body)
			}
		}
		answer, err := s.Post(s.url+draft+cells, "application/json", strings.NewReader(`[{"line":2,"column":1,"text":"Lee"}]`))
		if status, body := s.read(answer, err); status != http.StatusUnprocessableEntity || !strings.Contains(body, s.text("cells.moved")) {
			t.Errorf("%s: an edit of a cell: status %d\n%s", name, status, body)
		}
		if status, _ := s.get(draft + strings.Replace(cells, "/cells", "/rows", 1)); status != http.StatusUnprocessableEntity {
			t.Errorf("%s: the next rows: status %d", name, status)
		}
		if after := s.open(draft + "/check?view=list&show=all"); after != state {
			t.Errorf("%s: the list has changed from\n%s\nto\n%s", name, state, after)
		}
	}
	s.exact(0)
}

func (s *site) text(key string) string { return s.server.text(key) }

// The edits of the sheet that muster has found stay when a person presses the row of the
// headings, and come back with the sheet.
func TestEditsOfTheFoundSheetStay(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{})
	draft, _ := s.send("crew.xlsx", sample(t, "crew.xlsx"))
	body := s.open(draft + "/columns")
	_, sheet, _ := strings.Cut(body, `name="sheet" value="`)
	sheet, _, _ = strings.Cut(sheet, `"`)
	_, row, _ := strings.Cut(body, `<tr class="headings">`)
	_, row, _ = strings.Cut(row, `value="`)
	row, _, _ = strings.Cut(row, `"`)
	one, err := s.server.check(t.Context(), s.draftAt(draft))
	if err != nil || !one.wait(t.Context(), time.Minute) {
		t.Fatal(err)
	}
	rows, _ := one.live.Rows(importer.AllRows, 0, 1)
	s.cells(draft, importer.Change{Line: rows[0].Line, Column: 0, Text: "Zebedee"})
	s.submit(draft+"/file", url.Values{"sheet": {sheet}, "header_row": {row}})
	s.open(draft+"/check?view=list&show=all", "Zebedee", "Undo the last edit")
}

// An edit that comes between the start of an import and the reading of the edits is refused.
func TestNoEditMissesTheImport(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}})
	d := s.upload("crew.csv", crew(2)+"Nora,,Laborer,777\n")
	s.cells("/roster/"+d.ID, importer.Change{Line: 2, Column: 2, Text: "Foreman"})
	one, err := s.server.check(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	open := s.server.runs.open
	var refused [3]error
	s.server.runs.open = func(ctx context.Context, d *draft) (*importer.Roster, error) {
		in, err := open(ctx, d)
		refused[0] = s.server.edit(ctx, one, []importer.Change{{Line: 4, Column: 1, Text: "Lee"}})
		refused[1] = s.server.undoEdit(ctx, one, 1)
		refused[2] = s.server.runs.change(d.ID, one.shown, d.forgetMapping)
		return in, err
	}
	r := s.end(s.begin(kindImport, d))
	s.exact(2)
	if _, err := s.server.runs.start(t.Context(), &runRecord{Kind: kindImport, Draft: s.upload("crew.csv", crew(1)).ID, shown: "as before"}, s.server.begin); !errors.Is(err, errMoved) {
		t.Errorf("an import of what was not shown: %v", err)
	}
	for i, err := range refused {
		if imported := (importedError{}); !errors.As(err, &imported) || imported.run != r.ID {
			t.Errorf("change %d: %v", i, err)
		}
	}
}

// A form has the line breaks of a cell in another way than the file.
func TestReplaceCellsWithLineBreaks(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{Windows: []simulator.Window{}})
	for _, file := range []string{"\n", "\r\n", "\r"} {
		draft, _ := s.send("crew.xlsx", sheets(t, []any{"First Name", "Last Name", "Own Employee"}, []any{"Ann", "Lee", "may" + file + "be"}, []any{"Bo", "Li", "yes"}))
		s.submit(draft+"/file", url.Values{"other_sheet": {"Crew"}})
		group := groupOf(t, s.onHead(draft, "1 new · 1 to fix"), "may")
		for _, form := range []string{"\r\n", "\n"} {
			s.submit(draft+"/fix", url.Values{"group": {group}, "do": {"replace"}, "from": {"may" + form + "be"}, "to": {"no"}})
			s.onHead(draft, "2 new")
			s.submit(draft+"/undo", url.Values{"steps": {"1"}})
		}
	}
}
