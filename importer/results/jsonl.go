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
	part
	own  int      // columns of the roster
	keys []string // encoded: `"Name":`
	used map[string]bool
	json *json.Encoder // into buffer
}

func newJSONL(file *os.File, header []string, _ Options) (encoder, error) {
	e := &jsonlEncoder{part: newPart(file), own: len(header) - columnCount, used: make(map[string]bool)}
	e.json = json.NewEncoder(&e.buffer)
	e.json.SetEscapeHTML(false)
	for _, key := range uniqueKeys(header) {
		if err := e.addKey(key); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// uniqueKeys returns the headings as keys: none is empty, and all are different.
func uniqueKeys(header []string) []string {
	taken := make(map[string]bool, len(header))
	for _, heading := range header {
		taken[heading] = true
	}
	keys, used := make([]string, len(header)), make(map[string]bool, len(header))
	for i, heading := range header {
		name := cmp.Or(heading, columnName(i))
		keys[i] = numbered(name, func(key string) bool { return used[key] || key != heading && taken[key] })
		used[keys[i]] = true
	}
	return keys
}

// numbered returns name, or the first of "name (2)", "name (3)", … that is not taken.
func numbered(name string, taken func(string) bool) string {
	key := name
	for n := 2; taken(key); n++ {
		key = name + " (" + strconv.Itoa(n) + ")"
	}
	return key
}

// columnName returns the name of a column: "column D".
func columnName(i int) string {
	return "column " + strings.TrimSuffix(workbook.CellName(1, i), "1")
}

func (e *jsonlEncoder) addKey(key string) error {
	e.used[key] = true
	quoted, err := json.Marshal(key)
	e.keys = append(e.keys, string(quoted)+":")
	return err
}

func (e *jsonlEncoder) write(record []string, _ *outcome.Outcome) error {
	separator := byte('{')
	for i, cell := range record {
		if i == len(e.keys) { // a cell beyond the header
			if err := e.addKey(numbered(columnName(i), func(key string) bool { return e.used[key] })); err != nil {
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
