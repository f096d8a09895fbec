package report

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"

	"muster/importer/outcome"
	"muster/importer/text"
)

const (
	rowsInBlock  = 10_000 // of one script element, so that a browser reads one while it shows another
	rowsInPage   = 200    // in the page itself, for browsers without scripts
	problemsOfIt = 10     // of one row
	hintsInAll   = 4096   // that are written once; further ones stand in their rows
)

// Rows of the page are arrays, because keys would double its size:
//
//	[row, status, label, person ID, [[code, cell, message, hint], ...]]
//
// Row and status (its place in outcome.Statuses) are numbers; a person ID is text,
// for JavaScript's numbers end at 2^53. A code or hint is the place of its text in
// a list at the end, or the text. Rows without a person ID or problems end earlier.
const (
	openBlock  = `<script type="application/json" class="rows">[`
	closeBlock = "]</script>\n"
	openWords  = `<script type="application/json" id="words">`
)

// rowFile holds the rows until the page is written.
type rowFile struct {
	file   *os.File
	buffer *bufio.Writer
	err    error // the first; then nothing is written any more
	named  bool  // the file must be removed

	count  int
	counts outcome.Counts
	first  []pageRow // the first of all
	toSee  []pageRow // the first of those to be looked at

	words []string
	index map[string]int
	line  []byte
}

// pageRow is a row as the page itself shows it.
type pageRow struct {
	Row      int
	Label    string
	Status   outcome.Status
	PersonID string
	Problems []pageProblem
	Rest     string // how many problems are left out
}

type pageProblem struct{ Code, Cell, Message, Hint string }

// newRowFile makes the file beside the report: what is personal stays in the
// folder that the user chose for it.
func newRowFile(folder, name string) (*rowFile, error) {
	file, err := os.CreateTemp(folder, "."+name+".*.rows")
	if err != nil {
		return nil, err
	}
	f := &rowFile{file: file, buffer: bufio.NewWriterSize(file, 64<<10), index: make(map[string]int), named: true}
	// A file without a name goes with the process, however that ends. Windows
	// doesn't know such files, and some network drives neither.
	if runtime.GOOS != "windows" && os.Remove(file.Name()) == nil {
		f.named = false
	}
	return f, nil
}

func (f *rowFile) add(label string, o outcome.Outcome) {
	row := cleanRow(label, o)
	if f.count < rowsInPage {
		f.first = append(f.first, row)
	}
	if toLookAt(o.Status) && len(f.toSee) < rowsInPage {
		f.toSee = append(f.toSee, row)
	}
	f.counts.Add(o.Status, 1)
	f.line = f.line[:0]
	switch {
	case f.count == 0:
		f.line = append(f.line, openBlock...)
	case f.count%rowsInBlock == 0:
		f.line = append(append(f.line, closeBlock...), openBlock...)
	default:
		f.line = append(f.line, ',')
	}
	f.count++
	f.line = f.encode(append(f.line, '\n'), row)
	if f.err == nil {
		_, f.err = f.buffer.Write(f.line)
	}
}

// toLookAt reports whether a row is one that somebody has to look at, as the
// summary counts them.
func toLookAt(s outcome.Status) bool {
	return s.Retryable() && s != outcome.Pending
}

// cleanRow returns a row with everything in it bounded and fit to be shown.
func cleanRow(label string, o outcome.Outcome) pageRow {
	row := pageRow{Row: o.Row, Label: shown(label), Status: o.Status}
	if o.PersonID != 0 {
		row.PersonID = strconv.FormatInt(o.PersonID, 10)
	}
	for i, p := range o.Problems {
		if i == problemsOfIt {
			row.Rest = "and " + text.Plural(len(o.Problems)-i, "more problem", "more problems")
			break
		}
		row.Problems = append(row.Problems, pageProblem{shown(p.Code), shown(p.Cell), shown(p.Message), shown(p.Hint)})
	}
	return row
}

func shown(text string) string { return Clean(bounded(text)) }

func (f *rowFile) encode(line []byte, row pageRow) []byte {
	line = append(line, '[')
	line = strconv.AppendInt(line, int64(row.Row), 10)
	line = append(line, ',')
	line = strconv.AppendInt(line, int64(slices.Index(outcome.Statuses(), row.Status)), 10)
	line = append(line, ',')
	line = appendJSON(line, row.Label)
	if row.PersonID != "" || len(row.Problems) > 0 {
		line = append(append(append(line, `,"`...), row.PersonID...), '"')
	}
	if len(row.Problems) > 0 {
		line = append(line, ",["...)
		for i, p := range row.Problems {
			if i > 0 {
				line = append(line, ',')
			}
			line = f.appendWord(append(line, '['), p.Code)
			line = appendJSON(append(line, ','), p.Cell)
			line = appendJSON(append(line, ','), p.Message)
			line = append(f.appendWord(append(line, ','), p.Hint), ']')
		}
		if row.Rest != "" {
			line = append(line, `,["","",`...)
			line = append(appendJSON(line, row.Rest), `,""]`...)
		}
		line = append(line, ']')
	}
	return append(line, ']')
}

// appendWord appends the place of a text in the list of words.
func (f *rowFile) appendWord(line []byte, text string) []byte {
	i, found := f.index[text]
	if !found {
		if len(f.words) >= hintsInAll {
			return appendJSON(line, text)
		}
		i = len(f.words)
		f.index[text] = i
		f.words = append(f.words, text)
	}
	return strconv.AppendInt(line, int64(i), 10)
}

// appendJSON appends a string in which < and > are escaped, so that nothing in
// it can end the script element or begin a comment.
func appendJSON(line []byte, text string) []byte {
	plain := true
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			plain = false
			break
		}
	}
	if plain {
		return append(append(append(line, '"'), text...), '"')
	}
	quoted, err := json.Marshal(text)
	if err != nil { // a string always has a JSON form
		return append(line, `""`...)
	}
	return append(line, quoted...)
}

// copyTo writes the rows as the page holds them, and the list of words.
func (f *rowFile) copyTo(w io.Writer) error {
	if f.err != nil {
		return f.err
	}
	if f.count > 0 {
		if _, err := f.buffer.WriteString(closeBlock); err != nil {
			return err
		}
	}
	if err := f.buffer.Flush(); err != nil {
		return err
	}
	if _, err := f.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := io.Copy(w, f.file); err != nil {
		return err
	}
	line := append(f.line[:0], openWords...)
	line = append(line, '[')
	for i, word := range f.words {
		if i > 0 {
			line = append(line, ',')
		}
		line = appendJSON(line, word)
	}
	_, err := w.Write(append(line, closeBlock...))
	return err
}

func (f *rowFile) close() error {
	err := f.file.Close()
	if f.named {
		if failed := os.Remove(f.file.Name()); err == nil {
			err = failed
		}
	}
	return err
}
