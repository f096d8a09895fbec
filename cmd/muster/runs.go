package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/importer"
	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/report"
	"muster/importer/text"
)

func (a *app) newRunsCommand() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "runs [RUN]",
		Short: "List past runs, or one run request by request",
		Long: `List the runs of the ledger, the newest first: when, which roster, which
project, how it ended (finished, stopped, interrupted, crashed, or still
running) and what became of the rows. With the ID of a run, show every request
that it made for a row, in the order in which they were sent. Rows that needed
no request are in the results file alone. Times are this machine's.

Exit codes:
  0  it is shown
  2  there is no such run, or the ledger can't be read`,
		Example: `  muster runs
  muster runs 20261123-184510
  muster runs prune --older-than 400d`,
		Args: optionalArgument("run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return a.showRun(cmd.Context(), cmd.Flags(), args[0])
			}
			return a.listRuns(cmd.Context(), cmd.Flags(), limit)
		},
	}
	a.recordFlags(cmd.Flags())
	cmd.Flags().IntVar(&limit, "limit", 20, "`NUMBER` of runs to list; 0 lists all")
	cmd.AddCommand(a.newPruneCommand())
	return cmd
}

// recordFlags adds the flags of commands that only read the ledger.
func (a *app) recordFlags(f *pflag.FlagSet) {
	a.settings.ledgerFlag(f)
	a.settings.configFlag(f)
	f.BoolVar(&a.settings.json, "json", false, "print one JSON object on standard output")
	f.BoolVar(&a.settings.quiet, "quiet", false, "print no headings and no remarks")
	a.settings.plainFlag(f)
}

// runJSON is the JSON of a run: a contract with other programs.
type runJSON struct {
	Run     string           `json:"run"`
	Command string           `json:"command"`
	Status  ledger.RunStatus `json:"status"`
	Started time.Time        `json:"started"`
	Ended   *time.Time       `json:"ended"` // null while it runs, and after a crash
	API     string           `json:"api"`
	Company int64            `json:"company"`
	Project int64            `json:"project"`
	Roster  string           `json:"roster"`
	Results string           `json:"results"`
	Rows    int              `json:"rows"`
	outcome.Counts
	Removed *int `json:"removed,omitempty"` // of an undo
}

func (a *app) listRuns(ctx context.Context, flags *pflag.FlagSet, limit int) (err error) {
	if err := a.begin(flags); err != nil {
		return err
	}
	if limit < 0 {
		return usageError(fmt.Sprintf("--limit %d is less than none", limit), "--limit 0 lists all")
	}
	book, path, err := a.openRecord(ctx)
	if err != nil {
		return err
	}
	var runs []ledger.Run
	if book != nil {
		defer func() { err = errors.Join(err, book.Close()) }()
		if runs, err = book.Runs(ctx, limit); err != nil {
			return err
		}
	}
	out := bufio.NewWriter(a.stdout)
	all := make([]runJSON, 0, len(runs))
	for _, run := range runs {
		one, err := describe(ctx, book, run)
		if err != nil {
			return err
		}
		all = append(all, one)
	}
	switch {
	case a.settings.json:
		a.answered = true
		if err := json.NewEncoder(out).Encode(struct {
			Runs []runJSON `json:"runs"`
		}{all}); err != nil {
			return fmt.Errorf("write the runs: %w", err)
		}
	case len(all) == 0:
		a.talk("No runs yet in the ledger %s.", report.Clean(path))
	default:
		writeRuns(out, all, a.width(a.stdout), a.settings.quiet)
		if limit > 0 && len(all) == limit {
			a.talk("These are the newest %d; --limit 0 lists all.", limit)
		}
	}
	return out.Flush()
}

// describe adds to an undo's run the number of people taken off.
func describe(ctx context.Context, book *ledger.Ledger, run ledger.Run) (runJSON, error) {
	one := runJSON{
		Run: run.ID, Command: run.Command, Status: run.Status, Started: run.Started,
		API: run.API, Company: run.Company, Project: run.Project,
		Roster: run.Roster, Results: run.Results, Rows: run.Counts.Rows(), Counts: run.Counts,
	}
	if !run.Ended.IsZero() {
		one.Ended = &run.Ended
	}
	if run.Command != importer.UndoCommand {
		return one, nil
	}
	one.Removed = new(int)
	for attempt, err := range book.Attempts(ctx, run.ID) {
		if err != nil {
			return one, err
		}
		if attempt.State == ledger.Removed {
			*one.Removed++
		}
	}
	return one, nil
}

// writeRuns writes two lines a run.
func writeRuns(w io.Writer, runs []runJSON, columns int, bare bool) {
	if columns == report.Plain {
		for _, r := range runs {
			fmt.Fprintf(w, "Run %s of %s, project %d, started %s, %s, %s.\n", r.Run, report.Clean(filepath.Base(r.Roster)), r.Project,
				r.Started.Local().Format("2006-01-02 15:04"), r.Status, r.sentence())
		}
		return
	}
	wide := [4]int{len("RUN"), len("2006-01-02 15:04"), len("STATUS"), len("PROJECT")}
	for _, r := range runs {
		wide[0] = max(wide[0], len(r.Run))
		wide[2] = max(wide[2], len(r.Status))
		wide[3] = max(wide[3], len(strconv.FormatInt(r.Project, 10)))
	}
	room := columns - wide[0] - wide[1] - wide[2] - wide[3] - len("        ")
	line := func(run, started, status, project, roster string) {
		text := fmt.Sprintf("%-*s  %-*s  %-*s  %*s", wide[0], run, wide[1], started, wide[2], status, wide[3], project)
		if room >= leastName {
			text += "  " + fit(roster, room)
		}
		fmt.Fprintln(w, text)
	}
	if !bare {
		line("RUN", "STARTED", "STATUS", "PROJECT", "ROSTER")
	}
	for _, r := range runs {
		roster, sentence := report.Clean(filepath.Base(r.Roster)), r.sentence()
		line(r.Run, r.Started.Local().Format("2006-01-02 15:04"), string(r.Status), strconv.FormatInt(r.Project, 10), roster)
		if room < leastName {
			sentence = fit(roster, columns-2) + ", " + sentence
		}
		fmt.Fprintf(w, "%s", paragraph(sentence, "  ", columns))
	}
}

// leastName is how many columns a file's name takes at least to be recognised.
const leastName = 12

// sentence says what became of the rows.
func (r runJSON) sentence() string {
	switch {
	case r.Removed != nil:
		return "undo: " + text.Plural(*r.Removed, "person", "people") + " taken off the project"
	case r.Status == ledger.Running:
		return r.Command + ": at work"
	case r.Status == ledger.Crashed:
		return r.Command + ": killed, so what its rows came to was not counted; the next run goes on with them"
	}
	var parts []string
	for _, s := range outcome.Statuses() {
		if n := r.Of(s); n > 0 {
			parts = append(parts, humanize.Comma(int64(n))+" "+string(s))
		}
	}
	return r.Command + ": " + text.Plural(r.Rows, "row", "rows") + ": " + strings.Join(parts, ", ")
}
