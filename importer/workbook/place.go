package workbook

import "regexp"

// place chooses the places of new columns, and the area of the filter.
func (ed *Editor) place() error {
	if ed.at != nil {
		return nil
	}
	links, err := ed.parts.relations(ed.sheet.part)
	if err != nil {
		return err
	}
	if err := ed.takeDrawings(links); err != nil {
		return err
	}
	first := ed.sheet.room(ed.edit.Width, len(ed.edit.Columns))
	if first+len(ed.edit.Columns) > MaxColumns {
		return &UnfitError{"there is no room for more columns"}
	}
	for i := range ed.edit.Columns {
		ed.at = append(ed.at, first+i)
	}
	return ed.placeFilter(links, Area{0, ed.sheet.header, first + len(ed.edit.Columns) - 1, ed.sheet.last})
}

var anchor = regexp.MustCompile(`(?s)<(?:\w+:)?from>.*?<(?:\w+:)?col>\s*(\d+)\s*<.*?</(?:\w+:)?from>\s*` +
	`<(?:\w+:)?to>.*?<(?:\w+:)?col>\s*(\d+)\s*<.*?<(?:\w+:)?row>\s*(\d+)\s*<.*?</(?:\w+:)?to>`)

// takeDrawings notes the columns that pictures and charts cover.
func (ed *Editor) takeDrawings(links []relation) error {
	for _, link := range links {
		if link.id != ed.sheet.drawing {
			continue
		}
		drawing, err := ed.parts.content(link.target)
		if err != nil {
			return err
		}
		for _, found := range anchor.FindAllSubmatch(drawing, -1) {
			if atoi(found[3])+1 >= ed.sheet.header {
				ed.sheet.take(atoi(found[1]), atoi(found[2]))
			}
		}
	}
	return nil
}
