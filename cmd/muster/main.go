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
	os.Exit(run(context.Background(), os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}

// run runs the program with the given surroundings and returns the exit code.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	app := newApp(&process{getenv: getenv, stdin: stdin, stdout: &output{w: stdout}, stderr: stderr, said: map[string]bool{}})
	return app.execute(ctx, args)
}
