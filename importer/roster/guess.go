package roster

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wlynxg/chardet"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// guessText names the encoding of a file that is not UTF-8.
//
// Names are too few and too short for the statistics of a detector where
// accents are rare: chardet takes Polish for Turkish. So Western and Central
// European encodings are told by where they put letters, and chardet is asked
// only about writing whose every letter is a high byte.
func (s *source) guessText(head []byte) (*text, error) {
	sample, err := s.highLines()
	if err != nil {
		return nil, err
	}
	if multi, broken := countUTF8(sample); multi >= 4 && multi >= 8*broken {
		t := utf8Text(head)
		t.checked, t.remark = true, "read as UTF-8, although not all of it is: the rows that can't be read are marked"
		return t, nil
	}
	which := latinOf
	if denselyHigh(sample) {
		which = scriptOf
	}
	name, e := which(sample)
	if e == nil {
		return nil, s.fail(CodeEncodingUnknown, "the encoding of this file can't be told",
			"save it as \"CSV UTF-8\", or name its encoding, such as --encoding windows-1256", nil)
	}
	t := &text{name: name, encoding: e, checked: true, remark: fmt.Sprintf("read as %s, because it is not UTF-8", name)}
	if words := shownWords(sample, e); words != "" {
		t.remark += ": " + words + " (if that looks wrong, use --encoding)"
	}
	return t, nil
}

// highLines returns the lines that hold high bytes, up to a limit.
func (s *source) highLines() ([]byte, error) {
	const limit = 64 << 10
	var sample []byte
	from := bufio.NewReaderSize(s.bytes(0), 64<<10)
	for len(sample) < limit {
		line, err := from.ReadSlice('\n')
		if bytes.IndexFunc(line, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0 {
			sample = append(sample, line[:min(len(line), limit)]...)
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

// countUTF8 counts the characters of more than one byte, and the bytes that
// are part of none.
func countUTF8(b []byte) (multi, broken int) {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			broken++
		case n > 1:
			multi++
		}
		b = b[n:]
	}
	return multi, broken
}

// denselyHigh reports that high bytes mostly stand beside each other, as they
// do in every writing but the Latin one.
func denselyHigh(b []byte) bool {
	high, beside := 0, 0
	for i, c := range b {
		if c < utf8.RuneSelf {
			continue
		}
		high++
		if (i > 0 && b[i-1] >= utf8.RuneSelf) || (i+1 < len(b) && b[i+1] >= utf8.RuneSelf) {
			beside++
		}
	}
	return high >= 4 && beside*10 >= high*6
}

// scriptOf asks the detector. Its answer is widened to the Windows code page
// that contains it.
func scriptOf(b []byte) (string, encoding.Encoding) {
	guess := chardet.Detect(b)
	if guess.Confidence < 0.5 {
		return "", nil
	}
	name := guess.Encoding
	switch strings.ToUpper(name) {
	case "GB2312":
		name = "GBK"
	case "CP932":
		name = "Shift_JIS"
	case "CP949":
		name = "EUC-KR"
	case "ISO-8859-7":
		name = "Windows-1253"
	case "ISO-8859-8":
		name = "Windows-1255"
	case "TIS-620":
		name = "Windows-874"
	case "MACCYRILLIC":
		name = "x-mac-cyrillic"
	}
	e, err := htmlindex.Get(name)
	if err != nil || e == encoding.Replacement {
		return "", nil
	}
	return name, e
}

// latinOf takes the encoding in which most high bytes are what can stand where
// they stand. A tie goes to the more common one.
func latinOf(sample []byte) (string, encoding.Encoding) {
	words := highWords(sample, 2000)
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
			n += plausible(w, c.cm)
		}
		if n > most {
			name, best, most = c.name, c.cm, n
		}
	}
	return name, best
}

// highWords returns the words that hold high bytes.
func highWords(b []byte, limit int) [][]byte {
	var words [][]byte
	for len(b) > 0 && len(words) < limit {
		end := bytes.IndexFunc(b, func(r rune) bool { return r < utf8.RuneSelf && !unicode.IsLetter(r) })
		if end < 0 {
			end = len(b)
		}
		if w := b[:end]; bytes.ContainsFunc(w, func(r rune) bool { return r >= utf8.RuneSelf }) {
			words = append(words, w)
		}
		b = b[min(end+1, len(b)):]
	}
	return words
}

// plausible counts the high bytes of a word that are letters where a letter can
// stand: no capital behind a small letter, no small letter among capitals, and
// nothing but an apostrophe between letters that is none.
func plausible(word []byte, cm *charmap.Charmap) int {
	n := 0
	var before rune
	for i, c := range word {
		r := cm.DecodeByte(c)
		if c >= utf8.RuneSelf {
			inside := i > 0 && i < len(word)-1
			among := inside && unicode.IsUpper(before) && unicode.IsUpper(cm.DecodeByte(word[i+1])) // MšLLER
			switch {
			case r == 'ƒ', unicode.IsUpper(r) && unicode.IsLower(before), unicode.IsLower(r) && among:
			case unicode.IsLetter(r), r == '’':
				n++
			case !inside && strings.ContainsRune("‘“”–—…®°™´\u00a0", r):
				n++
			}
		}
		before = r
	}
	return n
}

// shownWords decodes a few different words, so that a person can judge.
func shownWords(sample []byte, e encoding.Encoding) string {
	const most = 4
	text, err := e.NewDecoder().Bytes(sample)
	if err != nil {
		return ""
	}
	var shown []string
	seen := map[string]bool{}
	for word := range strings.FieldsFuncSeq(string(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '’' && r != '\''
	}) {
		if len(shown) == most {
			break
		}
		ascii := strings.IndexFunc(word, func(r rune) bool { return r >= utf8.RuneSelf && unicode.IsLetter(r) }) < 0
		if ascii || seen[word] || utf8.RuneCountInString(word) > 30 {
			continue
		}
		seen[word] = true
		shown = append(shown, word)
	}
	return strings.Join(shown, ", ")
}
