package roster

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"muster/importer/fault"
)

// estimate tells from the beginning of a file of that size about how many rows
// it has. Lines that hold next to nothing are no rows.
func estimate(head []byte, size int64) int {
	rows, from := 0, 0
	for i, c := range head {
		if c == '\n' || c == '\r' {
			if i-from > 2 {
				rows++
			}
			from = i + 1
		}
	}
	if len(head) == 0 {
		return 0
	}
	return int(int64(rows) * size / int64(len(head)))
}

// openCSV finds out how a text file is to be read.
func (r *Reader) openCSV(o Options, head []byte) error {
	text, err := r.source.readText(o.Encoding, head)
	if err != nil {
		return err
	}
	if text.remark != "" {
		r.remarks = append(r.remarks, text.remark)
	}
	sample, err := io.ReadAll(io.LimitReader(text.reader(r.source), chunk))
	if err != nil {
		return r.source.unreadable(err)
	}
	if err := r.source.refuseText(string(sample)); err != nil {
		return err
	}
	if blank(string(sample)) && r.source.size <= chunk {
		return r.empty()
	}
	if ext := strings.ToLower(filepath.Ext(r.source.name)); ext == ".xlsx" || ext == ".xlsm" || ext == ".xls" {
		r.remarks = append(r.remarks, "named "+ext+", but it is text: read as CSV")
	}
	t := &csvTable{source: r.source, text: text, comma: ','}
	if err := t.findDelimiter(o, string(sample)); err != nil {
		return err
	}
	r.format, r.table, r.delimiter = CSV, t, string(t.comma)
	switch {
	case t.comma == noDelimiter:
		r.remarks = append(r.remarks, "read as one column, because there is only one heading: what looks like delimiters is part of its cells")
		r.delimiter = ","
	case t.comma != ',' && o.Delimiter == "":
		r.remarks = append(r.remarks, "delimiter "+delimiterName(t.comma))
	}
	r.estimate = estimate(head, r.source.size)
	rows, err := headRows(t)
	if err != nil {
		return err
	}
	h, err := r.chooseHeader(o, rows)
	if err != nil {
		return err
	}
	t.headerRow, t.width = h.Number, len(h.Cells)
	return r.takeHeader(h, o.Heading)
}

func (r *Reader) empty() *fault.Error {
	return r.source.fail(CodeFileEmpty, "the file is empty", "check that it was saved or exported whole", nil)
}

func delimiterName(comma rune) string {
	if comma == '\t' {
		return "tab"
	}
	return string(comma)
}

// findDelimiter takes the user's word, then that of a "sep=" line, and otherwise
// the delimiter that makes the most regular table with the most headings.
func (t *csvTable) findDelimiter(o Options, sample string) error {
	line, _, _ := strings.Cut(sample, "\n")
	line = strings.TrimRight(line, "\r")
	if rest, ok := strings.CutPrefix(strings.ToLower(line), "sep="); ok && utf8.RuneCountInString(rest) == 1 {
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
		if utf8.RuneCountInString(name) != 1 {
			t.comma = utf8.RuneError
		}
		if !validDelimiter(t.comma) {
			return t.source.fail(CodeDelimiterUnknown, fmt.Sprintf("%q can't be a delimiter", o.Delimiter), `use one of "," ";" "|" or "tab"`, nil)
		}
	case t.sep && validDelimiter(t.comma):
	default:
		if err := t.guessDelimiter(o.Heading, sample); err != nil {
			return err
		}
		one, err := t.oneColumn(o.Heading, sample)
		if err != nil {
			return err
		}
		if one {
			t.comma = noDelimiter
		}
	}
	t.formulas = t.comma < utf8.RuneSelf && hasFormulaCells(sample, t.comma)
	comma := string(t.comma)
	t.trim = t.comma != '\t' && t.comma != ' ' &&
		strings.Contains(sample, comma+` "`) && !strings.Contains(sample, comma+`"`)
	return nil
}

func validDelimiter(r rune) bool {
	return r != '"' && r != '\r' && r != '\n' && r != 0 && r != utf8.RuneError && utf8.ValidRune(r)
}

func (t *csvTable) guessDelimiter(heading func(string) bool, sample string) error {
	best, most := ',', math.Inf(-1)
	for _, comma := range ",;\t|" {
		if comma != ',' && !strings.ContainsRune(sample, comma) {
			continue
		}
		candidate := *t
		candidate.comma = comma
		rows, err := headRows(&candidate)
		if err != nil {
			return err
		}
		if value := regularity(rows, heading); value > most {
			best, most = comma, value
		}
	}
	t.comma = best
	return nil
}

// noDelimiter stands for a file of one column. It is a character that no
// spreadsheet writes.
const noDelimiter = '\x1f'

// oneColumn tells a list of names below a single heading, whose commas are part
// of the names: Name, and below it "GARCIA, Maria". More delimiters than a name
// has make it a table whose headings are lost.
func (t *csvTable) oneColumn(heading func(string) bool, sample string) (bool, error) {
	if strings.ContainsRune(sample, noDelimiter) {
		return false, nil
	}
	rows, err := headRows(t)
	if err != nil {
		return false, err
	}
	if i, _ := bestHeader(rows, heading); i >= 0 {
		return false, nil
	}
	single := *t
	single.comma = noDelimiter
	whole, err := headRows(&single)
	if err != nil {
		return false, err
	}
	i, _ := bestHeader(whole, heading)
	if i < 0 {
		return false, nil
	}
	below, wide := 0, 0
	for _, row := range rows {
		if row.Number <= whole[i].Number {
			continue
		}
		if below++; len(row.Cells) > 2 {
			wide++
		}
	}
	return below > 0 && 4*wide <= below, nil
}

// regularity says how much like a table rows look.
func regularity(rows []headRow, heading func(string) bool) float64 {
	if len(rows) == 0 {
		return 0
	}
	widths := map[int]int{}
	damaged, headings := 0, 0
	for _, row := range rows {
		if row.Err != nil {
			damaged++
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
	total := float64(len(rows))
	return 2*float64(headings) + float64(often)/total*(1+math.Log2(float64(width))/4) - 2*float64(damaged)/total
}
