package workbook

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// maxNotes is how many notes are put on cells at most.
const maxNotes = 1000

// notes are the notes on the sheet's cells: a part that holds their texts, and a
// drawing that holds their boxes.
type notes struct {
	by       string // the first line of ours
	comments string // the part's name; "" if there is none yet
	drawing  string // likewise
	texts    []byte // the part without our old ones
	boxes    []byte // the drawing without theirs
	taken    map[string]bool
	added    []note
	changed  bool
}

type note struct {
	column, row int
	text        string
}

const (
	commentsRelation = relationSpace + "/comments"
	drawingRelation  = relationSpace + "/vmlDrawing"
)

// readNotes finds the notes of a sheet, and takes ours out.
func readNotes(p *parts, sheetPart, legacyID, by string) (*notes, error) {
	n := &notes{by: by + ":", taken: map[string]bool{}}
	links, err := p.relations(sheetPart)
	if err != nil {
		return nil, err
	}
	for _, link := range links {
		switch {
		case link.kind == commentsRelation:
			n.comments = link.target
		case link.kind == drawingRelation && link.id == legacyID:
			n.drawing = link.target
		}
	}
	old := map[[2]int]bool{} // row and column, from 0, of ours
	if n.comments != "" {
		texts, err := p.read(n.comments)
		if err != nil {
			return nil, err
		}
		if n.texts, err = n.withoutOurs(texts, old); err != nil {
			return nil, err
		}
	}
	if n.drawing != "" {
		boxes, err := p.read(n.drawing)
		if err != nil {
			return nil, err
		}
		if !bytes.Contains(boxes, []byte("</xml>")) {
			return nil, &UnfitError{"the boxes of its notes can't be read"}
		}
		n.boxes = withoutBoxes(boxes, old)
	}
	n.changed = len(old) > 0
	return n, nil
}

// withoutOurs returns the notes without ours, whose places it adds to old.
func (n *notes) withoutOurs(texts []byte, old map[[2]int]bool) ([]byte, error) {
	var out []byte
	s := newTagScanner(bytes.NewReader(texts))
	for {
		t, err := s.next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if t.kind != start || string(t.name) != "comment" {
			out = append(out, t.raw...)
			continue
		}
		raw, err := s.element(nil, t)
		if err != nil {
			return nil, err
		}
		name, _ := attribute(tagAt(raw), "ref")
		row, column, ok := ParseCell(name)
		if ok && strings.HasPrefix(strings.TrimSpace(contentOf(raw)), n.by) {
			old[[2]int{row - 1, column}] = true
			continue
		}
		n.taken[strings.ToUpper(name)] = true
		out = append(out, raw...)
	}
}

// contentOf returns the text of an element, whatever it is divided into.
func contentOf(raw []byte) string {
	var b strings.Builder
	for len(raw) > 0 {
		length := tagLength(raw)
		if raw[0] != '<' {
			b.Write(raw[:length])
		}
		raw = raw[length:]
	}
	return html.UnescapeString(b.String())
}

var (
	box       = regexp.MustCompile(`(?s)<v:shape\s.*?</v:shape>\s*`)
	boxRow    = regexp.MustCompile(`<x:Row>\s*(\d+)\s*</x:Row>`)
	boxColumn = regexp.MustCompile(`<x:Column>\s*(\d+)\s*</x:Column>`)
	boxID     = regexp.MustCompile(`_x0000_s(\d+)"`)
)

// withoutBoxes takes boxes out of a drawing. Excel writes it in a language that
// is not quite XML, so it is not read as such.
func withoutBoxes(drawing []byte, old map[[2]int]bool) []byte {
	return box.ReplaceAllFunc(drawing, func(shape []byte) []byte {
		row, column := boxRow.FindSubmatch(shape), boxColumn.FindSubmatch(shape)
		if row == nil || column == nil || !bytes.Contains(shape, []byte(`ObjectType="Note"`)) {
			return shape
		}
		r, _ := strconv.Atoi(string(row[1]))    // digits, by the expression
		c, _ := strconv.Atoi(string(column[1])) // likewise
		if old[[2]int{r, c}] {
			return nil
		}
		return shape
	})
}

// add puts a note on a cell, unless somebody else's is there already.
func (n *notes) add(column, row int, text string) {
	name := CellName(row, column)
	if n.taken[name] || len(n.added) == maxNotes {
		return
	}
	n.taken[name] = true
	n.added = append(n.added, note{column, row, text})
}

const (
	noTexts = xmlHead + `<comments xmlns="` + mainSpace + `"><authors></authors><commentList></commentList></comments>`
	noBoxes = `<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel">` +
		`<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout></xml>`
	boxType = `<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>`
)

// save writes the notes, and returns the ID by which the sheet refers to their
// drawing: the one it had, or that of a new one.
func (n *notes) save(p *parts, sheetPart, legacyID string) (string, error) {
	if !n.changed && len(n.added) == 0 {
		return legacyID, nil
	}
	var err error
	if n.comments == "" && len(n.added) > 0 {
		n.comments, n.texts = p.free("xl/comments%d.xml"), []byte(noTexts)
		if err := p.declare(n.comments, kindPrefix+"spreadsheetml.comments+xml"); err != nil {
			return "", err
		}
		if _, err := p.relate(sheetPart, commentsRelation, n.comments); err != nil {
			return "", err
		}
	}
	if n.drawing == "" && len(n.added) > 0 {
		n.drawing, n.boxes = p.free("xl/drawings/vmlDrawing%d.vml"), []byte(noBoxes)
		if err := p.declareExtension("vml", kindPrefix+"vmlDrawing"); err != nil {
			return "", err
		}
		if legacyID, err = p.relate(sheetPart, drawingRelation, n.drawing); err != nil {
			return "", err
		}
	}
	if len(n.added) > 0 {
		if n.texts, err = n.withTexts(); err != nil {
			return "", err
		}
		n.boxes = n.withBoxes()
	}
	if n.comments != "" {
		p.write(n.comments, n.texts)
	}
	if n.drawing != "" {
		p.write(n.drawing, n.boxes)
	}
	return legacyID, nil
}

// withTexts appends the texts of the notes.
func (n *notes) withTexts() ([]byte, error) {
	author, authors, ours, list := escape(strings.TrimSuffix(n.by, ":")), 0, -1, ""
	inside := false
	err := tags(n.texts, func(t token) {
		switch {
		case t.kind == start && string(t.name) == "comments":
			list = prefix(t.raw)
		case t.kind == text && inside && string(t.raw) == author:
			ours = authors - 1
		case t.kind != end && string(t.name) == "author":
			authors++
		}
		inside = t.kind == start && string(t.name) == "author"
	})
	if err != nil {
		return nil, err
	}
	texts := n.texts
	if ours < 0 {
		ours = authors
		if texts, err = appendChild(texts, "authors", "<{p}author>"+author+"</{p}author>"); err != nil {
			return nil, err
		}
	}
	var all strings.Builder
	for _, one := range n.added {
		fmt.Fprintf(&all, `<comment ref="%s" authorId="%d"><text><t xml:space="preserve">%s</t></text></comment>`,
			CellName(one.row, one.column), ours, escape(cellText(n.by+"\n"+one.text)))
	}
	return appendChild(texts, "commentList", prefixed(all.String(), list))
}

// withBoxes appends the boxes of the notes.
func (n *notes) withBoxes() []byte {
	id := 1024
	for _, found := range boxID.FindAllSubmatch(n.boxes, -1) {
		number, _ := strconv.Atoi(string(found[1])) // digits, by the expression
		id = max(id, number)
	}
	var all strings.Builder
	if !bytes.Contains(n.boxes, []byte(`id="_x0000_t202"`)) {
		all.WriteString(boxType)
	}
	for i, one := range n.added {
		lines := 2
		for line := range strings.SplitSeq(one.text, "\n") {
			lines += 1 + len(line)/34
		}
		fmt.Fprintf(&all, `<v:shape id="_x0000_s%d" type="#_x0000_t202" style="position:absolute;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">`+
			`<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>`+
			`<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>`+
			`<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>%d, 12, %d, 4, %d, 30, %d, 4</x:Anchor>`+
			`<x:AutoFill>False</x:AutoFill><x:Row>%d</x:Row><x:Column>%d</x:Column></x:ClientData></v:shape>`,
			id+1+i, one.column+1, max(one.row-2, 0), one.column+4, max(one.row-2, 0)+lines, one.row-1, one.column)
	}
	at := bytes.LastIndex(n.boxes, []byte("</xml>"))
	return join(n.boxes[:at], all.String(), n.boxes[at:])
}
