package ratelimit

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"muster/importer/pgtest"
)

func TestFileJournal(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	testJournal(t, func(name string) journal { return newFileJournal(filepath.Join(folder, name)) })
}

func TestDatabaseJournal(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	testJournal(t, func(name string) journal { return openDatabase(t, url, name) })
}

// openDatabase returns the quota of a credential in the database at url.
func openDatabase(t *testing.T, url, credential string) *Database {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	d, err := OpenDatabase(t.Context(), config, credential)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.abandon)
	return d
}

// testJournal tests what every journal must do. Open returns a process's journal of that name.
func testJournal(t *testing.T, open func(name string) journal) {
	t.Helper()
	const keep = 2 * time.Hour
	read := func(j journal, added ...record) []record {
		t.Helper()
		records, now, err := j.begin()
		if err != nil {
			t.Fatal(err)
		}
		if err := j.commit(added, keep); err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			if age := now.Sub(time.Unix(0, r.At)); age < 0 || r.Kind != recordPaused && age > time.Minute && age < keep {
				t.Errorf("a record has the age %v", age)
			}
		}
		return records
	}
	sent := record{Kind: recordSent, Process: 1, Number: 7}
	answered := record{Kind: recordAnswered, Process: 1, Number: 7, Limit: 25, Remaining: 24, Reset: 99, Date: 89}
	paused := record{Kind: recordPaused, Process: 2, Pause: int64(time.Minute), At: time.Now().Add(-time.Hour).Truncate(time.Millisecond).UnixNano()}

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
			{open("other"), nil, nil},
		} {
			records := read(step.journal, step.added...)
			if diff := cmp.Diff(step.want, records, cmpopts.IgnoreFields(record{}, "At")); diff != "" {
				t.Error(diff)
			}
			for _, r := range records {
				if r.Kind == recordPaused && r.At != paused.At {
					t.Errorf("a record is dated %d, want %d", r.At, paused.At)
				}
			}
		}
	})
	t.Run("one process at a time", func(t *testing.T) {
		one, two := open("lock"), open("lock")
		if _, _, err := one.begin(); err != nil {
			t.Fatal(err)
		}
		opened := make(chan error)
		go func() {
			_, _, err := two.begin()
			opened <- err
		}()
		select {
		case err := <-opened:
			t.Fatalf("opened twice: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
		if err := one.commit(nil, keep); err != nil {
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
		const many, group = 10_000, 50
		var added []record
		for n := range many {
			r := record{Kind: recordSent, Number: uint64(n)}
			if n < many/2 {
				r.At = time.Now().Add(-keep - time.Hour).UnixNano()
			}
			if added = append(added, r); len(added) == group {
				read(one, added...)
				added = added[:0]
			}
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
