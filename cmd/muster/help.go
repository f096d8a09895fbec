package main

import (
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// topicFiles are the topics of muster help, in the form that layOut reads.
//
//go:embed help/*.md
var topicFiles embed.FS

// topic is a page of help about a matter, and not about one command.
type topic struct{ name, short, text string }

// topics returns all topics by their names. A topic's first line is "# name: what
// it is about".
func topics() []topic {
	var all []topic
	entries, _ := topicFiles.ReadDir("help") // which is in the program, as its files are
	for _, entry := range entries {
		content, _ := topicFiles.ReadFile("help/" + entry.Name())
		t := topic{name: strings.TrimSuffix(entry.Name(), ".md"), text: strings.ReplaceAll(string(content), "\r\n", "\n")}
		title, _, _ := strings.Cut(t.text, "\n")
		_, t.short, _ = strings.Cut(title, ": ")
		if t.name == "codes" {
			t.text += codeTables()
		}
		all = append(all, t)
	}
	return all
}

// codeTables lists the catalogue, a table for what each group is about.
func codeTables() string {
	var b strings.Builder
	for _, g := range groups() {
		about := "the " + string(g)
		if g == aboutProcore {
			about = "Procore's answers"
		}
		fmt.Fprintf(&b, "\n## About %s\n\n| code | meaning, and what to do |\n|---|---|\n", about)
		for _, code := range codesAbout(g) {
			e, _ := explanationOf(code)
			fmt.Fprintf(&b, "| `%s` | %s %s |\n", code, e.meaning, e.fix)
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
	ofCommand := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		ofCommand(cmd, args)
		if !cmd.HasParent() {
			listTopics(cmd.OutOrStdout(), width(a.stdout))
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
		name := "  " + t.name + strings.Repeat(" ", widest-len(t.name)) + "  "
		fmt.Fprintf(w, "%s%s", name, strings.TrimLeft(paragraph(t.short, strings.Repeat(" ", len(name)), columns), " "))
	}
}

func (a *app) newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND|TOPIC]",
		Short: "Help about a command or a topic",
		Long: `Show the help of a command, as --help behind it does, or a topic: what goes
beyond one command. Without either, all commands and topics are listed.`,
		Example: `  muster help import
  muster help mapping`,
		ValidArgsFunction: offerHelp,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.help(cmd.Root(), args) },
	}
}

// help shows the help of a command or a topic.
func (a *app) help(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return root.Help()
	}
	if of, _, err := root.Find(args); err == nil && of.HasParent() {
		of.InitDefaultHelpFlag()
		return of.Help()
	}
	name := strings.ToLower(args[0])
	if t, ok := topicNamed(name); ok {
		colour := a.coloured(a.stdout) && a.getenv("TERM") != "dumb"
		_, err := io.WriteString(a.stdout, layOut(t.text, width(a.stdout), colour))
		return err
	}
	return noHelp(root, name)
}

// offerHelp offers the commands below those that are typed already, and the topics.
func offerHelp(cmd *cobra.Command, args []string, _ string) (offers []cobra.Completion, _ cobra.ShellCompDirective) {
	within, rest, err := cmd.Root().Find(args)
	if err != nil || len(rest) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, sub := range within.Commands() {
		if sub.IsAvailableCommand() {
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

// noHelp says that there is no help of that name, and what may be meant.
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
	if near := nearest(name, known, 0.5); near != "" {
		fix = "muster help " + near
	}
	if _, ok := explanationOf(name); ok {
		fix = "muster explain " + name
	}
	return &usageError{fmt.Sprintf("there is no command and no topic %q", name), fix}
}
