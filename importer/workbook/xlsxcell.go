package workbook

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// readRow reads the current row, and returns the number of the row. A row without a number
// is the next row.
func (b *xlsx) readRow(x *scanner, next int, out *rowWriter) (int, error) {
	number, text := next, x.attr("r")
	if text != "" {
		var ok bool
		if number, ok = parseDigits(text); !ok || number < next {
			return 0, fmt.Errorf("the row after row %d is numbered %q", next-1, text)
		}
	}
	out.begin(number)
	out.row.Hidden = isTrue(x.attr("hidden")) || x.attr("ht") == "0"
	column := 0
	err := x.children(func() error {
		if x.name != "c" {
			return nil
		}
		if name := x.attr("r"); name != "" {
			row, named, ok := ParseCell(name)
			if text == "" && column == 0 && row > out.row.Number { // the row has no number, and the first cell has
				out.row.Number = row
			}
			if !ok || row != out.row.Number {
				return fmt.Errorf("row %d has a cell named %q", out.row.Number, name)
			}
			column = named
		}
		if column >= MaxColumns {
			return fmt.Errorf("row %d has more than %d cells", out.row.Number, MaxColumns)
		}
		column++
		return b.readCell(x, column-1, out)
	})
	switch {
	case err != nil:
		return 0, err
	case out.row.Number > MaxRows:
		return 0, fmt.Errorf("it has more than %d rows", MaxRows)
	}
	return out.row.Number, out.finish()
}

// xlsxCell is a cell of a sheet.
type xlsxCell struct {
	kind                   string // the type: "n" or "" is a number, "s" a shared text, …
	style                  string // the number of the style
	value, formula, inline string // the content of <v>, <f> and <is>
	hasValue, hasFormula   bool
	struck                 bool
}

// readCell reads the current cell.
func (b *xlsx) readCell(x *scanner, column int, out *rowWriter) error {
	c := xlsxCell{kind: x.attr("t"), style: x.attr("s")}
	if !slices.Contains([]string{"", "n", "s", "str", "inlineStr", "b", "e", "d"}, c.kind) {
		return fmt.Errorf("row %d has a cell of the type %q", out.row.Number, c.kind)
	}
	err := x.children(func() (err error) {
		switch x.name {
		case "v":
			c.hasValue = true
			c.value, err = x.content()
		case "f":
			c.hasFormula = true
			c.formula, err = x.content()
		case "is":
			c.inline, c.struck, err = x.richText()
		}
		return err
	})
	if err != nil {
		return err
	}
	text, kind, err := b.show(&c)
	if err != nil {
		return fmt.Errorf("cell %s: %w", CellName(out.row.Number, column), err)
	}
	if kind == FormulaError && c.kind != "e" {
		out.sheet.Uncomputed++
	}
	if text == "" {
		return nil
	}
	return out.put(column, text, kind, c.struck)
}

// styleOf returns the style of a number. A workbook without styles has one for all.
func (b *xlsx) styleOf(number string) (cellStyle, error) {
	n, ok := parseDigits(cmp.Or(strings.TrimSpace(number), "0"))
	if ok && n < len(b.styles) {
		return b.styles[n], nil
	}
	if ok && (n == 0 || b.styles == nil) {
		return cellStyle{format: &numberFormat{}}, nil
	}
	return cellStyle{}, errNoStyle
}

// show returns what a cell shows and what the cell holds.
func (b *xlsx) show(c *xlsxCell) (text string, kind Kind, err error) {
	style, noStyle := b.styleOf(c.style) // which matters to numbers only
	c.struck = c.struck || style.struck
	value := strings.TrimSpace(c.value)
	switch number := c.kind == "" || c.kind == "n"; {
	case c.hasFormula && c.value == "" && c.inline == "" && (number || !c.hasValue):
		if c.formula == "" {
			return "#N/A", FormulaError, nil
		}
		return "=" + c.formula, FormulaError, nil
	case c.kind == "inlineStr":
		return cmp.Or(c.inline, unescape(c.value)), Text, nil
	case c.kind == "str":
		return unescape(unindent(c.value)), Text, nil
	case value == "":
		return "", Text, nil
	case number && noStyle != nil:
		return "", Number, noStyle
	case number:
		return showNumber(value, style.format, b.since1904)
	}
	switch c.kind {
	case "s":
		text, struck, err := b.strings.at(value)
		c.struck = c.struck || struck
		return text, Text, err
	case "b":
		return showBoolean(value)
	case "d":
		return showISODate(value), Date, nil
	}
	return value, FormulaError, nil // "e"
}

// unindent returns text without the line breaks and blanks of indented XML.
func unindent(text string) string {
	if text == strings.Trim(text, "\r\n") {
		return text
	}
	return strings.TrimSpace(text)
}

// showBoolean writes a truth value.
func showBoolean(value string) (string, Kind, error) {
	switch value {
	case "1", "true":
		return "TRUE", Boolean, nil
	case "0", "false":
		return "FALSE", Boolean, nil
	}
	return "", Boolean, errValue
}

// showISODate writes a date that is stored as text as other dates are shown.
func showISODate(value string) string {
	date, time, _ := strings.Cut(strings.TrimSuffix(value, "Z"), "T")
	time, fraction, _ := strings.Cut(time, ".")
	if time == "" || time == "00:00:00" && strings.Trim(fraction, "0") == "" {
		return date
	}
	return date + " " + time
}

// parseNumber reads the value of a cell that holds a number.
func parseNumber(value string) (float64, error) {
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, errValue
	}
	return n, nil
}

func showNumber(value string, format *numberFormat, since1904 bool) (string, Kind, error) {
	n, err := parseNumber(value)
	if err != nil {
		return "", Number, err
	}
	if format.date {
		if date, ok := isoDate(n, since1904); ok {
			return date, Date, nil
		}
	}
	return format.show(value, n), Number, nil
}
