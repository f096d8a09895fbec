package roster

import "strings"

// overTwoRows joins the header with the row above or below it, if only both
// together say what the columns are: groups of columns over their headings
// (Employee over Last Name and First Name, with Craft beside them in the upper
// row alone), or headings broken into two cells (Badge over No.).
func overTwoRows(rows []headRow, header int, heading func(string) bool) (headRow, bool) {
	var best headRow
	most := 0
	for top := max(header-1, 0); top <= header && top+1 < len(rows); top++ {
		if h, known, ok := join(&rows[top], &rows[top+1], heading); ok && known > most {
			best, most = h, known
		}
	}
	return best, most > 0
}

// join makes one header of two rows and counts its headings. It is not ok if one
// of the rows says as much, or if the lower one may be a person's.
func join(top, bottom *headRow, heading func(string) bool) (h headRow, known int, ok bool) {
	if bottom.number != top.number+1 || top.damage != nil || bottom.damage != nil {
		return h, 0, false
	}
	width := max(len(top.cells), len(bottom.cells))
	j := joiner{heading: heading, names: make([]string, width), isHeading: make([]bool, width)}
	for i := range j.names {
		upper, lower := top.text(i), bottom.text(i)
		if strings.HasSuffix(upper, ":") { // a letterhead
			return h, 0, false
		}
		if upper != "" {
			j.group = upper
		}
		if lower != "" && !bottom.wordyText(i) {
			return h, 0, false
		}
		j.add(i, upper, lower)
	}
	j.tellApart(bottom)
	h = headRow{number: bottom.number, cells: j.names, hidden: bottom.hidden, joined: [][]string{connected(top.cells), connected(bottom.cells)}}
	known = j.known()
	alone := max(top.headings(heading), bottom.headings(heading))
	better := known > alone || (known == alone && j.pairs > 1)
	return h, known, better && j.lower > 1 && 2*j.against <= j.lower
}

// joiner names the columns of two rows.
type joiner struct {
	heading   func(string) bool
	names     []string
	isHeading []bool
	group     string // what stands over the column, or over one to its left
	groups    []string

	lower   int // cells of the lower row that are headings, by themselves or with what is over them
	pairs   int // of those, the ones that are only with what is over them
	against int // cells of the lower row that are no headings, right below ones
}

func (j *joiner) add(i int, upper, lower string) {
	j.groups = append(j.groups, j.group)
	pair := strings.TrimSpace(j.group + " " + lower)
	switch {
	case lower == "" || strings.EqualFold(upper, lower):
		j.names[i], j.isHeading[i] = upper, j.heading(upper)
	case j.group != "" && j.heading(pair):
		j.names[i], j.isHeading[i] = pair, true
		j.lower++
		j.pairs++
	case j.heading(lower):
		j.names[i], j.isHeading[i] = lower, true
		j.lower++
	default:
		j.names[i] = pair
		if upper != "" && j.heading(upper) {
			j.against++
		}
	}
}

// tellApart puts their group before headings of the lower row that are there
// more than once: the name of a person, and that of whom to call.
func (j *joiner) tellApart(bottom *headRow) {
	count := map[string]int{}
	for _, name := range j.names {
		count[strings.ToLower(name)]++
	}
	for i, name := range j.names {
		if group := j.groups[i]; count[strings.ToLower(name)] > 1 && name != "" && group != "" && name == bottom.text(i) && !strings.EqualFold(group, name) {
			j.names[i] = group + " " + name
		}
	}
}

// known counts the columns of different names that are headings.
func (j *joiner) known() int {
	seen := map[string]bool{}
	for i, name := range j.names {
		if j.isHeading[i] {
			seen[strings.ToLower(name)] = true
		}
	}
	return len(seen)
}

// text returns a cell as a heading, or "".
func (h *headRow) text(i int) string {
	if i >= len(h.cells) {
		return ""
	}
	return oneLine(h.cells[i])
}

// wordyText reports that a cell can be a heading.
func (h *headRow) wordyText(i int) bool {
	return (h.kinds == nil || h.kinds[i] == Text) && wordy(h.text(i))
}
