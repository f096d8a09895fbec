package main

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
)

//go:embed commands.yaml
var commandsFile []byte

// commandText is the help of a command.
type commandText struct {
	Use, Argument, Short, Long, Exits, Example string

	Flags  map[string]string // other words for settings
	Hidden []string          // settings of other commands on the same ground
}

// loadCommands reads commands.yaml.
func loadCommands() (texts map[string]commandText, err error) {
	err = yaml.UnmarshalWithOptions(commandsFile, &texts, yaml.Strict())
	return texts, err
}

// commandTexts returns the help of all commands by name.
var commandTexts = sync.OnceValue(func() map[string]commandText {
	texts, _ := loadCommands() // the test of commands.yaml reads the same file
	return texts
})

// newCommand returns a command with the help of commands.yaml.
func newCommand(name string, run func(cmd *cobra.Command, args []string) error) *cobra.Command {
	t := commandTexts()[name]
	long := strings.TrimSuffix(t.Long, "\n")
	if t.Exits != "" {
		long += "\n\nExit codes:\n" + indented(t.Exits)
	}
	return &cobra.Command{Use: t.Use, Short: t.Short, Long: long, Example: indented(t.Example), Args: t.checkArguments, RunE: run}
}

// command returns a command that takes groups of settings, and completes and checks them
// before run.
func (a *app) command(name string, run func(ctx context.Context, args []string) error, groups ...group) *cobra.Command {
	cmd := newCommand(name, func(cmd *cobra.Command, args []string) error {
		if err := a.begin(cmd.Flags()); err != nil {
			return err
		}
		return run(cmd.Context(), args)
	})
	a.addSettings(cmd, name, groups...)
	return cmd
}

// addSettings gives a command groups of settings, in the words of commands.yaml.
func (a *app) addSettings(cmd *cobra.Command, name string, groups ...group) {
	a.settings.addFlags(cmd.Flags(), groups...)
	text := commandTexts()[name]
	for flag, usage := range text.Flags {
		cmd.Flags().Lookup(flag).Usage = usage
	}
	for _, flag := range text.Hidden {
		cmd.Flags().Lookup(flag).Hidden = true
	}
}

// recordGroups returns the groups that commands take which only read the ledger.
func recordGroups() []group { return []group{ledgerGroup, "json", "quiet", "plain", configGroup} }

// indented indents lines as the help of a command does.
func indented(lines string) string {
	if lines == "" {
		return ""
	}
	return "  " + strings.ReplaceAll(strings.TrimSuffix(lines, "\n"), "\n", "\n  ")
}

// checkArguments refuses arguments that the command does not take.
func (t commandText) checkArguments(cmd *cobra.Command, args []string) error {
	path := cmd.CommandPath()
	switch {
	case strings.Contains(t.Use, "..."):
		return nil
	case t.Argument == "" && len(args) > 0:
		return usageError(path+" takes no arguments, but flags", path+" --help")
	case len(args) > 1:
		return usageError(fmt.Sprintf("%d %ss given, and %s takes one at a time", len(args), t.Argument, path), "run the command once for each; put quotes around a name with spaces")
	case t.Argument != "" && len(args) == 0 && !strings.Contains(t.Use, "["):
		return usageError("no "+t.Argument+" given", path+" "+strings.ToUpper(t.Argument))
	}
	return nil
}
