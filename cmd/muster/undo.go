package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"muster/importer"
	"muster/importer/outcome"
	"muster/importer/procore"
	"muster/importer/report"
	"muster/importer/text"
)

// undoSettings are the settings of an undo that a config file can't set.
type undoSettings struct{ yes, deactivate bool }

func (a *app) newUndoCommand() *cobra.Command {
	var own undoSettings
	cmd := a.command("undo", func(ctx context.Context, args []string) error { return a.undo(ctx, args[0], own) },
		connectionGroup, ledgerGroup, quotaGroup, paceGroup, outputGroup, "results", "plain", configGroup)
	f := cmd.Flags()
	f.BoolVar(&own.yes, "yes", false, "do not ask")
	f.BoolVar(&own.deactivate, "deactivate", false, "also make the people inactive in the company")
	return cmd
}

// undo takes the people of a run off the project.
func (a *app) undo(ctx context.Context, id string, own undoSettings) (err error) {
	if a.settings.simulate {
		return usageError("an undo can't be rehearsed: a rehearsal creates no people", "muster undo "+text.ShellWord(id)+" without --simulate shows the people first and asks")
	}
	log := a.logger()
	conn, err := a.connect(ctx, log)
	if err != nil {
		return err
	}
	defer conn.Close()
	book, run, err := a.openRun(ctx, id)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	u, err := importer.NewUndo(ctx, conn, book, run.Run)
	if err != nil {
		return err
	}
	connected := a.sayWaits(ctx, conn.Pace)
	project, err := importer.Connect(ctx, conn.API)
	connected()
	if err != nil {
		return err
	}
	u.Deactivate, u.SettleAfter, u.Log = own.deactivate, a.settings.SettleAfter, log
	switch {
	case len(u.People) == 0: // there are no people to report
	case a.isGiven("results"): // the results of a config file are those of an import
		u.ResultsPath = a.settings.results
	default:
		u.ResultsPath = nearName(importer.UndoResultsPath(run.Run))
	}
	where := report.Clean(procore.Named{ID: run.Project, Name: project.Name}.Label())
	if err := a.confirm(ctx, u, where, own.yes); err != nil {
		return err
	}
	release, err := book.Lock(ctx, run.Scope)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	return a.runUndo(ctx, u, where)
}

// confirm shows the people to take off and asks. It returns nil if the undo may begin.
func (a *app) confirm(ctx context.Context, u *importer.Undo, where string, yes bool) error {
	if yes && a.settings.json && !isTerminal(a.stderr) {
		return nil // the output is not watched
	}
	var rows []int
	for _, p := range u.People {
		if !p.Removed {
			rows = append(rows, p.Row)
		}
	}
	ask := !yes && isTerminal(a.stdin) && isTerminal(a.stderr)
	if ask { // the question needs its context
		defer func(quiet bool) { a.settings.quiet = quiet }(a.settings.quiet)
		a.settings.quiet = false
	}
	for _, sentence := range undoSentences(u, rows, where) {
		a.sayWrapped(sentence)
	}
	again := a.suggest("undo", u.Of.ID, "--yes")
	switch {
	case yes, len(rows) == 0 && (len(u.People) == 0 || !u.Deactivate):
		return nil
	case !ask:
		return usageError("nothing was done: an undo needs a confirmation, and there is no terminal to ask at", again)
	}
	fmt.Fprintf(a.stderr, "Go on? Type yes: ")
	answer, err := a.ask(ctx)
	if err != nil {
		return err
	}
	if !strings.EqualFold(strings.TrimSpace(answer), "yes") {
		return usageError("nothing was done: the undo was not confirmed", "answer with the whole word yes, or: "+again)
	}
	return nil
}

// undoSentences says what an undo is about to do. rows are the people still to be
// taken off.
func undoSentences(u *importer.Undo, rows []int, where string) []string {
	created := "no people"
	if len(u.People) > 0 {
		created = text.Plural(len(u.People), "person", "people")
	}
	all := []string{fmt.Sprintf("Run %s of %s, %s, created %s in %s (company %d, project %d).",
		u.Of.ID, u.Of.Started.Local().Format(toTheMinute), report.Clean(filepath.Base(u.Of.Roster)), created, where, u.Of.Company, u.Of.Project)}
	if u.Unsettled > 0 {
		all = append(all, text.Plural(u.Unsettled, "more request of the run is", "more requests of the run are")+
			" unsettled; people created by them are not included. Import the roster again first to settle them.")
	}
	if earlier := len(u.People) - len(rows); earlier > 0 {
		all = append(all, text.Plural(earlier, "person has", "people have")+" been taken off already.")
	}
	switch {
	case len(u.People) == 0:
		return append(all, "There are no people to take off.")
	case len(rows) == 0 && !u.Deactivate:
		return append(all, "All people have been taken off already.")
	}
	plan := "To be taken off the project: " + text.Plural(len(rows), "person", "people") + ", " + rowRanges(rows) + "."
	if u.Deactivate {
		plan += " They are made inactive in the company, too."
	}
	if place := importer.PlaceOf(u.Of, u.Of.Results); place != u.Of.Results {
		plan += " The rows are those of " + report.Clean(place) + "."
	}
	return append(all, plan)
}

// ask reads a line from the terminal until ctx ends. A read from a terminal can't be
// cancelled, so after that the goroutine ends with the program.
func (a *app) ask(ctx context.Context) (string, error) {
	lines := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(a.stdin).ReadString('\n') // also a line that is cut off
		lines <- line
	}()
	select {
	case line := <-lines:
		return line, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// rowRanges lists rows in ranges: "row 2" or "rows 2-5, 9".
func rowRanges(rows []int) string {
	const most = 12
	rows = slices.Compact(slices.Sorted(slices.Values(rows)))
	var parts []string
	for i := 0; i < len(rows); {
		to := i
		for to+1 < len(rows) && rows[to+1] == rows[to]+1 {
			to++
		}
		if len(parts) == most {
			parts = append(parts, fmt.Sprintf("and %s more", text.Number(len(rows)-i)))
			break
		}
		part := strconv.Itoa(rows[i])
		if to > i {
			part += "-" + strconv.Itoa(rows[to])
		}
		parts = append(parts, part)
		i = to + 1
	}
	if len(rows) == 1 {
		return "row " + parts[0]
	}
	return "rows " + strings.Join(parts, ", ")
}

// undoJSON is the JSON of undo: a contract with other programs.
type undoJSON struct {
	Run      string `json:"run"`    // of the undo
	Undone   string `json:"undone"` // the run that was undone
	Status   string `json:"status"`
	ExitCode int    `json:"exit_code"`
	importer.UndoCounts
	Requests int     `json:"requests"`
	Slowed   int     `json:"throttled"`
	Elapsed  float64 `json:"elapsed_s"`
	Results  string  `json:"results"`
}

// runUndo runs the undo and reports it.
func (a *app) runUndo(ctx context.Context, u *importer.Undo, where string) error {
	undone, err := u.Run(ctx)
	if undone == nil {
		return err
	}
	a.sent = true
	s := undoJSON{
		Run: undone.Run, Undone: u.Of.ID, Status: report.Finished, UndoCounts: undone.Counts(), Requests: u.API.Requests(),
		Slowed: undone.Throttled, Elapsed: math.Round(undone.Elapsed.Seconds()*1000) / 1000, Results: undone.Results,
	}
	if !undone.Done() {
		s.ExitCode = outcome.ExitRowsLeft
	}
	var interrupted *interruptError
	switch {
	case undone.Stopped != nil:
		s.Status, s.ExitCode = report.Stopped, outcome.ExitStopped
		a.complain(undone.Stopped)
	case errors.As(context.Cause(ctx), &interrupted) && s.ExitCode != outcome.ExitDone:
		s.Status, s.ExitCode = report.Interrupted, interrupted.exitCode()
	}
	if err != nil {
		s.Status, s.ExitCode = report.Stopped, outcome.ExitStopped
		a.complain(err)
	}
	a.code = s.ExitCode
	return a.print(s, func(p *report.Page) { a.writeUndo(p, s, undone, where) })
}

// writeUndo writes the result of an undo.
func (a *app) writeUndo(p *report.Page, s undoJSON, undone *importer.UndoSummary, where string) {
	line := fmt.Sprintf("%s of %s are off %s.", text.Number(s.Removed), text.Plural(s.People, "person", "people"), where)
	switch s.People {
	case 0:
		line = fmt.Sprintf("Run %s created no people. There is nothing to undo, and no results file was written.", s.Undone)
	case s.Removed:
		line = fmt.Sprintf("%s off %s.", text.Plural(s.People, "person is", "people are"), where)
	}
	if s.Status != report.Finished {
		line += " The undo was " + s.Status + "; requests in flight were finished and recorded."
	}
	p.Line("", "", line)
	type reason struct{ status, code, message string }
	var reasons []reason
	rows := map[reason][]int{}
	for _, person := range undone.People {
		if person.Status == importer.UndoRemoved && person.Code != importer.CodeUndoNotDeactivated {
			continue
		}
		r := reason{string(person.Status), person.Code, person.Message}
		if person.Status == importer.UndoPending {
			r.message = "not done yet"
		}
		if rows[r] == nil {
			reasons = append(reasons, r)
		}
		rows[r] = append(rows[r], person.Row)
	}
	for _, r := range reasons {
		p.Line("  ", "  ", fmt.Sprintf("%s, %s: %s.", r.status, rowRanges(rows[r]), report.Clean(r.message)))
	}
	if s.Results != "" {
		p.Blank()
		p.Copyable("Results: ", s.Results)
	}
	if s.ExitCode != outcome.ExitDone && slices.ContainsFunc(reasons, func(r reason) bool { return r.status != string(importer.UndoKept) }) {
		p.Copyable("Next:    ", a.suggest("undo", s.Undone, ""))
	}
}
