package importer

import (
	"context"
	"fmt"

	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/procore"
	"muster/ratelimit"
)

// recallElsewhere puts what is known of this project in the place of what is
// known of another one of the company. Only an origin ID has its person in all of
// them: whoever one project has is put on the next, and not created there. That
// they are on this one has a key of its own, so that here, too, it is known
// whom a run has put there and who was taken off since. Whom an undo took off the
// other project may have been put on this one before, and that key says so, too.
func (r *run) recallElsewhere(work context.Context, items []*item, entries []ledger.Entry) error {
	var at []int
	var keys []ledger.Key
	for i, it := range items {
		if e := entries[i]; (e.State == ledger.Created || e.State == ledger.Removed) && e.Project != 0 && e.Project != r.Scope.Project {
			at, keys = append(at, i), append(keys, memberKey(r.Ledger, r.Scope, it.person.OriginID))
		}
	}
	here, err := r.lookup(work, keys)
	if err != nil {
		return err
	}
	for n, i := range at {
		if entries[i].State == ledger.Removed && (here[n].State == ledger.Absent || here[n].State == ledger.Refused) {
			continue // nobody knows them here, and the company's key is free
		}
		items[i].key, items[i].readmit, entries[i] = keys[n], entries[i].PersonID, here[n]
	}
	return nil
}

// recallCreated decides about a row whose person an earlier run has created. If
// the project does not list them any more, somebody may have put them there
// anew; otherwise they stay away unless RecreateRemoved. Whoever was created a
// moment ago is there by the ledger alone: a list may lag.
func (r *run) recallCreated(work context.Context, it *item, e ledger.Entry) error {
	id := e.PersonID
	if r.people == nil || r.people.person(id) != nil {
		r.existing(it, id)
		return nil
	}
	recent, err := r.justSettled(work, it.key)
	if err != nil {
		return err
	}
	if it.recent = recent; recent && !r.RecreateRemoved {
		r.existing(it, id)
		return nil
	}
	if _, shared := r.shares(it); !shared {
		if found := r.people.find(&it.person); len(found.ids) > 0 {
			if found.nameOnly {
				it.outcome.Problems = append(it.outcome.Problems, nameOnly(found.ids))
			}
			r.existing(it, found.ids[0])
			return nil
		}
	}
	if !r.RecreateRemoved {
		r.existing(it, id)
		return nil
	}
	// A list may lag: that they are gone is settled as a lost answer is.
	it.send, it.doubt, it.gone, it.since = false, true, id, r.started
	return nil
}

// justSettled reports whether the list of people was begun so soon after a run
// settled the key that it need not show yet whom that run created.
func (r *run) justSettled(work context.Context, key ledger.Key) (bool, error) {
	at, err := r.Ledger.LastSettled(work, key)
	if err != nil {
		return false, fmt.Errorf("look up in the ledger when somebody was created: %w", err)
	}
	return !at.IsZero() && r.people.listed.Sub(at) < r.settleAfter(), nil
}

// settleGone reports whether the listing shows what became of somebody whom the
// first one did not show. They were created before this run began.
func (s *settler) settleGone(work context.Context, it *item, now *people) bool {
	if now.person(it.gone) != nil {
		it.settle(outcome.Existing, it.outcome.Problems...)
		it.outcome.PersonID = it.gone
		s.finish(it)
		return true
	}
	if now.listed.Sub(it.since) < s.settleAfter() {
		return false
	}
	if err := s.removed(work, it); err != nil {
		s.ledgerFailed(it, outcome.Pending, err)
		s.finish(it)
		return true
	}
	it.readmit, it.gone, it.doubt = s.readmits(it, it.gone), 0, false
	s.again <- it
	return true
}

// removed records that the person of it is off the project, so that their key
// may be sent again.
func (r *run) removed(work context.Context, it *item) error {
	removals, err := r.Ledger.IntendRemovals(work, r.record, []ledger.CreatedPerson{{Key: it.key, Row: it.row, PersonID: it.gone}})
	if err != nil || len(removals) == 0 {
		return err
	}
	return r.Ledger.RecordRemovals(work, removals, []ledger.Result{{State: ledger.Removed, PersonID: it.gone, Code: "gone"}})
}

// readmits returns the person whom a row's request is to put back on the
// project, 0 if it is to create one. Whoever is taken off a project stays in the company,
// and an origin ID is taken there: only its owner can have it.
func (r *run) readmits(it *item, id int64) int64 {
	if it.person.OriginID == "" {
		return 0
	}
	return id
}

// request sends the one request that gives the project the person of it.
func (r *run) request(work context.Context, slot *ratelimit.Slot, it *item, token string) (procore.Person, error) {
	if it.readmit == 0 {
		return r.API.CreatePerson(work, slot, draft(&it.person), token)
	}
	return r.API.AddPerson(work, slot, it.readmit)
}

// notReadmitted reports whether Procore did not put the person of it back, as
// it does with one who is not in the company any more; then one is created.
func (it *item) notReadmitted(p procore.Person, err error) bool {
	if it.readmit == 0 || err != nil || p.ID != 0 {
		return false
	}
	it.readmit = 0
	return true
}
