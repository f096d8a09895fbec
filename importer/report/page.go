package report

import (
	"math"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// Plain is the width of text that is made to be heard: every line is whole,
// however long, and needs neither the one above it nor its place on the screen.
const Plain = math.MaxInt

// page gathers lines that fit a width.
type page struct {
	b     strings.Builder
	width int
}

func (p *page) plain() bool { return p.width == Plain }

func newPage(width int) *page { return &page{width: max(width, 20)} }

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
