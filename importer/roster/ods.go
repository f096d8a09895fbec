package roster

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// OpenDocument keeps all sheets in one part, and what a cell shows beside what it
// holds (OpenDocument 1.3 part 3, 9.1): there are no number formats to be read.

const (
	odsContent  = "content.xml"
	odsMimetype = "application/vnd.oasis.opendocument.spreadsheet"

	// Rows and cells that are alike may be written once with their number. More
	// filled cells than this out of such numbers is no roster but a bomb.
	maxRepeated = 4 << 20
	maxOdsWork  = 16 << 30 // bytes of XML to be read for all sheets
)

// isODS tells an OpenDocument spreadsheet, or a template for one, from the
// documents that share its container.
func (b *workbook) isODS() bool {
	f := b.parts["mimetype"]
	if f == nil || b.parts[odsContent] == nil || f.UncompressedSize64 > 256 {
		return false
	}
	in, err := f.Open()
	if err != nil {
		return false
	}
	defer func() { _ = in.Close() }() // it is only read
	var kind [256]byte
	n, _ := in.Read(kind[:])
	return bytes.HasPrefix(kind[:n], []byte(odsMimetype))
}

// readODS reads the parts of an OpenDocument spreadsheet.
func (b *workbook) readODS() error {
	if f := b.parts["meta-inf/manifest.xml"]; f != nil {
		err := b.scanPart(f, maxSmallPart, func(x *xmlScanner) error {
			return x.elements("manifest", func() error {
				if string(x.name) == "encryption-data" {
					return b.source.fail(CodeWorkbookEncrypted, "this OpenDocument file is protected by a password", "open it in LibreOffice and save it without the password, or as an Excel workbook (.xlsx) with one", nil)
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
	}
	f := b.parts[odsContent]
	if err := b.scanPart(f, maxPart, b.readTables); err != nil {
		return err
	}
	if uint64(len(b.sheets))*f.UncompressedSize64 > maxOdsWork {
		return b.tooLarge("it has too many sheets")
	}
	for _, sh := range b.sheets {
		sh.part = f
		if err := b.surveySheet(sh); err != nil {
			return err
		}
	}
	return nil
}

// readTables lists the sheets, and reads the document to its end.
func (b *workbook) readTables(x *xmlScanner) error {
	unseen := map[string]bool{} // styles of hidden sheets
	b.struckODS = map[string]bool{}
	style := ""
	depth := 0 // of the sheet that is being passed over
	return x.elements("document-content", func() error {
		if depth > 0 && len(x.marks) > depth {
			return nil
		}
		depth = 0
		var err error
		switch string(x.name) {
		case "style":
			style, err = x.attribute("name", true)
		case "table-properties":
			shown, wrong := x.attribute("display", true)
			unseen[style], err = shown == "false", wrong
		case "text-properties":
			line, wrong := x.attribute("text-line-through-style", true)
			if err = wrong; line != "" && line != "none" && style != "" {
				b.struckODS[style] = true
			}
		case "table":
			if len(x.marks) != 4 { // in the sheet's part of the document
				return nil
			}
			depth = len(x.marks)
			sh := &sheet{table: len(b.sheets) + 1}
			if sh.name, err = x.attribute("name", true); err != nil {
				return err
			}
			style, err = x.attribute("style-name", true)
			sh.hidden = unseen[style]
			b.sheets = append(b.sheets, sh)
		}
		return err
	})
}

// runODS reads the table of this number, counted from 1.
func (s *sheetScan) runODS(x *xmlScanner, number int) error {
	s.x = x
	if err := x.root("document-content"); err != nil {
		return err
	}
	for table := 0; ; {
		kind, err := x.next()
		switch {
		case err != nil:
			return err
		case kind == xmlEOF:
			return errXMLCut
		case kind != xmlStart:
			continue
		}
		switch string(x.name) {
		case "body", "spreadsheet":
		case "table":
			if table++; table == number {
				return s.odsRows()
			}
			err = x.skip()
		default:
			err = x.skip()
		}
		if err != nil {
			return err
		}
	}
}

// odsRows reads the rows of a table, which may stand in groups.
func (s *sheetScan) odsRows() error {
	for depth := len(s.x.marks); ; {
		kind, err := s.x.next()
		switch {
		case err != nil:
			return err
		case kind == xmlEnd && len(s.x.marks) < depth:
			return nil
		case kind != xmlStart:
			continue
		}
		switch string(s.x.name) {
		case "table-rows", "table-header-rows", "table-row-group":
		case "table-row":
			err = s.odsRow()
		default:
			err = s.x.skip()
		}
		if err != nil {
			return err
		}
	}
}

// odsRow reads one row and hands it out as often as it says.
func (s *sheetScan) odsRow() error {
	s.elements++
	times, err := s.x.repeats("number-rows-repeated")
	if err != nil {
		return err
	}
	visible, err := s.x.attribute("visibility", true)
	if err != nil {
		return err
	}
	number := s.row.Number + 1
	if number+times-1 > maxRows {
		return fmt.Errorf("it has more than %d rows", maxRows)
	}
	s.row = Row{Number: number}
	s.cells, s.kinds, s.full, s.struck = s.cells[:0], s.kinds[:0], s.full[:0], s.struck[:0]
	s.filled, s.textual = 0, 0
	for column, done := 0, false; !done; {
		kind, err := s.x.next()
		switch {
		case err != nil:
			return err
		case kind == xmlEnd:
			done = true
		case kind == xmlStart && (string(s.x.name) == "table-cell" || string(s.x.name) == "covered-table-cell"):
			column, err = s.odsCell(column)
		case kind == xmlStart:
			err = s.x.skip()
		}
		if err != nil {
			return err
		}
	}
	if s.filled == 0 {
		s.row.Number += times - 1
		return nil
	}
	if s.repeated += (times - 1) * s.filled; s.repeated > maxRepeated {
		return errTooMuch
	}
	s.row.Cells, s.row.Kinds = s.cells, s.kinds
	if len(s.struck) > 0 {
		s.row.Struck = s.struck
	}
	if visible == "collapse" || visible == "filter" {
		s.row.Note = NoteHidden
	}
	for row := s.row; row.Number < number+times; row.Number++ {
		s.row = row // what it is handed to may change it
		if !s.emit(&s.row) {
			return errStopped
		}
	}
	return nil
}

var errTooMuch = errors.New("the same cells are repeated more often than a roster can need")

// repeats returns a number of times, which is 1 if it isn't written.
func (x *xmlScanner) repeats(name string) (int, error) {
	text, err := x.attribute(name, true)
	if err != nil || text == "" {
		return 1, err
	}
	n, ok := digits([]byte(text))
	if !ok || n < 1 {
		return 0, errXMLToken
	}
	return n, nil
}

// odsValue is what the attributes of a cell say.
type odsValue struct {
	kind, value, date, boolean, text string
	style                            string
	isError, isFormula               bool
	times, columns, rows             int
}

func (s *sheetScan) odsCell(column int) (int, error) {
	v := odsValue{times: 1, columns: 1, rows: 1}
	if err := v.read(s.x.attrs); err != nil {
		return 0, err
	}
	covered := string(s.x.name) == "covered-table-cell"
	shown, err := s.x.paragraphs(s.inline[:0])
	if err != nil {
		return 0, err
	}
	s.inline = shown
	if covered {
		return column + v.times, nil
	}
	if s.merges != nil && (v.columns > 1 || v.rows > 1) {
		if err := s.merges.put(mergedRange{top: s.row.Number, bottom: s.row.Number + v.rows - 1, left: column, right: column + v.columns - 1}); err != nil {
			return 0, err
		}
	}
	text, kind, full, err := v.resolve(string(shown))
	if err != nil {
		return 0, fmt.Errorf("cell %s: %w", CellName(s.row.Number, column), err)
	}
	if kind == FormulaError && v.isFormula && len(shown) == 0 {
		s.uncomputed++
	}
	for i := 0; full && i < v.times && column+i < maxColumns; i++ {
		if s.textual += len(text); s.textual > maxRowText {
			return 0, fmt.Errorf("row %d is longer than 16 MiB", s.row.Number)
		}
		s.put(column+i, text, kind)
		if s.book.struckODS[v.style] {
			s.strike(column + i)
		}
	}
	return min(column+v.times, maxColumns), nil
}

// read takes the attributes of a cell. What LibreOffice adds to the standard's
// has a prefix of its own.
func (v *odsValue) read(attrs []byte) error {
	for rest := attrs; ; {
		name, value, after, ok, err := attr(rest)
		if err != nil || !ok {
			return err
		}
		rest = after
		text, err := appendText(nil, value, false)
		if err != nil {
			return err
		}
		numbered := map[string]*int{"number-columns-repeated": &v.times, "number-columns-spanned": &v.columns, "number-rows-spanned": &v.rows}
		switch which := string(local(name)); {
		case which == "value-type" && bytes.HasPrefix(name, []byte("calcext:")):
			v.isError = string(text) == "error"
		case which == "value-type":
			v.kind = string(text)
		case which == "value":
			v.value = string(text)
		case which == "date-value":
			v.date = string(text)
		case which == "boolean-value":
			v.boolean = string(text)
		case which == "string-value":
			v.text = string(text)
		case which == "style-name":
			v.style = string(text)
		case which == "formula":
			v.isFormula = true
		case numbered[which] != nil:
			n, ok := digits(text)
			if !ok || n < 1 {
				return errXMLToken
			}
			*numbered[which] = n
		}
	}
}

// resolve returns what a cell shows and what it is, as for a cell of Excel.
func (v *odsValue) resolve(shown string) (text string, kind Kind, full bool, err error) {
	switch {
	case v.isError:
		if shown == "" {
			shown = "#N/A"
		}
		return shown, FormulaError, true, nil
	case v.isFormula && v.kind == "" && shown == "":
		return "#N/A", FormulaError, true, nil
	}
	switch v.kind {
	case "float", "percentage", "currency":
		n, err := strconv.ParseFloat(v.value, 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return "", Number, false, errBadValue
		}
		switch {
		case v.kind != "float":
		case (n == 0 || n == 1) && showsWord(shown): // a formula that is TRUE is stored as a number
			return strings.ToUpper(strconv.FormatBool(n == 1)), Boolean, true, nil
		case showsNumber(shown, n):
			return shown, Number, true, nil
		}
		return general([]byte(v.value), n), Number, true, nil
	case "date":
		date := isoText(v.date)
		return date, Date, !blank(date), nil
	case "time":
		return shown, Date, !blank(shown), nil
	case "boolean":
		switch v.boolean {
		case "true":
			return "TRUE", Boolean, true, nil
		case "false":
			return "FALSE", Boolean, true, nil
		}
		return "", Boolean, false, errBadValue
	}
	if shown == "" {
		shown = v.text
	}
	return shown, Text, shown != "", nil
}

func showsWord(shown string) bool {
	return strings.ContainsFunc(shown, unicode.IsLetter) && !strings.ContainsFunc(shown, unicode.IsDigit)
}

// showsNumber reports that a cell shows a whole number with all its digits, with
// zeros in front or text around them, and without what no ID has: separators of
// thousands, decimals, a currency.
func showsNumber(shown string, n float64) bool {
	if n != math.Trunc(n) || math.Abs(n) >= 1e15 || strings.ContainsAny(shown, ".,'’%$€£¥ \u00a0\u202f") && !strings.ContainsAny(shown, "()-") {
		return false
	}
	figures := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, shown)
	value := strconv.FormatFloat(math.Abs(n), 'f', -1, 64)
	return figures != "" && strings.TrimLeft(figures, "0") == strings.TrimLeft(value, "0") && (n >= 0 || strings.HasPrefix(shown, "-"))
}

// paragraphs appends the text of the cell that was started last, without its
// comments and pictures.
func (x *xmlScanner) paragraphs(dst []byte) ([]byte, error) {
	start, inText := len(dst), 0
	for depth := len(x.marks); ; {
		kind, err := x.next()
		switch {
		case err != nil:
			return dst, err
		case kind == xmlEOF:
			return dst, errXMLCut
		case kind == xmlEnd && len(x.marks) < depth:
			return dst, nil
		case kind == xmlEnd:
			if len(x.marks) < inText {
				inText = 0
			}
		case kind == xmlText:
			if inText > 0 {
				dst, err = appendFolded(dst, x.text, x.literal)
			}
		default:
			dst, inText, err = x.paragraphPart(dst, inText, len(dst) > start)
		}
		if err != nil {
			return dst, err
		}
		if len(dst) > maxToken {
			return dst, errXMLTooLong
		}
	}
}

func (x *xmlScanner) paragraphPart(dst []byte, inText int, more bool) ([]byte, int, error) {
	switch string(x.name) {
	case "p":
		if inText > 0 {
			return dst, inText, nil
		}
		if more {
			dst = append(dst, '\n')
		}
		return dst, len(x.marks), nil
	case "s":
		n, err := x.repeats("c")
		return append(dst, bytes.Repeat([]byte{' '}, min(n, maxToken))...), inText, err
	case "tab":
		return append(dst, '\t'), inText, nil
	case "line-break":
		return append(dst, '\n'), inText, nil
	case "annotation", "note", "frame", "g", "custom-shape", "control":
		return dst, inText, x.skip()
	}
	if inText == 0 {
		return dst, 0, x.skip()
	}
	return dst, inText, nil
}

// appendFolded appends text in which white space is one blank.
func appendFolded(dst, text []byte, literal bool) ([]byte, error) {
	start := len(dst)
	dst, err := appendText(dst, text, literal)
	if err != nil {
		return dst, err
	}
	out := start
	for _, c := range dst[start:] {
		if c == '\t' || c == '\n' || c == '\r' {
			c = ' '
		}
		if c == ' ' && out > 0 && dst[out-1] == ' ' {
			continue
		}
		dst[out] = c
		out++
	}
	return dst[:out], nil
}
