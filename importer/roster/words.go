package roster

import (
	"embed"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
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

// wordTables is a set of sections, a bit each.
type wordTables uint64

// wordIndex tells which sections have words that begin with a word.
var wordIndex = sync.OnceValue(func() map[string]wordTables {
	index := map[string]wordTables{}
	for i, section := range sectionNames() {
		for _, phrase := range wordSections()[section] {
			for word := range words(phrase) {
				index[word] |= 1 << i
				break
			}
		}
	}
	return index
})

// sectionNames returns the names of all sections in order.
var sectionNames = sync.OnceValue(func() []string { return slices.Sorted(maps.Keys(wordSections())) })

// words returns the words of a text, without digits and signs.
func words(text string) iter.Seq[string] {
	return strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) })
}

// tablesOf returns the sections of which a text in small letters may hold something.
func tablesOf(text string) wordTables {
	var tables wordTables
	for word := range words(text) {
		tables |= wordIndex()[word]
	}
	return tables
}

// compileForm compiles a regular expression in which {section} is any word of that
// section, and returns the sections. What the expression matches begins where the text does
// and ends with a word. Each alternative of a form must name a section, or none.
func compileForm(form string) (*regexp.Regexp, wordTables) {
	var tables wordTables
	for i, section := range sectionNames() {
		name := "{" + section + "}"
		if !strings.Contains(form, name) {
			continue
		}
		tables |= 1 << i
		quoted := slices.Clone(wordSections()[section])
		for i, word := range quoted {
			quoted[i] = regexp.QuoteMeta(word)
		}
		form = strings.ReplaceAll(form, name, "(?:"+strings.Join(quoted, "|")+")")
	}
	return regexp.MustCompile(`^(?:` + form + `)(?:[^\pL-]|$)`), tables
}
