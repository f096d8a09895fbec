package ratelimit

import (
	"testing"
	"testing/synctest"
	"time"
)

// slowJournal is a journal without other processes that takes a while to close.
type slowJournal struct{}

func (slowJournal) begin() ([]record, time.Time, error) { return nil, time.Now(), nil }

func (slowJournal) commit([]record, time.Duration) error {
	time.Sleep(30 * time.Millisecond)
	return nil
}

func (slowJournal) abandon() {}

// A caller that comes while the journal is written waits for Options.Rate, and then gets a place. The answer
// in that journal says that there is no limit, so that the journal is not used any more.
func TestCallerDuringAUseOfTheJournalGetsAPlace(t *testing.T) {
	t.Parallel()
	for _, report := range []Report{{Date: time.Now()}, {Limit: 25, Remaining: 24, Date: time.Now()}} {
		synctest.Test(t, func(t *testing.T) {
			p := New(Options{Rate: 1})
			p.shared = newShared(Options{}, slowJournal{}, databaseGap)
			slot, err := p.Take(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(200 * time.Millisecond)
			slot.Release(report)
			time.Sleep(10 * time.Millisecond) // the answer is being recorded
			begin := time.Now()
			slot, err = p.Take(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begin); took > 2*time.Second {
				t.Errorf("the place came after %v", took)
			}
			slot.Release(report)
			p.Close()
		})
	}
}
