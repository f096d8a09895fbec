package workbook

import "bufio"

// recorder hands a part to the XML decoder byte by byte, and keeps the bytes of the
// current token, of which there may be maxToken.
type recorder struct {
	*bufio.Reader
	kept []byte
}

// ReadByte implements io.ByteReader.
func (r *recorder) ReadByte() (byte, error) {
	if len(r.kept) > maxToken {
		return 0, errTokenSize
	}
	b, err := r.Reader.ReadByte()
	if err == nil {
		r.kept = append(r.kept, b)
	}
	return b, err
}
