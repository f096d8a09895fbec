package mapping

import (
	"cmp"
	"strings"
)

var (
	placeholderNames = wordSet("placeholders", "placeholder", Fold)
	vacancies        = wordSet("placeholders", "vacancy", Fold)
	vacancyWords     = wordSet("placeholders", "vacancy", firstWord)
)

// CodeNoPerson is the code of a row that is no person's: a post without a person, or a
// remark.
const CodeNoPerson = "no_person"

// isPlaceholderName reports whether a folded first and last name are typed where a row has
// no person yet, as New Hire and Test User are. A number behind the name makes no
// difference.
func isPlaceholderName(name string) bool {
	return placeholderNames()[withoutNumber(name)]
}

// isVacancy reports whether a name, or both halves of a name, say that a post has no person:
// Vacant, Vacant Position 2, N.N., Vacant - Welder.
func isVacancy(first, last string) bool {
	front, _, _ := strings.Cut(cmp.Or(first, last), " ")
	if word := firstWord(front); word != "" && !vacancyWords()[word] {
		return false // quick
	}
	if last == first && vacancies()[withoutNumber(Fold(first))] {
		return true
	}
	first = strings.TrimSpace(first + " " + last)
	if at := strings.IndexAny(first, "(:–"); at > 0 {
		first = first[:at]
	}
	first, _, _ = strings.Cut(first, " - ")
	return vacancies()[withoutNumber(Fold(first))]
}

// firstWord returns the first word of a text, folded and without the number behind the word.
func firstWord(text string) string {
	word, _, _ := strings.Cut(Fold(text), " ")
	return withoutNumber(word)
}

// withoutNumber returns a folded name without the number behind the name.
func withoutNumber(name string) string { return strings.TrimRight(name, " 0123456789") }
