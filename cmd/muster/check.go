package main

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/importer"
	"muster/importer/outcome"
	"muster/importer/report"
)

func (a *app) newCheckCommand() *cobra.Command {
	cmd := a.command("check", func(ctx context.Context, args []string) error { return a.check(ctx, args[0]) },
		connectionGroup, rosterGroup, ledgerGroup, quotaGroup, actionGroup, outputGroup, "results", "plain", configGroup)
	cmd.Flags().StringVar(&a.settings.plan, "plan", "", "`FILE` for a plan, which import --plan keeps to")
	return cmd
}

func (a *app) check(ctx context.Context, path string) (err error) {
	// What a config file says is where the results of an import go.
	if !a.isGiven("results") {
		a.settings.results = ""
	}
	a.given = slices.DeleteFunc(a.given, func(f *pflag.Flag) bool { return f.Name == "results" }) // nor is it said for the next command
	in, split, err := a.openRoster(ctx, path, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	c := checked{display: a.newDisplay(in)}
	options := a.importOptions(c.display)
	missing, err := a.lookUp(ctx, &options)
	defer options.Close()
	defer func() { err = errors.Join(err, options.Ledger.Close()) }()
	if err == nil {
		err = a.mayPlan(missing)
	}
	if err == nil && a.settings.results != "" {
		options.ResultsPath, err = in.ResultsPath(a.settings.results, false)
	}
	if err != nil {
		return err
	}
	c.missing, c.im = missing, importer.New(split, options)
	if _, err := c.im.Validate(ctx); err != nil {
		return err
	}
	if c.foreseen, err = c.im.DryRun(ctx); err != nil {
		return err
	}
	if a.settings.plan != "" && c.done() {
		if err := c.im.PlanFile(c.foreseen).Save(a.settings.plan); err != nil {
			return err
		}
		c.plan = a.settings.plan
	}
	return a.reportCheck(&c)
}

// mayPlan refuses a plan that could not be kept to or not be saved.
func (a *app) mayPlan(missing error) error {
	switch {
	case a.settings.plan == "":
		return nil
	case a.settings.simulate:
		return usageError("--plan needs the real project's people, and a rehearsal has none", "leave out --plan or --simulate")
	case missing != nil:
		return missing
	}
	return importer.CheckWritable(a.settings.plan)
}

// lookUp makes a connection and opens the ledger, if there is one. The error missing
// lists settings that a connection still needs; then the check is offline. The caller
// closes both.
func (a *app) lookUp(ctx context.Context, o *importer.Options) (missing, err error) {
	secret, err := a.settings.secret(a.getenv)
	if err != nil {
		return nil, err
	}
	if missing = a.settings.missing(secret); missing != nil || a.settings.simulate {
		return missing, nil
	}
	if o.Connection, err = a.connect(ctx, a.logger()); err == nil {
		o.Ledger, _, err = a.openRecord(ctx)
	}
	return nil, err
}

// checked is what a check has found.
type checked struct {
	*display
	missing  error // the settings that a connection still needs
	foreseen *importer.DryRunResult
	plan     string // the plan file that was written
}

// done reports whether every project could be looked at.
func (c *checked) done() bool { return c.im.API != nil && c.im.Stop() == nil }

func (a *app) reportCheck(found *checked) error {
	s, in, foreseen := &a.settings, found.roster, found.foreseen
	c := report.Check{
		Summary: report.Summary{
			Status: report.Checked, Counts: foreseen.Counts, Problems: found.Problems(), Results: s.results,
			Details: report.Details{Notes: found.Notes(), Remarks: in.Remarks},
		},
		LookedUp: found.done(), Plan: found.plan,
		Import: report.Import{Create: foreseen.Counts.Pending, Update: foreseen.Updates},
		Unused: in.Mapper.Unused(), Withheld: in.Mapper.Withheld(), Open: a.openQuestions(found),
	}
	for _, m := range in.Mapper.Columns() {
		c.Columns = append(c.Columns, report.Column{Field: string(m.Field), Heading: m.Heading, How: m.How})
	}
	if found.done() {
		c.Project = found.projects(nameOf)
		c.Requests = found.im.API.Requests()
		c.Import.Requests = c.Requests + foreseen.Requests() // an import looks up the same before it begins
		c.Import.Estimate, _ = found.im.Pace.Forecast(c.Import.Requests)
	}
	if c.Invalid+c.Failed+c.Unknown > 0 {
		c.ExitCode = outcome.ExitRowsLeft
		if c.Results == "" {
			c.FullList = a.suggest("check", in.Path, "--results FILE")
		}
	}
	if foreseen.Stop != nil {
		c.Why = "An import would be " + foreseen.Stop.Message
	}
	if stop := found.im.Stop(); stop != nil {
		c.ExitCode, c.Error = outcome.ExitStopped, reasonOf(stop)
		c.Why = "The project could not be looked at."
		if len(found.im.Projects()) > 1 {
			c.Why = "Not every project could be looked at."
		}
		a.complain(stop)
	}
	c.Next = a.afterCheck(found, c)
	a.code = c.ExitCode
	return a.print(c.ForJSON(), c.Show)
}

// openQuestions says what a check can't know.
func (a *app) openQuestions(found *checked) []string {
	if found.done() {
		if found.foreseen.Counts.Pending == 0 {
			return nil
		}
		return []string{"whether Procore refuses a person, for instance because an ID is taken elsewhere in the company"}
	}
	who := "which people are in the project already, and how long an import takes"
	if found.missing != nil && !a.settings.simulate {
		who += "; to find out, set company, project and credentials"
	}
	open := []string{who}
	if found.roster.NeedsClassifications() {
		open = append(open, "whether the project has these work classifications")
	}
	return open
}

// afterCheck returns the command to go on with, or "".
func (a *app) afterCheck(found *checked, c report.Check) string {
	send := c.Import.Create + c.Import.Update
	switch path := found.roster.Path; {
	case found.im.Stop() != nil || c.Invalid > 0 && send == 0:
		return a.suggest("check", path, "")
	case send == 0:
		return ""
	case found.done():
		return a.suggest("import", path, "")
	default:
		return a.suggest("import", path, "--simulate")
	}
}
