package importer

import (
	"cmp"
	"hash/maphash"

	"muster/mapping"
)

// index maps the key of every valid row to the number of the first row with
// that key. The index is the one part of a run that grows with the roster, so
// it holds 64-bit hashes under a seed of the process instead of keys.
//
// In a roster of a million rows, the chance that two different keys share a
// hash is 1 in 30 million. The later row is then reported as a repetition, and
// never sent twice.
type index struct {
	seed   maphash.Seed
	rows   map[uint64]uint32
	sealed bool // complete: only read from now on, by any goroutine
}

func newIndex() *index {
	return &index{seed: maphash.MakeSeed(), rows: map[uint64]uint32{}}
}

// add returns the number of the first row with the key: of an earlier row, or
// the given number.
func (x *index) add(key []byte, row int) (first int) {
	h := maphash.Bytes(x.seed, key)
	if earlier, ok := x.rows[h]; ok || x.sealed {
		return cmp.Or(int(earlier), row)
	}
	x.rows[h] = uint32(row)
	return row
}

// claims reports whether a row has the person's ID. It is false for a person
// without an ID.
func (x *index) claims(p *mapping.Person) bool {
	return x != nil && keyOf(p) != byName && x.has(p)
}

// has reports whether a row has the person's key. Of several rows of one name,
// the first counts.
func (x *index) has(p *mapping.Person) bool {
	_, ok := x.rows[maphash.Bytes(x.seed, appendKey(nil, p, 1))]
	return ok
}
