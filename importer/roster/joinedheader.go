package roster

import "strings"

// overTwoRows joins the header with the row above or below if only both rows together
// say what the columns are. Groups of columns may be above the headings (Employee above
// Last Name and First Name, beside Craft in the upper row alone), or a heading may be
// broken into two cells (Badge above No.).
func overTwoRows(rows []headRow, header int, heading func(string) bool) (headRow, bool) {
	var best headRow
	most := 0
	for top := max(header-1, 0); top <= header && top+1 < len(rows); top++ {
		if h, known, ok := joinRows(&rows[top], &rows[top+1], heading); ok && known > most {
			best, most = h, known
		}
	}
	return best, most > 0
}

// joinedHeader is a header that is made of two rows.
type joinedHeader struct {
	heading func(string) bool
	columns []joinedColumn

	lower   int // cells of the lower row that are headings, alone or with the group above
	pairs   int // cells of the lower row that are headings only with the group above
	against int // cells of the lower row that are no headings, below headings
}

// joinedColumn is a column of a joined header.
type joinedColumn struct {
	name      string
	group     string // the text above the column, or above a column to its left
	isHeading bool
}

// joinRows makes a header of two rows and counts the headings. It is not ok if a row
// alone says as much, or if the lower row may be a person.
func joinRows(top, bottom *headRow, heading func(string) bool) (h headRow, known int, ok bool) {
	if bottom.Number != top.Number+1 || top.Err != nil || bottom.Err != nil {
		return h, 0, false
	}
	j := joinedHeader{heading: heading}
	group, divided := "", dividesGroup(top, bottom, heading)
	for i := range max(len(top.Cells), len(bottom.Cells)) {
		upper, lower := top.text(i), bottom.text(i)
		if strings.HasSuffix(upper, ":") || lower != "" && !bottom.wordy(i) && !divided { // a letterhead, or a person
			return h, 0, false
		}
		if upper != "" {
			group = upper
		}
		j.add(group, upper, lower)
	}
	j.nameTwins(bottom)
	h = *bottom
	h.joined = [][]string{connected(top.Cells), connected(bottom.Cells)}
	h.Cells, h.Kinds = nil, nil
	for _, c := range j.columns {
		h.Cells = append(h.Cells, c.name)
	}
	known = j.known()
	alone := max(top.headings(heading), bottom.headings(heading))
	better := known > alone || known == alone && j.pairs > 1
	return h, known, divided || better && j.lower > 1 && 2*j.against <= j.lower
}

// dividesGroup reports whether the lower row only divides columns of the upper row, as
// Mon, Tue and Wed divide Hours. Below the other headings, some of which are known, the
// lower row is empty or repeats the upper row, so the lower row is no person.
func dividesGroup(top, bottom *headRow, heading func(string) bool) bool {
	parts, known, group := 0, 0, false
	for i := range max(len(top.Cells), len(bottom.Cells)) {
		upper, lower := top.text(i), bottom.text(i)
		switch begins := top.text(i+1) == "" && bottom.text(i+1) != ""; {
		case upper != "" && (lower == "" || lower == upper):
			group = false
			if heading(upper) {
				known++
			}
		case upper != "" && !begins:
			return false
		case lower != "":
			if group = group || upper != ""; !group {
				return false
			}
			parts++
		}
	}
	return parts > 1 && known > 0
}

// add names a column by the cells in the two rows.
func (j *joinedHeader) add(group, upper, lower string) {
	pair := strings.TrimSpace(group + " " + lower)
	c := joinedColumn{name: lower, group: group, isHeading: true}
	switch {
	case lower == "" || strings.EqualFold(upper, lower):
		c.name, c.isHeading = upper, j.heading(upper)
	case group != "" && j.heading(pair):
		c.name = pair
		j.lower++
		j.pairs++
	case j.heading(lower):
		j.lower++
	default:
		c.name, c.isHeading = pair, false
		if upper != "" && j.heading(upper) {
			j.against++
		}
	}
	j.columns = append(j.columns, c)
}

// nameTwins puts the group in front of headings of the lower row that occur twice, such
// as the name of a person and of a contact.
func (j *joinedHeader) nameTwins(bottom *headRow) {
	count := map[string]int{}
	for _, c := range j.columns {
		count[strings.ToLower(c.name)]++
	}
	for i, c := range j.columns {
		if count[strings.ToLower(c.name)] > 1 && c.name != "" && c.group != "" && c.name == bottom.text(i) && !strings.EqualFold(c.group, c.name) {
			j.columns[i].name = c.group + " " + c.name
		}
	}
}

// known counts the different headings.
func (j *joinedHeader) known() int {
	seen := map[string]bool{}
	for _, c := range j.columns {
		if c.isHeading {
			seen[strings.ToLower(c.name)] = true
		}
	}
	return len(seen)
}
