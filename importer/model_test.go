package importer

import (
	"fmt"
	"hash/maphash"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/importer/ledger"
	"muster/importer/procore"
	"muster/mapping"
)

// The model's time is in ticks of a quarter of settle-after.
const (
	modelSettle  = 4 // settle-after
	modelLate    = 2 // how long Procore may go on with a request that the client gave up
	modelLag     = 1 // how long listings may lag
	modelTimeout = 1 // of a request
	modelPause   = 6 // how long a process may be suspended between an intent and its request
	modelJump    = 50
)

// modelRules are the rules that keep a person from being created twice. Each can
// be taken away, to show that the model needs it.
type modelRules struct {
	allIntents bool // every open intent of the project delays the proof of absence, not only the row's
	fromStart  bool // the age of an intent counts from the run's start, not by the wall clock
	lag        bool // what an earlier run created under the row's name delays the proof
	guard      bool // an intent that is old before its request leaves is withdrawn
}

// modelPowers are what the adversary may do beside killing runs, losing answers
// and delaying Procore.
type modelPowers struct {
	runs                   int
	edits                  bool // of the row between runs
	jumps, pauses, stopped bool // the wall clock is set forward; the process is suspended; a run is interrupted
}

// modelWorld is one person, a roster of one row, several runs, and an adversary
// who makes every choice in every order.
type modelWorld struct {
	choose func(options int) int
	rules  modelRules
	powers modelPowers
	now    int
	clock  int // how far the wall clock is ahead
	people []modelPerson
	ledger map[string]*modelEntry
}

type modelPerson struct {
	procore.Person
	visible int // tick from which listings show the person; -1: was never created
}

type modelEntry struct {
	state         ledger.State
	person        int64
	sent, settled int // by the wall clock
}

var modelSeed = maphash.MakeSeed()

func modelKey(p mapping.Person) string { return string(personKey(&p, 1)) }

// list returns a listing that begins at a tick.
func (w *modelWorld) list(at int) *people {
	x := newPeople()
	x.seed, x.listed = modelSeed, time.Unix(int64(at), 0)
	for _, p := range w.people {
		if p.visible >= 0 && p.visible <= at {
			x.add(p.Person, nil)
		}
	}
	x.sort()
	return x
}

// since returns the tick after which a listing must begin settle-after later.
func (w *modelWorld) since(start int, key string) int {
	latest := -1000
	for k, e := range w.ledger {
		at := latest
		switch {
		case e.state == ledger.Intended && (w.rules.allIntents || k == key):
			if at = start; !w.rules.fromStart {
				at = min(start, e.sent+modelTimeout-w.clock)
			}
		case e.state == ledger.Created && w.rules.lag:
			at = min(start, e.settled-w.clock)
		}
		latest = max(latest, at)
	}
	return latest
}

// run is one run over the roster with the row p.
func (w *modelWorld) run(p mapping.Person) {
	key := modelKey(p)
	e := w.ledger[key]
	if e == nil {
		e = &modelEntry{}
		w.ledger[key] = e
	}
	since := w.since(w.now, key)
	listed, losses, ours := w.now, 0, false
	for range 6 {
		d := reconcile(w.facts(p, e, listed, since, losses, ours), policy{mostLosses: 3})
		if d.record != ledger.Absent {
			w.settle(e, d.record, d.person)
		}
		switch d.next {
		case unsettled:
			if w.powers.stopped && w.choose(2) == 1 {
				return
			}
			w.now = max(w.now, since+modelSettle)
			listed = w.now
			w.settleOthers(listed, e)
			continue
		case ready:
		case planned, inFlight, done:
			return
		}
		before := *e
		e.state, e.sent = ledger.Intended, w.now+w.clock
		if w.choose(2) == 1 {
			return // killed before the request leaves
		}
		if w.powers.pauses && w.choose(2) == 1 {
			w.now += modelPause
			if w.rules.guard {
				e.state, e.person = ledger.Refused, before.person
				listed = w.now
				continue
			}
		}
		if !w.request(p, e) {
			return
		}
		losses, since, ours = losses+1, w.now, true
		if w.powers.stopped && w.choose(2) == 1 {
			return
		}
		w.now = since + modelSettle
		listed = w.now
	}
}

func (w *modelWorld) facts(p mapping.Person, e *modelEntry, listed, since, losses int, ours bool) facts {
	now := w.list(listed)
	f := facts{state: e.state, person: e.person, losses: losses, proof: late, match: now.find(&p, false)}
	if ours {
		f.sender = thisRun
	}
	if listed < since+modelSettle {
		f.proof = early
	}
	f.present = e.state == ledger.Created && now.person(e.person) != nil
	f.recent = e.state == ledger.Created && listed+w.clock < e.settled+modelSettle
	f.group = group{free: f.match.ids, open: 1}
	return f
}

// request sends a request and reports whether the answer was lost. Otherwise the
// run has its answer, or was killed.
func (w *modelWorld) request(p mapping.Person, e *modelEntry) (lost bool) {
	how := w.choose(4)
	answered, killed := how == 0 || how == 3, how >= 2
	visible := -1
	if answered {
		visible = w.now + w.choose(modelLag+1)
	} else {
		w.now += w.choose(modelTimeout + 1)
		if delay := w.choose(modelLate + 2); delay <= modelLate {
			visible = w.now + delay + w.choose(modelLag+1)
		}
	}
	id := int64(len(w.people) + 1)
	w.people = append(w.people, modelPerson{visible: visible, Person: procore.Person{
		ID: id, FirstName: p.FirstName, LastName: p.LastName, EmployeeID: p.EmployeeID, OriginID: p.OriginID,
	}})
	if answered && !killed {
		w.settle(e, ledger.Created, id)
	}
	return !answered && !killed
}

func (w *modelWorld) settle(e *modelEntry, s ledger.State, person int64) {
	e.state, e.person, e.settled = s, person, w.now+w.clock
}

// settleOthers settles the open intents that are not the row's by key, as
// staleIntents does.
func (w *modelWorld) settleOthers(at int, row *modelEntry) {
	if !w.rules.allIntents {
		return
	}
	for key, e := range w.ledger {
		if e == row || e.state != ledger.Intended {
			continue
		}
		var found []int64
		for _, p := range w.people {
			m := mapping.Person{FirstName: p.FirstName, LastName: p.LastName, EmployeeID: p.EmployeeID, OriginID: p.OriginID}
			if p.visible >= 0 && p.visible <= at && modelKey(m) == key {
				found = append(found, p.ID)
			}
		}
		switch len(found) {
		case 0:
			w.settle(e, ledger.Refused, 0)
		case 1:
			w.settle(e, ledger.Created, found[0])
		}
	}
}

// exploreWorlds plays up to limit worlds, every one with other choices, and
// returns how many were played and the choices that created the person twice.
func exploreWorlds(limit int, r modelRules, p modelPowers, rows []mapping.Person) (worlds int, twice []string) {
	var path, options []int
	for worlds < limit && twice == nil {
		depth := 0
		w := &modelWorld{rules: r, powers: p, now: 100, ledger: map[string]*modelEntry{}}
		w.choose = func(n int) int {
			if depth == len(path) {
				path, options = append(path, 0), append(options, n)
			}
			depth++
			return path[depth-1]
		}
		var played []string
		for n := range p.runs {
			row := rows[0]
			if n > 0 {
				w.now += []int{0, 1, modelSettle + 4}[w.choose(3)]
				if p.jumps && w.choose(2) == 1 {
					w.clock += modelJump
				}
				if p.edits {
					row = rows[w.choose(len(rows))]
				}
			}
			w.run(row)
			played = append(played, fmt.Sprintf("run %+v: choices %v", row, path[:depth]))
		}
		worlds++
		if created := slices.DeleteFunc(w.people, func(p modelPerson) bool { return p.visible < 0 }); len(created) > 1 {
			twice = played
		}
		path, options = path[:depth], options[:depth]
		for len(path) > 0 && path[len(path)-1]+1 == options[len(path)-1] {
			path, options = path[:len(path)-1], options[:len(path)-1]
		}
		if len(path) == 0 {
			return worlds, twice
		}
		path[len(path)-1]++
	}
	return worlds, twice
}

// Without each of the rules some sequence of kills, lost answers, delays and
// edits creates a person twice; with all of them none does. While ages count
// from the run's start, no sequence on one host needs the guard; where an
// intent's date counts, one does.
func TestModelOfTheWorld(t *testing.T) {
	t.Parallel()
	name := mapping.Person{FirstName: "Ann", LastName: "Lee"}
	badge := mapping.Person{FirstName: "Ann", LastName: "Lee", EmployeeID: "05"}
	origin := mapping.Person{FirstName: "Ann", LastName: "Lee", OriginID: "HR-1"}
	all := modelRules{allIntents: true, fromStart: true, lag: true, guard: true}
	without := func(change func(*modelRules)) modelRules {
		r := all
		change(&r)
		return r
	}
	limit := 25_000
	if os.Getenv("MUSTER_TEST_LONG") != "" {
		limit = 400_000
	}
	for _, c := range []struct {
		name   string
		rules  modelRules
		powers modelPowers
		rows   []mapping.Person
		twice  bool
	}{
		{"only the row's own open intents", without(func(r *modelRules) { r.allIntents = false }), modelPowers{runs: 2, edits: true, stopped: true}, []mapping.Person{name, badge}, true},
		{"ages by the wall clock", without(func(r *modelRules) { r.fromStart = false }), modelPowers{runs: 2, jumps: true}, []mapping.Person{badge}, true},
		{"no wait for lagging listings", without(func(r *modelRules) { r.lag = false }), modelPowers{runs: 2, edits: true}, []mapping.Person{name, badge}, true},
		{"no guard, ages by an intent's date", without(func(r *modelRules) { r.guard, r.fromStart = false, false }), modelPowers{runs: 2, pauses: true}, []mapping.Person{badge}, true},
		{"a guard, ages by an intent's date", without(func(r *modelRules) { r.fromStart = false }), modelPowers{runs: 2, pauses: true}, []mapping.Person{badge}, false},
		{"all rules", all, modelPowers{runs: 3, stopped: true, jumps: true}, []mapping.Person{badge}, false},
		{"all rules, suspended", all, modelPowers{runs: 3, pauses: true}, []mapping.Person{badge}, false},
		{"all rules, edits", all, modelPowers{runs: 3, stopped: true, edits: true}, []mapping.Person{name, badge}, false},
		{"all rules, edits of the origin ID", all, modelPowers{runs: 2, stopped: true, edits: true, pauses: true}, []mapping.Person{badge, origin, name}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			worlds, twice := exploreWorlds(limit, c.rules, c.powers, c.rows)
			if (twice != nil) != c.twice {
				t.Errorf("%d worlds, twice: %t, want %t\n%s", worlds, twice != nil, c.twice, strings.Join(twice, "\n"))
			}
			t.Logf("%d worlds", worlds)
		})
	}
}
