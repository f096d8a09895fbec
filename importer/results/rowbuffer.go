package results

import (
	"bytes"
	"os"
	"time"
)

// How often rows are written to a .part file. A crash of the program loses no
// more rows of the file than these; the ledger has them all.
const (
	flushRows  = 64
	flushAfter = time.Second
)

// rowBuffer appends whole rows to a file. Only a crash of the machine leaves half a
// row at the end.
type rowBuffer struct {
	file    *os.File
	buffer  bytes.Buffer
	rows    int // in buffer
	flushed time.Time
}

func newRowBuffer(file *os.File) rowBuffer { return rowBuffer{file: file, flushed: time.Now()} }

// rowDone counts a row that was added to the buffer.
func (b *rowBuffer) rowDone() error {
	b.rows++
	if b.rows < flushRows && b.buffer.Len() < 1<<16 && time.Since(b.flushed) < flushAfter {
		return nil
	}
	return b.flush()
}

func (b *rowBuffer) flush() error {
	b.rows, b.flushed = 0, time.Now()
	_, err := b.buffer.WriteTo(b.file)
	return err
}

func (b *rowBuffer) finish() error { return b.flush() }
func (b *rowBuffer) abandon()      {}
