package mapping

import (
	"slices"
	"strings"
)

var maidenWords = wordSet("name-parts", "maiden", exactly)

// The lengths of what a name says about an earlier name.
const (
	longestMaidenMark = 4 // words of nom de jeune fille
	longestMaidenName = 3
)

// stripMaidenName takes an earlier name out of a name, as in Emma Brandvold geb.
// Stenner or Halvorsen, Emma (née Ottarson). stripped is the removed text. At
// least as many words must remain.
func stripMaidenName(name string, least int) (rest, stripped string) {
	if strings.Count(name, " ") < 2 {
		return name, ""
	}
	words := strings.Fields(name)
	for i := 1; i < len(words)-1; i++ {
		to := maidenNameEnd(words, i)
		if to == 0 || i+len(words)-to < least {
			continue
		}
		front := words[:i:i]
		if strings.HasSuffix(words[to-1], ",") && to < len(words) {
			front = append(front[:i-1:i-1], strings.TrimRight(front[i-1], ",")+",")
		}
		rest = strings.TrimRight(strings.Join(slices.Concat(front, words[to:]), " "), ", ")
		return rest, strings.TrimRight(strings.Join(words[i:to], " "), ",")
	}
	return name, ""
}

// maidenNameEnd returns where an earlier name ends that begins with the word at i; 0
// if none begins there.
func maidenNameEnd(words []string, i int) int {
	mark, bracket := strings.TrimLeft(words[i], "(["), strings.ContainsAny(words[i][:1], "([")
	from := 0
	for n := min(longestMaidenMark, len(words)-1-i); n > 0 && from == 0; n-- {
		key := strings.Join(append([]string{mark}, words[i+1:i+n]...), " ")
		if maidenWords()[strings.ToLower(strings.TrimRight(key, ".:"))] && (bracket || n > 1 || isMaidenMark(words, i)) {
			from = i + n
		}
	}
	if from == 0 {
		return 0
	}
	to := from + 1
	for to < len(words) && !strings.ContainsAny(words[to-1], ",)]") {
		to++
	}
	closed := strings.ContainsAny(words[to-1], ")]")
	if to-from > longestMaidenName || bracket != closed {
		return 0
	}
	return to
}

// isMaidenMark reports whether the word at i without brackets is no name and no
// initial, as Born, Nee and F are.
func isMaidenMark(words []string, i int) bool {
	const few = 2 // words in front of a mark in capitals
	mark := words[i]
	isShort := len(mark) < 3 && !strings.HasSuffix(mark, ".")
	return !isShort && (isLower(mark) || i >= few && isCapitals(mark) && isCapitals(words[0]) && isCapitals(words[i+1]))
}
