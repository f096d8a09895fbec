// Command muster creates the people of a roster in a Procore project, each
// exactly once, and hands back the roster with every row's person or problem.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

func main() {
	log.SetOutput(io.Discard)      // net/http quotes there what a server says unasked, and that may be a person
	signal.Ignore(syscall.SIGPIPE) // a run goes on though its output is closed
	debug.SetGCPercent(50)         // most memory is an index that never becomes garbage
	os.Exit(run(context.Background(), os.Args[1:], thisProcess()))
}

func thisProcess() *process {
	return &process{getenv: os.Getenv, stdin: os.Stdin, stdout: &output{w: os.Stdout}, stderr: os.Stderr}
}

// run runs the program with the given arguments and returns the exit code.
func run(ctx context.Context, args []string, p *process) int {
	p.said = map[string]bool{}
	return newApp(p).execute(ctx, args)
}
