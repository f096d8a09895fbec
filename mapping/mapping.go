// Package mapping turns the headings of a roster into fields and its cells
// into a person or its problems.
//
// A mapping comes from the dictionary ([Detect]) or from a mapping file
// ([Load], [File.Bind]). Either gives a [Mapper], which reads one row after
// another. The package reads no rosters and calls no API. Headings and words are
// tables in the folder words; what each meaning of a heading feeds is a table in
// headingrules.go.
//
// Decisions that the code can't show:
//
//   - Detect takes exact headings only, after folding. A near miss ("Frist
//     Name") is a suggestion in a hint and never a match: a wrong column makes
//     hundreds of wrong people.
//   - An ambiguous heading ("Employee", "Class") gives way to an exact heading for
//     the same field and is then unused. Otherwise its cells decide; if the cells
//     don't decide, the mapping is refused.
//   - Two columns for one field are refused, also where one heading is more
//     specific ("Title", "Job Title"): the user chooses. Columns with the same
//     cells count as one.
//   - A first and a last name column win over a full name column. A full name
//     column wins over only one of the two.
//   - A mapping file is complete: a field that the file doesn't name is not
//     detected, so that a new column of the roster never changes a nightly run.
//   - A mapping can't name columns with social security numbers or birth dates,
//     neither as a column nor in an expression. A cell that is written like a
//     social security number is refused in any column, unquoted.
//   - A name that begins like a formula is refused. A job title may begin with "+"
//     or "-" (lists are typed that way) unless it continues like a formula.
//   - A lookup searches a cell of digits among names and abbreviations first (class
//     codes are often digits), then among the IDs. Digits are an ID without a
//     lookup only if the heading or the mapping says so.
//   - Words that programs write for nothing (null, N/A, -) are an empty cell, and
//     no name. Null, Nan, Na and Nil are names if written so: NULL Lee and Null Null
//     are none.
//   - A letter alone never names a column that has a heading: otherwise a column
//     that has moved would be taken for another.
//   - An empty yes/no cell says nothing. Only in a column that Detect sees
//     marked with nothing but X does an empty cell mean the opposite.
package mapping

import (
	"slices"
	"strings"
	"sync"
)

// Field is an attribute of a person in Procore.
type Field string

// The fields, as Procore and mapping files name them.
const (
	FirstName          Field = "first_name"
	LastName           Field = "last_name"
	JobTitle           Field = "job_title"
	EmployeeID         Field = "employee_id"
	IsEmployee         Field = "is_employee"
	OriginID           Field = "origin_id"
	WorkClassification Field = "work_classification_id"
)

// Settings of mapping files beside the fields of a Person.
const (
	fullName     Field = "full_name" // first_name and last_name together
	projectField Field = "project"   // of the row
)

// fieldInfo is what the package knows of a field.
type fieldInfo struct {
	field Field
	word  string                // what people call the field
	text  func(*Person) *string // where a Person has the field; nil for no text
}

// fields is the table of fields in the order of the output, with full_name first
// and project last.
var fields = sync.OnceValue(func() []fieldInfo {
	return []fieldInfo{
		{fullName, "name", nil},
		{FirstName, "first name", func(p *Person) *string { return &p.FirstName }},
		{LastName, "last name", func(p *Person) *string { return &p.LastName }},
		{JobTitle, "job title", func(p *Person) *string { return &p.JobTitle }},
		{EmployeeID, "employee ID", func(p *Person) *string { return &p.EmployeeID }},
		{IsEmployee, "employee yes/no", nil},
		{OriginID, "origin ID", func(p *Person) *string { return &p.OriginID }},
		{WorkClassification, "work classification", nil},
		{projectField, "project", nil},
	}
})

// allFields returns the fields of mapping files in the order of the table.
func allFields() []Field {
	var all []Field
	for _, info := range fields() {
		all = append(all, info.field)
	}
	return all
}

// Fields returns all fields of a Person in the order of the output.
func Fields() []Field {
	all := allFields()
	return all[1 : len(all)-1]
}

// info returns the line of the table about a field.
func (f Field) info() fieldInfo {
	all := fields()
	return all[slices.IndexFunc(all, func(info fieldInfo) bool { return info.field == f })]
}

// Word returns what people call a field.
func (f Field) Word() string { return f.info().word }

// isName reports whether a field is a name or half of a name.
func (f Field) isName() bool { return f == FirstName || f == LastName || f == fullName }

// isID reports whether a field is an ID that the roster's owner has given.
func (f Field) isID() bool { return f == EmployeeID || f == OriginID }

// Person is what a row says about a person.
type Person struct {
	FirstName, LastName, JobTitle, EmployeeID, OriginID string

	// IsEmployee is nil if the row doesn't say.
	IsEmployee *bool

	WorkClassificationID int64  // 0: none
	Classification       string // the name that the row gives, also where it could not be looked up
	GuessedName          bool   // the split of a full name is a guess, or the halves are in doubt
	LeftOut              string // a nickname in the cell of the name that is not sent, such as (Bob)
}

// Problem is what is wrong with a cell, or with a heading. Message and Hint
// may quote the cell and so are for the results file, not for a log.
type Problem struct {
	Code    string // for programs, such as "name_missing"
	Field   Field
	Column  int    // index into the header; -1 where no column is meant
	Message string // what is wrong
	Hint    string // what to do
}

// Kind is what a cell of a workbook holds.
type Kind uint8

// The kinds of cells. Only Text is known of a CSV file.
const (
	Text Kind = iota
	Number
	Date
	Boolean
	FormulaError
)

// Classification is a work classification of the project.
type Classification struct {
	ID                 int64
	Name, Abbreviation string
}

// Options are what a mapping must know besides the header.
type Options struct {
	// Classifications are those of the project. Nil: not known, names are kept
	// but not looked up. Empty but not nil: the project has none.
	Classifications []Classification

	// WholeNumbers are the columns where a number of 16 digits and zeros at the end
	// is a whole ID, not an ID that a spreadsheet has rounded.
	WholeNumbers map[int]bool
}

// Match says where a field comes from.
type Match struct {
	Field      Field
	Column     int     // index into the header; -1 for a constant or an expression
	Heading    string  // as the roster has it; "" where Column is -1
	Confidence float64 // 1: certain
	How        string  // in words, such as "the heading"
}

// BindError holds every problem of a mapping together.
type BindError struct {
	Problems []Problem
}

// Error returns all problems, each on a line.
func (e *BindError) Error() string {
	var lines []string
	for _, p := range e.Problems {
		line := p.Message
		if p.Hint != "" {
			line += "; " + p.Hint
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
