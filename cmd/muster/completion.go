package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// addCompletion has the shell offer rosters as arguments, the words of a flag with a
// fixed list, and files of the right format.
func addCompletion(root *cobra.Command) {
	rosters := cobra.FixedCompletions([]string{"csv", "tsv", "txt", "xlsx", "xlsm", "ods", "jsonl"}, cobra.ShellCompDirectiveFilterFileExt)
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "import", "retry", "check", "map":
			cmd.ValidArgsFunction = rosters
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			placeholder, _ := pflag.UnquoteUsage(f)
			_, format, _ := strings.Cut(placeholder, "FILE.")
			words, fixed := f.Value.(choice)
			switch {
			case fixed:
				_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(words.words, cobra.ShellCompDirectiveNoFileComp))
			case format != "":
				_ = cmd.MarkFlagFilename(f.Name, format)
			}
		})
	}
}
