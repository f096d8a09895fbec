// Package fault describes a problem that the user can fix: where, what, and what to do.
package fault

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Error is a problem that stops a command before or during a run. Its JSON is part of
// the --json contract.
type Error struct {
	Code    string `json:"code"`    // for programs, such as "quote_unclosed"
	Message string `json:"message"` // what is wrong
	Where   Where  `json:"where,omitzero"`
	Fix     string `json:"fix"` // what to do; "" where no advice helps
	Err     error  `json:"-"`   // the cause; may be nil

	// Quotes says that Message or Where may repeat cells of a roster, which
	// must not reach a log.
	Quotes bool `json:"-"`

	// Problems lists the single problems when one error has several.
	Problems []Problem `json:"problems,omitempty"`
}

// Where is a place in a file: sheet, row and cell in a roster, line and column
// in any other file. Its JSON is part of the --json contract.
type Where struct {
	File   string `json:"file"`
	Sheet  string `json:"sheet,omitempty"`
	Row    int    `json:"row,omitempty"`  // from 1; 0: no single row
	Cell   string `json:"cell,omitempty"` // such as "D17"; "": no single cell
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// Problem is one of several problems of an Error.
type Problem struct {
	Code    string `json:"code"`
	Field   string `json:"field"`
	Message string `json:"message"`
	Fix     string `json:"fix"`
}

// InFile returns an error about the file at path.
func InFile(path, code, message, fix string) *Error {
	return &Error{Code: code, Message: message, Fix: fix, Where: Where{File: path}}
}

// Usage returns an error about something that the user can correct before a run.
func Usage(fix, format string, args ...any) *Error {
	return &Error{Code: "usage", Message: fmt.Sprintf(format, args...), Fix: fix}
}

// Error returns the place, the message and the cause, without the fix.
func (e *Error) Error() string {
	var b strings.Builder
	if place := e.Where.String(); place != "" {
		b.WriteString(place + ": ")
	}
	b.WriteString(e.Message)
	if e.Err != nil {
		fmt.Fprintf(&b, " (%v)", e.Err)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// IsZero reports whether no file is named.
func (w Where) IsZero() bool { return w.File == "" }

// String writes the place for people: `crew.xlsx, sheet "Crew", row 17, column D`.
func (w Where) String() string {
	var b strings.Builder
	b.WriteString(w.File)
	if w.Sheet != "" {
		fmt.Fprintf(&b, ", sheet %q", w.Sheet)
	}
	if w.Row > 0 {
		fmt.Fprintf(&b, ", row %d", w.Row)
	}
	if w.Cell != "" {
		fmt.Fprintf(&b, ", column %s", strings.TrimRight(w.Cell, "0123456789"))
	}
	if w.Line > 0 {
		fmt.Fprintf(&b, ", line %d", w.Line)
	}
	if w.Column > 0 {
		fmt.Fprintf(&b, ", column %d", w.Column)
	}
	return b.String()
}

// CodeOf returns the code of the *Error in err's chain, or "".
func CodeOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// Cause returns the system's reason without the path, which the message names
// already: "permission denied" instead of "open crew.csv: permission denied".
func Cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
