package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/importer"
	"muster/importer/outcome"
	"muster/importer/report"
	"muster/importer/results"
	"muster/mapping"
)

func (a *app) newCheckCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check ROSTER",
		Short: "Find every problem of a roster without sending anything",
		Long: `Read, map and check a roster as muster import does, and send nothing. Every
problem is shown with its cell, the reason and what to do; --results writes the
roster with all of them marked.

With company, project and credentials, work classifications are looked up in
the project; without them their names are taken as they are.

Exit codes:
  0  every row can be sent or is left out on purpose
  1  some rows are invalid
  2  the roster or its mapping can't be read`,
		Example: `  muster check crew.xlsx
  muster check crew.csv --mapping mapping.yaml --results crew.checked.csv`,
		Args: oneArgument("roster"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.check(cmd.Context(), cmd.Flags(), args[0])
		},
	}
	f := cmd.Flags()
	a.settings.connectionFlags(f)
	a.settings.rosterFlags(f)
	a.settings.resultsFlag(f)
	a.settings.outputFlags(f)
	return cmd
}

func (a *app) check(ctx context.Context, flags *pflag.FlagSet, path string) (err error) {
	if err := a.begin(flags); err != nil {
		return err
	}
	in, err := a.openInput(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.close()) }()
	mapper, remark, err := a.checkMapping(ctx, in)
	if err != nil {
		return err
	}

	job := &importer.Job{Source: in.source, Mapper: mapper, AllowNamesakes: a.settings.allowNamesakes}
	var marked *results.Writer
	if a.settings.results != "" {
		target, err := a.settings.resultsPath(in)
		if err != nil {
			return err
		}
		if marked, err = results.Create(target, in.header, results.Options{Sheet: in.sheet, Delimiter: in.comma}); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, marked.Discard()) }()
	}
	var found findings
	var counts outcome.Counts
	_, err = job.Check(ctx, func(cells []string, o outcome.Outcome) error {
		found.add(o)
		if o.Status == "" {
			o.Status = outcome.Pending
		}
		counts.Add(o.Status)
		if marked != nil {
			return marked.Write(cells, o)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if marked != nil {
		if err := marked.Commit(); err != nil {
			return err
		}
	}
	return a.reportCheck(in, mapper, counts, &found, remark)
}

// checkMapping binds the headings, with the project's classifications if there
// is a connection to ask for them.
func (a *app) checkMapping(ctx context.Context, in *input) (*mapping.Mapper, string, error) {
	mapper, err := in.bind(mapping.Options{})
	if err != nil || !needsClassifications(mapper) {
		return mapper, "", err
	}
	const unchecked = "work classifications are taken as they are; with company, project and credentials they are looked up"
	secret, err := a.settings.secret(a.getenv)
	if err != nil {
		return nil, "", err
	}
	if a.settings.simulate || !a.settings.connected(secret) {
		return mapper, unchecked, nil
	}
	log, err := a.logger()
	if err != nil {
		return nil, "", err
	}
	conn, err := a.connect(log)
	if err != nil {
		return nil, "", err
	}
	defer conn.close()
	_, known, err := a.prepare(ctx, conn, in, mapper)
	var stop *importer.StopError
	if errors.As(err, &stop) {
		return mapper, "work classifications were not looked up: " + stop.Message, nil
	}
	return known, "", err
}

func (a *app) reportCheck(in *input, mapper *mapping.Mapper, counts outcome.Counts, found *findings, remark string) error {
	c := report.Check{
		Summary: report.Summary{Status: report.Checked, Counts: counts, Problems: found.problems.List(), Remarked: found.remarks.List(), Results: a.settings.results, Remarks: in.remarks},
		Roster:  in.path, Unused: mapper.Unused(), Withheld: mapper.Withheld(),
	}
	if counts.Invalid+counts.Failed+counts.Unknown > 0 {
		c.ExitCode = exitRowsLeft
		if c.Results == "" {
			c.FullList = a.again("check", in.path, "--results FILE")
		}
	}
	if remark != "" {
		c.Remarks = append(c.Remarks, remark)
	}
	if counts.Pending > 0 {
		c.Next = []string{a.again("import", in.path, "--simulate")}
	}
	for _, m := range mapper.Columns() {
		c.Columns = append(c.Columns, report.Column{Field: string(m.Field), Heading: m.Heading, How: m.How})
	}
	a.code = c.ExitCode
	switch {
	case a.settings.json:
		return report.WriteJSON(a.stdout, c.Summary)
	case a.settings.quiet && c.ExitCode == exitDone:
		return nil
	}
	return report.WriteCheck(a.stdout, c, width(a.stdout))
}
