package main

import (
	"context"
	"errors"
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
)

func (a *app) newImportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import ROSTER",
		Short: "Create a person for every row of a roster",
		Long: `Create a person in the project for every row of a roster: a CSV file (.csv,
.txt, .tsv; any delimiter and encoding) or a workbook (.xlsx, .ods).

Every row is checked before the first one is sent. The results file pairs each
row with its person's ID or with what is wrong with it. The same command again
continues a stopped run and creates no person twice.

A results file is imported as by muster retry.
` + exitCodesHelp,
		Example: `  muster import samples/crew.csv --simulate
  muster import crew.xlsx --company 1234 --project 5678
  muster import hr-export.csv --config muster.yaml --mapping hr.yaml --quiet`,
		Args: oneArgument("roster"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withHooks(cmd.Context(), cmd.Flags(), args[0], func() error {
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
		Short: "Import the rows of a results file that have no person yet",
		Long: `Import the rows of a results file that are invalid, failed, unknown or pending,
as you corrected them. You may move columns and sort rows. Rows that have a
person keep their line. muster rewrites the file and keeps the previous one
as .bak.

Without a file, muster uses the results of the last run, of this company and
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
			return a.withHooks(cmd.Context(), cmd.Flags(), path, func() error {
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
	a.pingStart(ctx)

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

// notResults returns the error for a file that is not a results file.
func notResults(path string, header []string) error {
	missing := slices.DeleteFunc(results.Columns(), func(name string) bool {
		return slices.ContainsFunc(header, func(heading string) bool { return strings.EqualFold(strings.TrimSpace(heading), name) })
	})
	if len(missing) == len(results.Columns()) {
		return usageError(path+" is not a results file: it lacks the columns that an import adds", strings.Join(onRoster("import", path), " "))
	}
	return usageError(
		path+" is not a whole results file: it lacks "+strings.Join(missing, ", "),
		"put back what was taken out, or take the file whose name ends in .bak",
	)
}

// newIntake returns a context that ends after --max-duration, and the function that ends
// it.
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

// prepare connects to Procore and reads what the mapping needs of the project. A
// rehearsal accepts every classification, since only the real project has a list.
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

// transfer checks every row, imports the rows and prints the summary.
func (a *app) transfer(ctx context.Context, job *importer.Job, in *input, project procore.Project, reviewed *importer.PlanFile, log zerolog.Logger) (err error) {
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
	stage, err := a.newDisplay(ctx, plan.Rows, requests, job.Pace, log)
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
	return a.summarise(ctx, job, in, project, summary, stage, err)
}

// plan reads the whole roster once before anything is sent.
func (a *app) plan(ctx context.Context, job *importer.Job, in *input) (*importer.Validation, error) {
	// A run that may not begin still needs its plan, so that every row is paired.
	var stop *importer.StopError
	if errors.As(context.Cause(ctx), &stop) {
		ctx = context.WithoutCancel(ctx)
	}
	if in.retry {
		if err := job.VerifyResults(ctx); err != nil {
			return nil, err
		}
	}
	plan, err := job.Validate(ctx, nil)
	if err != nil {
		return nil, err
	}
	if plan.Rows == 0 {
		return nil, usageError(in.path+" has no rows below its headings", "check the file; a sheet can be named with --sheet")
	}
	return plan, nil
}

// findings collects the problems and notes of the rows for the summary.
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

// nameOf returns a function that finds a person's name in the cells of a row, for the
// report.
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
