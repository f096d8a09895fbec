package importer

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/importer/ledger"
	"muster/importer/outcome"
)

// TestReconcile names the decisions that matter, one by one. TestReconcileRules
// checks every combination of facts.
func TestReconcile(t *testing.T) {
	const lost = 5
	free := group{free: []int64{7}, open: 1}
	byID := match{ids: []int64{7}, by: byEmployeeID}
	nameOnly := match{ids: []int64{7}, by: byName, nameOnly: true}
	conflict := match{by: byEmployeeID, conflict: []int64{9}}
	recreate := policy{Policy: Policy{RecreateRemoved: true}}
	for _, c := range []struct {
		name   string
		facts  facts
		policy policy
		want   decision
	}{
		{"new", facts{proof: late}, policy{}, decision{next: ready, action: create}},
		{"new, the listing began too early", facts{proof: early}, policy{}, waiting(forListing)},
		{"new, dry run without a listing", facts{}, policy{dryRun: true}, decision{next: ready, action: create}},
		{"listed with the same ID", facts{proof: late, match: byID}, policy{}, finished(outcome.Existing, 7)},
		{"listed with the same name, the row has an ID", facts{proof: late, match: nameOnly}, policy{}, with(finished(outcome.Existing, 7, codeNameOnly), 7)},
		{"the name of a person who was matched with a row of another ID", facts{proof: late, match: match{by: byName, nameOnly: true, given: []int64{8}}}, policy{}, with(finished(outcome.Invalid, 0, codeNameGiven), 8)},
		{"the name of a given person, the listing began too early", facts{proof: early, match: match{by: byName, nameOnly: true, given: []int64{8}}}, policy{}, waiting(forListing)},
		{"the name of a person whose ID another row has", facts{proof: late, match: match{by: byName, claimed: []int64{8}}}, policy{}, with(finished(outcome.Existing, 8, codeNameOnly), 8)},
		{"listed with an ID that lost its zeros", facts{proof: late, match: match{ids: []int64{7}, by: byEmployeeID, alike: true}}, policy{}, with(finished(outcome.Existing, 7, codeIDAlike), 7)},
		{"listed with the same ID and another first name", facts{proof: late, match: match{ids: []int64{7}, by: byEmployeeID, renamed: true}}, policy{}, with(finished(outcome.Existing, 7, codeFirstName), 7)},
		{"fewer listed people than rows of the name", facts{proof: late, match: match{ids: []int64{7}, by: byName}, group: group{shared: true, free: []int64{7}}}, policy{Policy: Policy{AllowNamesakes: true}}, decision{next: ready, action: create}},
		{"the listed person of a row that the roster no longer has", facts{proof: late, match: match{ids: []int64{7}, by: byName}, group: group{shared: true, enough: true, spare: []int64{7}}}, policy{Policy: Policy{AllowNamesakes: true}}, finished(outcome.Existing, 7)},
		{"people of other last names have the ID", facts{proof: late, match: match{by: byName, shared: true, nameOnly: true}}, policy{}, decision{next: ready, action: create, codes: []string{codeSharedID}}},
		{"several inactive people, --reactivate", facts{proof: late, inactive: []int64{6, 4}}, policy{Policy: Policy{InactivePolicy: InactivePolicy{Reactivate: true}}}, with(finished(outcome.Invalid, 0, codeInactive), 6, 4)},
		{"another person has the ID", facts{proof: late, match: conflict}, policy{}, with(finished(outcome.Invalid, 0, codeIDConflict), 9)},
		{"refused before, listed now", facts{state: ledger.Refused, proof: late, match: byID}, policy{}, finished(outcome.Existing, 7)},
		{"another title", facts{proof: late, match: byID, retitled: []int64{7}}, policy{}, finished(outcome.Existing, 7, codeDiffers)},
		{"another title, --update", facts{proof: late, match: byID, retitled: []int64{7}}, policy{Policy: Policy{Update: true}}, decision{next: ready, status: outcome.Existing, person: 7, action: updateTitle, codes: []string{codeDiffers}}},

		{"removed by an undo", facts{state: ledger.Removed, proof: late}, policy{}, decision{next: ready, action: create}},
		{"removed by an undo, has an origin ID", facts{state: ledger.Removed, target: 5, proof: late}, policy{}, decision{next: ready, action: attach, person: 5}},
		{"created on another project", facts{target: 5, proof: late}, policy{}, decision{next: ready, action: attach, person: 5}},
		{"created on another project, a namesake here", facts{target: 5, proof: late, match: match{ids: []int64{7}, by: byName}}, policy{}, decision{next: ready, action: attach, person: 5}},
		{"created on another project, the name of a given person here", facts{target: 5, proof: late, match: match{by: byName, nameOnly: true, given: []int64{8}}}, policy{}, decision{next: ready, action: attach, person: 5}},
		{"created on another project, listed here", facts{target: 5, present: true, proof: late}, policy{}, finished(outcome.Existing, 5)},

		{"created earlier, listed", facts{state: ledger.Created, person: 5, present: true, proof: early}, policy{}, finished(outcome.Existing, 5)},
		{"created earlier, no listing", facts{state: ledger.Created, person: 5}, policy{}, finished(outcome.Existing, 5)},
		{"created a moment ago, not listed yet", facts{state: ledger.Created, person: 5, recent: true, proof: early}, policy{}, finished(outcome.Existing, 5)},
		{"created a moment ago, and inactive by now", facts{state: ledger.Created, person: 5, recent: true, proof: early, inactive: []int64{5}}, policy{}, with(finished(outcome.Invalid, 0, codeInactive), 5)},
		{"created a moment ago, --recreate-removed", facts{state: ledger.Created, person: 5, recent: true, proof: early}, recreate, waiting(forListing)},
		{"created earlier, listed with an ID that lost its zeros", facts{state: ledger.Created, person: 5, present: true, proof: late, match: match{ids: []int64{5}, by: byEmployeeID, alike: true}}, policy{}, with(finished(outcome.Existing, 5, codeIDAlike), 5)},
		{"created earlier, listed, and another person has an ID that lost its zeros", facts{state: ledger.Created, person: 5, present: true, proof: late, match: match{ids: []int64{7}, by: byEmployeeID, alike: true}}, policy{}, finished(outcome.Existing, 5)},
		{"created earlier, inactive, --reactivate", facts{state: ledger.Created, person: 5, proof: late, inactive: []int64{5}}, policy{Policy: Policy{InactivePolicy: InactivePolicy{Reactivate: true}}}, decision{next: ready, action: reactivate, person: 5, record: ledger.Removed}},
		{"gone, added by hand since, without --recreate-removed", facts{state: ledger.Created, person: 5, proof: late, match: byID}, policy{}, finished(outcome.Existing, 7)},
		{"gone, and a namesake has another person", facts{state: ledger.Created, person: 5, proof: late, match: match{ids: []int64{7}, by: byName}, group: group{shared: true, enough: true}}, policy{Policy: Policy{AllowNamesakes: true}}, finished(outcome.Existing, 5, codeGone)},
		{"created earlier, gone", facts{state: ledger.Created, person: 5, proof: early}, policy{}, finished(outcome.Existing, 5, codeGone)},
		{"gone, --recreate-removed, too early to tell", facts{state: ledger.Created, person: 5, proof: early}, recreate, waiting(forListing)},
		{"gone, --recreate-removed", facts{state: ledger.Created, person: 5, proof: late}, recreate, decision{next: ready, action: create, record: ledger.Removed}},
		{"gone, --recreate-removed, dry run", facts{state: ledger.Created, person: 5, proof: late}, policy{Policy: recreate.Policy, dryRun: true}, decision{next: ready, action: create, record: ledger.Removed, open: true}},
		{"gone, --recreate-removed, has an origin ID", facts{state: ledger.Created, person: 5, target: 5, proof: late}, recreate, decision{next: ready, action: attach, person: 5, record: ledger.Removed}},
		{"gone, added by hand since", facts{state: ledger.Created, person: 5, proof: late, match: byID}, recreate, finished(outcome.Existing, 7)},
		{"gone, and another person has the ID now", facts{state: ledger.Created, person: 5, proof: late, match: conflict}, recreate, with(finished(outcome.Invalid, 0, codeIDConflict), 9)},

		{"lost answer, listed", facts{state: ledger.Intended, sender: thisRun, proof: early, match: byID, group: free}, policy{}, decision{next: done, status: outcome.Created, person: 7, record: ledger.Created}},
		{"an earlier run's lost answer, listed", facts{state: ledger.Intended, proof: early, match: byID, group: free}, policy{}, decision{next: done, status: outcome.Existing, person: 7, record: ledger.Created}},
		{"lost answer, too early", facts{state: ledger.Intended, sender: thisRun, proof: early}, policy{}, waiting(forListing)},
		{"lost answer, absent", facts{state: ledger.Intended, sender: thisRun, proof: late}, policy{mostLosses: lost}, decision{next: ready, action: create, record: ledger.Refused}},
		{"lost answer, absent, dry run", facts{state: ledger.Intended, proof: late}, policy{dryRun: true, mostLosses: lost}, decision{next: ready, action: create, record: ledger.Refused, open: true}},
		{"lost too often", facts{state: ledger.Intended, sender: thisRun, losses: lost, proof: late}, policy{mostLosses: lost}, decision{next: done, status: outcome.Failed, codes: []string{codeKeptFailing}, record: ledger.Refused}},
		{"lost answer, no listing", facts{state: ledger.Intended}, policy{}, finished(outcome.Unknown, 0, codeAnswerLost)},
		{"lost answer, a namesake without ID is no evidence", facts{state: ledger.Intended, proof: late, match: nameOnly, group: free}, policy{mostLosses: lost}, decision{next: done, status: outcome.Existing, person: 7, codes: []string{codeNameOnly}, people: []int64{7}, record: ledger.Refused}},
		{"lost answer, more people than requests", facts{state: ledger.Intended, proof: late, match: match{ids: []int64{7, 8}, by: byName}, group: group{free: []int64{7, 8}, open: 1}}, policy{}, with(finished(outcome.Unknown, 0, codeAnswerLost), 7, 8)},
		{"lost answer, a namesake is under way", facts{state: ledger.Intended, proof: late, match: match{ids: []int64{7}, by: byName}, group: group{shared: true, free: []int64{7}, open: 1, busy: true}}, policy{Policy: Policy{AllowNamesakes: true}}, waiting(forNamesake)},
		{"lost attach, listed", facts{state: ledger.Intended, sender: thisRun, target: 5, present: true, proof: early}, policy{}, decision{next: done, status: outcome.Created, person: 5, record: ledger.Created}},

		{"sent by another project's run", facts{state: ledger.Intended, sender: foreignRun, proof: late}, policy{}, waiting(forOtherProject)},
		{"sent by another project's run, dry run", facts{state: ledger.Intended, sender: foreignRun, proof: late}, policy{dryRun: true}, finished(outcome.Unknown, 0, codeSentElsewhere)},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := reconcile(c.facts, c.policy)
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(decision{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestStopped names the decisions that replace others once nothing may be sent.
func TestStopped(t *testing.T) {
	send := decision{next: ready, action: create}
	update := decision{next: ready, status: outcome.Existing, person: 7, action: updateTitle, codes: []string{codeDiffers}}
	recorded := func(d decision, s ledger.State) decision {
		d.record = s
		return d
	}
	intended, created := facts{state: ledger.Intended}, facts{state: ledger.Created, person: 5}
	for _, c := range []struct {
		name     string
		facts    facts
		decision decision
		want     decision
	}{
		{"done", facts{}, finished(outcome.Existing, 7), finished(outcome.Existing, 7)},
		{"to be created", facts{}, send, decision{next: done, status: outcome.Pending}},
		{"absent after a lost answer", intended, recorded(send, ledger.Refused), decision{next: done, status: outcome.Pending, record: ledger.Refused}},
		{"another title", facts{}, update, finished(outcome.Existing, 7, codeDiffers)},
		{"listed after a lost answer, another title", intended, recorded(update, ledger.Created), recorded(finished(outcome.Existing, 7, codeDiffers), ledger.Created)},
		{"after a lost answer", intended, waiting(forListing), finished(outcome.Unknown, 0, codeAnswerLost)},
		{"sent by another project's run", intended, waiting(forOtherProject), finished(outcome.Unknown, 0, codeSentElsewhere)},
		{"to be created again", created, recorded(send, ledger.Removed), finished(outcome.Existing, 5, codeGone)},
		{"too early to tell", facts{}, waiting(forListing), decision{next: done, status: outcome.Pending}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.decision.stopped(c.facts)
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(decision{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func with(d decision, people ...int64) decision {
	d.people = people
	return d
}

// TestReconcileRules holds every combination of facts to the invariants: a row
// is sent only on proof, an open intent stays open unless something proves what
// became of it, and every decision is one that a task may take.
func TestReconcileRules(t *testing.T) {
	count := 0
	eachCombination(func(f facts, p policy) {
		count++
		d := reconcile(f, p)
		for _, rule := range rules {
			if rule.broken(f, p, d) {
				t.Fatalf("%s: %s\npolicy %+v", rule.name, describe(f, d), p)
			}
			s := d.stopped(f)
			if s.next != done || s.action != noAction || s.status == "" {
				t.Fatalf("a stopped run leaves the row open: %s\nstopped %+v", describe(f, d), s)
			}
		}
	})
	if count < 100_000 {
		t.Errorf("only %d combinations", count)
	}
	t.Logf("%d combinations", count)
}

func describe(f facts, d decision) string { return fmt.Sprintf("facts %+v\ndecision %+v", f, d) }

var rules = []struct {
	name   string
	broken func(facts, policy, decision) bool
}{
	{"a row is sent without proof that the person is absent", func(f facts, p policy, d decision) bool {
		return (d.action == create || d.action == attach) && f.proof != late && !p.dryRun
	}},
	{"a row is sent although an open intent is not settled", func(f facts, _ policy, d decision) bool {
		return f.state == ledger.Intended && d.next == ready && d.record != ledger.Refused && d.record != ledger.Created
	}},
	{"an intent counts as refused without proof", func(f facts, p policy, d decision) bool {
		return d.record == ledger.Refused && f.proof != late && !p.dryRun
	}},
	{"a row is sent although the listing shows the person", func(f facts, _ policy, d decision) bool {
		return (d.action == create || d.action == attach || d.action == reactivate) && f.present
	}},
	{"a row is sent although its ID is listed", func(f facts, p policy, d decision) bool {
		return d.action == create && !p.AllowNamesakes && len(f.match.ids) > 0 && f.match.by != byName && f.proof != noListing
	}},
	{"a person is created although another row was given the listed person of the name", func(f facts, p policy, d decision) bool {
		return d.action == create && len(f.match.given) > 0 && f.proof != noListing
	}},
	{"another project's intent is judged by this project's listing", func(f facts, _ policy, d decision) bool {
		return f.sender == foreignRun && f.state == ledger.Intended && (d.record != ledger.Absent || d.next == ready)
	}},
	{"a person is created although the company has the person", func(f facts, _ policy, d decision) bool {
		return d.action == create && f.target != 0
	}},
	{"a person is replaced without --recreate-removed", func(f facts, p policy, d decision) bool {
		return d.record == ledger.Removed && !p.RecreateRemoved && d.action != reactivate
	}},
	{"a finished row has no status, or a person that its status excludes", func(_ facts, _ policy, d decision) bool {
		return d.next == done && (d.status == "" || d.status.HasPerson() != (d.person != 0))
	}},
	{"a person is created although an inactive person matches", func(f facts, _ policy, d decision) bool {
		return (d.action == create || d.action == attach) && len(f.inactive) > 0
	}},
	{"an inactive person becomes active without --reactivate", func(_ facts, p policy, d decision) bool {
		return d.action == reactivate && !p.Reactivate
	}},
	{"an inactive person proves that a request succeeded", func(f facts, _ policy, d decision) bool {
		return d.record == ledger.Created && len(f.match.ids) == 0 && !f.present
	}},
	{"a dry run waits", func(_ facts, p policy, d decision) bool { return p.dryRun && d.next == unsettled }},
	{"a decision is no state of a planned or unsettled task", func(_ facts, _ policy, d decision) bool {
		return d.next != unsettled && !slices.Contains(transitions[unsettled], d.next)
	}},
}

// eachCombination calls visit with every combination of ledger state, listing
// match, listing age, name group and policy.
func eachCombination(visit func(facts, policy)) {
	matches := []match{
		{by: byName},
		{ids: []int64{7}, by: byOriginID},
		{ids: []int64{7}, by: byEmployeeID},
		{ids: []int64{7}, by: byEmployeeID, alike: true},
		{ids: []int64{7}, by: byEmployeeID, renamed: true},
		{ids: []int64{7}, by: byName},
		{ids: []int64{7, 8}, by: byName},
		{ids: []int64{7}, by: byName, nameOnly: true},
		{by: byName, claimed: []int64{8}},
		{by: byName, nameOnly: true, given: []int64{8}},
		{by: byEmployeeID, conflict: []int64{9}},
		{by: byName, shared: true, nameOnly: true},
	}
	bools := []bool{false, true}
	for _, f := range baseFacts() {
		for _, m := range matches {
			f.match = m
			for _, g := range groups(m) {
				f.group = g
				for _, retitled := range [][]int64{nil, {5, 7, 8}} {
					f.retitled = retitled
					for _, recreate := range bools {
						for _, update := range bools[:min(len(retitled), 1)+1] {
							for _, dryRun := range bools {
								for _, inactive := range [][]int64{nil, {6}, {6, 4}} {
									f.inactive = inactive
									for _, reactivate := range bools[:min(len(inactive), 1)+1] {
										visit(f, policy{dryRun: dryRun, mostLosses: 5, Policy: Policy{
											RecreateRemoved: recreate, Update: update, AllowNamesakes: g.shared,
											InactivePolicy: InactivePolicy{Reactivate: reactivate},
										}})
									}
								}
							}
						}
					}
				}
			}
		}
	}
}

func groups(m match) []group {
	alone := group{free: m.ids, open: 1, enough: len(m.ids) > 0}
	out := []group{alone}
	for _, busy := range []bool{false, true} {
		for _, g := range []group{{}, {free: m.ids}, {spare: m.ids}} {
			for open := 1; open <= 2; open++ {
				g.shared, g.busy, g.open, g.enough = true, busy, open, len(m.ids) > 0
				out = append(out, g)
				if g.enough && open == 1 && !busy {
					g.enough = false
					out = append(out, g)
				}
			}
		}
	}
	return out
}

// baseFacts returns the combinations of what the ledger knows and of what the
// listing says about the person whom the ledger names.
func baseFacts() []facts {
	var out []facts
	for _, state := range []ledger.State{ledger.Absent, ledger.Intended, ledger.Created, ledger.Refused, ledger.Removed} {
		for _, target := range []int64{0, 5} {
			for _, p := range []proof{noListing, early, late} {
				for flags := range 8 {
					f := facts{state: state, target: target, proof: p, present: flags&1 != 0 && p != noListing}
					switch state {
					case ledger.Created:
						f.person, f.recent = 5, flags&2 != 0
					case ledger.Intended:
						if f.sender = sender(flags >> 1); f.sender > foreignRun {
							continue
						}
						if f.sender == thisRun {
							f.losses = 5
							out = append(out, f)
							f.losses = 1
						}
					case ledger.Absent, ledger.Refused, ledger.Removed:
					}
					if f.present && target == 0 && state != ledger.Created {
						continue
					}
					out = append(out, f)
				}
			}
		}
	}
	return out
}
