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

	"github.com/gofrs/flock"
)

// fileJournal is a journal in a file: a header and then entries of equal size, each with a checksum. Old entries
// are dropped from the front, so an entry is numbered from the first ever.
//
// Entries are appended with one write. If a process is killed in the middle, the first entry whose
// checksum is wrong ends the file for the next reader. Nothing is lost by that, since a request leaves
// only after its entry is written. The file is never synced: what counts is over long before a
// machine has started again.
type fileJournal struct {
	path   string
	lock   *flock.Flock
	file   *os.File // open from begin to commit
	id     uint64   // of the file as last read; 0: never. A file that was started anew has another
	read   uint64   // number of the first entry that was not read
	header header
}

// header is the first entry of the file.
type header struct {
	Form    uint32 // tells this form of the file from others
	ID      uint64
	Dropped uint64 // how many entries were dropped from the front
}

const (
	entryForm = 0x6d757302
	entrySize = 64
	// tidy is how many entries there must be before old ones are dropped.
	tidy = 4096
)

func newFileJournal(path string) *fileJournal {
	return &fileJournal{path: path, lock: flock.New(path + ".lock")}
}

// encode appends v to b as an entry.
func encode(b []byte, v any) []byte {
	entry := make([]byte, 4, entrySize)
	entry, _ = binary.Append(entry, binary.LittleEndian, v) // cannot fail: the size is fixed
	entry = entry[:entrySize]
	binary.LittleEndian.PutUint32(entry, crc32.ChecksumIEEE(entry[4:]))
	return append(b, entry...)
}

// decode reads the entry at the start of b into v, and reports whether b begins with an entry.
func decode(b []byte, v any) bool {
	if len(b) < entrySize || crc32.ChecksumIEEE(b[4:entrySize]) != binary.LittleEndian.Uint32(b) {
		return false
	}
	_, err := binary.Decode(b[4:], binary.LittleEndian, v)
	return err == nil
}

func (j *fileJournal) begin() (records []record, now time.Time, err error) {
	if err := j.lock.Lock(); err != nil {
		return nil, now, err
	}
	if err := j.openFile(); err != nil {
		return nil, now, err
	}
	records, err = j.readOn()
	return records, time.Now(), err
}

// openFile opens the file and reads the header, and starts the file anew where there is none.
func (j *fileJournal) openFile() error {
	var err error
	if j.file, err = os.OpenFile(j.path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	first := make([]byte, entrySize)
	n, err := j.file.ReadAt(first, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !decode(first[:n], &j.header) || j.header.Form != entryForm {
		j.header = header{Form: entryForm, ID: max(rand.Uint64(), 1)} //nolint:gosec // an identity, no secret
		if err := j.restart(); err != nil {
			return err
		}
	}
	if j.header.ID != j.id {
		j.id, j.read = j.header.ID, 0
	}
	return nil
}

// restart empties the file.
func (j *fileJournal) restart() error {
	if err := j.file.Truncate(0); err != nil {
		return err
	}
	_, err := j.file.WriteAt(encode(nil, j.header), 0)
	return err
}

// offset returns where in the file entry n begins.
func (j *fileJournal) offset(n uint64) int64 { return int64(n-j.header.Dropped+1) * entrySize }

// readOn reads to the end of the file, and cuts the file where an entry is damaged.
func (j *fileJournal) readOn() (records []record, err error) {
	info, err := j.file.Stat()
	if err != nil {
		return nil, err
	}
	end := j.header.Dropped + uint64(max(info.Size()/entrySize-1, 0))
	j.read = min(max(j.read, j.header.Dropped), end)
	from := j.offset(j.read)
	rest, err := io.ReadAll(io.NewSectionReader(j.file, from, info.Size()-from))
	if err != nil {
		return nil, err
	}
	for ; len(rest) > 0; rest = rest[entrySize:] {
		var r record
		if !decode(rest, &r) {
			return records, j.file.Truncate(j.offset(j.read))
		}
		records = append(records, r)
		j.read++
	}
	return records, nil
}

func (j *fileJournal) commit(added []record, keep time.Duration) error {
	now := time.Now()
	err := j.write(added, now)
	if n := j.read - j.header.Dropped; err == nil && n > tidy {
		err = j.dropOldest(n/2, now.Add(-keep))
	}
	if j.file != nil {
		err = errors.Join(err, j.file.Close())
		j.file = nil
	}
	return errors.Join(err, j.lock.Unlock())
}

func (j *fileJournal) write(added []record, now time.Time) error {
	if len(added) == 0 {
		return nil
	}
	var b []byte
	for _, r := range added {
		if r.At == 0 {
			r.At = now.UnixNano()
		}
		b = encode(b, r)
	}
	_, err := j.file.WriteAt(b, j.offset(j.read))
	j.read += uint64(len(added))
	return err
}

// dropOldest removes the n oldest entries if all are from before the given time. The file is
// replaced as a whole.
func (j *fileJournal) dropOldest(n uint64, before time.Time) error {
	b, from := make([]byte, entrySize), j.offset(j.header.Dropped+n)
	if _, err := j.file.ReadAt(b, from-entrySize); err != nil {
		return err
	}
	var last record
	if !decode(b, &last) || !time.Unix(0, last.At).Before(before) {
		return nil
	}
	fresh, err := os.OpenFile(j.path+".new", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	rest := io.NewSectionReader(j.file, from, j.offset(j.read)-from)
	j.header.Dropped += n
	_, err = io.Copy(fresh, io.MultiReader(bytes.NewReader(encode(nil, j.header)), rest))
	err = errors.Join(err, fresh.Close(), j.file.Close())
	j.file = nil
	if err == nil {
		err = os.Rename(j.path+".new", j.path)
	}
	if err != nil {
		return fmt.Errorf("drop old records: %w", err)
	}
	return nil
}

func (j *fileJournal) abandon() {
	if j.file != nil {
		_ = j.file.Close() // it has failed already
		j.file = nil
	}
	_ = j.lock.Unlock() // it is not used any more
}
