package mapping

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// stripNickname takes out of a name what is no part of the name: a nickname, as in
// Robert (Bob) Smith or Robert "Bob" Smith, the same name in other letters, as in
// Li Wei (李伟), and the quotes around a whole name. stripped is the removed text.
//
// A word or two in quotes are a nickname. In brackets a single word is, if the word
// is written like a name: Ann Lee (days) and Ann Lee (ACME) are written too. A name
// with any other bracket, such as Ann Lee (Foreman), stays and is refused.
func stripNickname(name string) (rest, stripped string) {
	if !strings.ContainsFunc(name, opensAside) {
		return name, ""
	}
	if q := name[:1]; len(name) > 2 && (q == "'" || q == `"`) && strings.HasSuffix(name, q) {
		inside := strings.ReplaceAll(name[1:len(name)-1], q+q, "\x00")
		if !strings.Contains(inside, q) { // 'O''Connor', as databases write it
			return strings.ReplaceAll(inside, "\x00", q), ""
		}
	}
	from, to := findAside(name)
	if to == 0 {
		return name, ""
	}
	runes := []rune(name[from:to])
	inside, bracket := strings.Trim(string(runes[1:len(runes)-1]), " '"), strings.ContainsRune("([{（", runes[0])
	before, behind := strings.TrimRight(name[:from], " "), strings.TrimLeft(name[to:], " ")
	front := before == "" || strings.HasSuffix(before, ",")
	switch {
	case before == "" && behind == "" && !bracket: // "Lee"
		return inside, ""
	case front && bracket, !mayBeNickname(inside), bracket && !isNickname(inside, before):
		return name, ""
	case front: // "Bob" Smith
		rest = before + " " + inside + " " + behind
	case strings.HasPrefix(behind, ","):
		rest = before + behind
	default:
		rest = before + " " + behind
	}
	return strings.TrimSpace(rest), name[from:to]
}

// opensAside reports whether r is a quote or a bracket in front of an aside.
func opensAside(r rune) bool {
	return !unicode.IsLetter(r) && r != ' ' && strings.ContainsRune("\"'`´([{（“”„‘‚«»", r)
}

// aside is text in quotes around whole words, or in brackets behind or between
// words.
var aside = regexp.MustCompile("(?:^|[ ,])(\"[^\"]+\"|[“”„][^“”„]+[“”]|[‘‚][^‘’]+[‘’]|«[^»]+»|»[^«]+«|''[^']+''|'[^']+'|[`´][^`´]+[`´'])(?:[ ,]|$)" +
	`|(\([^()]+\)|\[[^\[\]]+\]|\{[^{}]+\}|（[^（）]+）)(?:[ ,]|$)`)

// findAside finds the only quotes or brackets in a name. to is 0 for none, and
// for several.
func findAside(name string) (from, to int) {
	found := aside.FindStringSubmatchIndex(name)
	if found == nil {
		return 0, 0
	}
	from, to = max(found[2], found[4]), max(found[3], found[5]) // -1 for the pattern that is not there
	if rest := name[:from] + name[to:]; strings.ContainsAny(rest, `"“”„«»()[]{}（）`) || aside.MatchString(rest) {
		return 0, 0
	}
	return from, to
}

// mayBeNickname reports whether the inside of quotes is a word or two of letters,
// and no remark.
func mayBeNickname(inside string) bool {
	words := strings.Fields(inside)
	if len(words) == 0 || len(words) > 2 || isRemark(inside) || jobWords()[Fold(inside)] == qualifier && !nicknames()[Fold(inside)] || isSuffixPart(words, true) || isNullWord(inside) || isPlaceholder(inside) {
		return false
	}
	return !strings.ContainsFunc(inside, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !strings.ContainsRune(" .-'’", r)
	})
}

// isNickname reports whether the inside of brackets behind a name is a known name,
// the beginning of the first name, letters of another script, or a word that is
// written like the name.
func isNickname(inside, before string) bool {
	if isForeignScript(inside) && !isForeignScript(before) {
		return true
	}
	if strings.Contains(inside, " ") {
		return false
	}
	key := Fold(inside)
	if nicknames()[key] || kindOfName(inside) == givenName {
		return true
	}
	if len(key) > 1 && !isLower(inside) && (!isCapitals(inside) || isCapitals(strings.Trim(before, "., "))) {
		return true
	}
	first := strings.Fields(Fold(before))
	return len(key) > 1 && len(first) > 0 && first[0] != key && strings.HasPrefix(first[0], key)
}

// isForeignScript reports whether text has letters, and no Latin letter.
func isForeignScript(text string) bool {
	isLatin := func(r rune) bool { return unicode.IsLetter(r) && unicode.Is(unicode.Latin, r) }
	return hasLetter(text) && !slices.ContainsFunc([]rune(text), isLatin)
}
