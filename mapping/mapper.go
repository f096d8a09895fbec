package mapping

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxLength is how many characters a text may have.
const maxLength = 255

// Mapper turns rows of one roster into persons. One goroutine at a time:
// Clone gives each its own.
type Mapper struct {
	*plan
	where    *formula
	formulas []*formula // by source; nil where there is none
	scratch  []byte
	unknowns map[string]*Problem // classifications that were looked up in vain
	departed map[departedCell]bool
}

// plan is what mappers of one roster share; read-only.
type plan struct {
	header   []string
	sources  []source
	matches  []Match
	unused   []string
	withheld []string
	classes  *classes // nil: not known
	truths   *truths
	answers  *[2]bool // false and true, for Person.IsEmployee

	departures []departure // in the order in which they are asked
}

// source is where one field comes from.
type source struct {
	field    Field // fullName among them
	columns  []int
	constant bool
	text     string // the constant
	formula  int    // index into Mapper.formulas; -1 for none

	fallback   string
	pattern    *regexp.Regexp
	transforms []transform
	values     map[string]string
	lookup     bool
	order      order
	doubtful   bool // of full_name: other cells say that the last name is in front

	undashed bool // of an ID: most others have no dash
	padded   int  // of an ID: so many digits have others that begin with zeros; 0 if none does
	inverted bool // yes means no
	joined   bool // the columns together, not the first that is not empty
}

// Columns says for each field that the mapping gives where it comes from, in
// the order of Fields.
func (m *Mapper) Columns() []Match { return append([]Match(nil), m.matches...) }

// Unused returns the headings that no field takes, without those that are
// withheld.
func (m *Mapper) Unused() []string { return append([]string(nil), m.unused...) }

// Withheld returns the headings of columns with social security numbers or
// birth dates, which are never mapped.
func (m *Mapper) Withheld() []string { return append([]string(nil), m.withheld...) }

// Clone returns a Mapper of the same mapping for another goroutine.
func (m *Mapper) Clone() *Mapper {
	c := newMapper(m.plan)
	c.where = m.where.clone()
	for _, f := range m.formulas {
		c.formulas = append(c.formulas, f.clone())
	}
	return c
}

func newMapper(p *plan) *Mapper {
	return &Mapper{plan: p, scratch: make([]byte, 0, 64), unknowns: make(map[string]*Problem), departed: make(map[departedCell]bool)}
}

// Keep reports whether the mapping file's where takes the row: always, without
// one. A problem says that it can't be told.
func (m *Mapper) Keep(cells []string) (bool, *Problem) {
	if m.where == nil {
		return true, nil
	}
	result, err := m.where.run(cells)
	if err != nil {
		return false, &Problem{
			Code: "where_failed", Column: -1, Message: fmt.Sprintf("the mapping file's where does not tell whether to take this row: %v", err),
			Hint: fmt.Sprintf("correct what it reads, %s, or have it bear such cells, as in Age != \"\" and int(Age) > 17", m.where.reads()),
		}
	}
	keep, _ := result.(bool)
	return keep, nil
}

// Map fills p from the cells of a row and returns its problems, nil if there
// are none. kinds may be nil. Texts of p may share memory with cells. Rows
// that need no repair of their text are mapped without allocating.
func (m *Mapper) Map(cells []string, kinds []Kind, p *Person) []Problem {
	*p = Person{}
	var problems []Problem
	for i := range m.sources {
		if problem := m.take(&m.sources[i], cells, kinds, p); problem != nil {
			problems = append(problems, *problem)
		}
	}
	switch {
	case problems != nil:
		return problems
	case isNullWord(p.LastName) && isNullWord(p.FirstName):
		return m.noName("the name is missing: there is only "+quote(p.FirstName+" "+p.LastName), "fill it in")
	case m.isNobody(p.FirstName, p.LastName):
		return m.noName(quote(p.FirstName+" "+p.LastName)+" is nobody's name", "type the name of the person; if there is none, delete the row")
	}
	p.GuessedName = p.GuessedName || isTwice(p.FirstName, p.LastName) || m.takes(FirstName) && swapped(p.FirstName, p.LastName)
	return nil
}

// noName is the problem of a row whose two halves of a name are no name together.
func (m *Mapper) noName(message, hint string) []Problem {
	s, column := &m.sources[0], -1
	if len(s.columns) > 0 {
		column = s.columns[0]
	}
	return []Problem{*s.problem("name_missing", column, message, hint)}
}

// isTwice reports whether a first name holds the last one as well, as it does
// where whole names stand under First Name: Ann Lee, or Lee, Ann, beside Lee.
func isTwice(first, last string) bool {
	if len(first) <= len(last) || last == "" {
		return false
	}
	if rest, ok := strings.CutSuffix(first, last); ok && rest[len(rest)-1] == ' ' {
		return true
	}
	rest, ok := strings.CutPrefix(first, last)
	return ok && (rest[0] == ',' || strings.HasPrefix(rest, " ,"))
}

// takes reports whether the mapping begins with this field.
func (m *Mapper) takes(f Field) bool { return len(m.sources) > 0 && m.sources[0].field == f }

// swapped reports whether the cells of a first and a last name say that they stand
// under one another's heading, as Lopez and Maria do.
func swapped(first, last string) bool {
	return names().hasSurname(first) && names().of(last) == isGiven
}

// setAside returns a name without what is no part of it, which p keeps.
func (p *Person) setAside(name string) string {
	rest, left := setAside(name)
	if left != "" {
		p.LeftOut = left
	}
	return rest
}

// text returns what a source gives of a row after all that the mapping says
// about it, where it was found, and what the cell is.
func (m *Mapper) text(s *source, cells []string, kinds []Kind) (string, int, Kind, *Problem) {
	text, column, kind, problem := m.read(s, cells, kinds)
	if problem != nil {
		return "", column, kind, problem
	}
	fail := func(code, message, hint string) (string, int, Kind, *Problem) {
		return "", column, kind, s.problem(code, column, message, hint)
	}
	if isSocialSecurityNumber(text) { // first, so that no other message quotes it
		return fail("value_withheld", fmt.Sprintf("the %s is written like a social security number, which is never sent", s.word()),
			"correct the cell, or leave it empty")
	}
	if text != "" && s.values != nil {
		to, known := s.values[string(tableKey(m.scratch[:0], text))]
		if !known {
			return fail("value_unknown", fmt.Sprintf("%s %s is not in the mapping file's table of values", s.word(), quote(text)),
				"correct the cell, or add it to values in the mapping file")
		}
		text, kind = to, Text
	}
	if text == "" && s.fallback != "" {
		text, kind = s.fallback, Text
	}
	if len(s.transforms) > 0 && s.field != fullName {
		text = s.transform(text, s.field == LastName)
	}
	if len(text) > maxLength && utf8.RuneCountInString(text) > maxLength {
		return fail("too_long", fmt.Sprintf("the %s has %d characters, and %d are allowed", s.word(), utf8.RuneCountInString(text), maxLength),
			"shorten it")
	}
	if s.pattern != nil && text != "" && !s.pattern.MatchString(text) {
		return fail("pattern_mismatch", fmt.Sprintf("%s %s doesn't have the form that the mapping file asks for, %s", s.word(), quote(text), s.pattern),
			"correct the cell, or the pattern in the mapping file")
	}
	return text, column, kind, nil
}

// take fills one field.
func (m *Mapper) take(s *source, cells []string, kinds []Kind, p *Person) *Problem {
	text, column, kind, problem := m.text(s, cells, kinds)
	if problem != nil {
		return problem
	}
	switch s.field {
	case FirstName:
		p.FirstName = p.setAside(text)
		return s.checkHalf(p.FirstName, column, kind)
	case LastName:
		p.LastName = p.setAside(text)
		return s.checkHalf(p.LastName, column, kind)
	case fullName:
		if column >= 0 && column < len(cells) && isList(cells[column]) {
			problem := s.severalPeople(text, column)
			problem.Hint += "; if it is one person, take the line break out"
			return problem
		}
		return m.takeFullName(s, text, column, p)
	case JobTitle:
		p.JobTitle = text
		return s.checkTitle(text, column, kind)
	case EmployeeID:
		p.EmployeeID = text
		if s.padded > len(text) && isUnpadded(text) {
			p.IDDigits = s.padded
		}
		return s.checkID(text, column, kind)
	case OriginID:
		p.OriginID = text
		return s.checkID(text, column, kind)
	case IsEmployee:
		return m.takeAnswer(s, text, column, p)
	case WorkClassification:
		return m.takeClassification(s, text, column, p)
	case projectField:
		return s.checkProject(text, column)
	}
	return nil
}

// read returns the clean text that a source gives, the column it was found in
// and what the cell is.
func (m *Mapper) read(s *source, cells []string, kinds []Kind) (string, int, Kind, *Problem) {
	if s.constant {
		return s.text, -1, Text, nil
	}
	if s.formula >= 0 {
		return m.evaluate(s, cells)
	}
	isID := s.field.isID()
	said, at := "", -1 // a word for nothing, and where it stands
	joined, from := "", -1
	for _, column := range s.columns {
		raw, kind := cell(cells, kinds, column)
		text, flawed := clean(raw, isID)
		text = asText(text)
		switch {
		case kind == FormulaError || isFormulaError(text):
			return "", column, kind, s.problem("formula_error", column, fmt.Sprintf("the %s is the error of a formula, %s", s.word(), quote(text)),
				"correct the formula in the spreadsheet, or type the value")
		case flawed != noFlaw:
			return "", column, kind, s.flawed(flawed, raw, column)
		case text == "":
		case m.saysNothing(s, text):
			if at < 0 {
				said, at = text, column
			}
		case s.joined && !s.standsAlone(text):
			if from < 0 {
				joined, from = text, column
			} else {
				joined += " " + text
			}
		case isID && text[0] == '\'': // typed to make Excel take digits for text
			if len(text) > 2 {
				text = strings.TrimSuffix(text, "'") // '00101', in quotes
			}
			return strings.TrimLeft(text[1:], " "), column, kind, nil
		default:
			return text, column, kind, nil
		}
	}
	switch {
	case from >= 0:
		return joined, from, Text, nil
	case len(s.columns) == 0:
		return "", -1, Text, nil
	case at >= 0 && s.field.isName() && s.fallback == "": // to be quoted in the problem
		return said, at, Text, nil
	case at >= 0:
		return "", at, Text, nil
	}
	return "", s.columns[0], Text, nil
}

// cell returns what stands in a column of a row, which may be shorter.
func cell(cells []string, kinds []Kind, column int) (raw string, kind Kind) {
	if column < len(kinds) {
		kind = kinds[column]
	}
	if column < len(cells) {
		raw = cells[column]
	}
	return raw, kind
}

// saysNothing reports whether a cell says in words that it is empty, and
// neither a table nor the project's work classifications know the word.
func (m *Mapper) saysNothing(s *source, text string) bool {
	if len(text) > len("undefined") || s.field.isName() && !isNothing(text) || !s.field.isName() && !isEmptyWord(text) {
		return false
	}
	if _, known := s.values[string(tableKey(m.scratch[:0], text))]; known {
		return false
	}
	return s.field != WorkClassification || m.classes == nil || len(m.classes.find(m.scratch, text)) == 0
}

// standsAlone reports whether a cell is wrong by itself, which must not get
// lost among others that are joined with it.
func (s *source) standsAlone(text string) bool {
	return isSocialSecurityNumber(text) || s.checkName(text, -1) != nil
}

// evaluate returns what a source's expression gives.
func (m *Mapper) evaluate(s *source, cells []string) (string, int, Kind, *Problem) {
	fail := func(why string) (string, int, Kind, *Problem) {
		return "", -1, Text, s.problem("expression_failed", -1, fmt.Sprintf("the %s can't be worked out: %s", s.word(), why),
			fmt.Sprintf("correct what the expression reads, %s, or the expression in the mapping file", m.formulas[s.formula].reads()))
	}
	result, err := m.formulas[s.formula].run(cells)
	if err != nil {
		return fail(err.Error())
	}
	raw, ok := cellText(result)
	if !ok {
		return fail("the expression gives a list or a table")
	}
	cleaned, flawed := clean(raw, s.field.isID())
	if flawed != noFlaw {
		return "", -1, Text, s.flawed(flawed, raw, -1)
	}
	return cleaned, -1, Text, nil
}

func (s *source) transform(text string, isLast bool) string {
	for _, t := range s.transforms {
		switch t {
		case toNameCase:
			text = nameCase(text, isLast)
		case toUpper:
			text = strings.ToUpper(text)
		case toLower:
			text = strings.ToLower(text)
		}
	}
	return text
}

func (s *source) problem(code string, column int, message, hint string) *Problem {
	f := s.field
	if f == fullName {
		f = LastName
	}
	return &Problem{Code: code, Field: f, Column: column, Message: message, Hint: hint}
}

func (s *source) flawed(f flaw, raw string, column int) *Problem {
	if f == lostFlaw {
		return s.problem("characters_lost", column, fmt.Sprintf("letters of the %s %s are lost", s.word(), quote(raw)),
			"type it anew, or save the roster as UTF-8")
	}
	if strings.IndexByte(raw, 0) >= 0 {
		return s.problem("control_character", column, fmt.Sprintf("the %s %s holds NULs, as a file does of which a part is lost", s.word(), quote(raw)),
			"export or save the list anew, and see whether it is whole")
	}
	return s.problem("control_character", column, fmt.Sprintf("the %s %s holds an invisible control character", s.word(), quote(raw)),
		"clear the cell and type it anew")
}

// word is what people call the field.
func (s *source) word() string { return fieldWord(s.field) }

func fieldWord(f Field) string {
	switch f {
	case FirstName:
		return "first name"
	case LastName:
		return "last name"
	case fullName:
		return "name"
	case JobTitle:
		return "job title"
	case EmployeeID:
		return "employee ID"
	case IsEmployee:
		return "yes/no of is_employee"
	case OriginID:
		return "origin ID"
	case WorkClassification:
		return "work classification"
	}
	return string(f)
}
