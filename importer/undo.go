package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"muster/importer/ledger"
	"muster/importer/procore"
	"muster/ratelimit"
)

// UndoCommand is the command of an undo in the ledger's list of runs.
const UndoCommand = "undo"

// editGrace is how long after a creation a change counts as Procore's own
// finishing touch, and not as an edit.
const editGrace = 5 * time.Second

// Undo takes the people that a run created off the project. People who were in the
// project before stay.
//
// The ledger records before a request which people are about to be removed, and
// after the answer what became of them. Removing a person twice does no harm:
// Procore skips people who are off the project. So a request whose answer was
// lost is sent again, also by the next undo after a kill. What a skip means then
// is settled by listing the project's people: see reconcileRemoval.
type Undo struct {
	API         *procore.Client
	Pace        *ratelimit.Pace
	Ledger      *ledger.Ledger         // holds the lock of the run's scope
	Of          ledger.Run             // the run to undo
	People      []ledger.CreatedPerson // the people that the run created, as shown to the user
	Deactivate  bool                   // also make the people inactive in the company
	SettleAfter time.Duration          // how long a request may take effect after its answer was lost; 0 means 2 minutes
	ResultsPath string                 // for the ledger's list of runs
	Log         zerolog.Logger
}

// UndoStatus is the outcome of an undo for a person.
type UndoStatus string

// The statuses of an undo.
const (
	UndoRemoved UndoStatus = "removed" // off the project, by this undo or by an earlier one
	UndoKept    UndoStatus = "kept"    // left on the project: edited since, gone already, or skipped by Procore
	UndoFailed  UndoStatus = "failed"  // still on the project: Procore refused it, or kept failing
	UndoPending UndoStatus = "pending" // not attempted, or not settled: the undo stopped before
)

// The codes of an Undone.
const (
	CodeUndoEarlier        = "removed_before"  // removed, by an earlier undo
	CodeUndoGone           = "already_gone"    // kept: another user took the person off
	CodeUndoEdited         = "edited"          // kept
	CodeUndoSkipped        = "skipped"         // kept, by Procore
	CodeUndoNotDeactivated = "not_deactivated" // removed, and still active in the company
)

// Undone is a person that the run created, with the outcome of the undo.
type Undone struct {
	Row      int // of the roster
	PersonID int64
	Status   UndoStatus
	Code     string // for programs; "" if there is nothing to say
	Message  string // for people
}

// Done reports whether the undo of the person is complete.
func (p Undone) Done() bool {
	return p.Status == UndoRemoved && p.Code != CodeUndoNotDeactivated || p.Status == UndoKept && p.Code == CodeUndoGone
}

// UndoSummary is the result of an undo.
type UndoSummary struct {
	Run       string   // the undo's ID in the ledger
	People    []Undone // in the order of Undo.People
	Throttled int
	Elapsed   time.Duration
	Stopped   *StopError // nil if all people were attempted
}

// undoing is the state of an Undo.Run.
type undoing struct {
	*Undo
	record    *ledger.Run
	end       context.CancelCauseFunc
	people    []Undone
	places    map[int64]int           // of each person in people
	before    map[int64]procore.Times // the people who were on the project when the undo began
	open      []openRemoval
	throttled int
}

// openRemoval is a removal without a known effect.
type openRemoval struct {
	ledger.Removal
	facts  removalFacts
	answer ledger.Result
}

// Run takes the people off the project. When ctx ends, no further request is
// sent, and what was sent is answered and recorded. An error says that the
// ledger can't be written.
func (u *Undo) Run(ctx context.Context) (*UndoSummary, error) {
	started := time.Now()
	intake, end := context.WithCancelCause(ctx)
	defer end(nil)
	work := context.WithoutCancel(ctx)
	record, err := u.Ledger.Begin(work, ledger.Run{
		Scope: u.Of.Scope, Command: UndoCommand, Roster: u.Of.Roster, Results: u.ResultsPath,
	})
	if err != nil {
		return nil, fmt.Errorf("begin an undo in the ledger: %w", err)
	}
	x := &undoing{Undo: u, record: record, end: end, places: make(map[int64]int, len(u.People))}
	var left []ledger.CreatedPerson
	for i, p := range u.People {
		x.people = append(x.people, Undone{Row: p.Row, PersonID: p.PersonID, Status: UndoPending})
		x.places[p.PersonID] = i
		if p.Removed {
			x.removedEarlier(p.PersonID)
		} else {
			left = append(left, p)
		}
	}
	x.run(intake, work, left)

	summary := &UndoSummary{Run: record.ID, People: x.people, Throttled: x.throttled, Elapsed: time.Since(started)}
	record.Status = ledger.Finished
	if intake.Err() != nil && slices.ContainsFunc(x.people, func(p Undone) bool { return p.Status == UndoPending || p.Code == CodeUndoNotDeactivated }) {
		record.Status = ledger.Interrupted
		if errors.As(context.Cause(intake), &summary.Stopped) {
			record.Status = ledger.Stopped
		}
	}
	if err := u.Ledger.End(work, record); err != nil && summary.Stopped == nil {
		return summary, fmt.Errorf("end the undo in the ledger: %w", err)
	}
	return summary, nil
}

func (x *undoing) run(intake, work context.Context, left []ledger.CreatedPerson) {
	if len(left) == 0 && !x.Deactivate {
		return
	}
	var err error
	if x.before, err = x.list(intake); err != nil {
		x.end(connectStop(intake, err))
		return
	}
	// A person that the run reactivated becomes inactive again and stays on the
	// project.
	reactivated := func(p ledger.CreatedPerson) bool { return p.Code == codeReactivated }
	others := slices.DeleteFunc(slices.Clone(left), reactivated)
	left = slices.DeleteFunc(left, func(p ledger.CreatedPerson) bool { return !reactivated(p) })
	_ = x.removeAll(intake, work, others, x.API.RemovePeople) && x.removeAll(intake, work, left, x.API.DeactivatePeople)
	if len(x.open) > 0 {
		x.settle(intake, work)
	}
	if x.Deactivate {
		x.deactivate(intake, work)
	}
}

// set says what became of a person.
func (x *undoing) set(id int64, s UndoStatus, code, message string) {
	p := &x.people[x.places[id]]
	p.Status, p.Code, p.Message = s, code, message
}

func (x *undoing) removedEarlier(id int64) {
	x.set(id, UndoRemoved, CodeUndoEarlier, "an earlier undo took this person off the project")
}

// list returns the people of the run on the project.
func (x *undoing) list(ctx context.Context) (map[int64]procore.Times, error) {
	listed := make(map[int64]procore.Times)
	for t, err := range x.API.Times(ctx) {
		if err != nil {
			return nil, err
		}
		if _, ok := x.places[t.ID]; ok {
			listed[t.ID] = t
		}
	}
	return listed, nil
}

// edited reports whether Procore says that a person was changed after the
// creation. An account that may not read the Directory sees no times.
func (x *undoing) edited(id int64) bool {
	t := x.before[id]
	return !t.Created.IsZero() && t.Updated.Sub(t.Created) > editGrace
}

// takeOff is a request that takes people off the project or makes them inactive.
type takeOff func(ctx context.Context, slot *ratelimit.Slot, ids []int64) (procore.Removal, error)

// removeAll takes people off the project. It reports false if the undo can't go on.
func (x *undoing) removeAll(intake, work context.Context, people []ledger.CreatedPerson, request takeOff) bool {
	for chunk := range slices.Chunk(people, procore.MostRemoved) {
		if !x.remove(intake, work, chunk, request) {
			return false
		}
	}
	return true
}

// remove takes at most procore.MostRemoved people off the project.
func (x *undoing) remove(intake, work context.Context, people []ledger.CreatedPerson, request takeOff) bool {
	slot, err := x.takeSlot(intake)
	if err != nil {
		return false
	}
	removals, err := x.Ledger.IntendRemovals(work, x.record, people)
	if err != nil {
		slot.Release(ratelimit.Report{})
		x.ledgerFailed(err)
		return false
	}
	for _, p := range people {
		x.removedEarlier(p.PersonID) // the ledger intends no removal of such a person
	}
	var kept, send []openRemoval
	var ids []int64
	for _, m := range removals {
		o := openRemoval{Removal: m, facts: removalFacts{edited: m.Code != codeReactivated && x.edited(m.PersonID), lost: m.Earlier}}
		if o.facts.edited {
			kept = append(kept, o)
			continue
		}
		x.set(m.PersonID, UndoPending, "", "")
		send, ids = append(send, o), append(ids, m.PersonID)
	}
	if recorded := x.recordRemovals(work, kept); !recorded || len(send) == 0 {
		slot.Release(ratelimit.Report{}) // unused: its place in the quota is lost
		return recorded
	}
	var removal procore.Removal
	last := x.repeat(intake, slot, func(slot *ratelimit.Slot) (err error) {
		removal, err = request(work, slot, ids)
		return err
	})
	if last.stop != nil {
		x.end(last.stop)
	}
	return x.recordAnswer(work, send, removal, last) && last.stop == nil && !last.ended
}

// recordAnswer records what an answer means for each person. What the answer leaves
// open is settled after the last request.
func (x *undoing) recordAnswer(work context.Context, send []openRemoval, removal procore.Removal, last repetition) bool {
	answer := ledger.Result{HTTPStatus: removal.Status, RequestID: removal.RequestID}
	if last.err != nil {
		answer.HTTPStatus, answer.RequestID = last.err.Status, last.err.RequestID
	}
	removed := make(map[int64]bool, len(removal.Removed))
	for _, id := range removal.Removed {
		removed[id] = true
	}
	for i := range send {
		o := &send[i]
		o.answer = answer
		switch {
		case removed[o.PersonID]:
			o.facts.answer = answerRemoved
		case last.ok():
			o.facts.answer = answerSkipped
		}
		o.facts.lost = o.facts.lost || last.lost
		o.facts.refused = last.refusal()
	}
	return x.recordRemovals(work, send)
}

// recordRemovals records in the ledger what became of people, and reports false
// if the ledger can't be written. Removals that stay open are kept for settle.
func (x *undoing) recordRemovals(work context.Context, all []openRemoval) bool {
	removals, results := make([]ledger.Removal, len(all)), make([]ledger.Result, len(all))
	decisions := make([]removalDecision, len(all))
	for i, o := range all {
		decisions[i] = reconcileRemoval(o.facts)
		removals[i], results[i] = o.Removal, decisions[i].result(o.PersonID, o.answer)
	}
	if err := x.Ledger.RecordRemovals(work, removals, results); err != nil {
		for _, o := range all {
			x.set(o.PersonID, UndoPending, "", "") // only what is durable counts
		}
		x.ledgerFailed(err)
		return false
	}
	for i, o := range all {
		d := decisions[i]
		code := d.code
		if d.status == UndoPending {
			code = ""
		}
		x.set(o.PersonID, d.status, code, d.message(o.facts))
		if d.state == ledger.Intended && o.facts.after == notLooked {
			x.open = append(x.open, o)
		}
	}
	return true
}

// settle lists the project's people to find out what became of open removals.
func (x *undoing) settle(intake, work context.Context) {
	open := x.open
	x.open = nil
	now, err := x.list(intake)
	if err == nil && slices.ContainsFunc(open, func(o openRemoval) bool { _, listed := now[o.PersonID]; return listed && o.facts.lost }) {
		// The request may still be under way, or the listing lag.
		if !wait(intake, cmp.Or(max(x.SettleAfter, 0), defaultSettleAfter)) {
			return // pending: the next undo settles them
		}
		now, err = x.list(intake)
	}
	if err != nil {
		if intake.Err() == nil {
			x.Log.Warn().Err(err).Int("people", len(open)).Msg("the project's people can't be listed: it stays open what became of some people")
			x.end(connectStop(intake, err))
		}
		return
	}
	for i := range open {
		f := &open[i].facts
		_, f.before = x.before[open[i].PersonID]
		f.after = missing
		if _, found := now[open[i].PersonID]; found {
			f.after = listed
		}
	}
	x.recordRemovals(work, open)
}

// deactivate makes the removed people inactive in the company. The ledger does
// not record that: to deactivate a person again does no harm, and the next undo
// with --deactivate repeats it for all people, except for those who were put back
// on the project after an earlier undo.
func (x *undoing) deactivate(intake, work context.Context) {
	var ids []int64
	for _, p := range x.people {
		_, back := x.before[p.PersonID]
		if p.Status == UndoRemoved && (p.Code != CodeUndoEarlier || !back) {
			ids = append(ids, p.PersonID)
		}
	}
	for chunk := range slices.Chunk(ids, procore.MostRemoved) {
		last := repetition{ended: true}
		if slot, err := x.takeSlot(intake); err == nil {
			last = x.repeat(intake, slot, func(slot *ratelimit.Slot) error {
				_, err := x.API.DeactivatePeople(work, slot, chunk)
				return err
			})
		}
		if last.ok() {
			continue
		}
		why := "the undo stopped before"
		if last.err != nil {
			why = last.err.Message
		}
		for _, id := range chunk {
			x.set(id, UndoRemoved, CodeUndoNotDeactivated, "taken off the project, but not deactivated in the company: "+why)
		}
		if last.stop != nil {
			x.end(last.stop)
		}
	}
}

// ledgerFailed ends the undo: without a ledger nothing may be sent.
func (x *undoing) ledgerFailed(err error) {
	x.Log.Error().Err(err).Msg("the ledger can't be written")
	x.end(ledgerStop(err))
}
