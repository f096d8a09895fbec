package results

import (
	"cmp"
	"encoding/json"
	"os"
	"strconv"
	"strings"

	"muster/importer/outcome"
	"muster/importer/workbook"
)

// jsonlEncoder writes a JSON object a line, with the keys in column order.
type jsonlEncoder struct {
	rowBuffer
	own  int             // columns of the roster
	keys []string        // encoded: `"Name":`
	used map[string]bool // by key; false for a heading that is no key yet
	json *json.Encoder   // into buffer
}

func newJSONL(file *os.File, header []string, _ Options) (encoder, error) {
	e := &jsonlEncoder{rowBuffer: newRowBuffer(file), own: len(header) - columnCount, used: make(map[string]bool)}
	e.json = json.NewEncoder(&e.buffer)
	e.json.SetEscapeHTML(false)
	for _, heading := range header {
		e.used[heading] = false
	}
	for i, heading := range header {
		if err := e.addKey(heading, i); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// addKey adds the key of a column: the heading, or another name if the heading is
// empty or the key of an earlier column.
func (e *jsonlEncoder) addKey(heading string, column int) error {
	name := cmp.Or(heading, "column "+strings.TrimSuffix(workbook.CellName(1, column), "1"))
	key := name
	for n := 2; e.isTaken(key, heading); n++ {
		key = name + " (" + strconv.Itoa(n) + ")"
	}
	e.used[key] = true
	quoted, err := json.Marshal(key)
	e.keys = append(e.keys, string(quoted)+":")
	return err
}

// isTaken reports whether a key is in use, or is the heading of another column.
func (e *jsonlEncoder) isTaken(key, heading string) bool {
	used, isHeading := e.used[key]
	return used || isHeading && key != heading
}

func (e *jsonlEncoder) write(record []string, _ *outcome.Outcome) error {
	separator := byte('{')
	for i, cell := range record {
		if i == len(e.keys) { // a cell beyond the header
			if err := e.addKey("", i); err != nil {
				return err
			}
		}
		e.buffer.WriteByte(separator)
		e.buffer.WriteString(e.keys[i])
		if i == e.own+columnRow { // a number, or null in a line that was added by hand
			e.buffer.WriteString(cmp.Or(cell, "null"))
		} else if err := e.encode(cell); err != nil {
			return err
		}
		separator = ','
	}
	e.buffer.WriteString("}\n")
	return e.rowDone()
}

// encode appends text to the buffer as a JSON string, without the encoder's line break.
func (e *jsonlEncoder) encode(text string) error {
	if err := e.json.Encode(text); err != nil {
		return err
	}
	e.buffer.Truncate(e.buffer.Len() - 1)
	return nil
}

func (e *jsonlEncoder) remarks() []string { return nil }
