package importer

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"muster/mapping"
)

// templateColumn is a column of an empty roster.
type templateColumn struct {
	heading string // known to the mapping
	note    string
	width   float64
	isText  bool     // cells keep leading zeros
	choices []string // cells are picked from this list
	sheet   string   // holds the choices; "": they fit into 255 characters and have no comma
}

// newTemplateColumns returns the columns of an empty roster. Without classifications
// any text can be a classification.
func newTemplateColumns(classifications []string) []templateColumn {
	return []templateColumn{
		{heading: "First Name", note: "Required.", width: 20},
		{heading: "Last Name", note: "Required.", width: 24},
		{heading: "Job Title", note: "Such as Foreman. May stay empty.", width: 26},
		{heading: "Employee ID", note: "The badge or personnel number, such as 00123. It tells two people of one name apart. May stay empty.", width: 16, isText: true},
		{heading: "Is Employee", note: "yes: your company's employee; no: another company's. May stay empty.", width: 14, choices: []string{"yes", "no"}},
		{heading: "Work Classification", note: "By name, as in the project. May stay empty.", width: 28, choices: classifications, sheet: "Classifications"},
		{heading: "Origin ID", note: "The person's ID in the system that the list comes from. No other person of the company may have the same ID. May stay empty.", width: 18, isText: true},
	}
}

// TemplateClassifications returns the names to pick from in an empty roster: the names
// of exactly one classification.
func TemplateClassifications(known []mapping.Classification) (names []string) {
	count := map[string]int{}
	for _, c := range known {
		count[strings.TrimSpace(c.Name)]++
	}
	for _, c := range known {
		if name := strings.TrimSpace(c.Name); name != "" && count[name] == 1 {
			names = append(names, name)
		}
	}
	return names
}

// WriteTemplateCSV writes an empty roster as a CSV file.
func WriteTemplateCSV(w io.Writer) error {
	const byteOrderMark = "\uFEFF" // Excel recognises UTF-8 by this mark
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return err
	}
	var headings []string
	for _, c := range newTemplateColumns(nil) {
		headings = append(headings, c.heading)
	}
	return csv.NewWriter(w).WriteAll([][]string{headings})
}

const (
	templateRows  = 5000 // rows in which cells are picked from a list
	templateSheet = "Roster"
)

// WriteTemplateWorkbook writes an empty roster as a workbook.
func WriteTemplateWorkbook(w io.Writer, classifications []string) (err error) {
	book := excelize.NewFile()
	defer func() { err = errors.Join(err, book.Close()) }()
	if err := book.SetSheetName("Sheet1", templateSheet); err != nil {
		return err
	}
	heading, err := book.NewStyle(&excelize.Style{
		Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"DDE6F0"}},
		Border: []excelize.Border{{Type: "bottom", Style: 1, Color: "7F7F7F"}}, Alignment: &excelize.Alignment{Vertical: "center"},
	})
	if err != nil {
		return err
	}
	text, err := book.NewStyle(&excelize.Style{NumFmt: 49})
	if err != nil {
		return err
	}
	for i, c := range newTemplateColumns(classifications) {
		if err := c.write(book, i+1, heading, text); err != nil {
			return err
		}
	}
	err = errors.Join(
		book.SetRowHeight(templateSheet, 1, 22),
		book.SetPanes(templateSheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}))
	if err != nil {
		return err
	}
	return book.Write(w)
}

// write writes the nth column: the heading with a note, above cells in the right format.
func (c templateColumn) write(book *excelize.File, n, headingStyle, textStyle int) error {
	column, err := excelize.ColumnNumberToName(n)
	if err != nil {
		return err
	}
	errs := []error{book.SetColWidth(templateSheet, column, column, c.width)}
	if c.isText {
		errs = append(errs, book.SetColStyle(templateSheet, column, textStyle))
	}
	first := column + "1"
	errs = append(errs,
		book.SetCellStr(templateSheet, first, c.heading),
		book.SetCellStyle(templateSheet, first, first, headingStyle),
		book.AddComment(templateSheet, excelize.Comment{Cell: first, Author: "muster", Text: c.note, Width: 260, Height: 90}))
	if len(c.choices) > 0 {
		errs = append(errs, c.writeChoices(book, column))
	}
	return errors.Join(errs...)
}

// writeChoices lets cells of the column be picked from the choices.
func (c templateColumn) writeChoices(book *excelize.File, column string) error {
	rule := excelize.NewDataValidation(true)
	rule.Sqref = fmt.Sprintf("%s2:%s%d", column, column, templateRows+1)
	rule.SetError(excelize.DataValidationErrorStyleStop, c.heading, "Pick a value from the list, or leave the cell empty.")
	if c.sheet == "" {
		return errors.Join(rule.SetDropList(c.choices), book.AddDataValidation(templateSheet, rule))
	}
	if _, err := book.NewSheet(c.sheet); err != nil {
		return err
	}
	for i, choice := range c.choices {
		if err := book.SetCellStr(c.sheet, fmt.Sprintf("A%d", i+1), choice); err != nil {
			return err
		}
	}
	rule.SetSqrefDropList(fmt.Sprintf("%s!$A$1:$A$%d", c.sheet, len(c.choices)))
	return errors.Join(book.SetColWidth(c.sheet, "A", "A", 40), book.AddDataValidation(templateSheet, rule))
}
