package mapping

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// checkName refuses what is no name.
func (s *source) checkName(text string, column int) *Problem {
	strange := strangeIn(text)
	if strange == 0 && len(text) > 3 && isASCIILetter(text[0]) && isASCIILetter(text[1]) && !isNothing(text) && strangeWord(text) == "" { // most names
		return nil
	}
	switch {
	case text == "":
		return s.problem("name_missing", column, fmt.Sprintf("the %s is missing", s.word()), "fill it in")
	case isPlaceholder(text):
		return s.problem("name_missing", column, fmt.Sprintf("the %s is missing: there is only %s", s.word(), quote(text)), missingHint(text))
	case isFormula(text, true):
		return s.problem("formula_text", column, fmt.Sprintf("the %s %s is a formula, not a name", s.word(), quote(text)), "type the name itself")
	case !hasLetter(text):
		return s.problem("name_unclear", column, fmt.Sprintf("the %s %s has no letter", s.word(), quote(text)), "type the name")
	case strange == '?':
		return s.flawed(lostFlaw, text, column)
	case strangeWord(text) != "":
		return s.problem("name_unclear", column, fmt.Sprintf("the %s %s holds %s, which no name has", s.word(), quote(text), quote(strangeWord(text))),
			"leave the name of one person, and nothing else, in the cell")
	case strange != 0:
		return s.problem("name_unclear", column, fmt.Sprintf("the %s %s holds %s, which no name has", s.word(), quote(text), quote(string(rune(strange)))),
			"leave the name of one person, and nothing else, in the cell")
	}
	return nil
}

// checkRemark refuses a name with something behind it that is said about somebody.
func (s *source) checkRemark(text string, column int) *Problem {
	if remark := remarkBehind(text); remark != "" {
		return s.problem("name_unclear", column, fmt.Sprintf("the %s %s holds %s, which is no part of a name", s.word(), quote(text), quote(remark)),
			"leave the name of one person, and nothing else, in the cell")
	}
	return nil
}

// checkHalf is checkName for a first or a last name that has a cell of its own.
func (s *source) checkHalf(text string, column int, kind Kind) *Problem {
	switch {
	case kind == Date || kind == Boolean:
		return s.problem("name_unclear", column, fmt.Sprintf("the %s %s is a date or a yes/no in the spreadsheet", s.word(), quote(text)), "type the name as text")
	case isWord(text) && !isNothing(text): // most names
		return nil
	case len(text) < len("31-December-2026") && strings.ContainsAny(text, "0123456789") && monthDamage(text) != "":
		return s.problem("name_unclear", column, fmt.Sprintf("the %s %s has become a date", s.word(), quote(text)), "type the name")
	}
	if problem := s.checkName(text, column); problem != nil {
		return problem
	}
	return s.checkRemark(text, column)
}

// isWord reports whether text is a word of four letters or more, without marks.
func isWord(text string) bool {
	for i := range len(text) {
		if !isASCIILetter(text[i]) {
			return false
		}
	}
	return len(text) > 3
}

// severalPeople is the problem of a cell that lists people.
func (s *source) severalPeople(text string, column int) *Problem {
	return s.problem("name_unclear", column, fmt.Sprintf("the %s %s looks like several people", s.word(), quote(text)), "give each a row of their own")
}

// strangeWord returns a word between others that is in no name: and, aka, und; ""
// for none.
func strangeWord(text string) string {
	if strings.IndexByte(text, ' ') < 0 {
		return ""
	}
	for _, word := range [...]string{" and ", " aka ", " und ", " u. "} {
		if strings.Contains(text, word) {
			return strings.TrimSpace(word)
		}
	}
	return ""
}

// strangeIn returns the first character of a text that is in no name, such as
// those of a remark behind it or of a second person; 0 for none.
func strangeIn(text string) byte {
	for i := range len(text) {
		switch b := text[i]; b {
		case '(', ')', '[', ']', '{', '}', '<', '>', '*', '&', ';', ':', '/', '\\', '|', '#', '%', '$', '+', '=', '@', '_', '?':
			return b
		}
	}
	return 0
}

// hasStrayDigit reports whether a digit is in a word of a name that is no
// generation: 2nd is one.
func hasStrayDigit(name string) bool {
	if !strings.ContainsAny(name, "0123456789") {
		return false
	}
	for word := range strings.FieldsSeq(name) {
		if strings.ContainsAny(word, "0123456789") && !isSuffix(strings.Trim(word, ","), false) {
			return true
		}
	}
	return false
}

// missingHint says how to be called what programs write for nothing.
func missingHint(text string) string {
	if isNullWord(text) {
		return fmt.Sprintf("fill it in; write %s if somebody is called so", quote(capital(strings.ToLower(text))))
	}
	return "fill it in"
}

func isASCIILetter(b byte) bool {
	b |= 0x20
	return 'a' <= b && b <= 'z'
}

// takeFullName splits a name into its two halves.
func (m *Mapper) takeFullName(s *source, name string, column int, p *Person) *Problem {
	name = p.setAside(dropNumber(dropBullet(name)))
	if problem := s.checkName(name, column); problem != nil {
		return problem
	}
	if isFirm(name) {
		return s.problem("name_unclear", column, fmt.Sprintf("%s is the name of a firm", quote(name)), "type the name of a person; if there is none, delete the row")
	}
	switch word := loneWord(name); {
	case word == "":
	case isNumbers(word): // not quoted: it may be a part of a social security number
		return s.problem("name_unclear", column, "the cell of the name holds a number as well", "leave the name of one person, and nothing else, in the cell")
	default:
		return s.problem("name_unclear", column, fmt.Sprintf("the name %s holds %s, which is no part of a name", quote(name), quote(word)),
			"leave the name of one person, and nothing else, in the cell; a double name has no blanks around its dash")
	}
	if severalPeople(name) {
		return s.severalPeople(name, column)
	}
	if problem := s.checkRemark(name, column); problem != nil {
		return problem
	}
	p.FirstName, p.LastName, p.GuessedName = splitName(name, s.order)
	p.GuessedName = p.GuessedName || hasStrayDigit(name) || s.doubtful && orderUntold(name)
	if len(s.transforms) > 0 {
		p.FirstName, p.LastName = s.transform(p.FirstName, false), s.transform(p.LastName, true)
	}
	if p.FirstName != "" && p.LastName != "" {
		return nil
	}
	problem := s.problem("name_single", column, fmt.Sprintf("the name %s is one word: the first name or the last name is missing", quote(name)),
		`write both, such as "Garcia, Maria" or "Maria Garcia"`)
	if p.FirstName == "" {
		problem.Field = FirstName
	}
	return problem
}

// checkTitle refuses job titles that nobody means.
func (s *source) checkTitle(text string, column int, kind Kind) *Problem {
	switch {
	case kind == Date || kind == Boolean:
		return s.problem("title_unclear", column, fmt.Sprintf("the job title %s is a date or a yes/no in the spreadsheet", quote(text)), "type the title as text")
	case isFormula(text, false):
		return s.problem("formula_text", column, fmt.Sprintf("the job title %s is a formula", quote(text)), "type the title itself")
	}
	return nil
}

// checkID refuses IDs that are damaged.
func (s *source) checkID(text string, column int, kind Kind) *Problem {
	if text == "" || plainID(text) && (kind == Text || kind == Number) && !isPlaceholder(text) && text != "0" {
		return nil
	}
	const asText = "format the column as text in the spreadsheet, type the ID again and save"
	switch {
	case isPlaceholder(text), text == "0": // what systems write for none
		return s.problem("id_unclear", column, fmt.Sprintf("%s is no %s", quote(text), s.word()), "type the ID, or leave the cell empty")
	case isFormula(text, false):
		return s.problem("formula_text", column, fmt.Sprintf("the %s %s is a formula", s.word(), quote(text)), "type the ID itself")
	}
	what := damage(text, kind)
	if what == "" && s.undashed && isShortDate(text) {
		what = "has become a date, as no other has such a form"
	}
	if what != "" {
		return s.problem("id_damaged", column, fmt.Sprintf("the %s %s %s", s.word(), quote(text), what), asText)
	}
	return nil
}

// takeAnswer reads a yes/no.
func (m *Mapper) takeAnswer(s *source, text string, column int, p *Person) *Problem {
	if text == "" {
		return nil
	}
	answer, ok := m.truths.read(m.scratch, text, s.inverted)
	if !ok {
		hint := "write yes or no, or leave the cell empty"
		if s.inverted {
			hint = "write yes for a contractor and no for an employee, or leave the cell empty"
		}
		return s.problem("boolean_unclear", column, fmt.Sprintf("%s is neither yes nor no", quote(text)), hint)
	}
	p.IsEmployee = m.answer(answer)
	return nil
}

// answer returns a pointer that all persons share, so that none is allocated.
func (p *plan) answer(yes bool) *bool {
	if yes {
		return &p.answers[1]
	}
	return &p.answers[0]
}

// takeClassification looks a work classification up.
func (m *Mapper) takeClassification(s *source, text string, column int, p *Person) *Problem {
	if text == "" {
		return nil
	}
	if !s.lookup {
		id, ok := wholeNumber(text)
		if !ok {
			return s.problem("classification_id_unclear", column, fmt.Sprintf("%s is not the ID of a work classification", quote(text)),
				"type its number; for names, map the column with lookup: work_classification")
		}
		if m.classes != nil {
			i, known := m.classes.ids[id]
			if !known {
				return m.classes.unknown(text, column)
			}
			p.Classification = m.classes.all[i].Name
		}
		p.WorkClassificationID = id
		return nil
	}
	p.Classification = text
	if m.classes == nil {
		return nil
	}
	switch found := m.classes.find(m.scratch, text); len(found) {
	case 0:
		return m.unknown(text, column)
	case 1:
		p.WorkClassificationID = m.classes.all[found[0]].ID
		return nil
	default:
		return m.classes.ambiguous(text, column, found)
	}
}

// unknown remembers what it says: a roster of ten thousand rows may name the
// same unknown classification in each.
func (m *Mapper) unknown(text string, column int) *Problem {
	if p, done := m.unknowns[text]; done && p.Column == column {
		return p
	}
	p := m.classes.unknown(text, column)
	const most = 256
	if len(m.unknowns) < most && utf8.RuneCountInString(text) <= maxLength {
		m.unknowns[text] = p
	}
	return p
}
