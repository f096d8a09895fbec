package ratelimit

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFileJournal(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	testJournal(t, func(name string) journal { return newFileJournal(filepath.Join(folder, name)) })
}

// testJournal tests what every journal must do. Open returns a process's journal of that name.
func testJournal(t *testing.T, open func(name string) journal) {
	t.Helper()
	longAgo := time.Now().Add(-2 * time.Hour)
	read := func(j journal, added ...record) (records []record) {
		t.Helper()
		if err := j.open(func(r record) { records = append(records, r) }); err != nil {
			t.Fatal(err)
		}
		if err := j.close(added, longAgo); err != nil {
			t.Fatal(err)
		}
		return records
	}
	sent := record{Kind: recordSent, Process: 1, Number: 7, At: time.Now().UnixNano()}
	answered := record{Kind: recordAnswered, Process: 1, Number: 7, At: sent.At + 1, Limit: 25, Remaining: 24, Reset: 99, Date: 89}
	paused := record{Kind: recordPaused, Process: 2, At: sent.At + 2, Pause: int64(time.Minute)}

	t.Run("a process reads what others added, once", func(t *testing.T) {
		one, two := open("shared"), open("shared")
		for _, step := range []struct {
			journal journal
			added   []record
			want    []record
		}{
			{one, []record{sent}, nil},
			{two, []record{paused}, []record{sent}},
			{one, []record{answered}, []record{paused}},
			{one, nil, nil},
			{two, nil, []record{answered}},
			{open("shared"), nil, []record{sent, paused, answered}},
		} {
			if diff := cmp.Diff(step.want, read(step.journal, step.added...)); diff != "" {
				t.Error(diff)
			}
		}
	})
	t.Run("one process at a time", func(t *testing.T) {
		one, two := open("lock"), open("lock")
		if err := one.open(func(record) {}); err != nil {
			t.Fatal(err)
		}
		opened := make(chan error)
		go func() { opened <- two.open(func(record) {}) }()
		select {
		case err := <-opened:
			t.Fatalf("opened twice: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
		if err := one.close(nil, longAgo); err != nil {
			t.Fatal(err)
		}
		if err := <-opened; err != nil {
			t.Fatal(err)
		}
		two.abandon()
		read(one) // abandoned, and so unlocked
	})
	t.Run("old records go, recent records stay", func(t *testing.T) {
		one := open("old")
		const many = 10_000
		for n := range many {
			r := record{Kind: recordSent, Number: uint64(n), At: longAgo.Add(-time.Hour).UnixNano()}
			if n >= many/2 {
				r.At = time.Now().UnixNano()
			}
			read(one, r)
		}
		records := read(open("old"))
		if n := len(records); n < many/2 || n > many*8/10 || records[n-1].Number != many-1 {
			t.Errorf("%d of %d records are left, half of them recent", n, many)
		}
		for i := 1; i < len(records); i++ {
			if records[i].Number != records[i-1].Number+1 {
				t.Fatalf("record %d is followed by %d", records[i-1].Number, records[i].Number)
			}
		}
	})
}
