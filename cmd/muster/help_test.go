package main

import (
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/rivo/uniseg"
)

// At a terminal a topic takes its width and has colours, unless they are unwanted.
func TestHelpAtATerminal(t *testing.T) {
	t.Parallel()
	for _, variable := range []string{"NO_COLOR=", "NO_COLOR=1", "TERM=dumb"} {
		t.Run(variable, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "help", "results")
			cmd.Env = append(os.Environ(), childVariable+"=1", "TERM=xterm", "NO_COLOR=", variable)
			screen, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 30, Cols: 60})
			if err != nil {
				t.Skipf("no terminal to be had: %v", err)
			}
			defer screen.Close()
			content, _ := io.ReadAll(screen) // fails when the program has ended
			if err := cmd.Wait(); err != nil {
				t.Fatal(err)
			}
			shown := string(content)
			if got, want := strings.Contains(shown, "\x1b["), variable == "NO_COLOR="; got != want {
				t.Errorf("in colour: %t, want %t", got, want)
			}
			widest := 0
			for line := range strings.Lines(colourMarks.ReplaceAllString(shown, "")) {
				widest = max(widest, uniseg.StringWidth(strings.TrimRight(line, "\r\n")))
			}
			if widest > 60 || widest < 55 {
				t.Errorf("%d columns of 60 are used", widest)
			}
		})
	}
}

// Every topic has a name of its own and a line that says what it is about.
func TestTopics(t *testing.T) {
	t.Parallel()
	var commands []string
	for _, cmd := range everyCommand().Commands() {
		commands = append(commands, cmd.Name())
	}
	for _, topic := range topics() {
		if !strings.HasPrefix(topic.text, "# "+topic.name+": "+topic.short+"\n") || topic.short == "" {
			t.Errorf("%s: its first line is not # %s: what it is about", topic.name, topic.name)
		}
		if slices.Contains(commands, topic.name) {
			t.Errorf("%s is a command, too", topic.name)
		}
		if strings.Count(topic.text, "\n```")%2 != 0 {
			t.Errorf("%s: a block of code is not closed", topic.name)
		}
	}
}
