package roster

import (
	"strings"
	"unicode"
)

// Why a row is not a person's.
const (
	noteHidden   = "a hidden row"
	noteSection  = "a section heading, not a person"
	noteTotal    = "a total, not a person"
	noteHeadings = "the headings again, not a person"
)

// notes tells rows that are not a person's. It would rather leave one in, which
// validation then finds, than take a person out.
type notes struct {
	header  []string // the cells of the header row, as they are in the file
	numbers []bool   // columns of a workbook that hold numbers; nil for CSV
}

// of returns why a row is not a person's, or "".
func (n *notes) of(row *Row) string {
	if n.headings(row.Cells) {
		return noteHeadings
	}
	if len(n.header) < 3 {
		return ""
	}
	filled, first := 0, -1
	for i, c := range row.Cells {
		if blank(c) {
			continue
		}
		if filled++; filled > 3 {
			return ""
		}
		if first < 0 {
			first = i
		}
	}
	if filled == 0 {
		return ""
	}
	cell := strings.TrimSpace(row.Cells[first])
	word, more := firstWord(cell)
	switch {
	case totalWord(word) && n.numeric(row, first+1):
		return noteTotal
	case filled > 1:
		return ""
	case more && sectionWord(word), strings.HasSuffix(cell, ":"):
		return noteSection
	case first < len(n.numbers) && n.numbers[first] && row.Kinds != nil && row.Kinds[first] == Text && wordy(cell):
		return noteSection
	}
	return ""
}

func (n *notes) headings(cells []string) bool {
	if len(cells) < len(n.header) {
		return false
	}
	for i, c := range cells {
		switch {
		case i < len(n.header) && c != n.header[i]:
			return false
		case i >= len(n.header) && c != "":
			return false
		}
	}
	return true
}

// numeric reports that the cells from a column on hold nothing but numbers.
func (n *notes) numeric(row *Row, from int) bool {
	for i := from; i < len(row.Cells); i++ {
		if c := row.Cells[i]; !blank(c) && (row.Kinds == nil || row.Kinds[i] == Text) && wordy(c) {
			return false
		}
	}
	return true
}

// firstWord returns the first word of a cell in lower case, and whether
// anything follows it.
func firstWord(cell string) (word string, more bool) {
	end := strings.IndexFunc(cell, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' })
	if end < 0 {
		return strings.ToLower(cell), false
	}
	return strings.ToLower(cell[:end]), true
}

func totalWord(word string) bool {
	switch word {
	case "total", "totals", "subtotal", "sub-total", "subtotals", "grand", "totale", "totaal", "gesamt", "summe", "gesamtsumme", "sous-total":
		return true
	}
	return false
}

func sectionWord(word string) bool {
	switch word {
	case "crew", "team", "shift", "gang", "squad", "section", "department", "dept", "division", "area", "zone", "group", "subcontractor",
		"cuadrilla", "equipo", "turno", "grupo", "équipe", "equipe", "groupe", "kolonne", "schicht", "gruppe", "abteilung", "turma":
		return true
	}
	return false
}
