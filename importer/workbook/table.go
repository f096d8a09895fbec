package workbook

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// tableArea returns where a table lies, and whether columns can be added to it.
func tableArea(content []byte) (covered Area, extensible bool) {
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
func (b *Editor) writeTable() error {
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
				covered.Right = b.at[len(b.at)-1]
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

// nameFilter gives the sheet's filter the hidden name by which some programs
// find it.
func (b *Editor) nameFilter() error {
	if b.filter == nil {
		return nil
	}
	content, err := b.parts.read(b.main)
	if err != nil {
		return err
	}
	f := b.filter
	place := fmt.Sprintf("$%s$%d:$%s$%d", columnName(f.Left), f.Top, columnName(f.Right), f.Bottom)
	var out []byte
	inside, named, list, depth, behind := false, false, false, 0, 0
	err = tags(content, func(t token) {
		name := string(t.name)
		if t.kind == end {
			depth--
		}
		switch {
		case t.kind == start && name == "definedName":
			called, _ := attribute(t.raw, "name")
			local, _ := attribute(t.raw, "localSheetId")
			inside = called == "_xlnm._FilterDatabase" && local == strconv.Itoa(b.index)
			named = named || inside
		case inside && t.kind == text:
			if i := bytes.LastIndexByte(t.raw, '!'); i >= 0 {
				t.raw = join(t.raw[:i+1], place, nil)
			}
			inside = false
		}
		out = append(out, t.raw...)
		if t.kind != start && depth == 1 && (name == "sheets" || name == "functionGroups" || name == "externalReferences") {
			behind = len(out)
		}
		list = list || name == "definedNames"
		if t.kind == start {
			depth++
		}
	})
	if err == nil && !list { // the list of names stands behind these three
		out = join(out[:behind], "<"+prefixOf(out)+"definedNames></"+prefixOf(out)+"definedNames>", out[behind:])
	}
	if err == nil && !named {
		out, err = appendChild(out, "definedNames", fmt.Sprintf(`<{p}definedName name="_xlnm._FilterDatabase" localSheetId="%d" hidden="1">%s!%s</{p}definedName>`,
			b.index, escape("'"+strings.ReplaceAll(b.edit.Sheet, "'", "''")+"'"), place))
	}
	b.parts.write(b.main, out)
	return err
}

// prefixOf returns the namespace prefix of a part's first element.
func prefixOf(content []byte) string {
	s := newTagScanner(bytes.NewReader(content))
	for {
		t, err := s.next()
		if err != nil || t.kind != text {
			return prefix(t.raw)
		}
	}
}
