package mapping

import (
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
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	gap, accents := false, false
	for i := 0; i < len(s); i++ {
		b := s[i]
		switch {
		case b > ' ' && b < 0x7F:
			gap = false
		case 0xC3 <= b && b <= 0xC8 && i+1 < len(s) && 0x80 <= s[i+1] && s[i+1] <= 0xBF:
			gap, accents = false, true // U+00C0 to U+023F: letters with accents, which are NFC
			i++
		case b == ' ' && (verbatim || !gap):
			gap = true
		default:
			return cleanSlowly(s, verbatim)
		}
	}
	if accents && isMojibake(s) {
		return s, lostFlaw
	}
	return s, noFlaw
}

func isSpace(b byte) bool {
	return b == ' ' || '\t' <= b && b <= '\r'
}

func cleanSlowly(s string, verbatim bool) (string, flaw) {
	s = strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || isInvisible(r) || isJoiner(r) })
	found := noFlaw
	if isMojibake(s) {
		found = lostFlaw
	}
	tidy, gap := true, false
	for _, r := range s {
		switch {
		case r == utf8.RuneError:
			found = lostFlaw
		case r == ' ' && (verbatim || !gap):
			gap = true
			continue
		case unicode.IsSpace(r):
			tidy = false
			if verbatim && unicode.IsControl(r) && found == noFlaw {
				found = controlFlaw
			}
		case isInvisible(r):
			tidy = false
		case unicode.IsControl(r):
			if found == noFlaw {
				found = controlFlaw
			}
		}
		gap = false
	}
	if found != noFlaw {
		return s, found
	}
	if !tidy {
		var b strings.Builder
		b.Grow(len(s))
		gap = false
		for _, r := range s {
			switch {
			case isInvisible(r):
				continue
			case unicode.IsSpace(r):
				if !gap || verbatim {
					b.WriteByte(' ')
				}
				gap = true
				continue
			}
			gap = false
			b.WriteRune(r)
		}
		s = b.String()
	}
	if !norm.NFC.IsNormalString(s) {
		s = norm.NFC.String(s)
	}
	return s, noFlaw
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
	switch {
	case r == 0x200B, r == 0x2060, r == 0xFEFF, r == 0x00AD, r == 0x200E, r == 0x200F, r == 0x061C,
		0x202A <= r && r <= 0x202E, 0x2066 <= r && r <= 0x2069:
		return true
	}
	return false
}

// isJoiner reports whether r is a zero-width (non-)joiner, which some scripts
// need inside a word.
func isJoiner(r rune) bool { return r == 0x200C || r == 0x200D }

// quote shows a cell in a message, on a single line and shortened.
func quote(s string) string {
	const most = 40
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || isInvisible(r) || r == utf8.RuneError {
			return '·'
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return `"` + s + `"`
}
