package mapping

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

// specKeys are what may stand under a field.
func specKeys() []string {
	return []string{"column", "optional", "value", "expression", "default", "values", "transform", "pattern", "lookup", "order", "inverted", "join"}
}

// fields reads what stands under fields.
func (l *loader) fields(n ast.Node) ([]spec, *FileError) {
	var known []string
	for _, f := range Fields() {
		known = append(known, string(f))
	}
	known = append(known, string(fullName))
	pairs, problem := l.pairs(n, "fields", known)
	if problem != nil {
		return nil, problem
	}
	var specs []spec
	at := make(map[Field]ast.Node)
	for _, p := range pairs {
		s, problem := l.spec(p)
		if problem != nil {
			return nil, problem
		}
		specs = append(specs, *s)
		at[s.field] = p.node
	}
	if full := at[fullName]; full != nil {
		for _, half := range []Field{FirstName, LastName} {
			if at[half] != nil {
				return nil, l.at(at[half], fmt.Sprintf("full_name already gives %s", half), "keep full_name, or first_name and last_name")
			}
		}
		return specs, nil
	}
	for _, half := range []Field{LastName, FirstName} {
		if at[half] == nil {
			return nil, l.at(n, fmt.Sprintf("the mapping has no %s", half),
				fmt.Sprintf("add %s: {column: …}, or full_name: {column: …} where one column holds both names", half))
		}
	}
	return specs, nil
}

// spec reads one field.
func (l *loader) spec(p pair) (*spec, *FileError) {
	s := &spec{field: Field(p.key)}
	where := l.at(p.node, "", "")
	s.line, s.column = where.Line, where.Column
	if text, ok := scalar(p.value); ok {
		return nil, l.at(p.value, fmt.Sprintf("%s needs to know what %s is", p.key, quote(text)),
			fmt.Sprintf("write %s: {column: %s} for a column, or %s: {value: %s} for a constant", p.key, text, p.key, text))
	}
	pairs, problem := l.pairs(p.value, p.key, specKeys())
	if problem != nil {
		return nil, problem
	}
	var sources []string
	keys := make(map[string]pair)
	for _, k := range pairs {
		keys[k.key] = k
		if problem := l.setting(s, k); problem != nil {
			return nil, problem
		}
		switch k.key {
		case "column", "value", "expression":
			sources = append(sources, k.key)
		}
	}
	switch {
	case len(sources) == 0:
		return nil, l.at(p.node, fmt.Sprintf("%s has no source", p.key), "add column, value or expression")
	case len(sources) > 1:
		return nil, l.at(keys[sources[1]].node, fmt.Sprintf("%s has two sources, %s and %s", p.key, sources[0], sources[1]), "keep one of them")
	}
	if problem := l.fits(s, keys); problem != nil {
		return nil, problem
	}
	return s, nil
}

// setting reads one key of a field.
func (l *loader) setting(s *spec, k pair) (problem *FileError) {
	switch k.key {
	case "column":
		s.columns, problem = l.columns(k)
	case "optional":
		s.optional, problem = l.truth(k)
	case "inverted":
		s.inverted, problem = l.truth(k)
	case "join":
		s.joined, problem = l.truth(k)
	case "value":
		var text string
		if text, problem = l.text(k); problem == nil {
			s.value = &text
		}
	case "default":
		s.fallback, problem = l.text(k)
	case "pattern":
		var text string
		if text, problem = l.text(k); problem == nil {
			s.pattern, problem = l.pattern(k, text)
		}
	case "transform":
		s.transforms, problem = l.transforms(k)
	case "values":
		s.values, problem = l.values(k)
	case "lookup":
		var text string
		if text, problem = l.text(k); problem == nil {
			if text != "work_classification" {
				return l.at(k.value, fmt.Sprintf("there is no lookup %s", quote(text)), "write lookup: work_classification")
			}
			s.lookup = true
		}
	case "expression":
		s.expression, problem = l.formula(k, false)
	case "order":
		s.order, problem = l.order(k)
	}
	return problem
}

// truth reads true or false.
func (l *loader) truth(k pair) (bool, *FileError) {
	text, problem := l.text(k)
	if problem == nil && text != "true" && text != "false" {
		problem = l.at(k.value, k.key+" is true or false", "write "+k.key+": true, or leave it out")
	}
	return text == "true", problem
}

// fits checks settings against the field they stand under.
func (l *loader) fits(s *spec, keys map[string]pair) *FileError {
	for _, rule := range []struct {
		key          string
		broken       bool
		message, fix string
	}{
		{"lookup", s.field != WorkClassification, "lookup is for work_classification_id only", "remove it here"},
		{"order", s.field != fullName, "order is for full_name only", "remove it here"},
		{"inverted", s.field != IsEmployee, "inverted is for is_employee only", "remove it here"},
		{"inverted", s.values != nil, "inverted beside values is one too many", "remove inverted, and say in values what each cell means"},
		{"join", !s.field.isName(), "join is for names only", "remove it here"},
		{"join", len(s.columns) < 2, "join needs two columns or more", "write column: [Apellido paterno, Apellido materno], or remove join"},
		{"optional", s.columns == nil, "optional is for columns only", "remove it here"},
		{"transform", s.field == IsEmployee, "is_employee is yes or no: there is nothing to transform", "remove transform"},
	} {
		if k, ok := keys[rule.key]; ok && rule.broken {
			return l.at(k.node, rule.message, rule.fix)
		}
	}
	if s.field == IsEmployee {
		return l.answers(s, keys)
	}
	if s.field == WorkClassification && s.value != nil && !s.lookup {
		if _, ok := wholeNumber(*s.value); !ok {
			return l.at(keys["value"].value, fmt.Sprintf("%s is not the ID of a work classification", quote(*s.value)), "write its number, or add lookup: work_classification")
		}
	}
	return nil
}

// answers checks that what is_employee can be given is yes or no.
func (l *loader) answers(s *spec, keys map[string]pair) *FileError {
	check := func(key, text string, inverted bool, fix string) *FileError {
		if _, ok := readAnswer(text, inverted); ok {
			return nil
		}
		return l.at(keys[key].value, quote(text)+" is neither yes nor no", fix)
	}
	if s.value != nil {
		if problem := check("value", *s.value, s.inverted, "write true or false"); problem != nil {
			return problem
		}
	}
	if s.fallback != "" {
		if problem := check("default", s.fallback, s.inverted, "write true or false"); problem != nil {
			return problem
		}
	}
	for _, v := range s.values {
		if problem := check("values", v, false, "write true or false behind each cell"); problem != nil {
			return problem
		}
	}
	return nil
}

// text reads a scalar that must not be empty, clean and of sendable length.
func (l *loader) text(k pair) (string, *FileError) {
	raw, ok := scalar(k.value)
	if !ok {
		return "", l.at(k.value, k.key+" needs a single value", "write it behind the colon, in quotes if it holds a colon or #")
	}
	text, flawed := clean(raw, true)
	if k.key == "pattern" {
		text = raw
	}
	switch {
	case text == "":
		return "", l.at(k.value, k.key+" is empty", "write a value, or remove it")
	case flawed != noFlaw:
		return "", l.at(k.value, k.key+" holds characters that can't be sent", "type the value anew")
	case utf8.RuneCountInString(text) > maxLength && k.key != "pattern":
		return "", l.at(k.value, fmt.Sprintf("%s is longer than %d characters", k.key, maxLength), "shorten it")
	}
	return text, nil
}

// texts reads one scalar or a list of them.
func (l *loader) texts(k pair) ([]pair, []string, *FileError) {
	nodes := []ast.Node{k.value}
	if s, ok := k.value.(*ast.SequenceNode); ok {
		nodes = s.Values
	}
	var pairs []pair
	var texts []string
	for _, n := range nodes {
		p := pair{k.key, k.node, n}
		text, problem := l.text(p)
		if problem != nil {
			return nil, nil, problem
		}
		pairs = append(pairs, p)
		texts = append(texts, text)
	}
	if len(texts) == 0 {
		return nil, nil, l.at(k.value, k.key+" is empty", "write a value, or remove it")
	}
	return pairs, texts, nil
}

const withheldHint = "columns with social security numbers or birth dates are never sent; remove it from the mapping"

func withheldMessage(heading string) string {
	return fmt.Sprintf("%s names social security numbers or birth dates", quote(heading))
}

// columns reads one column or a list of them: each a heading, or a letter with
// the heading that must stand there.
func (l *loader) columns(k pair) ([]columnName, *FileError) {
	nodes := []ast.Node{k.value}
	if s, ok := k.value.(*ast.SequenceNode); ok {
		nodes = s.Values
	}
	var columns []columnName
	for _, n := range nodes {
		var c columnName
		var problem *FileError
		switch n.(type) {
		case *ast.MappingNode, *ast.MappingValueNode:
			c, problem = l.lettered(n)
		default:
			c.heading, problem = l.heading(pair{k.key, k.node, n})
		}
		if problem != nil {
			return nil, problem
		}
		columns = append(columns, c)
	}
	if len(columns) == 0 {
		return nil, l.at(k.value, "column is empty", "write a heading, or remove it")
	}
	return columns, nil
}

func (l *loader) heading(k pair) (string, *FileError) {
	h, problem := l.text(k)
	if problem == nil && isWithheld(h) {
		problem = l.at(k.value, withheldMessage(h), withheldHint)
	}
	return h, problem
}

// lettered reads a column that is named by its letter.
func (l *loader) lettered(n ast.Node) (c columnName, problem *FileError) {
	pairs, problem := l.pairs(n, "column", []string{"letter", "heading"})
	if problem != nil {
		return c, problem
	}
	for _, p := range pairs {
		var text string
		switch p.key {
		case "heading":
			c.heading, problem = l.heading(p)
		case "letter":
			if text, problem = l.text(p); problem == nil {
				if !isLetters(text) {
					return c, l.at(p.value, fmt.Sprintf("%s is no letter of a column", quote(text)), "write what the spreadsheet shows above the column, A to XFD")
				}
				c.letter = strings.ToUpper(text)
			}
		}
		if problem != nil {
			return c, problem
		}
	}
	if c.letter == "" {
		return c, l.at(n, "the column's letter is missing", "write column: {letter: C, heading: Name}, or only column: Name")
	}
	return c, nil
}

// isLetters reports whether text is one to three letters of ASCII.
func isLetters(text string) bool {
	for i := range len(text) {
		if !isASCIILetter(text[i]) {
			return false
		}
	}
	return 1 <= len(text) && len(text) <= 3
}

func (l *loader) transforms(k pair) ([]transform, *FileError) {
	pairs, names, problem := l.texts(k)
	if problem != nil {
		return nil, problem
	}
	known := []string{"trim", "name_case", "upper", "lower"}
	var all []transform
	for i, name := range names {
		switch name {
		case "trim": // cells always are
		case "name_case":
			all = append(all, toNameCase)
		case "upper":
			all = append(all, toUpper)
		case "lower":
			all = append(all, toLower)
		default:
			return nil, l.unknown(pairs[i].value, name, known)
		}
	}
	return all, nil
}

func (l *loader) values(k pair) (map[string]string, *FileError) {
	pairs, problem := l.pairs(k.value, "values", nil)
	if problem != nil {
		return nil, problem
	}
	table := make(map[string]string)
	for _, p := range pairs {
		to, problem := l.text(p)
		if problem != nil {
			return nil, problem
		}
		key := tableKey(p.key)
		if other, twice := table[key]; twice && other != to {
			return nil, l.at(p.node, fmt.Sprintf("%s stands in values twice, apart from case and accents", quote(p.key)), "keep one of the two")
		}
		table[key] = to
	}
	if len(table) == 0 {
		return nil, l.at(k.value, "values is empty", "write values: {Cell: value}, or remove it")
	}
	return table, nil
}

// tableKey folds a cell for a table of values. A cell of nothing but punctuation
// is its own key.
func tableKey(cell string) string {
	if key := fold(cell); key != "" {
		return key
	}
	return strings.TrimSpace(cell)
}

func (l *loader) order(k pair) (order, *FileError) {
	name, problem := l.text(k)
	if problem != nil {
		return 0, problem
	}
	if i := slices.Index(orders(), name); i >= 0 {
		return order(i), nil
	}
	return 0, l.unknown(k.value, name, orders())
}

func (l *loader) pattern(k pair, text string) (*regexp.Regexp, *FileError) {
	p, err := regexp.Compile(text)
	if err == nil {
		return p, nil
	}
	reason := "it is no regular expression"
	var bad *syntax.Error
	if errors.As(err, &bad) {
		reason = fmt.Sprintf("%s: %s", bad.Code, bad.Expr)
	}
	return nil, l.at(k.value, fmt.Sprintf("the pattern can't be read (%s)", reason), `write a regular expression, such as '^\d{5}$' for five digits`)
}

// formula reads a where or an expression.
func (l *loader) formula(k pair, condition bool) (*expression, *FileError) {
	source, ok := scalar(k.value)
	if !ok || strings.TrimSpace(source) == "" {
		return nil, l.at(k.value, k.key+" needs a formula", `write one behind the colon, such as Status != "Terminated"`)
	}
	e, bad := compile(source, condition)
	if bad == nil {
		return e, nil
	}
	problem := l.at(k.value, fmt.Sprintf("%s: %s", k.key, bad.message), bad.hint)
	token := k.value.GetToken()
	if _, block := k.value.(*ast.LiteralNode); block {
		problem.Line += bad.line
		problem.Column = 1
		return nil, problem
	}
	if bad.line == 1 && token != nil && !strings.Contains(token.Origin, "\n") {
		problem.Column += bad.column - 1
		if origin := strings.TrimSpace(token.Origin); strings.HasPrefix(origin, "'") || strings.HasPrefix(origin, `"`) {
			problem.Column++
		}
	}
	return nil, problem
}
