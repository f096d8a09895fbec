package main

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"muster/importer"
	"muster/importer/text"
)

// onRoster returns the words of a command on a roster. A roster from a pipe has to be
// sent again.
func onRoster(command, path string) []string {
	if importer.Piped(path) {
		return []string{"… |", "muster", command, "-"}
	}
	return []string{"muster", command, text.ShellWord(path)}
}

// suggest returns a command to copy, with the flags of this command that the suggested
// command takes.
func (a *app) suggest(command, path, more string) string {
	words := onRoster(command, path)
	for _, f := range a.given {
		switch {
		case !a.settings.repeats(command, f):
		case f.Value.Type() == "bool" && f.Value.String() != "true":
			words = append(words, "--"+f.Name+"=false")
		case f.Value.Type() == "bool":
			words = append(words, "--"+f.Name)
		default:
			words = append(words, "--"+f.Name, text.ShellWord(f.Value.String()))
		}
	}
	if more != "" {
		words = append(words, more)
	}
	return strings.Join(words, " ")
}

// repeats reports whether a suggested command repeats a flag.
func (s *settings) repeats(command string, f *pflag.Flag) bool {
	group := s.line(f.Name).group
	switch f.Name {
	case "simulate", "json", "quiet":
		return false
	case "results":
		return command == "import" || command == "undo"
	case "sheet", "header-row", "encoding", "delimiter", "plan":
		if command == "retry" {
			return false
		}
	}
	switch command {
	case "check":
		return group != paceGroup && group != runGroup
	case "map":
		return slices.Contains([]string{"sheet", "header-row", "encoding", "delimiter", "ledger", "config", "plain"}, f.Name)
	}
	return true
}
