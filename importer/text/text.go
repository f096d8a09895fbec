// Package text words counts, durations and suggestions for people.
package text

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
	"github.com/hbollon/go-edlib"
	"github.com/rivo/uniseg"
)

// Number writes a count with separators: 12,500.
func Number(n int) string { return humanize.Comma(int64(n)) }

// Plural writes a count with its noun: "1 row", "2 rows".
func Plural(n int, one, many string) string { return Number(n) + " " + Choose(n, one, many) }

// Choose returns one if n is 1, else many.
func Choose(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// Capital returns text with its first letter in upper case.
func Capital(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return string(unicode.ToUpper(r)) + text[size:]
}

// Sentence ends text with a full stop unless it ends with a mark already.
func Sentence(text string) string {
	if text == "" || strings.ContainsAny(text[len(text)-1:], ".!?:") {
		return text
	}
	return text + "."
}

// List joins words as a sentence does: "a, b or c" with "or" as last.
func List(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + last + " " + words[len(words)-1]
}

// Duration writes a duration for people: "40 s", "3 min 20 s", "1 h 5 min".
func Duration(d time.Duration) string {
	seconds := int(d.Round(time.Second) / time.Second)
	switch minutes, hours := seconds/60, seconds/3600; {
	case seconds < 1:
		return "less than a second"
	case seconds < 60:
		return Number(seconds) + " s"
	case seconds < 600 && seconds%60 != 0:
		return Number(minutes) + " min " + Number(seconds%60) + " s"
	case hours < 1:
		return Number(minutes) + " min"
	case minutes%60 == 0:
		return Number(hours) + " h"
	default:
		return Number(hours) + " h " + Number(minutes%60) + " min"
	}
}

// About writes an estimated duration: "about 3 min 20 s".
func About(d time.Duration) string {
	if d < time.Second {
		return Duration(d)
	}
	return "about " + Duration(d)
}

// Wrap breaks text into lines of at most width terminal columns. first starts
// the first line and rest every other one. A word longer than a line keeps a
// line to itself, and so does a command, which a break would spoil for copying. The result
// ends with a newline.
func Wrap(text, first, rest string, width int) string {
	var b strings.Builder
	b.WriteString(first)
	used, empty := uniseg.StringWidth(first), true
	for _, word := range joinCommands(strings.Fields(text)) {
		wide := uniseg.StringWidth(word)
		switch {
		case empty:
		case used+1+wide > width:
			b.WriteString("\n" + rest)
			used = uniseg.StringWidth(rest)
		default:
			b.WriteString(" ")
			used++
		}
		b.WriteString(word)
		used, empty = used+wide, false
	}
	b.WriteString("\n")
	return b.String()
}

// joinCommands joins the words of commands, such as muster map crew.csv -o mapping.yaml, and
// options with their values.
func joinCommands(words []string) []string {
	var joined []string
	command := false // the last of joined is a command, or an option
	for i, word := range words {
		last := len(joined) - 1
		begins := strings.TrimLeft(word, "(`\"") == "muster" || isOption(word)
		follows := command && (strings.HasSuffix(words[i-1], "muster") || isOption(words[i-1]) || isArgument(word))
		if follows {
			joined[last] += " " + word
		} else {
			joined = append(joined, word)
		}
		command = (begins || follows) && !endsClause(word)
	}
	return joined
}

// isOption reports whether a word is an option of a command.
func isOption(word string) bool { return len(word) > 1 && word[0] == '-' && word[1] != ' ' }

// isArgument reports whether a word behind a command belongs to the command: an option, a
// path, a quoted word or a placeholder in capitals.
func isArgument(word string) bool {
	return isOption(word) || word == "-" || strings.ContainsAny(word, "./\\'\"_0123456789") && !endsClause(word) || word == strings.ToUpper(word)
}

// endsClause reports whether a sentence goes on without the command.
func endsClause(word string) bool {
	return strings.HasSuffix(word, ",") || strings.HasSuffix(word, ";") || strings.HasSuffix(word, ")")
}

// Closest returns the candidate most similar to word, or "" if none is at
// least as similar as least (from 0 to 1). The first of equals wins.
func Closest(word string, candidates []string, least float64) string {
	best, most := "", float32(0)
	for _, c := range candidates {
		s, err := edlib.StringsSimilarity(strings.ToLower(word), strings.ToLower(c), edlib.OSADamerauLevenshtein)
		if err == nil && s >= float32(least) && s > most {
			best, most = c, s
		}
	}
	return best
}

// ShellWord quotes a word for a shell.
func ShellWord(word string) string {
	if strings.HasPrefix(word, "-") && word != "-" { // alone it is the standard input
		word = "./" + word
	}
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:%+,=@", r) || r > 127
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
