package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"muster/importer/fault"
	"muster/importer/ledger"
	"muster/importer/procore"
	"muster/ratelimit"
)

// UndoCommand is the Command of an undo among the ledger's runs.
const UndoCommand = "undo"

// editGrace is how long after somebody was created a change of theirs is taken
// for the server's own finishing touch and not for an edit.
const editGrace = 5 * time.Second

// Undo takes the people whom a run created off the project again; those whom
// it found there are not touched.
//
// It is journalled as creates are: that somebody is about to be removed is
// durable before the request, and what became of it after the answer. It is
// simpler in one way: to remove somebody twice does no harm, since whoever is
// off the project is skipped. So a request whose answer was lost is sent again,
// and so is what a killed undo has left without a result. Only what a skip then
// means has to be settled, by listing the project's people: an ID that is not
// there any more after a lost answer was removed by that request. That somebody
// is not listed is never enough by itself: a list may lag, and who is taken for
// gone is created again by the next import.
type Undo struct {
	API         *procore.Client
	Pace        *ratelimit.Pace
	Ledger      *ledger.Ledger         // which has the scope of Of locked
	Of          ledger.Run             // the run to be undone
	People      []ledger.CreatedPerson // whom it created, as they were shown to whoever asked for it
	Deactivate  bool                   // also make them inactive in the company
	SettleAfter time.Duration          // how long a request may be under way after its answer was lost; 0 means 60 s
	ResultsPath string                 // for the ledger's list of runs
	Log         zerolog.Logger
}

// UndoStatus is what became of somebody whom a run had created.
type UndoStatus string

// The statuses of an undo.
const (
	UndoRemoved UndoStatus = "removed" // off the project, by this undo or by an earlier one
	UndoKept    UndoStatus = "kept"    // left alone: edited since, gone already, or skipped by Procore
	UndoFailed  UndoStatus = "failed"  // still on the project: Procore refused it, or kept failing
	UndoPending UndoStatus = "pending" // not attempted, or not settled: the undo stopped before
)

// The codes of an Undone.
const (
	CodeUndoEarlier        = "removed_before"  // removed, by an earlier undo
	CodeUndoGone           = "already_gone"    // kept: somebody else had taken them off
	CodeUndoEdited         = "edited"          // kept
	CodeUndoSkipped        = "skipped"         // kept, by Procore
	CodeUndoNotDeactivated = "not_deactivated" // removed, and still active in the company
)

// Undone is one person whom the run had created.
type Undone struct {
	Row      int // of the roster
	PersonID int64
	Status   UndoStatus
	Code     string // for programs; "" if there is nothing to say
	Message  string // for people
}

// Done reports whether nothing is left to do about them.
func (p Undone) Done() bool {
	return p.Status == UndoRemoved && p.Code != CodeUndoNotDeactivated || p.Status == UndoKept && p.Code == CodeUndoGone
}

// UndoSummary is what an undo came to.
type UndoSummary struct {
	Run       string   // its own ID in the ledger
	People    []Undone // everybody, in the order of Undo.People
	Throttled int
	Elapsed   time.Duration
	Stopped   *StopError // nil if everybody was attempted
}

// undoing is the state of one Undo.Run.
type undoing struct {
	*Undo
	record    *ledger.Run
	end       context.CancelCauseFunc
	people    []Undone
	at        map[int64]int           // where each person is in people
	there     map[int64]procore.Times // those of them who were on the project as it began
	open      []openRemoval
	throttled int
}

// openRemoval is a removal whose answer does not say what became of it.
type openRemoval struct {
	ledger.Removal
	lost    bool // an answer about them was lost
	skipped bool // the last answer was that nothing was done
	answer  ledger.Result
}

// Run takes the people off the project. When ctx ends, no further request is
// sent, and what was sent is answered and recorded. The error says that the
// ledger can't be written.
func (u *Undo) Run(ctx context.Context) (*UndoSummary, error) {
	started := time.Now()
	intake, end := context.WithCancelCause(ctx)
	defer end(nil)
	work := context.WithoutCancel(ctx)
	record, err := u.Ledger.Begin(work, ledger.Run{
		Scope: u.Of.Scope, Command: UndoCommand, Roster: u.Of.Roster, Results: u.ResultsPath, Started: started,
	})
	if err != nil {
		return nil, fmt.Errorf("begin an undo in the ledger: %w", err)
	}
	x := &undoing{Undo: u, record: record, end: end, at: make(map[int64]int, len(u.People))}
	var left []ledger.CreatedPerson
	for i, p := range u.People {
		x.people = append(x.people, Undone{Row: p.Row, PersonID: p.PersonID, Status: UndoPending})
		x.at[p.PersonID] = i
		if p.Removed {
			x.say(p.PersonID, UndoRemoved, CodeUndoEarlier, "an earlier undo took them off the project")
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
	if x.there, err = x.list(intake); err != nil {
		x.end(connectStop(intake, err))
		return
	}
	for chunk := range slices.Chunk(left, procore.MostRemoved) {
		if !x.remove(intake, work, chunk) {
			break
		}
	}
	if len(x.open) > 0 {
		x.settle(intake, work)
	}
	if x.Deactivate {
		x.deactivate(intake, work)
	}
}

// say sets what became of somebody.
func (x *undoing) say(id int64, s UndoStatus, code, message string) {
	p := &x.people[x.at[id]]
	p.Status, p.Code, p.Message = s, code, message
}

// unknown takes back what was said of people: it is not durable.
func (x *undoing) unknown(removals []ledger.Removal) {
	for _, m := range removals {
		x.say(m.PersonID, UndoPending, "", "")
	}
}

// list returns those of the people who are on the project.
func (x *undoing) list(ctx context.Context) (map[int64]procore.Times, error) {
	there := make(map[int64]procore.Times)
	for t, err := range x.API.Times(ctx) {
		if err != nil {
			return nil, err
		}
		if _, ok := x.at[t.ID]; ok {
			there[t.ID] = t
		}
	}
	return there, nil
}

// edited reports whether Procore says that somebody was changed after they were
// created. An account that may not read the Directory is not told.
func (x *undoing) edited(id int64) bool {
	t := x.there[id]
	return !t.Created.IsZero() && t.Updated.Sub(t.Created) > editGrace
}

// remove takes at most procore.MostRemoved people off the project. It reports
// false if the undo can't go on.
func (x *undoing) remove(intake, work context.Context, people []ledger.CreatedPerson) bool {
	slot, err := takeSlot(intake, x.Pace)
	if err != nil {
		return false
	}
	removals, err := x.Ledger.IntendRemovals(work, x.record, people)
	if err != nil {
		slot.Release(ratelimit.Report{})
		x.ledgerFailed(err)
		return false
	}
	var ids []int64
	var send, kept []ledger.Removal
	var results []ledger.Result
	for _, p := range people { // until the ledger says otherwise
		x.say(p.PersonID, UndoRemoved, CodeUndoEarlier, "an earlier undo took them off the project")
	}
	for _, m := range removals {
		x.say(m.PersonID, UndoPending, "", "")
		if x.edited(m.PersonID) {
			kept = append(kept, m)
			results = append(results, ledger.Result{State: ledger.Created, PersonID: m.PersonID, Code: CodeUndoEdited})
			x.say(m.PersonID, UndoKept, CodeUndoEdited, "edited in Procore since they were created, so they stay; take them off in the project's directory if you want to")
			continue
		}
		send, ids = append(send, m), append(ids, m.PersonID)
	}
	if err := x.Ledger.RecordRemovals(work, kept, results); err != nil {
		slot.Release(ratelimit.Report{})
		x.unknown(kept)
		x.ledgerFailed(err)
		return false
	}
	if len(ids) == 0 {
		slot.Release(ratelimit.Report{})
		return true
	}
	var removal procore.Removal
	last := x.send(intake, slot, func(slot *ratelimit.Slot) (err error) {
		removal, err = x.API.RemovePeople(work, slot, ids)
		return err
	})
	if last.stop != nil {
		x.end(last.stop)
	}
	return x.answered(work, send, removal, last)
}

// answered records what an answer says of each person. What it leaves open is
// settled when all have been sent.
func (x *undoing) answered(work context.Context, send []ledger.Removal, removal procore.Removal, last sent) bool {
	gone := make(map[int64]bool, len(removal.Removed))
	for _, id := range removal.Removed {
		gone[id] = true
	}
	results := make([]ledger.Result, len(send))
	for n, m := range send {
		r := &results[n]
		r.HTTPStatus, r.RequestID = removal.Status, removal.RequestID
		if last.err != nil {
			r.HTTPStatus, r.RequestID = last.err.Status, last.err.RequestID
		}
		lost := last.lost || m.Earlier
		switch {
		case gone[m.PersonID]:
			r.State, r.PersonID = ledger.Removed, m.PersonID
			x.say(m.PersonID, UndoRemoved, "", "")
		case last.ok():
			r.State, r.Code = ledger.Intended, CodeUndoSkipped
			if lost {
				r.Code = codeAnswerLost
			}
			x.open = append(x.open, openRemoval{Removal: m, lost: lost, skipped: true, answer: *r})
		case lost:
			r.State, r.Code = ledger.Intended, codeAnswerLost
			x.open = append(x.open, openRemoval{Removal: m, lost: true, answer: *r})
		case last.refused():
			r.State, r.PersonID, r.Code = ledger.Created, m.PersonID, last.err.Code
			x.say(m.PersonID, UndoFailed, last.err.Code, "Procore refused to take them off the project: "+last.err.Message)
		default:
			r.State, r.PersonID, r.Code = ledger.Created, m.PersonID, "not_sent"
		}
	}
	if err := x.Ledger.RecordRemovals(work, send, results); err != nil {
		x.unknown(send)
		x.ledgerFailed(err)
		return false
	}
	return last.stop == nil && !last.ended
}

// settle finds out by listing the project's people what became of those whom
// Procore skipped, and of those about whom no answer came.
func (x *undoing) settle(intake, work context.Context) {
	there, err := x.list(intake)
	late := func(o openRemoval) bool {
		_, listed := there[o.PersonID]
		return listed && o.lost
	}
	if err == nil && slices.ContainsFunc(x.open, late) {
		// The request may still be under way, or the list lag.
		if !wait(intake, cmp.Or(max(x.SettleAfter, 0), defaultSettleAfter)) {
			return // pending: the next undo settles them
		}
		there, err = x.list(intake)
	}
	if err != nil {
		if intake.Err() == nil {
			x.Log.Warn().Err(err).Int("people", len(x.open)).Msg("the project's people can't be listed: what became of some stays open")
			x.end(connectStop(intake, err))
		}
		return
	}
	removals, results := make([]ledger.Removal, len(x.open)), make([]ledger.Result, len(x.open))
	for n, o := range x.open {
		removals[n] = o.Removal
		results[n] = o.result(there, x)
	}
	if err := x.Ledger.RecordRemovals(work, removals, results); err != nil {
		x.unknown(removals)
		x.ledgerFailed(err)
	}
}

// result says what a list of those on the project shows of o.
func (o openRemoval) result(there map[int64]procore.Times, x *undoing) ledger.Result {
	r := o.answer
	r.PersonID = o.PersonID
	_, before := x.there[o.PersonID]
	_, listed := there[o.PersonID]
	switch {
	case !listed && o.lost && (o.skipped || before):
		r.State, r.Code = ledger.Removed, ""
		x.say(o.PersonID, UndoRemoved, "", "")
	case !listed && o.skipped:
		r.State, r.Code = ledger.Removed, CodeUndoGone
		x.say(o.PersonID, UndoKept, CodeUndoGone, "not on the project any more: somebody had taken them off")
	case !listed: // nor were they before: the list may lag, and the next undo tells
		r.State, r.PersonID = ledger.Intended, 0
		x.say(o.PersonID, UndoFailed, codeAnswerLost, "Procore kept failing, and whether they are still on the project is not known; try again later")
	case o.skipped:
		r.State, r.Code = ledger.Created, CodeUndoSkipped
		x.say(o.PersonID, UndoKept, CodeUndoSkipped, "Procore leaves them on the project: it takes off only people who can't log in; take them off in the project's directory")
	default:
		r.State, r.Code = ledger.Created, "kept_failing"
		x.say(o.PersonID, UndoFailed, "kept_failing", "Procore kept failing, and they are still on the project; try again later")
	}
	return r
}

// deactivate makes those who were taken off the project inactive in the company.
// It is not journalled: to do it again does no harm, and the next undo with the
// same wish does it for everybody again, also for those whom an earlier one
// took off, unless somebody has put them back on the project.
func (x *undoing) deactivate(intake, work context.Context) {
	var ids []int64
	for _, p := range x.people {
		_, back := x.there[p.PersonID]
		if p.Status == UndoRemoved && (p.Code != CodeUndoEarlier || !back) {
			ids = append(ids, p.PersonID)
		}
	}
	for chunk := range slices.Chunk(ids, procore.MostRemoved) {
		last := sent{ended: true}
		if slot, err := takeSlot(intake, x.Pace); err == nil {
			last = x.send(intake, slot, func(slot *ratelimit.Slot) error {
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
			x.say(id, UndoRemoved, CodeUndoNotDeactivated, "taken off the project, but not deactivated in the company: "+why)
		}
		if last.stop != nil {
			x.end(last.stop)
		}
	}
}

// sent is what became of a request that may be repeated.
type sent struct {
	err   *procore.Error // the last one; nil if there was a good answer
	lost  bool           // an answer was lost
	ended bool           // the intake ended before a good answer
	stop  *StopError     // ends the undo
}

func (s sent) ok() bool { return s.err == nil && !s.ended }

func (s sent) refused() bool { return s.err != nil && !s.ended && s.stop == nil }

// send sends a request until it is answered: again whatever becomes of its
// answer, which both requests of an undo allow.
func (x *undoing) send(intake context.Context, slot *ratelimit.Slot, request func(*ratelimit.Slot) error) (s sent) {
	var t tries
	for {
		s.err = nil
		err := request(slot)
		if err == nil {
			return s
		}
		if !errors.As(err, &s.err) {
			s.err = &procore.Error{Kind: procore.Fault, Effect: procore.MayHaveHappened, Message: err.Error(), Err: err}
		}
		pause, again := x.again(&s, &t)
		if !again {
			return s
		}
		if !wait(intake, pause) {
			s.ended = true
			return s
		}
		if slot, err = takeSlot(intake, x.Pace); err != nil {
			s.ended = true
			return s
		}
	}
}

// again decides by the last error whether a request is sent once more, and when.
func (x *undoing) again(s *sent, t *tries) (pause time.Duration, again bool) {
	if s.err.Effect != procore.DidNotHappen {
		s.lost = true
		t.lost++
		return t.interval(), t.lost < mostLosses
	}
	switch s.err.Kind {
	case procore.Throttled:
		x.throttled++
		if t.throttle(s.err) {
			return 0, true // the client has paused the pace
		}
	case procore.Unreachable:
		if t.unreachable++; t.unreachable < maxUnreachable {
			return t.interval(), true
		}
	case procore.Unauthorized:
		if !t.renewed {
			t.renewed = true
			return 0, true
		}
	case procore.Refused, procore.Fault, procore.Malformed:
		return 0, false
	case procore.BadCredentials, procore.Forbidden, procore.NotFound:
	}
	s.stop = stopFor(s.err)
	return 0, false
}

// takeSlot waits for a place in the quota. It gives none once ctx has ended.
func takeSlot(ctx context.Context, pace *ratelimit.Pace) (*ratelimit.Slot, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return pace.Take(ctx)
}

// ledgerFailed ends the undo: without a ledger nothing may be sent.
func (x *undoing) ledgerFailed(err error) {
	x.Log.Error().Err(err).Msg("the ledger can't be written")
	stop := &StopError{Code: "ledger_failed", Message: "stopped: the ledger can't be written: " + err.Error(), Err: err}
	var known *fault.Error
	if errors.As(err, &known) {
		stop.Code, stop.Fix = known.Code, known.Fix
	}
	x.end(stop)
}
