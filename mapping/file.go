package mapping

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// File is a mapping file that has been read, not yet bound to a header. It is
// read-only.
type File struct {
	how   string // in words, whose mapping it is
	specs []spec
	where *expression
}

// FileError is what is wrong with a mapping file. Line and Column count from 1;
// 0 where the file as a whole is meant.
type FileError struct {
	Path         string
	Line, Column int
	Message      string // what is wrong
	Hint         string // what to do
}

// Error says where and what.
func (e *FileError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.Path, e.Message)
	}
	return fmt.Sprintf("%s, line %d, column %d: %s", e.Path, e.Line, e.Column, e.Message)
}

// spec is what a mapping file says about one field.
type spec struct {
	settings
	field        Field // fullName among them
	line, column int

	columns    []columnName
	optional   bool // none of the columns need exist
	value      *string
	expression *expression
}

// columnName names a column by its heading; where that is not enough, because
// two columns have it or it is blank, by its letter too.
type columnName struct {
	letter  string // "" if the heading is enough
	heading string // what must stand over it; with a letter, "" for a column without a heading
}

// String names the column for people.
func (c columnName) String() string {
	switch {
	case c.letter == "":
		return quote(c.heading)
	case c.heading == "":
		return c.letter + " without a heading"
	}
	return fmt.Sprintf("%s (%s)", c.letter, quote(c.heading))
}

// transform is a change of a text.
type transform uint8

const (
	toNameCase transform = iota
	toUpper
	toLower
)

const (
	maxFileSize  = 64 << 10 // a mapping is a screenful; the YAML parser is quadratic in depth
	maxFileDepth = 32
)

// Load reads a mapping file. A mapping file is complete: fields that it
// doesn't name get no value. The error is a *FileError.
//
// Under fields stands, for each field (or full_name for both names):
//
//	column: X or [X, Y]   the heading; of several, the first cell that is not empty counts.
//	                      {letter: C, heading: X} is one of two columns with that heading,
//	                      {letter: C} a column without any
//	optional: true        none of the columns need exist (otherwise at least one must)
//	value: X              the same for every row
//	expression: F         a formula over the headings (expr-lang.org)
//	default: X            in place of an empty cell
//	values: {Yes: true}   a table from cells to values; other cells are a problem
//	transform: [T, …]     trim, name_case, upper, lower, in this order
//	pattern: P            what the value must match, a regular expression (RE2)
//	lookup: work_classification
//	order: O              of full_name: auto, first_last, last_first, two_surnames
//	join: true            of names: the columns together, as two surnames, not the first with a cell
//	inverted: true        of is_employee: yes means no, as in a column "Contractor"
//
// Beside fields may stand where, a formula that is true for the rows to take,
// and project, which says like a field to which project a row goes.
func Load(path string) (*File, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return parse(path, "the mapping file", data)
}

// Confirmed reads what Survey.File has written and a person has confirmed; path
// is for errors only.
func Confirmed(path string, content []byte) (*File, error) {
	return parse(path, "as confirmed", content)
}

func parse(path, how string, content []byte) (*File, error) {
	fail := func(message, hint string) (*File, error) {
		return nil, &FileError{Path: path, Message: message, Hint: hint}
	}
	content = bytes.TrimPrefix(content, []byte("\xEF\xBB\xBF"))
	switch {
	case len(content) > maxFileSize:
		return fail(fmt.Sprintf("the file is larger than %d KiB and so is no mapping file", maxFileSize>>10), "name the mapping file, not the roster")
	case !utf8.Valid(content) || bytes.IndexByte(content, 0) >= 0:
		return fail("the file is not UTF-8 text and so is no mapping file", "save it as UTF-8 text")
	}
	f, problem := (&loader{path: path}).load(content)
	if problem != nil {
		return nil, problem
	}
	f.how = how
	return f, nil
}

func readFile(path string) ([]byte, error) {
	fail := func(message, hint string) ([]byte, error) {
		return nil, &FileError{Path: path, Message: message, Hint: hint}
	}
	file, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail("there is no such mapping file", "check the name and the folder")
	case errors.Is(err, fs.ErrPermission):
		return fail("the mapping file may not be read", "give yourself permission to read it")
	case err != nil:
		return fail("the mapping file can't be opened", "check the name")
	}
	defer file.Close() //nolint:errcheck // nothing was written
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return fail("this is a folder, not a mapping file", "name the file inside it")
	}
	data, err := io.ReadAll(io.LimitReader(file, maxFileSize+1))
	if err != nil {
		return fail("the mapping file can't be read to its end", "copy it to another disk and try again")
	}
	return data, nil
}

// loader reads the tree of one mapping file.
type loader struct {
	path string
}

func (l *loader) load(data []byte) (*File, *FileError) {
	if tooDeep(data) {
		return nil, &FileError{Path: l.path, Message: "brackets are nested too deep for a mapping file", Hint: "close every bracket that is opened"}
	}
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, l.syntaxError(err)
	}
	var body ast.Node
	for _, d := range tree.Docs {
		if d.Body == nil {
			continue
		}
		if body != nil {
			return nil, l.at(d.Body, "a second document begins here", "keep one mapping in a file: remove the line ---")
		}
		body = d.Body
	}
	if body == nil {
		return nil, &FileError{Path: l.path, Message: "the mapping file is empty", Hint: "write below fields: what feeds first_name and last_name; muster help mapping shows an example"}
	}
	f := &File{}
	pairs, problem := l.pairs(body, "a mapping file", []string{"fields", "where", "project"})
	if problem != nil {
		return nil, problem
	}
	seen := false
	var project *spec
	for _, p := range pairs {
		switch p.key {
		case "fields":
			seen = true
			if f.specs, problem = l.fields(p.value); problem != nil {
				return nil, problem
			}
		case "project":
			s, problem := l.project(p)
			if problem != nil {
				return nil, problem
			}
			project = s
		case "where":
			if f.where, problem = l.formula(p, true); problem != nil {
				return nil, problem
			}
		}
	}
	if !seen {
		return nil, l.at(body, "fields is missing", "write fields: and below it, indented, the fields, such as last_name: {column: Surname}")
	}
	if project != nil {
		f.specs = append(f.specs, *project)
	}
	return f, nil
}

// tooDeep counts brackets without regard to quotes: regular expressions close
// theirs too.
func tooDeep(data []byte) bool {
	depth := 0
	for _, b := range data {
		switch b {
		case '[', '{':
			if depth++; depth > maxFileDepth {
				return true
			}
		case ']', '}':
			depth--
		}
	}
	return false
}

func (l *loader) syntaxError(err error) *FileError {
	e := &FileError{Path: l.path, Message: "this is not YAML: " + err.Error(), Hint: "compare with the example in muster help mapping; indent with spaces, and quote what holds a colon or #"}
	var at yaml.Error
	if errors.As(err, &at) {
		e.Message = at.GetMessage()
		if t := at.GetToken(); t != nil && t.Position != nil {
			e.Line, e.Column = t.Position.Line, t.Position.Column
		}
		if strings.Contains(e.Message, "already defined") {
			e.Hint = "keep one of the two"
		}
	}
	return e
}

// at is an error at a node.
func (l *loader) at(n ast.Node, message, hint string) *FileError {
	e := &FileError{Path: l.path, Message: message, Hint: hint}
	if n == nil {
		return e
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		e.Line, e.Column = t.Position.Line, t.Position.Column
		// The token of a block mapping is its first colon.
		if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
			if k := m.Values[0].Key.GetToken(); k != nil && k.Position != nil {
				e.Line, e.Column = k.Position.Line, k.Position.Column
			}
		}
	}
	return e
}

// pair is one key with its value.
type pair struct {
	key   string
	node  ast.Node // the key's
	value ast.Node
}

// pairs reads a mapping; known are the keys it may have, nil for any.
func (l *loader) pairs(n ast.Node, what string, known []string) ([]pair, *FileError) {
	var values []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	case *ast.AliasNode, *ast.AnchorNode, *ast.TagNode:
		return nil, l.at(n, "anchors, aliases and tags are not used in mapping files", "write the value out")
	default:
		return nil, l.at(n, what+" needs names with values", "write each as name: value, indented below or in braces")
	}
	var pairs []pair
	for _, v := range values {
		key, ok := scalar(v.Key)
		if !ok {
			return nil, l.at(v.Key, "this can't be a name", "write a plain word before the colon")
		}
		if known != nil && !contains(known, key) {
			return nil, l.unknown(v.Key, key, known)
		}
		pairs = append(pairs, pair{key, v.Key, v.Value})
	}
	return pairs, nil
}

func contains(words []string, word string) bool {
	for _, w := range words {
		if w == word {
			return true
		}
	}
	return false
}

// unknown is the error for a key that doesn't exist.
func (l *loader) unknown(n ast.Node, key string, known []string) *FileError {
	hint := "known are " + list(known, "and")
	if other := usualSlip(key); contains(known, other) {
		hint = fmt.Sprintf("did you mean %s?", other)
	} else if other := closest(key, known, headingKey, 0.6); other != "" {
		hint = fmt.Sprintf("did you mean %s?", other)
	} else if f, ok := fieldCalled(key); ok && contains(known, string(f)) {
		hint = fmt.Sprintf("did you mean %s?", f)
	}
	return l.at(n, fmt.Sprintf("%s is unknown here", quote(key)), hint)
}

// usualSlip maps words that other programs use.
func usualSlip(key string) string {
	switch strings.ToLower(key) {
	case "heading", "header", "source", "from", "columns", "headings":
		return "column"
	case "constant", "const", "fixed":
		return "value"
	case "regex", "regexp", "match":
		return "pattern"
	case "fallback":
		return "default"
	case "map", "table":
		return "values"
	case "expr", "formula":
		return "expression"
	case "filter", "if":
		return "where"
	case "work_classification", "classification", "trade":
		return string(WorkClassification)
	}
	return ""
}

// fieldCalled looks a field up by the headings that it goes by.
func fieldCalled(key string) (Field, bool) {
	m := meaningOf(key)
	if m == "full_name" || m == meansAnyName {
		return fullName, true
	}
	f := m.field()
	return f, f != ""
}

// scalar returns the text of a scalar as it was typed: 007 stays 007.
func scalar(n ast.Node) (string, bool) {
	switch v := n.(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.LiteralNode:
		return strings.TrimRight(v.Value.Value, "\n"), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// Headings returns the columns that the file names, so that a roster's header
// row can be told by them.
func (f *File) Headings() []string {
	var names []string
	for _, s := range f.specs {
		for _, c := range s.columns {
			if c.heading != "" {
				names = append(names, c.heading)
			}
		}
	}
	return names
}
