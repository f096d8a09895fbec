package mapping

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

// spec reads the part of the file about a field.
func (r *fileReader) spec(field Field, n ast.Node) spec {
	s := spec{field: field}
	if text, ok := scalar(n); ok {
		r.fail(firstToken(n), fmt.Sprintf("%s needs to know what %s is", field, quote(text)),
			fmt.Sprintf("write %s: {column: %s} for a column, or %s: {value: %s} for a constant", field, text, field, text))
		return s
	}
	var y fieldYAML
	r.decode(n, &y, string(field))
	s.optional, s.inverted, s.joined = r.flag("optional", y.Optional), r.flag("inverted", y.Inverted), r.flag("join", y.Join)
	s.columns = r.columns(y.Column)
	s.fallback, s.values, s.transforms = r.text("default", y.Default), r.values(y.Values), r.transforms(y.Transform)
	s.pattern, s.order = r.pattern(y.Pattern), r.order(y.Order)
	if y.Value != nil {
		text := r.text("value", y.Value)
		s.value = &text
	}
	if y.Expression != nil {
		s.expression = r.formula("expression", y.Expression, false)
	}
	if s.lookup = y.Lookup != nil; s.lookup {
		if text := r.text("lookup", y.Lookup); text != "work_classification" {
			r.fail(firstToken(y.Lookup), fmt.Sprintf("there is no lookup %s", quote(text)), "write lookup: work_classification")
		}
	}
	if r.err == nil {
		r.validate(&s, &y, n)
	}
	return s
}

// validate checks the settings of a field against the field and each other.
func (r *fileReader) validate(s *spec, y *fieldYAML, n ast.Node) {
	var sources []ast.Node
	for _, source := range []ast.Node{y.Column, y.Value, y.Expression} {
		if source != nil {
			sources = append(sources, source)
		}
	}
	switch len(sources) {
	case 0:
		r.fail(keyToken(n), fmt.Sprintf("%s has no source", s.field), "add column, value or expression")
	case 1:
	default:
		r.fail(keyToken(sources[1]), fmt.Sprintf("%s has two sources", s.field), "keep one of column, value and expression")
	}
	for _, rule := range []struct {
		setting      ast.Node
		broken       bool
		message, fix string
	}{
		{y.Lookup, s.field != WorkClassification, "lookup is for work_classification_id only", "remove it here"},
		{y.Order, s.field != fullName, "order is for full_name only", "remove it here"},
		{y.Inverted, s.field != IsEmployee, "inverted is for is_employee only", "remove it here"},
		{y.Inverted, s.values != nil, "inverted beside values is one too many", "remove inverted, and say in values what each cell means"},
		{y.Join, !s.field.isName(), "join is for names only", "remove it here"},
		{y.Join, len(s.columns) < 2, "join needs two columns or more", "write column: [Apellido paterno, Apellido materno], or remove join"},
		{y.Optional, s.columns == nil, "optional is for columns only", "remove it here"},
		{y.Transform, s.field == IsEmployee, "is_employee is yes or no: there is nothing to transform", "remove transform"},
	} {
		if rule.setting != nil && rule.broken {
			r.fail(keyToken(rule.setting), rule.message, rule.fix)
		}
	}
	switch s.field {
	case IsEmployee:
		r.validateAnswers(s, y)
	case WorkClassification:
		if s.value != nil && !s.lookup {
			r.id(y.Value, *s.value, "work classification", "write its number, or add lookup: work_classification")
		}
	}
}

// validateAnswers checks that every value of is_employee is yes or no.
func (r *fileReader) validateAnswers(s *spec, y *fieldYAML) {
	check := func(n ast.Node, text string, inverted bool) {
		if _, ok := readAnswer(text, inverted); !ok {
			r.fail(firstToken(n), quote(text)+" is neither yes nor no", "write true or false")
		}
	}
	if s.value != nil {
		check(y.Value, *s.value, s.inverted)
	}
	if s.fallback != "" {
		check(y.Default, s.fallback, s.inverted)
	}
	for _, v := range s.values {
		check(y.Values, v, false)
	}
}

// id checks that a text is the number of something in Procore.
func (r *fileReader) id(n ast.Node, text, what, fix string) {
	if _, ok := wholeNumber(text); !ok {
		r.fail(firstToken(n), fmt.Sprintf("%s is not the ID of a %s", quote(text), what), fix)
	}
}

// flag reads true or false; a missing setting is false.
func (r *fileReader) flag(name string, n ast.Node) bool {
	if n == nil {
		return false
	}
	text := r.text(name, n)
	if text != "true" && text != "false" {
		r.fail(firstToken(n), name+" is true or false", "write "+name+": true, or leave it out")
	}
	return text == "true"
}

// text reads a scalar that is neither empty nor too long to be sent; a missing
// setting is "".
func (r *fileReader) text(name string, n ast.Node) string {
	if n == nil {
		return ""
	}
	raw, ok := scalar(n)
	text, flawed := clean(raw, true)
	switch {
	case !ok:
		r.fail(firstToken(n), name+" needs a single value", "write it behind the colon, in quotes if it holds a colon or #")
	case text == "":
		r.fail(firstToken(n), name+" is empty", "write a value, or remove it")
	case flawed != noFlaw:
		r.fail(firstToken(n), name+" holds characters that can't be sent", "type the value again")
	case utf8.RuneCountInString(text) > maxLength:
		r.fail(firstToken(n), fmt.Sprintf("%s is longer than %d characters", name, maxLength), "shorten it")
	}
	return text
}

// items returns the nodes of a list; any other node is a list of itself.
func (r *fileReader) items(name string, n ast.Node) []ast.Node {
	s, ok := n.(*ast.SequenceNode)
	switch {
	case n == nil:
		return nil
	case !ok:
		return []ast.Node{n}
	case len(s.Values) == 0:
		r.fail(firstToken(n), name+" is empty", "write a value, or remove it")
	}
	return s.Values
}

const withheldHint = "columns with social security numbers or birth dates are never sent; remove it from the mapping"

func withheldMessage(heading string) string {
	return fmt.Sprintf("%s names social security numbers or birth dates", quote(heading))
}

// columns reads the names of columns: each a heading, or a letter with a heading.
func (r *fileReader) columns(n ast.Node) []columnName {
	var columns []columnName
	for _, item := range r.items("column", n) {
		c := columnName{}
		switch item.(type) {
		case *ast.MappingNode, *ast.MappingValueNode:
			c = r.lettered(item)
		default:
			c.heading = r.heading(item)
		}
		columns = append(columns, c)
	}
	return columns
}

// heading reads the heading of a column that may be sent.
func (r *fileReader) heading(n ast.Node) string {
	h := r.text("column", n)
	if isWithheld(h) {
		r.fail(firstToken(n), withheldMessage(h), withheldHint)
	}
	return h
}

// columnLetters is what a spreadsheet shows above its columns.
var columnLetters = regexp.MustCompile(`^[A-Za-z]{1,3}$`)

// lettered reads the name of a column with a letter.
func (r *fileReader) lettered(n ast.Node) columnName {
	var y columnYAML
	r.decode(n, &y, "column")
	if y.Letter == nil {
		r.fail(firstToken(n), "the column's letter is missing", "write column: {letter: C, heading: Name}, or only column: Name")
		return columnName{}
	}
	c := columnName{letter: strings.ToUpper(r.text("letter", y.Letter))}
	if !columnLetters.MatchString(c.letter) {
		r.fail(firstToken(y.Letter), fmt.Sprintf("%s is no letter of a column", quote(c.letter)), "write what the spreadsheet shows above the column, A to XFD")
	}
	if y.Heading != nil {
		c.heading = r.heading(y.Heading)
	}
	return c
}

// transforms reads the names of transforms.
func (r *fileReader) transforms(n ast.Node) []transform {
	known := map[string]transform{"name_case": toNameCase, "upper": toUpper, "lower": toLower}
	var all []transform
	for _, item := range r.items("transform", n) {
		name := r.text("transform", item)
		t, ok := known[name]
		switch {
		case ok:
			all = append(all, t)
		case name != "trim": // cells are always trimmed
			r.unknown(firstToken(item), []string{"trim", "name_case", "upper", "lower"})
		}
	}
	return all
}

// values reads a table from cells to values; a missing setting is nil.
func (r *fileReader) values(n ast.Node) map[string]string {
	if n == nil {
		return nil
	}
	table := make(map[string]string)
	m, isMap := n.(ast.MapNode)
	if !isMap {
		m = &ast.MappingNode{}
	}
	for rows := m.MapRange(); rows.Next(); {
		cell, ok := scalar(rows.Key())
		if !ok {
			r.fail(firstToken(rows.Key()), "this can't be a cell", "write a plain word before the colon")
		}
		to := r.text("values", rows.Value())
		if other, twice := table[tableKey(cell)]; twice && other != to {
			r.fail(rows.Key().GetToken(), fmt.Sprintf("%s is in values twice, apart from case and accents", quote(cell)), "keep one of the two")
		}
		table[tableKey(cell)] = to
	}
	if len(table) == 0 {
		r.fail(firstToken(n), "values is empty", "write values: {Cell: value}, or remove it")
	}
	return table
}

// tableKey folds a cell for a table of values. A cell of nothing but punctuation
// keeps its punctuation.
func tableKey(cell string) string {
	if key := Fold(cell); key != "" {
		return key
	}
	return strings.TrimSpace(cell)
}

// order reads the order of a full name.
func (r *fileReader) order(n ast.Node) order {
	if n == nil {
		return autoOrder
	}
	i := slices.Index(orders(), r.text("order", n))
	if i < 0 {
		r.unknown(firstToken(n), orders())
	}
	return order(max(i, 0))
}

// pattern reads a regular expression; a missing setting is nil.
func (r *fileReader) pattern(n ast.Node) *regexp.Regexp {
	if n == nil {
		return nil
	}
	text, ok := scalar(n)
	p, err := regexp.Compile(text)
	switch {
	case err == nil && ok && text != "":
		return p
	case err == nil:
		err = errors.New("it is no regular expression")
	}
	r.fail(firstToken(n), fmt.Sprintf("the pattern can't be read (%v)", err), `write a regular expression, such as '^\d{5}$' for five digits`)
	return nil
}

// formula reads a where or an expression.
func (r *fileReader) formula(name string, n ast.Node, condition bool) *expression {
	source, ok := scalar(n)
	if !ok || strings.TrimSpace(source) == "" {
		r.fail(firstToken(n), name+" needs a formula", `write one behind the colon, such as Status != "Terminated"`)
		return nil
	}
	e, bad := compile(source, condition)
	if bad == nil {
		return e
	}
	r.fail(firstToken(n), fmt.Sprintf("%s: %s", name, bad.message), bad.hint)
	return nil
}
