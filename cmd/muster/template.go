package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/xuri/excelize/v2"

	"muster/importer"
	"muster/importer/report"
	"muster/mapping"
)

func (a *app) newTemplateCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "template -o FILE",
		Short: "Write an empty roster to fill in",
		Long: `Write an empty roster, a workbook (.xlsx) or a CSV file (.csv), with the headings
that an import knows. In a workbook IDs keep their zeros, yes or no is picked
from a list, and notes on the headings say what belongs there. Fill in people and
import the file.

With company, project and credentials, work classifications are picked from a
list of the project's; without them any text can be typed.

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
	a.settings.connectionFlags(f)
	a.settings.plainFlag(f)
	a.settings.configFlag(f)
	f.StringVar(&a.settings.logFormat, "log-format", "text", "`FORMAT` of log lines on standard error: text or json")
	f.StringVar(&a.settings.logLevel, "log-level", "info", "`LEVEL` of log lines: debug, info, warn or error")
	return cmd
}

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError(fmt.Sprintf("%s takes no arguments, but flags", cmd.CommandPath()), cmd.CommandPath()+" --help")
	}
	return nil
}

// templateColumn is a column of an empty roster.
type templateColumn struct {
	heading string
	note    string
	width   float64
	isText  bool // typed text stays unchanged, leading zeros included
}

// The places of the columns that have a list to pick from.
const (
	templateEmployee       = 4
	templateClassification = 5
)

// templateColumns are headings that the mapping knows for sure.
func templateColumns() []templateColumn {
	return []templateColumn{
		{heading: "First Name", note: "Required.", width: 20},
		{heading: "Last Name", note: "Required.", width: 24},
		{heading: "Job Title", note: "Such as Foreman. May stay empty.", width: 26},
		{heading: "Employee ID", note: "The badge or personnel number, such as 00123. It is what tells two people of one name apart. May stay empty.", width: 16, isText: true},
		templateEmployee:       {heading: "Is Employee", note: "yes: your company's employee; no: another company's. May stay empty.", width: 14},
		templateClassification: {heading: "Work Classification", note: "By its name in the project. May stay empty.", width: 28},
		{heading: "Origin ID", note: "The person's ID in the system that the list comes from, if there is one. It must be no one else's in the company. May stay empty.", width: 18, isText: true},
	}
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
		return a.writeTemplate(path, writeTemplateCSV)
	}
	classifications, err := a.templateClassifications(ctx)
	if err != nil {
		return err
	}
	return a.writeTemplate(path, func(w io.Writer) error { return writeTemplateBook(w, classifications) })
}

// templateClassifications returns the names of the project's classifications,
// none without a connection.
func (a *app) templateClassifications(ctx context.Context) ([]string, error) {
	secret, err := a.settings.secret(a.getenv)
	if err != nil {
		return nil, err
	}
	if !a.settings.simulate && a.settings.missing(secret) != nil {
		a.talk("Work classifications can be any text; with company, project and credentials they are picked from the project's.")
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
	return classificationNames(known), err
}

// classificationNames returns the names that belong to exactly one classification.
func classificationNames(known []mapping.Classification) []string {
	var names []string
	seen := map[string]int{}
	for _, c := range known {
		seen[strings.TrimSpace(c.Name)]++
	}
	for _, c := range known {
		if name := strings.TrimSpace(c.Name); name != "" && seen[name] == 1 {
			names = append(names, name)
		}
	}
	return names
}

// writeTemplate makes a file that was not there, whole or not at all.
func (a *app) writeTemplate(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // an empty form, to be sent around
	switch {
	case errors.Is(err, fs.ErrExist):
		return usageError(path+" exists already; nothing was written", "choose another name")
	case err != nil:
		return usageError(fmt.Sprintf("%s can't be written: %v", path, pathCause(err)), "choose another name or folder")
	}
	err = write(file)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		_ = os.Remove(path) // why it could not be written says more
		return usageError(fmt.Sprintf("%s can't be written: %v", path, pathCause(err)), "make room, or choose another folder")
	}
	_, err = fmt.Fprintf(a.stdout, "%s is ready to be filled in.\n%s%s", report.Clean(path), a.gap(), a.named("Next:    ", report.Clean("muster check "+shellWord(path))))
	return err
}

func writeTemplateCSV(w io.Writer) error {
	const byteOrderMark = "\uFEFF" // Excel recognises UTF-8 by this mark
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return err
	}
	var headings []string
	for _, c := range templateColumns() {
		headings = append(headings, c.heading)
	}
	return csv.NewWriter(w).WriteAll([][]string{headings})
}

// templateRows is how far down the lists to pick from go.
const templateRows = 5000

const templateSheet, classificationSheet = "Roster", "Classifications"

func writeTemplateBook(w io.Writer, classifications []string) (err error) {
	book := excelize.NewFile()
	defer func() { err = errors.Join(err, book.Close()) }()
	if err := book.SetSheetName("Sheet1", templateSheet); err != nil {
		return err
	}
	if err := layTemplateOut(book); err != nil {
		return err
	}
	yesNo := newTemplateList(templateEmployee, "yes or no", "Pick yes or no, or leave the cell empty.")
	if err := errors.Join(yesNo.SetDropList([]string{"yes", "no"}), book.AddDataValidation(templateSheet, yesNo)); err != nil {
		return err
	}
	if len(classifications) > 0 {
		if err := listClassifications(book, classifications); err != nil {
			return err
		}
	}
	return book.Write(w)
}

// layTemplateOut writes the headings with notes over formatted columns.
func layTemplateOut(book *excelize.File) error {
	border := []excelize.Border{{Type: "bottom", Style: 1, Color: "7F7F7F"}}
	heading, err := book.NewStyle(&excelize.Style{
		Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"DDE6F0"}},
		Border: border, Alignment: &excelize.Alignment{Vertical: "center"},
	})
	if err != nil {
		return err
	}
	text, err := book.NewStyle(&excelize.Style{NumFmt: 49})
	if err != nil {
		return err
	}
	for i, c := range templateColumns() {
		column, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		errs := []error{book.SetColWidth(templateSheet, column, column, c.width)}
		if c.isText {
			errs = append(errs, book.SetColStyle(templateSheet, column, text))
		}
		errs = append(errs,
			book.SetCellStr(templateSheet, column+"1", c.heading),
			book.SetCellStyle(templateSheet, column+"1", column+"1", heading),
			book.AddComment(templateSheet, excelize.Comment{Cell: column + "1", Author: "muster", Text: c.note, Width: 260, Height: 90}))
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
	return errors.Join(
		book.SetRowHeight(templateSheet, 1, 22),
		book.SetPanes(templateSheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}))
}

// newTemplateList returns the validation of a column without its cells.
func newTemplateList(column int, title, message string) *excelize.DataValidation {
	list := excelize.NewDataValidation(true)
	name, _ := excelize.ColumnNumberToName(column + 1) // the columns are few
	list.Sqref = fmt.Sprintf("%s2:%s%d", name, name, templateRows+1)
	list.SetError(excelize.DataValidationErrorStyleStop, title, message)
	return list
}

// listClassifications writes the names into a separate sheet, because a list in a cell's
// validation holds at most 255 characters.
func listClassifications(book *excelize.File, names []string) error {
	if _, err := book.NewSheet(classificationSheet); err != nil {
		return err
	}
	for i, name := range names {
		if err := book.SetCellStr(classificationSheet, fmt.Sprintf("A%d", i+1), name); err != nil {
			return err
		}
	}
	list := newTemplateList(templateClassification, "classification", "Pick one of the project's classifications, or leave the cell empty.")
	list.SetSqrefDropList(fmt.Sprintf("%s!$A$1:$A$%d", classificationSheet, len(names)))
	return errors.Join(book.SetColWidth(classificationSheet, "A", "A", 40), book.AddDataValidation(templateSheet, list))
}
