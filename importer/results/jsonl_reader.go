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

func (l *jsonlReader) readHeader() error {
	for line, err := range l.text() {
		if err != nil {
			return unreadable(l.path, err)
		}
		err := readObject(line.text, func(key, _ string) {
			if _, twice := l.column[key]; !twice {
				l.column[key] = len(l.header)
				l.header = append(l.header, key)
			}
		})
		if err == nil {
			return nil
		}
		break
	}
	return fault.InFile(l.path, CodeNotOurs, "this is not a results file: its first line is not a whole JSON object",
		"give the results file that an import wrote")
}

func (l *jsonlReader) Header() []string            { return l.header }
func (l *jsonlReader) Remarks() []string           { return nil }
func (l *jsonlReader) Close() error                { return ignoreClosed(l.file.Close()) }
func (l *jsonlReader) Cell(row, column int) string { return roster.CellName(row, column) }

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
		for line, err := range l.text() {
			if err != nil {
				yield(roster.Row{}, unreadable(l.path, err))
				return
			}
			cells = slices.Grow(cells[:0], len(l.header))[:len(l.header)]
			clear(cells)
			err := readObject(line.text, func(key, value string) {
				if i, found := l.column[key]; found {
					cells[i] = value
				} else {
					cells = append(cells, value)
				}
			})
			row := roster.Row{Number: line.number, Cells: cells}
			if err != nil {
				row.Err = &fault.Error{
					Where: fault.Where{File: l.path, Row: line.number}, Code: CodeLineUnclear,
					Message: "this line is not a whole JSON object of texts and numbers",
					Fix:     "take the line from the previous file, whose name ends in .bak",
					Err:     err,
				}
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

type textLine struct {
	number int
	text   []byte // valid until the next line
}

// text returns the lines of the file that are not blank.
func (l *jsonlReader) text() iter.Seq2[textLine, error] {
	return func(yield func(textLine, error) bool) {
		if _, err := l.file.Seek(0, io.SeekStart); err != nil {
			yield(textLine{}, err)
			return
		}
		scanner := bufio.NewScanner(l.file)
		scanner.Buffer(nil, maxLine)
		for number := 1; scanner.Scan(); number++ {
			text := scanner.Bytes()
			if number == 1 {
				text = bytes.TrimPrefix(text, []byte("\uFEFF"))
			}
			if text = bytes.TrimSpace(text); len(text) > 0 && !yield(textLine{number, text}, nil) {
				return
			}
		}
		if err := scanner.Err(); err != nil {
			yield(textLine{}, err)
		}
	}
}

// readObject calls member for every member of a JSON object, in order.
func readObject(text []byte, member func(key, value string)) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if token, err := d.Token(); err != nil || token != json.Delim('{') {
		return errNotObject
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return errNotObject
		}
		value, err := d.Token()
		if err != nil {
			return errNotObject
		}
		name, _ := key.(string)
		switch value := value.(type) {
		case string:
			member(name, value)
		case json.Number:
			member(name, value.String())
		case bool:
			member(name, strings.ToUpper(fmt.Sprint(value)))
		case nil:
			member(name, "")
		default:
			return errNotObject
		}
	}
	if _, err := d.Token(); err != nil {
		return errNotObject
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errNotObject
	}
	return nil
}

var errNotObject = errors.New("not a JSON object of texts and numbers")
