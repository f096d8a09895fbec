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
	"math"
	"strings"
	"time"
	"unicode"

	"github.com/dustin/go-humanize"
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

// Plain is the width of text that is made to be heard: every line is whole,
// however long, and needs neither the one above it nor its place on the screen.
const Plain = math.MaxInt

// page gathers lines that fit a width.
type page struct {
	b     strings.Builder
	width int
}

func (p *page) plain() bool { return p.width == Plain }

func newPage(width int) *page {
	if width <= 0 {
		width = 80
	}
	return &page{width: max(width, 20)}
}

// unbroken is a blank at which no line is broken.
const unbroken = '\u00a0'

func breakable(r rune) bool { return unicode.IsSpace(r) && r != unbroken }

// line writes text behind a first indent, and under it what doesn't fit behind
// a second, broken at blanks; a word wider than the page is broken where it must.
func (p *page) line(first, next, text string) {
	if p.plain() {
		p.b.WriteString(strings.Join(strings.Fields(first+text), " ") + "\n") // the unbroken, too
		return
	}
	p.b.WriteString(first)
	used, gap := columns(first), 0
	for word := range strings.FieldsFuncSeq(text, breakable) {
		word = strings.ReplaceAll(word, string(unbroken), " ")
		for used+gap+columns(word) > p.width {
			if gap == 0 { // alone on its line, and still too wide
				var head string
				head, word = split(word, p.width-used)
				p.b.WriteString(head)
				used += columns(head)
			}
			if word == "" { // a character as wide as the page
				break
			}
			p.b.WriteString("\n" + next)
			used, gap = columns(next), 0
		}
		p.b.WriteString(strings.Repeat(" ", gap) + word)
		used, gap = used+gap+columns(word), 1
	}
	p.b.WriteString("\n")
}

// split returns as much of a word as fits, at least one character, and the rest.
func split(word string, width int) (head, rest string) {
	rest, state, used := word, -1, 0
	for rest != "" {
		cluster, after, wide, next := uniseg.FirstGraphemeClusterInString(rest, state)
		if used += wide; used > width && head != "" {
			break
		}
		head, rest, state = head+cluster, after, next
	}
	return head, rest
}

// blank writes an empty line.
func (p *page) blank() {
	if !p.plain() {
		p.b.WriteString("\n")
	}
}

// named writes something that is to be copied behind its name, never broken.
func (p *page) named(name, text string) {
	if p.plain() {
		name = strings.TrimSpace(name) + " "
	}
	p.b.WriteString(name + Clean(text) + "\n")
}

// statement ends a sentence, if it has not ended yet.
func statement(text string) string {
	if text == "" || strings.ContainsAny(text[len(text)-1:], ".!?:") {
		return text
	}
	return text + "."
}

// capital begins a sentence.
func capital(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// Advised returns a message and what to do about it as one line.
func Advised(message, fix string) string {
	if fix == "" {
		return message
	}
	return statement(message) + " Try: " + fix
}

// number writes a count for people: 12,500.
func number(n int) string { return humanize.Comma(int64(n)) }

// plural returns "1 row", "2 rows".
func plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + more
}

// span writes a time for people: 40 s, 3 min 20 s, 1 h 5 min.
func span(d time.Duration) string {
	seconds := int(d.Round(time.Second) / time.Second)
	switch minutes, hours := seconds/60, seconds/3600; {
	case seconds < 1:
		return "less than a second"
	case seconds < 60:
		return plural(seconds, "s", "s")
	case seconds < 600 && seconds%60 != 0:
		return number(minutes) + " min " + number(seconds%60) + " s"
	case hours < 1 || minutes < 60:
		return number(minutes) + " min"
	case minutes%60 == 0:
		return number(hours) + " h"
	default:
		return number(hours) + " h " + number(minutes%60) + " min"
	}
}
