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

	"muster/importer"
	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/report"
)

func (a *app) newRunsCommand() *cobra.Command {
	var limit int
	cmd := a.command("runs", func(ctx context.Context, args []string) error {
		if len(args) == 1 {
			return a.showRun(ctx, args[0])
		}
		return a.listRuns(ctx, limit)
	}, recordGroups()...)
	cmd.Flags().IntVar(&limit, "limit", 20, "`NUMBER` of runs to list; 0 lists all")
	cmd.AddCommand(a.newPruneCommand())
	return cmd
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

// runPlace is the machine, the project and the files of a run.
type runPlace struct {
	Host    string `json:"host"`
	API     string `json:"api"`
	Company int64  `json:"company"`
	Project int64  `json:"project"`
	Roster  string `json:"roster"`
	Results string `json:"results"`
}

func newRunJSON(run importer.PastRun) runJSON {
	r := runJSON{
		Run: run.ID, Command: run.Command, Status: run.Status, Started: run.Started, Ended: orNull(run.Ended),
		runPlace: runPlace{Host: run.Host, API: run.API, Company: run.Company, Project: run.Project, Roster: run.Roster, Results: run.Results},
		Rows:     run.Counts.Rows(), Counts: run.Counts,
	}
	if run.IsUndo() {
		r.Removed = &run.Removed
	}
	return r
}

// orNull returns a time for JSON, where the zero time is null.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (a *app) listRuns(ctx context.Context, limit int) (err error) {
	if limit < 0 {
		return usageError(fmt.Sprintf("--limit %d is negative", limit), "--limit 0 lists all")
	}
	book, path, err := a.openRecord(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	var runs []importer.PastRun
	if book != nil {
		if runs, err = importer.PastRuns(ctx, book, 0, limit); err != nil {
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
	table := [][4]string{{"RUN", "STARTED", "STATUS", "PROJECT"}}
	for _, r := range runs {
		table = append(table, [4]string{r.ID, r.Started.Local().Format(toTheMinute), string(r.Status), strconv.FormatInt(r.Project, 10)})
	}
	var widest [4]int
	room := columns
	for i := range widest {
		for _, line := range table {
			widest[i] = max(widest[i], len(line[i]))
		}
		room -= widest[i] + len("  ")
	}
	for i, cells := range table {
		roster := "ROSTER"
		if i > 0 {
			roster = rosterName(runs[i-1])
		}
		line := fmt.Sprintf("%-*s  %-*s  %-*s  %*s", widest[0], cells[0], widest[1], cells[1], widest[2], cells[2], widest[3], cells[3])
		if room >= shortestName {
			line += "  " + report.Cut(roster, room)
		}
		if i > 0 || !bare {
			fmt.Fprintln(w, line)
		}
		if i == 0 {
			continue
		}
		sentence := runs[i-1].Sentence()
		if room < shortestName {
			sentence = report.Cut(roster, columns-2) + ", " + sentence
		}
		fmt.Fprintf(w, "%s", paragraph(sentence, "  ", columns))
	}
}
