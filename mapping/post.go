package mapping

import (
	"slices"
	"sync"
)

// jobWord says what a word of a name has to do with posts and firms.
type jobWord uint8

const (
	noJob     jobWord = iota
	qualifier         // beside an occupation or another qualifier: senior, site
	jobOrName         // an occupation that is a last name as well: carpenter
	noName            // an occupation or a trade that no person has in the name: coordinator, plumbing
)

// jobWords returns what each word of words/occupations.txt is, by folded word.
var jobWords = sync.OnceValue(func() map[string]jobWord {
	kinds := map[string]jobWord{"occupation": noName, "trade": noName, "occupation or name": jobOrName, "qualifier": qualifier}
	words := make(map[string]jobWord)
	for _, s := range readSections("occupations") {
		for _, word := range s.words {
			if kind, known := kinds[s.name]; known {
				words[Fold(word)] = kind
			}
		}
	}
	return words
})

// isJobWord reports whether a word, alone, says what a person does and is no first
// name.
func isJobWord(word string) bool {
	key := Fold(word)
	kind := jobWords()[key]
	return kind == noName || kind == jobOrName && !isGivenName(key)
}

// isGivenName reports whether a folded word is known as a first name, long or short.
func isGivenName(key string) bool { return givenNames()[key] || eitherNames()[key] || nicknames()[key] }

// readPost reports whether the folded words of a name are a post or a firm, as
// Safety Coordinator, Lead Carpenter, Traffic Control and ABC Plumbing are. doubtful reports that
// they may be, as Mason Foreman and Robotics Engineer may.
func readPost(words []string) (post, doubtful bool) {
	jobs, qualifiers, others := 0, 0, 0
	var job string
	for _, word := range words {
		switch kind := jobWords()[word]; {
		case kind == noName:
			return true, false
		case kind == jobOrName:
			jobs, job = jobs+1, word
		case kind == qualifier:
			qualifiers++
		case !hasDigit(word) && !isSuffix(word, false) && (len(words) == 2 || !isParticle(word)): // Van Driver, Mestre de Obras, Engineer II
			others++
		}
	}
	switch {
	case jobs == 0: // Fire Watch, Test Account
		return qualifiers > 0 && others == 0 && !slices.ContainsFunc(words, isGivenName), false
	case others > 0:
		return false, kindOfName(job) == unknownName && !slices.ContainsFunc(words, isGivenName)
	}
	return isPostOfJobs(words)
}

// isPostOfJobs decides about words for occupations alone. Two words can be a first
// and a last name, as in Mason Baker and Junior Carpenter.
func isPostOfJobs(words []string) (post, doubtful bool) {
	if len(words) != 2 {
		return true, false
	}
	for i, given := range words {
		other := words[1-i]
		switch {
		case !isGivenName(given):
		case kindOfName(other) != unknownName:
			return false, false
		case jobWords()[given] == jobOrName:
			return false, true
		}
	}
	return true, false
}
