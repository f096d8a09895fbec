package mapping_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"

	"muster/mapping"
)

var update = flag.Bool("update", false, "write samples/mapping.schema.json anew")

// The types below describe mapping files to an editor; samples/mapping.schema.json
// is made of them. They stand in a test so that the program need not carry what
// makes it.

type schemaFile struct {
	Fields  schemaFields  `json:"fields" jsonschema_description:"What feeds each field of a person. A field that is not named is not filled."`
	Where   string        `json:"where,omitempty" jsonschema:"minLength=1" jsonschema_description:"A formula over the headings (expr-lang.org) that is true for the rows to take, such as Status != \"Terminated\" and row[\"Job No\"] == \"1204\". Cells are text."`
	Project schemaProject `json:"project,omitempty" jsonschema_description:"To which project of the company a row's person goes, by its number."`
	Repeats string        `json:"repeats,omitempty" jsonschema:"enum=same_person" jsonschema_description:"What rows of one name without IDs are: one person, as in a timesheet. Without this line the later rows are refused."`
}

type schemaFields struct {
	FullName           schemaFullName           `json:"full_name,omitempty" jsonschema_description:"First and last name from one column; instead of first_name and last_name."`
	FirstName          schemaName               `json:"first_name,omitempty" jsonschema_description:"The first name."`
	LastName           schemaName               `json:"last_name,omitempty" jsonschema_description:"The last name."`
	JobTitle           schemaField              `json:"job_title,omitempty" jsonschema_description:"The job title."`
	EmployeeID         schemaField              `json:"employee_id,omitempty" jsonschema_description:"The number of the person in their company, such as a badge number."`
	IsEmployee         schemaIsEmployee         `json:"is_employee,omitempty" jsonschema_description:"Whether the person is an employee of the company: yes or no in any of five languages, or a table of values."`
	OriginID           schemaField              `json:"origin_id,omitempty" jsonschema_description:"The ID of the person in another system."`
	WorkClassification schemaWorkClassification `json:"work_classification_id,omitempty" jsonschema_description:"The work classification: its ID, or with lookup its name or abbreviation."`
}

func (schemaFields) JSONSchemaExtend(s *jsonschema.Schema) {
	s.OneOf = []*jsonschema.Schema{{Required: []string{"first_name", "last_name"}}, {Required: []string{"full_name"}}}
	s.DependentSchemas = map[string]*jsonschema.Schema{
		"full_name": forbidden("first_name", "last_name"),
	}
}

// schemaField holds the settings that every field has.
type schemaField struct {
	Column     schemaColumns    `json:"column,omitempty" jsonschema_description:"The heading of the column, as the roster has it but for case, accents and punctuation. Of several the first cell that is not empty counts."`
	Optional   bool             `json:"optional,omitempty" jsonschema_description:"None of the columns need be in the roster."`
	Value      schemaText       `json:"value,omitempty" jsonschema_description:"The same for every row."`
	Expression string           `json:"expression,omitempty" jsonschema:"minLength=1" jsonschema_description:"A formula over the headings (expr-lang.org), such as upper(Trade) + row[\"Badge No\"]."`
	Default    schemaText       `json:"default,omitempty" jsonschema_description:"In place of an empty cell."`
	Values     schemaTable      `json:"values,omitempty" jsonschema_description:"What each cell means. A cell that is not in the table is a problem."`
	Transform  schemaTransforms `json:"transform,omitempty" jsonschema_description:"Changes of the text, in this order. name_case makes McDonald of MCDONALD."`
	Pattern    string           `json:"pattern,omitempty" jsonschema:"minLength=1,format=regex" jsonschema_description:"What the value must match, a regular expression (RE2), such as ^\\d{5}$."`
}

func (schemaField) JSONSchemaExtend(s *jsonschema.Schema) { oneSource(s) }

type schemaName struct {
	schemaField
	Join bool `json:"join,omitempty" jsonschema_description:"The columns together, as two surnames, not the first that is not empty."`
}

func (schemaName) JSONSchemaExtend(s *jsonschema.Schema) { oneSource(s) }

type schemaFullName struct {
	schemaName
	Order string `json:"order,omitempty" jsonschema:"enum=auto,enum=first_last,enum=last_first,enum=two_surnames" jsonschema_description:"Which half of a name without a comma is in front; two_surnames takes the last two of three words for surnames."`
}

func (schemaFullName) JSONSchemaExtend(s *jsonschema.Schema) { oneSource(s) }

type schemaIsEmployee struct {
	schemaField
	Inverted bool `json:"inverted,omitempty" jsonschema_description:"Yes means no, as in a column \"Contractor\"."`
}

func (schemaIsEmployee) JSONSchemaExtend(s *jsonschema.Schema) {
	oneSource(s)
	s.Properties.Delete("transform")
	s.DependentSchemas["inverted"] = forbidden("values")
}

type schemaWorkClassification struct {
	schemaField
	Lookup string `json:"lookup,omitempty" jsonschema:"enum=work_classification" jsonschema_description:"The value is a name or an abbreviation, which is looked up in the project."`
}

func (schemaWorkClassification) JSONSchemaExtend(s *jsonschema.Schema) { oneSource(s) }

type schemaProject struct {
	schemaField
}

func (schemaProject) JSONSchemaExtend(s *jsonschema.Schema) {
	oneSource(s)
	s.Properties.Delete("optional")
	s.DependentSchemas = nil
}

func oneSource(s *jsonschema.Schema) {
	for _, source := range []string{"column", "value", "expression"} {
		s.OneOf = append(s.OneOf, &jsonschema.Schema{Required: []string{source}})
	}
	s.DependentSchemas = map[string]*jsonschema.Schema{"optional": {Required: []string{"column"}}}
}

func forbidden(keys ...string) *jsonschema.Schema {
	s := &jsonschema.Schema{Properties: jsonschema.NewProperties()}
	for _, k := range keys {
		s.Properties.Set(k, jsonschema.FalseSchema)
	}
	return s
}

func oneOrMore(one *jsonschema.Schema) *jsonschema.Schema {
	least := uint64(1)
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{one, {Type: "array", Items: one, MinItems: &least}}}
}

type schemaText struct{}

func (schemaText) JSONSchema() *jsonschema.Schema {
	least, most := uint64(1), uint64(255)
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "string", MinLength: &least, MaxLength: &most}, {Type: "number"}, {Type: "boolean"}}}
}

type schemaColumns struct{}

func (schemaColumns) JSONSchema() *jsonschema.Schema {
	letter := jsonschema.NewProperties()
	letter.Set("letter", &jsonschema.Schema{Type: "string", Pattern: "^[A-Za-z]{1,3}$", Description: "The column's letter, where two columns have the same heading or one has none."})
	heading := schemaText{}.JSONSchema()
	heading.Description = "The heading that must stand over it; left out for a column without one."
	letter.Set("heading", heading)
	one := schemaText{}.JSONSchema()
	one.AnyOf = append(one.AnyOf, &jsonschema.Schema{Type: "object", Properties: letter, Required: []string{"letter"}, AdditionalProperties: jsonschema.FalseSchema})
	return oneOrMore(one)
}

type schemaTransforms struct{}

func (schemaTransforms) JSONSchema() *jsonschema.Schema {
	return oneOrMore(&jsonschema.Schema{Type: "string", Enum: []any{"trim", "name_case", "upper", "lower"}})
}

type schemaTable struct{}

func (schemaTable) JSONSchema() *jsonschema.Schema {
	least := uint64(1)
	return &jsonschema.Schema{Type: "object", AdditionalProperties: schemaText{}.JSONSchema(), MinProperties: &least}
}

var schemaPath = filepath.Join("..", "samples", "mapping.schema.json")

// The published schema is what the types say: go test ./mapping -run Schema -update
func TestSchemaIsUpToDate(t *testing.T) {
	t.Parallel()
	r := jsonschema.Reflector{Anonymous: true, Namer: func(t reflect.Type) string { return strings.ToLower(strings.TrimPrefix(t.Name(), "schema")) }}
	s := r.Reflect(schemaFile{})
	s.Title = "A mapping file of muster"
	want, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile(schemaPath, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(schemaPath)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("stale, run this test with -update (-want +got):\n%s", diff)
	}
}

func compiled(t *testing.T) *validator.Schema {
	t.Helper()
	s, err := validator.NewCompiler().Compile(schemaPath)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *validator.Schema, content string) error {
	t.Helper()
	text, err := yaml.YAMLToJSON([]byte(content))
	if err != nil {
		t.Fatal(err)
	}
	value, err := validator.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(value)
}

// An editor accepts what muster accepts.
func TestSchemaAccepts(t *testing.T) {
	t.Parallel()
	s := compiled(t)
	for _, path := range []string{filepath.Join("..", "samples", "mapping.yaml"), filepath.Join("testdata", "design.yaml")} {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, s, string(content)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	const names = "fields:\n  first_name: {column: A}\n  last_name: {column: B}\n  "
	for _, content := range []string{
		"fields:\n  full_name: {column: [A, B], optional: true, order: last_first, transform: [trim, name_case]}\n",
		names + "employee_id: {value: 007}", names + "job_title: {column: A, values: {1: Foreman, B: Laborer}, default: Lead}",
		names + "job_title: {column: {letter: C, heading: Title}}", names + "job_title: {column: [A, {letter: AB}]}",
		names + "is_employee: {column: Contractor, inverted: true, default: no}", names + "is_employee: {value: true}",
		names + "work_classification_id: {column: Craft, lookup: work_classification}\nwhere: A == \"b\"", names + "job_title: {value: Lead}\nproject: {column: Job, values: {Tower A: 1204}, default: 7}",
		names + "origin_id: {expression: 'A + B', pattern: '^x', transform: upper}",
	} {
		if _, err := load(t, content); err != nil {
			t.Errorf("muster refuses %s: %v", content, err)
		}
		if err := validate(t, s, content); err != nil {
			t.Errorf("the schema refuses %s: %v", content, err)
		}
	}
}

// An editor underlines what muster refuses, as far as a schema can know.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	s := compiled(t)
	const names = "fields:\n  first_name: {column: A}\n  last_name: {column: B}\n  "
	for _, content := range []string{
		"where: a == b", "field: {}", "fields: {}", "fields:\n  last_name: {column: A}", names + "full_name: {column: A}",
		names + "lastname: {column: A}", names + "job_title: {colum: A}", names + "job_title: Title", names + "job_title: {default: A}",
		names + "job_title: {column: A, value: B}", names + "job_title: {column: []}", names + "job_title: {column: {heading: A}}", names + "job_title: {column: {letter: A1}}",
		names + "job_title: {column: [A, B], join: true}", names + "job_title: {column: A, order: auto}", names + "job_title: {column: A, lookup: work_classification}", names + "job_title: {column: A, inverted: true}",
		names + "job_title: {column: A, transform: [namecase]}", names + "job_title: {value: A, optional: true}", names + "job_title: {column: A, values: {}}",
		names + "is_employee: {column: A, transform: upper}", names + "is_employee: {column: A, inverted: true, values: {A: true}}",
		names + "work_classification_id: {column: A, lookup: trades}", names + "job_title: {value: " + strings.Repeat("x", 256) + "}", names + "job_title: {column: A}\nfilter: x",
		names + "job_title: {column: A}\nproject: 1204", names + "job_title: {column: A}\nproject: {column: Job, optional: true}",
	} {
		if _, err := load(t, content); err == nil {
			t.Errorf("muster accepts %s", content)
		}
		if err := validate(t, s, content); err == nil {
			t.Errorf("the schema accepts %s", content)
		}
	}
}

// The schema knows the settings that muster knows.
func TestSchemaKnowsEverySetting(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(schemaPath)
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs map[string]struct{ Properties map[string]any } `json:"$defs"`
	}
	if err := json.Unmarshal(content, &schema); err != nil {
		t.Fatal(err)
	}
	known := func(content string) []string {
		_, err := load(t, content)
		var fault *mapping.FileError
		if !errors.As(err, &fault) {
			t.Fatalf("got %v", err)
		}
		words := strings.Split(strings.Replace(strings.TrimPrefix(fault.Hint, "known are "), " and ", ", ", 1), ", ")
		slices.Sort(words)
		return words
	}
	var top, fields, settings []string
	for name, def := range schema.Defs {
		for key := range def.Properties {
			switch name {
			case "fields":
				fields = append(fields, key)
			case "file":
				top = append(top, key)
			default:
				settings = append(settings, key)
			}
		}
	}
	slices.Sort(top)
	slices.Sort(fields)
	slices.Sort(settings)
	if diff := cmp.Diff(known("zzzzzz: a\n"), top); diff != "" {
		t.Errorf("keys (-muster +schema):\n%s", diff)
	}
	if diff := cmp.Diff(known("fields:\n  zzzzzz: {column: A}\n"), fields); diff != "" {
		t.Errorf("fields (-muster +schema):\n%s", diff)
	}
	if diff := cmp.Diff(known("fields:\n  job_title: {zzzzzz: A}\n"), slices.Compact(settings)); diff != "" {
		t.Errorf("settings (-muster +schema):\n%s", diff)
	}
}
