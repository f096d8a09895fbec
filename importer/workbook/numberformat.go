package workbook

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// numberFormat is what a style makes of a number. The zero value shows the number itself.
type numberFormat struct {
	date     bool
	sections []formatSection
}

// formatSection is a section of a number format. Only sections that consist of digits and
// literal text are applied.
type formatSection struct {
	tokens []string // "0", "#" or "?" for a digit, and literals with a quote in front
	digits int
	plain  bool // the section shows more than digits and text: the number itself is read
}

// formatToken matches a piece of a format code: quoted or escaped text, room for a
// character, a condition or a colour in brackets, or a single character.
var (
	formatToken = regexp.MustCompile(`(?s)"[^"]*"|\\.|[_*].|\[[^\]]*\]|.`)
	elapsed     = regexp.MustCompile(`(?i)^\[(h+|m+|s+)\]$`)
)

// builtinFormat returns the format of a number that every workbook knows (ECMA-376 part
// 1, 18.8.30), as far as the format changes what is read.
func builtinFormat(id int) *numberFormat {
	switch {
	case id >= 14 && id <= 22, id >= 27 && id <= 36, id == 45, id == 47, id >= 50 && id <= 58, id >= 71 && id <= 81:
		return &numberFormat{date: true}
	}
	return &numberFormat{}
}

// parseFormat reads a format code.
func parseFormat(code string) *numberFormat {
	sections := [][]string{nil}
	for _, token := range formatToken.FindAllString(code, -1) {
		last := len(sections) - 1
		if token == ";" {
			sections = append(sections, nil)
		} else {
			sections[last] = append(sections[last], token)
		}
	}
	f := &numberFormat{date: showsDate(sections[0])}
	useful := false
	for _, tokens := range sections[:min(len(sections), 3)] {
		section := parseSection(tokens)
		useful = useful || !section.plain
		f.sections = append(f.sections, section)
	}
	if !useful {
		f.sections = nil
	}
	return f
}

// showsDate reports whether a section shows a part of a date or of a time of day. A
// duration such as [h]:mm is a number.
func showsDate(tokens []string) bool {
	found := false
	for _, token := range tokens {
		if elapsed.MatchString(token) {
			return false
		}
		found = found || len(token) == 1 && strings.Contains("ymdhs", strings.ToLower(token))
	}
	return found
}

func parseSection(tokens []string) formatSection {
	var s formatSection
	for _, token := range tokens {
		switch {
		case token == "0" || token == "#" || token == "?":
			s.tokens = append(s.tokens, token)
			s.digits++
		case token[0] == '_' || token[0] == '*': // room for a character, or a character to fill up with
		case token[0] == '[' && len(token) > 1:
			isCurrency := strings.HasPrefix(token, "[$") && !strings.HasPrefix(token, "[$-")
			s.plain = s.plain || isCurrency || strings.ContainsAny(token[1:2], "<>=") // a condition, as in the format of phone numbers
		case token[0] == '"' && len(token) > 1, token[0] == '\\' && len(token) > 1, strings.Contains("-+(): ", token):
			text := strings.Trim(strings.TrimPrefix(token, `\`), `"`)
			s.plain = s.plain || strings.ContainsAny(text, "$€£¥") // a currency is no part of an ID
			s.tokens = append(s.tokens, `"`+text)
		default:
			s.plain = true
		}
	}
	s.plain = s.plain || s.digits == 0
	return s
}

// section returns the section for a number, and whether to show the sign.
func (f *numberFormat) section(n float64) (s *formatSection, sign bool) {
	switch {
	case n < 0 && len(f.sections) > 1:
		return &f.sections[1], false
	case n == 0 && len(f.sections) > 2:
		return &f.sections[2], false
	}
	return &f.sections[0], n < 0
}

// show writes a number as a cell with this format shows the number, if an ID can look so,
// and in full otherwise.
func (f *numberFormat) show(value string, n float64) string {
	if f.sections != nil && n == math.Trunc(n) && math.Abs(n) < 1e15 {
		if s, sign := f.section(n); !s.plain {
			return s.show(strconv.FormatInt(int64(math.Abs(n)), 10), sign)
		}
	}
	return showInFull(value, n)
}

func (s *formatSection) show(digits string, sign bool) string {
	if digits == "0" {
		digits = ""
	}
	var b strings.Builder
	if sign {
		b.WriteByte('-')
	}
	left := s.digits // places from here on
	for _, token := range s.tokens {
		if token[0] == '"' {
			b.WriteString(token[1:])
			continue
		}
		// The first place takes the digits for which there are no places.
		if extra := len(digits) - left; extra >= 0 {
			b.WriteString(digits[:extra+1])
			digits = digits[extra+1:]
		} else if token != "#" {
			b.WriteString(strings.Replace(token, "?", " ", 1))
		}
		left--
	}
	return b.String()
}

// maxDigits is how many digits of a number a spreadsheet holds.
const maxDigits = 15

var plainInteger = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,14})$`)

// showInFull writes a number in full: 123457000000 for 1.23457E+11, 123 for 123.0.
// Fractions are cut to the digits that a spreadsheet holds. A whole number of more digits
// has lost the last ones, or shows other digits in other programs: it stays in scientific
// notation, which looks like no ID.
func showInFull(value string, n float64) string {
	if plainInteger.MatchString(value) {
		return value
	}
	switch size := math.Abs(n); {
	case size >= 1e15:
		text := strconv.FormatFloat(n, 'E', maxDigits-1, 64)
		digits, exponent, _ := strings.Cut(text, "E")
		return strings.TrimRight(strings.TrimRight(digits, "0"), ".") + "E" + exponent
	case n == math.Trunc(n):
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(n, 'g', maxDigits, 64), 64)
	if err != nil {
		rounded = n
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// isoDate writes the number of a day as a date, with the time if there is a time, or as a
// time alone. A number that is no date is not ok.
func isoDate(n float64, since1904 bool) (text string, ok bool) {
	const lastDay = 2958466 // the day after 9999-12-31
	if n < 0 || n >= lastDay || math.IsNaN(n) {
		return "", false
	}
	day, part := math.Modf(n)
	seconds := int(math.Round(part * 86400))
	base := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case since1904:
		base = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case day == 0:
		return base.Add(time.Duration(seconds) * time.Second).Format(time.TimeOnly), true
	case day < 60: // Excel takes 1900 for a leap year
		base = base.AddDate(0, 0, 1)
	}
	at := base.AddDate(0, 0, int(day)).Add(time.Duration(seconds) * time.Second)
	if seconds == 0 {
		return at.Format(time.DateOnly), true
	}
	return at.Format(time.DateTime), true
}
