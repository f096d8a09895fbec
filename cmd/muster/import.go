package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"muster/importer"
	"muster/importer/fault"
	"muster/importer/report"
	"muster/importer/results"
	"muster/importer/worker"
)

func (a *app) newImportCommand() *cobra.Command {
	cmd := a.command("import", func(ctx context.Context, args []string) error { return a.importAndReport(ctx, args[0], false) }, importGroups()...)
	cmd.Flags().StringVar(&a.settings.plan, "plan", "", "`FILE` of a plan that muster check made: import exactly that, or nothing")
	return cmd
}

func (a *app) newRetryCommand() *cobra.Command {
	return a.command("retry", func(ctx context.Context, args []string) error {
		if len(args) == 1 {
			return a.importAndReport(ctx, args[0], true)
		}
		path, err := a.lastResults(ctx)
		if err != nil {
			return err
		}
		return a.importAndReport(ctx, path, true)
	}, importGroups()...)
}

// importAndReport imports a file outside of a job.
func (a *app) importAndReport(ctx context.Context, path string, mustBeResults bool) error {
	result, err := a.importFile(ctx, path, mustBeResults)
	a.reportRuns(ctx, []worker.Result{result.Result}, result.ExitCode)
	return err
}

// runImport opens a roster or a results file, connects to Procore, opens the ledger and
// imports the rows.
func (a *app) runImport(ctx context.Context, path string, mustBeResults bool) (_ *report.Summary, err error) {
	if mustBeResults {
		a.settings.readAsResults(a.given)
	}
	reviewed, err := a.reviewedPlan()
	if err != nil {
		return nil, err
	}
	in, split, err := a.openRoster(ctx, path, mustBeResults)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	target, err := in.ResultsPath(a.settings.results, a.settings.simulate)
	if err != nil {
		return nil, err
	}
	conn, err := a.connect(ctx, a.logger(), split.Projects[1:]...)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	book, err := a.openLedger(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	show := a.newDisplay(in)
	options := a.importOptions(show)
	options.Connection, options.Ledger, options.ResultsPath = conn, book, target
	show.im = importer.New(split, options)
	defer func() { err = errors.Join(err, show.im.Close()) }()
	return a.showImport(ctx, show, reviewed)
}

// showImport runs an import, and shows what happens.
func (a *app) showImport(ctx context.Context, show *display, reviewed *importer.PlanFile) (_ *report.Summary, err error) {
	im := show.im
	if err := im.Lock(ctx); err != nil {
		return nil, err
	}
	a.monitor.start(ctx)
	validation, err := im.Validate(ctx)
	if err != nil {
		return nil, err
	}
	if reviewed != nil {
		if err := im.Match(ctx, reviewed); err != nil {
			return nil, a.suggestCheck(err, show.roster.Path)
		}
	}
	requests := 0
	if !a.settings.quiet { // else the estimate is not shown
		if requests, err = im.Forecast(ctx); err != nil {
			return nil, err
		}
	}
	a.announce(show, validation, requests)
	if err := show.begin(ctx, requests); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, show.discard()) }()
	summary, err := im.Run(ctx)
	show.close()
	if summary == nil {
		return nil, err
	}
	return a.summarise(ctx, show, summary, err)
}

// importOptions returns the options that the settings ask for.
func (a *app) importOptions(show *display) importer.Options {
	o := a.settings.importOptions()
	o.OnEvent, o.Log = show.handle, show.log
	return o
}

// importOptions returns the options of an import without events.
func (s *settings) importOptions() importer.Options {
	return importer.Options{Rehearsal: s.simulate, Policy: s.Policy, Limits: s.Limits}
}

// reviewedPlan returns the plan file that an import has to match, or nil.
func (a *app) reviewedPlan() (*importer.PlanFile, error) {
	switch {
	case a.settings.plan == "":
		return nil, nil
	case a.settings.simulate:
		return nil, usageError("a rehearsal can't keep to a plan, which is made for the people of the real project", "leave out --plan or --simulate")
	}
	return importer.LoadPlanFile(a.settings.plan)
}

// suggestCheck adds the command that shows what has changed since a plan was made.
func (a *app) suggestCheck(err error, path string) error {
	if changed, ok := errors.AsType[*fault.Error](err); ok && changed.Code == importer.CodePlanChanged {
		changed.Fix = "look at what would be done now: " + a.suggest("check", path, "")
	}
	return err
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
