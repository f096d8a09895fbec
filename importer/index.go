package importer

import (
	"cmp"
	"hash/maphash"
	"unsafe"

	"muster/mapping"
)

// index remembers, for the key of every valid row, the number of the first row
// that has it. It is what lets a run grow with the roster at all, so it is
// compact: 12 bytes a slot, and between 15 and 22.5 bytes a row.
//
// Keys are held as 64-bit hashes under a seed of the process. Two different
// keys of a roster of a million rows share one with a chance of 1 in 30
// million; the later row is then reported as a repetition, never sent twice.
//
// The table is cut into shards that grow one at a time, so that growing never
// holds the old and the new table of the whole at once.
type index struct {
	seed   maphash.Seed
	shards [256]shard
	sealed bool // it is only read from now on, by any goroutine
}

type shard struct {
	slots []slot
	used  int
}

// slot holds a hash in two halves, so that it takes 12 bytes and not 16. A row
// of 0 says that it is free.
type slot struct {
	low, high uint32
	row       uint32
}

// newIndex returns an index with room for about as many keys. A roster can claim to
// be of any size, so what is more than mostRoom has to turn up first.
func newIndex(keys int) *index {
	x := &index{seed: maphash.MakeSeed()}
	const mostRoom = 2_000_000
	if room := min(keys, mostRoom) / len(x.shards) * 3 / 2; room > 16 {
		for i := range x.shards {
			x.shards[i].slots = make([]slot, room)
		}
	}
	return x
}

func (x *index) hash(key []byte) uint64 { return maphash.Bytes(x.seed, key) }

// touch reads where a key with this hash belongs, so that add finds it in the
// processor's cache. What it returns is of no use.
func (x *index) touch(h uint64) uint32 {
	s := &x.shards[h&0xff]
	if len(s.slots) == 0 {
		return 0
	}
	return s.slots[s.place(uint32(h>>32))].row
}

// add remembers the key with this hash for row, unless an earlier row has it:
// then it returns that row.
func (x *index) add(h uint64, row int) (first int) {
	s := &x.shards[h&0xff]
	if x.sealed {
		return cmp.Or(s.first(h), row)
	}
	if 5*(s.used+1) > 4*len(s.slots) {
		s.grow()
	}
	at := s.find(uint32(h), uint32(h>>32))
	if at.row != 0 {
		return int(at.row)
	}
	*at = slot{low: uint32(h), high: uint32(h >> 32), row: uint32(row)}
	s.used++
	return row
}

// claims reports whether a row has the key that p's ID makes, if p has one.
func (x *index) claims(p *mapping.Person) bool {
	return x != nil && keyOf(p) != byName && x.has(p)
}

// has reports whether a row has the key of p, the first one of a name.
func (x *index) has(p *mapping.Person) bool {
	var room [128]byte // most keys fit
	h := x.hash(appendKey(room[:0], p, 1))
	return x.shards[h&0xff].first(h) != 0
}

// size returns the bytes that the index takes.
func (x *index) size() int {
	slots := 0
	for i := range x.shards {
		slots += len(x.shards[i].slots)
	}
	return slots * int(unsafe.Sizeof(slot{}))
}

// first returns the row that has the key with this hash, 0 if none has.
func (s *shard) first(h uint64) int {
	if s.used == 0 {
		return 0
	}
	return int(s.find(uint32(h), uint32(h>>32)).row)
}

// find returns the slot of a hash, or the free one where it belongs.
func (s *shard) find(low, high uint32) *slot {
	for at := s.place(high); ; at++ {
		if at == len(s.slots) {
			at = 0
		}
		if one := &s.slots[at]; one.row == 0 || one.low == low && one.high == high {
			return one
		}
	}
}

// place returns where to look for a hash first: the low bits chose the shard, the
// high ones choose the place.
func (s *shard) place(high uint32) int { return int(uint64(high) * uint64(len(s.slots)) >> 32) }

func (s *shard) grow() {
	old := s.slots
	s.slots = make([]slot, max(16, len(old)*3/2))
	for _, one := range old {
		if one.row != 0 {
			*s.find(one.low, one.high) = one
		}
	}
}
