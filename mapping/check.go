package mapping

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

var firmWords = wordSet("name-parts", "firm", exactly)

// checkName returns the problem of a name, or nil. A whole name has both halves in
// the cell.
func (s *source) checkName(text string, column int, whole bool) *Problem {
	unclear := func(what, hint string) *Problem {
		return s.problem("name_unclear", column, fmt.Sprintf("the %s %s %s", s.word(), quote(text), what), hint)
	}
	switch {
	case text == "":
		return s.problem("name_missing", column, fmt.Sprintf("the %s is missing", s.word()), "fill it in")
	case isPlaceholder(text):
		return s.nullName(text, column)
	case isFormula(text, true):
		return s.problem("formula_text", column, fmt.Sprintf("the %s %s is a formula, not a name", s.word(), quote(text)), "type the name itself")
	case isDate(text):
		return unclear("has become a date", "type the name")
	case isExample(text):
		return unclear("is an example, not a name", "delete the row, or type the name of the person")
	case !hasLetter(text):
		return unclear("has no letter", "type the name")
	case strings.Contains(text, "?"):
		return s.flawed(lostFlaw, text, column)
	}
	const oneName = "leave the name of one person, and nothing else, in the cell; give each person a row"
	switch part := foreignPart(text, whole); {
	case part == "":
		return nil
	case isNumbers(part): // not quoted: the number may be a part of a social security number
		return s.problem("name_unclear", column, "the cell of the name holds a number too", oneName)
	default:
		return unclear(fmt.Sprintf("holds %s, which is no part of a name", quote(part)), oneName)
	}
}

// exampleMarks are what forms write in front of an example: e.g. John.
var exampleMarks = wordSet("empty", "example", exactly)

// isExample reports whether a cell of a name is an example or names the type of the cell,
// as rows below the headings of a form do.
func isExample(text string) bool {
	if hasByte(text, ".:") {
		text = strings.ToLower(text)
		for mark := range exampleMarks() {
			rest, found := strings.CutPrefix(text, mark)
			if first, _ := utf8.DecodeRuneInString(strings.TrimPrefix(rest, " ")); found && unicode.IsLetter(first) {
				return true
			}
		}
	}
	return typeNames().hasLower(text)
}

// nullName returns the problem of a word for nothing in place of a name.
func (s *source) nullName(text string, column int) *Problem {
	key, hint := strings.ToLower(text), "fill it in"
	switch {
	case nullNames().has(key), nullLastNames().has(key) && s.field != FirstName:
		hint = fmt.Sprintf("fill it in; if the person has this name, write %s", quote(capital(key)))
	case noNameWords().has(key) && s.field != fullName:
		hint = fmt.Sprintf("fill it in; if the person has this name, write it in single quotes: '%s'", capital(key))
	}
	return s.problem("name_missing", column, fmt.Sprintf("the %s is missing: the cell has only %s", s.word(), quote(text)), hint)
}

// signs are marks that no person's name has.
const signs = "()[]{}<>*&;:/\\|#%$+=@_"

// joints are words inside a cell that no person's name has.
var joints = wordSet("name-parts", "joint", exactly)

// isSymbol reports whether r is a picture, a currency or another mark beyond ASCII
// that no name has. Apostrophes, accents that serve as such, hyphens, quotes and the
// dots between the parts of a name are none.
func isSymbol(r rune) bool {
	return r > unicode.MaxASCII && !strings.ContainsRune("’‘‛´·‧・•׳״", r) && unicode.In(r, unicode.S, unicode.Po, unicode.Co, unicode.No)
}

// foreignPart returns a part of a cell that does not belong to a single person's
// name, or "". Such parts are signs, numbers, remarks, the end of a firm's name
// and second persons.
func foreignPart(name string, whole bool) string {
	if words := strings.Fields(name); strings.Contains(name, "/") { // as in Kumar a/l Muthu (son of)
		last := len(words) - 1
		name = strings.Join(append(slices.DeleteFunc(words[:last], isParticle), words[last]), " ")
	}
	if at := strings.IndexAny(name, signs); at >= 0 {
		return name[at : at+1]
	}
	if at := strings.IndexFunc(name, isSymbol); at >= 0 {
		r, _ := utf8.DecodeRuneInString(name[at:])
		return string(r)
	}
	if words := strings.Split(name, " "); len(words) > 2 {
		for _, word := range words[1 : len(words)-1] {
			if joints()[word] {
				return word
			}
		}
	}
	if remark := remarkBehind(name); remark != "" {
		return remark
	}
	least := 1
	if whole {
		least = 2
	}
	if status := statusBehind(name, least); status != "" {
		return status
	}
	if !whole {
		return ""
	}
	words := strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == ',' })
	for _, word := range words {
		if isDash(word) || isNumbers(word) {
			return word
		}
	}
	if len(words) > 0 && firmWords()[strings.ToLower(strings.TrimRight(words[len(words)-1], "."))] {
		return words[len(words)-1]
	}
	return secondPerson(name)
}

// secondPerson returns the second of several people with commas between, as in
// Maria Garcia, Bob Smith.
func secondPerson(name string) string {
	whole, parts := 0, strings.Split(name, ",")
	for _, part := range parts {
		words := strings.Fields(part)
		switch {
		case len(words) < 2, isSuffixPart(words, true):
			return ""
		case len(words) == 2 && kindOfName(words[0]) == givenName && kindOfName(words[1]) == surname:
			whole++
		}
	}
	if len(parts) > 2 || len(parts) == 2 && whole == 2 {
		return strings.TrimSpace(parts[1])
	}
	return ""
}

// remarkBehind returns what a cell says about a person behind a comma or a dash
// that follows a whole name, as in Bob Stone, Foreman; "" for no remark.
func remarkBehind(name string) string {
	if !strings.Contains(name, " ") {
		return ""
	}
	at := strings.LastIndexByte(name, ',')
	if at >= 0 && strings.IndexByte(name[:at], ' ') < 0 { // Smith, Robert
		at = -1
	}
	for _, dash := range []string{" - ", " – ", " — "} {
		at = max(at, strings.LastIndex(name, dash))
	}
	if at < 0 {
		return ""
	}
	if rest := strings.TrimLeft(name[at:], ",-–— "); rest != "" && isRemark(rest) {
		return rest
	}
	return ""
}

// isRemark reports whether words name an occupation, say that a person has left or tell
// another state of a person. No person has such a first name.
func isRemark(text string) bool {
	for word := range strings.FieldsSeq(text) {
		if isJobWord(word) {
			return true
		}
	}
	return isLeftWord(text) || remarks()[Fold(text)]
}

// statusBehind returns the word at the end of a name that says that the person has left,
// as in Bob Stone-Inactive and Bob Stone LAYOFF; "" for no such word. least is how many
// words must be in front of a word in other letters than they have.
func statusBehind(name string, least int) string {
	if !hasByte(name, " -") { // as most names
		return ""
	}
	words := strings.Fields(name)
	if len(words) == 0 {
		return ""
	}
	front, last := words[:len(words)-1], words[len(words)-1]
	if at := strings.LastIndexByte(last, '-'); at > 0 && leftWords()[Fold(last[at:])] {
		return last[at+1:]
	}
	differs := func(is func(string) bool) bool { return is(last) && !slices.ContainsFunc(front, is) }
	if len(front) >= least && (differs(isCapitals) || differs(isLower)) && isLeftWord(last) {
		return last
	}
	return ""
}

func isDash(word string) bool { return word == "-" || word == "–" || word == "—" }

var digit = regexp.MustCompile(`\d`)

// isNumbers reports whether a word has three digits or more and no letter but X.
func isNumbers(word string) bool {
	const few = 3
	isLetter := func(r rune) bool { return r >= utf8.RuneSelf || unicode.IsLetter(r) && r != 'x' && r != 'X' }
	return !strings.ContainsFunc(word, isLetter) && len(digit.FindAllString(word, -1)) >= few
}

// hasStrayDigit reports whether a word of a name has a digit and is no generation,
// as 2nd is.
func hasStrayDigit(name string) bool {
	for word := range strings.FieldsSeq(name) {
		if strings.ContainsAny(word, "0123456789") && !isSuffix(strings.Trim(word, ","), false) {
			return true
		}
	}
	return false
}

// isList reports whether a cell has a whole name on each of several lines.
func isList(raw string) bool {
	lines := 0
	for line := range strings.FieldsFuncSeq(raw, func(r rune) bool { return r == '\r' || r == '\n' }) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
			continue
		case len(strings.Fields(line)) < 2, strings.HasSuffix(line, ","):
			return false
		}
		lines++
	}
	return lines > 1
}

// hasLetter reports whether text has a letter of any script.
func hasLetter(text string) bool { return strings.ContainsFunc(text, unicode.IsLetter) }

// hasDigit reports whether text has a digit of any script.
func hasDigit(text string) bool { return strings.ContainsFunc(text, unicode.IsDigit) }

// isFormula reports whether a spreadsheet would run text as a formula. A job title
// may begin with + or -, a name may not begin with +.
func isFormula(text string, isName bool) bool {
	if text == "" {
		return false
	}
	switch text[0] {
	case '=', '@':
		return true
	case '+':
		return isName || strings.ContainsAny(text, "(|!")
	case '-':
		return strings.ContainsAny(text, "(|!")
	}
	return false
}
