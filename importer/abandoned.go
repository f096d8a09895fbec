package importer

import (
	"context"
	"time"

	"muster/importer/ledger"
)

// awaitAbandoned waits until requests can't come to effect any more that an
// earlier run has left in doubt, and whose keys no row of the roster has: somebody
// may have given a row an ID, or corrected it, and so another key. Then only
// the list of people can tell who that request has made, and it must not be
// begun before. Everybody else in doubt is found by their key.
func (r *run) awaitAbandoned(intake, work context.Context) error {
	if r.Ledger == nil {
		return nil
	}
	open, err := r.Ledger.OpenIntents(work, r.Scope)
	if err != nil {
		return err
	}
	until := map[ledger.Key]time.Time{}
	for _, intent := range open {
		if at := r.givenUp(intent).Add(r.settleAfter()); at.After(r.started) {
			until[intent.Key] = at
		}
	}
	if r.withoutRows(intake, until); len(until) == 0 {
		return nil
	}
	var last time.Time
	for _, at := range until {
		if at.After(last) {
			last = at
		}
	}
	if r.OnDoubt != nil {
		r.OnDoubt(len(until), last)
		defer r.OnDoubt(0, time.Time{})
	}
	wait(intake, time.Until(last))
	r.people = nil // listed too early, if they were
	return nil
}

// withoutRows takes out of keys those that rows of the roster have. Trouble with the
// roster is told when its rows are read to be sent.
func (r *run) withoutRows(intake context.Context, keys map[ledger.Key]time.Time) {
	if len(keys) == 0 {
		return
	}
	a := newAssessor(r.Job, r.plan)
	for rows, err := range r.Source.ahead() {
		if err != nil || len(keys) == 0 || intake.Err() != nil {
			return
		}
		assessed := a.assess(rows)
		for i := range assessed {
			one := &assessed[i]
			if one.status != "" {
				continue
			}
			delete(keys, r.ledgerKey(one.key))
			if one.person.OriginID != "" {
				delete(keys, memberKey(r.Ledger, r.Scope, one.person.OriginID))
			}
		}
	}
}

// givenUp returns when a request of an earlier run was given up at the latest. The run
// that sent it can't have waited for the answer longer than this one has been at
// work, nor longer than the client waits for any after create has waited to send it.
func (r *run) givenUp(i ledger.Intent) time.Time {
	at := i.Sent.Add(2 * r.API.Timeout())
	if at.After(r.started) {
		return r.started
	}
	// What the machine's clock does from now on does not matter.
	return r.started.Add(at.Sub(r.started))
}
