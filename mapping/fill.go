package mapping

import (
	"fmt"
	"strings"
)

// fill writes a value into p, and returns what is wrong with the value.
func (m *Mapper) fill(s *source, v value, cells []string, p *Person) *Problem {
	if text := s.info.text; text != nil {
		*text(p) = v.text
	}
	switch s.field {
	case FirstName:
		return s.checkHalf(&p.FirstName, v, p)
	case LastName:
		return s.checkHalf(&p.LastName, v, p)
	case fullName:
		return s.fillFullName(v, cells, p)
	case JobTitle:
		return s.checkTitle(v)
	case EmployeeID, OriginID:
		return m.checkID(s, v)
	case IsEmployee:
		return s.fillAnswer(v, p)
	case WorkClassification:
		return m.fillClassification(s, v, p)
	}
	return s.checkProject(v)
}

// stripAsides returns a name of at least so many words without a maiden name and a
// nickname, which p keeps.
func (p *Person) stripAsides(name string, least int) string {
	rest, maiden := stripMaidenName(name, least)
	rest, nickname := stripNickname(rest)
	switch {
	case nickname != "" && maiden != "":
		p.LeftOut = nickname + " and " + maiden
	case nickname+maiden != "":
		p.LeftOut = nickname + maiden
	}
	return rest
}

// checkHalf returns the problem of a first or a last name with a cell for itself,
// and takes a title, a nickname and a maiden name out of the name.
func (s *source) checkHalf(name *string, v value, p *Person) *Problem {
	*name = WithoutTitle(p.stripAsides(v.text, 1))
	if v.kind == Date || v.kind == Boolean {
		return s.problem("name_unclear", v.column, fmt.Sprintf("the %s %s is a date or a yes/no in the spreadsheet", s.word(), quote(*name)), "type the name as text")
	}
	return s.checkName(*name, v.column, false)
}

// fillFullName splits a name into first and last name.
func (s *source) fillFullName(v value, cells []string, p *Person) *Problem {
	if isList(cellAt(cells, v.column)) {
		return s.problem("name_unclear", v.column, fmt.Sprintf("the %s %s looks like several people", s.word(), quote(v.text)),
			"give each person a row; if it is one person, take the line break out")
	}
	name, joined := joinHyphen(separateInitials(v.text))
	name = p.stripAsides(name, 2)
	if problem := s.checkName(name, v.column, true); problem != nil {
		return problem
	}
	p.FirstName, p.LastName, p.GuessedName = splitName(name, s.order)
	if isNullName(p.FirstName, p.LastName, false) || isNullName(p.LastName, p.FirstName, true) {
		return s.problem("name_missing", v.column, fmt.Sprintf("the name is missing, or a half of it: the cell has only %s", quote(name)), "write both halves")
	}
	p.GuessedName = p.GuessedName || joined || hasStrayDigit(name) || s.doubtful && isAmbiguousOrder(name)
	p.FirstName, p.LastName = s.transform(p.FirstName, false), s.transform(p.LastName, true)
	if p.FirstName != "" && p.LastName != "" {
		return nil
	}
	what := "is one word: the first name or the last name is missing"
	if strings.Contains(p.LastName, " ") {
		what = "is a last name: the first name is missing"
	}
	problem := s.problem("name_single", v.column, fmt.Sprintf("the name %s %s", quote(name), what),
		`write both, such as "Garcia, Maria" or "Maria Garcia"`)
	if p.FirstName == "" {
		problem.Field = FirstName
	}
	return problem
}

// checkTitle returns the problem of a job title.
func (s *source) checkTitle(v value) *Problem {
	switch {
	case v.kind == Date || v.kind == Boolean:
		return s.problem("title_unclear", v.column, fmt.Sprintf("the job title %s is a date or a yes/no in the spreadsheet", quote(v.text)), "type the title as text")
	case isFormula(v.text, false):
		return s.problem("formula_text", v.column, fmt.Sprintf("the job title %s is a formula", quote(v.text)), "type the title itself")
	}
	return nil
}

// checkID returns the problem of an ID.
func (m *Mapper) checkID(s *source, v value) *Problem {
	switch {
	case v.text == "":
		return nil
	case isPlaceholder(v.text), v.text == "0": // what systems write for none
		return s.problem("id_unclear", v.column, fmt.Sprintf("%s is no %s", quote(v.text), s.word()), "type the ID, or leave the cell empty")
	case isFormula(v.text, false):
		return s.problem("formula_text", v.column, fmt.Sprintf("the %s %s is a formula", s.word(), quote(v.text)), "type the ID itself")
	}
	if what := damage(v.text, v.kind); what != "" {
		return s.problem("id_damaged", v.column, fmt.Sprintf("the %s %s %s", s.word(), quote(v.text), what),
			"format the column as text in the spreadsheet, type the ID again and save")
	}
	if !v.exact && !m.whole[v.column] && roundedNumber.MatchString(v.text) {
		return s.problem("id_damaged", v.column, fmt.Sprintf("the %s %s has been rounded to 15 digits, as spreadsheets do", s.word(), quote(v.text)),
			"copy the ID from where it comes from; if it really ends in zeros, write an apostrophe in front of it")
	}
	return nil
}

// fillAnswer reads a yes/no.
func (s *source) fillAnswer(v value, p *Person) *Problem {
	if v.text == "" {
		return nil
	}
	answer, ok := readAnswer(v.text, s.inverted)
	if ok {
		p.IsEmployee = &answer
		return nil
	}
	hint := "write yes or no, or leave the cell empty"
	if s.inverted {
		hint = "write yes for a contractor and no for an employee, or leave the cell empty"
	}
	return s.problem("boolean_unclear", v.column, fmt.Sprintf("%s is neither yes nor no", quote(v.text)), hint)
}

// fillClassification looks a work classification up.
func (m *Mapper) fillClassification(s *source, v value, p *Person) *Problem {
	if v.text == "" {
		return nil
	}
	if s.lookup {
		p.Classification = v.text
		if m.classes == nil {
			return nil
		}
		switch found := m.classes.find(v.text); len(found) {
		case 0:
			return m.classes.unknown(v.text, v.column)
		case 1:
			p.WorkClassificationID = m.classes.all[found[0]].ID
			return nil
		default:
			return m.classes.ambiguous(v.text, v.column, found)
		}
	}
	id, ok := wholeNumber(v.text)
	if !ok {
		return s.problem("classification_id_unclear", v.column, fmt.Sprintf("%s is not the ID of a work classification", quote(v.text)),
			"type its number; for names, map the column with lookup: work_classification")
	}
	p.WorkClassificationID = id
	if m.classes != nil {
		i, known := m.classes.ids[id]
		if !known {
			return m.classes.unknown(v.text, v.column)
		}
		p.Classification = m.classes.all[i].Name
	}
	return nil
}
