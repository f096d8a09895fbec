package results

import (
	"bytes"
	"os"
	"time"
)

// How often the rows on their way to a .part file are handed to the system: a
// crash of the program loses no more than these. The ledger knows them.
const (
	flushRows  = 64
	flushAfter = time.Second
)

// part appends whole rows to a file, so that it ends in the middle of one only
// after a crash of the machine.
type part struct {
	file    *os.File
	buffer  bytes.Buffer
	rows    int
	flushed time.Time
}

func newPart(file *os.File) part { return part{file: file, flushed: time.Now()} }

// rowDone counts a row that stands in the buffer.
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
