package importer

import (
	"context"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"muster/importer/procore"
	"muster/mapping"
)

// people is an index of a project's people, as one listing showed them. It
// holds no names: 56 bytes a person and 16 for finding them, so 100,000
// people take 7.2 MB.
//
// Text is compared by 64-bit hashes under a seed of the process. That two
// different names of 100,000 people meet a row's by chance is less likely than 1 in 10
// billion for a roster of 1,000 rows. Of an ID's hash the upper half is that of the
// ID without what gets lost on the way: see id.
type people struct {
	seed       maphash.Seed
	listed     time.Time // when the listing was begun
	known      []knownPerson
	byOrigin   []uint32 // places in known, ordered by origin hash; those without one left out
	byEmployee []uint32 // likewise by employee ID
	byName     []uint32 // likewise by name
	byID       []uint32 // likewise by ID
	titled     bool     // job titles are known
	digest     digest   // of all that tells whether a row is one of them
}

type knownPerson struct {
	id       int64
	name     uint64 // hash of the folded full name
	last     uint64 // hash of the folded last name
	origin   uint64 // hash of the origin ID, 0 without one
	employee uint64 // hash of the employee ID, 0 without one
	title    uint64 // hash of the job title, 0 without one
	claimed  bool   // a row of the roster has their ID
}

// listPeople lists the project's people once. rows has the keys of the
// roster's rows; nil if it does not matter whose they are.
func listPeople(ctx context.Context, api *procore.Client, rows *index) (*people, error) {
	x := &people{seed: maphash.MakeSeed(), listed: time.Now()}
	for p, err := range api.People(ctx) {
		if err != nil {
			return nil, err
		}
		x.known = append(x.known, knownPerson{
			id:       p.ID,
			name:     x.name(p.FirstName, p.LastName),
			last:     x.name("", p.LastName),
			origin:   x.id(p.OriginID),
			employee: x.id(p.EmployeeID),
			claimed: rows.claims(&mapping.Person{OriginID: p.OriginID}) ||
				rows.claims(&mapping.Person{EmployeeID: p.EmployeeID, LastName: p.LastName}),
		})
		x.digest.add(p.ID, p.FirstName, p.LastName, p.OriginID, p.EmployeeID)
	}
	x.byID = x.order(func(p *knownPerson) uint64 { return uint64(p.id) })
	x.byOrigin = x.order(func(p *knownPerson) uint64 { return p.origin })
	x.byEmployee = x.order(func(p *knownPerson) uint64 { return p.employee })
	x.byName = x.order(func(p *knownPerson) uint64 { return p.name })
	return x, nil
}

func (x *people) text(s string) uint64 {
	if s == "" {
		return 0
	}
	return max(maphash.String(x.seed, s), 1)
}

// id hashes an ID. The upper halves of two hashes agree where the IDs do but for
// case and zeros in front: spreadsheets lose those, and so may a server.
func (x *people) id(s string) uint64 {
	if s == "" {
		return 0
	}
	const lower = 1<<32 - 1
	bare := strings.TrimLeft(strings.ToLower(s), "0")
	return max(x.text(bare)&^lower|x.text(s)&lower, 1)
}

func (x *people) name(first, last string) uint64 {
	var room [128]byte // most names fit
	text := mapping.AppendFold(room[:0], first)
	text = append(text, ' ')
	text = mapping.AppendFold(text, last)
	return max(maphash.Bytes(x.seed, text), 1)
}

// order returns the places of those who have the attribute, ordered by it and
// then as they were listed.
func (x *people) order(attribute func(*knownPerson) uint64) []uint32 {
	var places []uint32
	for i := range x.known {
		if attribute(&x.known[i]) != 0 {
			places = append(places, uint32(i))
		}
	}
	slices.SortFunc(places, func(a, b uint32) int {
		switch v, w := attribute(&x.known[a]), attribute(&x.known[b]); {
		case v < w:
			return -1
		case v > w:
			return 1
		}
		return int(a) - int(b)
	})
	return places
}

// with returns the places of those whose attribute is h.
func (x *people) with(places []uint32, h uint64, attribute func(*knownPerson) uint64) []uint32 {
	if h == 0 {
		return nil
	}
	from, _ := slices.BinarySearchFunc(places, h, func(at uint32, h uint64) int {
		switch v := attribute(&x.known[at]); {
		case v < h:
			return -1
		case v > h:
			return 1
		}
		return 0
	})
	to := from
	for to < len(places) && attribute(&x.known[places[to]]) == h {
		to++
	}
	return places[from:to]
}

// person returns the person of that ID, nil if nobody of it was listed.
func (x *people) person(id int64) *knownPerson {
	for _, at := range x.with(x.byID, uint64(id), func(p *knownPerson) uint64 { return uint64(p.id) }) {
		return &x.known[at]
	}
	return nil
}

// listTitles lists the people once more, for their job titles. An account that
// may not see those leaves them unknown.
func (x *people) listTitles(ctx context.Context, api *procore.Client) error {
	for p, err := range api.JobTitles(ctx) {
		if err != nil {
			return err
		}
		if k := x.person(p.ID); k != nil && p.JobTitle != "" {
			k.title, x.titled = x.text(p.JobTitle), true
		}
	}
	return nil
}

// otherTitle reports whether the person is known to have another job title.
func (x *people) otherTitle(id int64, title string) bool {
	k := x.person(id)
	return x.titled && k != nil && title != "" && k.title != x.text(title)
}

// match is who of the project's people a row is.
type match struct {
	ids      []int64 // those who fit, as listed; none: nobody
	by       keyKind // by what they fit
	alike    bool    // by the name and an ID that is the row's but for case or zeros in front
	nameOnly bool    // by nothing but the name, although the row has an ID
	claimed  []int64 // those who fit by nothing but the name, while another row has their ID
	conflict []int64 // somebody of another name who has the row's ID
}

// find looks for p among the people.
//
// An ID with the same last name is the same person. An ID that belongs to
// somebody of another last name is a conflict. Without a person of the same
// ID, somebody of the same full name is the same person unless an ID of theirs
// speaks against it: then there are two people of that name. An ID that differs in
// case or in zeros in front alone speaks for it.
func (x *people) find(p *mapping.Person) match {
	name, last := x.name(p.FirstName, p.LastName), x.name("", p.LastName)
	origin, employee := x.id(p.OriginID), x.id(p.EmployeeID)
	var m match
	for _, id := range []struct {
		by        keyKind
		places    []uint32
		hash      uint64
		attribute func(*knownPerson) uint64
	}{
		{byOriginID, x.byOrigin, origin, func(k *knownPerson) uint64 { return k.origin }},
		{byEmployeeID, x.byEmployee, employee, func(k *knownPerson) uint64 { return k.employee }},
	} {
		for _, at := range x.with(id.places, id.hash, id.attribute) {
			switch k := &x.known[at]; {
			case k.last != last:
				m.conflict = append(m.conflict, k.id)
			case unlike(k.origin, origin):
				m.conflict = append(m.conflict, k.id)
			default:
				m.ids = append(m.ids, k.id)
			}
		}
		if len(m.ids) > 0 {
			m.by, m.conflict = id.by, nil
			return m
		}
		if len(m.conflict) > 0 {
			m.by = id.by
			return m
		}
	}
	m.by, m.nameOnly = byName, origin != 0 || employee != 0
	var alike []int64
	for _, at := range x.with(x.byName, name, func(k *knownPerson) uint64 { return k.name }) {
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
	return m
}

// unlike reports whether both are there, and are not even the same but for case
// and zeros in front.
func unlike(a, b uint64) bool { return a != 0 && b != 0 && a>>32 != b>>32 }
