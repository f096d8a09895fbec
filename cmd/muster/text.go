package main

import (
	"strings"

	"muster/importer/report"
	"muster/importer/text"
)

// shown removes control sequences from words line by line. File names, headings and
// answers of a server may hold sequences that a terminal would obey.
func shown(words string) string {
	lines := strings.Split(words, "\n")
	for i := range lines {
		lines[i] = report.Clean(lines[i])
	}
	return strings.Join(lines, "\n")
}

// sayWrapped prints a sentence for people on standard error as talk does, also wrapped
// without a terminal. A log line is not wrapped.
func (a *app) sayWrapped(sentence string) {
	columns := a.width(a.stderr)
	if a.logsJSON() {
		columns = report.Plain
	}
	a.talk("%s", strings.TrimSuffix(paragraph(sentence, "", columns), "\n"))
}

// paragraph wraps prose behind an indent. For a screen reader it is a single line.
func paragraph(prose, indent string, columns int) string {
	if columns == report.Plain {
		return strings.Join(strings.Fields(prose), " ") + "\n"
	}
	return text.Wrap(prose, indent, indent, columns)
}
