package mapping

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hbollon/go-edlib"
)

// nearEnough is the similarity from which two spellings are worth a suggestion.
// Measured on headings: Jaro-Winkler finds as many typing errors, but also
// likens "Last Name" to "Lead Name".
const nearEnough = 0.78

// mostEdits is how many typing errors a misspelled heading has.
const mostEdits = 2

// similarity is 1 minus the optimal string alignment distance (Levenshtein's
// with swapped neighbours) over the longer length. Texts of more than 64 letters
// are not compared and have similarity 0: no heading or classification is longer.
func similarity(a, b string) float64 {
	shorter, longer := utf8.RuneCountInString(a), utf8.RuneCountInString(b)
	if shorter > longer {
		shorter, longer = longer, shorter
	}
	if shorter == 0 || longer > 64 {
		return 0
	}
	return 1 - float64(edlib.OSADamerauLevenshteinDistance(a, b))/float64(longer)
}

// closest returns the candidate most similar to text, by keyed spelling; "" if
// none reaches least. The first of equals wins.
func closest(text string, candidates []string, key func(string) string, least float64) string {
	best, most := "", 0.0
	folded := key(text)
	for _, c := range candidates {
		if s := similarity(folded, key(c)); s >= least && s > most {
			best, most = c, s
		}
	}
	return best
}

// suggest returns the meaning with the most similar heading in the dictionary, and
// that heading; "" if no heading is near. A heading of the dictionary, and a heading
// whose words are all words of the dictionary, is not misspelled.
func suggest(heading string) (near meaning, like string) {
	if heading == "" || isWithheld(heading) || meaningOf(heading) != "" {
		return "", ""
	}
	isKnown := func(word string) bool { return headings().words[word] }
	if words := headingWords(heading); !slices.ContainsFunc(words, func(w string) bool { return !isKnown(w) }) {
		return "", ""
	}
	key, alike := headingKey(heading), 0.0
	for _, e := range headings().entries {
		if e.meaning.field() == "" {
			continue
		}
		s := similarity(key, e.key)
		edits := (1 - s) * float64(max(utf8.RuneCountInString(key), utf8.RuneCountInString(e.key)))
		if s >= nearEnough && s > alike && edits < mostEdits+0.5 {
			near, like, alike = e.meaning, e.heading, s
		}
	}
	return near, like
}

// list joins words as a sentence does: a, b or c.
func list(words []string, last string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + last + " " + words[len(words)-1]
}
