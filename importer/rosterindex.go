package importer

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"strings"

	"muster/mapping"
)

// index knows which rows of a roster may be one person. It maps the ID of every
// valid row, or the name of a row without an ID, to the number of the first row
// with it. The index is the one part of a run that grows with the roster, so it
// holds 64-bit hashes under a seed of the process instead of texts.
//
// In a roster of a million rows, the chance that two different texts share a hash
// is 1 in 30 million. The later row is then reported as a repetition, and never
// sent twice.
//
// The first pass over a roster finds the IDs that come up again. If there are any,
// a second pass fills in what their first rows say. The second pass also finds the
// rows with an ID whose name a row without an ID has, too.
type index struct {
	seed    maphash.Seed
	rows    map[uint64]uint32
	repeats map[uint64]*repeat // by the hash of an ID that several rows have
	named   map[uint64]uint32  // the first row with an ID, by a name that a row without an ID has
	again   bool               // the first pass is over, so repeats has every such ID
	sealed  bool               // complete: only read from now on, by any goroutine

	withID, withoutID bool // there are such rows
}

// repeat is an ID that several rows have.
type repeat struct {
	some   nameHash // of one of the rows
	shared bool     // rows with different last names have the ID: it says nothing about a person
	first  rowHash  // of the first row; known from the second pass on
}

// nameHash tells the names of two people apart. The hashes are of folded names.
type nameHash struct {
	full  uint64 // never 0
	last  uint64
	words uint64 // of the words of the full name, in any order
}

func hashName(seed maphash.Seed, first, last string) (h nameHash) {
	first, last = foldNames(first, last)
	for _, part := range []string{first, last} {
		for word := range strings.FieldsSeq(part) {
			h.words += maphash.String(seed, word)
		}
	}
	last = strings.ReplaceAll(last, " ", "")
	h.last = maphash.String(seed, last)
	h.full = max(maphash.String(seed, strings.ReplaceAll(first, " ", "")+last), 1)
	return h
}

// same reports whether two names under one ID are one person's: spacing does not count,
// nor does the order of the words.
func (h nameHash) same(other nameHash) bool { return h.full == other.full || h.words == other.words }

// rowHash tells two rows of one ID apart.
type rowHash struct {
	nameHash
	id   uint64 // as the row spells the ID
	rest uint64 // the other fields
}

func newIndex() *index {
	return &index{seed: maphash.MakeSeed(), rows: map[uint64]uint32{}, repeats: map[uint64]*repeat{}, named: map[uint64]uint32{}}
}

func (x *index) hash(key []byte) uint64 { return maphash.Bytes(x.seed, key) }

// add returns the number of the first row with the hash of a key: of an earlier row,
// or the given number.
func (x *index) add(h uint64, row int) (first int) {
	if earlier, ok := x.rows[h]; ok || x.sealed {
		return cmp.Or(int(earlier), row)
	}
	x.rows[h] = uint32(row)
	return row
}

// addName is add for the name of a person without an ID. With unique, a row with an ID
// that has the name comes first, wherever it is.
func (x *index) addName(key []byte, row int, unique bool) (first int) {
	h := x.hash(key)
	first = x.add(h, row)
	if !x.sealed {
		x.withoutID = true
	}
	if unique {
		first = cmp.Or(int(x.named[h]), first)
	}
	return first
}

// addID is add for an ID of a person. The repeat is nil for an ID that no other row
// has, and in the first pass over the roster.
func (x *index) addID(kind keyKind, p *mapping.Person, row int) (first int, r *repeat) {
	x.addNamed(p, row)
	h := x.hash(idKey(kind, p))
	first = x.add(h, row)
	r = x.repeats[h]
	switch {
	case x.sealed:
	case r == nil && first != row:
		r = &repeat{some: x.nameOf(p)}
		x.repeats[h] = r
	case r != nil && first == row:
		r.first = x.rowHash(kind, p)
	}
	if r != nil && kind == byEmployeeID && !x.sealed {
		name := x.nameOf(p)
		r.shared = r.shared || !name.same(r.some) && name.last != r.some.last
	}
	if !x.again {
		return first, nil
	}
	return first, r
}

// addNamed adds a row with an ID whose name a row without an ID has.
func (x *index) addNamed(p *mapping.Person, row int) {
	if x.sealed {
		return
	}
	x.withID = true
	if !x.again || !x.withoutID || !x.hasName(p) {
		return
	}
	name := x.hash(nameKey(p, 1))
	if x.named[name] == 0 {
		x.named[name] = uint32(row)
	}
}

func (x *index) nameOf(p *mapping.Person) nameHash { return hashName(x.seed, p.FirstName, p.LastName) }

// addShared is add for a person whose employee ID is shared: the first row with the ID
// and the same name.
func (x *index) addShared(p *mapping.Person, row int) (first int) {
	words := binary.LittleEndian.AppendUint64(append(idKey(byEmployeeID, p), 0), x.nameOf(p).words)
	return min(x.add(x.hash(personKey(p, 1)), row), x.add(x.hash(words), row))
}

func (x *index) rowHash(kind keyKind, p *mapping.Person) rowHash {
	d := draft(p)
	employee := "unknown"
	if d.IsEmployee != nil {
		employee = map[bool]string{true: "yes", false: "no"}[*d.IsEmployee]
	}
	rest := appendTexts(appendNumbers(nil, d.WorkClassificationID), d.JobTitle, employee, d.EmployeeID, d.OriginID)
	id := p.EmployeeID
	if kind == byOriginID {
		id = p.OriginID
	}
	return rowHash{nameHash: x.nameOf(p), id: maphash.String(x.seed, id), rest: x.hash(rest)}
}

// claims reports whether a row has one of the person's IDs.
func (x *index) claims(p *mapping.Person) bool {
	return x != nil && (p.OriginID != "" && x.hasKey(idKey(byOriginID, p)) ||
		p.EmployeeID != "" && x.hasKey(idKey(byEmployeeID, p)))
}

// hasName reports whether a row without an ID has the person's name.
func (x *index) hasName(p *mapping.Person) bool {
	return x.hasKey(nameKey(p, 1))
}

// nameKey returns the key that the person has without an ID.
func nameKey(p *mapping.Person, namesake int) []byte {
	return personKey(&mapping.Person{FirstName: p.FirstName, LastName: p.LastName}, namesake)
}

func (x *index) hasKey(key []byte) bool {
	_, ok := x.rows[x.hash(key)]
	return ok
}
