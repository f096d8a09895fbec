package mapping

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// FullName is the field of a column with whole names, which feeds FirstName and
// LastName.
const FullName = fullName

// Choice is what a column feeds, and how.
type Choice struct {
	Field  Field             // FullName for whole names; "" if the column feeds nothing
	Order  string            // of whole names, as a mapping file says it
	Values map[string]string // from cells to values; nil for none

	Inverted bool // yes means no; kept by With for a column that keeps its field
}

// Equal reports whether two choices are the same. Order and Values count only for fields
// that have them.
func (c Choice) Equal(other Choice) bool {
	return c.Field == other.Field && (c.Field != fullName || c.Order == other.Order) && maps.Equal(foldKeys(c.Values), foldKeys(other.Values))
}

func foldKeys(values map[string]string) map[string]string {
	folded := map[string]string{}
	for cell, to := range values {
		folded[tableKey(cell)] = to
	}
	return folded
}

// Value returns the value that a choice gives a cell, or "".
func (c Choice) Value(cell string) string { return foldKeys(c.Values)[tableKey(cell)] }

// Employee returns what a cell of an is_employee column says.
func (c Choice) Employee(cell string) (yes, ok bool) {
	if to := c.Value(cell); to != "" {
		return readAnswer(to, false)
	}
	return readAnswer(cell, c.Inverted)
}

// Answered returns the mapping that the answers give, as far as they go: names may lack a
// column.
func (s *Detection) Answered(answers []int) *File {
	claims := maps.Clone(s.d.claims)
	s.apply(claims, answers)
	return (&fileReader{}).read(s.d.write(claims, nil)) // what is missing is an error of a complete file only
}

// Simple reports whether Choices tell all that the mapping says. A where, a project,
// formulas, patterns and changes of texts are more.
func (f *File) Simple() bool {
	return f.where == nil && !slices.ContainsFunc(f.specs, func(s spec) bool {
		return s.field == projectField || s.expression != nil || s.pattern != nil || s.transforms != nil
	})
}

// Choices returns what each column of a header feeds.
func (f *File) Choices(header []string) []Choice {
	choices := make([]Choice, len(header))
	for _, s := range f.specs {
		for _, column := range (&binder{header: header}).columns(s) {
			choices[column] = s.choice()
		}
	}
	return choices
}

func (s *spec) choice() Choice {
	c := Choice{Field: s.field, Values: s.values, Inverted: s.inverted}
	if s.field == fullName {
		c.Order = s.order.String()
	}
	return c
}

// With returns a mapping file in which the columns of a header feed what is chosen. What
// the mapping says about a field beside that stays, as long as the field keeps its
// columns. The error is a *BindError.
func (f *File) With(header []string, choices []Choice) ([]byte, error) {
	columns := map[Field][]int{}
	for i, c := range choices {
		if c.Field != "" {
			columns[c.Field] = append(columns[c.Field], i)
		}
	}
	var lines []string
	var problems []Problem
	for _, field := range allFields() {
		s := f.chosen(header, field, columns[field], choices)
		if len(columns[field]) > 1 && s == nil {
			problems = append(problems, twoColumns(field, header, columns[field][0], columns[field][1]))
		}
		if s != nil {
			lines = append(lines, "  "+s.line())
		}
	}
	text := "fields:\n" + strings.Join(lines, "\n") + "\n"
	if f.same {
		text += "repeats: " + samePerson + "\n"
	}
	if len(problems) == 0 {
		_, err := parse("the mapping", "as confirmed", []byte(text))
		if bad := new(FileError); errors.As(err, &bad) {
			problems = append(problems, Problem{Code: "headings", Column: -1, Message: bad.Message, Hint: bad.Hint})
		}
	}
	if len(problems) > 0 {
		return nil, &BindError{problems}
	}
	return []byte(text), nil
}

// twoColumns returns the problem of two columns that are chosen for one field.
func twoColumns(f Field, header []string, one, other int) Problem {
	return Problem{
		Code: "heading_twice", Field: publicField(f), Column: other,
		Message: fmt.Sprintf("two columns are to feed the %s: %s and %s", f.Word(), place(header, one), place(header, other)),
		Hint:    "choose one of them",
	}
}

// chosen returns the part of a mapping file about a field that the given columns feed, or
// nil for nothing, or for several columns that do not belong together.
func (f *File) chosen(header []string, field Field, columns []int, choices []Choice) *spec {
	i := slices.IndexFunc(f.specs, func(s spec) bool { return s.field == field })
	switch {
	case i >= 0 && f.specs[i].columns == nil && len(columns) == 0: // a constant
		s := f.specs[i]
		return &s
	case len(columns) == 0:
		return nil
	}
	var s *spec
	if i >= 0 {
		bound := (&binder{header: header}).columns(f.specs[i])
		if slices.Sort(bound); slices.Equal(bound, columns) {
			kept := f.specs[i]
			s = &kept
		}
	}
	if s == nil && len(columns) == 1 {
		s = &spec{field: field, columns: []columnName{nameOfColumn(header, columns[0])}}
		s.settings = chosenSettings(field, meaningOf(heading(header, columns[0])))
	}
	if s == nil {
		return nil
	}
	choice := choices[columns[0]]
	if at := slices.Index(orders(), choice.Order); field == fullName && at >= 0 {
		s.order = order(at)
	}
	if s.values = choice.Values; len(s.values) == 0 {
		s.values = nil
	} else {
		s.inverted, s.fallback = false, ""
	}
	return s
}

// chosenSettings returns the settings of a column that a person chooses for a field.
func chosenSettings(f Field, m meaning) settings {
	return settings{lookup: f == WorkClassification, inverted: f == IsEmployee && rules()[m].inverted}
}

// nameOfColumn returns the name of a column in a mapping file: the heading, with the
// letter where the heading is not enough.
func nameOfColumn(header []string, column int) columnName {
	h := heading(header, column)
	switch {
	case !typeable(h):
		return columnName{letter: ColumnName(column)}
	case len((&binder{header: header}).find(h)) > 1:
		return columnName{letter: ColumnName(column), heading: h}
	}
	return columnName{heading: h}
}

// yaml returns the name as a mapping file has it.
func (c columnName) yaml() string {
	switch {
	case c.letter == "":
		return yamlText(c.heading)
	case c.heading == "":
		return "{letter: " + c.letter + "}"
	}
	return fmt.Sprintf("{letter: %s, heading: %s}", c.letter, yamlText(c.heading))
}

// line returns the part of a mapping file about the field on a line. See File.Simple.
func (s *spec) line() string {
	var settings []string
	add := func(name, value string) { settings = append(settings, name+": "+value) }
	switch {
	case s.value != nil:
		add("value", yamlText(*s.value))
	case len(s.columns) == 1:
		add("column", s.columns[0].yaml())
	default:
		var names []string
		for _, c := range s.columns {
			names = append(names, c.yaml())
		}
		add("column", "["+strings.Join(names, ", ")+"]")
	}
	for _, flag := range []struct {
		name string
		set  bool
	}{{"optional", s.optional}, {"join", s.joined}, {"inverted", s.inverted}} {
		if flag.set {
			add(flag.name, "true")
		}
	}
	if s.lookup {
		add("lookup", "work_classification")
	}
	if s.order != autoOrder {
		add("order", s.order.String())
	}
	if s.fallback != "" {
		add("default", yamlText(s.fallback))
	}
	if s.values != nil {
		var pairs []string
		cells := s.cells
		if cells == nil {
			cells = slices.Sorted(maps.Keys(s.values))
		}
		for _, cell := range cells {
			to := s.values[cell]
			if to != "true" && to != "false" {
				to = yamlText(to)
			}
			pairs = append(pairs, yamlText(cell)+": "+to)
		}
		add("values", "{"+strings.Join(pairs, ", ")+"}")
	}
	return fmt.Sprintf("%s: {%s}", s.field, strings.Join(settings, ", "))
}

// Repeats returns the mapping with the setting whether rows of one name are one person.
func (f *File) Repeats(same bool) *File {
	changed := *f
	changed.same = same
	return &changed
}

// SamePerson reports whether the mapping says that rows of one name are one person.
func (f *File) SamePerson() bool { return f.same }

// AllEmployees reports whether the mapping says that every person is an employee.
func (f *File) AllEmployees() bool {
	return slices.ContainsFunc(f.specs, func(s spec) bool {
		yes := s.field == IsEmployee && s.value != nil
		if yes {
			yes, _ = readAnswer(*s.value, false)
		}
		return yes
	})
}

// Employees returns the mapping with the setting whether every person is an employee. A
// column that says who is an employee wins.
func (f *File) Employees(all bool) *File {
	changed := *f
	changed.specs = slices.DeleteFunc(slices.Clone(f.specs), func(s spec) bool { return s.field == IsEmployee && s.value != nil })
	if yes := "true"; all {
		changed.specs = append(changed.specs, spec{field: IsEmployee, value: &yes})
	}
	return &changed
}
