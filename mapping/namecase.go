package mapping

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	smallWords = wordSet("name-parts", "small", exactly)
	macNames   = wordSet("name-parts", "mac", exactly)
)

// nameCase changes a name in capitals, or in small letters, to the case that names
// have: McDonald, O'Brien, Smith-Jones, de la Cruz, Booker T. A word in mixed case
// does not change.
func nameCase(name string, isLast bool) string {
	words := strings.Fields(name)
	for i, w := range words {
		if !oneCase(w) {
			continue
		}
		switch {
		case isSuffix(w, true) && i > 0:
			words[i] = suffixCase(w)
		case smallWords()[strings.ToLower(w)] && i < len(words)-1 && (i > 0 || isLast && !isConnector(strings.ToLower(w))):
			words[i] = strings.ToLower(w)
		default:
			words[i] = wordCase(w)
		}
	}
	return strings.Join(words, " ")
}

// oneCase reports whether a word has capitals only or small letters only.
func oneCase(word string) bool {
	return strings.ContainsFunc(word, unicode.IsUpper) != strings.ContainsFunc(word, unicode.IsLower)
}

// suffixCase writes Jr. and III.
func suffixCase(word string) string {
	lower := strings.ToLower(word)
	if strings.Trim(lower, "iv.") == "" {
		return strings.ToUpper(word)
	}
	return capital(lower)
}

// namePart is a part of a word between hyphens, apostrophes and dots.
var namePart = regexp.MustCompile(`[^-'’.‐‑/()"]+`)

// wordCase capitalises each part of a word.
func wordCase(word string) string {
	return namePart.ReplaceAllStringFunc(strings.ToLower(word), func(part string) string {
		switch {
		case strings.HasPrefix(part, "mc") && utf8.RuneCountInString(part) > 3:
			return "Mc" + capital(part[2:])
		case macNames()[part]:
			return "Mac" + capital(part[3:])
		}
		return capital(part)
	})
}

func capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return ""
	}
	return string(unicode.ToTitle(r)) + s[size:]
}
