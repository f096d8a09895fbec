package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/importer"
	"muster/importer/outcome"
	"muster/importer/procore"
	"muster/importer/report"
	"muster/importer/results"
	"muster/mapping"
	"muster/ratelimit"
)

func (a *app) newImportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import ROSTER",
		Short: "Create a person for every row of a roster",
		Long: `Create a person in the project for every row of a roster: a CSV file (.csv,
.txt, .tsv; any delimiter and encoding) or a workbook (.xlsx, .ods).

Every row is checked before the first one is sent. The results file pairs each
row with its person's ID or with what is wrong with it. The same command again
goes on where a run was stopped, whatever stopped it, and creates nobody twice.

A results file is taken up again as muster retry does.
` + exitCodesHelp,
		Example: `  muster import samples/crew.csv --simulate
  muster import crew.xlsx --company 1234 --project 5678
  muster import hr-export.csv --config muster.yaml --mapping hr.yaml --quiet`,
		Args: oneArgument("roster"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.attended(cmd.Context(), cmd.Flags(), args[0], func() error {
				return a.runImport(cmd.Context(), args[0], false)
			})
		},
	}
	a.importFlags(cmd.Flags())
	cmd.Flags().StringVar(&a.settings.plan, "plan", "", "`FILE` of a plan that muster check made: import exactly that, or nothing")
	return cmd
}

func (a *app) newRetryCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "retry [RESULTS]",
		Short: "Take up the rows of a results file that have no person yet",
		Long: `Take up the rows of a results file that are invalid, failed, unknown or pending,
as you have corrected them; columns may be moved and rows sorted. Rows that
have a person keep their line. The file is written anew, and the previous one
kept with .bak behind its name.

Without a file, the results of the last run are taken up, of this company and
project if they are set.
` + exitCodesHelp,
		Example: `  muster retry crew.results.xlsx --company 1234 --project 5678
  muster retry`,
		Args: optionalArgument("results file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := ""
			if len(args) == 1 {
				path = args[0]
			} else {
				var err error
				if path, err = a.lastResults(cmd.Context(), cmd.Flags()); err != nil {
					return err
				}
			}
			return a.attended(cmd.Context(), cmd.Flags(), path, func() error {
				return a.runImport(cmd.Context(), path, true)
			})
		},
	}
	a.importFlags(cmd.Flags())
	return cmd
}

func (a *app) importFlags(f *pflag.FlagSet) {
	a.settings.connectionFlags(f)
	a.settings.rosterFlags(f)
	a.settings.workFlags(f)
	a.settings.resultsFlag(f)
	a.settings.outputFlags(f)
}

// runImport imports a roster, or takes a results file up again.
func (a *app) runImport(ctx context.Context, path string, mustBeResults bool) (err error) {
	if mustBeResults {
		a.settings.readAsResults(a.given)
	}
	log := a.logger()
	reviewed, err := a.reviewed()
	if err != nil {
		return err
	}
	in, err := a.openInput(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.close()) }()
	if mustBeResults && !in.retry {
		return notResults(path, in.header)
	}
	mapper, err := in.bind(mapping.Options{})
	if err != nil {
		return err
	}
	target, err := a.settings.resultsPath(in)
	if err != nil {
		return err
	}
	if mapper.ByProject() {
		return a.importProjects(ctx, in, mapper, target, reviewed, log)
	}
	conn, err := a.connect(log)
	if err != nil {
		return err
	}
	defer conn.close()

	book, err := a.openLedger(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, book.close()) }()
	release, err := book.Lock(conn.scope)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()

	intake, end := a.newIntake(ctx)
	defer end(nil)
	project, mapper, err := a.prepare(intake, conn, in, mapper)
	var stop *importer.StopError
	if errors.As(err, &stop) { // every row is pending then, and the results file says so
		intake, end = context.WithCancelCause(ctx)
		end(stop)
	} else if err != nil {
		return err
	}

	job := a.newJob(mapper, conn)
	job.Source, job.Ledger, job.Log = in.source, book.Ledger, log
	job.Command, job.Roster, job.ResultsPath = command(in.retry), path, target
	return a.transfer(intake, job, in, project, reviewed, log)
}

// notResults says why a file can't be taken up again.
func notResults(path string, header []string) error {
	missing := slices.DeleteFunc(results.Columns(), func(name string) bool {
		return slices.ContainsFunc(header, func(heading string) bool { return strings.EqualFold(strings.TrimSpace(heading), name) })
	})
	if len(missing) == len(results.Columns()) {
		return &usageError{path + " is not a results file: it lacks the columns that an import adds", "muster import " + shellWord(path)}
	}
	return &usageError{
		path + " is not a whole results file: it lacks " + strings.Join(missing, ", "),
		"put back what was taken out, or take the file whose name ends in .bak",
	}
}

// newIntake returns what covers the sending of rows, for as long as --max-duration
// lets it go on, and what ends it.
func (a *app) newIntake(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	intake, end := context.WithCancelCause(ctx)
	d := a.settings.maxDuration
	if d <= 0 {
		return intake, end
	}
	over := time.AfterFunc(d, func() { end(importer.MaxDurationOver(d)) })
	return intake, func(why error) {
		over.Stop()
		end(why)
	}
}

func command(retry bool) string {
	if retry {
		return "retry"
	}
	return "import"
}

// prepare finds out whether Procore can be worked with, and what the mapping
// needs to know of the project. A rehearsal leaves classifications as they
// are: only the real project has its own.
func (a *app) prepare(ctx context.Context, conn *connection, in *input, mapper *mapping.Mapper) (procore.Project, *mapping.Mapper, error) {
	defer a.sayWaits(ctx, conn.pace)()
	project, err := importer.Connect(ctx, conn.api)
	if err != nil {
		return project, mapper, err
	}
	if a.settings.simulate || !needsClassifications(mapper) {
		return project, mapper, nil
	}
	known, err := importer.Classifications(ctx, conn.api)
	if err != nil {
		return project, mapper, err
	}
	mapper, err = in.bind(mapping.Options{Classifications: known})
	return project, mapper, err
}

func needsClassifications(m *mapping.Mapper) bool {
	for _, match := range m.Columns() {
		if match.Field == mapping.WorkClassification {
			return true
		}
	}
	return false
}

// transfer checks every row, then imports them, and says what came of it.
func (a *app) transfer(ctx context.Context, job *importer.Job, in *input, project procore.Project, reviewed *importer.Reviewed, log zerolog.Logger) (err error) {
	plan, err := a.plan(ctx, job, in)
	if err != nil {
		return err
	}
	only := &share{job: job, plan: plan}
	if reviewed != nil && ctx.Err() == nil {
		if err := a.keepToPlan(ctx, []*share{only}, in, reviewed); err != nil {
			return err
		}
	}
	requests, err := a.foresee(ctx, []*share{only}, job.Pace)
	if err != nil {
		return err
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	if only.stop != nil {
		end(only.stop)
	}
	a.announce(job, plan, in, project, requests)
	keepHeapClose(plan.Memory())

	job.Results, err = results.Create(job.ResultsPath, in.header, in.resultsOptions(plan.Rows, a.settings.simulate))
	if err != nil {
		return err
	}
	stage, err := a.newStage(ctx, plan.Rows, requests, job.Pace, log)
	if err != nil {
		return errors.Join(err, job.Results.Discard())
	}
	defer func() { err = errors.Join(err, stage.discard()) }()
	stage.follow(job)
	summary, err := job.Run(ctx, plan)
	stage.close()
	if summary == nil {
		return errors.Join(err, job.Results.Discard())
	}
	return a.conclude(ctx, job, in, project, summary, stage, err)
}

// plan reads the whole roster once before anything is sent.
func (a *app) plan(ctx context.Context, job *importer.Job, in *input) (*importer.Plan, error) {
	// A run that may not begin still needs its plan, so that every row is paired.
	var stop *importer.StopError
	if errors.As(context.Cause(ctx), &stop) {
		ctx = context.WithoutCancel(ctx)
	}
	if in.retry {
		if err := job.Paired(ctx); err != nil {
			return nil, err
		}
	}
	plan, err := job.Check(ctx, nil)
	if err != nil {
		return nil, err
	}
	if plan.Rows == 0 {
		return nil, &usageError{in.path + " has no rows below its headings", "check the file; a sheet can be named with --sheet"}
	}
	return plan, nil
}

// findings gathers what the rows' outcomes say: what is wrong with rows that
// have no person, and remarks on those that are settled.
type findings struct{ problems, remarks report.Groups }

// earlierCell is the cell before the message of a row that a retry keeps: rows may
// have moved since, and their numbers say which are meant.
var earlierCell = regexp.MustCompile(`^(?:[^:!]+!)?[A-Z]{1,3}[0-9]+: `)

func (f *findings) add(o outcome.Outcome) {
	if o.Status == outcome.Pending {
		return // why is the run's matter, and said once
	}
	groups := &f.remarks
	if o.Status.Retryable() {
		groups = &f.problems
	}
	for _, p := range o.Problems {
		if p.Code != importer.CodeFiltered { // the user's own wish
			if p.Cell == "" {
				p.Message = earlierCell.ReplaceAllLiteralString(p.Message, "")
			}
			groups.Add(p, o.Row)
		}
	}
}

// keepHeapClose has the garbage collector leave about the same room above what
// is in use, however much a plan holds on to. By default it would leave as much
// again as the plan takes, though nothing of a plan ever becomes garbage, and
// work hard for a few megabytes where the plan is small.
func keepHeapClose(held int) {
	const base, room = 8 << 20, 20 << 20
	debug.SetGCPercent(100 * room / (base + held))
}

// foresee returns how many requests the rows will take: those that are in the
// project already take none. Where nobody is told, or how long a request takes is
// not known, it is not worth a look. What keeps a project's people from being
// listed is what stops its run.
func (a *app) foresee(ctx context.Context, shares []*share, pace *ratelimit.Pace) (requests int, err error) {
	defer a.sayWaits(ctx, pace)()
	_, known := pace.Forecast(1)
	for i, s := range shares {
		if s.stop != nil || s.plan.Create == 0 {
			continue
		}
		if a.settings.quiet || !known || ctx.Err() != nil {
			requests += s.plan.Create
			continue
		}
		plan := s.plan
		if i > 0 { // its run may begin hours later, and lists the people anew
			later := *s.plan
			plan = &later
		}
		foreseen, err := s.job.Foresee(ctx, plan, nil)
		switch {
		case err == nil:
			requests += foreseen.Counts.Pending + foreseen.Updates
		case !errors.As(err, &s.stop) && ctx.Err() == nil:
			return 0, err
		}
	}
	return requests, nil
}

// announce says what is about to happen.
func (a *app) announce(job *importer.Job, plan *importer.Plan, in *input, project procore.Project, requests int) {
	if a.settings.quiet || a.settings.json && !isTerminal(a.stderr) {
		return
	}
	estimate, _ := job.Pace.Forecast(requests)
	a.talkPlan(report.Plan{Rows: plan.Rows, Roster: in.called(), Project: a.called(project, job.Scope.Project), Estimate: estimate, Rehearsal: a.settings.simulate})
	if plan.Invalid > 0 {
		a.talk("%s invalid and will not be sent; the summary and the results file say why.", rowsAre(plan.Invalid))
	}
}

// called is a project as it is in Procore's list of them, and in the settings: by its
// name, if that could be had, and its number, unless a rehearsal has made that up.
func (a *app) called(project procore.Project, id int64) string {
	number := fmt.Sprintf("project %d", id)
	switch {
	case project.Name == "":
		return number
	case strings.EqualFold(project.Name, number), a.settings.simulate && a.settings.project == 0:
		return project.Name
	}
	return fmt.Sprintf("%s (%s)", project.Name, number)
}

func (a *app) talkPlan(plan report.Plan) {
	columns := a.width(a.stderr)
	if a.logsJSON() {
		columns = math.MaxInt
	}
	var text strings.Builder
	_ = report.WritePlan(&text, plan, columns) // a builder takes everything
	a.talk("%s", strings.TrimSuffix(text.String(), "\n"))
}

func rowsAre(n int) string {
	if n == 1 {
		return "1 row is"
	}
	return fmt.Sprintf("%d rows are", n)
}

// nameOf returns how to find a row's name among its cells, for the report.
func nameOf(m *mapping.Mapper) func(cells []string) string {
	var columns []int
	for _, field := range []mapping.Field{mapping.FirstName, mapping.LastName} {
		for _, match := range m.Columns() {
			if match.Field == field && match.Column >= 0 && !slices.Contains(columns, match.Column) {
				columns = append(columns, match.Column)
			}
		}
	}
	return func(cells []string) string {
		var words []string
		for _, c := range columns {
			if c < len(cells) {
				words = append(words, strings.TrimSpace(cells[c]))
			}
		}
		return strings.TrimSpace(strings.Join(words, " "))
	}
}

func eventOf(t importer.Trouble) report.Event {
	if t == importer.Throttled {
		return report.EventThrottled
	}
	return report.EventFault
}

// conclude says what came of a run, and with which exit code it ends.
func (a *app) conclude(ctx context.Context, job *importer.Job, in *input, project procore.Project, run *importer.Summary, stage *stage, failure error) error {
	s := report.Summary{
		Run: run.Run, Status: report.Finished, ExitCode: run.Counts.Exit(), Counts: run.Counts,
		Requests: job.API.Requests(), Throttled: run.Throttled, Retries: run.Retries, Elapsed: time.Since(a.began).Seconds(),
		Results: job.ResultsPath, Problems: stage.found.problems.List(), Remarked: stage.found.remarks.List(),
		Rehearsal: a.settings.simulate, Project: project.Name, Parts: stage.parts, Remarks: append(in.remarks, job.Results.Remarks()...),
	}
	if a.settings.simulate && needsClassifications(job.Mapper) {
		s.Remarks = append(s.Remarks, "work classifications are taken as they are in a rehearsal; muster check finds out whether the project has them")
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
		s.Results = a.filing.later(s.Results, s.ExitCode)
	}
	s.Next = a.next(in, job, s, run.Stopped)
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
	if stage.page != nil {
		if unwritten = stage.page.Commit(s); unwritten != nil {
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

// next returns the commands that go on from here, as to be typed.
func (a *app) next(in *input, job *importer.Job, s report.Summary, stop *importer.StopError) []string {
	switch {
	case s.ExitCode == exitDone && !a.settings.simulate:
		return nil
	case a.settings.simulate && s.ExitCode == exitDone:
		return []string{a.again("import", in.path, a.settings.unset())}
	case a.settings.simulate:
		return []string{a.again("check", in.path, "")}
	case stop != nil && stop.Code == importer.CodeMaxErrors && s.Results != "":
		return []string{a.again("retry", s.Results, "")}
	case s.ExitCode == exitRowsLeft || a.settings.plan != "" && s.Results != "": // what has been created is no longer as it was planned
		return []string{a.again("retry", s.Results, "")}
	}
	return []string{a.again(job.Command, in.path, "")}
}

// again returns a command with the flags that were given on the command line.
func (a *app) again(command, path, more string) string {
	words := []string{"muster", command, shellWord(path)}
	for _, f := range a.given {
		switch {
		case f.Name == "simulate" || f.Name == "json" || f.Name == "quiet":
			continue
		case f.Name == "results" && command != "import":
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

// shellWord returns word as a shell takes it for one.
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
