package importer

import (
	"slices"

	"muster/importer/ledger"
	"muster/importer/outcome"
)

// proof is what a listing proves about a missing person.
type proof uint8

// The grades of proof.
const (
	noListing proof = iota // there is no listing
	early                  // the listing began before a request had its time
	late                   // the listing began settle-after later: the person does not exist
)

// sender is the run that has the open intent of a row.
type sender uint8

// The senders.
const (
	earlierRun sender = iota // of this project
	thisRun                  // the run that asks
	foreignRun               // a run of another project
)

// facts is everything that reconcile knows of a row.
type facts struct {
	state    ledger.State // of the row's key
	person   int64        // of Created
	sender   sender       // of Intended
	losses   int          // answers that this run lost for the row
	proof    proof
	present  bool    // the listing shows the person, or the target
	recent   bool    // an earlier run created the person so lately that a listing need not show the person
	target   int64   // the person of the company to attach; 0: create one
	match    match   // the row in the listing
	inactive []int64 // inactive people who match
	group    group   // rows and people of the row's name
	retitled []int64 // people with another job title than the row's
}

// group is what a row shares with rows and people of the same name.
type group struct {
	shared bool    // several rows may have this name
	enough bool    // the listing shows at least as many people as the row's number
	free   []int64 // listed people who match and belong to no row
	spare  []int64 // listed people of rows that the roster no longer has
	open   int     // open intents of the name, the row's own included
	busy   bool    // a request for another row of the name is under way
}

// policy is what the user asked for, and how the run goes about it.
type policy struct {
	Policy
	dryRun     bool // nothing is sent, recorded or waited for
	mostLosses int  // lost answers after which a row has failed
}

// waitReason is what an unsettled task waits for.
type waitReason uint8

// The reasons.
const (
	noWait          waitReason = iota
	forListing                 // a listing that begins late enough
	forNamesake                // the request of another row of the name
	forOtherProject            // a run of another project
)

// decision is what to do with a task.
type decision struct {
	next   state          // ready, unsettled or done
	status outcome.Status // of done
	person int64          // of done and updateTitle; of attach and reactivate, the target
	action action         // of ready
	wait   waitReason     // of unsettled
	codes  []string       // problems and notes to add
	people []int64        // the people that a code speaks of
	open   bool           // in a dry run: an import settles the row first

	// record is the state that the ledger must hold before the decision takes
	// effect; ledger.Absent: none.
	record ledger.State
}

// The codes that reconcile gives.
const (
	codeAnswerLost    = "answer_lost"
	codeNameOnly      = "name_only"
	codeNameGiven     = "name_given"
	codeIDAlike       = "id_alike"
	codeIDConflict    = "id_conflict"
	codeGone          = "gone"
	codeDiffers       = "differs"
	codeKeptFailing   = "kept_failing"
	codeSentElsewhere = "sent_elsewhere"
	codeFirstName     = "other_first_name"
	codeSharedID      = "shared_id"
	codeCreatedBefore = "created_before"
	codeInactive      = "inactive_person"
	codeAttached      = "attached"
	codeReactivated   = "reactivated"
	codePersonTaken   = "person_taken"
)

// reconcile decides what becomes of a row. It reads no clock, no ledger and no
// listing, and changes nothing. It is called after the lookup in the ledger,
// after a listing, and by a dry run.
func reconcile(f facts, p policy) decision {
	switch f.state {
	case ledger.Intended:
		if f.sender == foreignRun {
			return foreignIntent(p)
		}
		return openIntent(f, p)
	case ledger.Created:
		return created(f, p)
	case ledger.Absent, ledger.Refused, ledger.Removed:
	}
	return absent(f, p)
}

// foreignIntent decides about a row after a run of another project sent the same
// origin ID.
func foreignIntent(p policy) decision {
	if p.dryRun {
		return finished(outcome.Unknown, 0, codeSentElsewhere)
	}
	return waiting(forOtherProject)
}

// openIntent decides about a row after a request with unknown effect.
// A person who matches by the name alone, although the row has an ID, is no
// evidence that the request succeeded.
func openIntent(f facts, p policy) decision {
	candidates := f.group.free
	if f.match.nameOnly {
		candidates = nil
	}
	switch {
	case f.proof == noListing:
		return finished(outcome.Unknown, 0, codeAnswerLost)
	case f.target != 0 && f.present:
		return f.evidence(f.target, p)
	case len(candidates) > 0 && f.group.busy && !p.dryRun:
		return waiting(forNamesake)
	case len(candidates) > f.group.open:
		d := finished(outcome.Unknown, 0, codeAnswerLost)
		d.people = candidates
		return d
	case len(candidates) > 0:
		return f.evidence(candidates[0], p)
	case f.proof == early && !p.dryRun:
		return waiting(forListing)
	}
	d := absent(f, p)
	if d.next == ready && f.losses >= p.mostLosses {
		d = finished(outcome.Failed, 0, codeKeptFailing)
	}
	d.record = ledger.Refused
	d.open = p.dryRun
	return d
}

// evidence decides about a row after a listing proved that the open request
// succeeded.
func (f facts) evidence(id int64, p policy) decision {
	d := existing(f, p, id)
	if f.sender == thisRun {
		d = finished(outcome.Created, id)
	}
	d.record = ledger.Created
	return d
}

// created decides about a row after an earlier run created the person.
func created(f facts, p policy) decision {
	switch {
	case f.proof == noListing, f.present, f.recent && !p.RecreateRemoved && len(f.inactive) == 0:
		d := existing(f, p, f.person)
		if f.match.alike && slices.Contains(f.match.ids, f.person) {
			d.codes, d.people = append(d.codes, codeIDAlike), f.match.ids
		}
		return d
	case !f.group.shared && len(f.match.ids) > 0: // the person was put on the project again
		return matched(f, p, f.match.ids)
	case len(f.inactive) > 0:
		d := inactive(f, p)
		if d.next == ready {
			d.record = ledger.Removed // so that the key may be sent again
		}
		return d
	case !p.RecreateRemoved:
		return finished(outcome.Existing, f.person, codeGone)
	}
	d := absent(f, p)
	if d.next == ready {
		d.record = ledger.Removed
	}
	d.open = p.dryRun
	return d
}

// absent decides about a row without a person, as far as the ledger knows.
func absent(f facts, p policy) decision {
	switch {
	case f.target != 0 && f.present:
		return existing(f, p, f.target)
	case len(f.match.conflict) > 0:
		d := finished(outcome.Invalid, 0, codeIDConflict)
		d.people = f.match.conflict
		return d
	}
	if people := f.takers(p); len(people) > 0 {
		return matched(f, p, people)
	}
	switch {
	case f.proof != late && !p.dryRun:
		return waiting(forListing)
	case f.target == 0 && len(f.match.given) > 0:
		d := finished(outcome.Invalid, 0, codeNameGiven)
		d.people = f.match.given
		return d
	case len(f.inactive) > 0:
		return inactive(f, p)
	case f.target != 0:
		return decision{next: ready, action: attach, person: f.target}
	}
	d := decision{next: ready, action: create}
	if f.match.shared {
		d.codes = []string{codeSharedID}
	}
	return d
}

// inactive decides about a row after no active person but inactive people matched.
// A second person is never created; the user says whether the person comes back.
func inactive(f facts, p policy) decision {
	if p.Reactivate && len(f.inactive) == 1 {
		return decision{next: ready, action: reactivate, person: f.inactive[0]}
	}
	d := finished(outcome.Invalid, 0, codeInactive)
	d.people = f.inactive
	return d
}

// takers returns the listed people that a row without an open request may be.
// A person of the company is sought by ID: a namesake is another person.
func (f facts) takers(p policy) []int64 {
	switch {
	case f.target != 0 && f.match.by == byName:
		return nil
	case p.AllowNamesakes && !f.group.enough:
		return nil
	case p.AllowNamesakes:
		return slices.Concat(f.group.free, f.group.spare)
	}
	return slices.Concat(f.match.ids, f.match.claimed)
}

// matched decides about a row after a match with listed people.
func matched(f facts, p policy, people []int64) decision {
	d := existing(f, p, people[0])
	switch {
	case f.match.alike:
		d.codes, d.people = append(d.codes, codeIDAlike), f.match.ids
	case f.match.renamed:
		d.codes, d.people = append(d.codes, codeFirstName), f.match.ids
	case f.match.by == byName && (!p.AllowNamesakes || f.match.nameOnly):
		d.codes, d.people = append(d.codes, codeNameOnly), slices.Concat(f.match.ids, f.match.claimed)
	}
	return d
}

// existing decides about a row with a known person: by the ledger, or in the listing.
func existing(f facts, p policy, id int64) decision {
	if !slices.Contains(f.retitled, id) {
		return finished(outcome.Existing, id)
	}
	d := finished(outcome.Existing, id, codeDiffers)
	if p.Update {
		d.next, d.action = ready, updateTitle
	}
	return d
}

// stopped replaces a decision that can't be carried out because the intake has
// ended: nothing is sent or waited for any more.
func (d decision) stopped(f facts) decision {
	switch {
	case d.next == done, d.record == ledger.Created:
		d.next, d.action = done, noAction
		return d
	case d.action == updateTitle:
		return finished(outcome.Existing, d.person, d.codes...)
	case d.wait == forOtherProject:
		return finished(outcome.Unknown, 0, codeSentElsewhere)
	case f.state == ledger.Intended && d.next == unsettled:
		return finished(outcome.Unknown, 0, codeAnswerLost)
	case f.state == ledger.Created:
		return finished(outcome.Existing, f.person, codeGone)
	}
	return decision{next: done, status: outcome.Pending, record: d.record}
}

func finished(s outcome.Status, person int64, codes ...string) decision {
	return decision{next: done, status: s, person: person, codes: codes}
}

func waiting(r waitReason) decision { return decision{next: unsettled, wait: r} }
