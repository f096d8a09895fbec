package workbook

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
)

// The limits of an XML part. A cell of Excel holds 32,767 characters.
const (
	maxToken = 1 << 20
	maxDepth = 256
)

type tokenKind int

const (
	otherToken tokenKind = iota // a comment or an instruction
	startToken                  // also of an element that closes itself
	endToken
	textToken
)

// scanner reads an XML part token by token. It checks that tags match and that one
// element holds the whole document. Names are compared without namespace, since
// transitional and strict workbooks differ in namespaces only.
type scanner struct {
	decoder *xml.Decoder
	in      *recorder
	open    []xml.Name
	ended   bool // the outermost element was closed

	// The current token, valid until the next one.
	kind   tokenKind
	name   string // local
	prefix string
	attributes
	text []byte
	raw  []byte // as written in the part
}

// newScanner returns a scanner for a part in UTF-8.
func newScanner(in io.Reader) *scanner {
	buffered := bufio.NewReaderSize(in, 1<<16)
	if head, _ := buffered.Peek(3); string(head) == "\ufeff" { // an error comes with the first token
		_, _ = buffered.Discard(len(head)) // which were read already
	}
	x := &scanner{in: &recorder{Reader: buffered}}
	x.decoder = xml.NewDecoder(x.in)
	return x
}

// next reads a token, or returns io.EOF behind the document.
func (x *scanner) next() error {
	x.in.kept = x.in.kept[:copy(x.in.kept, x.in.kept[len(x.raw):])] // the decoder may be one byte ahead
	from := x.decoder.InputOffset()
	token, err := x.decoder.RawToken()
	if err != nil {
		return x.failure(err)
	}
	length := int(x.decoder.InputOffset() - from)
	x.raw = x.in.kept[:min(length, len(x.in.kept))]
	switch t := token.(type) {
	case xml.StartElement:
		return x.startElement(t)
	case xml.EndElement:
		last := len(x.open) - 1
		if last < 0 || x.open[last] != t.Name {
			return errTags
		}
		x.open, x.ended = x.open[:last], last == 0
		x.kind, x.prefix, x.name = endToken, t.Name.Space, t.Name.Local
	case xml.CharData:
		x.kind, x.text = textToken, t
		if len(x.open) == 0 && !isBlank(t) {
			return errNotXML
		}
	case xml.Directive:
		return errDTD
	default:
		x.kind = otherToken
	}
	return nil
}

func (x *scanner) startElement(t xml.StartElement) error {
	switch {
	case x.ended:
		return errNotXML
	case len(x.open) == maxDepth:
		return errDepth
	}
	x.open = append(x.open, t.Name)
	x.kind, x.prefix, x.name, x.attributes = startToken, t.Name.Space, t.Name.Local, t.Attr
	return nil
}

// failure returns why no token was read. Messages of encoding/xml may quote cells, so
// they are replaced.
func (x *scanner) failure(err error) error {
	var syntax *xml.SyntaxError
	switch {
	case errors.Is(err, io.EOF) && x.ended:
		return io.EOF
	case errors.Is(err, io.EOF), errors.As(err, &syntax) && strings.Contains(syntax.Msg, "unexpected EOF"):
		return errCut
	case errors.As(err, &syntax), strings.HasPrefix(err.Error(), "xml: "):
		return errNotXML
	}
	return err
}

func isBlank(text []byte) bool { return len(bytes.TrimSpace(text)) == 0 }

// root reads up to the outermost element, which must have this name.
func (x *scanner) root(name string) error {
	for {
		err := x.next()
		switch {
		case errors.Is(err, io.EOF):
			return errCut
		case err != nil:
			return err
		case x.kind == startToken && x.name != name:
			return errNotXML
		case x.kind == startToken:
			return nil
		}
	}
}

// within calls visit with every token up to the last tag of the current element.
func (x *scanner) within(visit func() error) error {
	for depth := len(x.open); len(x.open) >= depth; {
		if err := x.next(); err != nil {
			return err
		}
		if err := visit(); err != nil {
			return err
		}
	}
	return nil
}

// children calls visit for every child of the current element. Text between the children
// must be blank. What visit leaves of a child is skipped.
func (x *scanner) children(visit func() error) error {
	depth := len(x.open)
	return x.within(func() error {
		switch {
		case x.kind == textToken && !isBlank(x.text):
			return errNotXML
		case x.kind != startToken:
			return nil
		}
		err := visit()
		for err == nil && len(x.open) > depth {
			err = x.next()
		}
		return err
	})
}

// elements calls visit for every element of the part. The outermost element must have the
// name root.
func (x *scanner) elements(root string, visit func() error) error {
	if err := x.root(root); err != nil {
		return err
	}
	if err := visit(); err != nil {
		return err
	}
	return x.within(func() error {
		if x.kind == startToken {
			return visit()
		}
		return nil
	})
}

// finish reads to the end of the part, where the archive compares the checksum.
func (x *scanner) finish() error {
	for {
		switch err := x.next(); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// skip passes over the rest of the current element.
func (x *scanner) skip() error { return x.within(func() error { return nil }) }

// content returns the text of the current element without the text of children.
func (x *scanner) content() (string, error) {
	var text strings.Builder
	depth := len(x.open)
	err := x.within(func() error {
		if x.kind == textToken && len(x.open) == depth {
			text.Write(x.text)
		}
		if text.Len() > maxToken {
			return errTokenSize
		}
		return nil
	})
	return text.String(), err
}

// number returns an attribute that is a number, or 0 if there is none.
func (x *scanner) number(name string) (int, error) {
	text := strings.TrimSpace(x.attr(name))
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, errNotXML
	}
	return n, nil
}
