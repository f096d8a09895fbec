package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/rivo/uniseg"
)

// Topics are written in a small part of Markdown: headings, paragraphs, lists of
// one level, fenced code, tables, `code` and **strong** words.

const (
	textColumns = 96 // longer lines are hard to read
	bodyIndent  = "  "
	codeIndent  = "    "
	columnGap   = 2
	proseNeeds  = 24 // columns, for a cell of prose to be read beside others
)

// layOut returns Markdown as text for a screen of so many columns. A line is wider
// only if it is code, or one word.
func layOut(markdown string, columns int, colour bool) string {
	p := page{columns: min(columns, textColumns), colour: colour}
	lines := strings.Split(strings.TrimRight(markdown, "\n"), "\n")
	for n := 0; len(lines) > 0; lines = lines[n:] {
		switch n = 1; kindOf(lines[0]) {
		case blankLine:
		case fenceLine:
			n += lead(lines[1:], func(s string) bool { return kindOf(s) != fenceLine })
			p.code(lines[1:n])
			n = min(n+1, len(lines))
		case headingLine:
			p.heading(strings.TrimLeft(lines[0], "# "))
		case tableLine:
			n += lead(lines[1:], func(s string) bool { return kindOf(s) == tableLine })
			p.table(lines[:n])
		case itemLine:
			n += lead(lines[1:], func(s string) bool { return strings.HasPrefix(s, "  ") })
			p.item(strings.Join(lines[:n], " ")[2:])
		case proseLine:
			n += lead(lines[1:], func(s string) bool { return kindOf(s) == proseLine })
			p.gap()
			p.flow(p.words(strings.Join(lines[:n], " ")), bodyIndent, bodyIndent)
		}
	}
	return p.b.String()
}

type lineKind int

const (
	proseLine lineKind = iota
	blankLine
	fenceLine
	headingLine
	tableLine
	itemLine
)

func kindOf(line string) lineKind {
	switch {
	case strings.TrimSpace(line) == "":
		return blankLine
	case strings.HasPrefix(line, "```"):
		return fenceLine
	case strings.HasPrefix(line, "#"):
		return headingLine
	case strings.HasPrefix(line, "|"):
		return tableLine
	case strings.HasPrefix(line, "- "):
		return itemLine
	}
	return proseLine
}

// lead returns how many lines from the first on are so.
func lead(lines []string, so func(string) bool) int {
	if n := slices.IndexFunc(lines, func(s string) bool { return !so(s) }); n >= 0 {
		return n
	}
	return len(lines)
}

// page is a topic as far as it is laid out.
type page struct {
	b       strings.Builder
	columns int
	colour  bool
	inList  bool // the last block is an item, which the next one follows closely
}

// word is what a line is not broken in, and how wide it is without its colours.
type word struct {
	text string
	wide int
}

func (p *page) gap() {
	if p.b.Len() > 0 {
		p.b.WriteString("\n")
	}
	p.inList = false
}

func (p *page) heading(text string) {
	p.gap()
	p.flow(p.words("**"+text+"**"), "", "")
}

func (p *page) code(lines []string) {
	p.gap()
	for _, line := range lines {
		p.b.WriteString(strings.TrimRight(codeIndent+line, " ") + "\n")
	}
}

func (p *page) item(text string) {
	if !p.inList {
		p.gap()
	}
	p.inList = true
	p.flow(p.words(text), bodyIndent+"- ", bodyIndent+"  ")
}

// flow writes words behind an indent, the first line behind one of its own.
func (p *page) flow(words []word, first, indent string) {
	for i, line := range intoLines(words, p.columns-len(first), p.columns-len(indent)) {
		if i > 0 {
			first = indent
		}
		p.b.WriteString(first + onOneLine(line) + "\n")
	}
}

// intoLines fills a first line of so many columns, and others.
func intoLines(words []word, first, others int) (lines [][]word) {
	used, columns := 0, first
	for _, w := range words {
		if len(lines) > 0 && used+1+w.wide <= columns {
			lines[len(lines)-1] = append(lines[len(lines)-1], w)
			used += 1 + w.wide
			continue
		}
		if len(lines) > 0 {
			columns = others
		}
		lines = append(lines, []word{w})
		used = w.wide
	}
	return lines
}

func onOneLine(words []word) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = w.text
	}
	return strings.Join(texts, " ")
}

func widthOf(words []word) int {
	sum := max(0, len(words)-1)
	for _, w := range words {
		sum += w.wide
	}
	return sum
}

func (p *page) styled(text, style string) string {
	if !p.colour || text == "" || style == "" {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// words cuts prose into words. With colours, code has one; without, it keeps its
// marks, since it may be words that would else read as prose.
func (p *page) words(text string) (all []word) {
	var code, strong bool
	for field := range strings.FieldsSeq(text) {
		var w word
		for field != "" {
			style := ""
			switch {
			case code:
				style = "36"
			case strong:
				style = "1"
			}
			part, mark, rest := cutMark(field, code)
			w.wide += uniseg.StringWidth(part)
			w.text += p.styled(part, style)
			switch mark {
			case "**":
				strong = !strong
			case "`":
				if code = !code; !p.colour {
					w.text += mark
					w.wide++
				}
			}
			field = rest
		}
		all = append(all, w)
	}
	return all
}

// cutMark cuts text at its first mark of code or, outside code, of strong words;
// mark is "" if there is none.
func cutMark(text string, code bool) (before, mark, after string) {
	at, mark := strings.IndexByte(text, '`'), "`"
	if bold := strings.Index(text, "**"); !code && bold >= 0 && (at < 0 || bold < at) {
		at, mark = bold, "**"
	}
	if at < 0 {
		return text, "", ""
	}
	return text[:at], mark, text[at+len(mark):]
}

var codeSpan = regexp.MustCompile("`([^`]*)`")

// cellsOf returns the cells of a table's row. One that is nothing but code loses its
// marks: its column says what it is.
func cellsOf(row string) []string {
	const bar = "\x00"
	row = strings.ReplaceAll(strings.TrimSpace(row), `\|`, bar)
	cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(row, "|"), "|"), "|")
	for i, cell := range cells {
		cell = strings.TrimSpace(strings.ReplaceAll(cell, bar, "|"))
		if strings.Trim(codeSpan.ReplaceAllString(cell, ""), ", ") == "" {
			cell = codeSpan.ReplaceAllString(cell, "$1")
		}
		cells[i] = cell
	}
	return cells
}

func (p *page) table(lines []string) {
	p.gap()
	var rows [][][]word
	for i, line := range lines {
		if i == 1 {
			continue // |---|---|
		}
		var row [][]word
		for _, cell := range cellsOf(line) {
			row = append(row, p.words(cell))
		}
		if i > 0 {
			row = slices.Concat(row, make([][]word, len(rows[0])))[:len(rows[0])]
		}
		rows = append(rows, row)
	}
	widths, ok := columnWidths(rows, p.columns-len(bodyIndent))
	if !ok {
		p.records(rows)
		return
	}
	for i, row := range rows {
		p.row(row, widths, i == 0)
		if i == 0 {
			var rules [][]word
			for _, w := range widths {
				rules = append(rules, []word{{strings.Repeat("-", w), w}})
			}
			p.row(rules, widths, false)
		}
	}
}

func (p *page) row(cells [][]word, widths []int, head bool) {
	columns, height := make([][][]word, len(widths)), 0
	for i := range widths {
		columns[i] = intoLines(cells[i], widths[i], widths[i])
		height = max(height, len(columns[i]))
	}
	for y := range height {
		line, blank := bodyIndent, 0
		for i, column := range columns {
			used := 0
			if y < len(column) {
				text := onOneLine(column[y])
				if head {
					text = p.styled(text, "1")
				}
				line += strings.Repeat(" ", blank) + text
				used, blank = widthOf(column[y]), 0
			}
			blank += widths[i] - used + columnGap
		}
		p.b.WriteString(line + "\n")
	}
}

// columnWidths returns how wide each column of a table is to be, if it fits: no
// word is broken, and no prose is squeezed into a few columns.
func columnWidths(rows [][][]word, columns int) ([]int, bool) {
	n := len(rows[0])
	needs, wants := make([]int, n), make([]int, n)
	for _, row := range rows {
		for i := range n {
			wants[i] = max(wants[i], widthOf(row[i]))
			for _, w := range row[i] {
				needs[i] = max(needs[i], w.wide)
			}
		}
	}
	columns -= columnGap * (n - 1)
	for i := range n {
		needs[i] = max(needs[i], min(wants[i], proseNeeds))
		columns -= needs[i]
	}
	if columns < 0 {
		return nil, false
	}
	for grown := true; grown && columns > 0; {
		grown = false
		for i := range n {
			if needs[i] < wants[i] && columns > 0 {
				needs[i]++
				columns--
				grown = true
			}
		}
	}
	return needs, true
}

// records writes a table that is too wide: each row's first cell, and the others
// below it, behind their headings if there are several.
func (p *page) records(rows [][][]word) {
	heads := rows[0]
	if len(heads) == 2 {
		p.flow(headed(heads[0], heads[1]), bodyIndent, bodyIndent)
	}
	for i, row := range rows[1:] {
		if len(heads) == 2 {
			p.flow(row[0], bodyIndent, bodyIndent+"  ")
			p.flow(row[1], bodyIndent+"  ", bodyIndent+"    ")
			continue
		}
		if i > 0 {
			p.b.WriteString("\n")
		}
		first := bodyIndent
		for j, cell := range row {
			if len(cell) > 0 {
				p.flow(headed(heads[j], cell), first, bodyIndent+"    ")
				first = bodyIndent + "  "
			}
		}
	}
}

// headed returns words behind a heading and a colon.
func headed(heading, words []word) []word {
	all := slices.Concat(heading, words)
	if n := len(heading); n > 0 {
		all[n-1].text += ":"
		all[n-1].wide++
	}
	return all
}
