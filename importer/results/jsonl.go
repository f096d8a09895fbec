package results

import (
	"cmp"
	"os"
	"strconv"
	"strings"

	"muster/importer/outcome"
	"muster/importer/roster"
)

// jsonlEncoder writes an object a line, its keys in the columns' order.
type jsonlEncoder struct {
	part
	own  int
	keys []string // as they stand in the file: `"Name":`
	used map[string]bool
}

func newJSONL(file *os.File, header []string) *jsonlEncoder {
	e := &jsonlEncoder{part: newPart(file), own: len(header), used: make(map[string]bool)}
	for _, key := range append(keys(header), Columns()...) {
		e.add(key)
	}
	return e
}

// keys returns headings that are unique and not empty.
func keys(header []string) []string {
	taken := make(map[string]bool, len(header))
	for _, heading := range header {
		taken[heading] = true
	}
	unique, used := make([]string, len(header)), make(map[string]bool, len(header))
	for i, heading := range header {
		name := cmp.Or(heading, letters(i))
		key := name
		for n := 2; used[key] || (key != heading && taken[key]); n++ {
			key = name + " (" + strconv.Itoa(n) + ")"
		}
		used[key], unique[i] = true, key
	}
	return unique
}

// letters names a column as a spreadsheet does: "column D".
func letters(i int) string {
	return "column " + strings.TrimRight(roster.CellName(1, i), "0123456789")
}

func (e *jsonlEncoder) add(key string) {
	e.used[key] = true
	e.keys = append(e.keys, string(append(appendJSON(nil, key), ':')))
}

// extra names a column beyond the header.
func (e *jsonlEncoder) extra(i int) string {
	key := letters(i)
	for n := 2; e.used[key]; n++ {
		key = letters(i) + " (" + strconv.Itoa(n) + ")"
	}
	return key
}

func (e *jsonlEncoder) write(record []string, _ *outcome.Outcome) error {
	line := append(e.buffer.AvailableBuffer(), '{')
	for i, cell := range record {
		if i > 0 {
			line = append(line, ',')
		}
		if i == len(e.keys) {
			e.add(e.extra(i))
		}
		line = append(line, e.keys[i]...)
		if i == e.own+columnRow { // a number, or of a line that somebody added none
			line = append(line, cmp.Or(cell, "null")...)
		} else {
			line = appendJSON(line, cell)
		}
	}
	e.buffer.Write(append(line, '}', '\n'))
	return e.rowDone()
}

func (e *jsonlEncoder) finish() error     { return e.flush() }
func (e *jsonlEncoder) abandon()          {}
func (e *jsonlEncoder) remarks() []string { return nil }

// appendJSON appends text, which is valid UTF-8, as a JSON string. Encoding/json
// would make a copy of every cell.
func appendJSON(line []byte, text string) []byte {
	const hex = "0123456789abcdef"
	line = append(line, '"')
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			line = append(line, '\\', c)
		case c == '\n':
			line = append(line, '\\', 'n')
		case c == '\t':
			line = append(line, '\\', 't')
		case c == '\r':
			line = append(line, '\\', 'r')
		case c < ' ' || c == 0x7f:
			line = append(line, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case strings.HasPrefix(text[i:], "\u2028"), strings.HasPrefix(text[i:], "\u2029"):
			// Some readers of lines take these for the line's end.
			line = append(line, '\\', 'u', '2', '0', '2', hex[text[i+2]&15])
			i += 2
		default:
			line = append(line, c)
		}
	}
	return append(line, '"')
}
