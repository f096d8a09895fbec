package roster

import (
	"bytes"
	"errors"
	"io"
)

// maxRecord is the length of the longest row of a CSV file.
const maxRecord = 1 << 20

// chunk is how much of a file is read at a time.
const chunk = 64 << 10

var errTooLong = errors.New("the row is longer than 1 MiB")

// rewindReader reads text and keeps the text behind a mark, so that reading can go
// back there. Positions count from the beginning of the text.
type rewindReader struct {
	src  io.Reader
	buf  []byte // the text from base on
	base int64
	pos  int64 // the next byte to hand out
	mark int64 // nothing before it is kept
	end  error // the error that the source ended with
}

// Read reads the text. It refuses to go on when the text behind the mark gets too long.
func (r *rewindReader) Read(p []byte) (int, error) {
	if r.pos-r.mark > maxRecord+chunk {
		return 0, errTooLong
	}
	if r.pos == r.base+int64(len(r.buf)) && !r.more() {
		return 0, r.end
	}
	n := copy(p, r.buf[r.pos-r.base:])
	r.pos += int64(n)
	return n, nil
}

// more reads a chunk and reports whether there is more text.
func (r *rewindReader) more() bool {
	if r.end != nil {
		return false
	}
	r.buf = append(r.buf[:0], r.buf[r.mark-r.base:]...)
	r.base = r.mark
	have := len(r.buf)
	r.buf = append(r.buf, make([]byte, chunk)...)
	n, err := io.ReadAtLeast(r.src, r.buf[have:], 1)
	r.buf, r.end = r.buf[:have+n], err
	return n > 0
}

// line returns the line at the mark without the line end, and the position of the next
// line. A line that is too long is cut.
func (r *rewindReader) line() (line []byte, next int64, cut bool) {
	for {
		rest := r.buf[r.mark-r.base:]
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			return bytes.TrimSuffix(rest[:i], []byte("\r")), r.mark + int64(i) + 1, false
		}
		if len(rest) > maxRecord {
			line = bytes.Clone(rest[:maxRecord])
			return line, r.skipLine(), true
		}
		if !r.more() {
			rest = r.buf[r.mark-r.base:] // more has moved the text
			return bytes.TrimSuffix(rest, []byte("\r")), r.mark + int64(len(rest)), false
		}
	}
}

// skipLine drops the line at the mark and returns the position of the next line.
func (r *rewindReader) skipLine() int64 {
	for {
		rest := r.buf[r.mark-r.base:]
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			return r.mark + int64(i) + 1
		}
		r.mark += int64(len(rest))
		if !r.more() {
			return r.mark
		}
	}
}

// resume goes on reading at a position behind the mark.
func (r *rewindReader) resume(at int64) {
	r.pos, r.mark = at, at
}

// failed returns the error of the source, or nil at the end of the text.
func (r *rewindReader) failed() error {
	if r.end == nil || errors.Is(r.end, io.EOF) {
		return nil
	}
	return r.end
}
