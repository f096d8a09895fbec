package mapping

import (
	"fmt"
	"strings"
)

// Detect maps a header by the dictionary. Only exact headings (folded) are
// taken; sample, the first rows of the roster, decides the ambiguous ones.
// The error is a *BindError with every problem: a name that is missing, two
// columns for one field, headings whose cells don't decide.
func Detect(header []string, sample [][]string, o Options) (*Mapper, error) {
	d := &detector{
		header: header, classes: newClasses(o.Classifications),
		claims: make(map[Field][]claim), used: make(map[int]bool), withheld: make(map[int]bool),
	}
	for i := range header {
		h := heading(header, i)
		if h == "" {
			continue
		}
		c := &column{index: i, heading: h, meaning: meaningOf(h), cells: cellsOf(sample, i), rows: len(sample)}
		if isWithheld(h) || most(c.cells, isSocialSecurityNumber) {
			d.withheld[i] = true
			continue
		}
		d.columns = append(d.columns, c)
	}
	for _, c := range d.columns {
		d.exact(c)
	}
	d.repeated(sample)
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
	d.settleNames()
	return d.mapper(sample)
}

// column is one column of the roster under detection.
type column struct {
	index   int
	heading string
	meaning meaning
	cells   []string // of the sample, clean, without the empty ones
	rows    int      // of the sample
}

// claim is a column that may feed a field.
type claim struct {
	*column
	confidence float64
	how        string
	order      order
	inverted   bool
	lookup     bool
}

type detector struct {
	header         []string
	classes        *classes
	columns        []*column
	claims         map[Field][]claim
	used, withheld map[int]bool
	problems       []Problem
}

// repeated refuses an ambiguous heading that stands over two different columns;
// of two columns with the same cells the second is dropped.
func (d *detector) repeated(sample [][]string) {
	var kept []*column
	seen := make(map[string]*column)
	for _, c := range d.columns {
		first := seen[headingKey(c.heading)]
		switch {
		case c.meaning < meansNameWord:
			kept = append(kept, c)
		case first == nil:
			seen[headingKey(c.heading)] = c
			kept = append(kept, c)
		case !sameCells(sample, first.index, c.index):
			d.problems = append(d.problems, Problem{
				Code: "heading_twice", Column: c.index,
				Message: place(d.header, first.index) + " and " + place(d.header, c.index) + " have the same heading",
				Hint:    "rename one of them in the roster",
			})
		}
	}
	d.columns = kept
}

func cellsOf(sample [][]string, index int) []string {
	var cells []string
	for _, row := range sample {
		if index >= len(row) {
			continue
		}
		if c, f := clean(row[index], false); c != "" && f == noFlaw {
			cells = append(cells, c)
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
		d.claim(fullName, one)
	case meansFullNameLastFirst:
		one.order = lastFirst
		d.claim(fullName, one)
	case meansFullNameTwoSurnames:
		one.order = twoSurnames
		d.claim(fullName, one)
	case meansJobTitle:
		if !most(c.cells, isTitle) { // Mr., Mrs.
			d.claim(JobTitle, one)
		}
	case meansEmployeeID:
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
	case meansNothing, meansOther, meansNameWord, meansFirstNameWord, meansLastNameWord, meansWorkerWord,
		meansJobWord, meansClassWord, meansTypeWord, meansIDWord, meansIDNumberWord, meansFirmWord:
	}
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
	for _, f := range fields {
		entry := fmt.Sprintf("%s: {column: %s}", f, yamlText(c.heading))
		if f == string(WorkClassification) {
			entry = fmt.Sprintf("%s: {column: %s, lookup: work_classification}", f, yamlText(c.heading))
		}
		if f == string(IsEmployee) {
			entry = fmt.Sprintf("%s: {column: %s, values: {…: true, …: false}}", f, yamlText(c.heading))
		}
		entries = append(entries, entry)
	}
	d.problems = append(d.problems, Problem{
		Code: "heading_ambiguous", Field: publicField(Field(fields[0])), Column: c.index,
		Message: fmt.Sprintf("%s can be %s", place(d.header, c.index), meanings),
		Hint:    "say in a mapping file what it is: " + list(entries, "or") + "; or leave it out there",
	})
}

// yamlText writes a heading so that a mapping file can be copied from a hint.
func yamlText(heading string) string {
	if strings.ContainsAny(heading, `:#{}[],&*!|>'"%@`+"`") {
		return "'" + strings.ReplaceAll(heading, "'", "''") + "'"
	}
	return heading
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
	for _, c := range d.columns {
		if c.meaning != meansNothing {
			continue
		}
		if field, like, _ := Suggest(c.heading); field == FirstName || field == LastName {
			hint = fmt.Sprintf("did you mean %s in %s? correct the heading, or name it in a mapping file", quote(like), place(d.header, c.index))
			break
		}
	}
	d.problems = append(d.problems, Problem{Code: "heading_missing", Field: f, Column: -1, Message: message, Hint: hint})
}

// mapper makes the Mapper of what was claimed, one column a field.
func (d *detector) mapper(sample [][]string) (*Mapper, error) {
	p := &plan{header: d.header, classes: d.classes}
	for _, f := range append([]Field{fullName}, Fields()...) {
		claims := d.claims[f]
		if len(claims) == 0 {
			continue
		}
		one := claims[0]
		for _, other := range claims[1:] {
			if !sameCells(sample, one.index, other.index) {
				d.twice(f, claims)
				break
			}
		}
		d.used[one.index] = true
		s := source{field: f, columns: []int{one.index}, formula: -1, lookup: one.lookup, order: one.order, inverted: one.inverted}
		if f == IsEmployee && len(one.cells) > 0 && len(one.cells) < one.rows && share(one.cells, isMark) == 1 {
			unmarked := one.inverted
			s.blank = &unmarked
		}
		p.sources = append(p.sources, s)
		p.matches = append(p.matches, matchesOf(f, Match{
			Column: one.index, Heading: one.heading, Confidence: one.confidence, How: one.how,
		})...)
	}
	if len(d.problems) > 0 {
		return nil, &BindError{d.problems}
	}
	p.finish(d.used, d.withheld)
	return newMapper(p), nil
}

// sameCells reports whether two columns say the same in every row of the
// sample, and say something.
func sameCells(sample [][]string, a, b int) bool {
	something := false
	for _, row := range sample {
		var x, y string
		if a < len(row) {
			x = fold(row[a])
		}
		if b < len(row) {
			y = fold(row[b])
		}
		if x != y {
			return false
		}
		something = something || x != ""
	}
	return something
}

// twice refuses two columns for one field.
func (d *detector) twice(f Field, claims []claim) {
	var places, entries []string
	for _, c := range claims {
		places = append(places, place(d.header, c.index))
		entries = append(entries, fmt.Sprintf("%s: {column: %s}", f, yamlText(c.heading)))
	}
	d.problems = append(d.problems, Problem{
		Code: "heading_twice", Field: publicField(f), Column: claims[1].index,
		Message: fmt.Sprintf("%d columns can be the %s: %s", len(claims), fieldWord(f), list(places, "and")),
		Hint:    "say in a mapping file which one counts: " + list(entries, "or"),
	})
}
