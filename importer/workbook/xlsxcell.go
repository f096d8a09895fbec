package workbook

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// readRow reads the current row, whose number is next unless the row says otherwise.
// readRow returns the number.
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

// xlsxCell is a cell as the file holds the cell.
type xlsxCell struct {
	kind         string // the type by the file's name: "n", "s", …
	style        int
	value        string // of <v>
	formula      string
	inline       string // of <is>
	hasValue     bool
	hasFormula   bool
	inlineStruck bool
}

// readCell reads the current cell.
func (b *xlsx) readCell(x *scanner, column int, out *rowWriter) error {
	c := xlsxCell{kind: x.attr("t")}
	if style := x.attr("s"); style != "" {
		var ok bool
		if c.style, ok = parseDigits(style); !ok {
			return errNotXML
		}
	}
	if err := c.readContent(x); err != nil {
		return err
	}
	text, kind, struck, err := b.show(&c)
	if err != nil {
		return fmt.Errorf("cell %s: %w", CellName(out.row.Number, column), err)
	}
	if kind == FormulaError && c.kind != "e" {
		out.uncomputed()
	}
	if text == "" {
		return nil
	}
	return out.put(column, text, kind, struck)
}

// readContent reads what is in the current cell.
func (c *xlsxCell) readContent(x *scanner) error {
	return x.children(func() (err error) {
		switch x.name {
		case "v":
			c.hasValue = true
			c.value, err = x.content()
		case "f":
			c.hasFormula = true
			c.formula, err = x.content()
		case "is":
			c.inline, c.inlineStruck, err = x.richText()
		}
		return err
	})
}

// show returns what a cell shows, what the cell holds, and whether the text is struck
// through.
func (b *xlsx) show(c *xlsxCell) (text string, kind Kind, struck bool, err error) {
	format := &numberFormat{}
	if b.styles != nil {
		if c.style >= len(b.styles) && c.style > 0 {
			return "", Text, false, errNoStyle
		}
		if c.style < len(b.styles) {
			format, struck = b.styles[c.style].format, b.styles[c.style].struck
		}
	}
	number := c.kind == "" || c.kind == "n"
	switch {
	case c.hasFormula && c.value == "" && c.inline == "" && (number || !c.hasValue):
		if c.formula == "" {
			return "#N/A", FormulaError, struck, nil
		}
		return "=" + c.formula, FormulaError, struck, nil
	case c.kind == "inlineStr":
		if c.inline == "" {
			c.inline = unescape(c.value)
		}
		return c.inline, Text, struck || c.inlineStruck, nil
	case c.kind == "str":
		return unescape(c.value), Text, struck, nil
	}
	value := strings.TrimSpace(c.value)
	if value == "" {
		return "", Text, struck, checkType(c.kind)
	}
	switch c.kind {
	case "", "n":
		text, kind, err := showNumber(value, format, b.since1904)
		return text, kind, struck, err
	case "s":
		text, part, err := b.strings.at(value)
		return text, Text, struck || part, err
	case "b":
		text, kind, err := showBoolean(value)
		return text, kind, struck, err
	case "e":
		return value, FormulaError, struck, nil
	case "d":
		return showISODate(value), Date, struck, nil
	}
	return "", Text, false, checkType(c.kind)
}

// checkType returns an error for a type that the format does not have.
func checkType(kind string) error {
	switch kind {
	case "", "n", "s", "b", "e", "d":
		return nil
	}
	return fmt.Errorf("it is of the type %q", kind)
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
