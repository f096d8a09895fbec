package mapping

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Detect maps a header by the dictionary. Only exact headings (folded) are
// taken; sample, the first rows of the roster, decides the ambiguous ones.
// The error is a *BindError with every problem: a name that is missing, two
// columns for one field, headings whose cells don't decide.
func Detect(header []string, sample [][]string, o Options) (*Mapper, error) {
	return NewSurvey(header, sample, o).Mapper()
}

func newDetector(header []string, sample [][]string, o Options) *detector {
	d := &detector{
		header: header, sample: sample, classes: newClasses(o.Classifications),
		claims: make(map[Field][]claim), withheld: make(map[int]bool),
	}
	for i := range header {
		h := heading(header, i)
		c := &column{index: i, heading: h, cells: cellsOf(sample, i), rows: len(sample)}
		d.all = append(d.all, c)
		if isWithheld(h) || most(c.cells, isSocialSecurityNumber) {
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
	for _, c := range d.columns {
		d.exact(c)
	}
	d.joinSurnames()
	again := d.repeated()
	for _, c := range d.columns { // names first: the others look at what is left
		d.nameWord(c)
	}
	for _, c := range d.columns {
		d.workerWord(c)
	}
	for _, c := range d.columns {
		d.otherWord(c)
	}
	for _, c := range d.columns { // last, so that "Class" has taken its field
		if c.meaning == meansClassWord {
			d.classWord(c)
		}
	}
	for _, pair := range again {
		d.sameHeading(pair[0], pair[1])
	}
	d.settleNames()
	d.severalColumns()
}

// column is one column of the roster under detection.
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
	confidence float64
	how        string
	order      order
	inverted   bool
	lookup     bool
	joined     *column // the second surname, behind this one; nil for none
}

// columns returns the columns that feed the field.
func (c *claim) columns() []int {
	if c.joined != nil {
		return []int{c.index, c.joined.index}
	}
	return []int{c.index}
}

// marks reports whether the cells that are not empty are marks, and some are
// empty.
func (c *column) marks() bool {
	return len(c.cells) > 0 && len(c.cells) < c.rows && share(c.cells, isMark) == 1
}

type detector struct {
	header    []string
	sample    [][]string
	classes   *classes
	all       []*column
	columns   []*column // those to be decided
	claims    map[Field][]claim
	withheld  map[int]bool
	problems  []Problem
	questions []Question
	compared  int // headings that were compared with the dictionary
}

// choice is a claim that a person makes.
func (d *detector) choice(f Field, c *column) claim {
	return claim{
		column: c, confidence: 1, how: byHeading, lookup: f == WorkClassification,
		inverted: f == IsEmployee && (c.meaning == meansFirmWord || c.meaning == meansNotEmployee),
	}
}

func cellsOf(sample [][]string, index int) []string {
	var cells []string
	for _, row := range sample {
		if index >= len(row) {
			continue
		}
		if c, f := clean(row[index], false); c != "" && f == noFlaw && !isNothing(c) {
			cells = append(cells, asText(c))
		}
	}
	return cells
}

// most reports whether a test holds for nearly all cells, and there are some:
// rosters have section rows and totals.
func most(cells []string, test func(string) bool) bool { return share(cells, test) >= 0.8 }

func share(cells []string, test func(string) bool) float64 {
	if len(cells) == 0 {
		return 0
	}
	n := 0
	for _, c := range cells {
		if test(c) {
			n++
		}
	}
	return float64(n) / float64(len(cells))
}

const (
	byHeading = "the heading"
	byCells   = "the heading and its cells"
	byRest    = "the heading, and what the other columns leave"
)

func (d *detector) claim(f Field, c claim) { d.claims[f] = append(d.claims[f], c) }

func (d *detector) taken(f Field) bool { return len(d.claims[f]) > 0 }

// exact claims the headings that mean one thing only.
func (d *detector) exact(c *column) {
	one := claim{column: c, confidence: 1, how: byHeading}
	switch c.meaning {
	case meansFirstName:
		d.claim(FirstName, one)
	case meansLastName:
		d.claim(LastName, one)
	case meansFullName:
		if !d.otherHalf(c) {
			d.claim(fullName, one)
		}
	case meansFullNameLastFirst:
		one.order = lastFirst
		d.claim(fullName, one)
	case meansFullNameTwoSurnames:
		one.order = twoSurnames
		d.claim(fullName, one)
	case meansJobTitle:
		switch {
		case most(c.cells, isTitle): // Mr., Mrs.
		case headingKey(c.heading) == "jobname" && d.has("jobnumber", "jobid"):
			d.ambiguous(c, "a job title or, beside the number of a job, the name of that", string(JobTitle))
		default:
			d.claim(JobTitle, one)
		}
	case meansEmployeeID:
		if isCard(c.heading) && slices.ContainsFunc(d.columns, func(c *column) bool { return namesTraining(c.heading) }) {
			d.ambiguous(c, "a badge or, beside a training, the card of that", string(EmployeeID))
			return
		}
		d.claim(EmployeeID, one)
	case meansOriginID:
		d.claim(OriginID, one)
	case meansTrade:
		one.lookup = true
		d.claim(WorkClassification, one)
	case meansTradeID:
		d.claim(WorkClassification, one)
	case meansIsEmployee:
		d.claim(IsEmployee, one)
	case meansNotEmployee:
		one.inverted = true
		switch {
		case len(c.cells) == 0 || most(c.cells, isAnswer):
			d.claim(IsEmployee, one)
		case share(c.cells, isAnswer) > 0:
			d.ambiguous(c, "a yes/no or the name of a firm", string(IsEmployee))
		}
	case meansWorkerKind:
		d.workerKind(c, one)
	case meansSecondLastName, meansNothing, meansOther, meansNameWord, meansFirstNameWord, meansLastNameWord, meansWorkerWord,
		meansJobWord, meansClassWord, meansTypeWord, meansIDWord, meansIDNumberWord, meansFirmWord:
	}
}

// has reports whether a column has one of these headings, folded.
func (d *detector) has(keys ...string) bool {
	return slices.ContainsFunc(d.columns, func(c *column) bool { return slices.Contains(keys, headingKey(c.heading)) })
}

// isCard reports whether a heading is that of a card's number, which is as often the
// card of a training.
func isCard(heading string) bool {
	key := headingKey(heading)
	return key == "cardnumber" || key == "cardid"
}

func namesTraining(heading string) bool {
	return slices.ContainsFunc(headingWords(heading), func(word string) bool {
		return slices.Contains([]string{"osha", "course", "training", "certification", "certificate", "trainer"}, word)
	})
}

// workerKind claims a column of words such as Employee and Contractor, unless
// its words are others (Full-time, Part-time).
func (d *detector) workerKind(c *column, one claim) {
	switch known := share(c.cells, isWorkerKind); {
	case len(c.cells) == 0, known >= 0.8:
		d.claim(IsEmployee, one)
	case known > 0:
		d.ambiguous(c, "who is an employee, but not every word in it says so", string(IsEmployee))
	}
}

func isAnswer(cell string) bool {
	_, ok := truthTable().read(nil, cell, true)
	return ok
}

func isWorkerKind(cell string) bool {
	_, ok := truthTable().read(nil, cell, false)
	return ok
}

// ambiguous refuses a heading that its cells don't decide.
func (d *detector) ambiguous(c *column, meanings string, fields ...string) {
	var entries []string
	var answers []Answer
	for _, f := range fields {
		one := d.choice(Field(f), c)
		answers = append(answers, d.answer(Field(f), one))
		entry := d.entry(Field(f), one)
		if f == string(IsEmployee) {
			entry = fmt.Sprintf("%s: {column: %s, values: {…: true, …: false}}", f, d.reference(c.index))
		}
		entries = append(entries, entry)
	}
	p := Problem{
		Code: "heading_ambiguous", Field: publicField(Field(fields[0])), Column: c.index,
		Message: fmt.Sprintf("%s can be %s", place(d.header, c.index), meanings),
		Hint:    "say in a mapping file what it is: " + list(entries, "or") + "; or leave it out there",
	}
	d.problems = append(d.problems, p)
	d.ask(p, nil, answers...)
}

// yamlText writes a heading so that a mapping file reads it as it is.
func yamlText(heading string) string {
	plain := heading != "" && heading == strings.TrimSpace(heading)
	for i, r := range heading {
		switch {
		case unicode.IsLetter(r):
		case i > 0 && (unicode.IsDigit(r) || strings.ContainsRune(" ._-/()", r)):
		default:
			plain = false
		}
	}
	switch strings.ToLower(heading) {
	case "null", "true", "false", "yes", "no", "on", "off", "y", "n":
		plain = false
	}
	if plain {
		return heading
	}
	return "'" + strings.ReplaceAll(heading, "'", "''") + "'"
}

// typeable reports whether a mapping file can name a column by its heading.
func typeable(heading string) bool {
	text, flawed := clean(heading, true)
	return text != "" && flawed == noFlaw && utf8.RuneCountInString(text) <= maxLength
}

// settleNames decides between first and last name columns and a full name.
func (d *detector) settleNames() {
	first, last, full := d.taken(FirstName), d.taken(LastName), d.taken(fullName)
	switch {
	case first && last:
		delete(d.claims, fullName)
	case full:
		delete(d.claims, FirstName)
		delete(d.claims, LastName)
	default:
		for _, p := range d.problems {
			if p.Code == "heading_ambiguous" && p.Field == LastName {
				return // the name is there, under a heading to be settled
			}
		}
		if !first && !last {
			d.missing(LastName, "there is no column with names",
				"name it in a mapping file: full_name: {column: …}, or first_name and last_name")
			return
		}
		missing := FirstName
		if first {
			missing = LastName
		}
		d.missing(missing, fmt.Sprintf("there is no column with the %s", fieldWord(missing)),
			fmt.Sprintf("add one, or name it in a mapping file: %s: {column: …}", missing))
	}
}

// missing says that a name is missing, and which heading may be meant.
func (d *detector) missing(f Field, message, hint string) {
	p := Problem{Code: "heading_missing", Field: f, Column: -1, Message: message, Hint: hint}
	isWhole := func(m meaning) bool { return m.field() == LastName && m != meansLastName }
	half := d.free(f, func(m meaning) bool { return m.field() == f && !isWhole(m) })
	other := append(d.claims[FirstName], d.claims[LastName]...)
	var whole []Answer
	for _, c := range other { // it may hold whole names
		whole = append(whole, d.answer(fullName, c))
	}
	if other == nil {
		whole = d.free(fullName, isWhole)
	}
	both := slices.Concat(half, whole)
	if i := slices.IndexFunc(both, func(a Answer) bool { return a.Like != "" }); i >= 0 {
		p.Hint = fmt.Sprintf("did you mean %s in %s? correct the heading, or name it in a mapping file", quote(both[i].Like), place(d.header, both[i].Column))
	}
	d.problems = append(d.problems, p)
	d.ask(p, nil, both...)
	if other == nil {
		p.Field = FirstName
		d.ask(p, nil, d.free(FirstName, func(m meaning) bool { return m == meansFirstName })...)
	}
}

// severalColumns asks where two different columns claim one field.
func (d *detector) severalColumns() {
	for _, f := range append([]Field{fullName}, Fields()...) {
		claims := d.claims[f]
		for i := 1; i < len(claims); i++ {
			if !d.sameCells(claims[0].index, claims[i].index) {
				d.twice(f, claims)
				break
			}
		}
	}
}

// plan makes a plan of claims, one column a field.
func (d *detector) plan(claims map[Field][]claim) *plan {
	p := &plan{header: d.header, classes: d.classes}
	used := make(map[int]bool)
	for _, f := range append([]Field{fullName}, Fields()...) {
		if len(claims[f]) == 0 {
			continue
		}
		one := claims[f][0]
		for _, c := range one.columns() {
			used[c] = true
		}
		s := source{field: f, columns: one.columns(), joined: one.joined != nil, formula: -1, lookup: one.lookup, order: one.order, inverted: one.inverted}
		s.doubtful = f == fullName && (one.order == autoOrder || one.order == twoSurnames) && one.oftenLastFirst()
		s.undashed = f.isID() && len(one.cells) > 2 && share(one.cells, isUndashed) > 0.5
		if f == EmployeeID {
			s.padded = paddedTo(one.cells)
		}
		if f == IsEmployee && one.marks() {
			s.fallback = noAnswer
		}
		p.sources = append(p.sources, s)
		p.matches = append(p.matches, matchesOf(f, Match{
			Column: one.index, Heading: one.heading, Confidence: one.confidence, How: howOf(one.how, &s, d.header),
		})...)
	}
	p.finish(used, d.withheld)
	p.departures = slices.DeleteFunc(p.departures, func(c departure) bool { return c.about == leavingDate && d.isPeriod(c.column) })
	return p
}

// isPeriod reports whether a date is the same in every row of the sample: that is
// the end of a week or of a contract, and not when somebody left.
func (d *detector) isPeriod(column int) bool {
	c := d.all[column]
	return len(c.cells) == c.rows && c.rows > 2 && share(c.cells, func(s string) bool { return s == c.cells[0] }) == 1
}

// noAnswer is what an empty cell says in a column of marks.
const noAnswer = "no"
