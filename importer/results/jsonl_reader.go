package results

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"

	"muster/importer/fault"
	"muster/importer/roster"
	"muster/importer/workbook"
)

// maxLine limits the length of a line.
const maxLine = 16 << 20

// jsonlReader reads JSON Lines as rows. The keys of the first object are the
// header. Other keys become cells beyond the header.
type jsonlReader struct {
	file   *os.File
	path   string
	header []string
	column map[string]int
}

func openJSONL(path string) (*jsonlReader, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	l := &jsonlReader{file: file, path: path, column: make(map[string]int)}
	if err := l.readHeader(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return l, nil
}

// readHeader takes the keys of the first object as the header.
func (l *jsonlReader) readHeader() error {
	whole := false
	err := l.eachLine(func(_ int, text []byte) bool {
		whole = readObject(text, func(key, _ string) {
			if _, twice := l.column[key]; !twice {
				l.column[key] = len(l.header)
				l.header = append(l.header, key)
			}
		})
		return false
	})
	if err == nil && !whole {
		err = fault.InFile(l.path, CodeNotOurs, "this is not a results file: its first line is not a whole JSON object",
			"give the results file that an import wrote")
	}
	return err
}

func (l *jsonlReader) Header() []string            { return l.header }
func (l *jsonlReader) HeaderRow() int              { return 0 }
func (l *jsonlReader) Sheet() string               { return "" }
func (l *jsonlReader) Remarks() []string           { return nil }
func (l *jsonlReader) Close() error                { return ignoreClosed(l.file.Close()) }
func (l *jsonlReader) Cell(row, column int) string { return workbook.CellName(row, column) }

// ignoreClosed lets a caller close a file more than once.
func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

// Rows returns the objects as rows.
func (l *jsonlReader) Rows() iter.Seq2[roster.Row, error] {
	return func(yield func(roster.Row, error) bool) {
		var cells []string
		err := l.eachLine(func(number int, text []byte) bool {
			cells = slices.Grow(cells[:0], len(l.header))[:len(l.header)]
			clear(cells)
			whole := readObject(text, func(key, value string) {
				if i, found := l.column[key]; found {
					cells[i] = value
				} else {
					cells = append(cells, value)
				}
			})
			row := roster.Row{Number: number, Cells: cells}
			if !whole {
				row.Err = fault.InFile(l.path, CodeLineUnclear, "this line is not a whole JSON object of texts and numbers",
					"take the line from the previous file, whose name ends in .bak")
				row.Err.Where.Row = number
			}
			return yield(row, nil)
		})
		if err != nil {
			yield(roster.Row{}, err)
		}
	}
}

// eachLine calls visit for every line that is not blank, until visit returns false.
func (l *jsonlReader) eachLine(visit func(number int, text []byte) bool) error {
	if _, err := l.file.Seek(0, io.SeekStart); err != nil {
		return unreadable(l.path, err)
	}
	scanner := bufio.NewScanner(l.file)
	scanner.Buffer(nil, maxLine)
	for number := 1; scanner.Scan(); number++ {
		text := bytes.TrimSpace(bytes.TrimPrefix(scanner.Bytes(), []byte("\uFEFF")))
		if len(text) > 0 && !visit(number, text) {
			return nil
		}
	}
	if err := scanner.Err(); err != nil {
		return unreadable(l.path, err)
	}
	return nil
}

// readObject calls member for every member of a JSON object, in order. It reports
// whether the text is a whole object of texts, numbers, booleans and nulls.
func readObject(text []byte, member func(key, value string)) (whole bool) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if token, err := d.Token(); err != nil || token != json.Delim('{') {
		return false
	}
	for d.More() {
		key, _ := d.Token() // an error comes again below
		value, err := d.Token()
		name, _ := key.(string)
		switch value := value.(type) {
		case json.Delim:
			return false
		case nil:
			if err != nil {
				return false
			}
			member(name, "")
		case bool:
			member(name, strings.ToUpper(fmt.Sprint(value)))
		default:
			member(name, fmt.Sprint(value))
		}
	}
	return json.Valid(text)
}
