package mapping

import (
	"regexp"
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
	if !hasListMark(name) {
		return name // quick
	}
	for _, mark := range []*regexp.Regexp{listMark, dashMark, footMark} {
		if found := mark.FindStringSubmatch(name); found != nil {
			name = found[1]
		}
	}
	return name
}

// hasListMark reports whether a name may have a mark: the name begins with another
// sign than a letter, or with a single letter and a sign, or ends in the sign of a mark.
func hasListMark(name string) bool {
	first, size := utf8.DecodeRuneInString(name)
	if !unicode.IsLetter(first) || len(name) > size && (name[size] == ')' || name[size] == ':') {
		return true
	}
	switch last, _ := utf8.DecodeLastRuneInString(name); last {
	case '*', '†', '‡', '#', '^', ']', ')':
		return true
	}
	return false
}
