package workbook

import (
	"bytes"
	"fmt"
	"strconv"
)

// tableArea returns where a table lies, and whether columns can be added to it.
func tableArea(content []byte) (covered area, extensible bool) {
	_ = tags(content, func(t token) {
		if t.kind != start || string(t.name) != "table" {
			return
		}
		text, _ := attribute(t.raw, "ref")
		covered, extensible = parseArea(text)
		kind, _ := attribute(t.raw, "tableType")
		headers, found := attribute(t.raw, "headerRowCount")
		extensible = extensible && (kind == "" || kind == "worksheet") && (!found || headers == "1")
	})
	return covered, extensible
}

// writeTable adds our columns to the table that ends beside them.
func (b *Book) writeTable() error {
	if b.table == "" {
		return nil
	}
	content, err := b.parts.read(b.table)
	if err != nil {
		return err
	}
	var out []byte
	highest := 0
	err = tags(content, func(t token) {
		name := string(t.name)
		if t.kind != end && (name == "table" || name == "autoFilter") {
			text, _ := attribute(t.raw, "ref")
			if covered, ok := parseArea(text); ok {
				covered.right = b.at[len(b.at)-1]
				t.raw = setAttribute(t.raw, "ref", covered.String())
			}
		}
		if t.kind == start && name == "tableColumns" {
			text, _ := attribute(t.raw, "count")
			count, _ := strconv.Atoi(text) // it is for nobody but readers in a hurry
			t.raw = setAttribute(t.raw, "count", strconv.Itoa(count+len(b.at)))
		}
		if t.kind != end && name == "tableColumn" {
			text, _ := attribute(t.raw, "id")
			id, _ := strconv.Atoi(text) // likewise
			highest = max(highest, id)
		}
		out = append(out, t.raw...)
	})
	for i, c := range b.edit.Columns {
		if err == nil {
			out, err = appendChild(out, "tableColumns", fmt.Sprintf(`<{p}tableColumn id="%d" name="%s"/>`, highest+1+i, escape(c.Heading)))
		}
	}
	b.parts.write(b.table, out)
	return err
}

// nameFilter has the hidden name of the sheet's filter cover what the filter
// covers, if there is such a name.
func (b *Book) nameFilter() error {
	if b.filter == nil {
		return nil
	}
	content, err := b.parts.read(b.main)
	if err != nil {
		return err
	}
	var out []byte
	inside := false
	err = tags(content, func(t token) {
		if t.kind == start && string(t.name) == "definedName" {
			name, _ := attribute(t.raw, "name")
			local, _ := attribute(t.raw, "localSheetId")
			inside = name == "_xlnm._FilterDatabase" && local == strconv.Itoa(b.index)
		} else if inside && t.kind == text {
			if i := bytes.LastIndexByte(t.raw, '!'); i >= 0 {
				f := b.filter
				t.raw = join(t.raw[:i+1], fmt.Sprintf("$%s$%d:$%s$%d", letters(f.left), f.top, letters(f.right), f.bottom), nil)
			}
			inside = false
		}
		out = append(out, t.raw...)
	})
	if bytes.Equal(out, content) || err != nil {
		return err
	}
	b.parts.write(b.main, out)
	return nil
}
