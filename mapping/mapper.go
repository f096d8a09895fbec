package mapping

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxLength is how many characters a text may have.
const maxLength = 255

// Mapper turns rows of a roster into persons. Goroutines may share a Mapper.
type Mapper struct {
	header     []string
	where      *formula // nil: every row is taken
	sources    []source
	matches    []Match
	unused     []string
	withheld   []string
	statuses   []int        // columns that may say that a person has left
	classes    *classes     // nil: not known
	whole      map[int]bool // columns with numbers that no spreadsheet has rounded
	samePerson bool         // rows of one name are one person
}

// source says which cells feed a field, and how.
type source struct {
	settings
	field    Field // fullName too
	columns  []int
	constant *string
	formula  *formula
	doubtful bool // of full_name: other cells have the last name in front
	info     fieldInfo
	plain    *plainCells // nil for values that several cells decide, or that are on few rows
}

// settings are what a mapping file can say about the value of a field.
type settings struct {
	fallback   string // in place of an empty cell
	pattern    *regexp.Regexp
	transforms []transform
	values     map[string]string // by tableKey
	lookup     bool
	order      order
	inverted   bool // yes means no
	joined     bool // the columns together, not the first that is not empty
}

// value is a text that a source gives for a row.
type value struct {
	text    string
	written string // the text before the transforms of a mapping file
	column  int    // -1 for none
	kind    Kind
	exact   bool // not rounded: the text of a workbook, or marked as text in a CSV file
}

// Columns returns for each field of the mapping where the field comes from, in the
// order of Fields.
func (m *Mapper) Columns() []Match { return append([]Match(nil), m.matches...) }

// Unused returns the headings that no field takes, without the withheld headings.
func (m *Mapper) Unused() []string { return append([]string(nil), m.unused...) }

// Withheld returns the headings of columns with social security numbers or
// birth dates, which are never mapped.
func (m *Mapper) Withheld() []string { return append([]string(nil), m.withheld...) }

// SamePerson reports whether the mapping file says that rows of one name without IDs
// are one person.
func (m *Mapper) SamePerson() bool { return m.samePerson }

// Keep reports whether the mapping file's where takes the row; without a where,
// every row is taken. The problem is nil unless the where fails for the row.
func (m *Mapper) Keep(cells []string) (bool, *Problem) {
	if m.where == nil {
		return true, nil
	}
	result, err := m.where.run(cells)
	if err != nil {
		return false, &Problem{
			Code: "where_failed", Column: -1, Message: fmt.Sprintf("the mapping file's where can't decide on this row: %v", err),
			Hint: fmt.Sprintf("correct the cells that the where reads, %s, or test for such cells in it, as in Age != \"\" and int(Age) > 17", m.where.reads()),
		}
	}
	keep, _ := result.(bool)
	return keep, nil
}

// Map fills p from the cells of a row and returns the row's problems, nil for
// none. kinds may be nil. Texts of p may share memory with cells.
func (m *Mapper) Map(cells []string, kinds []Kind, p *Person) []Problem {
	*p = Person{}
	var problems []Problem
	var names [2]value // the cells of the name, one or two
	for i := range m.sources {
		s := &m.sources[i]
		v, problem := m.take(s, cells, kinds, p)
		if s.field.isName() && i < len(names) {
			names[i] = v
		}
		if problem != nil {
			problems = append(problems, *problem)
		}
	}
	switch {
	case isVacancy(names[0].written, names[1].written):
		return []Problem{*m.sources[0].problem(CodeNoPerson, -1, "a vacancy, not a person", "")}
	case problems != nil && isBlankName(names[0].text) && isBlankName(names[1].text) && m.isRemark(cells):
		return []Problem{*m.sources[0].problem(CodeNoPerson, -1, "a note, not a person", "")}
	case problems != nil || len(m.sources) == 0:
		return problems
	case m.sources[0].field == FirstName && len(m.sources) > 1:
		for i, half := range names {
			if isNullName(half.written, names[1-i].written, i == 1) {
				problems = append(problems, *m.sources[i].nullName(half.written, half.column))
			}
		}
		if problems != nil {
			return problems
		}
	}
	return m.checkPerson(cells, p)
}

// checkPerson returns the problem of a first and a last name that together are no
// person's, and notes what is in doubt.
func (m *Mapper) checkPerson(cells []string, p *Person) []Problem {
	s, column := &m.sources[0], -1
	if len(s.columns) > 0 {
		column = s.columns[0]
	}
	folded := Fold(p.FirstName + " " + p.LastName)
	var room [8]string // for the words of most names
	post, doubtful := readPost(slices.AppendSeq(room[:0], strings.FieldsSeq(folded)))
	code, what := "name_unclear", ""
	switch {
	case isPlaceholderName(folded),
		s.field == fullName && isPlaceholderName(Fold(p.LastName+" "+p.FirstName)): // A définir, under Nom et prénom
		code, what = "name_missing", "is a placeholder, not a name"
	case post:
		what = "is a post or a firm, not a person"
	case !hasLetter(p.FirstName) || !hasLetter(p.LastName):
		what = "has no letter in the first or the last name"
	}
	if what != "" {
		name := p.FirstName + " " + p.LastName
		if s.field == fullName && column >= 0 {
			name = strings.TrimSpace(cellAt(cells, column))
		}
		return []Problem{*s.problem(code, column, quote(name)+" "+what, "type the name of the person; if there is none, delete the row")}
	}
	p.GuessedName = p.GuessedName || doubtful || isTwice(p.FirstName, p.LastName) || s.field == FirstName && isSwapped(p.FirstName, p.LastName)
	return nil
}

// isTwice reports whether a first name holds the last name too, as whole names
// under First Name do: Ann Lee, or Lee, Ann, beside Lee.
func isTwice(first, last string) bool {
	rest, inFront := strings.CutPrefix(first, last)
	return strings.HasSuffix(first, " "+last) || inFront && strings.HasPrefix(strings.TrimLeft(rest, " "), ",")
}

// isSwapped reports whether a first and a last name seem to be in each other's
// column, as Lopez and Maria are.
func isSwapped(first, last string) bool {
	return kindOfName(first) == surname && kindOfName(last) == givenName
}

// value returns what a source gives of a row after all that the mapping says about
// the source.
func (m *Mapper) value(s *source, cells []string, kinds []Kind) (value, *Problem) {
	v, problem := m.read(s, cells, kinds)
	if problem != nil {
		return v, problem
	}
	fail := func(code, message, hint string) (value, *Problem) {
		return v, s.problem(code, v.column, message, hint)
	}
	if isSocialSecurityNumber(v.text) { // first, so that no other message quotes it
		return fail("value_withheld", fmt.Sprintf("the %s is written like a social security number, which is never sent", s.word()),
			"correct the cell, or leave it empty")
	}
	if v.text != "" && s.values != nil {
		to, known := s.values[tableKey(v.text)]
		switch {
		case known:
			v.text, v.kind = to, Text
		case !s.lookup: // a lookup finds the rest itself
			return fail("value_unknown", fmt.Sprintf("%s %s is not in the mapping file's table of values", s.word(), quote(v.text)),
				"correct the cell, or add it to values in the mapping file")
		}
	}
	if v.text == "" && s.fallback != "" {
		v.text, v.kind = s.fallback, Text
	}
	v.written = v.text
	if s.field != fullName {
		v.text = s.transform(v.text, s.field == LastName)
	}
	if n := utf8.RuneCountInString(v.text); n > maxLength {
		return fail("too_long", fmt.Sprintf("the %s has %d characters, and %d are allowed", s.word(), n, maxLength), "shorten it")
	}
	if s.pattern != nil && v.text != "" && !s.pattern.MatchString(v.text) {
		return fail("pattern_mismatch", fmt.Sprintf("%s %s does not match the mapping file's pattern, %s", s.word(), quote(v.text), s.pattern),
			"correct the cell, or the pattern in the mapping file")
	}
	return v, nil
}

// read returns the clean text that a source gives.
func (m *Mapper) read(s *source, cells []string, kinds []Kind) (value, *Problem) {
	switch {
	case s.constant != nil:
		return value{text: *s.constant, column: -1}, nil
	case s.formula != nil:
		return s.evaluate(cells)
	case len(s.columns) == 0:
		return value{column: -1}, nil
	}
	empty, joined := value{column: -1}, value{column: -1} // empty: a word for nothing
	for _, column := range s.columns {
		v, problem := s.cell(cells, kinds, column)
		switch {
		case problem != nil:
			return v, problem
		case v.text == "":
		case m.isEmpty(s, v.text):
			if empty.column < 0 {
				empty = value{text: v.text, column: column}
			}
		case !s.joined || isSocialSecurityNumber(v.text) || s.checkName(v.text, -1, false) != nil: // a wrong cell must not get lost among joined cells
			return v, nil
		case joined.column < 0:
			joined = value{text: v.text, column: column}
		default:
			joined.text += " " + v.text
		}
	}
	switch {
	case joined.column >= 0:
		return joined, nil
	case empty.column < 0:
		return value{column: s.columns[0]}, nil
	case !s.field.isName() || s.fallback != "": // the problem of a name quotes the word
		empty.text = ""
	}
	return empty, nil
}

// cellAt returns a cell of a row, which may be shorter than the header.
func cellAt(row []string, column int) string {
	if column < 0 || column >= len(row) {
		return ""
	}
	return row[column]
}

// cell returns the clean text in a column of a row.
func (s *source) cell(cells []string, kinds []Kind, column int) (value, *Problem) {
	v, raw := value{column: column}, cellAt(cells, column)
	if column < len(kinds) {
		v.kind = kinds[column]
	}
	text, flawed := clean(raw, s.field.isID())
	v.text = asText(text)
	v.exact = kinds != nil || v.text != text
	if s.field.isName() {
		v.text = dropListMarks(v.text)
	}
	switch {
	case isNarrow(v.text):
		return v, s.problem("formula_error", column, fmt.Sprintf("the %s is %s: the column was too narrow for the number", s.word(), quote(v.text)),
			"widen the column in the spreadsheet and save the file again, or type the value")
	case v.kind == FormulaError || isFormulaError(v.text) && (s.field.isName() || !isEmptyWord(v.text)):
		return v, s.problem("formula_error", column, fmt.Sprintf("the %s is the error of a formula, %s", s.word(), quote(v.text)),
			"correct the formula in the spreadsheet, or type the value")
	case flawed != noFlaw:
		return v, s.flawed(flawed, raw, column)
	case s.field.isID() && strings.HasPrefix(v.text, "'"): // makes Excel take digits for text
		if len(v.text) > 2 {
			v.text = strings.TrimSuffix(v.text, "'") // '00101', in quotes
		}
		v.text, v.exact = strings.TrimLeft(v.text[1:], " "), true
	}
	return v, nil
}

// isEmpty reports whether a cell is a word for nothing, such as N/A. A word in a
// table of values, or a work classification of the project, is not.
func (m *Mapper) isEmpty(s *source, text string) bool {
	switch {
	case s.field.isName() && isEmptyName(text), !s.field.isName() && isEmptyWord(text), s.field.isID() && isNoID(text),
		s.field == JobTitle && isPlaceholder(text):
	default:
		return false
	}
	if _, known := s.values[tableKey(text)]; known {
		return false
	}
	return s.field != WorkClassification || m.classes == nil || len(m.classes.find(text)) == 0
}

// evaluate returns what a source's expression gives.
func (s *source) evaluate(cells []string) (value, *Problem) {
	v := value{column: -1}
	fail := func(why string) (value, *Problem) {
		return v, s.problem("expression_failed", -1, fmt.Sprintf("the expression for the %s fails: %s", s.word(), why),
			fmt.Sprintf("correct the cells that the expression reads, %s, or the expression in the mapping file", s.formula.reads()))
	}
	result, err := s.formula.run(cells)
	if err != nil {
		return fail(err.Error())
	}
	raw, ok := cellText(result)
	if !ok {
		return fail("the expression gives a list or a table")
	}
	text, flawed := clean(raw, s.field.isID())
	if flawed != noFlaw {
		return v, s.flawed(flawed, raw, -1)
	}
	v.text = text
	return v, nil
}

// transform applies the transforms of a mapping file to a text.
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

// problem returns a problem of the source's field.
func (s *source) problem(code string, column int, message, hint string) *Problem {
	return &Problem{Code: code, Field: publicField(s.field), Column: column, Message: message, Hint: hint}
}

// flawed returns the problem of a cell that can't be sent.
func (s *source) flawed(f flaw, raw string, column int) *Problem {
	better := repairMojibake(raw)
	switch {
	case f == lostFlaw && better != raw:
		return s.problem("characters_lost", column, fmt.Sprintf("letters of the %s %s are damaged", s.word(), quote(raw)),
			fmt.Sprintf("did you mean %s? type that; if many cells are damaged, export the roster again", quote(strings.TrimSpace(better))))
	case f == lostFlaw:
		return s.problem("characters_lost", column, fmt.Sprintf("letters of the %s %s are lost", s.word(), quote(raw)),
			"type the cell again; if many cells are damaged, export the roster again, as a workbook or as CSV UTF-8")
	case strings.IndexByte(raw, 0) >= 0:
		return s.problem("control_character", column, fmt.Sprintf("the %s %s holds NULs: a part of the file may be lost", s.word(), quote(raw)),
			"export or save the list again, and check whether it is whole")
	}
	return s.problem("control_character", column, fmt.Sprintf("the %s %s holds an invisible control character", s.word(), quote(raw)),
		"clear the cell and type it again")
}

// word returns what people call the field.
func (s *source) word() string { return s.field.Word() }
