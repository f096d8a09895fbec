package roster

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// cellType is how a cell says its value is written.
type cellType uint8

const (
	typeNumber cellType = iota
	typeShared
	typeInline
	typeFormulaText
	typeBoolean
	typeError
	typeDate
)

func typeOf(t []byte) (cellType, bool) {
	switch string(t) {
	case "n":
		return typeNumber, true
	case "s":
		return typeShared, true
	case "inlineStr":
		return typeInline, true
	case "str":
		return typeFormulaText, true
	case "b":
		return typeBoolean, true
	case "e":
		return typeError, true
	case "d":
		return typeDate, true
	}
	return 0, false
}

type cellContent struct {
	typ                  cellType
	style                int
	hasValue, hasFormula bool
}

var (
	errNoStyle  = errors.New("it has a style that the workbook doesn't hold")
	errBadValue = errors.New("its value is not of its type")
)

// resolve returns what a cell shows, what it is, and whether it is anything at
// all. In a light scan the text is left out.
func (s *sheetScan) resolve(c cellContent) (text string, kind Kind, full bool, err error) {
	if len(s.value) == 0 && c.hasFormula && (c.typ == typeNumber || !c.hasValue) {
		s.uncomputed++
		if len(s.formula) == 0 {
			return "#N/A", FormulaError, true, nil
		}
		return "=" + string(s.formula), FormulaError, true, nil
	}
	switch c.typ {
	case typeInline:
		if len(s.inline) == 0 {
			s.inline = append(s.inline, s.value...)
		}
		return s.textOf(unescapeExcel(s.inline)), Text, len(s.inline) > 0, nil
	case typeFormulaText:
		return s.textOf(unescapeExcel(s.value)), Text, len(s.value) > 0, nil
	}
	if len(s.value) == 0 {
		return "", Text, false, nil
	}
	switch c.typ {
	case typeShared:
		text, err := s.shared()
		return text, Text, err != nil || s.light || text != "", err
	case typeBoolean:
		switch string(s.value) {
		case "1", "true":
			return "TRUE", Boolean, true, nil
		case "0", "false":
			return "FALSE", Boolean, true, nil
		}
		return "", Boolean, false, errBadValue
	case typeError:
		return string(s.value), FormulaError, true, nil
	case typeDate:
		date := isoText(string(s.value))
		return date, Date, !blank(date), nil
	}
	return s.number(c.style)
}

// isoText writes a date that is stored as text as other dates are shown.
func isoText(value string) string {
	date, time, _ := strings.Cut(strings.TrimSuffix(value, "Z"), "T")
	time, fraction, _ := strings.Cut(time, ".")
	if time == "" || (time == "00:00:00" && strings.Trim(fraction, "0") == "") {
		return date
	}
	return date + " " + time
}

func (s *sheetScan) textOf(b []byte) string {
	if s.light {
		return ""
	}
	return string(b)
}

func (s *sheetScan) shared() (string, error) {
	i, ok := digits(s.value)
	if !ok {
		return "", errBadValue
	}
	if s.light && i < s.book.strings.count {
		return "", nil
	}
	return s.book.strings.at(i)
}

func (s *sheetScan) number(style int) (string, Kind, bool, error) {
	var format *numberFormat
	if s.book.formats != nil {
		if style >= len(s.book.formats) && style > 0 {
			return "", Number, false, errNoStyle
		}
		if style < len(s.book.formats) {
			format = s.book.formats[style]
		}
	}
	asItIs := format == nil || (!format.date && format.masks == nil)
	if asItIs && plainInteger(s.value) {
		return s.textOf(s.value), Number, true, nil
	}
	value := strings.TrimSpace(string(s.value))
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return "", Number, false, errBadValue
	}
	if format != nil && format.date {
		if date, ok := isoDate(n, s.book.since1904); ok {
			return date, Date, true, nil
		}
	}
	if s.light {
		return "", Number, true, nil
	}
	return format.show([]byte(value), n), Number, true, nil
}
