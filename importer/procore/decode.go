package procore

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// The fields of an answer depend on the view, any can be null, and origin_id
// comes as a string or as a number. So these types accept every form that keeps
// the digits. A wrong ID is an error; any other wrong field is read as empty.

// integer is a 64-bit ID: a number, a string of digits, or null for 0.
type integer int64

// UnmarshalJSON reads all digits and fails unless the value is a 64-bit integer.
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

// text is a string, or the digits of a number; any other value is "".
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

// unquote returns the content of a JSON string, or any other value unchanged.
func unquote(b []byte) string {
	var s string
	if b[0] == '"' && json.Unmarshal(b, &s) == nil {
		return s
	}
	return string(b)
}

// object is a JSON object of an answer. All objects of Procore have an ID.
type object[T any] interface {
	*T
	id() int64
}

var errNoID = errors.New("the answer has no ID")

// decodeOne reads an answer that is an object.
func decodeOne[T any, P object[T]](r io.Reader) (T, error) {
	var item T
	if err := decodeJSON(r, &item); err != nil {
		return item, err
	}
	if P(&item).id() <= 0 {
		return item, errNoID
	}
	return item, nil
}

func decodeJSON(r io.Reader, value any) error {
	if err := json.NewDecoder(r).Decode(value); err != nil {
		return fmt.Errorf("the answer can't be read: %w", err)
	}
	return nil
}

// maxItems bounds a page of a list: a server that ignores per_page may send more
// items than requested, but must not fill the memory with empty objects.
const maxItems = 50 * mostPerPage

// decodeList reads an array of objects, up to the end of the answer: an answer that is cut
// off behind the array, or goes on with an error, may be a part of the list.
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
		if len(list) == maxItems {
			return nil, errors.New("the list has far more items on one page than requested")
		}
		list = append(list, item)
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("the list is cut off: %w", err)
	}
	switch _, err := d.Token(); {
	case err == nil:
		return nil, errors.New("the list is followed by more")
	case !errors.Is(err, io.EOF):
		return nil, fmt.Errorf("the list is cut off: %w", err)
	}
	return list, nil
}
