package main

import (
	"cmp"
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
	"muster/importer/outcome"
	"muster/importer/report"
)

// usageError returns the error of a command line, environment or config file that muster
// can't follow.
func usageError(message, fix string) *fault.Error {
	return fault.Usage(fix, "%s", message)
}

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
		return outcome.ExitTerminated
	}
	return outcome.ExitInterrupted
}

// untilSignal returns a context that ends at the first SIGINT or SIGTERM. A second
// signal prints lastWord and kills the process; the ledger survives that like any crash.
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
			signal.Stop(signals) // a third signal kills even if the terminal does not take the last word
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

// die ends the process by a signal, or kills a process that can't signal itself.
func die(s os.Signal) {
	self, err := os.FindProcess(os.Getpid())
	if err == nil && self.Signal(s) != nil {
		_ = self.Kill() // no other way is left
	}
}

// lastWord prints the message for a second signal.
func (a *app) lastWord() {
	const text = "Stopped at once. Run the same command again: it first settles the requests that were on the way."
	switch {
	case a.mute.Load():
	case isTerminal(a.stderr):
		fmt.Fprintf(a.stderr, "\n%s", paragraph(text, "", report.Width(a.stderr)))
	default:
		fmt.Fprintln(a.stderr, text)
	}
}

// exitCode returns the exit code for an error.
func exitCode(ctx context.Context, err error) int {
	var interrupted *interruptError
	var stop *importer.StopError
	switch {
	case err == nil:
		return outcome.ExitDone
	case errors.As(err, &interrupted):
		return interrupted.exitCode()
	case errors.As(context.Cause(ctx), &interrupted):
		return interrupted.exitCode()
	case errors.Is(err, ledger.ErrLocked):
		return outcome.ExitLocked
	case errors.As(err, &stop):
		return outcome.ExitStopped
	}
	return outcome.ExitNotStarted
}

// reasonOf returns the error that a command ends with, for people and for programs.
func reasonOf(err error) *fault.Error {
	e := importer.Reason(err)
	if _, ok := errors.AsType[*interruptError](err); ok {
		e.Code = "interrupted"
	}
	return e
}

// afterKey returns a line break if a terminal shows the pressed key on the current line.
func (a *app) afterKey(e *interruptError) string {
	if e.shown && isTerminal(a.stderr) {
		return "\n"
	}
	return ""
}

// complain prints an error on standard error.
func (a *app) complain(err error) {
	e := reasonOf(err)
	if a.logsJSON() {
		a.logError(e)
		return
	}
	if interrupted, ok := errors.AsType[*interruptError](err); ok {
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

// logError logs the code and the place of an error, without cells of a roster.
func (a *app) logError(e *fault.Error) {
	log := a.logger()
	line := log.Error().Str("code", e.Code)
	if w := e.Where; !w.IsZero() {
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
	case !e.Quotes:
		line.Str("fix", e.Fix).Msg(e.Message)
	case e.Problems != nil:
		line.Msg("the roster's headings can't be mapped; run without --log-format json to see how")
	default:
		line.Msg("the roster can't be read; run without --log-format json to see why")
	}
}

// refusal returns the JSON object of a command that did not start.
func refusal(code int, err error) json.RawMessage {
	object, _ := json.Marshal(struct {
		Status   string       `json:"status"`
		ExitCode int          `json:"exit_code"`
		Error    *fault.Error `json:"error"`
	}{statusOf(code), code, reasonOf(err)}) // the fields are words and numbers
	return object
}

// statusOf returns the word for how a run with that exit code ended.
func statusOf(code int) string {
	early := map[int]string{
		outcome.ExitNotStarted: report.NotStarted, outcome.ExitStopped: report.Stopped, outcome.ExitLocked: report.Locked,
		outcome.ExitInterrupted: report.Interrupted, outcome.ExitTerminated: report.Interrupted,
	}
	return cmp.Or(early[code], report.Finished)
}

// asksForJSON reports whether args contain --json, for a command line that could not be
// parsed.
func asksForJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.Contains(args, "--json") || slices.Contains(args, "--json=true")
}
