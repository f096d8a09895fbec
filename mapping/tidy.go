package mapping

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

var abbreviations = wordSet("name-parts", "abbreviated", exactly)

// gluedWord is a short word with a dot in front of a word, as in T.Cardoza.
var gluedWord = regexp.MustCompile(`(^|[ ,.])(\pL{1,4})\.(\pL{2,})`)

// separateInitials puts a blank behind the dot of an initial, a title or a short
// first name that is written together with the next word, as in LEO T.CARDOZA.
func separateInitials(name string) string {
	if !strings.Contains(name, ".") {
		return name
	}
	return gluedWord.ReplaceAllStringFunc(name, func(found string) string {
		parts := gluedWord.FindStringSubmatch(found)
		short := strings.ToLower(parts[2])
		isShort := isInitial(short) || isTitle(short+".") || isSaint(short+".") || abbreviations()[short]
		if whole := strings.ToLower(parts[2] + "." + parts[3]); !isShort || isTitle(whole) || isTitle(whole+".") { // Sig.ra
			return found
		}
		return parts[1] + parts[2] + ". " + parts[3]
	})
}

// spacedHyphen is a hyphen between words with a blank on one side or on both.
var spacedHyphen = regexp.MustCompile(`([^ ,]+)(?: [-–—] ?|[-–—] )([^ ,]+)`)

// joinHyphen takes the blanks round a hyphen inside a name out: Carreño - Olmedo.
// joined is false for a dash between a name and a remark.
func joinHyphen(name string) (rest string, joined bool) {
	if !hasSpacedHyphen(name) {
		return name, false
	}
	at := spacedHyphen.FindStringSubmatchIndex(name)
	if at == nil || len(spacedHyphen.FindAllString(name, 2)) > 1 {
		return name, false
	}
	left, right := name[at[2]:at[3]], name[at[4]:at[5]]
	before := name[strings.LastIndex(name[:at[3]], ",")+1 : at[3]]
	behind, _, _ := strings.Cut(name[at[4]:], ",")
	switch {
	case isDash(left), isDash(right), strings.Trim(left+right, "-–—") != left+right, !hasLetter(left), !hasLetter(right), hasDigit(left + right):
		return name, false
	case isCapitals(left) != isCapitals(right), isInitial(right), isSuffix(right, false), isPlaceholder(right), isRemark(behind), jobWords()[Fold(right)] == qualifier:
		return name, false
	case len(strings.Fields(before)) > 1 && len(strings.Fields(behind)) > 1: // Ann Lee - Bo Li
		return name, false
	}
	return name[:at[3]] + "-" + name[at[4]:], true
}

// hasSpacedHyphen reports whether a name has a hyphen or a dash beside a blank.
func hasSpacedHyphen(name string) bool {
	for i, r := range name {
		if isDash(string(r)) && (i > 0 && name[i-1] == ' ' || strings.HasPrefix(name[i+utf8.RuneLen(r):], " ")) {
			return true
		}
	}
	return false
}
