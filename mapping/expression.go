package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

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

// expressionError is what is wrong with a formula.
type expressionError struct{ message, hint string }

// compile reads a formula. Headings are variables (Status) or row["Employment
// Status"]; every cell is text. condition asks for a yes or no.
func compile(source string, condition bool) (*expression, *expressionError) {
	tree, err := parser.Parse(source)
	if err != nil {
		return nil, explain(source, err)
	}
	r := &references{locals: make(map[string]bool)}
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

// explain puts an error of the expression library on a single line.
func explain(source string, err error) *expressionError {
	e := &expressionError{message: err.Error()}
	if at := new(file.Error); errors.As(err, &at) {
		e.message = fmt.Sprintf("%s, at character %d", at.Message, at.Column+1)
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
			r.refuse("there is no function "+callee.Value,
				"functions are, among others, lower, upper, trim, split, contains, startsWith, endsWith, matches, replace, len")
		}
	case *ast.MemberNode:
		if base, ok := n.Node.(*ast.IdentifierNode); ok && base.Value == "row" {
			r.members = append(r.members, base)
			if name, ok := n.Property.(*ast.StringNode); ok {
				r.add(name.Value)
			} else {
				r.refuse("row needs a heading in quotes", `write row["Employment Status"]`)
			}
		}
	}
}

func (r *references) add(name string) {
	if !slices.Contains(r.names, name) {
		r.names = append(r.names, name)
	}
}

// refuse keeps the first error.
func (r *references) refuse(message, hint string) {
	if r.err == nil {
		r.err = &expressionError{message, hint}
	}
}

// check adds the identifiers to the headings, and refuses what can be none.
func (r *references) check() {
	for _, n := range r.idents {
		switch {
		case r.locals[n.Value] || slices.Contains(r.members, ast.Node(n)):
		case n.Value == "row":
			r.refuse("row needs a heading", `write row["Employment Status"]`)
		case strings.HasPrefix(n.Value, "$"):
			r.refuse(n.Value+" is no heading", "use headings only")
		default:
			r.add(n.Value)
		}
	}
	for _, name := range r.names {
		if isWithheld(name) {
			r.refuse(withheldMessage(name), withheldHint)
		}
	}
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
