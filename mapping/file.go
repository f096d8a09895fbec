package mapping

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"unicode/utf8"
)

// File is a mapping file that has been read, and is not yet bound to a header. A
// File is read-only.
type File struct {
	how   string // in words, where the mapping comes from
	specs []spec // in the order of fields
	where *expression
	same  bool // rows of one name are one person
}

// FileError says what is wrong with a mapping file. Line and Column count from 1;
// 0 means the file as a whole.
type FileError struct {
	Path         string
	Line, Column int
	Message      string // what is wrong
	Hint         string // what to do
}

// Error returns the place and the message.
func (e *FileError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.Path, e.Message)
	}
	return fmt.Sprintf("%s, line %d, column %d: %s", e.Path, e.Line, e.Column, e.Message)
}

// spec is the part of a mapping file about a single field.
type spec struct {
	settings
	field      Field // fullName too
	columns    []columnName
	optional   bool // none of the columns need exist
	value      *string
	expression *expression
	cells      []string // of values, in the order to write; nil: sorted
}

// columnName names a column by the heading. A heading that is blank or stands over
// two columns needs the letter too.
type columnName struct {
	letter  string // "" if the heading is enough
	heading string // with a letter, "" for a column without a heading
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

// Load reads a mapping file. A mapping file is complete: fields that the file
// doesn't name get no value. The error is a *FileError.
//
// Each field, or full_name for both names, has these settings:
//
//	column: X or [X, Y]   the heading; of several, the first cell that is not empty counts.
//	                      {letter: C, heading: X} is one of two columns with that heading,
//	                      {letter: C} a column without any
//	optional: true        none of the columns need exist (otherwise at least one must)
//	value: X              the same for every row
//	expression: F         a formula over the headings (expr-lang.org)
//	default: X            in place of an empty cell
//	values: {Yes: true}   a table from cells to values; other cells are a problem, or looked up with lookup
//	transform: [T, …]     trim, name_case, upper, lower, in this order
//	pattern: P            what the value must match, a regular expression (RE2)
//	lookup: work_classification
//	order: O              of full_name: auto, first_last, last_first, two_surnames
//	join: true            of names: the columns together, as two surnames, not the first with a cell
//	inverted: true        of is_employee: yes means no, as in a column "Contractor"
//
// Beside fields, a file can have where, a formula that is true for the rows to
// take, project, which gives the project of a row as a field is given, and
// repeats: same_person, which says that rows of one name are one person.
func Load(path string) (*File, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return parse(path, "the mapping file", data)
}

// Confirmed reads the output of Detection.File after a person has confirmed the
// mapping; path is for errors only.
func Confirmed(path string, content []byte) (*File, error) {
	return parse(path, "as confirmed", content)
}

// fail returns an error about a mapping file as a whole.
func fail(path, message, hint string) error {
	return &FileError{Path: path, Message: message, Hint: hint}
}

// parse reads the content of a mapping file.
func parse(path, how string, content []byte) (*File, error) {
	content = bytes.TrimPrefix(content, []byte("\xEF\xBB\xBF"))
	switch {
	case len(content) > maxFileSize:
		return nil, fail(path, fmt.Sprintf("the file is larger than %d KiB and so is no mapping file", maxFileSize>>10), "name the mapping file, not the roster")
	case !utf8.Valid(content) || bytes.IndexByte(content, 0) >= 0:
		return nil, fail(path, "the file is not UTF-8 text and so is no mapping file", "save it as UTF-8 text")
	case isTooDeep(content):
		return nil, fail(path, "the file has too many nested brackets to be a mapping file", "write the mapping with fewer brackets; muster help mapping shows an example")
	}
	r := &fileReader{path: path}
	f := r.read(content)
	if r.err != nil {
		return nil, r.err
	}
	f.how = how
	return f, nil
}

// readFile returns the content of a mapping file, or a *FileError.
func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fail(path, "there is no such mapping file", "check the name and the folder")
	case err != nil:
		return nil, fail(path, "the mapping file can't be opened", "check that you may read it")
	}
	defer file.Close() //nolint:errcheck // nothing was written
	data, err := io.ReadAll(io.LimitReader(file, maxFileSize+1))
	if err != nil {
		return nil, fail(path, "the mapping file can't be read", "check that it is a file and no folder")
	}
	return data, nil
}

// isTooDeep reports whether a file opens too many brackets. Quotes don't matter:
// regular expressions close their brackets too.
func isTooDeep(data []byte) bool {
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

// Headings returns the columns that the file names. They help to find the header
// row of a roster.
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
