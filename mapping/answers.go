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
	emptyWords       = wordSet("empty", "empty", exactly)
	emptyUnlessNames = wordSet("empty", "empty but a name", exactly) // in lower case, without brackets
	noIDWords        = wordSet("empty", "no id", exactly)            // the same
	placeholderWords = wordSet("empty", "placeholder", exactly)
	noNameWords      = wordSet("empty", "no name", exactly)
	nullNames        = wordSet("empty", "null or name", exactly)
	nullLastNames    = wordSet("empty", "null or last name", exactly)
	formulaErrors    = wordSet("empty", "formula error", exactly)
)

// withoutBrackets returns a text in lower case without the brackets around.
func withoutBrackets(text string) string { return strings.ToLower(strings.Trim(text, "()[]<>{}")) }

// isEmptyName reports whether a cell of a name column says that the cell is
// empty. Null, Nan and Na are names.
func isEmptyName(text string) bool { return isEmptyMark(text) || noNameWords()[strings.ToLower(text)] }

// isEmptyMark reports whether text is a word for nothing in letters that no name has.
func isEmptyMark(text string) bool {
	return emptyWords()[text] || strings.ContainsAny(text, "([<{") && isNullWord(withoutBrackets(text))
}

// isEmptyWord is isEmptyName for a column of any other field.
func isEmptyWord(text string) bool {
	return emptyWords()[text] || emptyUnlessNames()[withoutBrackets(text)]
}

// isNoID reports whether a cell says that there is no ID: in words, or by zeros.
func isNoID(text string) bool {
	return strings.Trim(text, "0") == "" || noIDWords()[withoutBrackets(text)]
}

// isPlaceholder reports whether a cell says that the value is still to come.
func isPlaceholder(text string) bool { return placeholderWords()[text] || isEmptyMark(text) }

// isNullWord reports whether text is a programming word for nothing, in any case
// of letters.
func isNullWord(text string) bool {
	key := strings.ToLower(text)
	return noNameWords()[key] || nullNames()[key] || nullLastNames()[key]
}

// isNullName reports whether half of a name is a word for nothing. Nan and Na are
// names if the half is written so, or in capitals beside a half in capitals. Null is a
// last name if written so beside a first name.
func isNullName(half, other string, isLast bool) bool {
	if !isNullWord(half) {
		return false
	}
	key := strings.ToLower(half)
	switch {
	case isNullWord(other), noNameWords()[key], nullLastNames()[key] && !isLast:
		return true
	case half == capital(key):
		return false
	}
	return !nullNames()[key] || !isCapitals(half) || !isCapitals(other)
}

// isFormulaError reports whether text is what a spreadsheet shows for a formula
// that failed, or for a column that is too narrow.
func isFormulaError(text string) bool {
	return strings.HasPrefix(text, "#") && (formulaErrors()[strings.ToUpper(text)] || len(text) >= 3 && strings.Trim(text, "#") == "")
}
