package workbook

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

// maxTree limits the XML that is held as elements.
const maxTree = 32 << 20

var errTree = errors.New("an element of it is too long")

// attributes are the attributes of an element.
type attributes []xml.Attr

// attr returns an attribute without prefix, or "".
func (list attributes) attr(name string) string {
	for _, a := range list {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// prefixed returns an attribute with a prefix, as r:id has, or "". The extensions of
// LibreOffice to a standard attribute do not count.
func (list attributes) prefixed(name string) string {
	for _, a := range list {
		if a.Name.Local == name && a.Name.Space != "" && a.Name.Space != "xmlns" && a.Name.Space != "calcext" {
			return a.Value
		}
	}
	return ""
}

// isTransitional reports whether the attributes of a part's outermost element name the
// namespace that the editor writes.
func (list attributes) isTransitional() bool {
	return slices.ContainsFunc(list, func(a xml.Attr) bool { return a.Value == mainSpace })
}

// element is a piece of XML to be changed: an element with children, or text. Unchanged
// tags are written back byte for byte.
type element struct {
	prefix, name string // no name: text, a comment or the like, or a whole document
	attributes
	tag      []byte // the first tag as read; nil once changed. For text all of it.
	text     string // of text, decoded
	children []*element
	end      []byte // the last tag as read; none for an element that closes itself
}

// newElement returns an element with attributes, given as names and values.
func newElement(prefix, name string, attrs ...string) *element {
	e := &element{prefix: prefix, name: name}
	for i := 0; i+1 < len(attrs); i += 2 {
		e.set(attrs[i], attrs[i+1])
	}
	return e
}

// parse reads a part. The result has the outermost element as a child.
func parse(content []byte) (*element, error) {
	x := newScanner(bytes.NewReader(content))
	document := &element{tag: []byte{}}
	for {
		err := x.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		e, err := x.element()
		if err != nil {
			return nil, err
		}
		document.children = append(document.children, e)
	}
	return document, nil
}

// element returns the element that begins with the current token, or the text.
func (x *scanner) element() (*element, error) {
	size := 0
	return x.subtree(&size)
}

func (x *scanner) subtree(size *int) (*element, error) {
	if *size += len(x.raw); *size > maxTree {
		return nil, errTree
	}
	e := &element{tag: bytes.Clone(x.raw)}
	if x.kind != startToken {
		if x.kind == textToken {
			e.text = string(x.text)
		}
		return e, nil
	}
	e.prefix, e.name, e.attributes = x.prefix, x.name, x.attributes
	for {
		if err := x.next(); err != nil {
			return nil, err
		}
		if x.kind == endToken {
			e.end = bytes.Clone(x.raw)
			return e, nil
		}
		child, err := x.subtree(size)
		if err != nil {
			return nil, err
		}
		e.children = append(e.children, child)
	}
}

// root returns the outermost element of a document.
func (e *element) root() *element { return e.elements()[0] }

// elements returns the children that are elements.
func (e *element) elements() []*element {
	return slices.DeleteFunc(slices.Clone(e.children), func(child *element) bool { return child.name == "" })
}

// all returns the elements of a name within e, at any depth.
func (e *element) all(name string) []*element {
	var list []*element
	for _, child := range e.children {
		if child.name == name {
			list = append(list, child)
		}
		list = append(list, child.all(name)...)
	}
	return list
}

// find returns the first element of a name within e, or nil.
func (e *element) find(name string) *element {
	if list := e.all(name); len(list) > 0 {
		return list[0]
	}
	return nil
}

// content returns the text within e.
func (e *element) content() string {
	text := e.text
	for _, child := range e.children {
		text += child.content()
	}
	return text
}

// number returns an attribute that is a whole number, and 0 for any other.
func (e *element) number(name string) int {
	n, err := strconv.Atoi(e.attr(name))
	if err != nil {
		return 0
	}
	return n
}

// set gives an attribute a value. The name may have a prefix.
func (e *element) set(name, value string) {
	full := xml.Name{Local: name}
	if prefix, local, found := strings.Cut(name, ":"); found {
		full = xml.Name{Space: prefix, Local: local}
	}
	e.tag = nil
	for i, a := range e.attributes {
		if a.Name == full {
			e.attributes[i].Value = value
			return
		}
	}
	e.attributes = append(e.attributes, xml.Attr{Name: full, Value: value})
}

// drop removes an attribute.
func (e *element) drop(name string) {
	kept := slices.DeleteFunc(e.attributes, func(a xml.Attr) bool { return a.Name == xml.Name{Local: name} })
	if len(kept) < len(e.attributes) {
		e.tag = nil
	}
	e.attributes = kept
}

// add appends a new element with the prefix of e, and returns the new element.
func (e *element) add(name string, attrs ...string) *element {
	child := newElement(e.prefix, name, attrs...)
	e.insert(len(e.children), child)
	return child
}

// insert puts a child in a place among the children.
func (e *element) insert(place int, child *element) {
	if len(e.end) == 0 {
		e.tag = nil // the tag may have closed the element
	}
	e.children = slices.Insert(e.children, place, child)
}

// setText replaces the content of e by text.
func (e *element) setText(text string) *element {
	e.children = nil
	e.insert(0, &element{tag: []byte(escape(text)), text: text})
	return e
}

// remove removes the children that are unwanted.
func (e *element) remove(unwanted func(*element) bool) {
	e.children = slices.DeleteFunc(e.children, unwanted)
}

// clone returns a copy of e to be changed. The children are shared.
func (e *element) clone() *element {
	c := *e
	c.attributes, c.children = slices.Clone(e.attributes), slices.Clone(e.children)
	return &c
}

// append appends e as XML.
func (e *element) append(dst []byte) []byte {
	empty := len(e.children) == 0 && len(e.end) == 0
	switch {
	case e.tag != nil:
		dst = append(dst, e.tag...)
	default:
		dst = append(append(dst, '<'), qualified(e.prefix, e.name)...)
		for _, a := range e.attributes {
			dst = append(append(append(dst, ' '), qualified(a.Name.Space, a.Name.Local)...), `="`...)
			dst = append(append(dst, escape(a.Value)...), '"')
		}
		if empty {
			return append(dst, "/>"...)
		}
		dst = append(dst, '>')
	}
	for _, child := range e.children {
		dst = child.append(dst)
	}
	if len(e.end) == 0 && len(e.children) > 0 && e.name != "" {
		return append(append(append(dst, "</"...), qualified(e.prefix, e.name)...), '>')
	}
	return append(dst, e.end...)
}

func qualified(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + ":" + name
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\n", "&#10;", "\t", "&#9;", "\r", "&#13;")

// escape makes text harmless inside XML, in attributes as well.
func escape(text string) string { return escaper.Replace(text) }
