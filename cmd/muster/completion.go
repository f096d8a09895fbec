package main

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/importer/procore"
	"muster/importer/text"
)

// completer offers what can be typed for an argument or a flag.
type completer = func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective)

// addCompletion has the shell offer files of the right kind, runs, jobs and words.
func (a *app) addCompletion(root *cobra.Command) {
	arguments := map[string]completer{
		"import": filesOf(rosterFormats()...),
		"check":  filesOf(rosterFormats()...),
		"map":    filesOf(rosterFormats()...),
		"retry":  filesOf("csv", "tsv", "txt", "xlsx", "jsonl"),
		"undo":   a.offerRuns,
		"runs":   a.offerRuns,
		"run":    a.offerJobs,
	}
	for _, cmd := range root.Commands() {
		if offer := arguments[cmd.Name()]; offer != nil {
			cmd.ValidArgsFunction = offer
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if offer := a.offersOf(f); offer != nil {
				_ = cmd.RegisterFlagCompletionFunc(f.Name, offer) // one that has its own keeps it
			}
		})
	}
}

func rosterFormats() []string { return []string{"csv", "tsv", "txt", "xlsx", "xlsm", "ods"} }

// offersOf returns the completer of a flag, or nil for the shell's default.
func (a *app) offersOf(f *pflag.Flag) completer {
	switch f.Name {
	case "environment":
		var names []string
		for _, e := range procore.Environments() {
			names = append(names, e.Name)
		}
		return words(names...)
	case "view":
		return words("normal", "extended", "web")
	case "log-format":
		return words("text", "json")
	case "log-level":
		return words("debug", "info", "warn", "error")
	case "encoding":
		return words("utf-8", "windows-1252", "utf-16", "iso-8859-1", "macintosh")
	case "config", "mapping":
		return filesOf("yaml", "yml")
	case "results":
		return filesOf("csv", "xlsx", "jsonl")
	case "job":
		return a.offerJobs
	}
	if value, _ := pflag.UnquoteUsage(f); strings.HasPrefix(value, "FILE") {
		_, extension, _ := strings.Cut(value, ".")
		if extension != "" {
			return filesOf(extension)
		}
		return nil
	}
	if f.Value.Type() == "bool" {
		return nil
	}
	return words()
}

func words(all ...string) completer {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return all, cobra.ShellCompDirectiveNoFileComp
	}
}

// filesOf completes file names with these extensions.
func filesOf(extensions ...string) completer {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return extensions, cobra.ShellCompDirectiveFilterFileExt
	}
}

// offerRuns offers the runs of the ledger, the newest first.
func (a *app) offerRuns(cmd *cobra.Command, args []string, _ string) (offers []cobra.Completion, _ cobra.ShellCompDirective) {
	const how = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	ctx, cancel := context.WithTimeout(cmd.Context(), 2*time.Second)
	defer cancel()
	a.stderr = io.Discard // a shell would print it into the line that is being typed
	if len(args) > 0 || a.begin(cmd.Flags()) != nil {
		return nil, how
	}
	book, _, err := a.openRecord(ctx)
	if err != nil || book == nil {
		return nil, how
	}
	defer func() { _ = book.Close() }() // it was only looked at
	runs, err := book.Runs(ctx, 20)
	if err != nil {
		return nil, how
	}
	for _, r := range runs {
		offers = append(offers, r.ID+"\t"+r.Command+" of "+r.Started.Local().Format("2006-01-02 15:04")+", "+text.Plural(r.Counts.Rows(), "row", "rows"))
	}
	return offers, how
}

// offerJobs offers the jobs of the config file that are not named yet.
func (a *app) offerJobs(cmd *cobra.Command, args []string, _ string) (offers []cobra.Completion, _ cobra.ShellCompDirective) {
	a.stderr = io.Discard
	if a.begin(cmd.Flags()) != nil || a.settings.config == "" {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	file, err := readConfig(a.settings.config)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, j := range file.jobs {
		offers = append(offers, j.name+"\t"+j.roster)
	}
	return offers, cobra.ShellCompDirectiveNoFileComp
}
