package mapping

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The marks in front of and behind a line of a list: * Ann Lee, 12) Bo Li, N: Cy Dahl, - Maria
// Lopez, [x] Dan Moe and Ann Lee **. What reads like a formula has no mark.
var (
	listMark = regexp.MustCompile(`^(?:[*†‡•·▪▫◦●○■□◆◇►▶▸➢➤»>☐☑☒✓✔#~.]+|\(?\d{1,3}(?:[):\]]|(?:\.| *[-–—])(?:\s|$))|\(\pL\)|\pL[):]|\[[ xX✓]?\])\s*(\pL.*|)$`)
	dashMark = regexp.MustCompile(`^[-–—+]+\s*(\pL[^(|!=]*)$`)
	footMark = regexp.MustCompile(`^(.*\pL\.?)\s*(?:[*†‡#^]+|\[\w\]|\(\d\))$`)
)

// dropListMarks takes what marks a line of a list off a name.
func dropListMarks(name string) string {
	if first, _ := utf8.DecodeRuneInString(name); unicode.IsLetter(first) && isPlain(name) {
		return name // quick
	}
	for _, mark := range []*regexp.Regexp{listMark, dashMark, footMark} {
		if found := mark.FindStringSubmatch(name); found != nil {
			name = found[1]
		}
	}
	return name
}

// isPlain reports whether a name has only letters, blanks and . , ' - in it.
func isPlain(name string) bool {
	for _, r := range name {
		if !unicode.IsLetter(r) && !strings.ContainsRune(" .,'-", r) {
			return false
		}
	}
	return true
}
