package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Question is a doubt about a header that only a person can settle.
type Question struct {
	Problem          // what is in doubt, and why; the hint is for a mapping file
	Answers []Answer // the last answer takes no column, unless the question is about a value or an order
	Guess   int      // the answer to propose, an index
	Value   string   // a cell whose meaning is asked for; "" if the question is about columns

	// Required reports whether a first or a last name depends on the answer.
	Required bool

	lines    []string // of a mapping file, for the answers
	replaces []Field  // the fields whose claims any answer takes back
	parent   int      // of a question about a value: the index of the question about the column
}

// Answer is a column that may feed a field, or the text of another choice. Column is
// -1 for no column.
type Answer struct {
	Field   Field // of a name column, LastName
	Column  int
	Whole   bool     // the column holds whole names, and feeds both fields
	Heading string   // "" where the column has none
	Like    string   // the heading of the dictionary that this one is nearly, if any
	Samples []string // of its cells, never of a withheld column
	Text    string   // the choice in words; "" for a column

	claim claim
	field Field                   // fullName among them
	set   func(map[Field][]claim) // what a choice in words changes
}

// Needless reports whether the answers to earlier questions make a question needless:
// a column of whole names holds first names, and a column that is left out has no
// values to explain.
func (q *Question) Needless(questions []Question, answers []int) bool {
	if q.Value != "" {
		return !q.follows(questions, answers)
	}
	if q.Code != "heading_missing" {
		return false
	}
	for i, earlier := range questions {
		if earlier.Code == "heading_missing" && earlier.Field == LastName {
			return q.Field == FirstName && earlier.Answers[answers[i]].Whole
		}
	}
	return false
}

// follows reports whether the answer to the question about the column takes the values
// of the column. A question that is not about a value follows from no other.
func (q *Question) follows(questions []Question, answers []int) bool {
	if q.Value == "" {
		return true
	}
	return questions[q.parent].Answers[answers[q.parent]].claim.values != nil
}

// note says what is left out, and how a mapping file takes the column.
func (q *Question) note() string {
	if q.Code == "heading_near" {
		return q.Message + "; " + q.Hint
	}
	var cells []string
	for _, a := range q.Answers {
		for _, sample := range a.Samples {
			if sample = quote(sample); len(cells) < 3 && !slices.Contains(cells, sample) {
				cells = append(cells, sample)
			}
		}
	}
	with := ""
	if len(cells) > 0 {
		with = " (with cells such as " + list(cells, "and") + ")"
	}
	return q.Message + "; the " + q.Field.Word() + " is left out" + with + "; " + q.Hint
}

// ask adds a question about columns. The last answer takes no column. A question about
// a required field proposes a column, the likeliest; any other question proposes none,
// unless a heading is misspelled.
func (d *detector) ask(q Question, answers ...Answer) {
	q.Answers = append(answers, Answer{Field: q.Field, Column: -1})
	q.Guess = slices.IndexFunc(answers, func(a Answer) bool { return a.Like != "" })
	q.Required = q.Field.isName()
	q.Required = q.Required || slices.ContainsFunc(answers, func(a Answer) bool { return a.field.isName() })
	q.lines = d.entries(answers)
	if q.Code == "heading_near" {
		q.lines = d.entries(slices.DeleteFunc(slices.Clone(answers), func(a Answer) bool { return a.Like == "" }))
	}
	if q.Guess < 0 && q.Required {
		q.Guess = likeliest(answers)
	}
	if q.Guess < 0 {
		q.Guess = len(answers)
	}
	d.questions = append(d.questions, q)
}

// likeliest returns the first answer whose cells look like the field, or else the first
// answer; -1 for no answers.
func likeliest(answers []Answer) int {
	isList := func(a Answer) bool {
		return a.Whole && share(a.claim.cells, func(s string) bool { return strings.Contains(s, ",") }) >= 0.5
	}
	if i := slices.IndexFunc(answers, isList); i >= 0 {
		return i
	}
	return max(slices.IndexFunc(answers, Answer.fits), min(len(answers), 1)-1)
}

// fits reports whether the cells of the column look like the field.
func (a Answer) fits() bool {
	cells := a.claim.cells
	switch {
	case a.Whole:
		return share(cells, looksLikeName) >= 0.5
	case a.field.isID():
		return nearlyAll(cells, looksLikeID)
	case a.field == IsEmployee:
		return nearlyAll(cells, isWorkerKind)
	case a.field.isName():
		return nearlyAll(cells, isWords) && !nearlyAll(cells, looksLikeName)
	}
	return nearlyAll(cells, hasLetter)
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
		if len(samples) < 3 && !isSocialSecurityNumber(c) && !slices.Contains(samples, c) {
			samples = append(samples, c)
		}
	}
	return samples
}

// mostValues is how many different cells of a column are asked about.
const mostValues = 8

// valuesOf returns the different cells of a yes/no column, up to mostValues, and the
// meaning of each. Cells without a known meaning are taken for employees.
func valuesOf(c *column) (cells []string, values map[string]string) {
	values = make(map[string]string)
	for _, cell := range c.cells {
		same := func(other string) bool { return tableKey(other) == tableKey(cell) }
		if len(cells) < mostValues && typeable(cell) && !slices.ContainsFunc(cells, same) {
			yes, known := readAnswer(cell, false)
			cells, values[cell] = append(cells, cell), strconv.FormatBool(yes || !known)
		}
	}
	return cells, values
}

// askValues asks for the meaning of each cell of a column, in case that the last
// question takes the column.
func (d *detector) askValues(c claim) {
	parent := len(d.questions) - 1
	for _, cell := range c.kinds {
		q := Question{
			Problem: Problem{
				Code: "value_unclear", Field: IsEmployee, Column: c.index,
				Message: fmt.Sprintf("%s holds %s", place(d.header, c.index), quote(cell)),
			},
			Value: cell, parent: parent,
		}
		for i, to := range []string{"true", "false"} {
			text := []string{"yes: an employee", "no: not an employee"}[i]
			q.Answers = append(q.Answers, Answer{Field: IsEmployee, Column: -1, Text: text, set: func(claims map[Field][]claim) {
				one := claims[IsEmployee][0]
				one.values = maps.Clone(one.values)
				one.values[cell] = to
				claims[IsEmployee] = []claim{one}
			}})
			if c.values[cell] == to {
				q.Guess = i
			}
		}
		d.questions = append(d.questions, q)
	}
}
