package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/importer"
	"muster/importer/outcome"
	"muster/importer/report"
	"muster/mapping"
)

// summarise returns the summary of a run.
func (a *app) summarise(ctx context.Context, show *display, run *importer.Summary, failure error) (*report.Summary, error) {
	in, im := show.roster, show.im
	s := show.Summary(im, run)
	s.Status, s.ExitCode, s.Elapsed = report.Finished, run.Counts.Exit(), time.Since(a.began).Seconds()
	s.Project, s.Remarks = show.projects(nameOf), append(in.Remarks, run.Remarks...)
	if in.Mapper.ByProject() {
		for _, p := range run.Projects {
			s.Parts = append(s.Parts, report.Part{Project: p.Project.ID, Name: p.Project.Name, Run: p.Run, Counts: p.Counts})
		}
	}
	if a.settings.simulate && in.NeedsClassifications() {
		s.Remarks = append(s.Remarks, "a rehearsal accepts every work classification; muster check finds out whether the project has them")
	}
	var interrupted *interruptError
	switch {
	case failure != nil:
		s.Status, s.ExitCode, s.Why, s.Results = report.Stopped, outcome.ExitStopped, failure.Error(), ""
	case run.Stopped != nil:
		s.Status, s.ExitCode, s.Why = report.Stopped, outcome.ExitStopped, run.Stopped.Message
	case errors.As(context.Cause(ctx), &interrupted) && run.Counts.Pending+run.Counts.Unknown > 0:
		s.Status, s.ExitCode = report.Interrupted, interrupted.exitCode()
	}
	if s.Results != "" {
		if folder := a.archiveFolder(s.ExitCode, nil); folder != "" {
			s.Results = a.archive.Place(s.Results, folder)
		}
	}
	s.Next = a.next(in, s, run.Stopped)
	if a.inJob && s.ExitCode == outcome.ExitRowsLeft && a.archiveFolder(s.ExitCode, nil) == "" { // the roster stays where the next comes
		s.Next, s.Remarks = "", append(s.Remarks, atSource(in, s.Problems))
	}
	if failure == nil && run.Stopped != nil {
		failure = run.Stopped
	}
	if failure != nil {
		s.Error = reasonOf(failure)
		if a.settings.Slice == 0 || s.Error.Code != importer.CodeMaxDuration { // else the worker goes on
			a.complain(failure)
		}
	}
	var unwritten error
	if show.page != nil {
		if unwritten = show.page.Commit(s); unwritten != nil {
			s.ExitCode = max(s.ExitCode, outcome.ExitRowsLeft)
		}
	}
	return &s, unwritten
}

// printSummary prints the summary of a run. A job prints the JSON of all its runs.
func (a *app) printSummary(s report.Summary) error {
	if a.settings.json && a.inJob {
		return nil
	}
	return a.print(s.ForJSON(), s.Show)
}

// atSource says where to correct the rows of a job. The roster is made anew for every run, so
// a corrected results file helps once.
func atSource(in *importer.Roster, problems []outcome.Group) string {
	var sources []string
	firstNames := ""
	for _, column := range in.Mapper.Columns() {
		field := string(column.Field)
		wrong := slices.ContainsFunc(problems, func(g outcome.Group) bool { return g.Field == field })
		switch {
		case column.Field == mapping.FirstName:
			firstNames = column.Heading
		case column.Field == mapping.LastName && column.Heading == firstNames:
			field = "full_name"
		}
		if wrong && column.Heading != "" {
			sources = append(sources, fmt.Sprintf("%q (%s: {column: %s})", column.Heading, field, column.Heading))
		}
	}
	advice := "correct it at the source: the next run of the job reads a new roster from there"
	if sources == nil {
		return advice
	}
	return advice + ", or the mapping of " + strings.Join(sources, ", ")
}

// next returns the command to suggest after a run, or "".
func (a *app) next(in *importer.Roster, s report.Summary, stop *importer.StopError) string {
	switch {
	case a.settings.simulate && s.ExitCode == outcome.ExitDone:
		return a.suggest("import", in.Path, a.settings.unset())
	case a.settings.simulate:
		return a.suggest("check", in.Path, "")
	case s.ExitCode == outcome.ExitDone:
		return ""
	}
	stoppedByErrors := stop != nil && stop.Code == importer.CodeMaxErrors
	// Rows that were created differ from what was planned, and a pipe is read only once.
	onceOnly := a.settings.plan != "" || importer.Piped(in.Path)
	switch {
	case s.ExitCode == outcome.ExitRowsLeft, s.Results != "" && (stoppedByErrors || onceOnly):
		return a.suggest("retry", s.Results, "")
	case in.Retry:
		return a.suggest("retry", in.Path, "")
	}
	return a.suggest("import", in.Path, "")
}
