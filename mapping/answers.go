package mapping

import "strings"

// The words of yes/no cells.
var (
	yesWords        = wordSet("answers", "yes", Fold)
	noWords         = wordSet("answers", "no", Fold)
	yesMarks        = wordSet("answers", "mark", exactly)
	emptyBoxes      = wordSet("answers", "empty box", exactly)
	employeeWords   = wordSet("answers", "employee", Fold)
	contractorWords = wordSet("answers", "contractor", Fold)
)

// readAnswer returns what a clean cell of a yes/no column answers. With inverted,
// yes means no, and kinds of workers such as "contractor" are no answer.
func readAnswer(text string, inverted bool) (answer, ok bool) {
	key := Fold(text)
	switch {
	case yesMarks()[text], yesWords()[key]:
		return !inverted, true
	case emptyBoxes()[text], noWords()[key]:
		return inverted, true
	case inverted:
		return false, false
	}
	return employeeWords()[key], employeeWords()[key] || contractorWords()[key]
}

// isAnswer reports whether a cell is a plain yes or no.
func isAnswer(cell string) bool {
	_, ok := readAnswer(cell, true)
	return ok
}

// isWorkerKind reports whether a cell tells employees from contractors.
func isWorkerKind(cell string) bool {
	_, ok := readAnswer(cell, false)
	return ok
}

// The words of cells that hold no value.
var (
	emptyWords       = emptyWordSet("empty")
	emptyUnlessNames = emptyWordSet("empty but a name") // in lower case, without brackets
	noIDWords        = emptyWordSet("no id")            // the same
	placeholderWords = emptyWordSet("placeholder")
	noNameWords      = emptyWordSet("no name")
	typeNames        = emptyWordSet("type of cell")
	nullNames        = emptyWordSet("null or name")
	nullLastNames    = emptyWordSet("null or last name")
	formulaErrors    = emptyWordSet("formula error")
)

// withoutBrackets returns a text without the brackets around.
func withoutBrackets(text string) string { return strings.Trim(text, "()[]<>{}") }

// isEmptyName reports whether a cell of a name column says that the cell is
// empty. Null, Nan and Na are names.
func isEmptyName(text string) bool { return isEmptyMark(text) || noNameWords().hasLower(text) }

// isEmptyMark reports whether text is a word for nothing in letters that no name has.
func isEmptyMark(text string) bool {
	return emptyWords().has(text) || hasByte(text, "([<{") && isNullWord(withoutBrackets(text))
}

// isEmptyWord is isEmptyName for a column of any other field.
func isEmptyWord(text string) bool {
	return emptyWords().has(text) || emptyUnlessNames().hasLower(withoutBrackets(text))
}

// isNoID reports whether a cell says that there is no ID: in words, or by zeros.
func isNoID(text string) bool {
	return strings.Trim(text, "0") == "" || noIDWords().hasLower(withoutBrackets(text))
}

// isPlaceholder reports whether a cell says that the value is still to come.
func isPlaceholder(text string) bool { return placeholderWords().has(text) || isEmptyMark(text) }

// isNullWord reports whether text is a programming word for nothing, in any case
// of letters.
func isNullWord(text string) bool {
	return noNameWords().hasLower(text) || nullNames().hasLower(text) || nullLastNames().hasLower(text)
}

// isNullName reports whether half of a name is a word for nothing. Nan and Na are
// names if the half is written so, or in capitals beside a half in capitals. Null is a
// last name if written so beside a first name.
func isNullName(half, other string, isLast bool) bool {
	if !isNullWord(half) {
		return false
	}
	switch {
	case isNullWord(other), noNameWords().hasLower(half), nullLastNames().hasLower(half) && !isLast:
		return true
	case half == capital(strings.ToLower(half)):
		return false
	}
	return !nullNames().hasLower(half) || !isCapitals(half) || !isCapitals(other)
}

// isFormulaError reports whether text is what a spreadsheet shows for a formula
// that failed, or for a column that is too narrow.
func isFormulaError(text string) bool {
	return strings.HasPrefix(text, "#") && (formulaErrors().has(strings.ToUpper(text)) || isNarrow(text))
}

// isNarrow reports whether text is what a spreadsheet shows for a number in a column that
// is too narrow.
func isNarrow(text string) bool { return len(text) >= 3 && strings.Trim(text, "#") == "" }
