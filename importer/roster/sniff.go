package roster

import (
	"bytes"
	"io"
	"strings"
)

const (
	saveAsXLSX = "open it in the program that made it and save it as an Excel workbook (.xlsx) or as CSV"
	askForXLSX = "ask for the list as an Excel workbook (.xlsx) or as CSV"
)

// foreign says what a file is that only its name makes a roster.
type foreign struct {
	magic   string
	message string
	fix     string
}

func foreigns() []foreign {
	return []foreign{
		{"%PDF", "this is a PDF document, whatever its name says", askForXLSX},
		{"{\\rtf", "this is a text document (RTF), not a spreadsheet", askForXLSX},
		{"\x1f\x8b", "this file is compressed (gzip)", "unpack it first"},
		{"7z\xbc\xaf", "this file is compressed (7-Zip)", "unpack it first"},
		{"Rar!", "this file is compressed (RAR)", "unpack it first"},
		{"\x89PNG", "this is a picture, not a spreadsheet", askForXLSX},
		{"\xff\xd8\xff", "this is a picture, not a spreadsheet", askForXLSX},
		{"GIF8", "this is a picture, not a spreadsheet", askForXLSX},
		{"PAR1", "this is a Parquet file, not a spreadsheet", askForXLSX},
		{"SQLite format 3", "this is a database, not a spreadsheet", askForXLSX},
	}
}

// sniff tells a workbook from text by the first bytes, and refuses what is
// neither.
func (s *source) sniff(head []byte) (Format, error) {
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")) {
		return XLSX, nil
	}
	if compound(head) {
		return "", s.ole()
	}
	if oldExcel(head) {
		return "", s.refuseXLS()
	}
	for _, f := range foreigns() {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return "", s.fail(CodeNotASpreadsheet, f.message, f.fix, nil)
		}
	}
	return CSV, nil
}

// ole refuses a file of the container that Excel 97 and password-protected
// workbooks share.
func (s *source) ole() error {
	found := s.contains(utf16le(encryptedStream), utf16le("Workbook"), utf16le("Book"))
	switch {
	case found == 0:
		return s.fail(CodeWorkbookEncrypted, "this workbook is protected by a password", "put the password into a file that only you can read, and name that by --password-file; or open the workbook in Excel and save it without one (File > Info > Protect Workbook > Encrypt with Password)", nil)
	case found > 0:
		return s.refuseXLS()
	}
	return s.fail(CodeNotASpreadsheet, "this is an Office document of an old format, not a workbook", askForXLSX, nil)
}

func (s *source) refuseXLS() error {
	return s.fail(CodeUnsupportedFormat, "this is a workbook of the old Excel format (.xls)", "open it in Excel and save it as an Excel workbook (.xlsx)", nil)
}

// oldExcel tells a workbook of Excel 2 to 4, which is a stream of records without
// a container; programs of that age still export such.
func oldExcel(head []byte) bool {
	return len(head) > 4 && head[0] == 9 && (head[1] == 0 || head[1] == 2 || head[1] == 4) && (head[2] == 4 || head[2] == 6) && head[3] == 0
}

// contains returns the index of the first of the words that the file holds
// anywhere, or -1. The words are looked for in their order.
func (s *source) contains(words ...[]byte) int {
	const chunk, overlap = 256 << 10, 64
	found := len(words)
	buf := make([]byte, min(overlap+chunk, overlap+s.size+1))
	from, kept := s.bytes(0), 0
	for {
		n, err := io.ReadFull(from, buf[kept:])
		for i, w := range words[:found] {
			if bytes.Contains(buf[:kept+n], w) {
				found = i
				break
			}
		}
		if err != nil { // the end of the file, or of what can be read of it
			break
		}
		kept = copy(buf, buf[kept+n-overlap:kept+n])
	}
	if found == len(words) {
		return -1
	}
	return found
}

func utf16le(s string) []byte {
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		b = append(b, s[i], 0)
	}
	return b
}

// refuseZip says what an archive is that is no workbook.
func (s *source) refuseZip(names []string) error {
	message := "this is a ZIP archive, not a workbook"
	fix := "unpack it and name the spreadsheet in it"
	code := CodeNotASpreadsheet
	for _, name := range names {
		name = strings.ReplaceAll(name, `\`, "/")
		switch {
		case strings.EqualFold(name, "xl/workbook.bin"):
			return s.fail(CodeUnsupportedFormat, "this is a binary Excel workbook (.xlsb)", "open it in Excel and save it as an Excel workbook (.xlsx)", nil)
		case name == "content.xml" || name == "mimetype":
			message, fix = "this is an OpenDocument file, but not a spreadsheet (.ods)", askForXLSX
		case strings.HasPrefix(name, "Index/") || name == "Index.zip":
			code, message, fix = CodeUnsupportedFormat, "this is an Apple Numbers file", "open it in Numbers and choose File > Export To > Excel"
		case strings.HasPrefix(name, "word/"):
			message, fix = "this is a Word document, not a workbook", askForXLSX
		case strings.HasPrefix(name, "ppt/"):
			message, fix = "this is a presentation, not a workbook", askForXLSX
		}
	}
	return s.fail(code, message, fix, nil)
}

// refuseText refuses text that is a document of another kind. The head is
// decoded.
func (s *source) refuseText(head string) error {
	text := strings.ToLower(strings.TrimLeft(head[:min(len(head), 2048)], " \t\r\n\uFEFF"))
	if text == "" {
		return nil
	}
	switch {
	case strings.HasPrefix(text, "<?xml") && strings.Contains(text, "opendocument"):
		return s.fail(CodeUnsupportedFormat, "this is an OpenDocument file of the flat kind (.fods)", "open it in LibreOffice and save it as an OpenDocument spreadsheet (.ods) or as an Excel workbook (.xlsx)", nil)
	case strings.HasPrefix(text, "id;p"):
		return s.fail(CodeUnsupportedFormat, "this is a SYLK file (.slk)", saveAsXLSX, nil)
	case strings.HasPrefix(text, "table\n0,1\n"), strings.HasPrefix(text, "table\r\n0,1\r\n"):
		return s.fail(CodeUnsupportedFormat, "this is a DIF file (.dif)", saveAsXLSX, nil)
	}
	if strings.HasPrefix(text, "<?xml") && strings.Contains(text, "schemas-microsoft-com:office:spreadsheet") {
		return s.fail(CodeUnsupportedFormat, "this is an Excel 2003 XML file", "open it in Excel and save it as an Excel workbook (.xlsx)", nil)
	}
	for _, tag := range []string{"<html", "<!doctype", "<table", "<head", "<meta", "<body", "<style", "<div", "<script", "<!--"} {
		if strings.HasPrefix(text, tag) || (strings.HasPrefix(text, "<?xml") && strings.Contains(text, "<html")) {
			return s.fail(CodeNotASpreadsheet, "this is a web page (HTML), whatever its name says", "open it in Excel and save it as an Excel workbook (.xlsx); if it is a sign-in page, download the list again", nil)
		}
	}
	switch {
	case strings.HasPrefix(text, "mime-version:") && strings.Contains(text, "text/html"):
		return s.fail(CodeNotASpreadsheet, "this is a web page (MHTML), whatever its name says", "open it in Excel and save it as an Excel workbook (.xlsx)", nil)
	case strings.HasPrefix(text, "begin:vcard"):
		return s.fail(CodeNotASpreadsheet, "this is a file of contact cards (vCard), not a spreadsheet", "export the contacts as CSV", nil)
	}
	if strings.HasPrefix(text, "<?xml") {
		return s.fail(CodeNotASpreadsheet, "this is an XML file, not a spreadsheet", askForXLSX, nil)
	}
	if rest := strings.TrimLeft(text[1:], " \t\r\n"); (text[0] == '{' && strings.HasPrefix(rest, `"`)) ||
		(text[0] == '[' && (strings.HasPrefix(rest, "{") || strings.HasPrefix(rest, `"`) || strings.HasPrefix(rest, "["))) {
		return s.fail(CodeNotASpreadsheet, "this is a JSON file, not a spreadsheet", askForXLSX, nil)
	}
	return nil
}
