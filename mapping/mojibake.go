package mapping

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// isMojibake reports whether text holds letters in UTF-8 that were read as
// Windows-1252, such as MuÃ±oz.
func isMojibake(text string) bool { return decodeMojibake(text) != text }

// repairMojibake returns text with all such letters read as UTF-8, also where that
// has gone wrong several times.
func repairMojibake(text string) string {
	for {
		better := decodeMojibake(text)
		if better == text {
			return text
		}
		text = better
	}
}

// decodeMojibake returns text with the characters that make a letter or a
// typographic mark of UTF-8 read as such. Letters of other scripts than Latin count
// if the whole text is UTF-8: a single pair such as Ó’ makes a letter as well.
func decodeMojibake(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return r >= 0xC0 && r <= 0xF4 }) { // none begins a letter in UTF-8
		return text
	}
	bytes, from := make([]byte, 0, len(text)), make([]rune, 0, len(text))
	for _, r := range text {
		bytes, from = append(bytes, windows1252(r)), append(from, r)
	}
	whole := utf8.Valid(bytes) && len(bytes)-utf8.RuneCount(bytes) > 1
	var fixed []rune
	for i := 0; i < len(bytes); {
		letter, size := utf8.DecodeRune(bytes[i:])
		if size < 2 || !isTyped(letter) && (!whole || !unicode.IsLetter(letter) && letter > 0xBF) {
			letter, size = from[i], 1
		}
		fixed = append(fixed, letter)
		i += size
	}
	return string(fixed)
}

// windows1252 returns the byte of a character; 0 or SUB, which end what may be a
// letter, if there is none. Programs pass the bytes that have no character on.
func windows1252(r rune) byte {
	if r >= 0x80 && r < 0xA0 {
		return byte(r)
	}
	b, _ := charmap.Windows1252.EncodeRune(r)
	return b
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
