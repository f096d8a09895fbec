package roster

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// noDelimiter divides nothing: a file with it has one column. No spreadsheet program
// writes this character.
const noDelimiter = '\x1f'

func delimiterName(comma rune) string {
	if comma == '\t' {
		return "tab"
	}
	return string(comma)
}

// findDelimiter sets the delimiter that the user or a "sep=" line names. Otherwise the
// delimiter is the one that makes the most regular table with the most headings.
func (t *csvTable) findDelimiter(o Options, sample string) error {
	line, _, _ := strings.Cut(sample, "\n")
	if rest, ok := strings.CutPrefix(strings.ToLower(strings.TrimRight(line, "\r")), "sep="); ok && utf8.RuneCountInString(rest) == 1 {
		t.sep = true
		t.comma, _ = utf8.DecodeRuneInString(rest)
	}
	switch {
	case o.Delimiter != "":
		name := o.Delimiter
		if strings.EqualFold(name, "tab") || name == `\t` {
			name = "\t"
		}
		t.comma, _ = utf8.DecodeRuneInString(name)
		if utf8.RuneCountInString(name) != 1 || !validDelimiter(t.comma) {
			return t.source.fail(CodeDelimiterUnknown, fmt.Sprintf("%q can't be a delimiter", o.Delimiter), `use one of "," ";" "|" or "tab"`, nil)
		}
	case t.sep && validDelimiter(t.comma):
	default:
		if err := t.guessDelimiter(o, sample); err != nil {
			return err
		}
	}
	comma := string(t.comma)
	t.formulas = t.comma < utf8.RuneSelf && hasFormulaCells(sample, t.comma)
	t.trim = t.comma != '\t' && t.comma != ' ' && strings.Contains(sample, comma+` "`) && !strings.Contains(sample, comma+`"`)
	return nil
}

func validDelimiter(r rune) bool {
	return !strings.ContainsRune("\"\r\n\x00", r) && r != utf8.RuneError && utf8.ValidRune(r)
}

// guessDelimiter compares the tables that the common delimiters make.
func (t *csvTable) guessDelimiter(o Options, sample string) error {
	best, most := ',', math.Inf(-1)
	var rows []headRow
	for _, comma := range ",;\t|" {
		if comma != ',' && !strings.ContainsRune(sample, comma) {
			continue
		}
		divided, err := t.dividedBy(comma)
		if err != nil {
			return err
		}
		if value := regularity(divided, o.Heading); value > most {
			best, rows, most = comma, divided, value
		}
	}
	t.comma = best
	if best, _ := bestHeader(rows, o); best.index >= 0 || strings.ContainsRune(sample, noDelimiter) {
		return nil
	}
	whole, err := t.dividedBy(noDelimiter)
	if best, _ := bestHeader(whole, o); best.index >= 0 && isNameList(rows, whole[best.index].Number) {
		t.comma = noDelimiter
	}
	return err
}

// dividedBy returns the first rows of the file by a delimiter.
func (t *csvTable) dividedBy(comma rune) ([]headRow, error) {
	divided := *t
	divided.comma = comma
	return headRows(&divided)
}

// isNameList reports whether the rows below a single heading are names with commas,
// such as "GARCIA, Maria". In a table whose headings are lost, most rows have more
// delimiters than a name.
func isNameList(rows []headRow, header int) bool {
	below := slices.DeleteFunc(rows, func(row headRow) bool { return row.Number <= header })
	wide := 0
	for _, row := range below {
		if len(row.Cells) > 2 {
			wide++
		}
	}
	return len(below) > 0 && 4*wide <= len(below)
}

// regularity returns how much rows look like a table with headings: the more headings
// and rows of the same width, and the fewer unreadable rows, the more.
func regularity(rows []headRow, heading func(string) bool) float64 {
	widths := map[int]int{}
	unreadable, headings := 0, 0
	for _, row := range rows {
		if row.Err != nil {
			unreadable++
			continue
		}
		widths[len(row.Cells)]++
		headings = max(headings, row.headings(heading))
	}
	width, often := 1, 0
	for w, n := range widths {
		if w > 1 && (n > often || (n == often && w > width)) {
			width, often = w, n
		}
	}
	total := float64(max(len(rows), 1))
	return 2*float64(headings) + float64(often)/total*(1+math.Log2(float64(width))/4) - 2*float64(unreadable)/total
}
