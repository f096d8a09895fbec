package mapping_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/mapping"
)

func yes() *bool { b := true; return &b }
func no() *bool  { b := false; return &b }

// detect maps a header by the dictionary, with rows as the sample.
func detect(t testing.TB, o mapping.Options, header string, rows ...string) *mapping.Mapper {
	t.Helper()
	h, sample := crew(append([]string{header}, rows...)...)
	m, err := mapping.Detect(h, sample, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// problemsOf shows problems as "code field column".
func problemsOf(problems []mapping.Problem) []string {
	var all []string
	for _, p := range problems {
		all = append(all, p.Code+" "+string(p.Field))
	}
	return all
}

// Where many names of a column have the last name in front, those that don't
// tell are in doubt as well; in an ordinary column no name is.
func TestOrderOfNames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		cells   string
		guessed string // those in doubt
	}{
		{"ordinary", "Maria Lopez|John Smith|Ann Lee|Anh Khoa|Bo Li|Deshawn James|Xochitl Cruz", ""},
		{"ordinary, in capitals", "MARIA LOPEZ|JOHN SMITH|ANN LEE", ""},
		{"half of them last name first", "Lopez Maria|Smith John|Kowalski Piotr|Anh Khoa|Bo Li|Ho An", "Lopez Maria|Smith John|Kowalski Piotr|Anh Khoa|Bo Li|Ho An"},
		{"one among others", "Maria Lopez|John Smith|Kowalski Piotr|Anh Khoa", "Kowalski Piotr"},
		{"most with commas", "Lopez, Maria|Smith, John|Anh Khoa|Ann Lee", "Anh Khoa"},
		{"few with commas", "Lopez, Maria|Ann Lee|Anh Khoa", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cells := strings.Split(tt.cells, "|")
			m := detect(t, mapping.Options{}, "Name", cells...)
			var guessed []string
			for _, cell := range cells {
				var p mapping.Person
				if problems := m.Map([]string{cell}, nil, &p); problems != nil {
					t.Fatal(problems)
				}
				if p.GuessedName {
					guessed = append(guessed, cell)
				}
			}
			if got := strings.Join(guessed, "|"); got != tt.guessed {
				t.Errorf("in doubt: %s\nwant:     %s", got, tt.guessed)
			}
		})
	}
}

func TestMapNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		first, last string
		guessed     bool
		problem     string
		left        string
	}{
		{name: "GARCIA, MARIA L", first: "MARIA L", last: "GARCIA"},
		{name: "GARCIA, Maria L.", first: "Maria L.", last: "GARCIA"},
		{name: "Maria L. Garcia", first: "Maria L.", last: "Garcia"},
		{name: "Maria Garcia", first: "Maria", last: "Garcia"},
		{name: "SMITH JR, JOHN", first: "JOHN", last: "SMITH JR"},
		{name: "Smith, John, Jr.", first: "John", last: "Smith Jr."},
		{name: "Smith, John Jr.", first: "John", last: "Smith Jr."},
		{name: "John Smith Jr.", first: "John", last: "Smith Jr."},
		{name: "John Smith, Jr.", first: "John", last: "Smith Jr."},
		{name: "John Smith, PE", first: "John", last: "Smith PE", guessed: true},
		{name: "Lee, Jr., Robert", first: "Robert", last: "Lee Jr."},
		{name: "Ana de Souza e Silva", first: "Ana", last: "de Souza e Silva"},
		{name: "de Souza e Silva, Ana", first: "Ana", last: "de Souza e Silva"},
		{name: "Juan Carlos García Márquez", first: "Juan Carlos", last: "García Márquez", guessed: true},
		{name: "J. R. R. Tolkien", first: "J. R. R.", last: "Tolkien"},
		{name: "Oscar de la Hoya Jr", first: "Oscar", last: "de la Hoya Jr"},
		{name: "Rahman, Md", first: "Md", last: "Rahman"},
		{name: "Smith, Jr.", problem: "name_single first_name", last: "Smith Jr."},
		{name: "Garcia Lopez,", problem: "name_single first_name", last: "Garcia Lopez"},
		{name: ", Maria", problem: "name_single last_name", first: "Maria"},
		{name: "Washington III, Booker T.", first: "Booker T.", last: "Washington III"},
		{name: "Henry Ford II", first: "Henry", last: "Ford II"},
		{name: "O'BRIEN, SEAN PATRICK", first: "SEAN PATRICK", last: "O'BRIEN"},
		{name: "VAN DER BERG, ANNA", first: "ANNA", last: "VAN DER BERG"},
		{name: "Anna van der Berg", first: "Anna", last: "van der Berg"},
		{name: "Juan Carlos de la Cruz", first: "Juan Carlos", last: "de la Cruz"},
		{name: "Ali bin Hassan", first: "Ali", last: "bin Hassan"},
		{name: "Fatima Al-Haddad", first: "Fatima", last: "Al-Haddad"},
		{name: "Liam St. John", first: "Liam", last: "St. John"},
		{name: "Nguyen Van Anh", first: "Van Anh", last: "Nguyen", guessed: true},
		{name: "Garcia Lopez Maria", first: "Maria", last: "Garcia Lopez", guessed: true},
		{name: "GARCIA MARIA L", first: "MARIA L", last: "GARCIA", guessed: true},
		{name: "Juan Garcia L.", first: "Juan", last: "Garcia L.", guessed: true},
		{name: "Maria del Carmen Ruiz", first: "Maria", last: "del Carmen Ruiz", guessed: true},
		{name: "José García y Vega", first: "José", last: "García y Vega"},
		{name: "Maria GARCIA LOPEZ", first: "Maria", last: "GARCIA LOPEZ"},
		{name: "GARCIA Maria", first: "Maria", last: "GARCIA", guessed: true},
		{name: "JP Smith", first: "JP", last: "Smith"},
		{name: "Ana Fernández López", first: "Ana Fernández", last: "López", guessed: true},
		{name: "Ana Maria Fernández López", first: "Ana Maria", last: "Fernández López", guessed: true},
		{name: "Md Abdur Rahman Md Akbar Hossain", first: "Md Abdur Rahman Md", last: "Akbar Hossain", guessed: true},
		{name: "Mr. Thomas  Anderson", first: "Thomas", last: "Anderson"},
		{name: "Dr. Li, Wei", first: "Wei", last: "Li"},
		{name: "Smith, John, Robert", first: "John Robert", last: "Smith", guessed: true},
		{name: "Mary E Smith", first: "Mary E", last: "Smith"},
		{name: "Cher", problem: "name_single first_name", last: "Cher"},
		{name: "Mr. Anderson", problem: "name_single first_name", last: "Anderson"},
		{name: "", problem: "name_missing last_name"},
		{name: "TBD", problem: "name_missing last_name"},
		{name: "=A1&B1", problem: "formula_text last_name"},
		{name: "null", problem: "name_missing last_name"},
		{name: "NULL NULL", first: "NULL", last: "NULL", guessed: true, problem: "name_missing last_name"},
		{name: "null, null", first: "null", last: "null", problem: "name_missing last_name"},
		{name: "Null, Jennifer", first: "Jennifer", last: "Null"},
		{name: "1234", problem: "name_unclear last_name"},
		{name: "Ann and Bo Lee", problem: "name_unclear last_name"},
		{name: "Ann Andes", first: "Ann", last: "Andes"},
		{name: "Vacant Position", first: "Vacant", last: "Position", problem: "no_person last_name"},
		{name: "FRONT DESK", first: "FRONT", last: "DESK", guessed: true, problem: "name_missing last_name"},
		{name: "LAID OFF", first: "LAID", last: "OFF", guessed: true, problem: "name_missing last_name"},
		{name: "Visitor 12", first: "Visitor", last: "12", guessed: true, problem: "name_missing last_name"},
		{name: "New Hire 2", first: "New Hire", last: "2", guessed: true, problem: "name_missing last_name"},
		{name: "TEST USER", first: "TEST", last: "USER", guessed: true, problem: "name_missing last_name"},
		{name: "Employee, Test", first: "Test", last: "Employee", problem: "name_missing last_name"},
		{name: "À recruter", first: "À", last: "recruter", problem: "no_person last_name"},
		{name: "Noch zu besetzen", first: "Noch", last: "zu besetzen", problem: "no_person last_name"},
		{name: "Puesto Vacante", first: "Puesto", last: "Vacante", problem: "no_person last_name"},
		{name: "Testa User", first: "Testa", last: "User"},
		{name: "Hope Vacant", first: "Hope", last: "Vacant"},
		{name: "LOPEZ MARIA", first: "LOPEZ", last: "MARIA", guessed: true},
		{name: "MARIA LOPEZ", first: "MARIA", last: "LOPEZ"},
		{name: "KHOA ANH", first: "KHOA", last: "ANH", guessed: true},
		{name: "Lopez Maria", first: "Lopez", last: "Maria", guessed: true},
		{name: "Müller Hans", first: "Müller", last: "Hans", guessed: true},
		{name: "Núñez José", first: "Núñez", last: "José", guessed: true},
		{name: "Wojcik Piotr", first: "Wojcik", last: "Piotr", guessed: true},
		{name: "Nguyen Thao", first: "Nguyen", last: "Thao", guessed: true},
		{name: "Smith James", first: "Smith", last: "James", guessed: true},
		{name: "James Thomas", first: "James", last: "Thomas"},
		{name: "LeBron James", first: "LeBron", last: "James"},
		{name: "Deshawn Martin", first: "Deshawn", last: "Martin"},
		{name: "Widelson Joseph", first: "Widelson", last: "Joseph"},
		{name: "John Paul", first: "John", last: "Paul"},
		{name: "Maria Jose", first: "Maria", last: "Jose"},
		{name: "Lee Ann", first: "Lee", last: "Ann"},
		{name: "JP SMITH", first: "JP", last: "SMITH"},
		{name: "J.R. Smith", first: "J.R.", last: "Smith"},
		{name: "Smith J.R.", first: "Smith", last: "J.R.", guessed: true},
		{name: "Maria G.", first: "Maria", last: "G.", guessed: true},
		{name: "Jr., Sam Davis", first: "Sam", last: "Davis Jr.", guessed: true},
		{name: "Neto, Ana", first: "Ana", last: "Neto", guessed: true},
		{name: "John Smith 2nd", first: "John", last: "Smith 2nd"},
		{name: "Smith 3rd, John", first: "John", last: "Smith 3rd"},
		{name: "1. Maria Lopez", first: "Maria", last: "Lopez"},
		{name: "12) Lopez, Maria", first: "Maria", last: "Lopez"},
		{name: "1.", problem: "name_missing last_name"},
		{name: "1234. Maria Lopez", problem: "name_unclear last_name"},
		{name: "Mr & Mrs Smith", problem: "name_unclear last_name"},
		{name: "Lopez, Maria; Perez, Juan", problem: "name_unclear last_name"},
		{name: "Maria Lopez / Juan Perez", problem: "name_unclear last_name"},
		{name: "SMITH, JOHN (Foreman)", problem: "name_unclear last_name"},
		{name: "Robert (Bob) Smith", first: "Robert", last: "Smith", left: "(Bob)"},
		{name: "Smith, Robert (Bob)", first: "Robert", last: "Smith", left: "(Bob)"},
		{name: "Smith (Bob), Robert", first: "Robert", last: "Smith", left: "(Bob)"},
		{name: "William [Bill] Jones", first: "William", last: "Jones", left: "[Bill]"},
		{name: "Maximiliano (Maxi) Reyes", first: "Maximiliano", last: "Reyes", left: "(Maxi)"},
		{name: "Wei (William) Chen", first: "Wei", last: "Chen", left: "(William)"},
		{name: "Li Wei (李伟)", first: "Li", last: "Wei", left: "(李伟)"},
		{name: `Jones, William "Bill" A.`, first: "William A.", last: "Jones", left: `"Bill"`},
		{name: "Robert “Dutch” Smith", first: "Robert", last: "Smith", left: "“Dutch”"},
		{name: "Robert 'Bob' O'Hara", first: "Robert", last: "O'Hara", left: "'Bob'"},
		{name: `"Bob" Smith`, first: "Bob", last: "Smith", left: `"Bob"`},
		{name: "“Maria Garcia”", first: "Maria", last: "Garcia"},
		{name: "O'Brien, Sean 'D", first: "Sean 'D", last: "O'Brien"},
		{name: "Robert (Bob)", last: "Robert", left: "(Bob)", problem: "name_single first_name"},
		{name: "(Bob) Smith", problem: "name_unclear last_name"},
		{name: "Ann Lee (Foreman)", problem: "name_unclear last_name"},
		{name: "Ann Lee (ACME)", problem: "name_unclear last_name"},
		{name: "Ann Lee (Terminated)", problem: "name_unclear last_name"},
		{name: "Juan Perez (Jr)", problem: "name_unclear last_name"},
		{name: "Jane Doe (nee Smith)", first: "Jane", last: "Doe", left: "(nee Smith)"},
		{name: "Kim (Pat) Lee (Sam)", problem: "name_unclear last_name"},
		{name: "Robert Smith, P.E.", first: "Robert", last: "Smith P.E.", guessed: true},
		{name: "Wei Chen PhD", first: "Wei", last: "Chen PhD", guessed: true},
		{name: "Lt. Col. James Ray", first: "James", last: "Ray"},
		{name: "Bob Stone, Foreman", problem: "name_unclear last_name"},
		{name: "Bob Smith - Foreman", problem: "name_unclear last_name"},
		{name: "Maria Smith - Jones", first: "Maria", last: "Smith-Jones", guessed: true},
		{name: "Maria Garcia - NEW", problem: "name_unclear last_name"},
		{name: "Ann Lee –", problem: "name_unclear last_name"},
		{name: "Maria Garcia 1234", problem: "name_unclear last_name"},
		{name: "Garcia, Maria xxx-xx-1234", problem: "name_unclear last_name"},
		{name: "Bayline Mechanical, Inc.", problem: "name_unclear last_name"},
		{name: "Schulz Bau GmbH", problem: "name_unclear last_name"},
		{name: "Hans u. Eva Klein", problem: "name_unclear last_name"},
		{name: "Dr.-Ing. Weber, Eva", first: "Eva", last: "Weber"},
		{name: "101 Maria Garcia", problem: "name_unclear last_name"},
		{name: "- Maria Garcia", first: "Maria", last: "Garcia"},
		{name: "• Garcia, Maria", first: "Maria", last: "Garcia"},
		{name: "'Sean O''Brien'", first: "Sean", last: "O'Brien"},
		{name: "Stone, Foreman", first: "Foreman", last: "Stone"},
		{name: "Tom Reed aka Tommy", problem: "name_unclear last_name"},
		{name: "Maria Garcia, Kevin Lopez", problem: "name_unclear last_name"},
		{name: "Garcia Lopez, Maria Jose", first: "Maria Jose", last: "Garcia Lopez"},
		{name: "Bo Li, Wei Chen, Carl Diaz", problem: "name_unclear last_name"},
		{name: "Wei Chen\nCarl Diaz", problem: "name_unclear last_name"},
		{name: "Wei\nChen", first: "Wei", last: "Chen"},
		{name: "Garcia Lopez,\nMaria Jose", first: "Maria Jose", last: "Garcia Lopez"},
		{name: "Smith John [VACATION]", problem: "name_unclear last_name"},
		{name: "John Q Smith*", first: "John Q", last: "Smith"},
		{name: "* Dana Halvorsen", first: "Dana", last: "Halvorsen"},
		{name: "✓ Dana Halvorsen", first: "Dana", last: "Halvorsen"},
		{name: "...Dana Halvorsen", first: "Dana", last: "Halvorsen"},
		{name: "*Halvorsen, Dana", first: "Dana", last: "Halvorsen"},
		{name: "† Çağla Öztürkmen", first: "Çağla", last: "Öztürkmen"},
		{name: "N: Dana Halvorsen", first: "Dana", last: "Halvorsen"},
		{name: "a) Dana Halvorsen", first: "Dana", last: "Halvorsen"},
		{name: "(b) Dana Halvorsen", first: "Dana", last: "Halvorsen"},
		{name: "(12) Dana Halvorsen", first: "Dana", last: "Halvorsen"},
		{name: "3 - Dana Halvorsen", first: "Dana", last: "Halvorsen"},
		{name: "[x] Dana Halvorsen", first: "Dana", last: "Halvorsen"},
		{name: "+Dana Halvorsen", first: "Dana", last: "Halvorsen"},
		{name: "-- Dana Halvorsen", first: "Dana", last: "Halvorsen"},
		{name: "» Dana Halvorsen", first: "Dana", last: "Halvorsen"},
		{name: "# Dana Halvorsen", first: "Dana", last: "Halvorsen"},
		{name: "Dana Halvorsen **", first: "Dana", last: "Halvorsen"},
		{name: "Dana Halvorsen [2]", first: "Dana", last: "Halvorsen"},
		{name: "*", problem: "name_missing last_name"},
		{name: "+1 555 0100", problem: "formula_text last_name"},
		{name: "-cmd|'/C calc'!A0", problem: "formula_text last_name"},
		{name: "Ana2 Sil1va", first: "Ana2", last: "Sil1va", guessed: true},
		{name: "Jos? Mu?oz", problem: "characters_lost last_name"},
	}
	m := detect(t, mapping.Options{}, "Full Name")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var p mapping.Person
			problems := m.Map([]string{tt.name}, nil, &p)
			var want []string
			if tt.problem != "" {
				want = []string{tt.problem}
			}
			if diff := cmp.Diff(want, problemsOf(problems)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			got := mapping.Person{FirstName: tt.first, LastName: tt.last, GuessedName: tt.guessed, LeftOut: tt.left}
			if diff := cmp.Diff(got, p); diff != "" {
				t.Errorf("person (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMapOrders(t *testing.T) {
	t.Parallel()
	tests := []struct{ heading, name, first, last string }{
		{"Name (Last, First)", "Garcia Lopez Maria", "Lopez Maria", "Garcia"},
		{"Name (Last, First)", "van der Berg Anna", "Anna", "van der Berg"},
		{"Apellidos y nombre", "García López, Ana", "Ana", "García López"},
		{"Nombre completo", "Ana Fernández López", "Ana", "Fernández López"},
		{"Nombre", "Ana Fernández López", "Ana", "Fernández López"},
	}
	for _, tt := range tests {
		t.Run(tt.heading+" "+tt.name, func(t *testing.T) {
			t.Parallel()
			m := detect(t, mapping.Options{}, tt.heading, tt.name)
			var p mapping.Person
			if problems := m.Map([]string{tt.name}, nil, &p); problems != nil {
				t.Fatal(problems)
			}
			if p.FirstName != tt.first || p.LastName != tt.last {
				t.Errorf("got %q, %q; want %q, %q", p.FirstName, p.LastName, tt.first, tt.last)
			}
		})
	}
}

// Two surnames are one last name.
func TestMapTwoSurnames(t *testing.T) {
	t.Parallel()
	for _, header := range []string{
		"A. Paterno|A. Materno|Nombre", "Apellido paterno|Apellido materno|Nombre(s)", "Primer Apellido|Segundo Apellido|Nombres", "Paterno|Materno|Nombre",
		"Apellido|Segundo apellido|Nombre",
	} {
		m := detect(t, mapping.Options{}, header, "Hernández|García|José Luis", "Ruiz||Ana")
		for row, want := range map[string]string{"Hernández|García|José Luis": "Hernández García", "Ruiz||José Luis": "Ruiz", "Ruiz|N/A|José Luis": "Ruiz", "|Ruiz|José Luis": "Ruiz"} {
			var p mapping.Person
			if problems := m.Map(strings.Split(row, "|"), nil, &p); problems != nil {
				t.Errorf("%s: %s: %v", header, row, problems)
			}
			if p.FirstName != "José Luis" || p.LastName != want {
				t.Errorf("%s: %s: got %q, %q", header, row, p.FirstName, p.LastName)
			}
		}
		for row, want := range map[string]string{"Ruiz|123-45-6789|Ana": "value_withheld last_name", "Ruiz|=A1|Ana": "formula_text last_name", "||Ana": "name_missing last_name"} {
			var p mapping.Person
			if diff := cmp.Diff([]string{want}, problemsOf(m.Map(strings.Split(row, "|"), nil, &p))); diff != "" {
				t.Errorf("%s: %s: problems (-want +got):\n%s", header, row, diff)
			}
		}
	}
	// A column that has both already is not joined once more.
	m := detect(t, mapping.Options{}, "Apellidos|Segundo apellido|Nombre", "Hernández García|García|José Luis")
	var p mapping.Person
	if m.Map([]string{"Hernández García", "García", "José Luis"}, nil, &p); p.LastName != "Hernández García" {
		t.Errorf("got %q", p.LastName)
	}
}

func TestMapValues(t *testing.T) {
	t.Parallel()
	o := mapping.Options{Classifications: []mapping.Classification{
		{ID: 11, Name: "Electrician", Abbreviation: "ELEC"},
		{ID: 12, Name: "Carpenter", Abbreviation: "CARP"},
		{ID: 13, Name: "Laborer", Abbreviation: "01"},
		{ID: 14, Name: "LABORER", Abbreviation: "02"},
	}}
	const header = "First|Last|Title|Employee ID|Is Employee|Craft|Origin ID"
	person := func(change func(*mapping.Person)) mapping.Person {
		p := mapping.Person{FirstName: "Ana", LastName: "Silva"}
		if change != nil {
			change(&p)
		}
		return p
	}
	title := func(s string) func(*mapping.Person) { return func(p *mapping.Person) { p.JobTitle = s } }
	id := func(s string) func(*mapping.Person) { return func(p *mapping.Person) { p.EmployeeID = s } }
	employee := func(b *bool) func(*mapping.Person) { return func(p *mapping.Person) { p.IsEmployee = b } }
	craft := func(s string, n int64) func(*mapping.Person) {
		return func(p *mapping.Person) { p.Classification, p.WorkClassificationID = s, n }
	}
	long := strings.Repeat("é", 255)
	tests := []struct {
		name     string
		row      string
		kind     map[int]mapping.Kind
		want     mapping.Person
		problems []string
	}{
		{name: "plain", row: "Ana|Silva", want: person(nil)},
		{name: "trimmed of every white space", row: "\u00a0 Ana\t|\u200bSilva\ufeff\r\n", want: person(nil)},
		{name: "inner runs", row: "Ana|Silva|Lead   \n Carpenter", want: person(title("Lead Carpenter"))},
		{name: "composed", row: "Jose\u0301|Silva", want: mapping.Person{FirstName: "José", LastName: "Silva"}},
		{name: "soft hyphen and direction marks", row: "An\u00ada|\u202aSilva\u202c", want: person(nil)},
		{name: "control character", row: "An\x00a|Silva", want: mapping.Person{LastName: "Silva"}, problems: []string{"control_character first_name"}},
		{name: "lost letters", row: "Ana|Mu\ufffdoz", want: mapping.Person{FirstName: "Ana"}, problems: []string{"characters_lost last_name"}},
		{name: "UTF-8 read as Windows-1252", row: "JosÃ©|MuÃ±oz", problems: []string{"characters_lost first_name", "characters_lost last_name"}},
		{name: "UTF-8 read as Windows-1252, of letters only", row: "ÃšRSULA|Silva", want: mapping.Person{LastName: "Silva"}, problems: []string{"characters_lost first_name"}},
		{name: "UTF-8 read as Windows-1252, à", row: "VinÃ\u00a0cius|Silva", want: mapping.Person{LastName: "Silva"}, problems: []string{"characters_lost first_name"}},
		{name: "an apostrophe read as Windows-1252", row: "Ana|Oâ€™Brien", want: mapping.Person{FirstName: "Ana"}, problems: []string{"characters_lost last_name"}},
		{name: "Vietnamese read as Windows-1252", row: "Ana|Nguyá»…n", want: mapping.Person{FirstName: "Ana"}, problems: []string{"characters_lost last_name"}},
		{name: "accents as they should be", row: "JOÃO|ÅSTRÖM", want: mapping.Person{FirstName: "JOÃO", LastName: "ÅSTRÖM"}},
		{name: "accents beside marks", row: "âñã|D’Ávila–Núñez", want: mapping.Person{FirstName: "âñã", LastName: "D’Ávila–Núñez"}},
		{name: "letters that became question marks", row: "Jos?|Mu?oz", want: mapping.Person{FirstName: "Jos?", LastName: "Mu?oz"}, problems: []string{"characters_lost first_name", "characters_lost last_name"}},
		{name: "both names missing", row: " |N/A|Foreman", want: mapping.Person{LastName: "N/A", JobTitle: "Foreman"}, problems: []string{"name_missing first_name", "name_missing last_name"}},
		{name: "formula as name", row: `=HYPERLINK("http://x","Ann")|@SUM(A1)`, want: mapping.Person{FirstName: `=HYPERLINK("http://x","Ann")`, LastName: "@SUM(A1)"}, problems: []string{"formula_text first_name", "formula_text last_name"}},
		{name: "255 characters", row: "Ana|Silva|" + long, want: person(title(long))},
		{name: "256 characters", row: "Ana|Silva|" + long + "x", want: person(nil), problems: []string{"too_long job_title"}},
		{name: "title of a minus", row: "Ana|Silva|-5", want: person(title("-5"))},
		{name: "title of a formula", row: "Ana|Silva|=1+1", want: person(title("=1+1")), problems: []string{"formula_text job_title"}},
		{name: "title of a command", row: "Ana|Silva|+cmd|' /C calc'!A0", want: person(title("+cmd"))},
		{name: "date as title", row: "Ana|Silva|46024", kind: map[int]mapping.Kind{2: mapping.Date}, want: person(title("46024")), problems: []string{"title_unclear job_title"}},

		{name: "ID of zeros", row: "Ana|Silva||00042", want: person(id("00042"))},
		{name: "ID typed as text", row: "Ana|Silva||'00077", want: person(id("00077"))},
		{name: "in the quotes of a database", row: "'Ana'|'O''Hara'||'00077'", want: mapping.Person{FirstName: "Ana", LastName: "O'Hara", EmployeeID: "00077"}},
		{name: "ID padded", row: "Ana|Silva|| 00078\u00a0", want: person(id("00078"))},
		{name: "ID with an E", row: "Ana|Silva||12E4", want: person(id("12E4"))},
		{name: "ID of dashes", row: "Ana|Silva||10-11-12", want: person(id("10-11-12"))},
		{name: "ID of a month in capitals", row: "Ana|Silva||MAR-12", want: person(id("MAR-12"))},
		{name: "ID in scientific notation", row: "Ana|Silva||1.23457E+11", want: person(id("1.23457E+11")), problems: []string{"id_damaged employee_id"}},
		{name: "ID in scientific notation, comma", row: "Ana|Silva||1,23457E+11", want: person(id("1,23457E+11")), problems: []string{"id_damaged employee_id"}},
		{name: "ID in scientific notation, whole", row: "Ana|Silva||1E+11", want: person(id("1E+11")), problems: []string{"id_damaged employee_id"}},
		{name: "ID rounded to 15 digits", row: "Ana|Silva||9007199254740990000", want: person(id("9007199254740990000")), problems: []string{"id_damaged employee_id"}},
		{name: "ID of 16 digits, rounded", row: "Ana|Silva||9007199254740990", want: person(id("9007199254740990")), problems: []string{"id_damaged employee_id"}},
		{name: "ID of 15 digits", row: "Ana|Silva||123456789012300", want: person(id("123456789012300"))},
		{name: "long ID", row: "Ana|Silva||9007199254741993", want: person(id("9007199254741993"))},
		{name: "long ID with zeros in front", row: "Ana|Silva||0000000700101000", want: person(id("0000000700101000"))},
		{name: "long ID marked as text", row: "Ana|Silva||'1234567890123450000", want: person(id("1234567890123450000"))},
		{name: "long ID as a formula", row: "Ana|Silva||=\"1234567890123450000\"", want: person(id("1234567890123450000"))},
		{name: "long ID in a workbook", row: "Ana|Silva||1234567890123450000", kind: map[int]mapping.Kind{3: mapping.Text}, want: person(id("1234567890123450000"))},
		{name: "ID with a decimal", row: "Ana|Silva||123.0", want: person(id("123.0")), problems: []string{"id_damaged employee_id"}},
		{name: "ID with decimals", row: "Ana|Silva||123457000000.0", want: person(id("123457000000.0")), problems: []string{"id_damaged employee_id"}},
		{name: "ID as date", row: "Ana|Silva||1/2/2026", want: person(id("1/2/2026")), problems: []string{"id_damaged employee_id"}},
		{name: "ID as ISO date", row: "Ana|Silva||2026-01-02 00:00:00", want: person(id("2026-01-02 00:00:00")), problems: []string{"id_damaged employee_id"}},
		{name: "ID as German date", row: "Ana|Silva||1.2.2026", want: person(id("1.2.2026")), problems: []string{"id_damaged employee_id"}},
		{name: "ID as month", row: "Ana|Silva||2-Jan", want: person(id("2-Jan")), problems: []string{"id_damaged employee_id"}},
		{name: "origin ID as month", row: "Ana|Silva|||||Mar-12", want: person(func(p *mapping.Person) { p.OriginID = "Mar-12" }), problems: []string{"id_damaged origin_id"}},
		{name: "ID with commas", row: "Ana|Silva||1,024", want: person(id("1,024")), problems: []string{"id_damaged employee_id"}},
		{name: "ID that is no number with commas", row: "Ana|Silva||10,24", want: person(id("10,24"))},
		{name: "date cell", row: "Ana|Silva||46024", kind: map[int]mapping.Kind{3: mapping.Date}, want: person(id("46024")), problems: []string{"id_damaged employee_id"}},
		{name: "boolean cell", row: "Ana|Silva||TRUE", kind: map[int]mapping.Kind{3: mapping.Boolean}, want: person(id("TRUE")), problems: []string{"id_damaged employee_id"}},
		{name: "number cell", row: "Ana|Silva||123456789012345", kind: map[int]mapping.Kind{3: mapping.Number}, want: person(id("123456789012345"))},
		{name: "number cell with decimals", row: "Ana|Silva||1204.5", kind: map[int]mapping.Kind{3: mapping.Number}, want: person(id("1204.5")), problems: []string{"id_damaged employee_id"}},
		{name: "error cell", row: "Ana|Silva||", kind: map[int]mapping.Kind{3: mapping.FormulaError}, want: person(nil), problems: []string{"formula_error employee_id"}},
		{name: "error text", row: "Ana|Silva||#REF!", want: person(nil), problems: []string{"formula_error employee_id"}},
		{name: "error text for nothing", row: "Ana|Silva||#N/A", want: person(nil)},
		{name: "column too narrow", row: "Ana|Silva||#####", want: person(nil), problems: []string{"formula_error employee_id"}},
		{name: "ID that says none", row: "Ana|Silva||N/A", want: person(nil)},
		{name: "ID that is still to come", row: "Ana|Silva||TBD", want: person(id("TBD")), problems: []string{"id_unclear employee_id"}},
		{name: "words for nothing", row: "Ana|Silva|NULL|-|none|None|null", want: person(nil)},
		{name: "nothing as a name", row: "null|Silva", want: mapping.Person{FirstName: "null", LastName: "Silva"}, problems: []string{"name_missing first_name"}},
		{name: "NULL as a name", row: "Ana|NULL", want: mapping.Person{FirstName: "Ana", LastName: "NULL"}, problems: []string{"name_missing last_name"}},
		{name: "the halves under one another's heading", row: "Lopez|Kevin", want: mapping.Person{FirstName: "Lopez", LastName: "Kevin", GuessedName: true}},
		{name: "the halves where they belong", row: "Kevin|Lopez", want: mapping.Person{FirstName: "Kevin", LastName: "Lopez"}},
		{name: "a generation", row: "Ana|Silva 3rd", want: mapping.Person{FirstName: "Ana", LastName: "Silva 3rd"}},
		{name: "names that became dates", row: "1-May|2-Aug", want: mapping.Person{FirstName: "1-May", LastName: "2-Aug"}, problems: []string{"name_unclear first_name", "name_unclear last_name"}},
		{name: "names that are dates", row: "46024|TRUE", kind: map[int]mapping.Kind{0: mapping.Date, 1: mapping.Boolean}, want: mapping.Person{FirstName: "46024", LastName: "TRUE"}, problems: []string{"name_unclear first_name", "name_unclear last_name"}},
		{name: "a nickname behind the first name", row: "Robert (Bob)|Silva", want: mapping.Person{FirstName: "Robert", LastName: "Silva", LeftOut: "(Bob)"}},
		{name: "a nickname in quotes", row: `James "Jimmy"|Silva`, want: mapping.Person{FirstName: "James", LastName: "Silva", LeftOut: `"Jimmy"`}},
		{name: "a remark behind the last name", row: "Ana|Silva - TERMINATED", want: mapping.Person{FirstName: "Ana", LastName: "Silva - TERMINATED"}, problems: []string{"name_unclear last_name"}},
		{name: "a last name of two with a dash", row: "Ana|Silva - Souza", want: mapping.Person{FirstName: "Ana", LastName: "Silva - Souza"}},
		{name: "somebody called Null", row: "Jennifer|Null", want: mapping.Person{FirstName: "Jennifer", LastName: "Null"}},
		{name: "nobody called Null Null", row: "Null|Null", want: mapping.Person{FirstName: "Null", LastName: "Null"}, problems: []string{"name_missing first_name", "name_missing last_name"}},
		{name: "nobody called None Null", row: "None|Null", want: mapping.Person{FirstName: "None", LastName: "Null"}, problems: []string{"name_missing first_name", "name_missing last_name"}},
		{name: "as text for Excel", row: `="Ana"|="Silva"|="Lead"|="008"`, want: person(func(p *mapping.Person) { p.JobTitle, p.EmployeeID = "Lead", "008" })},
		{name: "nothing as text for Excel", row: `Ana|Silva|=""|=""`, want: person(nil)},
		{name: "a formula as text for Excel", row: `Ana|Silva|="=1+1"`, want: person(title("=1+1")), problems: []string{"formula_text job_title"}},
		{name: "a formula of texts", row: `Ana|Silva||="0"&"8"`, want: person(id(`="0"&"8"`)), problems: []string{"formula_text employee_id"}},
		{name: "a social security number as text for Excel", row: `Ana|Silva||="123-45-6789"`, want: person(nil), problems: []string{"value_withheld employee_id"}},
		{name: "reversed text", row: "Ana|\u202eavliS\u202c|\u2066Lead\u2069", want: mapping.Person{FirstName: "Ana", LastName: "avliS", JobTitle: "Lead"}},
		{name: "line separator", row: "Ana|Silva|Lead\u2028Carpenter", want: person(title("Lead Carpenter"))},
		{name: "control character of the second set", row: "Ana|Sil\u0090va", want: mapping.Person{FirstName: "Ana"}, problems: []string{"control_character last_name"}},
		{name: "255 characters of four bytes", row: "Ana|Silva|" + strings.Repeat("𐐀", 255), want: person(title(strings.Repeat("𐐀", 255)))},
		{name: "tab in an ID", row: "Ana|Silva||1\t2", want: person(nil), problems: []string{"control_character employee_id"}},
		{name: "social security number", row: "Ana|Silva||123-45-6789", want: person(nil), problems: []string{"value_withheld employee_id"}},
		{name: "social security number as a title", row: "Ana|Silva|123 45 6789", want: person(nil), problems: []string{"value_withheld job_title"}},

		{name: "yes", row: "Ana|Silva|||Y", want: person(employee(yes()))},
		{name: "X", row: "Ana|Silva|||x", want: person(employee(yes()))},
		{name: "sí", row: "Ana|Silva|||Sí", want: person(employee(yes()))},
		{name: "oui", row: "Ana|Silva|||OUI", want: person(employee(yes()))},
		{name: "sim", row: "Ana|Silva|||sim", want: person(employee(yes()))},
		{name: "não", row: "Ana|Silva|||Não", want: person(employee(no()))},
		{name: "nein", row: "Ana|Silva|||nein", want: person(employee(no()))},
		{name: "0", row: "Ana|Silva|||0", want: person(employee(no()))},
		{name: "FALSE", row: "Ana|Silva|||FALSE", want: person(employee(no()))},
		{name: "ICI", row: "Ana|Silva|||ICI", want: person(employee(no()))},
		{name: "ja", row: "Ana|Silva|||Ja", want: person(employee(yes()))},
		{name: "no", row: "Ana|Silva|||No", want: person(employee(no()))},
		{name: "non", row: "Ana|Silva|||non", want: person(employee(no()))},
		{name: "falso", row: "Ana|Silva|||Falso", want: person(employee(no()))},
		{name: "verdadeiro", row: "Ana|Silva|||Verdadeiro", want: person(employee(yes()))},
		{name: "wahr", row: "Ana|Silva|||WAHR", want: person(employee(yes()))},
		{name: "vrai", row: "Ana|Silva|||vrai", want: person(employee(yes()))},
		{name: "maybe", row: "Ana|Silva|||maybe", want: person(nil), problems: []string{"boolean_unclear is_employee"}},

		{name: "classification by name", row: "Ana|Silva||||electrician", want: person(craft("electrician", 11))},
		{name: "classification by abbreviation", row: "Ana|Silva||||CARP", want: person(craft("CARP", 12))},
		{name: "classification by code before ID", row: "Ana|Silva||||01", want: person(craft("01", 13))},
		{name: "classification by ID", row: "Ana|Silva||||12", want: person(craft("12", 12))},
		{name: "classification unknown", row: "Ana|Silva||||Electrican", want: person(craft("Electrican", 0)), problems: []string{"classification_unknown work_classification_id"}},
		{name: "classification ambiguous", row: "Ana|Silva||||laborer", want: person(craft("laborer", 0)), problems: []string{"classification_ambiguous work_classification_id"}},
	}
	m := detect(t, o, header)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cells := make([]string, 7)
			copy(cells, strings.Split(tt.row, "|"))
			if tt.name == "title of a command" {
				cells = []string{"Ana", "Silva", "+cmd|' /C calc'!A0", "", "", "", ""}
				tt.want.JobTitle, tt.problems = cells[2], []string{"formula_text job_title"}
			}
			var kinds []mapping.Kind
			if tt.kind != nil {
				kinds = make([]mapping.Kind, 7)
				for i, k := range tt.kind {
					kinds[i] = k
				}
			}
			var p mapping.Person
			problems := m.Map(cells, kinds, &p)
			if diff := cmp.Diff(tt.problems, problemsOf(problems)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, p); diff != "" {
				t.Errorf("person (-want +got):\n%s", diff)
			}
			for _, problem := range problems {
				if problem.Message == "" || problem.Hint == "" || problem.Column < 0 {
					t.Errorf("incomplete: %+v", problem)
				}
				if strings.Contains(problem.Message+problem.Hint, "6789") {
					t.Errorf("shows a social security number: %+v", problem)
				}
			}
		})
	}
}

func TestMapUnknownClassificationHint(t *testing.T) {
	t.Parallel()
	m := detect(t, mapping.Options{Classifications: []mapping.Classification{{ID: 1, Name: "Electrician"}}}, "Name|Craft", "Ana Silva|Electrican")
	var p mapping.Person
	for range 2 { // the second time from memory
		problems := m.Map([]string{"Ana Silva", "Electrican"}, nil, &p)
		want := []mapping.Problem{{
			Code: "classification_unknown", Field: mapping.WorkClassification, Column: 1,
			Message: `the project has no work classification "Electrican"`, Hint: `did you mean "Electrician"?`,
		}}
		if diff := cmp.Diff(want, problems); diff != "" {
			t.Error(diff)
		}
	}
}

func TestMapAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, heading string
		sample        []string
		cell          string
		want          *bool
	}{
		{"contractor", "Contractor?", []string{"Y", "N"}, "Y", no()},
		{"no contractor", "Subcontractor", []string{"Yes", "No"}, "No", yes()},
		{"marks: empty is no employee", "Is Employee", []string{"X", ""}, "", no()},
		{"marks: empty is no contractor", "Contractor?", []string{"X", ""}, "", yes()},
		{"no marks: empty says nothing", "Is Employee", []string{"Y", ""}, "", nil},
		{"worker type", "Worker Type", []string{"Employee", "Contingent"}, "Contingent", no()},
		{"1099", "1099/W2", []string{"W-2", "1099"}, "1099", no()},
		{"W-2", "1099/W2", []string{"W-2", "1099"}, "W-2", yes()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var rows []string
			for _, s := range tt.sample {
				rows = append(rows, "Ana|Silva|"+s)
			}
			m := detect(t, mapping.Options{}, "First|Last|"+tt.heading, rows...)
			var p mapping.Person
			if problems := m.Map([]string{"Ana", "Silva", tt.cell}, nil, &p); problems != nil {
				t.Fatal(problems)
			}
			if diff := cmp.Diff(tt.want, p.IsEmployee); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// That yes means no is said.
func TestMapSaysInverted(t *testing.T) {
	t.Parallel()
	detected := detect(t, mapping.Options{}, "First|Last|Contractor?", "Ana|Silva|Y", "Bo|Li|N")
	written := bound(t, "fields:\n  full_name: {column: Name}\n  is_employee: {column: Sub, inverted: true}\n", mapping.Options{}, "Name", "Sub")
	plain := detect(t, mapping.Options{}, "First|Last|Is Employee", "Ana|Silva|Y", "Bo|Li|N")
	for m, want := range map[*mapping.Mapper]bool{detected: true, written: true, plain: false} {
		columns := m.Columns()
		if how := columns[len(columns)-1].How; strings.Contains(how, "yes means no employee") != want {
			t.Errorf("got %q", how)
		}
	}
}

func TestMapClassificationIDs(t *testing.T) {
	t.Parallel()
	var p mapping.Person
	m := detect(t, mapping.Options{}, "First|Last|Work Classification ID")
	if problems := m.Map([]string{"Ana", "Silva", "77"}, nil, &p); problems != nil || p.WorkClassificationID != 77 {
		t.Errorf("got %v, %d", problems, p.WorkClassificationID)
	}
	if got := problemsOf(m.Map([]string{"Ana", "Silva", "Electrician"}, nil, &p)); !cmp.Equal(got, []string{"classification_id_unclear work_classification_id"}) {
		t.Errorf("got %v", got)
	}
	m = detect(t, mapping.Options{}, "First|Last|Craft")
	if problems := m.Map([]string{"Ana", "Silva", "77"}, nil, &p); problems != nil || p.WorkClassificationID != 0 || p.Classification != "77" {
		t.Errorf("without the list: got %v, %d, %q", problems, p.WorkClassificationID, p.Classification)
	}
}

func TestMapUnknownClassificationNames(t *testing.T) {
	t.Parallel()
	var known []mapping.Classification
	for i := range 17 {
		known = append(known, mapping.Classification{ID: int64(i + 1), Name: fmt.Sprintf("Class %c", 'A'+i)})
	}
	for name, tt := range map[string]struct {
		known []mapping.Classification
		want  string
	}{
		"all of a few": {known[:3], "type one of the project's work classifications (Class A, Class B, Class C), or add it in Procore"},
		"some of many": {known, "type one of the project's work classifications (Class A, Class B, Class C, Class D, Class E, Class F, Class G, Class H, " +
			"Class I, Class J, Class K, Class L, Class M, Class N, Class O and 2 more), or add it in Procore"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := detect(t, mapping.Options{Classifications: tt.known}, "Name|Craft", "Ana Silva|Zimmerei")
			var p mapping.Person
			problems := m.Map([]string{"Ana Silva", "Zimmerei"}, nil, &p)
			if len(problems) != 1 || problems[0].Hint != tt.want {
				t.Errorf("got %+v, want the hint %q", problems, tt.want)
			}
		})
	}
}

// Short rows, on several goroutines.
func TestMapIsConcurrent(t *testing.T) {
	t.Parallel()
	m := detect(t, mapping.Options{Classifications: []mapping.Classification{}}, "First|Last|Craft|Employee ID")
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			var p mapping.Person
			for range 200 {
				if problems := m.Map([]string{"Ana", "Silva"}, nil, &p); problems != nil {
					t.Error(problems)
				}
				if problems := m.Map([]string{"Ana", "Silva", "unheard of"}, nil, &p); len(problems) != 1 {
					t.Error(problems)
				}
			}
		})
	}
	wait.Wait()
}

func BenchmarkMap(b *testing.B) {
	benchmarkMap(b, "First Name|Last Name|Job Title|Employee ID|Is Employee", "Fatima", "Smith-Jones", "Operating Engineer", "000005", "yes")
}

func BenchmarkMapAccents(b *testing.B) {
	benchmarkMap(b, "First Name|Last Name|Job Title|Employee ID|Is Employee", "Siobhán", "Björnsson", "Opérateur", "000005", "não")
}

func BenchmarkMapFullName(b *testing.B) {
	benchmarkMap(b, "Full Name|Job Title|Employee ID|Is Employee", "Smith-Jones, Fatima", "Operating Engineer", "000005", "yes")
}

func benchmarkMap(b *testing.B, header string, cells ...string) {
	b.Helper()
	m := detect(b, mapping.Options{}, header)
	var p mapping.Person
	b.ReportAllocs()
	for b.Loop() {
		m.Map(cells, nil, &p)
	}
}

// A part of the file that is lost is no character to be typed anew.
func TestNULs(t *testing.T) {
	t.Parallel()
	m := detect(t, mapping.Options{}, "First Name|Last Name")
	var p mapping.Person
	problems := m.Map([]string{"A\x00n", "Lee"}, nil, &p)
	if len(problems) != 1 || problems[0].Code != "control_character" || !strings.Contains(problems[0].Hint, "whether it is whole") {
		t.Errorf("%+v", problems)
	}
}

// Whole names under First Name are noticed by the last name that stands there, too.
func TestLastNameTwice(t *testing.T) {
	t.Parallel()
	m := detect(t, mapping.Options{}, "First Name|Last Name")
	for cells, want := range map[string]bool{
		"Ann Lee|Lee": true, "Lee, Ann|Lee": true, "Ann|Lee": false, "Leeann|Lee": false, "Ann-Lee|Lee": false, "Lee Ann|Lee": false, "Lee|Lee": false,
	} {
		var p mapping.Person
		if problems := m.Map(strings.Split(cells, "|"), nil, &p); problems != nil || p.GuessedName != want {
			t.Errorf("%s: in doubt %t, want %t; %v", cells, p.GuessedName, want, problems)
		}
	}
}

func TestWholeNumbersOfAColumnAreNotRounded(t *testing.T) {
	t.Parallel()
	header := []string{"First Name", "Last Name", "Employee ID"}
	rounded, whole := []string{"Ana", "Silva", "1234567890123450"}, []string{"Bo", "Li", "1234567890123457"}
	for _, test := range []struct {
		name   string
		sample [][]string
		want   int
	}{
		{"all end in zeros", [][]string{rounded, rounded}, 1},
		{"one does not", [][]string{rounded, whole}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m, err := mapping.NewDetection(header, test.sample, mapping.Options{WholeNumbers: mapping.WholeNumbers(test.sample)}).Mapper()
			if err != nil {
				t.Fatal(err)
			}
			var p mapping.Person
			if problems := m.Map(rounded, nil, &p); len(problems) != test.want {
				t.Errorf("problems %v, want %d", problems, test.want)
			}
		})
	}
}

// What a mapping by the headings alone makes of a row.
func TestMapByHeadings(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, header, row string
		want              mapping.Person
	}{
		{"particle", "Roepnaam|Tussenvoegsel|Achternaam", "Floor|van der|Haag", mapping.Person{FirstName: "Floor", LastName: "van der Haag"}},
		{"no particle", "Roepnaam|Tussenvoegsel|Achternaam", "Sanne||Bakker", mapping.Person{FirstName: "Sanne", LastName: "Bakker"}},
		{"code of a craft", "First Name|Last Name|Craft ID", "Ann|Lee|CARP", mapping.Person{FirstName: "Ann", LastName: "Lee", Classification: "CARP"}},
		{"number of a craft", "First Name|Last Name|Craft ID", "Ann|Lee|17", mapping.Person{FirstName: "Ann", LastName: "Lee", WorkClassificationID: 17}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cells := strings.Split(tt.row, "|")
			m, err := mapping.Detect(strings.Split(tt.header, "|"), [][]string{cells}, mapping.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var p mapping.Person
			if problems := m.Map(cells, nil, &p); len(problems) > 0 {
				t.Fatal(problems)
			}
			if diff := cmp.Diff(tt.want, p); diff != "" {
				t.Errorf("person (-want +got):\n%s", diff)
			}
		})
	}
}

// A row without a name is skipped where no cell says anything about a person.
func TestRemarkRows(t *testing.T) {
	t.Parallel()
	header := strings.Split("No|First Name|Last Name|Employee ID|Job Title|Phone|Bay", "|")
	m, err := mapping.Detect(header, nil, mapping.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for row, want := range map[string]string{
		"Confidential report":        mapping.CodeNoPerson,
		"|||See the office":          mapping.CodeNoPerson,
		"11/27/2026":                 mapping.CodeNoPerson,
		"N/A|N/A|N/A|N/A|N/A|N/A":    mapping.CodeNoPerson,
		"||||||17":                   mapping.CodeNoPerson,
		"Ann Lee":                    "name_missing",
		"|||B-7":                     "name_missing",
		"||||Foreman":                "name_missing",
		"|||||555-0101":              "name_missing",
		"|||See the office|Foreman|": "name_missing",
		"|Ann|||||":                  "name_missing",
	} {
		var p mapping.Person
		problems := m.Map(strings.Split(row, "|"), nil, &p)
		if len(problems) == 0 || problems[0].Code != want {
			t.Errorf("%s: %v, want %s", row, problems, want)
		}
	}
}

// If no heading names the people, the error names the columns that look like names.
func TestMissingNamesHint(t *testing.T) {
	t.Parallel()
	_, err := mapping.Detect([]string{"Who", "Where"}, [][]string{{"Ann Lee", "A7"}, {"Bo Li", "B9"}}, mapping.Options{})
	var bind *mapping.BindError
	if !errors.As(err, &bind) || !strings.Contains(bind.Problems[0].Hint, "full_name: {column: Who}") {
		t.Errorf("%v", err)
	}
}
