package roster

import (
	"fmt"
	"slices"
)

// chooseHeader returns the header among the first rows of the table.
func (r *Reader) chooseHeader(o Options, rows []headRow) (headRow, error) {
	if o.HeaderRow != 0 {
		return r.headerAt(o.HeaderRow, rows)
	}
	best, rival := bestHeader(rows, o)
	if best.index < 0 {
		return headRow{}, r.headerNotFound(rows)
	}
	header := rows[best.index]
	if err := header.Err; err != nil {
		return headRow{}, err
	}
	if h, ok := overTwoRows(rows, best.index, o.Heading); ok {
		r.remark(fmt.Sprintf("headings over two rows, %d and %d, read together", h.Number-1, h.Number))
		return h, nil
	}
	if rival.index >= 0 {
		return headRow{}, r.headerAmbiguous(header, rows[rival.index])
	}
	return header, nil
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
