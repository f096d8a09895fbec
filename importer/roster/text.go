package roster

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// byteOrderMark is the mark that text in UTF-8 may begin with.
const byteOrderMark = "\uFEFF"

// text describes how the bytes of a file become characters.
type text struct {
	name     string            // the encoding, for people
	encoding encoding.Encoding // nil for UTF-8
	mark     string            // the byte order mark at the beginning of the file
	checked  bool              // whether rows with unreadable characters must be looked for
	remark   string
}

// reader decodes the file from the first byte. Lines end with LF or CRLF.
func (t *text) reader(s *source) io.Reader {
	r := s.bytes(int64(len(t.mark)))
	if t.encoding != nil {
		r = transform.NewReader(r, t.encoding.NewDecoder())
	}
	return &lineEnds{bufio.NewReaderSize(r, chunk)}
}

// readable reports whether every character of a cell could be decoded.
func (t *text) readable(cell string) bool {
	if t.encoding == nil {
		return utf8.ValidString(cell)
	}
	return !strings.ContainsRune(cell, utf8.RuneError)
}

// lineEnds reads text with an LF for every CR that no LF follows, as old programs for
// the Mac end lines.
type lineEnds struct{ src *bufio.Reader }

// Read reads the text.
func (l *lineEnds) Read(p []byte) (int, error) {
	for n := range p {
		c, err := l.src.ReadByte()
		if err != nil {
			return n, err
		}
		if c == '\r' {
			if next, err := l.src.Peek(1); err != nil || next[0] != '\n' {
				c = '\n'
			}
		}
		p[n] = c
	}
	return len(p), nil
}

// readText finds the encoding of the file, or takes the encoding that the user names. UTF-8 is believed
// only when the whole file is valid.
func (s *source) readText(name string, head []byte) (*text, error) {
	if name != "" {
		return s.namedText(name, head)
	}
	if t := unicodeText(head); t != nil {
		t.remark = "read as " + t.name
		return t, nil
	}
	if bytes.IndexByte(head, 0) >= 0 && !hasLostBlocks(head) {
		return nil, s.fail(CodeNotASpreadsheet, "this file holds binary data, not text", askForXLSX, nil)
	}
	valid, err := s.validUTF8()
	if err != nil {
		return nil, err
	}
	if valid {
		return utf8Text(head), nil
	}
	return s.guessText(head)
}

// hasLostBlocks reports whether the NULs in a file are what a crash left in place of
// text: the first line has none, and the file has no other control characters.
func hasLostBlocks(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	return bytes.IndexByte(line, 0) < 0 && !bytes.ContainsFunc(head, func(r rune) bool {
		return r < ' ' && r != 0 && !strings.ContainsRune("\t\n\v\f\r\x1a", r)
	})
}

func utf8Text(head []byte) *text {
	t := &text{name: "UTF-8"}
	for _, mark := range []string{byteOrderMark, "ï»¿"} { // the latter: read as Windows-1252 by another program
		if bytes.HasPrefix(head, []byte(mark)) {
			t.mark = mark
		}
	}
	return t
}

// unicodeText recognizes UTF-16 by the byte order mark, or without a mark by the NULs in
// ASCII characters. It returns nil for any other text.
func unicodeText(head []byte) *text {
	little := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	big := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	for _, t := range []text{
		{name: "UTF-16LE", mark: "\xff\xfe", encoding: little},
		{name: "UTF-16BE", mark: "\xfe\xff", encoding: big},
	} {
		if bytes.HasPrefix(head, []byte(t.mark)) {
			t.checked = true
			return &t
		}
	}
	var nuls [2]int // at even and at odd offsets
	sample := head[:min(len(head), 4096)&^1]
	for i, b := range sample {
		if b == 0 {
			nuls[i%2]++
		}
	}
	switch pairs := len(sample) / 2; {
	case pairs >= 2 && nuls[1]*10 >= pairs*4 && nuls[0]*20 <= pairs:
		return &text{name: "UTF-16LE", encoding: little, checked: true}
	case pairs >= 2 && nuls[0]*10 >= pairs*4 && nuls[1]*20 <= pairs:
		return &text{name: "UTF-16BE", encoding: big, checked: true}
	}
	return nil
}

// namedText returns the encoding that the user names.
func (s *source) namedText(name string, head []byte) (*text, error) {
	e, err := htmlindex.Get(name)
	if err != nil || e == encoding.Replacement {
		if e, err = ianaindex.IANA.Encoding(name); err != nil || e == nil || e == encoding.Replacement {
			return nil, s.fail(CodeEncodingUnknown, fmt.Sprintf("there is no encoding named %q", name), "use a name such as utf-8, windows-1252, windows-1250, macintosh, utf-16le or shift_jis", nil)
		}
	}
	if canonical, err := htmlindex.Name(e); err == nil {
		name = canonical
	}
	t := &text{name: name, encoding: e, checked: true}
	if name == "utf-8" {
		t = utf8Text(head)
		t.checked = true
	} else if found := unicodeText(head); found != nil && strings.EqualFold(found.name, name) {
		t.mark = found.mark
	}
	return t, nil
}

// validUTF8 reports whether the whole file is UTF-8.
func (s *source) validUTF8() (bool, error) {
	_, err := io.Copy(io.Discard, transform.NewReader(s.bytes(0), encoding.UTF8Validator))
	switch {
	case errors.Is(err, encoding.ErrInvalidUTF8):
		return false, nil
	case err != nil:
		return false, s.unreadable(err)
	}
	return true, nil
}
