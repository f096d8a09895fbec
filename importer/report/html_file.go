package report

import (
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
		Name: "report of muster", Flag: "--report", WhyNot: atomicfile.Holds(generatorTag),
		Codes: atomicfile.Codes{
			IsFolder: CodeHTMLFolder, NotFile: CodeHTMLNotFile, NoFolder: CodeHTMLNoFolder,
			NotOurs: CodeHTMLNotOurs, Unwritable: CodeHTMLUnwritable,
		},
	}
}

// generatorTag marks a page as a report of muster.
const generatorTag = `<meta name="generator" content="muster report">`
