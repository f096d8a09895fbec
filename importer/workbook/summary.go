package workbook

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	customProperties = "docProps/custom.xml"
	noProperties     = xmlHead + `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"></Properties>`
)

// summary is the sheet that the editor adds.
type summary struct {
	name string
	part string // of an earlier writing, to be written anew; "" if there is none
}

// markProperty gives the workbook the property by which later writings know the
// workbook.
func (ed *Editor) markProperty() error {
	if done, err := ed.isMarked(); err != nil || done {
		return err
	}
	if !ed.parts.has(customProperties) {
		if _, err := ed.parts.add("", "custom-properties", customProperties, "custom-properties+xml"); err != nil {
			return err
		}
	}
	return ed.parts.change(customProperties, noProperties, func(root *element) {
		number := max(highest(root, "property", "pid"), 1) + 1 // 0 and 1 are reserved
		property := root.add("property", "fmtid", "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}", "pid", strconv.Itoa(number), "name", ed.edit.Property)
		property.insert(0, newElement("v", "lpwstr", "xmlns:v", "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes").setText("results"))
	})
}

// writeSummary writes the sheet that is added, or the sheet that an earlier writing has
// added.
func (ed *Editor) writeSummary(lines []Line) error {
	part := ed.summary.part
	if part == "" {
		part = ed.parts.free("xl/worksheets/summary%d.xml")
		id, err := ed.parts.add(ed.book.name, "worksheet", part, "spreadsheetml.worksheet+xml")
		if err != nil {
			return err
		}
		if err := ed.parts.change(ed.book.name, "", func(root *element) {
			if list := root.find("sheets"); list != nil {
				list.add("sheet", "name", ed.summary.name, "sheetId", strconv.Itoa(highest(list, "sheet", "sheetId")+1), "xmlns:r", relationSpace, "r:id", id)
			}
		}); err != nil {
			return err
		}
	}
	ed.parts.changed[ed.parts.nameOf(part)] = ed.summarySheet(lines)
	return nil
}

// summarySheet returns the part of the summary.
func (ed *Editor) summarySheet(lines []Line) []byte {
	widths := []float64{24, 12, 52, 52, 24}
	var x strings.Builder
	x.WriteString(xmlHead + `<worksheet xmlns="` + mainSpace + `"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView showGridLines="0" workbookViewId="0"/></sheetViews>` +
		`<cols>`)
	for i, width := range widths {
		fmt.Fprintf(&x, `<col min="%d" max="%d" width="%g" customWidth="1"/>`, i+1, i+1, width)
	}
	x.WriteString(`</cols><sheetData>`)
	for i, line := range lines {
		height := 1
		row := newElement("", "row", "r", strconv.Itoa(i+1))
		for column, value := range line.Cells {
			text := fmt.Sprint(value)
			if text == "" {
				continue
			}
			if column > 0 {
				height = max(height, linesOf(text, widths[min(column, len(widths)-1)]))
			}
			style := ed.lineStyle(line, column)
			cell := textCell("", i+1, column, style, text)
			if _, number := value.(int); number {
				cell = textCell("", i+1, column, style, "")
				cell.add("v").setText(text)
			}
			row.insert(len(row.children), cell.element)
		}
		row.set("ht", strconv.Itoa(16*height))
		x.Write(row.append(nil))
	}
	x.WriteString(`</sheetData><pageMargins left="0.5" right="0.5" top="0.75" bottom="0.75" header="0.3" footer="0.3"/>` +
		`<pageSetup orientation="landscape" fitToHeight="0"/></worksheet>`)
	return []byte(x.String())
}

// lineStyle returns the style of a cell in a line of the summary.
func (ed *Editor) lineStyle(line Line, column int) int {
	switch {
	case line.Bold:
		return ed.styles.bold()
	case column == 0:
		return ed.styles.text(look{tone: line.Tone})
	}
	return ed.styles.text(look{wrap: true})
}
