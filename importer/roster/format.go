package roster

import (
	"bytes"
	"io"
	"slices"
	"strings"
)

const (
	saveAsXLSX = "open it in Excel and save it as an Excel workbook (.xlsx)"
	resaveText = "open it in the program that made it and save it as an Excel workbook (.xlsx) or as CSV"
	askForXLSX = "ask for the list as an Excel workbook (.xlsx) or as CSV"
	unpack     = "unpack it first"
	picture    = "this is a picture, not a spreadsheet"
	sylk       = "this is a SYLK file (.slk)"
	oldExcel   = "this is a workbook of the old Excel format (.xls)"
)

// foreignFormat is a format that is not read, whatever the name of the file says.
type foreignFormat struct {
	starts   []string // beginnings of the file, or of the name of a part of an archive
	contains string   // text that must follow
	code     string
	message  string
	fix      string
}

// binaryFormats lists formats by the first bytes of a file.
func binaryFormats() []foreignFormat {
	return []foreignFormat{
		{[]string{"%PDF"}, "", CodeNotASpreadsheet, "this is a PDF document, whatever its name says", askForXLSX},
		{[]string{"{\\rtf"}, "", CodeNotASpreadsheet, "this is a text document (RTF), not a spreadsheet", askForXLSX},
		{[]string{"\x1f\x8b"}, "", CodeNotASpreadsheet, "this file is compressed (gzip)", unpack},
		{[]string{"7z\xbc\xaf"}, "", CodeNotASpreadsheet, "this file is compressed (7-Zip)", unpack},
		{[]string{"Rar!"}, "", CodeNotASpreadsheet, "this file is compressed (RAR)", unpack},
		{[]string{"\x89PNG", "\xff\xd8\xff", "GIF8"}, "", CodeNotASpreadsheet, picture, askForXLSX},
		{[]string{"PAR1"}, "", CodeNotASpreadsheet, "this is a Parquet file, not a spreadsheet", askForXLSX},
		{[]string{"SQLite format 3"}, "", CodeNotASpreadsheet, "this is a database, not a spreadsheet", askForXLSX},
		// Excel 2 to 4, which some old programs still export: records without a container.
		{[]string{"\x09\x00\x04\x00", "\x09\x02\x06\x00", "\x09\x04\x06\x00"}, "", CodeUnsupportedFormat, oldExcel, saveAsXLSX},
	}
}

// textFormats lists formats by the beginning of the text, in small letters.
func textFormats() []foreignFormat {
	xml, html := []string{"<?xml"}, []string{"<html", "<!doctype", "<table", "<head", "<meta", "<body", "<style", "<div", "<script", "<!--"}
	const page, resavePage = "this is a web page (HTML), whatever its name says", saveAsXLSX + "; if it is a sign-in page, download the list again"
	return []foreignFormat{
		{xml, "opendocument", CodeUnsupportedFormat, "this is an OpenDocument file of the flat kind (.fods)", "open it in LibreOffice and save it as an OpenDocument spreadsheet (.ods) or as an Excel workbook (.xlsx)"},
		{xml, "schemas-microsoft-com:office:spreadsheet", CodeUnsupportedFormat, "this is an Excel 2003 XML file", saveAsXLSX},
		{xml, "<html", CodeNotASpreadsheet, page, resavePage},
		{xml, "", CodeNotASpreadsheet, "this is an XML file, not a spreadsheet", askForXLSX},
		{html, "", CodeNotASpreadsheet, page, resavePage},
		{[]string{"mime-version:"}, "text/html", CodeNotASpreadsheet, "this is a web page (MHTML), whatever its name says", saveAsXLSX},
		{[]string{"begin:vcard"}, "", CodeNotASpreadsheet, "this is a file of contact cards (vCard), not a spreadsheet", "export the contacts as CSV"},
		// A CSV file may begin with ID;Prénom. Below it, a SYLK file has formats and cells.
		{[]string{"id;p"}, "\np;pgeneral", CodeUnsupportedFormat, sylk, resaveText},
		{[]string{"id;p"}, ";k\"", CodeUnsupportedFormat, sylk, resaveText},
		{[]string{"table\n0,1\n", "table\r\n0,1\r\n"}, "", CodeUnsupportedFormat, "this is a DIF file (.dif)", resaveText},
		{[]string{`{"`, `[{`, `["`, `[[`}, "", CodeNotASpreadsheet, "this is a JSON file, not a spreadsheet", askForXLSX},
	}
}

// zipFormats lists formats by the name of a part of the archive.
func zipFormats() []foreignFormat {
	return []foreignFormat{
		{[]string{"xl/workbook.bin"}, "", CodeUnsupportedFormat, "this is a binary Excel workbook (.xlsb)", saveAsXLSX},
		{[]string{"index/", "index.zip"}, "", CodeUnsupportedFormat, "this is an Apple Numbers file", "open it in Numbers and choose File > Export To > Excel"},
		{[]string{"word/"}, "", CodeNotASpreadsheet, "this is a Word document, not a workbook", askForXLSX},
		{[]string{"ppt/"}, "", CodeNotASpreadsheet, "this is a presentation, not a workbook", askForXLSX},
		{[]string{"content.xml", "mimetype"}, "", CodeNotASpreadsheet, "this is an OpenDocument file, but not a spreadsheet (.ods)", askForXLSX},
		{[]string{""}, "", CodeNotASpreadsheet, "this is a ZIP archive, not a workbook", "unpack it and name the spreadsheet in it"},
	}
}

// refuse returns the error of the first format that a text has, or nil.
func (s *source) refuse(formats []foreignFormat, text string) error {
	for _, f := range formats {
		if slices.ContainsFunc(f.starts, func(start string) bool { return strings.HasPrefix(text, start) }) && strings.Contains(text, f.contains) {
			return s.fail(f.code, f.message, f.fix, nil)
		}
	}
	return nil
}

// detectFormat returns XLSX for any archive and CSV for any text, by the first bytes. Files
// of other formats are refused.
func (s *source) detectFormat(head []byte) (Format, error) {
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return XLSX, nil
	case !compound(head):
		return CSV, s.refuse(binaryFormats(), string(head))
	case s.encrypted():
		return "", s.fail(CodeWorkbookEncrypted, "this workbook is protected by a password", "put the password into a file that only you can read, and name that by --password-file; or open the workbook in Excel and save it without a password (File > Info > Protect Workbook > Encrypt with Password)", nil)
	case s.contains(utf16le("Workbook")), s.contains(utf16le("Book")):
		return "", s.fail(CodeUnsupportedFormat, oldExcel, saveAsXLSX, nil)
	}
	return "", s.fail(CodeNotASpreadsheet, "this is an Office document of an old format, not a workbook", askForXLSX, nil)
}

// refuseText refuses a text that is a document of another format. The head is decoded.
func (s *source) refuseText(head string) error {
	text := strings.ToLower(strings.TrimLeft(head[:min(len(head), 2048)], " \t\r\n\uFEFF"))
	if text != "" && strings.ContainsAny(text[:1], "{[") {
		text = text[:1] + strings.TrimLeft(text[1:], " \t\r\n")
	}
	return s.refuse(textFormats(), text)
}

// refuseZip refuses an archive that is no workbook, by the names of the parts.
func (s *source) refuseZip(names []string) error {
	for _, f := range zipFormats() {
		for _, name := range append(names, "") {
			if err := s.refuse([]foreignFormat{f}, strings.ToLower(strings.ReplaceAll(name, `\`, "/"))); err != nil {
				return err
			}
		}
	}
	return nil
}

// contains reports whether the file contains some bytes.
func (s *source) contains(word []byte) bool {
	from, tail := s.bytes(0), 0
	buf := make([]byte, len(word)+4*chunk)
	for {
		n, err := io.ReadFull(from, buf[tail:])
		if bytes.Contains(buf[:tail+n], word) {
			return true
		}
		if err != nil { // the end of the file, or of the readable part
			return false
		}
		tail = copy(buf, buf[len(buf)-len(word):])
	}
}

func utf16le(s string) []byte {
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		b = append(b, s[i], 0)
	}
	return b
}
