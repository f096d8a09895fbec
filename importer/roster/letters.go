package roster

import (
	_ "embed"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// nameLists holds names of each language, in the form of the word files.
//
//go:embed letters/names.txt
var nameLists string

// language says how often the names of a language have each letter beyond ASCII.
type language struct {
	letters map[rune]*letter
	total   int // letters beyond ASCII in all names
}

// letter counts what the names of a language have beside a letter.
type letter struct {
	count  int
	beside [2]map[rune]int // the letters in front and behind; 0 is the border of the word
	kinds  [2][4]int       // the same by kind, see kindOf
}

// languages returns what the names of all languages say. Languages are sorted by name.
var languages = sync.OnceValue(func() []*language {
	var list []*language
	sections := parseSections(nameLists)
	for _, name := range slices.Sorted(maps.Keys(sections)) {
		l := &language{letters: map[rune]*letter{}}
		for _, text := range sections[name] {
			for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) }) {
				l.learn([]rune(word))
			}
		}
		list = append(list, l)
	}
	return list
})

// learn counts the letters of a word.
func (l *language) learn(word []rune) {
	for i, r := range word {
		if !isHigh(r) {
			continue
		}
		known := l.letters[small(r)]
		if known == nil {
			known = &letter{beside: [2]map[rune]int{{}, {}}}
			l.letters[small(r)] = known
		}
		known.count++
		l.total++
		for side, at := range [2]int{i - 1, i + 1} {
			beside := letterAt(word, at)
			known.beside[side][beside]++
			known.kinds[side][kindOf(beside)]++
		}
	}
}

// letterAt returns a letter of a word in lower case, and 0 outside of the word.
func letterAt(word []rune, i int) rune {
	if i < 0 || i >= len(word) || !unicode.IsLetter(word[i]) {
		return 0
	}
	return small(word[i])
}

// small returns a letter in lower case. The Turkish I with a dot stays, since the small
// letter is in ASCII.
func small(r rune) rune {
	if lower := unicode.ToLower(r); isHigh(lower) == isHigh(r) {
		return lower
	}
	return r
}

// kindSizes says how many letters each kind has about, see kindOf.
var kindSizes = [4]float64{1, 6, 20, 30}

// kindOf returns the kind of what is beside a letter: nothing, a vowel, a consonant or
// a letter beyond ASCII.
func kindOf(beside rune) int {
	switch {
	case beside == 0:
		return 0
	case isHigh(beside):
		return 3
	case strings.ContainsRune("aeiouy", beside):
		return 1
	}
	return 2
}

// The logarithms of what is hardly ever in a name.
const (
	foreignLetter = -16.0
	strangeSign   = -20.0
	oddCase       = -7.0
	borderSign    = -6.0
)

// likelihood returns how likely the letters of a word beyond ASCII are in the language,
// as a logarithm.
func (l *language) likelihood(word []rune) float64 {
	sum := 0.0
	for i, r := range word {
		if !isHigh(r) {
			continue
		}
		if !unicode.IsLetter(r) {
			sum += signLikelihood(word, i)
			continue
		}
		sum += caseLikelihood(word, i)
		known := l.letters[small(r)]
		if known == nil {
			sum += foreignLetter
			continue
		}
		sum += math.Log(float64(known.count) / float64(l.total))
		for side, at := range [2]int{i - 1, i + 1} {
			sum += known.besideLikelihood(side, letterAt(word, at))
		}
	}
	return sum
}

// besideLikelihood returns how likely a letter has another on one side. Pairs that no
// name has are as likely as pairs of the same kind.
func (k *letter) besideLikelihood(side int, beside rune) float64 {
	const few = 4.0
	n := float64(k.count)
	kind := kindOf(beside)
	ofKind := (float64(k.kinds[side][kind]) + 0.25) / (n + 1)
	return math.Log((float64(k.beside[side][beside]) + few*ofKind/kindSizes[kind]) / (n + few))
}

// signLikelihood returns how likely a word has a sign that is no letter: O’Brien, a blank
// between two names, signs around a word or signs alone.
func signLikelihood(word []rune, i int) float64 {
	first, last := i == 0, i == len(word)-1
	switch r := word[i]; {
	case first && last && unicode.IsGraphic(r) && r != unicode.ReplacementChar, r == '’' && 0 < i && i < 3, r == '\u00a0' && !first && !last && unicode.IsUpper(word[i+1]),
		strings.ContainsRune("“‘–—…", r) && first, strings.ContainsRune("”’–—…°™®´", r) && last:
		return borderSign
	}
	return strangeSign
}

// caseLikelihood returns how likely a letter has this case beside the letters beside it: a
// capital behind a letter is odd unless all are capitals, and a small letter among
// capitals.
func caseLikelihood(word []rune, i int) float64 {
	upper, lower := unicode.IsUpper(word[i]), unicode.IsLower(word[i])
	if i == 0 {
		if lower && len(word) > 1 {
			return oddCase / 2
		}
		return 0
	}
	before, behind := word[i-1], rune(0)
	if i+1 < len(word) {
		behind = word[i+1]
	}
	amongCapitals := unicode.IsUpper(before) && (unicode.IsUpper(behind) || i > 1 && unicode.IsUpper(word[i-2]))
	amongSmall := unicode.IsLower(before) || unicode.IsUpper(before) && unicode.IsLower(behind)
	if upper && amongSmall || lower && amongCapitals {
		return oddCase
	}
	return 0
}

// fit is how well decoded words are names.
type fit struct {
	likelihood float64 // the logarithm
	letters    int     // beyond ASCII
	odd        int     // words that are names in no language
}

// fitWords returns how likely words are names, each in the language that suits the word
// best.
func fitWords(words [][]rune) fit {
	const leastPerLetter = -14.0
	var f fit
	for _, word := range words {
		best := math.Inf(-1)
		for _, l := range languages() {
			best = max(best, l.likelihood(word))
		}
		high := 0
		for _, r := range word {
			if isHigh(r) {
				high++
			}
		}
		f.likelihood += best
		f.letters += high
		if best < leastPerLetter*float64(high) {
			f.odd++
		}
	}
	return f
}
