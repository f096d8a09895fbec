// Package mapping turns the headings of a roster into fields and its cells
// into a person or its problems.
//
// A mapping comes from the dictionary ([Detect]) or from a mapping file
// ([Load], [File.Bind]). Either gives a [Mapper], which reads one row after
// another. The package reads no rosters and calls no API.
//
// Decisions that the code can't show:
//
//   - Detect takes exact headings only, after folding. A near miss ("Frist
//     Name") is a suggestion in a hint and never a match: a column that is
//     taken wrongly makes hundreds of wrong people.
//   - An ambiguous heading ("Employee", "Class") gives way to an exact one for
//     the same field and is then left unused. Otherwise its cells decide, and
//     where they don't the mapping is refused.
//   - Two columns for one field are refused, also where one heading is more
//     specific ("Title", "Job Title"): which one Procore is to show is the
//     user's choice. Only columns with the same cells are one.
//   - A first and a last name column win over a full name column. A full name
//     column wins over only one of the two.
//   - A mapping file is complete: a field that it doesn't name is not
//     detected, so that a new column of the roster never changes a nightly run.
//   - Columns with social security numbers or birth dates can't be named at
//     all, neither as a column nor in an expression; and a cell that is written
//     like a social security number is refused wherever it stands, unquoted.
//   - A name that begins like a formula is refused: nobody is called that. A
//     job title may begin with "+" or "-" (lists are typed that way) unless
//     it goes on like a formula.
//   - A cell of digits under a lookup is first looked for among names and
//     abbreviations (class codes are often digits), then among the IDs. It is
//     an ID without being looked up only where the heading or the mapping
//     says so.
//   - Words that programs write for nothing (null, N/A, -) are an empty cell. Null
//     and None are surnames, too: a name counts as one only in that case of
//     letters, and nobody is called Null Null.
//   - A column is never named by its letter alone where it has a heading, so that
//     a column that has moved is noticed and not taken for another.
//   - An empty yes/no cell says nothing. Only in a column that Detect sees
//     marked with nothing but X does an empty cell mean the opposite.
package mapping

import "strings"

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

// fullName stands in mapping files for first_name and last_name together.
const fullName Field = "full_name"

// Fields returns all fields in the order in which they are shown.
func Fields() []Field {
	return []Field{FirstName, LastName, JobTitle, EmployeeID, IsEmployee, OriginID, WorkClassification}
}

// isName reports whether a field is a name or a half of it.
func (f Field) isName() bool { return f == FirstName || f == LastName || f == fullName }

// isID reports whether a field is an ID that the roster's owner has given.
func (f Field) isID() bool { return f == EmployeeID || f == OriginID }

// word returns what people call a field.
func (f Field) word() string {
	switch f {
	case FirstName:
		return "first name"
	case LastName:
		return "last name"
	case fullName:
		return "name"
	case JobTitle:
		return "job title"
	case EmployeeID:
		return "employee ID"
	case IsEmployee:
		return "yes/no of is_employee"
	case OriginID:
		return "origin ID"
	case WorkClassification:
		return "work classification"
	}
	return string(f)
}

// Person is what a row says about a person.
type Person struct {
	FirstName, LastName, JobTitle, EmployeeID, OriginID string

	// IsEmployee is nil if the row doesn't say.
	IsEmployee *bool

	WorkClassificationID int64  // 0: none
	Classification       string // the name that the row gives, also where it could not be looked up
	GuessedName          bool   // the split of a full name is a guess, or the halves are in doubt
	LeftOut              string // a nickname that stands in the cell of the name and is not sent, such as (Bob)
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

// Classification is a work classification as the project has it.
type Classification struct {
	ID                 int64
	Name, Abbreviation string
}

// Options are what a mapping must know besides the header.
type Options struct {
	// Classifications are those of the project. Nil: not known, names are kept
	// but not looked up. Empty but not nil: the project has none.
	Classifications []Classification
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

// Error lists the problems, one a line.
func (e *BindError) Error() string {
	var b strings.Builder
	for i, p := range e.Problems {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p.Message)
		if p.Hint != "" {
			b.WriteString("; ")
			b.WriteString(p.Hint)
		}
	}
	return b.String()
}
