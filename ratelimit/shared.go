package ratelimit

import (
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

const (
	defaultTimeout = time.Minute
	// fairnessGrace is for how long a free place is left to a process that had fewer: a bound on what
	// a process that wants no more, or has died, can cost the others.
	fairnessGrace = 50 * time.Millisecond
	fairnessLook  = 5 * time.Millisecond // between two looks whether that process has taken the place
	// A process that waits says so this often, and is believed for somewhat longer.
	announceEvery = time.Second
	announceHolds = 2500 * time.Millisecond
	// The first waiter reads the journal this often, since processes cannot wake each other: sooner
	// where an answer to another process may free a place.
	soonestLook = 20 * time.Millisecond
	soonLook    = 50 * time.Millisecond
	latestLook  = time.Second
)

// shared is what a Pace knows of the other processes on the quota. Each process reads all records of
// the others before it adds its own. So each counts as if it sent everything itself, and the invariant
// holds for all processes together.
type shared struct {
	journal  journal
	timeout  time.Duration
	unshared func(error)
	self     uint64

	locked bool
	joined bool          // the journal was read before
	looked time.Duration // when the journal was last read
	added  []record      // to be appended
	open   []*Slot       // requests of others in flight, in the order in which they were sent

	others map[uint64]*process
	own    process
	free   freePlace
}

// freePlace is whether a place was free when this process last looked.
type freePlace struct {
	none  bool
	since time.Duration // when a place became free again
}

// process is what is known of a process that shares the quota.
type process struct {
	open          map[uint64]*Slot
	sent          slotLog       // the requests of the last spike window
	announcedWait time.Duration // when the process last said that it waits
	alive         time.Duration // when the process last said anything
}

func newProcess() process {
	return process{open: map[uint64]*Slot{}, sent: slotLog{length: spikeLength}}
}

func newShared(o Options, j journal) *shared {
	x := &shared{
		journal: j, timeout: o.Timeout, unshared: o.Unshared,
		self:   rand.Uint64(), //nolint:gosec // tells processes apart, keeps no secret
		others: map[uint64]*process{}, own: newProcess(),
	}
	if x.timeout <= 0 {
		x.timeout = defaultTimeout
	}
	return x
}

// lockShared takes in what other processes did, and locks the journal until unlock is called. Without a limit there is nothing to share, and the journal is not used.
func (p *Pace) lockShared() (unlock func()) {
	if p.shared == nil || p.unlimited {
		return func() {}
	}
	if err := p.readShared(); err != nil {
		p.unshare(err)
		return func() {}
	}
	return func() {
		if err := p.writeShared(); err != nil {
			p.unshare(err)
		}
	}
}

func (p *Pace) readShared() error {
	x := p.shared
	now, keep := time.Duration(0), hourlyLength+x.timeout
	x.locked = true
	err := x.journal.open(func(r record) {
		now = p.now()
		age := time.Since(time.Unix(0, r.At))
		if !x.joined && age > keep {
			return
		}
		// A record that was not there the last time is younger than that, whatever the clock says.
		at := min(max(now-min(max(age, 0), keep), x.looked), now)
		x.looked = at
		p.giveUp(at)
		p.apply(r, at)
	})
	if err != nil {
		return err
	}
	now = p.now()
	x.joined, x.looked = true, now
	p.remembered = rememberedLimit(x.journal)
	p.giveUp(now)
	maps.DeleteFunc(x.others, func(_ uint64, o *process) bool { return now-o.alive > keep })
	return nil
}

// rememberedLimit returns the hourly limit of the last days that the journal knows, or 0.
func rememberedLimit(j journal) int {
	const forgotten = 7 * 24 * time.Hour
	limit, at := j.hourlyLimit()
	if time.Since(at) > forgotten {
		return 0
	}
	return limit
}

func (p *Pace) writeShared() error {
	x := p.shared
	limit := p.windows[hourly].limit
	if p.windows[hourly].near {
		limit = 0 // perhaps the spike's after all
	}
	added := x.added
	x.locked, x.added = false, x.added[:0]
	return x.journal.close(added, limit, time.Now().Add(-hourlyLength-x.timeout))
}

// unshare goes on alone. Requests of others in flight count as answered now.
func (p *Pace) unshare(err error) {
	x := p.shared
	p.shared = nil
	x.journal.abandon()
	for _, slot := range x.open {
		if !slot.released {
			p.answers(slot, Report{}, p.now())
		}
	}
	if x.unshared != nil {
		x.unshared(err)
	}
}

// giveUp counts requests of others as answered if the time-out has passed at the given time: the
// process has died.
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

// late returns until when overdue requests of others are waited for. Their process has most likely
// died.
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
	late := p.shared.late(now, p.requests.latency)
	switch {
	case len(late) == 0:
		return 0, false
	case why == None: // for an answer; perhaps to a request of this process
		return late[0] + spikeLength, len(late) > p.requests.own
	}
	return at, why == Spike
}

// apply takes in what another process did at the given time.
func (p *Pace) apply(r record, at time.Duration) {
	x := p.shared
	other := x.others[r.Process]
	if other == nil {
		fresh := newProcess()
		other = &fresh
		x.others[r.Process] = other
	}
	other.alive = at
	switch r.Kind {
	case recordSent:
		slot := p.sends(at)
		other.open[r.Number] = slot
		other.sent.add(at)
		x.open = append(x.open, slot)
	case recordAnswered:
		slot, known := other.open[r.Number]
		delete(other.open, r.Number)
		report := r.report()
		if !known || slot.released { // counted, but no longer a proof of anything
			slot, report = p.sends(at), Report{}
		}
		p.answers(slot, report, at)
		p.unlimited = false // each process finds out for itself that there is no limit
	case recordPaused:
		p.pauses(at + time.Duration(r.Pause))
	case recordWaits:
		other.announcedWait = at
	}
}

// fairnessDelay returns 0 if a slot that is free at the given time may be taken now, or else when to
// ask again.
func (x *shared) fairnessDelay(now, at time.Duration) time.Duration {
	wait := at - now
	if at == never {
		wait = never
	}
	if x == nil || !x.locked {
		return wait
	}
	if at <= now {
		if x.free.none {
			x.free = freePlace{since: now}
		}
		if until := x.free.since + fairnessGrace; until > now && x.sentMoreThanWaiting(now) {
			return min(until-now, fairnessLook)
		}
		return 0
	}
	x.free.none = true
	if len(x.others) == 0 {
		return wait
	}
	if now-x.own.announcedWait >= announceEvery {
		x.own.announcedWait = now
		x.add(record{Kind: recordWaits})
	}
	longest := latestLook
	if slices.ContainsFunc(x.open, func(s *Slot) bool { return !s.released }) {
		longest = soonLook
	}
	return min(wait, min(max(wait/2, soonestLook), longest))
}

// add has the next write append r.
func (x *shared) add(r record) {
	if x == nil || !x.locked {
		return
	}
	r.Process, r.At = x.self, time.Now().UnixNano()
	x.added = append(x.added, r)
}

// took adds a request that is sent now.
func (x *shared) took(s *Slot, now time.Duration) {
	if x == nil {
		return
	}
	x.own.sent.add(now)
	x.add(record{Kind: recordSent, Number: s.number})
}

// answered adds the answer to a request.
func (x *shared) answered(s *Slot, r Report) {
	x.add(record{
		Kind: recordAnswered, Number: s.number, Limit: int32(r.Limit), Remaining: int32(r.Remaining),
		Reset: r.Reset.Unix(), Date: r.Date.Unix(),
	})
}

// paused adds a Pause.
func (x *shared) paused(d time.Duration) {
	x.add(record{Kind: recordPaused, Pause: int64(d)})
}

// sentMoreThanWaiting reports whether this process has sent more lately than a process that waits.
func (x *shared) sentMoreThanWaiting(now time.Duration) bool {
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

func (o *process) waits(now time.Duration) bool {
	return o.announcedWait > 0 && now-o.announcedWait < announceHolds
}

// lately returns how many requests the process has sent within the last 10 seconds.
func (o *process) lately(now time.Duration) int {
	o.sent.expire(now)
	return o.sent.logged
}
