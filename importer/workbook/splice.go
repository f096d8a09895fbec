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

// splice writes the sheet's rows with ours in them.
type splice struct {
	*Editor
	out     *bufio.Writer
	buffer  []byte
	formula bool // one of the cells that were replaced was a formula
}

func (s *splice) run(x *tagScanner, rows iter.Seq2[Result, error]) error {
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
func (s *splice) write(r *row, ours *Result) {
	first, last := s.lookOf(r)
	s.unmark(r, last)
	for _, m := range ours.Marks {
		s.mark(r, m)
	}
	lines, were := 1, false
	cells := make([]cell, 0, len(s.at))
	for i, c := range s.edit.Columns {
		tone := Plain
		if c.Toned {
			tone = ours.Tone
		}
		if c.Wrap {
			lines = max(lines, linesOf(ours.Cells[i], c.Width))
			old, _ := r.at(s.at[i])
			were = were || old.full
		}
		cells = append(cells, textCell(s.sheet.prefix, r.number, s.at[i], s.styles.beside(first, last, tone, c.Wrap), ours.Cells[i]))
	}
	slices.SortFunc(cells, func(a, b cell) int { return a.column - b.column })
	s.formula = r.put(cells) || s.formula
	s.stretch(r, lines, were)
}

// stretch makes a row as high as its texts are when they wrap. Not every program finds that
// by itself. A height that the author has set stays.
func (s *splice) stretch(r *row, lines int, were bool) {
	if custom, _ := attribute(r.tag, "customHeight"); custom == "1" || custom == "true" {
		return
	}
	if lines == 1 {
		if were {
			r.tag = dropAttribute(r.tag, "ht")
		}
		return
	}
	text, _ := attribute(r.tag, "ht")
	height, _ := strconv.ParseFloat(text, 64) // it is 0 where it isn't there
	if were {
		height = 0
	}
	r.tag = setAttribute(r.tag, "ht", strconv.FormatFloat(max(height, float64(lines)*s.sheet.lineHeight), 'f', -1, 64))
}

// linesOf returns about how many lines a text takes in a column of this width.
func linesOf(content string, width float64) int {
	lines := 0
	for line := range strings.SplitSeq(content, "\n") {
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

// lookOf returns the styles of the first and the last cell of the row's own
// that are its author's.
func (s *splice) lookOf(r *row) (first, last int) {
	found := false
	for _, c := range r.cells {
		if c.column >= s.edit.Width && s.edit.At == nil || slices.Contains(s.at, c.column) || s.styles.marked(c.style) {
			continue
		}
		if last = c.style; !found {
			first, found = c.style, true
		}
	}
	return first, last
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
