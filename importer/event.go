package importer

import (
	"context"
	"regexp"
	"time"

	"muster/importer/outcome"
	"muster/ratelimit"
)

// Event is something that happens during an import. A front end subscribes to
// all events with one function and switches over their types.
type Event interface{ event() }

// RowDone says that the outcome of a row is durable. Rows are done in any order.
type RowDone struct {
	Status    outcome.Status
	Requested bool // the row took a request
}

// RowRecorded says what became of a row, in the roster's order. The problems are
// valid until the function returns.
type RowRecorded struct {
	Name    string // of the person, for a report
	Outcome outcome.Outcome
}

// earlierCell is the cell at the start of a message that a retry keeps. Rows may
// have moved since, so the cell may be wrong.
var earlierCell = regexp.MustCompile(`^(?:[^:!]+!)?[A-Z]{1,3}[0-9]+: `)

// Findings returns the problems of the row for a summary, or notes if the row needs no
// fix. The reason of a pending row concerns the run, and a filtered row is what the user
// wants: both are no findings.
func (r RowRecorded) Findings() (problems, notes []outcome.Problem) {
	if r.Outcome.Status == outcome.Pending {
		return nil, nil
	}
	var found []outcome.Problem
	for _, p := range r.Outcome.Problems {
		if p.Code == codeFiltered {
			continue
		}
		if p.Cell == "" {
			p.Message = earlierCell.ReplaceAllLiteralString(p.Message, "")
		}
		found = append(found, p)
	}
	if r.Outcome.Status.Retryable() {
		return found, nil
	}
	return nil, found
}

// ColumnNoted says once what many cells of a column may mean, with examples, or what
// concerns many rows.
type ColumnNoted struct{ Note outcome.Group }

// Unsettled says how many rows are unsettled from now on, and when the next listing
// begins.
type Unsettled struct {
	Rows  int
	Until time.Time
}

// Throttled says that Procore put a request off.
type Throttled struct{}

// Waiting says what requests wait for from now on, and until when; a zero time ends
// the wait.
type Waiting struct {
	Until  time.Time
	Reason ratelimit.Reason
	Shared bool // other runs used the quota lately
}

// Why returns the reason in words that follow "waiting".
func (w Waiting) Why() string {
	others := ""
	if w.Shared {
		others = ", which another run has used,"
	}
	return map[ratelimit.Reason]string{
		ratelimit.Spike:     "for the quota" + others,
		ratelimit.Hourly:    "for the hourly quota" + others,
		ratelimit.Paused:    "because Procore asked for a pause,",
		ratelimit.Capped:    "to keep to --rate,",
		ratelimit.Abandoned: "for the quota, part of which a killed run holds,",
	}[w.Reason]
}

// AnswerLost says that the answer to a request was lost, so that the person may
// or may not exist.
type AnswerLost struct{}

func (RowDone) event()     {}
func (RowRecorded) event() {}
func (ColumnNoted) event() {}
func (Unsettled) event()   {}
func (Throttled) event()   {}
func (Waiting) event()     {}
func (AnswerLost) event()  {}

// WatchPace calls tell whenever the reason for waiting changes, until ctx ends or
// stop is called. The function stop waits for the last call.
func WatchPace(ctx context.Context, pace *ratelimit.Pace, tell func(Waiting)) (stop func()) {
	watching, unwatch := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		var last Waiting
		for {
			select {
			case <-watching.Done():
				return
			case <-tick.C:
				until, reason := pace.Wait()
				if now := (Waiting{until, reason, pace.Others()}); now != last {
					tell(now)
					last = now
				}
			}
		}
	}()
	return func() {
		unwatch()
		<-ended
	}
}
