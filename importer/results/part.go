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

// part appends whole rows to a file. Only a crash of the machine leaves half a
// row at the end.
type part struct {
	file    *os.File
	buffer  bytes.Buffer
	rows    int // in buffer
	flushed time.Time
}

func newPart(file *os.File) part { return part{file: file, flushed: time.Now()} }

// rowDone counts a row that was added to the buffer.
func (p *part) rowDone() error {
	p.rows++
	if p.rows < flushRows && p.buffer.Len() < 1<<16 && time.Since(p.flushed) < flushAfter {
		return nil
	}
	return p.flush()
}

func (p *part) flush() error {
	p.rows, p.flushed = 0, time.Now()
	_, err := p.buffer.WriteTo(p.file)
	return err
}

func (p *part) finish() error { return p.flush() }
func (p *part) abandon()      {}
