package main

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"muster/importer"
)

// onRoster returns the words of a command on a roster. A roster from a pipe has to be
// sent again.
func onRoster(command, path string) []string {
	if importer.Piped(path) {
		return []string{"… |", "muster", command, "-"}
	}
	return []string{"muster", command, shellWord(path)}
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
			words = append(words, "--"+f.Name, shellWord(f.Value.String()))
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

// shellWord quotes word for a shell.
func shellWord(word string) string {
	if strings.HasPrefix(word, "-") && word != "-" { // alone it is the standard input
		word = "./" + word
	}
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:%+,=@", r) || r > 127
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
