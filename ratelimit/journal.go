package ratelimit

import "time"

// journal stores what the processes on a quota send and hear, in order of time.
// A process begins, decides, and commits what it did; no other process can do so
// meanwhile. The lock of a process that dies is released.
type journal interface {
	// begin locks the journal and returns the records that others added since the last call of begin, at
	// the first call all records. now is the time by the clock that dates the records.
	begin() (records []record, now time.Time, err error)
	// commit dates the records, appends them and unlocks. Records that are older than keep may go.
	commit(added []record, keep time.Duration) error
	// abandon unlocks a journal that has failed or is used no more.
	abandon()
}

// record is what a process did.
type record struct {
	Kind             recordKind
	Process, Number  uint64 // Number tells the slots of a process apart
	At               int64  // Unix nanoseconds; 0 in a record that is not stored yet
	Limit, Remaining int32  // of an answer
	Reset, Date      int64  // of an answer, in Unix seconds; those of the zero time: none
	Pause            int64  // nanoseconds
}

type recordKind uint32

const (
	recordSent recordKind = iota + 1
	recordAnswered
	recordPaused
	recordWaits
)

// report returns what an answer said, or the zero value for a lost answer.
func (r record) report() Report {
	return Report{Limit: int(r.Limit), Remaining: int(r.Remaining), Reset: time.Unix(r.Reset, 0), Date: time.Unix(r.Date, 0)}
}
