package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"muster/importer"
	"muster/importer/fault"
	"muster/importer/ledger"
	"muster/importer/report"
	"muster/importer/roster"
	"muster/mapping"
)

// The exit codes. 0 and 1 are what the rows came to; 3 is also what a run with
// pending rows ends with.
const (
	exitDone        = 0   // every row is created, existing or skipped
	exitRowsLeft    = 1   // some rows are invalid, failed or unknown
	exitNotStarted  = 2   // usage, config, roster, mapping: nothing was sent
	exitStopped     = 3   // stopped early: some rows are pending
	exitLocked      = 4   // another run is at work
	exitInterrupted = 130 // by Ctrl-C, after the rows in hand were recorded
	exitTerminated  = 143 // by SIGTERM, likewise
)

const exitCodesHelp = `
Exit codes:
  0    every row is created, existing or skipped
  1    it finished; some rows are invalid, failed or unknown
  2    it did not start: usage, config, roster or mapping; nothing was sent
  3    it stopped early: some rows are pending
  4    another run is at work on this project
  130  interrupted (143 by SIGTERM); rows in hand were finished first`

// usageError is a command line, environment or config file that asks for
// something that can't be.
type usageError struct{ message, fix string }

func (e *usageError) Error() string { return e.message }

// interruptError is the cause of a context that a signal ended.
type interruptError struct {
	signal os.Signal
	shown  bool // a terminal shows ^C where its cursor was
}

func (e *interruptError) Error() string {
	if e.signal == syscall.SIGTERM {
		return "ended by SIGTERM"
	}
	return "interrupted by Ctrl-C"
}

func (e *interruptError) exitCode() int {
	if e.signal == syscall.SIGTERM {
		return exitTerminated
	}
	return exitInterrupted
}

// untilSignal ends the context it returns at the first SIGINT or SIGTERM. A
// second one ends the process as if muster had never asked for signals, but for a
// last word: the ledger survives that as it survives any crash.
func untilSignal(ctx context.Context, lastWord func()) (context.Context, func()) {
	ctx, end := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	over := make(chan struct{})
	go func() {
		select {
		case s := <-signals:
			end(&interruptError{signal: s, shown: s == os.Interrupt})
		case <-over:
			return
		}
		select {
		case s := <-signals:
			signal.Stop(signals) // a third one waits for no terminal to take the last word
			lastWord()
			die(s)
		case <-over:
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(over)
		end(nil)
	}
}

// die ends the process by a signal that nobody asks for any more, or as hard where a
// process can't signal itself.
func die(s os.Signal) {
	self, err := os.FindProcess(os.Getpid())
	if err == nil && self.Signal(s) != nil {
		_ = self.Kill() // there is nothing left to try
	}
}

// lastWord is said when a second signal ends the process.
func (a *app) lastWord() {
	const text = "Stopped at once. The same command again first finds out what became of what was on its way."
	switch {
	case a.mute.Load():
	case isTerminal(a.stderr):
		fmt.Fprintf(a.stderr, "\n%s", paragraph(text, "", width(a.stderr)))
	default:
		fmt.Fprintln(a.stderr, text)
	}
}

// exitCode tells what an error means to the shell.
func exitCode(ctx context.Context, err error) int {
	var interrupted *interruptError
	var stop *importer.StopError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &interrupted):
		return interrupted.exitCode()
	case errors.As(context.Cause(ctx), &interrupted):
		return interrupted.exitCode()
	case errors.Is(err, ledger.ErrLocked):
		return exitLocked
	case errors.As(err, &stop):
		return exitStopped
	}
	return exitNotStarted
}

// reasonOf returns an error as people and programs read it: what, where, and what
// to do. It reports whether its words may be a roster's own.
func reasonOf(err error) (e report.Error, quotes bool) {
	var (
		usage    *usageError
		reading  *roster.Error
		file     *mapping.FileError
		bind     *mapping.BindError
		known    *fault.Error
		reviewed *importer.ReviewedError
		stop     *importer.StopError
	)
	e = report.Error{Code: "unexpected", Message: err.Error()}
	switch {
	case errors.As(err, &usage):
		e.Code, e.Fix = "usage", usage.fix
	case errors.As(err, &reading):
		e.Code, e.Fix = reading.Code, reading.Fix
		quotes = reading.Row != 0 || reading.Cell != "" || reading.Code == roster.CodeNoHeader
		e.Where = &fault.Where{File: reading.File, Sheet: reading.Sheet, Row: reading.Row, Cell: reading.Cell}
	case errors.As(err, &file):
		e.Code, e.Fix, e.Where = "mapping_file", file.Hint, &fault.Where{File: file.Path, Line: file.Line, Column: file.Column}
	case errors.As(err, &bind):
		e.Code, e.Message, quotes = "headings", "the roster's headings can't be mapped to a person's fields; nothing was sent", true
		for _, p := range bind.Problems {
			e.Problems = append(e.Problems, fault.Problem{Code: p.Code, Field: string(p.Field), Message: p.Message, Fix: p.Hint})
		}
		var open *undeterminedError
		if errors.As(err, &open) {
			e.Fix = open.fix
		}
	case errors.As(err, &known):
		e.Code, e.Fix, e.Problems, quotes = known.Code, known.Fix, known.Problems, known.Quotes
		if known.Where.File != "" {
			e.Where = &known.Where
		}
	case errors.As(err, &reviewed):
		e.Code, e.Fix, e.Where = reviewed.Code, reviewed.Fix, &fault.Where{File: reviewed.Path}
	case errors.As(err, &stop):
		e.Code, e.Fix = stop.Code, stop.Fix
	case errors.Is(err, ledger.ErrLocked):
		e.Code, e.Fix = "locked", "wait until the other run has ended, and run the same command again"
	}
	var interrupted *interruptError
	if errors.As(err, &interrupted) {
		e.Code = "interrupted"
	}
	return e, quotes
}

// afterKey leaves the line in which a terminal shows the key that was pressed. The
// progress line is cleared with it.
func (a *app) afterKey(e *interruptError) string {
	if e.shown && isTerminal(a.stderr) {
		return "\n"
	}
	return ""
}

// complain tells whoever reads standard error of an error.
func (a *app) complain(err error) {
	e, quotes := reasonOf(err)
	if a.logsJSON() {
		a.logError(e, quotes)
		return
	}
	var interrupted *interruptError
	if errors.As(err, &interrupted) {
		fmt.Fprintf(a.stderr, "%s", a.afterKey(interrupted))
	}
	if a.settings.plain {
		a.line("muster: ", "", report.WithFix(e.Message, e.Fix))
		for _, p := range e.Problems {
			a.line("Problem: ", "", report.WithFix(p.Message, p.Fix))
		}
		return
	}
	a.line("muster: ", "  ", e.Message)
	for _, p := range e.Problems {
		a.line("  - ", "    ", p.Message)
		if p.Fix != "" {
			a.line("    try: ", "         ", p.Fix)
		}
	}
	if e.Fix != "" {
		a.line("  try: ", "       ", e.Fix)
	}
}

// logError logs an error by its code and its place, without the words of a roster.
func (a *app) logError(e report.Error, quotes bool) {
	log := a.logger()
	line := log.Error().Str("code", e.Code)
	if w := e.Where; w != nil {
		line = line.Str("file", w.File)
		if w.Row != 0 {
			line = line.Int("row", w.Row)
		}
		if w.Cell != "" {
			line = line.Str("cell", w.Cell)
		}
	}
	if len(e.Problems) > 0 {
		codes := make([]string, len(e.Problems))
		for i, p := range e.Problems {
			codes[i] = p.Code
		}
		line = line.Strs("problems", codes)
	}
	switch {
	case !quotes:
		line.Str("fix", e.Fix).Msg(e.Message)
	case e.Problems != nil:
		line.Msg("the roster's headings can't be mapped; without --log-format json it is said how")
	default:
		line.Msg("the roster can't be read; without --log-format json it is said why")
	}
}

// refuse prints the JSON object of a command that came to nothing.
func (a *app) refuse(code int, err error) {
	e, _ := reasonOf(err)
	_ = json.NewEncoder(a.answer()).Encode(struct {
		Status   string       `json:"status"`
		ExitCode int          `json:"exit_code"`
		Error    report.Error `json:"error"`
	}{statusOf(code), code, e}) // nobody to tell if standard output is gone
}

// statusOf returns the word for how a run with that exit code ended.
func statusOf(code int) string {
	switch code {
	case exitNotStarted:
		return report.NotStarted
	case exitStopped:
		return report.Stopped
	case exitLocked:
		return report.Locked
	case exitInterrupted, exitTerminated:
		return report.Interrupted
	}
	return report.Finished
}

// asksForJSON reports whether the command line does, for one that could not be
// read to its end.
func asksForJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.Contains(args, "--json") || slices.Contains(args, "--json=true")
}
