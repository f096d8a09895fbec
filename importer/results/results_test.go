package results_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/importer/fault"
	"muster/importer/outcome"
	"muster/importer/results"
	"muster/importer/roster"
)

// line is a row of a results file.
type line struct {
	Cells   []string
	Outcome outcome.Outcome
	Err     string
}

func write(t testing.TB, path string, header []string, o results.Options, rows ...line) {
	t.Helper()
	w, err := results.Create(path, header, o)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	for _, row := range rows {
		if err := w.Write(row.Cells, row.Outcome); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, path string) ([]string, []line) {
	t.Helper()
	r, err := results.Open(path, roster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var rows []line
	for row, err := range r.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		l := line{Outcome: row.Outcome}
		for _, cell := range row.Cells {
			l.Cells = append(l.Cells, strings.Clone(cell))
		}
		if row.Err != nil {
			l.Err = row.Err.Where.Cell + " " + row.Err.Code
		}
		rows = append(rows, l)
	}
	return r.Header(), rows
}

func created(row int, person int64) outcome.Outcome {
	return outcome.Outcome{Row: row, Status: outcome.Created, PersonID: person}
}

func names() []string { return []string{"crew.csv", "crew.tsv", "crew.xlsx", "crew.jsonl"} }

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	header := []string{"First Name", "Last Name", "Employee ID", "Phone"}
	invalid := outcome.Outcome{Row: 3, Status: outcome.Invalid, Problems: []outcome.Problem{
		{Code: "id_damaged", Field: "employee_id", Cell: "C3", Message: "1.23E+11 has lost digits", Hint: "type it again"},
	}}
	back := invalid
	back.Problems = []outcome.Problem{{Code: "id_damaged", Message: "C3: 1.23E+11 has lost digits", Hint: "type it again"}}
	rows := []line{
		{Cells: []string{"José", "Lefèvre", "00123", "+1 805 555 0100"}, Outcome: created(2, 9007199254740993)},
		{Cells: []string{"", "O'Neil", "1.23E+11", "-5"}, Outcome: invalid},
		{Cells: []string{" Ann\nMarie ", `"Q"`, "=1+1", "'+1"}, Outcome: outcome.Outcome{Row: 5, Status: outcome.Pending}},
		{Cells: []string{"Bo", "Li", "7", "", "more", "", "=x"}, Outcome: created(6, 4)},
		{Cells: []string{"Short"}, Outcome: outcome.Outcome{Row: 7, Status: outcome.Skipped}},
		{Cells: []string{"; a ;", "b|c", "@SUM(A1)", "''"}, Outcome: outcome.Outcome{Row: 8, Status: outcome.Existing, PersonID: 1}},
	}
	want := slices.Clone(rows)
	want[1].Outcome = back
	want[4].Cells = []string{"Short", "", "", ""}
	for _, name := range names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), name)
			write(t, path, header, results.Options{Rows: len(rows)}, rows...)
			gotHeader, got := read(t, path)
			if diff := cmp.Diff(header, gotHeader); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			again := filepath.Join(t.TempDir(), name)
			write(t, again, gotHeader, results.Options{}, got...)
			if _, twice := read(t, again); !cmp.Equal(got, twice) {
				t.Errorf("written again (-want +got):\n%s", cmp.Diff(got, twice))
			}
		})
	}
}

// A line that a user added to a results file has no row of the roster and gets none.
func TestLineWithoutRowNumber(t *testing.T) {
	t.Parallel()
	for _, name := range names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), name)
			added := outcome.Outcome{Status: outcome.Invalid}
			write(t, path, []string{"Name"}, results.Options{}, line{Cells: []string{"Ana"}, Outcome: created(2, 7)}, line{Cells: []string{"Bo"}, Outcome: added})
			r, err := results.Open(path, roster.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			var got []string
			for row, err := range r.Rows() {
				if err != nil {
					t.Fatal(err)
				}
				if row.Err != nil {
					got = append(got, row.Cells[0]+": "+row.Err.Code)
				}
			}
			want := []string{"Bo: results_row_unclear"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if text, err := os.ReadFile(path); err != nil || bytes.Contains(text, []byte("Bo,0,")) || bytes.Contains(text, []byte(`"import_row":0`)) {
				t.Errorf("got %v\n%s", err, text)
			}
		})
	}
}

func TestProblemsShareCells(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "crew.csv")
	write(t, path, []string{"Name"}, results.Options{}, line{Cells: []string{"x"}, Outcome: outcome.Outcome{
		Row: 2, Status: outcome.Invalid, Problems: []outcome.Problem{
			{Code: "name_missing", Cell: "A2", Message: "no name", Hint: "fill it in"},
			{Code: "name_missing", Cell: "B2", Message: "no name", Hint: "fill it in"},
			{Code: "duplicate", Message: "same as row 1"},
		},
	}})
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := "\uFEFFName,import_row,import_status,import_person_id,import_code,import_error,import_hint\n" +
		"x,2,invalid,,name_missing; duplicate,A2: no name; B2: no name; same as row 1,fill it in\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDelimiter(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ file, option, want string }{
		{"r.csv", "", ","},
		{"r.tsv", "", "\t"},
		{"r.txt", "", "\t"},
		{"r.csv", ";", ";"},
		{"r.csv", "|", "|"},
		{"r.csv", "\t", "\t"},
		{"r.tsv", ",", ","},
	} {
		path := filepath.Join(t.TempDir(), test.file)
		write(t, path, []string{"Name"}, results.Options{Delimiter: test.option}, line{Cells: []string{"Ann"}, Outcome: created(2, 1)})
		text, err := os.ReadFile(path)
		if want := "\uFEFFName" + test.want + "import_row" + test.want; err != nil || !strings.HasPrefix(string(text), want) {
			t.Errorf("%s with %q: %q, %v", test.file, test.option, text, err)
		}
	}
}

func TestJSONLines(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "crew.jsonl")
	header := []string{"Name", "", "Name", "Name (2)", "column B"}
	write(t, path, header, results.Options{},
		line{Cells: []string{"A\"\\\u2028\x01<é", "b", "c", "d", "e"}, Outcome: created(2, 5)},
		line{Cells: []string{"A", "b", "c", "d", "e", "f"}, Outcome: created(3, 6)})
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Name":"A\"\\\u2028\u0001<é","column B (2)":"b","Name (3)":"c","Name (2)":"d","column B":"e",` +
		`"import_row":2,"import_status":"created","import_person_id":"5","import_code":"","import_error":"","import_hint":""}` + "\n" +
		`{"Name":"A","column B (2)":"b","Name (3)":"c","Name (2)":"d","column B":"e",` +
		`"import_row":3,"import_status":"created","import_person_id":"6","import_code":"","import_error":"","import_hint":"","column L":"f"}` + "\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, rows := read(t, path)
	if diff := cmp.Diff([]string{"A", "b", "c", "d", "e", "f"}, rows[1].Cells); diff != "" {
		t.Errorf("extra cell (-want +got):\n%s", diff)
	}
}

// Users and spreadsheets change results files in these ways.
func TestEditedFiles(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file string
		header     []string
		want       []line
	}{
		{
			name:   "columns moved, rows sorted, semicolons, quoted, CRLF",
			file:   "\"import_status\";\"Name\";\"import_hint\";\"import_row\";\"import_person_id\";\"import_error\";\"import_code\"\r\n\"failed\";\"Ann\";\"h\";\"9\";\"\";\"e\";\"c\"\r\n\"created\";\"'+1\";\"\";\"2\";\"77\";\"\";\"\"\r\n",
			header: []string{"Name"},
			want: []line{
				{Cells: []string{"Ann"}, Outcome: outcome.Outcome{Row: 9, Status: outcome.Failed, Problems: []outcome.Problem{{Code: "c", Message: "e", Hint: "h"}}}},
				{Cells: []string{"+1"}, Outcome: created(2, 77)},
			},
		},
		{
			name:   "another code page, numbers with decimals, status in capitals, rows above",
			file:   "My notes,,,,,,\nName,Import_Row,IMPORT_STATUS,import_person_id,import_code,import_error,import_hint\nJos\xe9,3.0,Created ,12.00,,,\n",
			header: []string{"Name"},
			want:   []line{{Cells: []string{"José"}, Outcome: created(3, 12)}},
		},
		{
			name:   "our cells damaged",
			file:   "Name,import_row,import_status,import_person_id,import_code,import_error,import_hint\na,,pending,,,,\nb,0,pending,,,,\nc,4,done,,,,\nd,5,created,9.00720E+15,,,\ne,6,existing,,,,\nf,7,pending,,,,\n",
			header: []string{"Name"},
			want: []line{
				{Cells: []string{"a"}, Outcome: outcome.Outcome{Status: outcome.Pending}, Err: "B2 results_row_unclear"},
				{Cells: []string{"b"}, Outcome: outcome.Outcome{Status: outcome.Pending}, Err: "B3 results_row_unclear"},
				{Cells: []string{"c"}, Outcome: outcome.Outcome{Row: 4}, Err: "C4 results_status_unclear"},
				{Cells: []string{"d"}, Outcome: outcome.Outcome{Row: 5, Status: outcome.Created}, Err: "D5 results_person_unclear"},
				{Cells: []string{"e"}, Outcome: outcome.Outcome{Row: 6, Status: outcome.Existing}, Err: "D6 results_person_missing"},
				{Cells: []string{"f"}, Outcome: outcome.Outcome{Row: 7, Status: outcome.Pending}},
			},
		},
		{
			name:   "a damaged line between good ones",
			file:   "Name,import_row,import_status,import_person_id,import_code,import_error,import_hint\na,2,pending,,,,\n\"b,3,pending,,,,\nc,4,pending,,,,\n",
			header: []string{"Name"},
			want: []line{
				{Cells: []string{"a"}, Outcome: outcome.Outcome{Row: 2, Status: outcome.Pending}},
				{Cells: []string{`"b`}, Outcome: outcome.Outcome{Row: 3, Status: outcome.Pending}, Err: "A3 quote_unclosed"},
				{Cells: []string{"c"}, Outcome: outcome.Outcome{Row: 4, Status: outcome.Pending}},
			},
		},
		{
			name: "JSON Lines by another program",
			file: "\uFEFF" + `{"import_status":"failed","Name":"a","ID":7,"import_row":"2","import_person_id":null,"import_code":"","import_error":"","import_hint":""}` + "\n\n" +
				`{"ID":true,"import_row":3,"import_status":"created","import_person_id":9007199254740993,"Name":"b"}` + "\n{\"Name\":[1]}\n{\"Name\":",
			header: []string{"Name", "ID"},
			want: []line{
				{Cells: []string{"a", "7"}, Outcome: outcome.Outcome{Row: 2, Status: outcome.Failed}},
				{Cells: []string{"b", "TRUE"}, Outcome: created(3, 9007199254740993)},
				{Cells: []string{"", ""}, Err: " results_line_unclear"},
				{Cells: []string{"", ""}, Err: " results_line_unclear"},
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "crew.results.csv")
			if err := os.WriteFile(path, []byte(test.file), 0o600); err != nil {
				t.Fatal(err)
			}
			header, got := read(t, path)
			if diff := cmp.Diff(test.header, header); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCellNames(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "r.csv")
	text := "import_row,Name,import_status,ID,import_person_id,import_code,import_error,import_hint\n2,a,pending,7,,,,\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := results.Open(path, roster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got := []string{r.Cell(2, 0), r.Cell(2, 1), r.Cell(2, 2)}
	if diff := cmp.Diff([]string{"B2", "D2", "I2"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, file, code, message string }{
		{"a roster", "First Name,Last Name\nAnn,Lee\n", "results_not_ours", "none of the columns"},
		{"a column deleted", "Name,import_row,import_status,import_person_id,import_code,import_error\na,2,pending,,,\n", "results_not_ours", "lacks import_hint"},
		{"a column doubled", "import_row,import_row,import_status,import_person_id,import_code,import_error,import_hint\n2,2,pending,,,,\n", "results_heading_twice", "import_row"},
		{"not an object", "{\"a\":\n", "results_not_ours", "JSON"},
		{"another object", "{\"a\":1}\n", "results_not_ours", "none of the columns"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "r.csv")
			if err := os.WriteFile(path, []byte(test.file), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := results.Open(path, roster.Options{})
			var refused *fault.Error
			if !errors.As(err, &refused) || refused.Code != test.code || !strings.Contains(refused.Message, test.message) || refused.Fix == "" {
				t.Errorf("got %#v, want code %s and %q", err, test.code, test.message)
			}
		})
	}
	t.Run("no file", func(t *testing.T) {
		t.Parallel()
		_, err := results.Open(filepath.Join(t.TempDir(), "none.csv"), roster.Options{})
		var missing *fault.Error
		if !errors.As(err, &missing) || missing.Code != "file_missing" {
			t.Errorf("got %v", err)
		}
	})
}

func TestIsResults(t *testing.T) {
	t.Parallel()
	if !results.IsResults(append([]string{"Name"}, results.Columns()...)) {
		t.Error("a header with the six is not taken for a results file's")
	}
	if results.IsResults(results.Columns()[:5]) {
		t.Error("a header with five of the six is taken for a results file's")
	}
}
