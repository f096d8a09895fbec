package procore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// The names of an answer's fields come and go with the view, any can be null,
// and origin_id comes as a string or as a number. So the types here take every
// form that keeps the digits. IDs are exact; other fields never spoil an
// answer.

// integer is a 64-bit ID: a number, a string of digits, or null for 0.
type integer int64

// UnmarshalJSON reads all digits; what is no whole 64-bit number is an error.
func (i *integer) UnmarshalJSON(b []byte) error {
	text := unquote(b)
	if text == "" || text == "null" {
		*i = 0
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return errors.New("an ID is not a whole 64-bit number")
	}
	*i = integer(n)
	return nil
}

// text is a string, or a number by its digits; everything else is "".
type text string

// UnmarshalJSON never fails.
func (t *text) UnmarshalJSON(b []byte) error {
	*t = ""
	switch b[0] {
	case '"', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		*t = text(unquote(b))
	}
	return nil
}

// flag is true or false; null and everything else is false.
type flag bool

// UnmarshalJSON never fails.
func (f *flag) UnmarshalJSON(b []byte) error {
	*f = string(b) == "true"
	return nil
}

// part is an object within an answer, or whatever stands in its place.
type part struct{ ID integer }

// UnmarshalJSON never fails.
func (p *part) UnmarshalJSON(b []byte) error {
	var inner struct {
		ID integer `json:"id"`
	}
	if json.Unmarshal(b, &inner) == nil {
		p.ID = inner.ID
	}
	return nil
}

// unquote returns what a JSON string holds, or a bare value as it is written. b
// is valid JSON, as UnmarshalJSON gets it.
func unquote(b []byte) string {
	if b[0] != '"' {
		return string(b)
	}
	if inner := b[1 : len(b)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner) // nothing is escaped: most strings
	}
	var s string
	if json.Unmarshal(b, &s) == nil {
		return s
	}
	return string(b)
}

// object is an answer's JSON object. All of Procore's have an ID.
type object[T any] interface {
	*T
	id() int64
}

var errNoID = errors.New("the answer has no ID")

// decodeOne reads one object.
func decodeOne[T any, P object[T]](r io.Reader) (T, error) {
	var item T
	if err := json.NewDecoder(r).Decode(P(&item)); err != nil {
		return item, fmt.Errorf("the answer can't be read: %w", err)
	}
	if P(&item).id() <= 0 {
		return item, errNoID
	}
	return item, nil
}

// mostItems bounds a page of a list: a server that heeds no per_page may send
// more than was asked for, but not fill the memory with empty objects.
const mostItems = 50 * perPage

// decodeList reads an array of objects.
func decodeList[T any, P object[T]](r io.Reader) ([]T, error) {
	var list []T
	d := json.NewDecoder(r)
	start, err := d.Token()
	if err != nil {
		return nil, fmt.Errorf("the list can't be read: %w", err)
	}
	if start != json.Delim('[') {
		return nil, errors.New("the answer is not a list")
	}
	for d.More() {
		var item T
		if err := d.Decode(P(&item)); err != nil {
			return nil, fmt.Errorf("the list can't be read: %w", err)
		}
		if P(&item).id() <= 0 {
			return nil, errNoID
		}
		if len(list) == mostItems {
			return nil, errors.New("the list has far more on one page than were asked for")
		}
		list = append(list, item)
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("the list is cut off: %w", err)
	}
	return list, nil
}
