package main

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/importer"
	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/report"
	"muster/mapping"
)

func (a *app) newCheckCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check ROSTER",
		Short: "Find every problem of a roster without sending anything",
		Long: `Read, map and check a roster as muster import does, and send nothing. Every
problem is shown with its cell, the reason and what to do; --results writes the
roster with all of them marked, to be corrected there and imported.

With company, project and credentials it also finds out who is in the project
already, looks work classifications up, and says how many requests an import
would make and how long it would take. --plan keeps what it found in a file:
muster import --plan then does exactly that, or nothing.

Exit codes:
  0    every row can be sent, is there already, or is left out on purpose
  1    some rows are invalid
  2    the roster or its mapping can't be read
  3    the project could not be looked at (credentials, permission, network)
  130  interrupted (143 by SIGTERM)`,
		Example: `  muster check crew.xlsx
  muster check crew.csv --mapping mapping.yaml --results crew.checked.csv
  muster check crew.xlsx --plan crew.plan.json`,
		Args: oneArgument("roster"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.check(cmd.Context(), cmd.Flags(), args[0])
		},
	}
	a.settings.checkFlags(cmd.Flags())
	return cmd
}

func (a *app) check(ctx context.Context, flags *pflag.FlagSet, path string) (err error) {
	if err := a.begin(flags); err != nil {
		return err
	}
	// What a config file says is where an import's results go.
	isResults := func(f *pflag.Flag) bool { return f.Name == "results" }
	if !slices.ContainsFunc(a.given, isResults) {
		a.settings.results = ""
	}
	a.given = slices.DeleteFunc(a.given, isResults) // nor is it said for the next command
	in, err := a.openInput(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.close()) }()
	mapper, err := in.bind(mapping.Options{})
	if err != nil {
		return err
	}
	look, err := a.lookUp(ctx, in, mapper)
	defer func() { err = errors.Join(err, look.close()) }()
	if err != nil {
		return err
	}
	if err := a.mayPlan(look); err != nil {
		return err
	}
	marked, err := a.createAnnotated(in, look)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, marked.discard()) }()

	var found findings
	var foreseen *importer.DryRunResult
	for _, s := range look.shares {
		if s.plan, err = a.plan(ctx, s.job, in); err != nil {
			return err
		}
		if err := marked.begin(s); err != nil {
			return err
		}
		each := func(cells []string, o outcome.Outcome) error {
			found.add(o)
			return marked.write(cells, o)
		}
		own, err := s.job.DryRun(ctx, s.plan, each)
		if errors.As(err, &s.stop) { // before the first row
			s.job.API = nil
			own, err = s.job.DryRun(ctx, s.plan, each)
		}
		if err != nil {
			return err
		}
		foreseen = joined(foreseen, own)
	}
	if err := marked.commit(look); err != nil {
		return err
	}
	planned := ""
	if a.settings.plan != "" && look.done() {
		content, err := a.mappingContent(in)
		if err != nil {
			return err
		}
		if err := look.shares[0].job.PlanFile(foreseen, content).Save(a.settings.plan); err != nil {
			return err
		}
		planned = a.settings.plan
	}
	return a.reportCheck(in, look, foreseen, &found, planned)
}

// mayPlan refuses a plan that could not be kept to or not be saved.
func (a *app) mayPlan(look *lookup) error {
	switch {
	case a.settings.plan == "":
		return nil
	case a.settings.simulate:
		return usageError("--plan needs the real project's people, and a rehearsal has none", "leave out --plan or --simulate")
	case look.missing != nil:
		return look.missing
	}
	return importer.CheckWritable(a.settings.plan)
}

// lookup is what a check knows besides the roster.
type lookup struct {
	conn     *connection // nil: Procore is not asked
	book     *ledger.Ledger
	missing  error // what is not set, of all that a connection needs
	shares   []*share
	division *importer.ProjectSplit // nil for a single project
}

// done reports whether every project could be looked at.
func (l *lookup) done() bool { return l.conn != nil && l.stop() == nil }

// stop returns why a project could not be looked at, nil if all could.
func (l *lookup) stop() *importer.StopError { return unreachable(l.shares) }

func (l *lookup) close() error {
	if l.conn != nil {
		l.conn.close()
	}
	if l.book != nil {
		return l.book.Close()
	}
	return nil
}

// lookUp connects to Procore if all settings for that are set, and makes the same
// requests as the beginning of an import.
func (a *app) lookUp(ctx context.Context, in *input, mapper *mapping.Mapper) (look *lookup, err error) {
	look = &lookup{}
	projects := []int64{a.settings.project}
	if mapper.ByProject() {
		if look.division, err = a.divide(ctx, in, mapper); err != nil {
			return look, err
		}
		projects = look.division.Projects
	}
	secret, err := a.settings.secret(a.getenv)
	if err != nil {
		return look, err
	}
	if look.missing = a.settings.missing(secret); !a.settings.simulate && look.missing == nil {
		if look.conn, err = a.connect(a.logger()); err != nil {
			return look, err
		}
		if look.book, _, err = a.openRecord(ctx); err != nil {
			return look, err
		}
	}
	for _, id := range projects {
		s := &share{job: a.newJob(mapper, nil)}
		s.job.Scope.Project = id
		if look.conn != nil {
			if s, err = a.newShare(ctx, look.conn.in(id), in, mapper); err != nil {
				return look, err
			}
		}
		s.job.Source, s.job.Ledger = in.source, look.book
		if look.division != nil {
			s.job.Source = look.division.Source(id)
		}
		if s.stop != nil {
			s.job.API = nil // no people are listed
		}
		look.shares = append(look.shares, s)
	}
	return look, nil
}

func (a *app) reportCheck(in *input, look *lookup, foreseen *importer.DryRunResult, found *findings, planned string) error {
	s, mapper := &a.settings, look.shares[0].job.Mapper
	c := report.Check{
		Summary: report.Summary{
			Status: report.Checked, Counts: foreseen.Counts, Problems: found.problems.List(), Results: s.results,
			Details: report.Details{Notes: found.remarks.List(), Remarks: in.remarks},
		},
		LookedUp: look.done(), Plan: planned,
		Import: report.Import{Create: foreseen.Counts.Pending, Update: foreseen.Updates},
		Unused: mapper.Unused(), Withheld: mapper.Withheld(), Open: a.open(look, foreseen),
	}
	if !piped(in.path) {
		c.Roster = in.path
	}
	for _, m := range mapper.Columns() {
		c.Columns = append(c.Columns, report.Column{Field: string(m.Field), Heading: m.Heading, How: m.How})
	}
	if look.done() {
		c.Project = projectOf(look.shares).Name
		c.Requests = look.conn.api.Requests()
		c.Import.Requests = c.Requests + c.Import.Create + c.Import.Update // an import looks up the same before it begins
		c.Import.Estimate, _ = look.conn.pace.Forecast(c.Import.Requests)
	}
	if c.Invalid+c.Failed+c.Unknown > 0 {
		c.ExitCode = exitRowsLeft
		if c.Results == "" {
			c.FullList = a.again("check", in.path, "--results FILE")
		}
	}
	if foreseen.Stop != nil {
		c.Why = "An import would be " + foreseen.Stop.Message
	}
	if stop := look.stop(); stop != nil {
		e, _ := reasonOf(stop)
		c.ExitCode, c.Error = exitStopped, &e
		c.Why = "The project could not be looked at."
		if len(look.shares) > 1 {
			c.Why = "Not every project could be looked at."
		}
		a.complain(stop)
	}
	c.Next = a.afterCheck(in, look, c)
	a.code = c.ExitCode
	switch {
	case s.json:
		return report.WriteCheckJSON(a.answer(), c)
	case s.quiet && c.ExitCode == exitDone:
		return nil
	}
	return report.WriteCheck(a.stdout, c, a.width(a.stdout))
}

// open says what a check can't know.
func (a *app) open(look *lookup, foreseen *importer.DryRunResult) []string {
	var open []string
	if look.done() && foreseen.Counts.Pending > 0 {
		open = append(open, "whether Procore refuses a person, for instance because an ID is taken elsewhere in the company")
	}
	if !look.done() {
		who := "which people are in the project already, and how long an import takes"
		if look.missing != nil && !a.settings.simulate {
			who += "; to find out, set company, project and credentials"
		}
		open = append(open, who)
		if needsClassifications(look.shares[0].job.Mapper) {
			open = append(open, "whether the project has these work classifications")
		}
	}
	return open
}

// afterCheck returns the command to go on with, as to be typed.
func (a *app) afterCheck(in *input, look *lookup, c report.Check) []string {
	switch {
	case look.stop() != nil || c.Invalid > 0 && c.Import.Create+c.Import.Update == 0:
		return []string{a.again("check", in.path, "")}
	case c.Import.Create+c.Import.Update == 0:
		return nil
	case look.done():
		return []string{a.again("import", in.path, "")}
	}
	return []string{a.again("import", in.path, "--simulate")}
}
