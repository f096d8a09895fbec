package roster

import (
	"strconv"
	"strings"
)

// root reads up to the first element, which must have this name.
func (x *xmlScanner) root(name string) error {
	for {
		kind, err := x.next()
		switch {
		case err != nil:
			return err
		case kind == xmlEOF:
			return errXMLCut
		case kind == xmlStart && string(x.name) != name:
			return errXMLToken
		case kind == xmlStart:
			return nil
		}
	}
}

// child reads up to the next element in the one that was started last, or to the end
// of that one. Nothing but blanks may stand between.
func (x *xmlScanner) child() (more bool, err error) {
	for {
		kind, err := x.next()
		switch {
		case err != nil:
			return false, err
		case kind == xmlStart, kind == xmlEnd:
			return kind == xmlStart, nil
		case !blankXML(x.text):
			return false, errXMLToken
		}
	}
}

// ended makes sure that nothing follows the document.
func (x *xmlScanner) ended() error {
	for {
		kind, err := x.next()
		switch {
		case err != nil:
			return err
		case kind == xmlEOF:
			return nil
		case kind != xmlText:
			return errXMLToken
		}
	}
}

// elements calls visit for every element of a part, whose root must have this
// name.
func (x *xmlScanner) elements(root string, visit func() error) error {
	if err := x.root(root); err != nil {
		return err
	}
	if err := visit(); err != nil {
		return err
	}
	for {
		kind, err := x.next()
		switch {
		case err != nil:
			return err
		case kind == xmlEOF:
			return nil
		case kind == xmlStart:
			if err := visit(); err != nil {
				return err
			}
		}
	}
}

// content appends the text of the element that was started last.
func (x *xmlScanner) content(dst []byte) ([]byte, error) {
	for {
		kind, err := x.next()
		switch {
		case err != nil:
			return dst, err
		case kind == xmlEnd:
			return dst, nil
		case kind == xmlStart:
			err = x.skip()
		case kind == xmlText:
			dst, err = appendText(dst, x.text, x.literal)
		}
		if err != nil {
			return dst, err
		}
		if len(dst) > maxToken {
			return dst, errXMLTooLong
		}
	}
}

// number returns an attribute that is a number, or 0 if it isn't there.
func (x *xmlScanner) number(name string) (int, error) {
	text, err := x.attribute(name, false)
	if err != nil || text == "" {
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return 0, errXMLToken
	}
	return n, nil
}
