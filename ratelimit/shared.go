package ratelimit

import (
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/gofrs/flock"
)

const (
	defaultTimeout = time.Minute
	// watched is for how long after its last sign of life a process is reckoned with.
	watched = time.Minute
	// lately is the time over which processes share fairly, and courtesy is for
	// how long a free place is left to one that had fewer: a bound on what a
	// process that wants no more, or has died, can cost the others.
	lately   = spikeLength
	courtesy = 50 * time.Millisecond
	moment   = 5 * time.Millisecond // between two looks whether it has had its turn
	// A process that waits says so this often, and is believed for somewhat longer.
	wishEvery = time.Second
	wishHolds = 2500 * time.Millisecond
	// The first waiter looks this often, at most and at least, whether others
	// have changed anything, for there is no word from process to process: soon
	// where an answer to one of them may do so.
	soonest = 20 * time.Millisecond
	soon    = 50 * time.Millisecond
	latest  = time.Second
)

// shared is what a Pace knows of the other processes on its quota. Every
// request and every answer of each is a record in one file, in the order in
// which they happened; whoever adds one has taken in all before it. So each
// process counts as if it sent everything itself, and the invariant holds for
// all of them together.
//
// The file is looked at under a lock of the operating system's, which ends
// with the process. It is never synced: what counts is over long before a
// machine has started again. A damaged one is cut where the damage begins.
type shared struct {
	journal  journal
	lock     *flock.Flock
	timeout  time.Duration
	unshared func(error)
	self     uint64

	entered bool
	looked  time.Duration // when the file was last read
	open    []*Slot       // of others, in the order in which they were sent
	others  map[uint64]*process
	own     process
	full    bool          // there was no place when last looked
	opened  time.Duration // when there was one again
}

// process is one of those that share the quota.
type process struct {
	open   map[uint64]*Slot
	sent   []time.Duration // lately
	wished time.Duration   // when it last said that it waits
	alive  time.Duration   // when it last said anything
}

func newShared(o Options) *shared {
	x := &shared{
		journal: journal{path: o.Shared}, lock: flock.New(o.Shared + ".lock"),
		timeout: o.Timeout, unshared: o.Unshared, self: rand.Uint64(), //nolint:gosec // tells processes apart, keeps no secret
		others: map[uint64]*process{},
	}
	if x.timeout <= 0 {
		x.timeout = defaultTimeout
	}
	return x
}

// together takes in what other processes did, and keeps them from doing more
// until the function that it returns is called. Where there is no limit there
// is nothing to share, and the file is left alone.
func (p *Pace) together() (done func()) {
	if p.shared == nil || p.unlimited {
		return func() {}
	}
	if err := p.enter(); err != nil {
		p.unshare(err)
		return func() {}
	}
	return func() {
		if err := p.leave(); err != nil {
			p.unshare(err)
		}
	}
}

func (p *Pace) enter() error {
	x := p.shared
	if err := x.lock.Lock(); err != nil {
		return err
	}
	x.entered = true
	now, wall := p.now(), time.Now()
	first := x.journal.id == 0
	records, err := x.journal.begin()
	if err != nil {
		return err
	}
	p.remembered = x.journal.header.remembered(wall)
	keep := hourlyLength + x.timeout
	for _, r := range records {
		age := wall.Sub(time.Unix(0, r.At))
		if first && age > keep {
			continue
		}
		// What was not there the last time happened since, whatever the clock says.
		at := min(max(now-min(max(age, 0), keep), x.looked), now)
		x.looked = at
		p.giveUp(at)
		p.apply(r, at)
	}
	p.giveUp(now)
	x.looked = now
	maps.DeleteFunc(x.others, func(_ uint64, o *process) bool { return now-o.alive > keep })
	return nil
}

func (p *Pace) leave() error {
	x := p.shared
	x.entered = false
	limit := p.windows[hourly].limit
	if p.windows[hourly].near {
		limit = 0 // perhaps the spike's after all, and it would be reckoned with for ever
	}
	err := x.journal.end(time.Now().Add(-hourlyLength-x.timeout), limit)
	if unlocked := x.lock.Unlock(); err == nil {
		err = unlocked
	}
	return err
}

// unshare goes on alone. Requests of others that were not answered yet count
// as if they were answered now.
func (p *Pace) unshare(err error) {
	x := p.shared
	p.shared = nil
	x.journal.abandon()
	_ = x.lock.Unlock() // it is not used any more
	for _, slot := range x.open {
		if !slot.released {
			p.answers(slot, Report{}, p.now())
		}
	}
	if x.unshared != nil {
		x.unshared(err)
	}
}

// giveUp counts the requests of others as answered that were sent so long
// before at that no answer can come any more: their process has died.
func (p *Pace) giveUp(at time.Duration) {
	x := p.shared
	for len(x.open) > 0 {
		oldest := x.open[0]
		due := oldest.taken + x.timeout
		if !oldest.released {
			if due > at {
				return
			}
			p.answers(oldest, Report{}, due)
		}
		x.open = x.open[1:]
	}
}

// late returns until when requests of others are waited for whose answers ought
// to be there: most likely their process has died.
func (x *shared) late(now, latency time.Duration) (until []time.Duration) {
	if x == nil {
		return nil
	}
	for _, s := range x.open {
		if !s.released && now-s.taken > max(10*latency, 2*time.Second) {
			until = append(until, max(s.taken+x.timeout, now))
		}
	}
	return until
}

// abandoned reports whether a request that would wait until at for that reason waits, at
// least in part, for places that requests of a dead process hold. It returns until when.
func (p *Pace) abandoned(now, at time.Duration, why Reason) (time.Duration, bool) {
	late := p.shared.late(now, p.latency)
	switch {
	case len(late) == 0:
		return 0, false
	case why == None: // for an answer; perhaps for one to a request of its own
		return late[0] + spikeLength, len(late) > p.own
	}
	return at, why == Spike
}

// apply does what another process did at that time.
func (p *Pace) apply(r record, at time.Duration) {
	x := p.shared
	other := x.others[r.Process]
	if other == nil {
		other = &process{open: map[uint64]*Slot{}}
		x.others[r.Process] = other
	}
	other.alive = at
	switch r.Kind {
	case recordSent:
		slot := p.sends(at)
		other.open[r.Number] = slot
		other.sent = append(other.sent, at)
		x.open = append(x.open, slot)
	case recordAnswered:
		slot, known := other.open[r.Number]
		delete(other.open, r.Number)
		if !known || slot.released { // it counts all the same, and tells nothing
			slot, r = p.sends(at), record{}
		}
		p.answers(slot, r.report(), at)
		p.unlimited = false // that there are no limits each finds out for itself
	case recordPaused:
		p.pauses(at + time.Duration(r.Pause))
	case recordWaits:
		other.wished = at
	}
}

// turn returns 0 if a slot that is free at the given time may be taken now, or
// else when to ask again.
func (x *shared) turn(now, at time.Duration) time.Duration {
	wait := at - now
	if at == never {
		wait = never
	}
	if x == nil || !x.entered {
		return wait
	}
	if at <= now {
		if x.full {
			x.full, x.opened = false, now
		}
		if until := x.opened + courtesy; until > now && x.ahead(now) {
			return min(until-now, moment)
		}
		return 0
	}
	x.full = true
	if len(x.open) == 0 && !x.accompanied(now) {
		return wait
	}
	if now-x.own.wished >= wishEvery {
		x.own.wished = now
		x.journal.add(record{Kind: recordWaits, Process: x.self})
	}
	least := latest
	if slices.ContainsFunc(x.open, func(s *Slot) bool { return !s.released }) {
		least = soon
	}
	return min(wait, min(max(wait/2, soonest), least))
}

// took adds a request that is sent now.
func (x *shared) took(s *Slot, now time.Duration) {
	if x == nil || !x.entered {
		return
	}
	x.own.sent = append(x.own.sent, now)
	x.journal.add(record{Kind: recordSent, Process: x.self, Number: s.number})
}

// answered adds the answer to a request.
func (x *shared) answered(s *Slot, r Report) {
	if x == nil || !x.entered {
		return
	}
	answer := record{Kind: recordAnswered, Process: x.self, Number: s.number, Limit: int32(r.Limit), Remaining: int32(r.Remaining)}
	if !r.Reset.IsZero() {
		answer.Reset = r.Reset.Unix()
	}
	if !r.Date.IsZero() {
		answer.Date = r.Date.Unix()
	}
	x.journal.add(answer)
}

// paused adds a Pause.
func (x *shared) paused(d time.Duration) {
	if x != nil && x.entered {
		x.journal.add(record{Kind: recordPaused, Process: x.self, Pause: int64(d)})
	}
}

// accompanied reports whether another process was at work within the last minute.
func (x *shared) accompanied(now time.Duration) bool {
	for _, o := range x.others {
		if now-o.alive < watched {
			return true
		}
	}
	return false
}

// ahead reports whether this process has sent more lately than one that waits.
func (x *shared) ahead(now time.Duration) bool {
	own := x.own.lately(now)
	for _, o := range x.others {
		if o.waits(now) && o.lately(now) < own {
			return true
		}
	}
	return false
}

// waiting returns how many other processes wait for a slot.
func (x *shared) waiting(now time.Duration) int {
	n := 0
	if x != nil {
		for _, o := range x.others {
			if o.waits(now) {
				n++
			}
		}
	}
	return n
}

func (o *process) waits(now time.Duration) bool { return o.wished > 0 && now-o.wished < wishHolds }

// lately returns how many requests the process has sent lately.
func (o *process) lately(now time.Duration) int {
	for len(o.sent) > 0 && now-o.sent[0] >= lately {
		o.sent = o.sent[1:]
	}
	return len(o.sent)
}
