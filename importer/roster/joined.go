package roster

import (
	"bytes"
	"io"
)

// markedQuote is a mark in front of a cell in quotes.
var markedQuote = []byte(byteOrderMark + `"`)

// lineMarks takes byte order marks away that stand in front of a quote at the
// beginning of a line, where files that were copied behind one another have them:
// the quote would be in the middle of a cell. Others are part of a cell, and
// nobody sees them there.
type lineMarks struct {
	src  io.Reader
	held [3]byte // of a mark and its quote that may go on in what is read next
	n    int     // bytes held
	line bool    // a line begins
	end  error
}

func (m *lineMarks) Read(p []byte) (int, error) {
	if len(p) <= len(markedQuote) {
		return 0, io.ErrShortBuffer
	}
	if m.end != nil {
		return 0, m.end
	}
	copy(p, m.held[:m.n])
	n, err := m.src.Read(p[m.n:])
	n += m.n
	m.n = 0
	if err == nil {
		for cut := min(len(m.held), n); cut > 0; cut-- {
			if bytes.HasPrefix(markedQuote, p[n-cut:n]) {
				m.n = copy(m.held[:], p[n-cut:n])
				n -= cut
				break
			}
		}
	}
	n = m.strip(p[:n])
	if err != nil && n > 0 {
		m.end, err = err, nil
	}
	return n, err
}

// strip takes the marks out of b in place and returns what is left of it.
func (m *lineMarks) strip(b []byte) int {
	out := 0
	for rest := b; len(rest) > 0; {
		at := bytes.Index(rest, markedQuote)
		switch {
		case at < 0:
			at = len(rest)
		case at == 0 && m.line:
			rest, at = rest[len(byteOrderMark):], 1
		case at == 0:
			at = len(markedQuote)
		}
		m.line = rest[at-1] == '\n'
		if len(b)-len(rest) != out {
			copy(b[out:], rest[:at])
		}
		out, rest = out+at, rest[at:]
	}
	return out
}
