package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"muster/importer"
	"muster/importer/outcome"
	"muster/importer/report"
	"muster/importer/worker"
)

// process is what all commands of a process share.
type process struct {
	getenv func(string) string
	stdin  io.Reader
	stdout *output
	stderr io.Writer
	mute   atomic.Bool     // standard error is for errors and warnings, or for JSON
	said   map[string]bool // messages that are printed once
	timing worker.Timing   // of the worker

	clicked bool // started by a double click in the Explorer of Windows
}

// app is a command in progress: settings, given flags and the result.
type app struct {
	*process
	settings settings
	given    []*pflag.Flag // on the command line
	began    time.Time
	progress atomic.Pointer[report.Progress] // while a run shows it
	monitor  *monitor
	inJob    bool              // the job reports all its runs together
	onPage   bool              // the page takes the kept account itself
	archive  *importer.Archive // moves the roster of a job; nil without a job and in a rehearsal
	commandResult
}

// commandResult is how a command ended.
type commandResult struct {
	sent     bool            // rows were handled, and code is the exit code
	answered bool            // the JSON object was printed
	code     int             // the exit code of a command without an error
	summary  *report.Summary // of the run; nil without a run
}

func newApp(p *process) *app {
	a := &app{process: p}
	a.settings.init()
	a.monitor = &monitor{app: a}
	return a
}

// execute runs the command of a command line and returns the exit code.
func (a *app) execute(ctx context.Context, args []string) int {
	ctx, stop := untilSignal(ctx, a.lastWord)
	defer stop()
	root := a.newRootCommand() //nolint:contextcheck // a command gets its context when it is executed
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	err := root.ExecuteContext(ctx)
	code := a.reportEnd(ctx, err)
	if err != nil && !a.answered && (a.settings.json || asksForJSON(args)) {
		_, _ = a.answer().Write(append(refusal(code, err), '\n'))
		a.reportLost()
		code = a.codeOf(ctx, err)
	}
	return code
}

// reportEnd prints the error of a command, and returns the exit code. A run that finds
// the lock taken is silent, unless a terminal shows the error.
func (a *app) reportEnd(ctx context.Context, err error) int {
	if err != nil && (a.codeOf(ctx, err) != outcome.ExitLocked || isTerminal(a.stderr)) {
		a.complain(err)
	}
	a.reportLost()
	return a.codeOf(ctx, err)
}

// codeOf returns the exit code of a command that ends with err.
func (a *app) codeOf(ctx context.Context, err error) int {
	least := outcome.ExitDone
	if a.stdout.lost() {
		least = outcome.ExitNotStarted
		if a.sent {
			least = outcome.ExitRowsLeft
		}
	}
	switch {
	case err == nil:
		return max(a.code, least)
	case a.sent:
		return max(a.code, outcome.ExitRowsLeft) // the error came after the rows
	}
	return max(exitCode(ctx, err), least)
}

func (a *app) newRootCommand() *cobra.Command {
	root := newCommand("muster", nil)
	root.Args, root.Version, root.SilenceErrors, root.SilenceUsage = nil, version(), true, true
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		words := err.Error()
		if at := strings.Index(words, ": time: "); at >= 0 { // in Go's words
			words = words[:at] + ": a time is written with its unit, such as 4h, 30m or 90s"
		}
		return usageError(words, cmd.CommandPath()+" --help")
	})
	root.AddCommand(
		a.newImportCommand(), a.newRetryCommand(), a.newCheckCommand(), a.newMapCommand(), a.newTemplateCommand(),
		a.newRunCommand(), a.newWorkerCommand(), a.newJobsCommand(), a.newRunsCommand(), a.newLedgerCommand(), a.newUndoCommand(), a.newExplainCommand(), a.newDoctorCommand(), a.newSimulatorCommand(), a.newWebCommand(), a.newVersionCommand(),
	)
	a.addHelp(root)
	addCompletion(root)
	return root
}

// begin completes and checks the settings of a command and warns of doubtful settings.
func (a *app) begin(flags *pflag.FlagSet) error {
	if err := a.complete(flags); err != nil {
		return err
	}
	for _, c := range a.settings.cautions {
		a.warn("%s: %s", c.text, c.fix)
	}
	if f := flags.Lookup("settle-after"); f != nil && a.settings.SettleAfter < shortSettleAfter && a.first("settle-after") {
		a.talk("--settle-after %s is short: if Procore handles a lost request later than that, a person is created twice.", a.settings.SettleAfter)
	}
	return nil
}

// complete completes and checks the settings of a command.
func (a *app) complete(flags *pflag.FlagSet) error {
	a.began = time.Now()
	flags.Visit(func(f *pflag.Flag) { a.given = append(a.given, f) })
	if err := a.settings.complete(flags, a.getenv); err != nil {
		return err
	}
	a.mute.Store(a.settings.quiet || a.logsJSON())
	if !a.onPage {
		if err := a.fromAccount(flags); err != nil {
			return err
		}
	}
	return a.settings.validate(flags)
}

// logger returns a logger to standard error. Log lines hold no content of a roster.
func (a *app) logger() zerolog.Logger {
	level, err := zerolog.ParseLevel(a.settings.logLevel)
	if err != nil || level == zerolog.NoLevel {
		level = zerolog.InfoLevel // for messages before the settings are known
	}
	if a.settings.quiet && level < zerolog.WarnLevel {
		level = zerolog.WarnLevel
	}
	var w io.Writer = stderrWriter{a}
	if !a.logsJSON() {
		console := zerolog.ConsoleWriter{Out: w, NoColor: !a.coloured(a.stderr), TimeFormat: "15:04:05"}
		if a.settings.plain {
			console.PartsOrder = []string{zerolog.LevelFieldName, zerolog.MessageFieldName}
			console.FormatLevel = func(level any) string { return fmt.Sprintf("Log, %v:", level) }
		}
		w = console
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger()
}

// stderrWriter writes to standard error, above the progress line.
type stderrWriter struct{ *app }

// Write writes whole lines.
func (b stderrWriter) Write(lines []byte) (int, error) {
	if progress := b.progress.Load(); progress != nil {
		return progress.Write(lines)
	}
	return b.stderr.Write(lines)
}

// logsJSON reports whether standard error takes only lines of JSON.
func (a *app) logsJSON() bool { return a.settings.logFormat == "json" }

// coloured reports whether w shows colours.
func (a *app) coloured(w io.Writer) bool {
	return isTerminal(w) && a.getenv("NO_COLOR") == "" && !a.settings.plain
}

// talk prints a message for people on standard error, unless --quiet is set.
func (a *app) talk(format string, args ...any) {
	switch {
	case a.settings.quiet:
	case a.logsJSON():
		log := a.logger()
		log.Info().Msgf(format, args...)
	default:
		for line := range strings.SplitSeq(fmt.Sprintf(format, args...), "\n") {
			a.line("", "", line)
		}
	}
}

// line prints text behind first on standard error. On a terminal the text wraps behind
// indent, unless the text has a command to copy.
func (a *app) line(first, indent, text string) {
	text = first + shown(text)
	if a.settings.plain {
		text = strings.TrimSpace(text)
	} else if isTerminal(a.stderr) && !strings.Contains(text, "muster ") {
		start := text[:len(text)-len(strings.TrimLeft(text, " "))]
		text = start + strings.TrimPrefix(strings.TrimSuffix(paragraph(text, indent, a.width(a.stderr)), "\n"), indent)
	}
	fmt.Fprintln(a.stderr, text)
}

// answer returns the writer for the JSON object of --json.
func (a *app) answer() io.Writer {
	a.answered = true
	return a.stdout
}

// isTerminal reports whether a reader or writer is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

// width returns the columns for text on w, or report.Plain for a screen reader.
func (a *app) width(w io.Writer) int {
	if a.settings.plain {
		return report.Plain
	}
	return report.Width(w)
}
