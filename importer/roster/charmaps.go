package roster

import (
	"bytes"
	"cmp"
	"slices"
	"unicode"

	"golang.org/x/text/encoding/charmap"
)

// charmapGuess is an encoding of one byte a character, with what the words of a file are
// in the encoding.
type charmapGuess struct {
	name string
	*charmap.Charmap
	rarity float64 // how much less common than the encoding of Western Europe, as a logarithm
	fit
	words []string
}

// charmaps lists the encodings of one byte a character. Of encodings that read a file
// alike, the first is the most common.
func charmaps() []charmapGuess {
	const usual, rare = 3, 7
	return []charmapGuess{
		{name: "Windows-1252", Charmap: charmap.Windows1252},
		{name: "Windows-1250", Charmap: charmap.Windows1250, rarity: usual},
		{name: "Windows-1254", Charmap: charmap.Windows1254, rarity: usual},
		{name: "Windows-1257", Charmap: charmap.Windows1257, rarity: usual},
		{name: "Windows-1251", Charmap: charmap.Windows1251, rarity: usual},
		{name: "Windows-1253", Charmap: charmap.Windows1253, rarity: usual},
		{name: "Windows-1255", Charmap: charmap.Windows1255, rarity: usual},
		{name: "ISO-8859-2", Charmap: charmap.ISO8859_2, rarity: usual},
		{name: "ISO-8859-15", Charmap: charmap.ISO8859_15, rarity: usual},
		{name: "ISO-8859-9", Charmap: charmap.ISO8859_9, rarity: usual},
		{name: "ISO-8859-13", Charmap: charmap.ISO8859_13, rarity: usual},
		{name: "ISO-8859-5", Charmap: charmap.ISO8859_5, rarity: usual},
		{name: "ISO-8859-7", Charmap: charmap.ISO8859_7, rarity: usual},
		{name: "KOI8-U", Charmap: charmap.KOI8U, rarity: usual},
		{name: "Macintosh", Charmap: charmap.Macintosh, rarity: rare},
		{name: "IBM850", Charmap: charmap.CodePage850, rarity: rare},
		{name: "IBM852", Charmap: charmap.CodePage852, rarity: rare},
		{name: "IBM866", Charmap: charmap.CodePage866, rarity: rare},
		{name: "x-mac-cyrillic", Charmap: charmap.MacintoshCyrillic, rarity: rare},
		{name: "ISO-8859-4", Charmap: charmap.ISO8859_4, rarity: rare},
	}
}

// likelihood returns how likely an encoding is, as a logarithm.
func (g *charmapGuess) likelihood() float64 { return g.fit.likelihood - g.rarity }

// readsNames reports whether almost all words are names in the encoding.
func (g *charmapGuess) readsNames() bool { return 4*g.odd <= len(g.words) }

// readsScript reports whether text without ASCII is names in the encoding. Text of
// another script would be made of rare pairs of letters.
func (g *charmapGuess) readsScript() bool {
	const leastPerLetter = -11.0
	return g.fit.likelihood > leastPerLetter*float64(g.letters)
}

// isClear reports whether an encoding is much more likely than the next.
func (g *charmapGuess) isClear(next []charmapGuess) bool {
	const margin = 3.0
	return len(next) == 0 || g.likelihood()-next[0].likelihood() >= margin
}

// guessCharmaps returns the encodings of one byte a character by the letters of names, from
// the most likely on, without encodings that read the same words as others.
func guessCharmaps(sample []byte) []charmapGuess {
	words := highWords(sample)
	var guesses []charmapGuess
	for _, g := range charmaps() {
		decoded := make([][]rune, len(words))
		for i, w := range words {
			letters, _ := g.NewDecoder().Bytes(w) // a charmap decodes any byte
			g.words = append(g.words, string(letters))
			decoded[i] = []rune(g.words[i])
		}
		g.fit = fitWords(decoded)
		if !slices.ContainsFunc(guesses, func(other charmapGuess) bool { return slices.Equal(other.words, g.words) }) {
			guesses = append(guesses, g)
		}
	}
	slices.SortStableFunc(guesses, func(a, b charmapGuess) int { return cmp.Compare(b.likelihood(), a.likelihood()) })
	return guesses
}

// highWords returns the different words of a text that have bytes beyond ASCII.
func highWords(sample []byte) [][]byte {
	const most, length = 200, 40
	seen := map[string]bool{}
	words := bytes.FieldsFunc(sample, func(r rune) bool { return !isHigh(r) && !unicode.IsLetter(r) })
	return slices.DeleteFunc(words, func(w []byte) bool {
		if seen[string(w)] || len(seen) >= most || len(w) > length || !bytes.ContainsFunc(w, isHigh) {
			return true
		}
		seen[string(w)] = true
		return false
	})
}

// differingWords returns a few words that the encodings read differently, as each
// encoding reads the words.
func differingWords(guesses []charmapGuess) [][]string {
	const most = 3
	shown := make([][]string, len(guesses))
	for i, word := range guesses[0].words {
		differs := slices.ContainsFunc(guesses, func(g charmapGuess) bool { return g.words[i] != word })
		if !differs || len(shown[0]) == most {
			continue
		}
		for k, g := range guesses {
			shown[k] = append(shown[k], g.words[i])
		}
	}
	return shown
}
