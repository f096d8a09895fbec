package roster

import (
	"fmt"
	"strconv"
	"strings"
)

// The codes of an Error.
const (
	CodeFileMissing       = "file_missing"
	CodeFileIsFolder      = "file_is_folder"
	CodeFileUnreadable    = "file_unreadable"
	CodeFileEmpty         = "file_empty"
	CodeFileTooLarge      = "file_too_large"
	CodeFileChanged       = "file_changed"
	CodeHeaderOnly        = "header_only"
	CodeNoHeader          = "no_header"
	CodeNotASpreadsheet   = "not_a_spreadsheet"
	CodeUnsupportedFormat = "unsupported_format"
	CodeWorkbookDamaged   = "workbook_damaged"
	CodeWorkbookEncrypted = "workbook_encrypted"
	CodePasswordWrong     = "password_wrong"
	CodeWorkbookTooLarge  = "workbook_too_large"
	CodeSheetMissing      = "sheet_missing"
	CodeAnotherTable      = "another_table"
	CodeSheetAmbiguous    = "sheet_ambiguous"
	CodeEncodingUnknown   = "encoding_unknown"
	CodeDelimiterUnknown  = "delimiter_unknown"
	CodeQuoteUnclosed     = "quote_unclosed"
	CodeQuoteStray        = "quote_stray"
	CodeRowTooLong        = "row_too_long"
	CodeTooManyCells      = "too_many_cells"
	CodeTooManyColumns    = "too_many_columns"
)

// Error says where the roster can't be read, why, and what to do about it.
type Error struct {
	File    string // as it was given to Open
	Sheet   string // "" for CSV
	Cell    string // such as "D17"; "" where it is not one cell
	Row     int    // 0 where it is not one row
	Code    string // for programs, such as "quote_unclosed"
	Message string // what is wrong
	Fix     string // what to do; "" where nothing sensible can be said
	Err     error
}

// Error names the place and what is wrong there; Fix is not part of it.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Sheet != "" {
		fmt.Fprintf(&b, ", sheet %q", e.Sheet)
	}
	if e.Row > 0 {
		fmt.Fprintf(&b, ", row %d", e.Row)
	}
	if e.Cell != "" {
		fmt.Fprintf(&b, ", column %s", strings.TrimRight(e.Cell, "0123456789"))
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	b.WriteString(e.Message)
	return b.String()
}

// Unwrap returns the cause, if there is one.
func (e *Error) Unwrap() error { return e.Err }

// CellName names a cell as a spreadsheet does, such as "C17". The first row is
// 1 and the first column is 0.
func CellName(row, column int) string {
	return columnName(column) + strconv.Itoa(row)
}

func columnName(column int) string {
	var b [8]byte
	i := len(b)
	for n := column + 1; n > 0 && i > 0; n = (n - 1) / 26 {
		i--
		b[i] = byte('A' + (n-1)%26)
	}
	return string(b[i:])
}
