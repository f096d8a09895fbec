package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"muster/importer"
	"muster/importer/ledger"
	"muster/importer/report"
	"muster/importer/results"
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
type interruptError struct{ signal os.Signal }

func (e *interruptError) Error() string { return "interrupted by " + e.signal.String() }

func (e *interruptError) exitCode() int {
	if e.signal == syscall.SIGTERM {
		return exitTerminated
	}
	return exitInterrupted
}

// untilSignal ends the context it returns at the first SIGINT or SIGTERM. A
// second one ends the process as if muster had never asked for signals: the
// ledger survives that as it survives any crash.
func untilSignal(ctx context.Context) (context.Context, func()) {
	ctx, end := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			end(&interruptError{signal: s})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		end(nil)
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

// complain prints an error as people read it: what, where, and what to do.
func complain(w io.Writer, err error) {
	fix := ""
	var (
		usage   *usageError
		reading *roster.Error
		file    *mapping.FileError
		bind    *mapping.BindError
		record  *ledger.Error
		written *results.Error
		page    *report.HTMLError
		stop    *importer.StopError
	)
	switch {
	case errors.As(err, &usage):
		fix = usage.fix
	case errors.As(err, &reading):
		fix = reading.Fix
	case errors.As(err, &file):
		fix = file.Hint
	case errors.As(err, &bind):
		printBindProblems(w, bind)
		return
	case errors.As(err, &record):
		fix = record.Fix
	case errors.As(err, &written):
		fix = written.Fix
	case errors.As(err, &page):
		fix = page.Fix
	case errors.As(err, &stop):
		fix = stop.Fix
	}
	fmt.Fprintf(w, "muster: %v\n", err)
	if fix != "" {
		fmt.Fprintf(w, "  try: %s\n", fix)
	}
}

func printBindProblems(w io.Writer, bind *mapping.BindError) {
	fmt.Fprintln(w, "muster: the roster's headings can't be mapped to a person's fields; nothing was sent")
	for _, p := range bind.Problems {
		fmt.Fprintf(w, "  - %s\n", p.Message)
		if p.Hint != "" {
			fmt.Fprintf(w, "    try: %s\n", p.Hint)
		}
	}
}
