package main

// group is what a code is about.
type group string

const (
	aboutFile       group = "file"
	aboutMapping    group = "mapping"
	aboutRow        group = "row"
	aboutProcore    group = "Procore"
	aboutConnection group = "connection"
	aboutMachine    group = "machine"
)

func groups() []group {
	return []group{aboutFile, aboutMapping, aboutRow, aboutProcore, aboutConnection, aboutMachine}
}

// explanation is the meaning of a code and what to do about it.
type explanation struct {
	code    string
	group   group
	meaning string
	fix     string
}

// catalogue explains every code that the program writes.
func catalogue() []explanation {
	return []explanation{
		{"another_table", aboutFile, "Below the people of the roster there are other headings, so what follows them is another table.", "Put each table into a separate sheet or file, or give them the same columns."},
		{"delimiter_unknown", aboutFile, "The lines of a CSV file are not cut into cells by comma, semicolon, tab or bar, or not all in the same way.", "Name the character with --delimiter, or save the list as a workbook (.xlsx)."},
		{"encoding_unknown", aboutFile, "The letters of a CSV file can't be read in any common encoding, or --encoding names one that does not exist.", "Save the file as \"CSV UTF-8\", or name its encoding with --encoding."},
		{"file_changed", aboutFile, "The roster was written to while it was being read.", "Wait until the file is complete, then run the same command again."},
		{"file_empty", aboutFile, "The file holds nothing.", "Export the list once more, and look at its size."},
		{"file_is_folder", aboutFile, "A folder was named where a roster is wanted.", "Name the file inside it."},
		{"file_missing", aboutFile, "There is no file of that name.", "Check the name and the folder; put quotes around a name with spaces."},
		{"file_too_large", aboutFile, "More than 256 MiB came through a pipe or standard input, which have to be copied first.", "Store them in a file and name that."},
		{"file_unreadable", aboutFile, "The file is there and can't be read: permission, a disk fault, or a device instead of a file.", "Give yourself permission to read it, or copy it to another disk."},
		{"header_only", aboutFile, "The roster has headings and no row below them.", "Fill it in if it is an empty template; otherwise check that it is the right sheet, and name it with --sheet."},
		{"no_header", aboutFile, "None of the first rows reads like headings.", "Put a row of headings above the people, name it with --header-row, or name the columns in a mapping file."},
		{"not_a_spreadsheet", aboutFile, "The file's content is neither CSV text nor a workbook, whatever its name says.", "Open it in a spreadsheet program and save it as .xlsx or .csv."},
		{"password_wrong", aboutFile, "The password does not open the workbook.", "Check the file that --password-file names: one line, as the password is typed in Excel."},
		{"quote_stray", aboutFile, "A line of a CSV file has a quote in the middle of a cell.", "Double the quote, or take it out."},
		{"quote_unclosed", aboutFile, "A cell of a CSV file begins with a quote that nothing closes. The rows after it are read nevertheless.", "Close the quote, or take it out."},
		{"report_closed", aboutMachine, "The report was written to after it had been finished.", "Run the same command again; if it stays so, report it as a defect."},
		{"report_folder_missing", aboutFile, "The folder of the report does not exist.", "Make it, or name another with --report."},
		{"report_is_folder", aboutFile, "There is a folder at the report's path.", "Name a file with --report."},
		{"report_not_a_file", aboutFile, "The report's path is not an ordinary file.", "Name another file with --report."},
		{"report_not_ours", aboutFile, "The file at the report's path is not a report of muster. muster does not replace it.", "Name another file with --report, or move that one away."},
		{"report_unwritable", aboutMachine, "The report can't be written.", "Check the folder's permissions and the space on the disk."},
		{"results_disk_full", aboutMachine, "The disk is full, so the results file could not be written. What was created is in the ledger.", "Make room and run the same command again: it goes on, and the results file is written anew."},
		{"results_folder_missing", aboutFile, "The folder of the results file does not exist.", "Make it, or name another with --results."},
		{"results_format_unknown", aboutFile, "The name of the results file ends in none of .csv, .xlsx and .jsonl.", "Name one that does with --results."},
		{"results_heading_taken", aboutFile, "A column of the roster has the name of one of the six results columns.", "Rename that column."},
		{"results_heading_twice", aboutFile, "A results file has one of its six columns twice.", "Remove the one that you added."},
		{"results_in_use", aboutFile, "Another run, of another project, is writing its results into the file of that name. Nothing was sent.", "Wait until it has ended, or give each run a separate file with --results."},
		{"results_is_folder", aboutFile, "There is a folder at the path of the results file.", "Name a file with --results."},
		{"results_line_unclear", aboutRow, "A line of a results file can't be read as one.", "Restore the line from the .bak file beside it."},
		{"results_not_a_file", aboutFile, "The path of the results is not an ordinary file.", "Name another file with --results."},
		{"results_not_ours", aboutFile, "The file at the path of the results is not a results file. muster does not replace it.", "Name another file with --results, or move that one away."},
		{"results_person_missing", aboutRow, "The import_status of a line says that there is a person, its import_person_id is empty, and the ledger knows of no person that a run created for it. Nothing was sent for it.", "Put the number back, from the .bak file beside it, or write pending to check the row again."},
		{"results_person_unclear", aboutRow, "The import_person_id of a line has lost digits, as spreadsheets lose those of long numbers. The row keeps its person; where the ledger knows the number it is put back.", "Nothing needs to be done. Work in the .xlsx results to keep such numbers."},
		{"results_rehearsal", aboutFile, "The results file is a rehearsal's: no person was created.", "Import the roster itself."},
		{"results_row_unclear", aboutRow, "The import_row of a line is no row number: the line was added, or the cell changed.", "Put new people into a new roster; the numbers of all others are in the .bak file beside it."},
		{"results_shifted", aboutFile, "Rows of a results file have the outcomes of other rows, as after sorting only some of the columns.", "Sort back, or take the .bak file, and sort all columns together."},
		{"results_status_unclear", aboutRow, "The import_status of a line is none that muster writes.", "Restore it from the .bak file, or write pending to import the row."},
		{"results_too_large", aboutFile, "The results have more rows or columns than the format can hold.", "Write them as .csv or .jsonl with --results."},
		{"results_unreadable", aboutFile, "The results file can't be read.", "Check its permissions, or take the .bak file beside it."},
		{"results_unwritable", aboutMachine, "The results file can't be written. What was created is in the ledger.", "Check the folder's permissions and run the same command again."},
		{"row_too_long", aboutFile, "A line of a CSV file is longer than any row of people is.", "Look for a quote that is not closed above it."},
		{"row_twice", aboutRow, "Two lines of a results file are of the same row of the roster.", "Remove one of them; put new people into a new roster."},
		{"sheet_ambiguous", aboutFile, "Several sheets of the workbook look like a roster.", "Name the one that is meant with --sheet."},
		{"sheet_missing", aboutFile, "The workbook has no sheet of that name, or none with anything on it.", "Check --sheet."},
		{"too_many_cells", aboutRow, "A row of a CSV file has more cells than there are headings, so that some of them may be under the wrong ones.", "Put the cell that holds a delimiter in quotation marks, or give the last column a heading."},
		{"too_many_columns", aboutFile, "The roster has more columns than a spreadsheet holds beside those of the results.", "Check the delimiter of the file, or delete columns that say nothing about a person."},
		{"unsupported_format", aboutFile, "The file is of a kind that muster does not read, such as .xls, .xlsb or Numbers.", "Open it in a spreadsheet program and save it as .xlsx or .csv."},
		{"workbook_damaged", aboutFile, "A part of the workbook is cut off, altered or missing. It is never read by half.", "Open it in a spreadsheet program, see whether it is whole, and save it anew; or ask for it again."},
		{"workbook_encrypted", aboutFile, "The workbook asks for a password.", "Put the password into a file and name that with --password-file, or save the workbook without one."},
		{"workbook_too_large", aboutFile, "Unpacked, the workbook is larger than any roster is.", "Save only the roster's sheet, or save it as CSV."},

		{"headings", aboutMapping, "The roster's headings can't be mapped to the fields of a person; the problems say which.", "Rename them, or say in a mapping file what they mean."},
		{"mapping_file", aboutMapping, "The mapping file can't be read, or something in it is wrong.", "Correct it at the line that is named."},
		{"column_missing", aboutMapping, "The mapping file names a column that the roster does not have.", "Correct the mapping file; the message lists the headings."},
		{"expression_failed", aboutRow, "An expression of the mapping file can't be worked out for a row.", "Correct the cells that it reads, or the expression."},
		{"filtered", aboutRow, "The mapping file's where leaves the row out.", "Nothing needs to be done."},
		{"heading_ambiguous", aboutMapping, "A heading can mean two things, and the cells below it don't say which.", "Say it in a mapping file."},
		{"heading_missing", aboutMapping, "No heading gives a field that every person needs.", "Rename the heading in the roster, or say in a mapping file which column it is."},
		{"heading_near", aboutMapping, "A heading is nearly one that is known, and a field has no column; it is not taken unasked.", "Correct the heading in the roster, or confirm it at a terminal with muster map ROSTER."},
		{"heading_twice", aboutMapping, "Two columns are for the same field, or have the same heading.", "Say in a mapping file which one counts, or rename one of them."},
		{"pattern_mismatch", aboutRow, "A cell does not have the form that the mapping file asks for.", "Correct the cell, or the pattern."},
		{"project_missing", aboutRow, "The mapping takes the project from a column, and the row leaves it empty.", "Fill the cell in, or give the project a default in the mapping file."},
		{"project_unclear", aboutRow, "The mapping takes the project from a column, and the cell is not the ID of one.", "Type the number that Procore shows in the project's address, or add the cell to values of project in the mapping file."},
		{"where_failed", aboutRow, "The mapping file's where can't be worked out for a row.", "Correct the cells that it reads, or have it bear such cells."},
		{"value_unknown", aboutRow, "A cell is not in the mapping file's table of values.", "Correct the cell, or add it to the table."},

		{"boolean_unclear", aboutRow, "A cell that says yes or no says neither.", "Write yes or no."},
		{"characters_lost", aboutRow, "Letters of a cell were lost on the way here, as an encoding that can't hold them does.", "Type the cell anew, or save the roster as UTF-8."},
		{"classification_ambiguous", aboutRow, "Several work classifications of the project have that name.", "Write the abbreviation, or the ID."},
		{"classification_id_unclear", aboutRow, "A work classification is mapped by its ID, and the cell is no number.", "Type the ID, or map the column with lookup: work_classification."},
		{"classification_unknown", aboutRow, "The project has no work classification of that name.", "Take the one that is suggested, or add it in Procore's settings."},
		{"control_character", aboutRow, "A cell holds characters that can't be seen.", "Clear it and type it anew."},
		{"duplicate_row", aboutRow, "The row is the same person as one above it.", "Keep one of the two; if they are two people, give each an ID, or allow it with --allow-namesakes."},
		{"formula_error", aboutRow, "A cell shows the error of a formula, such as #N/A, or the workbook holds no result of it.", "Correct the formula, or type the value; where there is no result, open the workbook in a spreadsheet program and save it."},
		{"formula_text", aboutRow, "A cell begins like a formula.", "Type the text without the sign."},
		{"has_left", aboutRow, "A column that feeds no field, such as Status or Active, says that the person may have left the company, or the name is struck through. muster imports the row: only you know what your system means by it.", "To leave such people out, filter them with the where that the hint spells out, or delete their rows."},
		{"id_damaged", aboutRow, "A spreadsheet has turned an ID into something else: 1.23E+11, 123.0 or a date.", "Format the column as text, and type the ID anew."},
		{"id_unclear", aboutRow, "An ID does not look like one.", "Correct it, or leave it empty."},
		{"name_guessed", aboutRow, "A full name was split into first and last name by a guess, a nickname was left out of it, first and last name seem to be under one another's heading, or the row has nothing but a name and may be the heading of a section.", "If the name is wrong, correct it, or put the two halves into separate columns; if the row is no person's, delete it."},
		{"name_missing", aboutRow, "A row has no first name or no last name.", "Fill the cell in; if it is no person's row, delete it."},
		{"name_single", aboutRow, "A full name is one word.", "Write first and last name."},
		{"name_unclear", aboutRow, "A name does not look like one.", "Correct it."},
		{"no_person", aboutRow, "The row is a section, a total or a note, and no person's.", "Nothing needs to be done."},
		{"title_unclear", aboutRow, "A job title does not look like one.", "Correct it, or leave it empty."},
		{"too_long", aboutRow, "A cell is longer than the 255 characters that Procore takes.", "Shorten it."},
		{"value_withheld", aboutRow, "A cell is written like a social security number. Those are never sent.", "Correct the cell, or leave it empty."},

		{"answer_lost", aboutProcore, "A request was sent, and its answer was lost: whether the person exists is not known yet. It is never sent again blindly.", "Run the same command again later: it finds out before it sends anything."},
		{"conflict", aboutProcore, "Procore says that a person with this ID exists already.", "Look them up in the company's directory, or correct the ID."},
		{"differs", aboutProcore, "The person is there and has another job title in Procore.", "Correct it there, or import with --update."},
		{"fault", aboutProcore, "Procore failed to handle the request.", "Nothing needs to be done: what became of it is found out before it is sent again."},
		{"gone", aboutProcore, "An earlier run created the person, and the project does not list them any more.", "To add the person again, import with --recreate-removed."},
		{"id_conflict", aboutProcore, "The row's ID belongs to a person of another name in Procore.", "Correct the ID in the roster, or the person in Procore."},
		{"kept_failing", aboutProcore, "Procore lost the request for a row again and again, and created no person.", "Try again later; if it stays so, send Procore's support the request IDs that muster runs shows."},
		{"id_alike", aboutProcore, "The row was taken for the person of the same name in Procore, whose ID differs only in case or leading zeros.", "Spreadsheets lose zeros in front: correct the ID in the roster, or the person in Procore."},
		{"name_only", aboutProcore, "The row was taken for the person of the same name in Procore, and no ID confirms it.", "If these are two people, give the one in Procore an employee ID."},
		{"not_created", aboutProcore, "A request whose answer was lost did not create the person.", "Nothing needs to be done: the row is sent again."},
		{"not_sent", aboutProcore, "A request was taken back before it left.", "Nothing needs to be done."},
		{"refused", aboutProcore, "Procore refused the row and said why.", "Correct the row by what it says, then retry it."},
		{"retried", aboutProcore, "A request had no effect, and the row was sent again.", "Nothing needs to be done."},
		{"sent_elsewhere", aboutProcore, "A run of another project has sent the person of this origin ID, and what became of it is not known yet.", "Run the same command again when that run has ended: it finds out before it sends anything."},
		{"throttled", aboutProcore, "Procore keeps putting requests off: the quota is used up, also by other programs with the same credentials.", "Run the same command again later, or with --reserve in the other programs."},
		{"update_refused", aboutProcore, "A job title could not be changed in Procore.", "See Procore's message; the person exists nevertheless."},
		{"updated", aboutProcore, "The person's job title was changed in Procore to the roster's.", "Nothing needs to be done."},
		{"already_gone", aboutProcore, "The person had left the project already.", "Nothing needs to be done."},
		{"edited", aboutProcore, "The person was edited in Procore since they were created, and so was left on the project.", "Take them off in the project's directory if you want to."},
		{"not_deactivated", aboutProcore, "The person is off the project and still active in the company.", "Run the same command again."},
		{"removed_before", aboutProcore, "An earlier undo took the person off the project.", "Nothing needs to be done."},
		{"skipped", aboutProcore, "Procore left the person on the project.", "Take them off in the project's directory."},

		{"bad_credentials", aboutConnection, "Procore's login refuses the client ID or the secret.", "Check both, and that they belong to this --environment."},
		{"forbidden", aboutConnection, "The account may not do this in this project.", "Give the service account Directory Admin (or Create Contacts), and add the project to its Permitted Projects."},
		{"malformed", aboutConnection, "What answered does not speak as Procore does: a proxy, or another server.", "Check --api-url and the proxy."},
		{"not_found", aboutConnection, "What was asked for does not exist, or the account can't see it.", "Check --company and --project."},
		{"procore_fault", aboutConnection, "Procore answers, and not as it should.", "Run the same command again later."},
		{"project_not_found", aboutConnection, "The project does not exist, or the account can't see it.", "Check --company and --project, and the service account's Permitted Projects."},
		{"redirected", aboutConnection, "The server wants the request sent elsewhere, which would lead the token there.", "Check --api-url."},
		{"server_timeout", aboutConnection, "Procore took too long. Whether it has done what was asked is found out before anything is sent again.", "Nothing needs to be done."},
		{"unauthorized", aboutConnection, "Procore refuses the token, also a fresh one.", "Check that the service account is still active."},
		{"unreachable", aboutConnection, "Procore can't be reached. Nothing was sent.", "Check the network, the proxy (HTTPS_PROXY), and --environment or --api-url."},

		{"checked", aboutRow, "A check has looked at the row: an import would create the person.", "Import the marked roster, or the roster itself."},
		{"usage", aboutMachine, "The command line, the environment or the config file asks for something that can't be.", "Correct it as the message says."},
		{"unexpected", aboutMachine, "An unexpected error without a specific code.", "See the message, and run the same command again."},
		{"locked", aboutMachine, "Another run holds the project's lock.", "Wait until it has ended, and run the same command again."},
		{"plan_changed", aboutMachine, "The roster, the mapping, the project's people or a flag have changed since the plan was made. Nothing was sent.", "Look at it again with muster check ROSTER --plan FILE."},
		{"plan_unreadable", aboutMachine, "The file that --plan names is missing, damaged, or no plan.", "Make one with muster check ROSTER --plan FILE."},
		{"plan_unwritable", aboutMachine, "A plan can't be written there, or the file there is not a plan.", "Name another file with --plan."},

		{"interrupted", aboutMachine, "The run was interrupted before this row.", "Run the same command again: it goes on."},
		{"ledger_damaged", aboutMachine, "The file is no ledger, or no longer a whole one.", "Restore it from a backup; without one, move it away: people are then recognised in the project itself."},
		{"ledger_failed", aboutMachine, "The ledger can't be written. Without it nothing is sent.", "See what the machine says, mend it, and run the same command again."},
		{"ledger_full", aboutMachine, "The disk of the ledger is full. Nothing more is sent.", "Make room and run the same command again."},
		{"ledger_newer", aboutMachine, "A newer muster has written the ledger.", "Use that version, or a newer one."},
		{"ledger_unwritable", aboutMachine, "The ledger or its folder can't be written.", "Check the permissions, or name another with --ledger."},
		{"max_duration", aboutMachine, "The run has used the time that --max-duration gives it.", "Run the same command again: it goes on."},
		{"max_errors", aboutMachine, "More rows ended without a person than --max-errors allows.", "Look at the problems, correct them, and run the same command again."},
		{"other", aboutRow, "There are too many kinds of problems to list them all.", "See the results file."},
		{"stopped", aboutMachine, "The run ended before the request was sent.", "Run the same command again: it goes on."},
	}
}
