package workbook

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxNotes limits the notes on cells: more make a sheet slow to open and to scroll.
const maxNotes = 1000

// notes are the notes on the cells of the sheet: a part with the texts, and a drawing
// with the boxes.
type notes struct {
	parts   *parts
	author  string
	sheet   string   // the part
	texts   noteList // without the notes of an earlier writing
	boxes   boxes    // the same
	taken   map[string]bool
	added   []note
	removed int
}

// noteList is the part with the texts.
type noteList struct {
	part     string // "" if there is none yet
	document *element
}

// boxes is the drawing with the boxes, in a language that is not quite XML.
type boxes struct {
	part    string // "" if there is none yet
	id      string // of the link from the sheet
	content []byte
}

type note struct {
	column, row int
	text        string
}

const (
	notesRelation = relationSpace + "/comments"
	boxesRelation = relationSpace + "/vmlDrawing"
)

// readNotes returns the notes of a sheet without the notes of an earlier writing.
func readNotes(p *parts, sheet *targetSheet, author string) (*notes, error) {
	n := &notes{parts: p, author: author, sheet: sheet.part, taken: map[string]bool{}}
	links, err := p.relations(sheet.part)
	if err != nil {
		return nil, err
	}
	for _, link := range links {
		switch {
		case link.kind == notesRelation:
			n.texts.part = link.target
		case link.kind == boxesRelation && link.id == sheet.notes:
			n.boxes.part, n.boxes.id = link.target, link.id
		}
	}
	old := map[string]bool{} // the cells with notes of an earlier writing
	if n.texts.part != "" {
		if n.texts.document, err = p.document(n.texts.part, ""); err != nil {
			return nil, err
		}
		n.removeTexts(old)
	}
	if n.boxes.part != "" {
		if n.boxes.content, err = p.content(n.boxes.part); err != nil {
			return nil, err
		}
		if !bytes.Contains(n.boxes.content, []byte("</xml>")) {
			return nil, &UnfitError{"the boxes of its notes cannot be read"}
		}
		n.boxes.remove(old)
	}
	n.removed = len(old)
	return n, nil
}

// removeTexts removes the notes of an earlier writing, and adds the cells to old.
func (n *notes) removeTexts(old map[string]bool) {
	list := n.texts.document.find("commentList")
	if list == nil {
		return
	}
	list.remove(func(e *element) bool {
		if e.name != "comment" {
			return false
		}
		cell := strings.ToUpper(e.attr("ref"))
		if strings.HasPrefix(strings.TrimSpace(e.content()), n.author+":") {
			old[cell] = true
			return true
		}
		n.taken[cell] = true
		return false
	})
}

var (
	box       = regexp.MustCompile(`(?s)<v:shape\s.*?</v:shape>\s*`)
	boxRow    = regexp.MustCompile(`<x:Row>\s*(\d+)\s*</x:Row>`)
	boxColumn = regexp.MustCompile(`<x:Column>\s*(\d+)\s*</x:Column>`)
	boxNumber = regexp.MustCompile(`_x0000_s(\d+)"`)
)

// remove removes the boxes of some cells' notes.
func (b *boxes) remove(cells map[string]bool) {
	b.content = box.ReplaceAllFunc(b.content, func(shape []byte) []byte {
		row, column := boxRow.FindSubmatch(shape), boxColumn.FindSubmatch(shape)
		if row != nil && column != nil && bytes.Contains(shape, []byte(`ObjectType="Note"`)) && cells[CellName(atoi(row[1])+1, atoi(column[1]))] {
			return nil
		}
		return shape
	})
}

// atoi returns the number that digits are, and 0 if the number is too large.
func atoi(digits []byte) int {
	n, _ := parseDigits(string(digits))
	return n
}

// add puts a note on a cell, unless the cell has a note.
func (n *notes) add(column, row int, text string) {
	cell := CellName(row, column)
	if n.taken[cell] || len(n.added) == maxNotes {
		return
	}
	n.taken[cell] = true
	n.added = append(n.added, note{column, row, text})
}

const (
	noTexts = xmlHead + `<comments xmlns="` + mainSpace + `"><authors></authors><commentList></commentList></comments>`
	noBoxes = `<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel">` +
		`<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout></xml>`
	boxType = `<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>`
)

// save writes the notes, and returns the ID by which the sheet refers to the boxes, or
// "" if there are none.
func (n *notes) save() (string, error) {
	if n.removed == 0 && len(n.added) == 0 {
		return n.boxes.id, nil
	}
	if len(n.added) > 0 {
		if err := n.create(); err != nil {
			return "", err
		}
		if err := n.addTexts(); err != nil {
			return "", err
		}
		n.boxes.add(n.added)
	}
	if n.texts.part != "" {
		n.parts.write(n.texts.part, n.texts.document)
	}
	if n.boxes.part != "" {
		n.parts.changed[n.parts.nameOf(n.boxes.part)] = n.boxes.content
	}
	return n.boxes.id, nil
}

// create adds the two parts where the sheet has none.
func (n *notes) create() error {
	var err error
	if n.texts.part == "" {
		n.texts.part = n.parts.free("xl/comments%d.xml")
		if n.texts.document, err = parse([]byte(noTexts)); err != nil {
			return err
		}
		if _, err := n.parts.add(n.sheet, "comments", n.texts.part, "spreadsheetml.comments+xml"); err != nil {
			return err
		}
	}
	if n.boxes.part == "" {
		n.boxes.part, n.boxes.content = n.parts.free("xl/drawings/vmlDrawing%d.vml"), []byte(noBoxes)
		if err := n.parts.declareExtension("vml", kindPrefix+"vmlDrawing"); err != nil {
			return err
		}
		n.boxes.id, err = n.parts.relate(n.sheet, boxesRelation, n.boxes.part)
	}
	return err
}

// addTexts appends the texts of the new notes.
func (n *notes) addTexts() error {
	root := n.texts.document.root()
	authors, list := root.find("authors"), root.find("commentList")
	if authors == nil || list == nil {
		return &UnfitError{"its notes cannot be changed"}
	}
	author := slices.IndexFunc(authors.elements(), func(e *element) bool { return e.content() == n.author })
	if author < 0 {
		author = len(authors.elements())
		authors.add("author").setText(n.author)
	}
	for _, note := range n.added {
		list.add("comment", "ref", CellName(note.row, note.column), "authorId", strconv.Itoa(author)).
			add("text").add("t", "xml:space", "preserve").setText(cellText(n.author + ":\n" + note.text))
	}
	return nil
}

// add appends the boxes of the new notes.
func (b *boxes) add(added []note) {
	number := 1024
	for _, found := range boxNumber.FindAllSubmatch(b.content, -1) {
		number = max(number, atoi(found[1]))
	}
	var all strings.Builder
	if !bytes.Contains(b.content, []byte(`id="_x0000_t202"`)) {
		all.WriteString(boxType)
	}
	for i, note := range added {
		lines := 2
		for line := range strings.SplitSeq(note.text, "\n") {
			lines += 1 + len(line)/34
		}
		fmt.Fprintf(&all, `<v:shape id="_x0000_s%d" type="#_x0000_t202" style="position:absolute;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">`+
			`<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>`+
			`<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>`+
			`<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>%d, 12, %d, 4, %d, 30, %d, 4</x:Anchor>`+
			`<x:AutoFill>False</x:AutoFill><x:Row>%d</x:Row><x:Column>%d</x:Column></x:ClientData></v:shape>`,
			number+1+i, note.column+1, max(note.row-2, 0), note.column+4, max(note.row-2, 0)+lines, note.row-1, note.column)
	}
	at := bytes.LastIndex(b.content, []byte("</xml>"))
	b.content = slices.Concat(b.content[:at], []byte(all.String()), b.content[at:])
}
