package workbook

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// What the format can hold.
const (
	cellUnits = 32767 // UTF-16 code units
)

// row is a row of the sheet as it stands in the file.
type row struct {
	tag    []byte
	number int
	cells  []cell
	rest   []byte // what is in it besides cells
}

// cell is a cell of a row as it stands in the file.
type cell struct {
	column  int // from 0
	style   int
	tag     []byte
	inner   []byte // all that stands between its tags; the last one included
	full    bool   // there is something in it
	formula bool
}

// readRow reads the row that begins with t; last is the number of the one
// before.
func (s *sheet) readRow(in *tagScanner, t token, last int) (row, error) {
	raw, err := in.element(s.raw[:0], t)
	s.raw = raw
	if err != nil {
		return row{}, err
	}
	end := len(t.raw)
	r := row{tag: raw[:end:end], number: last + 1, cells: s.cells[:0]}
	if value, found := attribute(r.tag, "r"); found {
		if r.number, err = strconv.Atoi(value); err != nil || r.number <= last {
			return r, &UnfitError{"its rows are not in order"}
		}
	}
	if t.kind == empty {
		r.tag = opened(r.tag)
		return r, nil
	}
	next := 0
	for at := end; at < len(raw); {
		size, inner, name := child(raw[at:])
		switch {
		case size == 0:
			at = len(raw)
			continue
		case name == "c":
			c := cellOf(raw[at:at+inner:at+inner], raw[at+inner:at+size], next)
			if c.column < next {
				return r, &UnfitError{"its cells are not in order"}
			}
			next = c.column + 1
			r.cells = append(r.cells, c)
		case name != "":
			r.rest = append(r.rest, raw[at:at+size]...)
		}
		at += size
	}
	s.cells = r.cells
	return r, nil
}

// child returns how long the first element or text is, how long its tag is, and
// its local name, "" for text. At the end of the parent size is 0.
func child(raw []byte) (size, tag int, name string) {
	if raw[0] != '<' {
		if i := bytes.IndexByte(raw, '<'); i >= 0 {
			return i, 0, ""
		}
		return len(raw), 0, ""
	}
	depth := 0
	for at := 0; at < len(raw); {
		length := tagLength(raw[at:])
		piece := raw[at : at+length]
		if piece[0] != '<' || piece[1] == '!' || piece[1] == '?' {
			if at == 0 {
				return length, 0, ""
			}
			at += length
			continue
		}
		t := tagOf(piece)
		if at == 0 {
			if t.kind == end {
				return 0, 0, ""
			}
			tag, name = length, string(t.name)
		}
		at += length
		switch t.kind {
		case start:
			depth++
		case end:
			depth--
		case empty, text:
		}
		if depth == 0 {
			return at, tag, name
		}
	}
	return len(raw), tag, name
}

// tagLength returns how long the tag, the comment or the text is that begins a
// piece of XML.
func tagLength(raw []byte) int {
	to := func(mark string, from int) int {
		if i := bytes.Index(raw[from:], []byte(mark)); i >= 0 {
			return from + i + len(mark)
		}
		return len(raw)
	}
	switch {
	case raw[0] != '<':
		if i := bytes.IndexByte(raw, '<'); i >= 0 {
			return i
		}
		return len(raw)
	case bytes.HasPrefix(raw, []byte("<!--")):
		return to("-->", 4)
	case bytes.HasPrefix(raw, []byte("<![CDATA[")):
		return to("]]>", 9)
	}
	var quote byte
	for i, c := range raw {
		switch {
		case quote == 0 && c == '>':
			return i + 1
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		}
	}
	return len(raw)
}

func cellOf(tag, inner []byte, next int) cell {
	c := cell{column: next, tag: tag, inner: inner}
	if ref, found := attribute(tag, "r"); found {
		if _, column, ok := ParseCell(ref); ok {
			c.column = column
		}
	}
	if style, found := attribute(tag, "s"); found {
		c.style, _ = strconv.Atoi(style) // the roster's reader has refused what is no number
	}
	for at := 0; at < len(inner); {
		length := tagLength(inner[at:])
		if t := inner[at : at+length]; t[0] == '<' && len(t) > 2 && t[1] != '/' && t[1] != '!' {
			switch name := string(tagOf(t).name); name {
			case "f":
				c.full, c.formula = true, true
			case "v", "is":
				c.full = true
			}
		}
		at += length
	}
	return c
}

// restyled returns a cell with another style.
func (c cell) restyled(style int) cell {
	c.style = style
	c.tag = setAttribute(c.tag, "s", strconv.Itoa(style))
	return c
}

// textCell returns a cell that holds text, and nothing if that is empty.
func textCell(prefix string, row, column, style int, content string) cell {
	c := cell{column: column, style: style}
	open := "<" + prefix + `c r="` + CellName(row, column) + `" s="` + strconv.Itoa(style) + `"`
	if content == "" {
		c.tag = []byte(open + "/>")
		return c
	}
	c.full = true
	c.tag = []byte(open + ` t="inlineStr">`)
	c.inner = []byte(prefixed(`<is><t xml:space="preserve">`+escape(cellText(content))+`</t></is></c>`, prefix))
	return c
}

// cellText returns text as a cell's XML has to hold it, and as much of it as a
// cell can. What would be read as an escaped character is escaped itself.
func cellText(content string) string {
	content = strings.ReplaceAll(content, "\r\n", "\n")
	var b strings.Builder
	units := 0
	for i, r := range content {
		if units += utf16.RuneLen(r); units >= cellUnits && i+utf8.RuneLen(r) < len(content) {
			b.WriteRune('…')
			break
		}
		switch {
		case r == '_' && escapedCharacter(content[i:]):
			b.WriteString("_x005F_")
		case r == '\r':
			b.WriteByte('\n')
		case r < ' ' && r != '\n' && r != '\t', r == 0xFFFE, r == 0xFFFF:
			b.WriteRune('\uFFFD')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// escapedCharacter reports whether a text begins with _xHHHH_.
func escapedCharacter(text string) bool {
	if len(text) < 7 || text[1] != 'x' && text[1] != 'X' || text[6] != '_' {
		return false
	}
	return strings.Trim(text[2:6], "0123456789abcdefABCDEF") == ""
}

// put places cells in a row, each instead of the one that stands there.
func (r *row) put(cells []cell) (formula bool) {
	for _, c := range cells {
		i, found := slices.BinarySearchFunc(r.cells, c.column, func(c cell, column int) int { return cmp.Compare(c.column, column) })
		if found {
			formula = formula || r.cells[i].formula
			r.cells[i] = c
			continue
		}
		r.cells = slices.Insert(r.cells, i, c)
	}
	return formula
}

// append appends the row as it is to stand in the file. A cell that doesn't say where
// it stands is behind another, and so it stays: ours have taken no place before it.
func (r *row) append(dst []byte, prefix string) []byte {
	dst = append(dst, r.tag...)
	for _, c := range r.cells {
		dst = append(append(dst, c.tag...), c.inner...)
	}
	dst = append(dst, r.rest...)
	return append(dst, "</"+prefix+"row>"...)
}

// rowStyle returns the style that a row's tag names for its blank cells.
func rowStyle(tag []byte) int {
	text, _ := attribute(tag, "s")
	n, _ := strconv.Atoi(text) // it is 0 where it isn't there
	return n
}

// at returns the cell of a column.
func (r *row) at(column int) (cell, bool) {
	for _, c := range r.cells {
		if c.column == column {
			return c, true
		}
	}
	return cell{}, false
}
