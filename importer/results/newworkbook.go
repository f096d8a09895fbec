package results

import (
	"archive/zip"
	"errors"
	"io"
	"os"
	"regexp"
	"strings"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"muster/importer/workbook"
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
	file   *os.File
	book   *excelize.File
	sheet  *excelize.StreamWriter
	row    int
	values []any
	escape *regexp.Regexp
	lost   lostChars
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
		var value any // nil writes no cell
		if cell != "" {
			value = s.fit(cell, i)
		}
		s.values = append(s.values, value)
	}
	return s.sheet.SetRow(workbook.CellName(s.row, 0), s.values)
}

// fit returns as much of a cell as a workbook can hold.
func (s *sheetWriter) fit(cell string, column int) string {
	fitting := s.escape.ReplaceAllString(strings.Map(legalXML, cell), "\uFFFD$1")
	if units := utf16.Encode([]rune(fitting)); len(units) > cellUnits {
		fitting = strings.TrimSuffix(string(utf16.Decode(units[:cellUnits-1])), "\uFFFD") + "…"
	}
	if fitting != cell {
		s.lost.add(s.row, column)
	}
	return fitting
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
	return s.lost.remarks("a workbook can't hold control characters, which are shown as \uFFFD, or more than 32,767 characters in a cell; a results file whose name ends in .jsonl can")
}
