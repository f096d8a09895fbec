package main

import (
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/rivo/uniseg"

	"muster/importer/report"
)

// count returns "1 row", "2,000 rows".
func count(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return humanize.Comma(int64(n)) + " " + more
}

// shown returns text, its lines kept, with nothing in it that a terminal would
// obey: names of files, headings and what a server says are others' words.
func shown(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = report.Clean(lines[i])
	}
	return strings.Join(lines, "\n")
}

// fit returns text in at most columns columns, with "..." where it was cut.
func fit(text string, columns int) string {
	if uniseg.StringWidth(text) <= columns {
		return text
	}
	rest, state, cut, used := text, -1, "", 0
	for rest != "" {
		var cluster string
		var wide int
		cluster, rest, wide, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if used += wide; used > columns-3 {
			break
		}
		cut += cluster
	}
	return cut + "..."
}

// paragraph breaks text at blanks into lines of at most columns columns, all behind
// an indent; a word that is wider stays whole. What is to be heard is one line.
func paragraph(text, indent string, columns int) string {
	if columns == report.Plain {
		return strings.Join(strings.Fields(text), " ") + "\n"
	}
	var b strings.Builder
	used := 0
	for word := range strings.FieldsSeq(text) {
		wide := uniseg.StringWidth(word)
		switch {
		case used == 0:
			b.WriteString(indent)
			used = len(indent)
		case used+1+wide > columns:
			b.WriteString("\n" + indent)
			used = len(indent)
		default:
			b.WriteString(" ")
			used++
		}
		b.WriteString(word)
		used += wide
	}
	b.WriteString("\n")
	return b.String()
}
