package simulator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strings"
)

// BodyShape is the form of a refusal's body. The form that the people endpoint uses
// is not documented.
type BodyShape string

// The shapes seen in Procore's documentation and forums.
const (
	// DefaultBodies is V2Error for /rest/v2.0, FieldErrors where a field is to
	// blame, and ErrorsText otherwise.
	DefaultBodies    BodyShape = ""
	FieldErrors      BodyShape = "field-errors"      // {"errors": {"field": ["text"]}}
	BaseErrors       BodyShape = "base-errors"       // {"errors": {"base": ["text"]}}
	ErrorsText       BodyShape = "errors-text"       // {"errors": "text"}
	ErrorsList       BodyShape = "errors-list"       // {"errors": ["text"]}
	ErrorText        BodyShape = "error-text"        // {"error": "text"}
	ErrorDescription BodyShape = "error-description" // {"error": "code", "error_description": "text"}
	MessageException BodyShape = "message-exception" // {"message": "text", "exception": "text"}
	CodeFields       BodyShape = "code-fields"       // {"code": 1, "message": "text", "fields": …, "reason": …}
	V2Error          BodyShape = "v2-error"          // {"error": {"code", "message", "details": […]}}
	PlainText        BodyShape = "plain-text"
	HTMLPage         BodyShape = "html"
	EmptyBody        BodyShape = "empty"
	MixedBodies      BodyShape = "mixed" // each of the above in turn, except DefaultBodies
)

// BodyShapes returns the shapes that a single body can have.
func BodyShapes() []BodyShape {
	return []BodyShape{
		FieldErrors, BaseErrors, ErrorsText, ErrorsList, ErrorText, ErrorDescription,
		MessageException, CodeFields, V2Error, PlainText, HTMLPage, EmptyBody,
	}
}

// problem is the reason of a refusal; field is "" for the request as a whole.
type problem struct {
	field, text string
	of          int // the status of the refusal; 0: 400
}

func (p problem) status() int { return cmp.Or(p.of, http.StatusBadRequest) }

func (p problem) String() string {
	if p.field == "" {
		return p.text
	}
	return p.field + " " + p.text
}

// refuse returns a refusal in the configured shape.
func (s *Server) refuse(c *call, status int, problems ...problem) answer {
	shape := s.config.Bodies
	if shape == MixedBodies {
		all := BodyShapes()
		shape = all[(s.counters.refusals.Add(1)-1)%uint64(len(all))]
	}
	if shape == DefaultBodies {
		switch {
		case strings.HasPrefix(c.r.URL.Path, "/rest/v2.0/"):
			shape = V2Error
		case problems[0].field != "":
			shape = FieldErrors
		default:
			shape = ErrorsText
		}
	}
	return refusal(shape, status, problems)
}

// refusal renders the problems in a shape.
func refusal(shape BodyShape, status int, problems []problem) answer {
	texts := make([]string, len(problems))
	fields := make(map[string][]string)
	for i, p := range problems {
		texts[i] = p.String()
		field := cmp.Or(p.field, "base")
		fields[field] = append(fields[field], p.text)
	}
	all := strings.Join(texts, ", ")
	code := errorCode(status)

	body := map[string]any{"errors": fields}
	switch shape {
	case BaseErrors:
		body = map[string]any{"errors": map[string]any{"base": texts}}
	case ErrorsText:
		body = map[string]any{"errors": all}
	case ErrorsList:
		body = map[string]any{"errors": texts}
	case ErrorText:
		body = map[string]any{"error": all}
	case ErrorDescription:
		body = map[string]any{"error": code, "error_description": all}
	case MessageException:
		body = map[string]any{"message": all, "exception": "Simulated::" + strings.ReplaceAll(http.StatusText(status), " ", "")}
	case CodeFields:
		body = map[string]any{"code": status, "message": all, "fields": fields, "reason": code}
	case V2Error:
		details := make([]map[string]string, len(problems))
		for i, p := range problems {
			details[i] = map[string]string{"code": code, "message": p.text, "source": p.field}
		}
		body = map[string]any{"error": map[string]any{"code": code, "message": all, "details": details}}
	case PlainText:
		return answer{status: status, kind: "text/plain; charset=utf-8", body: []byte(all + "\n")}
	case HTMLPage:
		return htmlPage(status, all)
	case EmptyBody:
		return answer{status: status}
	case DefaultBodies, MixedBodies, FieldErrors:
	}
	return jsonAnswer(status, body)
}

// errorCode returns the status in words, such as not_found.
func errorCode(status int) string {
	return strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_")
}

// htmlPage returns the answer of a proxy in front of the API.
func htmlPage(status int, text string) answer {
	title := html.EscapeString(fmt.Sprintf("%d %s", status, http.StatusText(status)))
	return answer{status: status, kind: "text/html; charset=utf-8", body: fmt.Appendf(nil,
		"<!DOCTYPE html>\n<html>\n<head><title>%s</title></head>\n<body>\n<center><h1>%s</h1></center>\n<p>%s</p>\n</body>\n</html>\n",
		title, title, html.EscapeString(text))}
}

// answer is the result of an operation, sent in a single piece.
type answer struct {
	status int
	kind   string            // Content-Type; "" with an empty body
	header map[string]string // besides the headers of every answer
	body   []byte
}

// jsonAnswer encodes v, which JSON can always express.
func jsonAnswer(status int, v any) answer {
	body, err := json.Marshal(v)
	if err != nil {
		return answer{status: http.StatusInternalServerError, kind: "text/plain; charset=utf-8", body: []byte(err.Error())}
	}
	return answer{status: status, kind: "application/json; charset=utf-8", body: body}
}
