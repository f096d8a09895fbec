package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Detection is what the dictionary makes of a header: certain fields, and
// questions that only a person can answer. A Detection is read-only.
type Detection struct {
	d    *detector
	sure *Mapper // of what is certain; a name may be missing
}

// NewDetection looks a header up in the dictionary. sample, the first rows of the
// roster, decides ambiguous headings.
func NewDetection(header []string, sample [][]string, o Options) *Detection {
	d := newDetector(header, sample, o)
	d.detect()
	s := &Detection{d: d}
	sure := maps.Clone(d.claims)
	for _, q := range d.questions {
		drop(sure, q.replaces)
	}
	s.sure = d.mapper(sure)
	d.askNearMisses()
	return s
}

// Mapper returns the mapping that the dictionary alone gives. Near misses need a
// person's answer and so are not part of the mapping. The error is a *BindError
// with every problem.
func (s *Detection) Mapper() (*Mapper, error) {
	if len(s.d.problems) > 0 {
		return nil, &BindError{s.d.problems}
	}
	return s.sure, nil
}

// Sure returns a mapping of the certain fields, which may lack a name.
func (s *Detection) Sure() *Mapper { return s.sure }

// Questions returns the doubts that keep Mapper from giving a mapping, the doubts
// about columns that are left out, and the headings that may be misspelled.
func (s *Detection) Questions() []Question { return slices.Clone(s.d.questions) }

// Notes returns a sentence for each doubt about an optional field, with the line of a
// mapping file that settles the doubt.
func (s *Detection) Notes() []string {
	const mostNear = 3
	var notes []string
	near := 0
	for _, q := range s.d.questions {
		if q.Code == "heading_near" {
			near++
		}
		if !q.Required && q.Value == "" && (q.Code != "heading_near" || near <= mostNear) {
			notes = append(notes, q.note())
		}
	}
	return notes
}

// LacksEmployees reports whether no column says, or may say, who is an employee.
func (s *Detection) LacksEmployees() bool { return !s.d.taken(IsEmployee) && !s.d.asked(IsEmployee) }

// File returns the mapping as a mapping file. answers holds an index of an answer
// for each question; with nil answers, doubtful fields are comments. The file is
// complete if the error is nil; otherwise the error is a *BindError.
func (s *Detection) File(answers []int) ([]byte, error) {
	claims := maps.Clone(s.d.claims)
	var open []Question
	problems := s.d.problems
	if answers == nil {
		open = s.d.questions
		for _, q := range open {
			drop(claims, q.replaces)
		}
	} else {
		problems = s.apply(claims, answers)
	}
	text := s.d.write(claims, open)
	if isTooDeep(text) {
		problems = append(slices.Clone(problems), Problem{
			Code: "headings", Column: -1,
			Message: "the headings open more brackets than a mapping file may", Hint: "rename them in the roster",
		})
	}
	if len(problems) > 0 {
		return text, &BindError{problems}
	}
	return text, nil
}

// drop removes the claims of fields.
func drop(claims map[Field][]claim, fields []Field) {
	for _, f := range fields {
		delete(claims, f)
	}
}

// apply replaces doubtful claims by the answers, and returns the problems that
// remain.
func (s *Detection) apply(claims map[Field][]claim, answers []int) []Problem {
	for _, q := range s.d.questions {
		drop(claims, q.replaces)
	}
	var problems []Problem
	for i, q := range s.d.questions {
		a := q.Answers[answers[i]]
		switch other := claims[a.field]; {
		case a.set != nil && q.follows(s.d.questions, answers):
			a.set(claims)
		case a.Column < 0:
		case len(other) > 0 && other[0].index != a.Column:
			problems = append(problems, twoColumns(a.field, s.d.header, other[0].index, a.Column))
		default:
			claims[a.field] = []claim{a.claim}
		}
	}
	if first, last := claims[FirstName], claims[LastName]; first != nil && last != nil && first[0].index == last[0].index {
		claims[fullName] = first
		delete(claims, LastName)
	}
	for _, half := range chooseNames(claims) {
		problems = append(problems, Problem{
			Code: "heading_missing", Field: half, Column: -1,
			Message: fmt.Sprintf("there is no column with the %s", half.Word()), Hint: "add one to the roster",
		})
	}
	return problems
}

// mostFree is how many columns that look like nothing are offered for a field.
const mostFree = 100

// free returns an answer for every column without a field, the near misses first.
func (d *detector) free(f Field, is func(meaning) bool) []Answer {
	var near, rest []Answer
	taken := make(map[int]bool)
	for _, claims := range d.claims {
		for _, c := range claims {
			for _, i := range c.columns() {
				taken[i] = true
			}
		}
	}
	for _, c := range d.all {
		noName := f.isName() && len(c.cells) > 0 && share(c.cells, hasLetter) < 0.5
		if taken[c.index] || d.withheld[c.index] || c.heading == "" && len(c.cells) == 0 || noName {
			continue
		}
		a := d.answer(f, d.choice(f, c))
		if d.compare(c); c.nearly != "" && is(c.nearly) {
			a.Like = c.like
			near = append(near, a)
			continue
		}
		if len(rest) < mostFree {
			rest = append(rest, a)
		}
	}
	return append(near, rest...)
}

// compare looks up, once, which heading of the dictionary is near. Only the first
// columns are compared: a sheet of thousands of columns is no roster with typing
// errors.
func (d *detector) compare(c *column) {
	const most = 1000
	if !c.compared && d.compared < most {
		d.compared++
		c.nearly, c.like = suggest(c.heading)
	}
	c.compared = true
}

// askNearMisses asks about each field without a column, if a heading is
// nearly a heading of the field.
func (d *detector) askNearMisses() {
	for _, f := range Fields() {
		if f == FirstName || f == LastName || d.taken(f) || d.asked(f) {
			continue
		}
		answers := d.free(f, func(m meaning) bool { return m.field() == f })
		if len(answers) == 0 || answers[0].Like == "" || len(answers[0].claim.cells) > 0 && !answers[0].fits() {
			continue
		}
		one := answers[0]
		d.ask(Question{Problem: Problem{
			Code: "heading_near", Field: f, Column: one.Column,
			Message: fmt.Sprintf("%s is nearly %s, but not quite; the %s has no column", place(d.header, one.Column), quote(one.Like), f.Word()),
			Hint:    fmt.Sprintf("if it is meant, correct the heading or say so in a mapping file: %s", d.entry(f, one.claim)),
		}}, answers...)
	}
}

// asked reports whether a question may give the field a column.
func (d *detector) asked(f Field) bool {
	return slices.ContainsFunc(d.questions, func(q Question) bool {
		return slices.ContainsFunc(q.Answers, func(a Answer) bool { return a.field == f })
	})
}

// entry returns a claim as a line of a mapping file.
func (d *detector) entry(f Field, c claim) string {
	s := d.spec(f, c)
	return s.line()
}

// entries returns the columns of answers as lines of a mapping file.
func (d *detector) entries(answers []Answer) []string {
	var entries []string
	for _, a := range answers {
		entries = append(entries, d.entry(a.field, a.claim))
	}
	return entries
}

// spec returns a claim as the part of a mapping file about a field.
func (d *detector) spec(f Field, c claim) spec {
	s := spec{field: f, settings: c.settings, cells: c.kinds}
	s.joined = c.parts != nil
	for _, column := range c.columns() {
		s.columns = append(s.columns, nameOfColumn(d.header, column))
	}
	if f == IsEmployee && c.marks() {
		s.fallback = noAnswer
	}
	return s
}

// write returns claims as a mapping file, with open questions in comments.
func (d *detector) write(claims map[Field][]claim, open []Question) []byte {
	var b strings.Builder
	b.WriteString("fields:\n")
	for _, f := range allFields() {
		if all := claims[f]; len(all) > 0 {
			fmt.Fprintf(&b, "  %s\n", d.entry(f, all[0]))
		}
	}
	for _, q := range open {
		if len(q.lines) == 0 {
			continue
		}
		none := ", or off none:"
		if q.Required {
			none = ":"
		}
		comment(&b, "  # ", "To be settled: "+q.Message+". Take the # off one of these lines"+none)
		for _, line := range q.lines {
			fmt.Fprintf(&b, "  # %s\n", line)
		}
	}
	m := d.mapper(claims)
	for _, one := range []struct {
		what string
		list []string
	}{
		{"Fields that are not filled: ", unfilled(claims, open)},
		{"Columns that feed no field: ", m.unused},
		{"Columns that are never sent: ", m.withheld},
	} {
		if len(one.list) > 0 {
			comment(&b, "# ", one.what+strings.Join(one.list, ", ")+".")
		}
	}
	return []byte(b.String())
}

// unfilled returns the fields that no claim fills and no question is about.
func unfilled(claims map[Field][]claim, open []Question) []string {
	var all []string
	for _, f := range Fields() {
		split := claims[fullName] != nil && (f == FirstName || f == LastName)
		asked := slices.ContainsFunc(open, func(q Question) bool { return q.Field == f })
		if len(claims[f]) == 0 && !asked && !split {
			all = append(all, string(f))
		}
	}
	return all
}

// comment writes text as comment lines of limited width.
func comment(b *strings.Builder, prefix, text string) {
	const most = 96
	line := prefix
	for _, w := range strings.Fields(showable(text)) {
		if len(line)+len(w) > most && line != prefix {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line = prefix
		}
		line += w + " "
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
}
