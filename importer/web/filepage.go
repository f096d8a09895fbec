package web

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"muster/importer"
	"muster/importer/roster"
	"muster/importer/workbook"
)

// fileData is how a file is read, with its first rows.
type fileData struct {
	Sheets    []string // of a workbook; nil for a text file
	Sheet     string
	HeaderRow int
	Encoding  string // as a person has chosen; "" is found
	Encodings []string
	Remarks   []string
	Shown     string // how the file is read
	Rows      []fileRow

	sheets []sheetRows
}

// fileRow is a row as the file has it.
type fileRow struct {
	Number int      `json:"number"`
	Cells  []string `json:"cells"`
}

// sheetRows are the first rows of a sheet.
type sheetRows struct {
	Name string    `json:"name"`
	Rows []fileRow `json:"rows"`
}

// previewFile is the file of a draft with the first rows of each sheet: reading a large
// workbook takes seconds.
const previewFile = "preview.json"

// encodings are the encodings that a person can choose. More are found than these.
func encodings() []string {
	return []string{
		"utf-8", "windows-1252", "windows-1250", "windows-1251", "windows-1253", "windows-1254", "windows-1255", "windows-1256", "windows-1257",
		"iso-8859-2", "macintosh", "utf-16le", "shift_jis", "gbk", "big5", "euc-kr",
	}
}

// take adds what was found when the file was opened.
func (f *fileData) take(in *importer.Roster) {
	f.HeaderRow, f.Remarks = in.HeaderRow(), in.Remarks
	if in.Sheet != "" {
		f.Sheet = in.Sheet
		f.showRows()
	}
}

// fileOf returns how the file of a draft is read, with the first rows.
func (s *Server) fileOf(d *draft) (fileData, error) {
	read, err := d.reading()
	if err != nil {
		return fileData{}, err
	}
	data := fileData{Sheet: read.Sheet, HeaderRow: read.HeaderRow, Encoding: read.Encoding, Shown: read.shown}
	path, err := d.rosterPath()
	if err != nil {
		return data, err
	}
	sheets, err := d.sheets(path)
	if err != nil {
		data.Encodings = encodings()
		data.Rows = firstRows(path, read.Encoding)
		return data, nil
	}
	for _, sheet := range sheets {
		data.Sheets = append(data.Sheets, sheet.Name)
	}
	data.sheets = sheets
	data.showRows()
	return data, nil
}

// showRows takes the rows of the sheet, or of the first sheet.
func (f *fileData) showRows() {
	for i, sheet := range f.sheets {
		if i == 0 || sheet.Name == f.Sheet {
			f.Rows = sheet.Rows
		}
	}
}

// Width returns how many cells the longest row has.
func (f fileData) Width() int {
	width := 0
	for _, row := range f.Rows {
		width = max(width, len(row.Cells))
	}
	return width
}

// sheets returns the first rows of each sheet of a workbook.
func (d *draft) sheets(path string) (sheets []sheetRows, err error) {
	kept, err := os.ReadFile(filepath.Join(d.Folder, previewFile))
	if err == nil && json.Unmarshal(kept, &sheets) == nil {
		return sheets, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // only read
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	rows := map[string][]fileRow{}
	book, err := workbook.Open(file, info.Size(), func(sheet *workbook.Sheet, row *workbook.Row) {
		if len(rows[sheet.Name]) < rowsOfFile {
			rows[sheet.Name] = append(rows[sheet.Name], newFileRow(row.Number, row.Cells))
		}
	})
	if err != nil {
		return nil, err
	}
	for _, sheet := range book.Sheets {
		sheets = append(sheets, sheetRows{sheet.Name, rows[sheet.Name]})
	}
	content, err := json.Marshal(sheets)
	if err != nil {
		return nil, err
	}
	return sheets, d.write(previewFile, content)
}

func newFileRow(number int, cells []string) fileRow {
	row := fileRow{Number: number}
	for _, cell := range cells[:min(len(cells), columnsOfFile)] {
		row.Cells = append(row.Cells, strings.Clone(cell))
	}
	return row
}

// firstRows returns the first rows of a text file; none if they can't be read.
func firstRows(path, encoding string) []fileRow {
	for header := 1; header <= rowsOfFile; header++ { // rows may be blank
		in, err := roster.Open(path, roster.Options{HeaderRow: header, Encoding: encoding})
		if err != nil {
			continue
		}
		rows := []fileRow{newFileRow(header, in.Header())}
		for row, err := range in.Rows() {
			if err != nil || len(rows) == rowsOfFile {
				break
			}
			rows = append(rows, newFileRow(row.Number, row.Cells))
		}
		_ = in.Close() // only read
		return rows
	}
	return nil
}

// saveReading takes the sheet, the header row or the encoding to read the file by.
func (s *Server) saveReading(w http.ResponseWriter, r *http.Request) error {
	d, err := s.draftOf(r)
	if err != nil {
		return err
	}
	before, err := d.reading()
	if err != nil {
		return err
	}
	after := reading{Sheet: r.PostFormValue("sheet"), Encoding: r.PostFormValue("encoding")}
	if row, err := strconv.Atoi(r.PostFormValue("header_row")); err == nil && row > 0 {
		after.HeaderRow = row
	}
	if r.PostForm.Has("other_sheet") { // its headings may be anywhere
		after = reading{Sheet: r.PostFormValue("other_sheet"), Encoding: after.Encoding}
	}
	content, err := json.Marshal(after)
	if err != nil {
		return err
	}
	err = s.runs.change(d.ID, before.shown, func() error {
		if sheet := r.PostFormValue("sheet"); before.Sheet == "" && sheet != "" {
			if err := s.checks.nameSheet(d, sheet); err != nil {
				return err
			}
		}
		if before.Sheet != after.Sheet || before.HeaderRow != after.HeaderRow {
			if err := d.forgetMapping(); err != nil { // it was for other headings
				return err
			}
		}
		return d.write(readingFile, content)
	})
	if err != nil {
		return err
	}
	s.checks.forget(d.ID)
	return redirect(w, r, "/roster/"+d.ID+"/columns")
}
