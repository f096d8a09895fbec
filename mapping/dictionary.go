package mapping

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// field returns the field that a meaning feeds: LastName for full names, "" for an
// ambiguous meaning and for no field.
func (m meaning) field() Field {
	r, known := rules()[m]
	if !known || r.phase != exactPhase {
		return ""
	}
	return publicField(r.fields[0])
}

// isAmbiguous reports whether cells decide what a heading means.
func (m meaning) isAmbiguous() bool { return strings.HasSuffix(string(m), "?") }

// dictionary holds the headings of words/headings.txt.
type dictionary struct {
	entries  []entry
	meanings map[string]meaning // by key; the key of a question ends with "?"
	words    map[string]bool    // of the headings
}

// entry is a heading of the dictionary.
type entry struct {
	meaning      meaning
	heading, key string
}

// wordListSections returns the sections of words/headings.txt that are no meanings.
func wordListSections() map[string]bool {
	return map[string]bool{
		"cell": true, "number": true, "form": true, "of a person": true, "number of a person": true, "employee of": true,
		"as on": true, "form of a name": true, "name of a job": true, "number of a job": true, "part of a title": true,
	}
}

// wordsOfCells are headings that are cells as often.
var wordsOfCells = wordSet("headings", "cell", exactly)

var headings = sync.OnceValue(func() *dictionary {
	d := &dictionary{meanings: make(map[string]meaning), words: make(map[string]bool)}
	for _, s := range readSections("headings") {
		if wordListSections()[s.name] {
			continue
		}
		for _, h := range s.words {
			d.add(h, meaning(s.name))
		}
	}
	return d
})

// add adds a heading. The first meaning of a heading counts.
func (d *dictionary) add(heading string, m meaning) {
	words := headingWords(heading)
	for _, w := range words {
		d.words[w] = true
	}
	key := strings.Join(words, "")
	d.entries = append(d.entries, entry{m, heading, key})
	keys := []string{key}
	if isQuestion(heading) {
		keys = []string{key + "?"}
	}
	if len(words) > 1 && slices.Contains(words, "number") { // EMPNO can't be split into words
		for short := range numberWords() {
			keys = append(keys, strings.ReplaceAll(strings.Join(words, " "), "number", short))
		}
	}
	for _, k := range keys {
		k = strings.ReplaceAll(k, " ", "")
		if _, known := d.meanings[k]; !known && k != "" {
			d.meanings[k] = m
		}
	}
}

// meaningOf looks a heading up. A heading that ends with "?" is first looked up as
// a question.
func meaningOf(heading string) meaning {
	key := headingKey(heading)
	known := headings().meanings
	if m, ok := known[key+"?"]; ok && isQuestion(heading) {
		return m
	}
	for begin := range employeeOf() {
		if strings.HasPrefix(key, begin) {
			return "is_employee"
		}
	}
	if m := known[key]; m != "" {
		return m
	}
	if m := meaningOfPerson(key); m != "" {
		return m
	}
	if short := asOnID().ReplaceAllString(heading, ""); short != heading {
		return meaningOf(short)
	}
	return meaningOfLanguages(heading)
}

// employeeOf is how a question for employees begins: Is Employee Of ACME Electric?
var employeeOf = wordSet("headings", "employee of", headingKey)

// asOnID matches what a form adds to a heading of names: First Name (as on ID).
var asOnID = sync.OnceValue(func() *regexp.Regexp {
	words := map[string][]string{}
	for _, s := range readSections("headings") {
		words[s.name] = append(words[s.name], s.words...)
	}
	return regexp.MustCompile(`(?i)[ ,(-]+(?:(?:` + strings.Join(words["as on"], "|") + `) [^()]+|` + strings.Join(words["form of a name"], "|") + `)\)?\s*$`)
})

// meaningOfLanguages returns the meaning of a heading in several languages, such as
// Prénom / First Name, if all of them mean the same. A heading that is known in one
// language has no doubt left: Nom / Last Name.
func meaningOfLanguages(heading string) meaning {
	parts := strings.FieldsFunc(heading, func(r rune) bool { return r == '/' || r == '|' })
	if len(parts) < 2 {
		return ""
	}
	var certain meaning
	meanings := make([]meaning, len(parts))
	for i, part := range parts {
		key := headingKey(part)
		if meanings[i] = headings().meanings[key]; meanings[i] == "" {
			meanings[i] = meaningOfPerson(key)
		}
		if !meanings[i].isAmbiguous() {
			certain = meanings[i]
		}
	}
	isOther := func(m meaning) bool { return m != certain && m != certain+"?" }
	if certain == meansOther || slices.ContainsFunc(meanings, isOther) {
		return ""
	}
	return certain
}

// The words of headings that say whose name or number a column holds, in front of or
// behind the name or number.
var (
	personWords  = wordSet("headings", "of a person", headingKey)
	personNumber = wordSet("headings", "number of a person", exactly)
)

// meaningOfPerson returns the meaning of a heading such as Driver Name, Labour ID or
// Name of Worker: that of the rest without the person.
func meaningOfPerson(key string) meaning {
	for person := range personWords() {
		rest, found := strings.CutPrefix(key, person)
		if !found {
			rest, found = strings.CutSuffix(key, person)
		}
		if !found {
			continue
		}
		if personNumber()[rest] {
			return "employee_id"
		}
		switch m := headings().meanings[rest]; {
		case m == meansAnyName:
			return meansFullName
		case m == meansFirstNameWord, m == meansLastNameWord, m != "" && !m.isAmbiguous():
			return m
		}
	}
	return ""
}

// Heading reports whether a cell reads like a heading of the dictionary: of a
// field, or of another known column such as Phone. Words that are as often cells,
// such as "No" or "Laborer", don't count.
func Heading(cell string) bool {
	if len(cell) > 100 || wordsOfCells()[strings.ToLower(strings.TrimSpace(cell))] { // longer: a note above the header
		return false
	}
	return meaningOf(cell) != "" || isWithheld(cell)
}

// NameHeading reports whether a heading is a heading of names: of whole names, or of
// a first or last name.
func NameHeading(heading string) bool {
	m := meaningOf(heading)
	switch m {
	case meansAnyName, meansFirstNameWord, meansLastNameWord, meansSecondLastName, meansWorker:
		return true
	}
	f := m.field()
	return f == FirstName || f == LastName
}

// The headings of columns that are never sent.
var (
	withheldWords    = wordSet("withheld", "word", exactly)
	withheldHeadings = wordSet("withheld", "whole", exactly)
	withheldParts    = wordSet("withheld", "inside", exactly)
	withheldEnds     = wordSet("withheld", "end", exactly)
)

// isHalfOfName reports whether a meaning is a first or a last name.
func isHalfOfName(m meaning) bool { return m == meansFirstName || m == meansLastName }

// isWithheld reports whether a heading names social security numbers, birth dates
// or other numbers of the state, in any language. In doubt, the heading does.
func isWithheld(heading string) bool {
	words := headingWords(heading)
	key := strings.Join(words, "")
	switch m := headings().meanings[key]; {
	case m == meansFullName, m == meansBirthName: // Name as per Passport, Nom de naissance
		return false
	case asOnID().MatchString(heading) && isHalfOfName(meaningOf(heading)):
		return false
	}
	if withheldHeadings()[key] || slices.ContainsFunc(words, func(w string) bool { return withheldWords()[w] }) {
		return true
	}
	for end := range withheldEnds() {
		if strings.HasPrefix(key, end) || strings.HasSuffix(key, end) {
			return true
		}
	}
	for part := range withheldParts() {
		if strings.Contains(key, part) {
			return true
		}
	}
	return false
}
