package importer

import (
	"context"
	"fmt"
	"sync"

	"muster/importer/ledger"
)

// nameGroups tracks rows of the same name. A listing shows the people of all these rows
// under one name. Which row has which person does not matter, as long as no two rows have
// the same person.
type nameGroups struct {
	deciding sync.Mutex       // held from the facts of a row to the decision, so that no other row gets the same person
	mu       sync.Mutex       // of the fields below
	taken    map[int64]bool   // people of rows that the ledger does not record
	underWay map[string]int   // requests under way, by the first key of the name
	numbers  map[string][]int // numbers that renumber has left, by the first key of the name
	back     map[int64]int    // the task, by the person of an undo to put back on the project
}

// nameKey returns the key of the first row with the task's name and no ID. The key
// is "" without --allow-namesakes.
func (r *run) nameKey(t *task) string {
	if !r.AllowNamesakes {
		return ""
	}
	return string(nameKey(&t.person, 1))
}

// renumber gives a task a number within the name that no finished row of a results
// file has. A finished row keeps the key under which the person was created,
// wherever the row is now. Counted from the top, another row could get that key
// and pass for that person.
func (r *run) renumber(work context.Context, t *task) error {
	first := r.nameKey(t)
	rows := r.plan.namesakes[first]
	if first == "" || keyOf(&t.person) != byName || rows == 0 || len(r.plan.kept) == 0 || r.Ledger == nil {
		return nil
	}
	numbers, known := r.names.numbers[first]
	if !known {
		entries, err := r.lookup(work, r.nameKeys(t, rows))
		if err != nil {
			return fmt.Errorf("look up people of one name in the ledger: %w", err)
		}
		seen := map[int64]bool{} // a row has one number, so enough are left
		for i, e := range entries {
			if id := e.PersonID; e.State == ledger.Created && r.plan.kept[id] && !seen[id] {
				seen[id] = true
			} else {
				numbers = append(numbers, i+1)
			}
		}
	}
	t.namesake, r.names.numbers[first] = numbers[0], numbers[1:]
	return nil
}

// nameKeys returns the ledger's keys of the first n rows with the task's name.
func (r *run) nameKeys(t *task, n int) []ledger.Key {
	keys := make([]ledger.Key, n)
	for i := range keys {
		keys[i] = r.ledgerKey(nameKey(&t.person, i+1))
	}
	return keys
}

// groupOf returns what the task shares with rows and people of the same name. A
// row of the name that the roster no longer has leaves its person spare. If the
// free people are no more than the open intents, the requests of these intents
// created them.
func (r *run) groupOf(work context.Context, t *task, found match) (group, error) {
	first := r.nameKey(t)
	g := group{shared: first != "", enough: len(found.ids) >= t.namesake, open: 1}
	byNameAlone := keyOf(&t.person) == byName
	if !g.shared || len(found.ids) == 0 || !byNameAlone && !found.nameOnly {
		g.free = found.ids
		return g, nil
	}
	rows := r.plan.namesakes[first]
	if rows == 0 && (byNameAlone || r.plan.index.hasName(&t.person)) {
		rows = 1
	}
	entries, err := r.lookup(work, r.nameKeys(t, rows+len(found.ids)))
	if err != nil {
		return g, err
	}
	owner := map[int64]int{} // the number of the row that has a person
	for i, e := range entries {
		switch {
		case byNameAlone && i+1 == t.namesake:
		case e.State == ledger.Created:
			owner[e.PersonID] = i + 1
		case e.State == ledger.Intended:
			g.open++
		}
	}
	r.names.mu.Lock()
	defer r.names.mu.Unlock()
	g.busy = r.names.underWay[first] > 0
	for _, id := range found.ids {
		// A person listed before the run was not created by the run.
		before := t.ours && r.people != nil && r.people.person(id) != nil
		switch n := owner[id]; {
		case before || r.names.taken[id] || r.plan.kept[id]:
		case n == 0 || n > rows && !byNameAlone: // a row that had no ID before is the same row
			g.free = append(g.free, id)
		case n > rows:
			g.spare = append(g.spare, id)
		}
	}
	return g, nil
}

// take notes that a person belongs to a task, which the ledger does not record.
func (r *run) take(id int64) {
	r.names.mu.Lock()
	defer r.names.mu.Unlock()
	r.names.taken[id] = true
}

// notGiven divides listed people who match a row by the name alone: one without an ID
// can be the person of only one of the rows that have IDs.
func (r *run) notGiven(ids []int64) (free, given []int64) {
	r.names.mu.Lock()
	defer r.names.mu.Unlock()
	for _, id := range ids {
		if r.names.taken[id] || r.plan.kept[id] {
			given = append(given, id)
		} else {
			free = append(free, id)
		}
	}
	return free, given
}

// putBack gives a task the first of the people whom undos took off the project that no other
// task has. taken has the people of other tasks.
func (n *nameGroups) putBack(t *task, people []int64) (id int64, taken []int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, id := range people {
		if of, ok := n.back[id]; !ok || of == t.sequence {
			n.back[id] = t.sequence
			return id, nil
		}
		taken = append(taken, id)
	}
	return 0, taken
}

// begin notes that a request for a person of a name may be under way, until
// end.
func (n *nameGroups) begin(name string) (end func()) {
	if name == "" {
		return func() {}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.underWay[name]++
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.underWay[name]--
	}
}
