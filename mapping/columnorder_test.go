package mapping_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/mapping"
)

// TestColumnOrder holds that the order of names is asked for a column as a whole, and
// only if most of the names are in doubt.
func TestColumnOrder(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, header, cells string
		want                string // the code, "" for no question
		guess               string // the name that the proposed answer gives to the first row
	}{
		{"capitals that say nothing", "Name", "KOLTURI PADMA|KOLTURI LATHA|VADLURI MAHESH", "name_order_unclear", "KOLTURI, PADMA"},
		{"last name first", "Employee Name", "Lopez Maria|Smith John|Kowalski Piotr|Anh Khoa|Bo Li", "name_order_unclear", "Maria, Lopez"},
		{"the same in capitals", "Worker", "LOPEZ MARIA|SMITH JOHN|KOLTURI LATHA", "name_order_unclear", "MARIA, LOPEZ"},
		{"Hungarian", "Name", "Kovács Ágnes|Szabó Bence|Tóth Ildikó", "name_order_unclear", "Ágnes, Kovács"},
		{"Italian", "Nominativo", "Bellandi Dario|Verdoni Paola", "name_order_unclear", "Dario, Bellandi"},
		{"two last names first", "Nombre completo", "Garcia Lopez Maria|Hernandez Ruiz Juan|Torres Vega Ana", "name_order_unclear", "Lopez Maria, Garcia"},
		{"a single row", "Name", "Lopez Maria", "", ""},
		{"a minority", "Name", "Lopez Maria|Smith John|Ann Lee|Bo Li|Ed Ray", "", ""},
		{"capitals among known names", "Name", "JOHN SMITH|MARY BAKER|LINDA COOK|KOLTURI PADMA|VADLURI MAHESH|OKON EKAETTE|UDO NSIKAK", "", ""},
		{"capitals, known as last names as well", "Name", "KIM MINJUN|PARK JIWOO|LEE SEOYEON", "name_order_unclear", "KIM, MINJUN"},
		{"the same among a known name", "Name", "SCOTT BRANDVOLD|GRANT KOVALSKI|JOHN SMITH", "", ""},
		{"unknown names", "Name", "Dana Halvorsen|Ida Ottesen|Anh Khoa", "", ""},
		{"last names in capitals", "Name", "KOLTURI Padma|VADLURI Mahesh", "", ""},
		{"a heading that says it", "Last Name First Name", "Lopez Maria|Smith John", "", ""},
		{"commas", "Name", "LOPEZ, MARIA|KOLTURI, PADMA|SMITH JOHN", "", ""},
		{"headings of each other", "First Name;Last Name", "Thornbury;Alice|Okoronkwo;Judith|Bachmeier;Carol", "names_swapped", "Alice, Thornbury"},
		{"two rows beyond doubt", "Vorname;Nachname", "Schmidt;Anna|Lopez;Maria", "names_swapped", "Anna, Schmidt"},
		{"capitals", "FIRST;LAST", "LOPEZ;MARIA|SMITH;JOHN|ANN;LEE|BAKER;CAROL|COOK;LINDA", "names_swapped", "MARIA, LOPEZ"},
		{"as they should be", "First Name;Last Name", "Alice;Thornbury|Judith;Okoronkwo|Carol;Bachmeier", "", ""},
		{"last names that are first names", "First Name;Last Name", "Wei;Kelly|Bo;James|Ida;Thomas|Dana;Maria", "", ""},
		{"one of many", "First Name;Last Name", "Lopez;Maria|Bo;Li|Ida;Moen|Per;Vollan|Liv;Moen", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			header := strings.Split(tt.header, ";")
			var rows [][]string
			for cell := range strings.SplitSeq(tt.cells, "|") {
				rows = append(rows, strings.Split(cell, ";"))
			}
			s := mapping.NewDetection(header, rows, mapping.Options{})
			_, err := s.Mapper()
			if tt.want == "" {
				if err != nil || len(s.Questions()) > 0 {
					t.Fatalf("%v, %v", err, ask(s))
				}
				return
			}
			if got := codes(err); !slices.Equal(got, []string{tt.want}) {
				t.Fatalf("got %v", err)
			}
			q := s.Questions()[0]
			for i := range q.Answers {
				text, err := s.File([]int{i})
				if err != nil {
					t.Fatal(err)
				}
				var p mapping.Person
				problems := bound(t, string(text), mapping.Options{}, header...).Map(rows[0], nil, &p)
				if got := p.FirstName + ", " + p.LastName; problems != nil || p.GuessedName && len(header) == 1 || (i == q.Guess) != (got == tt.guess) {
					t.Errorf("answer %d: %s, guessed %t, %v", i, got, p.GuessedName, problems)
				}
			}
		})
	}
}

// TestOrderOfFile holds that an order in a mapping file ends every remark about order.
func TestOrderOfFile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ order, cell, want string }{
		{"last_first", "Đoàn Minh Khải", "Minh Khải, Đoàn"},
		{"last_first", "KOLTURI RAMA PRASAD", "RAMA PRASAD, KOLTURI"},
		{"last_first", "GARCIA MARIA L", "MARIA L, GARCIA"},
		{"last_first", "Smith J.", "J., Smith"},
		{"last_first", "van der Berg Ann", "Ann, van der Berg"},
		{"last_first", "Lopez, Maria", "Maria, Lopez"},
		{"first_last", "LOPEZ MARIA", "LOPEZ, MARIA"},
		{"first_last", "GARCIA Maria", "GARCIA, Maria"},
		{"first_last", "Ida Maria Moen", "Ida Maria, Moen"},
		{"first_last", "Maria del Carmen Ruiz", "Maria, del Carmen Ruiz"},
	} {
		t.Run(tt.order+", "+tt.cell, func(t *testing.T) {
			t.Parallel()
			var p mapping.Person
			m := bound(t, "fields: {full_name: {column: Name, order: "+tt.order+"}}", mapping.Options{}, "Name")
			if problems := m.Map([]string{tt.cell}, nil, &p); problems != nil || p.GuessedName || p.FirstName+", "+p.LastName != tt.want {
				t.Errorf("%+v, %v", p, problems)
			}
		})
	}
}

// TestValuesOfDoubtfulColumn holds that a column of unknown kinds of workers is left out
// unless a person says what each kind means.
func TestValuesOfDoubtfulColumn(t *testing.T) {
	t.Parallel()
	s, header, rows := survey("Name|Type", "Ana Silva|H", "Bo Li|S", "Cy Ray|H", "Di Fox|")
	m, err := s.Mapper()
	if err != nil {
		t.Fatal(err)
	}
	if got := show(m); !slices.Equal(got, []string{"first_name=Name", "last_name=Name"}) {
		t.Errorf("unattended: %v", got)
	}
	const line = "is_employee: {column: Type, values: {H: true, S: true}}"
	if notes := s.Notes(); len(notes) != 1 || !strings.Contains(notes[0], `"H" and "S"`) || !strings.HasSuffix(notes[0], line) {
		t.Errorf("notes: %q", notes)
	}
	questions := s.Questions()
	if len(questions) != 3 || questions[0].Guess != 1 || questions[1].Value != "H" || questions[2].Value != "S" {
		t.Fatalf("questions: %v", ask(s))
	}
	if left := []int{1, 0, 0}; !questions[1].Needless(questions, left) || questions[1].Needless(questions, []int{0, 0, 0}) {
		t.Error("the values are asked for if the column is left out, or are not if it is taken")
	}
	text, err := s.File([]int{0, 0, 1})
	if err != nil {
		t.Fatal(err)
	}
	written := bound(t, string(text), mapping.Options{}, header...)
	var answers []string
	for _, row := range rows {
		var p mapping.Person
		if problems := written.Map(row, nil, &p); problems != nil {
			t.Fatal(problems)
		}
		switch {
		case p.IsEmployee == nil:
			answers = append(answers, "")
		case *p.IsEmployee:
			answers = append(answers, "yes")
		default:
			answers = append(answers, "no")
		}
	}
	if diff := cmp.Diff([]string{"yes", "no", "yes", ""}, answers); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, text)
	}
}
