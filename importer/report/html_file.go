package report

import (
	"bytes"
	"errors"
	"io"
	"os"

	"muster/importer/atomicfile"
)

// The codes of the errors of CreateHTML and Commit.
const (
	CodeHTMLFolder     = "report_is_folder"
	CodeHTMLNotFile    = "report_not_a_file"
	CodeHTMLNoFolder   = "report_folder_missing"
	CodeHTMLNotOurs    = "report_not_ours"
	CodeHTMLUnwritable = "report_unwritable"
	CodeHTMLClosed     = "report_closed"
)

func htmlFile() atomicfile.Kind {
	return atomicfile.Kind{
		Name: "report of muster", Flag: "--report", WhyNot: whyNotReport,
		Codes: atomicfile.Codes{
			IsFolder: CodeHTMLFolder, NotFile: CodeHTMLNotFile, NoFolder: CodeHTMLNoFolder,
			NotOurs: CodeHTMLNotOurs, Unwritable: CodeHTMLUnwritable,
		},
	}
}

// generatorTag marks a page as a report of muster.
const generatorTag = `<meta name="generator" content="muster report">`

// whyNotReport returns why a file is not a page that muster wrote, or nil.
func whyNotReport(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read
	top, err := io.ReadAll(io.LimitReader(file, 1024))
	if err == nil && !bytes.Contains(top, []byte(generatorTag)) {
		err = errors.New("it lacks the mark of a report")
	}
	return err
}
