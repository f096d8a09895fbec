package report

import (
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

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
	return number(n) + " " + choose(n, one, more)
}

func are(n int) string  { return choose(n, "is", "are") }
func were(n int) string { return choose(n, "was", "were") }
func have(n int) string { return choose(n, "has", "have") }

func choose(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
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

// about writes an estimate for people.
func about(d time.Duration) string {
	if d < time.Second {
		return "less than a second"
	}
	return "about " + span(d)
}
