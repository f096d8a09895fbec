package web

import (
	"regexp"
	"strings"

	"muster/importer/text"
)

// commands matches what only a person at the command line can do.
var commands = regexp.MustCompile(`--[a-z]|\bmuster (import|retry|check|map|undo|runs?|jobs|worker|web|doctor|template|explain|help)\b|` +
	`[A-Z]+_[A-Z]+|mapping file|same command|below fields:`)

var (
	brackets = regexp.MustCompile(` ?\([^()]*\)`)
	clauses  = regexp.MustCompile(`; |, or |\. |, and `)
)

// advice returns what to do about a problem, in words for the page. An advice that
// names commands has words of the page by the code, or loses what names commands.
func (t texts) advice(code, hint string) string {
	if hint != "" && !commands.MatchString(hint) {
		return text.Capital(hint)
	}
	if key := "advice." + code; t[key] != (sentence{}) {
		return t.say(key)
	}
	return text.Capital(withoutCommands(hint))
}

// withoutCommands returns text without the clauses and brackets that name commands.
func withoutCommands(text string) string {
	text = brackets.ReplaceAllStringFunc(text, func(aside string) string {
		if commands.MatchString(aside) {
			return ""
		}
		return aside
	})
	var kept strings.Builder
	from, joint := 0, ""
	for _, at := range append(clauses.FindAllStringIndex(text, -1), []int{len(text), len(text)}) {
		if clause := text[from:at[0]]; !commands.MatchString(clause) {
			if kept.Len() > 0 {
				kept.WriteString(joint)
			}
			kept.WriteString(clause)
		}
		from, joint = at[1], text[at[0]:at[1]]
	}
	return kept.String()
}
