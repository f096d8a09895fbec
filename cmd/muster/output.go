package main

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"syscall"

	"muster/importer/fault"
	"muster/importer/outcome"
	"muster/importer/report"
)

// output is standard output. A write error does not end the command: the error is
// remembered, and reported when the command has ended.
type output struct {
	w      io.Writer
	failed error // the first error
	told   bool
}

// Write writes to standard output, unless that has failed before.
func (o *output) Write(text []byte) (int, error) {
	if o.failed == nil {
		_, o.failed = o.w.Write(text)
	}
	return len(text), nil
}

// Fd returns the file descriptor, or an invalid number without a file.
func (o *output) Fd() uintptr {
	if file, ok := o.w.(interface{ Fd() uintptr }); ok {
		return file.Fd()
	}
	return math.MaxUint
}

// print prints the result of a command on standard output: as a JSON object with --json,
// else as the page that write fills. --quiet prints a page only if the exit code says that
// a person is needed.
func (a *app) print(object any, write func(*report.Page)) error {
	if a.settings.json {
		return json.NewEncoder(a.answer()).Encode(object)
	}
	if a.settings.quiet && a.code == outcome.ExitDone {
		return nil
	}
	p := report.NewPage(a.width(a.stdout))
	write(p)
	return p.Print(a.stdout)
}

// lost reports whether a part of standard output is lost. A reader that closed the
// pipe has seen enough.
func (o *output) lost() bool { return o.failed != nil && !errors.Is(o.failed, syscall.EPIPE) }

// reportLost says once that standard output could not be written.
func (a *app) reportLost() {
	if !a.stdout.lost() || a.stdout.told {
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
	a.complain(usageError("standard output can't be written: "+fault.Cause(a.stdout.failed).Error(), fix))
}
