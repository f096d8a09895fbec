package main

import (
	"errors"
	"io"
	"math"
	"syscall"
)

// output is standard output. It remembers a write error until the command has ended.
type output struct {
	w      io.Writer
	failed error // the first time
	told   bool
}

// outputError is an error of standard output itself.
type outputError struct{ err error }

func (e *outputError) Error() string { return "standard output can't be written: " + e.err.Error() }

func (e *outputError) Unwrap() error { return e.err }

// Write writes to standard output, unless that has failed before.
func (o *output) Write(text []byte) (int, error) {
	if o.failed != nil {
		return 0, o.failed
	}
	n, err := o.w.Write(text)
	if err != nil {
		o.failed = &outputError{pathCause(err)}
		return n, o.failed
	}
	return n, nil
}

// Fd returns the file descriptor, or an invalid number without a file.
func (o *output) Fd() uintptr {
	if file, ok := o.w.(interface{ Fd() uintptr }); ok {
		return file.Fd()
	}
	return math.MaxUint
}

// lost returns the error that standard output could not be written with. A closed pipe
// is no error.
func (a *app) lost() error {
	if errors.Is(a.stdout.failed, syscall.EPIPE) {
		return nil
	}
	return a.stdout.failed
}

// tellLost says once that standard output could not be written.
func (a *app) tellLost() {
	lost := a.lost()
	if lost == nil || a.stdout.told {
		return
	}
	a.stdout.told = true
	fix := "make room, or send it elsewhere"
	switch {
	case a.summary != nil && a.summary.Results != "":
		fix = "what became of the rows is in " + a.summary.Results
	case a.sent:
		fix = "muster runs says what became of the rows"
	}
	a.complain(usageError(lost.Error(), fix))
}

// besidesOutput removes errors of standard output from err.
func besidesOutput(err error) error {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		var rest []error
		for _, one := range several.Unwrap() {
			rest = append(rest, besidesOutput(one))
		}
		return errors.Join(rest...)
	}
	var own *outputError
	if errors.As(err, &own) {
		return nil
	}
	return err
}
