package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Detection is what the dictionary makes of a header: certain fields, and
// questions that only a person can answer. A Detection is read-only.
type Detection struct {
	d    *detector
	sure *Mapper // of what is certain; a name may be missing
}

// Question is a doubt about a header that only a person can settle.
type Question struct {
	Problem          // what is in doubt, and why; the hint is for a mapping file
	Answers []Answer // the last one takes no column
	Guess   int      // the answer to propose, an index; the last one if there is no guess

	// replaces are the claims that any answer takes back.
	replaces func(Field, claim) bool
}

// Answer is a column that may feed a field. Column is -1 for none.
type Answer struct {
	Field   Field // of a name column, LastName
	Column  int
	Whole   bool     // the column holds whole names, and feeds both fields
	Heading string   // "" where the column has none
	Like    string   // the heading of the dictionary that this one is nearly, if any
	Samples []string // of its cells, never of a withheld column

	claim claim
	field Field // fullName among them
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

// Questions returns the doubts that keep Mapper from giving a mapping, and the
// headings that may be misspelled.
func (s *Detection) Questions() []Question { return slices.Clone(s.d.questions) }

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
		problems = s.settle(claims, answers)
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

// drop removes the fields with a claim that a question replaces.
func drop(claims map[Field][]claim, which func(Field, claim) bool) {
	if which == nil {
		return
	}
	for f, all := range claims {
		if slices.ContainsFunc(all, func(c claim) bool { return which(f, c) }) {
			delete(claims, f)
		}
	}
}

// settle replaces doubtful claims by the answers, and returns the problems that
// remain.
func (s *Detection) settle(claims map[Field][]claim, answers []int) []Problem {
	for _, q := range s.d.questions {
		drop(claims, q.replaces)
	}
	var problems []Problem
	for i, q := range s.d.questions {
		a := q.Answers[answers[i]]
		if a.Column < 0 {
			continue
		}
		if other := claims[a.field]; len(other) > 0 && other[0].index != a.Column {
			problems = append(problems, Problem{
				Code: "heading_twice", Field: a.Field, Column: a.Column,
				Message: fmt.Sprintf("two columns are to feed the %s: %s and %s", a.field.word(), place(s.d.header, other[0].index), place(s.d.header, a.Column)),
				Hint:    "choose one of them",
			})
			continue
		}
		claims[a.field] = []claim{a.claim}
	}
	if first, last := claims[FirstName], claims[LastName]; first != nil && last != nil && first[0].index == last[0].index {
		claims[fullName] = first
		delete(claims, LastName)
	}
	for _, half := range chooseNames(claims) {
		problems = append(problems, Problem{
			Code: "heading_missing", Field: half, Column: -1,
			Message: fmt.Sprintf("there is no column with the %s", half.word()), Hint: "add one to the roster",
		})
	}
	return problems
}

// ask adds a question that proposes the first near miss, if any. The last answer of
// each question takes no column.
func (d *detector) ask(p Problem, replaces func(Field, claim) bool, answers ...Answer) {
	q := Question{Problem: p, replaces: replaces, Guess: len(answers)}
	if i := slices.IndexFunc(answers, func(a Answer) bool { return a.Like != "" }); i >= 0 {
		q.Guess = i
	}
	q.Answers = append(answers, Answer{Field: p.Field, Column: -1})
	d.questions = append(d.questions, q)
}

// answer returns the choice of a column for a field.
func (d *detector) answer(f Field, c claim) Answer {
	return Answer{
		Field: publicField(f), Column: c.index, Whole: f == fullName, Heading: c.heading,
		Samples: samplesOf(c.cells), claim: c, field: f,
	}
}

// samplesOf returns three different cells.
func samplesOf(cells []string) []string {
	var samples []string
	for _, c := range cells {
		if !isSocialSecurityNumber(c) && !slices.Contains(samples, c) {
			if samples = append(samples, c); len(samples) == 3 {
				break
			}
		}
	}
	return samples
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
		if taken[c.index] || d.withheld[c.index] || c.heading == "" && len(c.cells) == 0 {
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
		if len(answers) == 0 || answers[0].Like == "" {
			continue
		}
		one := answers[0]
		d.ask(Problem{
			Code: "heading_near", Field: f, Column: one.Column,
			Message: fmt.Sprintf("%s is nearly %s, but not quite; the %s has no column", place(d.header, one.Column), quote(one.Like), f.word()),
			Hint:    fmt.Sprintf("if it is meant, correct the heading or say so in a mapping file: %s", d.entry(f, one.claim)),
		}, nil, answers...)
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
	settings := []string{"column: " + d.reference(c.index)}
	if c.joined != nil {
		settings = []string{fmt.Sprintf("column: [%s, %s]", d.reference(c.index), d.reference(c.joined.index)), "join: true"}
	}
	if c.lookup {
		settings = append(settings, "lookup: work_classification")
	}
	if c.order != autoOrder {
		settings = append(settings, "order: "+c.order.String())
	}
	if c.inverted {
		settings = append(settings, "inverted: true")
	}
	if f == IsEmployee && c.marks() {
		settings = append(settings, "default: "+yamlText(noAnswer))
	}
	return fmt.Sprintf("%s: {%s}", f, strings.Join(settings, ", "))
}

// reference returns the name of a column in a mapping file: the heading, with the
// letter where the heading is not enough.
func (d *detector) reference(column int) string {
	h := heading(d.header, column)
	switch b := (&binder{header: d.header}); {
	case !typeable(h):
		return "{letter: " + ColumnName(column) + "}"
	case len(b.find(h)) > 1:
		return fmt.Sprintf("{letter: %s, heading: %s}", ColumnName(column), yamlText(h))
	}
	return yamlText(h)
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
		comment(&b, "  # ", "To be settled: "+q.Message+". Take the # off one of these lines, or off none:")
		for _, a := range q.Answers {
			if a.Column < 0 || q.Code == "heading_near" && a.Like == "" {
				continue
			}
			fmt.Fprintf(&b, "  # %s\n", d.entry(a.field, a.claim))
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
	for _, w := range strings.Fields(cleanComment(text)) {
		if len(line)+len(w) > most && line != prefix {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line = prefix
		}
		line += w + " "
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
}

// cleanComment replaces characters that would end a comment or a YAML file.
func cleanComment(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || isInvisible(r) || r == utf8.RuneError || r == 0x2028 || r == 0x2029 {
			return '·'
		}
		return r
	}, text)
}
