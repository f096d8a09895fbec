package workbook

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

const (
	odsContent  = "content.xml"
	odsMimetype = "application/vnd.oasis.opendocument.spreadsheet"

	// Rows and cells that are alike may be written once with their number. More
	// filled cells than this out of such numbers is no roster but a bomb.
	maxRepeated = 4 << 20
	maxODSWork  = 16 << 30 // bytes of XML that are read for all sheets
)

// ods is a spreadsheet in the format of OpenDocument. One part holds all sheets. A cell
// holds the shown text beside the value, so the reader needs no number formats
// (OpenDocument 1.3 part 3, 9.1).
type ods struct {
	archive *archive
	struck  map[string]bool // the names of the styles that are struck through
}

// isODS tells an OpenDocument spreadsheet, or a template for such, from other
// documents in the same container.
func isODS(a *archive) bool {
	f := a.parts["mimetype"]
	if f == nil || a.parts[odsContent] == nil {
		return false
	}
	in, err := f.Open()
	if err != nil {
		return false
	}
	defer func() { _ = in.Close() }() // only read
	kind, err := io.ReadAll(io.LimitReader(in, 256))
	return err == nil && bytes.HasPrefix(kind, []byte(odsMimetype))
}

// sheets lists the sheets, and reads the styles.
func (b *ods) sheets() ([]*Sheet, error) {
	if f := b.archive.parts["meta-inf/manifest.xml"]; f != nil {
		err := b.archive.scan(f, maxSmallPart, func(x *scanner) error {
			return x.elements("manifest", func() error {
				if x.name == "encryption-data" {
					return &Error{Reason: Protected, Err: errors.New("the OpenDocument file is protected by a password")}
				}
				return nil
			})
		})
		if err != nil {
			return nil, err
		}
	}
	f := b.archive.parts[odsContent]
	var list []*Sheet
	b.struck = map[string]bool{}
	hidden := map[string]bool{} // styles of hidden sheets
	style := ""
	err := b.archive.scan(f, maxPart, func(x *scanner) error {
		return x.elements("document-content", func() error {
			switch x.name {
			case "style":
				style = x.prefixed("name")
			case "table-properties":
				hidden[style] = x.prefixed("display") == "false"
			case "text-properties":
				line := x.prefixed("text-line-through-style")
				b.struck[style] = b.struck[style] || line != "" && line != "none"
			case "table":
				if len(x.open) == 4 { // document-content, body, spreadsheet, table
					list = append(list, &Sheet{Name: x.prefixed("name"), Hidden: hidden[x.prefixed("style-name")], part: f, table: len(list) + 1})
				}
				return x.skip()
			}
			return nil
		})
	})
	if err == nil && uint64(len(list))*f.UncompressedSize64 > maxODSWork {
		err = tooLarge("it has too many sheets")
	}
	return list, err
}

// rows reads the rows of a sheet.
func (b *ods) rows(sheet *Sheet, out *rowWriter) error {
	return b.archive.scan(sheet.part, maxPart, func(x *scanner) error {
		table := 0
		return x.elements("document-content", func() error {
			switch x.name {
			case "document-content", "body", "spreadsheet":
				return nil
			case "table":
				if table++; table == sheet.table {
					return (&odsTable{ods: b, scanner: x, out: out}).read()
				}
			}
			return x.skip()
		})
	})
}

// odsTable is a sheet that is being read.
type odsTable struct {
	*ods
	*scanner
	out      *rowWriter
	last     int // the number of the last row
	repeated int // cells that stand for others
}

// read reads the rows, which may be in groups.
func (t *odsTable) read() error {
	return t.children(func() error {
		switch t.name {
		case "table-rows", "table-header-rows", "table-row-group":
			return t.read()
		case "table-row":
			return t.readRow()
		}
		return nil
	})
}

// readRow reads the current row, and hands out the row as often as the row says.
func (t *odsTable) readRow() error {
	times, err := repeats(t.prefixed("number-rows-repeated"))
	if err != nil {
		return err
	}
	visible := t.prefixed("visibility")
	first := t.last + 1
	if t.last += times; t.last > MaxRows {
		return fmt.Errorf("it has more than %d rows", MaxRows)
	}
	t.out.begin(first)
	t.out.row.Hidden = visible == "collapse" || visible == "filter"
	column, cells := 0, 0
	err = t.children(func() error {
		if t.name != "table-cell" && t.name != "covered-table-cell" {
			return nil
		}
		width, filled, err := t.readCell(column)
		column, cells = min(column+width, MaxColumns), cells+filled
		return err
	})
	if err != nil {
		return err
	}
	if t.repeated += (times - 1) * cells; t.repeated > maxRepeated {
		return errRepetition
	}
	for row := t.out.row; row.Number <= t.last && t.out.filled; row.Number++ {
		t.out.row = row // the receiver may have changed the row
		if err := t.out.finish(); err != nil {
			return err
		}
	}
	return nil
}

// repeats reads a number of times, which is 1 if there is none.
func repeats(text string) (int, error) {
	if text == "" {
		return 1, nil
	}
	n, ok := parseDigits(text)
	if !ok || n < 1 {
		return 0, errNotXML
	}
	return n, nil
}

// odsCell holds the attributes of a cell.
type odsCell struct{ attributes }

// isError reports whether LibreOffice, in an attribute beside the standard's, says that
// the cell shows an error.
func (c odsCell) isError() bool {
	return slices.Contains(c.attributes, xml.Attr{Name: xml.Name{Space: "calcext", Local: "value-type"}, Value: "error"})
}

// isFormula reports whether the cell holds a formula.
func (c odsCell) isFormula() bool { return c.prefixed("formula") != "" }

// readCell reads the current cell. readCell returns how many columns the cell takes, and
// how many cells were filled.
func (t *odsTable) readCell(column int) (width, filled int, err error) {
	covered := t.name == "covered-table-cell"
	c := odsCell{t.attributes}
	times, err := repeats(c.prefixed("number-columns-repeated"))
	if err != nil {
		return 0, 0, err
	}
	shown, err := t.paragraphs()
	if err != nil || covered {
		return times, 0, err
	}
	number := t.out.row.Number
	if err := t.merge(c, column); err != nil {
		return 0, 0, err
	}
	text, kind, err := c.show(shown)
	if err != nil {
		return 0, 0, fmt.Errorf("cell %s: %w", CellName(number, column), err)
	}
	if kind == FormulaError && c.isFormula() && shown == "" {
		t.out.sheet.Uncomputed++
	}
	for i := 0; text != "" && i < times && column+i < MaxColumns; i++ {
		filled++
		if err := t.out.put(column+i, text, kind, t.struck[c.prefixed("style-name")]); err != nil {
			return 0, 0, err
		}
	}
	return times, filled, nil
}

// merge notes the area of a cell that is merged with others.
func (t *odsTable) merge(c odsCell, column int) error {
	columns, err := repeats(c.prefixed("number-columns-spanned"))
	if err != nil {
		return err
	}
	rows, err := repeats(c.prefixed("number-rows-spanned"))
	if err != nil || columns == 1 && rows == 1 {
		return err
	}
	row := t.out.row.Number
	return t.out.merge(Area{column, row, column + columns - 1, row + rows - 1})
}

// show returns what a cell shows and what the cell holds, as for a cell of Excel.
func (c odsCell) show(shown string) (text string, kind Kind, err error) {
	kindName := c.prefixed("value-type")
	if c.isError() || c.isFormula() && kindName == "" && shown == "" {
		return cmp.Or(shown, "#N/A"), FormulaError, nil
	}
	switch kindName {
	case "float", "percentage", "currency":
		value := c.prefixed("value")
		n, err := parseNumber(value)
		switch {
		case err != nil:
			return "", Number, err
		case kindName == "float" && (n == 0 || n == 1) && showsWord(shown): // a formula that is TRUE is stored as a number
			return showBoolean(strconv.FormatBool(n == 1))
		case kindName == "float" && showsNumber(shown, n):
			return shown, Number, nil
		}
		return showInFull(value, n), Number, nil
	case "date":
		return showISODate(c.prefixed("date-value")), Date, nil
	case "time":
		return shown, Date, nil
	case "boolean":
		return showBoolean(c.prefixed("boolean-value"))
	}
	return cmp.Or(shown, c.prefixed("string-value")), Text, nil
}

func showsWord(shown string) bool {
	return strings.ContainsFunc(shown, unicode.IsLetter) && !strings.ContainsFunc(shown, unicode.IsDigit)
}

// showsNumber reports whether a cell shows a whole number with all digits, with zeros
// in front or text around, and without what no ID has: separators of thousands,
// decimals, a currency.
func showsNumber(shown string, n float64) bool {
	if n != math.Trunc(n) || math.Abs(n) >= 1e15 || strings.ContainsAny(shown, ".,'’%$€£¥ \u00a0\u202f") && !strings.ContainsAny(shown, "()-") {
		return false
	}
	figures := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, shown)
	value := strconv.FormatFloat(math.Abs(n), 'f', -1, 64)
	return figures != "" && strings.TrimLeft(figures, "0") == strings.TrimLeft(value, "0") && (n >= 0 || strings.HasPrefix(shown, "-"))
}

// paragraphs returns the text of the current cell, a line for each paragraph, without
// comments, pictures and phonetic readings.
func (x *scanner) paragraphs() (string, error) {
	var all strings.Builder
	err := x.children(func() error {
		if x.name != "p" {
			return nil
		}
		if all.Len() > 0 {
			all.WriteByte('\n')
		}
		return x.paragraph(&all)
	})
	return all.String(), err
}

// paragraph appends the text of the current element. White space counts as one blank.
func (x *scanner) paragraph(all *strings.Builder) error {
	return x.within(func() error {
		switch x.kind {
		case textToken:
			for _, c := range string(x.text) {
				if c == '\t' || c == '\n' || c == '\r' {
					c = ' '
				}
				if c != ' ' || !strings.HasSuffix(all.String(), " ") {
					all.WriteRune(c)
				}
			}
		case startToken:
			if err := x.paragraphPart(all); err != nil {
				return err
			}
		case endToken, otherToken:
		}
		if all.Len() > maxToken {
			return errTokenSize
		}
		return nil
	})
}

// paragraphPart appends what an element within a paragraph stands for.
func (x *scanner) paragraphPart(all *strings.Builder) error {
	switch x.name {
	case "s":
		n, err := repeats(x.prefixed("c"))
		all.WriteString(strings.Repeat(" ", min(n, maxToken)))
		return err
	case "tab":
		all.WriteByte('\t')
	case "line-break":
		all.WriteByte('\n')
	case "annotation", "note", "frame", "g", "custom-shape", "control", "ruby-text":
		return x.skip()
	}
	return nil
}
