package workbook

import (
	"bytes"
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

// markColour is the fill of a cell with a problem. No other fill may have this colour,
// since later writings know marks by the colour.
const markColour = "FFFFDFB8"

// colour returns a fill that is light enough for black text on a screen and on paper.
func (t Tone) colour() string {
	return [...]string{Plain: "", Good: "FFE2F0D9", Doubt: "FFFFF2CC", Bad: "FFF8D7DA"}[t]
}

// styles are the styles of a workbook. New styles are added behind those of the
// workbook, whose numbers stay.
type styles struct {
	document             *element
	fonts, fills, format *styleList
	marks                map[int]bool // the fills that are marks
	made                 map[any]int  // the new styles, by what each was made of
}

// styleList is a list of fonts, fills or cell formats, which are known by number.
type styleList struct {
	*element
	items []*element
}

const noStyles = xmlHead + `<styleSheet xmlns="` + mainSpace + `"><fonts count="1"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>` +
	`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
	`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
	`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
	`<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>` +
	`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`

func newStyles(document *element) (*styles, error) {
	s := &styles{document: document, marks: map[int]bool{}, made: map[any]int{}}
	for name, list := range map[string]**styleList{"fonts": &s.fonts, "fills": &s.fills, "cellXfs": &s.format} {
		for _, e := range document.root().elements() {
			if e.name == name {
				*list = &styleList{e, e.elements()}
			}
		}
		if *list == nil || len((*list).items) == 0 {
			return nil, &UnfitError{"its styles are incomplete"}
		}
	}
	for i, fill := range s.fills.items {
		colour := fill.find("fgColor")
		s.marks[i] = colour != nil && strings.EqualFold(colour.attr("rgb"), markColour)
	}
	return s, nil
}

// index returns the number of an item, which is added unless the list has the same.
func (l *styleList) index(item *element) int {
	xml := item.append(nil)
	for i, other := range l.items {
		if bytes.Equal(other.append(nil), xml) {
			return i
		}
	}
	l.insert(len(l.children), item)
	l.items = append(l.items, item)
	l.set("count", strconv.Itoa(len(l.items)))
	return len(l.items) - 1
}

func (s *styles) fill(colour string) int {
	fill := newElement(s.fills.prefix, "fill")
	pattern := fill.add("patternFill", "patternType", "solid")
	pattern.add("fgColor", "rgb", colour)
	pattern.add("bgColor", "indexed", "64")
	n := s.fills.index(fill)
	s.marks[n] = colour == markColour
	return n
}

// style returns a cell's style, and the first style for a number that does not exist.
func (s *styles) style(n int) *element {
	if n < 0 || n >= len(s.format.items) {
		n = 0
	}
	return s.format.items[n]
}

func (s *styles) number(style int, name string) int { return s.style(style).number(name) }

// isMark reports whether a style has the fill of a mark.
func (s *styles) isMark(style int) bool { return s.marks[s.number(style, "fillId")] }

// withFill returns a style that differs from another by the fill alone.
func (s *styles) withFill(style, fill int) int {
	return s.remember([2]int{style, fill}, func() *element {
		changed := s.style(style).clone()
		changed.set("fillId", strconv.Itoa(fill))
		changed.set("applyFill", "1")
		return changed
	})
}

// remember returns the style that build makes of the parts, and makes the style once.
func (s *styles) remember(parts any, build func() *element) int {
	n, found := s.made[parts]
	if !found {
		n = s.format.index(build())
		s.made[parts] = n
	}
	return n
}

// mark returns a style with the fill of marks.
func (s *styles) mark(style int) int { return s.withFill(style, s.fill(markColour)) }

// look is what the style of a text is made of: the font and the height of the first
// cell of the row; the border and, without a tone, the fill of the last.
type look struct {
	first, last int
	tone        Tone
	wrap        bool
}

// text returns the style of a text.
func (s *styles) text(l look) int {
	return s.remember(l, func() *element { return s.newText(l) })
}

func (s *styles) newText(l look) *element {
	fill := s.number(l.last, "fillId")
	if l.tone != Plain {
		fill = s.fill(l.tone.colour())
	}
	e := newElement(s.format.prefix, "xf", "numFmtId", "49", "fontId", strconv.Itoa(s.number(l.first, "fontId")), "fillId", strconv.Itoa(fill),
		"borderId", strconv.Itoa(s.number(l.last, "borderId")), "xfId", "0",
		"applyNumberFormat", "1", "applyFont", "1", "applyFill", "1", "applyBorder", "1", "applyAlignment", "1")
	alignment := e.add("alignment", "horizontal", "left")
	if l.wrap {
		alignment.set("wrapText", "1")
	}
	if old := s.style(l.first).find("alignment"); old != nil && old.attr("vertical") != "" {
		alignment.set("vertical", old.attr("vertical"))
	}
	alignment.set("indent", "1")
	return e
}

// bold returns the style of a text in the workbook's font, but bold.
func (s *styles) bold() int {
	font := s.fonts.items[0].clone()
	if font.find("b") == nil {
		font.insert(0, newElement(font.prefix, "b"))
	}
	e := newElement(s.format.prefix, "xf", "numFmtId", "49", "fontId", strconv.Itoa(s.fonts.index(font)), "fillId", "0", "borderId", "0", "xfId", "0",
		"applyNumberFormat", "1", "applyFont", "1", "applyAlignment", "1")
	e.add("alignment", "horizontal", "left", "vertical", "center", "indent", "1")
	return s.format.index(e)
}
