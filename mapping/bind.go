package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Bind joins the mapping to the header of a roster. An exact heading wins over a
// folded heading. The error is a *BindError with every problem.
func (f *File) Bind(header []string, o Options) (*Mapper, error) {
	b := &binder{header: header, classes: newClasses(o.Classifications)}
	m := &Mapper{header: header, classes: b.classes, whole: o.WholeNumbers}
	for _, s := range f.specs {
		src := source{settings: s.settings, field: s.field}
		match := Match{Column: -1, Confidence: 1}
		switch {
		case s.value != nil:
			src.constant = s.value
			match.How = "the constant " + quote(*s.value)
			if s.field == WorkClassification {
				if p := m.fillClassification(&src, value{text: *s.value, column: -1}, &Person{}); p != nil {
					b.problems = append(b.problems, *p)
				}
			}
		case s.expression != nil:
			src.formula = b.formula(s.expression, s.field)
			match.How = "an expression of the mapping file"
		default:
			src.columns = b.columns(s)
			match.How = howOf(f.how, &src, header)
			if len(src.columns) > 0 {
				match.Column = src.columns[0]
				match.Heading = heading(header, src.columns[0])
			}
			if len(src.columns) > 1 && !src.joined {
				match.How = fmt.Sprintf("%s, the first of %d columns that is not empty", f.how, len(src.columns))
			}
		}
		m.sources = append(m.sources, src)
		m.matches = append(m.matches, matchesOf(s.field, match)...)
	}
	if f.where != nil {
		m.where = b.formula(f.where, "")
	}
	m.samePerson = f.same
	if len(b.problems) > 0 {
		return nil, &BindError{b.problems}
	}
	m.finish(nil)
	return m, nil
}

// howOf adds joined columns and inverted answers to the words for the source of a
// field.
func howOf(how string, s *source, header []string) string {
	if s.joined && len(s.columns) > 1 {
		var others []string
		for _, c := range s.columns[1:] {
			others = append(others, place(header, c))
		}
		how += ", joined with " + list(others, "and")
	}
	if s.inverted {
		how += "; yes means no employee"
	}
	return how
}

// matchesOf returns the matches of a field; full_name has a match for each half of
// the name.
func matchesOf(f Field, m Match) []Match {
	if f != fullName {
		m.Field = f
		return []Match{m}
	}
	m.How += ", split"
	first, last := m, m
	first.Field, last.Field = FirstName, LastName
	return []Match{first, last}
}

// finish completes the sources, and sorts the columns without a field into unused,
// withheld and status columns.
func (m *Mapper) finish(withheld map[int]bool) {
	used := slices.Clone(m.where.inputs())
	for i := range m.sources {
		s := &m.sources[i]
		used = slices.Concat(used, s.columns, s.formula.inputs())
		s.info = s.field.info()
		if len(s.columns) == 1 && !s.field.isID() && s.field != fullName && s.field != WorkClassification {
			s.plain = newPlainCells()
		}
	}
	for i := range m.header {
		h := heading(m.header, i)
		switch {
		case h == "" || slices.Contains(used, i):
		case withheld[i] || isWithheld(h):
			m.withheld = append(m.withheld, h)
		default:
			m.unused = append(m.unused, h)
			if isStatusHeading(h) {
				m.statuses = append(m.statuses, i)
			}
		}
	}
}

// heading returns the heading of a column on a single line.
func heading(header []string, column int) string {
	return strings.Join(strings.Fields(header[column]), " ")
}

// place names a column for people: column C ("Title").
func place(header []string, column int) string {
	return fmt.Sprintf("column %s (%s)", ColumnName(column), quote(heading(header, column)))
}

// ColumnName returns the letters of a column in a spreadsheet: A for 0.
func ColumnName(column int) string {
	name := ""
	for column++; column > 0; column = (column - 1) / 26 {
		name = string(rune('A'+(column-1)%26)) + name
	}
	return name
}

// binder finds the columns that a mapping file names.
type binder struct {
	header   []string
	classes  *classes
	problems []Problem
}

// columns finds the columns of a field.
func (b *binder) columns(s spec) []int {
	var found []int
	for _, name := range s.columns {
		columns := b.named(name)
		switch len(columns) {
		case 0:
			if s.joined && !s.optional { // half a name is another person's
				b.missing([]columnName{name}, s.field)
				return nil
			}
		case 1:
			found = append(found, columns[0])
		default:
			b.twice(name.heading, columns, s.field, fmt.Sprintf(", or write which one is meant: column: {letter: %s, heading: %s}",
				ColumnName(columns[0]), yamlText(heading(b.header, columns[0]))))
			return nil
		}
	}
	if len(found) == 0 && !s.optional {
		b.missing(s.columns, s.field)
	}
	return found
}

// formula finds the columns that a formula names. The field is "" for where.
func (b *binder) formula(e *expression, field Field) *formula {
	f := &formula{expression: e, columns: make([]int, len(e.names))}
	for i, name := range e.names {
		switch columns := b.find(name); len(columns) {
		case 0:
			b.missing([]columnName{{heading: name}}, field)
		case 1:
			f.columns[i] = columns[0]
		default:
			b.twice(name, columns, field, "")
		}
	}
	return f
}

// named returns the columns that fit a name of the mapping file. A letter counts
// only together with the heading of the column, so that a moved column is noticed.
func (b *binder) named(name columnName) []int {
	if name.letter == "" {
		return b.find(name.heading)
	}
	for i := range b.header {
		if ColumnName(i) != name.letter {
			continue
		}
		if h := heading(b.header, i); name.heading == "" && !typeable(h) || name.heading != "" && slices.Contains(b.find(name.heading), i) {
			return []int{i}
		}
	}
	return nil
}

// find returns the columns with a heading: the exact heading, else the folded
// heading.
func (b *binder) find(name string) []int {
	var exact, folded []int
	wanted, _ := clean(name, false)
	key := headingKey(name)
	for i := range b.header {
		h := heading(b.header, i)
		if c, _ := clean(h, false); c != "" && c == wanted {
			exact = append(exact, i)
		}
		if key != "" && headingKey(h) == key {
			folded = append(folded, i)
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return folded
}

// missing adds the problem of columns that the roster does not have.
func (b *binder) missing(names []columnName, field Field) {
	var shown []string
	for _, n := range names {
		shown = append(shown, n.String())
	}
	b.problems = append(b.problems, Problem{
		Code: "column_missing", Field: publicField(field), Column: -1,
		Message: fmt.Sprintf("%s: the roster has no column %s", cmp.Or(field, "where"), list(shown, "or")), Hint: b.meant(names),
	})
}

// meant returns a hint about the column that may be meant by missing names.
func (b *binder) meant(names []columnName) string {
	var headings []string
	for i := range b.header {
		h := heading(b.header, i)
		if h != "" && !isWithheld(h) {
			headings = append(headings, h)
		}
	}
	for _, n := range names {
		if like := closest(n.heading, headings, headingKey, nearEnough); like != "" {
			return fmt.Sprintf("did you mean %s?", quote(like))
		}
	}
	return "the roster has the headings " + quoteSome(headings) + "; correct the mapping file"
}

// twice adds the problem of a heading over several columns.
func (b *binder) twice(name string, columns []int, field Field, more string) {
	var places []string
	for _, c := range columns {
		places = append(places, place(b.header, c))
	}
	b.problems = append(b.problems, Problem{
		Code: "heading_twice", Field: publicField(field), Column: columns[1],
		Message: fmt.Sprintf("%s: %d columns have the heading %s: %s", cmp.Or(field, "where"), len(columns), quote(name), list(places, "and")),
		Hint:    "rename one of them in the roster" + more,
	})
}

// publicField returns LastName for full_name, which a person does not have, and
// any other field unchanged.
func publicField(f Field) Field {
	if f == fullName {
		return LastName
	}
	return f
}

// quoteSome lists the first headings.
func quoteSome(headings []string) string {
	const most = 12
	var quoted []string
	for i, h := range headings {
		if i == most {
			return strings.Join(quoted, ", ") + fmt.Sprintf(" and %d more", len(headings)-most)
		}
		quoted = append(quoted, quote(h))
	}
	return list(quoted, "and")
}
