package importer

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/mapping"
)

const (
	defaultSettleAfter = 60 * time.Second
	// maxLost is how often the answer for one person may be lost, each time
	// settled as not created, before the row has failed.
	maxLost = 5

	codeAnswerLost = "answer_lost"
)

// settler finds out what became of requests whose answers were lost, many at
// once by one listing of the project's people, while other rows go on.
//
// A person with the row's key who was not there before the run, and whom no
// other row claims, is the row's. That there is no such person is believed
// only when SettleAfter has passed since the request was given up, and a list
// begun after that still shows nobody: a server may finish a request long
// after its client is gone. Only then is the row sent again, under the same
// Idempotency-Token.
type settler struct {
	*run
	done   chan<- *item
	doubts chan *item        // whose answer was lost
	again  chan *item        // known not to be created: to be sent once more
	others map[int64]*people // of other projects, as listed for those in doubt now
	open   sync.WaitGroup    // rows that are sent, in doubt, or to be sent again
}

func newSettler(r *run, done chan<- *item) *settler {
	return &settler{run: r, done: done, doubts: make(chan *item, window), again: make(chan *item, window)}
}

// begin counts one more row that needs an answer; finish passes it on.
func (s *settler) begin() { s.open.Add(1) }

func (s *settler) finish(it *item) {
	s.pass(it)
	s.open.Done()
}

// pass hands an item that is done with to the recorder.
func (s *settler) pass(it *item) {
	if it.toCount() {
		s.countErrors(1)
	}
	if s.OnDone != nil {
		s.OnDone(it.status(), it.send || it.update || it.tries.sent > 0)
	}
	s.done <- it
}

// close waits until no row needs an answer, and ends everybody who waits for one.
func (s *settler) close() {
	s.open.Wait()
	close(s.doubts)
	close(s.again)
}

// next yields the rows that are to be sent, those to be sent again first.
func (s *settler) next(first <-chan *item) iter.Seq[*item] {
	return func(yield func(*item) bool) {
		for {
			select {
			case it, ok := <-s.again:
				if !ok || !yield(it) {
					return
				}
			case it, ok := <-first:
				switch {
				case !ok:
					first = nil
				case !yield(it):
					return
				}
			}
		}
	}
}

// settle takes rows in doubt until close.
func (s *settler) settle(intake, work context.Context) {
	var open []*item
	var listed time.Time
	var told inDoubt
	for {
		var due <-chan time.Time
		var now inDoubt
		ended := intake.Done()
		switch {
		case len(open) == 0:
			ended = nil
		case intake.Err() == nil:
			// When answers are lost one after the other, they still share listings.
			at := open[0].since.Add(s.settleAfter())
			if soonest := listed.Add(s.settleAfter() / 4); at.Before(soonest) {
				at = soonest
			}
			due = time.After(time.Until(at))
			now = inDoubt{len(open), at}
		}
		if now != told && s.OnDoubt != nil {
			s.OnDoubt(now.rows, now.until)
		}
		told = now
		select {
		case it, ok := <-s.doubts:
			if !ok {
				return
			}
			open = append(open, it)
		case <-due:
			listed = time.Now()
			open = s.settleDue(intake, work, open)
		case <-ended:
			for _, it := range open {
				s.giveUp(it, nil)
			}
			open = nil
		}
	}
}

// inDoubt is how many rows are in doubt, and when they are looked for next.
type inDoubt struct {
	rows  int
	until time.Time
}

func (r *run) settleAfter() time.Duration {
	if r.SettleAfter > 0 {
		return r.SettleAfter
	}
	return defaultSettleAfter
}

// settleDue lists the people and returns the rows that are still in doubt.
func (s *settler) settleDue(intake, work context.Context, open []*item) []*item {
	now, err := listPeople(intake, s.API, s.plan.index)
	if err != nil {
		if intake.Err() == nil {
			s.Log.Warn().Err(err).Int("rows", len(open)).Msg("the project's people can't be listed: rows in doubt stay unknown")
			for _, it := range open {
				s.giveUp(it, nil)
			}
			return nil
		}
		return open
	}
	still := open[:0]
	s.others = map[int64]*people{}
	for _, it := range open {
		settled := false
		if it.elsewhere {
			settled = s.settleElsewhere(intake, work, it)
		} else {
			settled = s.settleOne(work, it, now)
		}
		if !settled {
			still = append(still, it)
		}
	}
	return still
}

// settleOne reports whether the listing shows what became of it.
func (s *settler) settleOne(work context.Context, it *item, now *people) bool {
	if it.gone != 0 {
		return s.settleGone(work, it, now)
	}
	found := now.find(&it.person)
	if len(found.ids) > 0 && s.namesakeUnderWay(it) {
		return false // whom they create may be among those found
	}
	ids, _, doubts, err := s.unclaimed(work, it, found)
	if err != nil {
		s.ledgerFailed(it, outcome.Unknown, err)
		s.finish(it)
		return true
	}
	switch {
	case len(ids) > 0 && len(ids) <= doubts && !found.nameOnly:
		s.created(work, it, ids[0])
		return true
	case len(ids) > 0 && !found.nameOnly:
		s.giveUp(it, ids)
		return true
	case now.listed.Sub(it.since) < s.settleAfter():
		return false
	}
	s.notCreated(work, it, found, ids)
	return true
}

// created pairs it with the person whom its lost request made.
func (s *settler) created(work context.Context, it *item, id int64) {
	result := ledger.Result{State: ledger.Created, PersonID: id, Status: outcome.Created}
	if err := s.Ledger.Record(work, it.intent, result); err != nil {
		s.notRecorded(it, false, id, err)
	} else {
		it.settle(outcome.Created, it.outcome.Problems...)
		it.outcome.PersonID = id
	}
	s.finish(it)
}

// notCreated does with it what would be done with a new row, since it is known
// now that nobody was created.
func (s *settler) notCreated(work context.Context, it *item, found match, ids []int64) {
	result := ledger.Result{State: ledger.Refused, Code: "not_created"}
	failed := it.tries.lost >= maxLost
	if failed {
		result.Status = outcome.Failed
	}
	if err := s.Ledger.Record(work, it.intent, result); err != nil {
		s.notRecorded(it, false, 0, err)
		s.finish(it)
		return
	}
	it.doubt = false
	switch {
	case s.someoneElse(it, found, ids):
		s.finish(it)
	case failed:
		it.settle(outcome.Failed, outcome.Problem{
			Code:    "kept_failing",
			Message: fmt.Sprintf("Procore lost %d requests for this row, and created nobody", it.tries.lost),
			Hint:    "try again later; if it stays so, send Procore's support the request IDs",
		})
		s.finish(it)
	default:
		s.again <- it
	}
}

// someoneElse settles a row whose own request is known to have created nobody by
// those whom the list shows. It reports false if the row is to be sent.
func (r *run) someoneElse(it *item, found match, ids []int64) bool {
	switch {
	case len(found.conflict) > 0:
		it.settle(outcome.Invalid, r.idConflict(it, found))
	case len(ids) > 0:
		it.settle(outcome.Existing, nameOnly(ids))
		it.outcome.PersonID = ids[0]
		r.take(it, ids[0])
	case len(found.claimed) > 0 && !r.AllowNamesakes:
		it.settle(outcome.Existing, nameOnly(found.claimed))
		it.outcome.PersonID = found.claimed[0]
	default:
		return false
	}
	return true
}

// giveUp leaves it unknown: the next run settles it.
func (s *settler) giveUp(it *item, candidates []int64) {
	s.leave(it, candidates...)
	s.finish(it)
}

// leave says of it what is known so far.
func (r *run) leave(it *item, candidates ...int64) {
	if it.gone != 0 {
		r.existing(it, it.gone)
		return
	}
	if it.elsewhere {
		it.settle(outcome.Unknown, sentElsewhere(it.project))
		return
	}
	it.settle(outcome.Unknown, answerLost(it.intent.Run, candidates...))
}

// asked is rows of which the ledger is asked who is known already.
type asked struct {
	items   []*item // all of them
	toSend  []*item // those of them that are to be sent
	keys    []ledger.Key
	entries []ledger.Entry
	err     error
	done    chan struct{} // closed when the ledger has answered
}

// ask has the ledger asked on another goroutine, which ends by itself: reading the
// next rows takes about as long as looking up these.
func (r *run) ask(work context.Context, items []*item) *asked {
	q := &asked{items: items, done: make(chan struct{})}
	for _, it := range items {
		if it.send {
			q.keys, q.toSend = append(q.keys, it.key), append(q.toSend, it)
		}
	}
	if len(q.keys) == 0 {
		close(q.done)
		return q
	}
	go func() {
		defer close(q.done)
		q.entries, q.err = r.known(work, q.keys)
	}()
	return q
}

// recall decides about the rows to be sent by what the ledger and the list of
// the project's people know of them.
func (r *run) recall(work context.Context, q *asked) error {
	<-q.done
	if len(q.keys) == 0 {
		return nil
	}
	if q.err != nil {
		return fmt.Errorf("look up rows %d to %d in the ledger: %w", q.toSend[0].row, q.toSend[len(q.toSend)-1].row, q.err)
	}
	r.overlay(q.keys, q.entries)
	if err := r.recallElsewhere(work, q.toSend, q.entries); err != nil {
		return err
	}
	for i, it := range q.toSend {
		if err := r.recallOne(work, it, q.entries[i]); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) recallOne(work context.Context, it *item, e ledger.Entry) error {
	switch e.State {
	case ledger.Created:
		return r.recallCreated(work, it, e)
	case ledger.Removed:
		it.readmit = r.readmits(it, e.PersonID)
	case ledger.Intended:
		if e.Project != r.Scope.Project {
			r.recallSentElsewhere(it, e)
			return nil
		}
		it.readmit = r.readmits(it, e.PersonID)
	case ledger.Absent, ledger.Refused:
	}
	if r.people == nil { // nobody was listed, so nothing is sent
		if e.State == ledger.Intended {
			it.send = false
			it.settle(outcome.Unknown, answerLost(e.Intent.Run))
		}
		return nil
	}
	found := r.people.find(&it.person)
	if e.State == ledger.Intended {
		return r.recallDoubt(work, it, e.Intent, found)
	}
	if !r.AllowNamesakes {
		found.ids = append(found.ids, found.claimed...)
	}
	switch {
	case len(found.conflict) > 0:
		it.send = false
		it.settle(outcome.Invalid, r.idConflict(it, found))
	case len(found.ids) >= it.namesake:
		free, spare, _, err := r.unclaimed(work, it, found)
		ids := slices.Concat(free, spare)
		if err != nil || len(ids) == 0 {
			return err
		}
		if found.by == byName && (!r.AllowNamesakes || found.nameOnly) {
			it.outcome.Problems = append(it.outcome.Problems, nameOnly(found.ids))
		}
		if found.alike {
			it.outcome.Problems = append(it.outcome.Problems, r.idAlike(it, found))
		}
		r.take(it, ids[0])
		r.existing(it, ids[0])
	}
	return nil
}

// recallDoubt settles what an earlier run left in doubt, if the list of people
// can tell already.
func (r *run) recallDoubt(work context.Context, it *item, intent ledger.Intent, found match) error {
	it.send, it.intent = false, intent
	ids, _, doubts, err := r.unclaimed(work, it, found)
	if err != nil {
		return err
	}
	switch {
	case len(ids) > 0 && len(ids) <= doubts && !found.nameOnly:
		r.existing(it, ids[0])
		if r.foreseen != nil {
			r.foreseen[it.key] = ids[0]
			return nil
		}
		return r.Ledger.Record(work, intent, ledger.Result{State: ledger.Created, PersonID: ids[0], Status: outcome.Existing})
	case len(ids) > 0 && !found.nameOnly:
		it.settle(outcome.Unknown, answerLost(intent.Run, ids...))
		return nil
	}
	if r.foreseen != nil {
		r.foreseeDoubt(it, found, ids)
		return nil
	}
	it.doubt, it.since = true, r.givenUp(intent)
	return nil
}

// answerLost says in a row that nobody knows whether its person exists.
func answerLost(run string, candidates ...int64) outcome.Problem {
	p := outcome.Problem{
		Code:    codeAnswerLost,
		Message: fmt.Sprintf("sent in run %s, and the answer was lost: whether Procore created the person is not known", run),
		Hint:    "run the same command again later: it finds out before it sends anything",
	}
	if len(candidates) > 0 {
		p.Message = fmt.Sprintf("sent in run %s, and the answer was lost; it may be any of the people %s", run, list(candidates))
		p.Hint = "look these people up in the project's directory and remove the ones that are too many"
	}
	return p
}

// nameOnly says in a row that it was taken for somebody by the name alone.
func nameOnly(ids []int64) outcome.Problem {
	p := outcome.Problem{
		Code:    "name_only",
		Field:   string(mapping.LastName),
		Message: "taken for the person in Procore who has the same name; no ID confirms it",
		Hint:    "if these are two people, give the one in Procore an employee ID",
	}
	if len(ids) > 1 {
		p.Message = fmt.Sprintf("Procore has %d people of this name (%s); taken for the first of them", len(ids), list(ids))
	}
	return p
}

// idAlike says in a row that it was taken for somebody whose ID is written in
// another way.
func (r *run) idAlike(it *item, found match) outcome.Problem {
	return r.at(it, outcome.Problem{
		Code:    "id_alike",
		Field:   string(found.by.field()),
		Message: fmt.Sprintf("taken for person %s, who has the same name, and this %s but for case or zeros in front", list(found.ids), found.by),
		Hint:    "spreadsheets lose zeros in front; correct the ID in the roster, or the person in Procore",
	})
}

// idConflict says in a row that its ID is somebody else's.
func (r *run) idConflict(it *item, found match) outcome.Problem {
	return r.at(it, outcome.Problem{
		Code:    "id_conflict",
		Field:   string(found.by.field()),
		Message: fmt.Sprintf("in Procore this %s belongs to somebody of another name (person %s)", found.by, list(found.conflict)),
		Hint:    "correct the ID in the roster, or the person in Procore",
	})
}

func list(ids []int64) string {
	var b strings.Builder
	for i, id := range ids {
		switch {
		case i == 5:
			fmt.Fprintf(&b, " and %d more", len(ids)-i)
			return b.String()
		case i > 0:
			b.WriteString(", ")
		}
		fmt.Fprint(&b, id)
	}
	return b.String()
}
