package roster

import (
	"fmt"
	"slices"
)

// bestHeader returns the index of the row that is most likely the header, or -1, and
// the number of headings in that row.
//
// One heading is enough only where it can be neither a word of a letterhead nor a word
// of a person's row: in a list of one column, and in the first row of some tables.
func bestHeader(rows []headRow, heading func(string) bool) (index, known int) {
	index = -1
	for i, row := range rows {
		if n := row.headings(heading); n > known {
			index, known = i, n
		}
	}
	if known != 1 {
		return index, known
	}
	widest := 0
	for _, row := range rows[index:] {
		widest = max(widest, row.filled())
	}
	if widest == 1 || index == 0 && firstRowIsHeader(rows, widest, heading) {
		return index, known
	}
	return -1, 0
}

// firstRowIsHeader reports whether the first row has different words and is as wide as
// the table, and has two columns or begins with a heading of names: Employee | Fall
// Protection | CPR. Where the rows below begin with headings too, each column of the
// table is a person.
func firstRowIsHeader(rows []headRow, widest int, heading func(string) bool) bool {
	filled := rows[0].filled()
	switch {
	case filled < widest || len(rows[0].texts()) < filled:
		return false
	case filled <= 2:
		return true
	}
	return isWord("name", rows[0].firstText()) &&
		!slices.ContainsFunc(rows[1:], func(row headRow) bool { return heading(row.firstText()) })
}

// chooseHeader returns the header among the first rows of the table.
func (r *Reader) chooseHeader(o Options, rows []headRow) (headRow, error) {
	if o.HeaderRow != 0 {
		return r.headerAt(o.HeaderRow, rows)
	}
	i, _ := bestHeader(rows, o.Heading)
	if i < 0 {
		return headRow{}, r.headerNotFound(o, rows)
	}
	if err := rows[i].Err; err != nil {
		return headRow{}, err
	}
	if h, ok := overTwoRows(rows, i, o.Heading); ok {
		r.remark(fmt.Sprintf("headings over two rows, %d and %d, read together", h.Number-1, h.Number))
		return h, nil
	}
	return rows[i], nil
}

// headerAt returns the row that the user says is the header.
func (r *Reader) headerAt(number int, rows []headRow) (headRow, error) {
	i := slices.IndexFunc(rows, func(row headRow) bool { return row.Number == number })
	if i < 0 {
		rows, i = nil, 0
		err := r.table.scan(func(row *Row) bool {
			if row.Number == number {
				rows = append(rows, copyRow(row))
			}
			return row.Number < number
		})
		if err != nil {
			return headRow{}, err
		}
	}
	switch {
	case len(rows) == 0:
		return headRow{}, r.noHeader(fmt.Sprintf("row %d, which should hold the headings, is blank or missing", number))
	case rows[i].Err != nil:
		return headRow{}, rows[i].Err
	}
	return rows[i], nil
}

// takeHeader sets the header, and makes sure that there is a row below.
func (r *Reader) takeHeader(h headRow, heading func(string) bool) error {
	if len(h.Cells) > maxHeadings {
		e := r.source.fail(CodeTooManyColumns, fmt.Sprintf("there are more than %d headings", maxHeadings), "delete the columns that say nothing about a person; in a CSV file check --delimiter", nil)
		e.Where.Sheet, e.Where.Row = r.sheet, h.Number
		return e
	}
	r.headerRow = h.Number
	r.header = make([]string, len(h.Cells))
	for i := range h.Cells {
		r.header[i] = h.text(i)
	}
	r.classifier.setHeader(h, heading)
	below := false
	err := r.table.scan(func(row *Row) bool {
		below = row.Number > r.headerRow
		return !below
	})
	if err != nil || below {
		return err
	}
	e := r.source.fail(CodeHeaderOnly, "there are headings but no people below them", "fill in the people below the headings, or check that the list was exported whole", nil)
	e.Where.Sheet, e.Where.Row = r.sheet, h.Number
	return e
}
