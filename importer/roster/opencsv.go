package roster

import (
	"bytes"
	"io"

	"muster/importer/fault"
)

// openCSV finds the encoding, the delimiter and the header of a text file.
func (r *Reader) openCSV(o Options, head []byte) error {
	text, err := r.source.readText(o.Encoding, head)
	if err != nil {
		return err
	}
	if text.remark != "" {
		r.remark(text.remark)
	}
	sample, err := io.ReadAll(io.LimitReader(text.reader(r.source), chunk))
	if err != nil {
		return r.source.unreadable(err)
	}
	if err := r.source.refuseText(string(sample)); err != nil {
		return err
	}
	if blank(string(sample)) && r.source.size <= chunk {
		return r.empty()
	}
	t := &csvTable{source: r.source, text: text, comma: ','}
	if err := t.findDelimiter(o, string(sample)); err != nil {
		return err
	}
	r.format, r.table, r.delimiter = CSV, t, string(t.comma)
	switch {
	case t.comma == noDelimiter:
		r.remark("read as one column, because there is only one heading: what looks like delimiters is part of its cells")
		r.delimiter = ","
	case t.comma != ',' && o.Delimiter == "":
		r.remark("delimiter " + delimiterName(t.comma))
	}
	r.estimate = estimateRows(head, r.source.size)
	rows, err := headRows(t)
	if err != nil {
		return err
	}
	h, err := r.chooseHeader(o, rows)
	if err != nil {
		return err
	}
	t.headerRow, t.width = h.Number, len(h.Cells)
	return r.takeHeader(h, o.Heading)
}

func (r *Reader) empty() *fault.Error {
	return r.source.fail(CodeFileEmpty, "the file is empty", "check that it was saved or exported whole", nil)
}

// estimateRows estimates the rows of a file of some size by the first bytes. Lines that
// hold next to nothing are no rows.
func estimateRows(head []byte, size int64) int {
	rows := 0
	for line := range bytes.FieldsFuncSeq(head, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if len(line) > 2 {
			rows++
		}
	}
	return int(int64(rows) * size / max(int64(len(head)), 1))
}
