package ratelimit

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"time"
)

// journal is the file behind shared: a header and then records, all of one
// size and each with a checksum. Old records are dropped from its front, so a
// place in it is counted from the first record ever. The caller holds the lock
// from begin to end.
//
// A record is appended with one write, and a process may be killed in the
// middle of it: what doesn't match its checksum ends the file, for whoever
// looks next. Nothing is lost by that, as a request leaves only after its
// record is there.
type journal struct {
	path string
	file *os.File // open between begin and end

	id     uint64 // of the file as it was last read; 0: never. Another one was started anew
	read   uint64 // how many records, ever
	header record
	fresh  []byte // records to be added
	added  uint64
}

// record is one line of a journal, or its header.
type record struct {
	Sum              uint32 // of all that follows
	Kind             uint32
	Process, Number  uint64 // header: the file's identity, and how many records were dropped from it
	At               int64  // Unix nanoseconds; header: when the limit was last known
	Limit, Remaining int32  // of an answer; header: the hourly limit, if one is known
	Reset, Date      int64  // of an answer, in Unix seconds; 0: none
	Pause            int64  // nanoseconds
}

const (
	recordHeader uint32 = iota + 0x6d757301 // also tells this form of the file from others
	recordSent
	recordAnswered
	recordPaused
	recordWaits
)

// recordSize is that of a record in the file.
const recordSize = 64

// tidy is how many records there must be before old ones are dropped.
const tidy = 4096

// report returns what an answer said; nothing, if it was lost.
func (r record) report() Report {
	report := Report{Limit: int(r.Limit), Remaining: int(r.Remaining)}
	if r.Reset != 0 {
		report.Reset = time.Unix(r.Reset, 0)
	}
	if r.Date != 0 {
		report.Date = time.Unix(r.Date, 0)
	}
	return report
}

func (r record) append(b []byte) []byte {
	from := len(b)
	b, _ = binary.Append(b, binary.LittleEndian, r) // can't fail: the size is fixed
	binary.LittleEndian.PutUint32(b[from:], crc32.ChecksumIEEE(b[from+4:]))
	return b
}

// remembered returns the hourly limit of a header, if it is one of the last days.
func (r record) remembered(now time.Time) int {
	const forgotten = 7 * 24 * time.Hour
	if now.Sub(time.Unix(0, r.At)) > forgotten {
		return 0
	}
	return int(r.Limit)
}

// parse reports false if b is no record.
func parse(b []byte) (r record, ok bool) {
	if len(b) < recordSize || crc32.ChecksumIEEE(b[4:recordSize]) != binary.LittleEndian.Uint32(b) {
		return r, false
	}
	_, err := binary.Decode(b, binary.LittleEndian, &r)
	return r, err == nil
}

// begin opens the file and returns the records that are new since the last time.
func (j *journal) begin() ([]record, error) {
	var err error
	if j.file, err = os.OpenFile(j.path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, err
	}
	var head [recordSize]byte
	n, err := j.file.ReadAt(head[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	header, ok := parse(head[:n])
	if !ok || header.Kind != recordHeader {
		header = record{Kind: recordHeader, Process: max(rand.Uint64(), 1), At: time.Now().UnixNano()} //nolint:gosec // an identity, no secret
		if err := j.restart(header); err != nil {
			return nil, err
		}
	}
	if header.Process != j.id {
		j.id, j.read = header.Process, 0
	}
	j.header = header
	return j.rest()
}

// restart empties the file.
func (j *journal) restart(header record) error {
	if err := j.file.Truncate(0); err != nil {
		return err
	}
	_, err := j.file.WriteAt(header.append(nil), 0)
	return err
}

// offset returns where in the file the n-th record ever stands.
func (j *journal) offset(n uint64) int64 { return int64(n-j.header.Number+1) * recordSize }

// rest reads on to the end of the file, which it cuts where it is damaged.
func (j *journal) rest() (records []record, err error) {
	info, err := j.file.Stat()
	if err != nil {
		return nil, err
	}
	there := j.header.Number + uint64(max(info.Size()/recordSize-1, 0))
	j.read = min(max(j.read, j.header.Number), there)
	if j.offset(j.read) == info.Size() {
		return nil, nil
	}
	b := make([]byte, info.Size()-j.offset(j.read))
	if _, err := j.file.ReadAt(b, j.offset(j.read)); err != nil {
		return nil, err
	}
	for len(b) > 0 {
		r, ok := parse(b)
		if !ok {
			return records, j.file.Truncate(j.offset(j.read))
		}
		records, b = append(records, r), b[recordSize:]
		j.read++
	}
	return records, nil
}

// add has end append r.
func (j *journal) add(r record) {
	r.At = time.Now().UnixNano()
	j.fresh = r.append(j.fresh)
	j.added++
}

// end writes what was added and closes the file. If the older half of a long
// one is from before the given time, it is dropped.
func (j *journal) end(before time.Time, hourlyLimit int) error {
	err := j.write(hourlyLimit)
	if n := j.read - j.header.Number; err == nil && n > tidy {
		err = j.drop(n/2, before)
	}
	if j.file != nil {
		err = errors.Join(err, j.file.Close())
		j.file = nil
	}
	return err
}

func (j *journal) write(hourlyLimit int) error {
	if now := time.Now(); hourlyLimit > 0 && (int(j.header.Limit) != hourlyLimit || now.Sub(time.Unix(0, j.header.At)) > time.Hour) {
		j.header.Limit, j.header.At = int32(hourlyLimit), now.UnixNano()
		if _, err := j.file.WriteAt(j.header.append(nil), 0); err != nil {
			return err
		}
	}
	if j.added == 0 {
		return nil
	}
	_, err := j.file.WriteAt(j.fresh, j.offset(j.read))
	j.read += j.added
	j.fresh, j.added = j.fresh[:0], 0
	return err
}

// drop removes the n oldest records, if the last of them is from before the
// given time. The file is replaced as a whole.
func (j *journal) drop(n uint64, before time.Time) error {
	var b [recordSize]byte
	if _, err := j.file.ReadAt(b[:], j.offset(j.header.Number+n-1)); err != nil {
		return err
	}
	if last, ok := parse(b[:]); !ok || !time.Unix(0, last.At).Before(before) {
		return nil
	}
	rest := make([]byte, j.offset(j.read)-j.offset(j.header.Number+n))
	if _, err := j.file.ReadAt(rest, j.offset(j.header.Number+n)); err != nil {
		return err
	}
	if err := j.file.Close(); err != nil {
		return err
	}
	j.file = nil
	header := j.header
	header.Number += n
	if err := os.WriteFile(j.path+".new", bytes.Join([][]byte{header.append(nil), rest}, nil), 0o600); err != nil {
		return err
	}
	if err := os.Rename(j.path+".new", j.path); err != nil {
		return fmt.Errorf("drop old records: %w", err)
	}
	return nil
}

// abandon closes the file after an error.
func (j *journal) abandon() {
	if j.file != nil {
		_ = j.file.Close() // it has failed already
		j.file = nil
	}
}
