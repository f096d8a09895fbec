package mapping_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"muster/mapping"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "Ana": "ana", "  Ana--Maria ": "ana maria", "José": "jose", "Jose\u0301": "jose", "GARCÍA": "garcia", "Großmann": "grossmann", "GROẞ": "gross",
		"Łukasz": "lukasz", "Bjørn": "bjorn", "Đorđe": "dorde", "Æsa Þór": "aesa thor", "O’Neill": "o neill", "O'Neill": "o neill", "Oʼneill": "o neill",
		"Nguyễn": "nguyen", "İstanbul": "istanbul", "ı": "i", "Ｆｕｌｌ": "full", "Иван": "иван", "ΟΔΥΣΣΕΥΣ": "οδυσσευσ", "οδυσσευς": "οδυσσευσ", "김": "김", "\u1100\u1175\u11b7": "김",
		"a\u200bb": "ab", "कि": "कि", "\xff": "",
	} {
		if got := mapping.Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

// Folding twice gives what folding once gives.
func FuzzFold(f *testing.F) {
	for _, s := range []string{"Ana Silva", "Jose\u0301", "ẞİĳﬁ½№ ſ", "\u1100\u1175", "ো", "\xff\u0301", "ᾼ ΰ ŉ", "Ǆ ǅ", "が", "\xe1\xf6\xce\xef\xf6\x80\xf6ŉ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := mapping.Fold(s)
		if twice := mapping.Fold(once); twice != once {
			t.Errorf("%q: %q, then %q", s, once, twice)
		}
		if !utf8.ValidString(once) || strings.TrimSpace(once) != once || strings.Contains(once, "  ") {
			t.Errorf("%q: %q", s, once)
		}
		if behind := strings.TrimSpace("e " + once); mapping.Fold("É "+s) != behind { // an ASCII text behind another
			t.Errorf("%q alone: %q, behind a letter: %q", s, once, mapping.Fold("É "+s))
		}
	})
}

// No word of a name is lost but titles in front, and none is made up.
func FuzzSplitName(f *testing.F) {
	for _, s := range []string{"GARCIA, MARIA L", "Smith, John, Jr.", "Anna van der Berg", "Mr. Thomas  Anderson", "Cher", ",", ", ,a", "Jr., Jr.", "García y Vega y", "a,b,c,d", "JOSE de la", "Dr. Dr. Li, Wei, MD", "A B C D E V", "1. Maria Lopez", "12) Bo Li", "0.0A", "Robert (Bob) Smith", "“Bob” Li", "'O''Hara, Ann'", "- Bo Li", "Li (李)", "Wei Li PhD, P.E."} {
		for order := range 3 {
			f.Add(s, order)
		}
	}
	mappers := make([]*mapping.Mapper, 3)
	for i, order := range []string{"auto", "last_first", "first_last"} {
		mappers[i] = bound(f, "fields:\n  full_name: {column: Name, order: "+order+"}\n", mapping.Options{}, "Name")
	}
	titles := titleWords(f)
	f.Fuzz(func(t *testing.T, name string, order int) {
		if order < 0 || order > 2 {
			return
		}
		var p mapping.Person
		for _, problem := range mappers[order].Map([]string{name}, nil, &p) {
			if problem.Code != "name_single" {
				return
			}
		}
		words := func(s string) []string {
			w := strings.Fields(strings.NewReplacer(",", " ", ".", ". ", "-", " ", "–", " ", "—", " ").Replace(s))
			w = slices.DeleteFunc(w, func(s string) bool { return s == "" })
			slices.Sort(w)
			return w
		}
		got := words(p.FirstName + " " + p.LastName)
		// The same cell as a last name shows how its text is cleaned.
		clean := bound(t, "fields:\n  first_name: {value: A}\n  last_name: {column: Name}\n", mapping.Options{}, "Name")
		var q mapping.Person
		if clean.Map([]string{name}, nil, &q) != nil {
			return
		}
		left := words(q.LastName)
		for _, w := range got {
			i := slices.Index(left, w)
			if i < 0 {
				t.Fatalf("%q: %q | %q has %q too many", name, p.FirstName, p.LastName, w)
			}
			left = slices.Delete(left, i, i+1)
		}
		for _, w := range left {
			if !slices.Contains(titles, strings.ToLower(strings.TrimRight(w, "."))) {
				t.Fatalf("%q: %q | %q has lost %q", name, p.FirstName, p.LastName, w)
			}
		}
	})
}

// titleWords returns the words of the titles that muster drops, without dots and
// hyphens.
func titleWords(t testing.TB) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("words", "name-parts.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for part := range strings.SplitSeq(string(data), "\n[") {
		if name, list, _ := strings.Cut(part, "]"); strings.HasPrefix(name, "title") {
			words = append(words, strings.Fields(strings.NewReplacer(",", " ", ".", " ", "-", " ").Replace(list))...)
		}
	}
	return words
}

// A mapping file loads, or says where and what and what to do; one that loads
// binds and maps.
func FuzzLoad(f *testing.F) {
	design, err := os.ReadFile(filepath.Join("testdata", "design.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(design)
	for _, s := range []string{
		"", "fields:\n  full_name: {column: [A, B], order: auto, transform: name_case, optional: true}\n",
		"fields:\n  first_name: {expression: 'let a = A; upper(a) + row[\"B\"]'}\n  last_name: {value: x, values: {x: y}}\nwhere: A matches \"^x\" or len(B) > 3\n",
		"fields: &a {full_name: *a}", "? a\n: b", "fields:\n  full_name:\n    expression: |\n      A +\n      B\n", "{a: {b: [c, {d: e}]}}", "!!str x", "where: filter(row, # > 1)",
	} {
		f.Add([]byte(s))
	}
	path := filepath.Join(f.TempDir(), "mapping.yaml")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := mapping.Load(path)
		if err != nil {
			var fault *mapping.FileError
			if !errors.As(err, &fault) || fault.Message == "" || fault.Hint == "" && fault.Line == 0 {
				t.Fatalf("incomplete: %#v", err)
			}
			return
		}
		m, err := file.Bind([]string{"A", "B", "Given Name", "Surname", "Position", "Badge No.", "Craft", "Status", "Project", "Name"}, mapping.Options{})
		if err != nil {
			var bind *mapping.BindError
			if !errors.As(err, &bind) || len(bind.Problems) == 0 {
				t.Fatalf("no problems: %#v", err)
			}
			return
		}
		var p mapping.Person
		m.Map([]string{"a", "b"}, nil, &p)
		_, _ = m.Keep([]string{"a", "b"})
	})
}

// Whatever a header is, what Detect makes of it and what the mapping file that
// is written of it says are the same; and whatever a person answers, the file
// loads and fits.
func FuzzDetection(f *testing.F) {
	for _, s := range [][2]string{
		{"First Name|Last Name|Badge #|SSN", "Ana|Silva|007|123-45-6789\nBo|Li|8|"},
		{"Frist Name|Nachname|ID|ID|Employee", "Ana|Silva|B7|C8|x"},
		{"Name|Name||Title / Class|Contractor?", "Ana Silva|ACME|x|Foreman|X\nBo Li|ACME|y|Lead|"},
		{"null|~|- a|'x|\"y|#|{|a: b|\u0085|\u2028|é|e\u0301|\x00", "1|2|3"},
		{"Nombre completo|Job|Job|Type", "Ana Ruiz Gil|1204|Lead|ICI"},
		{strings.Repeat("[", 40) + "|0", "Ana Silva"},
	} {
		f.Add(s[0], s[1], uint64(1))
	}
	f.Fuzz(func(t *testing.T, head, body string, seed uint64) {
		if len(head) > 1000 || len(body) > 2000 {
			return
		}
		var rows [][]string
		header := strings.Split(head, "|")
		for line := range strings.SplitSeq(body, "\n") {
			rows = append(rows, strings.Split(line, "|"))
		}
		s := mapping.NewDetection(header, rows, mapping.Options{})
		bind := func(text []byte) *mapping.Mapper {
			t.Helper()
			file, err := mapping.Confirmed("crew.yaml", text)
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			m, err := file.Bind(header, mapping.Options{})
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			return m
		}
		text, err := s.File(nil)
		if err == nil && len(s.Questions()) == 0 {
			m, written := s.Sure(), bind(text)
			for i, c := range m.Columns() {
				if w := written.Columns()[i]; w.Field != c.Field || w.Column != c.Column {
					t.Fatalf("%+v, written as %+v\n%s", c, w, text)
				}
			}
			for _, row := range rows {
				var p, q mapping.Person
				m.Map(row, nil, &p)
				written.Map(row, nil, &q)
				q.GuessedName = p.GuessedName // doubts that other rows raise
				if diff := cmp.Diff(p, q); diff != "" {
					t.Fatalf("(-detected +written):\n%s\n%s", diff, text)
				}
			}
		}
		answers := make([]int, len(s.Questions()))
		for i, q := range s.Questions() {
			answers[i] = int(seed % uint64(len(q.Answers)))
			seed = seed*6364136223846793005 + 1
		}
		if text, err = s.File(answers); err == nil {
			bind(text)
		}
	})
}
