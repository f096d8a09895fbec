package roster

import (
	"io"
	"strings"
)

// Exports write ="00123" so that a spreadsheet keeps the zeros of an ID: without
// quotes around it, which is no CSV, or with them and doubled ones inside. Either
// way the cell is what stands between the inner quotes.

// wraps reports that cells of a text begin so.
func wraps(sample string, comma rune) bool {
	for _, before := range []string{string(comma), "\n"} {
		if strings.Contains(sample, before+`="`) || strings.Contains(sample, before+`"=""`) {
			return true
		}
	}
	return false
}

// unwrap takes the formula off a cell that was in quotes as a whole.
func unwrap(cell string) string {
	inner, found := strings.CutPrefix(cell, `="`)
	if !found || len(inner) == 0 || strings.IndexByte(inner, '"') != len(inner)-1 {
		return cell
	}
	return inner[:len(inner)-1]
}

// unwrapper takes away the equals sign that stands between a delimiter and a
// quote, outside of quotes.
type unwrapper struct {
	src    io.Reader
	comma  byte
	before byte // the character before; 0 at the beginning
	quoted bool
	held   bool // an equals sign that may have to go
	end    error
}

func (u *unwrapper) Read(p []byte) (int, error) {
	if len(p) < 2 { // a character may bring the one before along
		return 0, io.ErrShortBuffer
	}
	if u.end != nil {
		return 0, u.end
	}
	buf := p[1:]
	n, err := u.src.Read(buf)
	out := 0
	for _, c := range buf[:n] { // what is written is never ahead of what is read
		if u.held {
			if u.held = false; c != '"' {
				p[out] = '='
				out++
			}
		}
		if c == '=' && !u.quoted && (u.before == 0 || u.before == u.comma || u.before == '\n') {
			u.held, u.before = true, c
			continue
		}
		if c == '"' {
			u.quoted = !u.quoted
		}
		p[out], u.before = c, c
		out++
	}
	if err != nil && u.held {
		u.held = false
		p[out] = '='
		out++
	}
	if err != nil && out > 0 {
		u.end, err = err, nil
	}
	return out, err
}
