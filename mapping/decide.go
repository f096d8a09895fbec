package mapping

import (
	"slices"
	"strings"
	"unicode"
)

// nameWord decides Name, Nombre, Nome and Nom: the half that is missing, or
// the whole name.
func (d *detector) nameWord(c *column) {
	lean := Field("")
	switch c.meaning {
	case meansNameWord:
	case meansFirstNameWord:
		lean = FirstName
	case meansLastNameWord:
		lean = LastName
	default:
		return
	}
	first, last := d.taken(FirstName), d.taken(LastName)
	decided := claim{column: c, confidence: 0.9, how: byRest}
	switch {
	case first && last:
	case first && d.isWhole(c, d.claims[FirstName][0].column), last && d.isWhole(c, d.claims[LastName][0].column):
		decided.how = byCells
		d.claim(fullName, decided)
	case first:
		d.claim(LastName, decided)
	case last:
		d.claim(FirstName, decided)
	case d.taken(fullName):
	case d.surnameElsewhere(c), d.otherHalf(c):
	case lean == "" || share(c.cells, isSeveralWords) >= 0.5:
		decided.confidence, decided.how = 1, byHeading
		if lean != "" {
			decided.confidence, decided.how = 0.9, byCells
		}
		if lean == FirstName {
			decided.order = twoSurnames
		}
		d.claim(fullName, decided)
	default:
		d.claim(lean, decided)
	}
}

// joinSurnames joins a column with the second surname to the last name, unless
// that has both already. Without a last name it feeds nothing.
func (d *detector) joinSurnames() {
	var second []*column
	for _, c := range d.columns {
		if c.meaning == meansSecondLastName {
			second = append(second, c)
		}
	}
	for i := range d.claims[LastName] {
		one := &d.claims[LastName][i]
		if len(second) == 1 && len(d.claims[LastName]) == 1 && !d.isWhole(one.column, second[0]) {
			one.joined = second[0]
			return
		}
	}
	for _, c := range second {
		if d.taken(LastName) && len(d.claims[LastName]) == 1 && len(second) == 1 {
			return
		}
		d.ambiguous(c, "a part of the last name, or the whole of it", string(LastName))
	}
}

// surnameElsewhere asks whether a column of names holds the first names only,
// where another one that is not in the dictionary reads like the last name.
func (d *detector) surnameElsewhere(c *column) bool {
	for _, other := range d.columns {
		if other.meaning != meansNothing {
			continue
		}
		if d.compare(other); other.nearly != meansLastName && !namesSurname(other.heading) {
			continue
		}
		d.ambiguous(c, "the whole name or, beside "+place(d.header, other.index)+", the first name", string(fullName), string(FirstName))
		d.ambiguous(other, "the last name", string(LastName))
		return true
	}
	return false
}

// otherHalf asks whether a column of names holds one half of them, where it has
// single words only and the column beside it, which has no heading, too: the
// heading stands over both.
func (d *detector) otherHalf(c *column) bool {
	if c.index+1 >= len(d.all) {
		return false
	}
	other := d.all[c.index+1]
	isWord := func(s string) bool {
		return !isSeveralWords(s) && hasLetter(s) && !strings.ContainsFunc(s, unicode.IsDigit)
	}
	if other.heading != "" || d.withheld[other.index] || !most(c.cells, isWord) || !most(other.cells, isWord) || 2*len(other.cells) < len(c.cells) {
		return false
	}
	d.ambiguous(c, "the whole name or, beside "+place(d.header, other.index)+", a half of it", string(fullName), string(FirstName), string(LastName))
	d.ambiguous(other, "the other half of the name", string(LastName), string(FirstName))
	return true
}

// namesSurname reports whether a heading has a word for the last name in it.
func namesSurname(heading string) bool {
	found := false
	for _, w := range headingWords(heading) {
		switch w {
		case "family", "surname", "surnames", "lastname", "apellido", "apellidos", "paterno", "materno", "apelido", "apelidos", "sobrenome",
			"famille", "familienname", "nachname", "cognome", "lst", "lname":
			found = true
		case "job", "size", "members", "status": // Workday's Job Family
			return false
		}
	}
	return found
}

// isWhole reports whether a name column repeats the half that another column
// has, or has commas: it holds whole names.
func (d *detector) isWhole(c, half *column) bool {
	if share(c.cells, func(s string) bool { return strings.Contains(s, ",") }) >= 0.5 {
		return true
	}
	n, both := 0, 0
	for _, row := range d.sample {
		if c.index >= len(row) || half.index >= len(row) {
			continue
		}
		whole, part := fold(row[c.index]), fold(row[half.index])
		if whole == "" || part == "" {
			continue
		}
		both++
		if whole != part && slices.Contains(strings.Fields(whole), strings.Fields(part)[0]) {
			n++
		}
	}
	return both > 0 && 2*n >= both
}

func isSeveralWords(cell string) bool { return strings.ContainsAny(cell, " ,") }

// looksLikeName: two words or more, or a comma, and no digit.
func looksLikeName(cell string) bool {
	return isSeveralWords(cell) && !strings.ContainsFunc(cell, unicode.IsDigit) && hasLetter(cell)
}

// looksLikeID: one word with a digit.
func looksLikeID(cell string) bool {
	return strings.ContainsFunc(cell, unicode.IsDigit) && !strings.Contains(cell, " ") && len(cell) <= 40
}

// workerWord decides Employee, Worker, Technician: a name, an ID or a yes/no.
func (d *detector) workerWord(c *column) {
	if c.meaning != meansWorkerWord {
		return
	}
	named := d.taken(FirstName) && d.taken(LastName) || d.taken(fullName)
	decided := claim{column: c, confidence: 0.9, how: byCells}
	switch {
	case most(c.cells, isAnswer) && isRepeated(c.cells):
		if !d.taken(IsEmployee) {
			d.claim(IsEmployee, decided)
		}
	case most(c.cells, looksLikeID):
		if !d.taken(EmployeeID) {
			d.claim(EmployeeID, decided)
		}
	case most(c.cells, looksLikeName):
		if !named {
			d.claim(fullName, decided)
		}
	case !named && Heading(c.heading): // "Laborer" may be a cell of a roster without a header
		d.ambiguous(c, "a name, an employee ID or a yes/no, and its cells don't say which", string(fullName), string(EmployeeID), string(IsEmployee))
	}
}

// isRepeated reports whether cells repeat as yes and no do; 1, 2, 3 don't.
func isRepeated(cells []string) bool {
	distinct := make(map[string]bool)
	for _, c := range cells {
		distinct[c] = true
	}
	return len(cells) < 3 || len(distinct) < len(cells)
}

// otherWord decides Job, Type, ID, Contractor.
func (d *detector) otherWord(c *column) {
	decided := claim{column: c, confidence: 0.9, how: byCells}
	switch c.meaning {
	case meansJobWord:
		d.jobWord(c, decided)
	case meansTypeWord:
		if !d.taken(IsEmployee) && len(c.cells) > 0 {
			d.workerKind(c, decided)
		}
	case meansFirmWord:
		if d.taken(IsEmployee) {
			return
		}
		decided.inverted = true
		switch answers := share(c.cells, isAnswer); {
		case answers >= 0.8:
			d.claim(IsEmployee, decided)
		case answers > 0.2:
			d.ambiguous(c, "a yes/no or the name of a firm", string(IsEmployee))
		}
	case meansIDWord, meansIDNumberWord:
		d.idWord(c, decided)
	default:
	}
}

// jobWord decides Job: a title in words, or the number of a job.
func (d *detector) jobWord(c *column, decided claim) {
	isWords := func(s string) bool { return hasLetter(s) && !strings.ContainsFunc(s, unicode.IsDigit) }
	isNumber := func(s string) bool { return strings.ContainsFunc(s, unicode.IsDigit) }
	switch {
	case d.taken(JobTitle), most(c.cells, isNumber):
	case most(c.cells, isWords):
		d.claim(JobTitle, decided)
	default:
		d.ambiguous(c, "a job title or the number of a job, and its cells don't say which", string(JobTitle))
	}
}

// idWord decides ID and ID No: a running number is none, a UUID comes from
// another system. Otherwise "ID No" on a crew list is the badge; plain "ID" can
// be either.
func (d *detector) idWord(c *column, decided claim) {
	switch {
	case isRunning(c.cells), len(c.cells) == 0 && d.taken(EmployeeID):
	case most(c.cells, isUUID):
		if !d.taken(OriginID) {
			d.claim(OriginID, decided)
		}
	case d.taken(EmployeeID):
	case most(c.cells, isNineDigits): // of the state, not of a company
		d.withheld[c.index] = true
	case c.meaning == meansIDNumberWord && most(c.cells, looksLikeID):
		d.claim(EmployeeID, decided)
	default:
		d.ambiguous(c, "an employee ID, an ID of another system or a number of the state, and its cells don't say which",
			string(EmployeeID), string(OriginID))
	}
}

// isRunning reports whether cells count 1, 2, 3.
func isRunning(cells []string) bool {
	if len(cells) == 0 || cells[0] != "1" && cells[0] != "01" && cells[0] != "001" {
		return false
	}
	last := int64(0)
	for _, c := range cells {
		n, ok := wholeNumber(c)
		if !ok || n != last+1 {
			return false
		}
		last = n
	}
	return len(cells) > 1
}

func isUUID(cell string) bool {
	cell = strings.Trim(cell, "{}")
	if len(cell) != 36 {
		return false
	}
	for i, r := range cell {
		if isDash := i == 8 || i == 13 || i == 18 || i == 23; isDash != (r == '-') || r != '-' && !unicode.Is(unicode.ASCII_Hex_Digit, r) {
			return false
		}
	}
	return true
}

func isNineDigits(cell string) bool {
	n, rest := digits(cell)
	return n == 9 && rest == ""
}

// classWord decides Class and Title / Class: a classification, or a title. What
// another column has taken is out of the question.
func (d *detector) classWord(c *column) {
	title, trade := !d.taken(JobTitle), !d.taken(WorkClassification)
	if !strings.Contains(headingKey(c.heading), "title") && !strings.Contains(headingKey(c.heading), "position") {
		title = false // "Class" beside a craft is no title for certain
	}
	decided := claim{column: c, confidence: 0.9, how: byCells, lookup: true}
	known := share(c.cells, func(s string) bool { return d.classes != nil && len(d.classes.find(nil, s)) > 0 })
	switch {
	case !trade && !title:
	case !trade && most(c.cells, hasLetter):
		decided.how, decided.lookup = byRest, false
		d.claim(JobTitle, decided)
	case trade && known >= 0.8:
		d.claim(WorkClassification, decided)
	case trade && title && len(c.cells) > 0 && (d.classes != nil && known == 0 || most(c.cells, isRank)):
		decided.lookup = false
		d.claim(JobTitle, decided)
	case trade && !title && d.classes == nil && most(c.cells, hasLetter) && !most(c.cells, isRank):
		d.claim(WorkClassification, decided)
	case !trade && title, trade && title:
		d.ambiguous(c, "a job title or a work classification, and its cells don't say which", string(JobTitle), string(WorkClassification))
	default:
		d.ambiguous(c, "a work classification or something else, and its cells don't say which", string(WorkClassification))
	}
}

// isRank reports whether a cell is a rank on site and no trade.
func isRank(cell string) bool {
	for _, w := range strings.Fields(fold(cell)) {
		switch w {
		case "foreman", "forewoman", "journeyman", "journeyperson", "apprentice", "superintendent", "lead", "leadman", "helper", "supervisor", "manager",
			"capataz", "oficial", "ayudante", "aprendiz", "encargado", "polier", "vorarbeiter", "geselle", "meister", "lehrling", "apprenti", "compagnon",
			"contremaitre", "encarregado", "ajudante", "mestre":
			return true
		}
	}
	return false
}
