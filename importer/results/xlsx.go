package results

import (
	"archive/zip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"muster/importer/outcome"
	"muster/importer/roster"
)

// What one sheet can hold.
const (
	sheetRows    = excelize.TotalRows
	sheetColumns = excelize.MaxColumns
	cellUnits    = excelize.TotalCellChars // UTF-16 code units
)

// errTooLarge is met where the caller didn't say how many rows would come.
var errTooLarge = errors.New("the sheet is full")

// xlsxEncoder streams a workbook: the sheet goes to a temporary file of its own
// and from there, when all rows are known, into the .part file. Excelize would
// hold the finished workbook in memory; handing it our own zip.Writer avoids that.
type xlsxEncoder struct {
	file      *os.File
	book      *excelize.File
	sheet     *excelize.StreamWriter
	row       int
	values    []any
	escape    *regexp.Regexp
	shortened lossy
	replaced  lossy
	remark    string // why this is not the roster's own workbook; "" where none was asked for
}

// temporaryFolder is where a workbook is put together: beside the results,
// because the rows are personal data, and the system's folder is shared.
func temporaryFolder(part string) string { return part + ".tmp" }

// clearTemporary removes what a crash left in the temporary folder of part, and
// nothing else.
func clearTemporary(part string) {
	folder := temporaryFolder(part)
	left, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, entry := range left {
		if strings.HasPrefix(entry.Name(), "excelize-") || strings.HasPrefix(entry.Name(), "muster-") {
			_ = os.Remove(filepath.Join(folder, entry.Name()))
		}
	}
	_ = os.Remove(folder) // fails if something else is in it, and Create then says so
}

func newXLSX(file *os.File, sheet string, header []string) (*xlsxEncoder, error) {
	e := &xlsxEncoder{
		file: file,
		book: excelize.NewFile(excelize.Options{TmpDir: temporaryFolder(file.Name())}),
		// Excelize loses these on their way through its own escaping.
		escape: regexp.MustCompile(`_(x[dD][89a-fA-F][0-9a-fA-F]{2}_|x[0-9a-fA-F]{4}_x[0-9a-fA-F]{4}_)`),
	}
	if err := e.begin(sheet, header); err != nil {
		e.abandon()
		return nil, err
	}
	return e, nil
}

// begin lays out the sheet: text columns, so that an ID that is corrected keeps
// its zeros, and a header that stays in sight.
func (e *xlsxEncoder) begin(sheet string, header []string) error {
	if sheet == "" || e.book.SetSheetName("Sheet1", sheet) != nil {
		sheet = "Results"
		if err := e.book.SetSheetName("Sheet1", sheet); err != nil {
			return err
		}
	}
	if err := e.book.SetCustomProps(excelize.CustomProperty{Name: property, Value: "results"}); err != nil {
		return err
	}
	text, err := e.book.NewStyle(&excelize.Style{NumFmt: 49})
	if err != nil {
		return err
	}
	if e.sheet, err = e.book.NewStreamWriter(sheet); err != nil {
		return err
	}
	if err := e.sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	if err := e.sheet.SetColStyle(1, len(header), text); err != nil {
		return err
	}
	return e.write(header, nil)
}

func (e *xlsxEncoder) write(record []string, _ *outcome.Outcome) error {
	if e.row++; e.row > sheetRows || len(record) > sheetColumns {
		return errTooLarge
	}
	e.values = e.values[:0]
	for i, cell := range record {
		if cell == "" {
			e.values = append(e.values, nil)
			continue
		}
		e.values = append(e.values, e.fit(cell, i))
	}
	return e.sheet.SetRow(roster.CellName(e.row, 0), e.values)
}

// fit returns what a workbook can hold of a cell.
func (e *xlsxEncoder) fit(cell string, column int) string {
	if legal := strings.Map(legalXML, cell); legal != cell {
		e.replaced.add(roster.CellName(e.row, column))
		cell = legal
	}
	if strings.Contains(cell, "_x") {
		if plain := e.escape.ReplaceAllString(cell, "\uFFFD$1"); plain != cell {
			e.replaced.add(roster.CellName(e.row, column))
			cell = plain
		}
	}
	if len(cell) > cellUnits {
		units := 0
		for i, r := range cell {
			width := 1
			if r > 0xFFFF {
				width = 2
			}
			if units+width > cellUnits {
				e.shortened.add(roster.CellName(e.row, column))
				return shorten(cell[:i])
			}
			units += width
		}
	}
	return cell
}

// shorten ends a cell that is as long as a cell may be in an ellipsis.
func shorten(cell string) string {
	_, size := utf8.DecodeLastRuneInString(cell)
	return cell[:len(cell)-size] + "…"
}

// legalXML replaces the characters that XML 1.0 has no way to write.
func legalXML(r rune) rune {
	switch {
	case r == '\t' || r == '\n' || r == '\r':
		return r
	case r < ' ' || r == 0xFFFE || r == 0xFFFF:
		return '\uFFFD'
	}
	return r
}

func (e *xlsxEncoder) finish() error {
	if err := e.sheet.Flush(); err != nil {
		return err
	}
	e.book.ZipWriter = func(io.Writer) excelize.ZipWriter { return zip.NewWriter(e.file) }
	return e.book.Write(io.Discard)
}

func (e *xlsxEncoder) abandon() {
	_ = e.book.Close()
	clearTemporary(e.file.Name())
}

func (e *xlsxEncoder) remarks() []string {
	var all []string
	if e.remark != "" {
		all = append(all, e.remark)
	}
	return slices.Concat(all, e.shortened.sentence(
		"%s longer than the 32,767 characters that a workbook can hold (the first is %s): shortened in the results file; in a file whose name ends in .csv they would be whole",
		"is", "are"),
		e.replaced.sentence(unholdable("a workbook")))
}
