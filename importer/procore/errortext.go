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
// shapes that Procore documents and takes texts by field from any other.
type errorText struct {
	redact redactor
	lines  []string
	fields map[string][]string
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
	case isPage(contentType, body):
		if title := t.clean(pageTitle(body)); title != "" {
			return truncate(fmt.Sprintf("a firewall or proxy answered with an HTML page titled %q", title)), nil
		}
		return fmt.Sprintf("a firewall or proxy answered with an HTML page (%s)", statusText), nil
	}
	if value, ok := parseJSON(body); ok {
		t.addAll("", value)
	} else {
		t.add("", string(body))
	}
	if len(t.lines) == 0 {
		return statusText, nil
	}
	return truncate(strings.Join(t.lines, "; ")), t.fields
}

// isPage reports whether an answer is an HTML page.
func isPage(contentType string, body []byte) bool {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	return len(body) > 0 && body[0] == '<' || strings.Contains(strings.ToLower(contentType), "html")
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

// The keys of an error body that are no names of fields.
var (
	textKeys   = []string{"errors", "error", "error_description", "message", "detail", "title", "details", "reason", "fields"}
	sourceKeys = []string{"source", "field", "pointer", "parameter"} // name the field of the other texts
	otherKeys  = []string{"exception", "code", "status"}
)

// addAll adds every text inside value under the innermost field name. Texts of
// textKeys come first; an exception or a code is added only in place of a text.
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
		field = sourceField(v, field)
		before := len(t.lines)
		for _, key := range textKeys {
			t.addAll(field, v[key])
		}
		known := slices.Concat(textKeys, sourceKeys, otherKeys)
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if !slices.Contains(known, key) {
				t.addAll(fieldName(key, field), v[key])
			}
		}
		if len(t.lines) == before {
			t.addAll(field, v["exception"])
		}
		if code := v["code"]; code != nil && len(t.lines) == before {
			t.add(field, fmt.Sprint("code ", code))
		}
	}
}

// sourceField returns the field in {"source": {"pointer": "/person/last_name"}} and
// similar objects, or outer.
func sourceField(object map[string]any, outer string) string {
	for _, key := range sourceKeys {
		switch source := object[key].(type) {
		case string:
			return fieldName(source, outer)
		case map[string]any:
			return sourceField(source, outer)
		}
	}
	return outer
}

// add appends a text about a field unless the same text is there already.
func (t *errorText) add(field, text string) {
	text = t.clean(text)
	field = t.clean(field)
	if text == "" || len(t.lines) == maxTexts || slices.Contains(t.fields[field], text) {
		return
	}
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
