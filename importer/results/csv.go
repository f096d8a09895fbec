package results

import (
	"encoding/csv"
	"os"
	"strings"

	"muster/importer/outcome"
)

// csvEncoder writes comma-separated values.
type csvEncoder struct {
	rowBuffer
	writer *csv.Writer
	legal  *strings.Replacer
	record []string
	row    int
	lost   lostChars
}

func newCSV(file *os.File, header []string, o Options) (encoder, error) {
	e := &csvEncoder{rowBuffer: newRowBuffer(file), legal: strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\uFFFD")}
	e.buffer.WriteString("\uFEFF")
	e.writer = csv.NewWriter(&e.buffer)
	e.writer.Comma = rune(o.Delimiter[0])
	if err := e.write(header, nil); err != nil {
		return nil, err
	}
	return e, e.flush()
}

func (e *csvEncoder) write(record []string, _ *outcome.Outcome) error {
	e.record = e.record[:0]
	e.row++
	for i, cell := range record {
		if strings.ContainsRune(cell, 0) { // programs take a file with a NUL for binary data
			e.lost.add(e.row, i)
		}
		e.record = append(e.record, escapeFormula(e.legal.Replace(cell)))
	}
	if err := e.writer.Write(e.record); err != nil {
		return err
	}
	e.writer.Flush()
	return e.rowDone()
}

func (e *csvEncoder) remarks() []string {
	return e.lost.remarks("CSV can't hold a NUL; each is shown as \uFFFD in the results file")
}
