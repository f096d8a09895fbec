// Package report shows a run to people.
//
// Decisions that the code can't show:
//
//   - The progress line is our own. Of schollz/progressbar v3.19.1 the bar
//     shrinks to the terminal but its text doesn't, so a long reason for waiting
//     wraps, and it blanks the line before it draws it again, which flickers;
//     it would also link net/http's server. Ours is one write a frame, cut to
//     the width, and none if nothing changed.
//   - Everything is plain text without colours, so that there is nothing for
//     NO_COLOR to switch off; the bar is ASCII, because terminals disagree on
//     the width of block characters, and a line that is one column too wide
//     wraps.
//   - What comes from a roster or from a server goes through [Clean]: a cell
//     must not be able to move the cursor, colour the terminal or turn the
//     direction of the text. Tabs and line breaks become spaces.
//   - A command to be copied is never broken over two lines.
//   - Who hears the text instead of seeing it, or reads it on a terminal that knows
//     no more than letters, gets it at the width [Plain]: no bar, no table, no
//     indent, each line a statement that stands by itself, and progress only when
//     there is something to say.
package report

import (
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// Clean returns text on one line with everything that a terminal would obey
// instead of show replaced by U+FFFD.
func Clean(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			return ' '
		case r == '\u200d' || r == '\u200c': // joiners: part of emoji and of Persian words
			return r
		case unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r):
			return '\uFFFD'
		}
		return r
	}, text)
}

// columns returns how many columns of a terminal text takes.
func columns(text string) int { return uniseg.StringWidth(text) }

// cut returns text in at most width columns, with "..." where it was cut.
func cut(text string, width int) string {
	if columns(text) <= width {
		return text
	}
	const dots = "..."
	if width <= len(dots) {
		return dots[:max(width, 0)]
	}
	var b strings.Builder
	rest, state, used := text, -1, 0
	for rest != "" {
		var cluster string
		var wide int
		cluster, rest, wide, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if used += wide; used > width-len(dots) {
			break
		}
		b.WriteString(cluster)
	}
	return strings.TrimRight(b.String(), " ") + dots
}
