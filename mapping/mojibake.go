package mapping

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// isMojibake reports whether text holds letters in UTF-8 that were read as
// Windows-1252, such as MuÃ±oz: characters that make a Latin letter or a
// typographic mark of UTF-8 again.
func isMojibake(text string) bool {
	var buf [utf8.UTFMax]byte
	n, need := 0, 0 // bytes of a letter that may be there, and how many it has
	for _, r := range text {
		if r < utf8.RuneSelf {
			n = 0
			continue
		}
		b, ok := charmap.Windows1252.EncodeRune(r)
		switch {
		case !ok:
			n = 0
		case n > 0 && 0x80 <= b && b <= 0xBF:
			buf[n] = b
			if n++; n < need {
				continue
			}
			if letter, _ := utf8.DecodeRune(buf[:n]); isTyped(letter) {
				return true
			}
			n = 0
		case 0xC3 <= b && b <= 0xC8:
			buf[0], n, need = b, 1, 2
		case b == 0xE1 || b == 0xE2: // Vietnamese letters, quotation marks
			buf[0], n, need = b, 1, 3
		default:
			n = 0
		}
	}
	return false
}

// isTyped reports whether r is a letter with an accent, or a mark that word
// processors type.
func isTyped(r rune) bool {
	switch {
	case 0xC0 <= r && r <= 0x24F, 0x1E00 <= r && r <= 0x1EFF:
		return unicode.IsLetter(r)
	}
	return 0x2010 <= r && r <= 0x201F
}
