package mapping

import (
	"slices"
	"strings"
)

var (
	titles       = wordSet("name-parts", "title", exactly)
	titlesInside = wordSet("name-parts", "title inside", exactly)
	titleNames   = wordSet("name-parts", "title or name", exactly)
)

// isTitle reports whether a word is a form of address or a rank.
func isTitle(word string) bool { return titles()[strings.ToLower(word)] }

// longestTitle is how many words a title has at most.
const longestTitle = 3

// titleLength counts the words of the title in front of a name; 0 for no title. A
// single word that is left without a name is no title, unless a dot ends the word:
// Herr and Ing are last names, too.
func titleLength(words []string) int {
	for n := min(longestTitle, len(words)-1); n > 1; n-- {
		if isTitle(strings.Join(words[:n], " ")) {
			return n
		}
	}
	if len(words) > 0 && isTitle(words[0]) && (len(words) > 1 || strings.HasSuffix(words[0], ".")) {
		return 1
	}
	return 0
}

// dropTitles takes titles off the front. least is how many words must follow a
// title that is a name as often, such as Major; doubtful reports such a title.
func dropTitles(words []string, least int) (rest []string, doubtful bool) {
	for {
		n := titleLength(words)
		if n == 0 && len(words) > least && titleNames()[strings.ToLower(strings.TrimSuffix(words[0], "."))] {
			n, doubtful = 1, true
		}
		if n == 0 {
			return words, doubtful
		}
		words = words[n:]
	}
}

// WithoutTitle returns a first name without the titles in front, such as Dr.
func WithoutTitle(name string) string {
	if !strings.Contains(name, " ") {
		return name
	}
	words, _ := dropTitles(strings.Fields(name), len(name))
	return strings.Join(words, " ")
}

// titleInside returns where a title follows a last name, as in Halvorsen Mr. S.;
// 0 for nowhere.
func titleInside(words []string) int {
	isInside := func(w string) bool {
		return !isSuffix(w, false) && (strings.HasSuffix(w, ".") && isTitle(w) && !isInitial(w) || titlesInside()[strings.ToLower(w)])
	}
	if len(words) < 2 {
		return 0
	}
	return slices.IndexFunc(words[1:], isInside) + 1
}
