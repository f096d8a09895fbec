package roster

import "bytes"

// Open finds the format, the encoding, the sheet and the header of a roster. It reads a
// whole workbook once, and a whole CSV file to find the encoding. The path "-" is the
// standard input. Errors are of type *fault.Error.
func Open(path string, o Options) (*Reader, error) {
	if o.Heading == nil {
		o.Heading = func(string) bool { return false }
	}
	s, err := openSource(path, o.Stdin)
	if err != nil {
		return nil, err
	}
	r := &Reader{source: s, hiddenToo: o.HiddenToo}
	if err := r.open(o); err != nil {
		if closed := r.Close(); closed != nil {
			return nil, s.unreadable(closed)
		}
		return nil, err
	}
	return r, nil
}

// open finds the format and opens the file.
func (r *Reader) open(o Options) error {
	head, err := r.source.head(chunk)
	if err != nil {
		return err
	}
	if len(bytes.TrimPrefix(head, []byte(byteOrderMark))) == 0 {
		return r.empty()
	}
	if compound(head) && o.Password != "" && r.source.encrypted() {
		if err := r.source.decrypt(o.Password); err != nil {
			return err
		}
		r.remark("opened by its password; the results file will have none")
		if head, err = r.source.head(chunk); err != nil {
			return err
		}
	}
	format, err := r.source.detectFormat(head)
	if err != nil {
		return err
	}
	if format == XLSX {
		return r.openWorkbook(o)
	}
	return r.openCSV(o, head)
}
