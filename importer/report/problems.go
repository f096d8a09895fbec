package report

import (
	"slices"
	"strings"

	"muster/importer/text"
)

const (
	shownGroups  = 20 // groups on a terminal
	longestValue = 24 // columns of what a message quotes
)

// problems writes the groups of problems, then the groups of notes.
func (p *page) problems(s Summary) {
	p.groups("Problems", "Problem", s.Problems, s)
	p.groups("Worth a look", "Worth a look", s.Notes, s)
}

// groups writes groups under a title; single is the title of a single group.
func (p *page) groups(title, single string, list []Group, s Summary) {
	if len(list) == 0 {
		return
	}
	p.blank()
	if !p.plain() {
		p.b.WriteString(title + ":\n")
	}
	more := false
	for _, group := range list[:min(len(list), shownGroups)] {
		more = p.group(single, group) || more
	}
	if left := len(list) - shownGroups; left > 0 {
		more = true
		p.blank()
		kinds := text.Plural(left, "more kind", "more kinds")
		if p.plain() {
			p.line("", "", title+": "+kinds+".")
		} else {
			p.line("  ", "  ", "and "+kinds+".")
		}
	}
	where := s.FullList
	if where == "" {
		where = s.Results
	}
	if more && where != "" {
		p.blank()
		p.copyable("  All of them: ", where)
	}
}

// group writes a group and reports whether some of the problems are not shown.
func (p *page) group(title string, g Group) (more bool) {
	p.blank()
	places, shown := g.places()
	message := Clean(g.Message)
	if message == "" {
		message = Clean(g.Code)
	}
	one := text.Plural(g.Count, g.unit(1), g.unit(2)) + g.forExample() + ": " + message
	if p.plain() {
		switch {
		case g.Count == 1 && len(g.Cells) > 0:
			one = "cell " + places + ": " + message
		case g.Count == 1 && places != "":
			one = places + ": " + message
		case places != "":
			one += ", in " + places
		}
		p.line("", "", title+" in "+WithFix(one, Clean(g.Hint)))
		return g.Count > shown
	}
	if g.Count == 1 && places != "" {
		p.line("  ", "    ", places+": "+message)
	} else {
		p.line("  ", "    ", one)
		if places != "" {
			p.line("    ", "    ", places)
		}
	}
	if g.Hint != "" {
		hint, line := g.splitHint()
		p.line("    try: ", "         ", hint)
		if line != "" {
			p.b.WriteString("         " + line + "\n")
		}
	}
	return g.Count > shown
}

// unit names n places: cells if the problems have cells, else rows.
func (g Group) unit(n int) string {
	if len(g.Cells) > 0 {
		return text.Choose(n, "cell", "cells")
	}
	return text.Choose(n, "row", "rows")
}

// splitHint splits the hint before a line of a mapping file, which is for copying
// and so never broken. A hint that was cut has lost the line.
func (g Group) splitHint() (words, line string) {
	words, line = Clean(g.Hint), Clean(g.Line)
	if before, whole := strings.CutSuffix(words, line); whole && line != "" {
		return strings.TrimSpace(before), line
	}
	return words, ""
}

// valuesDiffer reports whether the messages of a group quote different values.
func (g Group) valuesDiffer() bool {
	return len(slices.Compact(slices.Sorted(slices.Values(g.Values)))) > 1
}

// forExample returns ", for example" if the message quotes a value of the first
// cell that other cells don't have.
func (g Group) forExample() string {
	if g.valuesDiffer() && g.Values[0] != "" && strings.Contains(g.Message, g.Values[0]) {
		return ", for example"
	}
	return ""
}

// places lists cells or rows of a group, and how many more there are. shown is
// the number of places in the list.
func (g Group) places() (list string, shown int) {
	var places []string
	differ := g.valuesDiffer()
	for i, cell := range g.Cells {
		place := Clean(cell)
		if differ && i < len(g.Values) && g.Values[i] != "" {
			place += " (" + cut(Clean(g.Values[i]), longestValue) + ")"
		}
		places = append(places, place)
	}
	if len(places) == 0 {
		for _, row := range g.ExampleRows {
			places = append(places, text.Number(row))
		}
		if len(places) > 0 {
			places[0] = g.unit(len(places)) + " " + places[0]
		}
	}
	list = strings.Join(places, ", ")
	if left := g.Count - len(places); left > 0 && list != "" {
		list += " and " + text.Number(left) + " more"
	}
	return list, len(places)
}
