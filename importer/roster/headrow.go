package roster

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// headLimit is the number of rows in which the header row is looked for.
const headLimit = 50

// headRow is a copy of a row at the top of the table.
type headRow struct {
	Row
	joined [][]string // the cells of the two rows that this row was made of
}

func copyRow(row *Row) headRow {
	c := headRow{Row: *row}
	c.Cells, c.Kinds = slices.Clone(row.Cells), slices.Clone(row.Kinds)
	return c
}

// headRows copies the rows in which the header can be.
func headRows(t table) ([]headRow, error) {
	var rows []headRow
	err := t.scan(func(row *Row) bool {
		if row.Number <= headLimit {
			rows = append(rows, copyRow(row))
		}
		return row.Number < headLimit
	})
	return rows, err
}

// texts returns the different cells that can be headings, without line breaks.
func (h *headRow) texts() []string {
	var texts []string
	seen := map[string]bool{}
	for i := range h.Cells {
		text := h.text(i)
		if key := strings.ToLower(text); h.wordy(i) && !seen[key] {
			seen[key] = true
			texts = append(texts, text)
		}
	}
	return texts
}

// headings counts the different cells that are headings.
func (h *headRow) headings(heading func(string) bool) int {
	n := 0
	for _, c := range h.texts() {
		if heading(c) {
			n++
		}
	}
	return n
}

// filled counts the cells that are not blank.
func (h *headRow) filled() int { return countFilled(h.Cells) }

// text returns a cell without line breaks, or "" behind the last cell.
func (h *headRow) text(column int) string {
	if column >= len(h.Cells) {
		return ""
	}
	return oneLine(h.Cells[column])
}

// firstText returns the first cell that is not blank.
func (h *headRow) firstText() string {
	return h.text(max(0, slices.IndexFunc(h.Cells, func(c string) bool { return !blank(c) })))
}

// oneLine returns a heading trimmed and without line breaks.
func oneLine(heading string) string {
	heading = strings.TrimFunc(heading, unseen)
	if !strings.ContainsAny(heading, "\r\n") {
		return heading
	}
	lines := strings.FieldsFunc(heading, func(r rune) bool { return r == '\r' || r == '\n' })
	for i, l := range lines {
		lines[i] = strings.TrimSpace(l)
	}
	return strings.Join(lines, " ")
}

// wordy reports whether a cell is neither blank nor a number nor a date.
func wordy(cell string) bool {
	if strings.IndexFunc(cell, unicode.IsLetter) < 0 {
		return strings.TrimSpace(cell) == "#" || strings.Contains(cell, "№")
	}
	if first := cell[0] | 0x20; 'a' <= first && first <= 'z' && first != 'i' && first != 'n' {
		return true // quick: neither a digit nor Inf nor NaN
	}
	_, err := strconv.ParseFloat(cell, 64)
	return err != nil
}
