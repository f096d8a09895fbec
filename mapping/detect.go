package mapping

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Detect maps a header by the dictionary. Only exact headings (folded) count;
// sample, the first rows of the roster, decides ambiguous headings. The error is a
// *BindError with every problem: a missing name, two columns for a field, headings
// that the cells don't decide.
func Detect(header []string, sample [][]string, o Options) (*Mapper, error) {
	return NewDetection(header, sample, o).Mapper()
}

// newDetector returns a detector of a header, with the withheld columns marked.
func newDetector(header []string, sample [][]string, o Options) *detector {
	d := &detector{
		header: header, sample: sample, classes: newClasses(o.Classifications), whole: o.WholeNumbers,
		claims: make(map[Field][]claim), withheld: make(map[int]bool),
	}
	for i := range header {
		h := heading(header, i)
		c := &column{index: i, heading: h, cells: cellsOf(sample, i), rows: len(sample)}
		d.all = append(d.all, c)
		if isWithheld(h) || nearlyAll(c.cells, isSocialSecurityNumber) {
			d.withheld[i] = true
			continue
		}
		if h != "" {
			c.meaning = meaningOf(h)
			d.columns = append(d.columns, c)
		}
	}
	return d
}

// detect claims columns for fields, and gathers what is in doubt.
func (d *detector) detect() {
	d.decide(exactPhase)
	d.joinSurnames()
	for p := namePhase; p <= classPhase; p++ {
		d.decide(p)
	}
	d.chooseFullName()
	d.severalColumns()
	d.askNameOrder()
}

// decide applies the rules of a phase to the columns.
func (d *detector) decide(p phase) {
	for _, c := range d.columns {
		r, known := rules()[c.meaning]
		switch {
		case !known || r.phase != p || d.follow(c):
		case p == namePhase:
			d.nameWord(c)
		default:
			d.apply(r, c)
		}
	}
}

// apply takes the first step with a passing test. A step without a test always
// passes.
func (d *detector) apply(r rule, c *column) {
	for _, s := range r.steps {
		if s.test != nil && !s.test(d, c) {
			continue
		}
		switch s.action {
		case feedWhole:
			if !d.otherHalf(c) {
				d.feed(r, s.field, c)
			}
		case feed:
			field := s.field
			if field == "" {
				field = r.fields[0]
			}
			d.feed(r, field, c)
		case ask:
			d.ambiguous(c, r.unclear, r.fields...)
		case withhold:
			d.withheld[c.index] = true
		case ignore:
		}
		return
	}
}

// feed claims a column for a field by a rule.
func (d *detector) feed(r rule, f Field, c *column) {
	one := claim{column: c, confidence: 1, how: byHeading}
	one.order, one.inverted = r.order, r.inverted
	one.lookup = f == WorkClassification && (r.lookup || nearlyAll(c.cells, hasLetter))
	if r.phase != exactPhase {
		if d.taken(f) || f == fullName && namesTaken(d, c) {
			return
		}
		one.confidence, one.how = 0.9, byCells
	}
	if c.meaning == meansClass && d.taken(WorkClassification) {
		one.how = byRest
	}
	d.claim(f, one)
}

// column is a column of the roster under detection.
type column struct {
	index   int
	heading string
	meaning meaning
	cells   []string // of the sample, clean, without the empty ones
	rows    int      // of the sample

	compared bool // nearly and like are known
	nearly   meaning
	like     string
}

// claim is a column that may feed a field.
type claim struct {
	*column
	settings
	confidence float64
	how        string
	parts      []*column // of a joined last name, in their order; nil for a last name in one column
	kinds      []string  // the cells that values are for, in the order of the roster
}

// columns returns the columns that feed the field.
func (c *claim) columns() []int {
	if c.parts == nil {
		return []int{c.index}
	}
	var all []int
	for _, part := range c.parts {
		all = append(all, part.index)
	}
	return all
}

// marks reports whether a column has marks such as X in some rows, and is empty in
// all other rows.
func (c *column) marks() bool {
	return len(c.cells) > 0 && len(c.cells) < c.rows && share(c.cells, func(s string) bool { return yesMarks()[s] }) == 1
}

// detector finds the columns of the fields in a header.
type detector struct {
	header    []string
	sample    [][]string
	classes   *classes
	whole     map[int]bool // columns, as in Options
	all       []*column
	columns   []*column // those to be decided
	claims    map[Field][]claim
	withheld  map[int]bool
	problems  []Problem
	questions []Question
	compared  int // headings that were compared with the dictionary
}

// choice returns the claim of a column that a person chooses for a field.
func (d *detector) choice(f Field, c *column) claim {
	return claim{column: c, confidence: 1, how: byHeading, settings: chosenSettings(f, c.meaning)}
}

// cellsOf returns the clean cells of a column, without empty cells.
func cellsOf(sample [][]string, index int) []string {
	var cells []string
	for _, row := range sample {
		if c, f := clean(cellAt(row, index), false); c != "" && f == noFlaw && !isEmptyName(c) {
			cells = append(cells, asText(c))
		}
	}
	return cells
}

const (
	byHeading = "the heading"
	byCells   = "the heading and its cells"
	byRest    = "the heading, and what the other columns leave"
)

func (d *detector) claim(f Field, c claim) { d.claims[f] = append(d.claims[f], c) }

func (d *detector) taken(f Field) bool { return len(d.claims[f]) > 0 }

// ambiguous adds the question of a heading that the cells don't decide, and the problem
// if a name depends on the heading.
func (d *detector) ambiguous(c *column, meanings string, fields ...Field) {
	var answers []Answer
	for _, f := range fields {
		one := d.choice(f, c)
		if f == IsEmployee && len(fields) == 1 && !one.inverted {
			one.kinds, one.values = valuesOf(c)
		}
		answers = append(answers, d.answer(f, one))
	}
	q := Question{Problem: Problem{
		Code: "heading_ambiguous", Field: publicField(fields[0]), Column: c.index,
		Message: fmt.Sprintf("%s can be %s", place(d.header, c.index), meanings),
	}}
	d.askOrRefuse(q, "what it is", answers)
	d.askValues(answers[0].claim)
}

// askOrRefuse asks a question, which is a problem for a run without a terminal if a
// name depends on the answer.
func (d *detector) askOrRefuse(q Question, what string, answers []Answer) {
	if q.Field.isName() {
		q.Hint = "say in a mapping file " + what + ": " + list(d.entries(answers), "or")
		d.problems = append(d.problems, q.Problem)
	} else {
		q.Hint = "to use the column, write in a mapping file " + list(d.entries(answers), "or")
	}
	d.ask(q, answers...)
}

// plainYAML is a heading that YAML needs no quotes for.
var plainYAML = regexp.MustCompile(`^\pL(?:[\pL\p{Nd} ._\-/()]*[\pL\p{Nd}._\-/()])?$`)

// yamlText quotes a heading for YAML, if YAML needs quotes.
func yamlText(heading string) string {
	isWord := slices.Contains([]string{"null", "true", "false", "yes", "no", "on", "off", "y", "n"}, strings.ToLower(heading))
	if plainYAML.MatchString(heading) && !isWord {
		return heading
	}
	return "'" + strings.ReplaceAll(heading, "'", "''") + "'"
}

// typeable reports whether a mapping file can name a column with this heading by
// the heading.
func typeable(heading string) bool {
	text, flawed := clean(heading, true)
	return text != "" && flawed == noFlaw && utf8.RuneCountInString(text) <= maxLength
}

// chooseFullName decides between a full name and columns for the first and the last
// name.
func (d *detector) chooseFullName() {
	missing := chooseNames(d.claims)
	if len(missing) == 0 {
		return
	}
	for _, p := range d.problems {
		if p.Code == "heading_ambiguous" && p.Field == LastName {
			return // the name is there, under a heading to be settled
		}
	}
	if len(missing) == 2 {
		d.missing(LastName, "there is no column with names",
			"name it in a mapping file: full_name: {column: …}, or first_name and last_name")
		return
	}
	d.missing(missing[0], fmt.Sprintf("there is no column with the %s", missing[0].Word()),
		fmt.Sprintf("add one, or name it in a mapping file: %s: {column: …}", missing[0]))
}

// chooseNames drops the claims for the full name or for its halves, and returns
// the halves that have no column.
func chooseNames(claims map[Field][]claim) (missing []Field) {
	switch {
	case claims[FirstName] != nil && claims[LastName] != nil:
		delete(claims, fullName)
	case claims[fullName] != nil:
		delete(claims, FirstName)
		delete(claims, LastName)
	case claims[FirstName] != nil:
		return []Field{LastName}
	case claims[LastName] != nil:
		return []Field{FirstName}
	default:
		return []Field{FirstName, LastName}
	}
	return nil
}

// missing adds the problem of a missing name, with the heading that may be meant.
func (d *detector) missing(f Field, message, hint string) {
	p := Problem{Code: "heading_missing", Field: f, Column: -1, Message: message, Hint: hint}
	isWhole := func(m meaning) bool { return m.field() == LastName && m != meansLastName }
	half := d.free(f, func(m meaning) bool { return m.field() == f && !isWhole(m) })
	other := append(d.claims[FirstName], d.claims[LastName]...)
	var whole []Answer
	for _, c := range other { // it may hold whole names
		if share(c.cells, isSeveralWords) >= 0.5 {
			whole = append(whole, d.answer(fullName, c))
		}
	}
	if other == nil {
		whole = d.free(fullName, isWhole)
	}
	both := slices.Concat(half, whole)
	if entries := d.fittingEntries(both); len(entries) > 0 {
		p.Hint = "name it in a mapping file: " + list(entries, "or")
	}
	if i := slices.IndexFunc(both, func(a Answer) bool { return a.Like != "" }); i >= 0 {
		p.Hint = fmt.Sprintf("did you mean %s in %s? correct the heading, or name it in a mapping file", quote(both[i].Like), place(d.header, both[i].Column))
	}
	d.problems = append(d.problems, p)
	d.ask(Question{Problem: p}, both...)
	if other != nil {
		return
	}
	last := d.questions[len(d.questions)-1]
	p.Field = FirstName
	d.ask(Question{Problem: p}, d.free(FirstName, func(m meaning) bool { return m == meansFirstName })...)
	first := &d.questions[len(d.questions)-1]
	for i, a := range first.Answers[:len(first.Answers)-1] { // not the column of the last name
		if first.Answers[first.Guess].Column == last.Answers[last.Guess].Column && a.Column != last.Answers[last.Guess].Column {
			first.Guess = i
		}
	}
}

// fittingEntries returns the first answers whose cells look like the field, as lines of
// a mapping file.
func (d *detector) fittingEntries(answers []Answer) []string {
	const most = 3
	var fitting []Answer
	for _, a := range answers {
		if len(a.claim.cells) > 0 && a.fits() && len(fitting) < most {
			fitting = append(fitting, a)
		}
	}
	return d.entries(fitting)
}

// severalColumns adds the problem of each field with several columns of different
// cells. Of whole names, the column with commas counts, which show the order.
func (d *detector) severalColumns() {
	hasComma := func(name string) bool { return strings.Contains(name, ",") }
	for _, f := range allFields() {
		claims := d.claims[f]
		switch {
		case len(claims) < 2:
		case slices.ContainsFunc(claims[1:], func(c claim) bool { return !d.sameCells(f, claims[0].index, c.index) }):
			d.twice(f, claims)
		case f == fullName:
			slices.SortStableFunc(claims, func(a, b claim) int { return cmp.Compare(share(b.cells, hasComma), share(a.cells, hasComma)) })
		}
	}
}

// mapper returns a Mapper in which each field has the first column that
// claims the field.
func (d *detector) mapper(claims map[Field][]claim) *Mapper {
	m := &Mapper{header: d.header, classes: d.classes, whole: d.whole}
	for _, f := range allFields() {
		if len(claims[f]) == 0 {
			continue
		}
		one := claims[f][0]
		s := source{field: f, columns: one.columns(), settings: d.spec(f, one).settings}
		s.doubtful = f == fullName && (one.order == autoOrder || one.order == twoSurnames) && one.oftenLastFirst()
		m.sources = append(m.sources, s)
		m.matches = append(m.matches, matchesOf(f, Match{
			Column: one.index, Heading: one.heading, Confidence: one.confidence, How: howOf(one.how, &s, d.header),
		})...)
	}
	m.finish(d.withheld)
	return m
}

// noAnswer is the meaning of an empty cell in a column of marks.
const noAnswer = "no"
