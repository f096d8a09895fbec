package roster

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

type tokenKind int

const (
	xmlEnd   tokenKind = iota // of an element; also of one that closes itself
	xmlStart                  // name and attributes are set
	xmlText                   // text is set
	xmlEOF
)

// The limits of a part of a workbook. A cell of Excel holds 32,767 characters.
const (
	maxToken = 1 << 20
	maxDepth = 256
)

var (
	errXMLCut     = errors.New("it ends too early")
	errXMLTags    = errors.New("its tags don't match")
	errXMLToken   = errors.New("it holds what is not XML")
	errXMLTooLong = errors.New("a piece of it is longer than 1 MiB")
	errXMLTooDeep = errors.New("its elements are nested too deep")
	errXMLDTD     = errors.New("it declares a document type, which no workbook does")
)

// xmlScanner reads the XML of a workbook, a token at a time. Of namespaces it
// takes only the local names, which are the same in transitional and strict
// workbooks. It holds that tags match and that nothing but tags ends the file;
// entities of its own a workbook can't have.
//
// encoding/xml allocates for every token, several times per cell.
type xmlScanner struct {
	src  io.Reader
	buf  []byte
	r, w int
	end  error

	open  []byte // the full names of the elements that are open, one behind the other
	marks []int  // where in open each begins

	// The token. What is in buf is valid until the next one.
	name    []byte // local
	attrs   []byte
	text    []byte
	literal bool // the text is CDATA, without entities
	closing bool // the element that was started closes itself

	struck bool // a part of the text that richText read last is struck through
}

// newXML prepares to scan one part of a workbook, in whatever encoding it says
// it has.
func newXML(src io.Reader) (*xmlScanner, error) {
	x := &xmlScanner{src: src, buf: make([]byte, chunk)}
	for x.w < 256 && x.fill() {
		continue
	}
	head := x.buf[:min(x.w, 256)]
	var e encoding.Encoding
	switch {
	case bytes.HasPrefix(head, []byte(byteOrderMark)):
		x.r = len(byteOrderMark)
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("<\x00")):
		e = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
		if head[0] == '<' {
			e = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
		}
	case bytes.HasPrefix(head, []byte("\xfe\xff")), bytes.HasPrefix(head, []byte("\x00<")):
		e = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
		if head[0] != 0 {
			x.r = 2
		}
	default:
		name := declaredEncoding(head)
		if name == "" {
			break
		}
		var err error
		if e, err = htmlindex.Get(name); err != nil {
			return nil, errXMLToken
		}
		if canonical, err := htmlindex.Name(e); err != nil || canonical == "utf-8" {
			e = nil
		}
	}
	if e != nil {
		rest := io.MultiReader(bytes.NewReader(bytes.Clone(x.buf[x.r:x.w])), src)
		x.src, x.r, x.w, x.end = transform.NewReader(rest, e.NewDecoder()), 0, 0, nil
	}
	return x, nil
}

// declaredEncoding reads the encoding of an XML declaration, if there is one.
func declaredEncoding(head []byte) string {
	declaration, _, ok := bytes.Cut(head, []byte("?>"))
	if !ok || !bytes.HasPrefix(declaration, []byte("<?xml")) {
		return ""
	}
	_, value, ok := bytes.Cut(declaration, []byte("encoding"))
	value = bytes.TrimLeft(value, " \t\r\n=")
	if !ok || len(value) < 2 || (value[0] != '"' && value[0] != '\'') {
		return ""
	}
	value, _, _ = bytes.Cut(value[1:], value[:1])
	return string(value)
}

// fill reads more, and reports whether there was any. It moves what is unread
// to the beginning of the buffer.
func (x *xmlScanner) fill() bool {
	if x.r > 0 {
		x.w = copy(x.buf, x.buf[x.r:x.w])
		x.r = 0
	}
	if x.w == len(x.buf) {
		x.buf = append(x.buf, make([]byte, len(x.buf))...)
	}
	for idle := 0; x.end == nil; idle++ {
		n, err := x.src.Read(x.buf[x.w:])
		x.w += n
		x.end = err
		if n > 0 {
			return true
		}
		if idle == 100 {
			x.end = io.ErrNoProgress
		}
	}
	return false
}

// cut is why there is nothing more to read.
func (x *xmlScanner) cut() error {
	if errors.Is(x.end, io.EOF) {
		return errXMLCut
	}
	return x.end
}

// find returns where the word is, counted from what is unread, at or behind an
// offset.
func (x *xmlScanner) find(word string, from int) (int, error) {
	for {
		if x.w-x.r > from {
			if i := bytes.Index(x.buf[x.r+from:x.w], []byte(word)); i >= 0 {
				return from + i, nil
			}
			from = max(from, x.w-x.r-len(word)+1)
		}
		if x.w-x.r > maxToken {
			return 0, errXMLTooLong
		}
		if !x.fill() {
			return 0, x.cut()
		}
	}
}

// next reads a token.
func (x *xmlScanner) next() (tokenKind, error) {
	if x.closing {
		x.closing = false
		x.pop()
		return xmlEnd, nil
	}
	for {
		if x.r == x.w && !x.fill() {
			if !errors.Is(x.end, io.EOF) {
				return xmlEOF, x.end
			}
			if len(x.marks) > 0 {
				return xmlEOF, errXMLCut
			}
			return xmlEOF, nil
		}
		if x.buf[x.r] != '<' {
			return x.readText()
		}
		for x.w-x.r < len("<![CDATA[") && x.fill() {
			continue
		}
		switch rest := x.buf[x.r:x.w]; {
		case bytes.HasPrefix(rest, []byte("<!--")):
			if err := x.pass("-->", 4); err != nil {
				return xmlEOF, err
			}
		case bytes.HasPrefix(rest, []byte("<?")):
			if err := x.pass("?>", 2); err != nil {
				return xmlEOF, err
			}
		case bytes.HasPrefix(rest, []byte("<![CDATA[")) && len(x.marks) > 0:
			end, err := x.find("]]>", 9)
			if err != nil {
				return xmlEOF, err
			}
			x.text, x.literal = x.buf[x.r+9:x.r+end], true
			x.r += end + 3
			return xmlText, nil
		case bytes.HasPrefix(rest, []byte("<!")):
			return xmlEOF, errXMLDTD
		case bytes.HasPrefix(rest, []byte("</")):
			return x.readEnd()
		default:
			return x.readStart()
		}
	}
}

func (x *xmlScanner) pass(end string, from int) error {
	i, err := x.find(end, from)
	if err != nil {
		return err
	}
	x.r += i + len(end)
	return nil
}

func (x *xmlScanner) readText() (tokenKind, error) {
	end, err := x.find("<", 0)
	if errors.Is(err, errXMLCut) && len(x.marks) == 0 {
		end, err = x.w-x.r, nil // what stands behind the document
	}
	if err != nil {
		return xmlEOF, err
	}
	x.text, x.literal = x.buf[x.r:x.r+end], false
	x.r += end
	if len(x.marks) == 0 && !blankXML(x.text) {
		return xmlEOF, errXMLToken
	}
	return xmlText, nil
}

func (x *xmlScanner) readEnd() (tokenKind, error) {
	end, err := x.find(">", 2)
	if err != nil {
		return xmlEOF, err
	}
	name := bytes.TrimRight(x.buf[x.r+2:x.r+end], " \t\r\n")
	if len(x.marks) == 0 || !bytes.Equal(name, x.open[x.marks[len(x.marks)-1]:]) {
		return xmlEOF, errXMLTags
	}
	x.r += end + 1
	x.name = local(name)
	x.pop()
	return xmlEnd, nil
}

func (x *xmlScanner) pop() {
	last := len(x.marks) - 1
	x.open, x.marks = x.open[:x.marks[last]], x.marks[:last]
}

func (x *xmlScanner) readStart() (tokenKind, error) {
	var quote byte // a > inside an attribute's value does not end the tag
	end, err := x.find(">", 1)
	for seen := 1; err == nil; end, err = x.find(">", end+1) {
		quote = quoteAfter(quote, x.buf[x.r+seen:x.r+end])
		if seen = end; quote == 0 {
			break
		}
	}
	if err != nil {
		return xmlEOF, err
	}
	tag := x.buf[x.r+1 : x.r+end]
	x.r += end + 1
	if n := len(tag); n > 0 && tag[n-1] == '/' {
		tag, x.closing = tag[:n-1], true
	}
	i := 0
	for i < len(tag) && tag[i] > ' ' && tag[i] != '"' && tag[i] != '=' && tag[i] != '<' {
		i++
	}
	if i == 0 || (i < len(tag) && tag[i] > ' ') {
		return xmlEOF, errXMLToken
	}
	if len(x.marks) == maxDepth {
		return xmlEOF, errXMLTooDeep
	}
	x.marks = append(x.marks, len(x.open))
	x.open = append(x.open, tag[:i]...)
	x.name, x.attrs = local(tag[:i]), tag[i:]
	return xmlStart, nil
}

// quoteAfter returns the quote that is open behind a piece of a tag, or 0.
func quoteAfter(quote byte, tag []byte) byte {
	for _, c := range tag {
		switch {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		}
	}
	return quote
}

// skip passes over the rest of the element that was started last.
func (x *xmlScanner) skip() error {
	for depth := len(x.marks); ; {
		kind, err := x.next()
		if err != nil {
			return err
		}
		if kind == xmlEOF {
			return errXMLCut
		}
		if kind == xmlEnd && len(x.marks) < depth {
			return nil
		}
	}
}

// attr splits the first attribute off.
func attr(attrs []byte) (name, value, rest []byte, ok bool, err error) {
	i := 0
	for i < len(attrs) && attrs[i] <= ' ' {
		i++
	}
	if i == len(attrs) {
		return nil, nil, nil, false, nil
	}
	eq := bytes.IndexByte(attrs[i:], '=')
	if eq < 1 {
		return nil, nil, nil, false, errXMLToken
	}
	name = bytes.TrimRight(attrs[i:i+eq], " \t\r\n")
	rest = bytes.TrimLeft(attrs[i+eq+1:], " \t\r\n")
	if len(rest) < 2 || (rest[0] != '"' && rest[0] != '\'') {
		return nil, nil, nil, false, errXMLToken
	}
	end := bytes.IndexByte(rest[1:], rest[0])
	if end < 0 {
		return nil, nil, nil, false, errXMLToken
	}
	return name, rest[1 : 1+end], rest[end+2:], true, nil
}

// attribute returns the value of one attribute, given by its local name, or ""
// if it isn't there. With colon the name must have a prefix, as r:id has.
func (x *xmlScanner) attribute(want string, colon bool) (string, error) {
	for rest := x.attrs; ; {
		name, value, after, ok, err := attr(rest)
		if err != nil || !ok {
			return "", err
		}
		if rest = after; string(local(name)) == want && colon == (bytes.IndexByte(name, ':') >= 0) {
			b, err := appendText(nil, value, false)
			return string(b), err
		}
	}
}

func local(name []byte) []byte { return name[bytes.LastIndexByte(name, ':')+1:] }

func blankXML(b []byte) bool {
	for _, c := range b {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return false
		}
	}
	return true
}

// appendText appends text as its author meant it: entities replaced, line ends
// LF. Bytes that XML does not allow are an error.
func appendText(dst, text []byte, literal bool) ([]byte, error) {
	ascii := true
	for _, c := range text {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return dst, errXMLToken
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	if !ascii && !utf8.Valid(text) {
		return dst, errXMLToken
	}
	for len(text) > 0 {
		i := bytes.IndexAny(text, "&\r")
		if i < 0 {
			break
		}
		dst = append(dst, text[:i]...)
		special := text[i]
		text = text[i+1:]
		switch {
		case special == '\r':
			dst = append(dst, '\n')
			text = bytes.TrimPrefix(text, []byte("\n"))
		case literal:
			dst = append(dst, '&')
		default:
			end := bytes.IndexByte(text, ';')
			r, ok := entity(text[:max(end, 0)])
			if !ok {
				return dst, errXMLToken
			}
			dst = utf8.AppendRune(dst, r)
			text = text[end+1:]
		}
	}
	return append(dst, text...), nil
}

func entity(name []byte) (rune, bool) {
	switch string(name) {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := string(name[1:]), 10
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) || n == 0 {
		return 0, false
	}
	return rune(n), true
}
