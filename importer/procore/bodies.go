package procore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"
)

const (
	mostRunes = 500 // of a message, and of a field's text
	mostTexts = 50  // of one answer
)

// redactor takes secrets out of texts that came from outside.
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

// words collects what an error body says, whatever its shape. Which shape the
// people endpoint uses is not documented, so all of procore-api.md are
// understood, and what is none of them is taken by its look.
type words struct {
	redact redactor
	lines  []string
	fields map[string][]string
	texts  int
}

// explain reads an error body into one line and into texts by field. The
// fields are nil if the body names none and says nothing in a list.
func explain(status int, contentType string, body []byte, redact redactor) (message string, fields map[string][]string) {
	w := &words{redact: redact}
	named := strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	switch {
	case len(body) == 0:
		return named, nil
	case body[0] == '<' || strings.Contains(strings.ToLower(contentType), "html"):
		if title := w.clean(titleOf(body)); title != "" {
			return bound(fmt.Sprintf("an HTML page titled %q", title)), nil
		}
		return fmt.Sprintf("an HTML page from a proxy (%s)", named), nil
	}
	if value, ok := parse(body); ok {
		w.answer(value)
	} else {
		w.say("", string(body))
	}
	if len(w.lines) == 0 {
		return named, nil
	}
	return bound(strings.Join(w.lines, "; ")), w.fields
}

// parse reads one JSON value with its numbers as they are written.
func parse(body []byte) (any, bool) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var value any
	if d.Decode(&value) != nil {
		return nil, false
	}
	_, err := d.Token()
	return value, err == io.EOF
}

// answer reads a whole body.
func (w *words) answer(value any) {
	object, ok := value.(map[string]any)
	if !ok {
		w.walk("", value)
		return
	}
	if v, ok := object["errors"]; ok {
		w.walk("", v)
	}
	switch v := object["error"].(type) {
	case nil:
	case map[string]any:
		w.v2(v)
	case string:
		if more, _ := object["error_description"].(string); more != "" {
			v += ": " + more
		}
		w.say("", v)
	default:
		w.walk("", v)
	}
	if len(w.lines) == 0 {
		w.walk("", object["message"])
	}
	w.walk("", object["reason"])
	w.walk("", object["fields"])
	if len(w.lines) > 0 {
		return
	}
	w.walk("", object["exception"])
	for _, key := range []string{"errors", "error", "error_description", "message", "reason", "fields", "exception", "status"} {
		delete(object, key)
	}
	if code, ok := object["code"]; ok && len(object) == 1 {
		w.say("", "code "+fmt.Sprint(code))
		return
	}
	w.walk("", object) // {"first_name": ["text"]}
}

// v2 reads the error object of the REST v2 calls. Its code is said only where
// there are no better words.
func (w *words) v2(object map[string]any) {
	w.walk("", object["message"])
	w.walk("", object["details"])
	if len(w.lines) == 0 {
		w.walk("", object["code"])
	}
}

// walk says every text below value, by the innermost name of a field.
func (w *words) walk(field string, value any) {
	switch v := value.(type) {
	case string:
		w.say(field, v)
	case json.Number:
		w.say(field, v.String())
	case []any:
		for _, item := range v {
			w.walk(field, item)
		}
	case map[string]any:
		if w.detail(field, v) {
			return
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			w.walk(leaf(key, field), v[key])
		}
	}
}

// detail says an object that is one text with its source, such as
// {"code", "message", "source"}, and reports whether it was one.
func (w *words) detail(field string, object map[string]any) bool {
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
			field = leaf(source, field)
		case map[string]any:
			for _, key := range []string{"pointer", "parameter", "field"} {
				if s, ok := source[key].(string); ok {
					field = leaf(s, field)
				}
			}
		}
	}
	w.say(field, text)
	return true
}

// say adds a text, without repeating one.
func (w *words) say(field, text string) {
	text = w.clean(text)
	field = w.clean(field)
	if text == "" || w.texts == mostTexts || slices.Contains(w.fields[field], text) {
		return
	}
	w.texts++
	if w.fields == nil {
		w.fields = map[string][]string{}
	}
	w.fields[field] = append(w.fields[field], text)
	if field != "" {
		text = field + ": " + text
	}
	w.lines = append(w.lines, text)
}

// leaf returns the last part of a path such as person.first_name or
// /person/first_name that is a name, or outer if none is. "base" means the
// person as a whole.
func leaf(path, outer string) string {
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

// clean makes a text one bounded line without control or invisible characters
// and without secrets.
func (w *words) clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	return bound(w.redact.apply(strings.Join(strings.Fields(text), " ")))
}

// bound cuts a text to the longest that is shown.
func bound(text string) string {
	if len(text) <= mostRunes {
		return text
	}
	if runes := []rune(text); len(runes) > mostRunes {
		return string(runes[:mostRunes-1]) + "…"
	}
	return text
}

// titleOf returns the title of an HTML page, or "".
func titleOf(page []byte) string {
	lower := bytes.ToLower(page)
	if len(lower) != len(page) { // a letter whose other case has another length
		page = lower
	}
	start := bytes.Index(lower, []byte("<title"))
	if start < 0 {
		return ""
	}
	open := bytes.IndexByte(lower[start:], '>')
	if open < 0 {
		return ""
	}
	start += open + 1
	end := bytes.Index(lower[start:], []byte("</title"))
	if end < 0 {
		return ""
	}
	return html.UnescapeString(string(page[start : start+end]))
}

// requestID returns the ID that names an answer for Procore's support, without
// anything that could disturb a log line.
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
