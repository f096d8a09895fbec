package importer

import (
	"context"
	"fmt"
	"sync"

	"muster/importer/ledger"
	"muster/mapping"
)

// namesakes keeps apart the rows that are people of one name. Those that are of
// that name and nothing else may find each other's people in a list, and one with an
// ID may find theirs. Which row has which of them is all the same, as long as each
// has one of its own.
type namesakes struct {
	mu       sync.Mutex
	taken    map[int64]bool // people of rows, though the ledger doesn't say so
	underWay map[string]int // rows being sent, by the key of the first of the name

	vacant map[string][]int // the numbers that renumber has left, by the key of the first of the name
}

// shares reports whether there may be several people of its name, and returns the key of
// the first that is of that name and nothing else.
func (r *run) shares(it *item) (first string, ok bool) {
	if !r.AllowNamesakes {
		return "", false
	}
	return string(appendKey(nil, it.named(), 1)), true
}

// named returns its person without an ID.
func (it *item) named() *mapping.Person {
	return &mapping.Person{FirstName: it.person.FirstName, LastName: it.person.LastName}
}

// renumber gives it a number within its name that is none of the lines' that a retry
// keeps. These have the keys under which their people were created, wherever they
// stand now: counted from the top, another row could have such a key, and would pass
// for that person.
func (r *run) renumber(work context.Context, it *item) error {
	first, ok := r.shares(it)
	rows := r.plan.namesakes[first]
	if !ok || keyOf(&it.person) != byName || rows == 0 || len(r.plan.kept) == 0 || r.Ledger == nil {
		return nil
	}
	vacant, known := r.same.vacant[first]
	if !known {
		keys := make([]ledger.Key, rows)
		for i := range keys {
			keys[i] = r.ledgerKey(appendKey(nil, &it.person, i+1))
		}
		entries, err := r.known(work, keys)
		if err != nil {
			return fmt.Errorf("look up people of one name in the ledger: %w", err)
		}
		seen := map[int64]bool{} // a line has one number, so that enough are left
		for i, e := range entries {
			if id := e.PersonID; e.State == ledger.Created && r.plan.kept[id] && !seen[id] {
				seen[id] = true
			} else {
				vacant = append(vacant, i+1)
			}
		}
		if r.same.vacant == nil {
			r.same.vacant = map[string][]int{}
		}
	}
	it.namesake, r.same.vacant[first] = vacant[0], vacant[1:]
	it.key = r.ledgerKey(appendKey(nil, &it.person, it.namesake))
	return nil
}

// unclaimed returns those who fit it that are no row's but may be this one's, those
// who were a row's that the roster has no more, and how many rows in doubt the
// former may belong to, this one included. If they are no more than that, the
// requests of these rows have made them.
func (r *run) unclaimed(work context.Context, it *item, found match) (free, spare []int64, doubts int, err error) {
	ids := found.ids
	first, ok := r.shares(it)
	named := keyOf(&it.person) == byName
	if !ok || len(ids) == 0 || !named && !found.nameOnly {
		return ids, nil, 1, nil
	}
	rows := r.plan.namesakes[first]
	if rows == 0 && (named || r.plan.index.has(it.named())) {
		rows = 1
	}
	keys := make([]ledger.Key, rows+len(ids))
	for i := range keys {
		keys[i] = r.ledgerKey(appendKey(nil, it.named(), i+1))
	}
	entries, err := r.lookup(work, keys)
	if err != nil {
		return nil, nil, 0, err
	}
	owner := map[int64]int{} // by which person of the name it is
	doubts = 1
	for i, e := range entries {
		switch {
		case named && i+1 == it.namesake:
		case e.State == ledger.Created:
			owner[e.PersonID] = i + 1
		case e.State == ledger.Intended:
			doubts++
		}
	}
	r.same.mu.Lock()
	defer r.same.mu.Unlock()
	for _, id := range ids {
		// Who was there before the run is not who it has created.
		before := it.intent.Run == r.record.ID && r.people != nil && r.people.person(id) != nil
		switch n := owner[id]; {
		case before || r.same.taken[id] || r.plan.kept[id]:
		case n == 0 || n > rows && !named: // a row that had no ID before is the same row
			free = append(free, id)
		case n > rows:
			spare = append(spare, id)
		}
	}
	return free, spare, doubts, nil
}

// take notes that a person is its, which the ledger doesn't.
func (r *run) take(it *item, id int64) {
	if _, ok := r.shares(it); !ok || id == 0 {
		return
	}
	r.same.mu.Lock()
	defer r.same.mu.Unlock()
	if r.same.taken == nil {
		r.same.taken = map[int64]bool{}
	}
	r.same.taken[id] = true
}

// beginNamesake notes that a request for its person is about to be under way,
// until end.
func (r *run) beginNamesake(it *item) (end func()) {
	first, ok := r.shares(it)
	if !ok {
		return func() {}
	}
	r.same.mu.Lock()
	defer r.same.mu.Unlock()
	if r.same.underWay == nil {
		r.same.underWay = map[string]int{}
	}
	r.same.underWay[first]++
	return func() {
		r.same.mu.Lock()
		defer r.same.mu.Unlock()
		if r.same.underWay[first]--; r.same.underWay[first] == 0 {
			delete(r.same.underWay, first)
		}
	}
}

// namesakeUnderWay reports whether a request for another person of its name may
// be under way.
func (r *run) namesakeUnderWay(it *item) bool {
	first, ok := r.shares(it)
	if !ok {
		return false
	}
	r.same.mu.Lock()
	defer r.same.mu.Unlock()
	return r.same.underWay[first] > 0
}
