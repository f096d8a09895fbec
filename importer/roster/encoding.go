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
	"golang.org/x/text/encoding/htmlindex"

	"muster/importer/fault"
)

// guessText guesses the encoding of a file that is not UTF-8.
//
// The statistics of a detector need more text than names with a few accents: chardet
// takes Polish for Turkish. So encodings of one byte a character are compared by the
// letters of names, and chardet guesses the scripts of which there are no names here.
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
	guesses := guessCharmaps(sample)
	best := &guesses[0]
	name, e := best.name, encoding.Encoding(best.Charmap)
	switch {
	case denselyHigh(sample) && !best.readsScript():
		if name, e = guessScript(sample); e == nil {
			return nil, s.fail(CodeEncodingUnknown, "the encoding of this file is unclear",
				"save it as \"CSV UTF-8\", or name its encoding, such as --encoding windows-1256", nil)
		}
	case !best.readsNames(), !best.isClear(guesses[1:]):
		return nil, s.unclear(guesses)
	}
	t := &text{name: name, encoding: e, checked: true, remark: fmt.Sprintf("read as %s, because it is not UTF-8", name)}
	if words := sampleWords(sample, e); words != "" {
		t.remark += ": " + words + " (if that looks wrong, use --encoding)"
	}
	return t, nil
}

// unclear returns an error that shows the same names in the most likely encodings.
func (s *source) unclear(guesses []charmapGuess) *fault.Error {
	const most = 4
	e := s.fail(CodeEncodingUnknown, "the encoding of this file is unclear, so the letters of some names are",
		"run the same command with the option beside the names that are right; if none are, save the list as \"CSV UTF-8\"", nil)
	e.Quotes = true
	shown := differingWords(guesses[:min(len(guesses), most)])
	for i, words := range shown {
		name := strings.ToLower(guesses[i].name)
		e.Problems = append(e.Problems, fault.Problem{
			Code:    CodeEncodingUnknown,
			Message: fmt.Sprintf("as %s the names are: %s", guesses[i].name, strings.Join(words, ", ")),
			Fix:     "--encoding " + name,
		})
	}
	return e
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

// scripts are the encodings of the scripts of which there are no names here, by the answers
// of chardet: code pages of Windows contain some.
func scripts() map[string]string {
	return map[string]string{
		"SHIFT_JIS": "Shift_JIS", "CP932": "Shift_JIS", "EUC-JP": "EUC-JP", "ISO-2022-JP": "ISO-2022-JP",
		"EUC-KR": "EUC-KR", "CP949": "EUC-KR", "GB2312": "GBK", "GBK": "GBK", "GB18030": "GB18030", "BIG5": "Big5",
		"ISO-8859-8": "Windows-1255", "WINDOWS-1255": "Windows-1255", "ISO-8859-6": "ISO-8859-6", "WINDOWS-1256": "Windows-1256",
		"TIS-620": "Windows-874", "WINDOWS-874": "Windows-874",
	}
}

// guessScript asks chardet. The encoding is nil if chardet is not sure.
func guessScript(b []byte) (string, encoding.Encoding) {
	guess := chardet.Detect(b)
	name := scripts()[strings.ToUpper(guess.Encoding)]
	e, err := htmlindex.Get(name)
	if err != nil || guess.Confidence < 0.5 {
		return "", nil
	}
	return name, e
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
