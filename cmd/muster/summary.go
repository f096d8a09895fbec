package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"muster/importer"
	"muster/importer/report"
)

// summarise prints the summary of a run and sets the exit code.
func (a *app) summarise(ctx context.Context, show *display, run *importer.Summary, failure error) error {
	in, im := show.roster, show.im
	s := report.Summary{
		Run: run.Run, Status: report.Finished, ExitCode: run.Counts.Exit(), Counts: run.Counts,
		Results: im.ResultsPath, Problems: show.problems.List(),
		Effort: report.Effort{
			Requests: im.API.Requests(), Throttled: run.Throttled, Retries: run.Retries, Elapsed: time.Since(a.began).Seconds(),
		},
		Details: report.Details{
			Notes: show.notes.List(), Updated: run.Updated, Rehearsal: a.settings.simulate, Project: show.projects(nameOf),
			Remarks: append(in.Remarks, run.Remarks...),
		},
	}
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
		s.Status, s.ExitCode, s.Why, s.Results = report.Stopped, exitStopped, failure.Error(), ""
	case run.Stopped != nil:
		s.Status, s.ExitCode, s.Why = report.Stopped, exitStopped, run.Stopped.Message
	case errors.As(context.Cause(ctx), &interrupted) && run.Counts.Pending+run.Counts.Unknown > 0:
		s.Status, s.ExitCode = report.Interrupted, interrupted.exitCode()
	}
	if s.Results != "" {
		if folder := a.archiveFolder(s.ExitCode, nil); folder != "" {
			s.Results = a.archive.Place(s.Results, folder)
		}
	}
	s.Next = a.next(in, s, run.Stopped)
	a.sent, a.summary = true, &s
	if failure == nil && run.Stopped != nil {
		failure = run.Stopped
	}
	if failure != nil {
		e, _ := reasonOf(failure)
		s.Error = &e
		a.complain(failure)
	}
	var unwritten error
	if show.page != nil {
		if unwritten = show.page.Commit(s); unwritten != nil {
			s.ExitCode = max(s.ExitCode, exitRowsLeft)
		}
	}
	a.code = s.ExitCode
	switch {
	case a.settings.json:
		return errors.Join(unwritten, report.WriteJSON(a.answer(), s))
	case a.settings.quiet && s.ExitCode == exitDone:
		return unwritten
	}
	return errors.Join(unwritten, report.WriteText(a.stdout, s, a.width(a.stdout)))
}

// next returns the commands to suggest after a run.
func (a *app) next(in *importer.Roster, s report.Summary, stop *importer.StopError) []string {
	switch {
	case a.settings.simulate && s.ExitCode == exitDone:
		return []string{a.again("import", in.Path, a.settings.unset())}
	case a.settings.simulate:
		return []string{a.again("check", in.Path, "")}
	case s.ExitCode == exitDone:
		return nil
	}
	stoppedByErrors := stop != nil && stop.Code == importer.CodeMaxErrors
	// Rows that were created differ from what was planned, and a pipe is read only once.
	onceOnly := a.settings.plan != "" || importer.Piped(in.Path)
	switch {
	case s.ExitCode == exitRowsLeft, s.Results != "" && (stoppedByErrors || onceOnly):
		return []string{a.again("retry", s.Results, "")}
	case in.Retry:
		return []string{a.again("retry", in.Path, "")}
	}
	return []string{a.again("import", in.Path, "")}
}

// onRoster returns the words of a command on a roster. A roster from a pipe has to be
// sent again.
func onRoster(command, path string) []string {
	if importer.Piped(path) {
		return []string{"… |", "muster", command, "-"}
	}
	return []string{"muster", command, shellWord(path)}
}

// again returns a command with the flags that were given on the command line.
func (a *app) again(command, path, more string) string {
	words := onRoster(command, path)
	for _, f := range a.given {
		switch {
		case f.Name == "simulate" || f.Name == "json" || f.Name == "quiet":
			continue
		case f.Name == "results" && command != "import" && command != "undo":
			continue
		case command == "retry" && (f.Name == "sheet" || f.Name == "header-row" || f.Name == "encoding" || f.Name == "delimiter"):
			continue
		case command == "check" && !a.settings.isCheckFlag(f.Name):
			continue
		case f.Name == "plan" && command == "retry":
			continue
		case f.Value.Type() == "bool" && f.Value.String() != "true":
			words = append(words, "--"+f.Name+"=false")
		case f.Value.Type() == "bool":
			words = append(words, "--"+f.Name)
		default:
			words = append(words, "--"+f.Name, shellWord(f.Value.String()))
		}
	}
	if more != "" {
		words = append(words, more)
	}
	return strings.Join(words, " ")
}

// shellWord quotes word for a shell.
func shellWord(word string) string {
	if strings.HasPrefix(word, "-") && word != "-" { // alone it is the standard input
		word = "./" + word
	}
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:%+,=@", r) || r > 127
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
