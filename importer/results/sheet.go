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
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"muster/importer/roster"
)

// What one sheet can hold.
const (
	sheetRows    = excelize.TotalRows
	sheetColumns = excelize.MaxColumns
	cellUnits    = excelize.TotalCellChars // UTF-16 code units
)

// errTooLarge is the error of a sheet that is full.
var errTooLarge = errors.New("the sheet is full")

// sheetWriter writes a new workbook: the sheet goes to a temporary file and at the
// end into file. Excelize would hold the finished workbook in memory; our own
// zip.Writer avoids that.
type sheetWriter struct {
	file      *os.File
	book      *excelize.File
	sheet     *excelize.StreamWriter
	row       int
	values    []any
	escape    *regexp.Regexp
	shortened lostChars
	replaced  lostChars
}

// temporaryFolder returns the folder in which a workbook is put together. The
// folder is beside the results: rows are personal data, and the system's
// temporary folder is shared.
func temporaryFolder(part string) string { return part + ".tmp" }

// clearTemporary removes the temporary folder of part with what a crash left
// there. Other files in the folder stay.
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
	_ = os.Remove(folder) // fails if other files are in it; Create then says so
}

func newSheet(file *os.File, sheet string, header []string) (*sheetWriter, error) {
	s := &sheetWriter{
		file: file,
		book: excelize.NewFile(excelize.Options{TmpDir: temporaryFolder(file.Name())}),
		// Excelize's escaping loses these.
		escape: regexp.MustCompile(`_(x[dD][89a-fA-F][0-9a-fA-F]{2}_|x[0-9a-fA-F]{4}_x[0-9a-fA-F]{4}_)`),
	}
	if err := s.begin(sheet, header); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// begin lays out the sheet: text columns, so that a corrected ID keeps leading
// zeros, and a header that stays in sight.
func (s *sheetWriter) begin(sheet string, header []string) error {
	if sheet == "" || s.book.SetSheetName("Sheet1", sheet) != nil {
		sheet = "Results"
		if err := s.book.SetSheetName("Sheet1", sheet); err != nil {
			return err
		}
	}
	if err := s.book.SetCustomProps(excelize.CustomProperty{Name: property, Value: "results"}); err != nil {
		return err
	}
	text, err := s.book.NewStyle(&excelize.Style{NumFmt: 49})
	if err != nil {
		return err
	}
	if s.sheet, err = s.book.NewStreamWriter(sheet); err != nil {
		return err
	}
	if err := s.sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	if err := s.sheet.SetColStyle(1, len(header), text); err != nil {
		return err
	}
	return s.write(header)
}

func (s *sheetWriter) write(record []string) error {
	s.row++
	s.values = s.values[:0]
	for i, cell := range record {
		if cell == "" {
			s.values = append(s.values, nil)
			continue
		}
		s.values = append(s.values, s.fit(cell, i))
	}
	return s.sheet.SetRow(roster.CellName(s.row, 0), s.values)
}

// fit returns as much of a cell as a workbook can hold.
func (s *sheetWriter) fit(cell string, column int) string {
	if legal := strings.Map(legalXML, cell); legal != cell {
		s.replaced.add(roster.CellName(s.row, column))
		cell = legal
	}
	if strings.Contains(cell, "_x") {
		if plain := s.escape.ReplaceAllString(cell, "\uFFFD$1"); plain != cell {
			s.replaced.add(roster.CellName(s.row, column))
			cell = plain
		}
	}
	if len(cell) <= cellUnits {
		return cell
	}
	units, kept := 0, 0 // kept leaves room for an ellipsis
	for i, r := range cell {
		if units < cellUnits {
			kept = i
		}
		if units += utf16.RuneLen(r); units > cellUnits {
			s.shortened.add(roster.CellName(s.row, column))
			return cell[:kept] + "…"
		}
	}
	return cell
}

// legalXML replaces the characters that XML 1.0 can't hold.
func legalXML(r rune) rune {
	switch {
	case r == '\t' || r == '\n' || r == '\r':
		return r
	case r < ' ' || r == 0xFFFE || r == 0xFFFF:
		return '\uFFFD'
	}
	return r
}

func (s *sheetWriter) finish() error {
	if err := s.sheet.Flush(); err != nil {
		return err
	}
	s.book.ZipWriter = func(io.Writer) excelize.ZipWriter { return zip.NewWriter(s.file) }
	return s.book.Write(io.Discard)
}

func (s *sheetWriter) close() { _ = s.book.Close() } // only temporary files

func (s *sheetWriter) remarks() []string {
	return slices.Concat(
		s.shortened.remark("could not be written in full: a workbook's cell holds 32,767 characters. A results file whose name ends in .csv has no such limit"),
		s.replaced.remark(replacedIn("a workbook")))
}
