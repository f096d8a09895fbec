package report

import (
	"io"
	"math"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
	"golang.org/x/term"

	"muster/importer/text"
)

// Plain is the width of text for a screen reader: every line is a whole sentence,
// however long, without layout.
const Plain = math.MaxInt

// Page gathers lines that fit a width.
type Page struct {
	b     strings.Builder
	width int
}

// NewPage returns an empty page.
func NewPage(width int) *Page { return &Page{width: max(width, 20)} }

// Plain reports whether the page is for a screen reader.
func (p *Page) Plain() bool { return p.width == Plain }

// Line writes a message. first starts the first line and rest the lines after it.
func (p *Page) Line(first, rest, message string) {
	if p.Plain() {
		first, rest, message = "", "", first+message
	}
	p.b.WriteString(text.Wrap(message, first, rest, p.width))
}

// Blank writes an empty line.
func (p *Page) Blank() {
	if !p.Plain() {
		p.b.WriteString("\n")
	}
}

// Copyable writes a name and a text for copying, never broken over lines.
func (p *Page) Copyable(name, copied string) {
	if p.Plain() {
		name = strings.TrimSpace(name) + " "
	}
	p.b.WriteString(name + Clean(copied) + "\n")
}

// Print writes the page to w.
func (p *Page) Print(w io.Writer) error { return writeAll(w, p.b.String()) }

// WithFix returns a message with a fix, on a single line.
func WithFix(message, fix string) string {
	if fix == "" {
		return message
	}
	return text.Sentence(message) + " Try: " + fix
}

func are(n int) string  { return text.Choose(n, "is", "are") }
func were(n int) string { return text.Choose(n, "was", "were") }

// Clean returns text on a single line. Everything that a terminal would obey instead
// of show is replaced by U+FFFD.
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

// Width returns how many columns the text on a terminal may take. For anything else
// that is 80.
func Width(w io.Writer) int {
	if file, ok := w.(interface{ Fd() uintptr }); ok {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}

// columns returns how many columns of a terminal a text takes.
func columns(text string) int { return uniseg.StringWidth(text) }

// Cut returns text in at most width columns, with "..." at the end of a cut text.
func Cut(text string, width int) string {
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
