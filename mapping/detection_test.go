package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/mapping"
)

func survey(lines ...string) (*mapping.Detection, []string, [][]string) {
	header, rows := crew(lines...)
	return mapping.NewDetection(header, rows, mapping.Options{}), header, rows
}

// What Detect finds and what the mapping file that is written of it says are
// the same, in every row.
func TestDetectionFileIsTheSame(t *testing.T) {
	t.Parallel()
	for _, roster := range [][]string{
		{"First Name|Last Name|Job Title|Employee ID|Trade|Own Employee", "Ana|Silva|Lead|007|Electrician|yes", "Bo|Li||8||no"},
		{"Name|Name (Last, First)", "Bo Li|Li, Bo", "Cy Ray|Ray, Cy"},
		{"A. Paterno|A. Materno|Nombre", "Hernández|García|José Luis", "Ruiz||Ana"},
		{"Nombre completo|Contratista", "Ana Fernández López|sí", "Juan Ruiz Gil|no"},
		{"Name (Last, First)|Contractor?", "Garcia Lopez Maria|X", "Ruiz Juan|"},
		{"Employee|Name|Is Employee", "1001|Ana Silva|X", "1002|Bo Li|"},
		{"First|Last|Title|Job Title|SSN|Work Classification ID", "Ana|Silva|Lead|LEAD|123-45-6789|12"},
		{"First: 'given'|Last #*|Position|{ID}", "Ana|Silva|Lead|123e4567-e89b-12d3-a456-426614174000"},
		{"FIRST NAME|first name|Last", "Ana|Ana|Silva", "Bo|Bo|Li"},
		{"First|Last|Badge\n No.|Null|yes", "Ana|Silva|7||"},
	} {
		t.Run(roster[0], func(t *testing.T) {
			t.Parallel()
			s, header, rows := survey(roster...)
			detected, err := s.Mapper()
			if err != nil {
				t.Skip(err)
			}
			text, err := s.File(nil)
			if err != nil {
				t.Fatal(err)
			}
			written := bound(t, string(text), mapping.Options{}, header...)
			if diff := cmp.Diff(show(detected), show(written)); diff != "" {
				t.Errorf("mapping (-detected +written):\n%s\n%s", diff, text)
			}
			for _, row := range rows {
				var p, q mapping.Person
				if diff := cmp.Diff(problemsOf(detected.Map(row, nil, &p)), problemsOf(written.Map(row, nil, &q))); diff != "" {
					t.Errorf("problems (-detected +written):\n%s\n%s", diff, text)
				}
				if strings.Contains(roster[0], "Last, First") { // the order in a file settles where to split
					p.GuessedName = false
				}
				if diff := cmp.Diff(p, q); diff != "" {
					t.Errorf("person (-detected +written):\n%s\n%s", diff, text)
				}
			}
		})
	}
}

// ask shows questions as "code field: answers", the guess with a star.
func ask(s *mapping.Detection) []string {
	var all []string
	for _, q := range s.Questions() {
		var answers []string
		for i, a := range q.Answers {
			text := "none"
			if a.Column >= 0 {
				text = fmt.Sprintf("%s=%c", a.Field, 'A'+a.Column)
				if a.Whole {
					text = fmt.Sprintf("whole=%c", 'A'+a.Column)
				}
			}
			if i == q.Guess {
				text += "*"
			}
			answers = append(answers, text)
		}
		all = append(all, fmt.Sprintf("%s %s: %s", q.Code, q.Field, strings.Join(answers, " ")))
	}
	return all
}

// proposed returns the answers of a person who presses Enter at every question.
func proposed(s *mapping.Detection) []int {
	questions := s.Questions()
	answers := make([]int, len(questions))
	for i, q := range questions {
		answers[i] = q.Guess
	}
	for i, q := range questions {
		if q.Needless(questions, answers) {
			answers[i] = len(q.Answers) - 1
		}
	}
	return answers
}

func TestDetectionQuestions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		roster  []string
		want    []string
		answers []int
		mapping []string // after the answers
		problem string   // after the answers
		row     []string
		person  mapping.Person
	}{
		{
			name: "nothing to ask", roster: []string{"First|Last|Phone", "Ana|Silva|555"},
			answers: []int{}, mapping: []string{"first_name=First", "last_name=Last"},
		},
		{
			name: "near miss of a field", roster: []string{"First|Last|Bagde No|Lucky Number", "Ana|Silva|B7|5"},
			want:    []string{"heading_near employee_id: employee_id=C* employee_id=D none"},
			answers: []int{0}, mapping: []string{"first_name=First", "last_name=Last", "employee_id=Bagde No"},
		},
		{
			name: "near miss declined", roster: []string{"First|Last|Bagde No", "Ana|Silva|B7"},
			want:    []string{"heading_near employee_id: employee_id=C* none"},
			answers: []int{1}, mapping: []string{"first_name=First", "last_name=Last"},
		},
		{
			name: "near miss of a name", roster: []string{"Frist Name|Last Name|SSN", "Ana|Silva|123-45-6789"},
			want:    []string{"heading_missing first_name: first_name=A* none"},
			answers: []int{0}, mapping: []string{"first_name=Frist Name", "last_name=Last Name"},
		},
		{
			name: "the last name's column holds whole names", roster: []string{"Prefered|Last Name", "x|Silva, Ana"},
			want:    []string{"heading_missing first_name: first_name=A whole=B* none"},
			answers: []int{1}, mapping: []string{"first_name=Last Name", "last_name=Last Name"},
			row: []string{"x", "Silva, Ana"}, person: mapping.Person{FirstName: "Ana", LastName: "Silva"},
		},
		{
			name: "a name beside what may be the last name", roster: []string{"Name|Family|Title", "José Luis|García|Cabo"},
			want:    []string{"heading_ambiguous last_name: whole=A first_name=A* none", "heading_ambiguous last_name: last_name=B* none"},
			answers: []int{1, 0}, mapping: []string{"first_name=Name", "last_name=Family", "job_title=Title"},
		},
		{
			name: "no names at all", roster: []string{"Who|Trade", "Ana Silva|Electrician"},
			want:    []string{"heading_missing last_name: last_name=A whole=A* none", "heading_missing first_name: first_name=A* none"},
			answers: []int{0, 0}, mapping: []string{"first_name=Who", "last_name=Who", "work_classification_id=Trade"},
			row: []string{"Ana Silva", ""}, person: mapping.Person{FirstName: "Ana", LastName: "Silva"},
		},
		{
			name: "a whole name", roster: []string{"Who|Full Nmae|Trade", "x|Ana Silva|Electrician"},
			want:    []string{"heading_missing last_name: last_name=A last_name=B whole=B* whole=A none", "heading_missing first_name: first_name=A* first_name=B none"},
			answers: []int{2, 2}, mapping: []string{"first_name=Full Nmae", "last_name=Full Nmae", "work_classification_id=Trade"},
		},
		{
			name: "no names taken", roster: []string{"Who|Trade", "Ana Silva|Electrician"},
			want:    []string{"heading_missing last_name: last_name=A whole=A* none", "heading_missing first_name: first_name=A* none"},
			answers: []int{2, 1}, problem: "no column with the first name",
		},
		{
			name: "two titles", roster: []string{"First|Last|Title|Job Title", "Ana|Silva|Lead|Laborer"},
			want:    []string{"heading_twice job_title: job_title=C job_title=D none*"},
			answers: []int{1}, mapping: []string{"first_name=First", "last_name=Last", "job_title=Job Title"},
		},
		{
			name: "one heading twice", roster: []string{"Name|Name", "Ana Silva|ACME"},
			want:    []string{"heading_twice last_name: whole=A* whole=B none"},
			answers: []int{0}, mapping: []string{"first_name=Name", "last_name=Name"},
			row: []string{"Ana Silva", "ACME"}, person: mapping.Person{FirstName: "Ana", LastName: "Silva"},
		},
		{
			name: "one undecided heading twice", roster: []string{"First|Last|ID|ID", "Ana|Silva|B7|C8"},
			want:    []string{"heading_ambiguous employee_id: employee_id=C origin_id=C none*", "heading_ambiguous employee_id: employee_id=D origin_id=D none*"},
			answers: []int{2, 0}, mapping: []string{"first_name=First", "last_name=Last", "employee_id=ID"},
			row: []string{"Ana", "Silva", "B7", "C8"}, person: mapping.Person{FirstName: "Ana", LastName: "Silva", EmployeeID: "C8"},
		},
		{
			name: "one plain heading twice", roster: []string{"First Name|Last Name|Badge|Badge", "Ana|Silva|7|8"},
			want:    []string{"heading_twice employee_id: employee_id=C employee_id=D none*"},
			answers: []int{1}, mapping: []string{"first_name=First Name", "last_name=Last Name", "employee_id=Badge"},
			row: []string{"Ana", "Silva", "7", "8"}, person: mapping.Person{FirstName: "Ana", LastName: "Silva", EmployeeID: "8"},
		},
		{
			name: "ambiguous", roster: []string{"Employee|Badge Nr", "Ana|7", "Bo|8"},
			want:    []string{"heading_ambiguous last_name: whole=A* employee_id=A is_employee=A none"},
			answers: []int{0}, mapping: []string{"first_name=Employee", "last_name=Employee", "employee_id=Badge Nr"},
		},
		{
			name: "a column without a heading", roster: []string{"First||Phone", "Ana|Silva|555"},
			want:    []string{"heading_missing last_name: last_name=B* none"},
			answers: []int{0}, mapping: []string{"first_name=First", "last_name="},
			row: []string{"Ana", "Silva", "5"}, person: mapping.Person{FirstName: "Ana", LastName: "Silva"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, header, _ := survey(tt.roster...)
			if diff := cmp.Diff(tt.want, ask(s)); diff != "" {
				t.Fatalf("questions (-want +got):\n%s", diff)
			}
			for _, q := range s.Questions() {
				for _, a := range q.Answers {
					if strings.Contains(strings.Join(a.Samples, " "), "6789") {
						t.Errorf("shows a social security number: %v", a.Samples)
					}
				}
			}
			if _, err := s.File(proposed(s)); err != nil {
				t.Errorf("the proposed answers: %v", err)
			}
			if tt.answers == nil {
				return
			}
			text, err := s.File(tt.answers)
			if tt.problem != "" {
				if err == nil || !strings.Contains(err.Error(), tt.problem) {
					t.Errorf("got %v, want %s", err, tt.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			m := bound(t, string(text), mapping.Options{}, header...)
			if diff := cmp.Diff(tt.mapping, show(m)); diff != "" {
				t.Errorf("mapping (-want +got):\n%s\n%s", diff, text)
			}
			if tt.row != nil {
				var p mapping.Person
				if problems := m.Map(tt.row, nil, &p); problems != nil {
					t.Error(problems)
				}
				if diff := cmp.Diff(tt.person, p); diff != "" {
					t.Errorf("person (-want +got):\n%s\n%s", diff, text)
				}
			}
		})
	}
}

// Two answers for one field are refused, whatever asked for them.
func TestDetectionAnswersClash(t *testing.T) {
	t.Parallel()
	s, _, _ := survey("First|Last|Job|Title / Class", "Ana|Silva|1204|Electrician", "Bo|Li|Laborer|Carpenter")
	want := []string{"heading_ambiguous job_title: job_title=C none*", "heading_ambiguous job_title: job_title=D work_classification_id=D none*"}
	if diff := cmp.Diff(want, ask(s)); diff != "" {
		t.Fatalf("questions (-want +got):\n%s", diff)
	}
	if _, err := s.File([]int{0, 0}); err == nil || !strings.Contains(err.Error(), "two columns are to feed the job title") {
		t.Errorf("got %v", err)
	}
	if _, err := s.File([]int{0, 1}); err != nil {
		t.Error(err)
	}
}

// Doubtful fields stand in comments, so that taking a # off settles them.
func TestDetectionFileOfDoubts(t *testing.T) {
	t.Parallel()
	s, header, _ := survey("First|Last|Title|Job Title|Bagde No|SSN|Note: a # b", "Ana|Silva|Lead|Laborer|7||")
	text, err := s.File(nil)
	if err != nil {
		t.Error(err)
	}
	want := `fields:
  first_name: {column: First}
  last_name: {column: Last}
  # To be settled: 2 columns can be the job title: column C ("Title") and column D ("Job
  # Title"). Take the # off one of these lines, or off none:
  # job_title: {column: Title}
  # job_title: {column: Job Title}
  # To be settled: column E ("Bagde No") is nearly "Badge Number", but not quite; the employee
  # ID has no column. Take the # off one of these lines, or off none:
  # employee_id: {column: Bagde No}
# Fields that are not filled: is_employee, origin_id, work_classification_id.
# Columns that feed no field: Title, Job Title, Bagde No, Note: a # b.
# Columns that are never sent: SSN.
`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Error(diff)
	}
	settled := strings.Replace(string(text), "# job_title: {column: Job", "job_title: {column: Job", 1)
	m := bound(t, settled, mapping.Options{}, header...)
	if diff := cmp.Diff([]string{"first_name=First", "last_name=Last", "job_title=Job Title"}, show(m)); diff != "" {
		t.Error(diff)
	}
}

// What is certain of a header may be no name at all.
func TestSureWithoutNames(t *testing.T) {
	t.Parallel()
	m := mapping.NewDetection([]string{"Phone"}, [][]string{{"512"}}, mapping.Options{}).Sure()
	var p mapping.Person
	if problems := m.Map([]string{"512"}, nil, &p); problems != nil || p != (mapping.Person{}) {
		t.Errorf("%+v, %v", p, problems)
	}
}

// TestNearMisses holds that only a misspelled heading over fitting cells is pointed out,
// and at most three in a file.
func TestNearMisses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, header, row string
		want              int // notes
	}{
		{"misspelled", "Name|Bagde No|Job Tilte", "Ana Silva|B7|Mason", 2},
		{"no IDs below", "Name|Bagde No", "Ana Silva|blue", 0},
		{"words of other headings", "Name|Badge Name|Trade Date|Job Tile Code", "Ana Silva|B7|x|y", 0},
		{"too far", "Name|Employe Ident Nr X|Jbo Tilet Nmae", "Ana Silva|7|x", 0},
		{"the field has a column", "Name|Badge|Bagde No", "Ana Silva|B7|B8", 0},
		{"four", "Name|Bagde No|Job Tilte|Orignal ID|Work Classifcation", "Ana Silva|B7|Mason|X9|Laborer", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _, _ := survey(tt.header, tt.row)
			if notes := s.Notes(); len(notes) != tt.want {
				t.Errorf("%d notes, want %d: %q", len(notes), tt.want, notes)
			}
		})
	}
}
