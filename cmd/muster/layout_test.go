package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"
)

func TestLayOut(t *testing.T) {
	t.Parallel()
	const table = "| key | what it is |\n|---|---|\n| `a`, `b` | one \\| two |\n| `long_key` | so `long` that it takes a second line |\n"
	for _, c := range []struct {
		name, text string
		columns    int
		want       string
	}{
		{
			"prose is filled, and code keeps its marks", "# t: title\n\nSome `code here` and **strong**\nwords.\n\nMore.\n", 24,
			"t: title\n\n  Some `code here` and\n  strong words.\n\n  More.\n",
		},
		{
			"a list", "Of these:\n\n- one that is long\n  and goes on\n- two\n\nand so on\n", 20,
			"  Of these:\n\n  - one that is long\n    and goes on\n  - two\n\n  and so on\n",
		},
		{
			"code stands apart, and is not filled", "See\n```sh\nmuster check a.csv   --quiet\n\n  b\n```\nbelow.\n", 12,
			"  See\n\n    muster check a.csv   --quiet\n\n      b\n\n  below.\n",
		},
		{
			"code to the end", "```\na | b\n", 80,
			"    a | b\n",
		},
		{
			"a table", table, 80,
			"  key       what it is\n  --------  -------------------------------------\n  a, b      one | two\n  long_key  so `long` that it takes a second line\n",
		},
		{
			"a table whose cells are filled", table, 40,
			"  key       what it is\n  --------  ----------------------------\n  a, b      one | two\n  long_key  so `long` that it takes a\n            second line\n",
		},
		{
			"a table that is too wide", table, 30,
			"  key: what it is\n  a, b\n    one | two\n  long_key\n    so `long` that it takes a\n      second line\n",
		},
		{
			"one of three columns", "| a | b | c |\n|---|---|---|\n| `x` | | " + strings.Repeat("word ", 9) + "|\n| `y` | two | three |\n", 30,
			"  a: x\n    c: word word word word\n      word word word word word\n\n  a: y\n    b: two\n    c: three\n",
		},
		{
			"cells too few and too many", "| a | b |\n|---|---|\n| x |\n| y | z | more |\n", 80,
			"  a  b\n  -  -\n  x\n  y  z\n",
		},
		{"wide letters", "名前 名前 名前", 13, "  名前 名前\n  名前\n"},
		{"no text", "", 80, ""},
		{"no columns", "two words", 0, "  two\n  words\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, layOut(c.text, c.columns, false)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

var colourMarks = regexp.MustCompile("\x1b\\[[0-9;]*m")

// On a screen of any width every topic keeps its words, and no line is wider than
// the screen but where it must.
func TestTopicsFitTheScreen(t *testing.T) {
	t.Parallel()
	for _, topic := range topics() {
		wordsAt := func(columns int, colour bool) map[string]bool {
			words := map[string]bool{}
			for _, word := range strings.Fields(colourMarks.ReplaceAllString(layOut(topic.text, columns, colour), "")) {
				words[strings.Trim(word, "`-:")] = true
			}
			return words
		}
		all := wordsAt(textColumns, false)
		for _, columns := range []int{40, 60, 80, 200} {
			for line := range strings.Lines(layOut(topic.text, columns, false)) {
				line = strings.TrimRight(line, "\n")
				if strings.Contains(line, "|--") || strings.HasSuffix(line, " ") {
					t.Errorf("%s at %d columns: %q", topic.name, columns, line)
				}
				// At 40 columns there are lines of code, and words, that don't fit.
				if got := uniseg.StringWidth(line); got > min(columns, textColumns) && columns >= 60 {
					t.Errorf("%s at %d columns: %d are taken by %q", topic.name, columns, got, line)
				}
			}
			for _, colour := range []bool{false, true} {
				got := wordsAt(columns, colour)
				for word := range all {
					if word != "" && !got[word] && !got[strings.ReplaceAll(word, "`", "")] {
						t.Errorf("%s at %d columns, colour %t: lacks %q", topic.name, columns, colour, word)
					}
				}
			}
		}
	}
}

// Colours mark headings, heads of tables and code, and nothing else.
func TestLayOutInColour(t *testing.T) {
	t.Parallel()
	got := layOut("# t: title\n\nsome `code here`, **strong**\n\n| a |\n|---|\n| `b` |\n", 80, true)
	want := "\x1b[1mt:\x1b[0m \x1b[1mtitle\x1b[0m\n\n  some \x1b[36mcode\x1b[0m \x1b[36mhere\x1b[0m, \x1b[1mstrong\x1b[0m\n\n  \x1b[1ma\x1b[0m\n  -\n  b\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
