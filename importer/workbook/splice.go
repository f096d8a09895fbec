package workbook

import (
	"bufio"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
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
	for _, m := range result.Marks {
		s.mark(r, m)
	}
	lines, wasFull := 1, false
	var cells []sheetCell
	for i, c := range s.edit.Columns {
		tone := Plain
		if c.Toned {
			tone = result.Tone
		}
		if c.Wrap {
			lines = max(lines, linesOf(result.Cells[i], c.Width))
			old, found := r.at(s.at[i])
			wasFull = wasFull || found && old.full()
		}
		cells = append(cells, textCell(s.sheet.prefix, r.number, s.at[i], s.styles.text(look{first, last, tone, c.Wrap}), result.Cells[i]))
	}
	s.put(r, cells...)
	s.stretch(r, lines, wasFull)
}

// stretch makes a row as high as the wrapped texts need, since not every program does so
// by itself. A height that the author has set stays.
func (s *splice) stretch(r *sheetRow, lines int, wasFull bool) {
	if isTrue(r.attr("customHeight")) {
		return
	}
	if wasFull {
		r.drop("ht")
	}
	if lines == 1 {
		return
	}
	height, err := strconv.ParseFloat(r.attr("ht"), 64)
	if err != nil {
		height = 0
	}
	r.set("ht", strconv.FormatFloat(max(height, float64(lines)*s.sheet.lineHeight), 'f', -1, 64))
}

// linesOf returns about how many lines a text takes in a column of this width.
func linesOf(text string, width float64) int {
	lines := 0
	for line := range strings.SplitSeq(text, "\n") {
		lines++
		used := 0
		for word := range strings.FieldsSeq(line) {
			length := utf8.RuneCountInString(word)
			if used > 0 && used+length > int(width)-1 {
				lines, used = lines+1, 0
			}
			used += length + 1
			lines, used = lines+used/int(width), used%int(width)
		}
	}
	return lines
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

// mark fills a cell with the colour of problems, and adds the note.
func (s *splice) mark(r *sheetRow, m Mark) {
	c := s.cellAt(r, m.Column)
	r.put(c)
	c.restyle(s.styles.mark(c.style()))
	if m.Note != "" {
		s.notes.add(m.Column, r.number, m.Note)
	}
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
