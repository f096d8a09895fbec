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
	bytes := make([]byte, 0, len(text))
	for _, r := range text {
		b, _ := charmap.Windows1252.EncodeRune(r) // 0 or SUB ends what may be a letter
		bytes = append(bytes, b)
	}
	for len(bytes) > 0 {
		letter, size := utf8.DecodeRune(bytes)
		if size > 1 && isTyped(letter) {
			return true
		}
		bytes = bytes[size:]
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
