package roster

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"muster/importer/workbook"
)

// openXLSX reads a workbook whole and picks the sheet to read.
func (r *Reader) openXLSX(o Options) error {
	book, err := openWorkbook(r.source)
	if err != nil {
		return err
	}
	r.book, r.format = book, XLSX
	if book.ODS {
		r.format = ODS
	}
	if ext := strings.ToLower(filepath.Ext(r.source.name)); ext == ".csv" || ext == ".txt" || ext == ".tsv" {
		r.remarks = append(r.remarks, "named "+ext+", but it is a workbook: read as one")
	}
	sh, err := r.chooseSheet(o, book)
	if err != nil {
		return err
	}
	r.sheet = sh.Name
	v := book.surveys[sh]
	t := &sheetTable{source: r.source, book: book, sheet: sh}
	r.table = t
	h, err := r.chooseHeader(o, v.head)
	if err != nil {
		return err
	}
	h.cells = connected(h.cells)
	t.headerRow, t.width = h.number, len(h.cells)
	r.classifier.numbers, r.classifier.lastMerged = v.numbers, lastHeaderRow(sh.Merges, h.number, len(h.cells))
	r.remarkOnSheet(book, sh, h.number, len(h.cells))
	return r.takeHeader(h, o.Heading)
}

// remarkOnSheet says what the reader of a summary would not expect.
func (r *Reader) remarkOnSheet(book *surveyedBook, sh *workbook.Sheet, headerRow, width int) {
	if n := len(book.Sheets); n > 1 {
		r.remarks = append(r.remarks, fmt.Sprintf("sheet %q of %d", sh.Name, n))
	}
	v := book.surveys[sh]
	r.estimate = v.filled
	hidden := v.hidden
	for _, row := range v.head {
		if row.hidden && row.number <= headerRow {
			hidden--
		}
	}
	if hidden > 0 && !r.hiddenToo {
		r.remarks = append(r.remarks, plural(hidden,
			"hidden row is not imported (to import it, show it in the workbook)",
			"hidden rows are not imported (to import them, show them in the workbook)"))
	}
	if n := tallMerges(sh.Merges, headerRow); n > 0 {
		r.remarks = append(r.remarks, plural(n, "cell is merged over several rows, and stands in each of them", "cells are merged over several rows, and stand in each of them"))
	}
	if v.last >= width+maxBeside {
		r.remarks = append(r.remarks, "what stands far to the right of the headings is not read, such as "+v.farthest)
	}
	if sh.Uncomputed > 0 {
		r.remarks = append(r.remarks, plural(sh.Uncomputed, "formula has", "formulas have")+" no stored result (open the workbook in Excel and save it to have them calculated)")
	}
}

// connected returns the cells of a header up to the last one that is not cut off
// from the others by many blank ones.
func connected(cells []string) []string {
	width := 0
	for i, c := range cells {
		if i >= width+maxBeside && width > 0 {
			break
		}
		if !blank(c) {
			width = i + 1
		}
	}
	return cells[:width]
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// sheetChoice is a sheet that may be the roster.
type sheetChoice struct {
	sheet  *workbook.Sheet
	survey *survey
	known  int  // headings in its header row
	people bool // there are rows below it
	sample bool // its name says that it is not the real one
	gone   bool // its name says that its people have left
}

// chooseSheet returns the sheet that the user names, or else the visible one
// with the most headings. Two that look alike and hold people are refused:
// half a crew must not be imported without a word.
func (r *Reader) chooseSheet(o Options, book *surveyedBook) (*workbook.Sheet, error) {
	if o.Sheet != "" {
		return r.namedSheet(o.Sheet, book)
	}
	var choices []sheetChoice
	hidden := 0
	for _, sh := range book.Sheets {
		if sh.Hidden {
			hidden++
			continue
		}
		choices = append(choices, judge(sh, book.surveys[sh], o))
	}
	if hidden > 0 {
		r.remarks = append(r.remarks, plural(hidden, "hidden sheet was", "hidden sheets were")+" not looked at (name one by --sheet to read it)")
	}
	if len(choices) == 0 {
		return nil, r.source.fail(CodeSheetMissing, "the workbook has no visible sheet of cells", "show the sheet with the people, or name it by --sheet", nil)
	}
	slices.SortStableFunc(choices, func(a, b sheetChoice) int {
		if d := b.rank() - a.rank(); d != 0 {
			return d
		}
		switch {
		case a.people == b.people:
			return 0
		case a.people:
			return -1
		}
		return 1
	})
	best := choices[0]
	if best.known == 0 {
		return r.wordlessSheet(choices)
	}
	for _, other := range choices[1:] {
		if other.sample || best.sample || !other.people || other.known < 2 {
			continue
		}
		if o.Heading != nil && other.known == best.known {
			return nil, r.source.fail(CodeSheetAmbiguous, fmt.Sprintf("the sheets %q and %q both look like rosters", best.sheet.Name, other.sheet.Name),
				fmt.Sprintf("name the one to read, such as --sheet %q, and run once for each", best.sheet.Name), nil)
		}
		if o.Heading != nil {
			r.remarks = append(r.remarks, fmt.Sprintf("the sheet %q has headings too and is not read", other.sheet.Name))
		}
	}
	if best.gone {
		r.remarks = append(r.remarks, fmt.Sprintf("by its name the sheet %q lists people who have left: see whether they are to be imported", best.sheet.Name))
	}
	return best.sheet, nil
}

// wordlessSheet returns the first sheet that holds anything, for its rows to
// be shown in the error.
func (r *Reader) wordlessSheet(choices []sheetChoice) (*workbook.Sheet, error) {
	for _, c := range choices {
		if c.survey.filled > 0 {
			return c.sheet, nil
		}
	}
	e := r.empty()
	e.Message = "the workbook holds no cells"
	return nil, e
}

func judge(sh *workbook.Sheet, v *survey, o Options) sheetChoice {
	c := sheetChoice{sheet: sh, survey: v, sample: containsWord("sample", sh.Name), gone: containsWord("left", sh.Name)}
	i, known := bestHeader(v.head, o.Heading)
	if o.HeaderRow > 0 {
		i = slices.IndexFunc(v.head, func(h headRow) bool { return h.number == o.HeaderRow })
		known = 0
		if i >= 0 {
			known = len(v.head[i].texts())
			if o.Heading != nil {
				known = v.head[i].headings(o.Heading)
			}
		}
	}
	if i >= 0 {
		c.known, c.people = known, v.filled > i+1
	}
	return c
}

func (c *sheetChoice) rank() int {
	if c.sample || c.gone {
		return c.known
	}
	return 2 * c.known
}

func (r *Reader) namedSheet(name string, book *surveyedBook) (*workbook.Sheet, error) {
	var names []string
	var found *workbook.Sheet
	for _, sh := range book.Sheets {
		if sh.Name == name {
			return sh, nil
		}
		if found == nil && strings.EqualFold(strings.TrimSpace(sh.Name), strings.TrimSpace(name)) {
			found = sh
		}
		if len(names) < 20 {
			names = append(names, fmt.Sprintf("%q", sh.Name))
		}
	}
	if found == nil {
		return nil, r.source.fail(CodeSheetMissing, fmt.Sprintf("there is no sheet %q", name), "the sheets are "+strings.Join(names, ", "), nil)
	}
	return found, nil
}
