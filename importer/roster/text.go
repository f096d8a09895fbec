package roster

import (
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
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"
)

// text is how the bytes of a file become characters.
type text struct {
	name     string            // as people know the encoding
	encoding encoding.Encoding // nil for UTF-8
	skip     int64             // the length of a byte order mark
	loneCR   bool              // the file may hold CRs that are line ends
	checked  bool              // the characters may not all be readable
	remark   string
}

// reader decodes the file from its beginning. Line ends are LF or CRLF.
func (t *text) reader(s *source) io.Reader {
	r := s.bytes(t.skip)
	if t.encoding != nil {
		r = transform.NewReader(r, t.encoding.NewDecoder())
	}
	if t.loneCR {
		r = &lineEnds{src: r}
	}
	return r
}

// readable reports whether a cell came through decoding whole.
func (t *text) readable(cell string) bool {
	if t.encoding == nil {
		return utf8.ValidString(cell)
	}
	return !strings.ContainsRune(cell, utf8.RuneError)
}

func decodedBy(name string, e encoding.Encoding, skip int) *text {
	return &text{name: name, encoding: e, skip: int64(skip), loneCR: true, checked: true}
}

// readText finds out how the file is encoded, or takes the user's word.
func (s *source) readText(name string, head []byte) (*text, error) {
	if name != "" {
		return s.namedText(name, head)
	}
	if t := unicodeText(head); t != nil {
		t.remark = "read as " + t.name
		return t, nil
	}
	if bytes.IndexByte(head, 0) >= 0 && !damagedText(head) {
		return nil, s.fail(CodeNotASpreadsheet, "this file holds binary data, not text", askForXLSX, nil)
	}
	valid, loneCR, err := s.scanUTF8()
	if err != nil {
		return nil, err
	}
	if valid {
		return &text{name: "UTF-8", skip: bomLength(head), loneCR: loneCR}, nil
	}
	return s.guessText(head, loneCR)
}

// damagedText tells text in which NULs stand, as a crash leaves them in place of
// what was written last, from what is no text: its first line has none, and there
// is no other control character. The rows with the NULs are not to be read.
func damagedText(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	return bytes.IndexByte(line, 0) < 0 && !bytes.ContainsFunc(head, func(r rune) bool {
		return r < ' ' && r != 0 && !strings.ContainsRune("\t\n\v\f\r\x1a", r)
	})
}

// byteOrderMark is how text in UTF-8 may begin.
const byteOrderMark = "\uFEFF"

func bomLength(head []byte) int64 {
	if bytes.HasPrefix(head, []byte(byteOrderMark)) {
		return int64(len(byteOrderMark))
	}
	return 0
}

// unicodeText knows UTF-16 and UTF-32 by their byte order marks, and UTF-16
// without one by the NULs of its ASCII characters.
func unicodeText(head []byte) *text {
	little := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	big := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")):
		return decodedBy("UTF-32LE", utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM), 4)
	case bytes.HasPrefix(head, []byte("\x00\x00\xfe\xff")):
		return decodedBy("UTF-32BE", utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), 4)
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return decodedBy("UTF-16LE", little, 2)
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return decodedBy("UTF-16BE", big, 2)
	}
	var even, odd int
	sample := head[:min(len(head), 4096)&^1]
	for i, b := range sample {
		switch {
		case b != 0:
		case i&1 == 0:
			even++
		default:
			odd++
		}
	}
	switch pairs := len(sample) / 2; {
	case pairs >= 2 && odd*10 >= pairs*4 && even*20 <= pairs:
		return decodedBy("UTF-16LE", little, 0)
	case pairs >= 2 && even*10 >= pairs*4 && odd*20 <= pairs:
		return decodedBy("UTF-16BE", big, 0)
	}
	return nil
}

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
	if name != "utf-8" {
		skip := 0
		if t := unicodeText(head); t != nil && strings.EqualFold(t.name, name) {
			skip = int(t.skip)
		}
		return decodedBy(name, e, skip), nil
	}
	valid, loneCR, err := s.scanUTF8()
	if err != nil {
		return nil, err
	}
	return &text{name: "UTF-8", skip: bomLength(head), loneCR: loneCR, checked: !valid}, nil
}

// scanUTF8 reads the whole file once.
func (s *source) scanUTF8() (valid, loneCR bool, err error) {
	buf := make([]byte, 256<<10)
	from, kept := s.bytes(0), 0
	for valid = true; valid; {
		n, err := io.ReadFull(from, buf[kept:])
		b, last := buf[:kept+n], err != nil
		if last && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return false, false, s.unreadable(err)
		}
		kept = 0
		if !last {
			kept = openEnd(b)
		}
		whole := b[:len(b)-kept]
		valid = utf8.Valid(whole)
		loneCR = loneCR || hasLoneCR(whole)
		if last {
			break
		}
		copy(buf, b[len(b)-kept:])
	}
	if !valid {
		loneCR = true // not all of the file was looked at
	}
	return valid, loneCR, nil
}

// openEnd returns how many bytes at the end of b can't be judged without what
// follows: a character that is cut, or a CR.
func openEnd(b []byte) int {
	if len(b) > 0 && b[len(b)-1] == '\r' {
		return 1
	}
	for n := 1; n <= min(len(b), utf8.UTFMax-1); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-n:]) {
				return n
			}
			break
		}
	}
	return 0
}

func hasLoneCR(b []byte) bool {
	for {
		i := bytes.IndexByte(b, '\r')
		if i < 0 {
			return false
		}
		if i+1 == len(b) || b[i+1] != '\n' {
			return true
		}
		b = b[i+2:]
	}
}

// lineEnds turns a CR that no LF follows into an LF. Inside quotes it is a line
// break of the cell either way.
type lineEnds struct {
	src  io.Reader
	held bool // a CR at the end of the last chunk
}

func (l *lineEnds) Read(p []byte) (int, error) {
	if len(p) < 2 { // a CR may have to be given back with what follows
		return 0, io.ErrShortBuffer
	}
	kept := 0
	if l.held {
		p[0], kept, l.held = '\r', 1, false
	}
	n, err := l.src.Read(p[kept:])
	n += kept
	if n > 0 && p[n-1] == '\r' && err == nil {
		l.held = true
		n--
	}
	for b := p[:n]; ; {
		i := bytes.IndexByte(b, '\r')
		if i < 0 {
			break
		}
		if i+1 == len(b) || b[i+1] != '\n' {
			b[i] = '\n'
		}
		b = b[i+1:]
	}
	return n, err
}
