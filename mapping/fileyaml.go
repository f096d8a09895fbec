package mapping

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// samePerson is the one value of repeats.
const samePerson = "same_person"

// fileYAML is a mapping file as YAML. Values stay nodes, which know their place.
type fileYAML struct {
	Fields  ast.Node `yaml:"fields"`
	Where   ast.Node `yaml:"where"`
	Project ast.Node `yaml:"project"`
	Repeats ast.Node `yaml:"repeats"`
}

// fieldsYAML is the part of a mapping file below fields, in the order of fields.
type fieldsYAML struct {
	FullName           ast.Node `yaml:"full_name"`
	FirstName          ast.Node `yaml:"first_name"`
	LastName           ast.Node `yaml:"last_name"`
	JobTitle           ast.Node `yaml:"job_title"`
	EmployeeID         ast.Node `yaml:"employee_id"`
	IsEmployee         ast.Node `yaml:"is_employee"`
	OriginID           ast.Node `yaml:"origin_id"`
	WorkClassification ast.Node `yaml:"work_classification_id"`
}

// fieldYAML is the part of a mapping file about a single field.
type fieldYAML struct {
	Column     ast.Node `yaml:"column"`
	Optional   ast.Node `yaml:"optional"`
	Value      ast.Node `yaml:"value"`
	Expression ast.Node `yaml:"expression"`
	Default    ast.Node `yaml:"default"`
	Values     ast.Node `yaml:"values"`
	Transform  ast.Node `yaml:"transform"`
	Pattern    ast.Node `yaml:"pattern"`
	Lookup     ast.Node `yaml:"lookup"`
	Order      ast.Node `yaml:"order"`
	Inverted   ast.Node `yaml:"inverted"`
	Join       ast.Node `yaml:"join"`
}

// columnYAML names a column by a letter.
type columnYAML struct {
	Letter  ast.Node `yaml:"letter"`
	Heading ast.Node `yaml:"heading"`
}

// fileReader turns the nodes of a mapping file into specs. The first error stays;
// after an error, every method returns a zero value.
type fileReader struct {
	path string
	err  *FileError
}

// read returns the file, of which only the parts before an error are filled.
func (r *fileReader) read(data []byte) *File {
	f := &File{}
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		r.syntaxError(err)
		return f
	}
	bodies := make([]ast.Node, 0, 1)
	for _, d := range tree.Docs {
		if d.Body != nil {
			bodies = append(bodies, d.Body)
		}
	}
	switch len(bodies) {
	case 0:
		r.fail(nil, "the mapping file is empty", "write below fields: what feeds first_name and last_name; muster help mapping shows an example")
		return f
	case 1:
	default:
		r.fail(firstToken(bodies[1]), "a second document begins here", "keep one mapping in a file: remove the line ---")
		return f
	}
	ast.Walk(r, bodies[0])
	var y fileYAML
	r.decode(bodies[0], &y, "a mapping file")
	if y.Fields == nil {
		r.fail(firstToken(bodies[0]), "fields is missing", "write fields: and below it, indented, the fields, such as last_name: {column: Surname}")
		return f
	}
	f.specs = r.fields(y.Fields)
	if y.Where != nil {
		f.where = r.formula("where", y.Where, true)
	}
	if y.Project != nil {
		f.specs = append(f.specs, r.project(y.Project))
	}
	if y.Repeats != nil {
		f.same = r.text("repeats", y.Repeats) == samePerson
		if !f.same {
			r.fail(firstToken(y.Repeats), "repeats can't be this", "write repeats: same_person, or remove the line")
		}
	}
	return f
}

// Visit refuses the YAML that mapping files don't use.
func (r *fileReader) Visit(n ast.Node) ast.Visitor {
	switch n.(type) {
	case *ast.AliasNode, *ast.AnchorNode, *ast.TagNode:
		r.fail(firstToken(n), "anchors, aliases and tags are not used in mapping files", "write the value out")
	case *ast.NullNode:
		r.fail(firstToken(n), "a single value is missing here", "write the value, in quotes if it is the word null, or remove the setting")
	}
	return r
}

// fields reads the part of the file below fields.
func (r *fileReader) fields(n ast.Node) []spec {
	var y fieldsYAML
	r.decode(n, &y, "fields")
	var specs []spec
	v := reflect.ValueOf(y)
	for i, name := range yamlNames(v.Type()) {
		if node, given := v.Field(i).Interface().(ast.Node); given {
			specs = append(specs, r.spec(Field(name), node))
		}
	}
	for _, half := range []struct {
		field Field
		node  ast.Node
	}{{LastName, y.LastName}, {FirstName, y.FirstName}} {
		switch {
		case y.FullName != nil && half.node != nil:
			r.fail(keyToken(half.node), fmt.Sprintf("full_name already gives %s", half.field), "keep full_name, or first_name and last_name")
		case y.FullName == nil && half.node == nil:
			r.fail(firstToken(n), fmt.Sprintf("the mapping has no %s", half.field),
				fmt.Sprintf("add %s: {column: …}, or full_name: {column: …} where one column holds both names", half.field))
		}
	}
	return specs
}

// decode decodes a node strictly into a struct.
func (r *fileReader) decode(n ast.Node, into any, what string) {
	err := yaml.NodeToValue(n, into, yaml.Strict())
	if err == nil {
		return
	}
	if unknown := new(yaml.UnknownFieldError); errors.As(err, &unknown) {
		r.unknown(unknown.Token, yamlNames(reflect.TypeOf(into).Elem()))
		return
	}
	r.fail(firstToken(n), what+" needs names with values", "write each as name: value, indented below or in braces")
}

// yamlNames returns the names that a struct has in YAML.
func yamlNames(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		names = append(names, t.Field(i).Tag.Get("yaml"))
	}
	return names
}

// fail keeps the first error and the place of the error. The token is nil for the
// whole file.
func (r *fileReader) fail(at *token.Token, message, hint string) {
	if r.err != nil {
		return
	}
	r.err = &FileError{Path: r.path, Message: message, Hint: hint}
	if at != nil && at.Position != nil {
		r.err.Line, r.err.Column = at.Position.Line, at.Position.Column
	}
}

// syntaxError keeps an error of the YAML parser.
func (r *fileReader) syntaxError(err error) {
	message, hint := "this is not YAML: "+err.Error(), "compare with the example in muster help mapping; indent with spaces, and quote what holds a colon or #"
	var at *token.Token
	var known yaml.Error
	if errors.As(err, &known) {
		at, message = known.GetToken(), known.GetMessage()
	}
	if strings.Contains(message, "already defined") {
		hint = "keep one of the two"
	}
	r.fail(at, message, hint)
}

// unknown keeps the error of a name that does not exist, with the name that may be
// meant.
func (r *fileReader) unknown(at *token.Token, known []string) {
	hint := "known are " + list(known, "and")
	for _, meant := range []string{closest(at.Value, known, headingKey, 0.6), string(fieldCalled(at.Value))} {
		if slices.Contains(known, meant) {
			hint = fmt.Sprintf("did you mean %s?", meant)
			break
		}
	}
	r.fail(at, fmt.Sprintf("%s is unknown here", quote(at.Value)), hint)
}

// fieldCalled returns the field that a heading of the dictionary names.
func fieldCalled(heading string) Field {
	m := meaningOf(heading)
	if m == "full_name" || m == meansAnyName {
		return fullName
	}
	return m.field()
}

// firstToken returns where a value begins. The token of a block mapping is the
// first colon.
func firstToken(n ast.Node) *token.Token {
	switch m := n.(type) {
	case *ast.MappingNode:
		if !m.IsFlowStyle && len(m.Values) > 0 {
			return m.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		return m.Key.GetToken()
	}
	return n.GetToken()
}

// keyToken returns where the name of a value begins.
func keyToken(n ast.Node) *token.Token {
	for t := firstToken(n); t != nil; t = t.Prev {
		if t.Type == token.MappingValueType && t.Prev != nil {
			return t.Prev
		}
	}
	return firstToken(n)
}

// scalar returns the text of a scalar as in the file: 007 stays 007.
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
