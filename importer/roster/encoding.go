package roster

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wlynxg/chardet"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// guessText guesses the encoding of a file that is not UTF-8.
//
// The statistics of a detector need more text than names with a few accents: chardet
// takes Polish for Turkish. So encodings of Western and Central Europe are compared by
// the places of the letters, and chardet guesses other scripts only.
func (s *source) guessText(head []byte) (*text, error) {
	sample, err := s.highLines()
	if err != nil {
		return nil, err
	}
	if mostlyUTF8(string(sample)) {
		t := utf8Text(head)
		t.checked, t.remark = true, "read as UTF-8, although not all of it is: the rows that can't be read are marked"
		return t, nil
	}
	guess := guessLatin
	if denselyHigh(sample) {
		guess = guessScript
	}
	name, e := guess(sample)
	if e == nil {
		return nil, s.fail(CodeEncodingUnknown, "the encoding of this file is unclear",
			"save it as \"CSV UTF-8\", or name its encoding, such as --encoding windows-1256", nil)
	}
	t := &text{name: name, encoding: e, checked: true, remark: fmt.Sprintf("read as %s, because it is not UTF-8", name)}
	if words := sampleWords(sample, e); words != "" {
		t.remark += ": " + words + " (if that looks wrong, use --encoding)"
	}
	return t, nil
}

// isHigh reports whether a character, or a byte that is not UTF-8, is beyond ASCII.
func isHigh(r rune) bool { return r >= utf8.RuneSelf }

// highLines returns about a chunk of lines with bytes beyond ASCII.
func (s *source) highLines() ([]byte, error) {
	var sample []byte
	from := bufio.NewReaderSize(s.bytes(0), chunk)
	for len(sample) < chunk {
		line, err := from.ReadSlice('\n')
		if bytes.ContainsFunc(line, isHigh) {
			sample = append(sample, line...)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, s.unreadable(err)
		}
	}
	return sample, nil
}

// mostlyUTF8 reports whether a text has eight times as many characters of several bytes
// as bytes that are not UTF-8.
func mostlyUTF8(sample string) bool {
	multi, broken := 0, 0
	for _, r := range sample {
		switch {
		case r == utf8.RuneError:
			broken++
		case isHigh(r):
			multi++
		}
	}
	return multi >= 4 && multi >= 8*broken
}

// denselyHigh reports whether most bytes beyond ASCII have another beside, as in every
// script except the Latin script.
func denselyHigh(b []byte) bool {
	high, dense := 0, 0
	for i, c := range b {
		if c < utf8.RuneSelf {
			continue
		}
		high++
		if (i > 0 && b[i-1] >= utf8.RuneSelf) || (i+1 < len(b) && b[i+1] >= utf8.RuneSelf) {
			dense++
		}
	}
	return high >= 4 && dense*10 >= high*6
}

// guessScript asks chardet, and returns the code page of Windows that contains the
// answer.
func guessScript(b []byte) (string, encoding.Encoding) {
	guess := chardet.Detect(b)
	name := guess.Encoding
	wider := map[string]string{
		"GB2312": "GBK", "CP932": "Shift_JIS", "CP949": "EUC-KR", "ISO-8859-7": "Windows-1253", "ISO-8859-8": "Windows-1255",
		"TIS-620": "Windows-874", "MACCYRILLIC": "x-mac-cyrillic",
	}
	if w, ok := wider[strings.ToUpper(name)]; ok {
		name = w
	}
	e, err := htmlindex.Get(name)
	if err != nil || e == encoding.Replacement || guess.Confidence < 0.5 {
		return "", nil
	}
	return name, e
}

// guessLatin returns the encoding that puts the most letters where letters can be. Of
// several, the most common encoding wins.
func guessLatin(sample []byte) (string, encoding.Encoding) {
	words := bytes.FieldsFunc(sample, func(r rune) bool { return !isHigh(r) && !unicode.IsLetter(r) })
	words = slices.DeleteFunc(words, func(w []byte) bool { return !bytes.ContainsFunc(w, isHigh) })
	name, best, most := "", encoding.Encoding(nil), -1
	for _, c := range []struct {
		name string
		cm   *charmap.Charmap
	}{
		{"Windows-1252", charmap.Windows1252},
		{"MacRoman", charmap.Macintosh},
		{"Windows-1250", charmap.Windows1250},
		{"IBM850", charmap.CodePage850},
	} {
		n := 0
		for _, w := range words {
			n += countPlausible(w, c.cm)
		}
		if n > most {
			name, best, most = c.name, c.cm, n
		}
	}
	return name, best
}

// countPlausible counts the bytes beyond ASCII that are plausible in a word: letters
// (except capitals behind small letters and small letters among capitals), apostrophes,
// and other signs at the ends of the word.
func countPlausible(word []byte, cm *charmap.Charmap) int {
	n := 0
	var before rune
	for i, c := range word {
		r := cm.DecodeByte(c)
		if c >= utf8.RuneSelf {
			inside := i > 0 && i < len(word)-1
			amongCapitals := inside && unicode.IsUpper(before) && unicode.IsUpper(cm.DecodeByte(word[i+1])) // MšLLER
			switch {
			case r == 'ƒ', unicode.IsUpper(r) && unicode.IsLower(before), unicode.IsLower(r) && amongCapitals:
			case unicode.IsLetter(r), r == '’', !inside && strings.ContainsRune("‘“”–—…®°™´\u00a0", r):
				n++
			}
		}
		before = r
	}
	return n
}

// sampleWords returns a few different decoded words, for the user to judge.
func sampleWords(sample []byte, e encoding.Encoding) string {
	const most, length = 4, 30
	text, err := e.NewDecoder().Bytes(sample)
	if err != nil {
		return ""
	}
	var words []string
	for word := range strings.FieldsFuncSeq(string(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '’' && r != '\''
	}) {
		hasHighLetter := strings.ContainsFunc(word, func(r rune) bool { return isHigh(r) && unicode.IsLetter(r) })
		if hasHighLetter && len(words) < most && utf8.RuneCountInString(word) <= length && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return strings.Join(words, ", ")
}
