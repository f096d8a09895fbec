package roster

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// headerCandidate is a row that may be the header.
type headerCandidate struct {
	index int  // of the row; -1 for none
	known int  // headings in the row
	plain bool // the row looks like a header, see looksLikeHeader
	names bool // a heading of the row is a heading of names
}

// bestHeader returns the row that is most likely the header, and a rival: another row
// that is as likely and holds different headings. The index of either is -1 if there is
// none.
//
// A single heading may be a word of a letterhead or of a person's row, so a row with a
// single heading must look like a header.
func bestHeader(rows []headRow, o Options) (best, rival headerCandidate) {
	best.index, rival.index = -1, -1
	for i := range rows {
		c := headerCandidate{index: i, known: rows[i].headings(o.Heading)}
		if c.known == 0 {
			continue
		}
		c.plain = looksLikeHeader(rows[i:], o.Heading) || i+1 < len(rows) && dividesGroup(&rows[i], &rows[i+1], o.Heading)
		c.names = o.Names != nil && slices.ContainsFunc(rows[i].texts(), o.Names)
		if c.known == 1 && !c.plain && !isHeaderOfNames(rows, i, o.Heading) {
			continue
		}
		switch order := c.compare(best); {
		case order > 0:
			best, rival.index = c, -1
		case order == 0 && c.plain && rival.index < 0 && !isAgain(&rows[best.index], &rows[i], o.Heading):
			rival = c
		}
	}
	return best, rival
}

// weight returns how likely a row is the header. A heading of names counts two headings
// more, because labels of a letterhead, such as Project, Location and Date, are headings
// as well. The looks of a row break a tie.
func (c headerCandidate) weight() int {
	w := 2 * c.known
	if c.plain {
		w++
	}
	if c.names {
		w += 4
	}
	return w
}

// compare compares how likely two rows are the header.
func (c headerCandidate) compare(other headerCandidate) int {
	if other.index < 0 {
		return 1
	}
	return cmp.Or(cmp.Compare(c.weight(), other.weight()), cmp.Compare(other.known, c.known))
}

// isHeaderOfNames reports whether a row with a single heading is the header of a list of
// names, or the first row of a table that has two columns or begins with a heading of
// names: Employee | Fall Protection | CPR. Where the rows below begin with headings too,
// each column of the table is a person.
func isHeaderOfNames(rows []headRow, index int, heading func(string) bool) bool {
	widest := 0
	for _, row := range rows[index:] {
		widest = max(widest, row.filled())
	}
	first := &rows[index]
	switch filled := first.filled(); {
	case widest == 1:
		return true
	case index > 0 || filled < widest || len(first.texts()) < filled:
		return false
	case filled <= 2:
		return true
	}
	return isWord("name", first.firstText()) &&
		!slices.ContainsFunc(rows[1:], func(row headRow) bool { return heading(row.firstText()) })
}

// looksLikeHeader reports whether the first of the rows has different words only, is as
// wide as most rows below, and is of another kind than the rows below.
func looksLikeHeader(rows []headRow, heading func(string) bool) bool {
	first := &rows[0]
	var below []headRow
	for _, row := range rows[1:] {
		if row.filled() > 1 && !sameCells(row.Cells, first.Cells) { // no section, and no header of the next page
			below = append(below, row)
		}
	}
	filled := first.filled()
	if len(below) == 0 || len(first.texts()) < filled {
		return false
	}
	wider, persons := 0, 0
	for i := range below {
		if below[i].filled() > filled {
			wider++
		}
		if heading(below[i].firstText()) {
			persons++ // each column of the table is a person
		}
	}
	return 2*wider < len(below) && 2*persons < len(below) && isOfAnotherKind(first, below, heading)
}

// isOfAnotherKind reports whether the cells below a word are numbers or dates, or the
// cells below a heading are whole names. A heading that is a cell below as well is none.
func isOfAnotherKind(first *headRow, below []headRow, heading func(string) bool) bool {
	another := false
	for column := range first.Cells {
		word := first.text(column)
		if word == "" {
			continue
		}
		isHeading := heading(word)
		cells, digits, names := 0, 0, 0
		for i := range below {
			cell := below[i].text(column)
			switch {
			case cell == "":
				continue
			case isHeading && strings.EqualFold(cell, word):
				return false
			case !below[i].wordy(column), strings.ContainsFunc(cell, unicode.IsDigit):
				digits++
			case strings.ContainsAny(cell, " ,") && !heading(cell):
				names++
			}
			cells++
		}
		hasDigit := strings.ContainsFunc(word, unicode.IsDigit)
		another = another || cells > 0 && (!hasDigit && 2*digits >= cells || isHeading && 2*names >= cells)
	}
	return another
}

// isAgain reports whether a row has headings only, or a heading in the column where the
// header has the same: the headings of a second language, of the next page or of another
// table.
func isAgain(header, row *headRow, heading func(string) bool) bool {
	all := row.filled() > 1
	for column := range row.Cells {
		text := row.text(column)
		switch {
		case text == "":
		case !heading(text):
			all = false
		case strings.EqualFold(text, header.text(column)):
			return true
		}
	}
	return all
}
