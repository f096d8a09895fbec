package importer

import (
	"fmt"
	"slices"
	"time"

	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/mapping"
)

// state is how far a task has come.
type state uint8

// The states of a task.
const (
	planned   state = iota // read; the facts about the row are not looked up yet
	ready                  // waits for a sender
	inFlight               // the intent is durable, so the request may have left
	unsettled              // waits for a listing, another row of the name, or another project
	done                   // has an outcome
)

func (s state) String() string {
	return [...]string{"planned", "ready", "in flight", "unsettled", "done"}[s]
}

// transitions lists the states that may follow each state.
var transitions = [...][]state{
	planned:   {ready, unsettled, done},
	ready:     {inFlight, unsettled, done}, // unsettled: the ledger refused the intent; done: the intake ended
	inFlight:  {ready, unsettled, done},    // ready: throttled, a renewed token, or not attached
	unsettled: {ready, done},
	done:      {},
}

// action is what a sender does for a task.
type action uint8

// The actions.
const (
	noAction    action = iota
	create             // create the person
	attach             // put a person of the company on the project
	reactivate         // make an inactive person active again
	updateTitle        // give an existing person the roster's job title
)

// origin says where the outcome of a row comes from.
type origin uint8

// The origins.
const (
	fromRun        origin = iota // this run finds the outcome
	fromValidation               // validation decided: invalid, or skipped
	fromResults                  // an earlier run decided, as the results file says
)

// task is a row between reading and recording.
type task struct {
	sequence int      // from 0, in the roster's order
	row      int      // in the roster
	line     int      // in the file that was read: the roster, or a results file
	cells    []string // as that file has them
	identity
	progress

	origin  origin
	outcome outcome.Outcome
	tries   tries
	counted bool // as an error, before the task was recorded
}

// identity is the person of a row, and the key.
type identity struct {
	person   mapping.Person
	namesake int  // the number of the row among rows of one name, from 1
	sharedID bool // people of other last names have the row's employee ID, too
	key      ledger.Key
}

// progress is how far a task has come, and what is known on the way.
type progress struct {
	state  state
	action action
	target int64        // the person to attach or to reactivate
	entry  ledger.Entry // what the ledger knows under the key
	ours   bool         // the open intent of entry is this run's
	maker  string       // the run that created the person, or ""
	since  time.Time    // a listing that began settle-after later is proof
	wait   waitReason   // of an unsettled task
	broken error        // a transition that the table does not have
}

// enter moves the task to another state. A transition that the table does not
// have is a fault of the program: it is kept and ends the run when the task is
// recorded.
func (t *task) enter(s state) {
	if t.state != s && !slices.Contains(transitions[t.state], s) && t.broken == nil {
		t.broken = fmt.Errorf("row %d: no transition from %s to %s", t.row, t.state, s)
	}
	t.state = s
}

// finish ends the task with an outcome.
func (t *task) finish(s outcome.Status, problems ...outcome.Problem) {
	t.enter(done)
	t.action = noAction
	t.outcome.Status, t.outcome.Problems = s, problems
}

// awaitsProject reports whether the task waits for a run of another project.
func (t *task) awaitsProject() bool { return t.state == unsettled && t.wait == forOtherProject }

// status returns the status that this run counts. A person from an earlier run
// counts as existing, although the results line keeps "created".
func (t *task) status() outcome.Status {
	if t.origin == fromResults && t.outcome.Status == outcome.Created {
		return outcome.Existing
	}
	return t.outcome.Status
}

// madeEarlier reports whether an earlier run created the person of the row.
func (t *task) madeEarlier() bool {
	return t.outcome.Status == outcome.Existing && t.maker != "" && t.outcome.PersonID == t.entry.PersonID
}

// written returns the outcome as the results file has it: there, a person who exists
// already says which earlier run created the person.
func (t *task) written() outcome.Outcome {
	o := t.outcome
	if t.madeEarlier() && len(o.Problems) == 0 {
		o.Problems = []outcome.Problem{{Code: codeCreatedBefore, Message: "created by run " + t.maker}}
	}
	return o
}

// uncountedError reports whether the task ended without a person and is not
// counted yet.
func (t *task) uncountedError() bool {
	return t.origin == fromRun && !t.counted && t.outcome.Status.NeedsLook()
}

// requested reports whether the run has sent a request for the task.
func (t *task) requested() bool { return t.tries.sent > 0 }
