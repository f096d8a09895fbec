package mapping

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold folds a text so that two spellings of a name are equal. Folding twice gives
// what folding once gives.
//
// Folded text is in lower case. Accents are dropped, letters such as ß and ł are
// spelled out, compatibility forms (full width, ligatures) are resolved. Every run
// of punctuation and white space is a single space; there is none at the ends.
func Fold(s string) string {
	if folded, ok := foldASCII(s); ok {
		return folded // quick
	}
	var b strings.Builder
	b.Grow(len(s))
	gap := false // a space is due before the next letter
	for _, r := range norm.NFKD.String(strings.ToValidUTF8(s, " ")) {
		r = unicode.ToLower(r)
		switch {
		case isAccent(r), unicode.Is(unicode.Cf, r):
			continue
		case isApostrophe(r), !unicode.In(r, unicode.L, unicode.N, unicode.M):
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte(' ')
		}
		gap = false
		if r > unicode.MaxASCII && spelledLetters()[r] != "" {
			b.WriteString(spelledLetters()[r])
		} else {
			b.WriteRune(r)
		}
	}
	return norm.NFC.String(b.String()) // vowel signs and the parts of Hangul
}

// foldASCII is Fold for ASCII; ok is false for other texts.
func foldASCII(s string) (folded string, ok bool) {
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= utf8.RuneSelf:
			return "", false
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		default:
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte(' ')
		}
		gap = false
		b.WriteByte(c)
	}
	return b.String(), true
}

// isAccent is narrower than unicode.Mn: the vowel signs of Indic scripts and
// the voicing marks of kana tell names apart.
func isAccent(r rune) bool {
	switch {
	case 0x0300 <= r && r <= 0x036F, 0x064B <= r && r <= 0x065F, 0x1AB0 <= r && r <= 0x1AFF,
		0x1DC0 <= r && r <= 0x1DFF, 0x20D0 <= r && r <= 0x20FF, 0xFE20 <= r && r <= 0xFE2F:
		return true
	}
	return false
}

// isApostrophe reports whether r is a letter that looks like an apostrophe, as in
// Oʼahu and Oʻahu.
func isApostrophe(r rune) bool {
	return 0x02B9 <= r && r <= 0x02BF || r == 0x02C8 || r == 0xA78C || r == 0x02EE
}

// spelledLetters returns ASCII letters for letters that Unicode doesn't take apart.
var spelledLetters = sync.OnceValue(func() map[rune]string {
	return map[rune]string{
		'ß': "ss", 'ł': "l", 'ø': "o", 'đ': "d", 'ð': "d", 'þ': "th", 'æ': "ae", 'œ': "oe", 'ħ': "h", 'ı': "i", 'ŧ': "t", 'ŋ': "n", 'ĸ': "k", 'ς': "σ",
	}
})

// The words of headings that mean a number, and that forms add to a heading.
var (
	numberWords = wordSet("headings", "number", exactly)
	formWords   = wordSet("headings", "form", exactly)
)

// formNumber is the number or letter in front of a form's heading.
var formNumber = regexp.MustCompile(`^(?:\(\d+[A-Za-z]?\)|\d{1,2}[.)]|\(?[A-Za-z]\)) `)

// headingWords folds a heading into words: camelCase is split, "#" and the
// abbreviations of "number" are the word number, "(required)" and the number in
// front of a form's headings, as in "(3) Work Classification" and "2. Trade", are dropped.
func headingWords(heading string) []string {
	heading = formNumber.ReplaceAllString(heading, "")
	var b strings.Builder
	runes := []rune(heading)
	for i, r := range runes {
		if r == '#' || r == '№' {
			b.WriteString(" number ")
			continue
		}
		if r == '°' { // N°
			r = 'o'
		}
		if i > 0 && unicode.IsUpper(r) {
			endsWord := unicode.IsLower(runes[i-1])
			endsAcronym := unicode.IsUpper(runes[i-1]) && i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if endsWord || endsAcronym {
				b.WriteByte(' ')
			}
		}
		b.WriteRune(r)
	}
	words := strings.Fields(Fold(b.String()))
	out := words[:0]
	for i := 0; i < len(words); i++ {
		switch w := words[i]; {
		case numberWords()[w]:
			out = append(out, "number")
		case w == "n" && i+1 < len(words) && words[i+1] == "o": // N.º
			i++
			out = append(out, "number")
		case !formWords()[w] || len(out) == 0:
			out = append(out, w)
		}
	}
	return out
}

// headingKey returns what headings are compared by: the words without spaces,
// since FIRSTNAME can't be split.
func headingKey(heading string) string {
	return strings.Join(headingWords(heading), "")
}

// isQuestion reports whether a heading is a question: "Employee?" is a yes/no.
func isQuestion(heading string) bool {
	return strings.HasSuffix(strings.TrimRight(heading, " *\t\r\n\u00a0"), "?")
}
