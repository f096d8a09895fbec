package importer

import (
	"time"

	"muster/importer/outcome"
)

// Event is something that happens during an import. A front end subscribes to
// all events with one function and switches over their types.
type Event interface{ event() }

// RowDone says that the outcome of a row is durable. Rows are done in any order.
type RowDone struct {
	Status    outcome.Status
	Requested bool // the row took a request
}

// RowRecorded says that a row is in the results file, in the roster's order. The
// cells are valid until the function returns.
type RowRecorded struct {
	Cells   []string
	Outcome outcome.Outcome
}

// Unsettled says how many rows are unsettled from now on, and when the people
// are listed next to settle them.
type Unsettled struct {
	Rows  int
	Until time.Time
}

// Throttled says that Procore put a request off.
type Throttled struct{}

// AnswerLost says that the answer to a request was lost, so that the person may
// or may not exist.
type AnswerLost struct{}

func (RowDone) event()     {}
func (RowRecorded) event() {}
func (Unsettled) event()   {}
func (Throttled) event()   {}
func (AnswerLost) event()  {}

// emit delivers an event. Goroutines take turns.
func (r *run) emit(e Event) {
	if r.OnEvent == nil {
		return
	}
	r.emitting.Lock()
	defer r.emitting.Unlock()
	r.OnEvent(e)
}
