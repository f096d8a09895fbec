package main

import (
	"strings"
	"testing"

	"github.com/rivo/uniseg"
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
