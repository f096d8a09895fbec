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

// placeFilter lets a filter cover the new columns: the filter of the table, of the sheet,
// or a new filter. The filter of a sheet must not overlap a table, which has a filter
// itself, and a filter of the new columns alone would sort them away from their rows.
func (ed *Editor) placeFilter(links []relation, whole Area) error {
	beside := ed.at[0] - 1
	for _, link := range links {
		if !strings.HasSuffix(link.kind, "/table") {
			continue
		}
		table, err := ed.parts.document(link.target, "")
		if err != nil {
			return err
		}
		area, extensible := tableArea(table.root())
		if !area.overlaps(whole) {
			continue
		}
		if ed.table != "" || !extensible || area.Top != whole.Top || area.Right != beside {
			ed.table = ""
			return nil
		}
		ed.table = link.target
	}
	if ed.table != "" {
		return nil
	}
	switch old := ed.sheet.filter; {
	case old == nil:
		ed.filter = &whole
	case old.Top == whole.Top && old.Right == beside:
		ed.filter = &Area{old.Left, old.Top, whole.Right, old.Bottom}
	}
	return nil
}

// writeTable adds the new columns to the table that ends beside the columns.
func (ed *Editor) writeTable() error {
	if ed.table == "" {
		return nil
	}
	return ed.parts.change(ed.table, "", func(table *element) {
		for _, e := range append(table.all("autoFilter"), table) {
			if area, ok := parseArea(e.attr("ref")); ok {
				area.Right = ed.at[len(ed.at)-1]
				e.set("ref", area.String())
			}
		}
		list := table.find("tableColumns")
		if list == nil {
			return
		}
		list.set("count", strconv.Itoa(list.number("count")+len(ed.at)))
		last := highest(list, "tableColumn", "id")
		for i, c := range ed.edit.Columns {
			list.add("tableColumn", "id", strconv.Itoa(last+1+i), "name", c.Heading)
		}
	})
}

// highest returns the highest number that elements of a name have, and 0 if there is
// none.
func highest(list *element, name, attribute string) int {
	most := 0
	for _, e := range list.all(name) {
		most = max(most, e.number(attribute))
	}
	return most
}

// nameFilter gives the filter of the sheet the hidden name by which some programs find a
// filter.
func (ed *Editor) nameFilter() error {
	if ed.filter == nil {
		return nil
	}
	f := ed.filter
	sheet := "'" + strings.ReplaceAll(ed.edit.Sheet, "'", "''") + "'"
	formula := fmt.Sprintf("%s!$%s$%d:$%s$%d", sheet, columnName(f.Left), f.Top, columnName(f.Right), f.Bottom)
	return ed.parts.change(ed.book.name, "", func(root *element) {
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
			if e.attr("name") == "_xlnm._FilterDatabase" && e.attr("localSheetId") == strconv.Itoa(ed.book.index) {
				e.setText(formula)
				return
			}
		}
		names.add("definedName", "name", "_xlnm._FilterDatabase", "localSheetId", strconv.Itoa(ed.book.index), "hidden", "1").setText(formula)
	})
}
