// Package roster reads a CSV, XLSX or ODS file as a stream of numbered rows.
//
// It knows nothing of people: it finds the text, the sheet and the header row,
// and hands out cells. Decisions that the code can't show:
//
//   - Rows are numbered as a spreadsheet numbers them: records, not lines, and
//     blank rows count although they are not handed out. A "sep=" line, which
//     Excel doesn't show, doesn't count.
//   - Nobody is lost: a row that can't be read comes out with an Err, and a
//     row that is not a person's (hidden, a section heading, a total, a note, a
//     line of the export, the headings again) comes out with a SkipReason. Hidden rows
//     are not imported, because a filtered list is sent for what it shows.
//   - A row is skipped only for what no person's row says: three cells at most,
//     and words that stand in no name (Page 1 of 2, Total: 25, Exported by …), or
//     a total with nothing but numbers beside it. What merely looks odd stays in,
//     and validation says what is wrong with it.
//   - Headings in another order further down end the reading with an error: by the
//     first ones, the people below would get one another's columns.
//   - A broken quote costs one physical line. encoding/csv reads on to the next
//     quote, however far; so the bytes of the record being read are kept, and
//     reading resumes on the line after the record's first. LazyQuotes was
//     rejected: it joins rows without a word.
//   - UTF-8 is believed only when the whole file is valid; the file is read
//     once for that, at memory bandwidth, and is then read without a decoder.
//   - Workbooks are read by a scanner of our own. The row iterator of excelize
//     has no type and no style of a cell, so that 1 and TRUE, or 46085 and a
//     date, can't be told apart; it ends early and silently in a damaged sheet;
//     and it allocates several times per cell. Here every part of the workbook
//     is streamed once at Open, so that its checksums are compared, and every
//     sheet is parsed to its closing tags and its rows are counted before the
//     first row is handed out. The tests hold the cells against excelize.
//   - OpenDocument is read by the same scanner, with the same guarantees, because
//     its spreadsheets are little else than that. For .xls, .xlsb and Numbers no
//     library of Go is kept well enough that an ID can be believed to come out of
//     it whole; a sentence says how to save such a file.
//   - Decrypting is left to excelize, and what a password opens, to our scanner.
//   - Headings over two rows are read together only if both say more than each.
//   - A number is shown by its format only where the format makes an ID of it
//     (00000, "E-"0000, 000-00-0000). Thousands separators, currencies and
//     scientific notation would put into an ID what is not part of it, so the
//     full number is read instead: up to 15 digits, of which no spreadsheet holds
//     more. A longer one is shown as spreadsheets show it, 1.23456789012346E+15,
//     for its last digits are not what somebody typed.
//   - A name that is struck through is handed out with that: hardly anybody means
//     anything else by it than that the person is gone, but only hardly. Colours are
//     not read, since they mean what a legend says, if there is one.
//   - A formula without a stored result is a FormulaError, not a blank cell: a
//     reporting tool that never calculated its IDs must not lose them silently.
//   - A cell that is merged downwards stands in every row that it covers, as a
//     reader of the sheet understands it.
package roster
