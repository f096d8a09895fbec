// Package workbook writes columns, marks and a sheet into an XLSX file and
// leaves everything else of it as it is, byte for byte.
//
// A workbook is an archive of parts. Only the parts that say something new are
// written anew, and of these only the elements in question: the rows of one
// sheet, its columns' widths, its frozen rows and filter, the styles that are
// added, the notes on cells. All others are copied as they are packed.
// Decisions that the code can't show:
//
//   - Excelize was rejected for this. It reads a workbook whole (2.5 GB of memory
//     for 200,000 rows of eleven cells; here it is 30 MB for any number), and writes
//     anew every part that it knows: what it doesn't know of these gets lost, such
//     as the extended conditional formats, the properties of rows and the
//     extensions of other makers. What is never read can't get lost. The sheet is
//     streamed instead, a row at a time, so there is no size from which on a roster
//     would be too large.
//   - What can't be written into safely is not tried: macros and signatures, which
//     would be broken or carried on; the strict variant of the format, which has
//     other names for everything; rows that are out of order. Open says so by an
//     [*UnfitError] before anything has happened.
//   - Columns that are added stand right of the table, in the first place where
//     nothing is from the headings' row on: no second list, no note, no picture.
//   - Texts are written into the cells themselves and not among the shared
//     strings, as numbers never and as formulas never.
//   - A cell that is marked gets a fill and a note. Notes are known again by their
//     first line, fills by their colour, because these are what other programs keep
//     when they save the file. The fill that a cell had before it was marked is not
//     kept anywhere; when the mark goes, the cell takes the fill of the row's last
//     unmarked cell.
//   - More than 1,000 notes make a sheet slow to open and to scroll, and nobody
//     reads them: marks beyond have the fill alone.
package workbook
