package workbook

import (
	"bufio"
	"fmt"
	"iter"
	"slices"
)

// splice writes the sheet's rows with ours in them.
type splice struct {
	*Book
	out     *bufio.Writer
	buffer  []byte
	formula bool // one of the cells that were replaced was a formula
}

func (s *splice) run(x *scanner, rows iter.Seq2[Row, error]) error {
	next, stop := iter.Pull2(rows)
	defer stop()
	ours, err, more := next()
	between := func(raw []byte) error {
		_, err := s.out.Write(raw)
		return err
	}
	err = firstError(err, s.sheet.eachRow(x, between, func(r *row) error {
		if err != nil {
			return err
		}
		changed := r.number == s.edit.HeaderRow && s.edit.At == nil
		if changed {
			s.writeHeadings(r)
		}
		if more && ours.Number == r.number && r.number > s.edit.HeaderRow {
			s.write(r, &ours)
			changed = true
			ours, err, more = next()
		}
		if changed {
			r.tag = dropAttribute(r.tag, "spans")
		}
		s.buffer = r.append(s.buffer[:0], s.sheet.prefix)
		_, failed := s.out.Write(s.buffer)
		return firstError(err, failed)
	}))
	if err == nil && more {
		return &UnfitError{fmt.Sprintf("its row %d is not where it was", ours.Number)}
	}
	return err
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *splice) writeHeadings(r *row) {
	var cells []cell
	for i, c := range s.edit.Columns {
		cells = append(cells, textCell(s.sheet.prefix, r.number, s.at[i], s.styles.heading(s.sheet.heading), c.Heading))
	}
	s.formula = r.put(cells) || s.formula
}

// write puts our cells in a row, and marks those that something is wrong with.
func (s *splice) write(r *row, ours *Row) {
	look := s.lookOf(r)
	s.unmark(r, look)
	for _, m := range ours.Marks {
		s.mark(r, m)
	}
	long := false
	cells := make([]cell, 0, len(s.at))
	for i, c := range s.edit.Columns {
		tone := Plain
		if c.Toned {
			tone = ours.Tone
		}
		long = long || c.Wrap && ours.Cells[i] != ""
		cells = append(cells, textCell(s.sheet.prefix, r.number, s.at[i], s.styles.beside(look, tone, c.Wrap), ours.Cells[i]))
	}
	slices.SortFunc(cells, func(a, b cell) int { return a.column - b.column })
	s.formula = r.put(cells) || s.formula
	if own, _ := attribute(r.tag, "customHeight"); long && own != "1" && own != "true" {
		r.tag = dropAttribute(r.tag, "ht") // to be found anew, for the texts that wrap
	}
}

// lookOf returns the style of the first cell of the row that is its author's.
func (s *splice) lookOf(r *row) int {
	for _, c := range r.cells {
		if !slices.Contains(s.at, c.column) && !s.styles.marked(c.style) {
			return c.style
		}
	}
	return 0
}

// unmark gives cells that were marked at an earlier time the fill of the row.
func (s *splice) unmark(r *row, look int) {
	if s.edit.At == nil {
		return
	}
	for i, c := range r.cells {
		if s.styles.marked(c.style) {
			r.cells[i] = c.restyled(s.styles.withFill(c.style, s.styles.number(look, "fillId")))
		}
	}
}

func (s *splice) mark(r *row, m Mark) {
	c, found := r.at(m.Column)
	if !found {
		style := s.sheet.columnStyle(m.Column)
		if formatted, _ := attribute(r.tag, "customFormat"); formatted == "1" || formatted == "true" {
			style = rowStyle(r.tag)
		}
		c = textCell(s.sheet.prefix, r.number, m.Column, style, "")
	}
	r.put([]cell{c.restyled(s.styles.mark(c.style))})
	if m.Note != "" {
		s.notes.add(m.Column, r.number, m.Note)
	}
}
