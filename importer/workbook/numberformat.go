package workbook

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// numberFormat is what a style makes of a number.
type numberFormat struct {
	date  bool
	masks []mask // in the order of the format's sections; nil shows the number itself
}

// mask is one section of a format that consists of digits and literal text.
type mask struct {
	tokens    []maskToken
	digits    int
	plain     bool    // this section shows more than digits: take the number itself
	condition string  // "<", "<=", ">", ">=", "=", "<>", or "" by sign
	limit     float64 // of the condition
}

type maskToken struct {
	literal string // "" is a digit
	digit   byte   // '0', '#' or '?'
}

// builtinFormat returns the format of a number that every workbook knows
// (ECMA-376 part 1, 18.8.30), as far as it matters here.
func builtinFormat(id int) *numberFormat {
	switch {
	case id >= 14 && id <= 22, id >= 27 && id <= 36, id == 45, id == 47, id >= 50 && id <= 58, id >= 71 && id <= 81:
		return &numberFormat{date: true}
	}
	return &numberFormat{}
}

// parseFormat reads a format code of a workbook's own.
func parseFormat(code string) *numberFormat {
	sections := splitFormat(code)
	if isDateFormat(sections[0]) {
		return &numberFormat{date: true}
	}
	f := &numberFormat{}
	useful := false
	for _, s := range sections[:min(len(sections), 3)] {
		m := parseMask(s)
		useful = useful || !m.plain
		f.masks = append(f.masks, m)
	}
	if !useful {
		f.masks = nil
	}
	return f
}

// splitFormat splits a code at the semicolons that are neither quoted nor
// escaped.
func splitFormat(code string) []string {
	var sections []string
	start, quoted := 0, false
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\\' || c == '_' || c == '*':
			i++
		case c == ';':
			sections = append(sections, code[start:i])
			start = i + 1
		}
	}
	return append(sections, code[min(start, len(code)):])
}

// isDateFormat reports that a section shows a part of a date or of a time of
// day. [h]:mm is a duration, which is a number.
func isDateFormat(section string) bool {
	if strings.Contains(strings.ToLower(section), "general") {
		return false
	}
	found := false
	for i := 0; i < len(section); i++ {
		switch c := section[i] | 0x20; {
		case section[i] == '"':
			end := strings.IndexByte(section[i+1:], '"')
			if end < 0 {
				return found
			}
			i += end + 1
		case section[i] == '\\' || section[i] == '_' || section[i] == '*':
			i++
		case section[i] == '[':
			end := strings.IndexByte(section[i:], ']')
			if end < 0 {
				return found
			}
			if inner := strings.ToLower(section[i+1 : i+end]); inner != "" && strings.Trim(inner, "hms") == "" {
				return false
			}
			i += end
		case c == 'y' || c == 'm' || c == 'd' || c == 'h' || c == 's':
			found = true
		}
	}
	return found
}

// parseMask reads one section. What is not digits and text makes it plain.
func parseMask(s string) mask {
	var m mask
	literal := func(text string) { m.tokens = append(m.tokens, maskToken{literal: text}) }
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '0' || c == '#' || c == '?':
			m.tokens = append(m.tokens, maskToken{digit: c})
			m.digits++
		case c == '"':
			end := strings.IndexByte(s[i+1:], '"')
			if end < 0 {
				return mask{plain: true}
			}
			if end > 0 {
				literal(s[i+1 : i+1+end])
			}
			i += end + 1
		case c == '\\':
			rest := []rune(s[i+1:])
			if len(rest) == 0 {
				return mask{plain: true}
			}
			literal(string(rest[0]))
			i += len(string(rest[0]))
		case c == '_' || c == '*': // room for a character, or a character to fill up with
			rest := []rune(s[i+1:])
			if len(rest) > 0 {
				i += len(string(rest[0]))
			}
		case c == '[':
			end := strings.IndexByte(s[i:], ']')
			if end < 0 || strings.HasPrefix(s[i:], "[$") && !strings.HasPrefix(s[i:], "[$-") {
				return mask{plain: true}
			}
			m.condition, m.limit = parseCondition(s[i+1:i+end], m.condition, m.limit)
			i += end
		case strings.IndexByte("-+(): ", c) >= 0:
			literal(string(c))
		default:
			return mask{plain: true, condition: m.condition, limit: m.limit}
		}
	}
	if m.digits == 0 {
		m.plain = true
	}
	return m
}

func parseCondition(inner, condition string, limit float64) (string, float64) {
	for _, op := range []string{"<=", ">=", "<>", "<", ">", "="} {
		if rest, ok := strings.CutPrefix(inner, op); ok {
			if n, err := strconv.ParseFloat(strings.TrimSpace(rest), 64); err == nil {
				return op, n
			}
		}
	}
	return condition, limit
}

func (m *mask) holds(n float64) bool {
	switch m.condition {
	case "<":
		return n < m.limit
	case "<=":
		return n <= m.limit
	case ">":
		return n > m.limit
	case ">=":
		return n >= m.limit
	case "=":
		return n == m.limit
	case "<>":
		return n != m.limit
	}
	return false
}

// pick returns the section for a number, and whether its sign is still to be
// shown.
func (f *numberFormat) pick(n float64) (m *mask, sign bool) {
	if f.masks[0].condition != "" {
		for i := range f.masks {
			if m := &f.masks[i]; m.condition == "" || m.holds(n) {
				return m, n < 0
			}
		}
		return nil, false
	}
	switch {
	case n < 0 && len(f.masks) > 1:
		return &f.masks[1], false
	case n == 0 && len(f.masks) > 2:
		return &f.masks[2], false
	}
	return &f.masks[0], n < 0
}

// show writes a number as a cell with this format shows it, if that is what an
// ID can be, and otherwise in full.
func (f *numberFormat) show(v string, n float64) string {
	if f.masks != nil && n == math.Trunc(n) && math.Abs(n) < 1e15 {
		if m, sign := f.pick(n); m != nil && !m.plain {
			return m.show(strconv.FormatInt(int64(math.Abs(n)), 10), sign)
		}
	}
	return general(v, n)
}

func (m *mask) show(digits string, sign bool) string {
	if digits == "0" {
		digits = ""
	}
	var b strings.Builder
	if sign {
		b.WriteByte('-')
	}
	left := m.digits // places from here on
	for _, t := range m.tokens {
		if t.literal != "" {
			b.WriteString(t.literal)
			continue
		}
		if len(digits) > left { // more digits than places: the first place takes them
			n := len(digits) - left
			b.WriteString(digits[:n])
			digits = digits[n:]
		}
		switch {
		case len(digits) == left:
			b.WriteByte(digits[0])
			digits = digits[1:]
		case t.digit == '0':
			b.WriteByte('0')
		case t.digit == '?':
			b.WriteByte(' ')
		}
		left--
	}
	return b.String()
}

// maxDigits is how many digits of a number a spreadsheet holds.
const maxDigits = 15

// general writes a number in full: 123457000000 for 1.23457E+11, 123 for 123.0.
// Fractions are cut to the digits that a spreadsheet holds. A whole number of
// more digits has lost its last ones, or shows others in one program than in
// another: it stays in scientific notation, in which nobody takes it for an ID.
func general(v string, n float64) string {
	if plainInteger(v) {
		return v
	}
	switch size := math.Abs(n); {
	case size >= 1e15:
		text := strconv.FormatFloat(n, 'E', maxDigits-1, 64)
		digits, exponent, _ := strings.Cut(text, "E")
		return strings.TrimRight(strings.TrimRight(digits, "0"), ".") + "E" + exponent
	case n == math.Trunc(n):
		return strconv.FormatFloat(n, 'f', -1, 64)
	case size < 1e-9:
		return strconv.FormatFloat(n, 'G', maxDigits, 64)
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(n, 'g', maxDigits, 64), 64)
	if err != nil {
		rounded = n
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// plainInteger reports whether a value is a whole number in plain digits.
func plainInteger(v string) bool {
	digits := strings.TrimPrefix(v, "-")
	if digits == "" || len(digits) > maxDigits || digits[0] == '0' && v != "0" {
		return false
	}
	return strings.Trim(digits, "0123456789") == ""
}

// isoDate writes a spreadsheet's day number as a date, with the time if there
// is one, or as a time alone. Not ok is a number that is no date.
func isoDate(n float64, since1904 bool) (text string, ok bool) {
	const lastDay = 2958466 // the day after 9999-12-31
	if n < 0 || n >= lastDay || math.IsNaN(n) {
		return "", false
	}
	day, part := math.Modf(n)
	seconds := int(math.Round(part * 86400))
	if day == 0 && !since1904 {
		return time.Date(0, 1, 1, 0, 0, seconds, 0, time.UTC).Format("15:04:05"), true
	}
	base := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case since1904:
		base = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case day < 60: // Excel believes that 1900 was a leap year
		base = base.AddDate(0, 0, 1)
	}
	at := base.AddDate(0, 0, int(day)).Add(time.Duration(seconds) * time.Second)
	if seconds == 0 {
		return at.Format(time.DateOnly), true
	}
	return at.Format(time.DateTime), true
}
