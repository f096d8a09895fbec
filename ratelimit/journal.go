package ratelimit

import "time"

// journal stores what the processes on a quota send and hear, in order of time.
// A process opens the journal, decides, and closes it with what it did; no other process can do so
// meanwhile. The lock of a process that dies is released.
type journal interface {
	// open locks the journal and calls apply with every record since the last call of open, at the
	// first call with every record stored.
	open(apply func(record)) error
	// close appends the records and unlocks. Records from before the given time may go.
	close(added []record, before time.Time) error
	// abandon unlocks a journal that has failed.
	abandon()
}

// record is what a process did.
type record struct {
	Kind             recordKind
	Process, Number  uint64 // Number tells the slots of a process apart
	At               int64  // Unix nanoseconds
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
