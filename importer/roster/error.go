package roster

import "strconv"

// The codes of the errors that Open and Reader.Rows return.
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
