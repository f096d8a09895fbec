package workbook

import (
	"bufio"
	"bytes"
	"errors"
	"html"
	"io"
	"strings"
)

// maxElement is the most that is held of a part at once: of a sheet a row, or an
// element beside its rows.
const maxElement = 64 << 20

type tagKind int

const (
	text  tagKind = iota // also comments, declarations and CDATA
	start                // <name …>
	end                  // </name>
	empty                // <name …/>
)

// token is a piece of XML as it stands in the file. It is valid until the next
// one.
type token struct {
	kind tagKind
	raw  []byte
	name []byte // local
}

// tagScanner cuts XML into tags and what stands between them, without a byte lost.
// It doesn't hold that the tags match: the roster's reader did.
type tagScanner struct {
	in  *bufio.Reader
	raw []byte
}

func newTagScanner(in io.Reader) *tagScanner { return &tagScanner{in: bufio.NewReaderSize(in, 1<<16)} }

var errTooLong = errors.New("an element of it is too long")

// next returns the next token, and io.EOF at the end.
func (s *tagScanner) next() (token, error) {
	s.raw = s.raw[:0]
	head, err := s.in.Peek(1)
	if err != nil {
		return token{}, err
	}
	if head[0] != '<' {
		if err := s.until('<'); err != nil && !errors.Is(err, io.EOF) {
			return token{}, err
		} else if err == nil {
			_ = s.in.UnreadByte() // it was just read
			s.raw = s.raw[:len(s.raw)-1]
		}
		return token{kind: text, raw: s.raw}, nil
	}
	head, _ = s.in.Peek(9) // fewer bytes are no reason to stop
	switch {
	case bytes.HasPrefix(head, []byte("<!--")):
		return s.special("-->")
	case bytes.HasPrefix(head, []byte("<![CDATA[")):
		return s.special("]]>")
	case bytes.HasPrefix(head, []byte("<?")):
		return s.special("?>")
	}
	var quote byte // a > inside an attribute's value does not end the tag
	for from := 0; from == 0 || quote != 0; {
		if err := s.until('>'); err != nil {
			return token{}, cut(err)
		}
		for _, c := range s.raw[from:] {
			switch {
			case quote == 0 && (c == '"' || c == '\''):
				quote = c
			case c == quote:
				quote = 0
			}
		}
		from = len(s.raw)
	}
	return tagOf(s.raw), nil
}

func tagOf(raw []byte) token {
	t := token{kind: start, raw: raw}
	name := raw[1 : len(raw)-1]
	switch {
	case bytes.HasPrefix(name, []byte("/")):
		t.kind, name = end, name[1:]
	case bytes.HasSuffix(name, []byte("/")):
		t.kind, name = empty, name[:len(name)-1]
	}
	if i := bytes.IndexAny(name, " \t\r\n"); i >= 0 {
		name = name[:i]
	}
	t.name = name[bytes.LastIndexByte(name, ':')+1:]
	return t
}

// until reads to a byte, which is included.
func (s *tagScanner) until(stop byte) error {
	for {
		piece, err := s.in.ReadSlice(stop)
		s.raw = append(s.raw, piece...)
		switch {
		case len(s.raw) > maxElement:
			return errTooLong
		case !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
}

// special reads to the mark that ends a comment or the like.
func (s *tagScanner) special(ending string) (token, error) {
	for {
		if err := s.until('>'); err != nil {
			return token{}, cut(err)
		}
		if bytes.HasSuffix(s.raw, []byte(ending)) {
			return token{kind: text, raw: s.raw}, nil
		}
	}
}

func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// element appends the whole element that begins with t.
func (s *tagScanner) element(dst []byte, t token) ([]byte, error) {
	dst = append(dst, t.raw...)
	if t.kind != start {
		return dst, nil
	}
	for depth := 1; depth > 0; {
		t, err := s.next()
		if err != nil {
			return dst, cut(err)
		}
		switch t.kind {
		case start:
			depth++
		case end:
			depth--
		case text, empty:
		}
		if dst = append(dst, t.raw...); len(dst) > maxElement {
			return dst, errTooLong
		}
	}
	return dst, nil
}

// attribute returns the value of a tag's attribute. A name without a prefix
// stands for that one alone; ":id" stands for id with any prefix.
func attribute(tag []byte, name string) (string, bool) {
	from, to := findAttribute(tag, name)
	if from < 0 {
		return "", false
	}
	return html.UnescapeString(string(tag[from:to])), true
}

// findAttribute returns where the value of an attribute stands.
func findAttribute(tag []byte, name string) (from, to int) {
	i := bytes.IndexAny(tag, " \t\r\n")
	for i >= 0 && i < len(tag) {
		for i < len(tag) && tag[i] <= ' ' {
			i++
		}
		equals := bytes.IndexByte(tag[i:], '=')
		if equals < 0 {
			break
		}
		key := bytes.TrimRight(tag[i:i+equals], " \t\r\n")
		from = i + equals + 1
		for from < len(tag) && tag[from] <= ' ' {
			from++
		}
		if from >= len(tag) {
			break
		}
		length := bytes.IndexByte(tag[from+1:], tag[from])
		if length < 0 {
			break
		}
		from++
		if string(key) == name || name[0] == ':' && bytes.HasSuffix(key, []byte(name)) {
			return from, from + length
		}
		i = from + length + 1
	}
	return -1, -1
}

// setAttribute returns a tag with an attribute of this value.
func setAttribute(tag []byte, name, value string) []byte {
	value = escape(value)
	if from, to := findAttribute(tag, name); from >= 0 {
		return join(tag[:from], value, tag[to:])
	}
	at := len(tag) - 1
	if tag[at-1] == '/' {
		at--
	}
	return join(tag[:at], " "+name+`="`+value+`"`, tag[at:])
}

// dropAttribute returns a tag without an attribute.
func dropAttribute(tag []byte, name string) []byte {
	from, to := findAttribute(tag, name)
	if from < 0 {
		return tag
	}
	begin := bytes.LastIndex(tag[:from], []byte(name))
	return join(bytes.TrimRight(tag[:begin], " \t\r\n"), "", tag[to+1:])
}

// opened returns the start tag of an element that was empty.
func opened(tag []byte) []byte { return join(bytes.TrimRight(tag[:len(tag)-2], " "), ">", nil) }

func join(before []byte, middle string, after []byte) []byte {
	joined := make([]byte, 0, len(before)+len(middle)+len(after))
	return append(append(append(joined, before...), middle...), after...)
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\n", "&#10;", "\t", "&#9;")

// escape makes text harmless inside XML, in attributes as well.
func escape(text string) string { return escaper.Replace(text) }

// prefix returns the namespace prefix of a tag, with its colon.
func prefix(tag []byte) string {
	name := bytes.TrimLeft(tag, "</")
	if i := bytes.IndexAny(name, " \t\r\n/>"); i >= 0 {
		name = name[:i]
	}
	return string(name[:bytes.LastIndexByte(name, ':')+1])
}
