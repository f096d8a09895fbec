package roster

import (
	"bufio"
	"strings"
)

// Exports write ="00123" so that a spreadsheet program keeps the zeros of an ID. The
// formula is written without quotes around, which is no valid CSV.

// hasFormulaCells reports whether cells of a text begin with such a formula.
func hasFormulaCells(sample string, comma rune) bool {
	for _, before := range []string{string(comma), "\n"} {
		if strings.Contains(sample, before+`="`) {
			return true
		}
	}
	return false
}

// formulaReader reads CSV without the equals sign between a delimiter and a quote.
type formulaReader struct {
	src    *bufio.Reader
	comma  byte
	before byte // the character before; 0 at the beginning
	quoted bool
}

// Read reads the text.
func (f *formulaReader) Read(p []byte) (int, error) {
	for n := range p {
		c, err := f.src.ReadByte()
		if starts := f.before == 0 || f.before == f.comma || f.before == '\n'; err == nil && c == '=' && starts && !f.quoted {
			if next, _ := f.src.Peek(1); string(next) == `"` {
				c, err = f.src.ReadByte()
			}
		}
		if err != nil {
			return n, err
		}
		if c == '"' {
			f.quoted = !f.quoted
		}
		p[n], f.before = c, c
	}
	return len(p), nil
}
