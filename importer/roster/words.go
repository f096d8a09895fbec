package roster

import (
	"embed"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// wordFiles holds tables of words in several languages. A file has sections, such
// as [total], of words with commas between; lines that begin with "# " are comments.
//
//go:embed words/*.txt
var wordFiles embed.FS

// wordSections returns the words of all files by the names of the sections.
var wordSections = sync.OnceValue(func() map[string][]string {
	sections := map[string][]string{}
	files, err := wordFiles.ReadDir("words")
	if err != nil {
		return nil // the test of the words notices
	}
	for _, file := range files {
		data, err := wordFiles.ReadFile("words/" + file.Name())
		if err != nil {
			return nil
		}
		maps.Copy(sections, parseSections(string(data)))
	}
	return sections
})

// parseSections returns the words of a file by the names of the sections.
func parseSections(file string) map[string][]string {
	sections := map[string][]string{}
	name := ""
	for line := range strings.Lines(file) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "# "):
		case line[0] == '[' && line[len(line)-1] == ']':
			name = line[1 : len(line)-1]
		default:
			sections[name] = append(sections[name], strings.Split(line, ", ")...)
		}
	}
	return sections
}

// isWord reports whether a section of the word files holds a word, in any case of
// letters.
func isWord(section, word string) bool {
	return slices.Contains(wordSections()[section], strings.ToLower(word))
}

// containsWord reports whether text contains a word of a section anywhere.
func containsWord(section, text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(wordSections()[section], func(word string) bool { return strings.Contains(text, word) })
}

// compileForm compiles a regular expression in which {section} is any word of that
// section. What it matches begins where the text does and ends with a word.
func compileForm(form string) *regexp.Regexp {
	for section, words := range wordSections() {
		quoted := make([]string, len(words))
		for i, word := range words {
			quoted[i] = regexp.QuoteMeta(word)
		}
		form = strings.ReplaceAll(form, "{"+section+"}", "(?:"+strings.Join(quoted, "|")+")")
	}
	return regexp.MustCompile(`^(?:` + form + `)(?:[^\pL-]|$)`)
}
