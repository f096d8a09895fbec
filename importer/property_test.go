package importer_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"muster/importer"
	"muster/importer/outcome"
	"muster/importer/procore/simulator"
)

// nights is a roster that is imported again and again, and all that is known
// without asking muster of who must be in Procore.
type nights struct {
	*bench
	t     *rapid.T
	rows  []entry
	set   func(*importer.Import)
	same  bool           // namesakes are allowed
	fresh int            // for IDs
	most  map[string]int // by key: how many people there may be
	cut   bool           // lists end early, which their Total shows
}

// entry is one row: a person, or nobody.
type entry struct{ first, last, title, employee, origin string }

// noID is what a database writes for an empty cell.
const noID = "<NA>"

// key is what makes two rows the same person, as design.md has it.
func (e entry) key() string {
	switch {
	case e.origin != "":
		return "origin " + e.origin
	case e.employee != "" && e.employee != noID:
		return "employee " + e.employee + " " + fold(e.first+e.last)
	}
	return "name " + fold(e.first+" "+e.last)
}

// TestNeverTwiceNeverLost is random rosters, faults, interruptions, kills and
// edits. MUSTER_SEEDS sets how many; the default keeps the suite short.
func TestNeverTwiceNeverLost(t *testing.T) {
	t.Parallel()
	seeds := 40
	if os.Getenv("MUSTER_TEST_LONG") != "" {
		seeds = 120
	}
	if text := os.Getenv("MUSTER_SEEDS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		seeds = n
	}
	if testing.Short() {
		seeds = min(seeds, 10)
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			checkNights(t, randomBits(uint64(seed)))
		})
	}
}

// randomBits returns the choices of a test from a seed.
func randomBits(seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 1))
	bits := make([]byte, 0, 1<<16)
	for len(bits) < cap(bits) {
		bits = binary.LittleEndian.AppendUint64(bits, random.Uint64())
	}
	return bits
}

func FuzzNeverTwiceNeverLost(f *testing.F) {
	f.Fuzz(checkNights)
}

func checkNights(t *testing.T, bits []byte) {
	synctest.Test(t, func(t *testing.T) {
		rapid.MakeFuzz(func(rt *rapid.T) {
			n := drawNights(t, rt)
			defer n.server.Close()
			for night := range rapid.IntRange(1, 4).Draw(rt, "nights") {
				n.night(night)
			}
			n.last()
		})(t, bits)
	})
}

func drawNights(t *testing.T, rt *rapid.T) *nights {
	n := &nights{t: rt, same: rapid.Bool().Draw(rt, "namesakes"), most: map[string]int{}}
	before := map[string]int{}
	n.bench = newBench(t, simulator.Config{
		Windows: rapid.SampledFrom([][]simulator.Window{noLimits, nil}).Draw(rt, "windows"),
		Answers: simulator.Answers{
			RetryAfter: rapid.Bool().Draw(rt, "retry after"),
			Bodies:     rapid.SampledFrom(simulator.BodyShapes()).Draw(rt, "bodies"),
			OriginID:   rapid.SampledFrom([]simulator.OriginForm{simulator.OriginText, simulator.OriginNumber, simulator.OriginAlternating}).Draw(rt, "origin"),
			// A server that heeds tokens takes two namesakes' requests apart, which
			// the run does not.
			HonourTokens: !n.same && rapid.Bool().Draw(rt, "tokens"),
		},
		Lists:  n.drawLists(),
		Faults: drawFaults(rt),
		Seed:   rapid.Uint64().Draw(rt, "seed"),
	})
	reactivate := rapid.Bool().Draw(rt, "reactivate")
	workers := rapid.SampledFrom([]int{1, 2, 8}).Draw(rt, "workers")
	n.set = func(j *importer.Import) { j.AllowNamesakes, j.Reactivate, j.Workers = n.same, reactivate, workers }
	for _, last := range []string{"Stone", "Rivers"} { // so that the badge says nothing from the start
		n.server.Add(simulator.Person{FirstName: "Al", LastName: last, EmployeeID: "PINK", Projects: []int64{100}})
	}
	for range rapid.IntRange(1, 25).Draw(rt, "rows") {
		n.rows = append(n.rows, n.draw())
	}
	for _, e := range n.rows {
		if e.last == "" || rapid.IntRange(0, 7).Draw(rt, "there before") > 0 {
			continue
		}
		p := simulator.Person{FirstName: e.first, LastName: e.last, EmployeeID: strings.TrimSuffix(e.employee, noID), OriginID: e.origin}
		if strings.HasPrefix(e.last, "Sole") && rapid.Bool().Draw(rt, "without ID") {
			p.EmployeeID = ""
		}
		named := p.EmployeeID+p.OriginID == ""
		p.Inactive = (!n.same || !named) && rapid.IntRange(0, 2).Draw(rt, "inactive") == 0
		before[e.key()]++
		if before[e.key()] == 1 || n.same && p.EmployeeID+p.OriginID == "" && e.employee == "" {
			n.server.Add(p)
		}
	}
	return n
}

// drawLists draws how lists come: in pages of any size, with or without headers, and
// cut. A list that is cut without a Total that shows it is complete for any reader.
func (n *nights) drawLists() simulator.ListOptions {
	lists := simulator.ListOptions{
		MaxPerPage:   rapid.SampledFrom([]int{0, 2, 5}).Draw(n.t, "page"),
		RefuseAbove:  rapid.SampledFrom([]int{0, 0, 150}).Draw(n.t, "largest page"),
		Headers:      rapid.SampledFrom([]simulator.ListHeaders{simulator.AllListHeaders, simulator.OnlyLink, simulator.OnlyTotal, simulator.ZeroTotal, simulator.NoListHeaders}).Draw(n.t, "headers"),
		ShowInactive: rapid.Bool().Draw(n.t, "inactive shown"),
	}
	if n.cut = lists.MaxPerPage > 0 && lists.Headers == simulator.OnlyTotal && rapid.Bool().Draw(n.t, "cut"); n.cut {
		lists.LastPage = 1
	}
	return lists
}

func personOf(p simulator.Person) entry {
	return entry{first: p.FirstName, last: p.LastName, employee: p.EmployeeID, origin: p.OriginID}
}

// drawFaults draws what goes wrong. What comes to effect late and what is listed
// late stay below the minute after which muster believes a list.
func drawFaults(rt *rapid.T) []simulator.Fault {
	kinds := []string{
		"lost-answer:20%", "cut-before:20%", "500-after:15%", "500-before:15%", "bad-gateway:15%", "gateway-timeout:10%",
		"request-timeout:15%", "unavailable:15%", "unavailable:15%:created=yes", "throttle:15%", "expire-token:10%",
		"truncated-body:15%", "malformed:15%", "slow-body:10%", "late-commit:15%:delay=44s", "late-commit:10%:delay=44s:hang",
		"late-commit:10%:delay=104s:hang", "list-lag:8s", "list-failure:20%", "list-failure:60%",
	}
	var all []simulator.Fault
	for _, text := range append(rapid.SliceOfNDistinct(rapid.SampledFrom(kinds), 0, 4, rapid.ID).Draw(rt, "faults"), "latency:100ms:jitter=5s") {
		f, err := simulator.ParseFault(text)
		if err != nil {
			rt.Fatal(err)
		}
		all = append(all, f)
	}
	return all
}

// draw draws a row. People with IDs share names with each other only where
// nobody of that name without an ID can be in Procore, and never with people
// without IDs: whether such two are one person is nobody's knowledge.
func (n *nights) draw() entry {
	title := rapid.SampledFrom([]string{"", "Laborer", "Mason"}).Draw(n.t, "title")
	if len(n.rows) > 0 && rapid.IntRange(0, 5).Draw(n.t, "repeated") == 0 {
		e := rapid.SampledFrom(n.rows).Draw(n.t, "which")
		e.title = title
		return e
	}
	n.fresh++
	first := rapid.SampledFrom([]string{"Ann", "José", "Bo"}).Draw(n.t, "first")
	switch rapid.IntRange(0, 8).Draw(n.t, "kind") {
	case 0:
		return entry{first: first, last: "Sole" + strings.Repeat("y", n.fresh), title: title, employee: fmt.Sprintf("%05d", n.fresh)}
	case 1:
		return entry{first: first + " E", last: rapid.SampledFrom([]string{"Lee", "García"}).Draw(n.t, "last"), title: title, employee: fmt.Sprintf("%05d", n.fresh)}
	case 2:
		return entry{first: first + " O", last: "Ray", title: title, origin: fmt.Sprint(9000 + n.fresh)}
	case 3:
		return entry{first: first, title: title}
	case 4:
		return entry{first: first, last: "Same", title: title}
	case 6:
		return entry{first: first, last: "Mark" + strings.Repeat("y", n.fresh), title: title, employee: noID}
	case 5: // a crew under one badge
		return entry{first: first, last: "Crew" + strings.Repeat("y", n.fresh), title: title, employee: "PINK"}
	}
	return entry{first: first, last: "Lone" + strings.Repeat("y", n.fresh), title: title}
}

// night is one run, which may be interrupted or killed, and what the day brings.
func (n *nights) night(night int) {
	path := n.write()
	ending := rapid.SampledFrom([]string{"", "interrupted", "killed", "killed"}).Draw(n.t, "ending")
	at := kill{create: rapid.IntRange(1, 12).Draw(n.t, "at create"), answer: rapid.Bool().Draw(n.t, "answered")}
	if !at.answer {
		at.after = time.Duration(rapid.IntRange(0, 3).Draw(n.t, "seconds")) * time.Second
	}
	r, killed := ran{}, false
	switch ending {
	case "":
		r = n.run(n.bench.t.Context(), path, n.set)
	case "interrupted":
		ctx, stop := context.WithCancel(n.bench.t.Context())
		creates := n.server.Requests().Creates
		r = n.run(ctx, path, func(j *importer.Import) {
			n.set(j)
			j.OnEvent = func(importer.Event) {
				if n.server.Requests().Creates-creates >= at.create {
					stop()
				}
			}
		})
		stop()
	case "killed":
		r, killed = n.runUntil(path, at, n.set)
	}
	if !killed {
		n.judge(fmt.Sprint("night ", night, " ", ending), r)
	}
	n.atMost(fmt.Sprint("night ", night))
	if !killed && rapid.IntRange(0, 4).Draw(n.t, "undo") == 0 {
		n.undo(n.bench.t.Context(), r.Run, nil)
	}
	if rapid.Bool().Draw(n.t, "pause") {
		time.Sleep(time.Duration(rapid.IntRange(1, 300).Draw(n.t, "length")) * time.Second)
	}
	n.edit()
}

// edit is what people do to a roster during the day.
func (n *nights) edit() {
	if rapid.Bool().Draw(n.t, "sorted") {
		n.rows = rapid.Permutation(n.rows).Draw(n.t, "order")
	}
	for range rapid.IntRange(0, 3).Draw(n.t, "edits") {
		at := rapid.IntRange(0, len(n.rows)-1).Draw(n.t, "row")
		switch rapid.IntRange(0, 3).Draw(n.t, "edit") {
		case 0:
			n.rows = append(n.rows, n.draw())
		case 1:
			n.rows[at].title = "Foreman"
		case 2:
			n.rows[at].last = strings.ToUpper(n.rows[at].last)
		case 3:
			if len(n.rows) > 1 {
				n.rows = slices.Delete(n.rows, at, at+1)
			}
		}
	}
}

// last is the run that must leave nothing to do but what is invalid.
func (n *nights) last() {
	n.server.SetFaults()
	time.Sleep(2 * time.Minute) // what Procore has under way comes to its end
	path := n.write()
	if n.cut {
		n.judge("the last night", n.run(n.bench.t.Context(), path, n.set))
		n.atMost("the last night")
		return
	}
	foreseen := n.foresee(path, n.set)
	r := n.run(n.bench.t.Context(), path, n.set)
	n.judge("the last night", r)
	if diff := foreseen.missed(r); diff != "" {
		n.t.Fatalf("a check has foreseen something else (-foreseen +became):\n%s", diff)
	}
	n.atMost("the last night")
	for i, row := range r.rows {
		if n.wantsPerson(i) && !row.Outcome.Status.HasPerson() && !isInactive(row.Outcome) {
			n.t.Fatalf("row %d is %s: %v", row.Outcome.Row, row.Outcome.Status, row.Outcome.Problems)
		}
	}
	people := n.count()
	for _, e := range n.rows {
		if e.last != "" && people[e.key()] == 0 && !n.hasNameOnly(e) {
			n.t.Fatalf("nobody is %s", e.key())
		}
	}
	stored := n.server.Requests().Stored
	if again := n.run(n.bench.t.Context(), path, n.set); again.Counts.Created != 0 || n.server.Requests().Stored != stored {
		n.t.Fatalf("one more run creates %d", again.Counts.Created)
	}
}

// write writes the roster, and notes how many people it makes right at most.
func (n *nights) write() string {
	rows := map[string]int{}
	var text strings.Builder
	text.WriteString("First Name,Last Name,Job Title,Employee ID,External ID\n")
	for _, e := range n.rows {
		fmt.Fprintf(&text, "%s,%s,%s,%s,%s\n", e.first, e.last, e.title, e.employee, e.origin)
		if rows[e.key()]++; e.last != "" {
			most := 1
			if n.same && strings.HasPrefix(e.key(), "name") {
				most = rows[e.key()]
			}
			n.most[e.key()] = max(n.most[e.key()], most)
		}
	}
	return n.roster(text.String())
}

// count counts the people by key.
func (n *nights) count() map[string]int {
	people := map[string]int{}
	for _, p := range n.server.People() {
		people[personOf(p).key()]++
	}
	return people
}

// hasNameOnly reports whether somebody without IDs can be taken for e.
func (n *nights) hasNameOnly(e entry) bool {
	return n.count()[entry{first: e.first, last: e.last}.key()] > 0
}

// atMost fails if somebody is there twice.
func (n *nights) atMost(when string) {
	for key, people := range n.count() {
		if most, ok := n.most[key]; ok && people > most {
			n.t.Fatalf("%s: %d people are %s, and may be %d", when, people, key, most)
		}
	}
}

// wantsPerson reports whether the row at i is to have a person of its own.
func (n *nights) wantsPerson(i int) bool {
	e := n.rows[i]
	if e.last == "" {
		return false
	}
	first := slices.IndexFunc(n.rows, func(o entry) bool { return o.last != "" && o.key() == e.key() })
	return first == i || n.same && strings.HasPrefix(e.key(), "name")
}

// isInactive reports whether a row was left out because the person is inactive.
func isInactive(o outcome.Outcome) bool {
	return o.Status == outcome.Invalid && o.Problems[0].Code == "inactive_person"
}

// judge holds every row of the results against the roster and its person.
func (n *nights) judge(when string, r ran) {
	if r.err != nil {
		n.t.Fatalf("%s: %v", when, r.err)
	}
	if len(r.rows) != len(n.rows) {
		n.t.Fatalf("%s: %d rows in the results, %d in the roster", when, len(r.rows), len(n.rows))
	}
	people := map[int64]simulator.Person{}
	for _, p := range n.server.People() {
		people[p.ID] = p
	}
	var counts outcome.Counts
	owner := map[int64]int{}
	for i, row := range r.rows {
		e, o := n.rows[i], row.Outcome
		counts.Add(o.Status, 1)
		if got := strings.Join(row.Cells, ","); o.Row != i+2 || got != strings.Join([]string{e.first, e.last, e.title, e.employee, e.origin}, ",") {
			n.t.Fatalf("%s: row %d of the results is row %d: %s", when, i+2, o.Row, got)
		}
		repeated := o.Status == outcome.Skipped && o.Problems[0].Code == "repeated_row"
		invalid := o.Status == outcome.Invalid && !isInactive(o)
		if n.wantsPerson(i) == (invalid || repeated) || o.Status.HasPerson() != (o.PersonID != 0) {
			n.t.Fatalf("%s: row %d %v is %s with person %d: %v", when, o.Row, e, o.Status, o.PersonID, o.Problems)
		}
		if !o.Status.HasPerson() {
			continue
		}
		p := personOf(people[o.PersonID])
		nameOnly := p.employee+p.origin == "" && fold(p.first+" "+p.last) == fold(e.first+" "+e.last)
		if p.key() != e.key() && !nameOnly {
			n.t.Fatalf("%s: row %d %v is paired with %v", when, o.Row, e, p)
		}
		if other, ok := owner[o.PersonID]; ok {
			n.t.Fatalf("%s: rows %d and %d are both person %d %v", when, other, o.Row, o.PersonID, p)
		}
		owner[o.PersonID] = o.Row
	}
	if counts != r.Counts || counts.Rows() != len(n.rows) {
		n.t.Fatalf("%s: the rows add up to %+v, the summary says %+v", when, counts, r.Counts)
	}
}
