// Package workbook reads XLSX and OpenDocument spreadsheets for rosters, and writes results
// into an XLSX workbook.
//
// A workbook is an archive of XML parts. Decisions that the code cannot show:
//
//   - Open reads every part once before it returns: checksums are compared, tags must match,
//     every cell must make sense. A damaged workbook is refused before the first row is used.
//     The row iterator of excelize reads 14 of 16 damaged workbooks without an error, and
//     cannot tell 1 from TRUE, or 46085 from a date.
//   - The scanner is RawToken of encoding/xml. A scanner written by hand was three times as
//     fast, in 446 lines; the API allows 2.5 requests a second, which is far slower than either. The faster
//     libraries accept XML that is cut or garbled.
//   - Shared strings are held in memory, up to a limit. A workbook beyond the limit is
//     refused rather than spilled to a file.
//   - A number is shown by a format only if the format makes an ID of the number (00000,
//     "E-"0000, 000-00-0000). Thousands separators, currencies and scientific notation are
//     no part of an ID, so the full number is read instead, up to 15 digits, which is what
//     spreadsheets hold.
//   - A formula without a stored result is a FormulaError, not a blank cell: IDs that a
//     program never calculated must not get lost silently.
//   - For .xls, .xlsb and Numbers no Go library reads IDs reliably.
//   - An Editor changes only the elements that say something new; everything else is copied
//     byte for byte. Rewriting by excelize takes 2.6 GB for 200,000 rows, and changed cells of
//     9 of 339 workbooks. The sheet is streamed row by row, so its length does not matter.
//   - An Editor refuses what it would break: macros, signatures, the strict variant of the
//     format, rows out of order. OpenEditor returns an [*UnfitError] before anything happens.
//   - New columns are right of the table, where nothing is from the headings' row on: no
//     second list, no note.
//   - Results are inline texts, never numbers, never formulas.
//   - Later writings know notes by the first line and marks by the fill's colour, because
//     other programs keep these when they save a workbook. The fill that a cell had before
//     the mark is not kept; without the mark, the cell gets the fill of the row.
package workbook
