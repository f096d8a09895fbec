package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rs/zerolog"
	"github.com/spf13/pflag"

	"muster/importer"
	"muster/importer/procore"
	"muster/importer/report"
	"muster/importer/results"
	"muster/importer/roster"
	"muster/mapping"
)

// share is the part of a roster for one project, with a separate run, lock and list of
// people.
type share struct {
	project procore.Project
	job     *importer.Job
	plan    *importer.Validation
	stop    *importer.StopError // why nothing can be sent to this project; nil mostly
	part    string              // its results, until those of all projects are put together; "" for a single project
	summary *importer.Summary
}

// importProjects imports a roster whose mapping takes the project from each row. The
// projects' runs follow one another, because they share the quota.
func (a *app) importProjects(ctx context.Context, in *input, mapper *mapping.Mapper, target string, reviewed *importer.PlanFile, log zerolog.Logger) (err error) {
	division, err := a.divide(ctx, in, mapper)
	if err != nil {
		return err
	}
	conn, err := a.connect(log, division.Projects[1:]...)
	if err != nil {
		return err
	}
	defer conn.close()
	book, err := a.openLedger(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, book.close()) }()
	for _, id := range division.Projects {
		release, err := book.Lock(conn.in(id).scope)
		if err != nil {
			return err
		}
		defer func() { _ = release() }() // the process's end would do as well
	}
	a.pingStart(ctx)
	intake, end := a.newIntake(ctx)
	defer end(nil)

	var shares []*share
	rows := 0
	for _, id := range division.Projects {
		s, err := a.newShare(intake, conn.in(id), in, mapper)
		if err != nil {
			return err
		}
		s.job.Ledger, s.job.Source, s.job.Log = book.Ledger, division.Source(id), log
		s.job.Command, s.job.Roster, s.job.ResultsPath = command(in.retry), in.path, target
		s.part = partOf(target, id)
		if s.plan, err = a.plan(intake, s.job, in); err != nil {
			return err
		}
		shares, rows = append(shares, s), rows+s.plan.Rows
	}
	if stop := unreachable(shares); stop != nil {
		end(stop)
	}
	if reviewed != nil && intake.Err() == nil {
		if err := a.keepToPlan(intake, shares, in, reviewed); err != nil {
			return err
		}
	}
	into, err := results.Create(target, in.header, in.resultsOptions(rows, a.settings.simulate))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, into.Discard()) }()
	requests, err := a.foresee(intake, shares, conn.pace)
	if err != nil {
		return err
	}
	if stop := unreachable(shares); stop != nil { // the people of a project can't be listed
		end(stop)
	}
	a.announceProjects(shares, in, conn, requests)

	stage, err := a.newDisplay(intake, rows, requests, conn.pace, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stage.discard()) }()
	failure := runShares(intake, end, shares, in, stage)
	if failure == nil {
		failure = collate(division, shares, into)
	}
	stage.close()
	for _, s := range shares {
		_ = os.Remove(s.part) // it may not be there
	}
	total := *shares[0].job
	total.Results = into
	sum := stage.sum(shares)
	if stop := unreachable(shares); stop != nil {
		sum.Stopped = stop
	}
	return a.summarise(intake, &total, in, projectOf(shares), sum, stage, failure)
}

// unreachable returns the reason to send nothing to any project, or nil if all projects
// can be reached. Often a project number was mistyped; sending the other rows would
// create people by a wrong roster.
func unreachable(shares []*share) *importer.StopError {
	var first *importer.StopError
	var words, fixes []string
	reached := false
	for _, s := range shares {
		if s.stop == nil {
			reached = true
			continue
		}
		if first == nil {
			first = s.stop
		}
		if !slices.Contains(words, s.stop.Message) {
			words = append(words, s.stop.Message)
		}
		if !slices.Contains(fixes, s.stop.Fix) {
			fixes = append(fixes, s.stop.Fix)
		}
	}
	if first == nil {
		return nil
	}
	all := *first
	all.Message, all.Fix = strings.Join(words, "; "), strings.Join(fixes, "; ")
	if reached {
		all.Message += "; nothing is sent to any project"
	}
	return &all
}

// divide finds out which projects the rows go to. The first one is then the
// one to connect to.
func (a *app) divide(ctx context.Context, in *input, mapper *mapping.Mapper) (*importer.ProjectSplit, error) {
	if slices.ContainsFunc(a.given, func(f *pflag.Flag) bool { return f.Name == "project" }) {
		return nil, usageError("--project is given, and the mapping file takes the project from each row", "leave one of the two out")
	}
	division, err := importer.SplitByProject(ctx, in.source, mapper)
	if err != nil {
		return nil, err
	}
	if len(division.Projects) == 0 {
		return nil, usageError("no row of "+in.path+" says which project it goes to", "see project in "+a.settings.mapping+", and correct the rows")
	}
	a.settings.project = division.Projects[0]
	return division, nil
}

// partOf names the results file of a single project.
func partOf(target string, project int64) string {
	return filepath.Join(filepath.Dir(target), fmt.Sprintf(".%s.%d.jsonl", filepath.Base(target), project))
}

// in returns the connection to another project of the company.
func (c *connection) in(project int64) *connection {
	other := *c
	other.api, other.scope.Project = c.api.ForProject(project), project
	return &other
}

// newShare connects to a project and reads what the mapping needs of it.
func (a *app) newShare(ctx context.Context, conn *connection, in *input, mapper *mapping.Mapper) (*share, error) {
	s := &share{}
	var err error
	s.project, mapper, err = a.prepare(ctx, conn, in, mapper)
	if err != nil && !errors.As(err, &s.stop) {
		return nil, err
	}
	if s.stop != nil && s.stop.OfProject() { // of several, the one that is meant
		stop := *s.stop
		stop.Message = fmt.Sprintf("project %d: %s", conn.scope.Project, stop.Message)
		stop.Fix = "check the project's number in the roster or the mapping file, and the service account's Permitted Projects"
		s.stop = &stop
	}
	if s.project.Name == "" {
		s.project.Name = fmt.Sprintf("project %d", conn.scope.Project)
	}
	s.job = a.newJob(mapper, conn)
	return s, nil
}

// newJob returns a job by the settings. Without a connection the job can only check.
func (a *app) newJob(mapper *mapping.Mapper, conn *connection) *importer.Job {
	job := &importer.Job{
		Mapper: mapper, Workers: a.settings.workers, AllowNamesakes: a.settings.allowNamesakes, Update: a.settings.update,
		RecreateRemoved: a.settings.recreateRemoved, SettleAfter: a.settings.settleAfter, MaxErrors: a.settings.maxErrors.limit,
	}
	if conn != nil {
		job.API, job.Pace, job.Scope = conn.api, conn.pace, conn.scope
	}
	return job
}

func (a *app) announceProjects(shares []*share, in *input, conn *connection, requests int) {
	if a.settings.quiet || a.settings.json && !isTerminal(a.stderr) {
		return
	}
	rows, invalid := 0, 0
	for _, s := range shares {
		rows, invalid = rows+s.plan.Rows, invalid+s.plan.Invalid
	}
	estimate, _ := conn.pace.Forecast(requests)
	called := together(shares, func(s *share) string { return a.called(s.project, s.job.Scope.Project) })
	a.talkPlan(report.Plan{Rows: rows, Roster: in.called(), Project: called, Estimate: estimate, Rehearsal: a.settings.simulate})
	if invalid > 0 {
		a.talk("%s invalid and will not be sent; the summary and the results file say why.", rowsAre(invalid))
	}
}

// runShares runs the projects in turn.
func runShares(intake context.Context, end context.CancelCauseFunc, shares []*share, in *input, stage *display) (err error) {
	for _, s := range shares {
		s.job.Results, err = results.Create(s.part, in.header, results.Options{})
		if err != nil {
			return err
		}
		stage.follow(s.job)
		base := intake
		if s.stop != nil {
			base = context.WithoutCancel(intake) // whatever ends the others, this is why it was not begun
		}
		own, stop := context.WithCancelCause(base)
		if s.stop != nil {
			stop(s.stop)
		}
		s.summary, err = s.job.Run(own, s.plan)
		stop(nil)
		if err != nil {
			return errors.Join(err, s.job.Results.Discard())
		}
		if why := s.summary.Stopped; why != nil && !why.OfProject() {
			end(why)
		}
	}
	return nil
}

// collate puts the results of all projects together, in the roster's order.
func collate(division *importer.ProjectSplit, shares []*share, into *results.Writer) (err error) {
	parts := map[int64]*results.Reader{}
	for _, s := range shares {
		part, err := results.Open(s.part, roster.Options{})
		if err != nil {
			return err
		}
		defer func() { _ = part.Close() }() // it was read only
		parts[s.job.Scope.Project] = part
	}
	return division.MergeResults(parts, into)
}

// sum returns the summary of all runs together and keeps each run's counts.
func (stage *display) sum(shares []*share) *importer.Summary {
	total := &importer.Summary{}
	for _, s := range shares {
		one := s.summary
		if one == nil { // a run before it failed
			continue
		}
		if total.Run == "" {
			total.Run = one.Run
		}
		total.Counts = total.Counts.Plus(one.Counts)
		total.Updated += one.Updated
		total.Retries += one.Retries
		total.Throttled += one.Throttled
		total.Elapsed += one.Elapsed
		if total.Stopped == nil {
			total.Stopped = one.Stopped
		}
		stage.parts = append(stage.parts, report.Part{Project: s.job.Scope.Project, Name: s.project.Name, Run: one.Run, Counts: one.Counts})
	}
	return total
}

// projectOf names all projects together.
func projectOf(shares []*share) procore.Project {
	if len(shares) == 1 {
		return shares[0].project
	}
	return procore.Project{Name: together(shares, func(s *share) string { return s.project.Name })}
}

// together lists the projects in words, or says how many there are.
func together(shares []*share, call func(*share) string) string {
	if len(shares) > 3 {
		return fmt.Sprintf("%d projects", len(shares))
	}
	var names []string
	for _, s := range shares {
		names = append(names, call(s))
	}
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
