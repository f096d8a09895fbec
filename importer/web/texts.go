package web

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/goccy/go-yaml"

	"muster/importer/text"
)

//go:embed texts/*/*.yaml
var textFiles embed.FS

// texts is the table of everything that the page says, by key. A translation is a folder
// beside texts/en with the same keys.
type texts map[string]sentence

// sentence is a text with fmt's verbs. A text that depends on a count has two forms.
type sentence struct{ One, Other string }

// UnmarshalYAML reads a text, or its forms one and other.
func (s *sentence) UnmarshalYAML(content []byte) error {
	if err := yaml.Unmarshal(content, &s.Other); err == nil {
		return nil
	}
	type plain sentence // without this method
	return yaml.UnmarshalWithOptions(content, (*plain)(s), yaml.Strict())
}

// loadTexts reads all files of a language.
func loadTexts(language string) (texts, error) {
	files, err := fs.Glob(textFiles, "texts/"+language+"/*.yaml")
	if err != nil {
		return nil, err
	}
	all := texts{}
	for _, path := range files {
		content, err := textFiles.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var part texts
		if err := yaml.Unmarshal(content, &part); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for key, s := range part {
			if _, twice := all[key]; twice {
				return nil, fmt.Errorf("%s: the key %s is there twice", path, key)
			}
			all[key] = s
		}
	}
	return all, nil
}

// say returns the text of a key.
func (t texts) say(key string, args ...any) string {
	return t.form(key, t[key].Other, args)
}

// count returns the text of a key for n things. The first argument of the text is n with
// separators.
func (t texts) count(key string, n int, args ...any) string {
	form := t[key].Other
	if n == 1 && t[key].One != "" {
		form = t[key].One
	}
	return t.form(key, form, append([]any{text.Number(n)}, args...))
}

func (t texts) form(key, form string, args []any) string {
	switch {
	case form == "":
		return key // a test finds the missing key
	case len(args) == 0, !strings.Contains(form, "%"): // "the row" needs no count
		return form
	}
	return fmt.Sprintf(form, args...)
}

// text returns the text of a key.
func (s *Server) text(key string, args ...any) string { return s.pages.texts.say(key, args...) }
