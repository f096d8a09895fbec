package workbook

import (
	"fmt"
	"strconv"
	"strings"
)

// mark gives the workbook the property by which it is known again.
func (b *Editor) mark() error {
	if done, err := b.marked(); err != nil || done {
		return err
	}
	properties, err := b.parts.read(customProperties)
	if err != nil {
		return err
	}
	if properties == nil {
		properties = []byte(xmlHead + `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"></Properties>`)
		if err := b.parts.declare(customProperties, kindPrefix+"custom-properties+xml"); err != nil {
			return err
		}
		if _, err := b.parts.relate("", relationSpace+"/custom-properties", customProperties); err != nil {
			return err
		}
	}
	last, err := highest(properties, "property", "pid")
	if err != nil {
		return err
	}
	properties, err = appendChild(properties, "Properties", fmt.Sprintf(
		`<{p}property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="%d" name="%s"><v:lpwstr xmlns:v="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">results</v:lpwstr></{p}property>`,
		max(last, 1)+1, b.edit.Property)) // 0 and 1 are not for properties
	b.parts.write(customProperties, properties)
	return err
}

// highest returns the highest number by which an attribute tells elements of a name
// apart, 0 if there is none.
func highest(content []byte, element, name string) (int, error) {
	most := 0
	err := tags(content, func(t token) {
		if string(t.name) == element {
			text, _ := attribute(t.raw, name)
			number, _ := strconv.Atoi(text) // what is no number is in nobody's way
			most = max(most, number)
		}
	})
	return most, err
}

// writeSummary writes the sheet that is added, in the place of one that an earlier
// writing has added.
func (b *Editor) writeSummary(lines []Line) error {
	content := b.summarySheet(lines)
	if b.summary != "" {
		b.parts.write(b.summary, content)
		return nil
	}
	part := b.parts.free("xl/worksheets/summary%d.xml")
	b.parts.write(part, content)
	if err := b.parts.declare(part, kindPrefix+"spreadsheetml.worksheet+xml"); err != nil {
		return err
	}
	id, err := b.parts.relate(b.main, relationSpace+"/worksheet", part)
	if err != nil {
		return err
	}
	return b.listSheet(id)
}

// summarySheet returns the part of the sheet that is added.
func (b *Editor) summarySheet(lines []Line) []byte {
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
		for column, content := range line.Cells {
			if column > 0 {
				height = max(height, linesOf(content, widths[min(column, len(widths)-1)]))
			}
		}
		r := row{tag: []byte(fmt.Sprintf(`<row r="%d" ht="%d">`, i+1, 16*height)), number: i + 1}
		for column, content := range line.Cells {
			tone := Plain
			if column == 0 {
				tone = line.Tone
			}
			style := b.styles.beside(0, 0, tone, column > 0)
			if line.Bold {
				style = b.styles.bold()
			}
			if content != "" {
				r.cells = append(r.cells, textCell("", i+1, column, style, content))
			}
		}
		x.Write(r.append(nil, ""))
	}
	x.WriteString(`</sheetData><pageMargins left="0.5" right="0.5" top="0.75" bottom="0.75" header="0.3" footer="0.3"/>` +
		`<pageSetup orientation="landscape" fitToHeight="0"/></worksheet>`)
	return []byte(x.String())
}

// listSheet puts the sheet that is added behind the workbook's others.
func (b *Editor) listSheet(relation string) error {
	content, err := b.parts.read(b.main)
	if err != nil {
		return err
	}
	last, err := highest(content, "sheet", "sheetId")
	if err != nil {
		return err
	}
	content, err = appendChild(content, "sheets", fmt.Sprintf(`<{p}sheet name="%s" sheetId="%d" xmlns:r="%s" r:id="%s"/>`, escape(b.name), last+1, relationSpace, relation))
	b.parts.write(b.main, content)
	return err
}

func (b *Editor) writeStyles() error {
	if b.look == "" {
		b.look = b.parts.free("xl/styles%d.xml")
		if err := b.parts.declare(b.look, kindPrefix+"spreadsheetml.styles+xml"); err != nil {
			return err
		}
		if _, err := b.parts.relate(b.main, relationSpace+"/styles", b.look); err != nil {
			return err
		}
	}
	b.parts.write(b.look, b.styles.bytes())
	return nil
}
