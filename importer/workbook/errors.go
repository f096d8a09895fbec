package workbook

import (
	"errors"
	"fmt"
)

// Reason is a kind of trouble with a file.
type Reason int

// The reasons why a file cannot be read.
const (
	Damaged Reason = iota + 1
	TooLarge
	Protected   // by a password
	NotWorkbook // but another archive
)

// Error says why a workbook cannot be read.
type Error struct {
	Reason Reason
	Part   string   // the damaged part of the archive; "" for the whole
	Names  []string // with NotWorkbook: the files in the archive
	Err    error
}

// Error returns the name of the part and the cause.
func (e *Error) Error() string {
	if e.Part == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("part %q: %v", e.Part, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// damaged returns an error about a part, unless err has a reason already.
func damaged(part string, err error) error {
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	return &Error{Reason: Damaged, Part: part, Err: err}
}

func tooLarge(format string, args ...any) error {
	return &Error{Reason: TooLarge, Err: fmt.Errorf(format, args...)}
}

var (
	errCut        = errors.New("it ends too early")
	errTags       = errors.New("its tags do not match")
	errNotXML     = errors.New("it holds what is not XML")
	errTokenSize  = errors.New("a piece of it is longer than 1 MiB")
	errDepth      = errors.New("its elements are nested too deep")
	errDTD        = errors.New("it declares a document type, which no workbook does")
	errTextLimit  = errors.New("its texts take more than 128 MiB")
	errNoText     = errors.New("a cell refers to a text that the workbook does not hold")
	errNoStyle    = errors.New("it has a style that the workbook does not hold")
	errValue      = errors.New("its value is not of its type")
	errRepetition = errors.New("the same cells are repeated more often than a roster can need")
	errStopped    = errors.New("stopped")
)
