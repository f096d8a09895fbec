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
	placeholderWords = wordSet("empty", "placeholder", exactly)
	nullWords        = wordSet("empty", "no full name", exactly)
	formulaErrors    = wordSet("empty", "formula error", exactly)
)

// isEmptyName reports whether a cell of a name column says that the cell is
// empty. Null and None are surnames: only null and NULL count.
func isEmptyName(text string) bool { return emptyWords()[text] }

// isEmptyWord is isEmptyName for a column of any other field.
func isEmptyWord(text string) bool {
	return emptyWords()[text] || emptyUnlessNames()[strings.ToLower(strings.Trim(text, "()[]<>{}"))]
}

// isPlaceholder reports whether a cell says that the value is still to come.
func isPlaceholder(text string) bool { return placeholderWords()[text] || emptyWords()[text] }

// isNullWord reports whether text is a programming word for nothing, in any case
// of letters.
func isNullWord(text string) bool { return nullWords()[strings.ToLower(text)] }

// isFormulaError reports whether text is what a spreadsheet shows for a formula
// that failed, or for a column that is too narrow.
func isFormulaError(text string) bool {
	return formulaErrors()[strings.ToUpper(text)] || len(text) >= 3 && strings.Trim(text, "#") == ""
}
