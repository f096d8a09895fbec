package mapping

import (
	"slices"
	"strings"
	"unicode"
)

var (
	surnameWords   = wordSet("name-parts", "surname in a heading", exactly)
	noSurnameWords = wordSet("name-parts", "no surname in a heading", exactly)
)

// nameWord decides Name, Nombre, Nome and Nom: the half that is missing, or the
// whole name.
func (d *detector) nameWord(c *column) {
	half := map[meaning]Field{meansFirstNameWord: FirstName, meansLastNameWord: LastName}[c.meaning]
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
	case half == "" || share(c.cells, isSeveralWords) >= 0.5:
		decided.confidence, decided.how = 1, byHeading
		if half != "" {
			decided.confidence, decided.how = 0.9, byCells
		}
		if half == FirstName {
			decided.order = twoSurnames
		}
		d.claim(fullName, decided)
	default:
		d.claim(half, decided)
	}
}

// joinSurnames joins the columns with a particle and with the second surname to the
// last name, unless that has both surnames already. Without a last name the second
// surname feeds nothing.
func (d *detector) joinSurnames() {
	second, particle := d.meaning(meansSecondLastName), d.meaning(meansParticle)
	var last *claim
	if len(d.claims[LastName]) == 1 {
		last = &d.claims[LastName][0]
	}
	if last != nil && len(particle) == 1 {
		last.parts = []*column{particle[0], last.column}
	}
	switch {
	case last == nil || len(second) > 1:
		for _, c := range second {
			d.ambiguous(c, "a part of the last name, or the whole of it", LastName)
		}
	case len(second) == 1 && !d.isWhole(last.column, second[0]):
		if last.parts == nil {
			last.parts = []*column{last.column}
		}
		last.parts = append(last.parts, second[0])
	}
}

// meaning returns the columns whose headings have a meaning.
func (d *detector) meaning(m meaning) []*column {
	var all []*column
	for _, c := range d.columns {
		if c.meaning == m {
			all = append(all, c)
		}
	}
	return all
}

// surnameElsewhere asks whether a column of names holds first names only. The
// question arises where an unknown heading reads like the last name.
func (d *detector) surnameElsewhere(c *column) bool {
	for _, other := range d.columns {
		if other.meaning != "" {
			continue
		}
		if d.compare(other); other.nearly != meansLastName && !namesSurname(other.heading) {
			continue
		}
		if d.isWhole(c, other) {
			d.claim(fullName, claim{column: c, confidence: 0.9, how: byCells})
			return true
		}
		d.ambiguous(c, "the whole name or, beside "+place(d.header, other.index)+", the first name", fullName, FirstName)
		d.ambiguous(other, "the last name", LastName)
		d.propose(FirstName, LastName)
		return true
	}
	return false
}

// otherHalf asks whether a heading such as Name stands over two columns. The
// question arises where the column beside has no heading, and both columns have
// single words.
func (d *detector) otherHalf(c *column) bool {
	if c.index+1 >= len(d.all) {
		return false
	}
	other := d.all[c.index+1]
	isWord := func(s string) bool {
		return !isSeveralWords(s) && hasLetter(s) && !strings.ContainsFunc(s, unicode.IsDigit)
	}
	if other.heading != "" || d.withheld[other.index] || !nearlyAll(c.cells, isWord) || !nearlyAll(other.cells, isWord) || 2*len(other.cells) < len(c.cells) {
		return false
	}
	d.ambiguous(c, "the whole name or, beside "+place(d.header, other.index)+", a half of it", fullName, FirstName, LastName)
	d.ambiguous(other, "the other half of the name", LastName, FirstName)
	d.propose(FirstName, LastName)
	return true
}

// propose makes fields the proposed answers to the last questions.
func (d *detector) propose(fields ...Field) {
	for i, f := range fields {
		q := &d.questions[len(d.questions)-len(fields)+i]
		q.Guess = slices.IndexFunc(q.Answers, func(a Answer) bool { return a.field == f })
	}
}

// namesSurname reports whether a heading has a word for the last name.
func namesSurname(heading string) bool {
	words := headingWords(heading)
	return slices.ContainsFunc(words, func(w string) bool { return surnameWords()[w] }) &&
		!slices.ContainsFunc(words, func(w string) bool { return noSurnameWords()[w] })
}

// isWhole reports whether a column holds whole names: the cells have commas, or
// repeat the half in another column.
func (d *detector) isWhole(c, half *column) bool {
	if share(c.cells, func(s string) bool { return strings.Contains(s, ",") }) >= 0.5 {
		return true
	}
	n, both := 0, 0
	for _, row := range d.sample {
		whole, part := Fold(cellAt(row, c.index)), Fold(cellAt(row, half.index))
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
