// Package roster reads a CSV, XLSX or ODS file as a stream of numbered rows.
//
// Every row is handed out: a row that can't be read has an Err, and a row that is not a
// person has a SkipReason. A rule skips only what no row of a person can say. Validation
// finds what is wrong with the rest. encoding/csv's LazyQuotes was rejected because it
// joins rows without a word; salvageLine loses one line to a broken quote instead.
package roster
