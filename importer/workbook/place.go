package workbook

// place chooses the places of new columns, and the area of the filter.
func (ed *Editor) place() error {
	if ed.at != nil {
		return nil
	}
	links, err := ed.parts.relations(ed.sheet.part)
	if err != nil {
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
