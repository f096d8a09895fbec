package main

import (
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"muster/importer/report"
	"muster/importer/text"
)

// topicFiles are the topics of muster help: plain text of at most 80 columns.
//
//go:embed help/*.txt
var topicFiles embed.FS

// topic is a page of help about a subject rather than a command.
type topic struct{ name, short, text string }

// topics returns all topics, sorted by name. The first line of a topic is "name: subject".
func topics() []topic {
	var all []topic
	entries, _ := topicFiles.ReadDir("help") // embedded
	for _, entry := range entries {
		content, _ := topicFiles.ReadFile("help/" + entry.Name())
		t := topic{name: strings.TrimSuffix(entry.Name(), ".txt"), text: strings.ReplaceAll(string(content), "\r\n", "\n")}
		title, _, _ := strings.Cut(t.text, "\n")
		_, t.short, _ = strings.Cut(title, ": ")
		if t.name == "codes" {
			t.text += codeList()
		}
		all = append(all, t)
	}
	return all
}

// codeList lists all codes, a section for each group.
func codeList() string {
	var b strings.Builder
	for _, g := range codeGroups() {
		about := "the " + g.Group
		if g.Group == "Procore" {
			about = "Procore's answers"
		}
		fmt.Fprintf(&b, "\nAbout %s\n\n", about)
		for _, code := range g.sorted() {
			e := g.Codes[code]
			b.WriteString("  " + code + "\n" + text.Wrap(e.Meaning+" "+e.Fix, "    ", "    ", 80))
		}
	}
	return b.String()
}

func topicNamed(name string) (topic, bool) {
	all := topics()
	at := slices.IndexFunc(all, func(t topic) bool { return t.name == name })
	if at < 0 {
		return topic{}, false
	}
	return all[at], true
}

func (a *app) addHelp(root *cobra.Command) {
	root.SetHelpCommand(a.newHelpCommand())
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", ".FlagUsagesWrapped 80"))
	ofCommand := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		ofCommand(cmd, args)
		if !cmd.HasParent() {
			listTopics(cmd.OutOrStdout(), report.Width(a.stdout))
		}
	})
}

func listTopics(w io.Writer, columns int) {
	all, widest := topics(), 0
	for _, t := range all {
		widest = max(widest, len(t.name))
	}
	fmt.Fprintf(w, "\nTopics, each shown by muster help TOPIC:\n")
	for _, t := range all {
		name := fmt.Sprintf("  %-*s  ", widest, t.name)
		fmt.Fprintf(w, "%s", text.Wrap(t.short, name, strings.Repeat(" ", len(name)), columns))
	}
}

func (a *app) newHelpCommand() *cobra.Command {
	cmd := newCommand("help", func(cmd *cobra.Command, args []string) error { return a.help(cmd.Root(), args) })
	cmd.Args, cmd.ValidArgsFunction = nil, offerHelp // a command may have several words
	return cmd
}

// help shows the help of a command or a topic.
func (a *app) help(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return root.Help()
	}
	name := strings.ToLower(args[0])
	if t, ok := topicNamed(name); ok && len(args) == 1 { // a command of that name has --help
		_, err := io.WriteString(a.stdout, t.text)
		return err
	}
	if of, _, err := root.Find(args); err == nil && of.HasParent() {
		of.InitDefaultHelpFlag()
		return of.Help()
	}
	return noHelp(root, name)
}

// offerHelp completes the names of commands and topics.
func offerHelp(cmd *cobra.Command, args []string, _ string) (offers []cobra.Completion, _ cobra.ShellCompDirective) {
	within, rest, err := cmd.Root().Find(args)
	if err != nil || len(rest) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, sub := range within.Commands() {
		if _, both := topicNamed(sub.Name()); sub.IsAvailableCommand() && (!both || within.HasParent()) {
			offers = append(offers, sub.Name()+"\t"+sub.Short)
		}
	}
	if !within.HasParent() {
		for _, t := range topics() {
			offers = append(offers, t.name+"\t"+t.short)
		}
	}
	return offers, cobra.ShellCompDirectiveNoFileComp
}

// noHelp returns the error for an unknown name, with a suggestion.
func noHelp(root *cobra.Command, name string) error {
	var known []string
	for _, t := range topics() {
		known = append(known, t.name)
	}
	fix := "muster help lists the commands; the topics are " + strings.Join(known, ", ")
	for _, sub := range root.Commands() {
		if sub.IsAvailableCommand() {
			known = append(known, sub.Name())
		}
	}
	if near := text.Closest(name, known, 0.5); near != "" {
		fix = "muster help " + near
	}
	if _, _, ok := explanationOf(name); ok {
		fix = "muster explain " + name
	}
	return usageError(fmt.Sprintf("there is no command and no topic %q", name), fix)
}
