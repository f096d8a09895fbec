package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// expression is a formula of a mapping file over the cells of a row.
type expression struct {
	program *vm.Program
	names   []string // the headings in the formula, as the formula spells them
}

// environment is what the formula sees.
type environment struct {
	Row map[string]string `expr:"row"` // cells by heading
}

// expressionError is what is wrong with a formula; line and column count from 1.
type expressionError struct {
	line, column  int
	message, hint string
}

// compile reads a formula. Headings are variables (Status) or row["Employment
// Status"]; every cell is text. condition asks for a yes or no.
func compile(source string, condition bool) (*expression, *expressionError) {
	tree, err := parser.Parse(source)
	if err != nil {
		return nil, explain(source, err)
	}
	r := &references{source: source, locals: make(map[string]bool)}
	ast.Walk(&tree.Node, r)
	if r.check(); r.err != nil {
		return nil, r.err
	}
	e := &expression{names: r.names}
	options := []expr.Option{expr.Env(&environment{}), expr.Patch(rowReader{r.locals})}
	if condition {
		options = append(options, expr.AsBool())
	}
	if e.program, err = expr.Compile(source, options...); err != nil {
		return nil, explain(source, err)
	}
	return e, nil
}

// explain takes the position out of an error of the expression library.
func explain(source string, err error) *expressionError {
	e := &expressionError{line: 1, column: 1, message: err.Error()}
	var at *file.Error
	if errors.As(err, &at) {
		e.message = at.Message
		if at.Line > 0 {
			e.line, e.column = at.Line, at.Column+1
		}
	}
	switch {
	case strings.Contains(e.message, "expected bool"):
		e.hint = `it must be a question that a row answers with yes or no, such as Status != "Terminated"`
	case strings.Contains(e.message, "mismatched types"):
		e.hint = `cells are text: write the value in quotes, such as Project == "1204"`
	case strings.Contains(source, " = "):
		e.hint = "two cells are compared with ==, not ="
	default:
		e.hint = `correct the formula; it looks like Status != "Terminated" and row["Job No"] == "1204"`
	}
	return e
}

// references collects the headings that a formula names.
type references struct {
	source  string
	names   []string
	locals  map[string]bool // let x = …
	idents  []*ast.IdentifierNode
	members []ast.Node       // the identifiers in row["…"]
	err     *expressionError // the first
}

// Visit collects a node. Children come before parents.
func (r *references) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		r.idents = append(r.idents, n)
	case *ast.VariableDeclaratorNode:
		r.locals[n.Name] = true
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			r.refuse(callee.Location().From, "there is no function "+callee.Value,
				"functions are, among others, lower, upper, trim, split, contains, startsWith, endsWith, matches, replace, len")
		}
	case *ast.MemberNode:
		if base, ok := n.Node.(*ast.IdentifierNode); ok && base.Value == "row" {
			r.members = append(r.members, base)
			if name, ok := n.Property.(*ast.StringNode); ok {
				r.add(name.Value)
			} else {
				r.refuse(n.Location().From, "row needs a heading in quotes", `write row["Employment Status"]`)
			}
		}
	}
}

func (r *references) add(name string) {
	if !slices.Contains(r.names, name) {
		r.names = append(r.names, name)
	}
}

// refuse keeps the first error, at an offset in runes.
func (r *references) refuse(offset int, message, hint string) {
	if r.err == nil {
		line, column := position(r.source, offset)
		r.err = &expressionError{line, column, message, hint}
	}
}

// check adds the identifiers to the headings, and refuses what can be none.
func (r *references) check() {
	for _, n := range r.idents {
		switch {
		case r.locals[n.Value] || slices.Contains(r.members, ast.Node(n)):
		case n.Value == "row":
			r.refuse(n.Location().From, "row needs a heading", `write row["Employment Status"]`)
		case strings.HasPrefix(n.Value, "$"):
			r.refuse(n.Location().From, n.Value+" is no heading", "use headings only")
		default:
			r.add(n.Value)
		}
	}
	for _, name := range r.names {
		if isWithheld(name) {
			before, _, _ := strings.Cut(r.source, name)
			r.refuse(utf8.RuneCountInString(before), withheldMessage(name), withheldHint)
		}
	}
}

// position turns an offset in runes into line and column.
func position(source string, offset int) (line, column int) {
	before := string([]rune(source)[:offset])
	at := strings.LastIndexByte(before, '\n') + 1
	return 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[at:])
}

// rowReader puts row["Status"] in the place of the variable Status.
type rowReader struct {
	locals map[string]bool
}

// Visit replaces a variable that names a heading.
func (r rowReader) Visit(node *ast.Node) {
	if n, ok := (*node).(*ast.IdentifierNode); ok && n.Value != "row" && !r.locals[n.Value] {
		ast.Patch(node, &ast.MemberNode{Node: &ast.IdentifierNode{Value: "row"}, Property: &ast.StringNode{Value: n.Value}})
	}
}

// formula is an expression bound to a header.
type formula struct {
	*expression
	columns []int // by name
}

// inputs returns the columns that the formula reads; none for no formula.
func (f *formula) inputs() []int {
	if f == nil {
		return nil
	}
	return f.columns
}

// run evaluates the formula for a row.
func (f *formula) run(cells []string) (any, error) {
	row := make(map[string]string, len(f.names))
	for i, column := range f.columns {
		cell, _ := clean(cellAt(cells, column), false)
		row[f.names[i]] = asText(cell)
	}
	result, err := vm.Run(f.program, environment{row})
	if err != nil {
		// The library's message may quote cells, and this one may be logged.
		at := ""
		if where := new(file.Error); errors.As(err, &where) {
			at = fmt.Sprintf(" at character %d", where.Column+1)
		}
		return nil, errors.New("its formula fails" + at)
	}
	return result, nil
}

// reads lists the headings that the formula reads.
func (f *formula) reads() string {
	if len(f.names) == 0 {
		return "no column"
	}
	return quoteSome(f.names)
}

// cellText turns the result of a formula into a cell.
func cellText(result any) (string, bool) {
	switch v := result.(type) {
	case nil:
		return "", true
	case string, bool, int, int64:
		return fmt.Sprint(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}
