package mapping

import (
	"strings"
	"sync"
	"unicode"
)

// truths are the words of yes/no cells, folded.
type truths struct {
	answers map[string]bool // yes and no
	kinds   map[string]bool // the kinds of workers: true is an employee
}

var truthTable = sync.OnceValue(func() *truths {
	table := func(yes, no string) map[string]bool {
		t := make(map[string]bool)
		for _, w := range strings.Split(yes, ",") {
			t[fold(w)] = true
		}
		for _, w := range strings.Split(no, ",") {
			t[fold(w)] = false
		}
		return t
	}
	return &truths{
		answers: table(
			`yes, y, true, t, 1, x, ja, j, jawohl, wahr, richtig, sí, s, verdadero, v, cierto, oui, vrai, sim, verdadeiro, da, tak, kyllä, sann, vero, waar, on`,
			`no, n, false, f, 0, nein, falsch, falso, non, faux, não, nej, nei, nee, ei, nie, onwaar, falsk, off`),
		kinds: table(
			`employee, ee, emp, w2, w 2, direct, direct hire, own, own employee, in house, inhouse, internal, regular, permanent, regular employee,
			company employee, intern, apprentice, staff, payroll, employee regular, direct employee, permanent employee,
			empleado, empleada, fijo, indefinido, propio, plantilla, becario, empleado propio,
			employé, employée, salarié, salariée, cdi, cdd, stagiaire, apprenti,
			angestellt, angestellter, angestellte, mitarbeiter, mitarbeiterin, arbeitnehmer, arbeitnehmerin, festangestellt, eigen, intern angestellt,
			auszubildender, azubi, praktikant,
			funcionário, funcionária, empregado, empregada, clt, efetivo, próprio, estagiário, colaborador`,
			`contractor, contingent, contingent worker, ici, icc, ic, 1099, independent contractor, independent, subcontractor, sub, temp, temporary,
			temporary worker, temp worker, agency, agency worker, external, consultant, freelancer, freelance, vendor, leased, leased employee, contract,
			contract worker, non employee, nonemployee, self employed,
			contratista, subcontratista, autónomo, autónoma, externo, eventual de agencia, ett, independiente,
			sous traitant, sous traitante, indépendant, indépendante, intérimaire, externe, prestataire, consultante,
			leiharbeiter, leiharbeitnehmer, zeitarbeiter, subunternehmer, fremdfirma, extern, externer, freier mitarbeiter, freiberufler, selbständig,
			terceirizado, terceiro, terceirizada, prestador, prestador de serviço, subempreiteiro, pj, autônomo, autônoma, subcontratado`),
	}
})

// read returns what a clean cell answers. With inverted, yes means no, and
// only plain answers count.
func (t *truths) read(scratch []byte, text string, inverted bool) (answer, ok bool) {
	switch text { // the usual ones need no folding
	case "yes", "Yes", "YES", "Y", "true", "True", "TRUE", "X", "x", "1":
		return !inverted, true
	case "no", "No", "NO", "N", "false", "False", "FALSE", "0":
		return inverted, true
	case "✓", "✔", "☑", "☒", "✗", "✘":
		// The crosses are how a box is ticked; "no" is an empty box.
		return !inverted, true
	case "☐":
		return inverted, true
	}
	key := AppendFold(scratch[:0], text)
	if answer, ok = t.answers[string(key)]; ok {
		return answer != inverted, true
	}
	if inverted {
		return false, false
	}
	answer, ok = t.kinds[string(key)]
	return answer, ok
}

// isMark reports whether a cell is a mark that stands for yes.
func isMark(text string) bool {
	switch text {
	case "x", "X", "✓", "✔", "☑", "☒", "✗", "✘":
		return true
	}
	return false
}

// isFormulaError reports whether text is what a spreadsheet shows for a
// formula that failed, in English, German, Spanish, French and Portuguese.
func isFormulaError(text string) bool {
	if text == "" || text[0] != '#' {
		return false
	}
	switch strings.ToUpper(text) {
	case "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA", "#FIELD!",
		"#BLOCKED!", "#UNKNOWN!", "#BUSY!", "#CONNECT!", "#ERROR!", "#ERR!", "#NV", "#BEZUG!", "#WERT!", "#ZAHL!", "#ND", "#N/D", "#¡REF!",
		"#¡VALOR!", "#¡DIV/0!", "#¿NOMBRE?", "#¡NUM!", "#VALEUR!", "#NOM?", "#NOMBRE!", "#VALOR!", "#NOME?", "#NÚM!", "#NULO!":
		return true
	}
	return strings.Trim(text, "#") == "" && len(text) >= 3 // the column was too narrow
}

// isPlaceholder reports whether a cell says in words that it is empty, or that
// something is still to be filled in.
func isPlaceholder(text string) bool {
	switch text {
	case "TBD", "tbd", "TBA", "tba", "T.B.D.", ".", "?", "??", "???", "*", "/", "_", "x":
		return true
	}
	return isNothing(text)
}

// isNothing reports whether a cell says in words that it is empty. Null and
// None are surnames: a name counts only as programs write it, null or NULL.
func isNothing(text string) bool {
	switch text {
	case "-", "--", "---", "–", "—", "N/A", "n/a", "N/a", "n.a.", "N.A.", "n/d", "N/D", "null", "NULL", "(null)", "<null>", "nil", "NIL", "none", "NONE", "(none)", "NaN",
		"undefined", "(blank)", "(empty)":
		return true
	}
	return false
}

// isEmptyWord is isNothing for a field other than a name.
func isEmptyWord(text string) bool {
	return isNothing(text) || text == "None" || text == "Null" || text == "Nil"
}

// isNullWord reports whether text, in any case, is a word of programs for
// nothing. Nobody has such a first name and such a last name.
func isNullWord(text string) bool {
	return len(text) <= 9 && (strings.EqualFold(text, "null") || strings.EqualFold(text, "none") || strings.EqualFold(text, "nil") ||
		strings.EqualFold(text, "undefined"))
}

// plainID reports whether an ID has none of the characters that damage, dates
// and social security numbers need: the quick way out for most.
func plainID(text string) bool {
	for i := range len(text) {
		switch b := text[i]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', b == '_':
		default:
			return false
		}
	}
	return text != ""
}

// paddedTo returns how many digits the IDs of a column have that begin with zeros,
// if all of those have as many and no other has more; else 0.
func paddedTo(ids []string) int {
	padded, most, longest := 0, 0, 0
	for _, id := range ids {
		n, rest := digits(id)
		if n == 0 || rest != "" {
			continue
		}
		longest = max(longest, n)
		if id[0] != '0' {
			continue
		}
		if padded > 0 && n != most {
			return 0
		}
		padded, most = padded+1, n
	}
	if padded < 2 || longest > most {
		return 0
	}
	return most
}

// isUnpadded reports an ID of digits that begins with none of the zeros that a
// spreadsheet takes off.
func isUnpadded(id string) bool {
	n, rest := digits(id)
	return n > 0 && rest == "" && id[0] != '0'
}

// damage says what a spreadsheet has done to an ID; "" if nothing is seen. An ID
// of digits that lost its leading zeros is told by the others alone.
func damage(text string, kind Kind) string {
	switch kind {
	case Date:
		return "is a date in the spreadsheet"
	case Boolean:
		return "is a yes/no in the spreadsheet"
	case Number, Text, FormulaError:
	}
	whole, rest := digits(text)
	switch {
	case whole == 0:
		return monthDamage(text)
	case rest == "":
		return ""
	case rest[0] == 'E' || rest[0] == 'e':
		if n, tail := digits(strings.TrimPrefix(rest[1:], "+")); n > 0 && tail == "" && rest[1] == '+' {
			return shortened
		}
	case rest[0] == '.' || rest[0] == ',':
		fraction, tail := digits(rest[1:])
		if fraction == 0 {
			break
		}
		if tail != "" && (tail[0] == 'E' || tail[0] == 'e') {
			if n, end := digits(strings.TrimLeft(tail[1:], "+-")); n > 0 && end == "" {
				return shortened
			}
		}
		if tail == "" && strings.Trim(rest[1:], "0") == "" && (rest[0] == '.' || fraction < 3) {
			return "has become a number with decimals, so leading zeros may be lost"
		}
		if tail == "" && kind == Number {
			return "is a number with decimals, so zeros at its end may be lost"
		}
	}
	if isDate(text) {
		return "has become a date"
	}
	return monthDamage(text)
}

const shortened = "has been shortened to scientific notation, so its last digits are lost"

// digits counts the digits that s begins with and returns what follows.
func digits(s string) (n int, rest string) {
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n, s[n:]
}

// isDate recognises 1/2/2026, 1.2.2026, 1-2-2026, 2026-01-02, each also with a
// time behind. 10-11-12 and 1.2.3 are left alone: IDs look like that.
func isDate(text string) bool {
	text, _, _ = strings.Cut(text, " ")
	text, _, _ = strings.Cut(text, "T")
	a, rest := digits(text)
	if a == 0 || rest == "" || strings.IndexByte("/.-", rest[0]) < 0 {
		return false
	}
	separator := rest[0]
	b, tail := digits(rest[1:])
	if b == 0 || b > 2 || tail == "" || tail[0] != separator {
		return false
	}
	c, end := digits(tail[1:])
	if end != "" {
		return false
	}
	middle := number(rest[1 : 1+b])
	if a == 4 && c <= 2 && c > 0 {
		return inRange(text[:4]) && middle >= 1 && middle <= 12 && number(tail[1:]) >= 1 && number(tail[1:]) <= 31
	}
	if a > 2 || c != 4 && (c != 2 || separator != '/') {
		return false
	}
	return dayAndMonth(number(text[:a]), middle) && (c == 2 || inRange(tail[1:]))
}

// dayAndMonth reports whether one of two numbers can be a day, and the other a month.
func dayAndMonth(a, b int) bool {
	return a >= 1 && b >= 1 && (a <= 12 && b <= 31 || a <= 31 && b <= 12)
}

// isUndashed reports whether nothing in an ID parts it as dates are parted.
func isUndashed(id string) bool { return !strings.ContainsAny(id, "-./") }

// isShortDate recognises what spreadsheets show of a date in an American or a
// European format: 03-04-26. IDs look like that as well, where all of them do.
func isShortDate(text string) bool {
	parts := strings.Split(text, "-")
	if len(parts) != 3 || len(parts[2]) != 2 {
		return false
	}
	for _, p := range parts {
		if n, rest := digits(p); n == 0 || n > 2 || rest != "" {
			return false
		}
	}
	return dayAndMonth(number(parts[0]), number(parts[1]))
}

func inRange(year string) bool { n := number(year); return n >= 1900 && n <= 2100 }

// number reads a few digits.
func number(s string) int {
	n := 0
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// monthDamage recognises what Excel makes of 1-2 or MAR12: 2-Jan, Mar-12,
// 2-Jan-26. MAR-12 in capitals is an ID: Excel doesn't write it.
func monthDamage(text string) string {
	if strings.IndexByte(text, '-') < 0 { // most texts
		return ""
	}
	parts := strings.Split(text, "-")
	if len(parts) > 3 {
		return ""
	}
	isMonth := func(s string) bool {
		switch s {
		case "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec":
			return true
		}
		return false
	}
	isNumber := func(s string, least, most int) bool {
		n, rest := digits(s)
		return rest == "" && n >= least && n <= most
	}
	switch {
	case isMonth(parts[0]) && len(parts) == 2 && isNumber(parts[1], 2, 2),
		isMonth(parts[1]) && isNumber(parts[0], 1, 2) && (len(parts) == 2 || isNumber(parts[2], 2, 4)):
		return "has become a date"
	}
	return ""
}

// isSocialSecurityNumber reports whether text has the shape 123-45-6789.
func isSocialSecurityNumber(text string) bool {
	if len(text) != 11 || text[3] != text[6] || text[3] != '-' && text[3] != ' ' {
		return false
	}
	for i := range len(text) {
		if i != 3 && i != 6 && (text[i] < '0' || text[i] > '9') {
			return false
		}
	}
	return true
}

// hasLetter reports whether text has a letter of any script.
func hasLetter(text string) bool {
	for _, r := range text {
		if unicode.IsLetter(r) {
			return true
		}
	}
	return false
}

// isFormula reports whether text is one that a spreadsheet would run: nobody
// is called =HYPERLINK(…). A job title may begin with + or -.
func isFormula(text string, isName bool) bool {
	if text == "" {
		return false
	}
	switch text[0] {
	case '=', '@':
		return true
	case '+', '-':
		return isName && text[0] == '+' || strings.ContainsAny(text, "(|!")
	}
	return false
}
