package workbook

import (
	"bufio"
	"fmt"
	"iter"
	"slices"
)

// splice writes the rows of the sheet with the results.
type splice struct {
	*Editor
	out     *bufio.Writer
	formula bool // one of the cells that were replaced was a formula
}

// copyRows copies the rows, with the results in theirs.
func (s *splice) copyRows(x *scanner, results iter.Seq2[Result, error]) error {
	next, stop := iter.Pull2(results)
	defer stop()
	result, err, more := next()
	if err != nil {
		return err
	}
	write := func(xml []byte) error {
		_, err := s.out.Write(xml)
		return err
	}
	err = eachRow(x, func(r *sheetRow) error {
		changed := r.number == s.edit.HeaderRow && s.edit.At == nil
		if changed {
			s.writeHeadings(r)
		}
		if more && result.Number == r.number && r.number > s.edit.HeaderRow {
			if err := s.writeTyped(r, &result); err != nil {
				return err
			}
			s.writeResult(r, &result)
			changed = true
			if result, err, more = next(); err != nil {
				return err
			}
		}
		if !changed {
			return write(r.element.append(nil))
		}
		r.drop("spans")
		return write(r.append(nil))
	}, func(e *element) error { return write(e.append(nil)) })
	if err == nil && more {
		return &UnfitError{fmt.Sprintf("its row %d is not where it was", result.Number)}
	}
	return err
}

func (s *splice) writeHeadings(r *sheetRow) {
	style := s.sheet.heading
	if style == 0 {
		style = s.styles.bold()
	}
	for i, c := range s.edit.Columns {
		s.put(r, textCell(s.sheet.prefix, r.number, s.at[i], style, c.Heading))
	}
}

func (s *splice) put(r *sheetRow, cells ...sheetCell) { s.formula = r.put(cells...) || s.formula }

// writeTyped puts the new texts of a result in a row. A formula that other cells share
// can't be replaced.
func (s *splice) writeTyped(r *sheetRow, result *Result) error {
	for _, typed := range result.Typed {
		c := s.cellAt(r, typed.Column)
		if f := c.find("f"); f != nil && f.attr("t") == "shared" && f.attr("ref") != "" {
			return &UnfitError{"other cells share the formula of a cell that you changed, " + CellName(r.number, typed.Column)}
		}
		s.put(r, textCell(s.sheet.prefix, r.number, typed.Column, c.style(), typed.Text))
	}
	return nil
}

// writeResult puts the cells of a result in a row, and marks the cells with problems.
func (s *splice) writeResult(r *sheetRow, result *Result) {
	first, last := s.looksOf(r)
	s.unmark(r, last)
	for _, column := range result.Marks {
		s.mark(r, column)
	}
	var cells []sheetCell
	for i, c := range s.edit.Columns {
		tone := Plain
		if c.Toned {
			tone = result.Tone
		}
		cells = append(cells, textCell(s.sheet.prefix, r.number, s.at[i], s.styles.text(look{first, last, tone, c.Wrap}), result.Cells[i]))
	}
	s.put(r, cells...)
	if !isTrue(r.attr("customHeight")) {
		r.drop("ht") // programs make a row as high as its texts need, unless the author has set the height
	}
}

// looksOf returns the styles of the first and the last cell that the author of the sheet
// has written in a row.
func (s *splice) looksOf(r *sheetRow) (first, last int) {
	found := false
	for _, c := range r.cells {
		if c.column >= s.edit.Width && s.edit.At == nil || slices.Contains(s.at, c.column) || s.styles.isMark(c.style()) {
			continue
		}
		if last = c.style(); !found {
			first, found = last, true
		}
	}
	return first, last
}

// unmark gives cells that an earlier writing has marked the fill of the row.
func (s *splice) unmark(r *sheetRow, look int) {
	if s.edit.At == nil {
		return
	}
	for _, c := range r.cells {
		if s.styles.isMark(c.style()) {
			c.restyle(s.styles.withFill(c.style(), s.styles.number(look, "fillId")))
		}
	}
}

// mark fills a cell with the colour of problems.
func (s *splice) mark(r *sheetRow, column int) {
	c := s.cellAt(r, column)
	r.put(c)
	c.restyle(s.styles.mark(c.style()))
}

// cellAt returns the cell of a column, or an empty cell that looks as the column does.
func (s *splice) cellAt(r *sheetRow, column int) sheetCell {
	if c, found := r.at(column); found {
		return c
	}
	style := s.sheet.columnStyle(column)
	if isTrue(r.attr("customFormat")) {
		style = r.element.number("s")
	}
	return textCell(s.sheet.prefix, r.number, column, style, "")
}
