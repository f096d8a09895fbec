package mapping

import (
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
	upper, lower := false, false
	for _, r := range word {
		upper = upper || unicode.IsUpper(r)
		lower = lower || unicode.IsLower(r)
	}
	return upper != lower
}

// suffixCase writes Jr. and III.
func suffixCase(word string) string {
	lower := strings.ToLower(word)
	if strings.Trim(lower, "iv.") == "" {
		return strings.ToUpper(word)
	}
	if first, _ := utf8.DecodeRuneInString(lower); unicode.IsDigit(first) {
		return lower
	}
	return capital(lower)
}

// wordCase capitalises each part of a word at hyphens, apostrophes and dots.
func wordCase(word string) string {
	var b strings.Builder
	part := 0
	flush := func(end int) {
		s := strings.ToLower(word[part:end])
		switch {
		case strings.HasPrefix(s, "mc") && utf8.RuneCountInString(s) > 3:
			s = "Mc" + capital(s[2:])
		case macNames()[s]:
			s = "Mac" + capital(s[3:])
		default:
			s = capital(s)
		}
		b.WriteString(s)
	}
	for i, r := range word {
		switch r {
		case '-', '\'', '’', '.', '‐', '‑', '/', '(', ')', '"':
			flush(i)
			b.WriteRune(r)
			part = i + utf8.RuneLen(r)
		}
	}
	flush(len(word))
	return b.String()
}

func capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return ""
	}
	return string(unicode.ToTitle(r)) + s[size:]
}
