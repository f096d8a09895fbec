package mapping

import (
	"embed"
	"strings"
	"sync"
	"unicode/utf8"
)

// wordFiles holds the tables of words. A file has sections, such as [title], of
// words with commas between; lines that begin with "# " are comments.
//
//go:embed words/*.txt
var wordFiles embed.FS

// section is the part of a word file below a [name].
type section struct {
	name  string
	words []string
}

// readSections returns the sections of words/FILE.txt in the order of the file. A
// name may occur several times.
func readSections(file string) []section {
	data, err := wordFiles.ReadFile("words/" + file + ".txt")
	if err != nil {
		return nil // the test of the word files names every file
	}
	var all []section
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "# "):
		case line[0] == '[' && line[len(line)-1] == ']':
			all = append(all, section{name: line[1 : len(line)-1]})
		case len(all) > 0:
			last := &all[len(all)-1]
			for word := range strings.SplitSeq(line, ",") {
				last.words = append(last.words, strings.TrimSpace(word))
			}
		}
	}
	return all
}

// wordSet returns a function that loads a section of a word file, once, with key
// applied to every word.
func wordSet(file, name string, key func(string) string) func() map[string]bool {
	return sync.OnceValue(func() map[string]bool {
		set := make(map[string]bool)
		for _, s := range readSections(file) {
			if s.name != name {
				continue
			}
			for _, word := range s.words {
				set[key(word)] = true
			}
		}
		return set
	})
}

// rareWords is a set of words for questions about many texts, few of which are in the
// set. The first byte shows for most texts that they are not.
type rareWords struct {
	words  map[string]bool
	begins [256]bool // whether a word may begin with the byte, in small letters or in capitals
}

// emptyWordSet is wordSet for the words of empty cells.
func emptyWordSet(name string) func() *rareWords {
	return sync.OnceValue(func() *rareWords {
		s := &rareWords{words: wordSet("empty", name, exactly)()}
		for i := range s.begins {
			s.begins[i] = i >= utf8.RuneSelf // the capital of a letter may begin with another byte
		}
		for word := range s.words {
			s.begins[strings.ToLower(word)[0]], s.begins[strings.ToUpper(word)[0]] = true, true
		}
		return s
	})
}

// has reports whether a text is one of the words.
func (s *rareWords) has(text string) bool {
	return text != "" && s.begins[text[0]] && s.words[text]
}

// hasLower reports whether a text in small letters is one of the words.
func (s *rareWords) hasLower(text string) bool {
	return text != "" && s.begins[text[0]] && s.words[strings.ToLower(text)]
}

// exactly is the key function for words with fixed case and punctuation.
func exactly(word string) string { return word }

// hasByte is strings.ContainsAny for a few characters of ASCII, and quicker.
func hasByte(text, chars string) bool {
	for i := range len(chars) {
		if strings.IndexByte(text, chars[i]) >= 0 {
			return true
		}
	}
	return false
}
