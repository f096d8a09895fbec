package workbook

import (
	"regexp"
	"strconv"
	"strings"
)

// maxTexts limits the memory of the shared strings, 4 bytes for the place of each
// included.
const maxTexts = 128 << 20

// sharedStrings are the texts to which the cells of a workbook refer by number.
type sharedStrings struct {
	all    strings.Builder
	ends   []uint32
	struck map[int]bool // the texts of which a part is struck through
}

// read reads the part that holds the texts.
func (s *sharedStrings) read(x *scanner) error {
	s.struck = map[int]bool{}
	if err := x.root("sst"); err != nil {
		return err
	}
	return x.children(func() error {
		if x.name != "si" {
			return nil
		}
		text, struck, err := x.richText()
		if err != nil {
			return err
		}
		if s.all.Len()+len(text)+4*len(s.ends) > maxTexts {
			return &Error{Reason: TooLarge, Err: errTextLimit}
		}
		if struck {
			s.struck[len(s.ends)] = true
		}
		s.all.WriteString(text)
		s.ends = append(s.ends, uint32(s.all.Len()))
		return nil
	})
}

// at returns the text of a number.
func (s *sharedStrings) at(number string) (text string, struck bool, err error) {
	i, ok := parseDigits(number)
	if !ok {
		return "", false, errValue
	}
	if i >= len(s.ends) {
		return "", false, errNoText
	}
	from := uint32(0)
	if i > 0 {
		from = s.ends[i-1]
	}
	return s.all.String()[from:s.ends[i]], s.struck[i], nil
}

// richText returns the text of the current element without the phonetic reading, and
// whether a part of the text is struck through.
func (x *scanner) richText() (text string, struck bool, err error) {
	var all strings.Builder
	err = x.within(func() error {
		switch {
		case x.kind == textToken && !isBlank(x.text):
			return errNotXML
		case x.kind != startToken:
		case x.name == "t":
			piece, err := x.content()
			if all.WriteString(piece); all.Len() > maxToken {
				return errTokenSize
			}
			return err
		case x.name == "rPr":
			return x.children(func() error {
				struck = struck || x.name == "strike" && x.isOn()
				return nil
			})
		case x.name == "rPh", x.name == "phoneticPr":
			return x.skip()
		}
		return nil
	})
	return unescape(all.String()), struck, err
}

// isOn reports whether an element such as <strike/> says yes.
func (x *scanner) isOn() bool {
	value := x.attr("val")
	return value != "0" && value != "false"
}

var escaped = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// unescape replaces _x000D_ and the like, by which Excel writes what XML cannot hold.
func unescape(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	return escaped.ReplaceAllStringFunc(text, func(code string) string {
		n, err := strconv.ParseUint(code[2:6], 16, 16)
		if err != nil || n >= 0xD800 && n <= 0xDFFF {
			return code
		}
		return string(rune(n))
	})
}
