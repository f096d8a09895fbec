package mapping

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// expression is a formula of a mapping file over the cells of a row. A formula is
// compiled once, with a slot for each heading in the formula; Bind finds the
// column of each slot.
type expression struct {
	program *vm.Program
	names   []string // by slot, as the formula spells them
}

// environment is what the formula sees.
type environment struct {
	Cells []string // by slot
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
	r := &references{slots: make(map[string]int), locals: make(map[string]bool), members: make(map[ast.Node]bool)}
	ast.Walk(&tree.Node, r)
	if e := r.check(source); e != nil {
		return nil, e
	}
	e := &expression{names: r.names}
	options := []expr.Option{expr.Env(&environment{}), expr.Patch(&slotter{r})}
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
	if strings.Contains(e.message, "mismatched types") {
		e.hint = `cells are text: write the value in quotes, such as Project == "1204"`
	}
	if strings.Contains(e.message, "expected bool") {
		e.hint = `it must be a question that a row answers with yes or no, such as Status != "Terminated"`
	}
	if e.hint == "" && strings.Contains(source, " = ") {
		e.hint = "two cells are compared with ==, not ="
	}
	if e.hint == "" {
		e.hint = `correct the formula; it looks like Status != "Terminated" and row["Job No"] == "1204"`
	}
	return e
}

// references collects the headings that a formula names.
type references struct {
	names    []string
	slots    map[string]int
	locals   map[string]bool   // let x = …
	members  map[ast.Node]bool // the identifier in row["…"]
	idents   []*ast.IdentifierNode
	callees  []*ast.IdentifierNode
	computed []ast.Node // row[x]
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
			r.callees = append(r.callees, callee)
		}
	case *ast.MemberNode:
		if base, ok := n.Node.(*ast.IdentifierNode); ok && base.Value == "row" {
			r.members[base] = true
			if name, ok := n.Property.(*ast.StringNode); ok {
				r.slot(name.Value)
			} else {
				r.computed = append(r.computed, n)
			}
		}
	}
}

func (r *references) slot(name string) int {
	slot, known := r.slots[name]
	if !known {
		slot = len(r.names)
		r.slots[name] = slot
		r.names = append(r.names, name)
	}
	return slot
}

// check refuses formulas that use anything but headings, and gives each heading a
// slot.
func (r *references) check(source string) *expressionError {
	refuse := func(n ast.Node, message, hint string) *expressionError {
		line, column := position(source, n.Location().From)
		return &expressionError{line, column, message, hint}
	}
	for _, n := range r.callees {
		return refuse(n, fmt.Sprintf("there is no function %s", n.Value),
			"functions are, among others, lower, upper, trim, split, contains, startsWith, endsWith, matches, replace, len")
	}
	for _, n := range r.computed {
		return refuse(n, "row needs a heading in quotes", `write row["Employment Status"]`)
	}
	for _, n := range r.idents {
		switch {
		case r.members[n], r.locals[n.Value]:
			continue
		case n.Value == "row":
			return refuse(n, "row needs a heading", `write row["Employment Status"]`)
		case strings.HasPrefix(n.Value, "$"):
			return refuse(n, fmt.Sprintf("%s is no heading", n.Value), "use headings only")
		}
		r.slot(n.Value)
	}
	for _, name := range r.names {
		if isWithheld(name) {
			line, column := position(source, max(0, strings.Index(source, name)))
			return &expressionError{line, column, withheldMessage(name), withheldHint}
		}
	}
	return nil
}

// position turns an offset in runes into line and column.
func position(source string, offset int) (line, column int) {
	line, column = 1, 1
	for _, r := range source {
		if offset == 0 {
			break
		}
		offset--
		column++
		if r == '\n' {
			line++
			column = 1
		}
	}
	return line, column
}

// slotter puts Cells[slot] where the formula names a heading.
type slotter struct {
	*references
}

// Visit replaces a node that names a heading.
func (s *slotter) Visit(node *ast.Node) {
	name := ""
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		if s.locals[n.Value] || n.Value == "row" || n.Value == "Cells" && s.isOurs(n) {
			return
		}
		name = n.Value
	case *ast.MemberNode:
		base, ok := n.Node.(*ast.IdentifierNode)
		property, constant := n.Property.(*ast.StringNode)
		if !ok || base.Value != "row" || !constant {
			return
		}
		name = property.Value
	default:
		return
	}
	cells := &ast.IdentifierNode{Value: "Cells"}
	s.members[cells] = true
	ast.Patch(node, &ast.MemberNode{Node: cells, Property: &ast.IntegerNode{Value: s.slot(name)}})
}

// isOurs reports whether the slotter made an identifier, which can have the name
// of a heading too.
func (s *slotter) isOurs(n *ast.IdentifierNode) bool { return s.members[n] }

// formula is an expression bound to a header. One goroutine at a time.
type formula struct {
	*expression
	columns []int // by slot
	machine vm.VM
	cells   environment
}

// clone returns a formula for another goroutine.
func (f *formula) clone() *formula {
	if f == nil {
		return nil
	}
	return &formula{expression: f.expression, columns: f.columns, cells: environment{Cells: make([]string, len(f.columns))}}
}

// run evaluates the formula for a row.
func (f *formula) run(cells []string) (any, error) {
	for slot, column := range f.columns {
		f.cells.Cells[slot] = ""
		if column < len(cells) {
			cell, _ := clean(cells[column], false)
			f.cells.Cells[slot] = asText(cell)
		}
	}
	result, err := f.machine.Run(f.program, &f.cells)
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
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int:
		return strconv.Itoa(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}
