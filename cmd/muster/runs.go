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

func (a *app) newPruneCommand() *cobra.Command {
	var age ageFlag
	cmd := &cobra.Command{
		Use:   "prune --older-than AGE",
		Short: "Forget old runs; who was created stays known",
		Long: `Forget the runs that started longer ago than that, and their requests. What
keeps people from being created twice stays: who has been created, and every
request whose outcome is not known, with its run. A run that is forgotten can't
be undone any more.

Exit codes:
  0  they are forgotten
  2  the ledger can't be read or written`,
		Example: `  muster runs prune --older-than 400d`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.pruneRuns(cmd.Context(), cmd.Flags(), age)
		},
	}
	a.recordFlags(cmd.Flags())
	cmd.Flags().Var(&age, "older-than", "`AGE` in days or hours, such as 400d or 36h")
	return cmd
}

// recordFlags are those of commands that look at nothing but the ledger.
func (a *app) recordFlags(f *pflag.FlagSet) {
	a.settings.ledgerFlag(f)
	a.settings.configFlag(f)
	f.BoolVar(&a.settings.json, "json", false, "print one JSON object on standard output")
	f.BoolVar(&a.settings.quiet, "quiet", false, "print no headings and no remarks")
	a.settings.plainFlag(f)
}

// runJSON is one run as --json shows it: a contract with other programs.
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
		return &usageError{fmt.Sprintf("--limit %d is less than none", limit), "--limit 0 lists all"}
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

// describe completes a run with what its undoing came to, if it is one.
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
		return "undo: " + count(*r.Removed, "person", "people") + " taken off the project"
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
	return r.Command + ": " + count(r.Rows, "row", "rows") + ": " + strings.Join(parts, ", ")
}

func (a *app) showRun(ctx context.Context, flags *pflag.FlagSet, id string) (err error) {
	if err := a.begin(flags); err != nil {
		return err
	}
	book, run, err := a.openRun(ctx, id)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	one, err := describe(ctx, book, run)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(a.stdout)
	if a.settings.json {
		a.answered = true
		err = writeRunJSON(ctx, out, book, one)
	} else {
		err = a.writeRun(ctx, out, book, one)
	}
	return errors.Join(err, out.Flush())
}

// attemptJSON is one request for a row as --json shows it.
type attemptJSON struct {
	Row        int            `json:"row"`
	Attempt    int            `json:"attempt"` // of this person, over all runs
	Sent       time.Time      `json:"sent"`
	Answered   *time.Time     `json:"answered"`
	State      string         `json:"state"`
	Status     outcome.Status `json:"status"`
	Code       string         `json:"code"`
	PersonID   string         `json:"person_id"` // text, as it may exceed what other programs hold as a number
	HTTPStatus int            `json:"http_status"`
	RequestID  string         `json:"request_id"`
}

// writeRunJSON writes a run with its attempts, of which it holds one page at a time.
func writeRunJSON(ctx context.Context, w io.Writer, book *ledger.Ledger, run runJSON) error {
	head, err := json.Marshal(run)
	if err != nil {
		return fmt.Errorf("write the run: %w", err)
	}
	fmt.Fprintf(w, "%s,\"attempts\":[", strings.TrimSuffix(string(head), "}"))
	first := true
	for t, err := range book.Attempts(ctx, run.Run) {
		if err != nil {
			return err
		}
		one := attemptJSON{
			Row: t.Row, Attempt: t.Attempt, Sent: t.Sent, State: t.State.String(), Status: t.Status, Code: t.Code,
			HTTPStatus: t.HTTPStatus, RequestID: t.RequestID,
		}
		if !t.Ended.IsZero() {
			one.Answered = &t.Ended
		}
		if t.PersonID != 0 {
			one.PersonID = strconv.FormatInt(t.PersonID, 10)
		}
		text, err := json.Marshal(one)
		if err != nil {
			return fmt.Errorf("write row %d: %w", t.Row, err)
		}
		if !first {
			fmt.Fprintf(w, ",")
		}
		first = false
		fmt.Fprintf(w, "%s", text)
	}
	fmt.Fprintln(w, "]}")
	return nil
}

// writeRun writes a run for people: a line a request, which fits 80 columns
// unless its code is long; the request's ID then has a line of its own.
func (a *app) writeRun(ctx context.Context, w io.Writer, book *ledger.Ledger, run runJSON) error {
	columns := a.width(a.stdout)
	day := run.Started.Local().Format(time.DateOnly)
	times := "started " + run.Started.Local().Format(time.DateTime)
	if run.Ended != nil {
		times += ", ended " + run.Ended.Local().Format(time.DateTime)
	}
	if !a.settings.quiet {
		for _, text := range []string{
			fmt.Sprintf("Run %s: %s", run.Run, run.Status),
			run.sentence(),
			times,
			fmt.Sprintf("company %d, project %d at %s", run.Company, run.Project, run.API),
		} {
			fmt.Fprintf(w, "%s", paragraph(report.Clean(text), "", columns))
		}
		if a.settings.plain {
			fmt.Fprintf(w, "Roster: %s\nResults: %s\n", report.Clean(run.Roster), report.Clean(run.Results))
		} else {
			fmt.Fprintf(w, "roster  %s\nresults %s\n\n%6s %-8s %-8s %4s %-12s %s\n", report.Clean(run.Roster), report.Clean(run.Results), "ROW", "SENT", "OUTCOME", "HTTP", "CODE", "REQUEST ID")
		}
	}
	none := true
	for t, err := range book.Attempts(ctx, run.Run) {
		if err != nil {
			return err
		}
		none = false
		if a.settings.plain {
			fmt.Fprintln(w, saidOf(t, run.Removed != nil))
			continue
		}
		sent := t.Sent.Local()
		if today := sent.Format(time.DateOnly); today != day {
			day = today
			fmt.Fprintf(w, "%6s on %s\n", "", day)
		}
		http := ""
		if t.HTTPStatus != 0 {
			http = strconv.Itoa(t.HTTPStatus)
		}
		line := fmt.Sprintf("%6d %s %-8s %4s %-12s ", t.Row, sent.Format("15:04:05"), became(t, run.Removed != nil), http, report.Clean(t.Code))
		request := report.Clean(t.RequestID)
		if len(line)+len(request) > columns && request != "" {
			line = strings.TrimRight(line, " ") + "\n" + strings.Repeat(" ", 8)
		}
		fmt.Fprintln(w, strings.TrimRight(line+request, " "))
	}
	if none && !a.settings.quiet {
		fmt.Fprintln(w, "no row needed a request")
	}
	return nil
}

// saidOf says in a sentence what became of an attempt.
func saidOf(t ledger.Attempt, undo bool) string {
	text := fmt.Sprintf("Row %d: sent %s, %s", t.Row, t.Sent.Local().Format(time.DateTime), became(t, undo))
	if t.HTTPStatus != 0 {
		text += fmt.Sprintf(", HTTP status %d", t.HTTPStatus)
	}
	if t.Code != "" {
		text += ", code " + report.Clean(t.Code)
	}
	if t.RequestID != "" {
		text += ", request " + report.Clean(t.RequestID)
	}
	return text
}

// became says in a word what became of an attempt.
func became(t ledger.Attempt, undo bool) string {
	switch {
	case t.State == ledger.Intended:
		return "in doubt"
	case t.State == ledger.Removed && t.Code == importer.CodeUndoGone:
		return "gone"
	case t.State == ledger.Created && undo:
		return "kept"
	case t.Status != "":
		return string(t.Status)
	}
	return t.State.String()
}

func (a *app) pruneRuns(ctx context.Context, flags *pflag.FlagSet, age ageFlag) (err error) {
	if err := a.begin(flags); err != nil {
		return err
	}
	if age.age == 0 {
		return &usageError{"--older-than is not set: how old must a run be to be forgotten?", "muster runs prune --older-than 400d"}
	}
	book, path, err := a.openRecord(ctx)
	if err != nil {
		return err
	}
	var pruned ledger.Pruned
	if book == nil {
		a.talk("There is no ledger %s yet.", report.Clean(path))
	} else {
		defer func() { err = errors.Join(err, book.Close()) }()
		if pruned, err = book.Prune(ctx, time.Now().Add(-age.age)); err != nil {
			return err
		}
	}
	switch {
	case a.settings.json:
		return json.NewEncoder(a.answer()).Encode(struct {
			Runs     int `json:"runs"`
			Attempts int `json:"attempts"`
			Kept     int `json:"kept"`
		}{pruned.Runs, pruned.Attempts, pruned.Kept})
	case a.settings.quiet:
		return nil
	}
	text := fmt.Sprintf("Forgotten: %s with %s. Who has been created is still known.",
		count(pruned.Runs, "run", "runs"), count(pruned.Attempts, "request", "requests"))
	if pruned.Kept > 0 {
		text += fmt.Sprintf(" Kept: %s as old, still at work or with requests in doubt.", count(pruned.Kept, "run", "runs"))
	}
	_, err = io.WriteString(a.stdout, paragraph(text, "", a.width(a.stdout)))
	return err
}
