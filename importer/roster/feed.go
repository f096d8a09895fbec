package roster

import (
	"bytes"
	"errors"
	"io"
)

// maxRecord is the length of the longest row of a CSV file.
const maxRecord = 1 << 20

const chunk = 64 << 10

var errTooLong = errors.New("the row is longer than 1 MiB")

// feed is a stream of text that remembers it from a mark on, so that reading
// can go back there. What it remembers is bounded: past the limit it refuses to
// read on. Positions count from the beginning of the stream.
type feed struct {
	src  io.Reader
	buf  []byte // the text from base on
	base int64
	pos  int64 // the next byte to hand out
	mark int64 // nothing before it is kept
	end  error // what the source ended with
}

// Read hands out the text.
func (f *feed) Read(p []byte) (int, error) {
	if f.pos-f.mark > maxRecord+chunk {
		return 0, errTooLong
	}
	if f.pos == f.base+int64(len(f.buf)) && !f.more() {
		return 0, f.end
	}
	n := copy(p, f.buf[f.pos-f.base:])
	f.pos += int64(n)
	return n, nil
}

// more reads a chunk and reports whether there was one.
func (f *feed) more() bool {
	if drop := f.mark - f.base; drop > 0 {
		f.buf = f.buf[:copy(f.buf, f.buf[drop:])]
		f.base = f.mark
	}
	have := len(f.buf)
	if cap(f.buf) < have+chunk {
		f.buf = append(make([]byte, 0, 2*cap(f.buf)+chunk), f.buf...)
	}
	for idle := 0; f.end == nil; idle++ {
		n, err := f.src.Read(f.buf[have : have+chunk])
		f.end = err
		if n > 0 {
			f.buf = f.buf[:have+n]
			return true
		}
		if idle == 100 {
			f.end = io.ErrNoProgress
		}
	}
	return false
}

// line returns the line at the mark without its end, and where the next one
// starts. A line beyond the limit is cut, and skipped whole.
func (f *feed) line() (line []byte, next int64, cut bool) {
	for {
		rest := f.buf[f.mark-f.base:]
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			return bytes.TrimSuffix(rest[:i], []byte("\r")), f.mark + int64(i) + 1, false
		}
		if len(rest) > maxRecord {
			line = bytes.Clone(rest[:maxRecord])
			return line, f.skipLine(), true
		}
		if !f.more() {
			rest = f.buf[f.mark-f.base:] // which more has moved
			return bytes.TrimSuffix(rest, []byte("\r")), f.mark + int64(len(rest)), false
		}
	}
}

// skipLine returns where the line after the mark starts, without keeping the
// line.
func (f *feed) skipLine() int64 {
	for {
		rest := f.buf[f.mark-f.base:]
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			return f.mark + int64(i) + 1
		}
		f.mark += int64(len(rest))
		if !f.more() {
			return f.mark
		}
	}
}

// resume continues at a position that is remembered.
func (f *feed) resume(at int64) {
	f.pos, f.mark = at, at
}

// failed returns what the source broke with, if it did.
func (f *feed) failed() error {
	if f.end == nil || errors.Is(f.end, io.EOF) {
		return nil
	}
	return f.end
}
