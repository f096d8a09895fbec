package main

import (
	"context"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"muster/importer"
	"muster/importer/report"
	"muster/importer/text"
)

func (a *app) newTemplateCommand() *cobra.Command {
	var output string
	cmd := a.command("template", func(ctx context.Context, _ []string) error { return a.template(ctx, output) },
		connectionGroup, "log-format", "log-level", "plain", configGroup)
	cmd.Flags().StringVarP(&output, "output", "o", "", "`FILE` to write: .xlsx or .csv")
	return cmd
}

// template writes an empty roster.
func (a *app) template(ctx context.Context, path string) error {
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
	conn, err := a.connect(ctx, a.logger())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if _, err := importer.Connect(ctx, conn.API); err != nil {
		return nil, err
	}
	known, err := importer.Classifications(ctx, conn.API)
	return importer.TemplateClassifications(known), err
}

// writeTemplate creates a template and never replaces a file.
func (a *app) writeTemplate(path string, write func(io.Writer) error) error {
	if err := createFile(path, 0o644, "choose another name or folder", write); err != nil {
		return err
	}
	return a.print(nil, func(p *report.Page) {
		p.Line("", "", report.Clean(path)+" is ready to be filled in.")
		p.Blank()
		p.Copyable("Next:    ", "muster check "+text.ShellWord(path))
	})
}
