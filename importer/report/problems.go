package report

import (
	"slices"
	"strings"

	"muster/importer/text"
)

const (
	shownGroups  = 20 // kinds of problems on a terminal
	longestValue = 24 // columns of what a cell holds
)

// problems writes what is wrong, and then what is not but wants a look.
func (p *page) problems(s Summary) {
	p.groups("Problems", "Problem", s.Problems, s)
	p.groups("Worth a look", "Worth a look", s.Remarked, s)
}

// groups writes groups, each with examples and what to do; one is what a single
// group is called.
func (p *page) groups(title, one string, list []Group, s Summary) {
	if len(list) == 0 {
		return
	}
	p.blank()
	if !p.plain() {
		p.b.WriteString(title + ":\n")
	}
	more := false
	for i, group := range list {
		if i == shownGroups {
			break
		}
		more = p.group(one, group) || more
	}
	if left := len(list) - shownGroups; left > 0 {
		more = true
		p.blank()
		if p.plain() {
			p.line("", "", title+": "+text.Plural(left, "more kind", "more kinds")+" of them.")
		} else {
			p.line("  ", "  ", "and "+text.Plural(left, "more kind", "more kinds")+".")
		}
	}
	where := s.FullList
	if where == "" {
		where = s.Results
	}
	if more && where != "" {
		p.blank()
		p.named("  All of them: ", where)
	}
}

// group writes one group; it reports whether there are more than it shows.
func (p *page) group(name string, g Group) bool {
	p.blank()
	places, shown := places(g)
	unit := [2]string{"row", "rows"}
	if len(g.Cells) > 0 {
		unit = [2]string{"cell", "cells"}
	}
	message := Clean(wording(g))
	if message == "" {
		message = Clean(g.Code)
	}
	if p.plain() {
		p.line("", "", name+" in "+inOneLine(g, unit, places, message))
		return g.Count > shown
	}
	if g.Count == 1 && places != "" {
		p.line("  ", "    ", places+": "+message)
	} else {
		p.line("  ", "    ", text.Plural(g.Count, unit[0], unit[1])+forExample(g)+": "+message)
		if places != "" {
			p.line("    ", "    ", places)
		}
	}
	if g.Hint != "" {
		words, line := copied(g)
		p.line("    try: ", "         ", words)
		if line != "" {
			p.b.WriteString("         " + line + "\n")
		}
	}
	return g.Count > shown
}

// inOneLine says all of a group, from its place on.
func inOneLine(g Group, unit [2]string, places, message string) string {
	switch {
	case g.Count == 1 && len(g.Cells) > 0:
		message = "cell " + places + ": " + message
	case g.Count == 1 && places != "":
		message = places + ": " + message
	default:
		message = text.Plural(g.Count, unit[0], unit[1]) + forExample(g) + ": " + message
		if places != "" {
			message += ", in " + places
		}
	}
	return Advised(message, Clean(g.Hint))
}

// copied parts a hint from the line of a mapping file at its end: that is copied,
// and so is never broken over two lines. A hint that was too long has lost it.
func copied(g Group) (words, line string) {
	words, line = Clean(g.Hint), Clean(g.Line)
	if before, whole := strings.CutSuffix(words, line); whole && line != "" {
		return strings.TrimSpace(before), line
	}
	return words, ""
}

// differ reports whether the cells of a group have something each to be told by,
// which then stands beside them.
func differ(g Group) bool {
	return len(slices.Compact(slices.Sorted(slices.Values(g.Values)))) > 1
}

// wording returns a group's message, without the brackets in it that are true of
// its first cell alone.
func wording(g Group) string {
	if !differ(g) || g.Values[0] == "" {
		return g.Message
	}
	before, rest, found := strings.Cut(g.Message, " ("+g.Values[0])
	_, after, closed := strings.Cut(rest, ")")
	if !found || !closed {
		return g.Message
	}
	return before + after
}

// forExample says that a group's message is that of its first cell: it quotes what
// other cells don't hold.
func forExample(g Group) string {
	if differ(g) && g.Values[0] != "" && strings.Contains(wording(g), g.Values[0]) {
		return ", for example"
	}
	return ""
}

// headline is what a group is called where its count does not stand before it.
func headline(g Group) string {
	if forExample(g) != "" {
		return "for example: " + Clean(wording(g))
	}
	return Clean(wording(g))
}

// places lists the cells of a group, or its rows, and how many more there are.
func places(g Group) (all string, shown int) {
	var list []string
	differ := differ(g)
	for i, cell := range g.Cells {
		all := strings.ReplaceAll(Clean(cell), " ", string(unbroken)) // of the sheet's name
		if differ && i < len(g.Values) && g.Values[i] != "" {
			all += " (" + cut(Clean(g.Values[i]), longestValue) + ")"
		}
		list = append(list, all)
	}
	if len(list) == 0 {
		for _, row := range g.ExampleRows {
			list = append(list, text.Number(row))
		}
		if len(list) > 0 {
			list[0] = text.Choose(len(list), "row ", "rows ") + list[0]
		}
	}
	shown = len(list)
	if shown == 0 {
		return "", 0
	}
	all = strings.Join(list, ", ")
	if left := g.Count - shown; left > 0 {
		all += " and " + text.Number(left) + " more"
	}
	return all, shown
}
