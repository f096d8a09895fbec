package mapping

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// nameCase gives a name that is written in capitals (or all small) the case
// that names have: McDonald, O'Brien, Smith-Jones, de la Cruz, Booker T.
// A word in mixed case stays as it is: its owner knows better.
func nameCase(name string, isLast bool) string {
	words := strings.Fields(name)
	for i, w := range words {
		if !oneCase(w) {
			continue
		}
		switch {
		case isSuffix(w, true) && i > 0:
			words[i] = suffixCase(w)
		case isSmall(w) && i < len(words)-1 && (i > 0 || isLast && !isConnector(strings.ToLower(w))):
			words[i] = strings.ToLower(w)
		default:
			words[i] = wordCase(w)
		}
	}
	return strings.Join(words, " ")
}

// isSmall reports whether a word inside a name is written small. Fewer than
// the particles: "El Haddad", "San Juan", "Ben Salem".
func isSmall(word string) bool {
	switch strings.ToLower(word) {
	case "van", "von", "der", "den", "ter", "ten", "de", "da", "do", "dos", "das", "del", "della", "dello", "di", "du", "des", "la", "las", "los",
		"zu", "zum", "zur", "af", "av", "bin", "ibn", "bint", "vom", "y", "e":
		return true
	}
	return false
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
		case isMac(s):
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

// isMac reports whether mac… is one of the Scottish names with a capital
// inside. It is a list because Macias, Mackey and Machado are not.
func isMac(s string) bool {
	switch s {
	case "macalister", "macallister", "macarthur", "macaulay", "macbeth", "macbride", "maccallum", "maccormack", "macdermott", "macdonald",
		"macdonnell", "macdougall", "macdowell", "macduff", "macewan", "macfarland", "macfarlane", "macgill", "macgillivray", "macgowan",
		"macgregor", "macguire", "macinnes", "macinnis", "macintosh", "macintyre", "maciver", "macivor", "mackay", "mackenzie", "mackinnon",
		"mackintosh", "maclachlan", "maclaren", "maclean", "maclellan", "maclennan", "macleod", "macmahon", "macmanus", "macmillan", "macnab",
		"macnamara", "macnaughton", "macneil", "macneill", "macphail", "macphee", "macpherson", "macqueen", "macrae", "macsweeney",
		"mactaggart", "mactavish", "macwilliams":
		return true
	}
	return false
}
