package report

import (
	"cmp"
	"slices"
	"strings"

	"muster/importer/outcome"
	"muster/importer/text"
)

const (
	shownGroups  = 20 // groups on a terminal
	longestValue = 24 // columns of what a message quotes
)

// problems writes the groups of problems, then the groups of notes.
func (p *Page) problems(s Summary) {
	p.groups("Problems", "Problem", s.Problems, s)
	p.groups("Worth a look", "Worth a look", s.Notes, s)
}

// groups writes groups under a title; single is the title of a single group.
func (p *Page) groups(title, single string, list []outcome.Group, s Summary) {
	if len(list) == 0 {
		return
	}
	p.Blank()
	if !p.Plain() {
		p.b.WriteString(title + ":\n")
	}
	more := false
	for _, group := range list[:min(len(list), shownGroups)] {
		more = p.group(single, group) || more
	}
	if left := len(list) - shownGroups; left > 0 {
		more = true
		p.Blank()
		kinds := text.Plural(left, "more kind", "more kinds")
		if p.Plain() {
			p.Line("", "", title+": "+kinds+".")
		} else {
			p.Line("  ", "  ", "and "+kinds+".")
		}
	}
	if where := cmp.Or(s.FullList, s.Results); more && where != "" {
		p.Blank()
		p.Copyable("  All of them: ", where)
	}
}

// group writes a group and reports whether some of the problems are not shown.
func (p *Page) group(title string, g outcome.Group) (more bool) {
	p.Blank()
	where, shown := places(g)
	message := Clean(cmp.Or(g.Message, g.Code))
	one := message // about the whole roster
	if g.Count > 0 {
		one = text.Plural(g.Count, unit(g, 1), unit(g, 2)) + forExample(g) + ": " + message
	}
	if p.Plain() {
		switch {
		case g.Count == 0:
			p.Line("", "", title+": "+WithFix(one, Clean(g.Hint)))
			return false
		case g.Count == 1 && len(g.Cells) > 0:
			one = "cell " + where + ": " + message
		case g.Count == 1 && where != "":
			one = where + ": " + message
		case where != "":
			one += ", in " + where
		}
		p.Line("", "", title+" in "+WithFix(one, Clean(g.Hint)))
		return g.Count > shown
	}
	if g.Count == 1 && where != "" {
		p.Line("  ", "    ", where+": "+message)
	} else {
		p.Line("  ", "    ", one)
		if where != "" {
			p.Line("    ", "    ", where)
		}
	}
	if g.Hint != "" {
		hint, line := splitHint(g)
		p.Line("    try: ", "         ", hint)
		if line != "" {
			p.b.WriteString("         " + line + "\n")
		}
	}
	return g.Count > shown
}

// unit names n places: cells if the problems have cells, else rows.
func unit(g outcome.Group, n int) string {
	if len(g.Cells) > 0 {
		return text.Choose(n, "cell", "cells")
	}
	return text.Choose(n, "row", "rows")
}

// splitHint splits the hint before a line of a mapping file, which is for copying
// and so never broken. A hint that was cut has lost the line.
func splitHint(g outcome.Group) (words, line string) {
	words, line = Clean(g.Hint), Clean(g.Line)
	if before, whole := strings.CutSuffix(words, line); whole && line != "" {
		return strings.TrimSpace(before), line
	}
	return words, ""
}

// valuesDiffer reports whether the messages of a group quote different values.
func valuesDiffer(g outcome.Group) bool {
	return len(slices.Compact(slices.Sorted(slices.Values(g.Values)))) > 1
}

// forExample returns ", for example" if the message quotes a value of the first
// cell that other cells don't have.
func forExample(g outcome.Group) string {
	if valuesDiffer(g) && g.Values[0] != "" && strings.Contains(g.Message, g.Values[0]) {
		return ", for example"
	}
	return ""
}

// places lists cells or rows of a group, and how many more there are. shown is
// the number of places in the list.
func places(g outcome.Group) (list string, shown int) {
	var named []string
	differ := valuesDiffer(g)
	for i, cell := range g.Cells {
		place := Clean(cell)
		if differ && i < len(g.Values) && g.Values[i] != "" {
			place += " (" + Cut(Clean(g.Values[i]), longestValue) + ")"
		}
		named = append(named, place)
	}
	if len(named) == 0 {
		for _, row := range g.ExampleRows {
			named = append(named, text.Number(row))
		}
		if len(named) > 0 {
			named[0] = unit(g, len(named)) + " " + named[0]
		}
	}
	list = strings.Join(named, ", ")
	if left := g.Count - len(named); left > 0 && list != "" {
		list += " and " + text.Number(left) + " more"
	}
	return list, len(named)
}
