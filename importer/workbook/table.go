package workbook

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// tableArea returns the area of a table, and whether columns can be added.
func tableArea(table *element) (Area, bool) {
	area, ok := parseArea(table.attr("ref"))
	kind, headers := table.attr("tableType"), table.attr("headerRowCount")
	return area, ok && (kind == "" || kind == "worksheet") && (headers == "" || headers == "1")
}

// writeTable adds the new columns to the table that ends beside the columns.
func (b *Editor) writeTable() error {
	if b.table == "" {
		return nil
	}
	return b.parts.change(b.table, "", func(table *element) {
		for _, e := range append(table.all("autoFilter"), table) {
			if area, ok := parseArea(e.attr("ref")); ok {
				area.Right = b.at[len(b.at)-1]
				e.set("ref", area.String())
			}
		}
		list := table.find("tableColumns")
		if list == nil {
			return
		}
		list.set("count", strconv.Itoa(list.number("count")+len(b.at)))
		last := highest(list, "tableColumn", "id")
		for i, c := range b.edit.Columns {
			list.add("tableColumn", "id", strconv.Itoa(last+1+i), "name", c.Heading)
		}
	})
}

// highest returns the highest number by which elements of a name are told apart, and 0
// if there is none.
func highest(list *element, name, attribute string) int {
	most := 0
	for _, e := range list.all(name) {
		most = max(most, e.number(attribute))
	}
	return most
}

// nameFilter gives the filter of the sheet the hidden name by which some programs find a
// filter.
func (b *Editor) nameFilter() error {
	if b.filter == nil {
		return nil
	}
	f := b.filter
	sheet := "'" + strings.ReplaceAll(b.edit.Sheet, "'", "''") + "'"
	formula := fmt.Sprintf("%s!$%s$%d:$%s$%d", sheet, columnName(f.Left), f.Top, columnName(f.Right), f.Bottom)
	return b.parts.change(b.main, "", func(root *element) {
		names := root.find("definedNames")
		if names == nil {
			names = newElement(root.prefix, "definedNames")
			before := slices.IndexFunc(root.children, func(e *element) bool { return e.name == "sheets" })
			for i, e := range root.children {
				if e.name == "functionGroups" || e.name == "externalReferences" {
					before = i
				}
			}
			root.insert(before+1, names)
		}
		for _, e := range names.elements() {
			if e.attr("name") == "_xlnm._FilterDatabase" && e.attr("localSheetId") == strconv.Itoa(b.index) {
				e.setText(formula)
				return
			}
		}
		names.add("definedName", "name", "_xlnm._FilterDatabase", "localSheetId", strconv.Itoa(b.index), "hidden", "1").setText(formula)
	})
}
