package mapping

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// flaw is the reason why a text can't be sent.
type flaw uint8

const (
	noFlaw      flaw = iota
	controlFlaw      // holds a control character
	lostFlaw         // holds U+FFFD, bytes that are no UTF-8 or UTF-8 read as another encoding: letters are lost
)

// clean returns the text of a cell in the form that is sent, and what is wrong
// with the text. The form is NFC, without white space at the ends and without
// invisible characters.
//
// Inside, a run of white space becomes a single space. With verbatim, spaces stay
// and other white space is a flaw, because IDs are compared character by
// character.
func clean(s string, verbatim bool) (string, flaw) {
	if isTidy(s) {
		return s, noFlaw // quick
	}
	if isMojibake(s) { // before a soft hyphen at the end is lost
		return s, lostFlaw
	}
	s = strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || isInvisible(r) || isJoiner(r) })
	switch {
	case strings.ContainsRune(s, utf8.RuneError):
		return s, lostFlaw
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && (verbatim || !unicode.IsSpace(r)) }):
		return s, controlFlaw
	}
	gap := false
	s = strings.Map(func(r rune) rune {
		switch {
		case isInvisible(r):
			return -1
		case !unicode.IsSpace(r):
			gap = false
			return r
		case gap && !verbatim:
			return -1
		}
		gap = true
		return ' '
	}, s)
	return norm.NFC.String(s), noFlaw
}

// isTidy reports whether a text is of visible ASCII characters, with single spaces
// between.
func isTidy(s string) bool {
	last := byte(' ')
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == ' ' && last == ' ' {
			return false
		}
		last = s[i]
	}
	return s == "" || last != ' '
}

// asText returns 008 for ="008", which makes Excel show the cell of a CSV file as
// text.
func asText(s string) string {
	if len(s) > 2 && s[0] == '=' && s[1] == '"' && s[len(s)-1] == '"' {
		if inside := s[2 : len(s)-1]; strings.IndexByte(inside, '"') < 0 {
			return inside
		}
	}
	return s
}

// isInvisible reports whether r has no place in any name or ID: zero-width
// space, word joiner, byte order mark, soft hyphen, direction marks.
func isInvisible(r rune) bool {
	return r > unicode.MaxASCII && (slices.Contains([]rune{0x200B, 0x2060, 0xFEFF, 0x00AD, 0x200E, 0x200F, 0x061C}, r) ||
		0x202A <= r && r <= 0x202E || 0x2066 <= r && r <= 0x2069)
}

// isJoiner reports whether r is a zero-width (non-)joiner, which some scripts
// need inside a word.
func isJoiner(r rune) bool { return r == 0x200C || r == 0x200D }

// quote shows a cell in a message, on a single line and shortened.
func quote(s string) string {
	const most = 40
	if s = showable(s); utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return `"` + s + `"`
}

// showable replaces the characters that show nothing, or that end a line or a YAML file.
func showable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || isInvisible(r) || r == utf8.RuneError || r == 0x2028 || r == 0x2029 {
			return '·'
		}
		return r
	}, s)
}
