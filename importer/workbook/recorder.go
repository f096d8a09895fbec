package workbook

import "io"

// recorder hands a part to the XML decoder byte by byte, and keeps the bytes of the
// current token, of which there may be maxToken.
type recorder struct {
	in    io.Reader
	buf   []byte
	start int // of the current token
	at    int // of the next byte
	err   error
}

func (r *recorder) ReadByte() (byte, error) {
	if r.at == len(r.buf) {
		r.fill()
		if r.at == len(r.buf) {
			return 0, r.err
		}
	}
	b := r.buf[r.at]
	r.at++
	return b, nil
}

// Read reads what is not read byte by byte, and keeps nothing.
func (r *recorder) Read(p []byte) (int, error) {
	b, err := r.ReadByte()
	if err != nil || len(p) == 0 {
		return 0, err
	}
	p[0] = b
	n := copy(p[1:], r.buf[r.at:])
	r.at += n
	r.start = r.at
	return 1 + n, nil
}

// fill reads a chunk, behind the bytes of the current token.
func (r *recorder) fill() {
	r.buf = append(r.buf[:0], r.buf[r.start:]...)
	r.at, r.start = len(r.buf), 0
	if r.at > maxToken && r.err == nil {
		r.err = errTokenSize
	}
	if r.err != nil {
		return
	}
	const chunk = 64 << 10
	if cap(r.buf)-r.at < chunk {
		r.buf = append(make([]byte, 0, 2*cap(r.buf)+chunk), r.buf...)
	}
	n := 0
	for n == 0 && r.err == nil {
		n, r.err = r.in.Read(r.buf[r.at : r.at+chunk])
	}
	r.buf = r.buf[:r.at+n]
}
