package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"slices"
	"sort"
	"strings"
	"time"

	"muster/importer/ledger"
	"muster/importer/procore"
	"muster/mapping"
)

// people is an index of one listing of a project. The index holds no names: 80 bytes a person, so 100,000 people take 8 MB.
//
// Text is compared by 64-bit hashes under a seed of the process. For a roster of
// 1,000 rows and 100,000 people, the chance that two different names share a
// hash is below 1 in 10 billion.
type people struct {
	seed       maphash.Seed
	listed     time.Time      // when the listing began
	numbers    map[int64]bool // person IDs, while people are added from several lists
	known      []knownPerson
	order      orders
	titled     bool             // job titles are known
	names      map[int64]string // of people whose ID a row of the roster has
	digest     digest           // of everything that matching reads
	inactive   *people          // inactive people: none if their list was not read; nil in their own index
	noInactive bool             // Procore has no list of inactive people
	offProject map[int64]bool   // inactive people of the company; nil if nothing needs them
	undone     *people          // people of the company whom undos took off the project; nil if there are none
}

// orders are the people by what they are found by.
type orders struct{ origin, employee, name, id order }

// order is the places in known of people with an attribute, ordered by the attribute and
// then as listed.
type order struct {
	of     func(*knownPerson) uint64 // the attribute; 0 for none
	places []uint32
}

type knownPerson struct {
	id       int64
	name     nameHash
	origin   uint64 // hash of the origin ID, 0 without one
	employee uint64 // hash of the employee ID, 0 without one
	title    uint64 // hash of the job title, 0 without one
	lastName string // if a title is known: an update must repeat the last name
	claimed  bool   // a row of the roster has one of the person's IDs
}

// listPeople lists the project's people, and the job titles if the roster has
// titles to compare. each, if not nil, is called with every person.
func (p *part) listPeople(ctx context.Context, plan *partValidation, each func(procore.Person)) (*people, error) {
	x, err := listPeople(ctx, p.API, p.IgnoreInactive, plan.index, each)
	if err != nil {
		return nil, err
	}
	if x.noInactive {
		p.emit(ColumnNoted{noInactiveList()})
	}
	if err := p.listOffProject(ctx, x); err != nil {
		return nil, err
	}
	if err := p.listUndone(ctx, x, plan.index); err != nil {
		return nil, err
	}
	if _, ok := p.columns[mapping.JobTitle]; ok {
		err = x.listTitles(ctx, p.API)
	}
	return x, err
}

// listOffProject lists the inactive people of the company, once an undo has taken people
// off a project: such a person is on no list of the project, and comes back only if
// active. An account that may not read the list does without.
func (p *part) listOffProject(ctx context.Context, x *people) error {
	if p.Ledger == nil || p.IgnoreInactive {
		return nil
	}
	runs, err := p.Ledger.Runs(ctx, 0)
	if err != nil {
		return fmt.Errorf("look up earlier undos: %w", err)
	}
	undone := func(r ledger.Run) bool { return r.Command == UndoCommand && r.Company == p.Scope.Company }
	if !slices.ContainsFunc(runs, undone) {
		return nil
	}
	x.offProject = map[int64]bool{}
	for person, err := range p.API.InactiveCompanyPeople(ctx) {
		var e *procore.Error
		if errors.As(err, &e) && (e.Kind == procore.NotFound || e.Kind == procore.Forbidden) {
			return nil
		}
		if err != nil {
			return err
		}
		x.offProject[person.ID] = true
	}
	return nil
}

// listUndone lists the people of the company whom undos took off the project. An account
// that may not read the list does without: the ledger still knows the keys of these people.
func (p *part) listUndone(ctx context.Context, x *people, rows *index) error {
	if p.Ledger == nil {
		return nil
	}
	undone, err := p.undonePeople(ctx)
	if err != nil || len(undone) == 0 {
		return err
	}
	x.undone = newPeople()
	defer x.undone.sort()
	lists := []iter.Seq2[procore.Person, error]{p.API.CompanyPeople(ctx)}
	if len(x.offProject) > 0 {
		lists = append(lists, p.API.InactiveCompanyPeople(ctx))
	}
	for _, list := range lists {
		for person, err := range list {
			var e *procore.Error
			if errors.As(err, &e) && (e.Kind == procore.NotFound || e.Kind == procore.Forbidden) {
				return nil
			}
			if err != nil {
				return err
			}
			if undone[person.ID] != "" {
				x.undone.add(person, rows)
			}
		}
	}
	return nil
}

// inactiveInCompany reports whether a person who may be off the project is inactive.
func (x *people) inactiveInCompany(id int64) bool { return x != nil && x.offProject[id] }

// listPeople lists the project's inactive people, unless ignoreInactive is set, the
// active people, and the inactive people once more: a person who becomes active or
// inactive between two lists would be missed. rows has the keys of the roster's
// rows, or is nil if no row may claim a person. each, if not nil, is called with
// every active person.
func listPeople(ctx context.Context, api *procore.Client, ignoreInactive bool, rows *index, each func(procore.Person)) (*people, error) {
	x := newPeople()
	x.inactive = newPeople()
	x.inactive.numbers = map[int64]bool{}
	if !ignoreInactive {
		if err := x.listInactive(ctx, api); err != nil {
			return nil, err
		}
	}
	named := false
	for p, err := range api.People(ctx) {
		named = named || p.FirstName != "" || p.LastName != ""
		switch {
		case err != nil:
			return nil, err
		case p.Inactive:
			x.inactive.add(p, nil)
			continue
		}
		x.add(p, rows)
		if each != nil {
			each(p)
		}
	}
	if !ignoreInactive && !x.noInactive {
		if err := x.listInactive(ctx, api); err != nil {
			return nil, err
		}
	}
	if len(x.known) > 0 && !named {
		return nil, &StopError{
			Code: procore.CodeIncomplete, Message: "Procore's list of people has no names, so no person can be recognised",
			Fix: "check that the service account may read the Directory, and --api-url; nothing was sent",
		}
	}
	x.sort()
	x.inactive.sort()
	for i, b := range x.inactive.digest {
		x.digest[i] ^= ^b
	}
	return x, nil
}

func newPeople() *people {
	return &people{seed: maphash.MakeSeed(), listed: time.Now(), names: map[int64]string{}, order: orders{
		origin:   order{of: func(k *knownPerson) uint64 { return k.origin }},
		employee: order{of: func(k *knownPerson) uint64 { return k.employee }},
		name:     order{of: func(k *knownPerson) uint64 { return k.name.full }},
		id:       order{of: func(k *knownPerson) uint64 { return uint64(k.id) }},
	}}
}

// listInactive lists the inactive people. A server may have no such list.
func (x *people) listInactive(ctx context.Context, api *procore.Client) error {
	for p, err := range api.InactivePeople(ctx) {
		var e *procore.Error
		if errors.As(err, &e) && e.Kind == procore.NotFound {
			x.noInactive = true
			return nil
		}
		if errors.As(err, &e) && e.Kind == procore.Forbidden {
			return &StopError{
				Code: codeForbidden, Message: "the account may not list the inactive people of this project: " + e.Message, Err: e,
				Fix: "give the service account the right to read inactive people, or import with --ignore-inactive: an inactive person may then be created a second time",
			}
		}
		if err != nil {
			return err
		}
		x.inactive.add(p, nil)
	}
	return nil
}

// add takes a listed person. Call sort after the last one.
func (x *people) add(p procore.Person, rows *index) {
	if x.numbers[p.ID] {
		return
	}
	if x.numbers != nil {
		x.numbers[p.ID] = true
	}
	x.known = append(x.known, knownPerson{
		id:       p.ID,
		name:     hashName(x.seed, p.FirstName, p.LastName),
		origin:   x.hashID(p.OriginID),
		employee: x.hashID(p.EmployeeID),
		claimed:  rows.claims(&mapping.Person{OriginID: p.OriginID, EmployeeID: p.EmployeeID}),
	})
	if at := len(x.known) - 1; x.known[at].claimed {
		x.names[p.ID] = strings.TrimSpace(p.FirstName + " " + p.LastName)
	}
	x.digest.add(p.ID, p.FirstName, p.LastName, p.OriginID, p.EmployeeID)
}

// sort builds the indexes of the people.
func (x *people) sort() {
	x.numbers = nil
	for _, o := range []*order{&x.order.origin, &x.order.employee, &x.order.name, &x.order.id} {
		for i := range x.known {
			if o.of(&x.known[i]) != 0 {
				o.places = append(o.places, uint32(i))
			}
		}
		slices.SortFunc(o.places, func(a, b uint32) int {
			return cmp.Or(cmp.Compare(o.of(&x.known[a]), o.of(&x.known[b])), cmp.Compare(a, b))
		})
	}
}

func (x *people) hashText(s string) uint64 {
	if s == "" {
		return 0
	}
	return max(maphash.String(x.seed, s), 1)
}

// hashID hashes an ID. The upper half is the hash of the folded ID: see foldID.
func (x *people) hashID(s string) uint64 {
	if s == "" {
		return 0
	}
	return max(x.hashText(foldID(s))&^lowerHalf|x.hashText(s)&lowerHalf, 1)
}

// lowerHalf is the half of a hashed ID that depends on case, hyphens, blanks and leading zeros.
const lowerHalf = 1<<32 - 1

// with returns the places of the people with an attribute from low to high.
func (x *people) with(o *order, low, high uint64) []uint32 {
	from := sort.Search(len(o.places), func(i int) bool { return o.of(&x.known[o.places[i]]) >= low })
	to := sort.Search(len(o.places), func(i int) bool { return o.of(&x.known[o.places[i]]) > high })
	return o.places[from:to]
}

// person returns the listed person with an ID, or nil.
func (x *people) person(id int64) *knownPerson {
	for _, at := range x.with(&x.order.id, uint64(id), uint64(id)) {
		return &x.known[at]
	}
	return nil
}

// has reports whether the listing shows the person, active or inactive.
func (x *people) has(id int64) bool {
	return x != nil && (x.person(id) != nil || x.inactive.has(id))
}

// listTitles lists the people once more, for job titles. Titles stay unknown if
// the account may not read them.
func (x *people) listTitles(ctx context.Context, api *procore.Client) error {
	for p, err := range api.JobTitles(ctx) {
		if err != nil {
			return err
		}
		if k := x.person(p.ID); k != nil && p.JobTitle != "" {
			k.title, k.lastName, x.titled = x.hashText(p.JobTitle), p.LastName, true
		}
	}
	return nil
}

// otherTitle reports whether the person is known to have another job title than
// title.
func (x *people) otherTitle(id int64, title string) bool {
	k := x.person(id)
	return x.titled && k != nil && title != "" && k.title != x.hashText(title)
}

// match is the result of looking a row up among the project's people.
type match struct {
	ids      []int64 // people who match, as listed
	by       keyKind // what matched
	alike    bool    // the name matched, and an ID up to case, hyphens, blanks and leading zeros
	renamed  bool    // the ID and the last name matched, and the first name differs
	shared   bool    // people of several last names have the row's employee ID
	nameOnly bool    // only the name matched, although the row has an ID
	claimed  []int64 // people who match by the name alone and have the ID of another row
	given    []int64 // people who match by the name alone and were matched with a row that has another ID
	conflict []int64 // people of another name who have the row's ID
}

// idOwners are the people who have an ID of a row.
type idOwners struct {
	by     keyKind  // the kind of ID
	places []uint32 // of the people
	shared bool     // whether the ID says nothing about a person
}

// find looks p up among the people.
//
// An ID with the same words of a name, in any order, or with the same last name is the same
// person; of several such people, one with the same full name. An ID that belongs to another
// last name is a conflict. Without a person of the same ID, a person of the same full name
// matches, unless an ID of that person differs from the row's: then two people share the
// name. An ID that differs only in case, hyphens, blanks or leading zeros does not count as
// different; with such an ID, the order of the words of the name does not count either.
//
// An employee ID that people of several last names share, in the roster or in the
// project, says nothing: only the full name matches then.
func (x *people) find(p *mapping.Person, sharedID bool) match {
	name := hashName(x.seed, p.FirstName, p.LastName)
	origin, employee := x.hashID(p.OriginID), x.hashID(p.EmployeeID)
	owners := x.with(&x.order.employee, employee, employee)
	m := match{shared: x.severalLastNames(owners)}
	for _, id := range []idOwners{
		{byOriginID, x.with(&x.order.origin, origin, origin), false},
		{byEmployeeID, owners, sharedID || m.shared},
	} {
		if x.findByID(&m, id, name, origin) {
			return m
		}
	}
	x.findByName(&m, name, origin, employee)
	return m
}

// findByID completes m if an ID says whether the row's person is among the people, and
// reports that. origin is the row's origin ID.
func (x *people) findByID(m *match, id idOwners, name nameHash, origin uint64) bool {
	var reordered, renamed []int64
	for _, at := range id.places {
		switch k := &x.known[at]; {
		case k.name.full == name.full && !unlike(k.origin, origin):
			m.ids = append(m.ids, k.id)
		case k.name.words == name.words && !unlike(k.origin, origin):
			reordered = append(reordered, k.id)
		case id.shared:
		case k.name.last == name.last && !unlike(k.origin, origin):
			renamed = append(renamed, k.id)
		default:
			m.conflict = append(m.conflict, k.id)
		}
	}
	if len(m.ids) == 0 {
		m.ids = reordered
	}
	switch {
	case len(m.ids) > 0:
		m.conflict = nil
	case len(renamed) == 1:
		m.ids, m.renamed, m.conflict = renamed, true, nil
	case len(renamed)+len(m.conflict) > 0:
		m.conflict = append(m.conflict, renamed...)
	default:
		return false
	}
	m.by = id.by
	return true
}

// findByName completes m with the people of the row's name who have no other ID than the row.
func (x *people) findByName(m *match, name nameHash, origin, employee uint64) {
	m.by, m.nameOnly = byName, origin != 0 || employee != 0
	var alike []int64
	for _, at := range x.nameMatches(name, origin, employee) {
		switch k := &x.known[at]; {
		case unlike(k.origin, origin) || unlike(k.employee, employee):
		case k.origin != 0 && origin != 0:
			m.by, alike = byOriginID, append(alike, k.id)
		case k.employee != 0 && employee != 0:
			alike = append(alike, k.id)
			if m.by != byOriginID {
				m.by = byEmployeeID
			}
		case k.claimed && !m.nameOnly:
			m.claimed = append(m.claimed, k.id)
		default:
			m.ids = append(m.ids, k.id)
		}
	}
	if len(alike) > 0 {
		m.ids, m.alike, m.nameOnly = alike, true, false
	}
}

// nameMatches returns the places of the people with a name, and of the people whose name has the
// same words in another order and who have one of the IDs, up to case, hyphens, blanks and
// leading zeros.
func (x *people) nameMatches(name nameHash, origin, employee uint64) []uint32 {
	places := slices.Clip(x.with(&x.order.name, name.full, name.full))
	add := func(o *order, id uint64) {
		for _, at := range x.with(o, id&^lowerHalf, id|lowerHalf) {
			if other := x.known[at].name; other.words == name.words && other.full != name.full && id != 0 {
				places = append(places, at)
			}
		}
	}
	add(&x.order.origin, origin)
	add(&x.order.employee, employee)
	return places
}

// severalLastNames reports whether the people at the places have different last names.
func (x *people) severalLastNames(places []uint32) bool {
	for _, at := range places {
		a, b := &x.known[places[0]], &x.known[at]
		if a.name.last != b.name.last && !a.name.same(b.name) {
			return true
		}
	}
	return false
}

// unlike reports whether two IDs are given and differ in more than case, hyphens, blanks
// and leading zeros.
func unlike(a, b uint64) bool { return a != 0 && b != 0 && a>>32 != b>>32 }
