package importer

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/importer/fault"
	"muster/importer/outcome"
	"muster/importer/procore"
	"muster/mapping"
)

// MostLiveRows is how many rows a LiveCheck holds in memory: about 0.7 KB a row.
const MostLiveRows = 200_000

const codeTooManyRows = "too_many_rows"

// ErrCheckAnew is the error of an edit that only a new LiveCheck can follow: a row goes
// to a project that no row went to before.
var ErrCheckAnew = errors.New("the edit needs a new check of the whole roster")

// LiveCheck is the check of a roster that a person edits. One pass reads the rows into
// memory. After an edit, the rules of a run decide anew about the edited row and about
// every row that shares an ID or the name with the row. A LiveCheck is safe for
// concurrent use.
//
// An edit of an ID may take a listed person from a row of the person's name, which is
// then decided about anew, too.
type LiveCheck struct {
	mutex  sync.Mutex
	im     *Import
	rows   []liveRow
	places map[int]int // in rows, by line
	only   []int       // the places that are checked now
	edits  Edits
	shared sharedKeys
	groups liveGroups
	counts LiveCounts
	notes  []outcome.Group // about columns

	owners  map[uint64][]owner // listed people by the key of an ID
	changed []int              // places of rows that the latest edit concerned
}

// owner is a listed person who has an ID.
type owner struct {
	person int64
	keys   []uint64 // see sharedKeys.keysOf
}

// liveRow is a row with the result of the check.
type liveRow struct {
	sourceRow // as the file has the row
	checked   bool
	outcome   outcome.Outcome
	keys      []uint64 // of the person, for rows that read as a person
	groups    []*liveGroup
}

// LiveCounts counts rows by what an import would do with them.
type LiveCounts struct {
	New       int // a person would be created
	Existing  int // the person is there already
	ToFix     int
	NotPeople int
	LeftOut   int // filtered, repeated, or left out by a person
}

// NewLiveCheck checks a roster that Bind has mapped. With a connection the check is a
// dry run against the project. r may be closed afterwards; the connection and the
// ledger must stay open.
func NewLiveCheck(ctx context.Context, r *Roster, o Options) (*LiveCheck, error) {
	c := &LiveCheck{places: map[int]int{}, owners: map[uint64][]owner{}, edits: r.source.edits, shared: newSharedKeys(), groups: liveGroups{}}
	if err := c.load(ctx, r); err != nil {
		return nil, err
	}
	held := *r
	held.source = rowSource{cell: r.source.cell, read: c.held}
	split, err := held.Split(ctx, o.Scope.Project)
	if err != nil {
		return nil, err
	}
	o.OnEvent = func(e Event) {
		if noted, ok := e.(ColumnNoted); ok && noted.Note.Code != CodeHasLeft {
			c.notes = append(c.notes, noted.Note)
		}
	}
	c.im = New(split, o)
	if _, err := c.im.Validate(ctx); err != nil && fault.CodeOf(err) != codeNoPeople {
		return nil, err
	}
	if err := c.reopen(); err != nil {
		return nil, err
	}
	for _, p := range c.im.parts {
		if err := c.dryRun(ctx, p, nil); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// reopen lets a person edit the rows that an undo has made rows to import.
func (c *LiveCheck) reopen() error {
	for _, p := range c.im.parts {
		err := p.source.rows(func(row *sourceRow) error {
			if held := &c.rows[c.places[row.line]]; held.kept() && !row.kept() {
				held.rare = nil
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// load reads the rows of the file into memory, without the edits.
func (c *LiveCheck) load(ctx context.Context, r *Roster) error {
	return r.source.read(func(row *sourceRow) error {
		if len(c.rows) == MostLiveRows {
			return fault.InFile(r.Path, codeTooManyRows, fmt.Sprintf("the roster has more than %d rows, too many to edit on this page", MostLiveRows),
				"split the roster, or import it with the command muster import")
		}
		kept := *row
		kept.cells, kept.kinds, kept.struck = slices.Clone(row.cells), slices.Clone(row.kinds), slices.Clone(row.struck)
		c.only, c.places[kept.line] = append(c.only, len(c.rows)), len(c.rows)
		c.rows = append(c.rows, liveRow{sourceRow: kept})
		return context.Cause(ctx)
	})
}

// held returns the rows that are checked now, with the edits.
func (c *LiveCheck) held(visit func(*sourceRow) error) error {
	for _, i := range c.only {
		row := c.rows[i].sourceRow // callers may change a row
		if err := visit(c.edits.apply(&row)); err != nil {
			return err
		}
	}
	return nil
}

// placesOf returns the places of the rows of a part that are checked now.
func (c *LiveCheck) placesOf(p *part) []int {
	var places []int
	for _, i := range c.only {
		if !c.im.split.ByRow || c.im.split.projectOf(c.row(i).cells) == p.Scope.Project {
			places = append(places, i)
		}
	}
	return places
}

// row returns the row at a place with the edits.
func (c *LiveCheck) row(place int) *sourceRow { return c.edits.apply(&c.rows[place].sourceRow) }

// dryRun decides about the rows that are checked now, and takes the outcomes of the
// rows in affected, or of all rows for nil.
func (c *LiveCheck) dryRun(ctx context.Context, p *part, affected map[int]bool) error {
	places := c.placesOf(p)
	if c.im.online(p) {
		if err := p.stopped(ctx, c.list(ctx, p)); err != nil {
			return err
		}
	}
	_, err := p.dryRun(ctx, func(_ *part, _ []string, o outcome.Outcome) error {
		place := places[0]
		places = places[1:]
		if affected == nil || affected[place] {
			o.Problems = slices.Clone(o.Problems)
			c.take(p, place, o)
		}
		return nil
	})
	return err
}

// list lists the people of a project with the names of all who have an ID: an edit may
// give a row any of these IDs.
func (c *LiveCheck) list(ctx context.Context, p *part) error {
	names := map[int64]string{}
	err := p.listFirst(ctx, func(one procore.Person) {
		if one.OriginID != "" || one.EmployeeID != "" {
			names[one.ID] = strings.TrimSpace(one.FirstName + " " + one.LastName)
			keys := c.shared.keysOf(&mapping.Person{OriginID: one.OriginID, EmployeeID: one.EmployeeID, FirstName: one.FirstName, LastName: one.LastName})
			for _, key := range keys[1:] {
				c.owners[key] = append(c.owners[key], owner{one.ID, keys})
			}
		}
	})
	if listed := p.validation.people; err == nil && listed != nil && len(names) > 0 {
		listed.names = names
	}
	return err
}

// take keeps the outcome of a row, and counts the row anew.
func (c *LiveCheck) take(p *part, place int, o outcome.Outcome) {
	live, row := &c.rows[place], c.row(place)
	if live.checked {
		c.counts.add(live.outcome, -1)
		c.groups.remove(place, live.groups)
	}
	if o.Status == "" {
		o.Problems = append(o.Problems, c.hasLeft(p, row)...)
	}
	live.outcome, live.checked = o, true
	c.counts.add(o, 1)
	live.groups = c.groups.add(place, c.findings(place))
	keys := c.keysOf(p, row)
	c.shared.put(place, live.keys, keys)
	live.keys = keys
}

// hasLeft returns the note on a row that says that the person may have left.
func (c *LiveCheck) hasLeft(p *part, row *sourceRow) []outcome.Problem {
	v := partValidation{left: map[int]*leftNote{}}
	v.noteLeft(newValidator(p, &v), row)
	for column, note := range v.left {
		one := note.note(p.mapper, column)
		return []outcome.Problem{{Code: CodeHasLeft, Cell: p.source.cell(row.line, column), Message: one.Message, Hint: one.Hint}}
	}
	return nil
}

// add counts a row n times.
func (k *LiveCounts) add(o outcome.Outcome, n int) {
	switch {
	case o.Status == "":
		k.New += n
	case o.Status.HasPerson():
		k.Existing += n
	case o.Status == outcome.Skipped && len(o.Problems) > 0 && o.Problems[0].Code == codeNoPerson:
		k.NotPeople += n
	case o.Status == outcome.Skipped:
		k.LeftOut += n
	default:
		k.ToFix += n
	}
}

// keysOf returns what a row may share with other rows: the IDs and the name of the
// person.
func (c *LiveCheck) keysOf(p *part, row *sourceRow) []uint64 {
	var person mapping.Person
	if row.rare != nil && !row.kept() || len(p.mapper.Map(row.cells, row.kinds, &person)) > 0 {
		return nil
	}
	if keep, _ := p.mapper.Keep(row.cells); !keep && !row.kept() {
		return nil
	}
	return c.shared.keysOf(&person)
}

// Edit checks the rows anew that an edit of lines concerns. The edits are all edits, as
// the journal has them.
func (c *LiveCheck) Edit(ctx context.Context, edits Edits, lines []int) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	affected, edited, keys := map[int]bool{}, map[int]bool{}, []uint64{}
	for _, line := range lines {
		if place, ok := c.places[line]; ok {
			edited[place], affected[place] = true, true
			keys = append(keys, c.rows[place].keys...)
		}
	}
	c.shared.rowsWith(keys, affected)
	c.edits = edits
	for place := range edited {
		row := c.row(place)
		if c.im.split.ByRow && !slices.Contains(c.im.split.Projects, c.im.split.projectOf(row.cells)) {
			return ErrCheckAnew
		}
		now := c.keysOf(c.im.parts[0], row)
		c.shared.put(place, c.rows[place].keys, now)
		c.rows[place].keys = now
		keys = append(keys, now...)
	}
	c.shared.rowsWith(keys, affected)
	c.claim(keys, affected)
	needed := maps.Clone(affected)
	for place := range affected {
		c.shared.rowsWith(c.rows[place].keys, needed)
	}
	c.changed = slices.Sorted(maps.Keys(affected))
	return c.checkRows(ctx, affected, needed)
}

// checkRows decides about the affected rows, with the needed rows beside.
func (c *LiveCheck) checkRows(ctx context.Context, affected, needed map[int]bool) error {
	if c.only = slices.Sorted(maps.Keys(needed)); len(c.only) == 0 {
		return nil // no line of this roster
	}
	for _, full := range c.im.parts {
		p := *full
		if err := p.checkRows(ctx); err != nil {
			return err
		}
		p.validation.people = full.validation.people
		if err := c.dryRun(ctx, &p, affected); err != nil {
			return err
		}
		full.validation.people, full.stop = p.validation.people, p.stop
	}
	return nil
}

// claim looks up anew which of the listed people with one of the keys have a row of the
// roster, and adds the rows that have a key of a person who has got or lost a row.
func (c *LiveCheck) claim(keys []uint64, affected map[int]bool) {
	for _, key := range keys {
		for _, owner := range c.owners[key] {
			claimed := slices.ContainsFunc(owner.keys[1:], func(id uint64) bool { return len(c.shared.rows[id]) > 0 })
			for _, part := range c.im.parts {
				listed := part.validation.people
				if listed == nil {
					continue
				}
				if k := listed.person(owner.person); k != nil && k.claimed != claimed {
					k.claimed = claimed
					c.shared.rowsWith(owner.keys, affected)
				}
			}
		}
	}
}

// Counts returns how many rows there are by what an import would do.
func (c *LiveCheck) Counts() LiveCounts {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.counts
}

// Forecast returns how long the import would take; false if nothing is known of the
// limits.
func (c *LiveCheck) Forecast() (time.Duration, bool) {
	if c.im.Pace == nil {
		return 0, false
	}
	return c.im.Pace.Forecast(c.Counts().New)
}

// Stop returns why nothing can be sent, or nil.
func (c *LiveCheck) Stop() *StopError {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.im.Stop()
}

// Notes returns what was noted about columns.
func (c *LiveCheck) Notes() []outcome.Group { return c.notes }

// sharedKeys knows which rows have an ID or a name in common.
type sharedKeys struct {
	seed maphash.Seed
	rows map[uint64][]int32
}

func newSharedKeys() sharedKeys { return sharedKeys{maphash.MakeSeed(), map[uint64][]int32{}} }

// keysOf returns the keys of a person: the name, and the IDs if there are any.
func (s *sharedKeys) keysOf(p *mapping.Person) []uint64 {
	keys := []uint64{maphash.Bytes(s.seed, nameKey(p, 1))}
	if p.OriginID != "" {
		keys = append(keys, maphash.Bytes(s.seed, idKey(byOriginID, p)))
	}
	if p.EmployeeID != "" {
		keys = append(keys, maphash.Bytes(s.seed, idKey(byEmployeeID, p)))
	}
	return keys
}

// put gives a row other keys.
func (s *sharedKeys) put(place int, before, after []uint64) {
	if slices.Equal(before, after) {
		return
	}
	for _, key := range before {
		rows := s.rows[key]
		if i := slices.Index(rows, int32(place)); i >= 0 {
			rows = slices.Delete(rows, i, i+1)
		}
		if s.rows[key] = rows; len(rows) == 0 {
			delete(s.rows, key)
		}
	}
	for _, key := range after {
		s.rows[key] = append(s.rows[key], int32(place))
	}
}

// rowsWith adds the rows that have one of the keys.
func (s *sharedKeys) rowsWith(keys []uint64, into map[int]bool) {
	for _, key := range keys {
		for _, place := range s.rows[key] {
			into[int(place)] = true
		}
	}
}
