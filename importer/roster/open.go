package roster

import "bytes"

// Open finds out how a roster is to be read and reads as far as it must to know
// that it can be: CSV once if its encoding has to be told, a workbook once whole.
// The path "-" is the standard input. The error is always an *fault.Error.
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

func (r *Reader) open(o Options) error {
	head, err := r.source.head(chunk)
	if err != nil {
		return err
	}
	if len(bytes.TrimPrefix(head, []byte(byteOrderMark))) == 0 {
		return r.empty()
	}
	if compound(head) && o.Password != "" && r.source.contains(utf16le(encryptedStream)) == 0 {
		if err := r.source.decrypt(o.Password); err != nil {
			return err
		}
		r.remarks = append(r.remarks, "opened by its password; the results file will have none")
		if head, err = r.source.head(chunk); err != nil {
			return err
		}
	}
	format, err := r.source.sniff(head)
	if err != nil {
		return err
	}
	if format == XLSX {
		return r.openWorkbook(o)
	}
	return r.openCSV(o, head)
}
