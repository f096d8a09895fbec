package roster

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
