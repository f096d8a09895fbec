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
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/importer"
	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/report"
)

func (a *app) newRunsCommand() *cobra.Command {
	var limit int
	cmd := newCommand("runs", a.withSettings(func(ctx context.Context, args []string) error {
		if len(args) == 1 {
			return a.showRun(ctx, args[0])
		}
		return a.listRuns(ctx, limit)
	}))
	a.recordFlags(cmd.Flags())
	cmd.Flags().IntVar(&limit, "limit", 20, "`NUMBER` of runs to list; 0 lists all")
	cmd.AddCommand(a.newPruneCommand())
	return cmd
}

// recordFlags adds the flags of commands that only read the ledger.
func (a *app) recordFlags(f *pflag.FlagSet) {
	a.settings.addFlags(f, ledgerGroup, plainGroup, configGroup)
	a.settings.addFlag(f, "json", "print one JSON object on standard output")
	a.settings.addFlag(f, "quiet", "print no headings and no remarks")
}

// runJSON is the JSON of a run: a contract with other programs.
type runJSON struct {
	Run     string           `json:"run"`
	Command string           `json:"command"`
	Status  ledger.RunStatus `json:"status"`
	Started time.Time        `json:"started"`
	Ended   *time.Time       `json:"ended"` // null while the run is running, and after a crash
	runPlace
	Rows int `json:"rows"`
	outcome.Counts
	Removed *int `json:"removed,omitempty"` // only of an undo
}

// runPlace is the project and the files of a run.
type runPlace struct {
	API     string `json:"api"`
	Company int64  `json:"company"`
	Project int64  `json:"project"`
	Roster  string `json:"roster"`
	Results string `json:"results"`
}

func newRunJSON(run importer.PastRun) runJSON {
	r := runJSON{
		Run: run.ID, Command: run.Command, Status: run.Status, Started: run.Started,
		runPlace: runPlace{API: run.API, Company: run.Company, Project: run.Project, Roster: run.Roster, Results: run.Results},
		Rows:     run.Counts.Rows(), Counts: run.Counts,
	}
	if !run.Ended.IsZero() {
		r.Ended = &run.Ended
	}
	if run.IsUndo() {
		r.Removed = &run.Removed
	}
	return r
}

func (a *app) listRuns(ctx context.Context, limit int) (err error) {
	if limit < 0 {
		return usageError(fmt.Sprintf("--limit %d is negative", limit), "--limit 0 lists all")
	}
	book, path, err := a.openRecord(ctx)
	if err != nil {
		return err
	}
	var runs []importer.PastRun
	if book != nil {
		defer func() { err = errors.Join(err, book.Close()) }()
		if runs, err = importer.PastRuns(ctx, book, limit); err != nil {
			return err
		}
	}
	switch {
	case a.settings.json:
		all := make([]runJSON, len(runs))
		for i, run := range runs {
			all[i] = newRunJSON(run)
		}
		return json.NewEncoder(a.answer()).Encode(map[string][]runJSON{"runs": all})
	case len(runs) == 0:
		a.talk("No runs yet in the ledger %s.", report.Clean(path))
		return nil
	}
	out := bufio.NewWriter(a.stdout)
	if a.settings.plain {
		writeRunsPlain(out, runs)
	} else {
		writeRuns(out, runs, report.Width(a.stdout), a.settings.quiet)
	}
	if limit > 0 && len(runs) == limit {
		a.talk("These are the newest %d; --limit 0 lists all.", limit)
	}
	return out.Flush()
}

// writeRunsPlain writes a sentence for each run.
func writeRunsPlain(w io.Writer, runs []importer.PastRun) {
	for _, r := range runs {
		fmt.Fprintf(w, "Run %s of %s, project %d, started %s, %s, %s.\n",
			r.ID, rosterName(r), r.Project, r.Started.Local().Format(toTheMinute), r.Status, r.Sentence())
	}
}

// rosterName returns the file name of a run's roster for a terminal.
func rosterName(r importer.PastRun) string { return report.Clean(filepath.Base(r.Roster)) }

const toTheMinute = "2006-01-02 15:04"

// shortestName is the fewest columns in which a file's name is recognisable.
const shortestName = 12

// writeRuns writes two lines for each run. bare leaves the headings out.
func writeRuns(w io.Writer, runs []importer.PastRun, columns int, bare bool) {
	line := func(run, started, status, project, roster string) {
		head := fmt.Sprintf("%-15s  %-16s  %-11s  %8s  ", run, started, status, project)
		fmt.Fprintln(w, head+report.Cut(roster, max(columns-len(head), shortestName)))
	}
	if !bare {
		line("RUN", "STARTED", "STATUS", "PROJECT", "ROSTER")
	}
	for _, r := range runs {
		line(r.ID, r.Started.Local().Format(toTheMinute), string(r.Status), strconv.FormatInt(r.Project, 10), rosterName(r))
		fmt.Fprintf(w, "%s", paragraph(r.Sentence(), "  ", columns))
	}
}
