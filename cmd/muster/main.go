// Command muster creates the people of a roster in a Procore project, each
// exactly once, and hands back the roster with every row's person or problem.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/inconshreveable/mousetrap"
	"github.com/spf13/cobra"

	"muster/importer/outcome"
)

func main() {
	log.SetOutput(io.Discard)      // net/http quotes there what a server says unasked, and that may be a person
	signal.Ignore(syscall.SIGPIPE) // a run goes on though its output is closed
	debug.SetGCPercent(50)         // most memory is an index that never becomes garbage
	cobra.MousetrapHelpText = ""   // a double click opens the page instead
	os.Exit(run(context.Background(), os.Args[1:], thisProcess()))
}

func thisProcess() *process {
	return &process{
		getenv: os.Getenv, stdin: os.Stdin, stdout: &output{w: os.Stdout}, stderr: os.Stderr,
		clicked: mousetrap.StartedByExplorer(),
	}
}

// run runs the program with the given arguments and returns the exit code. A double click
// opens the page; the window with an error stays until Enter is pressed.
func run(ctx context.Context, args []string, p *process) int {
	p.said = map[string]bool{}
	if !p.clicked || len(args) > 0 {
		return newApp(p).execute(ctx, args)
	}
	code := newApp(p).execute(ctx, []string{"web"})
	if code != outcome.ExitDone {
		fmt.Fprint(p.stderr, "Press Enter to close this window. ")
		_, _ = bufio.NewReader(p.stdin).ReadString('\n') // the end of the input will do
	}
	return code
}
