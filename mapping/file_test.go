package mapping_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/mapping"
)

// load writes a mapping file and loads it.
func load(t testing.TB, content string) (*mapping.File, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "crew.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return mapping.Load(path)
}

// bound loads a mapping file and binds it.
func bound(t testing.TB, content string, o mapping.Options, header ...string) *mapping.Mapper {
	t.Helper()
	f, err := load(t, content)
	if err != nil {
		t.Fatal(err)
	}
	m, err := f.Bind(header, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestLoadDesignExample(t *testing.T) {
	t.Parallel()
	f, err := mapping.Load(filepath.Join("testdata", "design.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	header := []string{"Given Name", "SURNAME", "Title", "Badge No.", "Craft", "Status", "Project", "Phone", "SSN"}
	m, err := f.Bind(header, mapping.Options{Classifications: []mapping.Classification{{ID: 9, Name: "Electrician"}}})
	if err != nil {
		t.Fatal(err)
	}
	want := []mapping.Match{
		{Field: mapping.FirstName, Column: 0, Heading: "Given Name", Confidence: 1, How: "the mapping file"},
		{Field: mapping.LastName, Column: 1, Heading: "SURNAME", Confidence: 1, How: "the mapping file"},
		{Field: mapping.JobTitle, Column: 2, Heading: "Title", Confidence: 1, How: "the mapping file"},
		{Field: mapping.EmployeeID, Column: 3, Heading: "Badge No.", Confidence: 1, How: "the mapping file"},
		{Field: mapping.IsEmployee, Column: -1, Confidence: 1, How: `the constant "true"`},
		{Field: mapping.WorkClassification, Column: 4, Heading: "Craft", Confidence: 1, How: "the mapping file"},
	}
	if diff := cmp.Diff(want, m.Columns()); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Phone"}, m.Unused()); diff != "" {
		t.Errorf("unused (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"SSN"}, m.Withheld()); diff != "" {
		t.Errorf("withheld (-want +got):\n%s", diff)
	}

	var p mapping.Person
	row := []string{"Sean", "O'BRIEN", "", "00042", "electrician", "Active", "1204", "", ""}
	if problems := m.Map(row, nil, &p); problems != nil {
		t.Fatal(problems)
	}
	person := mapping.Person{FirstName: "Sean", LastName: "O'Brien", JobTitle: "Laborer", EmployeeID: "00042", IsEmployee: yes(), WorkClassificationID: 9, Classification: "electrician"}
	if diff := cmp.Diff(person, p); diff != "" {
		t.Errorf("person (-want +got):\n%s", diff)
	}
	row[3] = "42"
	if got := problemsOf(m.Map(row, nil, &p)); !cmp.Equal(got, []string{"pattern_mismatch employee_id"}) {
		t.Errorf("problems: got %v", got)
	}
	for status, want := range map[string]bool{"Active": true, "Terminated": false, " Terminated ": false} {
		row[5] = status
		if keep, err := m.Keep(row); err != nil || keep != want {
			t.Errorf("Keep(%s): got %v, %v; want %v", status, keep, err, want)
		}
	}
	row[5], row[6] = "Active", "1310"
	if keep, _ := m.Keep(row); keep {
		t.Error("Keep: took a row of another project")
	}
}

func TestLoadErrors(t *testing.T) {
	t.Parallel()
	const names = "fields:\n  full_name: {column: Name}\n"
	tests := []struct {
		name, content string
		line, column  int
		message, hint string // parts
	}{
		{"empty", "", 0, 0, "is empty", "first_name"},
		{"comment only", "# nothing\n", 0, 0, "is empty", ""},
		{"list", "- a\n", 1, 1, "needs names", ""},
		{"broken YAML", "fields:\n  a: [1\n", 2, 0, "", "muster help mapping"},
		{"unknown key at the top", "field:\n  x: 1\n", 1, 1, `"field" is unknown`, "did you mean fields?"},
		{"repeats", names + "repeats: true\n", 3, 10, "repeats", "same_person"},
		{"filter", names + "filter: a\n", 3, 1, `"filter" is unknown`, "where"},
		{"unknown field", "fields:\n  lastname: {column: A}\n", 2, 3, `"lastname" is unknown`, "did you mean last_name?"},
		{"field by its heading", "fields:\n  Badge No: {column: A}\n", 2, 3, "unknown", "did you mean employee_id?"},
		{"unknown setting", "fields:\n  last_name: {colum: A}\n", 2, 15, `"colum" is unknown`, "did you mean column?"},
		{"setting of another program", "fields:\n  last_name: {header: A}\n", 2, 15, "unknown", "known are column"},
		{"key twice", "fields:\n  last_name: {column: A}\n  last_name: {column: B}\n", 3, 3, "already defined", "keep one"},
		{"no first name", "fields:\n  last_name: {column: A}\n", 2, 3, "no first_name", "full_name"},
		{"full name and half", "fields:\n  full_name: {column: A}\n  last_name: {column: A}\n", 3, 3, "already gives last_name", ""},
		{"shorthand", "fields:\n  last_name: Surname\n", 2, 14, `"Surname"`, "{column: Surname}"},
		{"no source", "fields:\n  last_name: {default: A}\n", 2, 3, "no source", ""},
		{"two sources", "fields:\n  last_name: {column: A, value: B}\n", 2, 26, "two sources", ""},
		{"no fields", "where: a == b\n", 1, 1, "fields is missing", ""},
		{"bad pattern", "fields:\n  full_name: {column: A, pattern: '('}\n", 2, 35, "pattern", ""},
		{"bad transform", "fields:\n  full_name: {column: A, transform: [namecase]}\n", 2, 38, "unknown", "did you mean name_case?"},
		{"bad order", "fields:\n  full_name: {column: A, order: lastfirst}\n", 2, 33, "unknown", "did you mean last_first?"},
		{"join elsewhere", "fields:\n  job_title: {column: [A, B], join: true}\n", 2, 31, "names only", ""},
		{"join of one column", "fields:\n  last_name: {column: A, join: true}\n", 2, 26, "two columns", ""},
		{"order elsewhere", "fields:\n  job_title: {column: A, order: auto}\n", 2, 26, "full_name only", ""},
		{"lookup elsewhere", "fields:\n  job_title: {column: A, lookup: work_classification}\n", 2, 26, "work_classification_id only", ""},
		{"bad lookup", "fields:\n  work_classification_id: {column: A, lookup: trades}\n", 2, 47, "no lookup", ""},
		{"bad constant", "fields:\n  is_employee: {value: perhaps}\n", 2, 24, "neither yes nor no", ""},
		{"bad table", "fields:\n  is_employee: {column: A, values: {EE: perhaps}}\n", 2, 0, "neither yes nor no", ""},
		{"bad constant ID", "fields:\n  work_classification_id: {value: Electrician}\n", 2, 35, "not the ID", "lookup"},
		{"null", "fields:\n  last_name: {column: }\n", 2, 0, "single value", ""},
		{"social security number", "fields:\n  employee_id: {column: [Badge, SSN]}\n", 2, 33, "social security", ""},
		{"birth date in where", names + "where: row[\"Birth Date\"] != \"\"\n", 3, 8, "birth dates", ""},
		{"bad where", names + "where: Status ==\n", 3, 0, "where: ", ""},
		{"where of one equals sign", names + "where: Status = \"A\"\n", 3, 0, "where: ", "=="},
		{"where of a number", names + "where: Project == 1204\n", 3, 8, "at character 9", "quotes"},
		{"where of no question", names + "where: Project\n", 3, 0, "bool", "yes or no"},
		{"where in a block", names + "where: |\n  Status == \"A\" and\n  Project ==\n", 3, 8, "where: ", ""},
		{"where quoted", names + "where: 'nothing(Project)'\n", 3, 8, "no function nothing", ""},
		{"table without rows", "fields:\n  job_title: {column: A, values: {}}\n", 2, 0, "values is empty", ""},
		{"table with a row twice", "fields:\n  job_title: {column: A, values: {X: a, x: b}}\n", 2, 41, "twice", ""},
		{"too long", "fields:\n  job_title: {value: " + strings.Repeat("x", 256) + "}\n", 2, 22, "longer than 255", ""},
		{"empty text", "fields:\n  job_title: {value: ' '}\n", 2, 22, "is empty", ""},
		{"optional without a column", "fields:\n  job_title: {value: x, optional: true}\n", 2, 25, "columns only", ""},
		{"optional perhaps", "fields:\n  job_title: {column: x, optional: perhaps}\n", 2, 36, "true or false", ""},
		{"inverted elsewhere", "fields:\n  job_title: {column: x, inverted: true}\n", 2, 26, "is_employee only", ""},
		{"inverted beside values", "fields:\n  is_employee: {column: x, inverted: true, values: {x: true}}\n", 2, 28, "one too many", "remove inverted"},
		{"inverted default", "fields:\n  is_employee: {column: x, inverted: true, default: Contractor}\n", 2, 53, "neither yes nor no", ""},
		{"letter that is none", "fields:\n  job_title: {column: {letter: 3}}\n", 2, 32, "no letter of a column", "A to XFD"},
		{"heading without its letter", "fields:\n  job_title: {column: {heading: A}}\n", 2, 23, "letter is missing", ""},
		{"letter misspelled", "fields:\n  job_title: {column: {leter: A}}\n", 2, 24, "unknown", "did you mean letter?"},
		{"lettered birth date", "fields:\n  job_title: {column: [A, {letter: B, heading: Birth Date}]}\n", 2, 48, "birth dates", ""},
		{"transform of a yes/no", "fields:\n  is_employee: {column: x, transform: upper}\n", 2, 28, "nothing to transform", ""},
		{"unknown function", names + "where: starts(Project)\n", 3, 8, "no function starts", ""},
		{"computed heading", names + "where: row[Project] == \"\"\n", 3, 0, "heading in quotes", ""},
		{"the environment", names + "where: $env == nil\n", 3, 8, "$env", ""},
		{"alias", "fields: &a\n  full_name: {column: A}\n", 1, 9, "anchors", ""},
		{"two documents", names + "---\n" + names, 4, 0, "second document", ""},
		{"deep", strings.Repeat("[", 1000), 0, 0, "nested", ""},
		{"not text", "fields:\n\x00", 0, 0, "UTF-8", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, tt.content)
			var fault *mapping.FileError
			if !errors.As(err, &fault) {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(fault.Message, tt.message) || !strings.Contains(fault.Hint, tt.hint) || fault.Hint == "" {
				t.Errorf("got %q, hint %q; want %q, %q", fault.Message, fault.Hint, tt.message, tt.hint)
			}
			if !strings.HasPrefix(fault.Error(), fault.Path) || !strings.HasSuffix(fault.Path, "crew.yaml") {
				t.Errorf("where: %v", fault)
			}
			if fault.Line != tt.line || tt.column != 0 && fault.Column != tt.column {
				t.Errorf("got line %d, column %d; want %d, %d (%s)", fault.Line, fault.Column, tt.line, tt.column, fault.Message)
			}
		})
	}
	for name, path := range map[string]string{"missing": filepath.Join(t.TempDir(), "none.yaml"), "folder": t.TempDir()} {
		if _, err := mapping.Load(path); err == nil || !strings.HasPrefix(err.Error(), path+": ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestBindProblems(t *testing.T) {
	t.Parallel()
	f, err := load(t, `fields:
  first_name: {column: [Given, Vorname], optional: true}
  last_name: {column: Sirname}
  job_title: {column: [Position, Title]}
  employee_id: {column: Badge}
  work_classification_id: {value: Plumber, lookup: work_classification}
where: Employment_Status != "Gone" and row["Projekt"] == "1"
`)
	if err != nil {
		t.Fatal(err)
	}
	header := []string{"Surname", "Badge", "badge", "BADGE", "Badge", "Employment Status", "Project"}
	_, err = f.Bind(header, mapping.Options{Classifications: []mapping.Classification{{ID: 1, Name: "Electrician"}}})
	want := []string{"column_missing", "column_missing", "heading_twice", "classification_unknown", "column_missing"}
	if diff := cmp.Diff(want, codes(err)); diff != "" {
		t.Errorf("problems (-want +got):\n%s\n%v", diff, err)
	}
	for _, part := range []string{`did you mean "Surname"?`, `no column "Position" or "Title"`, `did you mean "Project"?`, `column B ("Badge") and column E ("Badge")`} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("misses %s in:\n%v", part, err)
		}
	}
	if got := strings.Count(err.Error(), "\n"); got != len(want)-1 {
		t.Errorf("got %d line breaks", got)
	}
}

// Half of a joined name would be another person's.
func TestBindJoinMissesNone(t *testing.T) {
	t.Parallel()
	f, err := load(t, "fields:\n  first_name: {column: Nombre}\n  last_name: {column: [Paterno, Materno], join: true}\n")
	if err != nil {
		t.Fatal(err)
	}
	if _, err = f.Bind([]string{"Nombre", "Paterno"}, mapping.Options{}); !cmp.Equal(codes(err), []string{"column_missing"}) || !strings.Contains(err.Error(), `"Materno"`) {
		t.Errorf("got %v", err)
	}
}

func TestBindConstantClassification(t *testing.T) {
	t.Parallel()
	o := mapping.Options{Classifications: []mapping.Classification{{ID: 1, Name: "Laborer"}, {ID: 2, Name: "LABORER"}, {ID: 3, Name: "4"}}}
	for setting, want := range map[string][]string{
		"{value: 1}": nil, "{value: 4}": {"classification_unknown"}, "{value: 4, lookup: work_classification}": nil,
		"{value: laborer, lookup: work_classification}": {"classification_ambiguous"},
	} {
		f, err := load(t, "fields:\n  full_name: {column: Name}\n  work_classification_id: "+setting+"\n")
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Bind([]string{"Name"}, o)
		if want == nil && err != nil || want != nil && !cmp.Equal(codes(err), want) {
			t.Errorf("%s: got %v, want %v", setting, err, want)
		}
	}
}

func TestBindFields(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		fields  string
		header  string
		row     string
		want    mapping.Person
		problem string
	}{
		{name: "first cell that is not empty", fields: "job_title: {column: [A, B]}", header: "A|B", row: " |Lead", want: mapping.Person{JobTitle: "Lead"}},
		{name: "first cell that says something", fields: "job_title: {column: [A, B]}", header: "A|B", row: "N/A|Lead", want: mapping.Person{JobTitle: "Lead"}},
		{name: "default for a word for nothing", fields: "job_title: {column: A, default: Laborer}", header: "A", row: "null", want: mapping.Person{JobTitle: "Laborer"}},
		{name: "table that knows the word", fields: "job_title: {column: A, values: {N/A: Laborer}}", header: "A", row: "n/a", want: mapping.Person{JobTitle: "Laborer"}},
		{name: "expression over text for Excel", fields: "job_title: {expression: 'A + \"!\"'}", header: "A", row: `="08"`, want: mapping.Person{JobTitle: "08!"}},
		{name: "default", fields: "job_title: {column: A, default: Laborer}", header: "A", row: " ", want: mapping.Person{JobTitle: "Laborer"}},
		{name: "optional column", fields: "job_title: {column: A, optional: true, default: Laborer}", header: "B", row: "x", want: mapping.Person{JobTitle: "Laborer"}},
		{name: "upper", fields: "job_title: {column: A, transform: upper}", header: "A", row: "Foreman", want: mapping.Person{JobTitle: "FOREMAN"}},
		{name: "table", fields: "is_employee: {column: A, values: {Stamm: true, Leih: false}}", header: "A", row: "LEIH", want: mapping.Person{IsEmployee: no()}},
		{name: "table misses", fields: "is_employee: {column: A, values: {Stamm: true}}", header: "A", row: "Leih", problem: "value_unknown is_employee"},
		{name: "table, cell empty", fields: "is_employee: {column: A, values: {Stamm: true}}", header: "A", row: ""},
		{name: "table of texts", fields: "job_title: {column: A, values: {1: Foreman, 02: Laborer}}", header: "A", row: "02", want: mapping.Person{JobTitle: "Laborer"}},
		{name: "expression", fields: `employee_id: {expression: 'A + "-" + row["Badge No"]'}`, header: "A|Badge No.", row: "HR|7", want: mapping.Person{EmployeeID: "HR-7"}},
		{name: "expression of yes/no", fields: `is_employee: {expression: 'A startsWith "E"'}`, header: "A", row: "E17", want: mapping.Person{IsEmployee: yes()}},
		{name: "expression that fails", fields: `job_title: {expression: 'string(int(A) + 1)'}`, header: "A", row: "secret", problem: "expression_failed job_title"},
		{name: "expression with a local", fields: "job_title: {expression: 'let t = trim(A); upper(t)'}", header: "A", row: "lead", want: mapping.Person{JobTitle: "LEAD"}},
		{name: "expression of nothing", fields: "job_title: {expression: 'A == \"\" ? nil : A', default: Laborer}", header: "A", row: "", want: mapping.Person{JobTitle: "Laborer"}},
		{name: "a heading called Cells", fields: "job_title: {expression: 'Cells + B'}", header: "B|Cells", row: "b|c", want: mapping.Person{JobTitle: "cb"}},
		{name: "one of two columns", fields: "job_title: {column: {letter: C, heading: title}}", header: "Title|A|TITLE", row: "a|b|c", want: mapping.Person{JobTitle: "c"}},
		{name: "a column without a heading", fields: "job_title: {column: {letter: b}}", header: "A||C", row: "a|b|c", want: mapping.Person{JobTitle: "b"}},
		{name: "of several, one by its letter", fields: "job_title: {column: [A, {letter: B}]}", header: "A||C", row: " |b|c", want: mapping.Person{JobTitle: "b"}},
		{name: "inverted", fields: "is_employee: {column: A, inverted: true}", header: "A", row: "yes", want: mapping.Person{IsEmployee: no()}},
		{name: "inverted, empty cell", fields: "is_employee: {column: A, inverted: true, default: 'no'}", header: "A", row: "", want: mapping.Person{IsEmployee: yes()}},
		{name: "constant ID", fields: "work_classification_id: {value: 12}", header: "A", row: "", want: mapping.Person{WorkClassificationID: 12}},
		{name: "leading zeros of a constant", fields: "employee_id: {value: 007}", header: "A", row: "", want: mapping.Person{EmployeeID: "007"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := bound(t, "fields:\n  first_name: {value: Ana}\n  last_name: {value: Silva}\n  "+tt.fields+"\n", mapping.Options{}, strings.Split(tt.header, "|")...)
			tt.want.FirstName, tt.want.LastName = "Ana", "Silva"
			var p mapping.Person
			problems := m.Map(strings.Split(tt.row, "|"), nil, &p)
			var want []string
			if tt.problem != "" {
				want = []string{tt.problem}
			}
			if diff := cmp.Diff(want, problemsOf(problems)); diff != "" {
				t.Fatalf("problems (-want +got):\n%s%v", diff, problems)
			}
			if diff := cmp.Diff(tt.want, p); diff != "" {
				t.Errorf("person (-want +got):\n%s", diff)
			}
			for _, problem := range problems {
				if problem.Code == "expression_failed" && strings.Contains(problem.Message, "secret") {
					t.Errorf("quotes a cell: %s", problem.Message)
				}
			}
		})
	}
}

// A letter alone never names a column that has a heading, and a heading must
// stand where the letter says: a column that has moved is not taken for another.
func TestBindLetters(t *testing.T) {
	t.Parallel()
	for column, want := range map[string]string{
		"{letter: A}":                "no column A without a heading",
		"{letter: A, heading: Name}": `no column A ("Name")`,
		"{letter: B, heading: Name}": `no column B ("Name")`,
		"{letter: D}":                "",
		"{letter: C}":                "correct the mapping file",
		"Title":                      "or write which one is meant: column: {letter: A, heading: Title}",
	} {
		f, err := load(t, "fields:\n  full_name: {value: Ana Silva}\n  job_title: {column: "+column+"}\n")
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Bind([]string{"Title", "", "SSN", "", "Title"}, mapping.Options{})
		if got := fmt.Sprint(err); !strings.Contains(got, want) || (err == nil) != (want == "") {
			t.Errorf("%s: got %s, want %s", column, got, want)
		}
	}
}

// Who says which half is in front is not told that it was guessed.
func TestBindOrderSettlesCapitals(t *testing.T) {
	t.Parallel()
	for order, want := range map[string]mapping.Person{
		"auto": {FirstName: "LOPEZ", LastName: "MARIA", GuessedName: true}, "first_last": {FirstName: "LOPEZ", LastName: "MARIA"},
		"last_first": {FirstName: "MARIA", LastName: "LOPEZ"},
	} {
		m := bound(t, "fields:\n  full_name: {column: Name, order: "+order+"}\n", mapping.Options{}, "Name")
		var p mapping.Person
		if problems := m.Map([]string{"LOPEZ MARIA"}, nil, &p); problems != nil {
			t.Error(problems)
		}
		if diff := cmp.Diff(want, p); diff != "" {
			t.Errorf("%s (-want +got):\n%s", order, diff)
		}
	}
}

func TestBindFullName(t *testing.T) {
	t.Parallel()
	m := bound(t, "fields:\n  full_name: {column: Name, order: last_first, transform: [name_case]}\n", mapping.Options{}, "Name", "Full Name")
	want := []mapping.Match{
		{Field: mapping.FirstName, Heading: "Name", Confidence: 1, How: "the mapping file, split"},
		{Field: mapping.LastName, Heading: "Name", Confidence: 1, How: "the mapping file, split"},
	}
	if diff := cmp.Diff(want, m.Columns()); diff != "" {
		t.Error(diff)
	}
	var p mapping.Person
	if problems := m.Map([]string{"DE LA CRUZ MARÍA ELENA"}, nil, &p); problems != nil {
		t.Fatal(problems)
	}
	if diff := cmp.Diff(mapping.Person{FirstName: "María Elena", LastName: "de la Cruz"}, p); diff != "" {
		t.Error(diff)
	}
}

func TestNameCase(t *testing.T) {
	t.Parallel()
	m := bound(t, "fields:\n  first_name: {value: Ana}\n  last_name: {column: A, transform: [trim, name_case]}\n", mapping.Options{}, "A")
	for in, want := range map[string]string{
		"SMITH": "Smith", "smith": "Smith", "Smith": "Smith", "MCDONALD": "McDonald", "mcdonald": "McDonald", "McDONALD": "McDONALD",
		"O'BRIEN": "O'Brien", "D’ANGELO": "D’Angelo", "SMITH-JONES": "Smith-Jones", "DE LA CRUZ": "de la Cruz", "VAN DER BERG": "van der Berg",
		"MACDONALD": "MacDonald", "MACIAS": "Macias", "MACKEY": "Mackey", "ST. JOHN": "St. John", "AL-HADDAD": "Al-Haddad", "SMITH JR": "Smith Jr", "FORD III": "Ford III",
		"BJÖRNSSON": "Björnsson", "ŁUKASZ": "Łukasz", "ĐORĐE": "Đorđe", "VAN": "Van", "GARCÍA Y VEGA": "García y Vega", "MÜLLER-LÜDENSCHEIDT": "Müller-Lüdenscheidt", "李": "李",
	} {
		var p mapping.Person
		m.Map([]string{in}, nil, &p)
		if p.LastName != want {
			t.Errorf("%s: got %s, want %s", in, p.LastName, want)
		}
	}
}

func TestKeep(t *testing.T) {
	t.Parallel()
	m := bound(t, "fields:\n  full_name: {column: Name}\nwhere: int(Age) > 17\n", mapping.Options{}, "Name", "Age")
	if keep, problem := m.Keep([]string{"Ana Silva", "18"}); !keep || problem != nil {
		t.Errorf("got %v, %v", keep, problem)
	}
	keep, problem := m.Keep([]string{"Ana Silva", "secret"})
	if keep || problem == nil || problem.Code != "where_failed" || strings.Contains(problem.Message+problem.Hint, "secret") || !strings.Contains(problem.Hint, `"Age"`) {
		t.Errorf("got %v, %+v", keep, problem)
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 100 {
				if keep, err := m.Keep([]string{"Ana Silva", "17"}); keep || err != nil {
					t.Errorf("at the same time: got %v, %v", keep, err)
				}
			}
		})
	}
	wait.Wait()
	all := detect(t, mapping.Options{}, "Name")
	if keep, err := all.Keep([]string{"Ana"}); !keep || err != nil {
		t.Errorf("without where: got %v, %v", keep, err)
	}
}
