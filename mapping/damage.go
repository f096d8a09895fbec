package mapping

import (
	"regexp"
	"strings"
	"time"
)

// The forms that spreadsheets give to IDs.
var (
	scientific    = regexp.MustCompile(`^\d+(?:[Ee]\+|[.,]\d+[Ee][+-]?)\d+$`)
	wholeDecimals = regexp.MustCompile(`^\d+(?:\.0+|,00?)$`)
	thousands     = regexp.MustCompile(`^\d{1,3}(?:,\d{3})+$`)
	decimals      = regexp.MustCompile(`^\d+[.,]\d+$`)
	roundedNumber = regexp.MustCompile(`^[1-9]\d{14}0+$`)
	longNumber    = regexp.MustCompile(`^[1-9]\d{14}0*[1-9]\d*$`)
	socialNumber  = regexp.MustCompile(`^\d{3}(?:-\d\d-| \d\d )\d{4}$`)
)

// damage returns what a spreadsheet has done to an ID, or "" for a sound ID.
func damage(text string, kind Kind) string {
	number := hasByte(text, ".,Ee") // in a form with decimals
	switch {
	case kind == Date:
		return "is a date in the spreadsheet"
	case kind == Boolean:
		return "is a yes/no in the spreadsheet"
	case number && scientific.MatchString(text):
		return "has been shortened to scientific notation, so its last digits are lost"
	case number && wholeDecimals.MatchString(text):
		return "has become a number with decimals, so leading zeros may be lost"
	case strings.Contains(text, ",") && thousands.MatchString(text):
		return "has become a number with commas, so leading zeros may be lost"
	case kind == Number && decimals.MatchString(text):
		return "is a number with decimals, so zeros at its end may be lost"
	case isDate(text):
		return "has become a date"
	}
	return ""
}

// WholeNumbers returns the columns of a sample that hold a number with digits behind
// the 15th. A spreadsheet rounds every number of a column, so none there is rounded.
func WholeNumbers(sample [][]string) map[int]bool {
	whole := map[int]bool{}
	for _, row := range sample {
		for column, cell := range row {
			if longNumber.MatchString(strings.TrimSpace(cell)) {
				whole[column] = true
			}
		}
	}
	return whole
}

// dateLayouts are the forms in which spreadsheets write dates. 10-11-12 and 1.2.3
// are missing: IDs look like that.
func dateLayouts() []string {
	return []string{
		"1/2/2006", "2/1/2006", "1/2/06", "2/1/06", "1.2.2006", "2.1.2006", "1-2-2006", "2-1-2006", "2006-1-2", "2006/1/2", "2006.1.2",
		"2-Jan", "Jan-06", "2-Jan-06", "2-Jan-2006",
	}
}

// isDate reports whether text has the form of a spreadsheet's date, with or
// without a time. Excel turns 1-2 into 2-Jan; MAR-12 in capitals is an ID.
func isDate(text string) bool {
	if !hasByte(text, "/.-") || !strings.ContainsAny(text, "0123456789") {
		return false
	}
	text, _, _ = strings.Cut(text, " ")
	text, _, _ = strings.Cut(text, "T")
	for _, layout := range dateLayouts() {
		when, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		if strings.Contains(layout, "Jan") {
			return strings.Contains(text, when.Format("Jan"))
		}
		return when.Year() >= 1900 && when.Year() <= 2100
	}
	return false
}

// isSocialSecurityNumber reports whether text has the shape 123-45-6789.
func isSocialSecurityNumber(text string) bool {
	return len(text) == len("123-45-6789") && socialNumber.MatchString(text)
}
