package procore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

const (
	maxTextRunes = 500 // of a message, and of each text about a field
	maxTexts     = 50  // of one answer
)

// redactor is a list of secrets to replace in texts that a server sent.
type redactor []string

func (r redactor) with(secret string) redactor { return append(slices.Clip(r), secret) }

func (r redactor) apply(text string) string {
	for _, secret := range r {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "[secret]")
		}
	}
	return text
}

// errorText collects the texts of an error body of any shape. Procore does not
// document the shape that the people endpoint uses, so errorText reads all
// shapes of procore-api.md and takes texts by field from any other.
type errorText struct {
	redact redactor
	lines  []string
	fields map[string][]string
	texts  int
}

// readErrorText turns an error body into a line and into texts by field. The
// fields are nil if the body has no text for a person to read.
func readErrorText(status int, contentType string, body []byte, redact redactor) (message string, fields map[string][]string) {
	t := &errorText{redact: redact}
	statusText := strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	switch {
	case len(body) == 0:
		return statusText, nil
	case body[0] == '<' || strings.Contains(strings.ToLower(contentType), "html"):
		if title := t.clean(pageTitle(body)); title != "" {
			return truncate(fmt.Sprintf("an HTML page titled %q", title)), nil
		}
		return fmt.Sprintf("an HTML page from a proxy (%s)", statusText), nil
	}
	value, ok := parseJSON(body)
	object, isObject := value.(map[string]any)
	switch {
	case isObject:
		t.addBody(object)
	case ok:
		t.addAll("", value)
	default:
		t.add("", string(body))
	}
	if len(t.lines) == 0 {
		return statusText, nil
	}
	return truncate(strings.Join(t.lines, "; ")), t.fields
}

// parseJSON reads a JSON value and keeps the digits of numbers.
func parseJSON(body []byte) (any, bool) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var value any
	if d.Decode(&value) != nil {
		return nil, false
	}
	_, err := d.Token()
	return value, err == io.EOF
}

// bodyKeys lists the keys of an error body in reading order. A fallback is read
// only if the keys before had no text.
var bodyKeys = []struct {
	name     string
	fallback bool
}{
	{"errors", false},
	{"error", false}, // an object in REST v2 calls
	{"error_description", false},
	{"message", true},
	{"details", false}, // in the object of REST v2 calls
	{"reason", false},
	{"fields", false},
	{"exception", true},
	{"status", true},
}

// addBody adds the texts of a whole body, or of the error object of a REST v2
// call. A code is added only to a body without any other text.
func (t *errorText) addBody(object map[string]any) {
	code := object["code"]
	delete(object, "code")
	for _, key := range bodyKeys {
		value := object[key.name]
		delete(object, key.name)
		inner, isObject := value.(map[string]any)
		switch {
		case key.fallback && len(t.lines) > 0, key.name == "status":
		case key.name == "error" && isObject:
			t.addBody(inner)
		default:
			t.addAll("", value)
		}
	}
	if len(t.lines) == 0 {
		t.addAll("", object) // {"first_name": ["text"]}
	}
	if number, ok := code.(json.Number); ok {
		code = "code " + number.String()
	}
	if len(t.lines) == 0 {
		t.addAll("", code)
	}
}

// addAll adds every text inside value under the innermost field name.
func (t *errorText) addAll(field string, value any) {
	switch v := value.(type) {
	case string:
		t.add(field, v)
	case json.Number:
		t.add(field, v.String())
	case []any:
		for _, item := range v {
			t.addAll(field, item)
		}
	case map[string]any:
		if t.addDetail(field, v) {
			return
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			t.addAll(fieldName(key, field), v[key])
		}
	}
}

// addDetail adds an object of the form {"code", "message", "source"} as a
// text and reports whether object has this form.
func (t *errorText) addDetail(field string, object map[string]any) bool {
	var text string
	for _, key := range []string{"message", "detail", "title", "code"} {
		if s, ok := object[key].(string); ok && text == "" {
			text = s
		}
	}
	if text == "" {
		return false
	}
	for _, key := range []string{"source", "field"} {
		switch source := object[key].(type) {
		case string:
			field = fieldName(source, field)
		case map[string]any:
			for _, key := range []string{"pointer", "parameter", "field"} {
				if s, ok := source[key].(string); ok {
					field = fieldName(s, field)
				}
			}
		}
	}
	t.add(field, text)
	return true
}

// add appends a text about a field unless the same text is there already.
func (t *errorText) add(field, text string) {
	text = t.clean(text)
	field = t.clean(field)
	if text == "" || t.texts == maxTexts || slices.Contains(t.fields[field], text) {
		return
	}
	t.texts++
	if t.fields == nil {
		t.fields = map[string][]string{}
	}
	t.fields[field] = append(t.fields[field], text)
	if field != "" {
		text = field + ": " + text
	}
	t.lines = append(t.lines, text)
}

// fieldName returns the last name in a path such as person.first_name or
// /person/first_name, or outer if the path has only indexes. The names "base"
// and "person" mean the person as a whole and become "".
func fieldName(path, outer string) string {
	parts := strings.FieldsFunc(path, func(r rune) bool { return strings.ContainsRune("./[]", r) })
	for _, part := range slices.Backward(parts) {
		if strings.Trim(part, "0123456789") == "" {
			continue // an index
		}
		if part == "base" || part == "person" {
			return ""
		}
		return part
	}
	return outer
}

// clean returns text as a short line without secrets, control characters and
// invisible characters.
func (t *errorText) clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	return truncate(t.redact.apply(strings.Join(strings.Fields(text), " ")))
}

// truncate shortens text to at most maxTextRunes characters.
func truncate(text string) string {
	if runes := []rune(text); len(runes) > maxTextRunes {
		return string(runes[:maxTextRunes-1]) + "…"
	}
	return text
}

var titleElement = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title`)

// pageTitle returns the title of an HTML page, or "".
func pageTitle(page []byte) string {
	match := titleElement.FindSubmatch(page)
	if match == nil {
		return ""
	}
	return html.UnescapeString(string(match[1]))
}

// requestID returns the ID of an answer for Procore's support, without
// characters that could disturb a log line.
func requestID(h http.Header) string {
	id := h.Get("X-Request-Id")
	if len(id) > 100 {
		id = id[:100]
	}
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, id)
}
