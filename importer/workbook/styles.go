package workbook

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Tone is the colour of a cell that says how something went.
type Tone int

// The tones.
const (
	Plain Tone = iota
	Good
	Doubt
	Bad
)

// The fills, light enough for black text on a screen and on paper. No other
// style may use the mark's: it is how a mark is known again.
const (
	markColour  = "FFFFDFB8"
	goodColour  = "FFE2F0D9"
	doubtColour = "FFFFF2CC"
	badColour   = "FFF8D7DA"
)

func (t Tone) colour() string {
	switch t {
	case Good:
		return goodColour
	case Doubt:
		return doubtColour
	case Bad:
		return badColour
	case Plain:
	}
	return ""
}

// styles are the styles of a workbook. What is there is kept in its place, and
// what is needed is added behind it.
type styles struct {
	content []byte
	prefix  string
	lists   map[string]*styleList
	known   map[string]int // what was added, by its name here
	looks   map[look]int   // likewise, by what they go with
	marks   map[int]bool   // the fills that are marks
}

// styleList is one of the lists in which styles refer to each other by number.
type styleList struct {
	from, to int    // where its children stand in the file
	open     []byte // its first tag
	items    [][]byte
}

// noStyles is for workbooks that have none.
const noStyles = xmlHead + `<styleSheet xmlns="` + mainSpace + `"><fonts count="1"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>` +
	`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
	`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
	`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
	`<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>` +
	`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`

func readStyles(content []byte) (*styles, error) {
	s := &styles{content: content, lists: map[string]*styleList{}, known: map[string]int{}, looks: map[look]int{}, marks: map[int]bool{}}
	depth, at, item := 0, 0, 0
	var list *styleList
	err := tags(content, func(t token) {
		switch t.kind {
		case start, empty:
			switch name := string(t.name); {
			case depth == 0:
				s.prefix = prefix(t.raw)
			case depth == 1 && t.kind == start && (name == "fonts" || name == "fills" || name == "cellXfs"):
				list = &styleList{open: bytes.Clone(t.raw), from: at}
				s.lists[name] = list
			case depth == 2 && list != nil:
				item = at
			}
			if t.kind == start {
				depth++
			} else if depth == 2 && list != nil {
				list.items = append(list.items, content[item:at+len(t.raw)])
			}
		case end:
			depth--
			if depth == 2 && list != nil {
				list.items = append(list.items, content[item:at+len(t.raw)])
			}
			if depth == 1 && list != nil {
				list.to, list = at+len(t.raw), nil
			}
		case text:
		}
		at += len(t.raw)
	})
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"fonts", "fills", "cellXfs"} {
		if s.lists[name] == nil || len(s.lists[name].items) == 0 {
			return nil, &UnfitError{"its styles are incomplete"}
		}
	}
	for i, fill := range s.lists["fills"].items {
		s.marks[i] = bytes.Contains(bytes.ToUpper(fill), []byte(`FGCOLOR RGB="`+markColour))
	}
	return s, nil
}

// bytes returns the styles as a part.
func (s *styles) bytes() []byte {
	out, done := make([]byte, 0, len(s.content)+4096), 0
	for _, name := range []string{"fonts", "fills", "cellXfs"} { // their order in the file
		list := s.lists[name]
		out = append(out, s.content[done:list.from]...)
		out = append(out, setAttribute(list.open, "count", strconv.Itoa(len(list.items)))...)
		out = append(out, bytes.Join(list.items, nil)...)
		out = append(out, "</"+s.prefix+name+">"...)
		done = list.to
	}
	return append(out, s.content[done:]...)
}

// add returns the number of an item in a list, which it adds the first time.
// The item's tags get the file's prefix.
func (s *styles) add(list, item string) int {
	n, found := s.known[list+item]
	if !found {
		n = s.append(list, []byte(prefixed(item, s.prefix)))
		s.known[list+item] = n
	}
	return n
}

// append returns the number of an item, which may be there from an earlier time.
func (s *styles) append(list string, item []byte) int {
	l := s.lists[list]
	n := slices.IndexFunc(l.items, func(other []byte) bool { return bytes.Equal(other, item) })
	if n < 0 {
		n = len(l.items)
		l.items = append(l.items, item)
	}
	return n
}

// prefixed gives the tags of a text, which has none, a namespace prefix.
func prefixed(xml, prefix string) string {
	if prefix == "" {
		return xml
	}
	xml = strings.ReplaceAll(xml, "</", "\x00")
	xml = strings.ReplaceAll(xml, "<", "<"+prefix)
	return strings.ReplaceAll(xml, "\x00", "</"+prefix)
}

func (s *styles) fill(colour string) int {
	n := s.add("fills", `<fill><patternFill patternType="solid"><fgColor rgb="`+colour+`"/><bgColor indexed="64"/></patternFill></fill>`)
	s.marks[n] = colour == markColour
	return n
}

// style returns a cell's style, the first one for a number that is none's.
func (s *styles) style(n int) []byte {
	items := s.lists["cellXfs"].items
	if n < 0 || n >= len(items) {
		n = 0
	}
	return items[n]
}

// alignment returns the tag that says where in a cell its content stands, as
// far as there is one.
func (s *styles) alignment(style int) []byte {
	whole := s.style(style)
	if i := bytes.Index(whole, []byte("<"+s.prefix+"alignment")); i >= 0 {
		return tagAt(whole[i:])
	}
	return nil
}

func (s *styles) number(style int, name string) int {
	value, _ := attribute(tagAt(s.style(style)), name)
	n, _ := strconv.Atoi(value) // it is 0 where it isn't there
	return n
}

// marked reports whether a style is a mark's.
func (s *styles) marked(style int) bool { return s.marks[s.number(style, "fillId")] }

// withFill returns a style that differs from another by its fill alone.
func (s *styles) withFill(style, fill int) int {
	name := fmt.Sprintf("fill %d of %d", fill, style)
	if n, found := s.known[name]; found {
		return n
	}
	whole := s.style(style)
	tag := tagAt(whole)
	changed := setAttribute(setAttribute(tag, "fillId", strconv.Itoa(fill)), "applyFill", "1")
	n := s.append("cellXfs", join(changed, "", whole[len(tag):]))
	s.known[name] = n
	return n
}

// mark returns a style with the mark's fill.
func (s *styles) mark(style int) int { return s.withFill(style, s.fill(markColour)) }

// beside returns the style of a text cell that goes with others of its row: in the
// font and at the height of the first; framed and, if the tone has no fill, filled
// as the last.
func (s *styles) beside(first, last int, tone Tone, wrap bool) int {
	l := look{first, last, tone, wrap}
	n, found := s.looks[l]
	if !found {
		n = s.addLook(l)
		s.looks[l] = n
	}
	return n
}

// look is what a text cell goes with.
type look struct {
	first, last int
	tone        Tone
	wrap        bool
}

func (s *styles) addLook(l look) int {
	fill := s.number(l.last, "fillId")
	if l.tone != Plain {
		fill = s.fill(l.tone.colour())
	}
	alignment := ""
	if l.wrap {
		alignment = ` wrapText="1"`
	}
	if vertical, found := attribute(s.alignment(l.first), "vertical"); found {
		alignment += ` vertical="` + escape(vertical) + `"`
	}
	return s.add("cellXfs", fmt.Sprintf(
		`<xf numFmtId="49" fontId="%d" fillId="%d" borderId="%d" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"><alignment horizontal="left"%s indent="1"/></xf>`,
		s.number(l.first, "fontId"), fill, s.number(l.last, "borderId"), alignment))
}

// heading returns the style of a heading that goes with another one.
func (s *styles) heading(style int) int {
	if style != 0 {
		return style
	}
	return s.bold()
}

// bold returns the style of a text in the workbook's own font, but bold.
func (s *styles) bold() int {
	font := string(s.lists["fonts"].items[0])
	open := strings.IndexByte(font, '>') + 1
	if !strings.HasSuffix(font[:open], "/>") && !strings.Contains(font, "<"+s.prefix+"b/>") {
		font = font[:open] + "<" + s.prefix + "b/>" + font[open:]
	}
	n := s.append("fonts", []byte(font))
	return s.add("cellXfs", fmt.Sprintf(`<xf numFmtId="49" fontId="%d" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1" applyAlignment="1"><alignment horizontal="left" vertical="center" indent="1"/></xf>`, n))
}
