package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/importer"
	"muster/importer/report"
)

func (a *app) newTemplateCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "template -o FILE",
		Short: "Write an empty roster to fill in",
		Long: `Write an empty roster, a workbook (.xlsx) or a CSV file (.csv), with the headings
that an import knows. In a workbook, IDs keep leading zeros, "yes" or "no" is picked
from a list, and notes on the headings say what to fill in. Fill in people and
import the file.

With company, project and credentials, work classifications are picked from a list
of the project's. Without them you can type any text.

An existing file is never overwritten.`,
		Example: `  muster template -o crew.xlsx
  muster template -o tower-a.xlsx --company 1234 --project 5678`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.template(cmd.Context(), cmd.Flags(), output)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&output, "output", "o", "", "`FILE` to write: .xlsx or .csv")
	a.settings.addFlags(f, connectionGroup, plainGroup, configGroup)
	a.settings.addFlag(f, "log-format", "")
	a.settings.addFlag(f, "log-level", "")
	return cmd
}

// noArguments refuses arguments.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError(fmt.Sprintf("%s takes no arguments, but flags", cmd.CommandPath()), cmd.CommandPath()+" --help")
	}
	return nil
}

// template writes an empty roster.
func (a *app) template(ctx context.Context, flags *pflag.FlagSet, path string) error {
	if err := a.begin(flags); err != nil {
		return err
	}
	extension := strings.ToLower(filepath.Ext(path))
	switch {
	case path == "":
		return usageError("no file given", "muster template -o crew.xlsx")
	case extension != ".xlsx" && extension != ".csv":
		return usageError(path+": a template is a workbook or a CSV file", "end the name in .xlsx or .csv")
	}
	if extension == ".csv" {
		return a.writeTemplate(path, importer.WriteTemplateCSV)
	}
	classifications, err := a.templateClassifications(ctx)
	if err != nil {
		return err
	}
	return a.writeTemplate(path, func(w io.Writer) error { return importer.WriteTemplateWorkbook(w, classifications) })
}

// templateClassifications returns the names of the project's classifications, or none
// without a connection.
func (a *app) templateClassifications(ctx context.Context) ([]string, error) {
	secret, err := a.settings.secret(a.getenv)
	if err != nil {
		return nil, err
	}
	if !a.settings.simulate && a.settings.missing(secret) != nil {
		a.talk("Work classifications can be any text. With company, project and credentials, the template has the project's to pick from.")
		return nil, nil
	}
	conn, err := a.connect(a.logger())
	if err != nil {
		return nil, err
	}
	defer conn.close()
	if _, err := importer.Connect(ctx, conn.API); err != nil {
		return nil, err
	}
	known, err := importer.Classifications(ctx, conn.API)
	return importer.TemplateClassifications(known), err
}

// writeTemplate creates a template and never replaces a file.
func (a *app) writeTemplate(path string, write func(io.Writer) error) error {
	if err := createFile(path, "choose another name or folder", write); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "%s is ready to be filled in.\n%s%s", report.Clean(path), a.gap(), a.named("Next:    ", report.Clean("muster check "+shellWord(path))))
	return err
}
