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
	Unsettled   int                    // requests of the run that may have created more people
	Deactivate  bool                   // also make the people inactive in the company
	SettleAfter time.Duration          // how long a request may take effect after its answer was lost; 0 means 2 minutes
	ResultsPath string                 // of the results file; "": there is none
	Log         zerolog.Logger
}

// NewUndo returns the undo of a run over the connection to the run's project. CheckUndoable
// says which runs can't be undone.
func NewUndo(ctx context.Context, c Connection, book *ledger.Ledger, run ledger.Run) (*Undo, error) {
	if err := CheckUndoable(run, c.Scope); err != nil {
		return nil, err
	}
	people, unsettled, err := book.CreatedPeople(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	return &Undo{API: c.API, Pace: c.Pace, Ledger: book, Of: run, People: people, Unsettled: unsettled}, nil
}

// refresh marks the people who were taken off since People was read, before the lock was
// taken. A run that put them back meanwhile keeps them.
func (u *Undo) refresh(ctx context.Context) error {
	now, _, err := u.Ledger.CreatedPeople(context.WithoutCancel(ctx), u.Of.ID)
	if err != nil {
		return err
	}
	removed := make(map[int64]bool)
	for _, p := range now {
		removed[p.PersonID] = p.Removed
	}
	for i := range u.People {
		p := &u.People[i]
		p.Removed = p.Removed || removed[p.PersonID]
	}
	return nil
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
	Results   string     // the path of the results file; "" if none was written
}

// undoing is the state of an Undo.Run.
type undoing struct {
	*Undo
	record  *ledger.Run
	end     context.CancelCauseFunc
	summary *UndoSummary
	of      map[int64]*Undone       // in summary
	before  map[int64]procore.Times // the people who were on the project when the undo began
	open    []*removal              // without a known effect
}

// removal is a person on the way off the project.
type removal struct {
	ledger.Removal
	facts  removalFacts
	answer ledger.Result
}

// Run takes the people off the project, and writes the results file. When ctx ends, no
// further request is sent, and what was sent is answered and recorded. An error says
// that the ledger or the results file can't be written.
func (u *Undo) Run(ctx context.Context) (*UndoSummary, error) {
	file, err := newUndoResults(u.ResultsPath)
	if err != nil {
		return nil, err
	}
	if err := u.refresh(ctx); err != nil {
		return nil, err
	}
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
	summary := &UndoSummary{Run: record.ID, People: make([]Undone, len(u.People))}
	x := &undoing{Undo: u, record: record, end: end, summary: summary, of: make(map[int64]*Undone, len(u.People))}
	for i, p := range u.People {
		summary.People[i] = Undone{Row: p.Row, PersonID: p.PersonID, Status: UndoPending}
		x.of[p.PersonID] = &summary.People[i]
	}
	x.run(intake, work)

	summary.Elapsed = time.Since(started)
	record.Status = ledger.Finished
	left := func(p Undone) bool { return p.Status == UndoPending || p.Code == CodeUndoNotDeactivated }
	if intake.Err() != nil && slices.ContainsFunc(summary.People, left) {
		record.Status = ledger.Interrupted
		if errors.As(context.Cause(intake), &summary.Stopped) {
			record.Status = ledger.Stopped
		}
	}
	written := file.write(summary)
	if err := u.Ledger.End(work, record); err != nil && summary.Stopped == nil {
		return summary, errors.Join(fmt.Errorf("end the undo in the ledger: %w", err), written)
	}
	return summary, written
}

func (x *undoing) run(intake, work context.Context) {
	// A person that the run reactivated becomes inactive again and stays on the
	// project.
	var created, reactivated []ledger.CreatedPerson
	for _, p := range x.People {
		switch {
		case p.Removed:
			x.of[p.PersonID].removedEarlier()
		case p.Code == codeReactivated:
			reactivated = append(reactivated, p)
		default:
			created = append(created, p)
		}
	}
	if len(created)+len(reactivated) == 0 && !x.Deactivate {
		return
	}
	var err error
	if x.before, err = x.list(intake); err != nil {
		x.end(connectStop(intake, err))
		return
	}
	x.remove(intake, work, created, x.API.RemovePeople)
	x.remove(intake, work, reactivated, x.API.DeactivatePeople)
	if len(x.open) > 0 {
		x.settle(intake, work)
	}
	if x.Deactivate {
		x.deactivate(intake, work)
	}
}

func (p *Undone) set(s UndoStatus, code, message string) {
	p.Status, p.Code, p.Message = s, code, message
}

func (p *Undone) removedEarlier() {
	p.set(UndoRemoved, CodeUndoEarlier, "an earlier undo took this person off the project")
}

// list returns the people of the run on the project.
func (x *undoing) list(ctx context.Context) (map[int64]procore.Times, error) {
	listed := make(map[int64]procore.Times)
	for t, err := range x.API.Times(ctx) {
		if err != nil {
			return nil, err
		}
		if x.of[t.ID] != nil {
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

// remove takes people off the project, as many at a time as a request may name. What an
// answer leaves open is settled after the last request.
func (x *undoing) remove(intake, work context.Context, people []ledger.CreatedPerson, request takeOff) {
	for chunk := range slices.Chunk(people, procore.MostRemoved) {
		if intake.Err() != nil {
			return
		}
		var all []*removal
		var ids []int64
		var got procore.Removal
		intend := func() (err error) {
			all, ids, err = x.intend(work, chunk)
			return err
		}
		last := x.repeat(intake, intend, func(slot *ratelimit.Slot) (err error) {
			if len(ids) == 0 {
				slot.Release(ratelimit.Report{}) // unused: its place in the quota is lost
				return nil
			}
			got, err = request(work, slot, ids)
			return err
		})
		if all == nil {
			return // nothing was sent
		}
		for _, o := range all {
			o.take(got, last)
		}
		x.recordRemovals(work, all)
	}
}

// intend records which people are about to be removed, and returns the IDs to send. Before
// a repetition intend finds the same records, if the lock is still held.
func (x *undoing) intend(work context.Context, people []ledger.CreatedPerson) (all []*removal, ids []int64, err error) {
	intents, err := x.Ledger.IntendRemovals(work, x.record, people)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range people {
		x.of[p.PersonID].removedEarlier() // the ledger intends no removal of such a person
	}
	for _, m := range intents {
		o := &removal{Removal: m, facts: removalFacts{edited: m.Code != codeReactivated && x.edited(m.PersonID), lost: m.Earlier}}
		x.of[m.PersonID].set(UndoPending, "", "")
		if all = append(all, o); !o.facts.edited {
			ids = append(ids, m.PersonID)
		}
	}
	return all, ids, nil
}

// take adds the answer to a request to what is known of a person.
func (o *removal) take(got procore.Removal, last repetition) {
	o.answer = ledger.Result{HTTPStatus: got.Status, RequestID: got.RequestID}
	if last.err != nil {
		o.answer.HTTPStatus, o.answer.RequestID = last.err.Status, last.err.RequestID
	}
	switch {
	case slices.Contains(got.Removed, o.PersonID):
		o.facts.answer = answerRemoved
	case last.answered:
		o.facts.answer = answerSkipped
	}
	o.facts.lost = o.facts.lost || last.lost
	if last.refused {
		o.facts.refused = last.err
	}
}

// recordRemovals records in the ledger what became of people. Only what is durable
// counts. Removals that stay open are kept for settle.
func (x *undoing) recordRemovals(work context.Context, all []*removal) {
	intents, results := make([]ledger.Removal, len(all)), make([]ledger.Result, len(all))
	for i, o := range all {
		intents[i], results[i] = o.Removal, reconcileRemoval(o.facts).result(o.PersonID, o.answer)
	}
	if err := x.Ledger.RecordRemovals(work, intents, results); err != nil {
		x.ledgerFailed(err)
		return
	}
	for _, o := range all {
		d := reconcileRemoval(o.facts)
		x.of[o.PersonID].set(d.status, d.shown(), d.message(o.facts))
		if d.state == ledger.Intended && o.facts.after == notLooked {
			x.open = append(x.open, o)
		}
	}
}

// settle lists the project's people to find out what became of open removals.
func (x *undoing) settle(intake, work context.Context) {
	now, err := x.list(intake)
	if err == nil && slices.ContainsFunc(x.open, func(o *removal) bool { _, listed := now[o.PersonID]; return listed && o.facts.lost }) {
		// The request may still be under way, or the listing lag.
		if !procore.Wait(intake, cmp.Or(max(x.SettleAfter, 0), defaultSettleAfter)) {
			return // pending: the next undo settles them
		}
		now, err = x.list(intake)
	}
	if err != nil {
		if intake.Err() == nil {
			x.Log.Warn().Err(err).Int("people", len(x.open)).Msg("the project's people can't be listed: it stays open what became of some people")
			x.end(connectStop(intake, err))
		}
		return
	}
	for _, o := range x.open {
		_, o.facts.before = x.before[o.PersonID]
		o.facts.after = missing
		if _, found := now[o.PersonID]; found {
			o.facts.after = listed
		}
	}
	x.recordRemovals(work, x.open)
}

// deactivate makes the removed people inactive in the company. The ledger does
// not record that: to deactivate a person again does no harm, and the next undo
// with --deactivate repeats it for all people, except for those who were put back
// on the project after an earlier undo.
func (x *undoing) deactivate(intake, work context.Context) {
	var ids []int64
	for _, p := range x.summary.People {
		_, back := x.before[p.PersonID]
		if p.Status == UndoRemoved && (p.Code != CodeUndoEarlier || !back) {
			ids = append(ids, p.PersonID)
		}
	}
	for chunk := range slices.Chunk(ids, procore.MostRemoved) {
		stillLocked := func() error { return x.Ledger.CheckLock(work) }
		last := x.repeat(intake, stillLocked, func(slot *ratelimit.Slot) error {
			_, err := x.API.DeactivatePeople(work, slot, chunk)
			return err
		})
		if last.answered {
			continue
		}
		why := "the undo stopped before"
		if last.err != nil {
			why = last.err.Message
		}
		for _, id := range chunk {
			x.of[id].set(UndoRemoved, CodeUndoNotDeactivated, "taken off the project, but not deactivated in the company: "+why)
		}
	}
}

// ledgerFailed ends the undo: without a ledger nothing may be sent.
func (x *undoing) ledgerFailed(err error) {
	x.Log.Error().Err(err).Msg("the ledger can't be written")
	x.end(ledgerStop(err))
}
