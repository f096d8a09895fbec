package main

import (
	"strings"
	"testing"

	"github.com/rivo/uniseg"
	"github.com/spf13/cobra"
)

// Every topic has a unique name, a first line with its subject, and lines that fit a terminal.
func TestTopics(t *testing.T) {
	t.Parallel()
	for _, topic := range topics() {
		if !strings.HasPrefix(topic.text, topic.name+": "+topic.short+"\n") || topic.short == "" {
			t.Errorf("%s: its first line is not %s: what it is about", topic.name, topic.name)
		}
		for line := range strings.Lines(topic.text) {
			if got := uniseg.StringWidth(strings.TrimRight(line, "\n")); got > 80 {
				t.Errorf("%s: %d columns are taken by %q", topic.name, got, line)
			}
		}
	}
}

// The help of every command fits a terminal.
func TestHelpFitsATerminal(t *testing.T) {
	t.Parallel()
	var check func(cmd *cobra.Command)
	check = func(cmd *cobra.Command) {
		for line := range strings.Lines(cmd.Long + "\n" + cmd.UsageString()) {
			if got := uniseg.StringWidth(strings.TrimRight(line, "\n")); got > 80 {
				t.Errorf("%s: %d columns are taken by %q", cmd.CommandPath(), got, line)
			}
		}
		for _, sub := range cmd.Commands() {
			if sub.Name() != "completion" { // cobra's
				check(sub)
			}
		}
	}
	check(everyCommand())
}
